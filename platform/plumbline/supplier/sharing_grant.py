"""Deciding what a buyer sees: unasked, or as the answer to a request; checked on a page before it is sent."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from assessments.evidence.documents import Document, DocumentVersion
from assessments.overviews.asks_told import shown_to
from assessments.overviews.vault import MOST_CHOICES
from assessments.parties import Organization
from assessments.policy import Action, visible_to
from assessments.questionnaire.model import Topic
from assessments.sharing.disclosure import AccessRequest, Disclosure
from assessments.sharing.given import (
    Publishable,
    buyer_named,
    given_by,
    offered_layers,
    preview,
    publishables,
    seen_by,
)
from assessments.sharing.granting import BY_TOPIC, Offer, grant
from assessments.sharing.reading import SharedAssessment
from assessments.sharing.requesting import decline_request, grant_request
from assessments.sheet.reading import questionnaire_of
from assessments.workflow import Invalid, Refused
from plumbline.asked_of import whom
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.loading.own import load_request
from plumbline.reading_language import as_read
from plumbline.rendering import say
from plumbline.supplier import supplier
from plumbline.supplier.sharing_offer import (
    Draft,
    EvidenceChoice,
    TopicChoice,
    drafted_from,
    ids_in,
    offers_of,
    read_draft,
)


@dataclass(frozen=True)
class Shown:
    """What stands beside the form: nothing yet, or what the buyer would see if this were sent."""

    seen: Sequence[SharedAssessment] | None = None
    checked: bool = False


@supplier.get("/sharing/new")
@door(Action.SUPPLIER_DISCLOSURE_GRANT)
def new_grant(visitor: Visitor) -> ResponseReturnValue:
    """Ask whom, what of, which layers and until when; ``?like=`` fills in what an earlier grant gave."""
    draft = Draft()
    like = ids_in({request.args.get("like", "")}) or ()
    for one in given_by(db.session(), visitor.organization_id, Disclosure.id.in_(like), at=now()):
        draft = drafted_from(one)
    return offer_page(visitor, draft)


@supplier.post("/sharing/new")
@door(Action.SUPPLIER_DISCLOSURE_GRANT)
def make_grant(visitor: Visitor) -> ResponseReturnValue:
    """Fill in a preset, show what the buyer would see, or share: whichever button was pressed."""
    draft = read_draft()
    if request.form.get("preset") or request.form.get("do") == "find":
        return offer_page(visitor, draft)
    try:
        buyer, offers = _read(visitor, draft)
        if request.form.get("do") != "share":
            seen = preview(db.session(), offers, buyer_id=buyer.id, by=visitor.actor, at=now())
            return offer_page(visitor, draft, shown=Shown(seen, checked=True))
        for offer in offers:
            grant(db.session(), offer, buyer_id=buyer.id, by=visitor.actor, at=now())
    except Refused as error:
        return _refused(visitor, draft, error)
    say(_("They see it from their next click on, and you see each of their looks."),
        lead=_("Shared with %(buyer)s.", buyer=buyer.legal_name))  # fmt: skip
    return redirect("/supplier/sharing", 303)


def _read(visitor: Visitor, draft: Draft) -> tuple[Organization, list[Offer]]:
    """Whom, and what of; whatever is wrong with either is told at once."""
    faults: dict[str, str] = {}
    offers: list[Offer] = []
    buyer = buyer_named(db.session(), draft.buyer, other_than=visitor.organization_id)
    if not draft.buyer:
        faults["buyer"] = _("Which company: write its exact legal name or its LEI.")
    elif buyer is None:
        faults["buyer"] = _("There is no buyer of exactly this legal name or LEI here. Check it with them.")
    try:
        offers = offers_of(draft, publishables(db.session(), visitor.organization_id))
    except Invalid as error:
        faults |= error.faults
    if faults or buyer is None:
        raise Invalid(_("This cannot be shared as it stands."), faults)
    return buyer, offers


@supplier.get("/sharing/requests/<uuid:request_id>")
@door(Action.SUPPLIER_REQUEST_DECIDE, load=load_request)
def request_shown(visitor: Visitor, asked: AccessRequest) -> ResponseReturnValue:
    """Show one request item by item, nothing chosen."""
    until = asked.until.astimezone(UTC).date().isoformat()
    return offer_page(visitor, Draft(purpose=asked.purpose, until=until), asked=asked)


@supplier.post("/sharing/requests/<uuid:request_id>")
@door(Action.SUPPLIER_REQUEST_DECIDE, load=load_request)
def answer_request(visitor: Visitor, asked: AccessRequest) -> ResponseReturnValue:
    """Check, share what was chosen, or decline everything."""
    draft, do = read_draft(asked), request.form.get("do")
    if do == "find":
        return offer_page(visitor, draft, asked=asked)
    name = asked.buyer_name
    try:
        if do == "decline":
            decline_request(db.session(), asked, by=visitor.actor, at=now())
            say(_("%(buyer)s reads “not shared”, the same words as when a request lapses.", buyer=name),
                lead=_("Declined."))  # fmt: skip
            return redirect("/supplier/sharing", 303)
        offers = _answers(visitor, draft, asked)
        if do != "share":
            seen = _previewed(visitor, offers, asked)
            return offer_page(visitor, draft, asked=asked, shown=Shown(seen, checked=True))
        if not offers:
            decline_request(db.session(), asked, by=visitor.actor, at=now())
        else:
            grant_request(db.session(), asked, offers, by=visitor.actor, at=now())
    except Refused as error:
        return _refused(visitor, draft, error, asked)
    say(_("Answered. They see what you chose, and nothing that says what you kept."), lead=name)
    return redirect("/supplier/sharing", 303)


def _answers(visitor: Visitor, draft: Draft, asked: AccessRequest) -> list[Offer]:
    """The offers of an answer; none where every item is kept."""
    options = publishables(db.session(), visitor.organization_id)
    if draft.choices and set(draft.choices.values()) == {"keep"}:
        return []
    return offers_of(draft, options, asked)


def _previewed(visitor: Visitor, offers: Sequence[Offer], asked: AccessRequest) -> Sequence[SharedAssessment]:
    if offers:
        return preview(db.session(), offers, buyer_id=asked.buyer_id, by=visitor.actor, at=now())
    return seen_by(db.session(), asked.buyer_id, by=visitor.actor, at=now())


def _refused(
    visitor: Visitor, draft: Draft, error: Refused, asked: AccessRequest | None = None
) -> ResponseReturnValue:
    draft.refuse(error)
    status = 422 if set(draft.faults) - {"form"} else status_of(error)
    return offer_page(visitor, draft, asked=asked), status


def offer_page(
    visitor: Visitor, draft: Draft, *, asked: AccessRequest | None = None, shown: Shown | None = None
) -> str:
    """Draw the form around a draft, with the preview beside it where one was asked for."""
    options = publishables(db.session(), visitor.organization_id)
    buyer = db.session.get(Organization, asked.buyer_id) if asked else None
    items = offered_layers(asked.layers) if asked else []
    asks = shown_to(db.session(), visitor.organization_id, asked.buyer_id, tell=as_read) if asked else []
    find = request.form.get("find", "").strip()
    evidence, more = _evidence(visitor, draft, find)
    return render_template(
        "supplier/sharing_offer.html", draft=draft, asked=asked, asking=buyer, items=items, options=options,
        topics=_topics(options, draft), evidence=evidence, more=more, find=find, layers=BY_TOPIC, at=now(),
        shown=shown or Shown(), asks=asks, whom=whom,
    )  # fmt: skip


def _topics(options: Sequence[Publishable], draft: Draft) -> list[TopicChoice]:
    """The topics to tick: of the first thing chosen, else of the newest."""
    chosen = [one for one in options if one.key in draft.what] or list(options)
    version_id: uuid.UUID | None = next((one.version_id for one in chosen if one.version_id), None)
    if version_id is None:
        return []
    questionnaire = as_read(questionnaire_of(db.session(), version_id)[0])
    by_section: dict[str, list[Topic]] = {}
    for topic in questionnaire.topics:
        by_section.setdefault(topic.section, []).append(topic)
    return [TopicChoice(questionnaire.section(key).title, tuple(found)) for key, found in by_section.items()]


def _evidence(visitor: Visitor, draft: Draft, find: str) -> tuple[list[EvidenceChoice], bool]:
    """The documents to tick, those ticked first; and whether more are called so than are listed."""
    own = select(Document).where(visible_to(visitor.actor, Document)).options(selectinload(Document.versions))
    ticked = Document.versions.any(DocumentVersion.id.in_(ids_in(draft.evidence) or ()))
    held = db.session.scalars(own.where(ticked).order_by(Document.title, Document.id)).all()
    others = own.where(~ticked, Document.title.icontains(find, autoescape=True))
    some = db.session.scalars(others.order_by(Document.title, Document.id).limit(MOST_CHOICES + 1)).all()
    found = []
    for document in (*held, *some[:MOST_CHOICES]):
        newest = document.latest
        copies = [one for one in document.versions if one.redacted_from is not None]
        found.append(EvidenceChoice(document, (newest, *copies)))
    return found, len(some) > MOST_CHOICES

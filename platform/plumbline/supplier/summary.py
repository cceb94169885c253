"""Everything on one page, in the reader's words; and handing it in."""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.assessment import Assessment, AssessmentState, NotReady
from assessments.parties import Audience
from assessments.policy import Action, Decision, may
from assessments.publishing.publication import publish_self_declared
from assessments.questionnaire.model import Section, Topic
from assessments.rounds.kept import kept_answers
from assessments.sharing.following import followers_of
from assessments.sheet.certificates import awaiting
from assessments.sheet.contents import AnswerSheet
from assessments.sheet.snapshot import latest_snapshot, submit
from assessments.terms import terms_at
from assessments.workflow import Invalid
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.here import result_signer
from plumbline.identity.visitor import Visitor
from plumbline.loading import load_assessment, load_own_sheet
from plumbline.rendering import say
from plumbline.shown_kept import shown_kept
from plumbline.supplier import supplier
from plumbline.supplier.cards import Card, base_url, card_of
from plumbline.supplier.wayfinding import name_of, open_list
from plumbline.translated import in_language


@dataclass(frozen=True)
class TopicRead:
    """A topic as the summary reads it."""

    topic: Topic
    cards: tuple[Card, ...]
    level: int | None


@dataclass(frozen=True)
class SectionRead:
    """A section as the summary reads it; only topics of which something is asked."""

    section: Section
    topics: tuple[TopicRead, ...]


@supplier.get("/assessments/<uuid:assessment_id>/summary")
@door(Action.SUPPLIER_ASSESSMENT_READ, load=load_own_sheet)
def summary(visitor: Visitor, sheet: AnswerSheet) -> ResponseReturnValue:
    """Show all answers as a reader will see them, and what is still open."""
    return _page(visitor, sheet, {})


@supplier.post("/assessments/<uuid:assessment_id>/submit")
@door(Action.SUPPLIER_ASSESSMENT_SUBMIT, load=load_own_sheet)
def hand_in(visitor: Visitor, sheet: AnswerSheet) -> ResponseReturnValue:
    """Hand the assessment in, once nothing is open and the form of the public statement is agreed to."""
    agrees = request.form.get("agreed") == "yes"
    try:
        snapshot = submit(
            db.session(), sheet.assessment_id, agrees_to_public_statement=agrees, by=visitor.actor, at=now()
        )
    except NotReady as error:
        return _page(visitor, sheet, {"open": in_language(error.message)}), 409
    except Invalid:
        fault = _("Agree to the form of the public statement, or do not hand in yet.")
        return _page(visitor, sheet, {"agreed": fault}), 422
    say(
        _("Your answers are frozen. The steward assigns an assessor; buyers see nothing of it yet."),
        lead=_("Handed in. Receipt %(digest)s.", digest=snapshot.sha256[:16]),
    )
    return redirect(base_url(sheet.assessment_id), 303)


@supplier.post("/assessments/<uuid:assessment_id>/publish-self-declared")
@door(Action.SUPPLIER_ASSESSMENT_SUBMIT, load=load_assessment)
def publish_unchecked(visitor: Visitor, found: Assessment) -> ResponseReturnValue:
    """Publish without an assessor; it says self-declared, not checked, wherever it shows."""
    signer = result_signer()
    publish_self_declared(db.session(), found, signer, by=visitor.actor, at=now())
    say(_("Published as self-declared, not checked. Buyers see it where you share it."))
    return redirect(base_url(found.id), 303)


def sections_read(sheet: AnswerSheet) -> list[SectionRead]:
    """Every asked question by section and topic, with its answer."""
    read = []
    for section in sheet.questionnaire.sections:
        topics = []
        for topic in section.topics:
            cards = tuple(
                card_of(sheet, question, today=now().date())
                for question in topic.questions
                if sheet.applicability.asks(question.key)
            )
            if cards:
                level = sheet.self_levels.get(topic.key) if topic.rated else None
                topics.append(TopicRead(topic, cards, level))
        if topics:
            read.append(SectionRead(section, tuple(topics)))
    return read


def _page(visitor: Visitor, sheet: AnswerSheet, faults: dict[str, str]) -> str:
    row = db.session.get_one(Assessment, sheet.assessment_id)
    snapshot = latest_snapshot(db.session(), row.id)
    return render_template(
        "supplier/summary.html",
        assessment=row,
        snapshot=snapshot,
        name=name_of(sheet),
        cycle=sheet.cycle_label,
        base=base_url(sheet.assessment_id),
        sections=sections_read(sheet),
        open=open_list(sheet),
        offered=awaiting(sheet, now().date()),
        kept=shown_kept(kept_answers(db.session(), row, reader=Audience.SUPPLIER)),
        unrated=[
            topic
            for topic in sheet.questionnaire.rated_topics
            if topic.key not in sheet.self_levels
            and any(sheet.applicability.asks(question.key) for question in topic.questions)
        ],
        faults=faults,
        terms=terms_at(db.session(), now()),
        is_company=sheet.site is None,
        followers=followers_of(db.session(), row.site_id, at=now())
        if row.site_id and row.state is AssessmentState.SUBMITTED
        else (),
        draft=sheet.state is AssessmentState.DRAFT,
        may_submit=may(visitor.actor, Action.SUPPLIER_ASSESSMENT_SUBMIT, sheet) is Decision.ALLOWED,
    )

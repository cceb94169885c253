"""The form by which a supplier decides what a buyer sees; the same for an answer to a request and unasked.

Nothing is chosen beforehand; a preset fills in layers and nothing else; what is typed survives every press.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from flask import request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from assessments.evidence.documents import Document, DocumentVersion
from assessments.questionnaire.model import Topic
from assessments.result import Layer
from assessments.sharing.disclosure import AccessRequest
from assessments.sharing.given import Given, Publishable
from assessments.sharing.granting import BY_TOPIC, PRESETS, Offer, plain_faults
from assessments.workflow import Invalid, Refused
from plumbline.refusals import faults_of

SHARE, KEEP = "share", "keep"
PLACES = {"result": "what", "ends_at": "until", "starts_at": "start"}
ORDER = ("form", "buyer", "purpose", "what", "layers", "topics", "evidence", "start", "until")
"""The places of the form from top to bottom, as its faults are told; the items of a request between."""


@dataclass
class Draft:
    """What stands in the form. ``choices`` {layer: share or keep} answers a request item by item."""

    buyer: str = ""
    what: list[str] = field(default_factory=list)
    later: bool = False
    layers: set[Layer] = field(default_factory=set)
    choices: dict[str, str] = field(default_factory=dict)
    named: bool = False
    topics: set[str] = field(default_factory=set)
    commercial: bool = False
    evidence: set[str] = field(default_factory=set)
    purpose: str = ""
    start: str = ""
    until: str = ""
    faults: dict[str, str] = field(default_factory=dict)

    def fault(self, place: str) -> str:
        """What is wrong at a place of the form."""
        return self.faults.get(place, "")

    def refuse(self, error: Refused) -> None:
        """Put a refusal at the places it names."""
        faults = faults_of(error, at="form")
        self.faults.update({PLACES.get(place, place): said for place, said in faults.items()})
        places = sorted(self.faults, key=lambda place: ORDER.index(place) if place in ORDER else 3)
        self.faults = {place: self.faults[place] for place in places}


def read_draft(asked: AccessRequest | None = None) -> Draft:
    """Read what was posted; a preset that was pressed replaces the layers and leaves the rest."""
    form = request.form
    layers = {layer for layer in BY_TOPIC if layer.value in form.getlist("layer")}
    preset = form.get("preset", "")
    if preset in PRESETS:
        layers = set(PRESETS[preset])
    draft = Draft(
        buyer=form.get("buyer", "").strip(), what=form.getlist("what"), later="later" in form, layers=layers,
        named=form.get("topics") == "named", topics=set(form.getlist("topic")),
        commercial="commercial" in form, evidence=set(form.getlist("evidence")),
        purpose=form.get("purpose", "").strip(), start=form.get("start", ""), until=form.get("until", ""),
    )  # fmt: skip
    if asked is not None:
        draft.choices = _choices(form, asked)
        given = {word for word, choice in draft.choices.items() if choice == SHARE}
        draft.layers = {layer for layer in BY_TOPIC if layer.value in given}
        draft.commercial = Layer.COMMERCIAL.value in given
        draft.purpose = asked.purpose
        if Layer.EVIDENCE.value not in given:
            draft.evidence = set()
    return draft


def _choices(form: MultiDict[str, str], asked: AccessRequest) -> dict[str, str]:
    return {word: form.get(f"item-{word}", "") for word in asked.layers}


def drafted_from(given: Given) -> Draft:
    """The form as a grant was made, to make a like one: its dates are asked anew."""
    return Draft(
        buyer=given.buyer, what=[str(given.result_id or given.site_id)],
        layers={layer for layer in given.layers if layer in BY_TOPIC}, named=given.topics is not None,
        topics=set(given.topic_keys), evidence={str(one) for one in given.evidence}, purpose=given.purpose,
    )  # fmt: skip


def offers_of(
    draft: Draft, options: Sequence[Publishable], asked: AccessRequest | None = None
) -> list[Offer]:
    """Return one offer for each result or site chosen. Raises Invalid naming the places of the form."""
    chosen = [option for option in options if option.key in draft.what]
    items_open = [word for word, said in draft.choices.items() if not said]
    gives = bool(draft.layers or draft.commercial or draft.evidence or items_open)
    faults = dict(plain_faults(draft.purpose, gives))
    if not chosen:
        faults["what"] = _("Choose what it is about.")
    if asked is not None and items_open:
        faults[f"item-{items_open[0]}"] = _("Choose share or keep for each item.")
    until, start = _day(draft.until), _day(draft.start) if draft.start else None
    if until is None:
        faults["until"] = _("Choose the day on which it ends.")
    if draft.start and start is None:
        faults["start"] = _("Write the day as in 2026-11-30, or pick it from the calendar.")
    if draft.named and not draft.topics and (draft.layers - {Layer.STATUS} or draft.commercial):
        faults["topics"] = _("Tick at least one topic, or choose all of them.")
    if draft.choices.get(Layer.EVIDENCE.value) == SHARE and not draft.evidence:
        faults["evidence"] = _("Tick the documents, or keep evidence.")
    evidence = ids_in(draft.evidence)
    if evidence is None:
        faults["evidence"] = _("Choose documents of your own vault.")
    if faults or until is None or evidence is None:
        raise Invalid(_("This cannot be shared as it stands."), faults)
    return [
        Offer(
            site_id=option.site_id, result_id=option.result_id, follow_later=draft.later,
            layers=frozenset(draft.layers), topics=frozenset(draft.topics) if draft.named else None,
            commercial=draft.commercial, evidence=evidence, purpose=draft.purpose,
            starts_at=datetime.combine(start, time.min, UTC) if start else None,
            ends_at=datetime.combine(until, time(23, 59, 59), UTC),
        )
        for option in chosen
    ]  # fmt: skip


def _day(raw: str) -> date | None:
    try:
        return date.fromisoformat(raw.strip())
    except ValueError:
        return None


def ids_in(raw: set[str]) -> frozenset[uuid.UUID] | None:
    """The ids that were posted; None when one of them is none."""
    try:
        return frozenset(uuid.UUID(one) for one in raw)
    except ValueError:
        return None


@dataclass(frozen=True)
class TopicChoice:
    """The topics of a section as ticks; ``rated`` ones have a profile, the others only answers."""

    section: str
    topics: tuple[Topic, ...]


@dataclass(frozen=True)
class EvidenceChoice:
    """A document with the versions that can be shared: the newest original and its redacted copies."""

    document: Document
    versions: tuple[DocumentVersion, ...]

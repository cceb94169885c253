"""A section of the questionnaire: read, and without script saved as one form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from assessments.assessment import AssessmentState
from assessments.policy import Action
from assessments.questionnaire.asking.certificates import Certificate
from assessments.questionnaire.asking.steps import fitting_steps
from assessments.questionnaire.library import load_library
from assessments.questionnaire.model import Question, Section, Topic
from assessments.sheet.certificates import recognised
from assessments.sheet.contents import AnswerSheet
from assessments.verification.clarification import open_clarification
from plumbline.extensions import db
from plumbline.guard import door, keep, now
from plumbline.identity.visitor import Visitor
from plumbline.loading import OnSheet, load_section
from plumbline.rendering import say
from plumbline.supplier import supplier
from plumbline.supplier.card_signs import SignedCard, sign_of
from plumbline.supplier.cards import Card, base_url, card_of
from plumbline.supplier.carried_cards import CarriedCard, carried_cards
from plumbline.supplier.confirming import confirm_posted
from plumbline.supplier.echoes import named
from plumbline.supplier.ladder_cards import LadderCard, ladder_of
from plumbline.supplier.levels import save_levels
from plumbline.supplier.saving import Posted, save_posted, two_answered
from plumbline.supplier.wayfinding import name_of, neighbours, not_asked, rail_of, stops

MOST_STEPS = 4
PATH = "/assessments/<uuid:assessment_id>/sections/<section>"


@dataclass(frozen=True)
class Group:
    """A topic of the page: its questions in order (no card: not asked here), its ladder, and what helps next.

    ``steps``: (what to do, what it takes, page of the library or "") of those that suit this company;
    ``certificates``: certificates that cover it, and those that do not, with the reason.
    """

    topic: Topic
    cards: tuple[tuple[str, Card | SignedCard | None], ...]
    ladder: LadderCard | None
    steps: tuple[tuple[str, str, str], ...] = ()
    certificates: tuple[Certificate, ...] = ()

    @property
    def asked(self) -> int:
        """How many of its questions are asked here."""
        return sum(card is not None for _key, card in self.cards)

    @property
    def confirmable(self) -> int:
        """How many of its answers were carried over and wait for a word that they are still true."""
        found = (card.carried for _key, card in self.cards if card is not None)
        return sum(1 for carried in found if carried is not None and carried.confirmable)


@supplier.get(PATH)
@door(Action.SUPPLIER_ASSESSMENT_READ, load=load_section)
def section(_visitor: Visitor, at: OnSheet[Section]) -> ResponseReturnValue:
    """Show a section with every question that is asked in it."""
    return _page(Posted(at.sheet), at.place, {}, more_rows=request.args.get("add", ""))


@supplier.post(PATH)
@door(Action.SUPPLIER_ANSWER_SAVE, load=load_section)
def save_section(visitor: Visitor, at: OnSheet[Section]) -> ResponseReturnValue:
    """Save every changed question of the form; what cannot be saved comes back as it was typed."""
    posted = save_posted(
        db.session(), at.sheet, questions_of(at.place), request.form, by=visitor.actor, at=now()
    )
    levels, posted.sheet = save_levels(
        posted.sheet, at.place.topics, request.form, by=visitor.actor, at=now()
    )
    named_true = confirm_posted(posted, questions_of(at.place), request.form, by=visitor.actor, at=now())
    more_rows = request.form.get("add_row", "")
    if posted.troubled or levels:
        keep()  # what could be saved is saved, although the page answers with an error
        status = 422 if posted.errors or levels else 412
        return _page(posted, at.place, levels, more_rows=more_rows), status
    _tell(posted, quiet=bool(named_true))
    here = f"{base_url(at.sheet.assessment_id)}/sections/{at.place.key}"
    if more_rows:
        return redirect(f"{here}?add={quote(more_rows)}#{quote(more_rows.partition('.')[0])}", 303)
    forward = neighbours(stops(posted.sheet), at.place)[1]
    if request.form.get("save") == "next" and forward:
        return redirect(forward.href, 303)
    return redirect(f"{here}#{named_true}" if "-" in named_true else here, 303)


def questions_of(section: Section) -> list[Question]:
    """The questions of a section in order."""
    return [question for topic in section.topics for question in topic.questions]


def _tell(posted: Posted, *, quiet: bool) -> None:
    if posted.saved:
        count = len(posted.saved)
        say(ngettext("One answer is saved.", "%(num)s answers are saved.", count))
    elif request.form.get("save") != "next" and not quiet:
        say(_("Nothing had changed."), tone="calm")
    for key, reason in posted.changed.now_applies:
        say(reason, lead=_("%(key)s is asked now.", key=key), tone="calm")
    for key, reason in posted.changed.no_longer_applies:
        say(reason, lead=_("%(key)s is no longer asked.", key=key), tone="calm")


def _page(posted: Posted, section: Section, levels: dict[str, str], *, more_rows: str = "") -> str:
    sheet = posted.sheet
    faults = [
        fault
        for key, found in posted.errors.items()
        for fault in named(sheet.questionnaire.question(key), found)
    ]
    faults += [two_answered(key) for key in posted.conflicts]
    faults += [(f"{key}.level", text) for key, text in levels.items()]
    way = rail_of(sheet, section.key)
    back, forward = neighbours(way["sections"], section)
    editable = sheet.state in {AssessmentState.DRAFT, AssessmentState.CLARIFICATION}
    groups = groups_of(posted, section, levels, today=now(), more_rows=more_rows)
    return render_template(
        "supplier/section.html",
        section=section,
        name=name_of(sheet),
        base=base_url(sheet.assessment_id),
        way=way,
        groups=groups,
        topics=[(group.topic, group.asked) for group in groups if group.asked],
        off=not_asked(sheet, section),
        faults=faults,
        kept=bool(posted.saved),
        editable=editable,
        frozen_word=frozen_word(sheet.state),
        clarification=clarification_of(sheet),
        back=back,
        forward=forward,
        by_step=bool(sheet.questionnaire.tracks),
        minutes=section.minutes.get(str(sheet.applicability.facts.get("size"))),
        certificate_table=sheet.questionnaire.certificate_table,
    )


def groups_of(
    posted: Posted, section: Section, levels: dict[str, str], *, today: datetime, more_rows: str = ""
) -> list[Group]:
    """The topics of a section with their cards and ladders."""
    groups = []
    carried = carried_cards(db.session(), posted.sheet, questions_of(section))
    held = recognised(posted.sheet, today.date())
    base = base_url(posted.sheet.assessment_id)
    for topic in section.topics:
        cards = tuple(
            (
                question.key,
                _shown(posted, question, today, more_rows, carried.get(question.key), bool(held), base),
            )
            for question in topic.questions
        )
        ladder = ladder_of(posted.sheet, topic)
        if ladder and levels.get(ladder.key):
            ladder = ladder_of(posted.sheet, topic, error=levels[ladder.key])
        steps = steps_of(posted.sheet, topic) if ladder else ()
        groups.append(Group(topic, cards, ladder, steps, held.of_topic(topic)))
    return groups


def steps_of(sheet: AnswerSheet, topic: Topic) -> tuple[tuple[str, str, str], ...]:
    """The next steps of a topic that suit this company from where it sees itself; see ``Group.steps``."""
    decided = sheet.applicability
    fitting = fitting_steps(topic, decided.facts, decided.answers, sheet.self_levels.get(topic.key))
    library = load_library()
    return tuple(
        (step.do, step.effort, step.template if step.template in library and step.template else "")
        for step in fitting[:MOST_STEPS]
    )


def _shown(
    posted: Posted,
    question: Question,
    today: datetime,
    more_rows: str,
    carried: CarriedCard | None,
    held: bool,
    base: str,
) -> Card | SignedCard | None:
    """The card, by its sign where nothing was typed, carried over or offered by a certificate."""
    key = question.key
    if not posted.sheet.applicability.asks(key):
        return None

    def made() -> Card:
        return _card(posted, question, today, more_rows, carried)

    touched = carried or held or key in posted.typed or key in posted.conflicts or key in posted.errors
    sign = (
        None if touched or more_rows.startswith(f"{key}.") else sign_of(posted.sheet, question, today.date())
    )
    return made() if sign is None else SignedCard(sign, base, made)


def _card(
    posted: Posted, question: Question, today: datetime, more_rows: str, carried: CarriedCard | None
) -> Card:
    key = question.key
    conflict, revision = posted.conflicts.get(key, (None, None))
    wanted = more_rows if more_rows.startswith(f"{key}.") else ""
    return card_of(
        posted.sheet,
        question,
        today=today.date(),
        typed=posted.typed.get(key),
        errors=posted.errors.get(key),
        conflict=conflict,
        revision=revision if conflict else posted.typed[key].revision if key in posted.typed else None,
        more_rows=wanted,
        carried=carried,
    )


def clarification_of(sheet: AnswerSheet) -> Any:
    """The clarification that waits, while there is one."""
    if sheet.state is not AssessmentState.CLARIFICATION:
        return None
    return open_clarification(db.session(), sheet.assessment_id)


def frozen_word(state: AssessmentState) -> str:
    """Why nothing can be changed, in a few words."""
    words = {AssessmentState.WITHDRAWN: _("Withdrawn."), AssessmentState.STOPPED: _("Stopped.")}
    return str(words.get(state, _("Handed in.")))

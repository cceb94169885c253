"""The supplier's week at a glance: where the work stopped, how far it is, what waits for an answer."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Executable, Row, func, select

from assessments.assessment import Answer, Assessment, AssessmentState, Cycle
from assessments.overviews.own_results import own_results
from assessments.parties import Person, Site
from assessments.policy import Action, Decision, may
from assessments.questionnaire.model import Level, Question
from assessments.rounds.moving import number_to_move_to
from assessments.sheet.contents import AnswerSheet
from assessments.sheet.reading import read_sheet
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.reading_language import sheet_as_read
from plumbline.rendering import day
from plumbline.supplier import supplier
from plumbline.supplier.assessments import steps_of
from plumbline.supplier.cards import base_url
from plumbline.supplier.outlook import Facts, ahead, changes_since, facts_of
from plumbline.supplier.wayfinding import next_open, not_asked, rail_of, stops

S = AssessmentState
YOURS = frozenset({S.DRAFT, S.CLARIFICATION, S.FACT_CHECK})
"""States in which the next step is the supplier's."""
MOST_TOLD = 6
MOST_RESULTS = 3
_AHEAD = {S.SUBMITTED: 0, S.IN_VERIFICATION: 0, S.FACT_CHECK: 0, S.IN_REVIEW: 0, S.PUBLISHED: 1}
"""Which round the page shows first when none waits for the supplier; those not named come after."""


@dataclass(frozen=True)
class Waiting:
    """Something that waits for the supplier, with the place to do it."""

    text: str
    href: str
    by: str = ""


@supplier.get("/")
@door(Action.SUPPLIER_ASSESSMENT_READ)
def home(visitor: Visitor) -> ResponseReturnValue:
    """Show the assessment worked at last, what waits, and the way to the others."""
    rows = db.session.execute(_assessments(visitor.organization_id)).all()
    told = db.session.execute(_last_answers(visitor.organization_id)).all()
    main = _main(rows, told)
    facts = facts_of(visitor.organization_id)
    results = own_results(db.session(), visitor.organization_id)
    context: dict[str, Any] = {
        "rows": rows,
        "waits": _waits(rows, facts),
        "results": results[:MOST_RESULTS],
        "main": main,
        "may_open": may(visitor.actor, Action.SUPPLIER_ASSESSMENT_OPEN) is Decision.ALLOWED,
        "may_submit": may(visitor.actor, Action.SUPPLIER_ASSESSMENT_SUBMIT) is Decision.ALLOWED,
        "visitor": visitor,
    }
    if main is None:
        sites = db.session.scalar(select(func.count()).where(Site.organization_id == visitor.organization_id))
        return render_template("supplier/welcome.html", **context, sites=sites)
    sheet = sheet_as_read(read_sheet(db.session(), main.Assessment.id))
    last = _last_here(visitor, sheet, told)
    # A question answered elsewhere (the company's) belongs to this page too when it is asked here.
    go_on = next_open(sheet, last.question if last else "") if main.Assessment.state is S.DRAFT else None
    return render_template(
        "supplier/home.html",
        **context,
        base=base_url(sheet.assessment_id),
        way=rail_of(sheet),
        stops=stops(sheet),
        steps=steps_of(main.Assessment),
        go_on=go_on,
        last=last,
        here=go_on.section if go_on else "",
        company=_company_progress(sheet),
        company_url=base_url(sheet.company_assessment_id),
        off=[found for section in sheet.questionnaire.sections for found in not_asked(sheet, section)],
        team=_team(sheet, told),
        lapsed=_lapsed(sheet, now()),
        ahead=ahead(rows, facts, results, sheet, now()),
        readers=facts.readers,
        changes=changes_since(rows, main, sheet),
        newer=number_to_move_to(db.session(), main.Assessment, sheet.questionnaire),
    )


def _assessments(organization_id: uuid.UUID) -> Executable:
    """Every assessment of a site, the newest move first, with site and cycle."""
    return (
        select(Assessment, Site.name, Cycle.label)
        .join(Site, Site.id == Assessment.site_id)
        .join(Cycle, Cycle.id == Assessment.cycle_id)
        .where(Assessment.organization_id == organization_id)
        .order_by(Assessment.state_since.desc(), Site.name)
    )


def _last_answers(organization_id: uuid.UUID) -> Executable:
    """The answers saved last in the whole organization, newest first."""
    return (
        select(Answer.assessment_id, Answer.question, Answer.updated_at, Answer.updated_by, Person.name)
        .outerjoin(Person, Person.id == Answer.updated_by)
        .where(Answer.organization_id == organization_id)
        .order_by(Answer.updated_at.desc())
        .limit(50)
    )


def _main(rows: Sequence[Row[Any]], told: Any) -> Row[Any] | None:
    """The assessment this page is about: the one asked for, else the one worked at last that needs more,
    else the newest that is under way, then the newest result that stands; what ended comes last."""
    wanted = request.args.get("assessment", "")
    for row in rows:
        if str(row.Assessment.id) == wanted:
            return row
    by_id = {row.Assessment.id: row for row in rows if row.Assessment.state in YOURS}
    for answer in told:
        if answer.assessment_id in by_id:
            return by_id[answer.assessment_id]
    yours = next(iter(by_id.values()), None)
    return yours or min(rows, key=lambda row: _AHEAD.get(row.Assessment.state, len(_AHEAD)), default=None)


@dataclass(frozen=True)
class Last:
    """The answer that this visitor saved last on the sheet shown."""

    question: str
    at: datetime


def _last_here(visitor: Visitor, sheet: AnswerSheet, told: Any) -> Last | None:
    for answer in told:
        here = answer.assessment_id in {sheet.assessment_id, sheet.company_assessment_id}
        if here and answer.updated_by == visitor.person_id and sheet.applicability.asks(answer.question):
            return Last(answer.question, answer.updated_at)
    return None


def _company_progress(sheet: AnswerSheet) -> tuple[int, int]:
    """How many of the company's questions are settled, of how many asked."""
    keys = [
        key for key in sheet.applicability.asked if sheet.questionnaire.question(key).level is Level.COMPANY
    ]
    return sum(sheet.settled(key) for key in keys), len(keys)


def _team(sheet: AnswerSheet, told: Any) -> list[tuple[str, Question, datetime]]:
    """Who answered what last, on this sheet."""
    here = {sheet.assessment_id, sheet.company_assessment_id}
    found = [
        (answer.name, sheet.questionnaire.question(answer.question), answer.updated_at)
        for answer in told
        if answer.name and answer.assessment_id in here
    ]
    return found[:MOST_TOLD]


def _lapsed(sheet: AnswerSheet, at: datetime) -> list[tuple[str, str]]:
    """Documents that ended while answers still lean on them, as (title, id)."""
    found = {
        linked.document_id: linked.title
        for links in sheet.evidence.values()
        for linked in links
        if linked.ends_on is not None and linked.ends_on < at.date()
    }
    return [(title, str(key)) for key, title in found.items()]


def _waits(rows: Any, facts: Facts) -> list[Waiting]:
    """What waits for the supplier, most pressing first."""
    found = []
    for row in rows:
        base, name = base_url(row.Assessment.id), row.name
        if row.Assessment.state is S.FACT_CHECK and row.Assessment.fact_check_ended_at is None:
            by = day(row.Assessment.fact_check_ends_at)
            text = _("%(site)s: read the draft findings", site=name)
            found.append(Waiting(text, f"{base}/findings", _("by %(day)s", day=by)))
        if row.Assessment.state is S.CLARIFICATION:
            text = _("%(site)s: an assessor reopened questions", site=name)
            found.append(Waiting(text, f"{base}/clarification"))
    if num := facts.requests:
        text = ngettext("One buyer asks to see something", "%(num)s buyers ask to see something", num)
        found.append(Waiting(text, "/supplier/sharing"))
    if num := facts.actions:
        text = ngettext("One corrective action is yours", "%(num)s corrective actions are yours", num)
        found.append(Waiting(text, "/supplier/actions"))
    return found

"""What is assigned to the firm: accepting it, declaring independence, and what waits in each case."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import and_, func, select

from assessments.actions.action import ActionDate, ActionState, CorrectiveAction
from assessments.assessment import Assessment, AssessmentState, Cycle
from assessments.parties import Organization, Role, Site
from assessments.policy import Action, AssignedThing
from assessments.verification.assignment import Assignment, Independence, Phase, accept, declare_independence
from assessments.verification.clarification import Clarification
from assessments.verification.finding import Finding, FindingState
from assessments.workflow import Refused
from plumbline.assessor import assessor
from plumbline.assessor.forms import IndependenceForm
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.loading.assigned import load_assignment
from plumbline.refusals import faults_of, form_faults
from plumbline.rendering import say


@dataclass(frozen=True)
class Case:
    """One live assignment as its row on the desk. Counts stay empty until independence is declared."""

    assignment: Assignment
    assessment: Assessment
    supplier: str
    site: str
    country: str
    cycle: str
    no_ties: bool | None
    clarification_due: datetime | None
    grades: Mapping[str, int] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)

    @property
    def group(self) -> str:
        """Where on the desk it stands: what has to happen before anything else."""
        if self.no_ties is False:
            return "tied"
        if self.assignment.accepted_at is None:
            return "accept"
        if self.no_ties is None:
            return "declare"
        return "follow_up" if self.assignment.phase is Phase.FOLLOW_UP else "work"

    @property
    def deadline(self) -> tuple[str, datetime] | None:
        """The next date that counts, and what it means."""
        if self.clarification_due is not None:
            return "clarification", self.clarification_due
        assessment = self.assessment
        if assessment.state is not AssessmentState.FACT_CHECK:
            return None
        if assessment.fact_check_ended_at is None and assessment.fact_check_ends_at is not None:
            return "fact_check", assessment.fact_check_ends_at
        window = assessment.correction_window_ends_at
        return ("window", window) if window is not None else None


@assessor.get("/")
@door(Action.ASSESSOR_ASSIGNMENT_LIST)
def desk(visitor: Visitor) -> ResponseReturnValue:
    """Show the firm's live assignments by what has to happen next, in states, dates and counts."""
    cases = _cases(visitor)
    groups = {name: [case for case in cases if case.group == name]
              for name in ("accept", "declare", "work", "follow_up", "tied")}  # fmt: skip
    return render_template("assessor/desk.html", groups=groups, total=len(cases))


@assessor.get("/assignments/<uuid:assignment_id>")
@door(Action.ASSESSOR_INDEPENDENCE_DECLARE, load=load_assignment)
def assignment(visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """Show who is to be checked and how, and nothing of what they answered."""
    return _page(visitor, reached)


@assessor.post("/assignments/<uuid:assignment_id>/accept")
@door(Action.ASSESSOR_ASSIGNMENT_ACCEPT, load=load_assignment)
def accept_assignment(visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """Accept the assignment as the firm's lead."""
    accept(db.session(), reached.thing, by=visitor.actor, at=now())
    say(_("Each of you who works on it declares independence first."), lead=_("Accepted."))
    return redirect(f"/assessor/assignments/{reached.thing.id}", 303)


@assessor.post("/assignments/<uuid:assignment_id>/independence")
@door(Action.ASSESSOR_INDEPENDENCE_DECLARE, load=load_assignment)
def declare(visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """Record the declaration; without ties the case opens, with ties it stays shut for this person."""
    form, found = IndependenceForm(), reached.thing
    if not form.validate():
        return _page(visitor, reached, form, form_faults(form)), 422
    no_ties = form.ties.data == "none"
    try:
        declare_independence(
            db.session(), found, no_ties=no_ties, statement=form.statement.data or "",
            by=visitor.actor, at=now(),
        )  # fmt: skip
    except Refused as error:
        return _page(visitor, reached, form, faults_of(error)), status_of(error)
    if no_ties:
        said = (
            _("The case is open to you.")
            if found.accepted_at
            else _("The case opens when your lead assessor accepts the assignment.")
        )
        say(said, lead=_("Declared."))
        case = f"/assessor/assessments/{found.assessment_id}" if found.accepted_at else "/assessor/"
        return redirect(case, 303)
    say(_("The steward reads it and decides. Nothing of this case is shown to you."), lead=_("Declared."))
    return redirect("/assessor/", 303)


def _page(
    visitor: Visitor,
    reached: AssignedThing,
    form: IndependenceForm | None = None,
    errors: Mapping[str, str] | None = None,
) -> str:
    found: Assignment = reached.thing
    assessment = found.assessment
    declared = db.session.execute(
        select(Independence.person_id, Independence.no_ties, Independence.declared_at).where(
            Independence.assignment_id == found.id
        )
    ).all()
    own = next((row for row in declared if row.person_id == visitor.person_id), None)
    return render_template(
        "assessor/assignment.html",
        assignment=found,
        assessment=assessment,
        supplier=assessment.organization,
        site=assessment.site,
        lead=visitor.role is Role.ASSESSOR_LEAD,
        own=own,
        declarations=len(declared),
        form=form,
        errors=errors or {},
    )


def _cases(visitor: Visitor) -> list[Case]:
    """Every live assignment of the firm; four statements, however many there are."""
    rows = db.session.execute(
        select(
            Assignment,
            Assessment,
            Organization.legal_name,
            Site.name,
            Site.country,
            Cycle.label,
            Independence.no_ties,
            select(func.min(Clarification.due_at))
            .where(Clarification.assessment_id == Assessment.id, Clarification.answered_at.is_(None))
            .scalar_subquery()
            .label("due"),
        )
        .join(Assessment, Assessment.id == Assignment.assessment_id)
        .join(Organization, Organization.id == Assignment.organization_id)
        .join(Site, Site.id == Assessment.site_id)
        .join(Cycle, Cycle.id == Assignment.cycle_id)
        .outerjoin(
            Independence,
            and_(Independence.assignment_id == Assignment.id, Independence.person_id == visitor.person_id),
        )
        .where(Assignment.firm_id == visitor.organization_id, Assignment.ended_at.is_(None))
        .order_by(Assignment.assigned_at)
    ).all()
    declared = [row.Assessment.id for row in rows if row.no_ties]
    grades = _counted(
        db.session.execute(
            select(Finding.assessment_id, Finding.grade, func.count())
            .where(Finding.assessment_id.in_(declared), Finding.state.not_in([FindingState.DISMISSED]))
            .group_by(Finding.assessment_id, Finding.grade)
        ).all()
    )
    waiting = _counted(
        db.session.execute(
            select(CorrectiveAction.assessment_id, CorrectiveAction.state, func.count())
            .where(
                CorrectiveAction.assessment_id.in_(declared),
                CorrectiveAction.state.in_([ActionState.PROPOSED, ActionState.EVIDENCE_SUBMITTED]),
            )
            .group_by(CorrectiveAction.assessment_id, CorrectiveAction.state)
        ).all()
    )
    dates: Counter[uuid.UUID] = Counter(
        db.session.scalars(
            select(CorrectiveAction.assessment_id)
            .join(ActionDate, ActionDate.action_id == CorrectiveAction.id)
            .where(CorrectiveAction.assessment_id.in_(declared), ActionDate.granted.is_(None))
        )
    )
    return [
        Case(
            assignment=row.Assignment,
            assessment=row.Assessment,
            supplier=row.legal_name,
            site=row.name,
            country=row.country,
            cycle=row.label,
            no_ties=row.no_ties,
            clarification_due=row.due,
            grades=grades.get(row.Assessment.id, {}),
            waiting={**waiting.get(row.Assessment.id, {}), "date": dates[row.Assessment.id]},
        )
        for row in rows
    ]


def _counted(rows: Iterable[Sequence[object]]) -> dict[uuid.UUID, dict[str, int]]:
    counted: dict[uuid.UUID, dict[str, int]] = {}
    for assessment_id, word, number in rows:
        assert isinstance(assessment_id, uuid.UUID)  # noqa: S101  what the select asks for
        assert isinstance(number, int)  # noqa: S101
        counted.setdefault(assessment_id, {})[str(word)] = number
    return counted

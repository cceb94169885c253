"""Which firm may check a case, why another may not, and how an assignment ends before its time."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.orm import Session

from assessments.assessment import ASSESSMENT_MOVES, Assessment, company_assessment_id, record_event
from assessments.audit.events import EventKind
from assessments.base import new_id
from assessments.outbox import LetterKind, letter
from assessments.parties import Accreditation, Actor, Organization, OrganizationKind
from assessments.sentences import N_
from assessments.verification.assignment import TIE_LASTS, Assignment, Basis, Independence, Phase
from assessments.workflow import Refused, WrongState


@dataclass(frozen=True)
class Candidate:
    """A firm as the steward's admin meets it when assigning. ``hindrance`` empty: it can take the case.

    ``running`` counts its assignments that have not ended, ``earlier`` those it had with this supplier.
    """

    firm_id: uuid.UUID
    name: str
    country: str
    accreditation: str | None
    accredited_until: date | None
    running: int
    earlier: int
    hindrance: str


def candidates(
    session: Session, assessment: Assessment, *, at: datetime, firm_id: uuid.UUID | None = None
) -> list[Candidate]:
    """Return every assessment firm in name order, each with what keeps it from this case, if anything does.

    With ``firm_id`` that one alone, or none where it is no such firm. Three statements whatever their number;
    the one answer to whether a firm may take a case, for pages, programs and ``assign``.
    """
    wanted = select(Organization).where(_is_firm(session)).order_by(Organization.legal_name)
    of_firms = select(Accreditation).where(firm_wide())
    worked_on = select(Assignment.firm_id)
    if firm_id is not None:
        wanted = wanted.where(Organization.id == firm_id)
        of_firms = of_firms.where(Accreditation.firm_id == firm_id)
        worked_on = worked_on.where(Assignment.firm_id == firm_id)
    firms = session.scalars(wanted).all()
    running: dict[uuid.UUID, Accreditation] = {}
    last_end: dict[uuid.UUID, datetime] = {}
    for held in session.scalars(of_firms):
        last_end[held.firm_id] = max(held.ends_at, last_end.get(held.firm_id, held.ends_at))
        if held.starts_at <= at < held.ends_at:
            running[held.firm_id] = held
    own = Assignment.organization_id == assessment.organization_id
    work = {
        row.firm_id: row
        for row in session.execute(
            worked_on.add_columns(
                func.count(Assignment.id.distinct()).filter(Assignment.ended_at.is_(None)).label("running"),
                func.count(Assignment.id.distinct()).filter(own).label("earlier"),
                func.max(Independence.declared_at)
                .filter(own, Independence.no_ties.is_(False))
                .label("tied_at"),
            )
            .outerjoin(Independence, Independence.assignment_id == Assignment.id)
            .group_by(Assignment.firm_id)
        )
    }
    found = []
    for firm in firms:
        held_now, worked = running.get(firm.id), work.get(firm.id)
        tied_at = worked.tied_at if worked else None
        hindrance = N_("")
        if firm.id == assessment.organization_id:
            hindrance = N_("It would assess itself.")
        elif held_now is None:
            ended = last_end.get(firm.id)
            hindrance = (
                N_("Its accreditation ended on %(day)s.", day=ended.date())
                if ended
                else N_("It is not accredited.")
            )
        elif tied_at is not None and tied_at > at - TIE_LASTS:
            hindrance = N_("It declared a tie to this supplier on %(day)s.", day=tied_at.date())
        found.append(
            Candidate(
                firm_id=firm.id,
                name=firm.legal_name,
                country=firm.country,
                accreditation=held_now.number if held_now else None,
                accredited_until=held_now.ends_at.date() if held_now else None,
                running=worked.running if worked else 0,
                earlier=worked.earlier if worked else 0,
                hindrance=hindrance,
            )
        )
    return found


def firm_wide() -> ColumnElement[bool]:
    """Accreditations that let a firm assess; one of a person alone lets nobody."""
    return Accreditation.person_id.is_(None)


def _is_firm(session: Session) -> ColumnElement[bool]:
    clause: Any = text(_FIRMS[session.get_bind().dialect.name]).bindparams(
        kind=OrganizationKind.ASSESSMENT_FIRM.value
    )
    among: ColumnElement[bool] = clause
    return among


_FIRMS = {
    "postgresql": "organization.kinds @> to_jsonb(CAST(:kind AS text))",
    "sqlite": "EXISTS (SELECT 1 FROM json_each(organization.kinds) k WHERE k.value = :kind)",
}


def end_assignment(session: Session, assignment: Assignment, *, reason: str, by: Actor, at: datetime) -> None:
    """Take a case back from a firm that declared a tie or cannot do it, so that another is assigned.

    Possible until the first finding is shared. Raises Refused without a reason, WrongState and WrongActor.
    """
    ASSESSMENT_MOVES.move("unassign", assignment.assessment.state, by.role)
    if not reason.strip():
        raise Refused("The firm and the supplier read why.", "Write the reason.", places=("reason",))
    if assignment.ended_at is not None:
        raise WrongState("This assignment has ended.", "Assign another firm.")
    assessment = assignment.assessment
    if assessment.first_finding_shared_at is not None:
        raise WrongState("Findings have been shared; this firm stays with the case.", "")
    assessment.move("unassign", by=by, at=at)
    assignment.ended_at, assessment.end_reason = at, reason.strip()
    record_event(
        session, EventKind.ASSIGNMENT_ENDED, assessment, by=by, at=at, firm_id=str(assignment.firm_id)
    )


def assign(
    session: Session, assessment: Assessment, firm: Organization, *, basis: Basis, by: Actor, at: datetime
) -> Assignment:
    """Assign a firm. Raises Refused when it is not accredited, declared a tie, or is the supplier itself."""
    # Asked first, so that a stranger hears nothing of firms and ties.
    ASSESSMENT_MOVES.move("assign", assessment.state, by.role)
    found = candidates(session, assessment, at=at, firm_id=firm.id)
    if not found:
        raise Refused(
            N_("%(firm)s is not an assessment firm.", firm=firm.legal_name), N_("Choose an accredited firm.")
        )
    if found[0].hindrance:
        raise Refused(found[0].hindrance, N_("Choose another firm."), places=("firm",))
    if basis is Basis.SELF_DECLARED:
        raise Refused("An assignment checks something.", "Choose desk, remote or on site.")
    assessment.move("assign", by=by, at=at)
    assignment = Assignment(
        id=new_id(),
        assessment_id=assessment.id,
        cycle_id=assessment.cycle_id,
        company_assessment_id=company_assessment_id(session, assessment.cycle_id),
        organization_id=assessment.organization_id,
        firm_id=firm.id,
        basis=basis,
        phase=Phase.VERIFICATION,
        assigned_at=at,
        assigned_by=by.person_id,
    )
    session.add(assignment)
    session.flush()
    record_event(session, EventKind.ASSIGNMENT_MADE, assessment, by=by, at=at, firm_id=str(firm.id))
    letter(session, LetterKind.ASSIGNMENT_MADE, {"assessment_id": assessment.id, "firm_id": firm.id}, at=at)
    return assignment

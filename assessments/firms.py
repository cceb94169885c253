"""Which firm may check a case, why another may not, and how an assignment ends before its time."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assessments.assessment import ASSESSMENT_MOVES, Assessment, record_event
from assessments.events import EventKind
from assessments.parties import Accreditation, Actor, Organization, OrganizationKind
from assessments.sentences import N_
from assessments.verification import TIE_LASTS, Assignment, Independence
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


def candidates(session: Session, assessment: Assessment, *, at: datetime) -> list[Candidate]:
    """Return every assessment firm in name order, each with what keeps it from this case, if anything does.

    Three statements whatever the number of firms.
    """
    firms = [
        firm
        for firm in session.scalars(select(Organization).order_by(Organization.legal_name))
        if firm.is_(OrganizationKind.ASSESSMENT_FIRM)
    ]
    running: dict[uuid.UUID, Accreditation] = {}
    last_end: dict[uuid.UUID, datetime] = {}
    for held in session.scalars(select(Accreditation).where(Accreditation.person_id.is_(None))):
        last_end[held.firm_id] = max(held.ends_at, last_end.get(held.firm_id, held.ends_at))
        if held.starts_at <= at < held.ends_at:
            running[held.firm_id] = held
    own = Assignment.organization_id == assessment.organization_id
    work = {
        row.firm_id: row
        for row in session.execute(
            select(
                Assignment.firm_id,
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

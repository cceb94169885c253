"""One answer to whether a firm may take a case, and a finding amended up to critical brings its clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from assessments.parties import Accreditation, Organization
from assessments.questionnaire.model import Grade
from assessments.verification.assignment import Basis
from assessments.verification.finding import findings_of
from assessments.verification.firms import assign, candidates
from assessments.workflow import Refused
from tests.conftest import Stack
from tests.support.acts import submitted, verified
from tests.support.cast import NOW
from tests.support.statements import counted


def test_a_person_alone_accredited_lets_no_firm_assess(stack: Stack) -> None:
    session, cast = stack.session, stack.cast
    case = submitted(stack)
    held = session.scalars(select(Accreditation).where(Accreditation.firm_id == cast.firm)).one()
    held.person_id = cast.sam.person_id
    session.flush()
    told = {one.firm_id: one.hindrance for one in candidates(session, case, at=NOW)}
    assert told == {cast.firm: "It is not accredited.", cast.other_firm: ""}
    for firm_id, hindrance in told.items():
        firm = session.get_one(Organization, firm_id)
        if hindrance:
            with pytest.raises(Refused, match="not accredited"):
                assign(session, case, firm, basis=Basis.DESK, by=cast.sara.actor, at=NOW)
        else:
            assign(session, case, firm, basis=Basis.DESK, by=cast.sara.actor, at=NOW)
    with pytest.raises(Refused):
        assign(
            session,
            submitted(stack, site_id=cast.yard, label="2027"),
            session.get_one(Organization, cast.kovo),
            basis=Basis.DESK,
            by=cast.sara.actor,
            at=NOW,
        )


def test_only_firms_are_read(stack: Stack) -> None:
    case = submitted(stack)
    stack.session.expunge_all()
    with counted(stack.engine) as seen:
        found = candidates(stack.session, case, at=NOW)
    assert len(found) == 2
    (asked,) = [one for one in seen if "FROM organization" in one]
    assert "kinds" in asked.partition("WHERE")[2]


def test_amended_up_to_critical_it_is_contained_from_now(stack: Stack) -> None:
    session, cast = stack.session, stack.cast
    case = submitted(stack)
    verified(stack, case)
    by_grade = {one.grade: one for one in findings_of(session, case.id)}
    up, down = by_grade[Grade.MAJOR], by_grade[Grade.CRITICAL]
    for one in (up, down):
        one.dispute(session, "Not so.", by=cast.petr.actor, at=NOW)
    with pytest.raises(Refused) as refused:
        up.decide(session, "amend", "Worse.", grade=Grade.CRITICAL, by=cast.alba.actor, at=NOW)
    assert (refused.value.places, up.grade) == (("first_step",), Grade.MAJOR)
    up.decide(
        session,
        "amend",
        "Worse.",
        grade=Grade.CRITICAL,
        first_step="Stop the line.",
        by=cast.alba.actor,
        at=NOW,
    )
    assert (up.contain_by, up.first_step) == (NOW + timedelta(hours=48), "Stop the line.")
    down.decide(session, "amend", "Less.", grade=Grade.MAJOR, by=cast.alba.actor, at=NOW)
    assert down.contain_by is None
    session.flush()

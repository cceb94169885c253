"""``may`` and ``visible_to`` hold each other: over the whole cast and every thing of five cases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect, select

from assessments.actions.action import CorrectiveAction
from assessments.assessment import Answer, Assessment, Snapshot
from assessments.evidence.documents import Document, DocumentVersion
from assessments.parties import Audience, Site
from assessments.policy import Action, AssignedThing, Decision, may, visible_to
from assessments.result import Result
from assessments.sharing.asks import BuyerAsk
from assessments.sharing.disclosure import AccessRequest, Disclosure
from assessments.verification.assignment import Assignment, Independence, live_assignment
from assessments.verification.clarification import Clarification
from assessments.verification.finding import Finding, FindingState
from tests.conftest import Stack
from tests.support.holdings import hold

OF_SUPPLIERS = (
    Answer, Assessment, Clarification, CorrectiveAction, Document, DocumentVersion, Finding, Result, Site,
    Snapshot,
)  # fmt: skip
OF_CASES: tuple[Any, ...] = (Assessment, Answer, Clarification, CorrectiveAction, Finding, Result, Snapshot)


def test_a_supplier_lists_what_it_may_read(stack: Stack) -> None:
    session = stack.session
    hold(stack.settings, session, stack.cast)
    session.commit()
    members = [one for one in stack.cast.members().values() if one.role.audience is Audience.SUPPLIER]
    for entity in (*OF_SUPPLIERS, Disclosure, AccessRequest):
        rows = session.scalars(select(entity)).all()
        for member in members:
            mine = select(entity).where(visible_to(member.actor, entity))
            listed = {inspect(one).identity for one in session.scalars(mine)}
            allowed = {
                inspect(one).identity
                for one in rows
                if may(member.actor, Action.SUPPLIER_ASSESSMENT_READ, one) is Decision.ALLOWED
                and getattr(one, "state", None) is not FindingState.DRAFT
            }
            assert listed == allowed, (entity.__name__, member.role)


def test_an_assessor_lists_what_its_assignment_reaches(stack: Stack) -> None:
    session = stack.session
    hold(stack.settings, session, stack.cast)
    session.commit()
    members = [one for one in stack.cast.members().values() if one.role.audience is Audience.ASSESSOR]
    assignments = {key: live_assignment(session, key) for key in session.scalars(select(Assessment.id))}
    for entity in OF_CASES:
        for member in members:
            where = visible_to(member.actor, entity)
            listed = {inspect(one).identity for one in session.scalars(select(entity).where(where))}
            reached = set()
            for one in session.scalars(select(entity)).all():
                case = getattr(one, "assessment_id", None) or one.id
                work = assignments[case]
                if work is None:
                    continue
                said = session.get(Independence, (work.id, member.person_id))
                thing = AssignedThing(
                    one, work.firm_id, work.phase, work.accepted_at is not None, bool(said and said.no_ties)
                )
                # A follow-up reaches findings and actions alone: their loaders narrow what a list leaves in.
                if may(member.actor, Action.ASSESSOR_FINDING_READ, thing) is Decision.ALLOWED:
                    reached.add(inspect(one).identity)
            assert listed == reached, (entity.__name__, member.email)


def test_a_buyer_lists_no_entity_of_a_supplier(stack: Stack) -> None:
    session = stack.session
    hold(stack.settings, session, stack.cast)
    session.commit()
    for entity in OF_SUPPLIERS:
        for member in stack.cast.members().values():
            if member.role.audience is Audience.BUYER:
                where = visible_to(member.actor, entity)
                assert session.scalars(select(entity).where(where)).first() is None


def test_what_a_buyer_asks_is_listed_to_it_alone(stack: Stack) -> None:
    session = stack.session
    hold(stack.settings, session, stack.cast)
    session.commit()
    rows = session.scalars(select(BuyerAsk)).all()
    assert len({row.organization_id for row in rows}) == 2
    for member in stack.cast.members().values():
        listed = set(session.scalars(select(BuyerAsk).where(visible_to(member.actor, BuyerAsk))))
        allowed = {row for row in rows if may(member.actor, Action.BUYER_ASK_READ, row) is Decision.ALLOWED}
        assert listed == allowed, member.email


def test_an_assignment_is_listed_to_its_firm_alone(stack: Stack) -> None:
    session = stack.session
    hold(stack.settings, session, stack.cast)
    session.commit()
    for member in stack.cast.members().values():
        if member.role.audience is not Audience.ASSESSOR:
            continue
        where = visible_to(member.actor, Assignment)
        found = {one.firm_id for one in session.scalars(select(Assignment).where(where))}
        assert found <= {member.organization_id}

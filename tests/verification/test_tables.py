"""The tables of moves against DESIGN.md 2, written out a second time by hand."""

from __future__ import annotations

import re
from typing import Any

import pytest

from assessments.actions.action import ACTION_MOVES
from assessments.assessment import ASSESSMENT_MOVES
from assessments.parties import Role
from assessments.verification.finding import FINDING_MOVES
from assessments.workflow import Workflow, WrongActor, WrongState

ASSESSMENT = """
submit: draft > submitted by supplier_admin
publish_self_declared: submitted > published by supplier_admin
assign: submitted > in_verification by steward_admin
unassign: in_verification > submitted by steward_admin
ask_clarification: in_verification > clarification by assessor, assessor_lead
answer_clarification: clarification > in_verification by supplier_admin, system
start_fact_check: in_verification > fact_check by assessor_lead
extend_fact_check: fact_check > fact_check by supplier_admin
end_fact_check: fact_check > fact_check by supplier_admin, assessor_lead, system
start_review: fact_check > in_review by assessor_lead
return_from_review: in_review > in_verification by steward_reviewer
publish: in_review > published by steward_reviewer
expire: published, corrected > expired by system
supersede: published, corrected, expired > superseded by system
correct: published, corrected > corrected by steward_reviewer
revoke: published, corrected, expired > revoked by steward_reviewer
withdraw: draft, submitted, in_verification, clarification > withdrawn by supplier_admin
stop: in_verification, clarification, fact_check, in_review > stopped by supplier_admin
"""
FINDING = """
share: draft > shared by assessor_lead
dispute: shared > disputed by supplier_admin, supplier_contributor
uphold: disputed > upheld by steward_appeal
amend: disputed > amended by steward_appeal
dismiss: disputed > dismissed by steward_appeal
open: shared, upheld, amended > open by supplier_admin, assessor_lead, system
close: open > closed by assessor, assessor_lead
reopen: closed > open by assessor, assessor_lead
"""
ACTION = """
return: proposed > returned by assessor, assessor_lead
propose_again: returned > proposed by supplier_admin, supplier_contributor
agree: proposed > agreed by assessor, assessor_lead
disagree: returned, proposed > disagreed by steward_mediator
start: agreed, disagreed, reopened > in_progress by supplier_admin, supplier_contributor
submit_evidence: agreed, in_progress, reopened > evidence_submitted by supplier_admin, supplier_contributor
send_back: evidence_submitted > in_progress by assessor, assessor_lead
verify: evidence_submitted > verified_closed by assessor, assessor_lead
find_effective: verified_closed > effective by assessor, assessor_lead
reopen: verified_closed, effective > reopened by assessor, assessor_lead
drop: proposed, returned, agreed, in_progress, reopened > dropped by assessor, assessor_lead
"""
LINE = re.compile(r"(\w+): ([\w, ]+) > (\w+) by ([\w, ]+)")


def written(text: str) -> dict[str, tuple[set[str], str, set[str]]]:
    """The table as {move: (from, to, who)}."""
    lines = [LINE.fullmatch(line) for line in text.strip().splitlines()]
    assert all(lines)
    return {line[1]: (set(line[2].split(", ")), line[3], set(line[4].split(", "))) for line in lines if line}


TABLES: list[tuple[Workflow[Any, Any], str]] = [
    (ASSESSMENT_MOVES, ASSESSMENT),
    (FINDING_MOVES, FINDING),
    (ACTION_MOVES, ACTION),
]
each = pytest.mark.parametrize(("workflow", "text"), TABLES, ids=[table.name for table, _ in TABLES])


@each
def test_no_move_is_missing_and_none_is_extra(workflow: Workflow[Any, Any], text: str) -> None:
    assert {move.name for move in workflow.moves} == set(written(text))


@each
def test_every_move_from_every_state_by_every_role(workflow: Workflow[Any, Any], text: str) -> None:
    for name, (sources, target, roles) in written(text).items():
        for state in type(workflow.initial):
            for role in Role:
                case = f"{name} from {state} by {role}"
                if role.value not in roles:
                    with pytest.raises(WrongActor):
                        workflow.move(name, state, role)
                elif state.value not in sources:
                    with pytest.raises(WrongState):
                        workflow.move(name, state, role)
                else:
                    assert workflow.move(name, state, role).value == target, case


@each
def test_what_is_open_to_a_role_is_what_it_can_move(workflow: Workflow[Any, Any], text: str) -> None:
    table = written(text)
    for state in type(workflow.initial):
        for role in Role:
            expected = {n for n, (sources, _, roles) in table.items() if state in sources and role in roles}
            assert set(workflow.open_to(state, role)) == expected


def test_a_name_nobody_knows_is_a_fault_of_the_program() -> None:
    with pytest.raises(KeyError):
        ASSESSMENT_MOVES.move("approve", ASSESSMENT_MOVES.initial, Role.SUPPLIER_ADMIN)

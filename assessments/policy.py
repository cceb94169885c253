"""Who may do what. ``may`` answers for one thing in memory, ``visible_to`` says the same in SQL for lists.

A stranger is told nothing (404); a colleague without the right is told so (403). A test holds both
answers against each other over the whole cast.
"""

import enum
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false, select, true

from assessments.actions.action import CorrectiveAction
from assessments.assessment import Answer, Assessment, Snapshot
from assessments.evidence.documents import Document, DocumentVersion
from assessments.parties import (
    ASSESSOR_LEAD,
    ASSESSORS,
    BUYER_ADMIN,
    BUYERS,
    STEWARD_ADMIN,
    STEWARD_APPEAL,
    STEWARD_AUDITOR,
    STEWARD_MEDIATOR,
    STEWARD_REVIEWER,
    STEWARDS,
    SUPPLIER_ADMIN,
    SUPPLIERS,
    Actor,
    Audience,
    Role,
    Site,
)
from assessments.result import Result
from assessments.sharing.asks import BuyerAsk
from assessments.sharing.disclosure import AccessRequest, Disclosure
from assessments.verification.assignment import Assignment, Independence, Phase
from assessments.verification.clarification import Clarification
from assessments.verification.finding import Finding, FindingState

EVERYONE = frozenset(role for role in Role if role is not Role.SYSTEM)


class Action(enum.StrEnum):
    """Everything a person can be allowed to do: ``audience:thing:verb``, alphabetical."""

    ACCOUNT_SELF_USE = "account:self:use"
    ASSESSOR_ACTION_DECIDE = "assessor:action:decide"
    ASSESSOR_ANSWER_VERIFY = "assessor:answer:verify"
    ASSESSOR_ASSESSMENT_READ = "assessor:assessment:read"
    ASSESSOR_ASSIGNMENT_ACCEPT = "assessor:assignment:accept"
    ASSESSOR_ASSIGNMENT_LIST = "assessor:assignment:list"
    ASSESSOR_CLARIFICATION_ASK = "assessor:clarification:ask"
    ASSESSOR_EVIDENCE_READ = "assessor:evidence:read"
    ASSESSOR_FACT_CHECK_START = "assessor:fact_check:start"
    ASSESSOR_FINDING_READ = "assessor:finding:read"
    ASSESSOR_FINDING_WRITE = "assessor:finding:write"
    ASSESSOR_INDEPENDENCE_DECLARE = "assessor:independence:declare"
    ASSESSOR_MATURITY_VERIFY = "assessor:maturity:verify"
    ASSESSOR_REVIEW_START = "assessor:review:start"
    BUYER_ASK_KEEP = "buyer:ask:keep"
    BUYER_ASK_READ = "buyer:ask:read"
    BUYER_EVIDENCE_DOWNLOAD = "buyer:evidence:download"
    BUYER_NOTE_WRITE = "buyer:note:write"
    BUYER_PORTFOLIO_READ = "buyer:portfolio:read"
    BUYER_REQUEST_READ = "buyer:request:read"
    BUYER_REQUEST_SEND = "buyer:request:send"
    BUYER_RESULT_READ = "buyer:result:read"
    STEWARD_ACTION_MEDIATE = "steward:action:mediate"
    STEWARD_ASSESSMENT_ASSIGN = "steward:assessment:assign"
    STEWARD_ASSESSMENT_LIST = "steward:assessment:list"
    STEWARD_AUDIT_READ = "steward:audit:read"
    STEWARD_DISPUTE_DECIDE = "steward:dispute:decide"
    STEWARD_JOB_RETRY = "steward:job:retry"
    STEWARD_QUESTIONNAIRE_PUBLISH = "steward:questionnaire:publish"
    STEWARD_QUESTIONNAIRE_WRITE = "steward:questionnaire:write"
    STEWARD_REVIEW_DECIDE = "steward:review:decide"
    STEWARD_TERMS_PUBLISH = "steward:terms:publish"
    SUPPLIER_ACTION_WORK = "supplier:action:work"
    SUPPLIER_ANSWER_SAVE = "supplier:answer:save"
    SUPPLIER_ASSESSMENT_OPEN = "supplier:assessment:open"
    SUPPLIER_ASSESSMENT_READ = "supplier:assessment:read"
    SUPPLIER_ASSESSMENT_SUBMIT = "supplier:assessment:submit"
    SUPPLIER_CLARIFICATION_ANSWER = "supplier:clarification:answer"
    SUPPLIER_DISCLOSURE_GRANT = "supplier:disclosure:grant"
    SUPPLIER_DISCLOSURE_READ = "supplier:disclosure:read"
    SUPPLIER_EVIDENCE_READ = "supplier:evidence:read"
    SUPPLIER_EVIDENCE_UPLOAD = "supplier:evidence:upload"
    SUPPLIER_FACT_CHECK_END = "supplier:fact_check:end"
    SUPPLIER_FINDING_READ = "supplier:finding:read"
    SUPPLIER_FINDING_REPLY = "supplier:finding:reply"
    SUPPLIER_LEDGER_READ = "supplier:ledger:read"
    SUPPLIER_MEMBER_MANAGE = "supplier:member:manage"
    SUPPLIER_ORGANIZATION_EDIT = "supplier:organization:edit"
    SUPPLIER_ORGANIZATION_READ = "supplier:organization:read"
    SUPPLIER_REQUEST_DECIDE = "supplier:request:decide"
    SUPPLIER_RESULT_READ = "supplier:result:read"
    SUPPLIER_SITE_EDIT = "supplier:site:edit"
    SUPPLIER_TOKEN_MANAGE = "supplier:token:manage"  # noqa: S105  an action

    @property
    def audience(self) -> Audience | None:
        """Whose action it is; None for what every signed-in person may do."""
        scope = self.value.split(":", 1)[0]
        return None if scope == "account" else Audience(scope)


ROLES: dict[Action, frozenset[Role]] = {
    Action.ACCOUNT_SELF_USE: EVERYONE,
    Action.ASSESSOR_ACTION_DECIDE: ASSESSORS,
    Action.ASSESSOR_ANSWER_VERIFY: ASSESSORS,
    Action.ASSESSOR_ASSESSMENT_READ: ASSESSORS,
    Action.ASSESSOR_ASSIGNMENT_ACCEPT: ASSESSOR_LEAD,
    Action.ASSESSOR_ASSIGNMENT_LIST: ASSESSORS,
    Action.ASSESSOR_CLARIFICATION_ASK: ASSESSORS,
    Action.ASSESSOR_EVIDENCE_READ: ASSESSORS,
    Action.ASSESSOR_FACT_CHECK_START: ASSESSOR_LEAD,
    Action.ASSESSOR_FINDING_READ: ASSESSORS,
    Action.ASSESSOR_FINDING_WRITE: ASSESSORS,
    Action.ASSESSOR_INDEPENDENCE_DECLARE: ASSESSORS,
    Action.ASSESSOR_MATURITY_VERIFY: ASSESSORS,
    Action.ASSESSOR_REVIEW_START: ASSESSOR_LEAD,
    Action.BUYER_ASK_KEEP: BUYER_ADMIN,
    Action.BUYER_ASK_READ: BUYERS,
    Action.BUYER_EVIDENCE_DOWNLOAD: BUYERS,
    Action.BUYER_NOTE_WRITE: BUYERS,
    Action.BUYER_PORTFOLIO_READ: BUYERS,
    Action.BUYER_REQUEST_READ: BUYERS,
    Action.BUYER_REQUEST_SEND: BUYER_ADMIN,
    Action.BUYER_RESULT_READ: BUYERS,
    Action.STEWARD_ACTION_MEDIATE: STEWARD_MEDIATOR,
    Action.STEWARD_ASSESSMENT_ASSIGN: STEWARD_ADMIN,
    Action.STEWARD_ASSESSMENT_LIST: STEWARDS,
    Action.STEWARD_AUDIT_READ: STEWARD_AUDITOR,
    Action.STEWARD_DISPUTE_DECIDE: STEWARD_APPEAL,
    Action.STEWARD_QUESTIONNAIRE_PUBLISH: STEWARD_ADMIN,
    Action.STEWARD_QUESTIONNAIRE_WRITE: STEWARD_ADMIN,
    Action.STEWARD_REVIEW_DECIDE: STEWARD_REVIEWER,
    Action.STEWARD_JOB_RETRY: STEWARD_ADMIN,
    Action.STEWARD_TERMS_PUBLISH: STEWARD_ADMIN,
    Action.SUPPLIER_ACTION_WORK: SUPPLIERS,
    Action.SUPPLIER_ANSWER_SAVE: SUPPLIERS,
    Action.SUPPLIER_ASSESSMENT_OPEN: SUPPLIER_ADMIN,
    Action.SUPPLIER_ASSESSMENT_READ: SUPPLIERS,
    Action.SUPPLIER_ASSESSMENT_SUBMIT: SUPPLIER_ADMIN,
    Action.SUPPLIER_CLARIFICATION_ANSWER: SUPPLIER_ADMIN,
    Action.SUPPLIER_DISCLOSURE_GRANT: SUPPLIER_ADMIN,
    Action.SUPPLIER_DISCLOSURE_READ: SUPPLIERS,
    Action.SUPPLIER_EVIDENCE_READ: SUPPLIERS,
    Action.SUPPLIER_EVIDENCE_UPLOAD: SUPPLIERS,
    Action.SUPPLIER_FACT_CHECK_END: SUPPLIER_ADMIN,
    Action.SUPPLIER_FINDING_READ: SUPPLIERS,
    Action.SUPPLIER_FINDING_REPLY: SUPPLIERS,
    Action.SUPPLIER_LEDGER_READ: SUPPLIER_ADMIN,
    Action.SUPPLIER_MEMBER_MANAGE: SUPPLIER_ADMIN,
    Action.SUPPLIER_ORGANIZATION_EDIT: SUPPLIER_ADMIN,
    Action.SUPPLIER_ORGANIZATION_READ: SUPPLIERS,
    Action.SUPPLIER_REQUEST_DECIDE: SUPPLIER_ADMIN,
    Action.SUPPLIER_RESULT_READ: SUPPLIERS,
    Action.SUPPLIER_SITE_EDIT: SUPPLIER_ADMIN,
    Action.SUPPLIER_TOKEN_MANAGE: SUPPLIER_ADMIN,
}


class Decision(enum.Enum):
    """What the door does: let in, say "not yours to do", or say nothing at all."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"
    STRANGER = "stranger"


@dataclass(frozen=True)
class AssignedThing:
    """Something of a supplier as an assessor meets it: with the assignment it is reached through."""

    thing: Any
    firm_id: uuid.UUID
    phase: Phase
    accepted: bool
    declared: bool

    def reaches(self, action: Action) -> bool:
        """Whether the assignment's phase and the declaration let ``action`` happen.

        Before the firm accepted and independence is declared only the assignment itself is visible; a
        follow-up reaches open findings, their actions and closure evidence.
        """
        if action in {Action.ASSESSOR_INDEPENDENCE_DECLARE, Action.ASSESSOR_ASSIGNMENT_ACCEPT}:
            return True
        if not (self.accepted and self.declared):
            return False
        return self.phase is Phase.VERIFICATION or action in FOLLOW_UP_ACTIONS


FOLLOW_UP_ACTIONS = frozenset(
    {Action.ASSESSOR_ACTION_DECIDE, Action.ASSESSOR_FINDING_READ, Action.ASSESSOR_EVIDENCE_READ}
)


def may(actor: Actor, action: Action, thing: object | None = None) -> Decision:
    """Decide whether ``actor`` may do ``action`` to ``thing`` (None: a page about nothing in particular).

    Somebody of another audience or organization is a stranger; a member without the role is forbidden.
    """
    if action.audience is not None and actor.audience is not action.audience:
        return Decision.STRANGER
    if thing is not None and not _reaches(actor, action, thing):
        return Decision.STRANGER
    return Decision.ALLOWED if actor.role in ROLES[action] else Decision.FORBIDDEN


def _reaches(actor: Actor, action: Action, thing: Any) -> bool:
    if isinstance(thing, AssignedThing):
        return thing.firm_id == actor.organization_id and thing.reaches(action)
    if actor.audience is Audience.SUPPLIER:
        owner = getattr(thing, "supplier_id", None) or getattr(thing, "organization_id", None)
        return bool(owner == actor.organization_id)
    if actor.audience is Audience.BUYER:
        return bool(getattr(thing, "buyer_id", None) == actor.organization_id)
    return True


def visible_to(actor: Actor, entity: type[Any]) -> ColumnElement[bool]:
    """Return the WHERE clause under which rows of ``entity`` exist for ``actor``.

    Buyers read entities of suppliers never, only read models (``assessments.sharing.reading``).
    """
    if actor.audience is Audience.SYSTEM:
        return true()
    if entity is BuyerAsk:
        # Suppliers read what is shown to them by a read model (``assessments.overviews.asks_told``).
        own_list = bool_clause(entity.organization_id == actor.organization_id)
        return own_list if actor.audience is Audience.BUYER else false()
    if actor.audience is Audience.STEWARD:
        return true() if entity not in {Document, DocumentVersion, Answer} else false()
    if actor.audience is Audience.SUPPLIER:
        owner = entity.supplier_id if entity in {Disclosure, AccessRequest} else entity.organization_id
        own: ColumnElement[bool] = owner == actor.organization_id
        if entity is Finding:
            # The supplier sees draft findings when they are shared with it, before anybody else.
            return and_(own, Finding.state != FindingState.DRAFT)
        return own
    if actor.audience is Audience.BUYER:
        if entity in {Disclosure, AccessRequest}:
            return bool_clause(entity.buyer_id == actor.organization_id)
        return false()
    return _assigned(actor, entity)


def bool_clause(clause: Any) -> ColumnElement[bool]:
    """Name a comparison for what it is, where the column's type is not known statically."""
    typed: ColumnElement[bool] = clause
    return typed


ASSESSMENT_OF: dict[type[Any], Any] = {
    Assessment: Assessment.id,
    Answer: Answer.assessment_id,
    Clarification: Clarification.assessment_id,
    Snapshot: Snapshot.assessment_id,
    Finding: Finding.assessment_id,
    CorrectiveAction: CorrectiveAction.assessment_id,
    Result: Result.assessment_id,
}


def _assigned(actor: Actor, entity: type[Any]) -> ColumnElement[bool]:
    if entity is Assignment:
        return and_(Assignment.firm_id == actor.organization_id, Assignment.ended_at.is_(None))
    if entity not in ASSESSMENT_OF and entity is not Site:
        return false()
    declared = (
        select(Independence.person_id)
        .where(
            Independence.assignment_id == Assignment.id,
            Independence.person_id == actor.person_id,
            Independence.no_ties.is_(True),
        )
        .exists()
    )
    reach = [
        Assignment.firm_id == actor.organization_id,
        Assignment.ended_at.is_(None),
        Assignment.accepted_at.is_not(None),
        declared,
    ]
    if entity is Site:
        return (
            select(Assignment.id)
            .join(Assessment, Assessment.id == Assignment.assessment_id)
            .where(*reach, Assessment.site_id == Site.id)
            .exists()
        )
    return select(Assignment.id).where(*reach, Assignment.assessment_id == ASSESSMENT_OF[entity]).exists()

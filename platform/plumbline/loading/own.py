"""What an organization reaches of its own; what the visitor cannot see does not exist here."""

from __future__ import annotations

import uuid

from werkzeug.exceptions import NotFound

from assessments.actions.action import CorrectiveAction
from assessments.evidence.documents import Document, DocumentVersion
from assessments.parties import Membership
from assessments.policy import Action
from assessments.result import Result
from assessments.sharing.asks import BuyerAsk
from assessments.sharing.disclosure import AccessRequest, Disclosure
from assessments.verification.finding import Finding
from plumbline.identity.visitor import Visitor
from plumbline.loading import existing, find


def load_document(visitor: Visitor, _action: Action, document_id: uuid.UUID) -> Document:
    """A document of the visitor's own vault."""
    return find(visitor, Document, document_id)


def load_version(visitor: Visitor, _action: Action, version_id: uuid.UUID) -> DocumentVersion:
    """A version of a document of the visitor's own vault."""
    return find(visitor, DocumentVersion, version_id)


def load_finding(visitor: Visitor, _action: Action, finding_id: uuid.UUID) -> Finding:
    """A finding that was shared with the visitor's organization."""
    return find(visitor, Finding, finding_id)


def load_corrective_action(visitor: Visitor, _action: Action, action_id: uuid.UUID) -> CorrectiveAction:
    """A corrective action of the visitor's organization."""
    return find(visitor, CorrectiveAction, action_id)


def load_request(visitor: Visitor, _action: Action, request_id: uuid.UUID) -> AccessRequest:
    """A request that the visitor's organization sent or received."""
    return find(visitor, AccessRequest, request_id)


def load_ask(visitor: Visitor, _action: Action, ask_id: uuid.UUID) -> BuyerAsk:
    """A row of what the visitor's organization asks of whom, taken off or not."""
    return find(visitor, BuyerAsk, ask_id)


def load_disclosure(visitor: Visitor, _action: Action, disclosure_id: uuid.UUID) -> Disclosure:
    """A grant that the visitor's organization made."""
    return find(visitor, Disclosure, disclosure_id)


def load_own_result(visitor: Visitor, _action: Action, result_id: uuid.UUID) -> Result:
    """A published result of the visitor's own organization."""
    return find(visitor, Result, result_id)


def load_membership(visitor: Visitor, _action: Action, membership_id: uuid.UUID) -> Membership:
    """A membership in the visitor's own organization."""
    found = existing(Membership, membership_id)
    if found.organization_id != visitor.organization_id:
        raise NotFound
    return found

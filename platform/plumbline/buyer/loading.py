"""What a buyer's URL names: read models of what is shared now, never a record of a supplier."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from werkzeug.exceptions import NotFound

from assessments.disclosure import AccessRequest
from assessments.policy import Action, visible_to
from assessments.reading import SharedAssessment, SharedVersion, shared, shared_version
from plumbline.extensions import db
from plumbline.guard import now
from plumbline.identity.visitor import Visitor


@dataclass(frozen=True)
class GrantedVersion:
    """An evidence version granted to a buyer, with whose eyes it is read."""

    buyer_id: uuid.UUID
    version: SharedVersion


def load_shared(visitor: Visitor, _action: Action, assessment_id: uuid.UUID) -> SharedAssessment:
    """What this buyer may see of an assessment now; NotFound when nothing, as for one that is not there."""
    found = shared(db.session(), visitor.organization_id, assessment_id, at=now())
    if found is None:
        raise NotFound
    return found


def load_granted(visitor: Visitor, _action: Action, version_id: uuid.UUID) -> GrantedVersion:
    """An evidence version that a running disclosure names for this buyer."""
    found = shared_version(db.session(), visitor.organization_id, version_id, at=now())
    if found is None:
        raise NotFound
    return GrantedVersion(visitor.organization_id, found)


def load_request(visitor: Visitor, _action: Action, request_id: uuid.UUID) -> AccessRequest:
    """A request of the visitor's own organization."""
    found = db.session.scalars(
        select(AccessRequest).where(AccessRequest.id == request_id, visible_to(visitor.actor, AccessRequest))
    ).first()
    if found is None:
        raise NotFound
    return found

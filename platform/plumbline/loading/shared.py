"""What a buyer reaches: read models of what is shared now, never a record of a supplier."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from werkzeug.exceptions import NotFound

from assessments.policy import Action
from assessments.sharing.disclosure import PortfolioRow
from assessments.sharing.portfolio import visible
from assessments.sharing.reading import SharedAssessment, SharedVersion, shared, shared_version
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


def load_result(visitor: Visitor, action: Action, result_id: uuid.UUID) -> SharedAssessment:
    """What this buyer may see of a result now; NotFound when nothing, as for one that is not there."""
    assessment_id = db.session.scalars(
        select(PortfolioRow.assessment_id).where(
            *visible(visitor.organization_id), PortfolioRow.result_id == result_id
        )
    ).first()
    if assessment_id is None:
        raise NotFound
    return load_shared(visitor, action, assessment_id)

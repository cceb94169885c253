"""GET /me: for whom this token acts."""

from __future__ import annotations

import uuid

from assessments.policy import Action
from plumbline.api.operation import Call, Shape, operation


class Me(Shape):
    """The person, the organization, the role and the scopes behind a token."""

    person_id: uuid.UUID
    organization_id: uuid.UUID
    organization: str
    kinds: list[str]
    role: str
    scopes: list[str]


@operation("GET", "/me", Action.ACCOUNT_SELF_USE, summary="Who you are here", tag="account", returns=Me)
def who_am_i(call: Call) -> Me:
    """Say for whom the token acts and what it may do."""
    visitor = call.visitor
    return Me(
        person_id=visitor.person_id,
        organization_id=visitor.organization_id,
        organization=visitor.organization_name,
        kinds=visitor.organization_kinds,
        role=visitor.role.value,
        scopes=sorted(visitor.scopes or ()),
    )

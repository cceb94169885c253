"""The people of the supplier: who has which role, added by mail address, ended with a date."""

from __future__ import annotations

import uuid

from assessments.membership import add_member, end_membership, members_of
from assessments.parties import Membership, Role
from assessments.policy import Action
from plumbline.api.operation import Call, Shape, operation
from plumbline.api.paging import PageQuery, page_in
from plumbline.extensions import db
from plumbline.guard import now
from plumbline.loading.own import load_membership


class MemberIn(Shape):
    """Somebody to invite, by a letter to the mail address."""

    email: str
    name: str
    role: Role


class MemberOut(Shape):
    """A person in this organization. ``invited``: not accepted yet, and the name is the one you typed."""

    id: uuid.UUID
    name: str
    email: str
    role: Role
    invited: bool

    def location(self) -> str:
        """Where its list can be read."""
        return "/api/v1/members"


class MemberList(Shape):
    """The live memberships, by name."""

    items: list[MemberOut]
    next_cursor: uuid.UUID | None


@operation(
    "GET",
    "/members",
    Action.SUPPLIER_MEMBER_MANAGE,
    summary="Your people",
    tag="members",
    query=PageQuery,
    returns=MemberList,
)
def members(call: Call) -> MemberList:
    """List who has which role."""
    page, following = page_in(members_of(db.session(), call.visitor.organization_id), call.query)
    return MemberList(items=[_member(each) for each in page], next_cursor=following)


@operation(
    "POST",
    "/members",
    Action.SUPPLIER_MEMBER_MANAGE,
    summary="Give somebody a role",
    tag="members",
    body=MemberIn,
    returns=MemberOut,
    status=201,
)
def post_member(call: Call) -> MemberOut:
    """Invite a person; whether the mail address was known is not told."""
    given: MemberIn = call.body
    made = add_member(
        db.session(), call.visitor.organization_id, email=given.email, name=given.name, role=given.role,
        by=call.visitor.actor, at=now(),
    )  # fmt: skip
    return _member(made)


@operation(
    "DELETE",
    "/members/<uuid:membership_id>",
    Action.SUPPLIER_MEMBER_MANAGE,
    summary="End somebody's role",
    tag="members",
    load=load_membership,
    status=204,
)
def delete_member(call: Call) -> None:
    """End it: sessions and tokens stop with the next request; the last admin stays."""
    end_membership(db.session(), call.thing, by=call.visitor.actor, at=now())


def _member(found: Membership) -> MemberOut:
    return MemberOut(
        id=found.id, name=found.shown_name, email=found.person.email, role=found.role,
        invited=found.invited_as is not None,
    )  # fmt: skip

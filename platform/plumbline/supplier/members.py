"""The people of the supplier: who has which role, added by mail address, ended with a click."""

from __future__ import annotations

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import StringField

from assessments.membership import add_member, end_membership, members_of, roles_of
from assessments.parties import Audience, Membership, Role
from assessments.policy import Action
from assessments.workflow import Refused
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.loading.own import load_membership
from plumbline.refusals import fault_of
from plumbline.rendering import say
from plumbline.supplier import supplier
from plumbline.supplier.page_form import PageForm


class MemberForm(PageForm):
    """Somebody to add; the rules of names and addresses are the domain's."""

    email = StringField()
    name = StringField()
    role = StringField()


@supplier.get("/members")
@door(Action.SUPPLIER_MEMBER_MANAGE)
def members(visitor: Visitor) -> ResponseReturnValue:
    """List the people of the organization."""
    return members_page(visitor, MemberForm.blank())


def members_page(visitor: Visitor, form: MemberForm, *, fault: str = "") -> str:
    """Draw the list around the form; ``fault`` is a refused end of a membership."""
    rows = members_of(db.session(), visitor.organization_id)
    return render_template(
        "supplier/members.html", rows=rows, form=form, fault=fault, own=visitor.membership_id,
        roles=roles_of(Audience.SUPPLIER),
    )  # fmt: skip


@supplier.post("/members")
@door(Action.SUPPLIER_MEMBER_MANAGE)
def add(visitor: Visitor) -> ResponseReturnValue:
    """Give somebody a role."""
    form = MemberForm()
    wanted = form.role.data or ""
    try:
        if wanted not in {role.value for role in roles_of(Audience.SUPPLIER)}:
            message = _("Choose what this person may do.")
            raise Refused(message, places=("role",))
        added = add_member(
            db.session(), visitor.organization_id, email=form.email.data or "", name=form.name.data or "",
            role=Role(wanted), by=visitor.actor, at=now(),
        )  # fmt: skip
    except Refused as error:
        db.session.rollback()
        status = form.refuse(error)
        return members_page(visitor, form), status
    say(_("The letter says how to accept. Until then this person can do nothing here."),
        lead=_("%(email)s is invited.", email=added.person.email))  # fmt: skip
    return redirect("/supplier/members", 303)


@supplier.post("/members/<uuid:membership_id>/end")
@door(Action.SUPPLIER_MEMBER_MANAGE, load=load_membership)
def end_member(visitor: Visitor, membership: Membership) -> ResponseReturnValue:
    """End a role; its sessions and tokens stop with the next request."""
    try:
        end_membership(db.session(), membership, by=visitor.actor, at=now())
    except Refused as error:
        return members_page(visitor, MemberForm.blank(), fault=fault_of(error)), status_of(error)
    say(_("Ended. What this person answered and uploaded stays."))
    own = membership.id == visitor.membership_id
    return redirect("/" if own else "/supplier/members", 303)

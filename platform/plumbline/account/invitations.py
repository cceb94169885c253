"""Accepting an invitation: the link proves the mail address, and only then does a role count."""

from __future__ import annotations

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from assessments.membership import accept_invitation, invitation
from assessments.parties import Membership, Organization
from assessments.workflow import Invalid
from plumbline.account import bp
from plumbline.account.forms import InvitationForm
from plumbline.extensions import db
from plumbline.guard import now, public
from plumbline.here import settings_here
from plumbline.identity.invitations import invited_by
from plumbline.identity.passwords import WeakPassword, check_strength, hash_password
from plumbline.rendering import say
from plumbline.transaction import SYSTEM_TENANT, enter


@bp.get("/invitations/<token>")
@public("who was invited is nobody here yet; the link is the proof")
def invited(token: str) -> ResponseReturnValue:
    """Say who invites to what."""
    membership = _open(token)
    return _page(token, membership, InvitationForm(name=membership.invited_as))


@bp.post("/invitations/<token>")
@public("who was invited is nobody here yet; the link is the proof")
def accept(token: str) -> ResponseReturnValue:
    """Take the role; whoever is new here gives a name and chooses a password."""
    enter(db.session(), SYSTEM_TENANT)
    membership, form = _open(token), InvitationForm()
    person, settings = membership.person, settings_here()
    is_new, given, name = person.password_hash is None, form.password.data or "", form.name.data or ""
    try:
        if is_new:
            check_strength(given, context=(person.email, name))
        accept_invitation(db.session(), membership, name=name, at=now())
    except (WeakPassword, Invalid) as error:
        form.refuse(error)
        response = _page(token, membership, form), 422
        db.session.rollback()
        return response
    if is_new:
        person.password_hash = hash_password(given, memory_kib=settings.argon2_memory_kib)
    say(_("The invitation is accepted. Sign in to begin."))
    return redirect("/sign-in", 303)


def _open(token: str) -> Membership:
    membership_id = invited_by(settings_here().secret_key, token)
    found = invitation(db.session(), membership_id, at=now()) if membership_id else None
    if found is None:
        raise NotFound
    return found


def _page(token: str, membership: Membership, form: InvitationForm) -> str:
    name = db.session.scalar(
        select(Organization.legal_name).where(Organization.id == membership.organization_id)
    )
    return render_template(
        "account/invitation.html", token=token, inviting=name, function=membership.role.function,
        email=membership.person.email, is_new=membership.person.password_hash is None, form=form,
    )  # fmt: skip

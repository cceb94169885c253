"""One's own API tokens: made, listed, revoked; the secret is shown once."""

from __future__ import annotations

import uuid

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from assessments.audit import events
from assessments.audit.events import EventKind
from assessments.policy import Action, Decision, may
from plumbline.account import bp
from plumbline.account.forms import TokenForm
from plumbline.extensions import db
from plumbline.guard import decide, door, now
from plumbline.identity.records import ApiToken
from plumbline.identity.visitor import Visitor, create_token, scopes_of
from plumbline.rendering import say

DAYS = 90


@bp.get("/account/tokens")
@door(Action.ACCOUNT_SELF_USE)
def tokens(visitor: Visitor) -> ResponseReturnValue:
    """List the tokens of this membership."""
    return _page(visitor, TokenForm())


@bp.post("/account/tokens")
@door(Action.ACCOUNT_SELF_USE)
def make_token(visitor: Visitor) -> ResponseReturnValue:
    """Make a token for 90 days with the rights of this membership and show its secret this once.

    A supplier's tokens are its admin's.
    """
    if not _may_make(visitor):
        decide(visitor, Action.SUPPLIER_TOKEN_MANAGE, None)
    form = TokenForm()
    if not form.validate():
        return _page(visitor, form), 422
    name = form.name.data or ""
    secret = create_token(
        db.session(), visitor.membership_id, name, scopes_of(visitor.role), days=DAYS, at=now()
    )
    db.session.flush()
    _record(visitor, EventKind.TOKEN_CREATED, visitor.membership_id)
    return _page(visitor, TokenForm(formdata=None), secret=secret)


@bp.post("/account/tokens/<uuid:token_id>/revoke")
@door(Action.ACCOUNT_SELF_USE)
def revoke_token(visitor: Visitor, token_id: uuid.UUID) -> ResponseReturnValue:
    """Revoke one of one's own tokens; it stops at the next request."""
    token = db.session.get(ApiToken, token_id)
    if token is None or token.membership_id != visitor.membership_id:
        raise NotFound
    token.revoked_at = token.revoked_at or now()
    _record(visitor, EventKind.TOKEN_REVOKED, token.id)
    say(_("The token is revoked. Programs that use it are turned away from now on."))
    return redirect("/account/tokens", 303)


def _may_make(visitor: Visitor) -> bool:
    return may(visitor.actor, Action.SUPPLIER_TOKEN_MANAGE) is not Decision.FORBIDDEN


def _page(visitor: Visitor, form: TokenForm, *, secret: str | None = None) -> str:
    rows = db.session.scalars(
        select(ApiToken)
        .where(ApiToken.membership_id == visitor.membership_id)
        .order_by(ApiToken.created_at.desc())
    ).all()
    return render_template(
        "account/tokens.html", form=form, tokens=rows, secret=secret, at=now(), may_make=_may_make(visitor)
    )


def _record(visitor: Visitor, kind: EventKind, subject: uuid.UUID) -> None:
    events.record(
        db.session(), kind, by=visitor.actor, at=now(), subject_type="api_token", subject_id=subject,
        organization_id=visitor.organization_id,
    )  # fmt: skip

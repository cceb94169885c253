"""The only door: find out who asks, load the thing in the URL, ask policy, hand person and thing on.

Closed by default: a view without ``door`` or ``public`` answers 403 before it runs, and a house test
fails for it. The door leaves itself on the view, so tests read who may enter instead of source text.
"""

from __future__ import annotations

import contextlib
import functools
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from flask import Flask, abort, current_app, g, request
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import Forbidden, NotFound, Unauthorized

from assessments.policy import Action, Decision, may
from assessments.sentences import N_, CodeWord
from plumbline.extensions import csrf, db, login
from plumbline.here import settings_here
from plumbline.identity.visitor import (
    SEEN_AFTER,
    TOKEN_PREFIX,
    Visitor,
    by_session,
    by_token,
    note_visit,
)
from plumbline.intake import by_program, check_address, check_fields, check_origin, limit_body
from plumbline.transaction import SYSTEM_TENANT, is_reading, leave, only_reading, tenant_session

View = TypeVar("View", bound=Callable[..., Any])
Loader = Callable[..., Any]
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Door:
    """Who may enter a view. ``actions``: one for each way in; ``load`` names the thing; ``ledger``: a GET
    that writes its access-ledger row before a byte leaves; ``public``: the reason why anybody may enter;
    ``files``: its body may be as large as a file; ``at_once``: whether this request may settle by a statement
    that is a transaction of its own; then who asks is found by one too, and no other begins unneeded."""

    actions: tuple[Action, ...] = ()
    load: Loader | None = None
    ledger: bool = False
    public: str = ""
    files: bool = False
    at_once: Callable[[], bool] | None = None

    def action_for(self, visitor: Visitor) -> Action:
        """The way in for this visitor: the first that its role may go and its token's scopes cover.

        Raises NotFound where its audience has none, Forbidden where the token covers none.
        """
        own = [action for action in self.actions if action.audience in {None, visitor.actor.audience}]
        if not own:
            raise NotFound
        covered = [action for action in own if in_scope(visitor.scopes, action)]
        if not covered:
            raise Forbidden("This token's scopes do not cover this.")
        allowed = (action for action in covered if may(visitor.actor, action) is Decision.ALLOWED)
        return next(allowed, covered[0])


def door(
    *actions: Action,
    load: Loader | None = None,
    ledger: bool = False,
    files: bool = False,
    at_once: Callable[[], bool] | None = None,
) -> Callable[[View], View]:
    """Let in who may do one of ``actions``. The view gets ``visitor`` and, with ``load``, the thing loaded.

    ``load(visitor, action, **url values)`` returns the thing or raises NotFound; the url values it takes
    are replaced by the thing. Answers: nobody 401 (pages: sign-in), stranger 404, colleague without the
    right 403.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def enter(**url: Any) -> Any:
            visitor = signed_in()
            action = entry.action_for(visitor)
            g.action = action
            if load is None:
                decide(visitor, action, None)
                return view(visitor, **url)
            thing = load(visitor, action, **url)
            decide(visitor, action, thing)
            return view(visitor, thing)

        entry = Door(actions=actions, load=load, ledger=ledger, files=files, at_once=at_once)
        enter.door = entry  # type: ignore[attr-defined]
        return enter  # type: ignore[return-value]

    return decorate


def public(reason: str) -> Callable[[View], View]:
    """Leave a view open to anybody, saying why; the list of these is short enough to read aloud."""

    def decorate(view: View) -> View:
        view.door = Door(public=reason)  # type: ignore[attr-defined]
        return view

    return decorate


def signed_in() -> Visitor:
    """Return who asks, or raise Unauthorized."""
    if not current_user.is_authenticated:
        raise Unauthorized
    visitor: Visitor = current_user._get_current_object()
    return visitor


def decide(visitor: Visitor, action: Action, thing: object | None) -> None:
    """Raise NotFound for a stranger, Forbidden for a colleague without the right."""
    decision = may(visitor.actor, action, thing)
    if decision is Decision.STRANGER:
        raise NotFound
    if decision is Decision.FORBIDDEN:
        role = CodeWord(visitor.role.function)
        raise Forbidden(N_("As %(role)s you cannot do this; ask your organization's admin.", role=role))


def require(visitor: Visitor, action: Action, thing: object | None) -> None:
    """Ask again, behind a door with several ways in, for the one that the body turned out to name."""
    if not in_scope(visitor.scopes, action):
        raise Forbidden("This token's scopes do not cover this.")
    decide(visitor, action, thing)


def in_scope(scopes: frozenset[str] | None, action: Action) -> bool:
    """A scope is an action's value or a prefix of it that ends in ``:*``; ``*`` (or None) is everything."""
    return scopes is None or any(
        scope in {"*", action.value} or (scope.endswith(":*") and action.value.startswith(scope[:-1]))
        for scope in scopes
    )


def door_of(endpoint: str | None) -> Door | None:
    """Return the door of the view behind an endpoint, or None when nobody decided who may enter."""
    view = current_app.view_functions.get(endpoint or "")
    found = getattr(view, "door", None)
    return found if isinstance(found, Door) else None


def now() -> datetime:
    """The instant of this request, one for everything it does."""
    if "now" not in g:
        g.now = datetime.now(UTC)
    instant: datetime = g.now
    return instant


def cookie_name() -> str:
    """The session cookie's name; the prefix makes browsers refuse it without Secure and Path=/."""
    return "__Host-plumbline" if current_app.config["SESSION_COOKIE_SECURE"] else "plumbline"


@login.request_loader  # type: ignore[untyped-decorator]
def load_visitor(_request: Any) -> Visitor | None:
    """Find the visitor for Flask-Login: bearer token on the API, session cookie on pages, never both.

    Asked a second time, the first has failed: what tells of that (its language hangs on who asks) is for
    nobody, or it would fail in the same way and nothing would be told.
    """
    if g.get("asked_who", False):
        return None
    g.asked_who = True
    apart = g.get("at_once", False)
    if by_program(request):
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token.startswith(TOKEN_PREFIX):
            return by_token(db.session(), token, at=now(), apart=apart)
        return None
    secret = request.cookies.get(cookie_name())
    if not secret:
        return None
    idle = settings_here().idle_minutes
    wait = timedelta(minutes=idle) if idle else None
    found = by_session(db.session(), secret, at=now(), idle=wait, apart=apart)
    if found and found.last_seen_at and now() - found.last_seen_at > SEEN_AFTER:
        g.came_back = found.session_id
    return found


def _begin() -> None:
    found = door_of(request.endpoint)
    safe = request.method in SAFE
    only_reading(safe and not (found and found.ledger))
    if request.endpoint is None or request.endpoint == "static":
        return
    if found is None:
        abort(403, N_("Nobody decided who may enter here."))
    limit_body(request, takes_files=found.files)
    check_address(request)
    if not safe and not by_program(request):
        check_origin(request, settings_here().public_url)
        csrf.protect()
        check_fields(request.form.items(multi=True))
    g.at_once = found.at_once is not None and found.at_once()  # of a form that can be read


def _finish(response: Any) -> Any:
    """Commit what succeeded; a commit that fails (a full disk) is answered as any other failure.

    Flask asks no error handler about what happens after the view.
    """
    try:
        _settle(response)
    except Exception as fault:  # noqa: BLE001  the handlers tell them apart
        response.close()
        db.session.rollback()
        return current_app.make_response(current_app.handle_user_exception(fault))
    return response


def _settle(response: Any) -> None:
    """Commit a returned response below 400 to an unsafe request, or a ledger read; end all others."""
    if not db.session().in_transaction():
        return
    found = door_of(request.endpoint)
    writes = request.method not in SAFE or (found is not None and found.ledger) or g.get("keep", False)
    if writes and (response.status_code < 400 or g.get("keep", False)):
        db.session.commit()
    elif is_reading() and db.engine.dialect.name == "postgresql":
        # Read-only there: nothing can have been written, and prepared statements outlive a commit alone.
        db.session.expunge_all()
        db.session.commit()
    else:
        db.session.rollback()


def keep() -> None:
    """Commit this request although it answers an error: what was counted (a throttle) must stay counted."""
    g.keep = True


def _end(_error: BaseException | None) -> None:
    leave()
    session_id = g.pop("came_back", None)
    if session_id is not None:
        _note_visit(session_id)


def _note_visit(session_id: uuid.UUID) -> None:
    """Note every few minutes that a session is used, apart from the request, whose transaction may not write.

    What cannot be noted (a full disk) is left: it costs a sign-in at worst.
    """
    with contextlib.suppress(SQLAlchemyError), tenant_session(db.engine, SYSTEM_TENANT) as session:
        note_visit(session, session_id, at=now())
        session.commit()


def init_app(app: Flask) -> None:
    """Stand at the door of every request of ``app``."""
    app.before_request(_begin)
    app.after_request(_finish)
    app.teardown_appcontext(_end)

"""Signing in: throttled, the same answer and the same time for unknown accounts."""

from __future__ import annotations

import uuid
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Response, current_app, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import func, select, update
from werkzeug.exceptions import NotFound

from assessments.audit import events
from assessments.audit.events import EventKind
from assessments.parties import SYSTEM, Actor, Membership, Person, Role
from assessments.policy import Action
from assessments.terms import terms_at
from plumbline.account import bp
from plumbline.account.forms import SignInForm
from plumbline.extensions import db
from plumbline.guard import cookie_name, door, keep, now, public
from plumbline.here import settings_here
from plumbline.identity.passwords import verify_password
from plumbline.identity.records import LoginSession
from plumbline.identity.throttling import SIGN_IN_ACCOUNT, SIGN_IN_ADDRESS, SIGN_IN_ALL, TooMany, count
from plumbline.identity.visitor import Visitor, end_session, start_session
from plumbline.rendering import LANGUAGES, say
from plumbline.transaction import SYSTEM_TENANT, enter, let_go, only_reading, set_down

START = {"supplier": "/supplier/", "assessor": "/assessor/", "buyer": "/buyer/", "steward": "/steward/"}


@bp.get("/")
@public("the front page says what this is; signed-in people go to their own start page")
def start() -> ResponseReturnValue:
    """Send the visitor to the start page of the role, or show the front page."""
    if current_user.is_authenticated:
        return redirect(START[current_user.actor.audience.value])
    return render_template("public/front.html")


@bp.get("/sign-in")
@public("nobody is signed in before signing in")
def ask_who() -> ResponseReturnValue:
    """Show the sign-in form."""
    if current_user.is_authenticated:
        return redirect(local_path(request.args.get("next", "/")))
    form = SignInForm(next=local_path(request.args.get("next", "/")))
    return render_template("account/sign_in.html", form=form)


@bp.post("/sign-in")
@public("nobody is signed in before signing in")
def sign_in() -> ResponseReturnValue:
    """Check the password and start a session; on refusal the form comes back with what was typed."""
    form = SignInForm()
    if not form.validate():
        return render_template("account/sign_in.html", form=form), 422
    email = (form.email.data or "").strip().lower()
    at = now()
    enter(db.session(), SYSTEM_TENANT)
    keep()
    try:
        # From the narrow to the wide: what one address may not do does not use up what everybody may.
        count(db.session(), SIGN_IN_ADDRESS, request.remote_addr or "", at=at)
        count(db.session(), SIGN_IN_ACCOUNT, email, at=at)
        count(db.session(), SIGN_IN_ALL, "", at=at)
    except TooMany as error:
        form.form_errors.append(
            _("Too many tries. Try again in %(minutes)s minutes.", minutes=-(-error.retry_after // 60))
        )
        response = make_response(render_template("account/sign_in.html", form=form), 429)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    # Argon2 takes its time on purpose; meanwhile neither the counts' rows nor SQLite's one writer are held.
    set_down(db.session())
    stored = _password_of(email)
    let_go(db.session())
    settings = settings_here()
    matches = verify_password(stored, form.password.data or "", memory_kib=settings.argon2_memory_kib)
    let_go(db.session())
    only_reading(False)
    person = db.session.scalars(select(Person).where(Person.email == email)).first()
    if person is not None and (person.password_hash != stored or person.disabled_at is not None):
        matches = False
    membership = _first_membership(person) if person and matches else None
    if person is None or membership is None:
        _record(EventKind.SIGN_IN_REFUSED, person, membership)
        form.form_errors.append(
            _("This mail address and password do not belong together. Check both and try again.")
        )
        return render_template("account/sign_in.html", form=form), 422
    hours = terms_at(db.session(), at).session_hours
    end_session(db.session(), request.cookies.get(cookie_name(), ""), at=at)
    secret = start_session(db.session(), person.id, membership.id, hours=hours, at=at)
    _record(EventKind.SIGNED_IN, person, membership)
    session.clear()  # a fresh page session: nothing of the visitor before stays
    session["language"] = person.language
    response = make_response(redirect(local_path(form.next.data or "/"), 303))
    _set_cookie(response, secret, hours)
    return response


def _password_of(email: str) -> str | None:
    """What is stored of the password; None for an unknown or disabled account."""
    return db.session.scalars(
        select(Person.password_hash).where(Person.email == email, Person.disabled_at.is_(None))
    ).first()


def _first_membership(person: Person) -> Membership | None:
    """The one that the person used last, else the oldest: no organization's name decides where one lands."""
    used = func.max(LoginSession.created_at)
    return db.session.scalars(
        select(Membership)
        .outerjoin(LoginSession, LoginSession.membership_id == Membership.id)
        .where(Membership.person_id == person.id, Membership.live())
        .group_by(Membership.id)
        .order_by(used.desc().nulls_last(), Membership.created_at, Membership.id)
    ).first()


def _record(kind: EventKind, person: Person | None, membership: Membership | None) -> None:
    """Note a sign-in; of an unknown account nothing that names it."""
    actor = membership.actor if membership else Actor(person.id if person else None, None, Role.SYSTEM)
    events.record(
        db.session(),
        kind,
        by=actor if person else SYSTEM,
        at=now(),
        subject_type="person",
        subject_id=person.id if person else uuid.UUID(int=0),
        organization_id=membership.organization_id if membership else None,
    )


def _set_cookie(response: Response, secret: str, hours: int) -> None:
    response.set_cookie(
        cookie_name(),
        secret,
        max_age=int(timedelta(hours=hours).total_seconds()),
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
        path="/",
    )


@bp.post("/sign-out")
@door(Action.ACCOUNT_SELF_USE)
def sign_out(visitor: Visitor) -> ResponseReturnValue:
    """End this session on the server; the cookie alone would be forgotten, not ended."""
    db.session.execute(
        update(LoginSession).where(LoginSession.id == visitor.session_id).values(ended_at=now())
    )
    events.record(
        db.session(), EventKind.SIGNED_OUT, by=visitor.actor, at=now(), subject_type="person",
        subject_id=visitor.person_id, organization_id=visitor.organization_id,
    )  # fmt: skip
    session.clear()
    response = make_response(redirect("/sign-in", 303))
    response.delete_cookie(cookie_name(), path="/", secure=current_app.config["SESSION_COOKIE_SECURE"])
    return response


@bp.post("/organization/switch")
@door(Action.ACCOUNT_SELF_USE)
def switch_organization(visitor: Visitor) -> ResponseReturnValue:
    """Act for another of one's organizations; the session's secret is renewed with the rights."""
    try:
        wanted = uuid.UUID(request.form.get("organization", ""))
    except ValueError:
        raise NotFound from None
    membership = db.session.get(Membership, wanted)
    if membership is None or membership.person_id != visitor.person_id or not membership.counts:
        raise NotFound
    at = now()
    hours = terms_at(db.session(), at).session_hours
    end_session(db.session(), request.cookies.get(cookie_name(), ""), at=at)
    secret = start_session(db.session(), visitor.person_id, membership.id, hours=hours, at=at)
    response = make_response(redirect("/", 303))
    _set_cookie(response, secret, hours)
    return response


@bp.post("/language")
@public("a visitor chooses a language before signing in, too")
def choose_language() -> ResponseReturnValue:
    """Remember the language of pages."""
    wanted = request.form.get("language", "")
    if wanted in LANGUAGES:
        session["language"] = wanted
        if current_user.is_authenticated:
            db.session.execute(
                update(Person).where(Person.id == current_user.person_id).values(language=wanted)
            )
            say(_("Your language is kept."))
    return redirect(local_path(request.form.get("next", "/")), 303)


def local_path(target: str) -> str:
    """Return ``target`` if it is a path of this site, else the start page (no open redirect).

    Backslashes, control characters, ``//`` and anything with a scheme or host are refused (R31).
    """
    if not target.startswith("/") or target.startswith("//") or "\\" in target:
        return "/"
    if any(ord(letter) < 32 for letter in target):
        return "/"
    parts = urlsplit(target)
    return "/" if parts.scheme or parts.netloc else target

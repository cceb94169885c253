"""What went wrong, said with the place and the remedy: pages for people, problem+json for programs."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import structlog
from flask import Flask, Response, current_app, g, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge, Unauthorized
from werkzeug.routing import RequestRedirect

from assessments.answer_files.compared import FileRefused
from assessments.evidence.documents import EvidenceRefused
from assessments.sentences import sentence
from assessments.workflow import Invalid, Refused, Stale, WrongActor
from plumbline.documents.store import StoreFault
from plumbline.extensions import db
from plumbline.identity.throttling import TooMany
from plumbline.intake import by_program, few
from plumbline.signing import KeyTrouble
from plumbline.translated import in_language

log = structlog.get_logger()

NOT_MIGRATED = frozenset({"42P01", "42703", "42883"})
"""SQLSTATE of a table, of a column and of a function that are not there."""
FORMS_BESIDE = {
    ("supplier", "submit"): "summary", ("supplier", "publish-self-declared"): "summary",
    ("supplier", "fact-check"): "findings",
}  # fmt: skip
"""(audience, first word posted to) to the page beside it that holds the form, where that is not above."""
EVIDENCE_STATUS = {"evidence_too_large": 413, "evidence_type": 415}


def init_app(app: Flask) -> None:
    """Register one handler per family of failure."""
    app.register_error_handler(Refused, refused)
    app.register_error_handler(TooMany, too_many)
    app.register_error_handler(CSRFError, expired_form)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(OperationalError, database_error)
    app.register_error_handler(PoolExhausted, database_error)
    app.register_error_handler(ProgrammingError, statement_error)
    app.register_error_handler(IntegrityError, met_another)
    app.register_error_handler(StaleDataError, met_another)
    app.register_error_handler(DataError, not_taken)
    app.register_error_handler(StoreFault, store_fault)
    app.register_error_handler(KeyTrouble, key_trouble)
    app.register_error_handler(Exception, unexpected)


def _take_back() -> None:
    """End what the request began, so that nothing of it stands; what a lost connection began has ended."""
    with contextlib.suppress(DBAPIError):
        db.session.rollback()


def wants_problem() -> bool:
    """Whether the answer goes to a program."""
    return by_program(request)


def problem(
    status: int, title: str, detail: str = "", *, code: str = "", errors: list[dict[str, Any]] | None = None,
    **more: Any,
) -> Response:  # fmt: skip
    """Return an RFC 9457 problem. ``errors`` names each place; ``more`` are extension members."""
    body: dict[str, Any] = {"type": f"/problems/{code}" if code else "about:blank", "title": title,
                            "status": status}  # fmt: skip
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = errors
    response = jsonify({**body, **more})
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


def page(status: int, heading: str, text: str, remedy: str = "", *, reference: str = "") -> Response:
    """Return an error page with what happened and what to do."""
    g.went_wrong = True  # the layout asks the database nothing more
    html = render_template(
        "errors/error.html", status=status, title=heading, text=text, remedy=remedy, reference=reference
    )
    return make_response(html, status)


def status_of(error: Refused) -> int:
    """The status of a refusal: 412 stale, 403 somebody else's, 422 unreadable, 409 else."""
    if isinstance(error, Stale):
        return 412
    if isinstance(error, WrongActor):
        return 403
    if error.code == "precondition_required":
        return 428
    if isinstance(error, EvidenceRefused):
        return EVIDENCE_STATUS.get(error.code, 422)
    return 422 if isinstance(error, Invalid | FileRefused) else 409


def refused(error: Refused) -> ResponseReturnValue:
    """A rule said no; nothing was changed."""
    _take_back()
    status = status_of(error)
    if wants_problem():
        told: Mapping[str, str] = (
            few(error.faults)
            if isinstance(error, Invalid)
            else {place: error.said_at(place) for place in error.places}
        )
        errors = [{"place": place, "message": in_language(fault)} for place, fault in told.items()]
        more = {"current": error.current, "offered": error.offered} if isinstance(error, Stale) else {}
        title, remedy = in_language(error.message), in_language(error.remedy)
        return problem(status, title, remedy, code=error.code, errors=errors, **more)
    return page(status, in_language(error.message), "", in_language(error.remedy))


def too_many(error: TooMany) -> ResponseReturnValue:
    """Somebody tried too often."""
    if wants_problem():
        response = problem(429, "Too many requests", f"Try again in {error.retry_after} seconds.")
    else:
        response = page(
            429, _("Too many tries"), _("Try again in %(seconds)s seconds.", seconds=error.retry_after)
        )
    response.headers["Retry-After"] = str(error.retry_after)
    return response


def expired_form(_error: CSRFError) -> ResponseReturnValue:
    """The form's token is missing or old: usually a sign-in that ended while somebody typed."""
    _take_back()
    return page(
        400,
        _("This form is too old to be sent"),
        _("Your text is kept on this device."),
        _("Go back, reload the page, and send it again."),
    )


def http_error(error: HTTPException) -> ResponseReturnValue:
    """Anything Flask or a view answered by status."""
    _take_back()
    status = error.code or 500
    if isinstance(error, Unauthorized):
        if wants_problem():
            response = problem(401, "Sign in with a bearer token", "Send Authorization: Bearer <token>.")
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        return redirect(f"/sign-in?{urlencode({'next': _here()})}")
    if isinstance(error, MethodNotAllowed) and request.method in {"GET", "HEAD"} and not wants_problem():
        # After a refused form its address stays in the bar; Enter there leads back to the form.
        form_page = page_of(request.path)
        if form_page:
            return redirect(form_page, 303)
    if isinstance(error, RequestEntityTooLarge):
        heading, text, remedy = (
            _("This is too large"),
            _("More was sent than is taken in one go."),
            _("Send a smaller file, or several."),
        )
    else:
        heading, text, remedy = _http_words(status, error)
    response = problem(status, heading, text) if wants_problem() else page(status, heading, text, remedy)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def page_of(path: str) -> str:
    """The page whose form posts to ``path``: the nearest address above it that can be opened, else nothing.

    Who may open it is for the door of that page to say.
    """
    addresses = current_app.url_map.bind(request.host)
    parts = path.strip("/").split("/")
    for kept in range(len(parts) - 1, 0, -1):
        above = "/" + "/".join(parts[:kept])
        beside = FORMS_BESIDE.get((parts[0], parts[kept]), "")
        for address in ([f"{above}/{beside}"] if beside else []) + [above, f"{above}/"]:
            try:
                addresses.match(address, method="GET")
            except (NotFound, MethodNotAllowed, RequestRedirect):
                continue
            return address
    return ""


def _here() -> str:
    return request.full_path.rstrip("?") if request.method == "GET" else "/"


def _http_words(status: int, error: HTTPException) -> tuple[str, str, str]:
    if status == 404:
        return (
            _("There is nothing here"),
            # Whoever may see the place is told which key is not in it; everybody else reads the same words.
            _("The address may be wrong, or this is not shared with you.")
            if error.description == NotFound.description
            else in_language(sentence(error.description or "")),
            "",
        )
    if status == 403:
        return _("This is not yours to do"), in_language(sentence(error.description or "")), ""
    if status == 405:
        return _("This address does not take that"), "", _("Go back and use the buttons of the page.")
    return error.name, in_language(sentence(error.description or "")), ""


def database_error(error: OperationalError | ProgrammingError | PoolExhausted) -> ResponseReturnValue:
    """The database is full, locked, away, busy or not migrated: nothing was saved, and we say so."""
    g.database_away = True  # the page that says so asks it nothing
    told = str(getattr(error, "orig", error))
    log.error("database_unavailable", reference=(reference := secrets.token_hex(4)), error=told[:300])
    _take_back()
    full = any(word in told.lower() for word in ("is full", "no space", "disk full"))
    text = _("The disk is full.") if full else _("The database does not answer.")
    if isinstance(error, ProgrammingError) or "no such" in told:
        text = _("The database is not ready for this version of the platform.")
    remedy = _("Try again in a minute.")
    if not wants_problem():
        remedy = f"{_('Your text is kept on this device.')} {remedy}"
    return _later(_("This was not saved"), text, remedy, reference)


def statement_error(error: ProgrammingError) -> ResponseReturnValue:
    """A table or column is not there: the database was not migrated. Any other is a fault of ours."""
    return database_error(error) if getattr(error.orig, "sqlstate", "") in NOT_MIGRATED else unexpected(error)


def met_another(error: IntegrityError | StaleDataError) -> ResponseReturnValue:
    """Somebody did the same at the same instant, and the database took the other's: done again it is refused
    by name or works."""
    log.warning("met_another", error=str(getattr(error, "orig", error))[:300])
    _take_back()
    heading, remedy = _("Somebody else did this at the same moment"), _("Look at it again, then do it again.")
    if wants_problem():
        return problem(409, heading, remedy, code="conflict")
    return page(409, heading, _("Nothing was changed."), remedy)


def not_taken(error: DataError) -> ResponseReturnValue:
    """The database does not take a value: what came in was no text, day or number of ours."""
    log.warning("value_not_taken", error=str(error.orig)[:300])
    _take_back()
    heading, remedy = _("Some of this cannot be taken"), _("Type it again, without unusual characters.")
    if wants_problem():
        return problem(422, heading, remedy, code="invalid")
    return page(422, heading, _("Nothing was changed."), remedy)


def store_fault(error: StoreFault) -> ResponseReturnValue:
    """The evidence store is full, away, or holds other bytes than were recorded: the log says which."""
    reference = secrets.token_hex(4)
    log.error("evidence_store_fault", reference=reference, fault=type(error).__name__, error=error.message)
    _take_back()
    return _later(in_language(error.message), "", in_language(error.remedy), reference)


def key_trouble(error: KeyTrouble) -> ResponseReturnValue:
    """A signing key is missing or unreadable: the log names the file, the page what the operator can do."""
    reference = secrets.token_hex(4)
    log.error("signing_key_unusable", reference=reference, error=error.message, remedy=error.remedy)
    _take_back()
    remedy = _(
        "The platform's operator has to put the signing keys right: plumbline doctor says which and how. "
        "Then do this again."
    )
    return _later(_("Nothing can be signed at the moment"), _("Nothing was changed."), remedy, reference)


def _later(heading: str, text: str, remedy: str, reference: str) -> Response:
    """Say 503: what is away comes back without a change of the request."""
    if wants_problem():
        detail = " ".join(part for part in (text, remedy, f"Reference {reference}.") if part)
        response = problem(503, heading, detail, code="unavailable")
    else:
        response = page(503, heading, text, remedy, reference=reference)
    response.headers["Retry-After"] = "60"
    return response


def unexpected(error: Exception) -> ResponseReturnValue:
    """A fault of ours: an id on the page and in the log, nothing else told."""
    reference = secrets.token_hex(4)
    log.error("unexpected_error", reference=reference, exc_info=error)
    _take_back()
    if wants_problem():
        return problem(500, "Something went wrong on our side", f"Reference {reference}.", code="internal")
    return page(
        500,
        _("Something went wrong on our side"),
        _("Nothing was changed."),
        _("Try again; if it stays, tell the steward the reference."),
        reference=reference,
    )

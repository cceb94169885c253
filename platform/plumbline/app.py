"""The application, put together: a list of what it is made of."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Flask, Request, Response, request
from flask.json.provider import JSONProvider
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from plumbline import account, errors, guard, headers, health, logs, rendering
from plumbline.addresses import Address
from plumbline.api import api
from plumbline.assessor import assessor
from plumbline.buyer import buyer
from plumbline.extensions import babel, csrf, db, login, migrate
from plumbline.intake import FORM_LARGEST, by_program
from plumbline.public import public_pages
from plumbline.settings import Settings
from plumbline.steward import steward
from plumbline.supplier import supplier
from plumbline.transaction import engine_options, prepare_engine

BLUEPRINTS = (health.bp, account.bp, public_pages, supplier, assessor, buyer, steward, api)


class Orjson(JSONProvider):
    """orjson: instants and ids natively; NaN does not exist."""

    def dumps(self, obj: Any, **_kwargs: Any) -> str:
        """Return JSON text."""
        return orjson.dumps(obj, option=orjson.OPT_UTC_Z).decode()

    def loads(self, s: str | bytes, **_kwargs: Any) -> Any:
        """Read JSON text."""
        return orjson.loads(s)


class OfPages(SecureCookieSessionInterface):
    """What a browser keeps between pages. A program is given none of it, and none is read from it."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return what the cookie holds, nothing for the interface."""
        return self.session_class() if by_program(request) else super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send it back, to a browser."""
        if not by_program(request):
            super().save_session(app, session, response)


class Application(Flask):
    """A Flask application whose addresses are ours."""

    url_rule_class = Address
    session_interface = OfPages()


def create_app(settings: Settings) -> Flask:
    """Return the application for these settings. Opens no connection."""
    app = Application("plumbline", template_folder=str(rendering.packaged("templates")), static_folder=None)
    app.json = Orjson(app)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings),
        SESSION_COOKIE_NAME="__Host-plumbline-page" if settings.secure_cookies else "plumbline-page",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_CHECK_DEFAULT=False,  # the guard checks, after it knows the view
        WTF_CSRF_TIME_LIMIT=None,  # as old as the session: typed text survives a long lunch
        WTF_CSRF_SSL_STRICT=False,  # the guard asks Origin and Sec-Fetch-Site instead
        MAX_CONTENT_LENGTH=settings.evidence_largest_bytes + FORM_LARGEST,
        MAX_FORM_MEMORY_SIZE=FORM_LARGEST,
        MAX_FORM_PARTS=5000,
        BABEL_TRANSLATION_DIRECTORIES=str(rendering.HERE / "translations"),
        BABEL_DEFAULT_LOCALE="en",
    )
    app.extensions["plumbline"] = settings
    logs.configure(settings)
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    migrate.init_app(app, db, directory=str(rendering.packaged("migrations")))
    login.init_app(app)
    csrf.init_app(app)
    babel.init_app(app, locale_selector=rendering.chosen_language)
    logs.init_app(app)
    headers.init_app(app)
    guard.init_app(app)
    errors.init_app(app)
    rendering.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    if settings.trusted_hops:
        _trust_proxy(app, settings.trusted_hops)
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=rendering.HERE / "static" / "dist",
        prefix="static/dist/",
        max_age=31536000,
        add_headers_function=_static_headers,
    )
    return app


def _trust_proxy(app: Flask, hops: int) -> None:
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def _static_headers(response_headers: Any, _path: str, _url: str) -> None:
    response_headers["X-Content-Type-Options"] = "nosniff"
    response_headers["Cross-Origin-Resource-Policy"] = "same-origin"

"""How pages are drawn: where templates lie, filters and globals, what every layout needs. No rules here."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from babel import Locale
from babel.support import NullTranslations
from flask import Flask, g, has_request_context, request, session
from flask_babel import format_date, format_datetime, get_locale
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from jinja2 import StrictUndefined
from markupsafe import Markup
from sqlalchemy import event
from sqlalchemy.orm import SessionTransaction

from assessments.parties import Role
from assessments.risk.inherent import country_names
from assessments.sentences import N_
from assessments.values.numbers import spaced
from plumbline.assets_manifest import asset
from plumbline.extensions import db
from plumbline.identity.visitor import memberships_of
from plumbline.navigation import Navigation, public_navigation
from plumbline.reading_language import offer
from plumbline.translated import in_language, texts, words
from plumbline.written_form import Written

HERE = Path(__file__).parent
LANGUAGES = {"en": "English", "de": "Deutsch", "nl": "Nederlands", "fr": "Français", "es": "Español",
             "zh": "简体中文", "ar": "العربية"}  # fmt: skip
# Languages whose texts exist; the others wait for their catalogue. Arabic only proves right-to-left.
OFFERED = ("en",)


def packaged(name: str) -> Path:
    """Return a folder shipped inside the package (wheel), else the one at the root of the checkout."""
    inside = HERE / name
    return inside if inside.is_dir() else HERE.parent.parent / name


def init_app(app: Flask) -> None:
    """Fit Jinja: strict about what is not there, escaping always."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(day=day, instant=instant, words=words, told=in_language)
    app.jinja_env.filters.update(country=country, figure=figure)
    app.jinja_env.globals.update(asset=asset, csrf_token=generate_csrf, written=Written(_language))
    app.jinja_env.globals.update(question_languages=offer)
    app.jinja_env.globals.update(_=said, gettext=said, ngettext=said_of)
    # The application's own, so that macros imported without context know it too.
    settings = app.extensions["plumbline"]
    app.jinja_env.globals.update(scanning=settings.clamd is not None, unscanned=settings.unscanned_evidence)
    app.context_processor(layout)
    if not event.contains(db.session, "after_soft_rollback", unsay):
        event.listen(db.session, "after_soft_rollback", unsay)


def said(string: str, /, **values: Any) -> Markup:
    """A text of a template in the page's language. Values are escaped, a sign of per cent is written %%.

    Flask-Babel's own finds locale and catalogue anew for each of a page's hundred texts, which took a third
    of drawing it. They are found once for each application context: a letter or a page has one language.
    """
    catalogue = texts()
    if values:
        return Markup(catalogue.ugettext(string)) % values  # noqa: S704  the text is ours, values are escaped
    plain = _PLAIN.get((catalogue, string))
    if plain is None:
        plain = _PLAIN[catalogue, string] = Markup(catalogue.ugettext(string)) % {}  # noqa: S704  as above
    return plain


def said_of(one: str, many: str, number: int, /, **values: Any) -> Markup:
    """A text of a template that depends on a number, which it may show as ``num``."""
    text = Markup(texts().ungettext(one, many, number))  # noqa: S704  as above
    return text % {"num": number, **values}


# As many entries as the templates have texts, in each language.
_PLAIN: dict[tuple[NullTranslations, str], Markup] = {}


def _language() -> str:
    """The page's language. Each question asks for it, and finding it takes six looks into contexts."""
    found: str | None = g.get("drawn_in")
    if found is None:
        found = g.drawn_in = str(get_locale() or "en")
    return found


def day(value: date | datetime | str | None) -> str:
    """Show a day ("12 May 2026"); nothing for nothing."""
    if not value:
        return ""
    if isinstance(value, str):
        value = date.fromisoformat(value[:10])
    shown: str = format_date(value, "d MMM y")
    return shown


def instant(value: datetime | None) -> str:
    """Show an instant with its zone ("12 May 2026, 10:42 UTC")."""
    return f"{format_datetime(value, 'd MMM y, HH:mm')} UTC" if value else ""


_ROLES = {
    Role.SUPPLIER_ADMIN: N_("Admin"), Role.SUPPLIER_CONTRIBUTOR: N_("Contributor"),
    Role.ASSESSOR: N_("Assessor"), Role.ASSESSOR_LEAD: N_("Lead assessor"),
    Role.BUYER_ADMIN: N_("Admin"), Role.BUYER_VIEWER: N_("Viewer"),
    Role.STEWARD_ADMIN: N_("Admin"), Role.STEWARD_REVIEWER: N_("Reviewer"),
    Role.STEWARD_APPEAL: N_("Appeal"), Role.STEWARD_MEDIATOR: N_("Mediator"),
    Role.STEWARD_CASE_OFFICER: N_("Case officer"), Role.STEWARD_AUDITOR: N_("Auditor"),
}  # fmt: skip


def role_word(role: Role) -> str:
    """What somebody is called in the head of their own pages ("Lead assessor")."""
    return in_language(_ROLES[role]) if role in _ROLES else words(role)


def country(code: str | None) -> str:
    """Show a country by its name ("CZE" as "Czechia"); a code without a name as it is."""
    return country_names().get(code or "", code or "")


def figure(value: object) -> str:
    """Show a stored number with its digits in groups of three ("18400.5" as "18 400.5")."""
    text = str(value)
    return spaced(text) if text.removeprefix("-").replace(".", "", 1).isdecimal() else text


def chosen_language() -> str:
    """The language of this page: the visitor's, else the browser's best, else English."""
    asked = request.args.get("language") if request.args.get("language") in LANGUAGES else None
    own = getattr(current_user, "language", None) or session.get("language")
    best = request.accept_languages.best_match(OFFERED) or "en"
    return asked or (own if own in OFFERED else None) or best


def layout() -> dict[str, Any]:
    """What templates/layouts/page.html wants, once per request."""
    locale = get_locale() or Locale("en")
    context: dict[str, Any] = {
        "lang": str(locale).replace("_", "-"),
        "dir": "rtl" if locale.text_direction == "rtl" else "ltr",
        "notices": session.pop("notices", []),
        "rules_url": "/rules",
        "now": g.get("now"),
    }
    if request.args.get("theme") in {"light", "dark"}:
        context["theme"] = request.args["theme"]
    if not current_user.is_authenticated:
        return {**context, "sign_in_url": "/sign-in", "navigation": public_navigation(request.path)}
    visitor = current_user._get_current_object()  # asked a dozen times below
    if "memberships" not in g:
        # Most people have one, and then nothing to switch.
        several = visitor.memberships > 1 and not g.get("database_away", False)
        g.memberships = memberships_of(db.session(), visitor.person_id) if several else []
    return {
        **context,
        "keeper": visitor.person_id.hex,
        "organization": {
            "name": visitor.organization_name,
            "detail": f"{role_word(visitor.role)} · {visitor.name}",
        },
        "organizations": [
            {"id": str(key), "name": name, "detail": role_word(role), "current": key == visitor.membership_id}
            for key, name, role in g.memberships
        ],
        "navigation": Navigation(visitor, request.path),
        "home_url": "/",
    }


def say(text: str, *, lead: str = "", tone: str = "done") -> None:
    """Show a notice on the next page (after a redirect). ``tone``: done, ask or calm.

    A notice tells what happened: it lives in the visitor's cookie, and a rollback of this request takes back
    what the request said so far.
    """
    session["notices"] = [*session.get("notices", []), {"text": text, "lead": lead, "tone": tone}]
    g.said = g.get("said", 0) + 1


def unsay(_session: Any, ended: SessionTransaction) -> None:
    """Take back what this request said, since what it told of was rolled back."""
    if not has_request_context() or ended.nested:
        return
    said = g.pop("said", 0)
    if said:
        session["notices"] = session.get("notices", [])[:-said]

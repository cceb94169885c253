"""Templates drawn without an application: Jinja fitted as platform/plumbline/rendering.py fits it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree.ElementTree import Element

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assessments.questionnaire.model import Column, Part, PartKind
from plumbline.assets_manifest import asset
from plumbline.translated import words
from plumbline.written_form import Written
from tests.support.page import parse

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"
ASSETS = ROOT / "platform" / "plumbline" / "assets"


def one_or_many(one: str, many: str, number: int) -> str:
    """ngettext of English."""
    return one if number == 1 else many


def chrome(text: str = "Kovohutě Sever a.s.") -> dict[str, Any]:
    """What layouts/page.html frames a page with, for somebody signed in with two organizations."""
    return {
        "navigation": [
            {"label": text, "href": "#", "current": True, "count": 3},
            {"label": text, "href": "#"},
        ],
        "organization": {"name": text, "detail": text},
        "organizations": [
            {"id": "1", "name": text, "detail": text, "current": True},
            {"id": "2", "name": text, "detail": text, "current": False},
        ],
        "languages": [{"code": "en", "name": "English", "current": True}, {"code": "ar", "name": text}],
    }


class Drawing:
    """Draws components, layouts and the component sheet."""

    def __init__(self) -> None:
        self.language = "en"
        self.jinja = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        self.jinja.install_gettext_callables(self.say, one_or_many, newstyle=True)  # type: ignore[attr-defined]
        self.jinja.globals.update(csrf_token=lambda: "token", asset=asset)
        self.jinja.globals.update(written=Written(lambda: self.language), scanning=False, unscanned="hold")
        # Dates and figures as they are: how a language writes them is the application's.
        self.jinja.filters.update(dict.fromkeys(("day", "instant", "figure", "country"), str), words=words)

    def say(self, text: str) -> str:
        """A text in the language set: English, or the same shouted."""
        return text.upper() if self.language == "shouted" else text

    def macro(self, file: str, name: str) -> Any:
        """A macro of templates/components."""
        return getattr(self.jinja.get_template(f"components/{file}").module, name)

    def text(self, source: str, **context: Any) -> str:
        """Draw a template given as text."""
        return self.jinja.from_string(source).render(**context)

    def page(self, source: str, **context: Any) -> str:
        """Draw a page for somebody signed in; `text` and `table` are two parts to ask with."""
        parts = SimpleNamespace(
            text=Part(key="said", kind=PartKind.SHORT_TEXT, label="What do you say?"),
            table=Part(
                key="rows",
                kind=PartKind.TABLE,
                label="Smelters",
                columns=(Column(key="name", kind=PartKind.SHORT_TEXT, label="Name"),),
            ),
        )
        return self.text(source, **{**chrome(), **vars(parts), **context})

    def sheet(self, **context: Any) -> str:
        """Draw the component sheet."""
        return self.jinja.get_template("help/components.html").render(**{**chrome(), **context})


def fields(tree: Element) -> dict[str, list[str]]:
    """What a browser would post, by name."""
    posted: dict[str, list[str]] = {}
    for found in tree.iter():
        name = found.get("name")
        if not name or found.get("disabled") is not None:
            continue
        if found.tag == "input" and (
            found.get("type") not in {"radio", "checkbox"} or found.get("checked") is not None
        ):
            posted.setdefault(name, []).append(found.get("value", ""))
        elif found.tag == "textarea":
            posted.setdefault(name, []).append("".join(found.itertext()))
        elif found.tag == "select":
            chosen = [o for o in found.iter("option") if o.get("selected") is not None] or list(
                found.iter("option")
            )
            posted.setdefault(name, []).append(chosen[0].get("value", ""))
    return posted


def fragment(body: str) -> Element:
    """Parse a fragment within a page; everything a browser would have to guess is an error."""
    return parse(
        f'<!doctype html><html lang="en"><head><title>t</title></head><body><form>{body}</form></body></html>'
    )


def ids_are_unique(tree: Element) -> None:
    """No id twice, and whatever names an id names one that is there."""
    ids = [found.get("id") for found in tree.iter() if found.get("id")]
    assert len(ids) == len(set(ids)), sorted(i for i in ids if i and ids.count(i) > 1)
    known = set(ids)
    for found in tree.iter():
        for attribute in ("for", "aria-describedby", "aria-labelledby", "aria-errormessage"):
            for target in (found.get(attribute) or "").split():
                assert target in known, f"{found.tag} {attribute}={target} points nowhere"


def nothing_runs(tree: Element) -> None:
    """No script but the built one, no style, no handler."""
    for found in tree.iter():
        if found.tag == "script":
            assert (found.get("src") or "").startswith("/static/dist/"), "a script that is not ours"
            assert not "".join(found.itertext()).strip()
        assert found.tag != "style"
        for name in found.attrib:
            assert not name.startswith("on"), f"{found.tag} {name}"
            assert name != "style"

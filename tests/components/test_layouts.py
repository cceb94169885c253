"""The frames that pages stand in, the letter, and the sheet that shows every component."""

from __future__ import annotations

import re

import pytest

from tests.support.drawing import TEMPLATES, Drawing, chrome, ids_are_unique, nothing_runs
from tests.support.page import parse

SCRIPT = "<script>alert('x')</script>\" onfocus=\"alert(1)"
ARABIC = "كيف تُفحص جودة المياه؟ \u202e abc"


@pytest.mark.parametrize("layout", ["page", "focused", "questionnaire", "error"])
@pytest.mark.parametrize("text", ["Sever", SCRIPT, ARABIC])
def test_a_layout_frames_a_page(pages: Drawing, layout: str, text: str) -> None:
    source = (
        "{% extends 'layouts/" + layout + ".html' %}{% block title %}{{ t }}{% endblock %}"
        "{% block heading %}<h1>{{ t }}</h1>{% endblock %}{% block content %}<p>body</p>{% endblock %}"
    )
    tree = parse(pages.text(source, t=text, lang="ar", dir="rtl", **chrome(text)))
    assert (tree.get("lang"), tree.get("dir")) == ("ar", "rtl")
    assert len(tree.findall(".//h1")) == 1
    assert len(tree.findall(".//main")) == 1
    assert "".join(tree.find(".//title").itertext()) == f"{text} - Plumbline"  # type: ignore[union-attr]
    posting = [form for form in tree.iter("form") if form.get("method") == "post"]
    assert len(posting) == 3, "switch, sign out, language"
    for form in posting:
        assert any(i.get("name") == "csrf_token" for i in form.iter("input"))
    ids_are_unique(tree)
    nothing_runs(tree)


def test_a_page_needs_nothing_but_its_blocks(pages: Drawing) -> None:
    for layout in ("page", "focused", "questionnaire", "error"):
        parse(pages.text("{% extends 'layouts/" + layout + ".html' %}"))


def test_a_letter_is_well_formed_and_loads_nothing(pages: Drawing) -> None:
    source = (
        "{% extends 'layouts/letter.html' %}{% block subject %}{{ t }}{% endblock %}"
        "{% block content %}<h1>{{ t }}</h1>{% endblock %}"
    )
    tree = parse(pages.text(source, t=SCRIPT))
    assert not list(tree.iter("img")) + list(tree.iter("link")) + list(tree.iter("script"))


def test_the_sheet_is_well_formed_and_nothing_in_it_runs(pages: Drawing) -> None:
    tree = parse(pages.sheet())
    ids_are_unique(tree)
    nothing_runs(tree)


def test_no_template_carries_style_or_script_of_its_own() -> None:
    for path in TEMPLATES.rglob("*.html"):
        source = path.read_text()
        assert not re.search(r"\sstyle=|\son[a-z]+=\"|<script(?! src=)", source), path
        assert "<style" not in source or path.name == "letter.html" or "letters" in path.parts, path

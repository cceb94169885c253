"""Every component with representative and hostile values, parsed as strictly as a browser never would."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from assessments.answers import AnswerState, from_form, parse_parts
from assessments.assessment import AssessmentState
from assessments.corrective_action import ActionKind, ActionState
from assessments.disclosure import DisclosureState, RequestState
from assessments.evidence import ScanVerdict, VersionState
from assessments.finding import FindingState
from assessments.questionnaire.model import (
    Binding,
    Column,
    Grade,
    Level,
    Part,
    PartKind,
    Question,
    Recall,
    RowsFrom,
    Tier,
)
from assessments.questionnaire.rules import ALWAYS
from assessments.result import Layer
from assessments.verification import Basis, Phase
from plumbline import assets_manifest
from tests.support.page import parse

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"
COMPONENTS = TEMPLATES / "components"
ASSETS = ROOT / "platform" / "plumbline" / "assets"

SCRIPT = "<script>alert('x')</script>\" onfocus=\"alert(1)"
LONG = "Společnost pro zpracování barevných kovů a druhotných surovin, společnost s ručením omezeným " * 4
ARABIC = "كيف تُفحص جودة المياه؟ " + "\u202e" + "abc"
HOSTILE = [SCRIPT, LONG, ARABIC, "", "&lt;b&gt; {{ 7 * 7 }} </textarea></select></dialog>"]


def one_or_many(one: str, many: str, number: int) -> str:
    return one if number == 1 else many


@pytest.fixture(scope="module")
def pages() -> Environment:
    """Jinja as platform/plumbline/rendering.py fits it, without an application."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(str, one_or_many, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(csrf_token=lambda: "token", asset=assets_manifest.plain_asset)
    return made


def part(kind: str, **more: Any) -> Part:
    more.setdefault("label", "How many people?")
    return Part(key="p", kind=PartKind(kind), **more)


def column(kind: str, key: str, **more: Any) -> Column:
    more.setdefault("label", f"Column {key}")
    return Column(key=key, kind=PartKind(kind), **more)


OPTIONS = {"a": "First", "b": "Second", "none": "None of these"}
LIST = {f"k{n}": f"Place {n}" for n in range(20)}
PARTS: dict[str, tuple[Part, Any]] = {
    "yes_partly_no": (part("yes_partly_no"), "partly"),
    "single": (part("single", options=OPTIONS), "b"),
    "single of many": (part("single", options=LIST), "k3"),
    "multiple": (part("multiple", options=OPTIONS, alone=("none",)), ["a", "b"]),
    "multiple of many": (part("multiple", options=LIST), ["k1", "k19"]),
    "number": (part("number", unit="MWh"), {"value": "12.5", "year": 2025, "basis": "measured"}),
    "whole number": (part("number", plain=True), {"value": "480", "year": None, "basis": None}),
    "bound number": (
        part("number", bind=Binding("site", "employees")),
        {"value": "7", "year": None, "basis": None},
    ),
    "date": (part("date", optional=True), "2026-01-31"),
    "short_text": (part("short_text"), 'a "quoted" <b> & text'),
    "long_text": (part("long_text"), "\n".join(["first </textarea>", "", "third"])),
    "link": (part("link"), "https://sever.example/report?a=1&b=2"),
    "table with fixed rows": (
        part(
            "table",
            rows={"water": "Water", "toilets": "Toilets"},
            columns=(
                column("single", "state", options=OPTIONS),
                column("short_text", "note", optional=True),
                column("yes_partly_no", "seen"),
            ),
        ),
        [{"row": "water", "state": "a", "note": "two", "seen": "yes"}, {"row": "toilets", "state": "b"}],
    ),
    "table with free rows": (
        part(
            "table",
            columns=(
                column("short_text", "name"),
                column("number", "share", unit="percent"),
                column("multiple", "how", options=OPTIONS),
                column("date", "since"),
            ),
            column_sum={"share": Decimal(100)},
        ),
        [
            {"row": None, "name": "Alto Loa", "share": "60", "how": ["a", "b"], "since": "2024-02-29"},
            {"row": None, "name": "x"},
        ],
    ),
    "table with rows of an answer": (
        part(
            "table",
            rows_from=RowsFrom(fact="materials"),
            columns=(column("number", "own"),),
            row_sum=Decimal(100),
        ),
        [{"row": "copper", "own": "22"}],
    ),
    "table with picked rows": (
        part(
            "table",
            options=LIST,
            rows_from=RowsFrom(list_name="materials"),
            columns=(column("long_text", "use"), column("link", "where")),
        ),
        [{"row": "k4", "use": "bought"}, {"row": "k2"}],
    ),
}
ROW_LABELS = {"copper": "Copper", "nickel": "Nickel"}


def macro(pages: Environment, file: str, name: str) -> Any:
    return getattr(pages.get_template(f"components/{file}").module, name)


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


def page(body: str) -> Element:
    """Parse a fragment within a page; everything a browser would have to guess is an error."""
    return parse(
        f'<!doctype html><html lang="en"><head><title>t</title></head><body><form>{body}</form></body></html>'
    )


def ids_are_unique(tree: Element) -> None:
    ids = [found.get("id") for found in tree.iter() if found.get("id")]
    assert len(ids) == len(set(ids)), sorted(i for i in ids if i and ids.count(i) > 1)
    known = set(ids)
    for found in tree.iter():
        for attribute in ("for", "aria-describedby", "aria-labelledby", "aria-errormessage"):
            for target in (found.get(attribute) or "").split():
                assert target in known, f"{found.tag} {attribute}={target} points nowhere"


def nothing_runs(tree: Element) -> None:
    for found in tree.iter():
        if found.tag == "script":
            assert (found.get("src") or "").startswith("/static/dist/"), "a script that is not ours"
            assert not "".join(found.itertext()).strip()
        assert found.tag != "style"
        for name in found.attrib:
            assert not name.startswith("on"), f"{found.tag} {name}"
            assert name != "style"


# --- the inputs of a questionnaire -----------------------------------------------------------------------


@pytest.mark.parametrize("case", PARTS)
def test_an_input_posts_what_the_answer_codec_reads_back(pages: Environment, case: str) -> None:
    shape, value = PARTS[case]
    draw = macro(pages, "inputs/input.html", "input")
    tree = page(draw(shape, value, "OHS-05.p", row_labels=ROW_LABELS))
    posted = fields(tree)
    question = Question(
        key="OHS-05",
        section="OHS",
        topic="OHS.1",
        since="1.0",
        tier=Tier.CORE,
        level=Level.SITE,
        recall=Recall.TODAY,
        purposes=(),
        vsme=(),
        applies=ALWAYS,
        rule=ALWAYS,
        because=None,
        text="t",
        help="h",
        why="w",
        care=None,
        parts=(shape,),
        evidence=(),
        mappings={},
        digest="",
    )
    raw = from_form(question, lambda name: posted.get(name, []), "OHS-05.")
    assert parse_parts(question, raw) == {"p": value}


@pytest.mark.parametrize("case", PARTS)
@pytest.mark.parametrize("disabled", [False, True])
def test_an_input_stands_empty_faulty_and_closed(pages: Environment, case: str, disabled: bool) -> None:
    shape, _ = PARTS[case]
    draw = macro(pages, "inputs/input.html", "input")
    for errors in (
        {},
        {"OHS-05.p": "Write a number.", "OHS-05.p.year": "Four digits.", "OHS-05.p.row1.name": "x"},
    ):
        tree = page(draw(shape, None, "OHS-05.p", errors, disabled, ROW_LABELS))
        ids_are_unique(tree)
        nothing_runs(tree)
        controls = [
            f for f in tree.iter() if f.tag in {"input", "select", "textarea"} and f.get("type") != "hidden"
        ]
        assert controls or (disabled and "No rows." in "".join(tree.itertext()))
        assert all((f.get("disabled") is not None) == disabled for f in controls)
        text = "".join(tree.itertext())
        assert ("Write a number." in text) == bool(errors)


def test_what_was_typed_and_cannot_be_read_comes_back_as_typed(pages: Environment) -> None:
    draw = macro(pages, "inputs/input.html", "input")
    wrong = {"value": "18 thousand", "year": "25", "basis": "guess"}
    tree = page(draw(PARTS["number"][0], wrong, "W.p", {"W.p": "No number.", "W.p.basis": "Choose one."}))
    assert fields(tree)["W.p.value"] == ["18 thousand"]
    assert fields(tree)["W.p.year"] == ["25"]
    tree = page(draw(PARTS["date"][0], "31st of May", "W.p", {"W.p": "No date."}))
    assert fields(tree)["W.p"] == ["31st of May"]


def test_a_fault_in_a_cell_stands_at_the_cell(pages: Environment) -> None:
    draw = macro(pages, "inputs/input.html", "input")
    for case, place in (
        ("table with free rows", "W.p.row2.name"),
        ("table with fixed rows", "W.p.toilets.note"),
        ("table with picked rows", "W.p.k4.use"),
        ("table with rows of an answer", "W.p.copper.own"),
    ):
        shape, value = PARTS[case]
        tree = page(draw(shape, value, "W.p", {place: "Too long."}, row_labels=ROW_LABELS))
        faulty = [f for f in tree.iter() if f.get("aria-invalid") == "true"]
        assert len(faulty) == 1, case
        assert (faulty[0].get("name") or "").endswith(place.rsplit(".", 1)[1]), case
        ids_are_unique(tree)


def test_every_kind_of_part_has_an_input_and_a_reading(pages: Environment) -> None:
    drawn = {shape.kind for shape, _ in PARTS.values()}
    assert drawn | {PartKind.EVIDENCE} == set(PartKind)
    shown = macro(pages, "answer_shown.html", "answer_shown")
    for case, (shape, value) in PARTS.items():
        assert "no answer" not in "".join(page(shown(shape, value, ROW_LABELS)).itertext()) or "table" in case
        assert "no answer" in "".join(page(shown(shape, None)).itertext())


# --- everything else -------------------------------------------------------------------------------------


def finding(text: str) -> dict[str, Any]:
    return {
        "number": "F-1",
        "grade": Grade.MAJOR,
        "kind": "legal",
        "title": text,
        "topic": text,
        "basis": text,
        "statement": text,
        "references": [text],
        "evidence": [text],
        "state": FindingState.DISPUTED,
    }


def action(text: str) -> dict[str, Any]:
    return {
        "kind": "corrective",
        "title": text,
        "owner": text,
        "due": text,
        "moved": [text],
        "moved_why": text,
        "state": ActionState.RETURNED,
        "said": text,
        "checked": text,
        "root_cause": text,
        "finding": text,
        "late": True,
    }


def strip_of(text: str) -> list[dict[str, Any]]:
    return [
        {
            "title": text,
            "topics": [
                {"key": "OHS.1", "title": text, "level": 0},
                {"key": "OHS.2", "title": text, "level": "na"},
                {"key": "OHS.3", "title": text, "level": None},
            ],
        }
    ]


def calls(t: str) -> Iterable[tuple[str, str, list[Any], dict[str, Any]]]:
    """Each macro with the text `t` wherever a person's text may stand: file, name, arguments."""
    u = "/x?a=1&b=2"
    ladder = {n: {"sees": t, "micro": t} for n in range(5)}
    document = {"id": "1", "name": t, "valid_until": t, "used": 2, "scan": "infected", "page": t, "href": u}
    return [
        ("action_card.html", "action_card", [action(t), u], {}),
        ("action_card.html", "action_kind", ["remedy"], {}),
        ("action_progress.html", "action_progress", [1, 3, t], {"line": True}),
        ("answer_shown.html", "answer_shown", [part("short_text", label=t), t], {}),
        ("answer_shown.html", "plain_value", ["short_text", {}, None, t], {}),
        ("answer_state.html", "answer_state", ["OHS-05", "not_applicable", t, t], {}),
        ("answer_state.html", "answer_state_line", ["not_applicable", t], {}),
        ("area_field.html", "area_field", ["a.b", t, t, t, t], {}),
        ("bar.html", "bar", [1, 0, t], {}),
        ("bar.html", "progress", [1, 3, t], {}),
        ("basis.html", "basis_chip", ["on_site", t, True], {}),
        ("basis.html", "basis_word", [t], {}),
        ("choice_field.html", "choice_field", ["c", t, [["v", t, t], [t, t]], [t]],
         {"several": True, "error": t}),
        ("csrf.html", "csrf", [], {}),
        ("default_submit.html", "default_submit", [], {}),
        ("dialog.html", "dialog", ["d-1", t, t], {"caller": str}),
        ("disclosure_sentence.html", "disclosure_sentence", [
            {"buyer": t, "layers": list(Layer), "evidence": 3, "topics_left_out": [t], "site": t, "result": t,
             "later": True, "until": t, "because": t}], {}),
        ("disclosure_sentence.html", "layer_scope", [["status", "commercial"], 1], {}),
        ("disclosure_sentence.html", "layer_word", ["plan"], {}),
        ("empty_state.html", "empty_state", [t, t, u, t], {}),
        ("error_summary.html", "error_summary", [{"a.b": t, "c": t}, t, t], {}),
        ("evidence_chip.html", "evidence_chip", [t, t, 2, "refused", t, t, u, True, t], {}),
        ("field.html", "field", ["f.g", t, t, t, True],
         {"caller": lambda i, a: Markup('<input id="{}" {}>').format(i, a)}),
        ("filter_bar.html", "filter_bar", [
            [{"name": "q", "label": t, "value": t, "kind": "search"},
             {"name": "s", "label": t, "value": t, "kind": "select", "options": {"": t, t: t}}]],
            {"taken": [{"label": t, "href": u}], "clear_href": u}),
        ("finding_card.html", "finding_card", [finding(t), u, t], {}),
        ("finding_grade.html", "finding_grade", ["minor", 2], {}),
        ("finding_grade.html", "grade_counts", [{"minor": 1, "observation": 2}], {}),
        ("finding_grade.html", "grade_word", ["critical"], {}),
        ("inputs/evidence.html", "evidence", [None, [document], "E.evidence"], {
            "upload_url": u, "vault": [{"id": "2", "name": t}], "errors": {"E.evidence": t},
            "expected": [{"expect": t, "small": [t], "care": t}]}),
        *[("inputs/input.html", "input", [shape, value, "X.p"], {}) for shape, value in PARTS.values()],
        ("key_figures.html", "key_figures", [[{"label": t, "value": t, "detail": t, "href": u}]], {}),
        ("key_values.html", "key_values", [[[t, t], [t, ""], [t, None]]], {}),
        ("ledger_row.html", "ledger_row", [
            {"at": t, "organization": t, "function": t, "what": t, "how": t, "refused": True}], {}),
        ("limit_note.html", "limit_note", [t, t], {}),
        ("limit_note.html", "cannot_see", [u], {}),
        ("maturity_level.html", "level", [3], {}),
        ("maturity_level.html", "level_legend", [], {}),
        ("maturity_level.html", "level_word", ["na"], {}),
        ("maturity_scale.html", "maturity_choice", ["m.l", ladder, 1, 2, t, t, t], {}),
        ("maturity_scale.html", "maturity_scale", [ladder], {"verified": 1, "declared": 2, "before": 0}),
        ("maturity_strip.html", "maturity_strip", [strip_of(t), t], {}),
        ("notice.html", "notice", [t, t, "ask", "", t], {}),
        ("pagination.html", "pagination", [t, u, u, u], {}),
        ("question_card.html", "question_card", ["OHS-05", t, t, t, t, 3], {
            "save_url": u, "meta": t, "frozen": "", "caller": lambda slot: Markup("<p>{}</p>").format(slot)}),
        ("question_card.html", "outcome", ["OHS-05", 3, t], {}),
        ("question_card.html", "field_errors", [{"OHS-05.p": t}], {}),
        ("rail.html", "rail", [
            [{"title": t, "href": u, "answered": 1, "asked": 2, "state": "part", "current": True},
             {"title": t, "href": u, "answered": 0, "asked": 0, "state": "off", "why": t}], 1, 2, t, t], {}),
        ("save_state.html", "save_state", ["offline", t, t, u], {}),
        ("save_state.html", "save_texts", [u], {}),
        ("section_form.html", "section_form", ["s-1", u, u, t, t], {"caller": str}),
        ("select_field.html", "select_field", ["s", t, {t: t, "x": t}, t, t, t], {"empty": t}),
        ("stale_conflict.html", "stale_conflict", ["OHS-05", t, t, t, t, t, u], {}),
        ("state.html", "state", [t, "back", t], {}),
        ("state_of.html", "state_of", ["finding", "open", t], {}),
        ("state_of.html", "state_word", ["finding", "open"], {}),
        ("state_of.html", "lookup", ["finding", "open", 1], {}),
        ("steps.html", "steps", [[{"title": t, "text": t, "past": True}, {"title": t, "current": True}], t],
         {}),
        ("table.html", "table",
         [[{"label": t, "href": u, "sort": "ascending", "num": True}], t, "t-1", True, True],
         {"caller": lambda: Markup("<tr><td>x</td></tr>")}),
        ("tabs.html", "tabs", [[{"label": t, "href": u, "current": True, "count": 3}], t], {}),
        ("tabs.html", "segments", [[{"label": t, "href": u}], t], {}),
        ("text_field.html", "text_field", ["t.f", t, t, "text", t, t], {}),
        ("thread.html", "thread", [
            [{"side": "us", "by": t, "at": t, "text": t}, {"side": "move", "text": t}], t], {}),
        ("timeline.html", "timeline",
         [[{"at": t, "text": t, "by": t, "note": t, "next": True}, {"at": t, "text": t}], t], {}),
        ("unit.html", "unit", [t], {}),
    ]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=["script", "long", "arabic", "empty", "closing tags"])
def test_no_text_breaks_out_of_a_component(pages: Environment, text: str) -> None:
    for file, name, arguments, more in calls(text):
        drawn = str(macro(pages, file, name)(*arguments, **more))
        assert "alert('x')</script>" not in drawn, name
        assert "49 </textarea" not in drawn, name
        inside = f"<table><tbody>{drawn}</tbody></table>" if name == "ledger_row" else drawn
        if name == "section_form":
            inside = f"</form>{inside}<form>"
        if name == "filter_bar":
            inside = f"</form>{inside}<form>"
        tree = page(inside)
        ids_are_unique(tree)
        nothing_runs(tree)


def test_every_macro_is_drawn_by_these_tests() -> None:
    defined = {
        (str(path.relative_to(COMPONENTS)), name)
        for path in COMPONENTS.rglob("*.html")
        for name in re.findall(r"\{%-? macro (\w+)\(", path.read_text())
    }
    inner = {
        "part_frame",
        "cell",
        "cells",
        "yes_partly_no",
        "single",
        "multiple",
        "number",
        "date",
        "short_text",
    }
    inner |= {"long_text", "link"}  # drawn through inputs/input.html
    drawn = {(file, name) for file, name, _, _ in calls("x")} | {("inputs/table.html", "table")}
    assert {(f, n) for f, n in defined if not (f.startswith("inputs/") and n in inner)} == drawn


def test_every_component_says_how_it_is_used() -> None:
    for path in COMPONENTS.rglob("*.html"):
        assert path.read_text().startswith("{#-"), f"{path.name} has no head"


WORKFLOWS: Mapping[str, tuple[type[StrEnum], ...]] = {
    "assessment": (AssessmentState,),
    "finding": (FindingState,),
    "action": (ActionState,),
    "assignment": (Phase,),
    "request": (RequestState,),
    "disclosure": (DisclosureState,),
    "answer": (AnswerState,),
    "evidence": (ScanVerdict, VersionState),
}


@pytest.mark.parametrize("kind", WORKFLOWS)
def test_every_state_has_its_words_and_a_shape_the_style_knows(pages: Environment, kind: str) -> None:
    style = (ASSETS / "css" / "marks.css").read_text()
    for states in WORKFLOWS[kind]:
        for value in states:
            word = str(macro(pages, "state_of.html", "state_word")(kind, value))
            shape = str(macro(pages, "state_of.html", "lookup")(kind, value, 1))
            assert word, value
            assert "_" not in word
            assert f".st-{shape}::before" in style


def test_what_the_asker_reads_does_not_tell_declined_from_lapsed(pages: Environment) -> None:
    draw = macro(pages, "state_of.html", "state_of")
    assert draw("request", RequestState.DECLINED) == draw("request", RequestState.LAPSED)


def test_every_enum_that_a_component_draws_has_words_for_each_member(pages: Environment) -> None:
    style = (ASSETS / "css" / "marks.css").read_text()
    for grade in Grade:
        assert f".grade-{grade}::before" in style
        assert macro(pages, "finding_grade.html", "grade_word")(grade) != grade.value
    for kind in ActionKind:
        assert macro(pages, "action_card.html", "action_kind")(kind) != kind.value
    for basis in Basis:
        assert macro(pages, "basis.html", "basis_word")(basis) != basis.value
    words = {str(macro(pages, "disclosure_sentence.html", "layer_word")(layer)) for layer in Layer}
    assert len(words) == len(Layer)


# --- layouts and the sheet -------------------------------------------------------------------------------


def chrome(text: str) -> dict[str, Any]:
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
        "notices": [{"text": text, "lead": text, "tone": "ask"}],
        "languages": [{"code": "en", "name": "English", "current": True}, {"code": "ar", "name": text}],
        "keeper": text,
    }


@pytest.mark.parametrize("layout", ["page", "focused", "questionnaire", "error"])
@pytest.mark.parametrize("text", ["Sever", SCRIPT, ARABIC])
def test_a_layout_frames_a_page(pages: Environment, layout: str, text: str) -> None:
    source = (
        "{% extends 'layouts/" + layout + ".html' %}{% block title %}{{ t }}{% endblock %}"
        "{% block heading %}<h1>{{ t }}</h1>{% endblock %}{% block content %}<p>body</p>{% endblock %}"
    )
    tree = parse(pages.from_string(source).render(t=text, lang="ar", dir="rtl", **chrome(text)))
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


def test_a_page_needs_nothing_but_its_blocks(pages: Environment) -> None:
    for layout in ("page", "focused", "questionnaire", "error"):
        parse(pages.from_string("{% extends 'layouts/" + layout + ".html' %}").render())


def test_a_letter_is_well_formed_and_loads_nothing(pages: Environment) -> None:
    source = (
        "{% extends 'layouts/letter.html' %}{% block subject %}{{ t }}{% endblock %}"
        "{% block content %}<h1>{{ t }}</h1>{% endblock %}"
    )
    tree = parse(pages.from_string(source).render(t=SCRIPT))
    assert not list(tree.iter("img")) + list(tree.iter("link")) + list(tree.iter("script"))


def test_the_sheet_is_well_formed_and_nothing_in_it_runs(pages: Environment) -> None:
    tree = parse(pages.get_template("help/components.html").render(**chrome("Sever")))
    ids_are_unique(tree)
    nothing_runs(tree)


def test_no_template_carries_style_or_script_of_its_own() -> None:
    for path in TEMPLATES.rglob("*.html"):
        source = path.read_text()
        assert not re.search(r"\sstyle=|\son[a-z]+=\"|<script(?! src=)", source), path
        assert "<style" not in source or path.name == "letter.html" or "letters" in path.parts, path


# --- style and script ------------------------------------------------------------------------------------


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", block))


def schemes() -> dict[str, dict[str, str]]:
    source = (ASSETS / "css" / "tokens.css").read_text()
    light = source[source.index(":root,") : source.index("@media")]
    asked = source[source.index("@media") : source.index('\n[data-theme="dark"]')]
    chosen = source[source.index('\n[data-theme="dark"]') : source.index("\n:root {\n  --s1")]
    assert tokens(asked) == tokens(chosen), "the two dark blocks differ"
    assert set(tokens(light)) == set(tokens(chosen))
    return {"light": tokens(light), "dark": tokens(chosen)}


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    a, b = sorted((luminance(one), luminance(other)), reverse=True)
    return (a + 0.05) / (b + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_of_text_and_ground_can_be_read(scheme: str) -> None:
    colours = schemes()[scheme]
    grounds = ("paper", "wash", "raised", "accent-soft", "warn-soft")
    texts = ("ink", "muted", "accent", "warn", "g-good", "g-obs", "g-minor", "g-major", "g-crit")
    pairs = [(text, ground) for text in texts for ground in grounds]
    pairs += [(f"on-m{n}", f"m{n}") for n in range(5)] + [("on-accent", "accent"), ("on-warn", "warn")]
    poor = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: c for pair, c in poor.items() if c < 4.5} == {}
    for edge in ("edge", "muted"):
        assert contrast(colours[edge], colours["paper"]) >= 3


def test_style_knows_no_left_and_right() -> None:
    physical = re.compile(
        r"(?<![\w-])(?:(?:margin|padding|border|inset)-(?:left|right|top|bottom)|(?:left|right|top|bottom|width|height|float)\s*:"
        r"|text-align:\s*(?:left|right)|(?:min|max)-(?:width|height)\s*:(?![^()]*\)\s*\{))"
    )
    for path in [*(ASSETS / "css").glob("*.css"), ASSETS / "sheet.css"]:
        found = [
            line for line in path.read_text().splitlines() if physical.search(line) and "@media" not in line
        ]
        assert not found, f"{path.name}: {found}"


def test_a_first_load_fits_into_60_kb(pages: Environment) -> None:
    dist = assets_manifest.MANIFEST.parent
    names = json.loads(assets_manifest.MANIFEST.read_text())
    wire = sum((dist / f"{names[name]}.br").stat().st_size for name in ("app.css", "app.js", "icon.svg"))
    html = pages.get_template("help/components.html").render(**chrome("Sever"))  # larger than any page
    assert wire + len(zlib.compress(html.encode(), 6)) < 60_000


def test_an_asset_has_the_address_of_the_file_that_was_built() -> None:
    address = assets_manifest.asset("app.css")
    assert re.fullmatch(r"/static/dist/app-[0-9a-f]{12}\.css", address)
    built = assets_manifest.MANIFEST.parent / address.rsplit("/", 1)[1]
    assert {p.suffix for p in built.parent.glob(f"{built.name}*")} == {".css", ".br", ".gz"}


def test_missing_assets_name_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets_manifest, "MANIFEST", tmp_path / "manifest.json")
    with pytest.raises(assets_manifest.AssetsNotBuilt, match="make assets"):
        assets_manifest.asset("app.css")
    (tmp_path / "manifest.json").write_text('{"app.css": "app-1.css"}')
    assert assets_manifest.asset("app.css") == "/static/dist/app-1.css"
    with pytest.raises(assets_manifest.AssetsNotBuilt, match=r"app\.js.*make assets"):
        assets_manifest.asset("app.js")

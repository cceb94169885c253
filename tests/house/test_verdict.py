"""The verdict guard of DESIGN.md 1: nobody gets a pass or a fail, by structure and by word.

Structure: every number and boolean on what describes a supplier, a site or a result is listed here with its
reason, in tables and in the interface. Words: none of WORDS in templates, letters, packs, the interface or
enums, nor in what journeys render (tests/journeys/seats.py holds each page to it as it is left), but for the
phrases listed with a reason. The guard's own tests inject one violation of each kind.
"""

from __future__ import annotations

import enum
import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Boolean, Column, Float, Integer, MetaData, Numeric, Table
from sqlalchemy.types import TypeEngine

import assessments
import plumbline
import plumbline.records
from assessments.base import Base
from assessments.questionnaire.pack.loading import load_pack
from tests.conftest import Stack
from tests.support.verdict import ALLOWED, words_in

ROOT = Path(__file__).parents[2]
MACHINERY = {"Metric": "names what became of jobs and duties of the platform, for its operator"}
"""Enums whose values never stand beside a supplier, each with the reason."""

DESCRIBING = (
    "assessment",
    "cycle",
    "organization",
    "portfolio_row",
    "result",
    "result_part",
    "site",
    "topic_maturity",
)
COUNTS = dict.fromkeys(
    (
        "critical_open", "major_open", "minor_open", "observations", "good_practices", "actions_settled",
        "actions_agreed",
    ),
    "a count of findings or actions, each grade on its own",
)  # fmt: skip
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "assessment": {"fact_check_extended": "a fact of the procedure", "revision": "of the row"},
    "organization": {
        "employees": "head-count", "discoverable": "the supplier's choice", "revision": "of the row",
    },
    "portfolio_row": {
        **COUNTS, "result_number": "which result", "worker_voice": "how it was checked",
    },
    "result": {"number": "which of the cycle", "worker_voice": "how it was checked"},
    "site": {
        "latitude": "a place", "longitude": "a place", "production": "what the site does",
        "employees": "head-count", "agency_workers": "head-count", "migrant_workers": "head-count",
        "employer_housing": "a fact that opens questions", "guards": "a fact that opens questions",
        "near_indigenous_land": "a fact that opens questions", "revision": "of the row",
    },
    "topic_maturity": {
        "self_level": "of one topic", "verified_level": "of one topic", "worker_voice": "how it was checked",
    },
}  # fmt: skip
PROPERTIES: Mapping[str, str] = {
    **COUNTS,
    "action": "a number by which it is called", "actions": "a count",
    "agrees_to_public_statement": "an agreement of the supplier",
    **dict.fromkeys(
        ("equal", "broader", "partial", "narrower"),
        "elements of a standard that the questionnaire asks in that relation",
    ),
    "applied": "whether a file was taken over", "asked": "questions of a section",
    "commercial": "a switch of a grant", "conflict": "whether two people changed one answer",
    "count": "how many rows a list has", "discoverable": "the supplier's choice",
    "earlier": "cases a firm had with this supplier", "fact_check_extended": "a fact of the procedure",
    "finding": "a number by which it is called", "follow_later": "a switch of a grant",
    "granted": "whether a new date was given", "incomplete": "questions of a section",
    "invited": "whether a colleague has not accepted yet", "level": "of one topic",
    "no_ties": "a declaration of the assessor", "number": "which of several",
    "returns": "how often an action came back", "revision": "of the row", "row": "of a sheet",
    "running": "how many cases a firm works at", "same": "whether a file brings nothing new",
    "self": "of one topic", "self_level": "of one topic", "settled": "questions of a section",
    "shown": "whether a buyer's row stands beside its requests",
    "size": "bytes of a file", "status": "of HTTP", "take_over": "a switch of opening a round",
    "kept": "whether a round no longer asks the question that a document is linked to",
    "suppliers": "how many a buyer's row reaches",
    "taken": "whether a change of a file was chosen",
    "to_confirm": "whether a carried answer waits for somebody to say it is still true",
    "used_in": "answers a document is linked to", "verified": "of one topic",
    "verified_level": "of one topic", "versions": "of a document", "window_days": "of a correction window",
    "worker_voice": "how it was checked", "writable": "whether an answer can be changed now",
}  # fmt: skip
"""Every number and boolean of the interface, wherever it stands, with what it is."""


def counted(kind: TypeEngine[Any]) -> bool:
    """Whether a column could hold a verdict or a total."""
    return isinstance(kind, Boolean | Integer | Numeric | Float)


def columns_without_reason(metadata: MetaData) -> set[str]:
    """Numbers and booleans on what describes a supplier that nobody gave a reason for."""
    tables = [metadata.tables[name] for name in DESCRIBING if name in metadata.tables]
    return {
        f"{table.name}.{column.name}"
        for table in tables
        for column in table.columns
        if counted(column.type) and column.name not in COLUMNS.get(table.name, {})
    }


def properties(schema: Any, at: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every property of every schema: where, its name, what it is."""
    if isinstance(schema, dict):
        named = schema.get("properties")
        for name, what in named.items() if isinstance(named, dict) else ():
            yield at, name, what
        for key, inner in schema.items():
            yield from properties(inner, f"{at}/{key}")
    elif isinstance(schema, list):
        for inner in schema:
            yield from properties(inner, at)


def properties_without_reason(document: Mapping[str, Any]) -> set[str]:
    """Numbers and booleans of the interface that nobody gave a reason for."""
    found = set()
    for at, name, what in properties(document.get("components", {})):
        kinds = {str(one.get("type")) for one in [what, *what.get("anyOf", [])]}
        if kinds & {"boolean", "number", "integer"} and name not in PROPERTIES:
            found.add(f"{at}: {name}")
    return found


def texts_of_templates(folder: Path) -> Iterator[tuple[str, str]]:
    """Every template without its comments: what people read, and the names it is made with."""
    for file in sorted(folder.rglob("*.*")):
        if file.suffix in {".html", ".txt"}:
            text = re.sub(r"\{#.*?#\}", "", file.read_text(), flags=re.DOTALL)
            yield str(file.relative_to(folder)), " ".join(text.split())


def texts_of_yaml(loaded: Any) -> Iterator[str]:
    """Every text of a pack, keys included."""
    if isinstance(loaded, dict):
        for key, value in loaded.items():
            yield str(key)
            yield from texts_of_yaml(value)
    elif isinstance(loaded, list):
        for value in loaded:
            yield from texts_of_yaml(value)
    elif isinstance(loaded, str):
        yield " ".join(loaded.split())


def texts_of_packs(folder: Path) -> Iterator[tuple[str, str]]:
    """Every English text of every pack and of the data beside them.

    "Pass" is a passport in German: the other languages have lists of their own, held by the pack's check.
    """
    languages = {f".{language}" for language in load_pack().languages if language != "en"}
    for file in sorted(folder.rglob("*.yaml")):
        if languages & set(file.suffixes):
            continue
        for text in texts_of_yaml(yaml.safe_load(file.read_text())):
            yield str(file.relative_to(folder)), text


def texts_of_interface(document: Any) -> Iterator[tuple[str, str]]:
    """Every key and text of the interface's description."""
    for text in texts_of_yaml(document):
        yield "openapi.json", text


def enums() -> Iterator[type[enum.Enum]]:
    """Every enum of the code: their values stand in columns, in the interface and in exports."""
    for package in (assessments, plumbline):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith(("__main__", ".wsgi")):
                module = importlib.import_module(found.name)
                for value in vars(module).values():
                    if isinstance(value, type) and issubclass(value, enum.Enum):
                        yield value


def test_no_table_adds_up_or_decides() -> None:
    assert set(DESCRIBING) <= set(Base.metadata.tables)
    assert columns_without_reason(Base.metadata) == set()
    for table, reasons in COLUMNS.items():
        assert set(reasons) <= set(Base.metadata.tables[table].columns.keys()), "a reason without its column"


def test_the_interface_neither_adds_up_nor_decides(embedded: Stack) -> None:
    document = embedded.visit().api("GET", "/openapi.json").get_json()
    assert len(list(properties(document["components"]))) > 100
    assert properties_without_reason(document) == set()


def test_no_text_holds_a_word_of_verdict(embedded: Stack) -> None:
    used: set[str] = set()
    document = embedded.visit().api("GET", "/openapi.json").get_json()
    sources = [
        *texts_of_templates(ROOT / "templates"),
        *texts_of_packs(ROOT / "assessments" / "questionnaire"),
        *texts_of_interface(document),
    ]
    assert len(sources) > 1000
    assert [fault for place, text in sources for fault in words_in(place, text, used)] == []
    assert used == ALLOWED.keys(), "an allowed phrase that nobody says any more"


def test_no_enum_or_column_is_named_by_a_verdict() -> None:
    found = {one for one in enums() if one.__name__ not in MACHINERY}
    assert len(found) > 30
    assert [
        fault for one in found for member in one for fault in words_in(one.__name__, str(member.value))
    ] == []
    assert [
        fault
        for table in Base.metadata.tables.values()
        for name in (table.name, *table.columns.keys())
        for fault in words_in(table.name, name)
    ] == []


def test_the_guard_reports_a_total_and_a_verdict_in_a_table() -> None:
    metadata = MetaData()
    Table("result", metadata, Column("number", Integer), Column("overall", Numeric), Column("ok", Boolean))
    assert columns_without_reason(metadata) == {"result.overall", "result.ok"}


def test_the_guard_reports_a_total_and_a_verdict_in_the_interface() -> None:
    nested = {"properties": {"cleared": {"anyOf": [{"type": "boolean"}, {"type": "null"}]}}}
    row = {"properties": {"total": {"type": "number"}, "name": {"type": "string"}}}
    injected = {"components": {"schemas": {"Row": row, "Nested": {"items": [nested]}}}}
    assert {fault.rsplit(" ", 1)[1] for fault in properties_without_reason(injected)} == {"total", "cleared"}


def test_the_guard_reports_a_word_in_each_kind_of_text(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text('{# no score here #}<p>{{ _("This site is Non-Compliant.") }}</p>')
    (tmp_path / "letter.txt").write_text("You have been\napproved.")
    (tmp_path / "pack.yaml").write_text(
        "questions:\n  - ladder: ['Rejected by the buyer']\n    overall_rating: 1\n"
    )
    templates = [fault for place, text in texts_of_templates(tmp_path) for fault in words_in(place, text)]
    assert [fault.split(" in ")[0] for fault in templates] == [
        "letter.txt: 'approved'", "page.html: 'Non-Compliant'",
    ]  # fmt: skip
    packs = [fault for place, text in texts_of_packs(tmp_path) for fault in words_in(place, text)]
    assert [fault.split(" in ")[0] for fault in packs] == ["pack.yaml: 'Rejected'", "pack.yaml: 'rating'"]
    schema = {"enum": ["passed"], "description": "whether it is Certified", "risk_score": {}}
    interface = [fault for place, text in texts_of_interface(schema) for fault in words_in(place, text)]
    assert len(interface) == 3
    assert list(words_in("Verdict", "blacklisted"))
    assert list(words_in("front", "There is no pass and no fail.")) == []
    assert list(words_in("front", "There is no pass and no fail. They failed."))

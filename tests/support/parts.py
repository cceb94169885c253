"""Parts of questions of every kind, each with a value, for whoever draws, posts or reads them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from assessments.questionnaire.model import (
    Binding,
    Column,
    Level,
    Part,
    PartKind,
    Question,
    Recall,
    RowsFrom,
    Tier,
)
from assessments.questionnaire.rules import ALWAYS


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


def question(shape: Part) -> Question:
    """A question of that part alone."""
    return Question(
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

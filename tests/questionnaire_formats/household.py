"""A survey of 900 rows such as statistical offices use: sections, a roster, skips, languages with gaps."""

from __future__ import annotations

from typing import Any

SECTIONS = 30
LANGUAGES = ["label::English (en)", "label::Français (fr)", "label::Kiswahili (sw)"]
HEAD = [
    "type", "name", *LANGUAGES, "hint::English (en)", "required", "relevance", "constraint",
    "constraint_message::English (en)", "appearance", "calculation", "choice_filter",
]  # fmt: skip


def row(typed: str, name: str = "", label: str = "", **more: Any) -> list[Any]:
    french = f"{label} (fr)" if label and len(label) % 3 else None
    cells = {"type": typed, "name": name, LANGUAGES[0]: label, LANGUAGES[1]: french, **more}
    return [cells.get(column) for column in HEAD]


def household() -> dict[str, list[list[Any]]]:
    """Sheets of the survey: 900 rows below the headers of survey, 2,000 choices, two helper sheets."""
    rows = [row("start", "start"), row("today", "today"), row("calculate", "total", calculation="1 + 1")]
    for number in range(SECTIONS):
        before = f"s{number - 1}_own" if number else "consent"
        if not number:
            rows.append(row("select_one yn", "consent", "May we ask you some questions?", required="yes"))
        skip = {"relevance": f"${{{before}}} = 'yes'"} if number % 2 else {}
        rows.append(row("begin group", f"s{number}", f"Section {number}", **skip))
        rows.append(row("note", f"s{number}_note", f"Now about part {number}."))
        rows.append(row("select_one yn", f"s{number}_own", f"Do you have part {number}?", required="yes"))
        rows.append(
            row("integer", f"s{number}_count", "How many?", constraint=". >= 0 and . <= 50",
                relevance=f"${{s{number}_own}} = 'yes'", **{"constraint_message::English (en)": "Too many."})
        )  # fmt: skip
        rows.append(
            row("select_multiple goods", f"s{number}_goods", "Which of these?", relevance="position(..) > 1")
        )
        rows.append(row("begin repeat", f"s{number}_people", "People"))
        for question in range(20):
            kind = ("text", "integer", "select_one village", "date")[question % 4]
            rows.append(row(kind, f"s{number}_p{question}", f"Question {question}", required="no"))
        rows.append(row("end repeat"))
        rows.append(row("geopoint", f"s{number}_place", "Where is it?"))
        rows.append(row("end group"))
    rows += [row("text", f"last_{n}", "Anything else?") for n in range(900 - len(rows))]
    choices: list[list[Any]] = [["list name", "name", *LANGUAGES, "district"]]
    choices += [["yn", "yes", "Yes", "Oui", "Ndiyo"], ["yn", "no", "No", "Non", None]]
    choices += [["goods", number, f"Good {number}"] for number in range(40)]
    choices += [
        ["village", f"v{number}", f"Village {number}", None, None, number % 7] for number in range(1_950)
    ]
    choices += [["unused", f"u{number}", f"Unused {number}"] for number in range(8)]
    settings: list[list[Any]] = [
        ["form_title", "form_id", "version", "default_language"],
        ["Households", "hh", 2026, "English (en)"],
    ]
    helper: list[list[Any]] = [["notes"], *[[f"line {n}"] for n in range(500)]]
    return {
        "survey": [list(HEAD), *rows],
        "choices": choices,
        "settings": settings,
        "lookup": helper,
        "Read me": helper,
    }

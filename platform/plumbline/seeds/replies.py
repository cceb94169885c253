"""Answers for the demo world: for each kind of part a plausible value, the same on every run."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from assessments.questionnaire.asking.applicability import open_parts, rows_of
from assessments.questionnaire.model import Field, Part, PartKind, Question
from assessments.sheet.contents import AnswerSheet
from plumbline.seeds.texts import TEXTS

# How far a firm is, from 0 (just starting) to 3: it shifts which option of a ladder-like list is picked.
MOST_TICKS = 4


class Replies:
    """One supplier's way of answering. ``drive`` 0 to 3: how far along it is; ``today`` dates what is dated."""

    def __init__(self, seed: str, drive: int, today: date) -> None:
        self._random = random.Random(seed)  # noqa: S311  an invented world, not a secret
        self._drive = drive
        self._today = today

    def parts(self, sheet: AnswerSheet, question: Question) -> dict[str, Any]:
        """Raw parts for a question as it is asked on this sheet; bound parts keep what the profile says."""
        parts: dict[str, Any] = dict(sheet.answers.get(question.key, {}))
        left_out: set[str] = set()
        facts, answers = sheet.applicability.facts, sheet.applicability.answers
        while waiting := [
            part
            for part in open_parts(question, parts, facts, answers)
            if part.key not in parts and part.key not in left_out
        ]:  # a part can open another
            for part in waiting:
                value = None
                if not part.optional or (part.bind is None and self._random.random() > 0.6):
                    value = self._part(sheet, question, part)
                if value is None:
                    left_out.add(part.key)
                else:
                    parts[part.key] = value
        still_open = {part.key for part in open_parts(question, parts, facts, answers)}
        return {key: value for key, value in parts.items() if key in still_open}

    def _part(self, sheet: AnswerSheet, question: Question, part: Part) -> Any:
        place = f"{question.key}.{part.key}"
        if part.kind is PartKind.TABLE:
            return self._table(sheet, place, part)
        return self._value(place, part)

    def _value(self, place: str, shape: Field) -> Any:
        options = [key for key in shape.options if key != "not_known"]
        match shape.kind:
            case PartKind.YES_PARTLY_NO:
                return ("no", "partly", "yes", "yes")[self._step(4)]
            case PartKind.SINGLE:
                return options[self._step(len(options))] if options else None
            case PartKind.MULTIPLE:
                return self._ticks(shape, options)
            case PartKind.NUMBER:
                return self._number(shape)
            case PartKind.DATE:
                return (self._today - timedelta(days=self._random.randint(20, 330))).isoformat()
            case PartKind.LINK:
                return self._random.choice(TEXTS.get(place, ("https://example.com/about-us",)))
            case PartKind.SHORT_TEXT | PartKind.LONG_TEXT:
                return self._random.choice(TEXTS.get(place, ("See the document in our evidence",)))
        return None

    def _step(self, count: int) -> int:
        """A place in a list that rises in time or amount: nearer its end the further a firm is."""
        middle = (count - 1) * (self._drive + 0.5) / 4
        return min(count - 1, max(0, round(self._random.gauss(middle, 0.8))))

    def _ticks(self, shape: Field, options: list[str]) -> list[str]:
        free = [key for key in options if key not in shape.alone]
        count = min(len(free), max(0, round(self._random.gauss(self._drive + 0.7, 0.8))), MOST_TICKS)
        if count == 0 and shape.alone:
            return [shape.alone[0]]
        chosen = set(self._random.sample(free, max(1, count)))
        return [key for key in options if key in chosen]

    def _number(self, shape: Field) -> dict[str, Any] | str:
        low = int(shape.min or 0)
        high = int(shape.max) if shape.max is not None else 40
        unit = shape.unit or ""
        if unit == "m³":
            high = 90000
        elif unit == "percent":
            low, high = min(20 + 15 * self._drive, 80), 100
        elif unit == "year":
            return {"value": str(self._today.year - 1), "year": None, "basis": None}
        elif "currency" in unit:
            high = 90_000_000
        value = str(self._random.randint(low, max(low, high)))
        if shape.plain:
            return {"value": value, "year": None, "basis": None}
        basis = ("estimated", "estimated", "calculated", "measured")[self._drive]
        return {"value": value, "year": self._today.year - 1, "basis": basis}

    def _table(self, sheet: AnswerSheet, place: str, part: Part) -> list[dict[str, Any]]:
        keys: list[str | None]
        named = rows_of(sheet.questionnaire, part, sheet.applicability.facts, sheet.applicability.answers)
        if named:
            keys = list(named)
        elif part.rows_from is not None:
            return []
        else:
            keys = [None] * self._random.randint(1, 2)
        rows = [self._row(sheet, place, part, key) for key in keys]
        self._add_up(part, rows)
        return rows

    def _row(self, sheet: AnswerSheet, place: str, part: Part, key: str | None) -> dict[str, Any]:
        row: dict[str, Any] = {"row": key}
        for column in part.columns:
            value = self._value(f"{place}.{column.key}", column)
            if column.options_from == "countries":
                value = sheet.organization["country"]
            elif column.options_from == "materials":
                handled = [entry["material"] for site in sheet.sites for entry in site["materials"] or ()]
                value = self._random.choice(handled) if handled else None
            if isinstance(value, Mapping):
                value = value["value"] if column.unit in ("m³", "year") else str(min(int(value["value"]), 40))
            if value is not None:
                row[column.key] = value
        return row

    def _add_up(self, part: Part, rows: list[dict[str, Any]]) -> None:
        """Make shares that should add up add up: the last column or row takes the rest."""
        numbers = [column.key for column in part.columns if column.kind is PartKind.NUMBER]
        if part.row_sum is not None and numbers:
            for row in rows:
                left = int(part.row_sum)
                for key in numbers[:-1]:
                    share = self._random.randint(0, left)
                    row[key], left = str(share), left - share
                row[numbers[-1]] = str(left)
        for key, total in part.column_sum.items():
            left = int(total)
            for row in rows[:-1]:
                share = self._random.randint(0, left // 2)
                row[key], left = str(share), left - share
            rows[-1][key] = str(left)


def hash_drive(seed: str) -> int:
    """How far along a firm is, 0 to 3, from its name alone."""
    return random.Random(f"drive {seed}").choice([0, 1, 1, 2, 2, 3])  # noqa: S311  an invented world


def as_mapping(site_materials: str) -> list[dict[str, Any]]:
    """Read "copper:35 cobalt" as a site's materials."""
    rows = []
    for number, word in enumerate(site_materials.split()):
        material, _, share = word.partition(":")
        rows.append(
            {
                "material": material,
                "use": "bought" if number == 0 else "in_product",
                "tonnes_band": ("to_100t", "to_1000t", "to_10000t")[number % 3],
                "secondary_share": int(share or 0),
            }
        )
    return rows

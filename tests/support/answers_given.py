"""Valid answers to any question, drawn by Hypothesis or settled the short way."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from hypothesis import strategies as st
from sqlalchemy.orm import Session

from assessments.parties import Actor
from assessments.questionnaire.model import Field, Part, PartKind, Question
from assessments.sheet.answering import Offered, save_answer
from assessments.sheet.contents import AnswerSheet
from assessments.sheet.reading import read_sheet
from assessments.values.answers import AnswerState

WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "Zs"]), min_size=1, max_size=40)


def cells(shape: Field) -> st.SearchStrategy[Any]:
    """Values that a field of this kind takes, as a program would send them."""
    if shape.kind is PartKind.YES_PARTLY_NO:
        return st.sampled_from(["yes", "partly", "no"])
    if shape.kind is PartKind.SINGLE:
        return st.sampled_from(list(shape.options))
    if shape.kind is PartKind.MULTIPLE:
        plain = [key for key in shape.options if key not in shape.alone]
        return st.lists(st.sampled_from(plain), unique=True, max_size=4)
    if shape.kind is PartKind.NUMBER:
        low = int(shape.min) if shape.min is not None else 0
        high = int(shape.max) if shape.max is not None else low + 10_000
        return st.integers(low, high).map(str)
    if shape.kind is PartKind.DATE:
        return st.dates(date(2020, 1, 1), date(2026, 12, 31)).map(date.isoformat)
    if shape.kind is PartKind.LINK:
        return st.integers(1, 999).map(lambda n: f"https://example.org/{n}")
    return WORDS


@st.composite
def rows(draw: st.DrawFn, part: Part) -> list[dict[str, Any]]:
    """Rows of a table: its fixed ones, some picked from its list, or a few free ones."""
    if part.rows or part.options:
        keys: list[str | None] = list(
            draw(st.lists(st.sampled_from(list(part.rows or part.options)), unique=True, max_size=3))
        )
    elif part.rows_from is not None:
        keys = ["copper"]
    else:
        keys = [None] * draw(st.integers(0, 3))
    return [{"row": key, **{column.key: draw(cells(column)) for column in part.columns}} for key in keys]


@st.composite
def parts_of(draw: st.DrawFn, question: Question) -> dict[str, Any]:
    """Some or all parts of an answer to ``question``."""
    chosen = {}
    for part in question.parts:
        if part.kind is PartKind.EVIDENCE or not draw(st.booleans()):
            continue
        chosen[part.key] = draw(rows(part)) if part.kind is PartKind.TABLE else draw(cells(part))
    return chosen


def settle(session: Session, assessment_id: uuid.UUID, *, by: Actor, at: datetime) -> AnswerSheet:
    """Settle every open question with "not known yet", the fastest way to something that can be handed in."""
    sheet = read_sheet(session, assessment_id)
    while still_open := sheet.open_questions():
        for key in still_open:
            if sheet.applicability.asks(key):
                before = sheet.answer(key)
                offered = Offered(before.parts, before.revision, AnswerState.NOT_KNOWN)
                sheet = save_answer(session, sheet, key, offered, by=by, at=at).sheet
    session.commit()
    return sheet

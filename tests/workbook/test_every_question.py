"""Every question that can be answered goes into a workbook and comes back as it was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments.questionnaire.formats.workbook_layout import Given, lines_of
from assessments.questionnaire.formats.workbook_reading import read_answers
from assessments.questionnaire.formats.workbook_writing import Cover, SectionSheet, write_workbook
from assessments.questionnaire.model import Question
from assessments.questionnaire.pack.loading import load_pack
from assessments.values.answers import from_form, parse_parts
from tests.support.answers_given import parts_of
from tests.workbook.conftest import opened_book, saved_book

PACK = load_pack("standard")
COVER = Cover(
    "a", "Kovo", "Smelter", "2026", PACK.slug, PACK.version, PACK.digest, "en",
    datetime(2026, 11, 18, tzinfo=UTC), 1, ["OHS"],
)  # fmt: skip


def written(question: Question, parts: dict[str, Any], *, note: str = "") -> bytes:
    """A workbook of that question alone."""
    given = Given(parts, "", "", note, "3", {}, {})
    return write_workbook(COVER, [SectionSheet(question.section, "Any", list(lines_of(question, given)))])


def come_back(question: Question, raw: bytes) -> dict[str, Any]:
    read = read_answers(raw, lambda _cover: PACK)
    assert not read.strays
    sent = read.questions[question.key]
    assert not sent.faults, sent.faults
    assert sent.revision == "3"
    return parse_parts(question, from_form(question, sent.getlist))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_answer_to_any_question_survives(data: st.DataObject) -> None:
    question = data.draw(st.sampled_from(PACK.questions), label="question")
    parts = parse_parts(question, data.draw(parts_of(question), label="parts"))
    assert come_back(question, written(question, parts)) == parts


@pytest.mark.parametrize("section", [section.key for section in PACK.sections])
def test_every_question_survives_a_program_that_saves_it_again(section: str) -> None:
    @settings(max_examples=2, deadline=None, database=None)
    @given(st.data())
    def once(data: st.DataObject) -> None:
        for topic in PACK.section(section).topics:
            for question in topic.questions:
                parts = parse_parts(question, data.draw(parts_of(question)))
                again = saved_book(opened_book(written(question, parts)))
                assert come_back(question, again) == parts

    once()

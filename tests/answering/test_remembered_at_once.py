"""What a process remembers of sheets, where savepoints end and threads meet."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from assessments.assessment import AssessmentState
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.loading import read_pack
from assessments.sheet.contents import AnswerSheet, StoredAnswer
from assessments.sheet.memory import Remembered, remember_once_committed, remembered
from assessments.values.answers import AnswerState
from tests.versions.second import SMALL

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def questionnaire() -> Questionnaire:
    return read_pack(SMALL)


def sheet_of(questionnaire: Questionnaire) -> AnswerSheet:
    own = uuid.uuid4()
    return AnswerSheet(
        own, uuid.uuid4(), uuid.uuid4(), "2026", uuid.uuid4(), own, AssessmentState.DRAFT, 1, questionnaire,
        questionnaire.digest, {"id": uuid.uuid4()}, ({"id": own},), {},
    )  # fmt: skip


@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_what_stands_within_a_savepoint_is_remembered_once_all_is_committed(
    questionnaire: Questionnaire, ending: str
) -> None:
    found = Remembered(sheet_of(questionnaire), {("OHS-01", True): 1}, NOW, "1 2")
    engine = create_engine("sqlite://")
    with Session(engine) as session:
        with session.begin_nested():
            session.execute(text("SELECT 1"))
            remember_once_committed(session, found)
        assert remembered(session, found.sheet.assessment_id) is None
        getattr(session, ending)()
        kept = remembered(session, found.sheet.assessment_id)
        assert kept is (found if ending == "commit" else None)


def test_a_sheet_is_saved_on_while_somebody_opens_it_in_another_language(
    questionnaire: Questionnaire, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = sheet_of(questionnaire)
    sheet.read_in(replace(questionnaire, language="de"))
    sheet.read_in(replace(questionnaire, language="fr"))
    with_answer = AnswerSheet.with_answer

    def meanwhile(self: AnswerSheet, answer: StoredAnswer) -> Any:
        if self is not sheet:  # what another thread does while this one is at the first language
            sheet.read_in(replace(questionnaire, language="es"))
        return with_answer(self, answer)

    monkeypatch.setattr(AnswerSheet, "with_answer", meanwhile)
    answer = StoredAnswer("OHS-06", sheet.assessment_id, AnswerState.NOT_KNOWN, {}, None, None, 1, NOW)
    assert sheet.with_answer(answer).stored["OHS-06"] is answer

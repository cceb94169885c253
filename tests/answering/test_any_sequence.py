"""Whatever sequence of valid saves: stored is what was acknowledged last, and the history has them all."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from assessments.assessment import AnswerRevision
from assessments.parties import Site
from assessments.rounds.opening import open_assessment
from assessments.sheet.answering import Offered, as_json, save_answer
from assessments.sheet.reading import read_sheet
from assessments.values.answers import AnswerState
from tests.conftest import Stack
from tests.support.answers_given import parts_of
from tests.support.assessing import published_standard, standard
from tests.support.cast import NOW

# Profile questions write into the site as well, which every example would share.
QUESTIONS = [q for q in standard().questions if not any(part.bind for part in q.parts)]
CYCLES = itertools.count(1)


@st.composite
def save(draw: st.DrawFn) -> tuple[str, dict[str, Any], AnswerState | None, str | None, str | None]:
    question = draw(st.sampled_from(QUESTIONS[:12]))
    state = draw(
        st.sampled_from(
            [None, None, None, AnswerState.NOT_KNOWN, AnswerState.WITHHELD, AnswerState.NOT_APPLICABLE]
        )
    )
    reason = "It is not done here." if state is AnswerState.NOT_APPLICABLE else None
    return question.key, draw(parts_of(question)), state, reason, draw(st.sampled_from([None, "A note."]))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(saves=st.lists(save(), min_size=1, max_size=12))
def test_stored_is_last_acknowledged_and_history_has_all(
    stack: Stack, saves: list[tuple[str, dict[str, Any], AnswerState | None, str | None, str | None]]
) -> None:
    session, cast = stack.session, stack.cast
    site = session.get_one(Site, cast.smelter)
    assessment = open_assessment(
        session, site, published_standard(session), label=f"round {next(CYCLES)}", by=cast.jana.actor, at=NOW
    )
    session.commit()
    acknowledged: dict[str, list[dict[str, Any]]] = {}
    for key, parts, state, reason, note in saves:
        sheet = read_sheet(session, assessment.id)
        if not sheet.applicability.asks(key):
            continue
        offered = Offered(parts, sheet.answer(key).revision, state, reason, note)
        saved = save_answer(session, sheet, key, offered, by=cast.petr.actor, at=NOW)
        session.commit()
        if saved.written:
            # The sheet that a save hands on decides as one that is read anew.
            afresh = read_sheet(session, assessment.id)
            assert dict(saved.sheet.applicability.asked) == dict(afresh.applicability.asked)
            assert saved.sheet.applicability.answers == afresh.applicability.answers
            assert saved.sheet.progress == afresh.progress
            acknowledged.setdefault(key, []).append(as_json(saved.answer))
    sheet = read_sheet(session, assessment.id)
    for key, versions in acknowledged.items():
        assert as_json(sheet.answer(key)) == versions[-1]
        home = sheet.home_of(sheet.questionnaire.question(key))
        rows = session.scalars(
            select(AnswerRevision)
            .where(AnswerRevision.assessment_id == home, AnswerRevision.question == key)
            .order_by(AnswerRevision.revision)
        ).all()
        assert [(r.revision, r.state.value, r.parts, r.note, r.reason) for r in rows] == [
            (v["revision"], v["state"], v["parts"], v["note"], v["reason"]) for v in versions
        ]

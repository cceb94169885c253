"""A card's sign stands for all that the card shows: what is drawn by sign is what is drawn without."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from assessments.assessment import Assessment, AssessmentState
from assessments.parties import Site
from assessments.sheet.answering import Offered, save_answer
from assessments.sheet.reading import read_sheet
from assessments.values.answers import AnswerState
from assessments.workflow import Refused
from plumbline.supplier import sections
from tests.conftest import Stack
from tests.supplier.test_drawn_once import FRESH
from tests.support.cast import NOW


def drawn(stack: Stack, assessment: Assessment, *, language: str, signed: bool) -> dict[str, str]:
    """Every section's page; without signs every card is made and drawn anew."""
    written: Any = stack.app.jinja_env.globals["written"]
    page: Any = sections
    kept, by_sign = written._drawn, page.sign_of
    if not signed:
        written._drawn = OrderedDict()
        page.sign_of = lambda *_: None
    try:
        visit = stack.visit(stack.cast.petr)
        base = f"/supplier/assessments/{assessment.id}/sections"
        keys = [section.key for section in read_sheet(stack.session, assessment.id).questionnaire.sections]
        return {key: FRESH.sub("", visit.get(f"{base}/{key}?questions={language}").html) for key in keys}
    finally:
        written._drawn, page.sign_of = kept, by_sign


def agree(stack: Stack, assessment: Assessment, language: str = "en") -> None:
    signed = drawn(stack, assessment, language=language, signed=True)
    assert signed == drawn(stack, assessment, language=language, signed=False)


STATES = [None, AnswerState.NOT_KNOWN, AnswerState.WITHHELD, AnswerState.NOT_APPLICABLE]


def test_whatever_is_answered_a_sign_shows_it(embedded: Stack, smelter: Assessment) -> None:
    asked = list(read_sheet(embedded.session, smelter.id).applicability.asked)
    answers = st.tuples(
        st.sampled_from(asked), st.sampled_from(STATES), st.sampled_from([None, "A note.", "Another."])
    )

    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
    @given(answers=st.lists(answers, min_size=4, max_size=10), language=st.sampled_from(["en", "de"]))
    def sequence(answers: list[tuple[str, AnswerState | None, str | None]], language: str) -> None:
        for key, state, note in answers:
            sheet = read_sheet(embedded.session, smelter.id)
            reason = "Nobody does this here." if state is AnswerState.NOT_APPLICABLE else None
            offered = Offered({}, sheet.answer(key).revision, state, reason, note)
            try:
                save_answer(embedded.session, sheet, key, offered, by=embedded.cast.petr.actor, at=NOW)
            except Refused:
                embedded.session.rollback()
                continue
            embedded.session.commit()
        agree(embedded, smelter, language)

    sequence()


@pytest.mark.parametrize("state", [AssessmentState.SUBMITTED, AssessmentState.DRAFT])
def test_a_sign_knows_whether_it_may_be_changed(
    embedded: Stack, smelter: Assessment, state: AssessmentState
) -> None:
    drawn(embedded, smelter, language="en", signed=True)
    embedded.session.execute(
        update(Assessment).where(Assessment.id == smelter.id).values(state=state, submitted_at=NOW)
    )
    embedded.session.commit()
    agree(embedded, smelter)


def test_a_sign_knows_why_it_is_asked(embedded: Stack, smelter: Assessment) -> None:
    drawn(embedded, smelter, language="en", signed=True)
    materials = [{"material": "cobalt", "secondary_share": "0"}, {"material": "tin", "secondary_share": "10"}]
    embedded.session.execute(
        update(Site).where(Site.id == embedded.cast.smelter).values(materials=materials, activities=["REC"])
    )
    embedded.session.commit()
    agree(embedded, smelter)

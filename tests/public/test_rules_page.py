"""The rules in force, as anybody reads them."""

from __future__ import annotations

import re
from dataclasses import asdict

from assessments.base import new_id
from assessments.terms import FIRST_TERMS, TermsRecord
from tests.conftest import Stack
from tests.support.cast import LONG_AGO


def test_a_figure_of_one_is_said_in_the_singular(embedded: Stack) -> None:
    """A steward may set a term to one day, or one month."""
    plain = {name: 1 if isinstance(value, int) else value for name, value in asdict(FIRST_TERMS).items()}
    embedded.session.add(
        TermsRecord(id=new_id(), effective_from=LONG_AGO.date(), figures=plain, published_at=LONG_AGO)
    )
    embedded.session.commit()
    text = embedded.visit().get("/rules").text
    assert "1 month" in text
    assert re.findall(r"\b1 (?:working )?(?:days|months|hours|suppliers)\b", text) == []

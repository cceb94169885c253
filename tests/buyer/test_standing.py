"""Where a site stands: what is the same for all is said once, and what nobody spoke of takes one line."""

from __future__ import annotations

from assessments.result import Layer
from tests.conftest import Stack
from tests.support.acts import disclosed, published, self_declared

SEEN = frozenset({Layer.STATUS, Layer.PROFILE})


def test_topics_nobody_spoke_of_share_a_line(embedded: Stack) -> None:
    result = self_declared(embedded)
    disclosed(embedded, result, layers=SEEN)
    page = embedded.visit(embedded.cast.axel).get(f"/buyer/assessments/{result.assessment_id}")
    table = page.html.partition('<table class="cards standing">')[2].partition("</table>")[0]
    spoken, quiet = table.count("<tr id="), table.count("<span id=")
    assert spoken + quiet == table.count('id="topic-') > 30
    assert 0 < spoken < 5
    assert 0 < table.count('class="unsaid"') < 12, "at most one line for each section"


def test_one_way_of_checking_is_said_once_and_several_by_topic(embedded: Stack) -> None:
    result = published(embedded)
    disclosed(embedded, result, layers=SEEN, topics=frozenset({"ENV.4"}))
    visit = embedded.visit(embedded.cast.axel)
    for address in (
        f"/buyer/assessments/{result.assessment_id}",
        f"/buyer/assessments/{result.assessment_id}?by=step",
    ):
        page = visit.get(address)
        assert page.text.count("How it was checked") == 1, address
        assert "How it was checked: checked on site" in page.text, address
    disclosed(embedded, result, layers=SEEN)
    both = visit.get(f"/buyer/assessments/{result.assessment_id}")
    assert '<th scope="col">How it was checked</th>' in both.html

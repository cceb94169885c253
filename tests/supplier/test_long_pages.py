"""Long pages begin with where they lead: a section with its topics, the summary with what is open."""

from __future__ import annotations

from assessments.assessment import Assessment
from tests.conftest import Stack


def test_a_section_begins_with_a_list_of_its_topics(embedded: Stack, smelter: Assessment) -> None:
    page = embedded.visit(embedded.cast.petr).get(f"/supplier/assessments/{smelter.id}/sections/ENV")
    listed = page.html.partition('aria-labelledby="topics-here"')[2].partition("</nav>")[0]
    leads = [part.partition('"')[0] for part in listed.split('href="#')[1:]]
    assert len(leads) > 4
    assert leads == [part.partition('"')[0] for part in page.html.split('class="topic" id="')[1:]]
    short = embedded.visit(embedded.cast.petr).get(f"/supplier/assessments/{smelter.id}/sections/GRV")
    assert "topics-here" not in short.html, "two topics need no list"


def test_what_is_open_stands_under_its_section(embedded: Stack, smelter: Assessment) -> None:
    page = embedded.visit(embedded.cast.petr).get(f"/supplier/assessments/{smelter.id}/summary")
    opened = page.html.partition('id="open"')[2].partition("</section>")[0]
    groups = opened.split('<h3 class="of-open">')[1:]
    assert len(groups) > 5
    for group in groups:
        sections = {part.partition("#")[0] for part in group.split("/sections/")[1:]}
        assert len(sections) == 1, sections
        assert "Not answered" in group, "the state is read out, too"

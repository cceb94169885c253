"""Help that suits the company, on the section's page: by size, activity and material."""

from __future__ import annotations

from assessments.assessment import Assessment
from assessments.questionnaire.languages.translation import library_in
from tests.conftest import Stack
from tests.supplier.conftest import form_of
from tests.support.statements import as_a_server, counted


def steps_in(page: str, topic: str) -> str:
    """What stands below the ladder of a topic, up to the next one."""
    after = page.split(f'id="{topic}"', 1)[1]
    return after.split("help-next", 1)[1].split("</details>", 1)[0]


def test_a_smelter_of_many_people_reads_the_steps_that_suit_it(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    path = f"/supplier/assessments/{smelter.id}/sections/OHS"
    shown = visit.get(path)
    there = steps_in(shown.html, "level-OHS-1")
    assert "Write on one page who looks after which danger on each shift." in there
    assert "Walk the site with everyone." not in there
    assert 'href="/library/safety_duties"' in there
    ladder = form_of(shown, "section-OHS")
    visit.post(path, {**ladder, "level-OHS-1.level": ["3"]})
    there = steps_in(visit.get(path).html, "level-OHS-1")
    assert "Before the next big repair" in there
    assert "who looks after which danger" not in there


def test_the_page_that_a_step_points_to_is_in_the_language_of_the_questions(
    embedded: Stack, smelter: Assessment
) -> None:
    visit = embedded.visit(embedded.cast.petr)
    visit.get(f"/supplier/assessments/{smelter.id}/sections/OHS?questions=de")
    assert visit.get("/library/safety_duties").heading == library_in("de")["safety_duties"].title


def test_a_step_costs_no_statement(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    counts = []
    for key in ("OHS", "PRO", "OHS"):  # the first reads the questionnaire; PRO has no steps
        path = f"/supplier/assessments/{smelter.id}/sections/{key}"
        with counted(embedded.engine) as ran:
            as_a_server(visit.client.get, path)
        counts.append(len(ran))
    assert counts[1] == counts[2]

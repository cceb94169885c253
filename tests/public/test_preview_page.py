"""What a company like mine would be asked: described in an address, nothing stored, every reason said."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from sqlalchemy import select

from assessments.assessment import QuestionnaireVersion
from assessments.questionnaire.asking import walk
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.loading import load_pack
from assessments.sheet.reading import questionnaire_of
from tests.conftest import Stack

EXPECTED: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[1] / "questionnaire" / "profiles" / "expected.yaml").read_text("utf-8")
)
COPPER = (
    "/questions/preview?employees=220&positions=SEM&materials=copper&materials=zinc&countries=DEU"
    "&origins=POL&production=yes"
)


def shown_pack(stack: Stack) -> Questionnaire:
    """The questionnaire that the page shows, the very one that this process keeps."""
    newest = stack.session.scalars(select(QuestionnaireVersion.id)).one()
    return questionnaire_of(stack.session, newest)[0]


def asked_in(text: str) -> int:
    return int(text.split(" of 206 questions")[0].split()[-1])


def test_before_anything_is_told_there_is_a_form_and_eight_examples(published: Stack) -> None:
    page = published.visit().get("/questions/preview")
    assert "Nothing is described yet" in page.text
    examples = [link for link in page.links() if link.startswith("/questions/preview?employees=")]
    assert len(examples) == len(EXPECTED) == 8
    for one in EXPECTED.values():
        assert f"{one['total']} of 206" in page.text


def test_each_example_opens_filled_in_with_its_published_count(published: Stack) -> None:
    visit = published.visit()
    links = [
        link
        for link in visit.get("/questions/preview").links()
        if link.startswith("/questions/preview?employees=")
    ]
    counts = []
    for link in links:
        page = visit.get(link)
        counts.append(asked_in(page.text))
        told = parse_qs(urlsplit(link).query)
        assert page.values()["employees"] == told["employees"][0]
        assert not page.text.count("Nothing is described yet")
    assert sorted(counts) == sorted(one["total"] for one in EXPECTED.values())


def test_however_many_are_described_what_saves_remember_stays(
    published: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may describe companies without end; suppliers' decisions are kept beside, not among them."""
    monkeypatch.setattr(walk, "MOST_KEPT", 30)
    monkeypatch.setattr(walk, "MOST_DESCRIBED", 40, raising=False)
    pack = shown_pack(published)
    saved = walk.walked(pack, {"employees": 12}, frozenset(), {})
    visit = published.visit()
    for employees in range(301, 306):
        assert visit.get(f"/questions/preview?employees={employees}&positions=SEM").status == 200
    assert walk.walked(pack, {"employees": 12}, frozenset(), {}) is saved
    assert len(walk._DESCRIBED[pack]) <= 40


def test_every_question_stands_there_once_with_its_reason(published: Stack) -> None:
    page = published.visit().get(COPPER)
    for question in load_pack().questions:
        assert f"{question.key} {question.text}" in page.text
    assert page.text.count("Asked because") == asked_in(page.text)
    assert page.text.count("sked because") == 206
    assert "Not asked because ENV-23 has no answer yet." in page.text
    assert "Asked because your company has 220 people." in page.text
    assert "8 more questions may follow, as earlier answers open them." in page.text


def test_the_sections_add_up_and_say_how_long_they_take(published: Stack) -> None:
    page = published.visit().get(COPPER)
    assert "Company profile 14 of 16 45 min" in page.text
    assert "About 11 hours" in page.text
    small = published.visit().get("/questions/preview?employees=8&positions=SRV")
    assert "About 124 minutes" in small.text


def test_what_is_chosen_can_be_taken_off_and_the_address_shared(published: Stack) -> None:
    visit = published.visit()
    links = visit.get(COPPER).links()
    without_zinc = COPPER.replace("&materials=zinc", "")
    assert without_zinc in links
    assert "Zinc ✕" not in visit.get(without_zinc).text
    assert visit.get(COPPER).html == visit.get(COPPER).html


def test_names_of_countries_and_materials_are_understood_in_any_case(published: Stack) -> None:
    visit = published.visit()
    by_name = visit.get(COPPER.replace("=copper", "=Copper").replace("=DEU", "=germany"))
    assert asked_in(by_name.text) == asked_in(visit.get(COPPER).text)


def test_what_is_not_understood_is_said_at_its_field_and_the_rest_is_shown(published: Stack) -> None:
    page = published.visit().get(
        "/questions/preview?employees=many&materials=unobtainium&positions=MAN&countries=x"
    )
    assert page.status == 200
    assert "“unobtainium” is no material of the list." in page.text
    assert "“x” is no country of the list." in page.text
    assert "Write a number of people, such as 25." in page.text
    assert page.values()["materials"] == "unobtainium"
    assert page.values()["employees"] == "many"
    assert "of 206 questions" in page.text


@pytest.mark.parametrize(
    "query", ["employees=-3", "employees=99999999999999", "employees=%00", "positions=NO", "production=&x=1",
              "because=nonsense&employees=5", "materials=" + "tin;" * 400, "employees=５",
              "employees=" + "9" * 5000],
)  # fmt: skip
def test_nonsense_never_breaks_the_page(published: Stack, query: str) -> None:
    assert published.visit().get(f"/questions/preview?{query}").status in {200, 422}


def test_a_reason_filters_the_list(published: Stack) -> None:
    visit = published.visit()
    page = visit.get(f"{COPPER}&because=materials")
    assert "MIN-01" in page.text
    assert "MGT-05 How often" not in page.text
    assert any(link.endswith("because=size#each") for link in page.links())


def test_one_thing_changed_tells_how_many_come_or_go(published: Stack) -> None:
    visit = published.visit()
    page = visit.get(COPPER)
    assert "If it were different" in page.text
    eight = next(link for link in page.links() if "employees=8&" in link and "positions=SEM" in link)
    assert asked_in(visit.get(eight).text) == 60
    assert "8 people instead 60 −" in page.text


def test_materials_and_countries_are_named_in_the_language_of_the_questions(published: Stack) -> None:
    visit = published.visit()
    page = visit.get("/questions/preview?employees=60&materials=Zinn&countries=Tschechien&questions=de")
    assert "MIN-01" in page.text
    assert '<span lang="de">Zinn</span>' in page.html
    assert "Wird gefragt, weil" in page.text
    assert {"tin", "CZE"} <= {field.get("value") for field in page.tree.iter("input")}
    mixed = visit.get("/questions/preview?employees=60&materials=Tin&countries=Czechia&questions=fr")
    assert '<span lang="fr">Étain</span>' in mixed.html

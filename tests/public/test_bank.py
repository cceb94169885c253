"""The public bank of questions: everything of every question, found by words and filters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from assessments.authoring.versions import publish_version
from assessments.parties import SYSTEM
from assessments.questionnaire.pack.loading import load_pack
from assessments.questionnaire.versions.published import sealed
from tests.conftest import Stack
from tests.support.assessing import standard


def test_nobody_needs_an_account_and_the_places_stand_at_the_top(published: Stack) -> None:
    page = published.visit().get("/questions")
    assert page.status == 200
    assert {"/questions", "/risks", "/standards", "/library", "/sign-in"} <= set(page.links())
    for topic in load_pack().topics:
        assert f"/questions/{topic.key}" in page.links()
    assert "206 questions in 46 topics" in page.text
    assert "/library" in published.visit().get("/").links()


def test_a_signed_in_person_reads_the_same_with_their_own_places(published: Stack) -> None:
    page = published.visit(published.cast.petr).get("/questions/OHS.1")
    assert page.status == 200
    assert "/supplier/" in page.links()
    assert {"/questions", "/library"} <= set(page.links())


@pytest.mark.parametrize("topic", [topic.key for topic in load_pack().topics])
def test_a_topic_shows_everything_of_its_questions(published: Stack, topic: str) -> None:
    page = published.visit().get(f"/questions/{topic}")
    found = load_pack().topic(topic)
    for question in found.questions:
        texts = [question.text, question.help, question.why, *(part.label for part in question.parts)]
        for expected in question.evidence:
            texts += [expected.expect, *expected.small]
        texts += [mapping.leaves for mapping in question.mappings.values() if mapping.leaves]
        for text in texts:
            assert " ".join(text.split()) in page.text, (question.key, text)
        assert all(key in page.text for key in question.mappings)
    if found.guide:
        for rung in found.guide.ladder.values():
            assert rung.sees in page.text
        for step in found.guide.next_steps:
            assert step.do in page.text
    assert "{" not in page.text


def test_a_topic_tells_which_certificates_are_recognised(published: Stack) -> None:
    page = published.visit().get("/questions/ENV.1")
    assert "Recognised certificates" in page.text
    assert "ISO 14001 (environment) for parts of the topic" in page.text
    assert "ENV-01 (ISO14001.4, ISO14001.5, ISO14001.8.1; offers an answer)" in page.text
    assert "where it is about Aluminium" in page.text
    german = published.visit().get("/questions/MIN.1?questions=de").text
    assert "RMAP (Hütten und Raffinerien)" in german
    assert "Recognised certificates" not in published.visit().get("/questions/SCM.1").text


def test_a_question_says_when_it_is_asked_and_how_long_evidence_counts(published: Stack) -> None:
    page = published.visit().get("/questions/OHS.1")
    assert "Asked when this site mines, makes, treats or stores materials." in page.text
    assert "It belongs to the standard depth." in page.text
    assert "counts for 36 months" in page.text
    assert "counts until its own end date" in page.text
    assert "Only if “In use at this site” does not name “No written system yet”" in page.text
    assert "when your company has 1 to 49 people" in page.text
    assert "/library/safety_duties" in page.links()
    assert "/standards/ISO45001#ISO45001.4" in page.links()


def test_words_and_filters_find_questions(published: Stack) -> None:
    visit = published.visit()
    water = visit.get("/questions?q=process+water")
    assert "ENV-24" in water.text
    assert "GRV-10" not in water.text
    assert "/questions/ENV.4#ENV-24" in water.links()
    core = visit.get("/questions?tier=core&level=company&standard=VSME")
    pack = load_pack()
    fitting = [
        q.key for q in pack.questions
        if q.tier == "core" and q.level == "company"
        and any(key.startswith("VSME.") for key in (*q.mappings, *q.vsme))
    ]  # fmt: skip
    assert f"{len(fitting)} questions of 206" in core.text
    assert all(key in core.text for key in fitting)
    assert "/questions?level=company&standard=VSME" in core.links(), "each filter can be taken off"
    assert "206 questions" in visit.get("/questions?all=yes").text


def test_nothing_found_and_nonsense_are_said(published: Stack) -> None:
    visit = published.visit()
    for address in ("/questions?q=zeppelin", "/questions?tier=deep", "/questions?standard=ISO1"):
        page = visit.get(address)
        assert page.status == 200
        assert "No question fits" in page.text
    assert visit.get("/questions/NONE.9").status == 404
    assert visit.get("/questions?version=9.9").status == 404
    assert visit.get("/questions/ohs.1").heading == "Safety system and how workers take part"


def test_before_anything_is_published_the_pack_is_shown(embedded: Stack) -> None:
    page = embedded.visit().get("/questions")
    assert "nothing is published here yet" in page.text
    assert embedded.visit().get("/questions/OHS.1?version=1.0").status == 200


def test_an_earlier_version_can_be_chosen_and_the_difference_read(published: Stack) -> None:
    pack = standard()
    first = pack.sections[0]
    changed = sealed(
        replace(pack, version="1.1", sections=(replace(first, title="The firm"), *pack.sections[1:]))
    )
    publish_version(published.session, changed, by=SYSTEM, at=datetime.now(UTC) + timedelta(seconds=1))
    published.session.commit()
    visit = published.visit()
    newest = visit.get("/questions")
    assert "The firm" in newest.text
    assert {"/questionnaire/changes/1.0/1.1", "?version=1.0"} <= set(newest.links())
    earlier = visit.get("/questions?version=1.0")
    assert "Company profile" in earlier.text
    assert "/questions/PRO.1?version=1.0" in earlier.links()
    assert "Company profile" in visit.get("/questions/PRO.1?version=1.0").text


@pytest.mark.parametrize(
    "address", ["/questions", "/questions/steps", "/questions?q=water", "/questions/OHS.1",
                "/questions/preview", "/standards",
                "/standards/VSME", "/risks/cobalt?country=COD", "/library/safety_duties"],
)  # fmt: skip
def test_a_public_page_takes_one_statement(
    published: Stack, statements: Callable[[Stack, str], int], address: str
) -> None:
    assert statements(published, address) == 1


@pytest.mark.parametrize("address", ["/risks", "/library", "/library/safety_duties.txt"])
def test_what_needs_no_questionnaire_takes_none(
    published: Stack, statements: Callable[[Stack, str], int], address: str
) -> None:
    assert statements(published, address) == 0


def test_on_either_database_anybody_reads_what_is_published(stack: Stack) -> None:
    publish_version(stack.session, standard(), by=SYSTEM, at=datetime.now(UTC))
    stack.session.commit()
    page = stack.visit().get("/questions")
    assert "Questionnaire 1.0, published on" in page.text
    assert stack.visit().get("/questions/preview?employees=8&positions=SRV").status == 200
    assert stack.visit().get("/risks/tin").status == 200

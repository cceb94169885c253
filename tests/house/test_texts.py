"""Every sentence that a person reads can be translated, and is where a catalogue has it."""

import ast
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Flask, make_response

from assessments.assessment import ASSESSMENT_MOVES, AssessmentState
from assessments.parties import Role
from assessments.sentences import N_, CodeWord, Sentence
from assessments.values.problems import BadValue
from assessments.workflow import Invalid, Refused
from infra.check import texts
from plumbline import rendering
from plumbline.app import create_app
from plumbline.errors import refused
from plumbline.settings import from_environment
from plumbline.translated import in_language, told, told_faults, words
from tests.conftest import environment


@pytest.fixture(scope="module")
def found() -> texts.Found:
    return texts.collect()


@pytest.fixture(scope="module")
def brackets(tmp_path_factory: pytest.TempPathFactory, found: texts.Found) -> Iterator[Flask]:
    """The application with a German in which every text stands in brackets, its places kept."""
    folder = tmp_path_factory.mktemp("catalogues")
    made = Catalog(locale="de")
    for context, text, plural in found.texts:
        marked = (f"[{text}]", f"[{plural}]") if plural else f"[{text}]"
        made.add((text, plural) if plural else text, marked, context=context)
    (folder / "de/LC_MESSAGES").mkdir(parents=True)
    with (folder / "de/LC_MESSAGES/messages.mo").open("wb") as file:
        write_mo(file, made)
    app = create_app(from_environment(environment(tmp_path_factory.mktemp("var"))))
    app.extensions["babel"].default_directories = [str(folder)]
    app.extensions["babel"].translation_directories = [str(folder)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rendering, "OFFERED", ("en", "de"))
        yield app


def test_the_catalogue_of_texts_is_up_to_date(found: texts.Found) -> None:
    there, now = texts.CATALOGUE.read_text(encoding="utf-8"), texts.catalogue(found)
    changed = sorted(set(there.splitlines()) ^ set(now.splitlines()))
    assert changed == [], "run: make texts"
    assert there == now, "run: make texts"


def test_no_sentence_escapes_the_catalogue(found: texts.Found) -> None:
    assert found.faults == []


def test_a_sentence_put_together_in_place_is_found(tmp_path: Path) -> None:
    found = texts.Found()
    for line in ('Refused(f"No {x}.")', 'Invalid("Bad.", {"a": "b " + x})', 'Refused("a" if x else f"{x}")'):
        call = ast.parse(line).body[0].value  # type: ignore[attr-defined]
        for sentence in texts._sentences(call, (0, 1)):
            texts._sentence(sentence, "a.py", found)
    assert len(found.faults) == 3
    assert {text for _context, text, _plural in found.texts} == {"Bad.", "a"}


def test_a_refusal_is_said_in_the_language_of_the_page(brackets: Flask) -> None:
    closed = Refused(N_("The site %(site)s is closed.", site="Nord [1] 5%"), "Choose another firm.")
    with brackets.test_request_context(headers={"Accept-Language": "de"}):
        assert told(closed) == "[The site Nord [1] 5% is closed.] [Choose another firm.]"
    with brackets.test_request_context(headers={"Accept-Language": "en"}):
        assert told(closed) == "The site Nord [1] 5% is closed. Choose another firm."


def test_code_words_and_days_inside_a_sentence_are_said_too(brackets: Flask) -> None:
    with pytest.raises(Refused) as refusal:
        ASSESSMENT_MOVES.move("publish", AssessmentState.DRAFT, Role.STEWARD_REVIEWER)
    day = N_("The supplier can reply until %(day)s.", day=date(2026, 5, 12))
    with brackets.test_request_context(headers={"Accept-Language": "de"}):
        said = told(refusal.value)
        assert in_language(day) == "[The supplier can reply until 12 Mai 2026.]"
        assert words("on_site") == "[on site]"
    assert said.startswith("[This [assessment] is [draft]; it cannot [publish] from there.]")
    assert str(day) == "The supplier can reply until 2026-05-12."


def test_each_fault_of_a_form_is_said_at_its_place(brackets: Flask) -> None:
    bad = BadValue("OHS-01.count", N_("%(value)s is not a number", value="“x”"), "enter digits, such as 12.5")
    error = Invalid("The title is too long.", {"count": bad.sentence})
    with brackets.test_request_context(headers={"Accept-Language": "de"}):
        assert told_faults(error) == {"count": "[“x” is not a number]. [enter digits, such as 12.5]."}
    assert error.faults["count"] == "“x” is not a number. Enter digits, such as 12.5."


def test_a_problem_of_the_interface_is_said_in_the_language_asked_for(brackets: Flask) -> None:
    error = Refused(N_("The site %(site)s is closed.", site="Nord"), "Choose another firm.")
    with brackets.test_request_context("/api/v1/sites", headers={"Accept-Language": "de"}):
        answer = make_response(refused(error))
    assert answer.json is not None
    assert answer.json["title"] == "[The site Nord is closed.]"
    assert answer.json["detail"] == "[Choose another firm.]"


def test_a_marked_sentence_reads_as_english_everywhere_else() -> None:
    sentence = N_(
        "%(state)s, %(places)s: 5%%", state=CodeWord("in_review"), places=("a", CodeWord("on_site"))
    )
    assert isinstance(sentence, str)
    assert sentence == "in review, a, on site: 5%"
    assert Sentence("100% of it") == "100% of it"

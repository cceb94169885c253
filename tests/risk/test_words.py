"""What our own tables say, in each language of the questionnaire; English, marked so, where none fits."""

from __future__ import annotations

import re

import pytest

from assessments.questionnaire.languages.phrases import wording_of
from assessments.questionnaire.languages.translation import SOURCE, in_language
from assessments.questionnaire.pack.loading import load_pack
from assessments.questionnaire.pack.words import unwanted
from assessments.risk.chain import facts_of_material, uses_of
from assessments.risk.inherent import country_names, material_names, materials
from assessments.risk.tables import rows
from assessments.risk.words import said_of

LANGUAGES = [language for language in load_pack().languages if language != SOURCE]


def own_texts() -> list[tuple[str, str, str]]:
    found = [("uses", key, uses_of(key)) for key in materials() if uses_of(key)]
    found += [(f.what, key, f.said) for key in materials() for f in facts_of_material(key) if f.what]
    for key, material in materials().items():
        for risk in material.risks:
            found += [("risk", risk.risk, risk.name), ("note", f"{key}/{risk.risk}", risk.note)]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_ours_is_there_in_every_language(language: str) -> None:
    assert len(own_texts()) > 400
    for what, key, english in own_texts():
        text, in_which = said_of(what, key, english, language)
        assert in_which == language, (what, key)
        assert re.findall(r"\d+", text) == re.findall(r"\d+", english), (what, key, text)
        assert not list(unwanted(text)), text


def test_no_row_is_left_over() -> None:
    wanted = {(what, key) for what, key, _english in own_texts()}
    assert {(row["what"], row["key"]) for row in rows("words.csv")} == wanted
    assert len(rows("words.csv")) == len(wanted)


def test_a_text_that_changed_shows_its_english_and_says_so() -> None:
    assert said_of("risk", "child", "child labour", "de") == ("Kinderarbeit", "de")
    assert said_of("risk", "child", "children at work", "de") == ("children at work", "en")
    assert said_of("risk", "noise", "noise", "de") == ("noise", "en")
    assert said_of("risk", "child", "child labour", "pt") == ("child labour", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_material_and_country_has_a_name(language: str) -> None:
    wording = wording_of(in_language(load_pack(), language))
    assert wording.materials.keys() == material_names().keys()
    assert wording.countries.keys() == country_names().keys()
    same = {key for key, name in material_names().items() if wording.materials[key] == name}
    assert len(same) < len(material_names()) / 2, "names alike in both languages are the exception"

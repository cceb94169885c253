"""What is exported comes back as it was, in every format, also the whole standard questionnaire."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from assessments.questionnaire.formats.draft import Draft, Field, Repeat
from assessments.questionnaire.formats.files import Format, Sent, read_sent, write_draft
from assessments.questionnaire.formats.of_questionnaire import draft_of
from assessments.questionnaire.languages.translation import read_translation, told
from assessments.questionnaire.pack.loading import PACKS, load_pack
from assessments.questionnaire.rules import Op, PartSource, Test
from assessments.questionnaire.vocabulary import PartKind
from tests.questionnaire_formats.drafts import drafts

WRITTEN = [Format.XLSFORM, Format.XLSFORM_CSV, Format.SURVEYJS, Format.OSCAL]

# Making a failing draft smaller takes minutes; its items stand in the assertion.
QUICK = [Phase.explicit, Phase.reuse, Phase.generate]


def back(draft: Draft, form: Format) -> Draft:
    files, _report = write_draft(draft, form)
    name = next(iter(files))
    reading = read_sent(Sent(name, files[name], files), None)
    assert reading.refused is None
    assert reading.format is form
    assert reading.draft is not None
    return reading.draft


@pytest.mark.parametrize("form", WRITTEN)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), phases=QUICK)
@given(draft=drafts())
def test_every_draft_survives_export_and_import(form: Format, draft: Draft) -> None:
    found = back(draft, form)
    assert found.items == draft.items
    assert found == draft


@pytest.fixture(scope="module")
def standard() -> Draft:
    own = load_pack()
    others = {
        language: told(own, read_translation(PACKS / "standard", language))
        for language in own.languages
        if language != "en"
    }
    return draft_of(own, others)


@pytest.mark.parametrize("form", WRITTEN)
def test_the_standard_questionnaire_survives_in_all_its_languages(form: Format, standard: Draft) -> None:
    assert back(standard, form) == standard


@pytest.mark.parametrize("form", WRITTEN)
def test_the_same_draft_gives_the_same_bytes(form: Format, standard: Draft) -> None:
    small = replace(standard, items=standard.items[:3])
    assert write_draft(small, form)[0] == write_draft(small, form)[0]


def test_conditions_on_the_things_of_a_repeat_are_said_to_surveyjs() -> None:
    """In the words that survey-core evaluates: an inner text in escaped quotes."""
    metal = Field("metal", PartKind.SHORT_TEXT, label={"en": "Metal"})
    tin = Test(PartSource("metals", "metal"), Op.IS, "tin")
    some = Test(PartSource("metals"), Op.GIVEN, True)
    items = (
        Repeat("metals", {"en": "Metals"}, items=(metal,)),
        replace(metal, name="a", relevant=tin),
        replace(metal, name="b", relevant=replace(tin, op=Op.IS_NOT)),
        replace(metal, name="c", relevant=some),
    )
    draft = Draft("d", {"en": "D"}, "1", ("en",), items)
    files, report = write_draft(draft, Format.SURVEYJS)
    (raw,) = files.values()
    said = [each["visibleIf"] for each in json.loads(raw)["elements"] if "visibleIf" in each]
    counted = r"countInArray({metals}, 'metal', '{metal} = \'tin\'')"
    assert said == [f"{counted} > 0", f"{counted} = 0", "{metals} notempty"]
    assert not report.remarks
    assert read_sent(Sent("d.json", raw)).draft == draft

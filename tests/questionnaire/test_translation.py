"""Translations: what shows where a text is missing or stale, the translator's sheet, what a check refuses."""

from __future__ import annotations

import csv
import io
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from assessments.questionnaire.languages.telling import Place, texts_of, told_again
from assessments.questionnaire.languages.translating import (
    BadSheet,
    Row,
    missing_in,
    read_sheet_rows,
    sheet_of,
    take,
)
from assessments.questionnaire.languages.translation import coverage, in_language, read_translation, told
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.checking import check_pack
from assessments.questionnaire.pack.loading import load_pack, read_pack

SMALL = Path(__file__).parent / "packs" / "small"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """The small pack, in English and German, with nothing translated yet."""
    folder = tmp_path / "small"
    shutil.copytree(SMALL, folder)
    file = folder / "pack.yaml"
    file.write_text(file.read_text().replace("languages: [en]", "languages: [en, de]"))
    return folder


def _say(place: Place, english: str) -> str:
    """A German that keeps slots and numbers: good enough for what is tested here."""
    return f"{english.rstrip('.?')} (auf Deutsch)"


def _whole(folder: Path) -> Questionnaire:
    """Translate all of it by the sheet, as a translator would; the questionnaire read anew."""
    questionnaire = read_pack(folder)
    rows = [
        Row(i, gap.place, gap.english, _say(gap.place, gap.english))
        for i, gap in enumerate(missing_in(folder, questionnaire, "de"), 2)
    ]
    taken = take(folder, questionnaire, "de", rows)
    assert (taken.written, taken.empty, taken.refused) == (len(rows), 0, ())
    return read_pack(folder)


def test_telling_every_text_as_it_is_changes_nothing() -> None:
    pack = load_pack()
    again = told_again(pack, lambda _place, text: text)
    assert texts_of(again) == texts_of(pack)
    assert again.questions == pack.questions
    assert [topic.guide for topic in again.topics] == [topic.guide for topic in pack.topics]


def test_a_translated_pack_says_every_text_and_keeps_keys_rules_and_digest(pack: Path) -> None:
    english = _whole(pack)
    german = told(english, read_translation(pack, "de"))
    assert missing_in(pack, english, "de") == []
    assert coverage(english, pack) == {"en": 1.0, "de": 1.0}
    assert (german.language, german.untranslated, german.digest) == ("de", frozenset(), english.digest)
    for place, text in texts_of(german).items():
        if place.path[:2] != ("lists", "countries"):
            assert text.endswith("(auf Deutsch)"), place
    assert [question.rule for question in german.questions] == [q.rule for q in english.questions]


def test_countries_have_their_names_from_elsewhere(pack: Path) -> None:
    german = told(replace(load_pack(), languages=("en", "de")), read_translation(pack, "de"))
    country = german.question("PRO-01").part("country")
    assert (country.options["CZE"], country.options["COD"]) == ("Tschechien", "Kongo-Kinshasa")


def test_a_text_that_is_missing_shows_english_and_is_named(pack: Path) -> None:
    english = _whole(pack)
    file = next((pack / "ohs").glob("ohs-1.de.yaml"))
    line = next(line for line in file.read_text().splitlines() if line.strip().startswith("why:"))
    file.write_text(file.read_text().replace(line + "\n", "", 1))
    german = told(english, read_translation(pack, "de"))
    [name] = german.untranslated
    assert name in {question.key for question in english.questions}
    assert german.question(name).why == english.question(name).why
    assert german.question(name).text.endswith("(auf Deutsch)")
    assert coverage(english, pack)["de"] < 1


def test_a_changed_english_text_takes_its_unit_back_to_english_until_it_is_given_again(pack: Path) -> None:
    before = _whole(pack)
    question = before.section("OHS").topics[0].questions[0]
    file = pack / "ohs" / "ohs-1.yaml"
    file.write_text(file.read_text().replace(question.why, "Because it was changed."))
    after = read_pack(pack)
    german = told(after, read_translation(pack, "de"))
    assert german.untranslated == {question.key}
    assert german.question(question.key).text == question.text
    others = [each for each in german.questions if each.key != question.key]
    assert {each.text.endswith("(auf Deutsch)") for each in others} == {True}
    gaps = missing_in(pack, after, "de")
    assert {gap.place.path[:2] for gap in gaps} == {("questions", question.key)}
    assert all(gap.stale and gap.old for gap in gaps)
    # A version published before the change still says what the translation was made from.
    assert told(before, read_translation(pack, "de")).untranslated == frozenset()
    # What the sheet gives again counts; the rest of the unit is asked for again.
    taken = take(pack, after, "de", [Row(2, gaps[0].place, gaps[0].english, "Neu")])
    assert taken.written == 1
    again = told(after, read_translation(pack, "de"))
    assert texts_of(again)[gaps[0].place] == "Neu"
    left = missing_in(pack, after, "de")
    assert {gap.english for gap in left} == {gap.english for gap in gaps[1:]}
    assert not any(gap.stale for gap in left)


def test_the_sheet_goes_out_and_comes_back_through_a_spreadsheet(pack: Path) -> None:
    questionnaire = read_pack(pack)
    gaps = missing_in(pack, questionnaire, "de")
    lines = list(csv.DictReader(io.StringIO(sheet_of(gaps))))
    assert len(lines) == len(gaps)
    for line in lines:
        line["translation"] = f"{line['english']} (auf Deutsch)"
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(lines[0]))
    writer.writeheader()
    writer.writerows(lines)
    taken = take(pack, questionnaire, "de", read_sheet_rows("\ufeff" + out.getvalue()))
    assert (taken.written, taken.refused) == (len(gaps), ())
    assert check_pack(pack, profiles=[]) == check_pack(SMALL, profiles=[])


def test_an_element_with_dots_in_its_id_keeps_its_place() -> None:
    place = Place("ohs/ohs-1.yaml", ("questions", "OHS-01", "mappings", "GRI.403-8", "leaves"))
    text = f"file,path,english,translation\n{place.file},{'.'.join(place.path)},a,b\n"
    assert [row.place for row in read_sheet_rows(text)] == [place]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("path,english\n", "line 1 lacks file, translation"),
        ("", "line 1 lacks"),
        ("file,path,english,translation\n,,a,b\n", "line 2 names no file and path"),
    ],
)
def test_a_sheet_that_is_none_is_refused_by_its_line(text: str, said: str) -> None:
    with pytest.raises(BadSheet, match=said):
        read_sheet_rows(text)


def test_a_row_that_does_not_fit_is_refused_and_the_others_are_taken(pack: Path) -> None:
    questionnaire = read_pack(pack)
    english = texts_of(questionnaire)
    slotted = next(place for place, text in english.items() if "{" in text)
    fine, other = list(english)[:2]
    rows = [
        Row(2, slotted, english[slotted], "ohne Platz"),
        Row(3, Place("ohs/none.yaml", ("title",)), "x", "y"),
        Row(4, other, "an older English", "y"),
        Row(5, fine, english[fine], "gut"),
        Row(6, other, english[other], ""),
    ]
    taken = take(pack, questionnaire, "de", rows)
    assert (taken.written, taken.empty) == (1, 1)
    assert [line for line, _why in taken.refused] == [2, 3, 4]
    assert "slots" in taken.refused[0][1] or "numbers" in taken.refused[0][1]
    assert "no text of this pack" in taken.refused[1][1]
    assert "has changed" in taken.refused[2][1]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("language: de", "language: nl", "write language: de"),
        ("state: draft", "state: done", "use machine, draft, reviewed"),
        ("digests:\n", 'digests:\n  questions.OHS-99: "00000000"\n', "is no unit of the English file"),
        ("\ntitle: ", "\ntitel: ", "stands nowhere in the English file"),
        (" (auf Deutsch)", " wird gewährleistet (auf Deutsch)", "says “gewährleistet”"),
        (" (auf Deutsch)", " 4711 (auf Deutsch)", "has the numbers"),
        (" (auf Deutsch)", " <b>laut</b>", "holds HTML"),
    ],
)
def test_a_fault_in_a_translation_is_named_with_its_place(pack: Path, old: str, new: str, said: str) -> None:
    _whole(pack)
    file = pack / "ohs" / "ohs-1.de.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    told_so = [
        str(problem) for problem in check_pack(pack, profiles=[]) if problem.file == "ohs/ohs-1.de.yaml"
    ]
    assert any(said in line for line in told_so), told_so


def test_a_long_label_is_named_since_a_phone_has_no_room(pack: Path) -> None:
    _whole(pack)
    file = pack / "ohs" / "ohs-1.de.yaml"
    label = next(line for line in file.read_text().splitlines() if line.strip().startswith("label:"))
    file.write_text(
        file.read_text().replace(label, label.replace("(auf", "und noch viel mehr Worte als nötig (auf"), 1)
    )
    assert any("shorten the thought" in str(problem) for problem in check_pack(pack, profiles=[]))


def test_an_unknown_language_shows_english() -> None:
    pack = load_pack()
    assert in_language(pack, "xx") is pack
    assert in_language(pack, "en") is pack
    assert in_language(pack, "de") is in_language(pack, "de")

"""Checking the translations of a pack: each file read strictly, each text held against its English."""

from __future__ import annotations

from pathlib import Path

from assessments.questionnaire.languages.telling import Place
from assessments.questionnaire.languages.translation import (
    HEAD,
    SOURCE,
    digests_in,
    texts_in,
    texts_of_pack,
    translated_file,
)
from assessments.questionnaire.languages.translation_faults import faults_of
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.reading import Cursor, Report, read_yaml

STATES = ("machine", "draft", "reviewed")
"""Who has read a translation: nobody, its writer, a native speaker from the sector."""

LONGEST_LABEL = 1.6
"""How much longer than the English a label may be; short ones get SLACK characters instead."""

SLACK = 20


def check_translations(questionnaire: Questionnaire, folder: Path, report: Report) -> None:
    """Note every fault of the translations of a pack that loads. What is missing is none: see coverage."""
    english = texts_of_pack(questionnaire, folder)
    files = dict.fromkeys(place.file for place in english)
    for language in questionnaire.languages:
        if language != SOURCE:
            for file in files:
                if (folder / translated_file(file, language)).exists():
                    _check_file(file, language, english, folder, report)


def _check_file(file: str, language: str, english: dict[Place, str], folder: Path, report: Report) -> None:
    name = translated_file(file, language)
    tree = read_yaml(folder / name, name, report)
    if tree is None:
        return
    place = Cursor(tree, name, "", report)
    if not isinstance(tree, dict) or not all(place.has(key) for key in HEAD):
        report.add(name, "", "has no head", "open it with translation: and digests:, as the other files do")
        return
    _check_head(place, file, language)
    known = {unit for (_file, unit), _digest in digests_in(tree, file)}
    units = {found.unit for found in english if found.file == file}
    for unit in sorted(known - units):
        place.problem("is no unit of the English file", "remove its digest", f"digests.{'.'.join(unit)}")
    for found, text in texts_in(tree, file):
        path = ".".join(found.path)
        if found not in english:
            place.problem("stands nowhere in the English file", "remove it, or mend its keys", path)
        elif found.unit not in known:
            place.problem("is of a unit without a digest", "use plumbline questionnaire translate", path)
        else:
            for said, cure in faults_of(found, english[found], text, language):
                place.problem(said, cure, path)
            _check_length(place, found, english[found], text, language)


def _check_head(place: Cursor, file: str, language: str) -> None:
    head = place.down("translation")
    if not head.keys(("of", "language", "source", "state")):
        return
    for key, value in (("of", file), ("language", language)):
        if head.text(key) != value:
            head.problem(f"is {head.text(key)}", f"write {key}: {value}", key)
    if head.text("state") not in STATES:
        head.problem(f"is {head.text('state')}", f"use {', '.join(STATES)}", "state")


def _check_length(place: Cursor, found: Place, english: str, text: str, language: str) -> None:
    """A label has little room; one Chinese character says as much as two or three letters."""
    longest = max(LONGEST_LABEL * len(english), len(english) + SLACK)
    if _is_label(found) and language != "zh-Hans" and len(text) > longest:
        path = ".".join(found.path)
        place.problem(f"has {len(text)} characters for {len(english)}", "shorten the thought", path)


def _is_label(place: Place) -> bool:
    """Whether the text labels a field or a choice, where there is little room."""
    above = place.path[-2] if len(place.path) > 1 else ""
    return place.path[-1] == "label" or above in {"options", "rows", "columns", "lines"}

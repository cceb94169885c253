"""The file of what certificates touch and offer: read strictly, stored, told, no question changed by it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assessments.questionnaire.languages.translation import in_language
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.loading import (
    load_pack,
    questionnaire_from_json,
    questionnaire_to_json,
    read_pack,
)
from assessments.questionnaire.pack.reading import Problem
from assessments.questionnaire.versions.diff import diff
from assessments.questionnaire.versions.diff_text import diff_data, diff_lines

Read = Callable[[Path], list[Problem]]
Change = Callable[..., Path]

TABLE = """\
      - key: papers
        kind: table
        optional: true
        label: "Papers"
        columns:
          - {key: scheme, kind: single, label: "Scheme", options: {iso45001: "ISO 45001", other: "Other"}}
          - {key: number, kind: short_text, label: "Number"}
          - {key: scope, kind: short_text, label: "Scope"}
          - {key: issuer, kind: short_text, label: "Issuer"}
          - {key: until, kind: date, label: "Until"}
      - {key: agents,"""
HEAD = """\
papers:
  {question: PRO-04, part: papers, scheme: scheme, number: number, scope: scope, issuer: issuer, until: until}
credentials:
"""
WHOLE = (
    HEAD
    + """\
  iso45001:
    materials: [copper]
    elements: [ISO45001]
    touches: {OHS-03: "9.1"}
    offers:
      - {question: OHS-02, part: shifts, value: [night], clause: "8.2"}
      - {question: OHS-03, part: states, row: falls, column: state, value: seen, clause: "10.2"}
"""
)


@pytest.fixture
def pack(changed_pack: Change) -> Callable[[str], Path]:
    """The small pack with a table of certificates, and this credentials.yaml."""

    def write(text: str) -> Path:
        folder = changed_pack("pro/pro-1.yaml")
        question = folder / "pro" / "pro-1.yaml"
        said = question.read_text("utf-8")
        if TABLE not in said:
            question.write_text(said.replace("      - {key: agents,", TABLE, 1), "utf-8")
        (folder / "credentials.yaml").write_text(text, "utf-8")
        return folder

    return write


def test_a_whole_file_is_read(pack: Callable[[str], Path]) -> None:
    found = read_pack(pack(WHOLE))
    kind = found.certificate_kinds[0]
    assert found.certificate_table is not None
    assert found.certificate_table.question == "PRO-04"
    assert kind.materials == ("copper",)
    # Mapped to the standard, named, offered something: in the order of the pack.
    assert kind.touches == {"OHS-01": "ISO45001.7", "OHS-02": "8.2", "OHS-03": "9.1"}
    assert [(o.question, o.part, o.row, o.column, o.value) for o in kind.offers] == [
        ("OHS-02", "shifts", None, None, ("night",)),
        ("OHS-03", "states", "falls", "state", "seen"),
    ]


def test_it_is_stored_with_the_version_and_comes_back(pack: Callable[[str], Path]) -> None:
    for one in (read_pack(pack(WHOLE)), load_pack()):
        back = questionnaire_from_json(json.loads(json.dumps(questionnaire_to_json(one))))
        assert (back.certificate_table, back.certificate_kinds, back.digest) == (
            one.certificate_table,
            one.certificate_kinds,
            one.digest,
        )


def test_no_question_s_digest_depends_on_it(small: Questionnaire, pack: Callable[[str], Path]) -> None:
    with_file = read_pack(pack(WHOLE))
    other = read_pack(pack(WHOLE.replace("[night]", "[early]")))
    assert with_file.digest != other.digest
    assert [q.digest for q in with_file.questions] == [q.digest for q in other.questions]
    assert diff(with_file, other).questions == ()
    assert "recognition" not in questionnaire_to_json(small)


def test_two_versions_tell_what_a_certificate_covers_otherwise(
    small: Questionnaire, pack: Callable[[str], Path]
) -> None:
    first = read_pack(pack(WHOLE))
    kept = WHOLE.removesuffix(WHOLE.splitlines(keepends=True)[-1])
    changed = kept.replace("[night]", "[early]").replace('{OHS-03: "9.1"}', '{OHS-04: "8"}')
    found = diff(first, read_pack(pack(changed)))
    (one,) = found.certificates
    assert (one.came, one.left, one.offers) == (("OHS-04",), ("OHS-03",), ("OHS-02", "OHS-03"))
    assert not found.same
    assert diff_data(found)["certificates"][0]["came"] == ["OHS-04"]
    line = "certificate iso45001  +OHS-04, -OHS-03, offers otherwise to OHS-02, offers otherwise to OHS-03"
    assert line in list(diff_lines(found))
    assert diff(first, first).same


def test_a_reader_s_language_keeps_it() -> None:
    told = in_language(load_pack(), "de")
    assert (told.certificate_table, told.certificate_kinds) == (
        load_pack().certificate_table,
        load_pack().certificate_kinds,
    )


FAULTS = [
    pytest.param(HEAD.replace("PRO-04", "PRO-99") + "  {}", "papers", "leads nowhere", id="table"),
    pytest.param(HEAD.replace("until: until", "until: scope"), "papers.until", "names scope, a", id="kind"),
    pytest.param(HEAD.replace("scheme: scheme", "scheme: number"), "papers.scheme", "no choice", id="key"),
    pytest.param("papers: {}\n", "", "has no credentials", id="half"),
    pytest.param(HEAD + "  iso9: {}\n", "credentials", "unknown key iso9", id="credential"),
    pytest.param(WHOLE.replace("copper", "moondust"), "materials", "names moondust", id="material"),
    pytest.param(WHOLE.replace("[ISO45001]", "[ISO1]"), "elements", "names ISO1", id="element"),
    pytest.param(WHOLE.replace("{OHS-03:", "{OHS-99:"), "touches.OHS-99", "names OHS-99", id="question"),
    pytest.param(WHOLE.replace("{OHS-03:", "{PRO-04:"), "touches.PRO-04", "none of its topics", id="topic"),
    pytest.param(WHOLE.replace('"9.1"', f'"{"9" * 81}"'), "touches.OHS-03", "81 characters", id="clause"),
    pytest.param(WHOLE.replace("part: shifts", "part: shits"), "offers[0].part", "no part shits", id="part"),
    pytest.param(WHOLE.replace("[night]", "[dawn]"), "offers[0].value", "offers dawn", id="value"),
    pytest.param(WHOLE.replace("value: [night]", "value: night"), "offers[0].value", "be a list", id="one"),
    pytest.param(WHOLE.replace("row: falls, ", ""), "offers[1].row", "names no cell", id="cell"),
    pytest.param(WHOLE.replace("row: falls", "row: slips"), "offers[1].row", "names no cell", id="row"),
    pytest.param(WHOLE.replace("column: state", "column: day"), "offers[1].part", "a number", id="number"),
    pytest.param(WHOLE + WHOLE.splitlines()[-1], "offers", "offers OHS-03 states twice", id="twice"),
    pytest.param(HEAD + "  iso45001: {}\n", "credentials.iso45001", "touches no question", id="none"),
    pytest.param("papers: [", "", "is not YAML", id="broken"),
]


@pytest.mark.parametrize(("text", "place", "message"), FAULTS)
def test_a_fault_is_named_with_its_place(
    pack: Callable[[str], Path], problems: Read, text: str, place: str, message: str
) -> None:
    found = problems(pack(text))
    assert any(
        p.file == "credentials.yaml" and place in p.path and message in p.message and p.remedy for p in found
    ), found


def test_a_choice_that_stands_alone_is_not_offered_beside_others(
    pack: Callable[[str], Path], problems: Read
) -> None:
    folder = pack(WHOLE.replace("[night]", "[night, early]"))
    topic = folder / "ohs" / "ohs-1.yaml"
    text = topic.read_text("utf-8")
    topic.write_text(
        text.replace("{key: shifts, kind: multiple,", "{key: shifts, kind: multiple, alone: [night],")
    )
    assert any("stands alone beside others" in problem.message for problem in problems(folder))

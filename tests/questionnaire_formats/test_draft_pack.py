"""The pack that an import writes: strict YAML, keys of the right form, what is missing named."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from assessments.questionnaire.formats.draft import Draft
from assessments.questionnaire.formats.pack_folder import write_pack
from assessments.questionnaire.pack.loading import read_folder
from assessments.questionnaire.pack.reading import Report
from tests.questionnaire_formats.conftest import Form, read
from tests.questionnaire_formats.drafts import drafts

TO_BE_WRITTEN = ("has no help", "has no why", "is missing")


def faults(draft: Draft) -> list[str]:
    """What the loader says of the draft's pack, beyond texts that a person has still to write."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "made"
        for name, text in write_pack(draft, "made").items():
            path = place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        report = Report()
        read_folder(place, report)
        return [str(each) for each in report.problems if not each.message.startswith(TO_BE_WRITTEN)]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(draft=drafts())
def test_every_draft_becomes_a_pack_that_loads_but_for_what_a_person_writes(draft: Draft) -> None:
    left = faults(draft)
    # A comparison with a choice that the source's own question does not have comes over, and is told.
    assert [each for each in left if "applies" not in each and ".when" not in each] == []


def test_conditions_name_the_questions_and_parts_of_the_pack(form: Form, tmp_path: Path) -> None:
    survey = [
        ["type", "name", "label", "relevant", "required"],
        ["begin group", "a", "About you", None, None],
        ["select_one yn", "mine", "Do you mine?", None, "yes"],
        ["begin group", "q", "How do you mine?", "${mine} = 'y es'", None],
        ["select_multiple yn or_other", "ways", "Ways", None, None],
        ["integer", "years", "Years", "selected(${ways}, 'no')", None],
        ["end group", None, None, None, None],
        ["text", "late", "Late", "${later} = 'no'", None],
        ["select_one yn", "later", "Later", None, None],
        ["end group", None, None, None, None],
    ]
    choices = [["list_name", "name", "label"], ["yn", "y es", "Yes"], ["yn", "no", "No"]]
    reading = read(form(survey=survey, choices=choices))
    assert reading.draft is not None
    files = write_pack(reading.draft, "made")
    for name, text in files.items():
        (tmp_path / "made" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "made" / name).write_text(text)
    report = Report()
    read_folder(tmp_path / "made", report)
    assert [each for each in report.problems if not each.message.startswith(TO_BE_WRITTEN)] == []
    text = "\n".join(files.values())
    assert 'when: {answer: "ABO-01", part: "mine", is: "y_es"}' in text
    assert '{answer: "ABO-02", part: "ways", is: "no"}' in text
    assert 'when: {part: "ways", any_of: ["other"]}' in text
    assert (
        '# Left out: asked only when {"part": "later", "is": "no"} (later is asked later, or not at all)'
        in text
    )

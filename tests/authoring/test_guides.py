"""The guide of a topic as a form: every guide survives it letter by letter, faults stand at their fields."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from assessments.authoring.drafts import DraftFile, QuestionnaireDraft, files_of, inspected, save_files, seen
from assessments.authoring.guides import save_guide
from assessments.questionnaire.editing.files import shipped_files
from assessments.questionnaire.editing.guide import (
    guide_in,
    guide_sheet,
    guide_tree,
    put_guide,
    whole_guide,
)
from assessments.questionnaire.editing.moves import merged
from assessments.questionnaire.editing.sheet import from_fields, moved
from assessments.questionnaire.pack.references import guide_file
from assessments.workflow import Refused, Stale, WrongActor
from tests.authoring.test_drafts import ENGLISH, begun
from tests.authoring.test_pages import HOME, changed, fields_of, grouped
from tests.authoring.test_yaml_and_sheet import as_fields
from tests.conftest import Stack
from tests.support.cast import NOW

FILES = shipped_files()
TOPICS = sorted(
    Path(path).name.removesuffix(".guide.yaml").upper().replace("-", ".")
    for path in FILES
    if path.endswith(".guide.yaml")
)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_guide_survives_its_form(topic: str) -> None:
    tree = guide_in(FILES, topic)
    assert tree is not None
    posted = whole_guide(from_fields(as_fields(guide_sheet(tree))))
    assert guide_tree(posted, tree) == tree
    assert put_guide(FILES, topic, guide_tree(posted, tree)) == {}


def test_what_is_changed_changes_its_own_lines_and_comments_stay() -> None:
    path = guide_file("OHS.1")
    noted = FILES[path].replace("findings:\n", "# Grades were discussed in May.\nfindings:\n", 1)
    files = {**FILES, path: noted.replace("grade: minor\n", "grade: minor  # usual\n", 1)}
    tree = guide_in(files, "OHS.1")
    assert tree is not None
    sheet = guide_sheet(tree)
    sheet["ladder"][1]["sees"] = "Other words."
    moved(sheet, "add", "ladder_change")
    sheet["ladder_change"][0] |= {"version": "1.1", "comparable": "false", "why": "It is stricter."}
    moved(sheet, "remove", "findings.1")
    moved(sheet, "up", "next_steps.1")
    moved(sheet, "add", "next_steps.0.for")
    sheet["next_steps"][0]["for"][1] |= {"subject": "materials", "op": "any_of", "values": "tin"}
    edit = put_guide(files, "OHS.1", guide_tree(whole_guide(sheet), tree))
    text = edit[path]
    assert text is not None
    for said in ("# Grades were discussed in May.", "grade: minor  # usual", 'sees: "Other words."',
                 "class: ladder_changed", "comparable: false"):  # fmt: skip
        assert said in text, said
    assert "no_list" not in text
    german = edit[path.replace(".yaml", ".de.yaml")]
    assert german is not None
    assert "no_list" not in german, "its translation goes with it"
    again = guide_in(merged(files, edit), "OHS.1")
    assert again is not None
    assert [one["key"] for one in again["next_steps"][:2]] == ["what_nearly", "danger_walk"]
    assert again == guide_tree(whole_guide(sheet), tree)


def test_who_may_write_it_and_two_who_do(stack: Stack) -> None:
    draft, session, sara = begun(stack), stack.session, stack.cast.sara.actor
    session.commit()
    tree = guide_in(files_of(session, draft), "OHS.1")
    assert tree is not None
    was, other = seen(tree), {**tree, "findings": tree["findings"][1:]}
    for stranger in (stack.cast.rene, stack.cast.jana):
        with pytest.raises(WrongActor):
            save_guide(session, draft, "OHS.1", other, was=was, by=stranger.actor, at=NOW)
    assert not save_guide(session, draft, "OHS.1", tree, was=was, by=sara, at=NOW)
    assert save_guide(session, draft, "OHS.1", other, was=was, by=sara, at=NOW)
    session.commit()
    with pytest.raises(Stale) as stale:
        save_guide(session, draft, "OHS.1", {**tree, "next_steps": []}, was=was, by=sara, at=NOW)
    assert stale.value.current == other
    session.rollback()
    paths = session.scalars(select(DraftFile.path).where(DraftFile.revision == 1)).all()
    assert paths == ["ohs/ohs-1.guide.yaml"], "the questions' file was not touched"
    with pytest.raises(Refused, match="no guide"):
        save_guide(session, draft, "PRO.1", tree, was=was, by=sara, at=NOW)


def test_the_form_saves_what_was_written_and_nothing_unasked(stack: Stack) -> None:
    draft = begun(stack)
    stack.session.commit()
    sara, base = stack.visit(stack.cast.sara), f"{HOME}/{draft.id}"
    url = f"{base}/topics/OHS.1/guide"
    assert url in sara.get(f"{base}/topics/OHS.1").links()
    assert sara.get(f"{base}/topics/PRO.1/guide").status == 404
    fields = fields_of(sara.get(url))
    assert sara.post(url, grouped(fields, do="save")).status == 303
    stack.session.rollback()
    assert stack.session.get_one(QuestionnaireDraft, draft.id).revision == 0, "posted unchanged"
    page = sara.post(url, grouped(fields, do="add:findings"))
    assert "Not saved yet." in page.text
    count = sum(name.endswith(".saw") for name, _value in fields_of(page))
    assert count == sum(name.endswith(".saw") for name, _value in fields) + 1
    wrong = changed(
        fields, **{"findings.2.first_step": "", "next_steps.0.levels": "0, 7", "ladder.3.sees": "",
                   "next_steps.1.for.0.subject": "sise"}
    )  # fmt: skip
    assert sara.post(url, grouped(wrong, do="save")).status == 303
    page = sara.get(url)
    for field in ("findings-2", "next_steps-0-levels", "ladder-3"):
        assert page.tree.find(f".//*[@id='{field}']") is not None, field
    for said in ("is critical and has no first_step", "is no level", "has no sees"):
        assert said in page.text, said
    names = dict(fields_of(page))
    assert (names["next_steps.0.levels"], names["next_steps.1.for.0.subject"]) == ("0, 7", "sise")
    assert sara.post(url, grouped(changed(fields, was=names["was"]), do="save")).status == 303
    assert "the check is clean" in sara.get(base).text
    files = files_of(stack.session, stack.session.get_one(QuestionnaireDraft, draft.id))
    assert files[guide_file("OHS.1")] == ENGLISH[guide_file("OHS.1")], "mended, it stands as it stood"


def test_a_ladder_that_differs_asks_what_that_means(embedded: Stack) -> None:
    draft = begun(embedded)
    embedded.session.commit()
    sara, base = embedded.visit(embedded.cast.sara), f"{HOME}/{draft.id}"
    url = f"{base}/topics/OHS.1/guide"
    fields = changed(fields_of(sara.get(url)), **{"ladder.0.sees": "Nobody can say who looks after safety."})
    assert sara.post(url, grouped(fields, do="save")).status == 303
    page = sara.get(url)
    assert "The ladder differs from the version that stands" in page.text
    page = sara.post(url, grouped(fields_of(page), do="add:ladder_change"))
    told = changed(
        fields_of(page), **{"ladder_change.0.comparable": "true", "ladder_change.0.why": "Shorter."}
    )
    assert sara.post(url, grouped(told, do="save")).status == 303
    assert "Every change is told." in sara.get(f"{base}/changes").text
    embedded.session.rollback()
    found = inspected(files_of(embedded.session, draft, translations=False), "standard").questionnaire
    assert found is not None
    assert [(one.key, one.comparable) for one in found.changes if one.key == "OHS.1"] == [("OHS.1", True)]
    assert save_files(embedded.session, draft, {}, by=embedded.cast.sara.actor, at=NOW) is False

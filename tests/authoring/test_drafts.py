"""A draft of the questionnaire on both databases: begun, changed, met by another, taken back, published."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from assessments.assessment import QuestionnaireVersion
from assessments.audit.events import AuditEvent, EventKind
from assessments.authoring.drafts import (
    DraftFile,
    QuestionnaireDraft,
    files_of,
    files_of_version,
    history_of,
    inspected,
    make_draft,
    publish_draft,
    save_files,
    save_question,
    save_text,
    seen,
    undo_last,
)
from assessments.authoring.put_away import put_away, take_up
from assessments.authoring.versions import publish_version, questionnaire_in
from assessments.questionnaire.editing.files import inspect, packed, shipped_files, unpacked
from assessments.questionnaire.editing.moves import (
    add_question,
    add_section,
    add_topic,
    merged,
    move_question,
    move_section,
    move_topic,
    put_question,
    question_in,
    remove_question,
    remove_section,
    remove_topic,
)
from assessments.questionnaire.pack.loading import load_pack
from assessments.workflow import Refused, Stale, WrongActor, WrongState
from tests.conftest import Stack
from tests.support.cast import NOW

FILES = shipped_files()
"""The pack that ships, read once."""
ENGLISH = {path: text for path, text in FILES.items() if path.count(".") == 1 or path.endswith(".guide.yaml")}
"""The same without translations, so that whole checks stay quick."""


def begun(stack: Stack, **more: Any) -> QuestionnaireDraft:
    """A draft of 1.1, with the pack that ships published as 1.0."""
    sara = stack.cast.sara.actor
    publish_version(stack.session, load_pack(), by=sara, at=NOW)
    files = more.pop("files", ENGLISH)
    return make_draft(stack.session, files, version="1.1", made_of="1.0", by=sara, at=NOW, **more)


def worded(stack: Stack, draft: QuestionnaireDraft, key: str, **texts: Any) -> dict[str, Any]:
    """Save a question with other texts; what it says then."""
    topic = load_pack().question(key).topic
    tree = question_in(files_of(stack.session, draft), topic, key)
    assert tree is not None
    after = {**tree, **texts}
    save_question(stack.session, draft, topic, key, after, was=seen(tree), by=stack.cast.sara.actor, at=NOW)
    return after


def test_a_draft_is_the_pack_with_another_number_and_loads(stack: Stack) -> None:
    draft = begun(stack, files=FILES)
    files = files_of(stack.session, draft)
    assert set(files) == set(FILES)
    assert [path for path in files if files[path] != FILES[path]] == ["pack.yaml"]
    assert set(files_of(stack.session, draft, translations=False)) == set(ENGLISH)
    found = inspected(files, draft.slug)
    assert found.sound
    assert not found.problems
    assert found.questionnaire is not None
    assert found.questionnaire.version == "1.1"
    assert len(found.decided) == 8
    assert inspected(dict(files), draft.slug) is found


def test_only_the_admin_writes(stack: Stack) -> None:
    draft = begun(stack)
    for who in (stack.cast.rene, stack.cast.jana, stack.cast.adam):
        with pytest.raises(WrongActor):
            save_files(stack.session, draft, {"pack.yaml": "x"}, by=who.actor, at=NOW)
        with pytest.raises(WrongActor):
            publish_draft(stack.session, draft, by=who.actor, at=NOW)


def test_two_on_one_question_get_both_and_two_on_two_do_not_meet(stack: Stack) -> None:
    draft, sara = begun(stack), stack.cast.sara.actor
    read = question_in(files_of(stack.session, draft), "LAB.3", "LAB-10")
    other = question_in(files_of(stack.session, draft), "LAB.3", "LAB-11")
    assert read is not None
    assert other is not None
    theirs = worded(stack, draft, "LAB-10", why="Theirs.")
    mine = {**read, "why": "Mine."}
    with pytest.raises(Stale) as stale:
        save_question(stack.session, draft, "LAB.3", "LAB-10", mine, was=seen(read), by=sara, at=NOW)
    assert stale.value.current == theirs
    assert stale.value.offered == {**read, "why": "Mine."}
    fine = {**other, "why": "Mine."}
    save_question(stack.session, draft, "LAB.3", "LAB-11", fine, was=seen(other), by=sara, at=NOW)
    files = files_of(stack.session, draft)
    assert question_in(files, "LAB.3", "LAB-10") == theirs
    assert question_in(files, "LAB.3", "LAB-11") == fine
    same = save_question(stack.session, draft, "LAB.3", "LAB-10", theirs, was="old", by=sara, at=NOW)
    assert same is False
    assert draft.revision == 2


def test_history_says_who_and_undo_goes_back_step_by_step(stack: Stack) -> None:
    draft, sara = begun(stack), stack.cast.sara.actor
    before = files_of(stack.session, draft)
    worded(stack, draft, "LAB-10", why="One.")
    after_one = files_of(stack.session, draft)
    worded(stack, draft, "OHS-15", why="Two.")
    assert list(undo_last(stack.session, draft, by=sara, at=NOW)) == ["ohs/ohs-4.yaml"]
    assert files_of(stack.session, draft) == after_one
    undo_last(stack.session, draft, by=sara, at=NOW)
    assert files_of(stack.session, draft) == before
    with pytest.raises(Refused):
        undo_last(stack.session, draft, by=sara, at=NOW)
    steps = history_of(stack.session, draft)
    assert [(step.revision, step.undoes, step.undone) for step in steps] == [
        (4, 1, False), (3, 2, False), (2, None, True), (1, None, True),
    ]  # fmt: skip
    assert {step.by for step in steps} != {""}
    kinds = stack.session.scalars(select(AuditEvent.kind).where(AuditEvent.subject_id == draft.id)).all()
    assert kinds.count(EventKind.QUESTIONNAIRE_DRAFT_CHANGED) == 4


def test_undo_brings_a_removed_file_back_and_takes_a_new_one_away(stack: Stack) -> None:
    draft, sara = begun(stack), stack.cast.sara.actor
    files = files_of(stack.session, draft)
    save_text(
        stack.session,
        draft,
        "lab/lab-3.guide.yaml",
        None,
        was=seen(files["lab/lab-3.guide.yaml"]),
        by=sara,
        at=NOW,
    )
    save_text(stack.session, draft, "lab/new.yaml", "a: 1\n", was=seen(None), by=sara, at=NOW)
    undo_last(stack.session, draft, by=sara, at=NOW)
    assert "lab/new.yaml" not in files_of(stack.session, draft)
    undo_last(stack.session, draft, by=sara, at=NOW)
    assert files_of(stack.session, draft) == files


def test_what_was_written_is_never_changed(stack: Stack) -> None:
    draft = begun(stack)
    stack.session.commit()
    with pytest.raises(DBAPIError):
        stack.session.execute(text("UPDATE questionnaire_draft_file SET text = 'x'"))
    stack.session.rollback()
    rows = select(func.count()).where(DraftFile.draft_id == draft.id)
    assert stack.session.scalar(rows) == len(ENGLISH)


def test_a_fault_or_an_untold_change_keeps_it_from_being_published(stack: Stack) -> None:
    draft, sara = begun(stack), stack.cast.sara.actor
    text = "Which of these practices has your company ruled out in writing today?"
    worded(stack, draft, "LAB-10", text=text, tier="never")
    with pytest.raises(Refused) as refused:
        publish_draft(stack.session, draft, by=sara, at=NOW)
    assert refused.value.places == ("lab/lab-3.yaml: questions[LAB-10].tier",)
    worded(stack, draft, "LAB-10", tier="core")
    with pytest.raises(Refused, match="told"):
        publish_draft(stack.session, draft, by=sara, at=NOW)
    worded(stack, draft, "LAB-10", change={"version": "1.1", "class": "same_meaning", "why": "Says the day."})
    row = publish_draft(stack.session, draft, by=sara, at=NOW)
    assert questionnaire_in(row).question("LAB-10").text == text
    assert draft.published_id == row.id
    with pytest.raises(WrongState):
        worded(stack, draft, "LAB-10", why="Too late.")
    with pytest.raises(WrongState):
        publish_draft(stack.session, draft, by=sara, at=NOW)
    assert files_of_version(stack.session, row) == files_of(stack.session, draft)


def test_the_version_that_ships_gives_its_files_and_numbers_only_rise(stack: Stack) -> None:
    begun(stack)
    first = stack.session.scalars(select(QuestionnaireVersion)).one()
    assert set(files_of_version(stack.session, first)) == set(FILES)
    for version in ("1.0", "0.9", "one"):
        with pytest.raises(Refused):
            make_draft(stack.session, ENGLISH, version=version, made_of="", by=stack.cast.sara.actor, at=NOW)


def test_a_question_that_goes_leaves_no_certificate_behind() -> None:
    before = shipped_files()
    one = merged(before, remove_question(before, "ENV.1", "ENV-01", why="", version="1.1", published=False))
    assert "ENV-01" not in one["credentials.yaml"]
    assert "OHS-01" in one["credentials.yaml"]
    assert one["credentials.yaml"].startswith("# Certificates and outside assessments that pre-answer.")
    whole = remove_topic(before, "OHS.1", why="", version="1.1", published=frozenset())
    left = merged(before, whole)
    assert "OHS-01" not in left["credentials.yaml"]
    assert "OHS.1," not in left["pack.yaml"]
    assert not [found for found in inspect(left, "standard").problems if found.file == "credentials.yaml"]


def test_questions_topics_and_sections_come_move_and_go() -> None:
    files = merged(ENGLISH, add_question(ENGLISH, "LAB.3", "LAB-99", "1.1"))
    assert question_in(files, "LAB.3", "LAB-99") is not None
    with pytest.raises(Refused):
        add_question(files, "LAB.3", "LAB-99", "1.1")
    with pytest.raises(Refused):
        add_question(files, "LAB.3", "OHS-99", "1.1")
    files = merged(files, move_question(files, "LAB.3", "LAB-99", -1))
    assert files["lab/lab-3.yaml"].index("LAB-99") < files["lab/lab-3.yaml"].index("key: LAB-12")
    files = merged(files, remove_question(files, "LAB.3", "LAB-99", why="", version="1.1", published=False))
    files = merged(files, move_question(files, "LAB.3", "LAB-12", 1))
    assert files["lab/lab-3.yaml"] == ENGLISH["lab/lab-3.yaml"]

    with pytest.raises(Refused):
        remove_question(files, "LAB.3", "LAB-12", why=" ", version="1.1", published=True)
    gone = merged(
        files,
        remove_question(files, "LAB.3", "LAB-12", why="Asked elsewhere.", version="1.1", published=True),
    )
    assert "Asked elsewhere." in gone["pack.yaml"]
    with pytest.raises(Refused):
        add_question(gone, "LAB.3", "LAB-12", "1.1")

    files = merged(files, add_section(files, "NEW", title="New", intro="Intro.", answered_by="Anybody"))
    files = merged(files, add_topic(files, "NEW.1", title="Topic", intro="About.", version="1.1"))
    assert question_in(files, "NEW.1", "NEW-01") is not None
    with pytest.raises(Refused):
        remove_section(files, "NEW")
    files = merged(files, move_section(files, "NEW", -1))
    assert "NEW, GRV]" in files["pack.yaml"]
    files = merged(files, move_topic(files, "LAB.2", -1))
    assert "topics: [LAB.2, LAB.1" in files["lab/section.yaml"]
    files = merged(files, move_topic(files, "LAB.2", 1))
    files = merged(files, remove_topic(files, "NEW.1", why="", version="1.1", published=frozenset()))
    files = merged(files, remove_section(files, "NEW"))
    assert files == ENGLISH


def test_translations_lose_what_the_english_lost() -> None:
    tree = question_in(FILES, "CIR.1", "CIR-01")
    assert tree is not None
    parts = [
        {**tree["parts"][0], "options": dict(list(tree["parts"][0]["options"].items())[1:])},
        *tree["parts"][2:],
    ]
    edit = put_question(FILES, "CIR.1", "CIR-01", {**tree, "parts": parts})
    german = edit["cir/cir-1.de.yaml"]
    assert german is not None
    assert "          less:" not in german
    assert "      reach:" not in german
    assert "          last:" in german
    assert "Jede Tonne" in german


def test_a_zip_goes_out_and_comes_back_the_same() -> None:
    raw = packed(ENGLISH, "standard")
    assert unpacked(raw) == ENGLISH
    assert packed(ENGLISH, "standard") == raw
    for bad in (b"", b"PK\x03\x04 no zip", raw[:5000]):
        with pytest.raises(Refused):
            unpacked(bad)


def test_whatever_byte_of_a_zip_is_damaged_it_is_read_or_refused() -> None:
    raw = packed({"pack.yaml": "slug: standard\n" * 40, "lab/lab-1.yaml": "topic: LAB.1\n" * 40}, "standard")
    refused = 0
    for place in range(len(raw)):
        for damage in (0x01, 0x80, 0xFF):
            sent = bytearray(raw)
            sent[place] ^= damage
            try:
                unpacked(bytes(sent))
            except Refused:
                refused += 1
    assert refused > len(raw) // 2


def test_a_zip_with_a_way_out_is_refused() -> None:
    with pytest.raises(Refused):
        unpacked(packed({"pack.yaml": "slug: standard\n", "../evil.yaml": "a: 1"}, "standard"))
    with pytest.raises(Refused):
        unpacked(packed({"lab/lab-1.yaml": "a: 1"}, "standard"))


def test_a_draft_is_put_away_whole_and_taken_up_again(stack: Stack) -> None:
    draft, sara, session = begun(stack), stack.cast.sara.actor, stack.session
    edit: dict[str, str | None] = {"pack.yaml": files_of(session, draft)["pack.yaml"] + "\n# A note.\n"}
    save_files(session, draft, edit, by=sara, at=NOW)
    session.commit()
    before = files_of(session, draft)
    for stranger in (stack.cast.jana, stack.cast.rene, stack.cast.lena):
        with pytest.raises(WrongActor):
            put_away(session, draft, by=stranger.actor, at=NOW)
    with pytest.raises(WrongState, match="not put away"):
        take_up(session, draft, by=sara, at=NOW)
    put_away(session, draft, by=sara, at=NOW)
    session.commit()
    assert (draft.open, draft.put_away_at, files_of(session, draft)) == (False, NOW, before)
    for refused in (
        lambda: put_away(session, draft, by=sara, at=NOW),
        lambda: save_files(session, draft, {"pack.yaml": "x"}, by=sara, at=NOW),
        lambda: undo_last(session, draft, by=sara, at=NOW),
        lambda: publish_draft(session, draft, by=sara, at=NOW),
    ):
        with pytest.raises(WrongState, match="put away and does not change"):
            refused()
        session.rollback()
    with pytest.raises(WrongActor):
        take_up(session, draft, by=stack.cast.adam.actor, at=NOW)
    take_up(session, draft, by=sara, at=NOW)
    session.commit()
    assert (draft.open, files_of(session, draft)) == (True, before)
    assert list(undo_last(session, draft, by=sara, at=NOW)) == ["pack.yaml"], "its history went on with it"
    session.commit()
    kinds = {EventKind.QUESTIONNAIRE_DRAFT_PUT_AWAY, EventKind.QUESTIONNAIRE_DRAFT_TAKEN_UP}
    told = session.scalars(
        select(AuditEvent.kind).where(AuditEvent.subject_id == draft.id, AuditEvent.kind.in_(kinds))
    ).all()
    assert set(told) == kinds

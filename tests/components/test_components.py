"""Every component with hostile text, parsed more strictly than browsers do; every state with its words."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

import pytest
from markupsafe import Markup

from assessments.actions.action import ActionKind, ActionState
from assessments.assessment import AssessmentState
from assessments.evidence.documents import ScanVerdict, VersionState
from assessments.questionnaire.asking.certificates import Certificate, Standing
from assessments.questionnaire.certificates import CertificateKind, CertificateOffer
from assessments.questionnaire.model import Grade, Track, TrackStep
from assessments.questionnaire.versions.certificates_compared import CertificateChange
from assessments.questionnaire.versions.changes import ChangeClass
from assessments.questionnaire.versions.comparing import Seen, StepChange
from assessments.questionnaire.versions.diff import Fate
from assessments.questionnaire.versions.diff_text import Mark, Run
from assessments.result import Layer
from assessments.rounds.kept import KeptDocument
from assessments.sharing.disclosure import DisclosureState, RequestState
from assessments.sheet.certificates import StatedCertificate
from assessments.values.answers import AnswerState
from assessments.verification.assignment import Basis, Phase
from assessments.verification.finding import FindingState
from plumbline.shown_kept import OldPart, ShownKept
from plumbline.shown_result import StepOfResult
from plumbline.shown_versions import ShownChange, ShownLadder, ShownLine, ShownRule
from tests.support.cast import NOW
from tests.support.drawing import ASSETS, TEMPLATES, Drawing, fragment, ids_are_unique, nothing_runs
from tests.support.parts import PARTS, part

COMPONENTS = TEMPLATES / "components"
SCRIPT = "<script>alert('x')</script>\" onfocus=\"alert(1)"
LONG = "Společnost pro zpracování barevných kovů a druhotných surovin, společnost s ručením omezeným " * 4
ARABIC = "كيف تُفحص جودة المياه؟ " + "\u202e" + "abc"
HOSTILE = [SCRIPT, LONG, ARABIC, "", "&lt;b&gt; {{ 7 * 7 }} </textarea></select></dialog>"]


def finding(text: str) -> dict[str, Any]:
    return {
        "number": "F-1",
        "grade": Grade.MAJOR,
        "kind": "legal",
        "title": text,
        "topic": text,
        "basis": text,
        "statement": text,
        "references": [text],
        "evidence": [text],
        "state": FindingState.DISPUTED,
    }


def action(text: str) -> dict[str, Any]:
    return {
        "kind": "corrective",
        "title": text,
        "owner": text,
        "due": text,
        "moved": [text],
        "moved_why": text,
        "state": ActionState.RETURNED,
        "said": text,
        "checked": text,
        "root_cause": text,
        "finding": text,
        "late": True,
    }


def strip_of(text: str) -> list[dict[str, Any]]:
    return [
        {
            "title": text,
            "topics": [
                {"key": "OHS.1", "title": text, "level": 0},
                {"key": "OHS.2", "title": text, "level": "na"},
                {"key": "OHS.3", "title": text, "level": None},
            ],
        }
    ]


def certificate_lines(t: str, u: str) -> list[tuple[str, str, list[Any], dict[str, Any]]]:
    """A certificate that covers something, one that does not for each reason, and one as stated."""
    day = NOW.date()
    held = Certificate(CertificateKind("k", t, ()), t, t, t, t, day, Standing.COUNTS)
    stated = StatedCertificate(t, t, t, t, day - timedelta(days=1), t, t, NOW)
    return [
        ("certificate_line.html", "covered", [held], {}),
        *(("certificate_line.html", "why_not", [replace(held, standing=one), t, u], {}) for one in Standing),
        *(
            ("certificate_line.html", "stated", [one, day], {})
            for one in (stated, replace(stated, until=day, checked_at=None))
        ),
        ("certificate_line.html", "named", [t], {}),
        ("certificate_line.html", "entered", [t, u], {}),
    ]


def version_changes(t: str) -> list[tuple[str, str, list[Any], dict[str, Any]]]:
    """What differs between two versions: every kind of line, class and fate."""
    words, again = Run(Mark.GONE, t), Run(Mark.NEW, t)
    lines = tuple(
        ShownLine(seen.value, name, t, t, t, (words, again), gone, goes)
        for seen in Seen
        for name in ("max", "min", "optional", "when", "applies")
        for gone, goes in ((False, None), (True, None), (True, t))
    )
    classes = tuple(kind.value for kind in ChangeClass)
    step = TrackStep("embed", t, t, (), ("OHS-1",))
    moved = replace(step, questions=("OHS-2",))
    held = CertificateKind("k", t, (), touches={"OHS-1": t}, offers=(CertificateOffer("OHS-1", "p", "o", t),))
    return [
        ("version_change.html", "runs", [(words, again, Run(Mark.SAME, t))], {}),
        *(("version_change.html", "fate_word", [fate], {}) for fate in Fate),
        *(
            ("version_change.html", "version_change", [one], {"yours": yours})
            for one in (
                ShownChange("OHS-1", t, t, classes, (t,), Fate.ASKED, (words,), lines, (t,), (t,), new, gone)
                for new, gone in ((False, False), (True, False), (False, True))
            )
            for yours in ("", "kept")
        ),
        *(
            (
                "version_change.html",
                "ladder_change",
                [ShownLadder("OHS.1", t, how, (t,), ((1, (words,)),))],
                {},
            )
            for how in (True, False, None)
        ),
        *(
            ("version_change.html", "rule_change", [ShownRule(t, tier, (t,), keys)], {})
            for tier, keys in ((True, ("OHS-1",)), (False, ()))
        ),
        *(
            ("version_change.html", "step_change", [StepChange("six", "embed", *pair)], {})
            for pair in ((None, step), (step, None), (step, moved), (step, replace(step, text="")))
        ),
        *(
            ("version_change.html", "certificate_change", [CertificateChange("k", *pair)], {})
            for pair in ((None, held), (held, None), (held, replace(held, touches={})), (held, held))
        ),
    ]


def elements(text: str) -> list[dict[str, Any]]:
    """Rows of a standard: one with a question, one that heads another, one left over; their words hostile."""
    touch = {
        "question": {"topic": "OHS.1", "key": "OHS-1", "text": text},
        "strength": "partial",
        "leaves": text,
    }
    return [
        {"element": {"key": key, "title": text, "certainty": certainty}, "touches": touches,
         "only_parts": bool(below), "below": below}
        for key, certainty, touches, below in (
            ("X.1", "low", [touch], ()), ("X.2", "medium", [], ("X.1",)), ("X.3", "high", [], ())
        )
    ]  # fmt: skip


def kept(text: str) -> ShownKept:
    """An answer kept, its words and its author's hostile."""
    given = (OldPart(part("short_text", label=text), text, {}),)
    papers, withheld = (KeptDocument(uuid.UUID(int=1), text),), AnswerState.WITHHELD
    named = (text,)
    return ShownKept("OHS-08", text, text, True, withheld, text, text, given, NOW, text, named, named, papers)


def calls(t: str) -> Iterable[tuple[str, str, list[Any], dict[str, Any]]]:
    """Each macro with the text `t` wherever a person's text may stand: file, name, arguments."""
    u = "/x?a=1&b=2"
    step, track = TrackStep("embed", t, t, (), ()), Track("six", "OECD-RBC", t, t, ())
    topic = {
        "topic": "MGT.1", "title": t, "section_title": t, "self": 2, "verified": 3, "basis": "on_site",
        "worker_voice": True, "verified_at": "2026-05-12T10:00:00Z",
    }  # fmt: skip
    found = {"number": "MGT-1", "title": t, "grade": "minor", "state": "open"}
    done: Any = SimpleNamespace(number="MGT-1", state=ActionState.AGREED)
    nothing = StepOfResult(replace(step, key="tell"), (), (), ())
    by_step = [(track, (StepOfResult(step, (topic,), (found,), (done,)), nothing))]
    ladder = {n: {"sees": t, "micro": t} for n in range(5)}
    document = {"id": "1", "name": t, "valid_until": t, "used": 2, "scan": "infected", "page": t, "href": u}
    return [
        ("action_card.html", "action_card", [action(t), u], {}),
        ("action_card.html", "action_kind", ["remedy"], {}),
        ("action_progress.html", "action_progress", [1, 3, t], {"line": True}),
        ("action_progress.html", "due_word", ["2026-01-31", "2026-02-01", 2], {}),
        ("answer_shown.html", "answer_shown", [part("short_text", label=t), t], {}),
        ("answer_shown.html", "plain_value", ["short_text", {}, None, t], {}),
        ("answer_state.html", "answer_state", ["OHS-05", "not_applicable", t, t], {}),
        ("answer_state.html", "answer_state_line", ["not_applicable", t], {}),
        ("area_field.html", "area_field", ["a.b", t, t, t, t], {}),
        ("bar.html", "bar", [1, 0, t], {}),
        ("bar.html", "progress", [1, 3, t], {}),
        ("basis.html", "basis_chip", ["on_site", t, True], {}),
        ("basis.html", "basis_word", [t], {}),
        ("basis.html", "way_word", ["remote"], {}),
        ("choice_field.html", "choice_field", ["c", t, [["v", t, t], [t, t]], [t]],
         {"several": True, "error": t}),
        ("csrf.html", "csrf", [], {}),
        ("default_submit.html", "default_submit", [], {}),
        ("dialog.html", "dialog", ["d-1", t, t], {"caller": str}),
        ("disclosure_sentence.html", "disclosure_sentence", [
            {"buyer": t, "layers": list(Layer), "evidence": 3, "topics_left_out": [t], "site": t, "result": t,
             "later": True, "until": t, "because": t}], {}),
        ("disclosure_sentence.html", "layer_scope", [["status", "commercial"], 1], {}),
        ("disclosure_sentence.html", "layer_word", ["plan"], {}),
        ("element_rows.html", "element_rows", [elements(t), "en", ""], {}),
        ("element_rows.html", "left_over", [elements(t)], {"caller": str}),
        ("element_rows.html", "strength_word", ["broader"], {}),
        ("empty_state.html", "empty_state", [t, t, u, t], {}),
        ("error_summary.html", "error_summary", [{"a.b": t, "c": t}, t, t], {}),
        ("evidence_chip.html", "evidence_chip", [t, t, 2, "refused", t, t, u, True, t], {}),
        ("field.html", "field", ["f.g", t, t, t, True],
         {"caller": lambda i, a: Markup('<input id="{}" {}>').format(i, a)}),
        ("file_field.html", "file_field", ["f.f", t, t, t, t], {}),
        ("filter_bar.html", "filter_bar", [
            [{"name": "q", "label": t, "value": t, "kind": "search", "error": t},
             {"name": "s", "label": t, "value": t, "kind": "select", "options": {"": t, t: t}}]],
            {"taken": [{"label": t, "href": u}], "clear_href": u}),
        ("finding_card.html", "finding_card", [finding(t), u, t], {}),
        ("finding_grade.html", "finding_grade", ["minor", 2], {}),
        ("finding_grade.html", "grade_counts", [{"minor": 1, "observation": 2}], {}),
        ("finding_grade.html", "grade_word", ["critical"], {}),
        ("inputs/evidence.html", "evidence", [None, [document], "E.evidence"], {
            "upload_url": u, "vault": [{"id": "2", "name": t}], "errors": {"E.evidence": t},
            "expected": [{"expect": t, "small": [t], "care": t}]}),
        *[("inputs/input.html", "input", [shape, value, "X.p"], {}) for shape, value in PARTS.values()],
        ("key_figures.html", "key_figures", [[{"label": t, "value": t, "detail": t, "href": u}]], {}),
        ("kept_answers.html", "kept_answers", [[kept(t)], u], {}),
        ("kept_answers.html", "kept_one", [kept(t), ""], {}),
        ("key_values.html", "key_values", [[[t, t], [t, ""], [t, None]]], {}),
        ("ledger_row.html", "ledger_row", [
            {"at": t, "organization": t, "function": t, "what": t, "how": t, "refused": True}], {}),
        ("limit_note.html", "limit_note", [t, t], {}),
        ("limit_note.html", "cannot_see", [u], {}),
        ("maturity_level.html", "level", [3], {}),
        ("maturity_level.html", "level_legend", [], {}),
        ("maturity_level.html", "level_word", ["na"], {}),
        ("maturity_scale.html", "maturity_choice", ["m.l", ladder, 1, 2, t, t, t], {}),
        ("maturity_scale.html", "maturity_scale", [ladder], {"verified": 1, "declared": 2, "before": 0}),
        ("maturity_strip.html", "maturity_strip", [strip_of(t), t], {}),
        *certificate_lines(t, u),
        ("next_steps.html", "next_steps", [((t, t, "page"), (t, t, ""))], {}),
        ("notice.html", "notice", [t, t, "ask", "", t], {}),
        ("pagination.html", "pagination", [t, u, u, u], {}),
        ("question_card.html", "question_card", ["OHS-05", t, t, t, t, 3], {
            "save_url": u, "meta": t, "frozen": "", "caller": lambda slot: Markup("<p>{}</p>").format(slot)}),
        ("question_card.html", "outcome", ["OHS-05", 3, t], {}),
        ("question_card.html", "field_errors", [{"OHS-05.p": t}], {}),
        ("question_language.html", "question_language", [{
            "shown": "de",
            "languages": [{"code": "de", "name": t, "href": u}, {"code": "fr", "name": t, "href": u}],
        }], {}),
        ("rail.html", "rail", [
            [{"title": t, "href": u, "answered": 1, "asked": 2, "state": "part", "current": True},
             {"title": t, "href": u, "answered": 0, "asked": 0, "state": "off", "why": t}], 1, 2, t, t], {}),
        ("save_state.html", "save_state", ["offline", t, t, u], {}),
        ("save_state.html", "save_texts", [u], {}),
        ("section_form.html", "form_begin", ["s-1", u], {}), ("section_form.html", "form_end", [u, t, t], {}),
        ("select_field.html", "select_field", ["s", t, {t: t, "x": t}, t, t, t], {"empty": t}),
        ("stale_conflict.html", "stale_conflict", ["OHS-05", t, t, t, t, t, u], {}),
        ("state.html", "state", [t, "back", t], {}),
        ("state_of.html", "state_of", ["finding", "open", t], {}),
        ("state_of.html", "state_word", ["finding", "open"], {}),
        ("state_of.html", "told", ["assessment", "fact_check", "supplier"], {}),
        ("state_of.html", "lookup", ["finding", "open", 1], {}),
        *version_changes(t),
        ("steps.html", "steps", [[{"title": t, "text": t, "past": True}, {"title": t, "current": True}], t],
         {}),
        ("table.html", "table",
         [[{"label": t, "href": u, "sort": "ascending", "num": True}], t, "t-1", True, True],
         {"caller": lambda: Markup("<tr><td>x</td></tr>")}),
        ("tabs.html", "tabs", [[{"label": t, "href": u, "current": True, "count": 3}], t], {}),
        ("standing.html", "standing", [[topic | dict.fromkeys(("self", "verified"))], t, t, False, t], {}),
        *(("standing.html", "standing_by_step", [tracks, True, "en", u], {}) for tracks in (by_step, [])),
        ("standing.html", "one_basis", [[topic, topic]], {}),
        ("topic_list.html", "topic_list", [[(SimpleNamespace(key=t, title=t), 2)] * 3], {}),
        ("track.html", "track_head", [track], {}),
        ("track.html", "step_head", [step, 1], {"tail": t}),
        ("tabs.html", "segments", [[{"label": t, "href": u}], t], {}),
        ("text_field.html", "text_field", ["t.f", t, t, "text", t, t], {}),
        ("thread.html", "thread", [
            [{"side": "us", "by": t, "at": t, "text": t}, {"side": "move", "text": t}], t], {}),
        ("timeline.html", "timeline",
         [[{"at": t, "text": t, "by": t, "note": t, "next": True}, {"at": t, "text": t}], t], {}),
        ("unit.html", "unit", [t], {}),
        ("verification_kind.html", "verification_kind", ["desk"], {}),
    ]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=["script", "long", "arabic", "empty", "closing tags"])
def test_no_text_breaks_out_of_a_component(pages: Drawing, text: str) -> None:
    for file, name, arguments, more in calls(text):
        drawn = str(pages.macro(file, name)(*arguments, **more))
        assert "alert('x')</script>" not in drawn, name
        assert "49 </textarea" not in drawn, name
        inside = f"<table><tbody>{drawn}</tbody></table>" if name == "ledger_row" else drawn
        if name in {"form_begin", "form_end"}:  # the frame has the other half
            inside = f"</form>{inside}" if name == "form_begin" else f"{inside}<form>"
        if name == "filter_bar":
            inside = f"</form>{inside}<form>"
        tree = fragment(inside)
        ids_are_unique(tree)
        nothing_runs(tree)


# They need the application's filters or a read model; the tests of their pages draw them.
FRAMED = {"earlier_proposals.html", "event_line.html", "seen_answer.html"}


def test_every_macro_is_drawn_by_these_tests() -> None:
    defined = {
        (str(path.relative_to(COMPONENTS)), name)
        for path in COMPONENTS.rglob("*.html")
        if path.name not in FRAMED
        for name in re.findall(r"\{%-? macro (\w+)\(", path.read_text())
    }
    inner = {
        "part_frame",
        "cell",
        "cells",
        "yes_partly_no",
        "single",
        "multiple",
        "number",
        "date",
        "short_text",
    }
    inner |= {"long_text", "link", "drawn", "evidence_drawn"}  # drawn through inputs/input.html and evidence
    through = {("answer_state.html", "state_drawn"), ("question_card.html", "card_head")}
    through |= {("finding_grade.html", "counts_drawn"), ("action_progress.html", "progress_drawn")}
    through |= {("maturity_strip.html", "strip_cell"), ("maturity_strip.html", "strip_said")}
    through |= {
        ("version_change.html", name)
        for name in ("class_word", "from_to", "level_word", "line", "recall_word")
    }
    drawn = {(file, name) for file, name, _, _ in calls("x")} | {("inputs/table.html", "table")} | through
    assert {(f, n) for f, n in defined if not (f.startswith("inputs/") and n in inner)} == drawn


def test_every_component_says_how_it_is_used() -> None:
    for path in COMPONENTS.rglob("*.html"):
        assert path.read_text().startswith("{#-"), f"{path.name} has no head"


WORKFLOWS: Mapping[str, tuple[type[StrEnum], ...]] = {
    "assessment": (AssessmentState,),
    "finding": (FindingState,),
    "action": (ActionState,),
    "assignment": (Phase,),
    "request": (RequestState,),
    "disclosure": (DisclosureState,),
    "answer": (AnswerState,),
    "evidence": (ScanVerdict, VersionState),
}


@pytest.mark.parametrize("kind", WORKFLOWS)
def test_every_state_has_its_words_and_a_shape_the_style_knows(pages: Drawing, kind: str) -> None:
    style = (ASSETS / "css" / "marks.css").read_text()
    for states in WORKFLOWS[kind]:
        for value in states:
            word = str(pages.macro("state_of.html", "state_word")(kind, value))
            shape = str(pages.macro("state_of.html", "lookup")(kind, value, 1))
            assert word, value
            assert "_" not in word
            assert f".st-{shape}::before" in style


def test_what_the_asker_reads_does_not_tell_declined_from_lapsed(pages: Drawing) -> None:
    draw = pages.macro("state_of.html", "state_of")
    assert draw("request", RequestState.DECLINED) == draw("request", RequestState.LAPSED)


def test_every_enum_that_a_component_draws_has_words_for_each_member(pages: Drawing) -> None:
    style = (ASSETS / "css" / "marks.css").read_text()
    for grade in Grade:
        assert f".grade-{grade}::before" in style
        assert pages.macro("finding_grade.html", "grade_word")(grade) != grade.value
    for kind in ActionKind:
        assert pages.macro("action_card.html", "action_kind")(kind) != kind.value
    for basis in Basis:
        assert pages.macro("basis.html", "basis_word")(basis) != basis.value
    words = {str(pages.macro("disclosure_sentence.html", "layer_word")(layer)) for layer in Layer}
    assert len(words) == len(Layer)

"""The shape of a guide file: the ladder, the findings' texts and the next steps of one topic."""

from __future__ import annotations

from assessments.questionnaire.model import FindingKind, FindingText, Grade, Guide, NextStep, Rung
from assessments.questionnaire.pack.reading import Cursor
from assessments.questionnaire.pack.shapes import read_rule, report_twice


def read_guide(place: Cursor) -> Guide:
    """A guide file: ladder, findings, next steps."""
    place.keys(("guide", "ladder", "findings", "next_steps"))
    ladder_place = place.down("ladder")
    ladder = {}
    for level in range(5):
        rung = ladder_place.tree.get(level) if isinstance(ladder_place.tree, dict) else None
        at = Cursor(rung, place.file, f"ladder.{level}", place.report)
        if rung is None:
            at.problem("is missing", f'add {level}: {{sees: "..."}}')
        elif at.keys(("sees", "micro") if level in (2, 3) else ("sees",), ("micro",)):
            ladder[level] = Rung(at.text("sees"), at.optional_text("micro"))
    if isinstance(ladder_place.tree, dict):
        for level in ladder_place.tree:
            if level not in range(5) and level != "change":
                ladder_place.problem(f"has a level {level}", "a ladder has the levels 0 to 4")
    findings = tuple(found for inner in place.items("findings") if (found := _read_finding(inner)))
    steps = tuple(step for inner in place.items("next_steps") if (step := _read_step(inner)))
    report_twice(place, "finding", [finding.key for finding in findings])
    report_twice(place, "next step", [step.key for step in steps])
    return Guide(ladder, findings, steps)


def _read_finding(place: Cursor) -> FindingText | None:
    if not place.keys(("key", "grade", "questions", "saw"), ("kind", "raise", "lower", "first_step")):
        return None
    grade = place.word("grade", Grade, Grade.OBSERVATION)
    if grade is Grade.CRITICAL and not place.has("first_step"):
        place.problem("is critical and has no first_step", "say what protects people first")
    return FindingText(
        key=place.text("key"),
        grade=grade,
        kind=place.word("kind", FindingKind, FindingKind.GAP),
        questions=place.words("questions"),
        saw=place.text("saw"),
        raised_by=place.optional_text("raise"),
        lowered_by=place.optional_text("lower"),
        first_step=place.optional_text("first_step"),
    )


def _read_step(place: Cursor) -> NextStep | None:
    if not place.keys(("key", "levels", "for", "effort", "do"), ("template",)):
        return None
    levels = []
    for inner in place.items("levels"):
        if isinstance(inner.tree, int) and not isinstance(inner.tree, bool) and 0 <= inner.tree <= 4:
            levels.append(inner.tree)
        else:
            inner.problem("is no level", "use 0 to 4")
    return NextStep(
        key=place.text("key"),
        levels=tuple(levels),
        rule=read_rule(place, "for"),
        effort=place.text("effort"),
        do=place.text("do"),
        template=place.optional_text("template"),
    )

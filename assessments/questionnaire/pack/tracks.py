"""steps.yaml of a pack: the ways of working, the steps of each, and the questions that belong to a step.

It stands apart from the questions' files, so that moving a question to another step touches no question.
"""

from __future__ import annotations

import re
from pathlib import Path

from assessments.questionnaire.guidance import Track, TrackStep
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.reading import Cursor, Report, read_yaml
from assessments.questionnaire.pack.shapes import report_twice
from assessments.questionnaire.standards import standards

STEPS_FILE = "steps.yaml"
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")


def read_tracks(folder: Path, report: Report) -> tuple[Track, ...]:
    """The tracks of the pack in ``folder``, faults noted; () where it has no such file."""
    if not (folder / STEPS_FILE).exists():
        return ()
    tree = read_yaml(folder / STEPS_FILE, STEPS_FILE, report)
    if tree is None:
        return ()
    place = Cursor(tree, STEPS_FILE, "", report)
    if not place.keys(("tracks", "steps")):
        return ()
    steps: dict[str, list[TrackStep]] = {}
    for inner in place.items("steps"):
        if inner.keys(("key", "track", "title", "text", "elements", "questions")):
            steps.setdefault(inner.text("track"), []).append(_step(inner))
    tracks = tuple(
        _track(inner, tuple(steps.get(str(inner.tree["key"]), ())))
        for inner in place.items("tracks")
        if inner.keys(("key", "standard", "title", "intro"), ("section",))
    )
    keys = [track.key for track in tracks]
    report_twice(place, "track", keys)
    report_twice(place, "step", [step.key for found in steps.values() for step in found])
    for missing in [key for key in steps if key not in keys]:
        place.problem(f"names the track {missing}", f"use one of {', '.join(keys)}", "steps")
    return tracks


def _track(place: Cursor, steps: tuple[TrackStep, ...]) -> Track:
    if not steps:
        place.problem("has no step", "add its steps, or take it out")
    return Track(
        key=_key(place),
        standard=place.text("standard"),
        title=place.text("title", 60),
        intro=place.text("intro"),
        steps=steps,
        section=place.optional_text("section"),
    )


def _step(place: Cursor) -> TrackStep:
    step = TrackStep(
        key=_key(place),
        title=place.text("title", 60),
        text=place.text("text"),
        elements=place.words("elements"),
        questions=place.words("questions"),
    )
    if not step.questions:
        place.problem("has no question", "name the questions that belong to it", "questions")
    return step


def _key(place: Cursor) -> str:
    key = place.text("key")
    if key and not _KEY.match(key):
        place.problem(f"is {key}", "write small letters, digits and _", "key")
    return key


def check_tracks(questionnaire: Questionnaire, report: Report) -> None:
    """Report every standard, section and question that a track names and that is not there."""
    keys = {question.key for question in questionnaire.questions}
    sections = {section.key for section in questionnaire.sections}
    for track in questionnaire.tracks:
        at = f"tracks[{track.key}]"
        if track.section is not None and track.section not in sections:
            report.add(STEPS_FILE, f"{at}.section", f"names {track.section}", "name a section of the pack")
        if track.standard not in standards():
            report.add(STEPS_FILE, f"{at}.standard", f"names {track.standard}", "name a standard")
        for step in track.steps:
            for missing in [key for key in step.questions if key not in keys]:
                said, cure = f"names {missing}, which does not exist", "name questions of the pack"
                report.add(STEPS_FILE, f"steps[{step.key}].questions", said, cure)


def check_track_elements(questionnaire: Questionnaire, report: Report) -> None:
    """Report every element of a track's standard that has not its one step, and every question that is mapped
    to an element and does not stand in the element's step."""
    for track in questionnaire.tracks:
        known = [element.key for element in standards()[track.standard].elements]
        taken: dict[str, str] = {}
        for step in track.steps:
            at = f"steps[{step.key}]"
            for element in step.elements:
                if element not in known:
                    said = f"names {element}, which is no element of {track.standard}"
                    report.add(STEPS_FILE, f"{at}.elements", said, f"use {', '.join(known)}")
                elif element in taken:
                    said = f"names {element}, as {taken[element]} does"
                    report.add(STEPS_FILE, f"{at}.elements", said, "keep one")
                taken.setdefault(element, step.key)
            for question in questionnaire.questions:
                touched = [element for element in step.elements if element in question.mappings]
                if touched and question.key not in step.questions:
                    said = f"lacks {question.key}, which is mapped to {touched[0]}"
                    report.add(STEPS_FILE, f"{at}.questions", said, "add it, or mend its mapping")
        for element in [key for key in known if key not in taken]:
            said = f"has no step for {element}"
            report.add(STEPS_FILE, f"tracks[{track.key}]", said, "name it among the elements of a step")

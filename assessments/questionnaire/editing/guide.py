"""A topic's guide as the sheet that a form shows: ladder, typical findings, next steps, and back to its file.

The sheet is of the same stuff as a question's (sheet.py): names of a form are paths in it
("next_steps.2.for.0.op"). ``ladder`` is a list of five rungs, ``ladder_change`` what the author says of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ruamel.yaml.comments import CommentedMap

from assessments.questionnaire.editing.files import Edit, Files, translated
from assessments.questionnaire.editing.moves import changed, merged, pruned, tree_in
from assessments.questionnaire.editing.outline import rule_of
from assessments.questionnaire.editing.sheet import (
    Sheet,
    joined,
    lines_in,
    maps_in,
    number,
    outline,
    said_in,
    split_words,
    text_in,
)
from assessments.questionnaire.editing.yaml_lines import plain, put
from assessments.questionnaire.pack.references import guide_file

LEVELS = range(5)
_RUNG = ("sees", "micro")
_FINDING = ("key", "grade", "kind", "questions", "saw", "raise", "lower", "first_step")
_STEP = ("key", "levels", "for", "effort", "do", "template")
_CHANGE = ("version", "class", "comparable", "why")
_TRUTHS = {"true": True, "false": False}


def guide_in(files: Files, topic: str) -> dict[str, Any] | None:
    """The guide as its file says it, plain; None where the topic has none. Refused for what is no YAML."""
    path = guide_file(topic)
    found: dict[str, Any] | None = plain(tree_in(files, path)) if path in files else None
    return found


def put_guide(files: Files, topic: str, tree: Mapping[str, Any]) -> Edit:
    """The guide says ``tree``; translations of findings and steps that it no longer has are taken out."""
    path = guide_file(topic)

    def change(file: CommentedMap) -> None:
        put(file, tree)

    edit = changed(files, path, change)
    if not edit:
        return edit
    after = merged(files, edit)
    return edit | _untold(after, path)


def _untold(files: Files, path: str) -> Edit:
    english = plain(tree_in(files, path))
    start, edit = path.removesuffix("yaml"), Edit()
    for other in [one for one in files if translated(one) and one.startswith(start)]:

        def change(file: CommentedMap) -> None:
            for name in ("findings", "next_steps"):
                pruned(file.get(name), english.get(name) or [])
                there = {str(one.get("key")) for one in english.get(name) or () if isinstance(one, dict)}
                for unit in [unit for unit in file.get("digests") or () if unit.startswith(f"{name}.")]:
                    if unit.removeprefix(f"{name}.") not in there:
                        del file["digests"][unit]

        edit |= changed(files, other, change)
    return edit


# ------------------------------------------------------------------ from a file


def guide_sheet(tree: Mapping[str, Any]) -> Sheet:
    """The sheet of a guide as it stands in its file."""
    ladder = tree.get("ladder")
    rungs: Mapping[Any, Any] = ladder if isinstance(ladder, dict) else {}
    change = rungs.get("change")
    return {
        "ladder": [_rung(rungs.get(level)) for level in LEVELS],
        "ladder_change": [_change(one) for one in maps_in(change if isinstance(change, list) else [change])],
        "findings": [_finding(one) for one in maps_in(tree.get("findings"))],
        "next_steps": [_step(one) for one in maps_in(tree.get("next_steps"))],
    }


def _rung(tree: Any) -> Sheet:
    held = tree if isinstance(tree, dict) else {}
    return {name: said_in(held.get(name)) for name in _RUNG}


def _change(tree: Mapping[str, Any]) -> Sheet:
    truth = tree.get("comparable")
    told = str(truth).lower() if isinstance(truth, bool) else said_in(truth)
    return {"version": said_in(tree.get("version")), "comparable": told, "why": said_in(tree.get("why"))}


def _finding(tree: Mapping[str, Any]) -> Sheet:
    return {
        **{name: said_in(tree.get(name)) for name in _FINDING},
        "questions": joined(tree.get("questions")),
    }


def _step(tree: Mapping[str, Any]) -> Sheet:
    texts = {name: said_in(tree.get(name)) for name in ("key", "effort", "do", "template")}
    return {**texts, "levels": joined(tree.get("levels")), "for": lines_in(tree.get("for"))}


def whole_guide(sheet: Sheet) -> Sheet:
    """The sheet with everything in it that a form shows."""
    rungs = [*maps_in(sheet.get("ladder")), *({} for _ in LEVELS)][: len(LEVELS)]
    return {
        "ladder": [_rung({}) | rung for rung in rungs],
        "ladder_change": [_change({}) | one for one in maps_in(sheet.get("ladder_change"))],
        "findings": [_finding({}) | one for one in maps_in(sheet.get("findings"))],
        "next_steps": [_step({}) | one for one in maps_in(sheet.get("next_steps"))],
    }


# ------------------------------------------------------------------ into a file


def guide_tree(sheet: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The guide that a sheet says; what no form shows is kept of ``before``."""
    held = before or {}
    old = held.get("ladder")
    was: dict[Any, Any] = old if isinstance(old, dict) else {}
    changes = [_change_tree(one) for one in maps_in(sheet.get("ladder_change"))]
    ladder: dict[Any, Any] = {"change": changes[0] if len(changes) == 1 else changes} if changes else {}
    for level, rung in zip(LEVELS, maps_in(sheet.get("ladder")), strict=False):
        told = _filled({name: text_in(rung, name) for name in _RUNG}) | _rest(was.get(level), _RUNG)
        if told:
            ladder[level] = told
    ladder |= {key: value for key, value in was.items() if key != "change" and key not in LEVELS}
    tree = {
        "ladder": ladder,
        "findings": _each(sheet.get("findings"), held.get("findings"), _finding_tree, _FINDING),
        "next_steps": _each(sheet.get("next_steps"), held.get("next_steps"), _step_tree, _STEP),
    }
    rest = {key: value for key, value in held.items() if key not in tree}
    return rest | {key: value for key, value in tree.items() if value or key in held}


def _each(rows: Any, before: Any, made: Any, known: Iterable[str]) -> list[dict[str, Any]]:
    old = {str(one.get("key")): one for one in maps_in(before)}
    return [made(row) | _rest(old.get(text_in(row, "key")), known) for row in maps_in(rows)]


def _rest(before: Any, known: Iterable[str]) -> dict[str, Any]:
    if not isinstance(before, dict):
        return {}
    return {key: value for key, value in before.items() if key not in known}


def _change_tree(sheet: Mapping[str, Any]) -> dict[str, Any]:
    told = text_in(sheet, "comparable")
    return _filled(
        {
            "version": text_in(sheet, "version"),
            "class": "ladder_changed",
            "comparable": _TRUTHS.get(told, told),
            "why": text_in(sheet, "why"),
        }
    )


def _finding_tree(sheet: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {name: text_in(sheet, name) for name in _FINDING}
    return _filled(tree | {"questions": split_words(sheet.get("questions"))})


def _step_tree(sheet: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {name: text_in(sheet, name) for name in _STEP}
    levels = [number(word) for word in split_words(sheet.get("levels"))]
    return _filled(tree | {"levels": levels, "for": rule_of(outline(sheet.get("for")))})


def _filled(tree: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tree.items() if value not in ("", [], {})}

"""Where in a JSON value a SurveyJS survey stands, and where its elements are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assessments.questionnaire.formats.draft import DraftRefused
from assessments.questionnaire.formats.trees import as_list, read_json


def elements_of(holder: Mapping[str, Any]) -> list[Any]:
    """The elements of a page, panel or survey; older surveys call them questions."""
    for key in ("elements", "templateElements", "questions"):
        if isinstance(holder.get(key), list):
            return list(holder[key])
    return []


def unwrapped(tree: Any) -> dict[str, Any]:
    """The survey in a JSON value, however it is wrapped; DraftRefused when there is none."""
    level = [tree]
    for _depth in range(6):
        for each in level:
            if isinstance(each, dict) and _is_survey(each):
                return each
        inner: list[Any] = []
        for each in level:
            for value in each.values() if isinstance(each, dict) else as_list(each):
                if isinstance(value, str) and value.lstrip().startswith("{") and '"elements"' in value:
                    inner.append(read_json(value.encode("utf-8", "replace")))
                elif isinstance(value, dict | list):
                    inner.append(value)
        level = inner
    raise DraftRefused("This JSON is no SurveyJS form and no OSCAL catalog.")


def _is_survey(tree: Mapping[str, Any]) -> bool:
    pages = tree.get("pages")
    if isinstance(tree.get("plumbline"), dict) and isinstance(pages or tree.get("elements"), list):
        return True
    if isinstance(pages, list):
        return any(isinstance(page, dict) and elements_of(page) for page in pages)
    return "type" not in tree and any(
        isinstance(each, dict) and "type" in each and "name" in each for each in elements_of(tree)
    )


def choices_by_name(tree: Any) -> Iterator[tuple[str, Any]]:
    """The choices of every question, for those that take them over from another."""
    inner = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    if isinstance(tree, dict) and isinstance(tree.get("name"), str) and isinstance(tree.get("choices"), list):
        yield tree["name"], tree["choices"]
    for each in inner:
        yield from choices_by_name(each)

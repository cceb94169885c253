"""What a draft holds, in numbers and places: the summary that the command line prints as JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any

from assessments.questionnaire.formats.draft import (
    Draft,
    Fate,
    Field,
    Group,
    Remark,
    Repeat,
    Report,
    Table,
    Untranslated,
)
from assessments.questionnaire.vocabulary import PartKind


def summary(form: str, draft: Draft | None, report: Report, refused: str | None) -> dict[str, Any]:
    """The summary of one reading: {"format", "title", "questions", "by_kind", ...}; zeros when refused."""
    items = list(draft.walk()) if draft else []
    fields = [item for item, _depth in items if isinstance(item, Field | Table)]
    conditions = [item.relevant for item, _depth in items if item.relevant is not None]
    lists = draft.lists if draft else ()
    used = _lists_used(fields)
    return {
        "format": form,
        "title": next((draft.title[each] for each in draft.languages if draft.title.get(each)), draft.name)
        if draft
        else "",
        "questions": len(fields),
        "by_kind": dict(sorted(Counter(map(kind_of, fields)).items())),
        "groups": sum(isinstance(item, Group) and not isinstance(item, Repeat) for item, _depth in items),
        "repeats": sum(isinstance(item, Repeat) for item, _depth in items),
        "max_depth": max((depth + isinstance(item, Group) for item, depth in items), default=0),
        "choice_lists": len(lists),
        "choice_lists_used": sum(each.name in used for each in lists),
        "choices": sum(len(each.choices) for each in lists),
        "rules": len(conditions),
        "rules_translated": sum(not isinstance(each, Untranslated) for each in conditions),
        "constraints": report.constraints,
        "required": sum(each.must for each in fields),
        "languages": list(draft.languages) if draft else [],
        "warnings": [place(remark) for remark in report.of(Fate.CHANGED)],
        "not_representable": [place(remark) for remark in report.of(Fate.REFUSED)],
        "refused": refused,
    }


def kind_of(item: Field | Table) -> str:
    """The kind of ours, or the type that its own format gives what we have no kind for."""
    if isinstance(item, Table):
        return PartKind.TABLE.value
    return item.kind.value if item.kind is not None else next(iter(item.typed.split()), "unknown")


def _lists_used(fields: list[Field | Table]) -> set[str]:
    every = [column for each in fields for column in (each.columns if isinstance(each, Table) else (each,))]
    return {each.list_name for each in every if each.list_name is not None}


def place(remark: Remark) -> dict[str, Any]:
    """A remark as {"sheet", "row", "column", "text"}."""
    return {"sheet": remark.sheet, "row": remark.row, "column": remark.column, "text": remark.text}

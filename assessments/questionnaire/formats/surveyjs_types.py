"""The types of SurveyJS: which of our kinds each is, and what no kind of ours holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from assessments.questionnaire.formats.trees import as_list, as_text
from assessments.questionnaire.rules import as_number
from assessments.questionnaire.vocabulary import PartKind

GROUPS: Final = frozenset({"panel", "flowpanel", "page"})
NOTES: Final = frozenset({"html", "image"})
IGNORED: Final = frozenset(
    {
        "defaultValue", "defaultValueExpression", "enableIf", "readOnly", "choicesVisibleIf",
        "choicesEnableIf", "setValueExpression", "setValueIf", "resetValueIf",
    }
)  # fmt: skip


@dataclass(frozen=True)
class ReadAs:
    """What a question is here. ``choices``: whether it needs some; ``fixed``: those that it always has."""

    kind: PartKind | None
    typed: str
    choices: bool = False
    fixed: list[Any] | None = None
    whole: bool = False
    low: Decimal | None = None
    high: Decimal | None = None
    changed: str = ""


_INPUTS: Final[Mapping[str, PartKind]] = {
    "": PartKind.SHORT_TEXT,
    "text": PartKind.SHORT_TEXT,
    "email": PartKind.SHORT_TEXT,
    "tel": PartKind.SHORT_TEXT,
    "password": PartKind.SHORT_TEXT,
    "number": PartKind.NUMBER,
    "range": PartKind.NUMBER,
    "date": PartKind.DATE,
    "url": PartKind.LINK,
}
_CHOICES: Final[Mapping[str, PartKind]] = {
    "radiogroup": PartKind.SINGLE,
    "dropdown": PartKind.SINGLE,
    "buttongroup": PartKind.SINGLE,
    "checkbox": PartKind.MULTIPLE,
    "tagbox": PartKind.MULTIPLE,
}
UNMATCHED: Final = frozenset({"ranking", "signaturepad", "microphone", "camera", "custom", "composite"})


def read_type(element: Mapping[str, Any]) -> ReadAs:
    """What the question of this element is here."""
    typed = as_text(element.get("type"))
    if typed == "text":
        said = as_text(element.get("inputType"))
        kind = _INPUTS.get(said)
        whole = kind is PartKind.NUMBER and as_text(element.get("step")) == "1"
        return ReadAs(kind, "text" if kind else f"text-{said}", whole=whole)
    if typed == "comment":
        return ReadAs(PartKind.LONG_TEXT, typed)
    if typed in _CHOICES:
        return ReadAs(_CHOICES[typed], typed, choices=True)
    if typed == "imagepicker":
        kind = PartKind.MULTIPLE if element.get("multiSelect") else PartKind.SINGLE
        return ReadAs(kind, typed, choices=True, changed="a choice of pictures becomes one of words")
    if typed == "boolean":
        return ReadAs(PartKind.SINGLE, typed, choices=True, fixed=_truths(element))
    if typed in ("rating", "slider"):
        return _rating(element, typed)
    if typed == "file":
        return ReadAs(PartKind.EVIDENCE, typed)
    return ReadAs(None, typed or "unknown", choices=typed == "ranking")


def _truths(element: Mapping[str, Any]) -> list[Any]:
    yes = element.get("valueTrue", True)
    no = element.get("valueFalse", False)
    return [
        {"value": yes, "text": element.get("labelTrue") or "Yes"},
        {"value": no, "text": element.get("labelFalse") or "No"},
    ]


def _rating(element: Mapping[str, Any], typed: str) -> ReadAs:
    values = as_list(element.get("rateValues"))
    if values:
        return ReadAs(PartKind.SINGLE, typed, choices=True, fixed=values, changed="a rating becomes a choice")
    low = as_number(element.get("rateMin", element.get("min", 1 if typed == "rating" else 0)))
    high = as_number(element.get("rateMax", element.get("max", 5 if typed == "rating" else 100)))
    changed = f"a {typed} becomes a number"
    return ReadAs(PartKind.NUMBER, typed, whole=typed == "rating", low=low, high=high, changed=changed)

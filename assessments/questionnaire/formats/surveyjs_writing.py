"""A draft as SurveyJS JSON that others can run and we read back unchanged.

Each element is read back while it is written; what would be missing or other goes into its property
``plumbline``, which SurveyJS leaves alone.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import orjson

from assessments.questionnaire.formats.conditions import CannotSay, kinds, references
from assessments.questionnaire.formats.draft import (
    Condition,
    Dialect,
    Draft,
    Field,
    Group,
    Item,
    Machine,
    Note,
    Repeat,
    Report,
    Table,
    Texts,
    Untranslated,
)
from assessments.questionnaire.formats.extras import encoded, extras, unpacked
from assessments.questionnaire.formats.surveyjs_lists import Languages
from assessments.questionnaire.formats.surveyjs_reading import ANSWER, EXTRAS, Reading
from assessments.questionnaire.formats.surveyjs_types import UNMATCHED
from assessments.questionnaire.formats.target_form import Form, fact_name
from assessments.questionnaire.formats.trees import as_list
from assessments.questionnaire.formats.visible_if import to_visible_if
from assessments.questionnaire.formats.xlsform_names import every_item
from assessments.questionnaire.vocabulary import PartKind

_CODE = re.compile(r"\(([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\)\s*\Z")
_TYPES: Final[Mapping[PartKind | None, dict[str, Any]]] = {
    None: {"type": "text"},
    PartKind.SHORT_TEXT: {"type": "text"},
    PartKind.LONG_TEXT: {"type": "comment"},
    PartKind.NUMBER: {"type": "text", "inputType": "number"},
    PartKind.DATE: {"type": "text", "inputType": "date"},
    PartKind.LINK: {"type": "text", "inputType": "url"},
    PartKind.EVIDENCE: {"type": "file"},
    PartKind.SINGLE: {"type": "radiogroup"},
    PartKind.YES_PARTLY_NO: {"type": "radiogroup"},
    PartKind.MULTIPLE: {"type": "checkbox"},
    PartKind.TABLE: {"type": "text"},
}


def write_survey(draft: Draft, report: Report) -> bytes:
    """The draft as the JSON of a survey, UTF-8 and indented."""
    return orjson.dumps(_Writing(draft, report).survey(), option=orjson.OPT_INDENT_2)


def _codes(languages: tuple[str, ...]) -> dict[str, str]:
    """Language to its code in the survey; names like "French (fr)" are fr there."""
    found: dict[str, str] = {}
    for language in languages[1:]:
        match = _CODE.search(language)
        code = match[1] if match else language
        # "default" is the survey's own word for its first language.
        code = "x-default" if code == "default" else code
        found[language] = f"x-{language}" if code in found.values() else code
    return found


class _Writing:
    def __init__(self, draft: Draft, report: Report) -> None:
        self._draft, self._report = draft, report
        self._codes = _codes(draft.languages)
        self._lists = {each.name: each for each in draft.lists}
        self._form = _form(draft)
        names = {code: language for language, code in self._codes.items()}
        self._reading = Reading(Languages(draft.languages[0], names), references(draft.items), Report())

    def survey(self) -> dict[str, Any]:
        """The whole tree."""
        draft = self._draft
        listed = [
            {"name": each.name, "choices": self._choices(each.name, exact=True)} for each in draft.lists
        ]
        used = {each.list_name for each in _fields(draft)}
        more: dict[str, Any] = {
            "name": draft.name,
            "version": draft.version,
            "default": draft.languages[0],
            "languages": list(draft.languages),
            "codes": {code: language for language, code in self._codes.items() if code != language},
            # A list that a question uses stands there; here it has but its place in the order.
            "lists": [{"name": each["name"]} if each["name"] in used else each for each in listed],
        }
        head = {"title": self._say(draft.title), EXTRAS: {k: v for k, v in more.items() if v}}
        if all(isinstance(item, Group) and not isinstance(item, Repeat) for item in draft.items):
            return head | {"pages": [self._page(item) for item in draft.items if isinstance(item, Group)]}
        return head | {"elements": [self._element(item) for item in draft.items]}

    def _say(self, texts: Texts) -> Any:
        default = self._draft.languages[0]
        if set(texts) <= {default}:
            return texts.get(default, "")
        found = {"default": texts[default]} if default in texts else {}
        return found | {self._codes[each]: text for each, text in texts.items() if each in self._codes}

    def _choices(self, name: str | None, *, exact: bool = False) -> list[Any]:
        listed = self._lists.get(name or "")
        choices = listed.choices if listed else ()
        return [
            {"value": choice.key, **({"text": self._say(choice.label)} if choice.label or exact else {})}
            for choice in choices
        ]

    # ---------------------------------------------------------------- elements

    def _page(self, group: Group) -> dict[str, Any]:
        element = {"name": group.name, **self._heading(group), "elements": self._inner(group)}
        return self._completed(group, element, self._reading.page({**element, "elements": []}, 0))

    def _inner(self, group: Group) -> list[dict[str, Any]]:
        return [self._element(item) for item in group.items]

    def _element(self, item: Item) -> dict[str, Any]:
        if isinstance(item, Field):
            element = _joined(self._field(item), self._heading(item))
        elif isinstance(item, Table):
            element = _joined({"name": item.name, **self._table(item)}, self._heading(item))
        elif isinstance(item, Repeat):
            element = {"type": "paneldynamic", "name": item.name, **self._heading(item)}
        elif isinstance(item, Group):
            element = {"type": "panel", "name": item.name, **self._heading(item)}
        elif isinstance(item, Note):
            said = {language: html.escape(text, quote=False) for language, text in item.label.items()}
            element = {"type": "html", "name": item.name, "html": self._say(said)}
            element |= self._condition(item.name, item.relevant)
        else:
            element = self._machine(item)
        found = self._completed(item, element, self._reading.item(element))
        if isinstance(item, Group):
            found["templateElements" if isinstance(item, Repeat) else "elements"] = self._inner(item)
        return found

    def _completed(self, item: Any, element: dict[str, Any], native: Any) -> dict[str, Any]:
        """The element with what reading it by itself would not give back."""
        more = dict(element.get(EXTRAS, {}))
        if type(native) is type(item):
            found = extras(item, native)
            found.pop("list_name", None)
            if "relevant" in found and found["relevant"] is not None:
                found["relevant"] = {**found["relevant"], "as": element.get("visibleIf", "")}
            elif "relevant" in found:
                del found["relevant"]
            if isinstance(item, Field) and ("kind" in found or "typed" in found):
                more["type_as"] = native.typed or str(element["type"])
            more |= found
        return {**element, EXTRAS: more} if more else element

    def _heading(self, item: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if item.label:
            found["title"] = self._say(item.label)
        if item.hint:
            found["description"] = self._say(item.hint)
        return found | self._condition(item.name, item.relevant)

    def _condition(self, name: str, relevant: Condition) -> dict[str, Any]:
        if relevant is None:
            return {}
        try:
            if isinstance(relevant, Untranslated):
                if relevant.dialect is not Dialect.SURVEYJS:
                    raise CannotSay(f"it stands in the language of {relevant.dialect}")
                return {"visibleIf": relevant.text}
            return {"visibleIf": to_visible_if(relevant, self._form)}
        except CannotSay as cannot:
            self._report.refused("survey", 0, "visibleIf", f"the condition of {name}: {cannot}")
            return {EXTRAS: {"relevant": {**encoded(relevant), "as": ""}}}

    def _field(self, field: Field) -> dict[str, Any]:
        element: dict[str, Any] = {**_TYPES[field.kind], "name": field.name}
        if field.kind is None and field.typed in UNMATCHED:
            element["type"] = field.typed
        elif field.kind is None:
            self._report.refused("survey", 0, "type", f"{field.name} has no kind; it became a text field")
        if field.list_name is not None:
            element["choices"] = self._choices(field.list_name)
            element[EXTRAS] = {"list_name": field.list_name}
        if field.other:
            element["showOtherItem"] = True
        if field.must:
            element["isRequired"] = True
        if field.kind is PartKind.NUMBER:
            if field.whole:
                element["step"] = 1
            bounds = (("min", field.low), ("max", field.high))
            element |= {word: _plain(number) for word, number in bounds if number is not None}
        if field.constraint is not None and field.constraint.dialect is Dialect.SURVEYJS:
            element["validators"] = as_list(unpacked(field.constraint.text).get("validators"))
        return element

    def _table(self, table: Table) -> dict[str, Any]:
        rows = [
            {"value": row.key, **({"text": self._say(row.label)} if row.label else {})} for row in table.rows
        ]
        required: dict[str, Any] = {"isRequired": True} if table.must else {}
        first = table.columns[0]
        bare = Field(ANSWER, first.kind, list_name=first.list_name)
        if table.columns == (bare,) and first.kind is PartKind.SINGLE:
            columns = self._choices(first.list_name)
            extra = {EXTRAS: {"list_name": first.list_name}}
            return {"type": "matrix", "columns": columns, "rows": rows, **required, **extra}
        return {
            "type": "matrixdropdown",
            "columns": [self._column(column) for column in table.columns],
            "rows": rows,
            **required,
        }

    def _column(self, column: Field) -> dict[str, Any]:
        element = _joined(self._field(column), self._heading(column))
        native = self._reading.field(element, column.name)
        found = self._completed(column, element, native)
        found["cellType"] = found.pop("type")
        return found

    def _machine(self, machine: Machine) -> dict[str, Any]:
        said = machine.calculation
        native = {"expression": said.text} if said and said.dialect is Dialect.SURVEYJS else {}
        fact = machine.name.removeprefix(fact_name("")) if machine.typed == "hidden" else ""
        marks = {EXTRAS: {"fact": fact}} if fact_name(fact) == machine.name else {}
        element = {"type": "expression", "name": machine.name, **native, **marks}
        return _joined(element, self._condition(machine.name, machine.relevant))


def _joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Both parts of an element, what they keep beside it included."""
    more = {**one.get(EXTRAS, {}), **other.get(EXTRAS, {})}
    return {**one, **other, **({EXTRAS: more} if more else {})}


def _plain(number: Decimal) -> int | str:
    """The number as JSON: whole ones as numbers, others as text so that no digit is lost."""
    return (
        int(number) if number == number.to_integral_value() and abs(number) < 2**53 else format(number, "f")
    )


def _fields(draft: Draft) -> list[Field]:
    found: list[Field] = []
    for item in every_item(draft.items):
        if isinstance(item, Table):
            found.extend(item.columns)
        elif isinstance(item, Field):
            found.append(item)
    return found


def _form(draft: Draft) -> Form:
    names: dict[tuple[str, str | None, str | None], str] = {}
    inside: dict[str, str] = {}
    facts = set()
    for item in every_item(draft.items):
        if isinstance(item, Field | Table):
            names[item.name, None, None] = item.name
        if isinstance(item, Table):
            single = len(item.columns) == 1 and item.columns[0].name == ANSWER
            for row in item.rows:
                for column in item.columns:
                    cell = f"{item.name}.{row.key}" if single else f"{item.name}.{row.key}.{column.name}"
                    names[item.name, column.name, row.key] = cell
        if isinstance(item, Machine) and item.typed == "hidden" and item.name.startswith(fact_name("")):
            facts.add(item.name.removeprefix(fact_name("")))
        if isinstance(item, Repeat):
            inside |= {inner.name: item.name for inner in every_item(item.items)}
    return Form(kinds(draft), names, {}, frozenset(facts), inside)

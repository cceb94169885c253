"""A draft as XLSForm: a workbook, or a set of text files, that others can run and we read back unchanged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from assessments.questionnaire.formats.conditions import CannotSay, Target, Unclear, kinds
from assessments.questionnaire.formats.draft import (
    BARE,
    Condition,
    Dialect,
    Draft,
    DraftRefused,
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
from assessments.questionnaire.formats.extras import encoded, extras, packed
from assessments.questionnaire.formats.target_form import Form, fact_name
from assessments.questionnaire.formats.xlsform_columns import EXTRAS
from assessments.questionnaire.formats.xlsform_constraints import read_constraint, write_constraint
from assessments.questionnaire.formats.xlsform_files import Written
from assessments.questionnaire.formats.xlsform_names import Names, every_item, names_for
from assessments.questionnaire.formats.xlsform_types import is_machine, is_type, read_type
from assessments.questionnaire.formats.xpath import to_rule, to_xpath
from assessments.questionnaire.rules import FactSource, PartSource
from assessments.questionnaire.vocabulary import YES_PARTLY_NO, PartKind

_LONGEST_CELL: Final = 32_000
_TYPES: Final[Mapping[PartKind, str]] = {
    PartKind.SHORT_TEXT: "text",
    PartKind.LONG_TEXT: "text",
    PartKind.DATE: "date",
    PartKind.LINK: "url",
    PartKind.EVIDENCE: "file",
}
_TEXTS: Final = ("label", "hint", "guidance_hint", "constraint_message")
_COLUMNS: Final = (
    "type", "name", *_TEXTS, "required", "relevant", "constraint", "calculation", "repeat_count",
    "appearance", EXTRAS,
)  # fmt: skip
_QUOTE = re.compile(r"\$\{([^{}]*)\}")
Cells = dict[str, str]


def write_form(draft: Draft, report: Report) -> Written:
    """The sheets of the draft; DraftRefused when a text is longer than a cell takes."""
    return _Writing(draft, report).sheets()


class _Writing:
    def __init__(self, draft: Draft, report: Report) -> None:
        self._draft, self._report = draft, report
        self._names = names_for(draft)
        self._form = _form(draft, self._names)
        self._read_back = _read_back(draft, self._names)
        self._lists = {each.name: each for each in draft.lists}
        self._known = {*self._names.order, *self._names.fields.values()}

    def sheets(self) -> Written:
        rows = list(self._rows(self._draft.items, iter(self._names.order)))
        texts = {column: [self._header(column, each) for each in self._draft.languages] for column in _TEXTS}
        used = {name for row in rows for name in row}
        headers = [
            name
            for column in _COLUMNS
            for name in texts.get(column, [column])
            if column in ("type", "name", "label") or name in used
        ]
        survey = [headers, *([row.get(header, "") for header in headers] for row in rows)]
        sheets = {"survey": survey, "choices": self._choices(), "settings": self._settings()}
        for name, found in sheets.items():
            for number, cells in enumerate(found, 1):
                if any(len(cell) > _LONGEST_CELL for cell in cells):
                    raise DraftRefused(f"A text in row {number} of {name} is longer than a cell can be.")
        return Written(sheets)

    def _header(self, column: str, language: str) -> str:
        bare = language == BARE and self._draft.languages[0] == BARE
        return column if bare else f"{column}::{language}"

    def _texts(self, column: str, texts: Texts) -> Cells:
        return {self._header(column, language): text for language, text in self._native(texts).items()}

    def _native(self, texts: Texts) -> dict[str, str]:
        """The texts as the form can show them: one that quotes what the form does not have runs nowhere."""
        said = ((language, texts.get(language, "")) for language in self._draft.languages)
        return {language: _QUOTE.sub(self._quoted, text) for language, text in said if text}

    def _quoted(self, match: re.Match[str]) -> str:
        return match[0] if match[1].strip() in self._known else f"$ {{{match[1]}}}"

    def _shown(self, item: Field | Note) -> Texts:
        """The label; where there is no text at all the name, since a form must show something."""
        texts = self._native(item.label) or self._native(item.hint)
        return item.label if texts else {self._draft.languages[0]: item.name}

    def _choices(self) -> list[list[str]]:
        labels = [self._header("label", each) for each in self._draft.languages]
        headers = ["list_name", "name", *labels, EXTRAS]
        rows = [headers]
        for each in self._draft.lists:
            name = self._names.lists[each.name]
            for choice in each.choices:
                key = self._names.keys[each.name][choice.key]
                more = {"list": each.name} if name != each.name and choice is each.choices[0] else {}
                if key != choice.key:
                    more["key"] = choice.key
                said = choice.label.items()
                texts = {self._header("label", language): text for language, text in said}
                rows.append([name, key, *(texts.get(label, "") for label in labels), packed(more)])
        return rows

    def _settings(self) -> list[list[str]]:
        draft, first = self._draft, self._draft.languages[0]
        name = draft.name if not read_unsafe(draft.name) else "form"
        title = draft.title.get(first, "")
        more: dict[str, Any] = {}
        if draft.title != {first: title or name}:
            more["title"] = dict(draft.title)
        if name != draft.name:
            more["name"] = draft.name
        said = {
            "form_title": title or next(iter(draft.title.values()), name),
            "form_id": name,
            "version": draft.version,
            "default_language": "" if first == BARE else first,
            EXTRAS: packed(more),
        }
        kept = [header for header in said if said[header]]
        return [kept, [said[header] for header in kept]]

    # ---------------------------------------------------------------- rows

    def _rows(self, items: tuple[Item, ...], names: Iterator[str]) -> Iterator[Cells]:
        for item in items:
            name = next(names)
            if isinstance(item, Field):
                yield self._field(item, name)
            elif isinstance(item, Table):
                yield from self._table(item, name)
            elif isinstance(item, Group):
                yield from self._group(item, name, names)
            elif isinstance(item, Note):
                yield self._note(item, name)
            else:
                yield self._machine(item, name)

    def _field(self, field: Field, name: str, **marks: str) -> Cells:
        typed, appearance = self._type(field)
        found = read_type(typed)
        kind = found.kind
        if kind is PartKind.SHORT_TEXT and appearance:
            kind = PartKind.LONG_TEXT
        listed = self._lists.get(field.list_name or "") if found.list_name else None
        keys = tuple(choice.key for choice in listed.choices) if listed else ()
        if kind is PartKind.SINGLE and keys == YES_PARTLY_NO and not found.other:
            kind = PartKind.YES_PARTLY_NO
        shown = self._shown(field)
        relevant, more_relevant = self._relevant(field.name, field.relevant)
        constraint, more_constraint = self._constraint(field)
        native = replace(
            field,
            kind=kind,
            typed=typed if kind is None else "",
            label=self._native(shown),
            hint=self._native(field.hint),
            guidance=self._native(field.guidance),
            constraint_message=self._native(field.constraint_message),
            list_name=field.list_name if found.list_name else None,
            other=found.other,
            whole=found.whole,
            unit="",
        )
        more = extras(field, native)
        if "kind" in more or "typed" in more:
            more["type_as"] = typed
        more |= self._renamed(field, name, marks) | more_relevant | more_constraint
        return {
            "type": typed,
            "name": name,
            **self._texts("label", shown),
            **self._texts("hint", field.hint),
            **self._texts("guidance_hint", field.guidance),
            **self._texts("constraint_message", field.constraint_message),
            **_filled(
                required=field.required,
                relevant=relevant,
                constraint=constraint,
                appearance=appearance,
                plumbline=packed(more),
            ),
        }

    def _type(self, field: Field) -> tuple[str, str]:
        """The type of a field, and its appearance."""
        kind = field.kind
        if kind in (PartKind.SINGLE, PartKind.MULTIPLE, PartKind.YES_PARTLY_NO) and field.list_name:
            word = "select_multiple" if kind is PartKind.MULTIPLE else "select_one"
            return f"{word} {self._names.lists[field.list_name]}{' or_other' if field.other else ''}", ""
        if kind is PartKind.NUMBER:
            return ("integer" if field.whole else "decimal"), ""
        if kind is None and is_type(field.typed):
            return field.typed, ""
        if kind is None:
            self._report.refused("survey", 0, "type", f"{field.name} has no kind; it became a text field")
        if kind is PartKind.LINK:
            return "text", "url"
        return _TYPES.get(
            kind or PartKind.SHORT_TEXT, "text"
        ), "multiline" if kind is PartKind.LONG_TEXT else ""

    def _note(self, note: Note, name: str) -> Cells:
        relevant, more = self._relevant(note.name, note.relevant)
        shown = self._shown(note)
        native = replace(note, label=self._native(shown), hint=self._native(note.hint))
        more |= extras(note, native) | self._renamed(note, name, {})
        return {
            "type": "note",
            "name": name,
            **self._texts("label", shown),
            **self._texts("hint", note.hint),
            **_filled(relevant=relevant, plumbline=packed(more)),
        }

    def _machine(self, machine: Machine, name: str) -> Cells:
        relevant, more = self._relevant(machine.name, machine.relevant)
        said = machine.calculation
        text = said.text if said is not None and said.dialect is Dialect.XPATH else ""
        typed = (
            machine.typed
            if is_machine(machine.typed) and (text or machine.typed != "calculate")
            else "hidden"
        )
        read = Untranslated(Dialect.XPATH, text) if text else None
        more |= extras(machine, replace(machine, typed=typed, calculation=read))
        more |= self._renamed(machine, name, {})
        if machine.name in {fact_name(fact) for fact in self._form.facts}:
            more["fact"] = machine.name.removeprefix(fact_name(""))
        return {
            "type": typed,
            "name": name,
            **_filled(calculation=text, relevant=relevant, plumbline=packed(more)),
        }

    def _group(self, group: Group, name: str, names: Iterator[str]) -> Iterator[Cells]:
        word = "repeat" if isinstance(group, Repeat) else "group"
        relevant, more = self._relevant(group.name, group.relevant)
        count = ""
        native = replace(group, label=self._native(group.label))
        if isinstance(group, Repeat) and group.count is not None:
            if group.count.dialect is Dialect.XPATH:
                count = group.count.text
            else:
                native = replace(group, label=self._native(group.label), count=None)
        more |= extras(group, native) | self._renamed(group, name, {})
        texts = self._texts("label", group.label)
        cells = _filled(relevant=relevant, repeat_count=count, plumbline=packed(more))
        yield {"type": f"begin_{word}", "name": name, **texts, **cells}
        yield from self._told(name, hint=group.hint, guidance=group.guidance)
        yield from self._rows(group.items, names)
        yield {"type": f"end_{word}", "name": name}

    def _told(self, name: str, **texts: Texts) -> Iterator[Cells]:
        """Hint and guidance of a group as notes inside it: a form shows none with the group itself."""
        for word, text in texts.items():
            if text:
                more = packed({"is": word})
                label = self._texts("label", text)
                yield {"type": "note", "name": self._names.once.give(f"{name}_{word}"), **label, EXTRAS: more}

    def _table(self, table: Table, name: str) -> Iterator[Cells]:
        relevant, more = self._relevant(table.name, table.relevant)
        native = replace(table, label=self._native(table.label), rows=table.rows, required="")
        more |= extras(table, native) | self._renamed(table, name, {}) | {"table": True}
        texts = self._texts("label", table.label)
        cells = _filled(relevant=relevant, plumbline=packed(more))
        yield {"type": "begin_group", "name": name, **texts, **cells}
        yield from self._told(name, hint=table.hint, guidance=table.guidance)
        for row in table.rows:
            inner = self._names.fields[table.name, None, row.key]
            label = self._texts("label", row.label)
            yield {"type": "begin_group", "name": inner, **label, EXTRAS: packed({"row": row.key})}
            for column in table.columns:
                cell = self._names.fields[table.name, column.name, row.key]
                yield self._field(column, cell, column=column.name)
            yield {"type": "end_group", "name": inner}
        yield {"type": "end_group", "name": name}

    # ---------------------------------------------------------------- what may not come back by itself

    def _renamed(self, item: Item, name: str, marks: Mapping[str, str]) -> dict[str, Any]:
        if marks:
            return dict(marks)
        return {"name": item.name} if item.name != name else {}

    def _relevant(self, name: str, relevant: Condition) -> tuple[str, dict[str, Any]]:
        """The condition as a cell, and what of it the cell would not give back."""
        text = ""
        read: Condition = None
        if isinstance(relevant, Untranslated):
            text = relevant.text if relevant.dialect is Dialect.XPATH else ""
        elif relevant is not None:
            try:
                text = to_xpath(relevant, self._form)
            except CannotSay as cannot:
                self._report.refused("survey", 0, "relevant", f"the condition of {name}: {cannot}")
        if isinstance(relevant, Untranslated) and not text:
            why = f"the condition of {name} stands in the language of {relevant.dialect}"
            self._report.refused("survey", 0, "relevant", why)
        if text:
            try:
                read = to_rule(text, self._read_back)
            except Unclear:
                read = Untranslated(Dialect.XPATH, text)
        return text, {} if read == relevant else {"relevant": {**encoded(relevant), "as": text}}

    def _constraint(self, field: Field) -> tuple[str, dict[str, Any]]:
        text = write_constraint(field)
        limits = read_constraint(text, field.kind, whole=field.whole)
        read = (limits.low, limits.high, limits.alone, limits.rest)
        if read == (field.low, field.high, field.alone, field.constraint):
            return text, {}
        kept = {name: encoded(getattr(field, name)) for name in ("low", "high", "alone", "constraint")}
        return text, {"constraint": {**kept, "as": text}}


def read_unsafe(name: str) -> bool:
    """Whether a form cannot have that id."""
    return not name or any(sign.isspace() for sign in name)


def _filled(**cells: str) -> Cells:
    return {name: said for name, said in cells.items() if said}


def _form(draft: Draft, names: Names) -> Form:
    keys = {}
    facts: set[str] = set()
    inside: dict[str, str] = {}
    for item in every_item(draft.items):
        columns = item.columns if isinstance(item, Table) else ()
        for place, each in (((item.name, None), item), *(((item.name, c.name), c) for c in columns)):
            if isinstance(each, Field) and each.list_name in names.keys:
                keys[place] = names.keys[each.list_name]
        if isinstance(item, Machine) and item.name.startswith(fact_name("")):
            facts.add(item.name.removeprefix(fact_name("")))
        if isinstance(item, Repeat):
            inside |= {inner.name: item.name for inner in every_item(item.items)}
    return Form(kinds(draft), names.fields, keys, frozenset(facts), inside)


def _read_back(draft: Draft, names: Names) -> dict[str, Target | None]:
    """What a reader of the form takes each name for."""
    form = _form(draft, names)
    found: dict[str, Target | None] = {}
    readable = {item.name: item for item in every_item(draft.items) if isinstance(item, Field | Table)}
    for (name, column, row), there in names.fields.items():
        item = readable.get(name)
        if item is None or name in form.repeated or isinstance(item, Table) != (column is not None):
            continue
        found[there] = Target(PartSource(name, column, row), form.kinds.get((name, column)))
    for fact in form.facts:
        found[fact_name(fact)] = Target(FactSource(fact), None)
    return found

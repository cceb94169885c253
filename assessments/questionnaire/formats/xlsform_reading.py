"""XLSForm to a draft: survey, choices and settings of a workbook, or of a pair of text files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final, TypeVar

from assessments.questionnaire.formats.conditions import Patience, Target, Unclear
from assessments.questionnaire.formats.draft import (
    Choice,
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
    Untranslated,
    says_true,
)
from assessments.questionnaire.formats.extras import condition_from, restored
from assessments.questionnaire.formats.sheets import Row, Sheet
from assessments.questionnaire.formats.xlsform_choices import (
    Choices,
    Settings,
    read_choices,
    read_settings,
)
from assessments.questionnaire.formats.xlsform_columns import KNOWN, Columns, columns_of, languages_of
from assessments.questionnaire.formats.xlsform_constraints import Limits, read_constraint
from assessments.questionnaire.formats.xlsform_lines import Line, is_table, names_of, read_lines
from assessments.questionnaire.formats.xlsform_types import Does
from assessments.questionnaire.formats.xpath import to_rule
from assessments.questionnaire.rules import BadRule
from assessments.sentences import counted

_FALSE: Final = frozenset({"", "no", "false", "false()", "0"})
_RANGE = re.compile(r"\b(start|end)\s*=\s*(-?[0-9]{1,15}(?:\.[0-9]{1,9})?)(?![0-9.])")
_LEFT_OUT: Final[Mapping[str, str]] = {
    "default": "default answers are not taken over: an answer is the supplier's own",
    "readonly": "a field that cannot be edited becomes an ordinary one",
    "trigger": "recalculation on a trigger is not taken over",
    "required_message": "the words for a missing answer are our own",
    "appearance": "how a field looks is not taken over",
}
SomeGroup = TypeVar("SomeGroup", bound=Group)
_OWN_LOOK: Final = frozenset({"multiline", "minimal", "field-list", "url"})


@dataclass(frozen=True)
class Sheets:
    """The sheets of one form. ``others``: names of sheets that are no part of it."""

    survey: Sheet
    choices: Sheet | None = None
    settings: Sheet | None = None
    others: tuple[str, ...] = ()


def read_form(sheets: Sheets, stem: str, report: Report) -> Draft:
    """The draft of a form; ``stem`` names it where it names itself nowhere. Raises DraftRefused."""
    settings = Settings()
    if sheets.settings is not None:
        settings = read_settings(columns_of(sheets.settings, "settings", "", report), report)
    language = settings.default_language
    survey = columns_of(sheets.survey, "survey", language, report)
    if not survey.has("type"):
        raise DraftRefused(f"The sheet {sheets.survey.name} has no column “type”; it is no XLSForm.")
    empty = Sheet("choices")
    choice_table = columns_of(sheets.choices or empty, "choices", language, report)
    for name in sheets.others:
        report.changed(name, 0, "", "the sheet is no part of the form and was left out")
    languages = languages_of((survey, choice_table), language)
    if language and language not in languages:
        report.changed("settings", 2, "default_language", f"no column has the language {language}")
    choices = read_choices(choice_table, report)
    lines = read_lines(survey, choices, report)
    reading = _Reading(survey, choices, names_of(survey, lines), report)
    items = reading.items(iter(lines))
    title = settings.titles
    if title is None:
        title = {languages[0]: settings.title or settings.name or stem}
    _note_columns(survey, report)
    if not items:
        raise DraftRefused(f"The sheet {sheets.survey.name} has no question.")
    return Draft(
        name=settings.exact_name or settings.name or stem,
        title=title,
        version=settings.version,
        languages=languages,
        items=items,
        lists=tuple(choices.lists.values()),
    )


def _note_columns(survey: Columns, report: Report) -> None:
    """One remark for each column whose cells are left out, at the first row that uses it."""
    for header in survey.headers.values():
        column = header.column
        if column in KNOWN["survey"] and column not in _LEFT_OUT:
            continue
        used = [row for row in survey.rows if _left_out(column, survey.cell(row, column))]
        if used:
            why = _LEFT_OUT.get(column, "the column is no part of our questionnaires")
            count = f" ({len(used)} rows)" if len(used) > 1 else ""
            report.changed(survey.sheet, used[0].number, header.written, f"{why}{count}")


def _left_out(column: str, said: str) -> bool:
    if column == "appearance":
        return bool({word.casefold() for word in said.split()} - _OWN_LOOK)
    return said.casefold() not in _FALSE if column == "readonly" else bool(said)


class _Reading:
    """Makes items of lines."""

    def __init__(
        self, survey: Columns, choices: Choices, names: Mapping[str, Target | None], report: Report
    ) -> None:
        self._survey, self._choices, self._names, self._report = survey, choices, names, report
        self._patience = Patience()

    def items(self, lines: Iterator[Line]) -> tuple[Item, ...]:
        """The items up to the end of the group that is open."""
        found: list[Item] = []
        for line in lines:
            does = line.type.does
            if does in (Does.END_GROUP, Does.END_REPEAT):
                break
            if does in (Does.BEGIN_GROUP, Does.BEGIN_REPEAT):
                found.append(self._group(line, lines))
            elif does is Does.NOTE:
                found.append(self._note(line))
            elif does is Does.MACHINE:
                found.append(self._machine(line))
            else:
                found.append(self._field(line))
        return tuple(found)

    def _refuse(self, row: Row, column: str, text: str) -> None:
        self._report.refused(self._survey.sheet, row.number, self._survey.written(column), text)

    def _change(self, row: Row, column: str, text: str) -> None:
        self._report.changed(self._survey.sheet, row.number, self._survey.written(column), text)

    def _understand(self, line: Line, text: str) -> None:
        self._report.understood(self._survey.sheet, line.row.number, self._survey.written("type"), text)

    # ---------------------------------------------------------------- what a row says

    def _texts(self, line: Line, column: str) -> dict[str, str]:
        texts = self._survey.texts(line.row, column)
        if any("${" in text for text in texts.values()):
            self._change(line.row, column, f"the text of {line.name} quotes an answer; ours are fixed texts")
        return texts

    def _relevant(self, line: Line) -> Condition:
        text = self._survey.cell(line.row, "relevant")
        kept = _as_written(line, "relevant", text)
        if kept is not None:
            try:
                return condition_from(kept)
            except (ValueError, TypeError, KeyError, BadRule):
                pass
        if not text:
            return None
        try:
            self._patience.spend(text)
            return to_rule(text, self._names)
        except Unclear as unclear:
            self._refuse(line.row, "relevant", f"the condition of {line.name} was not translated: {unclear}")
            return Untranslated(Dialect.XPATH, text)

    def _note(self, line: Line) -> Note:
        note = Note(line.name, self._texts(line, "label"), self._texts(line, "hint"), self._relevant(line))
        self._understand(line, f"{line.name} is a text to read")
        return restored(note, _without(line, "relevant"))

    def _machine(self, line: Line) -> Machine:
        text = self._survey.cell(line.row, "calculation")
        typed = line.extras.get("typed")
        machine = Machine(
            line.name,
            typed if isinstance(typed, str) and typed else line.written,
            Untranslated(Dialect.XPATH, text) if text else None,
            self._relevant(line),
        )
        if "fact" not in line.extras:
            said = f"nobody answers {line.name} ({line.written})"
            if text:
                self._refuse(line.row, "calculation", f"{said}; our questionnaires work out nothing")
            else:
                self._change(line.row, "type", f"{said}; it is no question")
        return restored(machine, _without(line, "typed"))

    def _field(self, line: Line) -> Field:
        kind, found = line.kind, line.type
        typed = ""
        if kind is None:
            typed = line.written
            self._refuse(line.row, "type", self._no_kind(line))
        elif found.changed:
            self._change(line.row, "type", f"{line.name}: {found.changed}")
        if kind is not None:
            self._understand(line, f"{line.name} is a question of the kind {kind}")
        field = Field(
            name=line.name,
            kind=kind,
            typed=typed,
            label=self._texts(line, "label"),
            hint=self._texts(line, "hint"),
            guidance=self._texts(line, "guidance_hint"),
            list_name=self._choices.lists[found.list_name].name
            if kind is not None and found.list_name
            else None,
            other=kind is not None and found.other,
            required=self._required(line),
            relevant=self._relevant(line),
            whole=found.whole,
        )
        if field.other:
            self._change(
                line.row, "type", f"“or_other” of {line.name} becomes a choice and a field for the words"
            )
        if self._survey.cell(line.row, "choice_filter"):
            self._refuse(
                line.row, "choice_filter", f"the choices of {line.name} are not narrowed by other answers"
            )
        field = self._limited(line, field)
        return restored(field, self._other_extras(line))

    def _other_extras(self, line: Line) -> dict[str, Any]:
        more = _without(line, "relevant", "constraint")
        if more.pop("type_as", line.written) != line.written:
            more.pop("kind", None)
            more.pop("typed", None)
        return more

    def _no_kind(self, line: Line) -> str:
        if line.type.list_name:
            return f"{line.name} uses the list {line.type.list_name}, which the form does not have"
        if not line.type.known:
            return f"the type “{line.written}” of {line.name} is unknown; it stays without a kind"
        return f"the type “{line.written}” of {line.name} has no counterpart; it stays without a kind"

    def _required(self, line: Line) -> str:
        said = self._survey.cell(line.row, "required")
        if said and not says_true(said) and said.casefold() not in _FALSE:
            self._change(
                line.row, "required", f"{line.name} is required under a condition (“{said[:60]}”), here never"
            )
        return said

    def _limited(self, line: Line, field: Field) -> Field:
        text = self._survey.cell(line.row, "constraint")
        if text:
            self._report.constraints += 1
        messages = self._texts(line, "constraint_message")
        try:
            self._patience.spend(text)
            limits = read_constraint(text, field.kind, whole=field.whole)
        except Unclear:
            limits = Limits(rest=Untranslated(Dialect.XPATH, text))
        kept = _as_written(line, "constraint", text)
        if kept is not None:
            return restored(replace(field, constraint_message=messages), kept)
        if limits.rest is not None:
            self._refuse(
                line.row, "constraint", f"the rule on {line.name} was not translated: {limits.rest.text[:80]}"
            )
        if line.written.casefold() == "range":
            limits = self._range(line, limits)
        return replace(
            field,
            low=limits.low,
            high=limits.high,
            alone=limits.alone,
            constraint=limits.rest,
            constraint_message=messages,
        )

    def _range(self, line: Line, limits: Limits) -> Limits:
        ends = dict(_RANGE.findall(self._survey.cell(line.row, "parameters")))
        low, high = (Decimal(ends[end]) if end in ends else None for end in ("start", "end"))
        return replace(limits, low=limits.low or low, high=limits.high or high)

    # ---------------------------------------------------------------- groups

    def _group(self, line: Line, lines: Iterator[Line]) -> Item:
        inner = self.items(lines)
        hint, guidance = self._survey.texts(line.row, "hint"), self._survey.texts(line.row, "guidance_hint")
        if is_table(line) and (table := self._table(line, inner)):
            return table
        shared: dict[str, Any] = {
            "name": line.name,
            "label": self._texts(line, "label"),
            "hint": hint,
            "guidance": guidance,
            "relevant": self._relevant(line),
            "items": inner,
        }
        if line.type.does is Does.BEGIN_GROUP:
            self._understand(line, f"{line.name} is a group of {len(inner)}")
            return _folded(restored(Group(**shared), _without(line, "relevant")))
        count = self._survey.cell(line.row, "repeat_count")
        if count:
            self._refuse(line.row, "repeat_count", f"how often {line.name} repeats is left to who answers")
        if line.type.over:
            why = f"{line.name} loops over {line.type.over}; who answers adds an entry for each instead"
            self._refuse(line.row, "type", why)
        self._understand(line, f"{line.name} repeats {counted(len(inner), 'field')}")
        repeat = Repeat(**shared, count=Untranslated(Dialect.XPATH, count) if count else None)
        return _folded(restored(repeat, _without(line, "relevant")))

    def _table(self, line: Line, inner: Sequence[Item]) -> Table | None:
        """The table that we once wrote as groups; None if its groups were changed so much that it is none."""
        folded = _folded(Group(line.name, items=tuple(inner)))
        rows: list[Choice] = []
        columns: list[Field] = []
        for each in folded.items:
            if not isinstance(each, Group) or isinstance(each, Repeat) or not each.name.startswith("row:"):
                return None
            fields = [one for one in each.items if isinstance(one, Field) and one.name.startswith("column:")]
            if len(fields) != len(each.items):
                return None
            rows.append(Choice(each.name.removeprefix("row:"), each.label))
            columns = columns or [replace(one, name=one.name.removeprefix("column:")) for one in fields]
        if not rows or not columns:
            return None
        table = Table(
            line.name,
            label=self._texts(line, "label"),
            hint=folded.hint,
            guidance=folded.guidance,
            relevant=self._relevant(line),
            rows=tuple(rows),
            columns=tuple(columns),
        )
        self._understand(line, f"{line.name} is a table of {counted(len(rows), 'row')}")
        return restored(table, _without(line, "relevant"))


def _folded(group: SomeGroup) -> SomeGroup:
    """The group with the notes that carry its own hint and guidance put back where they came from."""
    kept: list[Item] = []
    more: dict[str, Any] = {}
    for item in group.items:
        if isinstance(item, Note) and item.name in ("is:hint", "is:guidance"):
            more[item.name.removeprefix("is:")] = item.label
        else:
            kept.append(item)
    return replace(group, items=tuple(kept), **more) if more else group


def _as_written(line: Line, attribute: str, text: str) -> dict[str, Any] | None:
    """What the extras say of an attribute whose cell still reads as it was written."""
    found = line.extras.get(attribute)
    return found if isinstance(found, dict) and found.get("as", "") == text else None


def _without(line: Line, *names: str) -> dict[str, Any]:
    return {key: value for key, value in line.extras.items() if key not in names}

"""The neutral draft of a questionnaire, and the report of how a file became one.

A draft is less than a pack and more forgiving: groups nest without end, texts may lack in some languages,
conditions that our rule language cannot say are kept as they were written, and what no kind of ours can hold
stands there under the type that its own format gives it. A person makes a pack of it; nothing publishes it.

In the conditions of a draft a ``PartSource`` names a field of the draft; with ``column`` (and ``row``) a
column of one of its repeats or tables; a ``FactSource`` a fact that no field gives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final

from assessments.questionnaire.rules import Rule
from assessments.questionnaire.vocabulary import PartKind

Texts = Mapping[str, str]
"""One text: language, as the file names it, to words. A language without words is left out."""

BARE: Final = "default"
"""The language of texts that a file gives no language for."""

LONGEST_TEXT: Final = 20_000
MOST_REMARKS: Final = 3_000
_CONTROLS = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\\ud800-\\udfff\\ufffe\\uffff]")
_TRUE: Final = frozenset({"yes", "true", "true()", "1"})


def clean(text: str) -> str:
    """The text as every format can hold it: no control characters, one kind of line end, no space around."""
    if _CONTROLS.search(text) or "\r" in text:
        text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text.strip()[:LONGEST_TEXT].rstrip()


class Dialect(StrEnum):
    """The language of an expression that was not translated."""

    XPATH = "xpath"
    SURVEYJS = "surveyjs"
    OSCAL = "oscal"


@dataclass(frozen=True)
class Untranslated:
    """An expression that our rules cannot say, as it was written."""

    dialect: Dialect
    text: str


Condition = Rule | Untranslated | None
"""When something is asked; None: always."""


@dataclass(frozen=True)
class Choice:
    """One choice of a list, or one row of a table."""

    key: str
    label: Texts = field(default_factory=dict)


@dataclass(frozen=True)
class ChoiceList:
    """A list of choices that any number of fields share, none included."""

    name: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Field:
    """One thing to answer. ``kind`` None: no kind of ours holds it; ``typed`` is then its own format's type.

    ``required`` is what the file says, word for word: a condition, "no" and "yes" are three things.
    ``constraint`` is what remains beside ``low``, ``high`` and ``alone``.
    """

    name: str
    kind: PartKind | None
    typed: str = ""
    label: Texts = field(default_factory=dict)
    hint: Texts = field(default_factory=dict)
    guidance: Texts = field(default_factory=dict)
    list_name: str | None = None
    other: bool = False
    alone: tuple[str, ...] = ()
    required: str = ""
    relevant: Condition = None
    unit: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    whole: bool = False
    constraint: Untranslated | None = None
    constraint_message: Texts = field(default_factory=dict)

    @property
    def must(self) -> bool:
        """Whether an answer is needed in every case."""
        return says_true(self.required)


@dataclass(frozen=True)
class Note:
    """A text that is shown and not answered."""

    name: str
    label: Texts = field(default_factory=dict)
    hint: Texts = field(default_factory=dict)
    relevant: Condition = None


@dataclass(frozen=True)
class Machine:
    """A value that the form works out, or a device fills in. ``typed``: as its own format calls it."""

    name: str
    typed: str
    calculation: Untranslated | None = None
    relevant: Condition = None


@dataclass(frozen=True)
class Group:
    """Items under one heading."""

    name: str
    label: Texts = field(default_factory=dict)
    hint: Texts = field(default_factory=dict)
    guidance: Texts = field(default_factory=dict)
    relevant: Condition = None
    items: tuple[Item, ...] = ()


@dataclass(frozen=True)
class Repeat(Group):
    """Items that are answered once for each of several things. ``count``: how many, if the file says it."""

    count: Untranslated | None = None


@dataclass(frozen=True)
class Table:
    """Fixed rows, each with the same columns: one question of the kind table."""

    name: str
    label: Texts = field(default_factory=dict)
    hint: Texts = field(default_factory=dict)
    guidance: Texts = field(default_factory=dict)
    required: str = ""
    relevant: Condition = None
    rows: tuple[Choice, ...] = ()
    columns: tuple[Field, ...] = ()

    @property
    def must(self) -> bool:
        """Whether an answer is needed in every case."""
        return says_true(self.required)


Item = Field | Note | Machine | Group | Repeat | Table


@dataclass(frozen=True)
class Draft:
    """A questionnaire in the making. ``languages``: all that its texts may have, the source's first."""

    name: str
    title: Texts
    version: str
    languages: tuple[str, ...]
    items: tuple[Item, ...]
    lists: tuple[ChoiceList, ...] = ()

    def walk(self) -> Iterator[tuple[Item, int]]:
        """Every item before what it holds, with its depth: 0 outside every group."""
        yield from _walk(self.items)

    def list(self, name: str) -> ChoiceList | None:
        """The list of that name; None if there is none."""
        return next((each for each in self.lists if each.name == name), None)


def _walk(items: tuple[Item, ...]) -> Iterator[tuple[Item, int]]:
    waiting: list[tuple[Item, int]] = [(item, 0) for item in reversed(items)]
    while waiting:
        item, depth = waiting.pop()
        yield item, depth
        if isinstance(item, Group):
            waiting.extend((inner, depth + 1) for inner in reversed(item.items))


def sound(draft: Draft) -> Draft:
    """The draft with every language of its texts named, and no field that names a list which is not there.

    Such a field has no kind.
    """
    spoken = dict.fromkeys((*draft.languages, *_spoken(draft)))
    draft = replace(draft, languages=tuple(spoken))
    known = frozenset(each.name for each in draft.lists)
    wrong = any(_misses(field, known) for item, _depth in draft.walk() for field in _fields_of(item))
    return replace(draft, items=tuple(_sound(item, known) for item in draft.items)) if wrong else draft


def _spoken(draft: Draft) -> Iterator[str]:
    """The language of every text, as often as it comes."""
    yield from draft.title
    for listed in draft.lists:
        for choice in listed.choices:
            yield from choice.label
    for item, _depth in draft.walk():
        if isinstance(item, Machine):
            continue
        texts = [item.label, item.hint]
        if isinstance(item, Table):
            texts += [row.label for row in item.rows]
        for each in (item, *(item.columns if isinstance(item, Table) else ())):
            if not isinstance(each, Note):
                texts += [each.label, each.hint, each.guidance]
            if isinstance(each, Field):
                texts.append(each.constraint_message)
        for text in texts:
            yield from text


def _fields_of(item: Item) -> tuple[Field, ...]:
    if isinstance(item, Field):
        return (item,)
    return item.columns if isinstance(item, Table) else ()


def _misses(field: Field, known: frozenset[str]) -> bool:
    needs = field.kind in (PartKind.SINGLE, PartKind.MULTIPLE, PartKind.YES_PARTLY_NO)
    return field.list_name not in known if needs or field.list_name is not None else False


def _sound(item: Item, known: frozenset[str]) -> Item:
    if isinstance(item, Field):
        kept = item if not _misses(item, known) else replace(item, kind=None, list_name=None, other=False)
        return kept if kept.kind is not None or kept.typed else replace(kept, typed="choice")
    if isinstance(item, Table):
        columns = (_sound(each, known) for each in item.columns)
        return replace(item, columns=tuple(each for each in columns if isinstance(each, Field)))
    if isinstance(item, Group):
        return replace(item, items=tuple(_sound(each, known) for each in item.items))
    return item


def says_true(written: str) -> bool:
    """Whether a cell or word says yes; any other text that is not empty does not."""
    return written.strip().casefold() in _TRUE


class Fate(StrEnum):
    """What became of a place of the file."""

    UNDERSTOOD = "understood"
    CHANGED = "changed"
    REFUSED = "refused"


@dataclass(frozen=True)
class Remark:
    """What became of one place. ``row`` counts as the program shows it, from 1; 0 where there is none."""

    fate: Fate
    sheet: str
    row: int
    column: str
    text: str


class DraftRefused(ValueError):
    """The file cannot be read to a draft at all; the message is one sentence for the person who sent it."""


@dataclass
class Report:
    """What was understood, changed and refused on the way to a draft.

    ``constraints`` counts the rules on values that the file holds. ``more``: remarks beyond those kept.
    """

    remarks: list[Remark] = field(default_factory=list)
    constraints: int = 0
    more: int = 0

    def understood(self, sheet: str, row: int, column: str, text: str) -> None:
        """Note what came over as it was meant."""
        self._note(Fate.UNDERSTOOD, sheet, row, column, text)

    def changed(self, sheet: str, row: int, column: str, text: str) -> None:
        """Note what came over otherwise than it was written, or was left out without loss of a question."""
        self._note(Fate.CHANGED, sheet, row, column, text)

    def refused(self, sheet: str, row: int, column: str, text: str) -> None:
        """Note what our questionnaires cannot represent."""
        self._note(Fate.REFUSED, sheet, row, column, text)

    def of(self, fate: Fate) -> list[Remark]:
        """The remarks of that fate, in the order noted."""
        return [remark for remark in self.remarks if remark.fate is fate]

    def _note(self, fate: Fate, sheet: str, row: int, column: str, text: str) -> None:
        if len(self.remarks) >= (2 if fate is Fate.REFUSED else 1) * MOST_REMARKS:
            self.more += 1
        else:
            self.remarks.append(Remark(fate, sheet, row, column, clean(text)))

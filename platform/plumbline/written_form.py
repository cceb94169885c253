"""Forms drawn once and filled many times.

A question's fields are the same for everybody but for what was answered. Drawn from macros they take about
half a millisecond a question; drawn once empty, cut at the fields and filled, some twenty microseconds.
`components/inputs/input.html` asks `Written.input` when the application provides it as `written`; macros
whose output follows from a few short arguments go through `Written.remembered`. What has a fault in it is
drawn anew.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from enum import Enum, auto
from html import unescape
from operator import attrgetter, itemgetter
from typing import Any

from jinja2.runtime import Macro
from markupsafe import Markup, escape

from assessments.questionnaire.model import Part, PartKind

_FIELD = re.compile(
    r"<input\b(?P<input>[^>]*)>"
    r"|(?P<area><textarea\b(?P<area_said>[^>]*)>\n?)(?P<text>[^<]*)</textarea>"
    r"|(?P<select><select\b(?P<select_said>[^>]*)>)(?P<options>.*?)</select>",
    re.DOTALL,
)
_NAME = re.compile(r'(?<![\w-])name="([^"]*)"')
_TYPE = re.compile(r'(?<![\w-])type="([^"]*)"')
_VALUE = re.compile(r'(?<![\w-])value="([^"]*)"')
_ELSEWHERE = "\0/here"  # no address and no text holds this character
_UNFILLED = frozenset({"file", "password", "submit"})


class _Kind(Enum):
    TICK = auto()
    VALUE = auto()
    CHOICE = auto()


class WrittenForm:
    """HTML of an empty form, cut at its fields."""

    def __init__(self, html: str) -> None:
        self._texts: list[str] = []
        self._slots: list[tuple[_Kind, str, str]] = []
        self._from = 0
        for found in _FIELD.finditer(html):
            if found["input"] is not None:
                self._cut_input(html, found)
            else:
                self._cut_area_or_select(html, found)
        self._texts.append(html[self._from :])

    def _cut(self, html: str, start: int, end: int, slot: tuple[_Kind, str, str]) -> None:
        self._texts.append(html[self._from : start])
        self._slots.append(slot)
        self._from = end

    def _cut_input(self, html: str, found: re.Match[str]) -> None:
        said, start = found["input"], found.start("input")
        name, kind, value = _NAME.search(said), _TYPE.search(said), _VALUE.search(said)
        what = kind[1] if kind else "text"
        if name is None or value is None or what in _UNFILLED:
            return
        if what in {"radio", "checkbox"}:
            end = found.end("input")
            self._cut(html, end, end, (_Kind.TICK, unescape(name[1]), unescape(value[1])))
        else:
            at = (start + value.start(1), start + value.end(1))
            self._cut(html, *at, (_Kind.VALUE, unescape(name[1]), value[1]))

    def _cut_area_or_select(self, html: str, found: re.Match[str]) -> None:
        area = found["area"] is not None
        name = _NAME.search(found["area_said"] if area else found["select_said"])
        if name is None:
            return
        inner = "text" if area else "options"
        slot = (_Kind.VALUE if area else _Kind.CHOICE, unescape(name[1]), found[inner])
        self._cut(html, found.start(inner), found.end(inner), slot)

    def fill(self, fields: Mapping[str, Sequence[str]]) -> Markup:
        """The form with these values (posted name: values). A field not named stays as it was drawn."""
        written = [self._texts[0]]
        for (kind, name, drawn), text in zip(self._slots, self._texts[1:], strict=True):
            values = fields.get(name)
            if kind is _Kind.TICK:
                if values and drawn in values:
                    written.append(" checked")
            elif not values:
                written.append(drawn)
            elif kind is _Kind.VALUE:
                written.append(escape(values[0]))
            else:
                value = f'value="{escape(values[0])}"'
                written.append(drawn.replace(value, f"{value} selected", 1))
            written.append(text)
        return Markup("".join(written))  # noqa: S704  the texts are drawn by Jinja, values are escaped above


class Written:
    """What was drawn so far in this process, by language; the least recently used go first."""

    def __init__(self, language: Callable[[], str], most: int = 4000) -> None:
        self._language = language
        self._most = most
        self._drawn: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()
        self._cells: dict[Hashable, dict[Any, str]] = {}

    def remembered(self, macro: Macro, *arguments: Any) -> Markup:
        """What the macro draws for these arguments; it may depend on nothing but them and the language."""
        return self._one(macro, self._language(), arguments)

    def each(
        self,
        macro: Macro,
        groups: Iterable[Any],
        of: str,
        *attributes: str,
        within: str = "",
        between: str = "",
    ) -> Markup:
        """What the macro draws for two or more attributes of each thing that a group holds as `of`.

        The joints within and between groups are the template's own HTML.
        """
        cells = self._cells.setdefault((macro.name, self._language()), {})
        pick: Callable[[Any], Any] | None = None
        drawn = []
        for group in groups:
            line = []
            for thing in group[of] if isinstance(group, dict) else getattr(group, of):
                if pick is None:
                    pick = itemgetter(*attributes) if isinstance(thing, dict) else attrgetter(*attributes)
                values = pick(thing)
                cell = cells.get(values)
                if cell is None:
                    if len(cells) >= self._most:
                        cells.clear()
                    cell = cells[values] = macro(*values)
                line.append(cell)
            drawn.append(within.join(line))
        return Markup(between.join(drawn))  # noqa: S704  a macro escapes what it is given

    def _one(self, macro: Macro, language: str, arguments: tuple[Any, ...]) -> Markup:
        key = (macro.name, language, tuple(tuple(a.items()) if type(a) is dict else a for a in arguments))
        try:
            found = self._found(key)
        except TypeError:  # an argument that cannot be a key, such as a sample's list
            return Markup(macro(*arguments))  # noqa: S704  as above
        if found is None:
            found = self._keep(key, Markup(macro(*arguments)))  # noqa: S704  as above
        return found  # type: ignore[no-any-return]

    def card(self, macro: Macro, card: Any) -> Markup:
        """What the macro draws for a card, kept under the card's ``likeness`` where it has one.

        A card holds addresses that begin with its ``base``; all else of it is in the likeness, so firms that
        answered a question alike (not yet, mostly) are shown the same drawing. A card that comes by a
        ``sign`` is not even made where one of that sign was drawn.
        """
        sign = getattr(card, "sign", None)
        if sign is None:
            found = self._like(macro, card)
        else:
            key = (macro.name, self._language(), sign)
            found = self._found(key)
            if found is None:
                made = card.made()
                found = self._like(macro, made)
                if found is not None:
                    self._keep(key, found)
                else:
                    card = made
        if found is None:
            return Markup(macro(card))  # noqa: S704  as above
        return Markup(found[1].replace(_ELSEWHERE, str(escape(card.base))))  # noqa: S704  as above

    def _like(self, macro: Macro, card: Any) -> tuple[Any, str] | None:
        """The drawing of cards like this one, addresses elsewhere; None where there is no other like it."""
        likeness = card.likeness
        if likeness is None:
            return None
        key = (macro.name, self._language(), likeness)
        found: tuple[Any, str] | None = self._found(key)
        if found is None:
            # The thing is held so that its id, which stands for it in the likeness, is not given again.
            found = self._keep(key, (card.thing, str(macro(card.based(_ELSEWHERE)))))
        return found

    def input(
        self,
        macro: Macro,
        part: Part,
        value: Any,
        name: str,
        errors: Mapping[str, str],
        disabled: bool,
        row_labels: Mapping[str, str],
    ) -> Markup:
        """The input that the macro draws for a part, with its value filled in."""
        if not isinstance(part, Part) or any(
            place == name or place.startswith(f"{name}.") for place in errors
        ):
            return Markup(macro(part, value, name, errors, disabled, row_labels))  # noqa: S704  as above
        rows = len(value or ()) if _free(part) else 0
        key = (id(part), self._language(), name, disabled, tuple(row_labels.items()), rows)
        found = self._found(key)
        if found is None:
            empty = [{"row": None}] * rows or None
            drawn = WrittenForm(macro(part, empty, name, {}, disabled, row_labels))
            found = self._keep(key, (part, drawn))  # holding the part keeps its id from being given again
        form: WrittenForm = found[1]
        return form.fill(fields_of(part, value, name))

    def _found(self, key: Hashable) -> Any:
        # Threads draw at once: between finding and moving to the end another may let the same one go.
        with self._lock:
            found = self._drawn.get(key)
            if found is not None:
                self._drawn.move_to_end(key)
        return found

    def _keep(self, key: Hashable, drawn: Any) -> Any:
        with self._lock:
            self._drawn[key] = drawn
            while len(self._drawn) > self._most:
                self._drawn.popitem(last=False)
        return drawn


def fields_of(part: Part, value: Any, name: str) -> dict[str, list[str]]:
    """A part's value, stored or as typed, as the fields of its input: posted name to values."""
    fields: dict[str, list[str]] = {}
    if value is not None:
        _lay_out(part, value, name, fields)
    return fields


def _free(part: Part) -> bool:
    source = part.rows_from
    return part.kind is PartKind.TABLE and not part.rows and (source is None or source.list_name is not None)


def _lay_out(part: Part, value: Any, name: str, fields: dict[str, list[str]]) -> None:
    if part.kind is PartKind.TABLE:
        free = _free(part)
        for number, row in enumerate(value, start=1):
            token = f"row{number}" if free else row.get("row")
            if free and row.get("row"):
                fields[f"{name}.{token}.row"] = [row["row"]]
            for key, cell in row.items():
                if key != "row":
                    fields[f"{name}.{token}.{key}"] = _texts(cell)
    elif part.kind is PartKind.NUMBER:
        for key, said in (value if isinstance(value, dict) else {"value": value}).items():
            if said is not None:
                fields[f"{name}.{key}"] = [str(said)]
    else:
        fields[name] = _texts(value)


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(one) for one in value]
    if isinstance(value, dict):  # a number typed into a cell
        return _texts(value.get("value"))
    return [] if value is None else [str(value)]

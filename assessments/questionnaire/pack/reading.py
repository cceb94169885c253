"""Reading a pack's YAML strictly: one document, no anchors, tags or duplicate keys, every fault collected.

The tree holds str, int, Decimal, bool, None, list and dict only. Bare yes, no, on and off are refused: YAML
turns them into booleans, and an option key silently becomes true.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import yaml

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same events, five times as fast
_LARGEST_FILE = 1_000_000
_DEEPEST = 40
_WORDS_TAKEN_FOR_TRUTH = frozenset({"yes", "no", "on", "off", "y", "n"})
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,14})\Z")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,15}\.[0-9]{1,9}\Z")

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, order=True)
class Problem:
    """One fault of a pack: in which file, at which place, what is wrong and how to mend it."""

    file: str
    path: str
    message: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}: {self.path}" if self.path else self.file
        return f"{place}: {self.message}; {self.remedy}"


class Report:
    """Collects the problems of one pack, each once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, file: str, path: str, message: str, remedy: str) -> None:
        """Note one fault."""
        problem = Problem(file, path, message, remedy)
        if problem not in self.problems:
            self.problems.append(problem)


class _Fault(Exception):
    """Reading this file cannot go on."""


def read_yaml(path: Path, name: str, report: Report) -> Any:
    """Return the tree of the file; None, with the faults in ``report``, if it cannot be read."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        report.add(name, "", f"cannot be read ({error.strerror})", "put the file there and make it readable")
        return None
    if len(raw) > _LARGEST_FILE:
        report.add(name, "", "is larger than 1 MB", "one topic has one file; split it")
        return None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        report.add(name, f"line {line}", "is not UTF-8 text", "save the file as UTF-8")
        return None
    try:
        return _Builder(text, name, report).document()
    except _Fault:
        return None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else ""
        said = getattr(error, "problem", None) or str(error).splitlines()[0]
        report.add(name, where, f"is not YAML here: {said}", "check quotes, brackets and indentation")
        return None


class _Builder:
    """Builds the tree from the parser's events, where anchors, tags and quoting are still to be seen."""

    def __init__(self, text: str, name: str, report: Report) -> None:
        self._events = iter(yaml.parse(text, Loader=_Loader))
        self._name, self._report = name, report
        self._faulty = False

    def document(self) -> Any:
        next(self._events)  # stream start
        if not isinstance(next(self._events), yaml.DocumentStartEvent):
            self._note("", "is empty", "write the file's content, or remove it")
            raise _Fault
        tree = self._value(next(self._events), "", 0)
        next(self._events)  # document end
        if not isinstance(next(self._events), yaml.StreamEndEvent):
            self._note("", "holds more than one document", "keep one; a second --- starts another")
        if self._faulty:
            raise _Fault
        return tree

    def _note(self, path: str, message: str, remedy: str) -> None:
        self._faulty = True
        self._report.add(self._name, path, message, remedy)

    def _value(self, event: Any, path: str, depth: int) -> Any:
        if depth > _DEEPEST:
            self._note(path, f"is nested more than {_DEEPEST} deep", "make it flatter")
            raise _Fault
        place = path or f"line {_line(event)}"
        if isinstance(event, yaml.AliasEvent):
            self._note(place, f"uses the alias *{event.anchor}", "write the value out again")
            return None
        if event.anchor is not None:
            self._note(place, f"sets the anchor &{event.anchor}", "remove it; packs have no anchors")
        if event.tag is not None:
            self._note(place, f"carries the tag {event.tag}", "remove it; packs have no tags")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, place)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(inner := next(self._events), yaml.SequenceEndEvent):
                items.append(self._value(inner, f"{path}[{len(items)}]", depth + 1))
            return items
        return self._mapping(path, depth)

    def _mapping(self, path: str, depth: int) -> dict[Any, Any]:
        entries: dict[Any, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            here = path or f"line {_line(event)}"
            if not isinstance(event, yaml.ScalarEvent):
                self._note(here, "has a key that is a list or a map", "use a word as key")
                raise _Fault
            key = self._scalar(event, here)
            if event.value == "<<":
                self._note(here, "merges another map (<<)", "write its keys out")
            inner = next(self._events)
            if not isinstance(key, str | int) or isinstance(key, bool):
                self._note(here, f"has the key {event.value!r}, which is no word", "put it in double quotes")
                key = event.value
            value = self._value(inner, f"{path}.{key}".lstrip("."), depth + 1)
            if key in entries:
                line = _line(event)
                self._note(here, f"has the key {key} twice (line {line})", "keep one of the two")
            entries[key] = value
        return entries

    def _scalar(self, event: Any, place: str) -> Any:
        text: str = event.value
        if event.style == '"':
            if event.end_mark.line != event.start_mark.line:
                self._note(place, "is a text over several lines", "write one text on one line")
            return text
        if event.style:
            self._note(place, "is quoted in another way", 'put the text in double quotes: "..."')
            return text
        if text in ("", "null", "~"):
            return None
        if text.lower() in _WORDS_TAKEN_FOR_TRUTH:
            self._note(place, f"has a bare {text}, which YAML reads as true or false", f'write "{text}"')
            return text
        if text in ("true", "false"):
            return text == "true"
        if _INTEGER.match(text):
            return int(text)
        if _DECIMAL.match(text):
            return Decimal(text)
        if any(mark.isspace() for mark in text):
            self._note(place, f"has an unquoted text ({text[:30]})", 'put it in double quotes: "..."')
        return text


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


class Cursor:
    """A place in a file's tree: takes values out by shape and reports what does not fit."""

    def __init__(self, tree: Any, file: str, path: str, report: Report) -> None:
        self.tree, self.file, self.path, self.report = tree, file, path, report

    def problem(self, message: str, remedy: str, at: str = "") -> None:
        """Report a fault at this place, or at a key below it."""
        self.report.add(self.file, f"{self.path}.{at}".strip("."), message, remedy)

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return isinstance(self.tree, dict) and key in self.tree

    def keys(self, required: Iterable[str], optional: Iterable[str] = ()) -> bool:
        """Whether this is a map with the required keys; unknown ones are reported with the nearest known."""
        if not isinstance(self.tree, dict):
            self.problem("should be a map of keys and values", "write key: value lines here")
            return False
        wanted, known = tuple(required), {*required, *optional}
        for key in self.tree:
            if key not in known:
                self.problem(f"has an unknown key {key}", _nearest(str(key), known))
        for key in wanted:
            if key not in self.tree:
                self.problem(f"has no {key}", f"add {key}: to it")
        return all(key in self.tree for key in wanted)

    def down(self, key: str) -> Cursor:
        """The place below; its tree is None if there is nothing."""
        inside = self.tree.get(key) if isinstance(self.tree, dict) else None
        return Cursor(inside, self.file, f"{self.path}.{key}".strip("."), self.report)

    def items(self, key: str) -> list[Cursor]:
        """The places of a list, named by their own ``key`` where they have one; [] if left out."""
        place = self.down(key)
        if place.tree is None:
            return []
        if not isinstance(place.tree, list):
            place.problem("should be a list", "write [ ... ] or lines that begin with a dash")
            return []
        places = []
        for index, tree in enumerate(place.tree):
            name = tree.get("key") if isinstance(tree, dict) else None
            step = f"{place.path}[{name if isinstance(name, str) else index}]"
            places.append(Cursor(tree, self.file, step, self.report))
        return places

    def text(self, key: str, longest: int | None = None) -> str:
        """A text that is not empty; "" when missing, which ``keys`` has reported."""
        value = self._take(key)
        if value is None and not self.has(key):
            return ""
        if not isinstance(value, str) or not value.strip():
            self.problem("should be a text", f'write {key}: "..." in double quotes', key)
            return ""
        if value != value.strip() or "\n" in value or "\x00" in value:
            self.problem("has a space at an end, or a line break", "take it out", key)
        if longest and len(value) > longest:
            self.problem(f"has {len(value)} characters, at most {longest} fit", "shorten it", key)
        return value

    def optional_text(self, key: str, longest: int | None = None) -> str | None:
        """A text, or None when left out."""
        return self.text(key, longest) if self.has(key) else None

    def word(self, key: str, words: type[Word], default: Word) -> Word:
        """One of the words of an enumeration; ``default`` stands in after a fault."""
        value = self._take(key)
        if value is None and not self.has(key):
            return default
        try:
            return words(value)
        except ValueError:
            known = [word.value for word in words]
            self.problem(f"is {value}, which is none of {', '.join(known)}", _nearest(str(value), known), key)
            return default

    def words(self, key: str) -> tuple[str, ...]:
        """A list of words, each once; () when left out."""
        found: list[str] = []
        for place in self.items(key):
            if not isinstance(place.tree, str) or not place.tree:
                place.problem("should be a word", "write a word, in double quotes if YAML misreads it")
            elif place.tree in found:
                place.problem(f"names {place.tree} twice", "keep one")
            else:
                found.append(place.tree)
        return tuple(found)

    def truth(self, key: str) -> bool:
        """True or false; false when left out."""
        value = self._take(key)
        if not isinstance(value, bool) and self.has(key):
            self.problem("should be true or false", f"write {key}: true", key)
        return value is True

    def number(self, key: str) -> Decimal | None:
        """A number, or None when left out."""
        value = self._take(key)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            if self.has(key):
                self.problem("should be a number", f"write {key}: 0, without quotes", key)
            return None
        return Decimal(value)

    def texts(self, key: str) -> dict[str, str]:
        """A map of key to text, in order; {} when left out."""
        place = self.down(key)
        if place.tree is None and not self.has(key):
            return {}
        if not isinstance(place.tree, dict) or not place.tree:
            place.problem("should be a map of key: text", 'write {first: "First", second: "Second"}')
            return {}
        found = {}
        for name, value in place.tree.items():
            if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", name):
                place.problem(f"has the key {name}", "use letters, digits and _; quote a key of digits")
            elif not isinstance(value, str) or not value.strip():
                place.problem("should be a text", f'write {name}: "..."', name)
            else:
                found[name] = value
        return found

    def _take(self, key: str) -> Any:
        return self.tree.get(key) if isinstance(self.tree, Mapping) else None


def _nearest(word: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(word, known, 1)
    return f"did you mean {near[0]}?" if near else f"use one of {', '.join(sorted(known))}"

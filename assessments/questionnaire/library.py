"""The library of a pack: one-page templates and short lessons that next steps point to, in our own words.

They are help, not questions: they stand beside the published versions and may change at any time. A lesson is
``library/<key>.yaml`` of its pack; every text of it fits on one printed page. Its translations lie beside it
as those of the questionnaire do (see translation).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from textwrap import fill
from types import MappingProxyType

from assessments.questionnaire.languages.telling import Place, Say
from assessments.questionnaire.pack.reading import Cursor, Report, read_yaml

LIBRARY = "library"
MOST_ROWS = 12
_WIDE = 78


class LessonKind(StrEnum):
    """Whether it is there to be filled in, or to be read and tried."""

    TEMPLATE = "template"
    LESSON = "lesson"


@dataclass(frozen=True)
class Block:
    """A piece of the page: heading, text, points, lines to fill in, a table with empty rows."""

    heading: str | None = None
    text: str | None = None
    points: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    empty: int = 0


@dataclass(frozen=True)
class Lesson:
    """One page. ``minutes``: to fill it in or go through it; ``topics``: keys of the topics it helps with.

    ``language`` is that of its texts; ``untranslated``: some of them are English all the same.
    """

    key: str
    kind: LessonKind
    title: str
    intro: str
    minutes: int
    topics: tuple[str, ...]
    blocks: tuple[Block, ...]
    language: str = "en"
    untranslated: bool = False


def library_files(folder: Path) -> list[str]:
    """The English files of the library, relative to the pack. A translation's name has a dot more."""
    paths = sorted((folder / LIBRARY).glob("*.yaml"))
    return [f"{LIBRARY}/{path.name}" for path in paths if "." not in path.stem]


def read_library(folder: Path, report: Report) -> dict[str, Lesson]:
    """The lessons of the pack in ``folder``, by key; faults noted. Empty where there is no such folder."""
    found = {}
    for name in library_files(folder):
        path = folder / name
        tree = read_yaml(path, name, report)
        if tree is None:
            continue
        place = Cursor(tree, name, "", report)
        if place.keys(("lesson", "kind", "title", "intro", "minutes", "topics", "blocks")):
            lesson = _lesson(place)
            if lesson.key != path.stem:
                remedy = f"write lesson: {path.stem}, as the file's name says"
                place.problem(f"is {lesson.key}", remedy, "lesson")
            found[path.stem] = lesson
    return found


@cache
def load_library(slug: str = "standard") -> Mapping[str, Lesson]:
    """The library of the pack that ships under that name, read once per process; without faulty lessons."""
    return MappingProxyType(read_library(Path(__file__).parent / "packs" / slug, Report()))


def _lesson(place: Cursor) -> Lesson:
    minutes = place.number("minutes")
    return Lesson(
        key=place.text("lesson"),
        kind=place.word("kind", LessonKind, LessonKind.TEMPLATE),
        title=place.text("title", 60),
        intro=place.text("intro"),
        minutes=int(minutes or 0),
        topics=place.words("topics"),
        blocks=tuple(_block(inner) for inner in place.items("blocks")),
    )


def _block(place: Cursor) -> Block:
    place.keys((), ("heading", "text", "points", "lines", "columns", "rows", "empty"))
    columns = _texts(place, "columns")
    rows = tuple(
        tuple(str(cell) for cell in inner.tree)
        for inner in place.items("rows")
        if isinstance(inner.tree, list)
    )
    if any(len(row) != len(columns) for row in rows):
        place.problem("has a row with more or fewer cells than columns", "give each column one text", "rows")
    empty = int(place.number("empty") or 0)
    if empty > MOST_ROWS:
        place.problem(f"has {empty} empty rows", f"{MOST_ROWS} fit on a page", "empty")
    return Block(
        heading=place.optional_text("heading", 80),
        text=place.optional_text("text"),
        points=_texts(place, "points"),
        lines=_texts(place, "lines"),
        columns=columns,
        rows=rows,
        empty=empty,
    )


def _texts(place: Cursor, key: str) -> tuple[str, ...]:
    found = []
    for inner in place.items(key):
        if isinstance(inner.tree, str) and inner.tree.strip():
            found.append(inner.tree)
        else:
            inner.problem("should be a text", 'write "..." in double quotes')
    return tuple(found)


def told_lesson(lesson: Lesson, say: Say) -> Lesson:
    """The same page, each text replaced by what ``say`` returns; empty cells stay empty."""
    file = f"{LIBRARY}/{lesson.key}.yaml"

    def tell(text: str, *path: str) -> str:
        return say(Place(file, path), text) if text else text

    def several(texts: tuple[str, ...], *path: str) -> tuple[str, ...]:
        return tuple(tell(text, *path, str(i)) for i, text in enumerate(texts))

    def block(one: Block, *at: str) -> Block:
        return replace(
            one,
            heading=tell(one.heading, *at, "heading") if one.heading else None,
            text=tell(one.text, *at, "text") if one.text else None,
            points=several(one.points, *at, "points"),
            lines=several(one.lines, *at, "lines"),
            columns=several(one.columns, *at, "columns"),
            rows=tuple(several(row, *at, "rows", str(i)) for i, row in enumerate(one.rows)),
        )

    return replace(
        lesson,
        title=tell(lesson.title, "title"),
        intro=tell(lesson.intro, "intro"),
        blocks=tuple(block(one, "blocks", str(i)) for i, one in enumerate(lesson.blocks)),
    )


def texts_of_lesson(lesson: Lesson) -> dict[Place, str]:
    """Every text of it by place, in reading order."""
    found: dict[Place, str] = {}

    def note(place: Place, text: str) -> str:
        found[place] = text
        return text

    told_lesson(lesson, note)
    return found


def as_text(lesson: Lesson) -> str:
    """The page as plain text of 78 columns, for whoever writes on in a program of their own."""
    each = 2 if lesson.language.startswith("zh") else 1  # columns that a character takes
    wide = _WIDE // each
    parts = [lesson.title, "=" * len(lesson.title) * each, "", fill(lesson.intro, wide), ""]
    for block in lesson.blocks:
        if block.heading:
            parts += [block.heading, "-" * len(block.heading) * each]
        if block.text:
            parts += [fill(block.text, wide), ""]
        parts += [fill(point, wide, initial_indent="- ", subsequent_indent="  ") for point in block.points]
        parts += [f"{line}: {'_' * max(_WIDE - each * len(line) - 2, 12)}" for line in block.lines]
        if block.columns:
            parts += [" | ".join(block.columns)]
            parts += [" | ".join(row) for row in block.rows]
            parts += [" | ".join("_" * max(each * len(name), 8) for name in block.columns)] * block.empty
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"

"""Drafts as Hypothesis makes them: everything a draft may hold, within what the readers promise of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from assessments.questionnaire.formats.draft import (
    BARE,
    Choice,
    ChoiceList,
    Dialect,
    Draft,
    Field,
    Group,
    Item,
    Machine,
    Note,
    Repeat,
    Table,
    Untranslated,
    clean,
)
from assessments.questionnaire.rules import AllOf, AnyOf, Not, Op, PartSource, Rule, Test
from assessments.questionnaire.vocabulary import PartKind

LANGUAGES = [BARE, "en", "de", "French (fr)", "English (en)", "العربية (ar)"]
STRANGE = ["geopoint", "ranking", "signaturepad", "something else"]
WHAT = ["field", "field", "field", "note", "machine", "group", "repeat", "table"]
CHOICES = (PartKind.SINGLE, PartKind.MULTIPLE, PartKind.YES_PARTLY_NO)

signs = st.characters(exclude_categories=["Cs"]) | st.sampled_from("=+-@'\"${}<>&;,\n\t_x000A_ |")
texts = st.text(signs, min_size=1, max_size=30).map(clean).filter(bool)
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,12}", fullmatch=True) | texts.map(
    lambda text: " ".join(text.split())
).filter(bool)
keys = st.from_regex(r"[A-Za-z0-9_]{1,6}", fullmatch=True) | names
numbers = st.decimals(-1000, 1000, allow_nan=False, allow_infinity=False, places=2)
expressions = st.tuples(st.sampled_from(Dialect), texts).map(lambda pair: Untranslated(*pair))


def said(languages: Sequence[str], least: int = 0) -> st.SearchStrategy[dict[str, str]]:
    most = len(languages)
    return st.dictionaries(st.sampled_from(list(languages)), texts, min_size=least, max_size=most)


@st.composite
def rules(draw: st.DrawFn, fields: Sequence[Item]) -> Rule:
    sources: list[PartSource] = []
    for item in fields:
        if isinstance(item, Field):
            sources.append(PartSource(item.name))
        elif isinstance(item, Table):
            column = draw(st.sampled_from(item.columns))
            row = draw(st.none() | st.sampled_from([each.key for each in item.rows]))
            sources.append(PartSource(item.name, column.name, row))
        elif isinstance(item, Repeat):
            sources.extend(PartSource(item.name, each.name) for each in item.items if isinstance(each, Field))
    source = st.sampled_from(sources or [PartSource("gone")])
    several = st.lists(keys, min_size=1, max_size=3).map(tuple)
    tests = st.one_of(
        st.builds(Test, source, st.sampled_from([Op.IS, Op.IS_NOT]), keys | numbers | st.booleans() | texts),
        st.builds(Test, source, st.sampled_from([Op.ANY_OF, Op.NONE_OF]), several),
        st.builds(Test, source, st.sampled_from([Op.AT_LEAST, Op.AT_MOST, Op.MORE_THAN]), numbers),
        st.builds(Test, source, st.just(Op.GIVEN), st.booleans()),
    )
    whole: st.SearchStrategy[Rule] = st.recursive(
        tests,
        lambda inner: (
            st.builds(Not, inner)
            | st.builds(AllOf, st.lists(inner, min_size=1, max_size=3).map(tuple))
            | st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple))
        ),
        max_leaves=4,
    )
    return draw(whole)


@st.composite
def fields(draw: st.DrawFn, name: str, languages: Sequence[str], lists: Sequence[ChoiceList]) -> Field:
    kinds = [kind for kind in PartKind if kind is not PartKind.TABLE and (lists or kind not in CHOICES)]
    kind = draw(st.none() | st.sampled_from(kinds))
    listed = draw(st.sampled_from(lists)) if kind in CHOICES else None
    typed = (
        draw(st.sampled_from(["geopoint", "ranking", "signaturepad", "something else"]))
        if kind is None
        else ""
    )
    number = kind is PartKind.NUMBER
    alone = st.sampled_from([choice.key for choice in listed.choices]) if listed else st.nothing()
    return Field(
        name,
        kind,
        typed,
        draw(said(languages)),
        draw(said(languages)),
        draw(said(languages)),
        listed.name if listed else None,
        draw(st.booleans()) if listed else False,
        draw(st.lists(alone, max_size=2, unique=True).map(tuple)) if kind is PartKind.MULTIPLE else (),
        draw(st.sampled_from(["", "yes", "no", "TRUE", "true", "${x} = 1"])),
        None,
        draw(st.just("") | texts),
        draw(st.none() | numbers) if number else None,
        draw(st.none() | numbers) if number else None,
        draw(st.booleans()) if number else False,
        draw(st.none() | expressions),
        draw(said(languages)),
    )


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    """A draft of a dozen items or so."""
    languages = tuple(draw(st.lists(st.sampled_from(LANGUAGES), min_size=1, max_size=3, unique=True)))
    lists = []
    for name in draw(st.lists(names, max_size=3, unique=True)):
        choices = draw(st.lists(keys, min_size=1, max_size=4, unique=True))
        lists.append(ChoiceList(name, tuple(Choice(key, draw(said(languages))) for key in choices)))
    free = iter(draw(st.lists(names, min_size=16, max_size=16, unique=True)))
    earlier: list[Item] = []

    def condition() -> Any:
        return draw(st.none() | rules(earlier) | expressions) if draw(st.booleans()) else None

    def item(depth: int, inside: bool) -> Item | None:
        name = next(free, None)
        if name is None:
            return None
        what = draw(st.sampled_from(WHAT))
        heading: dict[str, Any] = {"label": draw(said(languages)), "hint": draw(said(languages))}
        if what in ("group", "repeat") and depth < 3:
            inner = [item(depth + 1, inside or what == "repeat") for _ in range(draw(st.integers(0, 3)))]
            kept = tuple(each for each in inner if each is not None)
            shape = {**heading, "guidance": draw(said(languages)), "relevant": condition(), "items": kept}
            found: Item = Group(name, **shape)
            if what == "repeat":
                found = Repeat(name, **shape, count=draw(st.none() | expressions))
        elif what == "note":
            return Note(name, **heading, relevant=condition())
        elif what == "machine":
            typed = draw(st.sampled_from(["calculate", "start", "hidden", "expression"]))
            return Machine(name, typed, draw(st.none() | expressions), condition())
        elif what == "table":
            rows = draw(st.lists(keys, min_size=1, max_size=3, unique=True))
            columns = draw(st.lists(names, min_size=1, max_size=2, unique=True))
            found = Table(
                name,
                **heading,
                guidance=draw(said(languages)),
                required=draw(st.sampled_from(["", "yes", "sometimes"])),
                relevant=condition(),
                rows=tuple(Choice(key, draw(said(languages))) for key in rows),
                columns=tuple(draw(fields(column, languages, lists)) for column in columns),
            )
        else:
            found = replace(draw(fields(name, languages, lists)), relevant=condition())
        if not inside:
            earlier.append(found)
        return found

    items = [item(0, False) for _ in range(draw(st.integers(1, 6)))]
    title = draw(said(languages, 1))
    version = draw(st.just("") | texts)
    name = draw(names)
    return Draft(
        name, title, version, languages, tuple(each for each in items if each is not None), tuple(lists)
    )

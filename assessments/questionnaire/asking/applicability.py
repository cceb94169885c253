"""Which questions are asked, and why: from facts and answers.

Pure and fast: it runs on every save. Reasons are worked out when they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from assessments.questionnaire.asking.reasons import reason_asked, reason_not_asked
from assessments.questionnaire.asking.walk import Walked, walked
from assessments.questionnaire.model import Level, Part, Question, Questionnaire
from assessments.questionnaire.rules import (
    NOT_ASKED,
    NOTHING,
    Answers,
    as_number,
    read_answer,
)
from assessments.questionnaire.vocabulary import LARGEST_OF_SIZE, POSITIONS
from assessments.risk.inherent import (
    GROUPS,
    country_names,
    material_groups,
    material_names,
)

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Facts(Mapping[str, Any]):
    """What rules may test by name. A fact that is not there is not known.

    ``stated`` names facts given by hand (a preview), which no answer changes any more.
    """

    values_by_name: Mapping[str, Any] = field(default_factory=dict)
    stated: frozenset[str] = frozenset()

    def __getitem__(self, name: str) -> Any:
        return self.values_by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)

    def state(self, **facts: Any) -> Facts:
        """These facts with some given by hand."""
        return Facts({**self.values_by_name, **facts}, self.stated | frozenset(facts))


def size_of(employees: int) -> str:
    """The size word of a head-count: micro to 10, small to 49, medium to 249, large to 999, very_large."""
    for size, most in LARGEST_OF_SIZE.items():
        if employees <= most:
            return size
    return "very_large"


def facts_of(organization: Record, sites: Record | Sequence[Record]) -> Facts:
    """The facts that the columns of the organization and of its site give.

    For a company assessment pass all open sites: lists are united, the highest number counts, and a fact is
    true if it is true at one of them. Facts from answers are added by ``applicable``.
    """
    several: Sequence[Record] = [sites] if isinstance(sites, Mapping) else sites
    employees = organization.get("employees")
    handled: dict[str, Decimal | None] = {}
    for site in several:
        for entry in site.get("materials") or ():
            share = as_number(entry.get("secondary_share"))
            known = handled.get(entry["material"])
            handled[entry["material"]] = max((n for n in (share, known) if n is not None), default=None)
    positions = {position for site in several for position in site.get("activities") or ()}
    groups = {group for key in handled for group in material_groups(key)}
    countries = [record.get("country") for record in (organization, *several)]
    facts: dict[str, Any] = {
        "employees": employees,
        "size": None if employees is None else size_of(employees),
        "positions": tuple(position for position in POSITIONS if position in positions),
        "materials": tuple(handled),
        "material_groups": tuple(group for group in GROUPS if group in groups),
        "secondary_share": max((n for n in handled.values() if n is not None), default=None),
        "countries": tuple(dict.fromkeys(country for country in countries if country)),
    }
    for name in ("agency_workers", "migrant_workers"):
        facts[name] = max((site[name] for site in several if site.get(name) is not None), default=None)
    for name, column in _TRUTHS:
        said = [site[column] for site in several if site.get(column) is not None]
        facts[name] = any(said) if said else None
    return Facts({name: value for name, value in facts.items() if value is not None and value != ()})


_TRUTHS = (
    ("production_site", "production"),
    ("employer_housing", "employer_housing"),
    ("guards", "guards"),
    ("near_indigenous_land", "near_indigenous_land"),
)


def combined(answers_of_sites: Sequence[Answers]) -> dict[str, dict[str, Any]]:
    """The answers of several sites as one, for company questions: a test holds if one site's answer does.

    Not to be stored: numbers become a tuple of Decimals, choices and rows are put together.
    """
    together: dict[str, dict[str, Any]] = {}
    for answers in answers_of_sites:
        for key, parts in answers.items():
            into = together.setdefault(key, {})
            for part, value in parts.items():
                if value is None:
                    continue
                if isinstance(value, dict):
                    number = as_number(value.get("value"))
                    items: tuple[Any, ...] = () if number is None else (number,)
                else:
                    items = tuple(value) if isinstance(value, list | tuple) else (value,)
                into[part] = (*into.get(part, ()), *items)
    return together


class Order(dict[str, None]):
    """Keys of questions in order. The same decisions give the same object, so that what follows from it is
    worked out once."""

    __hash__ = object.__hash__  # type: ignore[assignment]
    __eq__ = object.__eq__

    @classmethod
    def of(cls, keys: Iterable[str]) -> Order:
        """These keys in this order."""
        return cls((key, None) for key in keys)


class Reasons(Mapping[str, str]):
    """Questions in order, each with its sentence, worked out once when it is read: a save asks for few."""

    def __init__(self, order: Order, say: Callable[[str], str]) -> None:
        self.order, self._say = order, say
        self._said: dict[str, str] = {}

    def __getitem__(self, key: str) -> str:
        said = self._said.get(key)
        if said is None:
            if key not in self.order:
                raise KeyError(key)
            said = self._said[key] = self._say(key)
        return said

    def __contains__(self, key: object) -> bool:
        return key in self.order

    def __iter__(self) -> Iterator[str]:
        return iter(self.order)

    def __len__(self) -> int:
        return len(self.order)

    def __repr__(self) -> str:
        return repr(dict(self))


class Seen(Mapping[str, Mapping[str, Any]]):
    """What rules may look at: the answers to what is asked, nothing of what is not."""

    def __init__(self, holds: Mapping[str, bool], answers: Answers) -> None:
        self._holds, self._answers = holds, answers

    def __getitem__(self, key: str) -> Mapping[str, Any]:
        return self._answers.get(key, NOTHING) if self._holds[key] else NOT_ASKED

    def __contains__(self, key: object) -> bool:
        return key in self._holds

    def __iter__(self) -> Iterator[str]:
        return iter(self._holds)

    def __len__(self) -> int:
        return len(self._holds)

    def with_answer(self, key: str, parts: Mapping[str, Any]) -> Seen:
        """The same decisions with another answer."""
        return Seen(self._holds, {**self._answers, key: parts})


@dataclass(frozen=True)
class Applicability:
    """What is asked and what is not, in the order of the questionnaire, each with its reason.

    ``facts`` holds all facts, those from answers included; ``answers`` what rules may look at.
    """

    asked: Reasons
    not_asked: Reasons
    facts: Facts
    answers: Seen

    def asks(self, key: str) -> bool:
        """Whether that question is asked."""
        return key in self.asked

    def with_answer(self, key: str, parts: Mapping[str, Any]) -> Applicability:
        """The same decisions with another answer to a question that no rule reads (``decides``)."""
        return replace(self, answers=self.answers.with_answer(key, parts))


@dataclass(frozen=True)
class Changed:
    """What a save changed: (key, reason) in the order of the questionnaire."""

    now_applies: tuple[tuple[str, str], ...]
    no_longer_applies: tuple[tuple[str, str], ...]


def applicable(
    questionnaire: Questionnaire,
    facts: Facts,
    answers: Answers = NOTHING,
    level: Level | None = None,
    *,
    described: bool = False,
) -> Applicability:
    """Decide every question of ``level`` (None: of both) for one site, or for the company.

    ``described``: for one that somebody describes; what is remembered of it has a place of its own.

    ``answers`` is {question: {part: stored value}}: for a site its own and the company's, for the company its
    own and ``combined`` ones of its sites. Answers to questions that are not asked count as not there.
    """
    decided = walked(questionnaire, facts.values_by_name, facts.stated, answers, described=described)
    everything = Facts(decided.facts, facts.stated)
    seen = Seen(decided.holds, answers)
    asked, left_out = _split(questionnaire, decided, level)

    def why(key: str) -> str:
        return reason_asked(questionnaire.question(key), everything, seen, questionnaire)

    def why_not(key: str) -> str:
        return reason_not_asked(questionnaire.question(key), everything, seen, questionnaire)

    return Applicability(Reasons(asked, why), Reasons(left_out, why_not), everything, seen)


def _split(questionnaire: Questionnaire, decided: Walked, level: Level | None) -> tuple[Order, Order]:
    """The questions of the level that are asked, and those that are not, in order."""
    found: tuple[Order, Order] | None = decided.orders.get(level)
    if found is None:
        of_level = [q.key for q in questionnaire.questions if level is None or q.level is level]
        found = decided.orders[level] = (
            Order.of(key for key in of_level if decided.holds[key]),
            Order.of(key for key in of_level if not decided.holds[key]),
        )
    return found


def of_both_levels(questionnaire: Questionnaire, own: Applicability, company: Applicability) -> Applicability:
    """Both levels as one, in the questionnaire's order, with the facts and answers of the site."""

    def together(mine: Reasons, theirs: Reasons) -> Reasons:
        order = _interleaved(questionnaire, mine.order, theirs.order)
        return Reasons(order, lambda key: mine[key] if key in mine else theirs[key])

    return Applicability(
        together(own.asked, company.asked),
        together(own.not_asked, company.not_asked),
        own.facts,
        own.answers,
    )


@lru_cache(maxsize=4096)
def _interleaved(questionnaire: Questionnaire, mine: Order, theirs: Order) -> Order:
    return Order.of(q.key for q in questionnaire.questions if q.key in mine or q.key in theirs)


_NOTHING = Changed((), ())


def changed(before: Applicability, after: Applicability) -> Changed:
    """What applies now and did not, and what no longer applies, each with the reason of ``after``."""
    if before.asked.order is after.asked.order and before.not_asked.order is after.not_asked.order:
        return _NOTHING
    return Changed(
        tuple((key, after.asked[key]) for key in after.asked if key not in before.asked),
        tuple((key, after.not_asked[key]) for key in after.not_asked if key in before.asked),
    )


def open_parts(
    question: Question, parts: Record, facts: Mapping[str, Any] = NOTHING, answers: Answers = NOTHING
) -> tuple[Part, ...]:
    """The parts of the question that are open now: without ``when``, or with one that holds."""
    return tuple(p for p in question.parts if p.when is None or p.when.holds(facts, answers, parts))


def rows_of(
    questionnaire: Questionnaire, part: Part, facts: Mapping[str, Any], answers: Answers
) -> dict[str, str]:
    """The rows that a table shows, key to label: fixed ones, or those of a fact or an earlier answer.

    Empty for a table whose rows the reader adds; where a list is picked from, ``part.options`` holds it.
    """
    if part.rows_from is None:
        return dict(part.rows)
    if part.rows_from.fact is not None:
        keys = facts.get(part.rows_from.fact) or ()
        names = {**material_names(), **country_names()}
        return {key: names.get(key, key) for key in keys}
    source = part.rows_from.answer
    if source is None:
        return {}
    earlier = questionnaire.question(source.question).part(source.part or "")
    if earlier.bind is not None and earlier.bind.column == "materials":  # lives in the site's column
        return {key: material_names()[key] for key in facts.get("materials", ())}
    labels = {**earlier.rows, **earlier.options}
    found = (
        read_answer(source, answers.get(source.question))
        if source.column
        else _row_keys(answers.get(source.question, NOTHING).get(earlier.key))
    )
    keys = found if isinstance(found, tuple) else (found,) if found else ()
    return {key: labels.get(key, key) for key in keys if isinstance(key, str)}


def _row_keys(table: Any) -> tuple[Any, ...]:
    rows = table if isinstance(table, list | tuple) else ()
    keys = (row.get("row") if isinstance(row, Mapping) else row for row in rows)
    return tuple(dict.fromkeys(key for key in keys if isinstance(key, str) and key))

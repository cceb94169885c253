"""How facts say themselves: clauses that complete "Asked because" and "Not asked because"."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from assessments.questionnaire.languages.phrases import Phrases, Wording
from assessments.questionnaire.model import Level
from assessments.questionnaire.rules import Op, Test
from assessments.questionnaire.vocabulary import POSITIONS
from assessments.risk.inherent import GROUPS, Band, country_band, material_groups, materials

MOST_COUNTRIES = 3
_SAME_UNKNOWN = {"size": "employees", "material_groups": "materials"}


@dataclass(frozen=True)
class _Told:
    """What a phrase is made from: the test, the fact's value, all facts, and who is asked."""

    test: Test
    value: Any
    facts: Mapping[str, Any]
    level: Level
    wording: Wording

    @property
    def phrases(self) -> Phrases:
        return self.wording.phrases

    @property
    def who(self) -> str:
        return "company" if self.level is Level.COMPANY else "site"

    def names(self, keys: Iterable[str], form: str) -> list[str]:
        return [self.phrases.material(key, form, self.wording.materials) for key in keys]


def fact_clause(
    test: Test, name: str, facts: Mapping[str, Any], level: Level, wording: Wording
) -> str | None:
    """Say why the test of this fact holds or not; None for a fact without a phrase of its own."""
    value, phrases = facts.get(name), wording.phrases
    if value is None:
        unknown = f"unknown.{_SAME_UNKNOWN.get(name, name)}"
        if phrases.has(unknown):
            return phrases.say(unknown, **phrases.places(level))
    say = _SAY.get(name)
    if say is not None:
        return say(_Told(test, value, facts, level, wording))
    if phrases.has(f"facts.{name}.there"):
        there = bool(value) and value != "no"
        if test.op in (Op.AT_LEAST, Op.AT_MOST, Op.MORE_THAN) and there and not _is_threshold_of_one(test):
            return None
        return phrases.say(f"facts.{name}.{'there' if there else 'absent'}", **phrases.places(level))
    return None


def _is_threshold_of_one(test: Test) -> bool:
    return (test.op, test.operand) in ((Op.AT_LEAST, Decimal(1)), (Op.MORE_THAN, Decimal(0)))


def _wanted(test: Test) -> tuple[str, ...]:
    operands = test.operand if isinstance(test.operand, tuple) else (test.operand,)
    return tuple(str(operand) for operand in operands)


def _say_size(told: _Told) -> str:
    employees = told.facts.get("employees")
    if employees is not None:
        return _say_people(told.phrases, employees)
    return told.phrases.say("people.size", size=told.phrases.say(f"sizes.{told.value}"))


def _say_employees(told: _Told) -> str:
    return _say_people(told.phrases, told.value)


def _say_people(phrases: Phrases, number: int) -> str:
    if number == 1:
        return phrases.say("people.one")
    return phrases.say("people.several", count=phrases.count(number))


@lru_cache(maxsize=1024)
def positions_said(phrases: Phrases, positions: tuple[str, ...], form: str, how: str) -> str:
    """What is done at these positions in one list, in that form ("does", "lacks", "none")."""
    said = []
    for position in positions:
        short = f"positions_in_list.{position}.{form}"
        listed = len(positions) > 1 and phrases.has(short)
        said.append(phrases.say(short if listed else f"positions.{position}.{form}"))
    return phrases.joined(how, said)


def _say_positions(told: _Told) -> str:
    wanted = tuple([position for position in _wanted(told.test) if position in POSITIONS])
    present = tuple([position for position in wanted if position in told.value])
    if present:
        what = positions_said(told.phrases, present, "does", "and")
        return told.phrases.say(f"position_clauses.does.{told.who}", what=what)
    form = "none" if told.level is Level.COMPANY else "lacks"
    what = positions_said(told.phrases, wanted, form, form)
    return told.phrases.say(f"position_clauses.lacks.{told.who}", what=what)


def _handled(told: _Told, keys: Iterable[str]) -> str:
    what = told.phrases.joined("and", told.names(keys, "handled"))
    return told.phrases.say("materials.handled", what=what)


def _say_materials(told: _Told) -> str:
    if told.test.op is Op.GIVEN:
        return _handled(told, told.value) if told.value else told.phrases.say("unknown.materials")
    wanted = [material for material in _wanted(told.test) if material in materials()]
    present = [material for material in wanted if material in told.value]
    if present:
        return _handled(told, present)
    form = "without_one" if len(wanted) == 1 else "without"
    what = told.phrases.joined("without", told.names(wanted, form))
    return told.phrases.say(f"materials.{form}", what=what)


def _say_flagged(told: _Told) -> str:
    present = [key for key in told.value or () if told.test.op is Op.GIVEN or key in _wanted(told.test)]
    if not present:
        return told.phrases.say("materials.not_listed")
    what = told.phrases.joined("and", told.names(present, "handled"))
    return told.phrases.say("materials.listed", what=what)


def _say_groups(told: _Told) -> str:
    phrases, wanted = told.phrases, set(_wanted(told.test))
    present = [key for key in told.facts.get("materials", ()) if wanted & material_groups(key)]
    if present:
        return _handled(told, present)
    stated = [group for group in GROUPS if group in wanted & set(told.value)]
    if stated:  # groups stated by hand, without their materials
        said = (name for group in stated for name in phrases.lists[f"groups.{group}.handled"])
        return phrases.say("materials.handled", what=phrases.joined("or", said))
    lacking = [group for group in GROUPS if group in wanted]
    if len(lacking) == 1:
        return phrases.say(f"groups.{lacking[0]}.alone")
    said = (name for group in lacking for name in phrases.lists[f"groups.{group}.without"])
    return phrases.say("materials.without", what=phrases.joined("without", said))


def _say_band(told: _Told) -> str:
    phrases, countries = told.phrases, told.wording.countries
    named = [c for c in told.facts.get("countries_named", ()) if country_band(c) == Band(told.value)]
    places = phrases.joined("and", [countries.get(country, country) for country in named[:MOST_COUNTRIES]])
    number = "one" if len(named) == 1 else "several"
    if told.value == Band.NO_DATA:
        clause = f"no_data_{number}" if places else "no_data_somewhere"
        return phrases.say(f"band_clauses.{clause}", places=places)
    band = phrases.say(f"bands.{told.value}")
    clause = "everywhere" if told.value == Band.LOW or not places else number
    return phrases.say(f"band_clauses.{clause}", band=band, places=places)


_SAY: Mapping[str, Callable[[_Told], str]] = {
    "size": _say_size,
    "employees": _say_employees,
    "positions": _say_positions,
    "materials": _say_materials,
    "flagged_materials": _say_flagged,
    "material_groups": _say_groups,
    "country_band": _say_band,
}

"""SurveyJS JSON to a draft: pages, panels, repeating panels, matrices and questions, wrapped or not."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from assessments.questionnaire.formats.conditions import Names, Patience, Unclear, references
from assessments.questionnaire.formats.draft import (
    BARE,
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
    clean,
)
from assessments.questionnaire.formats.extras import condition_from, packed, restored
from assessments.questionnaire.formats.surveyjs_envelope import choices_by_name, elements_of, unwrapped
from assessments.questionnaire.formats.surveyjs_lists import Languages, Lists
from assessments.questionnaire.formats.surveyjs_types import (
    GROUPS,
    IGNORED,
    NOTES,
    ReadAs,
    read_type,
)
from assessments.questionnaire.formats.trees import as_list, as_map, as_text
from assessments.questionnaire.formats.visible_if import to_rule
from assessments.questionnaire.rules import BadRule, as_number
from assessments.questionnaire.vocabulary import YES_PARTLY_NO, PartKind
from assessments.sentences import counted

EXTRAS: Final = "plumbline"
MOST_ELEMENTS: Final = 10_000
ANSWER: Final = "answer"
"""The one column of a matrix of single choices."""

_TAG = re.compile(r"<[^<>]{0,500}>")


def read_survey(tree: Any, stem: str, report: Report) -> Draft:
    """The draft of a survey; DraftRefused when the JSON holds none."""
    survey = unwrapped(tree)
    more = as_map(survey.get(EXTRAS))
    languages = _languages(survey, more)
    title = languages.texts(survey.get("title"))
    kept = as_list(more.get("lists"))
    shared = dict(choices_by_name(survey))
    # Conditions may look at what comes later: a first pass finds out what the names stand for.
    names = references(_items(survey, Reading(languages, None, Report(), kept, shared)))
    reading = Reading(languages, names, report, kept, shared)
    items = _items(survey, reading)
    if not items:
        raise DraftRefused("The survey has no question.")
    _note_rest(survey, report)
    name = as_text(more.get("name")) or stem
    told = [clean(each) for each in as_list(more.get("languages")) if isinstance(each, str) and clean(each)]
    first = [languages.default] if languages.default in languages.found else []
    found = tuple(dict.fromkeys([*told, *first, *languages.found])) or (languages.default,)
    return Draft(
        name=clean(name) or stem,
        title=title or {found[0]: clean(name) or stem},
        version=clean(as_text(more.get("version"))),
        languages=found,
        items=items,
        lists=reading.lists.all(),
    )


def _items(survey: Mapping[str, Any], reading: Reading) -> tuple[Item, ...]:
    pages = survey.get("pages")
    if not isinstance(pages, list):
        return reading.items(elements_of(survey))
    return tuple(reading.page(page, number) for number, page in enumerate(pages) if isinstance(page, dict))


def _languages(survey: Mapping[str, Any], more: Mapping[str, Any]) -> Languages:
    codes = as_map(more.get("codes"))
    named = {str(code): clean(name) for code, name in codes.items() if isinstance(name, str) and clean(name)}
    default = clean(as_text(more.get("default"))) or clean(as_text(survey.get("locale"))) or BARE
    return Languages(default, named)


def _note_rest(survey: Mapping[str, Any], report: Report) -> None:
    for key in ("triggers", "calculatedValues", "completedHtml", "cookieName"):
        if survey.get(key):
            report.changed("survey", 0, key, f"{key} of the survey are not taken over")


class Reading:
    """Makes items of elements. ``names``: what conditions may look at; None: conditions are passed over."""

    def __init__(
        self,
        languages: Languages,
        names: Names | None,
        report: Report,
        kept: Sequence[Any] = (),
        shared: Mapping[str, Any] | None = None,
    ) -> None:
        self.languages, self.names, self.report = languages, names, report
        self._patience, self._left = Patience(), MOST_ELEMENTS
        self.lists = Lists()
        self.lists.prepare(kept, languages)
        self.shared = shared or {}

    def page(self, page: Mapping[str, Any], number: int) -> Group:
        """A page becomes a group."""
        return self._group(page, as_text(page.get("name")) or f"page{number + 1}", elements_of(page))

    def items(self, elements: Sequence[Any]) -> tuple[Item, ...]:
        """The items of a list of elements; what is no element is told."""
        found: list[Item] = []
        for number, element in enumerate(elements):
            if isinstance(element, dict) and isinstance(element.get("type"), str):
                found.append(self.item(element, number))
            else:
                self.report.changed("survey", 0, "type", "an element without type was left out")
        return tuple(found)

    def item(self, element: Mapping[str, Any], number: int = 0) -> Item:
        """One element."""
        self._left -= 1
        if self._left < 0:
            raise DraftRefused(f"The survey has more than {MOST_ELEMENTS:,} elements.")
        typed = as_text(element.get("type"))
        name = clean(as_text(element.get("name"))) or f"{typed}_{number + 1}"
        if typed in GROUPS:
            return self._group(element, name, elements_of(element))
        if typed in ("paneldynamic", "matrixdynamic"):
            return self._repeat(element, name, typed)
        if typed == "multipletext":
            inner = [{"type": "text", **each} for each in map(as_map, as_list(element.get("items"))) if each]
            return self._group(element, name, inner)
        if typed in ("matrix", "matrixdropdown"):
            return self._table(element, name, typed)
        if typed in NOTES:
            return self._note(element, name)
        if typed == "expression":
            return self._machine(element, name)
        return self.field(element, name)

    # ---------------------------------------------------------------- parts of an element

    def _more(self, element: Mapping[str, Any], *without: str) -> dict[str, Any]:
        return {key: value for key, value in as_map(element.get(EXTRAS)).items() if key not in without}

    def _relevant(self, element: Mapping[str, Any], name: str) -> Condition:
        text = clean(as_text(element.get("visibleIf")))
        if element.get("visible") is False and not text:
            self.report.changed("survey", 0, f"{name}.visible", f"{name} is hidden; here it is shown")
        kept = as_map(self._more(element).get("relevant"))
        if kept and kept.get("as", "") == text:
            try:
                return condition_from(kept)
            except (ValueError, TypeError, KeyError, BadRule):
                pass
        if not text or self.names is None:
            return None
        try:
            self._patience.spend(text)
            return to_rule(text, self.names)
        except Unclear as unclear:
            self.report.refused(
                "survey", 0, f"{name}.visibleIf", f"the condition of {name} was not translated: {unclear}"
            )
            return Untranslated(Dialect.SURVEYJS, text)

    def _heading(self, element: Mapping[str, Any], name: str) -> dict[str, Any]:
        return {
            "name": name,
            "label": self.languages.texts(element.get("title")),
            "hint": self.languages.texts(element.get("description")),
            "relevant": self._relevant(element, name),
        }

    def _group(self, element: Mapping[str, Any], name: str, elements: Sequence[Any]) -> Group:
        group = Group(**self._heading(element, name), items=self.items(elements))
        self.report.understood("survey", 0, name, f"{name} is a group of {len(group.items)}")
        return restored(group, self._more(element, "relevant"))

    def _repeat(self, element: Mapping[str, Any], name: str, typed: str) -> Repeat:
        if typed == "matrixdynamic":
            inner: tuple[Item, ...] = tuple(self._columns(element))
        else:
            inner = self.items(elements_of(element))
        repeat = Repeat(**self._heading(element, name), items=inner)
        self.report.understood("survey", 0, name, f"{name} repeats {counted(len(inner), 'field')}")
        return restored(repeat, self._more(element, "relevant"))

    def _columns(self, element: Mapping[str, Any]) -> Iterator[Field]:
        usual = as_text(element.get("cellType")) or "dropdown"
        for number, column in enumerate(map(as_map, as_list(element.get("columns")))):
            typed = as_text(column.get("cellType")) or usual
            name = clean(as_text(column.get("name"))) or f"column_{number + 1}"
            shape = {**column, "type": "dropdown" if typed == "default" else typed}
            if "choices" not in column and "choicesByUrl" not in column:
                shape["choices"] = element.get("choices", [])
            yield self.field(shape, name)

    def _table(self, element: Mapping[str, Any], name: str, typed: str) -> Item:
        rows = self._choices(as_list(element.get("rows")))
        if typed == "matrix":
            inner = {"type": "radiogroup", "choices": element.get("columns"), EXTRAS: element.get(EXTRAS)}
            column = self.field(inner, ANSWER, plain=True)
            columns = [column] if column.kind is not None else []
        else:
            columns = list(self._columns(element))
        if not rows or not columns:
            self.report.refused("survey", 0, name, f"{name} is a matrix without rows or columns")
            return Field(name, None, typed, self.languages.texts(element.get("title")))
        table = Table(
            **self._heading(element, name),
            required="true" if element.get("isRequired") or element.get("isAllRowRequired") else "",
            rows=rows,
            columns=tuple(columns),
        )
        self.report.understood("survey", 0, name, f"{name} is a table of {counted(len(rows), 'row')}")
        return restored(table, self._more(element, "relevant", "list_name"))

    def _note(self, element: Mapping[str, Any], name: str) -> Note:
        said = element.get("html") or element.get("title") or ""
        texts = self.languages.texts(said)
        label = {key: _without_tags(text) for key, text in texts.items()}
        note = Note(name, {k: v for k, v in label.items() if v}, {}, self._relevant(element, name))
        self.report.understood("survey", 0, name, f"{name} is a text to read")
        return restored(note, self._more(element, "relevant"))

    def _machine(self, element: Mapping[str, Any], name: str) -> Machine:
        text = clean(as_text(element.get("expression")))
        said = Untranslated(Dialect.SURVEYJS, text) if text else None
        if "fact" not in self._more(element):
            self.report.refused(
                "survey",
                0,
                f"{name}.expression",
                f"nobody answers {name}; here nothing is worked out",
            )
        machine = Machine(name, "expression", said, self._relevant(element, name))
        return restored(machine, self._more(element, "relevant"))

    # ---------------------------------------------------------------- questions

    def field(self, element: Mapping[str, Any], name: str, *, plain: bool = False) -> Field:
        """One question; ``plain``: its choices alone count, the rest belongs to the matrix round it."""
        found = read_type(element)
        more = self._more(element)
        listed, other, alone = self._listed(element, found, name, more)
        kind = found.kind if not found.choices or listed is not None else None
        if (
            found.kind is PartKind.SINGLE
            and listed
            and not other
            and self.lists.keys(listed) == YES_PARTLY_NO
        ):
            kind = PartKind.YES_PARTLY_NO
        if plain:
            return Field(name, kind, list_name=listed)
        typed = "" if kind is not None else found.typed
        self._tell(name, kind, found, element)
        item = Field(
            kind=kind,
            typed=typed,
            **self._heading(element, name),
            list_name=listed,
            other=other and kind is not None,
            alone=alone if kind is PartKind.MULTIPLE else (),
            required=self._required(element, name),
            whole=found.whole,
        )
        item = self._limited(element, item, found)
        if more.pop("type_as", found.typed) != found.typed:
            more.pop("kind", None)
            more.pop("typed", None)
        return restored(item, {k: v for k, v in more.items() if k not in ("relevant", "list_name")})

    def _tell(self, name: str, kind: PartKind | None, found: ReadAs, element: Mapping[str, Any]) -> None:
        if kind is None:
            why = f"the type “{found.typed}” has no counterpart"
            if found.choices and found.kind is not None:
                why = (
                    "its choices come from elsewhere" if element.get("choicesByUrl") else "it has no choices"
                )
            self.report.refused("survey", 0, f"{name}.type", f"{name} stays without a kind: {why}")
            return
        self.report.understood("survey", 0, name, f"{name} is a question of the kind {kind}")
        if found.changed:
            self.report.changed("survey", 0, f"{name}.type", f"{name}: {found.changed}")
        for key in IGNORED & element.keys():
            if element[key] not in (None, "", False, []):
                self.report.changed("survey", 0, f"{name}.{key}", f"{key} of {name} is not taken over")

    def _required(self, element: Mapping[str, Any], name: str) -> str:
        condition = clean(as_text(element.get("requiredIf")))
        if condition and not element.get("isRequired"):
            self.report.changed(
                "survey", 0, f"{name}.requiredIf", f"{name} is required under a condition, here never"
            )
            return condition
        return "true" if element.get("isRequired") is True else ""

    def _listed(
        self, element: Mapping[str, Any], found: ReadAs, name: str, more: Mapping[str, Any]
    ) -> tuple[str | None, bool, tuple[str, ...]]:
        """The name of the list of a question, whether it takes words of one's own, what stands alone."""
        if not found.choices:
            return None, False, ()
        given = found.fixed
        if given is None:
            source = element.get("choicesFromQuestion")
            given = self.shared.get(source) if isinstance(source, str) else element.get("choices")
        choices = list(self._choices(as_list(given)))
        alone: tuple[str, ...] = ()
        if element.get("hasNone") or element.get("showNoneItem"):
            if all(choice.key != "none" for choice in choices):
                choices.append(Choice("none", self.languages.texts(element.get("noneText") or "None")))
            alone = ("none",)
        if not choices or element.get("choicesByUrl"):
            return None, False, ()
        named = more.get("list_name")
        own = isinstance(named, str) and bool(named)
        listed = self.lists.put(str(named) if own else name, tuple(choices), named=own)
        return listed, bool(element.get("hasOther") or element.get("showOtherItem")), alone

    def _choices(self, given: Sequence[Any]) -> tuple[Choice, ...]:
        found: dict[str, Choice] = {}
        for each in given:
            value = each.get("value") if isinstance(each, dict) else each
            key = clean(as_text(value))
            text = self.languages.texts(each.get("text")) if isinstance(each, dict) else {}
            if isinstance(each, dict) and (each.get("visibleIf") or each.get("enableIf")):
                self.report.refused("survey", 0, key, f"the choice {key} is not narrowed by other answers")
            if key and not isinstance(each, dict):
                text = self.languages.texts(key)
            if key:
                found.setdefault(key, Choice(key, text))
        return tuple(found.values())

    def _limited(self, element: Mapping[str, Any], item: Field, found: ReadAs) -> Field:
        low = _bound(element.get("min"), found.low)
        high = _bound(element.get("max"), found.high)
        rest: list[Any] = []
        for rule in map(as_map, as_list(element.get("validators"))):
            numeric = rule.get("type") == "numeric" and not set(rule) - {
                "type",
                "minValue",
                "maxValue",
                "text",
            }
            if numeric and item.kind is PartKind.NUMBER:
                low, high = _bound(rule.get("minValue"), low), _bound(rule.get("maxValue"), high)
            elif rule:
                rest.append(rule)
        number = item.kind is PartKind.NUMBER
        if rest:
            self.report.refused(
                "survey", 0, f"{item.name}.validators", f"a rule on {item.name} was not translated"
            )
        if rest or (number and (low, high) != (found.low, found.high)):
            self.report.constraints += 1
        said = Untranslated(Dialect.SURVEYJS, clean(packed({"validators": rest}))) if rest else None
        return replace(item, low=low if number else None, high=high if number else None, constraint=said)


def _without_tags(text: str) -> str:
    bare = _TAG.sub(" ", text)
    return clean(html.unescape(bare if bare == text else " ".join(bare.split())))


def _bound(value: Any, otherwise: Decimal | None) -> Decimal | None:
    number = as_number(value) if isinstance(value, int | float | str) else None
    return otherwise if number is None else number

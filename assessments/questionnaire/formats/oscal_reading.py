"""An OSCAL catalog (1.0 to 1.2, JSON) to a draft: groups, controls, statements and their items, parameters.

A catalog states requirements and asks nothing. Each requirement becomes a question answered yes, partly or
no, each parameter one for its value; guidance comes along. What our own export wrote is read back as it was.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from assessments.questionnaire.formats.draft import (
    BARE,
    Choice,
    ChoiceList,
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
    clean,
)
from assessments.questionnaire.formats.extras import condition_from, restored, texts_from, unpacked
from assessments.questionnaire.formats.trees import as_list, as_map, as_text
from assessments.questionnaire.rules import BadRule
from assessments.questionnaire.vocabulary import YES_PARTLY_NO, PartKind
from assessments.sentences import counted

NAMESPACE: Final = "urn:plumbline:questionnaire"
MARK: Final = "draft-item"
LOOSE: Final = "loose"
"""What our own export calls the group that holds the controls of a group beside its groups."""
_VERSION = re.compile(r"1\.[012](\.[0-9]+)?([-.+][A-Za-z0-9.-]*)?\Z")
_INSERT = re.compile(
    r"\{\{\s*(?:insert:\s*)?param,?\s*([^\s{}]{1,200})\s*\}\}|\{\{\s*([^\s{}]{1,200})\s*\}\}"
)
_WORDS: Final = "yes_partly_no"
_ITEMS: Final = frozenset({"item", "statement"})
_GUIDANCE: Final = frozenset({"guidance", "overview", "rationale"})


def read_catalog(tree: Any, stem: str, report: Report) -> Draft:
    """The draft of a catalog; DraftRefused when the JSON holds none, or one of another version."""
    catalog = find_catalog(tree)
    if catalog is None:
        raise DraftRefused("This JSON is no OSCAL catalog.")
    metadata = as_map(catalog.get("metadata"))
    version = as_text(metadata.get("oscal-version"))
    if version and not _VERSION.match(version):
        raise DraftRefused(f"This catalog is of OSCAL {clean(version)[:30]}; versions 1.0 to 1.2 are read.")
    own = own_extras(metadata)
    languages = tuple(
        dict.fromkeys(
            clean(each) for each in as_list(own.get("languages")) if isinstance(each, str) and clean(each)
        )
    )
    language = languages[0] if languages else _language(metadata)
    reading = _Reading(language, report)
    items = reading.holder(catalog)
    if not items:
        raise DraftRefused("The catalog has no control.")
    reading.note_rest(catalog)
    title = clean(as_text(metadata.get("title")))
    name = clean(as_text(own.get("name"))) or stem
    kept = _lists(own)
    return Draft(
        name=name,
        title=texts_from(own["title"]) if "title" in own else {language: title or stem},
        version=as_text(own["version"]) if "version" in own else clean(as_text(metadata.get("version"))),
        languages=languages or (language,),
        items=items,
        lists=(*kept, *(each for each in reading.lists.values() if each.name not in {k.name for k in kept})),
    )


def find_catalog(tree: Any) -> dict[str, Any] | None:
    """The catalog in a JSON value, wrapped or not."""
    level = [tree]
    for _depth in range(5):
        for each in level:
            catalog = as_map(each).get("catalog")
            if isinstance(catalog, dict) and (
                "metadata" in catalog or "controls" in catalog or "groups" in catalog
            ):
                return catalog
        level = [
            value
            for each in level
            for value in (each.values() if isinstance(each, dict) else as_list(each))
            if isinstance(value, dict | list)
        ]
    return None


def _language(metadata: Mapping[str, Any]) -> str:
    for prop in map(as_map, as_list(metadata.get("props"))):
        if prop.get("name") == "language" and as_text(prop.get("value")):
            return clean(as_text(prop.get("value")))
    return BARE


def _lists(own: Mapping[str, Any]) -> tuple[ChoiceList, ...]:
    found: dict[str, ChoiceList] = {}
    for each in map(as_map, as_list(own.get("lists"))):
        name = clean(as_text(each.get("name")))
        choices: dict[str, Choice] = {}
        for choice in map(as_map, as_list(each.get("choices"))):
            key = clean(as_text(choice.get("key")))
            if key:
                choices.setdefault(key, Choice(key, texts_from(choice.get("label"))))
        if name and choices:
            found.setdefault(name, ChoiceList(name, tuple(choices.values())))
    return tuple(found.values())


def own_mark(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    """The property by which our own export says what an object is; {} where there is none."""
    for prop in map(as_map, as_list(holder.get("props"))):
        if prop.get("ns") == NAMESPACE and prop.get("name") == MARK:
            return prop
    return {}


def own_extras(holder: Mapping[str, Any]) -> dict[str, Any]:
    """What our own export keeps beside an object."""
    return unpacked(as_text(own_mark(holder).get("remarks")))


def _is_loose(holder: Mapping[str, Any]) -> bool:
    return own_mark(holder).get("value") == LOOSE


class _Reading:
    def __init__(self, language: str, report: Report) -> None:
        self._language, self._report = language, report
        self.lists: dict[str, ChoiceList] = {}
        self._labels: dict[str, str] = {}
        self._left: Counter[str] = Counter()

    def holder(self, holder: Mapping[str, Any]) -> tuple[Item, ...]:
        """What a catalog, group or control holds: parameters of its own, groups, controls."""
        placed: list[tuple[int, Item]] = []
        for param in map(as_map, as_list(holder.get("params"))):
            self._labels[as_text(param.get("id"))] = _label(param)
        groups = [as_map(each) for each in as_list(holder.get("groups"))]
        loose = [each for each in groups if _is_loose(each)]
        held = {
            "groups": [each for each in groups if not _is_loose(each)],
            "controls": [each for one in (holder, *loose) for each in as_list(one.get("controls"))],
        }
        for key, found in held.items():
            for each in map(as_map, found):
                order = own_extras(each).get("order")
                place = order if isinstance(order, int) and not isinstance(order, bool) else len(placed)
                item = self._own(each) if own_mark(each) else self._foreign(each, group=key == "groups")
                if item is not None:
                    placed.append((place, item))
        return tuple(item for _place, item in sorted(placed, key=lambda pair: pair[0]))

    def note_rest(self, catalog: Mapping[str, Any]) -> None:
        """One remark for each kind of thing that was left out."""
        if catalog.get("back-matter"):
            self._report.changed("catalog", 0, "back-matter", "sources named at the end are not taken over")
        for what, count in self._left.items():
            were = "was" if count == 1 else "were"
            left = f"{counted(count, 'part')} “{what}” {were} left out"
            self._report.changed("catalog", 0, what, left)

    # ---------------------------------------------------------------- catalogs of others

    def _foreign(self, holder: Mapping[str, Any], *, group: bool) -> Group | None:
        name = clean(as_text(holder.get("id"))) or clean(as_text(holder.get("title"))) or "unnamed"
        props = [as_map(prop) for prop in as_list(holder.get("props"))]
        if any(
            prop.get("name") == "status" and as_text(prop.get("value")).casefold() == "withdrawn"
            for prop in props
        ):
            self._report.changed("catalog", 0, name, f"{name} is withdrawn and was left out")
            return None
        inner = self.holder(holder)
        own: list[Item] = []
        guidance: list[str] = []
        for part in map(as_map, as_list(holder.get("parts"))):
            kind = as_text(part.get("name"))
            if kind == "statement":
                own.extend(self._statement(part, f"{name}_smt"))
            elif kind in _GUIDANCE:
                guidance.extend(self._prose(part))
            else:
                self._left[clean(kind) or "part"] += 1
        own.extend(self._param(param) for param in map(as_map, as_list(holder.get("params"))) if param)
        title = self._filled(as_text(holder.get("title")))
        self._report.understood("catalog", 0, name, f"{name} is a {'group' if group else 'control'}")
        return Group(
            name,
            {self._language: title} if title else {},
            guidance={self._language: clean("\n\n".join(guidance))} if guidance else {},
            items=(*own, *inner),
        )

    def _statement(self, part: Mapping[str, Any], otherwise: str) -> list[Item]:
        name = clean(as_text(part.get("id"))) or otherwise
        text = self._filled(as_text(part.get("prose")))
        below = [as_map(each) for each in as_list(part.get("parts"))]
        items = [each for each in below if as_text(each.get("name")) in _ITEMS]
        self._left.update(
            clean(as_text(each.get("name"))) or "part" for each in below if each and each not in items
        )
        texts: Texts = {self._language: text} if text else {}
        if items:
            found: list[Item] = [Note(name, texts)] if text else []
            for number, each in enumerate(items, 1):
                found.extend(self._statement(each, f"{name}.{number}"))
            return found
        if not text:
            return []
        labels = ("Yes", "Partly", "No")
        choices = tuple(
            Choice(key, {self._language: label}) for key, label in zip(YES_PARTLY_NO, labels, strict=True)
        )
        self.lists.setdefault(_WORDS, ChoiceList(_WORDS, choices))
        self._report.changed("catalog", 0, name, f"the requirement {name} is asked as yes, partly or no")
        return [Field(name, PartKind.YES_PARTLY_NO, label=texts, list_name=_WORDS)]

    def _param(self, param: Mapping[str, Any]) -> Field:
        name = clean(as_text(param.get("id"))) or "param"
        hints = [
            self._filled(as_text(as_map(each).get("prose"))) for each in as_list(param.get("guidelines"))
        ]
        hint = clean("\n".join(filter(None, [self._filled(as_text(param.get("usage"))), *hints])))
        select = as_map(param.get("select"))
        said = [clean(self._filled(as_text(each))) for each in as_list(select.get("choice"))]
        label = self._filled(_label(param))
        kind, listed = PartKind.SHORT_TEXT, None
        if any(said):
            listed = name
            many = as_text(select.get("how-many")) == "one-or-more"
            kind = PartKind.MULTIPLE if many else PartKind.SINGLE
            choices = tuple(
                Choice(f"choice_{number}", {self._language: text})
                for number, text in enumerate(said, 1)
                if text
            )
            self.lists.setdefault(name, ChoiceList(name, choices))
        if param.get("values"):
            self._report.changed("catalog", 0, name, f"the value that {name} has is not taken over")
        field = Field(
            name,
            kind,
            label={self._language: label} if label else {},
            hint={self._language: hint} if hint else {},
            list_name=listed,
        )
        limits = [
            clean(as_text(as_map(each).get("description"))) for each in as_list(param.get("constraints"))
        ]
        if any(limits):
            self._report.constraints += 1
            self._report.refused(
                "catalog", 0, name, f"the rule on {name} was not translated: {limits[0][:80]}"
            )
            field = replace(
                field, constraint=Untranslated(Dialect.OSCAL, clean("\n".join(filter(None, limits))))
            )
        self._report.understood("catalog", 0, name, f"the parameter {name} is a question of the kind {kind}")
        return field

    def _prose(self, part: Mapping[str, Any]) -> list[str]:
        found = [self._filled(as_text(part.get("prose")))]
        for each in map(as_map, as_list(part.get("parts"))):
            found.extend(self._prose(each))
        return [text for text in found if text]

    def _filled(self, text: str) -> str:
        """The text with its parameters named in brackets."""
        return clean(
            _INSERT.sub(
                lambda match: f"[{self._labels.get(match[1] or match[2]) or match[1] or match[2]}]", text
            )
        )

    # ---------------------------------------------------------------- what we wrote ourselves

    def _own(self, holder: Mapping[str, Any]) -> Item:
        what, more = as_text(own_mark(holder).get("value")), own_extras(holder)
        name = clean(as_text(more.get("name"))) or clean(as_text(holder.get("id"))) or "unnamed"
        item = restored(native_item(what, name, holder, self._language), more)
        kept = as_map(more.get("relevant"))
        if kept:
            try:
                item = replace(item, relevant=condition_from(kept))
            except (ValueError, TypeError, KeyError, BadRule):
                item = replace(item, relevant=None)
        if isinstance(item, Table):
            columns = tuple(each for each in self.holder(holder) if isinstance(each, Field))
            if not columns or not item.rows:
                return Note(item.name, item.label)
            return replace(item, columns=columns)
        if isinstance(item, Group):
            return replace(item, items=self.holder(holder))
        if isinstance(item, Field) and isinstance(more.get("constrained"), bool) and more["constrained"]:
            self._report.constraints += 1
        self._report.understood("catalog", 0, name, f"{name} is a {what}")
        return item


def native_item(what: str, name: str, holder: Mapping[str, Any], language: str) -> Item:
    """An item of ours as its object shows it to anybody: title, guidance and rationale."""

    def texts(part: str) -> dict[str, str]:
        found = (as_map(each) for each in as_list(holder.get("parts")))
        said = next((as_text(each.get("prose")) for each in found if each.get("name") == part), "")
        return {language: clean(said)} if clean(said) else {}

    title = clean(as_text(holder.get("title")))
    label = {language: title} if title else {}
    if what == "field":
        return Field(name, PartKind.SHORT_TEXT, "", label, texts("guidance"), texts("rationale"))
    if what == "note":
        return Note(name, label, texts("guidance"))
    if what == "machine":
        return Machine(name, "hidden")
    if what == "table":
        return Table(name, label, texts("guidance"), texts("rationale"))
    make = Repeat if what == "repeat" else Group
    return make(name, label, texts("guidance"), texts("rationale"))


def _label(param: Mapping[str, Any]) -> str:
    return clean(as_text(param.get("label")) or as_text(param.get("usage")) or as_text(param.get("id")))

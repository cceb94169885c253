"""Texts by language and choice lists of a SurveyJS survey, which has neither apart from its questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from assessments.questionnaire.formats.draft import BARE, Choice, ChoiceList, clean
from assessments.questionnaire.formats.trees import as_list, as_map, as_text


@dataclass
class Languages:
    """The languages of a survey: ``default`` is what its unmarked texts are in; ``found`` in order."""

    default: str = BARE
    names: dict[str, str] = field(default_factory=dict)
    found: dict[str, None] = field(default_factory=dict)

    def texts(self, value: Any) -> dict[str, str]:
        """A text or a map of texts by language."""
        if isinstance(value, dict):
            pairs = [(str(key), as_text(said)) for key, said in value.items()]
        else:
            pairs = [("default", as_text(value))]
        texts: dict[str, str] = {}
        for key, said in pairs:
            language = self.default if key == "default" else self.names.get(key) or clean(key)
            if (text := clean(said)) and language and language not in texts:
                texts[language] = text
                self.found.setdefault(language)
        return texts


class Lists:
    """The choice lists of a survey, each once; the same choices in two places are one list."""

    def __init__(self) -> None:
        self._lists: dict[str, ChoiceList] = {}
        self._named: set[str] = set()
        self._same: dict[tuple[Any, ...], str] = {}
        self._order: list[str] = []

    def prepare(self, kept: Sequence[Any], languages: Languages) -> None:
        """Lists that our own export keeps apart, and their order."""
        for each in kept:
            name = clean(as_text(as_map(each).get("name")))
            if name:
                self._order.append(name)
                choices = as_list(as_map(each).get("choices"))
                if choices:
                    found = [(as_text(as_map(one).get("value")), as_map(one).get("text")) for one in choices]
                    self._lists[name] = ChoiceList(
                        name, tuple(Choice(key, languages.texts(text)) for key, text in found if key)
                    )

    def put(self, wanted: str, choices: tuple[Choice, ...], *, named: bool) -> str:
        """The name of the list with these choices; ``named``: the name comes from our own export."""
        shape = tuple((choice.key, tuple(choice.label.items())) for choice in choices)
        if named and (wanted not in self._lists or self._lists[wanted].choices == choices):
            self._lists.setdefault(wanted, ChoiceList(wanted, choices))
            return wanted
        if shape in self._same:
            return self._same[shape]
        name, number = wanted, 1
        while name in self._lists:
            number += 1
            name = f"{wanted}_{number}"
        self._lists[name] = ChoiceList(name, choices)
        self._same[shape] = name
        return name

    def keys(self, name: str) -> tuple[str, ...]:
        """The keys of a list, in order."""
        return tuple(choice.key for choice in self._lists[name].choices)

    def all(self) -> tuple[ChoiceList, ...]:
        """Every list: those kept in their order, then the others as they came."""
        first = [self._lists[name] for name in dict.fromkeys(self._order) if name in self._lists]
        return (*first, *(each for each in self._lists.values() if each not in first))

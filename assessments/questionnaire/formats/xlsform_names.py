"""Names that an XLSForm can have: for items, lists and choices of a draft whose own may be anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from assessments.questionnaire.formats.draft import ChoiceList, Draft, Group, Item, Note, Repeat, Table

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
_KEY: Final = re.compile(r"[^\s'\"]+\Z")
_ELSE = re.compile(r"[^A-Za-z0-9_.-]+")
# Names that the program adds to every form by itself; "data" is the form's own, and no repeat may share it.
_TAKEN: Final = frozenset({"meta", "instanceid", "instancename", "audit", "data"})

Place = tuple[str, str | None, str | None]


class Once:
    """Gives each name once, whatever its capitals."""

    def __init__(self, taken: frozenset[str] = _TAKEN) -> None:
        self._taken: set[str] = set(taken)

    def give(self, wanted: str) -> str:
        """The wanted name, or the same with a number."""
        name, number = wanted, 1
        while name.casefold() in self._taken:
            number += 1
            name = f"{wanted}_{number}"
        self._taken.add(name.casefold())
        return name


@dataclass
class Names:
    """How the form calls what the draft calls otherwise.

    ``order``: the names of all items as they stand in the form; ``fields``: (item, column of a table or None,
    row of it or None) to its name; ``lists``: list to name; ``keys``: list to its choices' keys to names.
    """

    order: list[str] = field(default_factory=list)
    fields: dict[Place, str] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    keys: dict[str, dict[str, str]] = field(default_factory=dict)
    once: Once = field(default_factory=Once)


def names_for(draft: Draft) -> Names:
    """A name for everything, each once in the form; as in the draft where that is possible."""
    names = Names()
    for item in every_item(draft.items):
        name = names.once.give(token(item.name))
        names.order.append(name)
        if not isinstance(item, Note) and (isinstance(item, Repeat) or not isinstance(item, Group)):
            names.fields.setdefault((item.name, None, None), name)
        if isinstance(item, Table):
            for row in item.rows:
                inner = names.once.give(token(f"{name}__{row.key}"))
                names.fields[item.name, None, row.key] = inner
                for column in item.columns:
                    cell = names.once.give(token(f"{inner}__{column.name}"))
                    names.fields[item.name, column.name, row.key] = cell
    lists = Once(frozenset())
    for each in draft.lists:
        names.lists[each.name] = lists.give(token(each.name))
        names.keys[each.name] = _keys(each)
    return names


def every_item(items: tuple[Item, ...]) -> Iterator[Item]:
    """Every item, groups before what they hold."""
    for item in items:
        yield item
        if isinstance(item, Group):
            yield from every_item(item.items)


def token(name: str) -> str:
    """The name if it may stand as it is, else made of the letters that may."""
    if _NAME.match(name):
        return name
    made = _ELSE.sub("_", name).strip("_") or "unnamed"
    return made if made[0].isalpha() else f"_{made}"


def _keys(each: ChoiceList) -> dict[str, str]:
    taken: set[str] = set()
    found = {}
    for choice in each.choices:
        wanted = choice.key if _KEY.match(choice.key) else _ELSE.sub("_", choice.key).strip("_") or "choice"
        name, number = wanted, 1
        while name in taken:
            number += 1
            name = f"{wanted}_{number}"
        taken.add(name)
        found[choice.key] = name
    return found

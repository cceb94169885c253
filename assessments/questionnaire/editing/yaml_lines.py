"""Writing a change into a YAML file of a pack: lines that say the same stay, and so do comments."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarfloat import ScalarFloat
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
_TAKEN_FOR_TRUTH = frozenset({"yes", "no", "on", "off", "y", "n", "true", "false", "null", "none_"})
_TEXTS = frozenset(
    {
        "text", "help", "why", "care", "because", "label", "title", "intro", "expect", "leaves",
        "answered_by", "since", "version", "small", "sees", "micro", "saw", "raise", "lower", "first_step",
        "effort", "do",
    }
)  # fmt: skip
_MAPS_OF_TEXTS = frozenset({"options", "rows"})
_ORDERED = frozenset({"options", "rows", "map"})
"""Maps whose order is content; in all others a key keeps the place where its author put it."""
_WIDEST_FLOW = 90


class NoYaml(ValueError):
    """The file cannot be changed line by line: it is no YAML, or no map."""


def load(text: str) -> CommentedMap:
    """The tree of a file with everything that stands around it. Raises NoYaml."""
    try:
        tree = _yaml().load(text)
    except (YAMLError, ValueError) as error:
        raise NoYaml(str(error).splitlines()[0]) from error
    if not isinstance(tree, CommentedMap):
        raise NoYaml("the file holds no map")
    return tree


def written(tree: CommentedMap) -> str:
    """The tree as text."""
    out = io.StringIO()
    _yaml().dump(tree, out)
    return out.getvalue()


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1_000_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def plain(node: Any) -> Any:
    """The tree without what stands around it: dict, list, str, int, Decimal, bool."""
    if isinstance(node, Mapping):
        return {plain(key): plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(value) for value in node]
    if isinstance(node, bool) or node is None:
        return node
    if isinstance(node, float):
        return Decimal(_number(node))
    return int(node) if isinstance(node, int) else str(node)


def _number(value: float) -> str:
    out = io.StringIO()
    _yaml().dump([value], out)
    return out.getvalue().strip().removeprefix("- ").strip() if isinstance(value, ScalarFloat) else str(value)


def put(node: CommentedMap, wanted: Mapping[str, Any], *, name: str = "") -> None:
    """Make ``node`` say ``wanted``: what is the same is left alone, what is new goes where it belongs."""
    for key in [key for key in node if key not in wanted]:
        _drop(node, key)
    before = -1
    for key, value in wanted.items():
        if key in node:
            if plain(node[key]) != value:
                node[key] = _fitted(node[key], value, key, name)
        else:
            node.insert(before + 1, _key(key), _made(value, key, name))
        before = list(node).index(key)
    if name in _ORDERED and list(node) != list(wanted):
        _reorder(node, list(wanted))


def _fitted(node: Any, value: Any, key: str, inside: str) -> Any:
    if isinstance(node, CommentedMap) and isinstance(value, dict) and value:
        put(node, value, name=key)
        return node
    if isinstance(node, CommentedSeq) and isinstance(value, list) and value:
        put_list(node, value, key)
        return node
    return _made(value, key, inside)


def put_list(node: CommentedSeq, wanted: Sequence[Any], name: str = "") -> None:
    """The same for a list; its maps are known by their key, else by their place."""
    taken: set[int] = set()
    keys = {value.get("key") for value in wanted if isinstance(value, dict)}
    kept: list[tuple[Any, int | None]] = []
    for index, value in enumerate(wanted):
        old = _same(node, value, index, taken, keys)
        if old is None:
            kept.append((_made(value, "", name), None))
        else:
            taken.add(old)
            if plain(node[old]) != value:
                put(node[old], value)
            kept.append((node[old], old))
    if [old for _item, old in kept] == list(range(len(node))):
        return
    around = dict(node.ca.items)
    while len(node):
        del node[0]
    node.ca.items.clear()
    for index, (item, old) in enumerate(kept):
        node.append(item)
        if old in around:
            node.ca.items[index] = around[old]


def _same(node: CommentedSeq, value: Any, index: int, taken: set[int], keys: set[Any]) -> int | None:
    """The place of the item that ``value`` is the new state of; None for one that is new."""
    free = [place for place in range(len(node)) if place not in taken]
    for place in free:
        if plain(node[place]) == value:
            return place
    if not isinstance(value, dict):
        return None
    key = value.get("key")
    for place in free:
        if isinstance(node[place], CommentedMap) and key is not None and node[place].get("key") == key:
            return place
    if (
        index in free
        and isinstance(node[index], CommentedMap)
        and node[index].get("key") not in keys - {None}
    ):
        return index
    return None


def _drop(node: CommentedMap, key: str) -> None:
    """Take a key out; a comment that stood behind it stays, behind what stands before."""
    around = node.ca.items.pop(key, None)
    keys = list(node)
    before = keys[keys.index(key) - 1] if keys.index(key) else None
    del node[key]
    if around and before is not None and before not in node.ca.items:
        node.ca.items[before] = around


def _reorder(node: CommentedMap, keys: list[str]) -> None:
    around = dict(node.ca.items)
    items = {key: node[key] for key in keys}
    own = {str(key): key for key in node}
    for key in list(node):
        del node[key]
    for key in keys:
        node[own[key]] = items[key]
    node.ca.items.update(around)


def _key(key: Any) -> Any:
    if not isinstance(key, str):
        return key  # a ladder's levels are numbers
    plain_word = _WORD.match(key) and key.lower() not in _TAKEN_FOR_TRUTH
    return key if plain_word else DoubleQuotedScalarString(key)


def _made(value: Any, key: str, inside: str) -> Any:
    """A value in the house's style: texts in double quotes, small maps and lists of words on one line."""
    if isinstance(value, dict):
        made = CommentedMap()
        for one, inner in value.items():
            made[_key(one)] = _made(inner, str(one), key)
        if inside == "mappings" or (key not in _MAPS_OF_TEXTS and _flat(value)):
            made.fa.set_flow_style()
        return made
    if isinstance(value, list):
        several = CommentedSeq([_made(inner, "", key) for inner in value])
        if key != "small" and all(not isinstance(inner, dict | list) for inner in value):
            several.fa.set_flow_style()
        return several
    if isinstance(value, Decimal):
        return _yaml().load(format(value, "f"))
    if not isinstance(value, str):
        return value
    text = key in _TEXTS or inside in _MAPS_OF_TEXTS or inside == "small"
    if text or not _WORD.match(value) or value.lower() in _TAKEN_FOR_TRUTH:
        return DoubleQuotedScalarString(value)
    return value


def _flat(value: dict[str, Any]) -> bool:
    """Whether a map is a test of a rule or the like: words only, and short enough for one line."""
    if any(isinstance(inner, dict) for inner in value.values()) or "key" in value or "class" in value:
        return False
    lists = [inner for inner in value.values() if isinstance(inner, list)]
    if any(isinstance(inner, dict | list) for one in lists for inner in one):
        return False
    return not (_TEXTS & value.keys() - {"text"}) and len(str(value)) <= _WIDEST_FLOW

"""Whether what the author says about a change fits what is seen of it; every misfit is a problem of the pack.

Between versions further apart, what was said in between is looked at together, so only what can be told of
the ends is checked then; each step was checked when it was published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from assessments.questionnaire.model import Field, Part, Question, UnknownQuestion
from assessments.questionnaire.versions.changes import ASK, Change, ChangeClass, version_order
from assessments.questionnaire.versions.comparing import Difference, Seen

C = ChangeClass

COVERS: Mapping[ChangeClass, frozenset[Seen]] = {
    C.SAME_MEANING: frozenset({Seen.TEXT, Seen.LABEL}),
    C.REWORDED: frozenset({Seen.TEXT, Seen.LABEL, Seen.RECALL, Seen.UNIT, Seen.LEVEL, Seen.LIMIT}),
    C.CHOICES_CHANGED: frozenset({Seen.PART, Seen.CHOICE, Seen.KIND, Seen.LIMIT}),
    C.SPLIT: frozenset(Seen) - {Seen.RULE},
    C.MERGED: frozenset(Seen) - {Seen.RULE},
    C.RULE_CHANGED: frozenset({Seen.RULE}),
}
"""What a class can explain of a question that was there before (content guide, table "Version diff")."""

FREE = frozenset({Seen.GUIDANCE, Seen.PLACE})
"""Differences that nobody needs to explain: answers do not depend on them."""

Said = Iterator[tuple[str, str]]
"""Problems: what is wrong, and how to mend it."""


def misfits(before: Question, after: Question, seen: Sequence[Difference], told: Sequence[Change]) -> Said:
    """Where what is told of a question in both versions does not fit what is seen."""
    classes = {change.kind for change in told}
    named = " and ".join(sorted(kind.value for kind in classes))
    if C.NEW in classes:
        yield "says new, but the version before has it", "take the class that fits what differs"
    one_step = len({change.version for change in told}) == 1
    if one_step and {C.SAME_MEANING, C.REWORDED} <= classes:
        yield "says same_meaning and reworded", "keep one: reworded asks to confirm, same_meaning does not"
    explained = frozenset(one for kind in classes for one in COVERS.get(kind, frozenset()))
    for difference in seen:
        if difference.seen in FREE or difference.seen in explained:
            continue
        wanted = ", ".join(kind.value for kind, covers in COVERS.items() if difference.seen in covers)
        if classes:
            yield f"says {named}, but {difference}", f"say {wanted} too, or undo it"
        else:
            yield f"has no change, but {difference}", f"add change: with version, class ({wanted}) and why"
    for kind in sorted(classes & COVERS.keys()) if one_step else ():
        if kind not in (C.SPLIT, C.MERGED) and not any(one.seen in COVERS[kind] for one in seen):
            parts = ", ".join(sorted(one.value for one in COVERS[kind]))
            yield f"says {kind.value}, but none of {parts} differs", "take it out, or make the change"
    if not classes & {C.SPLIT, C.MERGED}:
        yield from _unmapped(seen, told)
        yield from _unconverted(seen, told)
    for change in told:
        others = [one for one in told if (one.part, one.column) == (change.part, change.column)]
        yield from _bad_map(before, after, change, others)


def _unmapped(seen: Iterable[Difference], told: Sequence[Change]) -> Said:
    """Keys that are gone and kinds that changed, of which no map says where the old values go."""
    choices = [change for change in told if change.kind is C.CHOICES_CHANGED]
    if not choices:
        return
    for one in seen:
        if one.gone and not any(_reaches(change, one, one.key) for change in choices):
            yield (
                f"says choices_changed, but not where {one.path} goes",
                f"add map: {{{one.key}: new key}} (or ask) to the change, with its part",
            )
        if one.seen is Seen.KIND and not any(change.part == one.part and change.ask for change in choices):
            yield (
                f"says choices_changed, but {one}",
                "say ask: true for that part, or give the new kind a new key",
            )


def _reaches(change: Change, one: Difference, key: str) -> bool:
    same = change.part == one.part and change.column in (None, one.column)
    return same and (change.ask or key in change.map)


def _unconverted(seen: Iterable[Difference], told: Sequence[Change]) -> Said:
    for one in seen:
        if one.seen is not Seen.UNIT or not any(change.kind is C.REWORDED for change in told):
            continue
        if not any(
            change.convert is not None and (change.part, change.column) == (one.part, one.column)
            for change in told
        ):
            yield f"says reworded, but not how {one}", "add part: and convert: the factor to the new unit"


def _bad_map(before: Question, after: Question, change: Change, others: Sequence[Change]) -> Said:
    """A map or a part that names what is not there, nor was in between."""
    here = version_order(change.version)
    passed = {now for one in others for now in one.map.values() if version_order(one.version) < here}
    goes_on = {was for one in others for was in one.map if version_order(one.version) > here}
    if change.part is None:
        old, new = {part.key: part for part in before.parts}, {part.key: part for part in after.parts}
        for was, now in change.map.items():
            yield from _strange(was, now, old.keys() | passed, new.keys() | goes_on, "part")
            if was in old and now in new and old[was].kind is not new[now].kind:
                yield f"maps the part {was} to {now}, which is of another kind", f"write {was}: ask"
        return
    try:
        one, other = _shape(before, change), _shape(after, change)
    except UnknownQuestion as missing:
        yield f"names a part or column that is not in both versions ({missing})", "name one that is"
        return
    keys_before, keys_after = _choices(one).keys() | passed, _choices(other).keys() | goes_on
    for was, now in change.map.items():
        yield from _strange(was, now, keys_before, keys_after, "key")


def _strange(was: str, now: str, old: Set[str], new: Set[str], what: str) -> Said:
    if was not in old:
        yield f"maps {was}, which the version before does not have", f"map a {what} that was there"
    if now != ASK and now not in new:
        yield f"maps {was} to {now}, which is no {what} of it", f"name a {what} of this version, or ask"


def _shape(question: Question, change: Change) -> Field:
    part = question.part(change.part or "")
    return part.column(change.column) if change.column else part


def _choices(shape: Field) -> dict[str, str]:
    keys = dict(shape.options)
    if isinstance(shape, Part):
        keys |= dict(shape.rows) | {column.key: column.label for column in shape.columns}
    return keys


def misfits_of_new(question: Question, told: Sequence[Change], known: Mapping[str, Question]) -> Said:
    """The same for a question whose key the version before does not have."""
    first = min((version_order(change.version) for change in told), default=())
    classes = {change.kind for change in told if version_order(change.version) == first}
    fitting = classes & {C.NEW, C.SPLIT, C.MERGED}
    if not classes:
        yield "is new and has no change", "add change: with version, class (new, split, merged) and why"
    for kind in sorted(classes - {C.NEW, C.SPLIT, C.MERGED}):
        yield f"says {kind.value}, but the version before has no {question.key}", "say new, split or merged"
    if len(fitting) > 1:
        yield f"says {' and '.join(sorted(fitting))}", "keep one of them"
    yield from bad_sources(question, told, known)


def bad_sources(question: Question, told: Sequence[Change], known: Mapping[str, Question]) -> Said:
    """What ``from`` names and is not there."""
    parts = {part.key for part in question.parts}
    for change in told:
        for key, goes in change.sources.items():
            if key not in known:
                yield f"comes from {key}, which the version before does not have", "name one that was there"
                continue
            had = {part.key for part in known[key].parts}
            for was, now in goes.items():
                if was not in had:
                    yield f"takes {was} from {key}, which has no such part", "name a part it had"
                if now not in parts:
                    yield f"puts {was} of {key} beside {now}, which is no part of it", "name one of its parts"

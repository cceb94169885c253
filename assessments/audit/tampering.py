"""Verifying the audit trail: every row hash and every seal again, and what is wrong in words.

``verify`` needs the public halves of the seal keys from outside the database, and finds a cut-off end only
with an anchor: the number and hash of a seal noted elsewhere (the worker logs each).
"""

from __future__ import annotations

import enum
import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import ColumnElement, String, Text, cast, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from assessments.audit.events import AuditEvent, AuditSeal, row_hash
from assessments.audit.sealing import GENESIS, Leaf, bound_of, members_hex, root_hex, signed_bytes
from assessments.sentences import counted

_PAGE = 500


class Tampering(enum.StrEnum):
    """What was done to the trail."""

    ROW_CHANGED = "row_changed"
    ROW_REMOVED = "row_removed"
    ROW_ADDED = "row_added"
    ROWS_REORDERED = "rows_reordered"
    SEAL_CHANGED = "seal_changed"
    SEAL_REMOVED = "seal_removed"
    SEAL_UNKNOWN_KEY = "seal_unknown_key"


@dataclass(frozen=True)
class Anchor:
    """A seal noted outside the database; the chain must still hold it."""

    number: int
    hash: str


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong. ``seal`` None: in rows that no seal covers; ``rows``: seq of those known."""

    seal: int | None
    what: Tampering
    message: str
    rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Verification:
    """What verifying found, faults in the order of seals."""

    seals: int
    rows: int
    unsealed: int
    head: Anchor | None
    faults: tuple[Fault, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    @property
    def first_bad_seal(self) -> int | None:
        """The number of the first seal that does not hold; None when all do."""
        return min((fault.seal for fault in self.faults if fault.seal is not None), default=None)


@dataclass
class _Row:
    leaf: Leaf
    place: int | None
    sound: bool


@dataclass
class _Walk:
    session: Session
    keys: Mapping[str, Ed25519PublicKey]
    first_of_era: Mapping[int, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    rows: int = 0
    previous: AuditSeal | None = None

    def add(self, seal: int | None, what: Tampering, message: str, rows: Sequence[int] = ()) -> None:
        self.faults.append(Fault(seal, what, message, tuple(rows[:20])))


def verify(
    session: Session, keys: Mapping[str, Ed25519PublicKey], *, anchor: Anchor | None = None
) -> Verification:
    """Recompute every row hash, root, chain link and signature; memory stays that of one seal.

    ``keys`` maps key id to public key. Nothing is written; it may run beside a sealer at work.
    """
    walk = _Walk(session, keys)
    walk.first_of_era = _eras(walk)
    seals, anchored = 0, anchor is None
    for run in _runs(walk):
        _check_run(walk, run)
        seals += len(run)
        anchored = anchored or any(
            (one.number, one.hash) == (anchor.number, anchor.hash) for one in run if anchor
        )
    unsealed = _check_outside(walk)
    if anchor and not anchored:
        walk.add(
            anchor.number,
            Tampering.SEAL_REMOVED,
            f"The anchored seal {anchor.number} is no longer in the chain with hash {anchor.hash[:16]}…: the "
            "end of the trail was cut off or written anew.",
        )
    head = walk.previous
    faults = sorted(walk.faults, key=lambda fault: (fault.seal is None, fault.seal or 0))
    return Verification(
        seals, walk.rows, unsealed, Anchor(head.number, head.hash) if head else None, tuple(faults)
    )


def _eras(walk: _Walk) -> dict[int, int]:
    """Return where each era begins, from the seals that open one; one that is not genuine opens none."""
    numbers = walk.session.scalars(
        select(AuditSeal.number).where(AuditSeal.count == 0).order_by(AuditSeal.number)
    ).all()
    eras = {1: 0}
    for seal in _read_seals(walk, numbers) if numbers else ():
        if seal.count == 0 and _fault_of(walk, seal) is None:
            eras[seal.era] = seal.first_seq
    return eras


def _runs(walk: _Walk) -> Iterator[list[AuditSeal]]:
    """Give the seals in order, in runs of one era at most a page long."""
    numbers = select(AuditSeal.number).order_by(AuditSeal.number).limit(_PAGE)
    after: tuple[ColumnElement[bool], ...] = ()
    while True:
        page = walk.session.scalars(numbers.where(*after)).all()
        if not page:
            return
        seals = _read_seals(walk, page)
        for _, run in groupby(seals, key=lambda seal: seal.era):
            yield list(run)
        after = (AuditSeal.number > page[-1],)
        for seal in seals:
            walk.session.expunge(seal)


def _read_seals(walk: _Walk, numbers: Sequence[int]) -> list[AuditSeal]:
    fresh = {"populate_existing": True}
    query = select(AuditSeal).where(AuditSeal.number.in_(numbers)).order_by(AuditSeal.number)
    try:
        return list(walk.session.scalars(query, execution_options=fresh))
    except (ValueError, TypeError):
        if len(numbers) > 1:
            return [seal for number in numbers for seal in _read_seals(walk, [number])]
        message = f"Seal {numbers[0]} holds a value that cannot be read."
        walk.add(numbers[0], Tampering.SEAL_CHANGED, message)
        return []


def _check_run(walk: _Walk, run: Sequence[AuditSeal]) -> None:
    bound = bound_of(walk.session)
    first, last = run[0], run[-1]
    stream = _rows(walk, bound >= first.lower, bound < last.upper, *_era_window(walk, first.era))
    waiting = next(stream, None)
    for seal in run:
        _check_seal(walk, seal)
        mine: list[_Row] = []
        while waiting is not None and waiting.place is not None and waiting.place < seal.upper:
            if waiting.place >= seal.lower:
                mine.append(waiting)
            waiting = next(stream, None)
        _check_rows(walk, seal, mine)
        walk.previous = seal


def _check_seal(walk: _Walk, seal: AuditSeal) -> None:
    """Check a seal by itself and against the one before."""
    before = walk.previous
    expected = before.number + 1 if before else 1
    if seal.number != expected:
        walk.add(expected, Tampering.SEAL_REMOVED, f"Seal {expected} is missing before seal {seal.number}.")
    elif seal.previous != (before.hash if before else GENESIS):
        walk.add(seal.number, Tampering.SEAL_CHANGED, f"Seal {seal.number} is not chained to the one before.")
    elif (
        before and seal.era == before.era and (seal.lower, seal.first_seq) != (before.upper, before.first_seq)
    ):
        walk.add(
            seal.number,
            Tampering.SEAL_CHANGED,
            f"Seal {seal.number} does not begin where the one before ends.",
        )
    fault = _fault_of(walk, seal)
    if fault is not None:
        walk.add(seal.number, *fault)


def _fault_of(walk: _Walk, seal: AuditSeal) -> tuple[Tampering, str] | None:
    """Check a seal's own hash and signature."""
    content = signed_bytes(seal)
    if hashlib.sha256(content).hexdigest() != seal.hash:
        return Tampering.SEAL_CHANGED, f"Seal {seal.number} does not match its own hash."
    key = walk.keys.get(seal.key_id)
    if key is None:
        said = f"Seal {seal.number} names key {seal.key_id}, whose public half is not among those given."
        return Tampering.SEAL_UNKNOWN_KEY, said
    try:
        key.verify(seal.signature, content)
    except InvalidSignature:
        return Tampering.SEAL_CHANGED, f"The signature of seal {seal.number} does not hold."
    return None


def _check_rows(walk: _Walk, seal: AuditSeal, rows: Sequence[_Row]) -> None:
    """Compare the rows found with what the seal says of them, and name the difference."""
    number = seal.number
    unsound = [row.leaf.seq for row in rows if not row.sound]
    if unsound:
        walk.add(
            number,
            Tampering.ROW_CHANGED,
            f"Seal {number}: {_rows_named(unsound)} changed after it was written.",
            unsound,
        )
    missing = seal.count - len(rows)
    if missing:
        what = Tampering.ROW_REMOVED if missing > 0 else Tampering.ROW_ADDED
        held = counted(seal.count, "row")
        verb = "missing" if missing > 0 else "there that the seal does not hold"
        walk.add(
            number,
            what,
            f"Seal {number} holds {held}, {len(rows)} are there: {abs(missing)} {verb}.",
        )
    leaves = [row.leaf for row in rows]
    if unsound or missing or root_hex(leaves) == seal.root:
        return
    if members_hex(leaves) == seal.members:
        walk.add(
            number, Tampering.ROWS_REORDERED, f"Seal {number} holds these rows in another order or place."
        )
    else:
        walk.add(
            number,
            Tampering.ROW_CHANGED,
            f"Seal {number}: a row was changed together with its hash, or exchanged for another.",
        )


def _check_outside(walk: _Walk) -> int:
    """Check the rows that no seal covers; return how many wait for the sealer."""
    bound = bound_of(walk.session)
    last = walk.previous
    seq = AuditEvent.seq
    ends = walk.session.execute(
        select(AuditSeal.era, func.max(AuditSeal.upper)).group_by(AuditSeal.era)
    ).all()
    for era, upper in ends:
        strays = [or_(bound.is_(None), bound < 0)]
        if last and era != last.era:
            strays = [or_(bound.is_(None), bound < 0, bound >= upper)]
        found = walk.session.scalars(
            select(seq).where(*strays, *_era_window(walk, era)).order_by(seq).limit(20)
        ).all()
        if found:
            walk.add(
                None,
                Tampering.ROW_ADDED,
                f"{_rows_named(found)} can belong to no seal: no place in the log.",
                found,
            )
    beyond = (bound >= last.upper, seq >= last.first_seq) if last else ()
    unsealed, unsound = 0, []
    for row in _rows(walk, *beyond):
        unsealed += 1
        if not row.sound:
            unsound.append(row.leaf.seq)
    if unsound:
        walk.add(
            None,
            Tampering.ROW_CHANGED,
            f"Not sealed yet: {_rows_named(unsound)} changed after it was written.",
            unsound,
        )
    return unsealed


def _era_window(walk: _Walk, era: int) -> tuple[ColumnElement[bool], ...]:
    window: list[ColumnElement[bool]] = []
    first, following = walk.first_of_era.get(era, 0), walk.first_of_era.get(era + 1)
    if first > 0:
        window.append(AuditEvent.seq >= first)
    if following is not None:
        window.append(AuditEvent.seq < following)
    return tuple(window)


def _rows(walk: _Walk, *conditions: ColumnElement[bool]) -> Iterator[_Row]:
    """Stream rows by place, each checked against its own hash.

    Columns are read raw, JSON as its text: a value that the model's types or the driver would refuse to load
    is tampering to report, not a reason to stop.
    """
    table = AuditEvent.__table__.c
    columns: dict[str, ColumnElement[str]] = {each.name: type_coerce(each, String) for each in table}
    columns["data"] = cast(table.data, Text)
    query = (
        select(*(column.label(name) for name, column in columns.items()))
        .where(*conditions)
        .order_by(bound_of(walk.session), AuditEvent.seq)
    )
    bound = bound_of(walk.session).key
    for values in walk.session.execute(query, execution_options={"yield_per": 1000}):
        raw = dict(zip(columns, values, strict=True))
        leaf = Leaf(int(raw["seq"]), int(raw["position"] or 0), str(raw["hash"]))
        walk.rows += 1
        yield _Row(leaf, None if raw[bound] is None else int(raw[bound]), _is_sound(raw))


def _is_sound(raw: Mapping[str, Any]) -> bool:
    try:
        at = raw["at"] if isinstance(raw["at"], datetime) else datetime.fromisoformat(raw["at"])
        values = {
            **raw,
            "id": uuid.UUID(str(raw["id"])),
            "subject_id": uuid.UUID(str(raw["subject_id"])),
            "at": at.replace(tzinfo=UTC) if at.tzinfo is None else at,
            "data": json.loads(raw["data"]),
        }
        for name in ("actor_id", "actor_organization_id", "organization_id"):
            values[name] = uuid.UUID(str(raw[name])) if raw[name] else None
        return row_hash(values) == str(raw["hash"])
    except (ValueError, TypeError, UnicodeError, RecursionError):
        return False


def _rows_named(seqs: Sequence[int]) -> str:
    shown = ", ".join(str(seq) for seq in seqs[:5])
    more = f" and {len(seqs) - 5} more" if len(seqs) > 5 else ""
    return f"row{'s' if len(seqs) > 1 else ''} {shown}{more}"

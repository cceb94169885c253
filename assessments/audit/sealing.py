"""Sealing the audit trail: Merkle roots over what is committed, chained, signed (DESIGN.md 3).

Rows are bounded by transaction id on PostgreSQL, because ids are given out in another order than
transactions commit: a seal covers only what lies below the oldest transaction still running (in the whole
cluster, whatever its database), so the range of a seal never gains a row. On SQLite writers are serial and
``seq`` bounds. Times play no part in the order.
A seal is followed by ``assessments.audit.tampering.verify``.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import ColumnElement, Select, false, func, select, text, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from assessments.audit import merkle
from assessments.audit.events import AuditEvent, AuditSeal
from assessments.canonical import canonical_json
from assessments.sentences import N_
from assessments.workflow import Refused

LARGEST_SEAL = 10_000
GENESIS = "0" * 64
_PREFIX = b"plumbline-seal-v1\n"
# One number for the sealer's advisory lock, out of the way of others: the bytes of "seal".
_LOCK = 0x7365616C


class SealKey(Protocol):
    """What signs seals: Ed25519, its private half outside the database."""

    @property
    def key_id(self) -> str:
        """The first 16 hex digits of SHA-256 over the raw public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature."""
        ...


class EraEnded(Refused):
    """The database gives out transaction ids that were sealed already: it was restored into a new cluster."""

    code = "era_ended"


@dataclass(frozen=True)
class Leaf:
    """What a seal holds of a row: its place and its own hash."""

    seq: int
    position: int
    row_hash: str

    @property
    def hash(self) -> bytes:
        """The leaf's hash; place and content both count, so that no column of the row can change."""
        place = self.seq.to_bytes(8, "big", signed=True) + self.position.to_bytes(8, "big", signed=True)
        return merkle.leaf_hash(place + self.row_hash.encode())


@dataclass(frozen=True)
class InclusionProof:
    """That one event is in one seal, checkable without any other row (RFC 6962, 2.1.1)."""

    seal: int
    root: str
    size: int
    index: int
    leaf: Leaf
    path: tuple[str, ...]

    def holds(self) -> bool:
        """Whether the path leads from the leaf to the root. The seal's signature is checked apart."""
        path = [bytes.fromhex(step) for step in self.path]
        found = merkle.root_from_path(self.leaf.hash, self.index, self.size, path)
        return found is not None and found.hex() == self.root


@dataclass(frozen=True)
class Unsealed:
    """What the sealer has yet to close: rows, and how long the oldest has waited, in seconds."""

    rows: int
    seconds: float


def seal(session: Session, key: SealKey, *, at: datetime, largest: int = LARGEST_SEAL) -> AuditSeal | None:
    """Close the next committed rows, at most ``largest``, into one seal; None when there is nothing to do.

    Runs in the caller's transaction (READ COMMITTED on PostgreSQL) and holds the sealer's lock to its end;
    while another sealer has it, None. A transaction is never split: one with more rows than ``largest``
    makes a seal of its own. Raises EraEnded after a restore into a new cluster; see ``open_era``.
    """
    if not _lock(session, wait=False):
        return None
    last = last_seal(session)
    lower, first_seq, era = (last.upper, last.first_seq, last.era) if last else (0, 0, 1)
    horizon = _horizon(session)
    if horizon < lower:
        raise EraEnded(
            N_(
                "Seal %(seal)s reaches position %(lower)s, the database is at %(horizon)s: it was "
                "restored into a new cluster.",
                seal=last.number if last else 0,
                lower=lower,
                horizon=horizon,
            ),
            "Open a new era of the audit trail before anything else is written.",
        )
    bound = bound_of(session)
    here = (bound >= lower, bound < horizon, AuditEvent.seq >= first_seq)
    leaves = read_leaves(session, *here, limit=largest + 1)
    upper = horizon
    if len(leaves) > largest:
        places = [leaf.position if _by_position(session) else leaf.seq for leaf in leaves]
        upper = places[largest]
        leaves = [leaf for leaf, place in zip(leaves, places, strict=True) if place < upper]
        if not leaves:
            leaves, upper = read_leaves(session, bound == upper, AuditEvent.seq >= first_seq), upper + 1
    if not leaves:
        return None
    return _append(
        session, key, last, at=at, era=era, lower=lower, upper=upper, first_seq=first_seq, leaves=leaves
    )


def open_era(session: Session, key: SealKey, *, at: datetime, note: str) -> AuditSeal:
    """Begin a new era after a logical restore, linked to the last seal; return the seal that opens it.

    What the restored database holds unsealed is closed into the old era first, so this must run before the
    platform takes its first write. Waits for a sealer at work.
    """
    _lock(session, wait=True)
    last = last_seal(session)
    first_seq = (session.scalar(select(func.max(AuditEvent.seq))) or 0) + 1
    if last:
        tail = read_leaves(session, bound_of(session) >= last.upper, AuditEvent.seq >= last.first_seq)
        if tail:
            upper = max(leaf.position if _by_position(session) else leaf.seq for leaf in tail) + 1
            last = _append(
                session, key, last, at=at, era=last.era, lower=last.upper, upper=upper,
                first_seq=last.first_seq, leaves=tail,
            )  # fmt: skip
    # On SQLite seq goes on where it was; transaction ids begin anew.
    start = 0 if _by_position(session) else first_seq
    return _append(
        session, key, last, at=at, era=last.era + 1 if last else 1, lower=start, upper=start,
        first_seq=first_seq if last else 0, leaves=(), note=note,
    )  # fmt: skip


def prove(session: Session, event_id: uuid.UUID) -> InclusionProof | None:
    """Return the proof that an event is sealed; None while it is not yet. LookupError: no such event."""
    event = session.execute(
        select(AuditEvent.seq, AuditEvent.position).where(AuditEvent.id == event_id)
    ).one_or_none()
    if event is None:
        raise LookupError(f"no event {event_id} in the audit trail")
    place = (event.position if _by_position(session) else event.seq) or 0
    era = select(func.max(AuditSeal.era)).where(AuditSeal.first_seq <= event.seq).scalar_subquery()
    found = session.scalars(
        select(AuditSeal).where(
            AuditSeal.era == era, AuditSeal.lower <= place, AuditSeal.upper > place, AuditSeal.count > 0
        )
    ).first()
    if found is None:
        return None
    leaves = in_order(read_leaves(session, *rows_of(session, found)))
    index = next(i for i, leaf in enumerate(leaves) if leaf.seq == event.seq)
    path = merkle.path_of([leaf.hash for leaf in leaves], index)
    steps = tuple(step.hex() for step in path)
    return InclusionProof(found.number, found.root, len(leaves), index, leaves[index], steps)


def unsealed(session: Session, *, at: datetime) -> Unsealed:
    """Return what waits to be sealed; its age is what to raise an alarm on (security-reliability R74)."""
    last = last_seal(session)
    waiting = select(func.count(), func.min(AuditEvent.at))
    if last:
        waiting = waiting.where(bound_of(session) >= last.upper, AuditEvent.seq >= last.first_seq)
    rows, oldest = session.execute(waiting).one()
    return Unsealed(rows, max(0.0, (at - oldest).total_seconds()) if oldest else 0.0)


def last_seal(session: Session) -> AuditSeal | None:
    """Return the head of the chain."""
    return session.scalars(select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1)).first()


def signed_bytes(record: AuditSeal) -> bytes:
    """Return what is hashed and signed of a seal: every column but hash and signature."""
    return _PREFIX + canonical_json(
        {
            "number": record.number,
            "era": record.era,
            "lower": str(record.lower),
            "upper": str(record.upper),
            "first_seq": str(record.first_seq),
            "count": record.count,
            "root": record.root,
            "members": record.members,
            "previous": record.previous,
            "key_id": record.key_id,
            "sealed_at": record.sealed_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "note": record.note,
        }
    )


def bound_of(session: Session) -> InstrumentedAttribute[int] | InstrumentedAttribute[int | None]:
    """Return the column that bounds seals on this database."""
    return AuditEvent.position if _by_position(session) else AuditEvent.seq


def rows_of(session: Session, record: AuditSeal) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that pick the rows of a seal."""
    bound = bound_of(session)
    conditions = [bound >= record.lower, bound < record.upper, AuditEvent.seq >= record.first_seq]
    next_era = session.scalar(select(func.min(AuditSeal.first_seq)).where(AuditSeal.era == record.era + 1))
    if next_era is not None:
        conditions.append(AuditEvent.seq < next_era)
    return tuple(conditions)


def read_leaves(session: Session, *conditions: ColumnElement[bool], limit: int | None = None) -> list[Leaf]:
    """Return leaves by place in the log: bound, then seq."""
    query: Select[int, int | None, str] = (
        select(AuditEvent.seq, AuditEvent.position, AuditEvent.hash)
        .where(*conditions)
        .order_by(bound_of(session), AuditEvent.seq)
        .limit(limit)
    )
    return [Leaf(seq, position or 0, row_hash) for seq, position, row_hash in session.execute(query)]


def in_order(leaves: Sequence[Leaf]) -> list[Leaf]:
    """Return leaves as a seal orders them: by seq."""
    return sorted(leaves, key=lambda leaf: leaf.seq)


def root_hex(leaves: Sequence[Leaf]) -> str:
    """Return the Merkle root over leaves in their order, hex."""
    return merkle.root_of([leaf.hash for leaf in in_order(leaves)]).hex()


def members_hex(leaves: Sequence[Leaf]) -> str:
    """Return the digest over the row hashes whatever their order; with it, reordering shows as such."""
    hasher = hashlib.sha256()
    for row_hash in sorted(leaf.row_hash for leaf in leaves):
        hasher.update(row_hash.encode() + b"\n")
    return hasher.hexdigest()


def _append(
    session: Session,
    key: SealKey,
    last: AuditSeal | None,
    *,
    at: datetime,
    era: int,
    lower: int,
    upper: int,
    first_seq: int,
    leaves: Sequence[Leaf],
    note: str | None = None,
) -> AuditSeal:
    made = AuditSeal(
        number=last.number + 1 if last else 1,
        era=era,
        lower=lower,
        upper=upper,
        first_seq=first_seq,
        count=len(leaves),
        root=root_hex(leaves),
        members=members_hex(leaves),
        previous=last.hash if last else GENESIS,
        key_id=key.key_id,
        sealed_at=at.astimezone(UTC),
        note=note,
    )
    content = signed_bytes(made)
    made.hash = hashlib.sha256(content).hexdigest()
    made.signature = key.sign(content)
    session.add(made)
    session.flush()
    return made


def _by_position(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _horizon(session: Session) -> int:
    """Return the place below which nothing more can commit."""
    if _by_position(session):
        # Every transaction below has ended, so the next statement sees all of its rows.
        xmin = session.scalar(text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"))
        return int(xmin or 0)
    return (session.scalar(select(func.max(AuditEvent.seq))) or 0) + 1


def _lock(session: Session, *, wait: bool) -> bool:
    """Be the only sealer until the transaction ends; False when another is and ``wait`` is not set."""
    if not _by_position(session):
        # A write that touches no row takes SQLite's write lock before the first read of this transaction,
        # as BEGIN IMMEDIATE does, whatever way the transaction was begun.
        session.execute(update(AuditSeal).where(false()).values(note=AuditSeal.note))
        return True
    if wait:
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        return True
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _LOCK}))

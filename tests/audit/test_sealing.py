"""Sealing: what is committed is closed into one signed chain, whoever seals and whenever others commit."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from assessments.audit import sealing
from assessments.audit.events import AuditEvent, AuditSeal, EventKind, event_values
from assessments.audit.tampering import verify
from assessments.base import new_id
from assessments.parties import SYSTEM
from plumbline.jobs.desk import now
from plumbline.signing import KeyPurpose, SigningKey, create_keys, public_keys, signing_key
from plumbline.transaction import SYSTEM_TENANT, tenant_session
from tests.support.desks import Place
from tests.support.effects import leave_effect


@pytest.fixture
def key(place: Place) -> SigningKey:
    create_keys(place.settings.key_folder)
    return signing_key(place.settings.key_folder, KeyPurpose.SEAL)


@pytest.fixture
def keys(place: Place, key: SigningKey) -> dict[str, Ed25519PublicKey]:
    return public_keys(place.settings.key_folder, KeyPurpose.SEAL)


def write(place: Place, rows: int, transactions: int = 1, *, settled: bool = True) -> None:
    for _ in range(transactions):
        with place.desk.sessions() as session:
            for _ in range(rows):
                leave_effect(session, new_id())
    if settled:
        place.wait_until_sealable()


def seal_once(place: Place, key: SigningKey, largest: int = sealing.LARGEST_SEAL) -> AuditSeal | None:
    with place.another_desk().sessions() as session:
        made = sealing.seal(session, key, at=now(session), largest=largest)
        if made is not None:
            session.expunge(made)
        return made


def seals(place: Place) -> list[AuditSeal]:
    with place.desk.reading() as session:
        found = list(session.scalars(select(AuditSeal).order_by(AuditSeal.number)))
        session.expunge_all()
        return found


def test_rows_are_sealed_into_a_chain(
    place: Place, key: SigningKey, keys: dict[str, Ed25519PublicKey]
) -> None:
    write(place, 3)
    first = seal_once(place, key)
    write(place, 2, transactions=2)
    second = seal_once(place, key)
    assert first is not None
    assert second is not None
    assert (first.number, first.count, first.previous) == (1, 3, sealing.GENESIS)
    assert (second.number, second.count, second.previous) == (2, 4, first.hash)
    assert second.lower == first.upper
    assert first.key_id == key.key_id
    with place.desk.reading() as session:
        found = verify(session, keys)
    assert found.intact
    assert (found.seals, found.rows, found.unsealed) == (2, 7, 0)
    assert found.head is not None
    assert found.head.hash == second.hash


def test_with_nothing_to_seal_no_seal_is_made(place: Place, key: SigningKey) -> None:
    assert seal_once(place, key) is None
    write(place, 1)
    assert seal_once(place, key) is not None
    assert seal_once(place, key) is None
    assert len(seals(place)) == 1


def test_a_seal_holds_at_most_so_many_rows(
    place: Place, key: SigningKey, keys: dict[str, Ed25519PublicKey]
) -> None:
    write(place, 1, transactions=10)
    made = [seal_once(place, key, largest=4) for _ in range(4)]
    assert [one.count for one in made if one] == [4, 4, 2]
    assert made[3] is None
    with place.desk.reading() as session:
        assert verify(session, keys).intact


def test_a_transaction_larger_than_a_seal_is_not_split_on_postgresql(
    place: Place, key: SigningKey, keys: dict[str, Ed25519PublicKey]
) -> None:
    write(place, 1)
    write(place, 9)
    write(place, 1)
    made = []
    while (one := seal_once(place, key, largest=4)) is not None:
        made.append(one.count)
    assert sum(made) == 11
    assert made == ([1, 9, 1] if place.is_postgresql else [4, 4, 3])
    with place.desk.reading() as session:
        assert verify(session, keys).intact


def test_a_seal_is_undone_with_its_transaction(place: Place, key: SigningKey) -> None:
    write(place, 2)

    def seal_and_fail() -> None:
        with place.desk.sessions() as session:
            assert sealing.seal(session, key, at=now(session)) is not None
            raise RuntimeError

    with pytest.raises(RuntimeError):
        seal_and_fail()
    assert seals(place) == []
    again = seal_once(place, key)
    assert again is not None
    assert (again.number, again.count) == (1, 2)


def test_two_sealers_at_once_make_one_chain(
    place: Place, key: SigningKey, keys: dict[str, Ed25519PublicKey]
) -> None:
    done = threading.Event()
    faults: list[BaseException] = []

    def keep_sealing() -> None:
        desk = place.another_desk()
        try:
            while not done.is_set():
                with desk.sessions() as session:
                    sealing.seal(session, key, at=now(session), largest=5)
        except Exception as fault:  # noqa: BLE001  shown by the test, whatever it is
            faults.append(fault)

    sealers = [threading.Thread(target=keep_sealing) for _ in range(2)]
    for sealer in sealers:
        sealer.start()
    write(place, 2, transactions=40, settled=False)
    done.set()
    for sealer in sealers:
        sealer.join()
    place.wait_until_sealable()
    while seal_once(place, key) is not None:
        pass
    assert faults == []
    chain = seals(place)
    assert [one.number for one in chain] == list(range(1, len(chain) + 1))
    assert sum(one.count for one in chain) == 80
    with place.desk.reading() as session:
        assert verify(session, keys).intact


def test_a_sealer_that_finds_another_at_work_does_nothing(postgres_place: Place) -> None:
    create_keys(postgres_place.settings.key_folder)
    key = signing_key(postgres_place.settings.key_folder, KeyPurpose.SEAL)
    write(postgres_place, 2)
    with postgres_place.desk.sessions() as session:
        assert sealing.seal(session, key, at=now(session)) is not None
        assert seal_once(postgres_place, key) is None
    assert len(seals(postgres_place)) == 1


@pytest.fixture
def open_transaction(postgres_place: Place) -> Iterator[Session]:
    """A transaction that has its place in the log and does not commit yet."""
    with tenant_session(postgres_place.engine, SYSTEM_TENANT) as session:
        leave_effect(session, new_id())
        session.flush()
        yield session
        session.rollback()


def test_a_long_transaction_holds_the_seal_back_and_is_never_left_out(
    postgres_place: Place, open_transaction: Session
) -> None:
    """Its row has the smaller id and the later commit: sealed by id, it would be a row added to a seal."""
    place = postgres_place
    create_keys(place.settings.key_folder)
    key = signing_key(place.settings.key_folder, KeyPurpose.SEAL)
    write(place, 3, settled=False)  # begun later, committed earlier
    assert seal_once(place, key) is None, "nothing below the running transaction, so nothing to seal"
    open_transaction.commit()
    place.wait_until_sealable()
    made = seal_once(place, key)
    assert made is not None
    assert made.count == 4
    with place.desk.reading() as session:
        found = verify(session, public_keys(place.settings.key_folder, KeyPurpose.SEAL))
    assert found.intact
    assert found.unsealed == 0


def test_what_stands_below_a_running_transaction_is_sealed(postgres_place: Place) -> None:
    place = postgres_place
    create_keys(place.settings.key_folder)
    key = signing_key(place.settings.key_folder, KeyPurpose.SEAL)
    write(place, 2)
    with tenant_session(place.engine, SYSTEM_TENANT) as running:
        leave_effect(running, new_id())
        running.flush()
        write(place, 5, settled=False)
        made = seal_once(place, key)
        assert made is not None
        assert made.count == 2
        running.rollback()
    place.wait_until_sealable()
    after = seal_once(place, key)
    assert after is not None
    assert after.count == 5


def test_the_database_gives_each_row_its_position(postgres_place: Place) -> None:
    write(postgres_place, 2, transactions=2)
    with postgres_place.desk.sessions() as session:
        # Written as the fast path writes it, without the ORM.
        values = event_values(
            EventKind.SIGNED_OUT, by=SYSTEM, at=now(session), subject_type="effect", subject_id=new_id(),
            organization_id=None,
        )  # fmt: skip
        session.execute(insert(AuditEvent).values(values))
    with postgres_place.desk.reading() as session:
        positions = list(session.scalars(select(AuditEvent.position).order_by(AuditEvent.seq)))
    assert all(positions)
    assert len(set(positions)) == 3


def test_one_event_is_proved_without_the_others(place: Place, key: SigningKey) -> None:
    write(place, 7)
    with place.desk.reading() as session:
        ids = list(session.scalars(select(AuditEvent.id).order_by(AuditEvent.seq)))
        assert sealing.prove(session, ids[0]) is None
    sealed = seal_once(place, key)
    assert sealed is not None
    for event_id in ids:
        with place.desk.reading() as session:
            proof = sealing.prove(session, event_id)
        assert proof is not None
        assert proof.holds()
        assert (proof.seal, proof.root, proof.size) == (1, sealed.root, 7)
        forged = sealing.InclusionProof(
            proof.seal, proof.root, proof.size, proof.index,
            sealing.Leaf(proof.leaf.seq, proof.leaf.position, "0" * 64), proof.path,
        )  # fmt: skip
        assert not forged.holds()
    with place.desk.reading() as session, pytest.raises(LookupError):
        sealing.prove(session, uuid.uuid4())


def test_what_waits_to_be_sealed_is_counted_with_its_age(place: Place, key: SigningKey) -> None:
    with place.desk.reading() as session:
        assert sealing.unsealed(session, at=now(session)) == sealing.Unsealed(0, 0.0)
    write(place, 3)
    with place.desk.reading() as session:
        waiting = sealing.unsealed(session, at=now(session) + timedelta(seconds=90))
    assert waiting.rows == 3
    assert 90 <= waiting.seconds < 120
    seal_once(place, key)
    with place.desk.reading() as session:
        assert sealing.unsealed(session, at=now(session)).rows == 0


def test_a_new_era_follows_a_logical_restore(
    place: Place, key: SigningKey, keys: dict[str, Ed25519PublicKey]
) -> None:
    write(place, 2, transactions=2)
    assert seal_once(place, key) is not None
    write(place, 1)  # not sealed yet when the backup was taken
    if place.is_postgresql:
        # As if restored into a new cluster: what was written carries ids that this one has yet to reach.
        place.tamper(
            "UPDATE audit_event SET position = position + 1000000",
            "DELETE FROM audit_seal",
        )
        old = _sealed_by_hand(place, key)
        with place.desk.sessions() as session, pytest.raises(sealing.EraEnded, match="new cluster"):
            sealing.seal(session, key, at=now(session))
    else:
        old = seals(place)[-1]
    with place.desk.sessions() as session:
        opened = sealing.open_era(session, key, at=now(session), note="restored from the backup of Tuesday")
        assert (opened.era, opened.count) == (2, 0)
        assert opened.number == old.number + 2, "one seal closes the rest of the old era"
    write(place, 3)
    after = seal_once(place, key)
    assert after is not None
    assert (after.era, after.count) == (2, 3)
    with place.desk.reading() as session:
        found = verify(session, keys)
        newest = session.scalars(select(AuditEvent.id).order_by(AuditEvent.seq.desc()).limit(1)).one()
        oldest = session.scalars(select(AuditEvent.id).order_by(AuditEvent.seq).limit(1)).one()
        proofs = sealing.prove(session, newest), sealing.prove(session, oldest)
    assert found.faults == ()
    assert (found.rows, found.unsealed) == (8, 0)
    assert [proof.seal for proof in proofs if proof and proof.holds()] == [after.number, old.number]


def _sealed_by_hand(place: Place, key: SigningKey) -> AuditSeal:
    """Seal all but the newest row as the old cluster would have."""
    with place.desk.sessions() as session:
        leaves = sealing.read_leaves(session)[:-1]
        made = sealing._append(
            session, key, None, at=now(session), era=1, lower=0, upper=leaves[-1].position + 1, first_seq=0,
            leaves=leaves,
        )  # fmt: skip
        session.expunge(made)
    return made

"""Whatever is done to a sealed row or a seal is found, in the first bad seal, and called by its name."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from assessments.audit import sealing
from assessments.audit.events import AuditEvent, AuditSeal, row_hash
from assessments.audit.tampering import Anchor, Tampering, Verification, verify
from assessments.base import new_id
from plumbline.jobs.desk import now
from plumbline.signing import KeyPurpose, SigningKey, create_keys, public_keys, replace_key, signing_key
from tests.support.desks import Place
from tests.support.effects import leave_effect

ROWS = 5  # in each of three seals, and two that wait


class Trail:
    """A trail of three seals and two rows that wait for the next."""

    def __init__(self, place: Place) -> None:
        self.place = place
        folder = place.settings.key_folder
        create_keys(folder)
        self.key = signing_key(folder, KeyPurpose.SEAL)
        for rows in (ROWS, ROWS, ROWS, 2):
            with place.desk.sessions() as session:
                for _ in range(rows):
                    leave_effect(session, new_id())
            if rows == ROWS:
                self.seal(self.key)
        with place.desk.reading() as session:
            self.seqs = list(session.scalars(select(AuditEvent.seq).order_by(AuditEvent.seq)))

    def seal(self, key: SigningKey) -> None:
        self.place.wait_until_sealable()
        with self.place.desk.sessions() as session:
            assert sealing.seal(session, key, at=now(session)) is not None

    def keys(self) -> dict[str, Ed25519PublicKey]:
        return public_keys(self.place.settings.key_folder, KeyPurpose.SEAL)

    def verify(self, anchor: Anchor | None = None) -> Verification:
        with self.place.desk.reading() as session:
            return verify(session, self.keys(), anchor=anchor)

    def in_seal(self, number: int) -> list[int]:
        return self.seqs[(number - 1) * ROWS : number * ROWS]

    def first(self) -> tuple[int | None, Tampering]:
        found = self.verify()
        assert not found.intact
        return found.first_bad_seal, found.faults[0].what


@pytest.fixture
def trail(place: Place) -> Trail:
    return Trail(place)


def test_an_untouched_trail_is_intact(trail: Trail) -> None:
    found = trail.verify()
    assert found.faults == ()
    assert (found.seals, found.rows, found.unsealed, found.first_bad_seal) == (3, 17, 2, None)


CHANGES = {
    "kind": "'signed_in'",
    "at": "'2020-01-01 00:00:00.000000'",
    "actor_id": "'0192d3a0000070008000000000000001'",
    "actor_organization_id": "'0192d3a0000070008000000000000001'",
    "organization_id": "'0192d3a0000070008000000000000001'",
    "actor_function": "'supplier admin'",
    "subject_type": "'site'",
    "subject_id": "'0192d3a0000070008000000000000001'",
    "id": "'0192d3a0000070008000000000000001'",
    "data": '\'{"as": "somebody"}\'',
    "hash": "'" + "0" * 64 + "'",
}


def test_every_column_of_a_row_is_covered() -> None:
    covered = {*CHANGES, "seq", "position"}  # these two decide the place, and are tested as such
    assert covered == {column.name for column in AuditEvent.__table__.columns}


@pytest.mark.parametrize("column", sorted(CHANGES))
def test_a_changed_row_is_named(trail: Trail, column: str) -> None:
    victim = trail.in_seal(2)[3]
    trail.place.tamper(f"UPDATE audit_event SET {column} = {CHANGES[column]} WHERE seq = {victim}")
    fault = trail.verify().faults[0]
    assert (fault.seal, fault.what, fault.rows) == (2, Tampering.ROW_CHANGED, (victim,))
    assert f"row {victim}" in fault.message


UNREAD = ("1e400", "-1e5000", "[" * 1100 + "]" * 1100)  # numbers and depths that no reader of JSON must take


@pytest.mark.parametrize("value", UNREAD, ids=["large", "larger", "deep"])
def test_data_that_no_reader_takes_is_a_changed_row(trail: Trail, value: str) -> None:
    victim = trail.in_seal(2)[3]
    trail.place.tamper(f"UPDATE audit_event SET data = '{{\"as\": {value}}}' WHERE seq = {victim}")
    fault = trail.verify().faults[0]
    assert (fault.seal, fault.what, fault.rows) == (2, Tampering.ROW_CHANGED, (victim,))


def test_a_value_that_no_longer_fits_its_column_is_a_changed_row(sqlite_place_only: Place) -> None:
    for column, value in {"kind": "'nonsense'", "at": "'then'", "data": "'{'", "subject_id": "'x'"}.items():
        trail = Trail(sqlite_place_only)
        number = trail.verify().seals - 1
        with sqlite_place_only.desk.reading() as session:
            lower = session.scalars(select(AuditSeal.lower).where(AuditSeal.number == number)).one()
        sqlite_place_only.tamper(f"UPDATE audit_event SET {column} = {value} WHERE seq = {lower}")
        assert (lower, Tampering.ROW_CHANGED) in {
            (row, fault.what) for fault in trail.verify().faults for row in fault.rows
        }


def test_a_row_changed_together_with_its_hash_is_found(trail: Trail) -> None:
    victim = trail.in_seal(2)[0]
    with trail.place.desk.reading() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.seq == victim)).one()
        names = [column.name for column in AuditEvent.__table__.columns]
        values = {name: getattr(event, name) for name in names} | {"subject_type": "site"}
    trail.place.tamper(
        f"UPDATE audit_event SET subject_type = 'site', hash = '{row_hash(values)}' WHERE seq = {victim}"
    )
    assert trail.first() == (2, Tampering.ROW_CHANGED)
    assert "together with its hash" in trail.verify().faults[0].message


def test_a_removed_row_is_found(trail: Trail) -> None:
    trail.place.tamper(f"DELETE FROM audit_event WHERE seq = {trail.in_seal(2)[2]}")
    assert trail.first() == (2, Tampering.ROW_REMOVED)
    assert "holds 5 rows, 4 are there: 1 missing" in trail.verify().faults[0].message


def test_a_seal_without_any_of_its_rows_is_found(trail: Trail) -> None:
    gone = ", ".join(str(seq) for seq in trail.in_seal(1))
    trail.place.tamper(f"DELETE FROM audit_event WHERE seq IN ({gone})")
    assert trail.first() == (1, Tampering.ROW_REMOVED)


def slip_in(trail: Trail, **place_of_row: int | None) -> None:
    """Add a row whose own hash is right, at a place of our choice."""
    with trail.place.desk.reading() as session:
        copied = session.scalars(select(AuditEvent).limit(1)).one()
        values = {column.name: getattr(copied, column.name) for column in AuditEvent.__table__.columns}
    values |= {"id": new_id(), **place_of_row}
    values["hash"] = row_hash(values)
    with trail.place.desk.sessions() as session:
        session.execute(insert(AuditEvent).values(values))


def test_an_added_row_is_found(trail: Trail) -> None:
    if trail.place.is_postgresql:
        with trail.place.desk.reading() as session:
            sealed = session.scalars(
                select(AuditEvent.position).where(AuditEvent.seq == trail.in_seal(1)[0])
            ).one()
        slip_in(trail, seq=1000, position=sealed)
    else:
        slip_in(trail, seq=0)
    assert trail.first() == (1, Tampering.ROW_ADDED)
    assert (
        "holds 5 rows, 6 are there: 1 there that the seal does not hold" in trail.verify().faults[0].message
    )


def test_a_row_outside_of_every_seal_is_found(trail: Trail) -> None:
    if trail.place.is_postgresql:
        slip_in(trail, seq=1000, position=None)
    else:
        slip_in(trail, seq=-7)
    (fault,) = trail.verify().faults
    assert (fault.seal, fault.what) == (None, Tampering.ROW_ADDED)
    assert fault.rows == ((1000,) if trail.place.is_postgresql else (-7,))


def test_reordered_rows_are_found(trail: Trail) -> None:
    one, other = trail.in_seal(2)[1], trail.in_seal(2)[3]
    trail.place.tamper(
        f"UPDATE audit_event SET seq = 900000 WHERE seq = {one}",
        f"UPDATE audit_event SET seq = {one} WHERE seq = {other}",
        f"UPDATE audit_event SET seq = {other} WHERE seq = 900000",
    )
    assert trail.first() == (2, Tampering.ROWS_REORDERED)


def test_rows_exchanged_between_seals_are_found(trail: Trail) -> None:
    one, other = trail.in_seal(2)[1], trail.in_seal(3)[3]
    with trail.place.desk.reading() as session:
        rows = session.execute(select(AuditEvent.seq, AuditEvent.position))
        at = {row.seq: row.position for row in rows}

    def there(seq: int) -> str:
        return f"seq = {seq}, position = {at[seq]}" if trail.place.is_postgresql else f"seq = {seq}"

    trail.place.tamper(
        f"UPDATE audit_event SET seq = 900000 WHERE seq = {one}",
        f"UPDATE audit_event SET {there(one)} WHERE seq = {other}",
        f"UPDATE audit_event SET {there(other)} WHERE seq = 900000",
    )
    found = trail.verify()
    assert found.first_bad_seal == 2
    assert {fault.seal for fault in found.faults} == {2, 3}


def test_a_moved_position_is_found(postgres_place: Place) -> None:
    trail = Trail(postgres_place)
    last = trail.in_seal(2)[-1]
    postgres_place.tamper(f"UPDATE audit_event SET position = position + 100000 WHERE seq = {last}")
    assert trail.first() == (2, Tampering.ROW_REMOVED)


def test_a_row_changed_before_it_was_sealed_is_found(trail: Trail) -> None:
    victim = trail.seqs[-1]
    trail.place.tamper(f"UPDATE audit_event SET subject_type = 'site' WHERE seq = {victim}")
    (fault,) = trail.verify().faults
    assert (fault.seal, fault.what, fault.rows) == (None, Tampering.ROW_CHANGED, (victim,))
    trail.seal(trail.key)
    fault = trail.verify().faults[0]
    assert (fault.seal, fault.what, fault.rows) == (4, Tampering.ROW_CHANGED, (victim,))


SEAL_CHANGES = {
    "era": "2",
    "lower": "lower + 1",
    "upper": "upper - 1",
    "first_seq": "1",
    "count": "4",
    "root": "'" + "0" * 64 + "'",
    "members": "'" + "0" * 64 + "'",
    "previous": "'" + "0" * 64 + "'",
    "hash": "'" + "0" * 64 + "'",
    "sealed_at": "'2020-01-01 00:00:00.000000'",
    "note": "'nothing to see'",
    "key_id": "'0000000000000000'",
}


def test_every_column_of_a_seal_is_covered() -> None:
    covered = {*SEAL_CHANGES, "number", "signature"}  # tested on their own
    assert covered == {column.name for column in AuditSeal.__table__.columns}


@pytest.mark.parametrize("column", sorted(SEAL_CHANGES))
def test_a_changed_seal_is_found(trail: Trail, column: str) -> None:
    trail.place.tamper(f"UPDATE audit_seal SET {column} = {SEAL_CHANGES[column]} WHERE number = 2")
    found = trail.verify()
    assert found.first_bad_seal == 2
    assert Tampering.SEAL_CHANGED in {fault.what for fault in found.faults if fault.seal == 2}


def test_a_seal_with_a_value_that_cannot_be_read_is_found(sqlite_place_only: Place) -> None:
    trail = Trail(sqlite_place_only)
    sqlite_place_only.tamper("UPDATE audit_seal SET sealed_at = 'then' WHERE number = 2")
    assert trail.first() == (2, Tampering.SEAL_CHANGED)


def test_a_signature_that_is_not_the_keys_is_found(trail: Trail) -> None:
    zeros = "decode(repeat('00', 64), 'hex')" if trail.place.is_postgresql else "zeroblob(64)"
    trail.place.tamper(f"UPDATE audit_seal SET signature = {zeros} WHERE number = 3")
    assert trail.first() == (3, Tampering.SEAL_CHANGED)
    assert "signature" in trail.verify().faults[0].message


def test_a_trail_written_anew_with_another_key_is_found(trail: Trail) -> None:
    """Somebody with the database and no key rewrites everything consistently, and signs it themselves."""
    keys = trail.keys()
    trail.place.tamper("DELETE FROM audit_seal", f"DELETE FROM audit_event WHERE seq = {trail.seqs[4]}")
    folder = trail.place.settings.key_folder.parent / "forged"
    create_keys(folder)
    trail.seal(signing_key(folder, KeyPurpose.SEAL))
    with trail.place.desk.reading() as session:
        found = verify(session, keys)
    assert (found.first_bad_seal, found.faults[0].what) == (1, Tampering.SEAL_UNKNOWN_KEY)


def test_the_key_of_results_does_not_hold_for_seals(trail: Trail) -> None:
    with trail.place.desk.reading() as session:
        found = verify(session, public_keys(trail.place.settings.key_folder, KeyPurpose.RESULT))
    assert {fault.what for fault in found.faults} == {Tampering.SEAL_UNKNOWN_KEY}


def test_seals_of_a_replaced_key_still_hold(trail: Trail) -> None:
    trail.seal(replace_key(trail.place.settings.key_folder, KeyPurpose.SEAL))
    found = trail.verify()
    assert found.faults == ()
    assert (found.seals, found.unsealed) == (4, 0)


def test_a_removed_seal_is_found(trail: Trail) -> None:
    trail.place.tamper("DELETE FROM audit_seal WHERE number = 2")
    assert trail.first() == (2, Tampering.SEAL_REMOVED)


def test_a_removed_first_seal_is_found(trail: Trail) -> None:
    trail.place.tamper("DELETE FROM audit_seal WHERE number = 1")
    assert trail.first() == (1, Tampering.SEAL_REMOVED)


def test_reordered_seals_are_found(trail: Trail) -> None:
    trail.place.tamper(
        "UPDATE audit_seal SET number = 99 WHERE number = 2",
        "UPDATE audit_seal SET number = 2 WHERE number = 3",
        "UPDATE audit_seal SET number = 3 WHERE number = 99",
    )
    assert trail.first() == (2, Tampering.SEAL_CHANGED)


def test_a_cut_off_end_is_found_with_an_anchor(trail: Trail) -> None:
    head = trail.verify().head
    assert head is not None
    assert trail.verify(anchor=head).intact
    gone = ", ".join(str(seq) for seq in trail.in_seal(3) + trail.seqs[15:])
    trail.place.tamper(
        "DELETE FROM audit_seal WHERE number = 3", f"DELETE FROM audit_event WHERE seq IN ({gone})"
    )
    assert trail.verify().intact, "without an anchor the shorter trail is consistent"
    found = trail.verify(anchor=head)
    assert (found.first_bad_seal, found.faults[0].what) == (3, Tampering.SEAL_REMOVED)


def test_an_end_written_anew_is_found_with_an_anchor(trail: Trail) -> None:
    head = trail.verify().head
    trail.place.tamper("DELETE FROM audit_seal WHERE number = 3")
    trail.seal(trail.key)
    found = trail.verify(anchor=head)
    assert found.first_bad_seal == 3
    assert found.faults[0].what is Tampering.SEAL_REMOVED


def test_the_database_itself_refuses_the_application_to_tamper(trail: Trail) -> None:
    attempts: list[str] = [
        "UPDATE audit_event SET subject_type = 'site'",
        "DELETE FROM audit_event",
        "UPDATE audit_seal SET note = 'x'",
        "DELETE FROM audit_seal",
    ]
    for attempt in attempts:
        with pytest.raises(DBAPIError), trail.place.desk.sessions() as session:
            session.execute(text(attempt))
    assert trail.verify().intact

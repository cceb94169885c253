"""A save at once (PostgreSQL) while the database is away, changed or in the way: told as what it is."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import NotSupportedError, OperationalError

from assessments.driver import at_once
from tests.answering.conftest import Desk, put
from tests.support.page import Visit


def test_what_ends_a_statement_otherwise_leaves_no_connection_that_commits_by_itself(engine: Engine) -> None:
    with pytest.raises(UnicodeEncodeError):  # not the driver's error
        at_once(engine, "SELECT %s", ("\ud800",))
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        assert raw.autocommit is False


def test_a_connection_that_is_closed_is_a_lost_one(engine: Engine) -> None:
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
    assert raw is not None
    raw.close()
    with pytest.raises(OperationalError) as lost:
        at_once(engine, "SELECT 1", ())
    assert lost.value.connection_invalidated
    assert at_once(engine, "SELECT 1", ()) == (1,)


def test_a_plan_that_no_longer_fits_is_met_once(engine: Engine, superuser: psycopg.Connection) -> None:
    """A migration beside running servers: what they prepared is refused, and then forgotten."""
    superuser.execute("CREATE TABLE noted (word varchar)")
    superuser.execute("GRANT SELECT ON noted TO plumbline_app")
    for _ in range(8):  # psycopg prepares what it was told five times
        assert at_once(engine, "SELECT word FROM noted", ()) is None
    superuser.execute("ALTER TABLE noted ALTER word TYPE int USING 1")
    with pytest.raises(NotSupportedError):
        at_once(engine, "SELECT word FROM noted", ())
    assert at_once(engine, "SELECT word FROM noted", ()) is None


@pytest.mark.parametrize("table", ["answer", "answer_revision", "audit_event"])
@pytest.mark.parametrize(
    ("code", "status"),
    [("53100", 503), ("40P01", 503), ("40001", 503), ("55P03", 503), ("57014", 503), ("22P05", 422)],
)
def test_where_one_row_fails_none_is_written(
    postgres_desk: Desk, petr: Visit, superuser: psycopg.Connection, table: str, code: str, status: int
) -> None:
    """A full disk, a deadlock, two at once, a lock or a statement that waits too long, a value not taken."""
    superuser.execute(
        "CREATE FUNCTION hurt() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$BEGIN RAISE EXCEPTION 'hurt' USING ERRCODE = '{code}'; END$$".encode()
    )
    superuser.execute(
        f"CREATE TRIGGER hurt AFTER INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION hurt()".encode()
    )
    assert put(petr, postgres_desk, "second", 1).status == status
    written = "SELECT (SELECT max(revision) FROM answer), (SELECT count(*) FROM answer_revision), count(*) "
    events = f"{written} FROM audit_event WHERE kind = 'answer_saved'".encode()
    assert superuser.execute(events).fetchone() == (1, 1, 1)
    superuser.execute(f"DROP TRIGGER hurt ON {table}".encode())
    assert put(petr, postgres_desk, "second", 1).must()["revision"] == 2
    assert superuser.execute(events).fetchone() == (2, 2, 2)

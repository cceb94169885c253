"""A save at once (PostgreSQL) while the database is away, changed or in the way: told as what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import NotSupportedError, OperationalError

from assessments.driver import at_once
from tests.answering.conftest import CUT_OFF, Desk, put
from tests.support.page import Page, Visit
from tests.support.programs import ask
from tests.support.statements import as_a_server

LONG = "x" * 3_000_000


def card(visit: Visit, desk: Desk, fields: dict[str, str], **headers: str) -> Page:
    """Send the card of OHS-02 as a form."""
    path = f"/supplier/assessments/{desk.assessment.id}/questions/OHS-02"
    return as_a_server(visit.post, path, fields, headers=headers)


@pytest.fixture
def away(engine: Engine, superuser: psycopg.Connection) -> Iterator[Callable[[], None]]:
    """Takes the database away from the application; it is back when called again, or at the end."""
    url = engine.url
    name, allowed = url.database, [True]
    with psycopg.connect(f"postgresql://postgres@{url.host}:{url.port}/postgres", autocommit=True) as talk:

        def turn() -> None:
            allowed[0] = not allowed[0]
            talk.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {allowed[0]}'.encode())
            superuser.execute(CUT_OFF)

        yield turn
        if not allowed[0]:
            turn()


def test_as_long_as_the_database_is_away_every_request_says_so(
    postgres_desk: Desk, petr: Visit, away: Callable[[], None]
) -> None:
    """Who asks cannot be told either, and the language of what says so hangs on who asks."""
    sheet = f"/assessments/{postgres_desk.assessment.id}"
    petr.get(f"/supplier{sheet}/questions/OHS-02")
    as_program = {"Authorization": f"Bearer {petr.token}"}
    away()
    for _ in range(2):
        assert put(petr, postgres_desk, "second", 1).status == 503
        page = card(petr, postgres_desk, {"OHS-02.note": "second"})
        assert (page.status, page.heading) == (503, "This was not saved")
        assert "The database does not answer." in page.text
        for path, headers in ((f"/supplier{sheet}", {}), (f"/api/v1{sheet}/answers", as_program)):
            told = petr.client.get(path, headers=headers)
            assert (told.status_code, told.headers["Retry-After"]) == (503, "60"), path
    away()
    assert put(petr, postgres_desk, "second", 1).must()["revision"] == 2


def test_a_form_that_is_too_large_or_of_another_site_is_told_as_that(
    postgres_desk: Desk, petr: Visit
) -> None:
    assert card(petr, postgres_desk, {"OHS-02.note": LONG}).status == 413
    assert card(petr, postgres_desk, {"OHS-02.note": LONG}, Origin="https://other.example").status == 403


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


def test_a_database_that_was_not_migrated_is_told_as_that(
    postgres_desk: Desk, petr: Visit, superuser: psycopg.Connection
) -> None:
    superuser.execute("ALTER FUNCTION write_answer(jsonb) RENAME TO not_there_yet")
    told = put(petr, postgres_desk, "second", 1)
    assert told.status == 503, told.json
    assert "not ready for this version" in told.json["detail"]


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


def test_what_is_refused_is_told_although_the_connection_was_lost_since(
    postgres_desk: Desk, petr: Visit, engine: Engine, superuser: psycopg.Connection
) -> None:
    """There is nothing to take back then: the database did it when it lost us."""

    def cut(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if "answer_sheet(" in statement:
            superuser.execute(CUT_OFF)

    path = f"/assessments/{postgres_desk.assessment.id}/answers/OHS-02"
    event.listen(engine, "after_cursor_execute", cut)
    try:
        told = as_a_server(ask, petr, "PUT", path, {"state": "not_known"})
    finally:
        event.remove(engine, "after_cursor_execute", cut)
    assert told.status == 428, told.json
    assert put(petr, postgres_desk, "second", 1).must()["revision"] == 2

"""A statement that is a transaction of its own (PostgreSQL), and the save that is one."""

from __future__ import annotations

import json

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.pool import QueuePool

from assessments.driver import at_once
from tests.answering.conftest import CUT_OFF, Desk, put
from tests.support.page import Visit
from tests.support.programs import ask
from tests.support.real_servers import Postgres

WHOSE = "SELECT coalesce(current_setting('plumbline.org', true), ''), count(*) FROM answer"


def test_what_was_written_stands_without_a_commit(engine: Engine, superuser: psycopg.Connection) -> None:
    superuser.execute("CREATE TABLE noted (word text)")
    superuser.execute("GRANT SELECT, INSERT ON noted TO plumbline_app")
    assert at_once(engine, "INSERT INTO noted VALUES (%s) RETURNING 1", ("here",)) == (1,)
    assert superuser.execute("SELECT word FROM noted").fetchall() == [("here",)]


def test_what_fails_at_the_commit_is_not_acknowledged(engine: Engine, superuser: psycopg.Connection) -> None:
    superuser.execute("CREATE TABLE noted (word text UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    superuser.execute("GRANT SELECT, INSERT ON noted TO plumbline_app")
    insert = "INSERT INTO noted VALUES (%s) RETURNING word"
    assert at_once(engine, insert, ("here",)) == ("here",)
    with pytest.raises(IntegrityError):
        at_once(engine, insert, ("here",))
    assert superuser.execute("SELECT count(*) FROM noted").fetchone() == (1,)


def test_a_refused_statement_leaves_a_connection_that_begins_transactions(engine: Engine) -> None:
    with pytest.raises(DataError):
        at_once(engine, "SELECT 1 / %s", (0,))
    assert isinstance(engine.pool, QueuePool)
    assert engine.pool.checkedout() == 0
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        assert raw.autocommit is False
        connection.execute(text("SELECT set_config('plumbline.org', 'x', true)"))
        assert connection.execute(text("SELECT current_setting('plumbline.org')")).scalar() == "x"


def test_after_a_lost_connection_no_other_of_the_pool_is_trusted(
    engine: Engine, superuser: psycopg.Connection
) -> None:
    lent = [engine.connect() for _ in range(3)]
    for one in lent:
        one.execute(text("SELECT 1"))
        one.close()
    superuser.execute(CUT_OFF)
    with pytest.raises(OperationalError) as lost:
        at_once(engine, "SELECT 1", ())
    assert lost.value.connection_invalidated
    assert [at_once(engine, "SELECT 1", ()) for _ in range(4)] == [(1,)] * 4


def test_a_server_that_lost_its_database_says_so_once_and_goes_on(
    postgres_desk: Desk, petr: Visit, superuser: psycopg.Connection
) -> None:
    superuser.execute(CUT_OFF)
    refused = put(petr, postgres_desk, "second", 1)
    assert refused.status == 503, refused.json
    assert put(petr, postgres_desk, "second", 1).must()["revision"] == 2


def test_a_save_leaves_no_tenant_on_its_connection(
    postgres_desk: Desk, petr: Visit, engine: Engine, superuser: psycopg.Connection
) -> None:
    assert put(petr, postgres_desk, "second", 1).status == 200
    assert at_once(engine, WHOSE, ()) == ("", 0)
    with engine.connect() as connection:
        assert connection.execute(text(WHOSE)).one() == ("", 0)
    assert superuser.execute("SELECT count(*) FROM answer").fetchone() == (1,)


def test_a_token_revoked_elsewhere_saves_nothing_more(
    postgres_desk: Desk, petr: Visit, superuser: psycopg.Connection
) -> None:
    superuser.execute("UPDATE api_token SET revoked_at = now()")
    assert put(petr, postgres_desk, "second", 1).status == 401
    assert superuser.execute("SELECT max(revision) FROM answer").fetchone() == (1,)


def test_the_rows_of_a_save_at_once_are_those_of_one_in_a_transaction(
    postgres_desk: Desk, petr: Visit, superuser: psycopg.Connection
) -> None:
    put(petr, postgres_desk, 'line\nbreak "quoted" \\ and 𝛑', 1).must()
    path = f"/assessments/{postgres_desk.assessment.id}/answers/OHS-02"
    ask(petr, "PUT", path, {"state": "not_known", "note": "in a transaction"}, **{"If-Match": "*"})
    rows = superuser.execute(
        "SELECT n.note, r.note, n.state, r.state, n.updated_at = r.at, n.updated_by = r.by, n.revision, "
        "n.organization_id = r.organization_id, n.parts = r.parts FROM answer n JOIN answer_revision r "
        "USING (assessment_id, question, revision)"
    ).fetchall()
    words = 'line\nbreak "quoted" \\ and 𝛑'
    assert rows == [(words, words, "not_known", "not_known", True, True, 2, True, True)]
    told = superuser.execute(
        "SELECT data FROM audit_event WHERE kind = 'answer_saved' ORDER BY position"
    ).fetchall()
    assert [json.loads(json.dumps(data))["revision"] for (data,) in told] == [1, 2]


def test_a_stranger_who_guesses_the_address_meets_nothing(postgres_desk: Desk, petr: Visit) -> None:
    cast = postgres_desk.stack.cast
    for member in (cast.rita, cast.otto, cast.hugo):
        stranger = postgres_desk.stack.visit(member)
        assert put(stranger, postgres_desk, "mine", 1).status in {403, 404}, member
    assert postgres_desk.sheet().answer("OHS-02").note == "first"


def test_one_submitted_on_another_server_is_refused(
    postgres_desk: Desk, petr: Visit, superuser: psycopg.Connection
) -> None:
    superuser.execute(
        "UPDATE assessment SET state = 'submitted', submitted_at = now(), revision = revision + 1"
    )
    refused = put(petr, postgres_desk, "second", 1)
    assert refused.status == 409, refused.json
    assert superuser.execute("SELECT max(revision) FROM answer").fetchone() == (1,)


def test_the_function_serves_nobody_but_the_application(fresh_postgres: Postgres) -> None:
    with psycopg.connect(fresh_postgres.superuser_dsn) as talk:
        allowed = talk.execute(
            "SELECT has_function_privilege('plumbline_app', 'write_answer(jsonb)', 'EXECUTE'), "
            "has_function_privilege('public', 'write_answer(jsonb)', 'EXECUTE'), prosecdef "
            "FROM pg_proc WHERE proname = 'write_answer'"
        ).fetchone()
    assert allowed == (True, False, False)

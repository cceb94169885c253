"""Migrations on both databases: up from empty, down and up again, equal to the records, walls in place."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Engine, Uuid, bindparam, create_engine, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from assessments.base import Base, Json
from assessments.parties import OrganizationKind
from assessments.sharing.asks import AskBefore
from plumbline.app import create_app
from plumbline.rendering import packaged
from plumbline.settings import Settings, from_environment
from tests.conftest import Stack, environment
from tests.support.cast import organization

SECURED = {
    "access_ledger", "access_request", "action_date", "action_evidence", "action_remark", "answer",
    "answer_evidence", "answer_revision", "answer_verification", "assessment", "assessor_note", "assignment",
    "audit_event", "buyer_ask", "buyer_ask_before", "buyer_supplier_note", "clarification",
    "corrective_action", "cycle", "disclosure", "disclosure_item", "document", "document_version", "finding",
    "independence", "portfolio_row",
    "questionnaire_draft", "questionnaire_draft_file", "reply", "result", "result_part", "site", "snapshot",
    "topic_maturity",
}  # fmt: skip
OUTSIDE = {
    "accreditation", "alembic_version", "api_token", "audit_seal", "idempotency_key", "lease",
    "login_session",
    "membership", "organization", "outbox_job", "person", "questionnaire_version", "subscription", "terms",
    "throttle",
}  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Flask, Engine]]:
    """An application on a database without tables, and an engine that may migrate it."""
    more = {}
    if request.param == "postgresql":
        more = request.getfixturevalue("empty_postgres").environment
    settings: Settings = from_environment(environment(tmp_path, **more))
    engine = create_engine(settings.migration_url)
    yield create_app(settings), engine
    engine.dispose()


def test_up_down_and_up_again_gives_the_records(empty: tuple[Flask, Engine]) -> None:
    app, engine = empty
    with app.app_context():
        flask_migrate.upgrade()
        flask_migrate.downgrade(revision="base")
        assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
        flask_migrate.upgrade()
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        difference = [
            change for change in compare_metadata(context, Base.metadata) if not _index_kind(change)
        ]
    assert difference == []


def test_what_a_row_said_before_is_carried_there_and_back(empty: tuple[Flask, Engine]) -> None:
    app, engine = empty
    changed, new = uuid.uuid4(), uuid.uuid4()
    before = {"standard": "VSME", "reason": "Taken back", "removed": False}
    row = text(
        "INSERT INTO buyer_ask (id, organization_id, standard, elements, country, material, activity, "
        "reason, shown, revision, before, changed_at) VALUES (:id, :buyer, 'VSME', '[]', '', '', '', '', "
        "true, 1, :before, CURRENT_TIMESTAMP)"
    ).bindparams(
        bindparam("id", type_=Uuid()), bindparam("buyer", type_=Uuid()), bindparam("before", type_=Json)
    )
    stood = text("SELECT before FROM buyer_ask ORDER BY id = :id").columns(before=Json)
    with app.app_context():
        flask_migrate.upgrade(revision="0004")
        with Session(engine) as session:
            buyer = organization(session, "Nordvolt", "SWE", OrganizationKind.BUYER)
            for ask, said in ((changed, before), (new, None)):
                session.execute(row, {"id": ask, "buyer": buyer, "before": said})
            session.commit()
        for _each in range(2):
            flask_migrate.upgrade()
            with Session(engine) as session:
                kept = session.scalars(select(AskBefore)).all()
                assert [(one.ask_id, one.organization_id, one.said) for one in kept] == [
                    (changed, buyer, before)
                ]
            flask_migrate.downgrade(revision="0004")
            with Session(engine) as session:
                last = stood.bindparams(bindparam("id", new, type_=Uuid()))
                assert session.scalars(last).all() == [before, None]


def _index_kind(change: object) -> bool:
    """Alembic cannot read an index's method back on SQLite; what it then reports is no difference."""
    return (
        isinstance(change, tuple) and str(change[0]) in {"add_index", "remove_index"} and "gin" in str(change)
    )


def test_one_head_and_the_file_says_which() -> None:
    folder = ScriptDirectory(str(packaged("migrations")))
    assert folder.get_heads() == [(packaged("migrations") / "HEAD").read_text().strip()]


def test_every_table_is_named_as_walled_or_as_outside() -> None:
    assert set(Base.metadata.tables) <= SECURED | OUTSIDE


def test_every_table_named_so_is_walled(on_postgresql: Stack) -> None:
    rows = on_postgresql.session.execute(
        text(
            "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, "
            "(SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) FROM pg_class c "
            "WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
        )
    ).all()
    walled = {name for name, enabled, forced, policies in rows if enabled and forced and policies}
    assert walled == SECURED
    assert {name for name, *_rest in rows} - walled == OUTSIDE


def test_the_applications_role_owns_nothing_and_cannot_wipe(on_postgresql: Stack) -> None:
    owned = "SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole"
    assert on_postgresql.session.scalar(text(owned)) == 0
    with pytest.raises(DBAPIError):
        on_postgresql.session.execute(text("TRUNCATE answer"))
    on_postgresql.session.rollback()


@pytest.mark.parametrize("change", ["UPDATE audit_event SET actor_function = 'x'", "DELETE FROM audit_event"])
def test_the_trail_refuses_changes(stack: Stack, change: str) -> None:
    stack.session.execute(
        text(
            "INSERT INTO audit_event (id, at, kind, actor_function, subject_type, subject_id, data, hash) "
            "VALUES "
            "('01a200f0-72c7-7440-be49-75de08a1afaa', CURRENT_TIMESTAMP, 'signed_in', 'x', 'person', "
            "'01a200f0-72c7-7440-be49-75de08a1afaa', '{}', 'x')"
        )
    )
    stack.session.commit()
    with pytest.raises(DBAPIError):
        stack.session.execute(text(change))
    stack.session.rollback()

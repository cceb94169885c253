"""Every route by every visitor by every state of ownership: who is let in, who is told nothing, what changes.

From the URL map, so a new route without a builder for its values, or without a door, fails here
(issue 2 "Done means"; DESIGN.md 3 and 4.9; security-reliability T01, T03).
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from assessments.parties import Audience
from assessments.policy import Decision
from plumbline.app import create_app
from plumbline.extensions import db
from plumbline.guard import SAFE
from plumbline.settings import Settings, from_environment
from plumbline.signing import create_keys
from plumbline.transaction import SYSTEM_TENANT, tenant_session
from tests.conftest import Stack, environment
from tests.support.cast import Member, make_cast
from tests.support.holdings import STATES, Holdings, hold
from tests.support.matrix import (
    BUILDERS,
    NOT_BUSINESS,
    Caller,
    Cell,
    Watched,
    cells,
    expected,
    forbidden_words,
    routes,
)
from tests.support.page import ApartClient
from tests.support.real_servers import Cluster, Postgres

PUBLIC = {
    "account.accept", "account.ask_who", "account.choose_language", "account.invited", "account.sign_in",
    "account.start", "api.openapi",
    "health.healthz", "health.metrics", "health.readyz",
    "public.changes", "public.library_page", "public.library_pages", "public.library_text",
    "public.one_standard",
    "public.preview_company", "public.question_steps", "public.question_topic", "public.questions",
    "public.risks", "public.risks_of_material", "public.rules", "public.standards_matrix",
    "public.well_known",
}  # fmt: skip
MEMBERS = (
    "jana", "petr", "rita", "anna", "axel", "hugo", "lena", "sam", "otto", "sara", "rene", "alba", "mina",
    "adam", "nobody",
)  # fmt: skip
STATUS = {Decision.STRANGER: 404, Decision.FORBIDDEN: 403}


@dataclass
class World:
    """The application on the built world, and what stands in it."""

    app: Flask
    holdings: Holdings
    callers: dict[str, Caller]
    watched: Watched | None = None

    def cells(self) -> list[Cell]:
        return list(cells(self.app, self.holdings))


def build(settings: Settings) -> World:
    """Act the world out on an empty, migrated database and sign everybody in."""
    create_keys(settings.key_folder)
    app = create_app(settings)
    app.testing = True
    app.test_client_class = ApartClient
    with app.app_context():
        engine = db.engine
    with tenant_session(engine, SYSTEM_TENANT) as session:
        cast = make_cast(session)
        session.commit()
        holdings = hold(settings, session, cast)
        members: dict[str, Member | None] = {**cast.members(), "nobody": None}
        callers = {name: Caller.sign_in(app, session, member) for name, member in members.items()}
    return World(app, holdings, callers)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[World]:
    var = tmp_path_factory.mktemp("matrix")
    shutil.copy(migrated_file, var / "plumbline.sqlite")
    made = build(from_environment(environment(var)))
    made.watched = Watched(str(var / "plumbline.sqlite"))
    yield made
    made.watched.close()
    with made.app.app_context():
        db.engine.dispose()


def test_every_route_declares_a_door_and_the_public_ones_are_these(embedded: Stack) -> None:
    doorless = {rule.rule for rule, _method, door in routes(embedded.app) if door is None}
    assert not doorless, "views without door() or public()"
    public = {rule.endpoint for rule, _method, door in routes(embedded.app) if door and door.public}
    assert public == PUBLIC
    nobody = {
        rule.rule for rule, _m, door in routes(embedded.app) if door and not door.public and not door.actions
    }
    assert not nobody, "doors that name no action"


def test_every_kind_of_url_value_has_a_builder(embedded: Stack) -> None:
    kinds = {name for rule, _method, _door in routes(embedded.app) for name in rule.arguments}
    assert kinds <= BUILDERS.keys(), f"no builder in tests/support/matrix.py for {kinds - BUILDERS.keys()}"


def test_a_view_without_a_door_lets_nobody_in(embedded: Stack) -> None:
    embedded.app.add_url_rule("/probe", "probe", lambda: "inside", methods=["GET", "POST"])
    for member in (None, embedded.cast.jana, embedded.cast.sara):
        assert embedded.visit(member).client.get("/probe").status_code == 403
        assert embedded.visit(member).client.post("/probe").status_code == 403


def test_every_route_with_an_id_is_met_in_several_states(world: World) -> None:
    met: dict[str, set[str]] = {}
    for cell in world.cells():
        if cell.holding is not None:
            met.setdefault(f"{cell.method} {cell.rule.rule}", set()).add(cell.holding.state)
    assert not {route: states for route, states in met.items() if len(states) < 2}
    assert {state for states in met.values() for state in states} == set(STATES)
    routed = {f"{method} {rule.rule}" for rule, method, door in routes(world.app) if door and not door.public}
    assert routed == {f"{cell.method} {cell.rule.rule}" for cell in world.cells()}


def faults_of(cell: Cell, caller: Caller, answer: TestResponse) -> Iterator[str]:
    """What is wrong with one answer, by the door's own rule."""
    status = answer.status_code
    if caller.member is None:
        api = cell.url.startswith("/api/")
        sent_away = status == 302 and answer.headers["Location"].startswith("/sign-in")
        if not (status == 401 if api else sent_away):
            yield f"{cell}: nobody got {status}"
        return
    wanted = expected(cell, caller.member)
    if wanted in STATUS:
        right = status == STATUS[wanted]
    else:
        hidden = cell.safe and status in {403, 404} and not held_back(cell, caller.member)
        right = status < 500 and status != 401 and not hidden
    if not right:
        yield f"{cell}: {wanted.value} got {status}"


CONTENT = re.compile(
    r"steward\.(review|dispute|mediat)"
    r"|api\.(clarifications|content|corrective|finding|get_answers|maturity|plan|result)"
)
PINNED = re.compile(r"(assessor\.download|assessor\.preview|api\.content)$")


def held_back(cell: Cell, member: Member) -> bool:
    """Where policy lets in and the state of the case does not; each with its reason."""
    endpoint, state = cell.rule.endpoint, cell.holding.state if cell.holding else ""
    audience = member.actor.audience
    if audience is Audience.STEWARD:
        # Content is open to the steward while a case is in review, in dispute or stuck, else not.
        return bool(CONTENT.match(endpoint))
    if audience is Audience.ASSESSOR and PINNED.match(endpoint):
        # A follow-up reaches closure evidence and what open findings rest on; the permit is neither.
        return state == "granted" or bool(endpoint.endswith("preview"))
    # The file that everybody uploads here is no picture.
    return bool(endpoint.endswith((".picture", ".preview")))


@pytest.mark.parametrize("name", MEMBERS)
def test_the_door_of_every_route_says_what_policy_says(world: World, name: str) -> None:
    assert world.watched is not None
    caller, watched = world.callers[name], world.watched
    words = []
    if caller.member and caller.member.actor.audience is Audience.BUYER:
        words = forbidden_words(world.holdings, caller.member)
        assert len(words) >= 4
    watched.keep()
    faults: list[str] = []
    seen: Counter[int] = Counter()
    for cell in world.cells():
        answer = caller.open(cell.method, cell.url)
        seen[answer.status_code] += 1
        faults += faults_of(cell, caller, answer)
        sent = answer.data + str(answer.headers).encode()
        faults += [f"{cell}: told {word}" for word in words if word.encode() in sent]
        refused = answer.status_code >= 400 or caller.member is None
        if (cell.safe or refused) and watched.changed():
            faults.append(f"{cell}: answered {answer.status_code} and changed something")
            watched.restore()
        elif not cell.safe and watched.touched():
            watched.restore()
        answer.close()
    assert not faults, "\n".join(faults)
    assert sum(seen.values()) > 300
    assert seen.keys() & {401, 403, 404}, "somebody is refused something"


@pytest.fixture(scope="module")
def walled(
    tmp_path_factory: pytest.TempPathFactory, postgres_cluster: Cluster, pytestconfig: pytest.Config
) -> Iterator[tuple[World, Postgres]]:
    """The same world on PostgreSQL, the application under row-level security."""
    worker = getattr(pytestconfig, "workerinput", {}).get("workerid", "gw0")
    database = postgres_cluster.copy(f"plumbline_matrix_{worker}")
    made = build(from_environment(environment(tmp_path_factory.mktemp("walled"), **database.environment)))
    yield made, database
    with made.app.app_context():
        db.engine.dispose()
    postgres_cluster.drop(database.name)


def contents(database: Postgres) -> dict[str, str]:
    """A digest of each table that holds business state."""
    with psycopg.connect(database.superuser_dsn) as talk:
        found = talk.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return {
            name: str(
                talk.execute(
                    f"SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM \"{name}\" t".encode()
                ).fetchone()
            )
            for (name,) in found
            if name not in NOT_BUSINESS
        }


@pytest.mark.parametrize("name", ["anna", "axel", "hugo", "rita"])
def test_on_postgresql_buyers_and_rivals_meet_the_same_doors(
    walled: tuple[World, Postgres], name: str
) -> None:
    world, database = walled
    caller = world.callers[name]
    assert caller.member is not None
    buyer = caller.member.actor.audience is Audience.BUYER
    words = (
        forbidden_words(world.holdings, caller.member)
        if buyer
        else [held.marker for held in world.holdings.by_state.values() if held.state != "rival"]
    )
    faults: list[str] = []
    before, asked = contents(database), 0
    for cell in world.cells():
        if cell.method not in SAFE and expected(cell, caller.member) is Decision.ALLOWED:
            continue
        answer = caller.open(cell.method, cell.url)
        asked += 1
        faults += faults_of(cell, caller, answer)
        sent = answer.data + str(answer.headers).encode()
        faults += [f"{cell}: told {word}" for word in words if word.encode() in sent]
        answer.close()
    assert not faults, "\n".join(faults)
    assert asked > 250
    assert contents(database) == before

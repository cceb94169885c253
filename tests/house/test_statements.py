"""What each page and each read of the interface asks of the database is fixed, however much stands there.

DESIGN.md 7: statements per request, fixed per endpoint. ``statements.txt`` beside this file has the number
for every GET route and audience, on SQLite, the visitor's own included; begin and commit are none.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from assessments.actions.action import ActionState, CorrectiveAction
from assessments.actions.proof import attach_evidence
from assessments.assessment import Assessment, QuestionnaireVersion
from assessments.base import new_id
from assessments.evidence.documents import Document, upload_document
from assessments.membership import add_member
from assessments.parties import SYSTEM, Role
from assessments.policy import Decision
from assessments.sheet.linking import link_evidence
from assessments.sheet.snapshot import submit
from assessments.verification.finding import findings_of
from plumbline.app import create_app
from plumbline.documents import open_store
from plumbline.documents.receiving import receive
from plumbline.extensions import db
from plumbline.identity.invitations import invitation_token
from plumbline.settings import Settings, from_environment
from plumbline.signing import create_keys
from plumbline.transaction import SYSTEM_TENANT, tenant_session
from tests.conftest import environment
from tests.evidence import corpus
from tests.support import acts
from tests.support.assessing import opened, published_standard, standard
from tests.support.cast import LONG_AGO, NOW, Cast, Member, make_cast, site
from tests.support.growing import grow
from tests.support.holdings import Holding, Holdings, hold
from tests.support.matrix import BUILDERS, Caller, cells, expected, routes
from tests.support.page import ApartClient
from tests.support.statements import as_a_server, counted

TABLE = Path(__file__).with_name("statements.txt")

NAMES = {
    "material": "nickel", "standard": "ISO45001", "lesson": "first_day", "before": "0.9", "after": "1.0",
    "topic": "OHS.1", "section": "OHS", "question": "OHS-01",
}  # fmt: skip
"""What stands in the addresses of pages that anybody reads."""


@dataclass
class World:
    """The application on the built world, and who asks."""

    app: Flask
    engine: Engine
    holdings: Holdings
    callers: dict[str, Caller]
    file: str
    invitation: str


def with_picture(world: acts.World, settings: Settings, name: str) -> tuple[Assessment, Document, str]:
    """A case handed in with a picture behind one of its answers; nobody has the case yet."""
    session, cast, by = world.session, world.cast, world.cast.jana.actor
    place = site(session, cast.kovo, f"{name} hall", "CZE")
    assessment = opened(session, place, by=by, at=NOW - timedelta(days=60))
    sheet = acts.answer_everything(session, assessment.id, by=by, at=NOW - timedelta(days=60))
    raw = io.BytesIO(corpus.image("PNG"))
    file = receive(open_store(settings), raw, f"{name}.png", limit=1 << 20)
    document = upload_document(session, cast.kovo, name, file, by=by, at=NOW - timedelta(days=60))
    document.latest.release(file.storage_key, by=SYSTEM, at=NOW)
    key = next(key for key in sheet.applicability.asked if key.startswith("OHS"))
    link_evidence(session, sheet, key, document, by=by, at=NOW - timedelta(days=60))
    submit(session, assessment.id, agrees_to_public_statement=True, by=by, at=NOW - timedelta(days=59))
    return assessment, document, key


def reviewed(world: acts.World, settings: Settings) -> Holding:
    """A case in its second reading, and an action in it returned twice."""
    assessment, document, key = with_picture(world, settings, "Review")
    acts.in_review(world, assessment)
    mine = select(CorrectiveAction).where(CorrectiveAction.assessment_id == assessment.id)
    action = world.session.scalars(mine).all()[0]
    action.state, action.agreed_at, action.returns = ActionState.RETURNED, None, 2
    world.session.commit()
    named = {"action_id": str(action.id), "finding_id": str(action.finding_id)}
    return _held(world, "review", assessment, document, key, named)


def disputed(world: acts.World, settings: Settings) -> Holding:
    """A case in its fact check: a finding disputed, and an action on another returned twice, with a proof."""
    assessment, document, key = with_picture(world, settings, "Dispute")
    acts.verified(world, assessment)
    session, petr = world.session, world.cast.petr.actor
    finding, other, *_rest = findings_of(session, assessment.id)
    finding.dispute(session, "It was mended.", by=petr, at=NOW)
    action = acts.planned(world, other)
    attach_evidence(session, action, document.latest, "", by=petr, at=NOW)
    action.state, action.agreed_at, action.returns = ActionState.RETURNED, None, 2
    session.commit()
    named = {"action_id": str(action.id), "finding_id": str(finding.id)}
    return _held(world, "dispute", assessment, document, key, named)


def _held(
    world: acts.World, state: str, assessment: Assessment, document: Document, key: str, named: dict[str, str]
) -> Holding:
    return Holding(
        state, "", world.cast.kovo, firm=world.cast.firm,
        names={
            "assessment_id": str(assessment.id), "version_id": str(document.latest.id),
            "document_id": str(document.id), "question": key, "section": "OHS",
            "topic": standard().question(key).topic, "site_id": str(assessment.site_id),
            **named,
        },
    )  # fmt: skip


@dataclass
class Acted:
    """What acts need."""

    session: Session
    cast: Cast


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[World]:
    var = tmp_path_factory.mktemp("statements")
    shutil.copy(migrated_file, var / "plumbline.sqlite")
    settings = from_environment(environment(var))
    create_keys(settings.key_folder)
    app = create_app(settings)
    app.testing = True
    app.test_client_class = ApartClient
    with app.app_context():
        engine = db.engine
    with tenant_session(engine, SYSTEM_TENANT) as session:
        cast = make_cast(session)
        session.commit()
        published = published_standard(session)
        session.add(
            QuestionnaireVersion(
                id=new_id(), slug=published.slug, version="0.9", title=published.title,
                content=published.content, sha256=published.sha256, published_at=LONG_AGO - timedelta(days=9),
            )
        )  # fmt: skip
        session.commit()
        holdings = hold(settings, session, cast)
        acted = Acted(session, cast)
        held = {
            **holdings.by_state,
            "review": reviewed(acted, settings),
            "dispute": disputed(acted, settings),
        }
        invited = add_member(
            session, cast.kovo, email="eva@kovo.example", name="Eva", role=Role.SUPPLIER_CONTRIBUTOR,
            by=cast.jana.actor, at=NOW,
        )  # fmt: skip
        session.commit()
        link = invitation_token(settings.secret_key, invited.id)
        members: dict[str, Member | None] = {**cast.members(), "nobody": None}
        callers = {name: Caller.sign_in(app, session, member) for name, member in members.items()}
    yield World(app, engine, Holdings(cast, held), callers, str(var / "plumbline.sqlite"), link)
    engine.dispose()


def addresses(world: World) -> Iterator[tuple[str, Caller, str]]:
    """Each GET route of each audience, by whoever may first, on each holding; and the public ones."""
    for cell in cells(world.app, world.holdings):
        for caller in world.callers.values() if cell.method == "GET" else ():
            if caller.member and expected(cell, caller.member) is Decision.ALLOWED:
                yield f"{caller.member.actor.audience.value} {cell.rule.endpoint}", caller, cell.url
    urls = world.app.url_map.bind("localhost")
    names = {**NAMES, "token": world.invitation}
    for rule, method, door in routes(world.app):
        if method == "GET" and door is not None and door.public:
            values = {
                name: names.get(name) or BUILDERS[name](rule.endpoint, names) for name in rule.arguments
            }
            yield f"anybody {rule.endpoint}", world.callers["nobody"], urls.build(rule.endpoint, values)


def counts(world: World) -> tuple[dict[str, int], dict[str, list[str]]]:
    """How many statements each takes, and which; the first address of a route that opens stands for it."""
    found: dict[str, int] = {}
    which: dict[str, list[str]] = {}
    for name, caller, url in addresses(world):
        # Twice before: what a process reads once is read, and the visit is noted.
        if name in found or get(caller, url) >= 400 or get(caller, url) >= 400:
            continue
        with counted(world.engine) as ran:
            get(caller, url)
        found[name], which[name] = len(ran), list(ran)
    return found, which


def get(caller: Caller, url: str) -> int:
    """The status of one GET, read to its end."""
    answer = as_a_server(caller.open, "GET", url)
    answer.get_data()
    answer.close()
    return answer.status_code


def test_every_read_takes_its_statements_however_much_stands_there(world: World) -> None:
    few, _which = counts(world)
    world.engine.dispose()
    grow(world.file)
    many, which = counts(world)
    grown = {name: which[name] for name, number in many.items() if number != few.get(name)}
    assert not grown, "\n".join(f"{name}: {few.get(name)} and {many[name]}" for name in grown)
    assert few.keys() == many.keys()
    met = {name.split()[1] for name in few}
    routed = {rule.endpoint for rule, method, _door in routes(world.app) if method == "GET"}
    assert routed - met == set(), "no case of this world opens them"
    wanted = dict(line.rsplit(maxsplit=1) for line in TABLE.read_text(encoding="utf-8").splitlines())
    now = {name: str(number) for name, number in few.items()}
    names = sorted(wanted.keys() | now.keys())
    differs = [f"{name} {now.get(name)}" for name in names if wanted.get(name) != now.get(name)]
    assert not differs, "other than statements.txt says:\n" + "\n".join(differs)

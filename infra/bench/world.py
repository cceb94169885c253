"""The bench's data, made by COPY as the migration role: one supplier that answers, one buyer that reads."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from assessments.base import new_id
from assessments.parties import Role
from assessments.questionnaire.pack.loading import load_pack
from assessments.questionnaire.versions.published import canonical_bytes
from plumbline.identity.visitor import TOKEN_PREFIX, secret_hash

NOW = datetime.now(UTC)
BEGAN = NOW - timedelta(days=200)
YEAR = timedelta(days=365)
COUNTRIES = ("CZE", "DEU", "FRA", "IND", "CHN", "VNM", "ZMB", "CHL", "BRA", "MEX")
MATERIALS = ("copper", "nickel", "tin", "cobalt", "zinc")
TOPICS = ("ENV.4", "OHS.1", "OHS.2", "OHS.3", "OHS.4", "MIN.1", "MIN.2", "MIN.3", "MIN.4", "MIN.5")
OTHER_BUYERS = 9


@dataclass(frozen=True)
class World:
    """What the driver needs to know: who signs in and what is opened."""

    assessment: uuid.UUID
    company_assessment: uuid.UUID
    supplier: uuid.UUID
    supplier_person: uuid.UUID
    supplier_token: str
    supplier_cookie: str
    buyer: uuid.UUID
    buyer_token: str
    questions: tuple[str, ...]
    disclosed: int
    suppliers: int


def copy(talk: psycopg.Connection[Any], table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """COPY rows into a table."""
    with talk.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as into:
        for row in rows:
            into.write_row(row)


def build(dsn: str, *, suppliers: int, disclosed: int) -> World:
    """Fill a migrated, empty database. ``disclosed`` of ``suppliers`` are granted to the buyer read with."""
    with psycopg.connect(dsn) as talk:
        world = _people(talk, suppliers=suppliers, disclosed=disclosed)
        _answers(talk, world)
        _portfolio(talk, world)
        talk.commit()
    with psycopg.connect(dsn, autocommit=True) as talk:
        talk.execute("VACUUM ANALYZE")
    return world


def _organization(key: uuid.UUID, kind: str, name: str, country: str = "CZE") -> tuple[Any, ...]:
    return (key, Jsonb([kind]), name, country, 420, True, 1, BEGAN)


ORGANIZATION = "id, kinds, legal_name, country, employees, discoverable, revision, created_at"


def _people(talk: psycopg.Connection[Any], *, suppliers: int, disclosed: int) -> World:
    supplier, buyer = new_id(), new_id()
    copy(
        talk, "organization", ORGANIZATION,
        [_organization(supplier, "supplier", "Bench Metals"), _organization(buyer, "buyer", "Bench Motors")],
    )  # fmt: skip
    people = {"supplier": (new_id(), new_id(), supplier, Role.SUPPLIER_ADMIN),
              "buyer": (new_id(), new_id(), buyer, Role.BUYER_ADMIN)}  # fmt: skip
    copy(
        talk, "person", "id, email, name, language, created_at",
        [(person, f"{word}@bench.example", word, "en", BEGAN) for word, (person, *_rest) in people.items()],
    )  # fmt: skip
    copy(
        talk, "membership", "id, person_id, organization_id, role, created_at",
        [(key, person, owner, role.value, BEGAN) for person, key, owner, role in people.values()],
    )  # fmt: skip
    tokens = {word: f"{TOKEN_PREFIX}{word}-{uuid.uuid4().hex}" for word in people}
    copy(
        talk, "api_token", "id, secret_sha256, membership_id, name, scopes, created_at, expires_at",
        [
            (new_id(), secret_hash(tokens[word]), key, "bench", Jsonb(["*"]), BEGAN, NOW + YEAR)
            for word, (_person, key, _owner, _role) in people.items()
        ],
    )  # fmt: skip
    cookie = uuid.uuid4().hex
    person, key, _owner, _role = people["supplier"]
    copy(
        talk, "login_session",
        "id, secret_sha256, person_id, membership_id, created_at, last_seen_at, expires_at",
        [(new_id(), secret_hash(cookie), person, key, BEGAN, NOW, NOW + YEAR)],
    )  # fmt: skip
    copy(
        talk, "subscription", "id, buyer_id, starts_at, ends_at", [(new_id(), buyer, BEGAN, NOW + YEAR)]
    )  # fmt: skip
    return World(
        assessment=new_id(), company_assessment=new_id(), supplier=supplier, supplier_person=person,
        supplier_token=tokens["supplier"], supplier_cookie=cookie, buyer=buyer, buyer_token=tokens["buyer"],
        questions=("OHS-01", "OHS-03", "OHS-15"), disclosed=disclosed, suppliers=suppliers,
    )  # fmt: skip


SITE = (
    "id, organization_id, name, country, address, activities, production, employees, agency_workers, "
    "migrant_workers, employer_housing, guards, near_indigenous_land, materials, revision, created_at"
)


def _site(key: uuid.UUID, owner: uuid.UUID, name: str) -> tuple[Any, ...]:
    materials = [{"material": "nickel", "use": "bought", "tonnes_band": "to_10000t", "secondary_share": 20}]
    return (key, owner, name, "CZE", "Bench street 1", Jsonb(["SMR"]), True, 380, 25, 12, False, True, False,
            Jsonb(materials), 1, BEGAN)  # fmt: skip


CYCLE = "id, organization_id, label, version_id, opened_at"
ASSESSMENT = (
    "id, cycle_id, organization_id, site_id, state, state_since, opened_at, submitted_at, published_at, "
    "fact_check_extended, revision"
)


def _answers(talk: psycopg.Connection[Any], world: World) -> None:
    """One assessment of 63 questions, every asked one answered, under the published standard pack."""
    content = canonical_bytes(load_pack("standard"))
    version = new_id()
    copy(
        talk, "questionnaire_version", "id, slug, version, title, content, sha256, published_at",
        [(version, "standard", "1.0", "Standard", content.decode(), hashlib.sha256(content).hexdigest(), BEGAN)],
    )  # fmt: skip
    cycle, site = new_id(), new_id()
    copy(talk, "site", SITE, [_site(site, world.supplier, "Bench works")])
    copy(talk, "cycle", CYCLE, [(cycle, world.supplier, "2026", version, BEGAN)])
    copy(
        talk, "assessment", ASSESSMENT,
        [
            (world.company_assessment, cycle, world.supplier, None, "draft", BEGAN, BEGAN, None, None, False, 1),
            (world.assessment, cycle, world.supplier, site, "draft", BEGAN, BEGAN, None, None, False, 1),
        ],
    )  # fmt: skip
    draw = random.Random(7)
    answers = []
    for question in load_pack("standard").questions:
        parts: dict[str, Any] = {}
        for part in question.parts:
            if part.kind.value == "multiple":
                free = [key for key in part.options if key not in part.alone]
                parts[part.key] = sorted(draw.sample(free, min(2, len(free))), key=free.index)
            elif part.kind.value == "single" and part.options:
                parts[part.key] = list(part.options)[-1]
            elif part.kind.value == "long_text":
                parts[part.key] = "One shift leader keeps the list and looks at it each Monday. " * 4
        home = world.company_assessment if question.level.value == "company" else world.assessment
        answers.append(
            (
                home,
                question.key,
                world.supplier,
                "answered",
                Jsonb(parts),
                None,
                None,
                1,
                BEGAN,
                world.supplier_person,
            )
        )
    copy(
        talk, "answer",
        "assessment_id, question, organization_id, state, parts, note, reason, revision, updated_at, updated_by",
        answers,
    )  # fmt: skip
    copy(
        talk, "answer_revision",
        "assessment_id, question, organization_id, state, parts, note, reason, revision, at, by", answers,
    )  # fmt: skip


def _portfolio(talk: psycopg.Connection[Any], world: World) -> None:
    """``suppliers`` firms, each published and disclosed: the first ``disclosed`` to our buyer, the rest to others."""
    version = talk.execute("SELECT id FROM questionnaire_version").fetchone()
    assert version is not None
    others = [new_id() for _ in range(OTHER_BUYERS)]
    copy(
        talk,
        "organization",
        ORGANIZATION,
        [_organization(key, "buyer", f"Buyer {key.hex[-6:]}") for key in others],
    )
    keys = [(new_id(), new_id(), new_id(), new_id()) for _ in range(world.suppliers)]
    number = itertools.count()
    copy(talk, "organization", ORGANIZATION,
         (_organization(key[0], "supplier", _name(n), COUNTRIES[n % 10]) for n, key in enumerate(keys)))  # fmt: skip
    copy(talk, "site", SITE, (_site(key[1], key[0], f"Works {next(number)}") for key in keys))
    copy(talk, "cycle", CYCLE, ((key[2], key[0], "2026", version[0], BEGAN) for key in keys))
    copy(
        talk, "assessment", ASSESSMENT,
        (
            (key[3], key[2], key[0], key[1], "published", BEGAN, BEGAN, BEGAN, BEGAN, False, 1)
            for key in keys
        ),
    )  # fmt: skip
    copy(talk, "portfolio_row", PORTFOLIO, _rows(world, keys, others))


PORTFOLIO = (
    "buyer_id, assessment_id, supplier_id, site_id, result_id, visible_from, visible_until, shared_until, "
    "supplier_name, site_name, country, activities, materials, cycle_label, stage, stage_since, basis, "
    "worker_voice, published_at, published_order, valid_until, maturity, critical_open, major_open, minor_open, observations, "
    "good_practices, actions_settled, actions_agreed, next_due_on, changed_at"
)


def _name(number: int) -> str:
    # Names in no order of making, as a sort by name deserves.
    return f"{hashlib.sha256(str(number).encode()).hexdigest()[:8].title()} Metals {number}"


def _rows(world: World, keys: list[Any], others: list[uuid.UUID]) -> Iterator[tuple[Any, ...]]:
    maturity = Jsonb(
        [
            {"section": topic[:3], "topic": topic, "self": 2, "verified": n % 5, "basis": "on_site"}
            for n, topic in enumerate(TOPICS)
        ],
        dumps=json.dumps,
    )
    for number, (supplier, site, _cycle, assessment) in enumerate(keys):
        buyer = world.buyer if number < world.disclosed else others[number % OTHER_BUYERS]
        yield (
            buyer, assessment, supplier, site, None, BEGAN, NOW + YEAR, NOW + YEAR, _name(number),
            f"Works {number}", COUNTRIES[number % 10], Jsonb(["SMR"]), Jsonb([MATERIALS[number % 5]]), "2026",
            "published", BEGAN, "on_site", True, BEGAN, BEGAN, NOW + 2 * YEAR, maturity, number % 2, 1, 2, 1, 1, 2, 5,
            "2027-01-31", BEGAN + timedelta(seconds=number),
        )  # fmt: skip

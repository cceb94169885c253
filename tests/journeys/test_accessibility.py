"""Main pages of every role: axe-core without violations in light and dark, 320 px, weight, hosts."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response
from sqlalchemy import select

from assessments.actions.action import ActionKind, CorrectiveAction
from assessments.actions.plan import propose_action
from assessments.sharing.asks import Said, add_ask
from assessments.verification.assignment import live_assignment
from assessments.verification.clarification import ask_clarification
from assessments.verification.finding import Finding, FindingState
from tests.journeys.peopled import peopled
from tests.journeys.running import Running
from tests.journeys.seats import Seat
from tests.support.acts import (
    assigned,
    disclosed,
    documented,
    in_review,
    planned,
    published,
    self_declared,
    submitted,
    verified,
)
from tests.support.assessing import opened
from tests.support.cast import NOW, Cast
from tests.support.servers import ROOT

AXE = ROOT / "platform/plumbline/assets/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
MOST_BYTES = 60 * 1024
PREVIEW = (
    "/questions/preview?employees=220&positions=SEM&materials=copper&materials=zinc&countries=DEU&origins=POL"
    "&production=yes"
)


@dataclass
class World:
    """What the acts of a world need, and the addresses that came of them."""

    session: Any
    cast: Cast
    pages: dict[str, list[str]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[tuple[Running, World]]:
    """Four sites of Kovo at four stages, on the embedded stack."""
    folder = tmp_path_factory.mktemp("accessible")
    with peopled(folder, migrated_file) as (running, session, cast):
        made = World(session, cast, {})
        made.pages = _addresses(made)
        yield running, made


def _addresses(world: World) -> dict[str, list[str]]:
    session, cast = world.session, world.cast
    result = published(world)
    disclosed(world, result)
    done = f"/supplier/assessments/{result.assessment_id}"
    action = _first_action(world, result.assessment_id)
    checking = submitted(world, label="2027", levels={"OHS.1": 2})
    verified(world, checking)
    replying = f"/supplier/assessments/{checking.id}"
    disputed = session.scalars(select(Finding).where(Finding.assessment_id == checking.id)).first()
    disputed.dispute(session, "The hoods ran; the meter was off.", by=cast.petr.actor, at=NOW)
    assert disputed.state is FindingState.DISPUTED
    reading = submitted(world, site_id=cast.yard, label="2027", levels={"OHS.1": 2})
    in_review(world, reading)
    handed_in = submitted(world, site_id=cast.yard, label="2028", levels={})
    unclear = submitted(world, site_id=cast.yard, label="2029", levels={})
    assigned(world, unclear)
    ask_clarification(session, unclear, ["OHS-01"], "Which of the ways is it?", by=cast.lena.actor, at=NOW)
    assignment = live_assignment(session, unclear.id)
    assert assignment is not None
    alone = self_declared(world, label="2030")
    disclosed(world, alone)
    ask = add_ask(session, Said("ISO45001", reason="Clause 7"), by=cast.anna.actor, at=NOW)
    add_ask(session, Said("CM3", material="copper"), by=cast.anna.actor, at=NOW)
    stuck = _stuck_action(world, result.assessment_id)
    draft = opened(session, cast.smelter, by=cast.jana.actor, at=NOW, label="2028")
    document = documented(session, cast.kovo, "Emergency plan", by=cast.petr.actor, at=NOW)
    session.commit()
    here, case = f"/supplier/assessments/{draft.id}", f"/assessor/assessments/{checking.id}"
    return {
        "jana": [
            "/supplier/", "/supplier/organization", "/supplier/sites", "/supplier/sites/new",
            f"/supplier/sites/{cast.smelter}", "/supplier/assessments/new", here,
            *[f"{here}/sections/{key}" for key in ("PRO", "ENV", "OHS", "MIN", "LAB", "COM")],
            f"{here}/questions/OHS-02", f"{here}/questions/OHS-02/evidence", f"{here}/summary",
            f"{here}/steps", f"{done}/steps", f"/supplier/results/{result.id}?by=step",
            f"{done}/summary", f"{replying}/findings", f"{done}/findings", "/supplier/actions", action,
            f"/supplier/findings/{disputed.id}/actions/new", "/supplier/evidence",
            f"/supplier/evidence/{document.id}", "/supplier/sharing", "/supplier/sharing/new",
            f"/supplier/sharing/buyers/{cast.nordvolt}",
            "/supplier/ledger", "/supplier/members", "/account/tokens", done,
            f"/supplier/results/{result.id}", f"/supplier/results/{alone.id}",
            f"/supplier/assessments/{unclear.id}", f"/supplier/assessments/{unclear.id}/clarification",
        ],
        "lena": [
            "/assessor/", case, f"{case}/topics/OHS.1", f"{case}/findings",
            f"/assessor/findings/{disputed.id}", f"{case}/clarification",
        ],
        "sara": [
            "/steward/", f"/steward/assessments/{handed_in.id}/assign",
            f"/steward/assignments/{assignment.id}", "/steward/terms",
        ],
        "mina": ["/steward/", f"/steward/mediation/{stuck.id}"],
        "adam": ["/steward/", "/steward/audit", "/steward/audit/verification"],
        "rene": [f"/steward/reviews/{reading.id}"],
        "alba": [f"/steward/disputes/{disputed.id}"],
        "anna": [
            "/buyer/", f"/buyer/assessments/{result.assessment_id}",
            f"/buyer/assessments/{result.assessment_id}?by=step",
            f"/buyer/assessments/{alone.assessment_id}", "/buyer/requests", "/buyer/asks",
            f"/buyer/asks/{ask.id}", "/buyer/asks/new", "/buyer/asks/new?standard=ISO45001",
            f"/buyer/asks/compared?one={ask.id}&other=SA8000",
        ],
        "": [
            "/", "/sign-in", "/rules", "/no-such-page",
            "/questions", "/questions?q=water", "/questions/OHS.1", "/questions/steps",
            "/questions/preview", PREVIEW, "/questions/preview?employees=many",
            "/risks", "/risks?country=COD", "/risks?country=NCL", "/risks/cobalt?country=COD",
            "/standards", "/standards/OECD-RBC", "/library", "/library/hours_sheet",
            "/library/hours_sheet?questions=zh-Hans",
        ],
    }  # fmt: skip


def _open_finding(world: World, assessment_id: Any) -> Finding:
    found: Finding = world.session.scalars(
        select(Finding).where(Finding.assessment_id == assessment_id, Finding.state == FindingState.OPEN)
    ).first()
    return found


def _first_action(world: World, assessment_id: Any) -> str:
    made = planned(world, _open_finding(world, assessment_id))
    world.session.commit()
    return f"/supplier/actions/{made.id}"


def _stuck_action(world: World, assessment_id: Any) -> CorrectiveAction:
    """An action that was returned twice, so that a mediator may look at it."""
    session, cast = world.session, world.cast
    words: dict[str, Any] = {
        "kind": ActionKind.CORRECTIVE, "root_cause": "Nobody owns it", "description": "Name an owner",
        "owner": "Shift lead", "due_on": (NOW + timedelta(days=60)).date(),
    }  # fmt: skip
    finding = _open_finding(world, assessment_id)
    action = propose_action(session, finding, **words, by=cast.petr.actor, at=NOW)
    action.make(session, "return", by=cast.lena.actor, at=NOW, reason="Say who checks it.")
    action.make(session, "propose_again", by=cast.petr.actor, at=NOW, reason="It says so now.")
    action.make(session, "return", by=cast.lena.actor, at=NOW, reason="And how often.")
    session.flush()
    return action


@pytest.mark.parametrize("name", ["jana", "lena", "sara", "mina", "adam", "rene", "alba", "anna", ""])
def test_main_pages(world: tuple[Running, World], browser: Browser, name: str) -> None:
    running, made = world
    member = made.cast.members()[name] if name else None
    seat = Seat(browser, running.base, member, color_scheme="light")
    faults: list[str] = []
    for address in made.pages[name]:
        answer = seat.page.goto(address)
        assert answer is not None
        assert answer.status in {200, 404}, (answer.status, address)
        assert (answer.status == 404) == (address == "/no-such-page"), address
        for scheme in ("light", "dark"):
            seat.page.emulate_media(color_scheme=scheme)
            faults += [f"{address} ({scheme}): {one}" for one in violations(seat.page)]
        faults += [f"{address}: {one}" for one in wider_than(seat.page, 320)]
    seat.leave()
    assert not faults, "\n".join(faults)


def violations(page: Page) -> list[str]:
    """What axe-core finds on the page as it is drawn now, one line each."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8") + "; 0")
    found = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})"
        ".then(r => r.violations.map(v => v.id + ' x' + v.nodes.length + ': ' + v.nodes[0].html.slice(0, 160)"
        " + ' | ' + (v.nodes[0].failureSummary || '').slice(0, 240)))",
        TAGS,
    )
    return list(found)


def wider_than(page: Page, width: int) -> list[str]:
    """What sticks out of a window of that width; [] when the page needs no scrolling sideways."""
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 700})
    found = page.evaluate(
        "w => document.documentElement.scrollWidth <= w ? [] : [...document.querySelectorAll('body *')]"
        ".filter(e => e.getBoundingClientRect().right > w + 1).slice(0, 3)"
        ".map(e => 'wider than ' + w + ': ' + e.outerHTML.slice(0, 120))",
        width,
    )
    if before:
        page.set_viewport_size(before)
    return list(found)


def test_the_checks_see_faults(world: tuple[Running, World], browser: Browser) -> None:
    """A page with a picture without words, faint text and a wide box is told of all three."""
    running, _made = world
    seat = Seat(browser, running.base, None)
    seat.page.goto("/sign-in")
    assert not violations(seat.page)
    seat.page.evaluate(
        "() => { const box = document.createElement('p'); box.textContent = 'faint';"
        "box.style.color = '#ddd'; box.style.background = '#fff'; box.style.width = '700px';"
        "box.append(document.createElement('img')); document.querySelector('main').append(box); }"
    )
    told = " ".join(violations(seat.page))
    assert "image-alt" in told
    assert "color-contrast" in told
    assert wider_than(seat.page, 320)
    seat.leave()


def test_wide_tables_keep_their_columns(world: tuple[Running, World], browser: Browser) -> None:
    """On paper a table stays one, though A4 is narrower than a tablet; 46 topics fit into a row."""
    running, made = world
    seat = Seat(browser, running.base, made.cast.members()["anna"], viewport={"width": 688, "height": 900})
    result = next(one for one in made.pages["anna"] if one.startswith("/buyer/assessments/"))
    for address in (result, "/buyer/"):
        seat.page.goto(address)
        seat.page.emulate_media(media="print")
        assert (
            seat.page.evaluate("getComputedStyle(document.querySelector('table.cards thead')).position")
            == "static"
        )
        assert not wider_than(seat.page, 688), address
        seat.page.emulate_media(media="screen")
        assert (
            seat.page.evaluate("getComputedStyle(document.querySelector('table.cards thead')).position")
            == "absolute"
        )
    seat.page.set_viewport_size({"width": 1280, "height": 900})
    inside = seat.page.evaluate(
        "() => { const part = document.querySelector('#portfolio .strip > span');"
        "for (let n = 0; n < 6; n++) part.parentElement.append(part.cloneNode(true));"
        "for (const one of part.parentElement.children) while (one.children.length < 7)"
        " one.append(one.firstElementChild.cloneNode(true));"
        "const frame = document.querySelector('#portfolio').parentElement;"
        "return [part.parentElement.querySelectorAll('i').length, frame.scrollWidth <= frame.clientWidth]; }"
    )
    assert inside[0] > 42
    assert inside[1]
    seat.leave()


def test_a_first_load_is_light(world: tuple[Running, World], browser: Browser) -> None:
    """Page, style, script and icon of a first visit, as sent, stay below 60 KB."""
    running, made = world
    seats = (
        ("jana", "/supplier/"),
        ("anna", "/buyer/"),
        ("lena", "/assessor/"),
        ("", PREVIEW),
        ("", "/risks"),
    )
    for name, address in seats:
        seat = Seat(browser, running.base, made.cast.members()[name] if name else None)
        fresh = browser.new_context(base_url=running.base, storage_state=seat.context.storage_state())
        sizes = first_load(fresh.new_page(), address)
        fresh.close()
        seat.leave()
        assert len(sizes) > 2, sizes
        assert sum(sizes.values()) < MOST_BYTES, sizes


def first_load(page: Page, address: str) -> dict[str, int]:
    """Everything that a page brings, and its bytes on the line."""
    answers: list[Response] = []

    def heard(answer: Response) -> None:
        answers.append(answer)

    page.on("response", heard)
    page.goto(address, wait_until="networkidle")
    return {answer.url: _sent(answer) for answer in answers}


def _sent(answer: Response) -> int:
    """Bytes on the line; what the server leaves to a proxy to compress is counted as gzip makes it."""
    sent = answer.request.sizes()["responseBodySize"]
    return sent if answer.headers.get("content-encoding") else len(gzip.compress(answer.body()))

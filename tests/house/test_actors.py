"""Every move asks whose the thing is: a colleague's role in another organization moves nothing.

The door of a page or an operation asks first; here it is left out, and the rules stand alone.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

import assessments
from assessments.actions.action import ActionKind
from assessments.answer_files.taken import Source
from assessments.authoring.drafts import make_draft
from assessments.authoring.versions import newest_version
from assessments.evidence.documents import NO_DATES, StoredFile
from assessments.parties import Membership, Organization, Role, Site
from assessments.questionnaire.editing.files import shipped_files
from assessments.questionnaire.model import FindingKind, Grade
from assessments.result import Layer
from assessments.sharing.asks import Said, add_ask
from assessments.sharing.disclosure import LegalBasis
from assessments.sharing.granting import Offer
from assessments.sharing.requesting import Named, send_request
from assessments.sheet.answering import Offered, save_answer
from assessments.sheet.reading import read_sheet, read_to_save
from assessments.terms import FIRST_TERMS
from assessments.verification.assignment import Basis, live_assignment
from assessments.verification.fact_check import end_fact_check
from assessments.verification.finding import findings_of
from assessments.workflow import WrongActor
from tests.conftest import Stack
from tests.support.acts import (
    SIGNER,
    YEAR,
    disclosed,
    documented,
    planned,
    self_declared,
    submitted,
    verified,
)
from tests.support.assessing import opened
from tests.support.cast import NOW

DAY = timedelta(days=1)
NOBODYS = {
    "sheet.writing.write_answer": "writes what a save or a confirmation asked for",
    "sheet.writing.write_at_once": "writes what a save asked for",
    "sheet.writing.write_bound": "writes what a save asked for",
    "rounds.carried.put": "follows from moving or opening a round, which asked",
    "assessment.Assessment.move": "a supplier's is asked for; a firm's method asks for its assignment before",
    "assessment.record_event": "appends a line; the move before it asked",
    "actions.action.record_action": "appends a line; the move before it asked",
    "authoring.drafts.record_draft": "appends a line; the move before it asked",
    "audit.events.event_values": "makes a line and moves nothing",
    "audit.events.record": "appends a line; the move before it asked",
    "verification.finding.Finding.close": "follows from an action, whose move asked",
    "verification.finding.Finding.open": "follows from the end of the fact check, which asked",
    "verification.finding.Finding.reopen": "follows from an action, whose move asked",
    "verification.finding.Finding.share": "follows from the start of the fact check, which asked",
    "verification.finding.record_finding": "appends a line; the move before it asked",
    "sharing.given.seen_by": "reads what is of the organization of ``by`` alone",
    "sheet.snapshot.freeze_again": "follows from the end of a clarification, which asked",
    "verification.assignment.check_outside": "asks after a role of the steward; whoever is of no firm may",
    "authoring.versions.publish_version": "the operator's command; a version is nobody's thing",
}
STRANGERS = ("rita", "otto", "hugo")
OWN = {"sharing.asks.add_ask": "hugo", "sharing.requesting.send_request": "hugo"}
"""Moves that one of the strangers may make for itself."""


def takes_actor(call: Callable[..., Any]) -> bool:
    """Whether a function says who acts; a question of a draft moves ``by`` so many places, an int."""
    by = inspect.signature(call, eval_str=True).parameters.get("by")
    return by is not None and by.annotation is not int


def moves() -> Iterator[tuple[str, Callable[..., Any], type[Any] | None]]:
    """Every public function and method of ``assessments`` that takes ``by``: its name, itself, its class."""
    for found in pkgutil.walk_packages(assessments.__path__, "assessments."):
        module = importlib.import_module(found.name)
        place = found.name.removeprefix("assessments.")
        for name, thing in vars(module).items():
            if getattr(thing, "__module__", "") != module.__name__ or name.startswith("_"):
                continue
            if inspect.isfunction(thing) and takes_actor(thing):
                yield f"{place}.{name}", thing, None
            if inspect.isclass(thing):
                for called, method in vars(thing).items():
                    if called.startswith("_") or not inspect.isfunction(method):
                        continue
                    if takes_actor(method):
                        yield f"{place}.{name}.{called}", method, thing


def things(stack: Stack) -> dict[str, Any]:
    """What moves are about, by the names that moves call it: Kovo's, the fact check just ended."""
    session, cast = stack.session, stack.cast
    files = shipped_files()
    draft = make_draft(session, files, version="9.9", made_of="1.0", by=cast.sara.actor, at=NOW)
    case = submitted(stack)
    verified(stack, case)
    end_fact_check(session, case, by=cast.jana.actor, at=NOW)
    findings = findings_of(session, case.id)
    action = planned(stack, next(one for one in findings if one.grade is Grade.MAJOR))
    result = self_declared(stack)
    document = documented(session, cast.kovo, "permit", by=cast.jana.actor, at=NOW, release=False)
    request = send_request(
        session, Named(email=cast.jana.email), layers=[Layer.STATUS], purpose="Supply",
        legal_basis=next(iter(LegalBasis)), until=NOW + 90 * DAY, by=cast.anna.actor, at=NOW - DAY,
    )  # fmt: skip
    disclosure = disclosed(stack, result)
    said = Said("ISO45001")
    ask = add_ask(session, said, by=cast.anna.actor, at=NOW)
    sheet = read_sheet(session, case.id)
    key = next(iter(sheet.applicability.asked))
    offer = Offer(cast.yard, frozenset({Layer.STATUS}), "Supply", NOW + YEAR, result_id=result.id)
    return {
        "session": session, "assessment": case, "assessment_id": case.id, "finding": findings[0],
        "action": action, "disclosure": disclosure, "request": request, "document": document,
        "document_id": document.id, "version": document.latest, "original": document.latest, "sheet": sheet,
        "site": session.get_one(Site, cast.smelter), "organization_id": cast.kovo, "owner_id": cast.kovo,
        "buyer_id": cast.nordvolt,
        "organization": session.get_one(Organization, cast.kovo), "key": key, "question": key,
        "questions": [key], "keys": [key], "firm": session.get_one(Organization, cast.other_firm),
        "label": "2031",
        "assignment": live_assignment(session, case.id), "offer": offer, "offers": [offer],
        "membership": session.get_one(Membership, cast.petr.membership_id), "signer": SIGNER, "days": 30,
        "file": StoredFile("a.pdf", "application/pdf", 10, "0" * 64, "quarantine/x"), "title": "Permit",
        "dates": NO_DATES, "new_on": (NOW + YEAR).date(), "due_on": (NOW + YEAR).date(), "owner": "Lead",
        "reason": "Because.", "note": "", "text": "Words.", "message": "Words.", "statement": "Words.",
        "granted": True, "kind": ActionKind.CORRECTIVE, "root_cause": "None", "description": "None",
        "revision": 1, "offered": Offered({}, 0), "topic": "OHS.1", "level": 2, "basis": Basis.DESK,
        "worker_voice": False, "seen": "Seen.", "grade": Grade.MINOR, "first_step": None, "references": [],
        "evidence": [], "changes": {"statement": "Other."}, "outcome": "uphold", "no_ties": True,
        "columns": {"name": "Kovo"}, "email": "new@example.org", "name": "New", "role": Role.SUPPLIER_ADMIN,
        "named": Named(email=cast.jana.email), "layers": [Layer.STATUS], "purpose": "Supply",
        "legal_basis": next(iter(LegalBasis)), "until": NOW + 90 * DAY, "storage_key": "released/x",
        "ask": ask, "said": said,
        "draft": draft, "files": files, "made_of": "1.0", "edit": {}, "path": "pack.yaml", "was": "",
        "tree": {},
        "chosen": {}, "source": Source.WORKBOOK,
        "agrees_to_public_statement": True, "terms": FIRST_TERMS, "effective_from": (NOW + YEAR).date(),
    }  # fmt: skip


def particular(name: str, held: dict[str, Any], stack: Stack) -> dict[str, Any]:
    """What one move calls otherwise than the others."""
    match name:
        case "actions.action.CorrectiveAction.make":
            return {"name": "start"}
        case "verification.unshared_findings.draft_finding":
            return {"kind": FindingKind.GAP}
        case "authoring.drafts.make_draft":
            return {"version": "9.10"}
        case "rounds.opening.open_assessment" | "rounds.moving.move_to_version":
            return {"version": newest_version(held["session"])}
        case "sheet.answering.save_known":
            known = read_to_save(stack.session, held["sheet"].assessment_id)
            return {"known": known, "unread": True, "as_read": lambda sheet: sheet}
        case "sheet.profile.add_site":
            return {"columns": {"name": "Kovo", "country": "CZE"}}
    return {}


def owner_of(kind: type[Any], held: dict[str, Any]) -> Any:
    """The thing of a class that a method is called on."""
    return next(value for value in held.values() if isinstance(value, kind))


def test_every_move_asks_whose_the_thing_is(embedded: Stack) -> None:
    held, reached = things(embedded), []
    members = embedded.cast.members()
    found = {name: (call, kind) for name, call, kind in moves()}
    assert NOBODYS.keys() <= found.keys(), NOBODYS.keys() - found.keys()
    assert len(found) > 50, "the search finds moves no more"
    for name, (call, kind) in found.items():
        if name in NOBODYS:
            continue
        known = {**held, "at": NOW, **particular(name, held, embedded)}
        wanted = [one for one in inspect.signature(call).parameters if one not in {"self", "by"}]
        missing = [
            one
            for one in wanted
            if one not in known and inspect.signature(call).parameters[one].default is inspect.Parameter.empty
        ]
        assert not missing, f"{name}: say in things() what {missing} are"
        given = {one: known[one] for one in wanted if one in known}
        self_ = [owner_of(kind, held)] if kind else []
        for stranger in STRANGERS:
            if OWN.get(name) == stranger:
                continue
            try:
                with embedded.session.begin_nested():
                    call(*self_, **given, by=members[stranger].actor)
            except WrongActor:
                continue
            except Exception as other:  # noqa: BLE001  whatever else it says, it was asked too late
                reached.append(f"{name} says {type(other).__name__} to {stranger}: {other}")
            else:
                reached.append(f"{name} is made by {stranger}")
    assert not reached, "\n".join(reached)


def test_a_rival_writes_nothing_into_anothers_sheet(stack: Stack) -> None:
    session, cast = stack.session, stack.cast
    case = opened(session, cast.smelter, by=cast.jana.actor, at=NOW)
    sheet = read_sheet(session, case.id)
    key = next(iter(sheet.applicability.asked))
    for stranger in (cast.rita, cast.lena, cast.anna, cast.sara):
        with pytest.raises(WrongActor):
            save_answer(session, sheet, key, Offered({}, 0), by=stranger.actor, at=NOW)
    assert save_answer(
        session, sheet, key, Offered({}, sheet.answer(key).revision), by=cast.petr.actor, at=NOW
    )

"""Nothing is held while something slow runs: a store asked, a password checked, a file received."""

from __future__ import annotations

import io
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from assessments.actions.action import ActionEvidence
from assessments.parties import Person
from assessments.questionnaire.model import Grade
from assessments.sharing.disclosure import AccessLedgerEntry
from assessments.verification.fact_check import end_fact_check
from assessments.verification.finding import findings_of
from plumbline.account import sign_in
from plumbline.documents.folder import Folder
from plumbline.identity.passwords import hash_password, verify_password
from plumbline.identity.records import Throttle
from plumbline.transaction import let_go
from tests.conftest import Stack
from tests.support.acts import documented, planned, submitted, verified
from tests.support.cast import NOW
from tests.support.holdings import hold


def may_write(var: Path) -> bool:
    """Whether another connection gets the one writer's lock of SQLite at once."""
    other = sqlite3.connect(var / "plumbline.sqlite", timeout=0, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
        return True
    except sqlite3.OperationalError:
        return False
    finally:
        other.close()


def lines(var: Path) -> int:
    """How many lines of the access ledger are committed."""
    other = sqlite3.connect(var / "plumbline.sqlite")
    try:
        found: int = other.execute(f"SELECT count(*) FROM {AccessLedgerEntry.__tablename__}").fetchone()[0]
        return found
    finally:
        other.close()


@pytest.mark.parametrize(("who", "state"), [("lena", "never"), ("anna", "granted")])
def test_a_line_is_committed_before_the_store_is_asked(
    embedded: Stack, who: str, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = hold(embedded.settings, embedded.session, embedded.cast).by_state[state]
    embedded.session.commit()
    version = held.names["version_id"]
    case = held.names["assessment_id"]
    urls = {"lena": f"/assessor/assessments/{case}/evidence/{version}", "anna": f"/buyer/evidence/{version}"}
    visit = embedded.visit(embedded.cast.members()[who])
    before, seen = lines(embedded.settings.var), []
    read = Folder.read

    def watched(store: Folder, key: str) -> Any:
        seen.append((lines(embedded.settings.var) - before, may_write(embedded.settings.var)))
        return read(store, key)

    monkeypatch.setattr(Folder, "read", watched)
    assert visit.client.get(urls[who]).status_code == 200
    assert seen == [(1, True)]


def test_nobody_waits_while_a_password_is_checked(embedded: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    person = embedded.session.get_one(Person, embedded.cast.jana.person_id)
    person.password_hash = hash_password("four words in a row", memory_kib=64)
    embedded.session.commit()
    seen = []

    def watched(*given: Any, **more: Any) -> bool:
        counted = embedded.session.scalar(select(func.count()).select_from(Throttle))
        embedded.session.rollback()
        seen.append((counted, may_write(embedded.settings.var)))
        return verify_password(*given, **more)

    monkeypatch.setattr(sign_in, "verify_password", watched)
    for password, status in (("wrong wrong wrong", 422), ("four words in a row", 303)):
        answer = embedded.visit().post("/sign-in", {"email": person.email, "password": password})
        assert answer.status == status
    assert seen == [(3, True)] * 2


def test_a_refused_file_leaves_nothing_of_the_act(embedded: Stack) -> None:
    session, cast = embedded.session, embedded.cast
    case = submitted(embedded)
    verified(embedded, case)
    end_fact_check(session, case, by=cast.jana.actor, at=NOW)
    action = planned(embedded, next(one for one in findings_of(session, case.id) if one.grade is Grade.MAJOR))
    document = documented(session, cast.kovo, "permit", by=cast.jana.actor, at=NOW)
    session.commit()
    answer = embedded.visit(cast.petr).post(
        f"/supplier/actions/{action.id}/evidence",
        {"document": str(document.id), "file": (io.BytesIO(b"MZ not a document"), "setup.exe")},
    )
    assert answer.status in {415, 422}
    session.rollback()
    assert session.scalar(select(func.count()).select_from(ActionEvidence)) == 0


def test_half_an_act_is_never_let_go(stack: Stack) -> None:
    session = stack.session
    person = session.get_one(Person, stack.cast.jana.person_id)
    let_go(session)
    person.name = "Jana Nová"
    with pytest.raises(AssertionError):
        let_go(session)
    session.flush()
    with pytest.raises(AssertionError):
        let_go(session)
    session.rollback()
    let_go(session)

"""The checker of the kill rig reports each violation that is seeded here, and nothing on a world without."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from assessments.evidence.documents import DocumentVersion, upload_document
from assessments.outbox import JobKind, later
from assessments.sheet.answering import Offered, save_answer
from assessments.sheet.reading import read_sheet
from plumbline.documents import open_store
from plumbline.documents.receiving import receive
from plumbline.jobs import drain, registry
from plumbline.jobs.desk import now
from plumbline.transaction import SYSTEM_TENANT, tenant_session
from tests.conftest import environment
from tests.evidence import corpus
from tests.faults.checker import check, look
from tests.faults.ledger import Ledger, Outcome
from tests.faults.world import prepared
from tests.support.desks import Place, make_place
from tests.support.real_servers import Clamd


class Whole:
    """A small world where everything that was acknowledged is there and every job is done."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.place, self.folder = place, folder
        self.ledger = Ledger(folder / "ledger.jsonl")
        with tenant_session(place.engine, SYSTEM_TENANT) as session:
            world = prepared(session)
        jana = world.cast.jana.actor
        for turn in (1, 2):
            for key, parts in world.questions.items():
                intent = self.ledger.intend("save", f"{key}-{turn}", place=key, seen=turn - 1)
                with place.desk.sessions() as session:
                    sheet = read_sheet(session, world.assessment_id)
                    offered = Offered(parts, turn - 1, note=intent.value)
                    saved = save_answer(session, sheet, key, offered, by=jana, at=now(session))
                self.ledger.settle(intent, Outcome.ACKNOWLEDGED, str(saved.answer.revision))
        raw = corpus.pdf()
        intent = self.ledger.intend("upload", "document-1", sha256=hashlib.sha256(raw).hexdigest())
        file = receive(open_store(place.settings), io.BytesIO(raw), "document-1.pdf", limit=1 << 20)
        with place.desk.sessions() as session:
            upload_document(session, world.cast.kovo, "document-1", file, by=jana, at=now(session))
        self.ledger.settle(intent, Outcome.ACKNOWLEDGED)
        intent = self.ledger.intend("letter", "letter-1")
        with place.desk.sessions() as session:
            about = {"assessment_id": str(world.assessment_id), "mark": intent.value}
            payload = {"letter": "action_needed", **about}
            job = later(session, JobKind.SEND_LETTER, payload, at=now(session))
        self.ledger.settle(intent, Outcome.ACKNOWLEDGED, str(job.id))
        registry.load()
        drain.drain(place.desk)

    def check(self) -> list[str]:
        """What the checker says now."""
        letters = {file.stem for file in (self.folder / "letters").glob("*.eml")}
        with self.place.desk.reading() as session:
            return check(self.ledger, look(session, open_store(self.place.settings), letters))


@pytest.fixture
def whole(tmp_path: Path, migrated_file: Path, clamd: Clamd) -> Iterator[Whole]:
    shutil.copy(migrated_file, tmp_path / "plumbline.sqlite")
    place = make_place(environment(tmp_path, PLUMBLINE_CLAMD_URL=clamd.url))
    yield Whole(place, tmp_path)
    place.engine.dispose()


def test_a_whole_world_has_no_violation(whole: Whole) -> None:
    assert whole.check() == []
    assert whole.ledger.file.read_text().count("\n") == 2 * len(whole.ledger.intents)


DOUBLED = """
INSERT INTO audit_event (id, at, kind, actor_function, subject_type, subject_id, data, hash)
SELECT lower(hex(randomblob(16))), at, kind, actor_function, subject_type, subject_id, data, hash
FROM audit_event WHERE kind = 'evidence_scanned'"""
SEEDED = {
    "a revision dropped": ("DELETE FROM answer_revision WHERE note = 'OHS-01-2'", "lost: "),
    "an early revision dropped": ("DELETE FROM answer_revision WHERE note = 'OHS-01-1'", "gap: "),
    "a value flipped": ("UPDATE answer_revision SET note = 'another' WHERE note = 'OHS-01-1'", "changed: "),
    "parts flipped": ("UPDATE answer SET parts = '{}' WHERE note = 'OHS-01-2'", "half: "),
    "an answer behind its history": ("UPDATE answer SET revision = 1 WHERE note = 'OHS-01-2'", "half: "),
    "an answer gone": ("DELETE FROM answer WHERE note = 'OHS-01-2'", "half: "),
    "a save without its audit row": (
        "DELETE FROM audit_event WHERE id = (SELECT min(id) FROM audit_event WHERE kind = 'answer_saved')",
        "trail: ",
    ),
    "one value in two revisions": (
        "UPDATE answer_revision SET note = 'OHS-01-1' WHERE note = 'OHS-01-2'", "twice: ",
    ),
    "a job lost": (
        "DELETE FROM outbox_job WHERE payload LIKE '%letter-1%' AND payload NOT LIKE '%person%'", "job: ",
    ),
    "a letter lost": (
        "DELETE FROM outbox_job WHERE id = (SELECT min(id) FROM outbox_job WHERE payload LIKE '%person_id%')",
        "effect: letter-1 became 1",
    ),
    "a job never done": (
        "UPDATE outbox_job SET state = 'waiting', done_at = NULL WHERE kind = 'scan_evidence'", "job: scan",
    ),
    "a scan lost": ("DELETE FROM outbox_job WHERE kind = 'scan_evidence'", "job: 0 scans"),
    "an effect missing": ("DELETE FROM audit_event WHERE kind = 'letter_sent'", "effect: letter "),
    "an effect doubled": (
        DOUBLED,
        "effect: document-1 is released, released 2 times",
    ),
    "a document lost": ("DELETE FROM document_version", "lost: the document document-1"),
    "a document nobody sent": ("UPDATE document SET title = 'other'", "invented: "),
}  # fmt: skip


@pytest.mark.parametrize("seeded", SEEDED)
def test_each_seeded_violation_is_reported(whole: Whole, seeded: str) -> None:
    statement, expected = SEEDED[seeded]
    first = next(iter(whole.ledger.of("save"))).place
    whole.place.tamper(statement.replace("OHS-01", first))
    reported = whole.check()
    assert [line for line in reported if line.startswith(expected)], reported


def test_other_bytes_in_the_store_are_reported(whole: Whole) -> None:
    with whole.place.desk.reading() as session:
        version = session.scalars(select(DocumentVersion)).one()
    [stored] = [file for file in (whole.folder / "evidence").rglob("*") if file.match(f"*{version.sha256}*")]
    stored.chmod(0o600)
    stored.write_bytes(b"%PDF-1.7 other bytes")
    assert [line for line in whole.check() if line.startswith("bytes: ")]


def test_a_refused_save_that_stands_and_a_letter_of_no_job_are_reported(whole: Whole) -> None:
    refused = whole.ledger.of("save")[-1]
    whole.ledger.settle(refused, Outcome.REFUSED)
    (whole.folder / "letters" / "0198.eml").write_text("")
    reported = whole.check()
    assert f"refused and yet there: {refused.value}" in reported
    assert "letter: 0198 left without a job" in reported


def test_a_request_without_an_answer_may_be_there_or_not(whole: Whole) -> None:
    whole.ledger.settle(whole.ledger.of("save")[0], Outcome.UNKNOWN)
    whole.ledger.intend("save", "never-arrived", place="OHS-01", seen=7)
    assert whole.check() == []

"""Evidence bytes through the interface: out as they went in, to whom they were granted, ledger line first."""

from __future__ import annotations

import io
import uuid

import pytest
from sqlalchemy import event, select

from assessments.assessment import Assessment
from assessments.evidence.documents import Document, DocumentVersion, StoredFile, upload_document
from assessments.parties import SYSTEM
from assessments.sharing.disclosure import AccessLedgerEntry
from assessments.sheet.linking import link_evidence
from assessments.sheet.snapshot import submit
from plumbline.documents import open_store
from plumbline.documents.receiving import receive
from tests.conftest import Stack
from tests.evidence.corpus import pdf
from tests.support.acts import LAYERS, answer_everything, assigned, disclosed, in_review, published
from tests.support.assessing import opened
from tests.support.cast import NOW, Member
from tests.support.programs import ask

ORIGINAL, COPY, SECOND = pdf(filler=900), pdf(filler=300), pdf(filler=2000)


def stored(stack: Stack, name: str, content: bytes) -> StoredFile:
    return receive(open_store(stack.settings), io.BytesIO(content), name, limit=1 << 20)


def released(version: DocumentVersion) -> DocumentVersion:
    version.release(version.storage_key, by=SYSTEM, at=NOW)
    return version


@pytest.fixture
def case(stack: Stack) -> tuple[Assessment, Document]:
    """Kovo's smelter, handed in with a permit: its original, a redacted copy, and a second version after."""
    session, jana = stack.session, stack.cast.jana.actor
    assessment = opened(session, stack.cast.smelter, by=jana, at=NOW)
    document = upload_document(
        session, stack.cast.kovo, "Permit", stored(stack, "permit.pdf", ORIGINAL), by=jana, at=NOW
    )
    original = released(document.latest)
    session.flush()
    sheet = answer_everything(session, assessment.id, by=jana, at=NOW)
    link_evidence(session, sheet, next(iter(sheet.applicability.asked)), document, by=jana, at=NOW)
    session.flush()
    submit(session, assessment.id, agrees_to_public_statement=True, by=jana, at=NOW)
    released(document.add_redacted_copy(original, stored(stack, "copy.pdf", COPY), by=jana, at=NOW))
    released(document.add_version(stored(stack, "permit-2.pdf", SECOND), by=jana, at=NOW))
    session.commit()
    return assessment, document


def fetched(stack: Stack, who: Member, version: uuid.UUID) -> tuple[int, bytes]:
    answer = stack.visit(who).api("GET", f"/evidence/{version}/content")
    return answer.status_code, answer.get_data()


def lines(stack: Stack, reader: str) -> list[tuple[str, dict[str, object]]]:
    stack.session.rollback()
    rows = stack.session.scalars(select(AccessLedgerEntry).where(AccessLedgerEntry.reader_name == reader))
    return [(row.action.value, row.what) for row in rows]


def test_an_assessor_gets_what_the_case_names_and_nothing_else(
    stack: Stack, case: tuple[Assessment, Document]
) -> None:
    assessment, document = case
    original, copy, second = [version.id for version in document.versions]
    cast = stack.cast
    assert fetched(stack, cast.lena, original)[0] == 404
    assigned(stack, assessment)
    assert fetched(stack, cast.lena, original) == (200, ORIGINAL)
    assert fetched(stack, cast.sam, original) == (200, ORIGINAL)
    for version in (copy, second, document.id, uuid.uuid4()):
        assert fetched(stack, cast.lena, version)[0] == 404
    assert fetched(stack, cast.otto, original)[0] == 404
    told = lines(stack, "Lumen Assurance GmbH") or lines(stack, _name(stack, cast.firm))
    assert told == [("downloaded", {"files": ["permit.pdf"]})] * 2


def test_a_buyer_gets_the_copy_it_was_granted_not_the_original(
    stack: Stack, case: tuple[Assessment, Document]
) -> None:
    assessment, document = case
    original, copy, second = [version.id for version in document.versions]
    result = published(stack, assessment)
    cast = stack.cast
    grant = disclosed(stack, result, layers=LAYERS, evidence=frozenset({copy}))
    assert fetched(stack, cast.anna, copy) == (200, COPY)
    for version in (original, second, document.id, uuid.uuid4()):
        assert fetched(stack, cast.anna, version)[0] == 404, version
    assert fetched(stack, cast.hugo, copy)[0] == 404
    assert lines(stack, "Nordvolt Mobility SE") == [("downloaded", {"files": ["copy.pdf"]})]
    disclosed(stack, result, layers=LAYERS, evidence=frozenset({original}))
    assert fetched(stack, cast.axel, original) == (200, ORIGINAL)
    assert ask(stack.visit(cast.jana), "DELETE", f"/disclosures/{grant.id}").status == 204
    assert fetched(stack, cast.anna, copy)[0] == 404
    assert len(lines(stack, "Nordvolt Mobility SE")) == 2


def test_a_reviewer_gets_what_the_case_rests_on_while_it_is_in_review(
    stack: Stack, case: tuple[Assessment, Document]
) -> None:
    assessment, document = case
    original, copy, _second = [version.id for version in document.versions]
    cast = stack.cast
    assert fetched(stack, cast.rene, original)[0] == 404
    in_review(stack, assessment)
    assert fetched(stack, cast.rene, original) == (200, ORIGINAL)
    assert fetched(stack, cast.rene, copy)[0] == 404
    assert fetched(stack, cast.alba, original)[0] == 404
    assert fetched(stack, cast.sara, original)[0] == 403
    assert lines(stack, _name(stack, cast.rene.organization_id)) == [
        ("downloaded", {"files": ["permit.pdf"]})
    ]


def test_without_its_ledger_line_no_byte_leaves(stack: Stack, case: tuple[Assessment, Document]) -> None:
    assessment, document = case
    assigned(stack, assessment)
    original = document.versions[0].id

    def refuse(_mapper: object, _connection: object, _row: object) -> None:
        raise OSError("the ledger cannot be written")

    event.listen(AccessLedgerEntry, "before_insert", refuse)
    try:
        status, content = fetched(stack, stack.cast.lena, original)
    finally:
        event.remove(AccessLedgerEntry, "before_insert", refuse)
    assert status == 500
    assert ORIGINAL not in content
    assert fetched(stack, stack.cast.lena, original) == (200, ORIGINAL)


def _name(stack: Stack, organization: uuid.UUID) -> str:
    from assessments.parties import Organization

    return stack.session.get_one(Organization, organization).legal_name

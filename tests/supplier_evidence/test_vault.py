"""The vault's pages: uploaded once, found again, versioned, dated, given back byte for byte."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from assessments.audit.events import AuditEvent, EventKind
from assessments.evidence.documents import Document, DocumentVersion
from assessments.outbox import JobKind, OutboxJob
from tests.conftest import Stack
from tests.evidence.corpus import image, pdf
from tests.support.page import Page, Visit
from tests.support.statements import counted


def file(data: bytes, name: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(data), name


def send(visit: Visit, path: str, data: bytes, name: str = "permit.pdf", **fields: Any) -> Page:
    return visit.post(path, {**fields, "file": file(data, name)}, content_type="multipart/form-data")


def upload(visit: Visit, data: bytes | None = None, name: str = "permit.pdf", **fields: Any) -> uuid.UUID:
    page = send(visit, "/supplier/evidence", data or pdf(), name, **fields)
    assert page.status == 303, page.text
    assert "In your vault." in visit.get(page.location).text
    return uuid.UUID(page.location.rpartition("/")[2])


def versions(stack: Stack) -> list[DocumentVersion]:
    return list(stack.session.scalars(select(DocumentVersion).order_by(DocumentVersion.number)))


def test_what_is_uploaded_is_listed_with_its_dates_and_comes_back_byte_for_byte(stack: Stack) -> None:
    visit = stack.visit(stack.cast.petr)
    document = upload(visit, pdf(2), title="Discharge permit", period_from="2025-01-01", ends_on="2031-06-30")
    page = visit.get("/supplier/evidence")
    assert "Discharge permit" in page.text
    assert "valid to 30 Jun 2031" in page.text
    assert "not scanned" in page.text  # no scanner is set up here
    assert "nowhere yet" in page.text
    (version,) = versions(stack)
    shown = visit.get(f"/supplier/evidence/{document}")
    assert version.sha256 in shown.text
    got = visit.client.get(f"/supplier/evidence/versions/{version.id}/content")
    assert got.data == pdf(2)
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in got.headers["Content-Security-Policy"]
    (job,) = stack.session.scalars(select(OutboxJob)).all()
    assert (job.kind, job.payload) == (JobKind.SCAN_EVIDENCE, {"version": str(version.id)})


def test_a_document_that_ended_says_so(embedded: Stack) -> None:
    visit = embedded.visit(embedded.cast.petr)
    document = upload(visit, title="Old permit", issued_on="2019-01-01", ends_on="2020-06-30")
    upload(visit, pdf(3), title="Open end")
    assert "ended 30 Jun 2020" in visit.get("/supplier/evidence").text
    assert "This document ended on 30 Jun 2020." in visit.get(f"/supplier/evidence/{document}").text
    ended = visit.get("/supplier/evidence?show=ended").text
    assert "Old permit" in ended
    assert "Open end" not in ended


def test_the_vault_is_searched_by_title_and_by_file_name(embedded: Stack) -> None:
    visit = embedded.visit(embedded.cast.petr)
    upload(visit, pdf(1), "scan_01.pdf", title="Training list 100%")
    upload(visit, pdf(2), "noise.pdf", title="Noise map")
    assert "Noise map" not in visit.get("/supplier/evidence?q=100%25").text
    assert "Noise map" in visit.get("/supplier/evidence?q=NOISE.pdf").text
    assert "No document fits" in visit.get("/supplier/evidence?q=x_x").text


REFUSED = {
    "empty": (b"", "a.pdf", "The file is empty."),
    "forbidden": (b"MZ", "a.exe", "Files of this type are not taken."),
    "lying": (b"hello there", "a.pdf", "is not what the end of its name says"),
    "cut off": (pdf(3)[:-40], "a.pdf", "This file"),
}


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_an_unfit_file_is_refused_in_one_sentence_and_what_was_typed_stays(
    embedded: Stack, case: str
) -> None:
    data, name, sentence = REFUSED[case]
    visit = embedded.visit(embedded.cast.petr)
    page = send(visit, "/supplier/evidence", data, name, title="My permit", ends_on="2031-06-30")
    assert page.status == 422
    assert sentence in page.text
    assert page.values()["title"] == "My permit"
    assert page.values()["ends_on"] == "2031-06-30"
    assert not versions(embedded)


def test_a_file_over_the_limit_is_refused_with_the_limit(embedded: Stack) -> None:
    object.__setattr__(embedded.settings, "evidence_largest_bytes", 2048)
    visit = embedded.visit(embedded.cast.petr)
    page = send(visit, "/supplier/evidence", pdf(1, filler=4096), title="Big")
    assert page.status == 422
    assert "larger than 2 KB" in page.text
    assert page.values()["title"] == "Big"


def test_a_body_over_the_limit_of_the_whole_page_shows_the_page_again(embedded: Stack) -> None:
    embedded.app.config["MAX_CONTENT_LENGTH"] = 3000
    visit = embedded.visit(embedded.cast.petr)
    page = send(visit, "/supplier/evidence", pdf(1, filler=4096), title="Big")
    assert page.status == 422
    assert "larger than" in page.text
    assert page.heading == "Evidence"


# Werkzeug lets go of its temporary file without closing it when a body cannot be read.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_broken_off_upload_says_so_and_keeps_nothing(embedded: Stack) -> None:
    visit = embedded.visit(embedded.cast.petr)
    visit.get("/supplier/evidence")
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-'
    response = visit.client.post(
        "/supplier/evidence", input_stream=io.BytesIO(body),
        headers={"Content-Type": "multipart/form-data; boundary=x", "Content-Length": "5000"},
    )  # fmt: skip
    page = Page(response)
    assert page.status == 422
    assert "broke off" in page.text
    assert not versions(embedded)


def test_without_a_file_or_with_days_that_cannot_be_read_the_form_says_what_to_do(embedded: Stack) -> None:
    visit = embedded.visit(embedded.cast.petr)
    page = visit.post("/supplier/evidence", {"title": "x", "ends_on": "soon"})
    assert page.status == 422
    assert "Choose the file that holds the document." in page.text
    assert "Write the day as in 2026-11-30" in page.text
    assert page.values()["ends_on"] == "soon"
    page = send(visit, "/supplier/evidence", pdf(), period_from="2025-02-01", period_to="2025-01-01")
    assert page.status == 422
    assert "The period ends before it begins" in page.text


def test_versions_and_redacted_copies_stand_beside_the_first(stack: Stack) -> None:
    visit = stack.visit(stack.cast.petr)
    document = upload(visit)
    path = f"/supplier/evidence/{document}"
    assert send(visit, f"{path}/versions", pdf(2), "permit2.pdf", ends_on="2030-01-01").status == 303
    first, second = versions(stack)
    assert send(visit, f"{path}/redacted", pdf(3), "black.pdf", original=str(second.id)).status == 303
    copy = versions(stack)[2]
    assert copy.redacted_from == second.id
    page = visit.get(path)
    assert "copy of 2 with parts blacked out" in page.text
    same = send(visit, f"{path}/versions", pdf(2), "again.pdf")
    assert same.status == 422
    assert "byte for byte the bytes of version 2" in same.text
    of_copy = send(visit, f"{path}/redacted", pdf(4), original=str(uuid.uuid4()))
    assert of_copy.status == 422
    assert first.number == 1


def test_dates_are_said_anew_and_contradictions_come_back(embedded: Stack) -> None:
    visit = embedded.visit(embedded.cast.petr)
    document = upload(visit)
    (version,) = versions(embedded)
    path = f"/supplier/evidence/versions/{version.id}/dates"
    wrong = visit.post(path, {"issued_on": "2026-02-01", "ends_on": "2026-01-01"})
    assert wrong.status == 422
    assert "ends before it was issued" in wrong.text
    assert visit.post(path, {"ends_on": "2030-01-01"}).status == 303
    assert "valid to 1 Jan 2030" in visit.get(f"/supplier/evidence/{document}").text
    told = embedded.session.scalars(
        select(AuditEvent).where(AuditEvent.kind == EventKind.EVIDENCE_DATED)
    ).all()
    assert len(told) == 1


def test_an_image_is_shown_as_a_fresh_picture(embedded: Stack) -> None:
    visit = embedded.visit(embedded.cast.petr)
    document = upload(visit, image("png"), "yard.png")
    (version,) = versions(embedded)
    assert (
        f"/supplier/evidence/versions/{version.id}/picture"
        in visit.get(f"/supplier/evidence/{document}").html
    )
    got = visit.client.get(f"/supplier/evidence/versions/{version.id}/picture")
    assert got.mimetype == "image/jpeg"


def test_another_suppliers_vault_does_not_exist(stack: Stack) -> None:
    document = upload(stack.visit(stack.cast.petr), title="Secret recipe")
    (version,) = versions(stack)
    for stranger in (stack.cast.rita, stack.cast.anna, stack.cast.lena, stack.cast.rene):
        visit = stack.visit(stranger)
        for path in (
            f"/supplier/evidence/{document}",
            f"/supplier/evidence/versions/{version.id}/content",
            f"/supplier/evidence/versions/{version.id}/picture",
        ):
            assert visit.get(path).status == 404, path
        assert send(visit, f"/supplier/evidence/{document}/versions", pdf(2)).status == 404
        assert visit.post(f"/supplier/evidence/versions/{version.id}/dates").status == 404
    assert "Secret recipe" not in stack.visit(stack.cast.rita).get("/supplier/evidence").text
    assert stack.visit().get("/supplier/evidence").location.startswith("/sign-in")


@pytest.fixture
def statements(embedded: Stack) -> Iterator[list[str]]:
    with counted(embedded.engine) as seen:
        yield seen


def test_the_list_costs_the_same_for_one_document_and_for_many(
    embedded: Stack, statements: list[str]
) -> None:
    visit = embedded.visit(embedded.cast.petr)
    upload(visit)
    statements.clear()
    visit.get("/supplier/evidence")
    one = len(statements)
    for number in range(2, 8):
        upload(visit, pdf(number), title=f"Document {number}")
    statements.clear()
    visit.get("/supplier/evidence")
    assert len(statements) == one
    assert embedded.session.scalars(select(Document)).all()

"""The whole way through the application, also under row-level security: uploaded, scanned, downloaded."""

from __future__ import annotations

import contextvars
import dataclasses
import io

import pytest
from sqlalchemy import select
from werkzeug.test import EnvironBuilder, run_wsgi_app

from assessments.evidence.documents import DocumentVersion, ScanVerdict, VersionState
from plumbline.documents import open_store
from plumbline.jobs import drain, registry
from plumbline.jobs.desk import open_desk
from plumbline.settings import ClamdAddress
from tests.conftest import Stack
from tests.evidence import corpus
from tests.evidence.test_folder import files
from tests.support.page import Page
from tests.support.real_servers import Clamd


def upload(stack: Stack, raw: bytes, name: str = "permit.pdf") -> Page:
    visit = stack.visit(stack.cast.petr)
    return visit.post(
        "/supplier/evidence", {"title": "Discharge permit", "file": (io.BytesIO(raw), name)},
        content_type="multipart/form-data",
    )  # fmt: skip


def versions(stack: Stack) -> list[DocumentVersion]:
    stack.session.rollback()
    return list(stack.session.scalars(select(DocumentVersion)))


def test_an_upload_is_scanned_and_comes_back_unchanged(stack: Stack, clamd: Clamd) -> None:
    raw = corpus.pdf(filler=300_000)
    registry.load()
    address = ClamdAddress(clamd.host, clamd.port)

    assert upload(stack, raw).status == 303
    [version] = versions(stack)
    assert (version.state, version.scan_verdict) == (VersionState.QUARANTINED, ScanVerdict.NOT_SCANNED)
    stack.session.rollback()
    drain.drain(open_desk(dataclasses.replace(stack.settings, clamd=address), stack.engine))

    [version] = versions(stack)
    assert (version.state, version.scan_verdict) == (VersionState.RELEASED, ScanVerdict.CLEAN)
    answer = stack.visit(stack.cast.petr).client.get(f"/supplier/evidence/versions/{version.id}/content")
    assert answer.data == raw
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="permit.pdf"'
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("raw", "name", "words"),
    [
        (b"", "permit.pdf", "The file is empty"),
        (b"<html>", "permit.pdf", "is not what the end of its name says"),
        (corpus.pdf(30)[:900], "permit.pdf", "ends before the document does"),
        (b"MZ", "setup.exe", "Files of this type are not taken"),
    ],
)
def test_what_is_refused_is_said_on_the_page_and_leaves_nothing(
    embedded: Stack, raw: bytes, name: str, words: str
) -> None:
    page = upload(embedded, raw, name)

    assert page.status == 422
    assert words in page.text
    assert versions(embedded) == []
    assert not files(open_store(embedded.settings))  # type: ignore[arg-type]


# Werkzeug's parser leaves the temporary file of a part that never ended to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("terminated", [True, False])
def test_an_upload_cut_off_half_way_is_answered_and_leaves_nothing(embedded: Stack, terminated: bool) -> None:
    visit = embedded.visit(embedded.cast.petr)
    visit.get("/supplier/evidence")
    sent = {
        "title": "Permit", "csrf_token": visit._csrf, "file": (io.BytesIO(corpus.pdf(filler=90_000)), "p.pdf")
    }  # fmt: skip
    cookies = "; ".join(f"{one.key}={one.value}" for one in (visit.client._cookies or {}).values())
    whole = EnvironBuilder(path="/supplier/evidence", method="POST", data=sent, headers=[("Cookie", cookies)])
    environ = whole.get_environ()
    # The connection ended early: fewer bytes than the header had announced (gunicorn ends the stream itself).
    environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(40_000))
    environ["wsgi.input_terminated"] = terminated
    whole.close()

    chunks, status, _ = contextvars.copy_context().run(run_wsgi_app, embedded.app, environ, True)

    assert status.startswith("422")
    assert "The upload broke off before the whole file had arrived." in b"".join(chunks).decode()
    assert versions(embedded) == []
    assert not files(open_store(embedded.settings))  # type: ignore[arg-type]

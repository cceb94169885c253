"""A disk that is full while the server runs: said, nothing lost, and all goes on once there is room.

The limit on the size of files (RLIMIT_FSIZE) of the running web process stands for the disk: what it writes
fails with EFBIG as it would with ENOSPC, and the test can give the room back.
"""

from __future__ import annotations

import json
import resource
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plumbline.identity.visitor import create_token
from plumbline.transaction import SYSTEM_TENANT, tenant_session
from tests.evidence import corpus
from tests.faults.world import Prepared, prepared
from tests.serving.conftest import Served, serving
from tests.support.desks import Place


class Supplier:
    """A program of the supplier's, on the interface of the running server."""

    def __init__(self, served: Served, world: Prepared, token: str) -> None:
        self.served = served
        self.token = token
        self.answers = f"/api/v1/assessments/{world.assessment_id}/answers"
        self.question, self.parts = next(iter(world.questions.items()))

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
        """Status and JSON of one call."""
        given = {
            "Authorization": f"Bearer {self.token}",
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        call = urllib.request.Request(
            f"http://127.0.0.1:{self.served.port}{path}", body or None, given, method=method
        )
        try:
            with urllib.request.urlopen(call, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def save(self, note: str, seen: int) -> tuple[int, Any]:
        """Save one answer over the revision seen."""
        body = json.dumps({"parts": self.parts, "note": note}).encode()
        more = {"If_Match": f'"{seen}"'} if seen else {}
        return self.ask(
            "PUT", f"{self.answers}/{self.question}", body, Content_Type="application/json", **more
        )

    def upload(self, title: str) -> tuple[int, Any]:
        """Upload one document."""
        edge = uuid.uuid4().hex
        head = (
            f'--{edge}\r\nContent-Disposition: form-data; name="title"\r\n\r\n{title}\r\n--{edge}\r\n'
            f'Content-Disposition: form-data; name="file"; filename="{title}.pdf"\r\n'
            "Content-Type: application/pdf\r\n\r\n"
        )
        body = head.encode() + corpus.pdf(filler=5000) + f"\r\n--{edge}--\r\n".encode()
        kind = f"multipart/form-data; boundary={edge}"
        return self.ask("POST", "/api/v1/evidence", body, Content_Type=kind, Idempotency_Key=edge)

    def stored(self) -> dict[str, Any]:
        """The answer as it stands."""
        status, told = self.ask("GET", self.answers)
        assert status == 200, told
        return next(dict(one) for one in told["answers"] if one["question"] == self.question)


def limit(served: Served, size: int) -> None:
    """Let no file of the web processes grow beyond ``size`` bytes (-1: as before)."""
    for web in served.children("serve"):
        resource.prlimit(web, resource.RLIMIT_FSIZE, (size, -1))


def test_saves_and_uploads_on_a_full_disk(sqlite_place_only: Place, tmp_path: Path) -> None:
    place = sqlite_place_only
    with tenant_session(place.engine, SYSTEM_TENANT) as session:
        world = prepared(session)
        token = create_token(
            session, world.cast.jana.membership_id, "disk", ["*"], days=1, at=datetime.now(UTC)
        )
        session.commit()
    with serving(place, tmp_path, "--without-worker") as served:
        supplier = Supplier(served, world, token)
        assert supplier.save("before", 0)[0] == 200
        assert supplier.upload("before")[0] == 201
        files = sorted((tmp_path / "evidence").rglob("*"))

        limit(served, 0)
        for refused in (supplier.save("during", 1), supplier.upload("during")):
            status, problem = refused
            assert (status, problem["code"] if "code" in problem else problem["type"]) == (
                503, "/problems/unavailable",
            ), problem  # fmt: skip
        assert served.get("/healthz")[0] == 200
        status, told = served.get("/readyz")
        assert status == 503
        assert json.loads(told)["parts"]["store"] == "the evidence store cannot be used"
        assert sorted((tmp_path / "evidence").rglob("*")) == files, "no half of a file stays"
        assert supplier.stored()["note"] == "before"

        limit(served, -1)
        status, saved = supplier.save("after", 1)
        assert (status, saved["revision"]) == (200, 2), "the refused save left no revision"
        assert supplier.upload("after")[0] == 201
        assert supplier.stored()["note"] == "after"
        assert served.process.poll() is None

"""The clients of a campaign: programs that save answers and upload documents until told to stop."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import random
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.evidence import corpus
from tests.faults.ledger import Ledger, Outcome

CSRF = re.compile(r'name="csrf_token" (?:type="hidden" )?value="([^"]+)"')
DOWN = (OSError, http.client.HTTPException)  # nobody there, or gone in the middle of an answer


@dataclass
class Clients:
    """Several writers on shared questions, and one uploader, against a server that comes and goes.

    ``questions``: {key: parts}, saved over and over under a new note; ``cookie`` is a signed-in session.
    """

    ledger: Ledger
    port: int
    assessment_id: str
    questions: Mapping[str, Mapping[str, Any]]
    tokens: tuple[str, ...]
    cookie: str
    faults: list[BaseException] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Let them work inside the block; raise afterwards what went wrong with one of them."""
        jobs: list[Callable[[], None]] = [
            lambda number=number, token=token: self._write(number, token)  # type: ignore[misc]
            for number, token in enumerate(self.tokens)
        ]
        self._threads = [threading.Thread(target=self._guarded, args=(job,)) for job in [*jobs, self._upload]]
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self.stop()
        if self.faults:
            raise self.faults[0]

    def stop(self) -> None:
        """Let each finish what it is at, then end."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _guarded(self, job: Callable[[], None]) -> None:
        try:
            job()
        except Exception as fault:  # noqa: BLE001  raised again by at_work
            self.faults.append(fault)

    def _write(self, number: int, token: str) -> None:
        chance = random.Random(number)  # noqa: S311  not a secret
        seen = dict.fromkeys(self.questions, 0)
        turn = 0
        while not self._over.is_set():
            question = chance.choice(list(self.questions))
            turn += 1
            self._save(question, f"w{number}-{turn}", seen, token)
            time.sleep(chance.uniform(0, 0.05))

    def _save(self, question: str, value: str, seen: dict[str, int], token: str) -> None:
        intent = self.ledger.intend("save", value, place=question, seen=seen[question])
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if seen[question]:
            headers["If-Match"] = f'"{seen[question]}"'
        path = f"/api/v1/assessments/{self.assessment_id}/answers/{question}"
        body = json.dumps({"parts": self.questions[question], "note": value})
        answered = self._ask("PUT", path, body.encode(), headers)
        if answered is None:
            time.sleep(0.1)
            return
        status, told, _headers = answered
        said = json.loads(told) if told.startswith(b"{") else {}
        if status == 200:
            seen[question] = said["revision"]
            self.ledger.settle(intent, Outcome.ACKNOWLEDGED, str(said["revision"]))
        elif status in {412, 428}:
            self.ledger.settle(intent, Outcome.REFUSED, str(status))
            seen[question] = self._revision(question, headers)
        elif status >= 500:
            self.ledger.settle(intent, Outcome.UNKNOWN, str(status))
        else:
            raise AssertionError(f"{question}: {status} {told[:500]!r}")

    def _revision(self, question: str, headers: Mapping[str, str]) -> int:
        only = {"Authorization": headers["Authorization"]}
        read = self._ask("GET", f"/api/v1/assessments/{self.assessment_id}/answers", b"", only)
        if read is None or read[0] != 200:
            return 0
        return next(
            int(one["revision"]) for one in json.loads(read[1])["answers"] if one["question"] == question
        )

    def _upload(self) -> None:
        turn = 0
        while not self._over.wait(1.5):
            opened = self._ask("GET", "/supplier/evidence", b"", {"Cookie": f"plumbline={self.cookie}"})
            if opened is None or opened[0] != 200:
                continue
            found = CSRF.search(opened[1].decode())
            assert found, "the page of the vault has a form"
            page = opened[2].get("Set-Cookie", "").partition(";")[0]
            turn += 1
            self._send(f"document-{turn}", found.group(1), f"plumbline={self.cookie}; {page}")

    def _send(self, title: str, csrf: str, cookies: str) -> None:
        raw = corpus.pdf(filler=64).replace(corpus.noise(64), title.ljust(64).encode())
        intent = self.ledger.intend("upload", title, sha256=hashlib.sha256(raw).hexdigest())
        edge = uuid.uuid4().hex
        fields = "".join(
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in (("csrf_token", csrf), ("title", title))
        )
        file = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{title}.pdf"\r\n'
        body = f"{fields}{file}Content-Type: application/pdf\r\n\r\n".encode() + raw
        headers = {"Cookie": cookies, "Content-Type": f"multipart/form-data; boundary={edge}"}
        answered = self._ask("POST", "/supplier/evidence", body + f"\r\n--{edge}--\r\n".encode(), headers)
        if answered is None or answered[0] >= 500:
            self.ledger.settle(intent, Outcome.UNKNOWN)
            return
        assert answered[0] == 303, (answered[0], answered[1][-3000:])
        self.ledger.settle(intent, Outcome.ACKNOWLEDGED)

    def _ask(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, bytes, http.client.HTTPMessage] | None:
        talk = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            talk.request(method, path, body, dict(headers))
            answer = talk.getresponse()
            return answer.status, answer.read(), answer.headers
        except DOWN:
            return None
        finally:
            talk.close()

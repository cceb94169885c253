"""What clients outside the system noted: each intent before it was sent, each outcome after, durably."""

from __future__ import annotations

import enum
import json
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class Outcome(enum.StrEnum):
    """What the client knows of an intent. UNKNOWN: no answer came, or a fault of the server's."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass
class Intent:
    """One thing the client asked for. ``kind``: save, upload or letter; ``value`` is found again by it.

    ``place`` is the question of a save; ``seen`` the revision it was based on; ``got`` what the
    acknowledgement said: the revision of a save, the id of a job.
    """

    number: int
    kind: str
    value: str
    place: str = ""
    seen: int = 0
    sha256: str = ""
    outcome: Outcome = Outcome.UNKNOWN
    got: str = ""


@dataclass
class Ledger:
    """The notes of all clients of one campaign, in one file that survives whatever is killed."""

    file: Path
    intents: list[Intent] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def intend(self, kind: str, value: str, **more: Any) -> Intent:
        """Note what is about to be asked; on disk before this returns."""
        with self._lock:
            intent = Intent(len(self.intents), kind, value, **more)
            self.intents.append(intent)
            self._write({"intent": intent.number, "kind": kind, "value": value, **more})
        return intent

    def settle(self, intent: Intent, outcome: Outcome, got: str = "") -> None:
        """Note how it ended; on disk before this returns."""
        with self._lock:
            intent.outcome, intent.got = outcome, got
            self._write({"ended": intent.number, "outcome": outcome.value, "got": got})

    def of(self, kind: str, *outcomes: Outcome) -> list[Intent]:
        """The intents of a kind, with one of these outcomes (none given: all)."""
        with self._lock:
            return [i for i in self.intents if i.kind == kind and (not outcomes or i.outcome in outcomes)]

    def _write(self, line: dict[str, Any]) -> None:
        with self.file.open("a") as out:
            out.write(json.dumps(line) + "\n")
            out.flush()
            os.fsync(out.fileno())

"""Reads files in a process that has 256 MB and, for each, 5 seconds of processor, and says what came of them.

A program, not a test: ``python confined_reader.py FILE...``, one line of JSON a file.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from pathlib import Path

from assessments.questionnaire.formats.files import Sent, read_sent

MEMORY = 256 * 1024 * 1024
SECONDS = 5


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for name in sys.argv[1:]:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)  # its signal ends the process
        path = Path(name)
        reading = read_sent(Sent(path.name, path.read_bytes()))
        json.dumps(reading.summary())
        sys.stdout.write(json.dumps({"file": path.name, "refused": reading.refused}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

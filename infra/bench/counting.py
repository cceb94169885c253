"""How many statements a request runs, as PostgreSQL's own log tells: ours and the floor's by the same count."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

_LINE = re.compile(r"^bench (?P<role>\S+) LOG:  (?:statement|execute [^:]*): (?P<text>.*)", re.MULTILINE)


def counted(port: int, log: Path, role: str, request: Callable[[], None]) -> int:
    """Run ``request`` once with every statement logged and return how many ``role`` ran, COMMIT included.

    BEGIN is left out: drivers send it by themselves. ``log`` is the cluster's log file.
    """
    _switch(port, log_statement="all", log_line_prefix="bench %u ")
    began = log.stat().st_size
    request()
    time.sleep(0.2)  # the log is written behind the answer
    with log.open("rb") as told:
        told.seek(began)
        lines = _LINE.finditer(told.read().decode(errors="replace"))
        ran = [found["text"] for found in lines if found["role"] == role]
    _switch(port, log_statement="none", log_line_prefix="%m [%p] ")
    return sum(not text.startswith("BEGIN") for text in ran)


def _switch(port: int, **settings: str) -> None:
    with psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres", autocommit=True) as talk:
        for name, value in settings.items():
            talk.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
        talk.execute("SELECT pg_reload_conf()")
    time.sleep(0.3)  # backends read it between statements

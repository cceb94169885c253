"""`make bench`: PostgreSQL by itself, data by COPY, our server and the floor side by side, one table.

SCALE=small (10,000 suppliers, ends within 60 s) or full (adds 100,000 disclosed of 1,000,000).
"""

from __future__ import annotations

import functools
import http.client
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg

from infra.bench import cpu
from infra.bench.counting import counted
from infra.bench.floor import STATEMENTS
from infra.bench.world import World, build
from tests.support import processes, servers

ROUNDS = 9
WARM = 60
"""Requests before the first round: each of four threads has a connection, whose plans are made six times."""
VAR = Path("var")


@dataclass(frozen=True)
class Row:
    """One line of the table; times in ms per request, ``statements`` and ``floor_statements`` with COMMIT."""

    name: str
    ours_cpu_ms: float
    floor_cpu_ms: float
    ratio: float
    ours_p50_ms: float
    ours_p95_ms: float
    statements: int
    floor_statements: int
    goal: float
    met: bool


@dataclass(frozen=True)
class Side:
    """One of the two servers: its port, its processes, the database role behind it."""

    port: int
    pid: int
    role: str


@dataclass(frozen=True)
class Cluster:
    """The database behind both: its postmaster, port and log file."""

    postmaster: int
    port: int
    log: Path


Request = Callable[[http.client.HTTPConnection, int], None]


def main() -> int:
    """Run the bench and write var/bench.json."""
    scale = os.environ.get("SCALE", "full")
    if scale not in {"small", "full"}:
        print(f"SCALE={scale!r}: write small or full", file=sys.stderr)
        return 2
    rows = measure("10k", suppliers=10_000, disclosed=10_000, saves=True)
    if scale == "full":
        rows += measure("1m", suppliers=1_000_000, disclosed=100_000, saves=False)
    show(rows)
    VAR.mkdir(exist_ok=True)
    (VAR / "bench.json").write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    print("written: var/bench.json")
    return 0


def measure(word: str, *, suppliers: int, disclosed: int, saves: bool) -> list[Row]:
    """Measure on a fresh cluster that keeps what it commits."""
    run, watchman = processes.open_run()
    try:
        durable = {
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "shared_buffers": "512MB",
        }
        note = processes.started(
            run, "postgres", lambda folder: servers.start_postgres(folder, changed=durable)
        )
        with psycopg.connect(
            f"postgresql://postgres@127.0.0.1:{note['port']}/postgres", autocommit=True
        ) as talk:
            talk.execute("CREATE DATABASE bench OWNER plumbline_owner")
        environment = settings(run, note["port"])
        servers.plumbline("db", "upgrade", environment=environment)
        began = time.monotonic()
        dsn = f"postgresql://plumbline_migrate@127.0.0.1:{note['port']}/bench"
        world = build(dsn, suppliers=suppliers, disclosed=disclosed)
        print(f"data: {suppliers:,} suppliers, {disclosed:,} disclosed, {time.monotonic() - began:.0f} s")
        ours, floor = serving(run, environment, note["port"])
        cluster = Cluster(note["pid"], note["port"], next(run.glob("postgres-*/log")))
        rows = [compare(f"portfolio_page_{word}", ours, floor, cluster, portfolio(world), goal=2.0)]
        if saves:
            rows.insert(0, compare("open_section", ours, floor, cluster, section(world), goal=3.0))
            rows.insert(0, compare("save_answer", ours, floor, cluster, save(world), goal=2.0))
        return rows
    finally:
        processes.close_run(run, watchman)


def settings(run: Path, port: int) -> dict[str, str]:
    """Our server's settings."""
    place = f"127.0.0.1:{port}/bench"
    return {
        "PLUMBLINE_VAR": str(run / "var"),
        "PLUMBLINE_SECRET_KEY": "bench-0123456789-abcdefghij-klmnopqrst",
        "PLUMBLINE_DATABASE_URL": f"postgresql://plumbline_app@{place}",
        "PLUMBLINE_MIGRATION_URL": f"postgresql://plumbline_migrate@{place}",
        "PLUMBLINE_LOG_LEVEL": "WARNING",
    }


def serving(run: Path, environment: dict[str, str], port: int) -> tuple[Side, Side]:
    """Start both under the same server with the same threads."""
    sides = []
    for word, module, extra in (
        ("ours", "plumbline.wsgi:app", environment),
        (
            "floor",
            "infra.bench.floor:app",
            {"FLOOR_DSN": f"postgresql://plumbline_migrate@127.0.0.1:{port}/bench"},
        ),
    ):
        # Noted in the run, so that the watchman stops it even when the bench itself is killed.
        note = processes.started(run, word, lambda folder, m=module, e=extra: launch(folder, m, e))  # type: ignore[misc]
        sides.append(
            Side(note["port"], note["pid"], "plumbline_app" if word == "ours" else "plumbline_migrate")
        )
    return sides[0], sides[1]


def launch(folder: Path, module: str, extra: dict[str, str]) -> dict[str, Any]:
    """Start one of the two under gunicorn, one process of four threads."""
    free = processes.free_port()
    command = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{free}", "-w", "1", "-k", "gthread",
               "--threads", "4", "--keep-alive", "30", "--log-level", "warning", "--chdir", str(Path.cwd()),
               module]  # fmt: skip
    kept = dict(os.environ)
    os.environ.update(extra)
    try:
        pid = processes.launch(command, folder, lambda: servers.answers(free))
    finally:
        os.environ.clear()
        os.environ.update(kept)
    return {"pid": pid, "port": free, "version": "gunicorn"}


def compare(
    name: str,
    ours: Side,
    floor: Side,
    cluster: Cluster,
    requests: tuple[Request, Request, int],
    *,
    goal: float,
) -> Row:
    """Drive both in turns; the ratio is the median of the rounds', so that a machine whose speed changes
    meanwhile changes both sides of it."""
    do_ours, do_floor, times = requests
    costs: dict[str, list[float]] = {"ours": [], "floor": []}
    waits: list[float] = []
    statements: dict[str, int] = {}
    for turn in range(ROUNDS):
        for word, side, request in (("ours", ours, do_ours), ("floor", floor, do_floor)):
            talk = http.client.HTTPConnection("127.0.0.1", side.port, timeout=30)
            for n in range(WARM if turn == 0 else 3):
                request(talk, n)
            pids = cpu.children(side.pid) + cpu.backends(cluster.postmaster, side.role)
            before = cpu.spent(pids)
            for n in range(times):
                began = time.perf_counter()
                request(talk, n)
                if word == "ours":
                    waits.append((time.perf_counter() - began) * 1000)
            costs[word].append((cpu.spent(pids) - before) / times)
            if turn == ROUNDS - 1:
                once = functools.partial(request, talk, times)
                statements[word] = counted(cluster.port, cluster.log, side.role, once)
            talk.close()
    mine, bare = statistics.median(costs["ours"]), statistics.median(costs["floor"])
    ratio = statistics.median(a / b for a, b in zip(costs["ours"], costs["floor"], strict=True))
    waits.sort()
    print(f"{name}: {mine:.2f} ms over {bare:.2f} ms", flush=True)
    return Row(
        name=name, ours_cpu_ms=round(mine, 3), floor_cpu_ms=round(bare, 3), ratio=round(ratio, 2),
        ours_p50_ms=round(waits[len(waits) // 2], 2), ours_p95_ms=round(waits[int(len(waits) * 0.95)], 2),
        statements=statements["ours"], floor_statements=statements["floor"], goal=goal, met=ratio <= goal,
    )  # fmt: skip


def _ask(
    talk: http.client.HTTPConnection, method: str, path: str, headers: dict[str, str], body: str = ""
) -> Any:
    talk.request(method, path, body=body or None, headers=headers)
    answer = talk.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{method} {path}: {answer.status} {content[:300]!r}")
    return answer, content


def save(world: World) -> tuple[Request, Request, int]:
    """Saves of one answer, each with new words and the revision seen."""
    headers = {"Authorization": f"Bearer {world.supplier_token}", "Content-Type": "application/json"}

    def saving(path: str) -> Request:
        seen = ['"1"']

        def once(talk: http.client.HTTPConnection, n: int) -> None:
            body = json.dumps(
                {"state": "answered", "parts": {"meetings": number(n), "reports": number(n + 1)}}
            )
            talk.request("PUT", path, body=body, headers={**headers, "If-Match": seen[0]})
            answer = talk.getresponse()
            content = answer.read()
            if answer.status != 200:
                raise SystemExit(f"PUT {path}: {answer.status} {content[:400]!r}")
            seen[0] = answer.headers["ETag"]

        return once

    # Each side saves an answer of its own, so that neither makes the other's revision stale.
    ours = saving(f"/api/v1/assessments/{world.assessment}/answers/OHS-03")
    return ours, saving(f"/save/{world.assessment}/OHS-15"), 60


def number(n: int) -> dict[str, Any]:
    """A plain count as the interface takes it."""
    return {"value": str(n % 50), "year": None, "basis": None}


def section(world: World) -> tuple[Request, Request, int]:
    """Openings of a section's page, by a browser that was here before: it brings both cookies."""
    cookie = {"Cookie": f"plumbline={world.supplier_cookie}"}
    kept = dict(cookie)

    def ours(talk: http.client.HTTPConnection, _n: int) -> None:
        page = f"/supplier/assessments/{world.assessment}/sections/ENV"
        answer, _content = _ask(talk, "GET", page, kept)
        for said in answer.headers.get_all("Set-Cookie") or ():
            kept["Cookie"] = f"{cookie['Cookie']}; {said.partition(';')[0]}"

    def floor(talk: http.client.HTTPConnection, _n: int) -> None:
        _ask(talk, "GET", f"/section/{world.assessment}/{world.company_assessment}", cookie)

    return ours, floor, 20


def portfolio(world: World) -> tuple[Request, Request, int]:
    """Pages of 50, filtered by country, sorted by name."""
    headers = {"Authorization": f"Bearer {world.buyer_token}"}

    def ours(talk: http.client.HTTPConnection, _n: int) -> None:
        _ask(talk, "GET", "/api/v1/portfolio?country=DEU&sort=name&limit=50", headers)

    def floor(talk: http.client.HTTPConnection, _n: int) -> None:
        _ask(talk, "GET", "/portfolio?country=DEU", headers)

    return ours, floor, 30


def show(rows: list[Row]) -> None:
    """Print the table and the floor's statements."""
    print(
        f"\n{'row':<20}{'ours CPU':>10}{'floor CPU':>11}{'ratio':>7}{'goal':>6}{'p50':>8}{'p95':>8}   (ms)  statements, the floor's"
    )
    for row in rows:
        word = "met" if row.met else "not met"
        print(
            f"{row.name:<20}{row.ours_cpu_ms:>10.2f}{row.floor_cpu_ms:>11.2f}{row.ratio:>7.2f}{row.goal:>6.1f}"
            f"{row.ours_p50_ms:>8.2f}{row.ours_p95_ms:>8.2f}   {word:<8}{row.statements:>7}, {row.floor_statements}"
        )
    for name, statements in STATEMENTS.items():
        print(f"\nfloor, {name}:")
        for statement in statements:
            print(f"  {statement}")


if __name__ == "__main__":
    raise SystemExit(main())

"""How each real server of the tests is started: its program, its settings, and when it is ready.

Each `start_*` takes an empty folder and returns the note that `processes.started` keeps. None of them knows
pytest, so that rigs and benches can use them too. Ports are free ones of the loopback address; nothing here
touches a server that the machine may already run.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.processes import Missing, Stuck, free_port, launch, program

ROOT = Path(__file__).parents[2]
S3_NODE = ROOT / ".stamps" / "s3rver"

S3_KEYS = ("S3RVER", "S3RVER")  # the one pair that the strict server knows; moto takes any


def answers(port: int, question: bytes = b"", wanted: bytes = b"") -> bool:
    """Whether a server on `port` takes connections and, when asked `question`, says `wanted`."""
    with socket.create_connection(("127.0.0.1", port), timeout=2) as talk:
        if not wanted:
            return True
        talk.sendall(question)
        return wanted in talk.recv(256)


def _version(*command: str) -> str:
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return said.splitlines()[0] if said else "unknown version"


def start_postgres(folder: Path, changed: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A PostgreSQL cluster and the three roles of production.

    Fast, not durable, unless `changed` gives other values to lines of postgresql.conf ("fsync": "on").

    plumbline_owner owns and cannot sign in; plumbline_migrate signs in, is a member of the owner and passes
    row security; plumbline_app signs in and owns nothing. Everyone is trusted on the loopback address.
    """
    tool = Path(program("pg_ctl", "postgresql", "/usr/lib/postgresql/*/bin/pg_ctl")).resolve().parent
    data = folder / "data"
    as_user: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    made = subprocess.run(
        [*as_user, str(tool / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8",
         "--locale=C.UTF-8", "--no-sync", "--no-instructions"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        raise Stuck(f"initdb: {made.stderr[-2000:]}")
    port = free_port()
    settings: dict[str, object] = {
        "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off",
        "synchronous_commit": "off", "full_page_writes": "off", "max_connections": 200, "timezone": "UTC",
        "shared_buffers": "64MB", "autovacuum": "on", "log_min_messages": "warning",
    }  # fmt: skip
    lines = "".join(f"{name} = '{value}'\n" for name, value in {**settings, **(changed or {})}.items())
    with (data / "postgresql.conf").open("a") as conf:
        conf.write(lines)
    dsn = f"postgresql://postgres@127.0.0.1:{port}/postgres"

    def ready() -> bool:
        import psycopg  # here, not above: the other servers do without it

        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(dsn, autocommit=True) as talk:
            talk.execute("CREATE ROLE plumbline_owner NOLOGIN")
            talk.execute("CREATE ROLE plumbline_migrate LOGIN BYPASSRLS IN ROLE plumbline_owner")
            talk.execute("CREATE ROLE plumbline_app LOGIN")
            return True
        return False

    launch([*as_user, str(tool / "postgres"), "-D", str(data)], folder, ready)
    postmaster = int((data / "postmaster.pid").read_text().splitlines()[0])  # runuser's child, not runuser
    return {
        "pid": postmaster, "signal": signal.SIGQUIT, "port": port, "dsn": dsn,
        "version": _version(str(tool / "postgres"), "--version"),
    }  # fmt: skip


def start_redis(folder: Path) -> dict[str, Any]:
    """Redis without files, with enough numbered databases for one per worker."""
    command = program("redis-server", "redis-server")
    port = free_port()
    pid = launch(
        [command, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
         "--databases", "64", "--dir", str(folder)],
        folder, lambda: answers(port, b"PING\r\n", b"PONG"),
    )  # fmt: skip
    return {"pid": pid, "port": port, "version": _version(command, "--version").partition(" sha=")[0]}


def _speaks_http(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def start_moto(folder: Path) -> dict[str, Any]:
    """The S3 server that behaves fully (versions, locks, conditions) and checks no signature."""
    port = free_port()
    pid = launch(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        folder, lambda: _speaks_http(port), within=60,
    )  # fmt: skip
    return {"pid": pid, "port": port, "version": "moto"}


def start_s3rver(folder: Path) -> dict[str, Any]:
    """The S3 server that checks signatures and their expiry, and knows neither versions nor conditions."""
    script = S3_NODE / "server.mjs"
    if not (S3_NODE / "node_modules").exists():
        raise Missing("the strict S3 server is not installed: 'make .stamps/s3' does it")
    found = subprocess.run(
        ["sh", "infra/system/node.sh"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if found.returncode:
        raise Missing(f"no node for the strict S3 server: {found.stderr.strip()}")
    port = free_port()
    pid = launch(
        [f"{found.stdout.strip()}/node", str(script), str(port), str(folder)],
        folder, lambda: _speaks_http(port),
    )  # fmt: skip
    return {"pid": pid, "port": port, "version": "s3rver"}


def harmless_malware() -> bytes:
    """The EICAR test file, put together here so that no scanner stops at this source."""
    return b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"


def start_clamd(folder: Path) -> dict[str, Any]:
    """clamd as ``infra/clamd`` has it, with a signature of its own for the EICAR test file: none ship."""
    command = program("clamd", "clamav-daemon")
    database = folder / "database"
    database.mkdir()
    (database / "tests.ndb").write_text(f"Plumbline.Test.Eicar:0:*:{harmless_malware().hex()}\n")
    port = free_port()
    config = folder / "clamd.conf"
    own = {"TCPSocket": port, "DatabaseDirectory": database, "TemporaryDirectory": folder}
    shipped = (ROOT / "infra" / "clamd" / "clamd.conf").read_text().splitlines()
    kept = [line for line in shipped if line.partition(" ")[0] not in own]
    config.write_text("\n".join([*kept, *(f"{name} {value}" for name, value in own.items()), ""]))
    pid = launch([command, "-c", str(config)], folder, lambda: answers(port, b"zPING\0", b"PONG"), within=60)
    return {"pid": pid, "port": port, "version": _version(command, "--version")}


def find_chromium(folder: Path) -> dict[str, Any]:
    """Where the browser is; each test that needs one starts its own, so the note names no process."""
    command = program("chromium", "chromium")
    flags = [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
        "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    ]  # fmt: skip
    return {"executable": command, "flags": flags, "version": _version(command, "--version", "--no-sandbox")}


def plumbline(*arguments: str, environment: dict[str, str]) -> str:
    """Run the command line of this environment to its end, with settings of its own; give what it printed."""
    command = [str(Path(sys.executable).with_name("plumbline")), *arguments]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLUMBLINE_")}
    secret = {"PLUMBLINE_SECRET_KEY": "only-for-tests-0123456789-abcdefghij"}
    ran = subprocess.run(
        command, env=kept | secret | environment, capture_output=True, text=True, check=False, timeout=120
    )
    if ran.returncode:
        raise Stuck(f"{' '.join(command)} ended with code {ran.returncode}: {ran.stdout}{ran.stderr}")
    return ran.stdout

"""gunicorn, configured in code: threads, limits, request heads, and the worker process beside it.

Embedded (SQLite) there is one web process, because SQLite has one writer; with PostgreSQL two.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from plumbline.children import Child
from plumbline.settings import Settings

THREADS = 8


class PortTaken(Exception):
    """Another program listens on the port; the message says which port and what to do."""


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn running our application without a configuration file."""

    def __init__(
        self, make: Callable[[], Flask], options: dict[str, Any], worker: Child | None = None
    ) -> None:
        self._make = make
        self._options = options
        self._worker = worker
        super().__init__()

    def load_config(self) -> None:
        """Hand gunicorn its options."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Make the application inside each web process."""
        return self._make()

    def run(self) -> None:
        """Serve until told to stop, and keep the worker running meanwhile."""
        _Master(self, self._worker).run()


class _Master(Arbiter):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's first process, which looks after the worker in the loop that looks after web processes."""

    def __init__(self, app: Server, worker: Child | None) -> None:
        self._worker = worker
        super().__init__(app)

    def manage_workers(self) -> None:
        """Do gunicorn's part, then ours: about once a second, and whenever a child ended."""
        super().manage_workers()
        if self._worker is not None:
            self._worker.keep()

    def reap_workers(self) -> None:
        """Ask for our child first: gunicorn takes the exit code of any child and tells nobody."""
        if self._worker is not None:
            self._worker.keep()
        super().reap_workers()

    def stop(self, graceful: bool = True) -> None:
        """Let the worker end its job while the web processes end their requests."""
        if self._worker is not None:
            self._worker.ask_to_end()
        super().stop(graceful)


def check_port(host: str, port: int) -> None:
    """Raise PortTaken when nobody could listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(
                f"port {port} on {host} cannot be used ({error.strerror}); "
                f"stop what uses it or choose another: PORT={port + 1}"
            ) from error


def options(settings: Settings, host: str, port: int, workers: int | None) -> dict[str, Any]:
    """gunicorn's options for these settings."""
    return {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "workers": workers or (2 if settings.is_postgresql else 1),
        "worker_class": "gthread",
        "threads": THREADS,
        "timeout": 60,
        "graceful_timeout": 20,
        "keepalive": 5,
        "limit_request_line": 4094,
        "limit_request_fields": 60,
        "forwarded_allow_ips": "127.0.0.1",
        "loglevel": "warning",
        "accesslog": None,
        "control_socket_disable": True,
    }


def job_worker() -> Child:
    """Return the worker process, to be kept; it ends by itself when this process does."""
    command = [sys.executable, "-m", "plumbline.cli", "worker", "--parent", str(os.getpid())]
    return Child("worker", command)

"""``plumbline serve`` and ``plumbline worker``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from plumbline import logs, metrics
from plumbline.app import create_app
from plumbline.commands.context import Wrong, check_database
from plumbline.commands.keys import prepare_keys
from plumbline.readiness import checks
from plumbline.serving import PortTaken, Server, check_port, job_worker, options
from plumbline.settings import Settings, from_environment
from plumbline.transaction import make_engine
from plumbline.worker import run

NEEDED = ("database", "migrations", "role")
WORKER_ENDS_WITHIN = 30.0  # seconds; what it was at is then taken back by the next one


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, envvar="PORT", show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), help="Web processes; by default 1 on SQLite, 2 else.")
@click.option("--with-worker/--without-worker", default=True, help="Keep a worker beside (the default).")
def serve(host: str, port: int, workers: int | None, with_worker: bool) -> None:
    """Serve pages and API, with a worker process beside them that is started again when it ends."""
    settings = from_environment()
    check_database(settings, NEEDED)
    try:
        check_port(host, port)
    except PortTaken as error:
        raise Wrong(str(error)) from error
    prepare_keys(settings)
    share_figures(settings, port)
    logs.configure(settings)
    for waiting in waiting_parts(settings):
        click.echo(f"plumbline: {waiting}", err=True)
    worker = job_worker() if with_worker else None
    click.echo(f"Plumbline serves on http://{host}:{port} (Ctrl-C ends it)")
    try:
        Server(lambda: create_app(settings), options(settings, host, port, workers), worker).run()
    finally:
        if worker is not None:
            worker.stop(within=WORKER_ENDS_WITHIN)


@click.command("worker")
@click.option("--parent", type=int, hidden=True, help="Stop when the process with this id is gone.")
def work(parent: int | None) -> None:
    """Run jobs and recurring duties until told to stop."""
    settings = from_environment()
    check_database(settings, NEEDED)
    prepare_keys(settings)
    run(settings, parent=parent)


def waiting_parts(settings: Settings) -> list[str]:
    """Return a line for each part that is away and may come back: saves are taken meanwhile."""
    engine = make_engine(settings)
    try:
        found = list(checks(settings, engine, only=("queue", "store", "scanner")))
    finally:
        engine.dispose()
    return [f"{check.name}: {check.told}" for check in found if check.fault]


def share_figures(settings: Settings, port: int) -> None:
    """Let every process of this server write its figures where ``/metrics`` reads them all."""
    told = os.environ.get(metrics.SHARED)
    folder = Path(told) if told else settings.var / "metrics" / str(port)
    try:
        metrics.share(folder)
    except OSError as error:
        raise Wrong(
            f"the folder for figures, {folder}, cannot be used ({error.strerror}); "
            f"set {metrics.SHARED} to one that this process may write to"
        ) from error

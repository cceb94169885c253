"""``plumbline serve`` and ``plumbline worker``."""

from __future__ import annotations

import click
from sqlalchemy.exc import SQLAlchemyError

from plumbline.app import create_app
from plumbline.commands.context import Wrong
from plumbline.readiness import checks
from plumbline.serving import PortTaken, Server, check_port, options, start_worker
from plumbline.settings import Settings, from_environment
from plumbline.signing import create_keys
from plumbline.transaction import make_engine
from plumbline.worker import run

NEEDED = ("database", "migrations", "role")


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, envvar="PORT", show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), help="Web processes; by default 1 on SQLite, 2 else.")
@click.option("--with-worker/--without-worker", default=True, help="Start a worker beside (the default).")
def serve(host: str, port: int, workers: int | None, with_worker: bool) -> None:
    """Serve pages and API, with a worker process beside them."""
    settings = from_environment()
    check_start(settings)
    try:
        check_port(host, port)
    except PortTaken as error:
        raise Wrong(str(error)) from error
    create_keys(settings.key_folder)
    worker = start_worker() if with_worker else None
    click.echo(f"Plumbline serves on http://{host}:{port} (Ctrl-C ends it)")
    try:
        Server(lambda: create_app(settings), options(settings, host, port, workers)).run()
    finally:
        if worker is not None:
            worker.terminate()
            worker.wait(timeout=30)


@click.command("worker")
@click.option("--ends-with-parent", is_flag=True, help="Stop when the process that started this one is gone.")
def work(ends_with_parent: bool) -> None:
    """Run jobs and recurring duties until told to stop."""
    settings = from_environment()
    check_start(settings)
    create_keys(settings.key_folder)
    run(settings, ends_with_parent=ends_with_parent)


def check_start(settings: Settings) -> None:
    """Refuse to start on a database that is away, not migrated, or reached with too many rights."""
    engine = make_engine(settings)
    try:
        faults = [f"{c.name}: {c.fault}" for c in checks(settings, engine) if c.fault and c.name in NEEDED]
    except SQLAlchemyError as error:
        faults = [f"database: {str(error).splitlines()[0]}"]
    finally:
        engine.dispose()
    if faults:
        raise Wrong("; ".join(faults))

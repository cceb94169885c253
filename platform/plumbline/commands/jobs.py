"""``plumbline jobs``: what was given up, and running it again."""

from __future__ import annotations

import uuid

import click

from assessments.outbox import JobKind
from assessments.parties import SYSTEM
from assessments.workflow import Refused
from plumbline.commands.context import Wrong, platform_session
from plumbline.jobs import claims
from plumbline.jobs.desk import now
from plumbline.jobs.reruns import given_up, run_again, run_kind_again

SHOWN = 100


@click.group("jobs")
def jobs_group() -> None:
    """Jobs in the background: what waits, what was given up."""


@jobs_group.command("list")
def show() -> None:
    """Count what waits, and list what was given up with its last error."""
    with platform_session() as (_settings, session):
        found = claims.outlook(session, at=now(session))
        for job in given_up(session, most=SHOWN):
            click.echo(f"{job.id} {job.kind.value:<18} {job.attempts} tries: {job.last_error or ''}")
    if found.dead > SHOWN:
        click.echo(f"… and {found.dead - SHOWN} more.")
    click.echo(f"{found.due} due and waiting, {found.leased} at work, {found.dead} given up.")


@jobs_group.command("retry")
@click.argument("job", required=False)
@click.option("--kind", type=click.Choice([k.value for k in JobKind]), help="Every given-up job of a kind.")
def retry(job: str | None, kind: str | None) -> None:
    """Give JOB (an id of `plumbline jobs list`), or every given-up job of a kind, all its tries again."""
    if (job is None) == (kind is None):
        raise Wrong("name one JOB by its id, or --kind")
    with platform_session() as (_settings, session):
        at = now(session)
        try:
            if kind is not None:
                again = run_kind_again(session, JobKind(kind), by=SYSTEM, at=at)
                click.echo(f"{again} of {kind} run again.")
            else:
                done = run_again(session, uuid.UUID(job), by=SYSTEM, at=at)
                click.echo(f"{done.value} {job} runs again.")
        except ValueError:
            raise Wrong(f"{job!r} is not an id") from None
        except Refused as error:
            raise Wrong(f"{error.message} {error.remedy}") from error

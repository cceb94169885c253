"""``plumbline audit verify``: recompute the whole audit trail and name the first seal that does not hold."""

from __future__ import annotations

import sys

import click
from sqlalchemy.exc import SQLAlchemyError

from assessments.audit.tampering import Anchor, verify
from plumbline.commands.context import Wrong, application, check_database
from plumbline.extensions import db
from plumbline.signing import KeyPurpose, KeyTrouble, public_keys
from plumbline.transaction import SYSTEM_TENANT, only_reading, tenant_session

SHOWN = 50


@click.group("audit")
def audit_group() -> None:
    """The audit trail."""


@audit_group.command("verify")
@click.option(
    "--anchor",
    metavar="NUMBER:HASH",
    help="A seal noted elsewhere (the worker logs each); without it a trail cut off at its end looks whole.",
)
def verify_trail(anchor: str | None) -> None:
    """Check every row, root, link and signature. Exit code 1 names what was changed, removed or reordered."""
    noted = _anchor(anchor)
    settings, app = application()
    check_database(settings)
    try:
        keys = public_keys(settings.key_folder, KeyPurpose.SEAL) if settings.key_folder.is_dir() else {}
    except KeyTrouble as error:
        raise Wrong(str(error)) from error
    only_reading(True)
    try:
        with app.app_context(), tenant_session(db.engine, SYSTEM_TENANT) as session:
            found = verify(session, keys, anchor=noted)
    except SQLAlchemyError as error:
        raise Wrong(f"the database cannot be read: {str(error).splitlines()[0]}") from error
    finally:
        only_reading(False)
    for fault in found.faults[:SHOWN]:
        click.echo(fault.message, err=True)
    if len(found.faults) > SHOWN:
        click.echo(f"… and {len(found.faults) - SHOWN} more.", err=True)
    click.echo(f"{found.seals} seals over {found.rows} rows, {found.unsealed} not sealed yet.")
    if found.head is not None:
        click.echo(f"Last seal {found.head.number}:{found.head.hash}")
    if not found.intact:
        first = found.first_bad_seal
        where = f"seal {first}" if first is not None else "a row that no seal holds"
        click.echo(f"plumbline: the trail was tampered with, first at {where}", err=True)
        sys.exit(1)
    click.echo("Nothing was changed, removed or reordered." if noted else "Every seal and row holds.")


def _anchor(told: str | None) -> Anchor | None:
    if told is None:
        return None
    number, _, digest = told.partition(":")
    if not number.isdecimal() or len(digest) != 64:
        raise Wrong("--anchor: write NUMBER:HASH as the worker logged it, with 64 hex digits")
    return Anchor(int(number), digest.lower())

"""``plumbline demo``: fill an empty database with the demo world, and print a sign-in per role."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.authoring.versions import publish_version
from assessments.parties import SYSTEM, Organization
from assessments.questionnaire.pack.loading import load_pack
from plumbline.commands.context import Wrong, platform_session
from plumbline.documents import open_store
from plumbline.seeds.firms import SUPPLIERS
from plumbline.seeds.people import SignIn
from plumbline.seeds.world import World
from plumbline.settings import Settings
from plumbline.signing import KeyPurpose, create_keys, signing_key

LOGINS = "demo-logins.json"


@click.command("demo")
def demo() -> None:
    """Make the demo world in an empty database; in a filled one only print the sign-ins."""
    with platform_session() as (settings, session):
        file = Path(os.environ.get("PLUMBLINE_VAR", "var")) / LOGINS
        if session.scalars(select(Organization.id).limit(1)).first() is not None:
            sign_ins = read(session, file)
        else:
            sign_ins = make(settings, session)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps([asdict(each) for each in sign_ins], indent=1) + "\n")
            file.chmod(0o600)
        show(sign_ins, settings.public_url, file)


def make(settings: Settings, session: Session) -> list[SignIn]:
    """Make the world, saying how far it is."""
    began = datetime.now(UTC)
    click.echo("Making the demo world; this takes about a minute.")
    create_keys(settings.key_folder)
    version = publish_version(session, load_pack("standard"), by=SYSTEM, at=began)
    world = World(
        session, version, store=open_store(settings),
        signer=signing_key(settings.key_folder, KeyPurpose.RESULT), memory_kib=settings.argon2_memory_kib,
        now=began, say=lambda word: click.echo(f"  {word}"),
    )  # fmt: skip
    sign_ins = world.make()
    click.echo(f"  done in {(datetime.now(UTC) - began).seconds} s")
    return sign_ins


def read(session: Session, file: Path) -> list[SignIn]:
    """Read the sign-ins of a world made before; say what to do when it is half made or not a demo."""
    made = session.query(Organization).count()
    try:
        sign_ins = [SignIn(**each) for each in json.loads(file.read_text())]
    except (OSError, ValueError, TypeError) as error:
        hint = "an interrupted demo" if made < len(SUPPLIERS) else "other data"
        raise Wrong(
            f"the database holds {hint} and {file} is not there; "
            f"remove the folder {file.parent} and start again"
        ) from error
    return sign_ins


def show(sign_ins: list[SignIn], address: str, file: Path) -> None:
    """Print the address and one sign-in per line."""
    click.echo(f"\nDemo sign-ins for {address}/sign-in (also in {file})\n")
    for each in sign_ins:
        click.echo(f"  {each.role:<22} {each.email:<36} {each.password:<18} {each.organization}")
    click.echo("")

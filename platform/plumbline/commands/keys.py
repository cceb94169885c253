"""``plumbline keys``: the signing keys of an installation, made once and kept."""

from __future__ import annotations

import click
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from assessments.audit.events import AuditSeal
from plumbline.commands.context import Wrong
from plumbline.settings import Settings, from_environment
from plumbline.signing import KeyPurpose, KeyTrouble, create_keys, private_file, public_keys, signing_key
from plumbline.transaction import SYSTEM_TENANT, make_engine, only_reading, tenant_session


@click.group("keys")
def keys_group() -> None:
    """The keys that sign results and audit seals."""


@keys_group.command("create")
def create() -> None:
    """Make the keys that are not there yet. Back up their folder: nothing can make the same ones again."""
    settings = from_environment()
    try:
        made = {key.purpose for key in create_keys(settings.key_folder)}
        for purpose in KeyPurpose:
            key = signing_key(settings.key_folder, purpose)
            click.echo(f"{purpose.value:<7} {key.key_id} {'made' if purpose in made else 'was there'}")
    except KeyTrouble as error:
        raise Wrong(f"keys: {error}") from error
    click.echo(f"They lie in {settings.key_folder}; every server and worker needs the same ones.")


@keys_group.command("list")
def show() -> None:
    """List every key by its id, those of earlier times included."""
    folder = from_environment().key_folder
    try:
        for purpose in KeyPurpose:
            present = signing_key(folder, purpose).key_id
            for key_id in public_keys(folder, purpose):
                click.echo(f"{purpose.value:<7} {key_id} {'signs' if key_id == present else 'signed before'}")
    except KeyTrouble as error:
        raise Wrong(f"keys: {error}") from error


def prepare_keys(settings: Settings) -> None:
    """Make the keys of a new installation; Wrong where an older one has lost its own.

    New keys there would be a second hand: what the lost ones signed could not be checked any more.
    """
    try:
        if all(private_file(settings.key_folder, purpose).exists() for purpose in KeyPurpose):
            for purpose in KeyPurpose:
                signing_key(settings.key_folder, purpose)
        elif _was_sealed(settings):
            raise Wrong(
                f"keys: one is missing in {settings.key_folder}, and this audit trail was sealed before; put "
                "the folder back from its backup, or, if it is lost for good, run: plumbline keys create"
            )
        create_keys(settings.key_folder)
    except KeyTrouble as error:
        raise Wrong(f"keys: {error}") from error


def _was_sealed(settings: Settings) -> bool:
    engine = make_engine(settings)
    only_reading(True)
    try:
        with tenant_session(engine, SYSTEM_TENANT) as session:
            return session.scalars(select(AuditSeal.number).limit(1)).first() is not None
    except SQLAlchemyError as error:
        raise Wrong(f"the database cannot be read: {str(error).splitlines()[0]}") from error
    finally:
        only_reading(False)
        engine.dispose()

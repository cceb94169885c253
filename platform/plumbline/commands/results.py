"""``plumbline result verify``: check a result file with public keys that came from elsewhere, offline."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from assessments.publishing.files import LARGEST_FILE, verify_file
from assessments.result import NoResultFile, NotAuthentic
from plumbline.commands.context import Wrong
from plumbline.settings import from_environment
from plumbline.signing import KeyPurpose, KeyTrouble, keys_from_well_known, public_keys


@click.group("result")
def result_group() -> None:
    """Results."""


@result_group.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--keys",
    "keys_file",
    type=click.Path(path_type=Path),
    help="Public keys as served under /.well-known/plumbline-keys.json; without it, this installation's own.",
)
def verify(file: Path, keys_file: Path | None) -> None:
    """Check digest and signature of FILE; needs no network and no database.

    Exit code 0: both hold. 1: one does not, and the line says which. 2: something cannot be read.
    """
    keys = _keys(keys_file)
    data = _read(file)
    try:
        found = verify_file(data, keys)
    except NoResultFile as error:
        raise Wrong(f"{file}: this is no result file. {error}") from error
    except NotAuthentic as error:
        click.echo(f"plumbline: {file.name} is not what was signed. {error}", err=True)
        sys.exit(1)
    kind = "the result" if found.whole else "a buyer's part of the result"
    click.echo(f"Digest and signature hold: {kind} {found.result_id}, signed with key {found.key_id}.")
    click.echo(f"SHA-256 {found.sha256}")
    if found.content.get("label"):
        click.echo(f"It says of itself: {found.content['label']}.")


def _keys(file: Path | None) -> Mapping[str, Ed25519PublicKey]:
    try:
        if file is None:
            folder = from_environment().key_folder
            keys = public_keys(folder, KeyPurpose.RESULT) if folder.is_dir() else {}
        else:
            keys = keys_from_well_known(json.loads(_read(file)), KeyPurpose.RESULT)
    except KeyTrouble as error:
        raise Wrong(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise Wrong(f"{file}: this is not a list of public keys: {error}") from error
    if not keys:
        raise Wrong(
            "there is no public result key here; give --keys FILE from /.well-known/plumbline-keys.json"
        )
    return keys


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise Wrong(f"{file}: this is larger than any result file")
        return file.read_bytes()
    except OSError as error:
        raise Wrong(f"{file}: {error.strerror}") from error

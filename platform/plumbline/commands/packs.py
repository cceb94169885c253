"""Packs as commands name them: one that ships, a folder, or a version published in the database."""

from __future__ import annotations

from pathlib import Path

import click

from assessments.authoring.versions import questionnaire_in, version_of
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.loading import PACKS, PackRefused, read_pack
from plumbline.commands.context import Wrong, platform_session

STANDARD = "standard"
PACK = click.argument("pack", default=STANDARD)


def pack_folder(pack: str) -> Path:
    """The folder of a pack that ships, by its name, or of any other. Raises Wrong where there is none."""
    shipped = PACKS / pack
    if pack.isidentifier() and shipped.is_dir():
        return shipped
    folder = Path(pack)
    if not folder.is_dir():
        names = ", ".join(sorted(each.name for each in PACKS.iterdir() if each.is_dir()))
        raise Wrong(f"{pack}: no such pack and no such folder; packs that ship: {names}")
    return folder


def read_whole(folder: Path) -> Questionnaire:
    """The questionnaire of a pack without faults. Raises Wrong with the first fault and their number."""
    try:
        return read_pack(folder)
    except PackRefused as refused:
        first = refused.problems[0]
        raise Wrong(f"{first} ({len(refused.problems)} in all: plumbline questionnaire check)") from refused


def read_named(name: str) -> Questionnaire:
    """A questionnaire by pack name, folder, or ``slug@version`` of the database. Raises Wrong."""
    slug, at, version = name.partition("@")
    if not at or Path(name).is_dir():
        return read_whole(pack_folder(name))
    with platform_session() as (_settings, session):
        row = version_of(session, slug, version)
        if row is None:
            raise Wrong(f"{name}: no version {version} of {slug} is published here")
        return questionnaire_in(row)

"""``plumbline questionnaire diff``: what differs between versions, what is said of it, whom it reaches."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from assessments.questionnaire.asking.preview import decide
from assessments.questionnaire.asking.profiles import BadProfile, Profile, read_profiles
from assessments.questionnaire.pack.loading import PACKS
from assessments.questionnaire.pack.reading import Report
from assessments.questionnaire.versions.diff import Diff, diff
from assessments.questionnaire.versions.diff_text import diff_data, diff_lines
from plumbline.commands.context import Wrong
from plumbline.commands.packs import read_named


@click.command("diff")
@click.argument("before")
@click.argument("after")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def diff_versions(before: str, after: str, as_json: bool) -> None:
    """Say what differs from version BEFORE to version AFTER, and what becomes of answers.

    Each is the name of a pack that ships, a folder with a pack.yaml, or SLUG@VERSION of the database. Exit
    code 2 when something that differs is not told, or told as something else.
    """
    one, other = read_named(before), read_named(after)
    if one.slug != other.slug:
        raise Wrong(f"{before} is {one.slug} and {after} is {other.slug}; name two versions of one pack")
    found = diff(one, other)
    reached = _reached(found, _examples(after, other.slug))
    if as_json:
        click.echo(json.dumps({**diff_data(found), "examples": reached}, ensure_ascii=False, indent=2))
    else:
        for line in diff_lines(found):
            click.echo(line)
        _tell_reached(reached)
        for problem in found.problems:
            click.echo(str(problem), err=True)
    if found.problems:
        sys.exit(2)


def _examples(named: str, slug: str) -> Sequence[Profile]:
    """The example suppliers of a folder; of a published version those of the pack that ships."""
    folder = Path(named) if Path(named).is_dir() else PACKS / slug
    return read_profiles(folder, Report()) if folder.is_dir() else ()


def _reached(found: Diff, examples: Sequence[Profile]) -> list[dict[str, Any]]:
    """Who of the example suppliers is asked something else now, by a rule or because a question is new."""
    reached = []
    for example in examples:
        try:
            was, now = (decide(version, example).asked for version in (found.before, found.after))
        except BadProfile:  # it states a fact that one of the two versions does not know
            continue
        more, fewer = [key for key in now if key not in was], [key for key in was if key not in now]
        if more or fewer:
            reached.append({"name": example.name, "now_asked": more, "no_longer_asked": fewer})
    return reached


def _tell_reached(reached: list[dict[str, Any]]) -> None:
    if reached:
        click.echo("\nExample suppliers:")
    for one in reached:
        told = [
            f"{words} {', '.join(one[name])}"
            for name, words in (("now_asked", "now asked"), ("no_longer_asked", "no longer asked"))
            if one[name]
        ]
        click.echo(f"    {one['name']}: {'; '.join(told)}")

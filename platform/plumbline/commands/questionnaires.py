"""``plumbline questionnaire``: check a pack, publish it, see whom it asks what, and what it covers."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime

import click

from assessments.parties import SYSTEM
from assessments.questionnaire.checking import check_pack, elements
from assessments.questionnaire.diff import diff
from assessments.questionnaire.preview import preview
from assessments.questionnaire.profiles import read_profiles
from assessments.questionnaire.reading import Report
from assessments.versions import publish_version
from assessments.workflow import Refused
from plumbline.commands.context import Wrong, platform_session
from plumbline.commands.packs import PACK, pack_folder, read_named, read_whole


@click.group("questionnaire")
def questionnaire_group() -> None:
    """Questionnaires. PACK is the name of one that ships with the product, or a folder with a pack.yaml."""


@questionnaire_group.command("check")
@PACK
@click.option("--since", help="An earlier version (pack, folder or slug@version) whose changes must be told.")
def check(pack: str, since: str | None) -> None:
    """Name every fault of PACK with its file, its place and what to do. Exit code 2 when there is one."""
    folder = pack_folder(pack)
    problems = check_pack(folder)
    if since is not None and not problems:
        problems = list(diff(read_named(since), read_whole(folder)).problems)
    for problem in problems:
        click.echo(str(problem), err=True)
    if problems:
        sys.exit(2)
    questionnaire = read_whole(folder)
    click.echo(
        f"{questionnaire.slug} {questionnaire.version}: {len(questionnaire.questions)} questions in "
        f"{len(questionnaire.topics)} topics, nothing wrong. SHA-256 {questionnaire.digest}"
    )


@questionnaire_group.command("publish")
@PACK
def publish(pack: str) -> None:
    """Store PACK as a published version, which never changes again; the same twice does no harm."""
    folder = pack_folder(pack)
    problems = check_pack(folder)
    if problems:
        raise Wrong(f"{problems[0]} ({len(problems)} in all: plumbline questionnaire check {pack})")
    questionnaire = read_whole(folder)
    with platform_session() as (_settings, session):
        try:
            row = publish_version(session, questionnaire, by=SYSTEM, at=datetime.now(UTC))
        except Refused as refused:
            raise Wrong(f"{refused.message} {refused.remedy}") from refused
        click.echo(f"{row.slug} {row.version} is published since {row.published_at:%Y-%m-%d}: {row.id}")


@questionnaire_group.command("preview")
@PACK
@click.option("--profile", help="One example supplier by name; without it all of them, in short.")
def show(pack: str, profile: str | None) -> None:
    """Say what the example suppliers of PACK are asked, and why."""
    folder = pack_folder(pack)
    questionnaire = read_whole(folder)
    report = Report()
    examples = {example.name: example for example in read_profiles(folder, report)}
    if report.problems:
        raise Wrong(str(report.problems[0]))
    if profile is None:
        for name, example in examples.items():
            seen = preview(questionnaire, example)
            sections = ", ".join(f"{section} {count}" for section, count in seen.by_section.items())
            click.echo(f"{name}: {len(seen.asked)} asked ({sections}), {len(seen.not_asked)} not")
        return
    if profile not in examples:
        raise Wrong(f"--profile: there is no {profile!r}; use one of {', '.join(examples) or 'none'}")
    seen = preview(questionnaire, examples[profile])
    for line in seen.asked:
        click.echo(f"{line.key}  {line.text}\n        {line.reason}")
    click.echo("")
    for line in seen.not_asked:
        click.echo(f"{line.key}  not asked. {line.reason}")


@questionnaire_group.command("coverage")
@PACK
def coverage(pack: str) -> None:
    """Count, for each standard, the elements that a question of PACK maps to."""
    questionnaire = read_whole(pack_folder(pack))
    known = Counter(element.split(".", 1)[0] for element in elements())
    mapped = {element for question in questionnaire.questions for element in question.mappings}
    mapped |= {point for question in questionnaire.questions for point in question.vsme}
    covered = Counter(element.split(".", 1)[0] for element in mapped & elements().keys())
    width = max(map(len, known))
    for standard in sorted(known):
        click.echo(f"{standard:<{width}}  {covered[standard]:>4} of {known[standard]:>4}")

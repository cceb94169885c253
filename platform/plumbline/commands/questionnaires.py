"""``plumbline questionnaire``: check a pack, publish it, see whom it asks what, and what it covers."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import yaml

from assessments.authoring.versions import publish_version
from assessments.parties import SYSTEM
from assessments.questionnaire.asking.by_step import sections_of, topics_of, tracks_for, without_step
from assessments.questionnaire.asking.preview import Preview, preview
from assessments.questionnaire.asking.profiles import BadProfile, Profile, profile_of, read_profiles
from assessments.questionnaire.certificates import CertificateKind
from assessments.questionnaire.languages.translation import coverage as translated
from assessments.questionnaire.model import Questionnaire, Track
from assessments.questionnaire.pack.checking import check_pack
from assessments.questionnaire.pack.loading import PROFILES
from assessments.questionnaire.pack.reading import Report
from assessments.questionnaire.standards import Coverage, matrix
from assessments.questionnaire.versions.diff import diff
from assessments.sentences import counted
from assessments.workflow import Refused
from plumbline.commands.context import Wrong, platform_session
from plumbline.commands.packs import PACK, pack_folder, read_named, read_whole

AS_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")
LARGEST_PROFILE = 1_000_000


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
        f"{questionnaire.slug} {questionnaire.version}: "
        f"{counted(len(questionnaire.questions), 'question')} in "
        f"{counted(len(questionnaire.topics), 'topic')}, nothing wrong. SHA-256 {questionnaire.digest}"
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
@click.option("--profile", help="An example supplier: its file (YAML or JSON) or its name; without it all.")
@AS_JSON
def show(pack: str, profile: str | None, as_json: bool) -> None:
    """Say what an example supplier would be asked of PACK and what not, each with its reason."""
    folder = pack_folder(pack)
    questionnaire = read_whole(folder)
    if profile is None:
        _show_all(questionnaire, examples_in(folder), as_json)
        return
    try:
        seen = preview(questionnaire, named_profile(folder, profile))
    except BadProfile as bad:
        raise Wrong(f"{profile}: {bad}") from bad
    if as_json:
        steps = _previewed(questionnaire, seen)
        said = {"profile": seen.profile, "by_section": seen.by_section, "steps": steps}
        lines = {"asked": seen.asked, "not_asked": seen.not_asked}
        listed = {name: [asdict(line) for line in found] for name, found in lines.items()}
        click.echo(json.dumps(said | listed, ensure_ascii=False, indent=2))
        return
    for line in seen.asked:
        click.echo(f"{line.key}  {line.text}\n        {line.reason}")
    click.echo("")
    for line in seen.not_asked:
        click.echo(f"{line.key}  not asked. {line.reason}")


def _previewed(questionnaire: Questionnaire, seen: Preview) -> dict[str, Any]:
    """By track and step what that supplier is asked, and what not."""
    asked = [line.key for line in seen.asked]
    return {
        track.key: {
            step.key: {
                "title": step.title,
                "asked": [key for key in step.questions if key in asked],
                "not_asked": [key for key in step.questions if key not in asked],
            }
            for step in track.steps
        }
        for track in tracks_for(questionnaire, sections_of(questionnaire, asked))
    }


def _show_all(questionnaire: Questionnaire, examples: Mapping[str, Profile], as_json: bool) -> None:
    """Every example supplier in one line, or as a list."""
    seen = {name: preview(questionnaire, example) for name, example in examples.items()}
    if as_json:
        profiles = [
            {
                "name": name,
                "title": one.profile,
                "asked": len(one.asked),
                "not_asked": len(one.not_asked),
                "by_section": one.by_section,
            }
            for name, one in seen.items()
        ]
        click.echo(json.dumps({"profiles": profiles}, ensure_ascii=False, indent=2))
        return
    for one in seen.values():
        sections = ", ".join(f"{section} {count}" for section, count in one.by_section.items())
        click.echo(f"{one.profile}: {len(one.asked)} asked ({sections}), {len(one.not_asked)} not")


def examples_in(folder: Path) -> dict[str, Profile]:
    """The example suppliers of a pack by the name of their file. Raises Wrong with the first fault."""
    report = Report()
    found = read_profiles(folder, report)
    if report.problems:
        raise Wrong(str(report.problems[0]))
    stems = sorted(path.stem for path in (folder / PROFILES).glob("*.yaml"))
    return dict(zip(stems, found, strict=True))


def named_profile(folder: Path, wanted: str) -> Profile:
    """The example supplier of that file, or of that name in the pack. Raises Wrong or BadProfile."""
    path = Path(wanted)
    if path.is_file():
        return profile_of(_data_in(path), path.stem)
    examples = examples_in(folder)
    by_title = {example.name: example for example in examples.values()}
    found = examples.get(wanted) or by_title.get(wanted)
    if found is None:
        raise Wrong(f"--profile: {wanted!r} is no file and no example; use {', '.join(examples) or 'a file'}")
    return found


def _data_in(path: Path) -> Any:
    """The data of a YAML or JSON file, its numbers exact. Raises Wrong with one sentence."""
    try:
        if path.stat().st_size > LARGEST_PROFILE:
            raise Wrong(f"{path}: is larger than 1 MB; a profile is one page")
        return _exact(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise Wrong(f"{path}: is not YAML or JSON: {str(error).splitlines()[0]}") from error


def _exact(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _exact(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_exact(inner) for inner in value]
    return Decimal(repr(value)) if isinstance(value, float) else value


@questionnaire_group.command("coverage")
@PACK
@AS_JSON
def coverage(pack: str, as_json: bool) -> None:
    """Say which elements of each standard a question of PACK touches, and how far each language has come."""
    folder = pack_folder(pack)
    questionnaire = read_whole(folder)
    languages = translated(questionnaire, folder)
    rows = matrix(questionnaire)
    if as_json:
        said = {
            "questions": len(questionnaire.questions),
            "topics": len(questionnaire.topics),
            "languages": languages,
            "standards": {row.standard.key: _covered(row) for row in rows},
            "certificates": {one.key: _recognised(one) for one in questionnaire.certificate_kinds},
            "steps": {track.key: _stepped(questionnaire, track) for track in questionnaire.tracks},
            "without_step": list(without_step(questionnaire)),
        }
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    width = max(len(row.standard.key) for row in rows)
    for row in rows:
        more = f", {len(row.headings)} more are headings whose parts have one" if row.headings else ""
        said_of = f"{len(row.covered):>4} of {len(row.rows):>4} elements have a question{more}"
        click.echo(f"{row.standard.key:<{width}}  {said_of}")
    for track in questionnaire.tracks:
        click.echo(f"{track.key:<{width}}  {len(track.questions):>4} questions in {len(track.steps)} steps")
    if questionnaire.tracks:
        click.echo(f"{'':<{width}}  {len(without_step(questionnaire)):>4} questions in no step")
    for one in questionnaire.certificate_kinds:
        offers = len({offer.question for offer in one.offers})
        click.echo(
            f"{one.key:<{width}}  {len(one.touches):>4} questions covered, answers offered to {offers}"
        )
    for language, share in languages.items():
        click.echo(f"{language:<{width}}  {share:.2%} of the texts")


def _stepped(questionnaire: Questionnaire, track: Track) -> dict[str, Any]:
    return {
        "title": track.title,
        "standard": track.standard,
        "section": track.section,
        "steps": [
            {
                "key": step.key,
                "title": step.title,
                "elements": list(step.elements),
                "questions": list(step.questions),
                "topics": [topic.key for topic in topics_of(step, questionnaire)],
            }
            for step in track.steps
        ],
    }


def _recognised(kind: CertificateKind) -> dict[str, Any]:
    return {
        "label": kind.label,
        "topics": list(kind.topics),
        "questions": dict(kind.touches),
        "offers": sorted({offer.question for offer in kind.offers}),
    }


def _covered(row: Coverage) -> dict[str, Any]:
    return {
        "title": row.standard.title,
        "edition": row.standard.edition,
        "elements": len(row.rows),
        "covered": list(row.covered),
        "uncovered": list(row.uncovered),
        "headings": list(row.headings),
        "questions": {
            one.element.key: {touch.question.key: touch.strength.value for touch in one.touches}
            for one in row.rows
            if one.covered
        },
    }

"""``plumbline questionnaire import`` and ``export``: others' questionnaires to a draft, and ours to them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click
import orjson

from assessments.questionnaire.formats.column_mapping import SUFFIX, ColumnMapping, mapping_from
from assessments.questionnaire.formats.draft import DraftRefused, Fate
from assessments.questionnaire.formats.files import Format, Reading, Sent, read_sent, write_draft
from assessments.questionnaire.formats.of_questionnaire import draft_of
from assessments.questionnaire.formats.pack_folder import write_pack
from assessments.questionnaire.formats.sheets import LARGEST_FILE
from assessments.questionnaire.languages.translation import in_language, read_translation, told
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.reading import Report as Faults
from assessments.questionnaire.pack.reading import read_yaml
from plumbline.commands.context import Wrong
from plumbline.commands.packs import PACK, pack_folder, read_named

_MOST_SHOWN = 200
_FORMATS = [each.value for each in Format]


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), help="What FILE is, if its content does not say."
)
@click.option("--dry-run", is_flag=True, help="Say what would become of FILE, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Say it as JSON.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="The folder of the draft pack; must not exist yet."
)
@click.option("--mapping", type=click.Path(path_type=Path), help="Which columns of a spreadsheet mean what.")
def import_questionnaire(
    file: Path, form: str | None, dry_run: bool, as_json: bool, out: Path | None, mapping: Path | None
) -> None:
    """Read FILE to a draft pack, and report by sheet, row and column what was understood, changed, refused.

    FILE is an XLSForm (.xlsx, or survey.csv with choices.csv beside it, or the folder of both), a SurveyJS
    form or an OSCAL catalog (1.0 to 1.2) as JSON, or any spreadsheet with a question in each row. Nothing is
    published: the draft is a folder of YAML that a person finishes. Exit code 2 when FILE cannot be read.

    The columns of a spreadsheet are taken by --mapping, or by FILE.mapping.yaml beside it, or guessed from
    their headers; how they were taken is written to FILE.mapping.yaml, to be mended and used again.

    In the JSON: "questions" counts what somebody answers (no notes, groups or calculations); "by_kind" counts
    them by our kind, or by the file's own type where no kind of ours holds it; a table with fixed rows is one
    question; "groups" counts pages too; "max_depth" is 0 without groups; "choices" counts those of all lists;
    "rules" are conditions under which something is asked; "constraints" are rules on values; "required"
    counts what must be answered in every case; texts without a language have the language "default".
    """
    reading = _read(file, form, mapping)
    if as_json:
        click.echo(orjson.dumps(reading.summary(), option=orjson.OPT_INDENT_2))
    elif reading.refused is None:
        _tell(reading)
    if reading.refused is not None:
        if as_json:
            sys.exit(2)
        raise Wrong(f"{file.name}: {reading.refused}")
    if not dry_run:
        folder = _write(reading, out)
        _remember(file, reading.mapping, as_json)
        click.echo(f"Draft pack: {folder}. Next: plumbline questionnaire check {folder}", err=as_json)


def _read(file: Path, form: str | None, mapping: Path | None) -> Reading:
    wanted = Format(form) if form else None
    try:
        sent = _sent(file)
        if sent is None:
            return Reading(wanted, refused=f"{file} is larger than {LARGEST_FILE // 1024 // 1024} MB.")
        return read_sent(sent, wanted, _mapping(file, wanted, mapping))
    except OSError as error:
        return Reading(wanted, refused=f"{error.filename or file} cannot be read: {error.strerror or error}.")
    except DraftRefused as refused:
        return Reading(wanted, refused=str(refused))


def _mapping(file: Path, wanted: Format | None, told: Path | None) -> ColumnMapping | None:
    beside = file.with_name(file.name + SUFFIX)
    if told is None and (wanted not in (None, Format.SPREADSHEET) or not beside.is_file()):
        return None
    path = told or beside
    faults = Faults()
    tree = read_yaml(path, path.name, faults)
    if faults.problems:
        raise DraftRefused(f"The mapping file cannot be read. {faults.problems[0]}.")
    return mapping_from(tree)


def _remember(file: Path, mapping: ColumnMapping | None, quiet: bool) -> None:
    if mapping is not None:
        beside = file.with_name(file.name + SUFFIX)
        beside.write_text(mapping.yaml(), encoding="utf-8")
        click.echo(f"How its columns were taken: {beside}", err=quiet)


def _sent(file: Path) -> Sent | None:
    """The file with the text files beside it; None when it is too large to be looked at."""
    if file.is_dir():
        texts = sorted(file.glob("*.csv"))
        file = next((each for each in texts if "survey" in each.name.lower()), file / "survey.csv")
    if file.stat().st_size > LARGEST_FILE:
        return None
    raw = file.read_bytes()
    beside = {}
    if file.suffix.lower() == ".csv":
        for each in sorted(file.parent.glob("*.csv"))[:50]:
            if each != file and re.search("survey|choices|settings", each.name.lower()):
                beside[each.name] = each.read_bytes() if each.stat().st_size <= LARGEST_FILE else b""
    return Sent(file.name, raw, beside)


def _tell(reading: Reading) -> None:
    summary = reading.summary()
    kinds = ", ".join(f"{count} {kind}" for kind, count in summary["by_kind"].items())
    click.echo(f"{summary['title']} ({summary['format']}): {summary['questions']} questions ({kinds})")
    click.echo(
        f"{summary['groups']} groups, {summary['repeats']} repeats, at most {summary['max_depth']} deep; "
        f"{summary['choice_lists']} lists ({summary['choice_lists_used']} used), {summary['choices']} choices"
    )
    click.echo(
        f"{summary['rules']} rules ({summary['rules_translated']} translated), {summary['constraints']} "
        f"constraints, {summary['required']} required; languages: {', '.join(summary['languages'])}"
    )
    for fate, word in ((Fate.CHANGED, "changed"), (Fate.REFUSED, "not representable")):
        remarks = reading.report.of(fate)
        for remark in remarks[:_MOST_SHOWN]:
            row = f"row {remark.row}" if remark.row else ""
            place = ", ".join(each for each in (remark.sheet, row, remark.column) if each)
            click.echo(f"  {word}: {place}: {remark.text}")
        if len(remarks) > _MOST_SHOWN:
            click.echo(f"  {word}: {len(remarks) - _MOST_SHOWN} more (--json lists them)")


def _write(reading: Reading, out: Path | None) -> Path:
    assert reading.draft is not None  # noqa: S101  not refused
    slug = re.sub(r"[^a-z0-9_]+", "_", reading.draft.name.casefold()).strip("_") or "draft"
    folder = out or Path(slug)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Wrong(f"{folder} is there already; name another folder with --out")
    for name, text in write_pack(reading.draft, folder.resolve().name).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@click.command("export")
@PACK
@click.option("--format", "form", type=click.Choice(_FORMATS[:-1]), required=True, help="What to write.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The file to write, or its folder."
)
def export_questionnaire(pack: str, form: str, out: Path) -> None:
    """Write PACK so that others can use it and ``import`` reads it back unchanged, in all its languages.

    PACK is the name of one that ships with the product, a folder with a pack.yaml, or SLUG@VERSION of the
    database. xlsform-csv writes survey.csv, choices.csv and settings.csv into the folder --out. Help with
    evidence, ladders and mappings are no part of these formats.
    """
    questionnaire = read_named(pack)
    others = {
        language: _told(questionnaire, pack, language)
        for language in questionnaire.languages
        if language != questionnaire.language
    }
    try:
        files, report = write_draft(draft_of(questionnaire, others), Format(form))
    except DraftRefused as refused:
        raise Wrong(f"{pack}: {refused}") from refused
    if len(files) > 1 or out.is_dir():
        out.mkdir(parents=True, exist_ok=True)
        written = [out / name for name in files]
    else:
        written = [out]
    for path, raw in zip(written, files.values(), strict=True):
        path.write_bytes(raw)
        click.echo(f"{path}: {len(raw):,} bytes")
    remarks = report.of(Fate.REFUSED)
    for remark in remarks[:_MOST_SHOWN]:
        click.echo(f"  not representable: {remark.text}", err=True)
    if len(remarks) > _MOST_SHOWN:
        click.echo(f"  not representable: {len(remarks) - _MOST_SHOWN} more", err=True)


def _told(questionnaire: Questionnaire, pack: str, language: str) -> Questionnaire:
    if "@" in pack and not Path(pack).is_dir():
        return in_language(questionnaire, language)
    return told(questionnaire, read_translation(pack_folder(pack), language))

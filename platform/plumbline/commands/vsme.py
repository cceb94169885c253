"""``plumbline questionnaire vsme``: an assessment's answers as VSME datapoints."""

from __future__ import annotations

import uuid
from pathlib import Path

import click
import orjson

from assessments.answer_files.vsme_report import given_points, points_csv, points_json
from assessments.questionnaire.formats.vsme import coverage
from assessments.sheet.reading import NoSuchAssessment, read_sheet
from plumbline.commands.context import Wrong, platform_session


@click.command("vsme")
@click.argument("assessment", type=click.UUID)
@click.option("--out", type=click.Path(path_type=Path), help="A .csv or .json file; else CSV to stdout.")
def vsme_points(assessment: uuid.UUID, out: Path | None) -> None:
    """Write the answers of ASSESSMENT as VSME datapoints, and say how many points the questionnaire gives."""
    if out is not None and out.suffix.lower() not in {".csv", ".json"}:
        raise Wrong(f"{out}: name a file that ends in .csv or .json")
    with platform_session() as (_settings, session):
        try:
            sheet = read_sheet(session, assessment)
        except NoSuchAssessment:
            raise Wrong(f"there is no assessment {assessment}") from None
        points = given_points(sheet)
        if out is not None and out.suffix.lower() == ".json":
            raw = orjson.dumps(points_json(sheet, points), option=orjson.OPT_INDENT_2)
        else:
            raw = points_csv(points)
    if out is None:
        click.echo(raw.decode("utf-8-sig"), nl=False)
        return
    try:
        out.write_bytes(raw)
    except OSError as error:
        raise Wrong(f"{out} cannot be written: {error.strerror or error}.") from error
    counted = coverage()
    click.echo(
        f"{out}: {len(points)} values. The questionnaire gives {counted.given} of the {counted.points} "
        f"points of VSME; a filled-in template can fill {counted.filled} of them."
    )

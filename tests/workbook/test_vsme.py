"""VSME: a filled-in template fills empty answers after they were seen; answers become datapoints."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from assessments.assessment import Assessment
from assessments.audit.events import AuditEvent, EventKind
from assessments.parties import Site
from assessments.questionnaire.formats.vsme import cell_at, coverage, datapoints, mapped
from assessments.questionnaire.model import PartKind
from assessments.questionnaire.pack.loading import load_pack
from assessments.sheet.contents import AnswerSheet
from assessments.sheet.reading import read_sheet
from plumbline.cli import cli
from tests.conftest import Stack
from tests.support.cast import NOW
from tests.support.page import Page, Visit
from tests.workbook.conftest import opened_book, saved_book
from tests.workbook.template import FILLED, template
from tests.workbook.test_pages import sheet_of
from tests.workbook.uploads import base, fields_of, saved, take

PACK = load_pack("standard")


def cells_of(what: Any) -> list[str]:
    """Every cell that a line of the map names."""
    if isinstance(what, str):
        return [what] if "-" in what[:5] and "." in what else []
    if isinstance(what, dict):
        return [cell for value in what.values() for cell in cells_of(value)]
    return [cell for value in what for cell in cells_of(value)] if isinstance(what, list) else []


@pytest.mark.parametrize("line", mapped(), ids=lambda line: line.point)
def test_every_line_of_the_map_names_a_point_and_cells_that_there_are(line: Any) -> None:
    assert line.concept in {point.concept for point in datapoints()}
    named = [line.cell, line.currency, line.given, *map(cell_at, cells_of(line.what))]
    for at in filter(None, named):
        question = PACK.question(at.question)
        part = question.part(at.part)
        if part.kind is PartKind.TABLE and at.column:
            assert at.row in part.rows, at
        at.shape(question)
    if isinstance(line.fill, dict):
        assert set(line.fill.values()) <= set(line.cell.shape(PACK.question(line.cell.question)).options)


def test_how_much_of_the_standard_is_covered_is_counted_from_the_map() -> None:
    counted = coverage()
    assert counted.points == len({point.concept for point in datapoints()}) == 143
    assert 60 <= counted.given < counted.points
    assert 0 < counted.filled < counted.given


def send(visit: Visit, assessment: Assessment, raw: bytes) -> Page:
    sent = {"vsme": (io.BytesIO(raw), "vsme.xlsx")}
    return visit.post(f"{base(assessment)}/workbook/vsme", sent, content_type="multipart/form-data")


def of_one_site(stack: Stack, assessment: Assessment) -> AnswerSheet:
    """The sheet, the company's other sites closed."""
    stack.session.rollback()
    for site in stack.session.scalars(select(Site).where(Site.id != assessment.site_id)):
        if site.organization_id == assessment.organization_id:
            site.closed_at = NOW
    stack.session.commit()
    return read_sheet(stack.session, assessment.id)


def test_a_template_fills_what_is_empty_once_it_was_seen(stack: Stack, smelter_on_both: Assessment) -> None:
    visit = stack.visit(stack.cast.petr)
    of_one_site(stack, smelter_on_both)
    saved(stack, visit, smelter_on_both, "ENV-07", {"tonnes": {"value": "9", "year": 2024, "basis": None}})
    page = send(visit, smelter_on_both, template())
    assert page.status == 200
    fields = fields_of(page)
    assert fields["take.ENV-05"] == "yes"
    assert "take.ENV-07" not in fields  # it has an answer
    assert "“2” cannot be taken over" in page.text  # a unit that nobody here knows
    assert "“a lot” cannot be taken over" in page.text
    take(visit, smelter_on_both, page)
    sheet = sheet_of(stack, smelter_on_both)
    assert sheet.answer("ENV-05").parts["total"] == {"value": "1250", "year": 2025, "basis": None}
    (split,) = sheet.answer("ENV-06").parts["split"]
    assert split == {"row": "electricity", "renewable": "300", "other": "500"}
    assert sheet.answer("ENV-07").parts["tonnes"]["value"] == "9"
    assert sheet.answer("ENV-27").parts == {"total": {"value": "0.5", "year": 2025, "basis": None}}
    assert sheet.answer("LAB-14").parts["covered"]["value"] == "82"
    assert sheet.answer("PRO-04").parts["currency"] == "EUR"
    assert sheet.answer("PRO-02").parts == {"scope": "group"}
    event = stack.session.scalars(
        select(AuditEvent).where(AuditEvent.kind == EventKind.FILE_TAKEN_OVER)
    ).one()
    assert event.data["source"] == "vsme"
    assert "from a VSME report" in visit.get(base(smelter_on_both)).text
    assert visit.post(f"{base(smelter_on_both)}/workbook/back").status == 303
    assert sheet_of(stack, smelter_on_both).answer("ENV-05").parts == {}


def test_figures_of_the_company_are_not_taken_for_those_of_one_site_of_several(
    embedded: Stack, smelter: Assessment
) -> None:
    visit = embedded.visit(embedded.cast.petr)
    sheet = read_sheet(embedded.session, smelter.id)
    if len(sheet.sites) == 1:
        embedded.session.add(Site(organization_id=sheet.organization_id, name="Second yard", country="CZE"))
        embedded.session.commit()
    page = send(visit, smelter, template())
    assert "this answer is of one site of several" in page.text
    assert "take.ENV-05" not in fields_of(page)
    assert "take.LAB-14" in fields_of(page)


def test_heads_counted_in_another_way_are_not_taken_for_heads(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    embedded.session.rollback()
    embedded.session.get_one(type(smelter), smelter.id).organization.employees = None
    embedded.session.commit()
    page = send(visit, smelter, template({**FILLED, "TypeOfNumberOfEmployees": "Full-time equivalent"}))
    assert "It is counted in another way: Full-time equivalent." in page.text


def test_what_is_no_template_is_refused_in_one_sentence(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    for raw, said in (
        (saved_book(opened_book(template({"Turnover": 1}))), "This is not EFRAG's VSME template"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel file (.xls)"),
        (b"", "damaged"),
    ):
        page = send(visit, smelter, raw)
        assert page.status == 422
        assert said in page.text.replace("’", "'")


def test_answers_become_datapoints_in_a_table_for_programs_and_on_the_command_line(
    embedded: Stack, smelter: Assessment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = embedded.visit(embedded.cast.petr)
    of_one_site(embedded, smelter)
    figure = {"year": 2025, "basis": "measured"}
    answers: dict[str, dict[str, Any]] = {
        "ENV-07": {"tonnes": {"value": "210", **figure}},
        "ENV-08": {"location": {"value": "180", **figure}},
        "ENV-06": {"split": [{"row": "fuels", "renewable": "0", "other": "400"}]},
        "LAB-14": {"covered": {"value": "82", **figure}},
        "GRV-01": {"ways": ["box"]},
        "OHS-06": {"known": "nobody"},
        "ENV-22": {"stress": "low"},
        "LAB-05": {"known": [{"row": "own", "state": "not_looked"}]},
        "OHS-05": {"cases": [{"row": "employees", "accidents": "2", "hours": "81600"}]},
        "PRO-02": {"scope": "group", "firms": [{"row": None, "firm": "=Kovo trade", "seat": "Praha"}]},
    }
    for key, parts in answers.items():
        saved(embedded, visit, smelter, key, parts)
    answer = visit.client.get(f"{base(smelter)}/workbook/vsme.csv")
    rows = {
        row["concept"].removeprefix("vsme:") + row["member"]: row
        for row in csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    }
    assert rows["TotalGrossLocationBasedScope1AndScope2GHGEmissions"]["value"] == "390"
    assert rows["GrossScope1GreenhouseGasEmissions"]["unit"] == "tCO2e"
    assert rows["EnergyConsumptionFromFuelsNonRenewableEnergyMember"]["value"] == "400"
    assert rows["PercentageOfEmployeesCoveredByCollectiveBargainingAgreements"]["value"] == "0.82"
    assert rows["UndertakingHasAComplaintHandlingMechanismForItsOwnWorkforce"]["value"] == "true"
    assert rows["NumberOfFatalitiesAsAResultOfWorkRelatedInjuriesAndWorkRelatedIllHealth"]["value"] == "0"
    rate = rows["RateOfRecordableWorkRelatedAccidentsInTheReportingPeriod"]
    assert (rate["value"], rate["answers"]) == ("4.90196078", "OHS-05")
    assert rows["NameOfTheSubsidiary"]["value"] == "'=Kovo trade"
    assert rows["AmountOfWaterWithdrawnAtSitesLocatedInAreasOfHighWaterStress"]["value"] == "0"
    # What nobody looked at is neither yes nor no, and what was not answered is not there.
    assert "UndertakingHasConfirmedHumanRightsIncidentsInItsOwnWorkforce" not in rows
    assert "TotalEnergyConsumption" not in rows
    told = visit.client.get(f"{base(smelter)}/workbook/vsme.json").get_json()
    assert len(told["points"]) == len(rows)
    assert told["coverage"] == coverage()._asdict()
    assessment = str(smelter.id)
    embedded.session.rollback()
    monkeypatch.setenv("PLUMBLINE_VAR", str(embedded.settings.var))
    monkeypatch.setenv("PLUMBLINE_SECRET_KEY", "a-secret-for-tests-0123456789-abcdefghijkl")
    out = tmp_path / "points.json"
    ran = CliRunner().invoke(cli, ["questionnaire", "vsme", assessment, "--out", str(out)])
    assert ran.exit_code == 0, ran.output
    assert f"of the {coverage().points} points" in ran.output
    assert json.loads(out.read_text())["points"] == told["points"]
    wrong = CliRunner().invoke(cli, ["questionnaire", "vsme", assessment, "--out", "points.txt"])
    assert wrong.exit_code == 2

"""A workbook with the cell names of EFRAG's VSME template; positions and values are invented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import openpyxl
from openpyxl.workbook.defined_name import DefinedName

from tests.workbook.conftest import saved_book

FILLED: Mapping[str, Any] = {
    "template_reporting_period_enddate": "2025-12-31",
    "template_currency": "EUR - Euro",
    "Turnover": 6300000,
    "NumberOfEmployees": 48,
    "TypeOfNumberOfEmployees": "Headcount",
    "EmployeeCountingMethodology": "At the end of the reporting period",
    "BasisForReporting": "Sustainability report prepared on a consolidated basis",
    "TotalEnergyConsumption": 1250,
    "EnergyConsumptionFromElectricity_RenewableEnergyMember": 300,
    "EnergyConsumptionFromElectricity_NonRenewableEnergyMember": 500,
    "GrossScope1GreenhouseGasEmissions": 210.5,
    "TotalUseOfLand": 5000,
    "TotalUseOfLand_unit": "squared meters (m2)",
    "TotalSealedArea": 2,
    "TotalSealedArea_unit": "acres",
    "PercentageOfEmployeesCoveredByCollectiveBargainingAgreements": 0.82,
    "UndertakingsAreExcludedFromAnyEuReferenceBenchmarksThatAreAlignedWithTheParisAgreement": "NO",
    "TotalWaterConsumption": "a lot",
}


def template(values: Mapping[str, Any] = FILLED) -> bytes:
    """The template with these values under their names."""
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Environmental Disclosures")
    for row, (name, value) in enumerate(values.items(), 3):
        sheet.cell(row, 4).value = value
        where = f"'Environmental Disclosures'!$D${row}"
        book.defined_names[name] = DefinedName(name, attr_text=where)
    return saved_book(book)

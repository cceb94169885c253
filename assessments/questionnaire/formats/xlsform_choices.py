"""The sheets choices and settings of an XLSForm."""

from __future__ import annotations

from dataclasses import dataclass

from assessments.questionnaire.formats.draft import Choice, ChoiceList, Report
from assessments.questionnaire.formats.extras import texts_from, unpacked
from assessments.questionnaire.formats.xlsform_columns import EXTRAS, KNOWN, Columns


@dataclass(frozen=True)
class Settings:
    """What the sheet settings says; "" for what it does not."""

    title: str = ""
    name: str = ""
    version: str = ""
    default_language: str = ""
    titles: dict[str, str] | None = None
    exact_name: str = ""


def read_settings(table: Columns, report: Report) -> Settings:
    """The first row of the sheet; further rows and unknown columns are noted."""
    if not table.rows:
        return Settings()
    row = table.rows[0]
    for extra in table.rows[1:2]:
        report.changed(table.sheet, extra.number, "", "only the first row of settings was read")
    for header in table.headers.values():
        if (
            header.column in ("style", "instance_name", "public_key")
            or header.column not in KNOWN["settings"]
        ):
            report.changed(table.sheet, row.number, header.written, "this setting has no use here")
    more = unpacked(table.cell(row, EXTRAS))
    return Settings(
        title=table.cell(row, "form_title"),
        name=table.cell(row, "form_id"),
        version=table.cell(row, "version"),
        default_language=table.cell(row, "default_language"),
        titles=texts_from(more["title"]) if "title" in more else None,
        exact_name=more["name"] if isinstance(more.get("name"), str) else "",
    )


@dataclass(frozen=True)
class Choices:
    """The lists of a form. ``keys``: list to choice name in the file to its key, where the two differ."""

    lists: dict[str, ChoiceList]
    keys: dict[str, dict[str, str]]


def read_choices(table: Columns, report: Report) -> Choices:
    """Every list, in the order in which they begin, those included that nothing uses."""
    found: dict[str, dict[str, Choice]] = {}
    names: dict[str, str] = {}
    keys: dict[str, dict[str, str]] = {}
    if table.headers:
        for column in ("list_name", "name"):
            if not table.has(column) and table.rows:
                report.refused(
                    table.sheet, 1, column, f"the sheet has no column {column}; no choice was read"
                )
        filters = [h for h in table.headers.values() if h.column not in KNOWN["choices"]]
        for header in filters:
            report.changed(
                table.sheet, 1, header.written, "the column is no part of a choice and was left out"
            )
    for row in table.rows:
        name, key = table.cell(row, "list_name"), table.cell(row, "name")
        label = table.texts(row, "label")
        if not name or not key:
            if name or key or label:
                missing = "list_name" if not name else "name"
                report.changed(
                    table.sheet,
                    row.number,
                    table.written(missing),
                    f"a choice without {missing} was left out",
                )
            continue
        more = unpacked(table.cell(row, EXTRAS))
        exact = more["key"] if isinstance(more.get("key"), str) and more["key"] else key
        if isinstance(more.get("list"), str) and more["list"]:
            names[name] = more["list"]
        choices = found.setdefault(name, {})
        if exact in choices:
            report.changed(
                table.sheet,
                row.number,
                table.written("name"),
                f"{name} has {exact} twice; the first was kept",
            )
            continue
        if exact != key:
            keys.setdefault(name, {})[key] = exact
        choices[exact] = Choice(exact, label)
    lists = {
        name: ChoiceList(names.get(name, name), tuple(choices.values())) for name, choices in found.items()
    }
    return Choices(lists, keys)

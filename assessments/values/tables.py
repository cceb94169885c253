"""Tables: rows of cells, each cell with the codec of its column."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from assessments.questionnaire.model import Field, Part
from assessments.sentences import N_
from assessments.values.kinds import FLAT, Cells, Codec, GetList, clean_text
from assessments.values.problems import BadValue, told

MOST_ROWS = 200


class Table(Codec):
    """A list of rows: {"row": key or null, column: cell}. Empty cells and empty rows are left out."""

    def parse(self, raw: Any, shape: Field, place: str) -> list[dict[str, Any]] | None:
        """See Codec."""
        part = _table(shape)
        if raw is None or raw == "":
            return None
        if not isinstance(raw, list):
            raise BadValue(place, N_("%(value)s is no table", value=told(raw)), "send a list of rows")
        if len(raw) > MOST_ROWS:
            raise BadValue(
                place,
                N_("it has %(count)s rows, %(most)s fit", count=len(raw), most=MOST_ROWS),
                "join rows, or attach a document",
            )
        rows: list[dict[str, Any]] = []
        faults: list[BadValue] = []
        for number, item in enumerate(raw, start=1):
            try:
                row = self._row(item, part, place, number)
            except BadValue as bad:
                faults += bad.problems
                continue
            if row is None:
                continue
            if row["row"] is not None and any(row["row"] == other["row"] for other in rows):
                twice = f"{place}.{row['row']}"
                faults.append(BadValue(twice, "this row stands in the table twice", "keep one row of it"))
            rows.append(row)
        if faults:
            first = faults[0]
            raise BadValue(first.place, first.message, first.remedy, tuple(faults[1:]))
        if part.rows:
            order = list(part.rows)
            rows.sort(key=lambda row: order.index(row["row"]))
        return rows or None

    def show(self, value: Any, shape: Field) -> str:
        """See Codec."""
        part = _table(shape)
        lines = []
        for row in value or ():
            key = row.get("row")
            cells = [
                f"{column.label}: {FLAT[column.kind].show(row[column.key], column)}"
                for column in part.columns
                if row.get(column.key) is not None
            ]
            label = {**part.options, **part.rows}.get(key, key) if key else None
            lines.append(f"{label} – {'; '.join(cells)}" if label else "; ".join(cells))
        return "\n".join(lines)

    def export(self, value: Any, shape: Field, name: str) -> Cells:
        """See Codec."""
        part = _table(shape)
        cells: Cells = []
        for number, row in enumerate(value or ()):
            token = row["row"] if row["row"] is not None else str(number)
            cells.append((f"{name}.rows", token))
            for column in part.columns:
                if row.get(column.key) is not None:
                    at = f"{name}.{token}.{column.key}"
                    cells += FLAT[column.kind].export(row[column.key], column, at)
        return cells

    def from_form(self, getlist: GetList, shape: Field, name: str) -> Any:
        """See Codec."""
        part = _table(shape)
        tokens = list(getlist(f"{name}.rows")) or list(part.rows)
        keyed = bool(part.rows) or part.rows_from is not None
        rows = []
        for token in tokens[: MOST_ROWS + 1]:
            # A row picked from a list on the form itself names its key in a field of its own.
            picked = getlist(f"{name}.{token}.row")
            key = (picked[0] or None) if picked else (token if keyed else None)
            cells: dict[str, Any] = {"row": key}
            for column in part.columns:
                cell = FLAT[column.kind].from_form(getlist, column, f"{name}.{token}.{column.key}")
                if cell is not None:
                    cells[column.key] = cell
            if picked and key is None and not any(_said(cell) for cell in cells.values()):
                continue  # a spare row of the form that nobody filled in
            rows.append(cells)
        return rows or None

    def _row(self, item: Any, part: Part, place: str, number: int) -> dict[str, Any] | None:
        if not isinstance(item, dict):
            raise BadValue(
                f"{place}.row{number}",
                N_("%(value)s is no row", value=told(item)),
                "send a map of column: value",
            )
        columns = {column.key: column for column in part.columns}
        key = self._key(item.get("row"), part, f"{place}.row{number}")
        here = f"{place}.{key}" if key is not None else f"{place}.row{number}"
        row: dict[str, Any] = {"row": key}
        faults: list[BadValue] = []
        for name in item:
            if name != "row" and name not in columns:
                known = ", ".join(columns)
                faults.append(
                    BadValue(
                        here,
                        N_("it has no column %(value)s", value=told(name)),
                        N_("its columns are %(known)s", known=known),
                    )
                )
        for column in part.columns:
            try:
                cell = FLAT[column.kind].parse_cell(item.get(column.key), column, f"{here}.{column.key}")
            except BadValue as bad:
                faults += bad.problems
                continue
            if cell is not None:
                row[column.key] = cell
        if faults:
            first = faults[0]
            raise BadValue(first.place, first.message, first.remedy, tuple(faults[1:]))
        # A row picked from a list says something by being there; any other row says it in its cells.
        picked = part.rows_from is not None and part.rows_from.list_name is not None and key is not None
        return row if len(row) > 1 or picked else None

    def _key(self, raw: Any, part: Part, place: str) -> str | None:
        keyed: Mapping[str, str] = part.rows or part.options
        if not part.rows and part.rows_from is None:
            if raw in (None, ""):
                return None
            raise BadValue(
                place,
                N_("it names the row %(value)s", value=told(raw)),
                "leave row empty; rows of this table have no key",
            )
        key = clean_text(raw, place, 80, lines=False)
        if key is None or (keyed and key not in keyed):
            some = tuple(list(keyed)[:12]) or N_("the rows shown")
            raise BadValue(
                place,
                N_("%(value)s is no row of the table", value=told(raw)),
                N_("use one of: %(some)s", some=some),
            )
        return key


def sums(part: Part, value: Any) -> list[tuple[str, Decimal, Decimal]]:
    """Where a sum differs from what the part expects: (row or column key, found, expected)."""
    found: list[tuple[str, Decimal, Decimal]] = []
    rows: list[dict[str, Any]] = value or []
    numeric = [column.key for column in part.columns if column.kind.value == "number"]
    if part.row_sum is not None:
        for number, row in enumerate(rows, start=1):
            cells = [Decimal(row[key]) for key in numeric if row.get(key) is not None]
            if cells and sum(cells) != part.row_sum:
                found.append((row["row"] or f"row{number}", sum(cells, Decimal()), part.row_sum))
    for key, expected in part.column_sum.items():
        cells = [Decimal(row[key]) for row in rows if row.get(key) is not None]
        if cells and sum(cells) != expected:
            found.append((key, sum(cells, Decimal()), expected))
    return found


def _said(cell: Any) -> bool:
    """Whether a raw cell of a form holds anything."""
    if isinstance(cell, dict):
        return any(_said(inner) for inner in cell.values())
    return bool(cell.strip()) if isinstance(cell, str) else bool(cell)


def _table(shape: Field) -> Part:
    if not isinstance(shape, Part):
        raise TypeError(f"{shape.key} is no table")
    return shape

"""The ledger as its supplier reads it: which site and year, what of it, equal looks once."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.assessment import Assessment, Cycle
from assessments.parties import Site
from assessments.result import Layer
from assessments.sharing.given import Given
from assessments.sharing.ledger import LedgerLine
from assessments.sheet.reading import questionnaire_of


@dataclass(frozen=True)
class Look:
    """A line of the ledger, or several equal ones of the same minute.

    ``place``: (site, cycle) of the assessment, the site "" for the company's own; None for a list of several.
    ``parts``: (layers, titles of topics) that were shown; no titles: not by topic, or every topic.
    ``page``: which page, where the line says no more; ``files``: names of what was opened or taken.
    """

    line: LedgerLine
    place: tuple[str, str] | None
    parts: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    files: tuple[str, ...]
    page: str
    times: int = 1


@dataclass(frozen=True)
class _Place:
    site: str
    cycle: str
    version_id: uuid.UUID


def looks(session: Session, lines: Sequence[LedgerLine]) -> list[Look]:
    """Return lines of a supplier's ledger as it reads them; one statement for their assessments."""
    places = _places(session, {line.assessment_id for line in lines if line.assessment_id})
    found: list[Look] = []
    for line in lines:
        if found and _same(found[-1].line, line):
            found[-1] = replace(found[-1], times=found[-1].times + 1)
        else:
            found.append(_look(session, line, places.get(line.assessment_id) if line.assessment_id else None))
    return found


def opened_last(given: Given, openings: Mapping[tuple[uuid.UUID, uuid.UUID], datetime]) -> datetime | None:
    """When the buyer last opened what this very grant gives, while it ran; None where it did not."""
    end = given.revoked_at or given.ends_at
    moments = [openings.get((given.buyer_id, assessment_id)) for assessment_id in given.assessments]
    return max((at for at in moments if at and given.starts_at <= at <= end), default=None)


def _same(one: LedgerLine, other: LedgerLine) -> bool:
    unlike = {"id", "at"}
    names = [name for name in LedgerLine.__dataclass_fields__ if name not in unlike]
    minute = one.at.replace(second=0, microsecond=0) == other.at.replace(second=0, microsecond=0)
    return minute and all(getattr(one, name) == getattr(other, name) for name in names)


def _places(session: Session, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, _Place]:
    rows = session.execute(
        select(Assessment.id, Site.name, Cycle.label, Cycle.version_id)
        .join(Cycle, Cycle.id == Assessment.cycle_id)
        .outerjoin(Site, Site.id == Assessment.site_id)
        .where(Assessment.id.in_(list(ids)))
    )
    return {key: _Place(site or "", label, version_id) for key, site, label, version_id in rows}


def _look(session: Session, line: LedgerLine, place: _Place | None) -> Look:
    titles: dict[str, str] = {}
    if place is not None:
        questionnaire = questionnaire_of(session, place.version_id)[0]
        titles = {one.key: one.title for one in questionnaire.sections}
        titles |= {one.key: one.title for one in questionnaire.topics}
    parts = tuple((layers, tuple(titles.get(key, key) for key in keys)) for layers, keys in _parts(line.what))
    files = [*(line.what.get("evidence") or ()), *(line.what.get("files") or ())]
    return Look(
        line=line,
        place=(place.site, place.cycle) if place else None,
        parts=parts,
        files=tuple(str(name) for name in files),
        page=str(line.what.get("page") or ""),
    )


def _parts(what: Mapping[str, Any]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Layers shown with the same topics, together; a line names each, or lists them beside topics."""
    shown: dict[tuple[str, ...], list[str]] = {}
    if what.get("layers"):
        listed = set(map(str, what["layers"]))
        shown[tuple(what.get("topics") or ())] = [layer.value for layer in Layer if layer.value in listed]
    for layer in Layer:
        told = what.get(layer.value)
        if told and layer is not Layer.EVIDENCE:
            shown.setdefault(tuple(told) if isinstance(told, list) else (), []).append(layer.value)
    return [(tuple(layers), keys) for keys, layers in shown.items()]

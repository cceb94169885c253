"""What stands around the work on the supplier's home: dates ahead, who reads the answers, what changed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, func, select

from assessments.actions.action import CorrectiveAction
from assessments.assessment import AssessmentState
from assessments.base import database_now
from assessments.overviews.own_results import OwnResult
from assessments.questionnaire.model import Question
from assessments.sharing.disclosure import AccessRequest, Disclosure, RequestState
from assessments.sheet.contents import AnswerSheet
from assessments.sheet.reading import read_sheet
from plumbline.extensions import db
from plumbline.navigation import ACTIONS_WAIT
from plumbline.supplier.cards import base_url

S = AssessmentState
SOON = timedelta(days=90)
ENDS = frozenset({S.PUBLISHED, S.CORRECTED})
MOST_AHEAD = 6


@dataclass(frozen=True)
class Facts:
    """Counts and first dates of an organization. ``readers``: buyers with a grant that runs now."""

    actions: int
    next_due_on: date | None
    requests: int
    first_lapse: datetime | None
    readers: int
    first_end: datetime | None


def facts_of(organization_id: uuid.UUID) -> Facts:
    """Return them in one statement."""
    waits = (
        CorrectiveAction.organization_id == organization_id,
        CorrectiveAction.state.in_(ACTIONS_WAIT),
    )
    asked = (AccessRequest.supplier_id == organization_id, AccessRequest.state == RequestState.SENT)
    reads = (
        Disclosure.supplier_id == organization_id,
        Disclosure.revoked_at.is_(None),
        Disclosure.starts_at <= database_now(),
        Disclosure.ends_at > database_now(),
    )
    found = db.session.execute(
        select(
            select(func.count()).where(*waits).scalar_subquery(),
            select(func.min(CorrectiveAction.due_on)).where(*waits).scalar_subquery(),
            select(func.count()).where(*asked).scalar_subquery(),
            select(func.min(AccessRequest.lapses_at)).where(*asked).scalar_subquery(),
            select(func.count(func.distinct(Disclosure.buyer_id))).where(*reads).scalar_subquery(),
            select(func.min(Disclosure.ends_at)).where(*reads).scalar_subquery(),
        )
    ).one()
    return Facts(*found)


@dataclass(frozen=True)
class Ahead:
    """A date that lies ahead, what it means, and where something can be done about it."""

    on: date
    text: str
    href: str
    late: bool


def ahead(
    rows: Sequence[Row[Any]],
    facts: Facts,
    results: Sequence[OwnResult],
    sheet: AnswerSheet,
    at: datetime,
) -> list[Ahead]:
    """The next dates of the organization, nearest first; one that lies behind is said to be past."""
    today, found = at.date(), []

    def add(on: date | datetime | None, text: str, href: str) -> None:
        if on is not None:
            on = on.date() if isinstance(on, datetime) else on
            found.append(Ahead(on, text, href, on < today))

    for row in rows:
        one = row.Assessment
        if one.state is S.FACT_CHECK and one.fact_check_ended_at is None:
            text = _("%(site)s: the draft is yours to reply to until then", site=row.name)
            add(one.fact_check_ends_at, text, f"{base_url(one.id)}/findings")
    late = facts.next_due_on is not None and facts.next_due_on < today
    due = _("a corrective action was due") if late else _("the next corrective action is due")
    add(facts.next_due_on, due, "/supplier/actions")
    add(facts.first_lapse, _("a buyer's request lapses if you do nothing"), "/supplier/sharing")
    if facts.first_end is not None and facts.first_end - at <= SOON:
        add(facts.first_end, _("the first of your grants ends"), "/supplier/sharing?show=soon#granted")
    newest: set[uuid.UUID] = set()
    for result in results:  # newest first: an older one of the site has been followed
        if result.site_id not in newest and result.stage in ENDS and result.valid_until > at:
            named = {"site": result.site, "cycle": result.cycle}
            text = _("%(site)s: your %(cycle)s result stands until then", **named)
            add(result.valid_until, text, f"/supplier/results/{result.id}")
        newest.add(result.site_id)
    documents = {one.document_id: one for links in sheet.evidence.values() for one in links}
    for document in documents.values():
        if document.ends_on is not None and today <= document.ends_on <= today + SOON:
            text = _("“%(title)s” ends", title=document.title)
            add(document.ends_on, text, f"/supplier/evidence/{document.document_id}")
    return sorted(found, key=lambda one: one.on)[:MOST_AHEAD]


@dataclass(frozen=True)
class Changes:
    """The questions asked now against those of the cycle before; the first four add up to ``asked``."""

    cycle: str
    same: tuple[Question, ...]
    other: tuple[Question, ...]
    to_go: tuple[Question, ...]
    new: tuple[Question, ...]
    gone: int

    @property
    def asked(self) -> int:
        """How many questions are asked now."""
        return len(self.same) + len(self.other) + len(self.to_go) + len(self.new)


def changes_since(rows: Sequence[Row[Any]], main: Row[Any], sheet: AnswerSheet) -> Changes | None:
    """Compare with the site's cycle before, one statement; None where there was none that was handed in."""
    earlier = [
        row
        for row in rows
        if row.Assessment.site_id == main.Assessment.site_id
        and row.Assessment.opened_at < main.Assessment.opened_at
        and row.Assessment.submitted_at is not None
    ]
    if not earlier:
        return None
    last = max(earlier, key=lambda row: row.Assessment.opened_at)
    before = read_sheet(db.session(), last.Assessment.id)
    was = set(before.applicability.asked)
    sorted_out: dict[str, list[Question]] = {"same": [], "other": [], "to_go": [], "new": []}
    for key in sheet.applicability.asked:
        if key not in was:
            kind = "new"
        elif not sheet.settled(key):
            kind = "to_go"
        else:
            kind = "same" if _said(sheet, key) == _said(before, key) else "other"
        sorted_out[kind].append(sheet.questionnaire.question(key))
    gone = len(was - set(sheet.applicability.asked))
    return Changes(last.label, **{kind: tuple(found) for kind, found in sorted_out.items()}, gone=gone)


def _said(sheet: AnswerSheet, key: str) -> tuple[Any, ...]:
    answer = sheet.answer(key)
    return answer.state, {part: value for part, value in answer.parts.items() if value not in (None, "", [])}

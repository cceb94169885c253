"""The few places of each audience, where one is among them, and how much waits there."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import g
from sqlalchemy import Executable, ScalarSelect, func, select

from assessments.actions.action import ActionState, CorrectiveAction
from assessments.base import database_now
from assessments.parties import Audience, Role
from assessments.sentences import N_, Sentence
from assessments.sharing.disclosure import AccessRequest, RequestState
from assessments.verification.assignment import Assignment
from plumbline.extensions import db
from plumbline.identity.visitor import Visitor
from plumbline.translated import in_language

ACTIONS_WAIT = (ActionState.RETURNED, ActionState.AGREED, ActionState.IN_PROGRESS, ActionState.REOPENED)
"""States in which the next step of a corrective action is the supplier's."""


@dataclass(frozen=True)
class Place:
    """One entry. ``under``: the beginnings of the addresses of its pages, besides its own."""

    label: Sentence
    href: str
    under: tuple[str, ...] = ()
    counts: str = ""


_OF_AUDIENCE = {
    Audience.SUPPLIER: (
        Place(N_("Home"), "/supplier/", ("/supplier/assessments", "/supplier/results")),
        Place(
            N_("Company and sites"),
            "/supplier/organization",
            ("/supplier/sites", "/supplier/members", "/account/"),
        ),
        Place(N_("Evidence"), "/supplier/evidence"),
        Place(N_("Actions"), "/supplier/actions", ("/supplier/findings",), "actions"),
        Place(N_("Who can see our results"), "/supplier/sharing", ("/supplier/ledger",), "requests"),
    ),
    Audience.ASSESSOR: (Place(N_("Assignments"), "/assessor/", ("/assessor/", "/account/"), "proposed"),),
    Audience.BUYER: (
        Place(N_("Portfolio"), "/buyer/", ("/buyer/", "/account/")),
        Place(N_("What we ask"), "/buyer/asks"),
        Place(N_("Requests"), "/buyer/requests", (), "asked"),
    ),
    Audience.STEWARD: (Place(N_("Desk"), "/steward/", ("/steward/", "/account/")),),
}
_OF_ROLE = {
    Role.STEWARD_ADMIN: (
        Place(N_("Questionnaire"), "/steward/questionnaires"),
        Place(N_("Terms"), "/steward/terms"),
    ),
    Role.STEWARD_AUDITOR: (Place(N_("Audit trail"), "/steward/audit"),),
}
_OF_ANYBODY = (
    Place(N_("Questions"), "/questions", ("/questions/", "/questionnaire/")),
    Place(N_("Risks"), "/risks", ("/risks/",)),
    Place(N_("Standards"), "/standards", ("/standards/",)),
    Place(N_("Library"), "/library", ("/library/",)),
)


def places(role: Role) -> tuple[Place, ...]:
    """The entries of a role, in the order of their use."""
    return (*_OF_AUDIENCE.get(role.audience, ()), *_OF_ROLE.get(role, ()))


def public_navigation(path: str) -> list[dict[str, Any]]:
    """What layouts/page.html draws for whoever has no account: the places that anybody may read."""
    here = current_place(_OF_ANYBODY, path)
    return [_entry(place, here, path) for place in _OF_ANYBODY]


def _entry(place: Place, here: Place | None, path: str) -> dict[str, Any]:
    return {
        "label": in_language(place.label),
        "href": place.href,
        "current": "" if place is not here else "page" if path == place.href else "true",
    }


def current_place(shown: Sequence[Place], path: str) -> Place | None:
    """The entry whose page, or whose page's child, ``path`` is: the one that fits longest."""
    fits = [
        (len(start), place)
        for place in shown
        for start in (place.href, *place.under)
        if path == start or ((start in place.under or not start.endswith("/")) and _below(path, start))
    ]
    return max(fits, key=lambda pair: pair[0])[1] if fits else None


def _below(path: str, start: str) -> bool:
    return path.startswith(start if start.endswith("/") else f"{start}/")


class Navigation(Sequence[dict[str, Any]]):
    """What layouts/page.html draws. Its counts are one statement, asked when a whole page is drawn and never
    by a fragment, nor on a section's page or one that says what went wrong."""

    def __init__(self, visitor: Visitor, path: str) -> None:
        self._visitor, self._path = visitor, path

    @cached_property
    def _drawn(self) -> list[dict[str, Any]]:
        shown = places(self._visitor.role)
        here = current_place(shown, self._path)
        # Opening a section has the tightest budget of all pages, and whoever answers has not come to count.
        busy = "/sections/" in self._path or g.get("went_wrong", False)
        counted = any(place.counts for place in shown) and not busy
        counts = waiting(self._visitor.role.audience, self._visitor.organization_id) if counted else {}
        return [{**_entry(place, here, self._path), "count": counts.get(place.counts, 0)} for place in shown]

    def __len__(self) -> int:
        return len(self._drawn)

    def __getitem__(self, index: Any) -> Any:
        return self._drawn[index]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._drawn)

    def __bool__(self) -> bool:
        return True


def waiting(audience: Audience, organization_id: uuid.UUID) -> dict[str, int]:
    """How much waits for an organization, by the word of ``Place.counts``; one statement on indexes."""
    found = db.session.execute(_waiting(audience, organization_id)).mappings().one()
    return {name: int(count) for name, count in found.items()}


def _waiting(audience: Audience, organization_id: uuid.UUID) -> Executable:
    if audience is Audience.SUPPLIER:
        return select(
            _count(
                CorrectiveAction.organization_id == organization_id, CorrectiveAction.state.in_(ACTIONS_WAIT)
            ).label("actions"),
            _count(
                AccessRequest.supplier_id == organization_id,
                AccessRequest.state == RequestState.SENT,
                AccessRequest.lapses_at > database_now(),
            ).label("requests"),
        )
    if audience is Audience.ASSESSOR:
        proposed = _count(
            Assignment.firm_id == organization_id,
            Assignment.ended_at.is_(None),
            Assignment.accepted_at.is_(None),
        )
        return select(proposed.label("proposed"))
    # A no counts until silence would have said the same: the asker must not learn it from a number.
    asked = _count(
        AccessRequest.buyer_id == organization_id,
        AccessRequest.state.in_((RequestState.SENT, RequestState.DECLINED)),
        AccessRequest.lapses_at > database_now(),
    )
    return select(asked.label("asked"))


def _count(*conditions: Any) -> ScalarSelect[int]:
    return select(func.count()).where(*conditions).scalar_subquery()

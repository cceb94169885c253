"""A small model of who may see what: disclosures as tuples, results as tuples, and one rule.

It knows nothing of tables, projections or policies. DESIGN.md 4.4 holds the product against it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from assessments.result import Layer

BY_TOPIC = (Layer.PROFILE, Layer.FINDINGS, Layer.PLAN, Layer.ANSWERS)
Cell = tuple[Layer, str]


@dataclass
class Published:
    """A result: when it came in the order of things, and the parts it has."""

    result_id: uuid.UUID
    assessment_id: uuid.UUID
    site_id: uuid.UUID
    place: int
    cells: frozenset[Cell]


@dataclass
class Granted:
    """A disclosure as it was offered. ``topics`` None: all."""

    disclosure_id: uuid.UUID
    buyer_id: uuid.UUID
    site_id: uuid.UUID
    result_id: uuid.UUID | None
    follow_later: bool
    layers: frozenset[Layer]
    topics: frozenset[str] | None
    commercial: bool
    evidence: frozenset[uuid.UUID]
    starts_at: datetime
    ends_at: datetime
    place: int
    revoked: bool = False

    def runs(self, at: datetime) -> bool:
        """Whether it counts at an instant."""
        return not self.revoked and self.starts_at <= at < self.ends_at

    def covers(self, result: Published) -> bool:
        """Whether it is about this result."""
        later = self.follow_later and self.site_id == result.site_id and result.place > self.place
        return self.result_id == result.result_id or later

    def gives(self, cell: Cell) -> bool:
        """Whether it names this layer of this topic."""
        layer, topic = cell
        if layer is Layer.STATUS:
            return Layer.STATUS in self.layers
        named = self.commercial if layer is Layer.COMMERCIAL else layer in self.layers
        return named and (self.topics is None or topic in self.topics)


@dataclass
class Model:
    """Everything that was done, and what follows from it for a buyer at an instant."""

    grants: list[Granted] = field(default_factory=list)
    results: dict[uuid.UUID, Published] = field(default_factory=dict)
    submitted: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)
    subscriptions: dict[uuid.UUID, datetime] = field(default_factory=dict)
    places: int = 0

    def next_place(self) -> int:
        """The next place in the order of things."""
        self.places += 1
        return self.places

    def running(self, buyer_id: uuid.UUID, at: datetime) -> list[Granted]:
        """The grants of a buyer that count now."""
        if self.subscriptions[buyer_id] <= at:
            return []
        return [grant for grant in self.grants if grant.buyer_id == buyer_id and grant.runs(at)]

    def cells(self, buyer_id: uuid.UUID, assessment_id: uuid.UUID, at: datetime) -> frozenset[Cell]:
        """The parts of a published assessment that a buyer may read."""
        result = self.results.get(assessment_id)
        if result is None:
            return frozenset()
        grants = [grant for grant in self.running(buyer_id, at) if grant.covers(result)]
        return frozenset(cell for cell in result.cells if any(grant.gives(cell) for grant in grants))

    def shows(self, buyer_id: uuid.UUID, assessment_id: uuid.UUID, at: datetime) -> bool:
        """Whether a buyer may know of an assessment at all."""
        result = self.results.get(assessment_id)
        running = self.running(buyer_id, at)
        if result is not None:
            return any(grant.covers(result) for grant in running)
        return any(
            grant.follow_later
            and Layer.STATUS in grant.layers
            and grant.site_id == self.submitted[assessment_id]
            for grant in running
        )

    def has_status(self, buyer_id: uuid.UUID, assessment_id: uuid.UUID, at: datetime) -> bool:
        """Whether a buyer may know its stage."""
        if self.results.get(assessment_id) is None:
            return self.shows(buyer_id, assessment_id, at)
        return (Layer.STATUS, "*") in self.cells(buyer_id, assessment_id, at)

    def evidence(self, buyer_id: uuid.UUID, at: datetime) -> frozenset[uuid.UUID]:
        """The versions that a buyer may download."""
        return frozenset().union(*(grant.evidence for grant in self.running(buyer_id, at)))

    def pass_time(self, by: timedelta) -> None:
        """Let every date come nearer, as shifting the rows does."""
        for grant in self.grants:
            grant.starts_at -= by
            grant.ends_at -= by
        self.subscriptions = {buyer: ends - by for buyer, ends in self.subscriptions.items()}

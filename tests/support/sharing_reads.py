"""Reads of every kind held against the model of sharing: never more; exactly that once jobs have run."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from hypothesis.stateful import (
    RuleBasedStateMachine,
)
from psycopg.pq import ExecStatus
from sqlalchemy import select

from assessments.outbox import JobKind, JobState, OutboxJob
from assessments.publishing.files import projection_file, verify_file
from assessments.result import Layer, Result, ResultPart
from assessments.sharing.portfolio import PortfolioEntry, Sort, page
from assessments.sharing.reading import SharedAssessment, shared, shared_version
from plumbline.jobs.handlers.refresh_portfolio import refresh_portfolio
from plumbline.transaction import SYSTEM_TENANT, Tenant, enter
from tests.support.acts import KEYS, SIGNER
from tests.support.assessing import standard
from tests.support.cast import Member
from tests.support.sharing_model import BY_TOPIC, Model, Published
from tests.support.worlds import Finished


class Reads(RuleBasedStateMachine):
    """One example: a savepoint in the built world, given back at the end; and what its reads must say."""

    def __init__(self, world: Finished) -> None:
        super().__init__()
        self.world, self.session, self.cast = world, world.session, world.cast
        self.model = Model()
        # What an example did is undone at its end, so that the next begins in the same world.
        self.savepoint = self.session.begin_nested()
        self.session.connection().exec_driver_sql("SAVEPOINT example")

    def undo(self) -> None:
        """Give back what the example did.

        psycopg forgets its prepared statements at every rollback that it sees, and planning what a buyer
        reads under the policies takes longer than reading it; a connection of the product keeps its plans.
        """
        self.session.expunge_all()
        if not self.savepoint.is_active:
            self.savepoint.rollback()
            return
        connection = self.session.connection()
        if self.world.is_postgresql:
            raw: Any = connection.connection.dbapi_connection
            raw.prepared_max = 1000  # more than the statements of this machine
            done = raw.pgconn.exec_(b"ROLLBACK TO SAVEPOINT example")
            assert done.status == ExecStatus.COMMAND_OK, done.error_message
        else:
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT example")
        self.savepoint.commit()

    def check_list(self, member: Member, sort: Sort, limit: int, *, exact: bool) -> None:
        """Walk the whole list page by page and hold each entry against the model."""
        self.enter(member)
        buyer_id, cursor = member.organization_id, None
        found: list[PortfolioEntry] = []
        at = datetime.now(UTC)
        for _page in range(30):
            one = page(self.session, buyer_id, sort=sort, cursor=cursor, limit=limit)
            found += one.entries
            cursor = one.next_cursor
            if cursor is None:
                break
        shown = [entry.assessment_id for entry in found]
        assert len(shown) == len(set(shown))
        allowed = {each for each in self.model.submitted if self.model.shows(buyer_id, each, at)}
        assert set(shown) == allowed if exact else set(shown) <= allowed
        for entry in found:
            cells = self.model.cells(buyer_id, entry.assessment_id, at)
            topics = {topic for layer, topic in cells if layer is Layer.PROFILE}
            listed = {cell["topic"] for cell in entry.maturity}
            assert listed == topics if exact else listed <= topics
            has_status = self.model.has_status(buyer_id, entry.assessment_id, at)
            if not has_status:
                assert (entry.stage, entry.basis, entry.published_at, entry.valid_until) == (None,) * 4
            elif exact:
                assert entry.stage
            if not topics:
                assert (entry.critical_open, entry.actions_agreed, entry.next_due_on) == (None,) * 3
            if entry.critical_open:
                assert "OHS.2" in topics
            if entry.next_due_on:
                assert any(layer is Layer.PLAN and topic in topics for layer, topic in cells)

    def check_opened(self, member: Member, *, exact: bool) -> None:
        """Open every assessment and every document by its id and hold them against the model."""
        self.enter(member)
        at = datetime.now(UTC)
        for assessment_id in self.model.submitted:
            seen = shared(self.session, member.organization_id, assessment_id, at=at)
            self.check_shared(member, assessment_id, seen, at, exact=exact)
        may = self.model.evidence(member.organization_id, at)
        ids = self.world.ids
        for version_id in (ids.permit, ids.survey, ids.rival_paper):
            found = shared_version(self.session, member.organization_id, version_id, at=at)
            assert (found is not None) == (version_id in may)

    def check_shared(
        self, member: Member, assessment_id: uuid.UUID, seen: SharedAssessment | None, at: datetime,
        *, exact: bool,
    ) -> None:  # fmt: skip
        """Hold one opened assessment against the model."""
        buyer_id = member.organization_id
        if seen is None:
            assert not (exact and self.model.shows(buyer_id, assessment_id, at))
            return
        assert self.model.shows(buyer_id, assessment_id, at)
        cells = self.model.cells(buyer_id, assessment_id, at)
        shown = {(Layer.STATUS, "*")} if seen.status is not None else set()
        for layer in (*BY_TOPIC, Layer.COMMERCIAL):
            shown |= {(layer, topic) for topic in getattr(seen, layer.value)}
        assert shown == cells if exact else shown <= cells
        assert {(Layer.PLAN, action.topic) for action in seen.live} <= cells
        if seen.stage is not None:
            assert self.model.has_status(buyer_id, assessment_id, at)
        assert {version.version_id for version in seen.evidence} <= self.model.evidence(buyer_id, at)
        told = json.dumps([dict(getattr(seen, layer.value)) for layer in BY_TOPIC])
        if not any(topic == "OHS.2" and layer is not Layer.STATUS for layer, topic in cells):
            assert "OHS.2" not in told
        if seen.result_id is not None:
            file = verify_file(projection_file(seen, SIGNER, at=at), KEYS)
            assert (file.whole, file.result_id) == (False, str(seen.result_id))

    # ------------------------------------------------------------------ hands

    def enter(self, member: Member | None) -> None:
        """Go on as this member's organization and audience, or as the platform."""
        self.session.flush()
        enter(self.session, Tenant.of(member.actor) if member else SYSTEM_TENANT)

    def run_jobs(self) -> None:
        """Do what a worker would have done by now."""
        self.enter(None)
        for _round in range(20):
            at = datetime.now(UTC)
            due = self.session.scalars(
                select(OutboxJob).where(
                    OutboxJob.kind == JobKind.REFRESH_PORTFOLIO, OutboxJob.state == JobState.WAITING,
                    OutboxJob.due_at <= at,
                )
            ).all()  # fmt: skip
            if not due:
                return
            done: set[str] = set()
            for job in due:
                told = json.dumps(job.payload, sort_keys=True)
                if told not in done:  # the same again gives the same rows
                    done.add(told)
                    asked: Any = SimpleNamespace(payload=job.payload, at=at)
                    refresh_portfolio(self.session, asked)
                job.state, job.done_at = JobState.DONE, at
            self.session.flush()

    def newest(self, site_id: uuid.UUID) -> Published | None:
        """The site's newest result."""
        found = [result for result in self.model.results.values() if result.site_id == site_id]
        return max(found, key=lambda result: result.place, default=None)

    def known_topics(self) -> frozenset[str]:
        """Every topic of the questionnaire."""
        return frozenset(topic.key for topic in standard().topics)

    def note(self, result: Result) -> None:
        """Take a result into the model with the parts it has."""
        parts = self.session.execute(
            select(ResultPart.layer, ResultPart.topic).where(ResultPart.result_id == result.id)
        )
        self.model.results[result.assessment_id] = Published(
            result.id, result.assessment_id, result.site_id, self.model.next_place(),
            frozenset((row.layer, row.topic) for row in parts),
        )  # fmt: skip

"""Invariant 4 of DESIGN.md: no buyer reads a byte without a running disclosure of it, by any route.

Random grants, revocations, publications, clocks, subscriptions and reads against a model of a page's length.
After each step a read may show less than the model (a job has not run yet) and never more; when the jobs that
are due have run, it shows exactly that. On PostgreSQL the tables themselves are read without any WHERE, too.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, update

from assessments.assessment import Assessment
from assessments.corrective_action import CorrectiveAction
from assessments.disclosure import Disclosure, PortfolioRow
from assessments.evidence import DocumentVersion
from assessments.granting import Offer, grant, revoke
from assessments.outbox import JobKind, JobState, OutboxJob
from assessments.parties import Subscription
from assessments.portfolio import Filter, PortfolioEntry, Sort, page
from assessments.publishing import publish_self_declared
from assessments.reading import SharedAssessment, shared, shared_version
from assessments.result import Layer, Result, ResultPart
from assessments.result_file import projection_file, verify_file
from plumbline.jobs.handlers.refresh_portfolio import refresh_portfolio
from plumbline.transaction import SYSTEM_TENANT, Tenant, enter
from tests.support.acts import KEYS, SIGNER, submitted
from tests.support.assessing import standard
from tests.support.cast import NOW, Member
from tests.support.sharing_model import BY_TOPIC, Granted, Model, Published
from tests.support.worlds import Finished

THOROUGH = os.environ.get("CI") == "true" or os.environ.get("PLUMBLINE_TEST_SERVICES") == "required"
EXAMPLES = int(os.environ.get("PLUMBLINE_PROPERTY_EXAMPLES", "200" if THOROUGH else "25"))
STEPS = 30
DAY = timedelta(days=1)

# Most of it between one buyer and one site: what goes wrong goes wrong where grants meet.
BUYERS = st.sampled_from(["anna", "anna", "anna", "hugo"])
SITES = st.sampled_from(["smelter", "smelter", "smelter", "yard", "rival_site"])
TOPICS = ("OHS.1", "OHS.2", "MIN.1", "PRO.2", "ENV.4")
WISHES = st.fixed_dictionaries(
    {
        "buyer": BUYERS,
        "site": SITES,
        "layers": st.frozensets(st.sampled_from([Layer.STATUS, *BY_TOPIC]), max_size=5),
        "topics": st.none() | st.frozensets(st.sampled_from(TOPICS), min_size=1, max_size=3),
        "without": st.frozensets(st.sampled_from(TOPICS), max_size=1),
        "commercial": st.booleans(),
        "evidence": st.frozensets(st.sampled_from(["permit", "survey"]), max_size=1),
        "names_result": st.sampled_from([True, True, False]),
        "later": st.booleans(),
        "begins": st.sampled_from([None, None, None, DAY, 2 * DAY]),
        "span": st.sampled_from([DAY, DAY, 2 * DAY, 4 * DAY, 90 * DAY]),
    }
)
"""What a supplier may want to disclose; see ``Sharing.give``."""


class Sharing(RuleBasedStateMachine):
    """One example: a savepoint in the built world, given back at the end."""

    def __init__(self, world: Finished) -> None:
        super().__init__()
        self.world, self.session, self.cast = world, world.session, world.cast
        self.model = Model()
        # What an example did is undone at its end, so that the next begins in the same world.
        self.savepoint = self.session.begin_nested()

    @initialize(wishes=st.lists(WISHES, min_size=1, max_size=4))
    def begin(self, wishes: list[dict[str, Any]]) -> None:
        """Read into the model what was published and what waits, and let some be shared already."""
        self.enter(None)
        for result in self.session.scalars(select(Result)):
            self.note(result)
        for assessment in self.session.scalars(select(Assessment).where(Assessment.site_id.is_not(None))):
            assert assessment.site_id is not None
            self.model.submitted[assessment.id] = assessment.site_id
        for subscription in self.session.scalars(select(Subscription)):
            self.model.subscriptions[subscription.buyer_id] = subscription.ends_at
        for wish in wishes:
            self.give(**wish)

    def teardown(self) -> None:
        """Undo the example."""
        self.enter(None)
        self.savepoint.rollback()
        self.session.expire_all()

    # ------------------------------------------------------------------ what people and time do

    @rule(wish=WISHES)
    def disclose(self, wish: dict[str, Any]) -> None:
        """A supplier grants something of one of its sites."""
        self.give(**wish)

    def give(
        self, *, buyer: str, site: str, layers: frozenset[Layer], topics: frozenset[str] | None,
        without: frozenset[str], commercial: bool, evidence: frozenset[str], names_result: bool, later: bool,
        begins: timedelta | None, span: timedelta,
    ) -> None:  # fmt: skip
        """Grant it for real and in the model; an offer of nothing is not made."""
        site_id = getattr(self.cast, site)
        by = self.cast.rita if site == "rival_site" else self.cast.jana
        result = self.newest(site_id)
        if result is None or not names_result:
            later, result = True, None
        mine = frozenset(getattr(self.world.ids, name) for name in evidence if by is self.cast.jana)
        chosen = (
            None if topics is None and not without
            else (topics if topics is not None else self.known_topics()) - without
        )  # fmt: skip
        if not (layers or commercial or mine) or chosen == frozenset():
            return
        at = datetime.now(UTC)
        starts = at + (begins or timedelta(0))
        offer = Offer(
            site_id=site_id, layers=layers, purpose="Due diligence", ends_at=starts + span,
            result_id=result.result_id if result else None, follow_later=later, topics=topics,
            without=without, commercial=commercial, evidence=mine, starts_at=starts if begins else None,
        )  # fmt: skip
        self.enter(by)
        buyer_id = getattr(self.cast, buyer).organization_id
        made = grant(self.session, offer, buyer_id=buyer_id, by=by.actor, at=at)
        self.session.flush()
        self.model.grants.append(
            Granted(
                disclosure_id=made.id, buyer_id=buyer_id, site_id=site_id, result_id=offer.result_id,
                follow_later=later, layers=layers, topics=chosen, commercial=commercial, evidence=mine,
                starts_at=starts, ends_at=starts + span, place=self.model.next_place(),
            )
        )  # fmt: skip

    @precondition(lambda self: any(not grant.revoked for grant in self.model.grants))
    @rule(which=st.integers(0, 20))
    def take_back(self, which: int) -> None:
        """A supplier revokes a grant that has not ended; the next read shows nothing of it."""
        at = datetime.now(UTC)
        running = [each for each in self.model.grants if not each.revoked and each.ends_at > at]
        if not running:
            return
        chosen = running[which % len(running)]
        self.enter(None)
        disclosure = self.session.get_one(Disclosure, chosen.disclosure_id)
        by = self.cast.jana if disclosure.supplier_id == self.cast.kovo else self.cast.rita
        self.enter(by)
        revoke(self.session, disclosure, by=by.actor, at=at)
        self.session.flush()
        chosen.revoked = True
        # The next statement.
        buyer = self.cast.anna if chosen.buyer_id == self.cast.nordvolt else self.cast.hugo
        self.check_list(buyer, Sort.NAME, 50, exact=False)
        self.check_opened(buyer, exact=False)

    @precondition(lambda self: len(self.model.results) < len(self.model.submitted))
    @rule(which=st.integers(0, 5))
    def publish(self, which: int) -> None:
        """A supplier publishes what waits."""
        waiting = sorted(set(self.model.submitted) - set(self.model.results))
        assessment_id = waiting[which % len(waiting)]
        self.enter(None)
        assessment = self.session.get_one(Assessment, assessment_id)
        by = self.cast.jana if assessment.organization_id == self.cast.kovo else self.cast.rita
        self.enter(by)
        result = publish_self_declared(self.session, assessment, SIGNER, by=by.actor, at=datetime.now(UTC))
        self.session.flush()
        self.note(result)

    @rule(by=st.sampled_from([DAY / 2, DAY, DAY, 3 * DAY]))
    def time_passes(self, by: timedelta) -> None:
        """Every date comes nearer; no job has run yet."""
        self.enter(None)
        session = self.session
        for disclosure in session.scalars(select(Disclosure)):
            disclosure.starts_at -= by
            disclosure.ends_at -= by
        for row in session.scalars(select(PortfolioRow)):
            row.visible_from -= by
            row.visible_until -= by
            row.shared_until -= by
        for subscription in session.scalars(select(Subscription)):
            subscription.starts_at -= by
            subscription.ends_at -= by
        for job in session.scalars(
            select(OutboxJob).where(
                OutboxJob.kind == JobKind.REFRESH_PORTFOLIO, OutboxJob.state == JobState.WAITING
            )
        ):
            job.due_at -= by
            # Its key names the instant that has moved with it.
            job.key = None
        session.flush()
        self.model.pass_time(by)
        # The moment at which too much would show: before any job has run.
        for member in (self.cast.anna, self.cast.hugo):
            self.check_list(member, Sort.NAME, 50, exact=False)

    @rule(buyer=BUYERS, runs=st.sampled_from([True, True, False]), now=st.sampled_from([True, False, False]))
    def subscription_ends_or_begins_again(self, buyer: str, runs: bool, now: bool) -> None:
        """A buyer's subscription stops now and then, or is renewed."""
        if not (runs or now):
            return
        buyer_id = getattr(self.cast, buyer).organization_id
        ends = datetime.now(UTC) + (365 * DAY if runs else -timedelta(seconds=1))
        self.enter(None)
        self.session.execute(
            update(Subscription).where(Subscription.buyer_id == buyer_id).values(
                ends_at=ends, starts_at=ends - 900 * DAY
            )
        )  # fmt: skip
        self.model.subscriptions[buyer_id] = ends

    # ------------------------------------------------------------------ what buyers do

    @rule(buyer=BUYERS, sort=st.sampled_from(list(Sort)), limit=st.sampled_from([1, 2, 50]))
    def list_without_the_jobs(self, buyer: str, sort: Sort, limit: int) -> None:
        """A list shows at most what the model allows, whatever jobs are late."""
        self.check_list(getattr(self.cast, buyer), sort, limit, exact=False)

    @rule(buyer=BUYERS, sort=st.sampled_from(list(Sort)), limit=st.sampled_from([1, 50]))
    def list_after_the_jobs(self, buyer: str, sort: Sort, limit: int) -> None:
        """With the jobs run, a list shows exactly what the model allows."""
        self.run_jobs()
        self.check_list(getattr(self.cast, buyer), sort, limit, exact=True)

    @rule(buyer=BUYERS, after_jobs=st.booleans())
    def open_everything(self, buyer: str, after_jobs: bool) -> None:
        """Every assessment by its id, every document by its id, the signed file of what is there."""
        if after_jobs:
            self.run_jobs()
        self.check_opened(getattr(self.cast, buyer), exact=after_jobs)

    @rule(buyer=BUYERS, words=st.sampled_from(["kovo", "rival", "smelter", "e", "%"]))
    def search(self, buyer: str, words: str) -> None:
        """Search, filters and counts find nothing that the list would not show."""
        member = getattr(self.cast, buyer)
        self.enter(member)
        at = datetime.now(UTC)
        for wanted in (
            Filter(text=words), Filter(material="nickel"), Filter(activity="SMR"), Filter(open_critical=True),
            Filter(topic="OHS.2"), Filter(stage="published"), Filter(country="CZE"),
        ):  # fmt: skip
            found = page(self.session, member.organization_id, wanted)
            allowed = {
                each for each in self.model.submitted if self.model.shows(member.organization_id, each, at)
            }
            assert {entry.assessment_id for entry in found.entries} <= allowed
            assert found.count in (None, len(found.entries))
            for entry in found.entries:
                cells = self.model.cells(member.organization_id, entry.assessment_id, at)
                if wanted.topic or wanted.open_critical:
                    assert (Layer.PROFILE, "OHS.2") in cells
                if wanted.stage:
                    assert self.model.has_status(member.organization_id, entry.assessment_id, at)

    @precondition(lambda self: self.world.is_postgresql)
    @rule(buyer=BUYERS)
    def read_tables_without_where(self, buyer: str) -> None:
        """The second wall alone: whole tables, as the application's role, in a buyer's transaction."""
        member = getattr(self.cast, buyer)
        self.enter(member)
        at, buyer_id, session = datetime.now(UTC), member.organization_id, self.session
        expected = {
            (assessment_id, *cell)
            for assessment_id in self.model.submitted
            for cell in self.model.cells(buyer_id, assessment_id, at)
        }
        parts = session.execute(select(ResultPart.assessment_id, ResultPart.layer, ResultPart.topic))
        assert {tuple(row) for row in parts} == expected
        actions = session.execute(select(CorrectiveAction.assessment_id, CorrectiveAction.topic))
        assert {(row.assessment_id, Layer.PLAN, row.topic) for row in actions} <= expected
        versions = set(session.scalars(select(DocumentVersion.id)))
        assert versions == self.model.evidence(buyer_id, at)
        rows = session.execute(select(PortfolioRow.buyer_id)).all()
        assert {row.buyer_id for row in rows} <= {buyer_id}
        for entity in (Assessment, Result):
            assert session.execute(select(entity.id)).all() == []

    # ------------------------------------------------------------------ checks

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


@pytest.fixture
def crowded(finished: Finished) -> Finished:
    """The world with two more assessments waiting for publication: a rival's, the smelter's next."""
    cast = finished.cast
    submitted(finished, site_id=cast.rival_site, by=cast.rita.actor)
    submitted(finished, label="2027", at=NOW - timedelta(days=5))
    return finished


def test_nobody_reads_more_than_was_granted(crowded: Finished) -> None:
    machine: Callable[[], RuleBasedStateMachine] = lambda: Sharing(crowded)  # noqa: E731
    run_state_machine_as_test(
        machine,  # type: ignore[arg-type]
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
            database=None,
        ),
    )

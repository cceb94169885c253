"""Invariant 4 of DESIGN.md: no buyer reads a byte without a running disclosure of it, by any route.

Random grants, revocations, publications, clocks, subscriptions and reads against a model of a page's length.
After each step a read may show less than the model (a job has not run yet) and never more; when the jobs that
are due have run, it shows exactly that. On PostgreSQL the tables themselves are read without any WHERE, too.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

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

from assessments.actions.action import CorrectiveAction
from assessments.assessment import Assessment
from assessments.evidence.documents import DocumentVersion
from assessments.outbox import JobKind, JobState, OutboxJob
from assessments.parties import Subscription
from assessments.publishing.publication import publish_self_declared
from assessments.result import Layer, Result, ResultPart
from assessments.sharing.disclosure import Disclosure, PortfolioRow
from assessments.sharing.granting import Offer, grant, revoke
from assessments.sharing.portfolio import Filter, Sort, page
from tests.support.acts import SIGNER, submitted
from tests.support.cast import NOW
from tests.support.sharing_model import BY_TOPIC, Granted
from tests.support.sharing_reads import Reads
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


class Sharing(Reads):
    """Random acts of sharing, each followed by reads."""

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
        self.undo()
        self.enter(None)

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


def crowd(world: Finished) -> None:
    """Let two more assessments wait for publication: a rival's, the smelter's next."""
    submitted(world, site_id=world.cast.rival_site, by=world.cast.rita.actor)
    submitted(world, label="2027", at=NOW - timedelta(days=5))


def hold(world: Finished) -> None:
    """Run the machine in one world, as thoroughly as the place asks for."""
    machine: Callable[[], RuleBasedStateMachine] = lambda: Sharing(world)  # noqa: E731
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

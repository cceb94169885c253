"""The nine steps of the story (issue 2) as one journey in real Chromium, on both stacks."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from assessments.values.answers import AnswerState
from tests.journeys import acts, deciding, showing
from tests.journeys.conftest import Stage
from tests.journeys.filling import answer_the_rest, sheet_of
from tests.journeys.people import HARTWELL, KOVO, KOVO_LEI, LUMEN, NORDVOLT
from tests.journeys.seats import Seat
from tests.support.desks import wait_for
from tests.support.processes import Stuck
from tests.support.verdict import words_in

SITE, PLAN = "Ostrava smelter", "Emergency plan of the smelter"
SYSTEM, DANGERS, WATER = "Safety system and how workers take part", "Control of dangers at work", "Water"
UNCLEAR = "Which of the ways took place this year?"
RETURNED = "Say who checks it, and how often."
HOODS = "Two of five extraction hoods had no airflow on the day of the visit."
METERS = "Two of nine water meters are read once a year."
FANS = "Service the fans; the shift lead checks them each week"


def test_the_nine_steps_on_the_embedded_stack(embedded_stage: Stage, tmp_path: Path) -> None:
    tell(embedded_stage, tmp_path)


def test_the_nine_steps_on_the_production_stack(production_stage: Stage, tmp_path: Path) -> None:
    tell(production_stage, tmp_path)


class Round:
    """Everybody at a browser of their own, seated when they first act, and the assessment they act on."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.seats: dict[str, Seat] = {}
        self.assessment = ""

    def __getattr__(self, name: str) -> Page:
        if name not in self.seats:
            member = getattr(self.stage.people, name)
            self.seats[name] = Seat(self.stage.browser, self.stage.running.base, member)
        return self.seats[name].page

    def state(self, key: str) -> AnswerState:
        """How a question is answered, as the database has it."""
        return sheet_of(self.stage.running, self.assessment).answer(key).state


@contextlib.contextmanager
def seated(stage: Stage) -> Iterator[Round]:
    """Everybody, until the end of the story; what no page may do fails it."""
    who = Round(stage)
    try:
        yield who
    except BaseException:
        for name, seat in who.seats.items():
            seat.page.screenshot(path=stage.running.folder / f"{name}.png", full_page=True)
        raise
    for seat in who.seats.values():
        seat.leave()


def tell(stage: Stage, folder: Path) -> None:
    """All nine steps, one after the other."""
    with seated(stage) as who:
        describe_and_open(who)
        answer(who)
        show_evidence(who)
        hand_in(who)
        check_the_answers(who)
        check_the_facts(who)
        publish(who, folder)
        share_and_revoke(who, folder)
        close_an_action(who)
        expect_letters(stage)


def describe_and_open(who: Round) -> None:
    """Step 1."""
    acts.supplier_describes_the_company(who.jana, lei=KOVO_LEI, employees=420)
    acts.supplier_adds_a_site(
        who.jana, SITE, done="Making parts or finished products", material="Nickel", employees=380
    )
    acts.supplier_adds_a_site(
        who.jana, "Brno yard", done="Collecting, sorting or recycling", material="Copper", employees=8
    )
    who.assessment = acts.supplier_opens_an_assessment(who.jana, SITE)


def answer(who: Round) -> None:
    """Step 2."""
    acts.contributor_answers_by_hand(who.petr, who.assessment)
    acts.contributor_switches_questions_on(who.petr, who.assessment)
    acts.contributor_says_what_else_can_be_said(who.petr, who.assessment)
    acts.contributor_begins_an_answer(who.petr, who.assessment)
    states = {key: who.state(key) for key in ("OHS-01", "OHS-03", "OHS-06", "OHS-15", "OHS-18", "ENV-22")}
    assert states == {
        "OHS-01": AnswerState.ANSWERED, "OHS-03": AnswerState.NOT_KNOWN, "OHS-06": AnswerState.NOT_APPLICABLE,
        "OHS-15": AnswerState.WITHHELD, "OHS-18": AnswerState.EMPTY, "ENV-22": AnswerState.INCOMPLETE,
    }  # fmt: skip
    assert who.state("PRO-16") is AnswerState.ANSWERED
    acts.contributor_ends_the_answer(who.petr, who.assessment)
    assert who.state("ENV-22") is AnswerState.ANSWERED
    acts.contributor_leaves_a_note(who.petr, who.assessment, "OHS-02", "The list hangs at the gate.")
    acts.supplier_places_itself(who.petr, who.assessment, "OHS", SYSTEM, 3)
    acts.supplier_places_itself(who.petr, who.assessment, "ENV", WATER, 2)
    acts.supplier_cannot_hand_in_yet(who.jana, who.assessment)
    answer_the_rest(who.petr, who.stage.running, who.assessment)


def show_evidence(who: Round) -> None:
    """Step 3."""
    acts.contributor_uploads_evidence(who.petr, PLAN, "plan.pdf")
    answers = ("OHS-02", "OHS-16", "ENV-24")
    for key in answers:
        acts.contributor_links_evidence(who.petr, who.assessment, key, PLAN)
    acts.contributor_finds_evidence(who.petr, PLAN, *answers)
    if who.stage.running.settings.clamd:  # without a scanner it stays unscanned, and is shown where told so
        acts.supplier_sees_evidence_released(who.petr, PLAN)


def hand_in(who: Round) -> None:
    """Step 4."""
    acts.supplier_reads_the_summary(who.jana, who.assessment)
    expect(who.jana.locator("main")).to_contain_text("The list hangs at the gate.")
    expect(who.jana.locator("main")).to_contain_text("A second furnace since May 2025.")
    acts.supplier_hands_in(who.jana, who.assessment)


def check_the_answers(who: Round) -> None:
    """Step 5."""
    deciding.steward_assigns(who.sara, SITE, LUMEN)
    deciding.lead_accepts(who.lena, SITE)
    for assessor in (who.lena, who.sam):
        deciding.assessor_declares_independence(assessor, SITE, who.assessment)
    deciding.assessor_opens_topic(who.sam, who.assessment, SYSTEM)
    deciding.assessor_checks_answer(who.sam, "OHS-02")
    deciding.assessor_opens_evidence(who.sam, "OHS-02", "plan.pdf")
    deciding.assessor_records_maturity(who.sam, 2, "Walked both lines, spoke with four of twelve people.")
    deciding.assessor_drafts_finding(who.sam, "◑ Major", HOODS)
    deciding.assessor_opens_topic(who.sam, who.assessment, DANGERS)
    deciding.assessor_drafts_finding(
        who.sam, "● Critical", "A furnace door guard was missing while people worked below.",
        first_step="Keep people out from under the door.",
    )  # fmt: skip
    deciding.assessor_drafts_finding(who.sam, "◇ Good practice", "The night shift chooses its own speaker.")
    deciding.assessor_opens_topic(who.sam, who.assessment, WATER)
    deciding.assessor_records_maturity(who.sam, 1, "Meters are there and read by one person.")
    deciding.assessor_drafts_finding(who.sam, "◔ Minor", "Water meters are read once a year.")
    deciding.assessor_reopens(who.lena, who.assessment, SYSTEM, "OHS-03", UNCLEAR)
    deciding.supplier_answers_the_reopened(who.petr, who.assessment, "OHS-03", UNCLEAR)
    deciding.supplier_hands_back(who.jana, who.assessment)
    deciding.lead_starts_fact_check(who.lena, who.assessment)


def check_the_facts(who: Round) -> None:
    """Step 6."""
    deciding.supplier_comments(who.petr, who.assessment, "F-OHS.1-1", "The motors were ordered in May.")
    deciding.supplier_disputes(who.petr, who.assessment, "F-ENV.4-1", "Seven of nine are read every month.")
    deciding.appeal_amends(
        who.alba, "F-ENV.4-1", SITE, statement=METERS, grade="○ Observation", reason="Seven are monthly."
    )
    deciding.supplier_ends_fact_check(who.jana, who.assessment)
    deciding.supplier_proposes_action(
        who.petr, who.assessment, "F-OHS.1-1", kind="takes the cause away here",
        cause="Nobody owns the fans.\nIt was never written down.", what="Service the fans", due="2027-01-31",
    )  # fmt: skip
    deciding.supplier_proposes_action(
        who.petr, who.assessment, "F-OHS.3-1", kind="stops the harm now",
        cause="The guard was taken off for repair.", what="Close the way under the door", due="2026-12-01",
    )  # fmt: skip
    deciding.assessor_opens_finding(who.lena, who.assessment, "F-OHS.1-1")
    deciding.assessor_returns_action(who.lena, RETURNED)
    deciding.supplier_proposes_again(who.petr, "F-OHS.1-1", RETURNED, FANS)
    for number in ("F-OHS.1-1", "F-OHS.3-1"):
        deciding.assessor_opens_finding(who.lena, who.assessment, number)
        deciding.assessor_agrees_action(who.lena)


def publish(who: Round, folder: Path) -> None:
    """Step 7."""
    deciding.lead_hands_to_review(who.lena, who.assessment)
    deciding.reviewer_publishes(who.rene, SITE)
    running = who.stage.running
    token = running.command(
        "token", "create", "--membership", str(who.stage.people.jana.membership_id)
    ).strip()
    headers = {"Authorization": f"Bearer {token}"}
    listed = who.jana.request.get("/api/v1/results", headers=headers).json()["items"]
    assert [row["assessment_id"] for row in listed] == [who.assessment]
    whole = folder / "result.json"
    whole.write_bytes(who.jana.request.get(f"/api/v1/results/{listed[0]['id']}", headers=headers).body())
    assert "Digest and signature hold: the result" in running.command("result", "verify", str(whole))
    assert list(words_in("result file", whole.read_text())) == []
    own = showing.supplier_takes_its_result(who.jana, SITE, folder)
    assert own.read_bytes() == whole.read_bytes()
    changed = folder / "changed.json"
    changed.write_text(whole.read_text().replace("extraction hoods", "extraction fans"))
    with pytest.raises(Stuck, match="is not what was signed"):
        running.command("result", "verify", str(changed))


def share_and_revoke(who: Round, folder: Path) -> None:
    """Step 8."""
    for buyer in (who.anna, who.hugo):
        showing.buyer_sees_nothing(buyer, KOVO, who.assessment)
    # What Kovo says of itself reaches nobody until the steward has looked at the register.
    assert KOVO_LEI in who.stage.running.command("org", "confirm", str(who.stage.people.kovo))
    showing.buyer_asks(who.anna, lei=KOVO_LEI, purpose="Due diligence on nickel", until="2027-06-30")
    showing.supplier_grants_the_request(who.jana, NORDVOLT, SITE, without=WATER)
    showing.buyer_opens_result(who.anna, KOVO)
    page = who.anna.locator("main")
    for text in (SITE, SYSTEM, HOODS, FANS, "0 of 2 closed and checked"):
        expect(page).to_contain_text(text)
    for text in (WATER, METERS, "F-ENV.4-1", "ENV"):
        expect(page).not_to_contain_text(text)
    file = showing.buyer_takes_the_file(who.anna, folder)
    said = who.stage.running.command("result", "verify", str(file))
    assert "a buyer's part of the result" in said
    assert METERS not in file.read_text()
    assert "ENV.4" not in json.dumps(json.loads(file.read_bytes()))
    showing.buyer_sees_nothing(who.hugo, KOVO, who.assessment)
    showing.supplier_revokes(who.jana, NORDVOLT)
    showing.buyer_sees_nothing(who.anna, KOVO, who.assessment)
    looks = showing.supplier_reads_the_ledger(who.jana, NORDVOLT)
    for how in ("List", "Page", "Download"):
        assert how in looks, looks
    assert HARTWELL not in looks


def close_an_action(who: Round) -> None:
    """Step 9."""
    showing.supplier_grants_unasked(who.jana, NORDVOLT, SITE, until="2027-06-30")
    showing.buyer_opens_result(who.anna, KOVO)
    expect(who.anna.locator("main")).to_contain_text("0 of 2 closed and checked")
    published = who.anna.get_by_text("Digest of the whole").locator("xpath=following::dd[1]").inner_text()
    showing.supplier_opens_action(who.petr, "F-OHS.1-1")
    showing.supplier_starts_action(who.petr)
    showing.supplier_proves_action(who.petr, "The fans run and are checked weekly.", "fans.pdf")
    showing.assessor_verifies_action(
        who.lena, who.assessment, "F-OHS.1-1", "Saw all five hoods draw, read eight weekly sheets."
    )
    showing.buyer_reads_progress(who.anna, KOVO, "1 of 2 closed and checked")
    expect(who.anna.locator("main")).to_contain_text("Saw all five hoods draw")
    expect(who.anna.get_by_text("Digest of the whole").locator("xpath=following::dd[1]")).to_have_text(
        published
    )


def expect_letters(stage: Stage) -> None:
    """The worker has sent what people were to be told."""
    wait_for(lambda: len(stage.letters()) > 0)
    assert [fault for text in stage.letters() for fault in words_in("letter", text)] == []

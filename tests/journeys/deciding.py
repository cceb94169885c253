"""What steward, assessors and the supplier do between handing in and the published result: steps 5 to 7."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.journeys.acts import card, contributor_opens_a_section, notice, saved


def of(what: str, whose: str) -> re.Pattern[str]:
    """The name of a link or button that says unseen whose it is: "Assign" with ": Ostrava smelter"."""
    return re.compile(rf"^{re.escape(what)}\W+{re.escape(whose)}")


# --- step 5: assigning, checking, recording --------------------------------------------------------------


def steward_assigns(page: Page, site: str, firm: str) -> None:
    """Give a case to a firm, to be checked on site."""
    page.goto("/steward/")
    page.get_by_role("link", name=of("Assign", site)).click()
    page.get_by_label(firm).check()
    page.get_by_label("Kind of verification").select_option("on_site")
    page.get_by_role("button", name="Assign", exact=True).click()
    expect(page.get_by_role("link", name=of("Assign", site))).to_have_count(0)


def lead_accepts(page: Page, site: str) -> None:
    """Take the assignment for the firm."""
    page.goto("/assessor/")
    page.get_by_role("link", name=of("Read and accept", site)).click()
    page.get_by_role("button", name="Accept the assignment").click()
    notice(page, "Accepted.")


def assessor_declares_independence(page: Page, site: str, assessment: str) -> None:
    """Say that there is no tie; before that nothing of the case opens."""
    shut = page.request.get(f"/assessor/assessments/{assessment}")
    assert shut.status in {403, 404, 409}, shut.status
    page.goto("/assessor/")
    page.get_by_role("link", name=site).first.click()
    page.get_by_label("No tie").check()
    page.get_by_role("button", name="Declare", exact=True).click()
    notice(page, "Declared.")


def assessor_opens_topic(page: Page, assessment: str, topic: str) -> None:
    """Read the answers of a topic beside what shows them."""
    page.goto(f"/assessor/assessments/{assessment}")
    page.get_by_role("link", name=topic, exact=True).click()
    expect(page.get_by_role("heading", name=topic, exact=True)).to_be_visible()


def assessor_checks_answer(page: Page, key: str) -> None:
    """Record that an answer was checked on site, having heard workers."""
    seen = card(page, key)
    seen.get_by_label("Checked").select_option(label="on site")
    seen.get_by_label("with worker voice").check()
    seen.get_by_role("button", name="Record the check").click()
    expect(card(page, key).locator("footer .chips").first).to_contain_text("worker voice")


def assessor_opens_evidence(page: Page, key: str, file_name: str) -> None:
    """Open the document beside an answer; the bytes are a PDF."""
    link = card(page, key).get_by_role("link", name=file_name).first
    got = page.request.get(link.get_attribute("href") or "")
    assert got.status == 200, got.status
    assert got.body().startswith(b"%PDF-")


def assessor_records_maturity(page: Page, level: int, seen: str) -> None:
    """Record the step that was seen in the topic that is open."""
    record = page.get_by_role("region", name="Record")
    record.get_by_role("group", name="Maturity you saw").get_by_role("radio").nth(level).check()
    record.get_by_label("What you saw or heard").fill(seen)
    record.get_by_role("button", name="Record the level").click()
    expect(page.get_by_role("region", name="Record")).to_contain_text("last recorded")


def assessor_drafts_finding(page: Page, grade: str, statement: str, *, first_step: str = "") -> None:
    """Write a finding of the topic that is open."""
    page.get_by_role("link", name="Write a finding").click()
    draft = page.locator("#draft")
    draft.get_by_label("Grade").select_option(label=grade)
    draft.get_by_label("What was seen").fill(statement)
    draft.get_by_label("First step").fill(first_step)
    draft.get_by_role("group", name="Questions it is about").get_by_role("checkbox").first.check()
    draft.get_by_role("button", name="Save finding").click()
    expect(page.get_by_role("button", name="Save finding")).to_have_count(0)


def assessor_reopens(page: Page, assessment: str, topic: str, key: str, message: str) -> None:
    """Give one question back with what is unclear."""
    assessor_opens_topic(page, assessment, topic)
    page.get_by_role("link", name=of("Reopen for clarification", key)).click()
    page.get_by_label("What is unclear").fill(message)
    page.get_by_role("button", name="Give these questions back").click()
    expect(page.locator("main")).to_contain_text("Given back for clarification")


def supplier_answers_the_reopened(page: Page, assessment: str, key: str, message: str) -> None:
    """Read what is unclear, answer that question anew while the others stay frozen."""
    page.goto(f"/supplier/assessments/{assessment}/clarification")
    notice(page, message)
    page.get_by_role("link", name=f"{key}:").click()
    asked = card(page, key)
    asked.get_by_text("A note for the assessor", exact=True).click()
    asked.get_by_label("Note for the assessor").fill("Agency workers are on the list since March.")
    saved(page, key)
    contributor_opens_a_section(page, assessment, "OHS")
    expect(card(page, "OHS-01").get_by_role("checkbox")).to_have_count(0)  # as it was handed in


def supplier_hands_back(page: Page, assessment: str) -> None:
    """Hand the reopened questions back."""
    page.goto(f"/supplier/assessments/{assessment}/clarification")
    confirm(page, "Hand back", "Hand them back")
    expect(page.locator("main")).not_to_contain_text("Reopened, by")


def confirm(page: Page, button: str, certain: str, within: Locator | None = None) -> None:
    """Press what asks first, then say that one is certain."""
    (within or page.locator("main")).locator("summary").get_by_text(button, exact=True).click()
    page.get_by_role("button", name=certain, exact=True).click()


def lead_starts_fact_check(page: Page, assessment: str) -> None:
    """Share the draft findings with the supplier, and with nobody else."""
    page.goto(f"/assessor/assessments/{assessment}")
    page.locator("main summary").get_by_text("Send the draft to the supplier", exact=True).click()
    page.get_by_label("We send it as it stands.").check()
    page.get_by_role("button", name="Share and start the fact check", exact=True).click()
    expect(page.locator("main")).to_contain_text("The supplier replies until")


# --- step 6: fact check, dispute, actions ----------------------------------------------------------------


def finding(page: Page, number: str) -> Locator:
    """The card of a finding on the page that is open."""
    return page.locator(f'[id="finding-{number}"]')


def supplier_comments(page: Page, assessment: str, number: str, words: str) -> None:
    """Put one's own words beside a finding."""
    _reply(page, assessment, number, words, "Add as a comment")


def supplier_disputes(page: Page, assessment: str, number: str, words: str) -> None:
    """Say that a finding is wrong, and why."""
    _reply(page, assessment, number, words, "Dispute it with this reason")


def _reply(page: Page, assessment: str, number: str, words: str, button: str) -> None:
    page.goto(f"/supplier/assessments/{assessment}/findings")
    found = finding(page, number)
    found.locator("summary", has_text="Comment").click()
    found.get_by_label("Your words").fill(words)
    found.get_by_role("button", name=button).click()
    expect(finding(page, number).locator(".said").first).to_contain_text(words)


def appeal_amends(page: Page, number: str, site: str, *, statement: str, grade: str, reason: str) -> None:
    """Decide a dispute: the finding is amended."""
    page.goto("/steward/")
    page.get_by_role("link", name=of("Decide", f"{number}, {site}")).click()
    page.get_by_label("is amended").check()
    page.get_by_label("Why", exact=True).fill(reason)
    page.get_by_text("New words or grade, if amended").click()
    page.get_by_label("The finding then says").fill(statement)
    page.get_by_label("Grade then").select_option(label=grade)
    page.get_by_role("button", name="Decide", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("What waits")


def supplier_ends_fact_check(page: Page, assessment: str) -> None:
    """Say that nothing more comes; the findings open."""
    page.goto(f"/supplier/assessments/{assessment}/findings")
    confirm(page, "End the fact check", "End it now")
    expect(page.locator("main")).to_contain_text("The fact check ended on")


def supplier_proposes_action(
    page: Page, assessment: str, number: str, *, kind: str, cause: str, what: str, due: str
) -> None:
    """Propose an action on a finding, with its root cause."""
    page.goto(f"/supplier/assessments/{assessment}/findings")
    finding(page, number).get_by_role("link", name=re.compile("^Propose (a|another)")).click()
    page.get_by_label("Root cause").fill(cause)
    page.get_by_label(kind).check()
    page.get_by_label("What will be done").fill(what)
    page.get_by_label("Who does it").fill("Head of maintenance")
    page.get_by_label("Done by").fill(due)
    page.get_by_role("button", name="Propose it").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Corrective action plan")
    notice(page, "The assessor agrees to it, or returns it with a reason.")


def assessor_opens_finding(page: Page, assessment: str, number: str) -> None:
    """Open a finding with its replies and actions."""
    page.goto(f"/assessor/assessments/{assessment}/findings")
    page.get_by_role("link", name=number, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def assessor_returns_action(page: Page, reason: str) -> None:
    """Send a proposed action of the finding that is open back, with what is missing."""
    action = page.locator("[id^=action-]").first
    action.locator("summary", has_text="Return it").click()
    action.get_by_label("What is missing").fill(reason)
    action.get_by_role("button", name="Return it").click()
    notice(page, "With the supplier, to be proposed again.")


def supplier_proposes_again(page: Page, number: str, reason: str, what: str) -> None:
    """Read why an action came back, change it, propose it again."""
    page.goto("/supplier/actions")
    page.get_by_role("row", name=re.compile(f"{number} ")).get_by_role("link").first.click()
    notice(page, reason)
    page.get_by_role("link", name="Change it and propose it again").click()
    page.get_by_label("What will be done").fill(what)
    page.get_by_role("button", name="Propose it again").click()
    notice(page, "The assessor agrees to it, or returns it with a reason.")


def assessor_agrees_action(page: Page) -> None:
    """Agree the proposed action of the finding that is open."""
    page.get_by_role("button", name="Agree this action").click()
    expect(page.get_by_role("button", name="Agree this action")).to_have_count(0)


# --- step 7: second reading and publication --------------------------------------------------------------


def lead_hands_to_review(page: Page, assessment: str) -> None:
    """Hand the case over to the second reader."""
    page.goto(f"/assessor/assessments/{assessment}")
    page.get_by_role("button", name="Hand over to the second reader").click()
    expect(page.locator("main")).to_contain_text("A second reader of the steward has it")


def reviewer_publishes(page: Page, site: str) -> None:
    """Read the draft result and publish it."""
    page.goto("/steward/")
    page.get_by_role("link", name=of("Read it", site)).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Second reading: {site}")
    confirm(page, "Publish the result", "Publish")
    expect(page.get_by_role("heading", level=1)).to_contain_text("What waits")

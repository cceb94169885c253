"""What supplier and buyers do with a published result: steps 8 and 9."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import FilePayload, Page, expect

from tests.evidence.corpus import pdf
from tests.journeys.acts import notice
from tests.journeys.deciding import assessor_opens_finding, confirm, of

# --- step 7, afterwards ----------------------------------------------------------------------------------


def supplier_takes_its_result(page: Page, site: str, folder: Path) -> Path:
    """Read the own result, reached from home, and download its signed file."""
    page.goto("/supplier/")
    page.get_by_role("link", name=re.compile(rf"^{site}, ")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(site)
    for heading in ("Where the site stands", "Findings", "Corrective actions", "About this result"):
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    return buyer_takes_the_file(page, folder)


# --- step 8: asking, granting, reading, revoking ---------------------------------------------------------


def buyer_asks(page: Page, *, lei: str, purpose: str, until: str) -> None:
    """Ask a supplier, named by its LEI, for status, profile, findings and plan."""
    page.goto("/buyer/requests")
    page.get_by_label("LEI").fill(lei)
    for layer in ("status", "profile", "findings", "plan"):
        page.get_by_role("group", name="What you ask for").locator(f"input[value={layer}]").check()
    page.get_by_label("What for", exact=True).fill(purpose)
    page.get_by_label("Legal basis").select_option(label="A due-diligence law that binds us")
    page.get_by_label("To see it until").fill(until)
    page.get_by_role("button", name="Send the request").click()
    notice(page, "Sent, if they take part.")


def supplier_grants_the_request(page: Page, buyer: str, site: str, *, without: str) -> None:
    """Answer item by item: share all that is asked, of every topic but one; see what they would see first."""
    page.goto("/supplier/sharing")
    page.get_by_role("link", name=of("Answer item by item", buyer)).click()
    page.get_by_role("group", name="Of which result?").get_by_label(site).first.check()
    for row in page.locator("tr[id^=item-]").all():
        row.get_by_label("Share", exact=True).check()
    page.get_by_label("Only those ticked here").check()
    details = page.locator("#topics details")
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    for topic in details.get_by_role("checkbox").all():
        topic.check()
    details.get_by_label(without, exact=True).uncheck()
    page.get_by_role("button", name="Check what they would see").click()
    preview = page.locator("#preview")
    expect(preview.get_by_role("heading", level=2)).to_contain_text(f"What {buyer} would see")
    expect(preview).not_to_contain_text(without)
    page.get_by_role("button", name="Share what I chose").click()
    notice(page, "Answered.")


def buyer_opens_result(page: Page, supplier: str) -> None:
    """Open a supplier from its row of the portfolio."""
    page.goto("/buyer/")
    page.get_by_role("row", name=supplier).get_by_role("link", name=supplier).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(supplier)


def buyer_reads_progress(page: Page, supplier: str, words: str) -> None:
    """Open a result until its counts say this: they follow an action when the worker has rolled them up."""
    for _again in range(60):
        buyer_opens_result(page, supplier)
        if page.get_by_text(words).count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(page.locator("aside").inner_text())


def buyer_takes_the_file(page: Page, folder: Path) -> Path:
    """Download the signed file of the result that is open."""
    with page.expect_download() as coming:
        page.get_by_role("link", name="Signed file (JSON)").click()
    place = folder / coming.value.suggested_filename
    coming.value.save_as(place)
    return place


def buyer_sees_nothing(page: Page, supplier: str, assessment: str) -> None:
    """No row, and no address that answers, not even that the supplier takes part."""
    page.goto("/buyer/")
    expect(page.locator("main")).not_to_contain_text(supplier)
    page.goto("/buyer/requests")
    expect(page.locator("main")).not_to_contain_text(supplier)
    for address in (
        f"/buyer/assessments/{assessment}", f"/buyer/assessments/{assessment}/file",
        f"/supplier/assessments/{assessment}", f"/assessor/assessments/{assessment}",
    ):  # fmt: skip
        got = page.request.get(address)
        assert got.status in {403, 404}, (got.status, address)
        assert supplier not in got.text(), address


def supplier_revokes(page: Page, buyer: str) -> None:
    """End what a buyer sees."""
    page.goto("/supplier/sharing")
    grant = page.locator("ul.feed > li", has_text=buyer).first
    confirm(page, "End now", "End it now", grant)
    expect(page.locator("ul.feed > li", has_text=buyer).get_by_text("End now")).to_have_count(0)


def supplier_reads_the_ledger(page: Page, reader: str) -> str:
    """Read every look of one organization; return what the lines say."""
    page.goto("/supplier/ledger")
    page.get_by_label("Who").select_option(label=reader)
    page.locator("main form button").first.click()
    expect(page.get_by_role("row", name=reader).first).to_be_visible()
    return page.locator("table").inner_text()


def supplier_grants_unasked(page: Page, buyer: str, site: str, *, until: str) -> None:
    """Share findings and plan of a result with a company, by its exact name."""
    page.goto("/supplier/sharing/new")
    page.get_by_label("Which company?").fill(buyer)
    page.get_by_label("What may they use it for?").fill("Supply chain due diligence")
    page.get_by_role("group", name="Of which result?").get_by_label(site).first.check()
    page.get_by_role("button", name="Findings and plan").click()
    expect(page.get_by_label("Which company?")).to_have_value(buyer)
    page.get_by_label("Until, that day included").fill(until)
    page.get_by_role("button", name="Check what they would see").click()
    expect(page.locator("#preview")).to_contain_text(site)
    page.get_by_role("button", name="Share what I chose").click()
    notice(page, f"Shared with {buyer}.")


# --- step 9: closing an action ---------------------------------------------------------------------------


def supplier_opens_action(page: Page, number: str) -> None:
    """Open the action of a finding."""
    page.goto("/supplier/actions")
    page.get_by_role("row", name=re.compile(rf"{number} ")).get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Corrective action plan")


def supplier_starts_action(page: Page) -> None:
    """Say that the action that is open is under way."""
    page.get_by_role("button", name="Say that it is under way").click()
    expect(page.get_by_role("button", name="Say that it is under way")).to_have_count(0)


def supplier_proves_action(page: Page, words: str, file_name: str) -> None:
    """Say of the action that is open that it is done, with a document, and send it to the assessor."""
    page.get_by_label("What changed, in two or three sentences").fill(words)
    file = FilePayload(name=file_name, mimeType="application/pdf", buffer=pdf())
    page.get_by_label("Or a file").set_input_files(file)
    page.get_by_role("button", name="Send to the assessor").click()
    expect(page.locator("#proofs ~ ul")).to_contain_text(file_name)


def assessor_verifies_action(page: Page, assessment: str, number: str, how: str) -> None:
    """Verify on site and close the action of a finding."""
    assessor_opens_finding(page, assessment, number)
    page.get_by_label("How you verified it").fill(how)
    page.get_by_label("How", exact=True).select_option(value="on_site")
    page.get_by_role("button", name="Verify and close").click()
    expect(page.get_by_role("button", name="Verify and close")).to_have_count(0)

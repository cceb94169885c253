"""What people of the story do, each act named as they would name it. Acts take the page of who acts.

Whatever an act leads to is waited for in the page, so that the next one starts from there.
"""

from __future__ import annotations

import re

from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.evidence.corpus import pdf

ASSESSMENT = re.compile(r"/supplier/assessments/([0-9a-f-]{36})$")
ADDED = "is added. You can open its assessment now."


def notice(page: Page, text: str) -> None:
    """Expect a notice or another line of the page to say this."""
    expect(page.locator("main")).to_contain_text(text)


# --- step 1: the supplier's admin ----------------------------------------------------------------------


def supplier_describes_the_company(page: Page, *, lei: str, employees: int) -> None:
    """Fill in what the register says and how many work here."""
    page.goto("/supplier/organization")
    page.get_by_label("Legal form, as written").fill("akciová společnost")
    page.get_by_label("Number in the company register").fill("45193258")
    page.get_by_label("LEI (20 letters and digits)").fill(lei)
    page.get_by_label("All employees of the company").fill(str(employees))
    page.get_by_role("button", name="Save", exact=True).click()
    notice(page, "Your company's entry is saved.")
    expect(page.get_by_label("LEI (20 letters and digits)")).to_have_value(lei)


def supplier_adds_a_site(page: Page, name: str, *, done: str, material: str, employees: int) -> None:
    """Describe a site: where it is, what is done there, how many people, one material."""
    page.goto("/supplier/sites")
    page.get_by_role("link", name="Add a site").first.click()
    page.get_by_label("What you call this site").fill(name)
    page.get_by_label("Country", exact=True).select_option(label="Czechia")
    page.get_by_label("Employees here").fill(str(employees))
    page.get_by_label(done).check()
    page.get_by_label("Which, row 1").select_option(label=material)
    page.get_by_label("How it comes in, row 1").select_option(label="As ore, metal, compound or scrap")
    page.get_by_role("button", name="Add this site").click()
    notice(page, f"{name} {ADDED}")


def supplier_opens_an_assessment(page: Page, site: str, label: str = "2026") -> str:
    """Open the round of one site; return the assessment's id."""
    page.goto("/supplier/assessments/new")
    page.get_by_label(site).check()
    page.get_by_label("What do you call this round?").fill(label)
    page.get_by_role("button", name="Open it").click()
    notice(page, "The assessment is open.")
    found = ASSESSMENT.search(page.url)
    assert found, page.url
    return found[1]


# --- step 2: answering ---------------------------------------------------------------------------------


def card(page: Page, key: str) -> Locator:
    """One question of the page."""
    return page.locator(f"#{key}")


def saved(page: Page, key: str) -> None:
    """Wait until what was typed into a question is saved, as the line under it says."""
    page.evaluate("document.activeElement.blur()")  # a field that is left has changed
    page.wait_for_timeout(400)  # a change is sent a quarter of a second after the last one
    line = card(page, key).locator(".outcome")
    expect(line.locator(".save-saving")).to_have_count(0)
    expect(line.locator(".save-saved")).to_be_visible()


def contributor_opens_a_section(page: Page, assessment: str, section: str) -> None:
    """Go to a section of the questionnaire."""
    page.goto(f"/supplier/assessments/{assessment}/sections/{section}")


def contributor_answers_by_hand(page: Page, assessment: str) -> None:
    """Answer questions with every kind of field; each saves as it is given."""
    contributor_opens_a_section(page, assessment, "OHS")
    system = card(page, "OHS-01")
    system.get_by_label("Our own written way of working").check()  # several of a list
    share = system.get_by_role("group", name="Share of employees covered today")  # opens once that is ticked
    share.get_by_role("textbox").first.fill("80")  # a number with its year and how it is known
    share.get_by_label("Data year").fill("2025")
    share.get_by_label("How known").select_option(label="Estimated")
    system.get_by_label("Someone from our own company").check()
    saved(page, "OHS-01")
    expect(share.get_by_role("textbox").first).to_have_value("80")

    jobs = card(page, "OHS-02")
    jobs.get_by_label("Most", exact=True).check()  # one of a list
    jobs.get_by_label("Last time someone went through the list").fill("2026-03-12")  # a date
    jobs.get_by_label("People who do the job").check()
    jobs.get_by_label("The date for it had come").check()
    saved(page, "OHS-02")

    accidents = card(page, "OHS-05")  # a table: each cell is labelled by its column and row
    for column, figure in (
        ("Recordable accidents", "4"),
        ("Of these, with at least one day off", "1"),
        ("Hours worked", "64000"),
    ):
        for cell in accidents.get_by_label(column).all():
            cell.fill(figure)
    for cell in accidents.get_by_label("Hours taken from").all():
        cell.select_option(label="Time records or payroll")
    accidents.get_by_label("Moving machine parts").check()
    saved(page, "OHS-05")

    contributor_opens_a_section(page, assessment, "MIN")
    rule = card(page, "MIN-01")
    rule.get_by_label("Bribes and false papers on origin").check()
    rule.get_by_label("All our minerals and metals").check()
    rule.get_by_label("Everyone, on a public page").check()
    rule.get_by_label("Address of the public page").fill("https://kovo.example/minerals")  # a link
    saved(page, "MIN-01")

    contributor_opens_a_section(page, assessment, "PRO")
    sold = card(page, "PRO-07")  # a table of rows that the supplier names
    sold.get_by_label("Product or service, row 1").fill("Nickel anodes")
    sold.get_by_label("Share of turnover, row 1").select_option(label="More than 50 percent")
    sold.get_by_label("Mostly sold to, row 1").select_option(label="Makers of parts or products")
    sold.get_by_label("Main country, row 1").select_option(label="Germany")
    sold.get_by_role("button", name="Add a row").click()
    sold.get_by_label("Product or service, row 2").fill("Slag for road building")
    sold.get_by_label("Share of turnover, row 2").select_option(label="Up to 10 percent")
    sold.get_by_label("Mostly sold to, row 2").select_option(label="Traders")
    sold.get_by_label("Main country, row 2").select_option(label="Poland")
    saved(page, "PRO-07")

    changes = card(page, "PRO-16")
    changes.get_by_label("New process, material or dangerous substance").check()
    told = changes.get_by_label("What changed, when, and what was done about it")
    told.fill(
        "A second furnace since May 2025.\nThe crew was trained before its first heat."
    )  # several lines
    saved(page, "PRO-16")


def contributor_says_what_else_can_be_said(page: Page, assessment: str) -> None:
    """Give every answer that is no answer: not known yet, does not apply and why, kept to ourselves."""
    contributor_opens_a_section(page, assessment, "OHS")
    for key, state in (
        ("OHS-03", "Not known yet"),
        ("OHS-06", "Does not apply to us"),
        ("OHS-15", "We keep it to ourselves"),
    ):
        asked = card(page, key)
        asked.get_by_text("Not known yet, does not apply, or kept to yourselves").click()
        asked.get_by_label(state, exact=True).check()
        if state == "Does not apply to us":
            asked.get_by_label("Why it does not apply").fill("The site began to work this spring.")
        saved(page, key)


def contributor_begins_an_answer(page: Page, assessment: str) -> None:
    """Answer one part of a question and leave the others open."""
    contributor_opens_a_section(page, assessment, "ENV")
    stress = card(page, "ENV-22")
    stress.get_by_label("High or very high").check()
    saved(page, "ENV-22")


def contributor_ends_the_answer(page: Page, assessment: str) -> None:
    """Come back to it and answer the rest."""
    contributor_opens_a_section(page, assessment, "ENV")
    stress = card(page, "ENV-22")
    stress.get_by_label("Public water-risk map").check()
    stress.get_by_label("Which map, letter or study").fill("Water risk atlas, version 4.0")  # a line of text
    taken = stress.get_by_role("group", name="Water taken from this area in the year")
    taken.get_by_role("textbox").first.fill("18400")
    taken.get_by_label("Data year").fill("2025")
    taken.get_by_label("How known").select_option(label="Measured")
    saved(page, "ENV-22")


def contributor_leaves_a_note(page: Page, assessment: str, key: str, text: str) -> None:
    """Write a note for the assessor under an answer."""
    page.goto(f"/supplier/assessments/{assessment}/questions/{key}")
    asked = card(page, key)
    asked.get_by_text("A note for the assessor", exact=True).click()
    asked.get_by_label("Note for the assessor").fill(text)
    saved(page, key)


def contributor_switches_questions_on(page: Page, assessment: str) -> None:
    """Say that the site smelts: more is asked at once, with the reason, here and in other sections."""
    contributor_opens_a_section(page, assessment, "OHS")
    expect(card(page, "OHS-12")).to_have_count(0)
    contributor_opens_a_section(page, assessment, "PRO")
    done = card(page, "PRO-06")
    done.get_by_label("Smelting or refining").check()
    done.get_by_label("Yes", exact=True).check()  # materials are made, treated or sorted here
    saved(page, "PRO-06")
    expect(done.locator(".outcome")).to_contain_text("OHS-12 is asked now.")
    expect(done.locator(".outcome")).to_contain_text("this site smelts, shapes or recycles metal")
    done.get_by_role("link", name="OHS-12 is asked now.").click()
    expect(card(page, "OHS-12").locator(".asked")).to_contain_text(
        "this site smelts, shapes or recycles metal"
    )

    contributor_opens_a_section(page, assessment, "ENV")
    expect(card(page, "ENV-24")).to_have_count(0)
    water = card(page, "ENV-23")
    water.get_by_label("Does water go this way?, Of all this, process water").select_option(label="Yes")
    saved(page, "ENV-23")
    expect(card(page, "ENV-24").locator(".asked")).to_contain_text(
        "process water leaves this site"
    )  # in place


def supplier_places_itself(page: Page, assessment: str, section: str, topic: str, level: int) -> None:
    """Choose the step of a topic's ladder that comes closest."""
    contributor_opens_a_section(page, assessment, section)
    ladder = page.get_by_role("region", name=f"{topic}: where you see yourselves")
    ladder.get_by_role("radio").nth(level).check()
    page.wait_for_timeout(300)
    expect(ladder.locator(".save-saved")).to_be_visible()


# --- step 3: evidence ----------------------------------------------------------------------------------


def contributor_uploads_evidence(page: Page, title: str, file_name: str) -> None:
    """Put a PDF into the vault, once."""
    page.goto("/supplier/evidence")
    file = FilePayload(name=file_name, mimeType="application/pdf", buffer=pdf(pages=3))
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_label("What is it?").fill(title)
    page.get_by_role("button", name="Upload", exact=True).click()
    notice(page, f"“{title}” can be linked to any answer now.")


def contributor_links_evidence(page: Page, assessment: str, key: str, title: str) -> None:
    """Choose a document of the vault for an answer."""
    section = key.partition("-")[0]
    contributor_opens_a_section(page, assessment, section)
    card(page, key).get_by_role("link", name="Upload or choose from your evidence").click()
    page.get_by_label(title).check()
    page.get_by_role("button", name="Link what is ticked").click()
    notice(page, f"Linked to {key}: {title}.")


def contributor_finds_evidence(page: Page, title: str, *answers: str) -> None:
    """Search the vault for a document and read where it is used."""
    page.goto("/supplier/evidence")
    page.get_by_label("Title or file name").fill(title.split()[0].lower())
    page.get_by_role("button", name="Search").click()
    row = page.get_by_role("row", name=title)
    row.get_by_text(f"{len(answers)} answers").click()
    for key in answers:
        expect(row).to_contain_text(key)


def supplier_sees_evidence_released(page: Page, title: str) -> None:
    """Wait until the scanner has let the document through."""
    for _again in range(40):
        page.goto("/supplier/evidence")
        if page.get_by_role("row", name=title).get_by_text("scanned", exact=True).count():
            return
        page.wait_for_timeout(250)
    raise AssertionError(page.get_by_role("row", name=title).inner_text())


# --- step 4: summary and handing in --------------------------------------------------------------------


def supplier_reads_the_summary(page: Page, assessment: str) -> None:
    """Read everything on one page."""
    page.goto(f"/supplier/assessments/{assessment}/summary")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your answers")


def supplier_cannot_hand_in_yet(page: Page, assessment: str) -> None:
    """With questions open there is a list with links, and nothing to press."""
    supplier_reads_the_summary(page, assessment)
    expect(page.get_by_role("button", name="Hand in")).to_have_count(0)
    first = page.locator("#open").get_by_role("link").first
    key = first.locator(".id").inner_text()
    first.click()
    expect(card(page, key)).to_be_visible()


def supplier_hands_in(page: Page, assessment: str) -> None:
    """Agree to the form of the public statement and hand in."""
    supplier_reads_the_summary(page, assessment)
    page.get_by_label("We agree to the form of the public statement").check()
    page.get_by_role("button", name="Hand in").click()
    notice(page, "Handed in. Receipt")

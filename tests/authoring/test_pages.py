"""The steward's editor as its admin meets it: every page, a change, a fault at its field, and the way out."""

from __future__ import annotations

import io
import re

from sqlalchemy import select

from assessments.assessment import QuestionnaireVersion
from assessments.authoring.drafts import QuestionnaireDraft, files_of
from assessments.authoring.versions import publish_version
from assessments.questionnaire.editing.files import unpacked
from assessments.questionnaire.pack.loading import load_pack
from tests.authoring.test_drafts import ENGLISH, begun, worded
from tests.conftest import Stack
from tests.support.cast import NOW

HOME = "/steward/questionnaires"


def fields_of(page: object) -> list[tuple[str, str]]:
    """What a browser would post of the page's largest form, without the buttons."""
    form = max(page.tree.findall(".//form"), key=lambda one: len(list(one.iter("input"))))  # type: ignore[attr-defined]
    found: list[tuple[str, str]] = []
    for node in form.iter():
        name = node.get("name")
        if (
            node.tag == "input"
            and name
            and (node.get("type") != "checkbox" or node.get("checked") is not None)
        ):
            found.append((name, node.get("value", "")))
        elif node.tag == "textarea" and name:
            found.append((name, "".join(node.itertext()).lstrip("\n")))
        elif node.tag == "select" and name:
            options = list(node.iter("option"))
            chosen = next((one for one in options if one.get("selected") is not None), options[0])
            found.append((name, chosen.get("value", "")))
    return [pair for pair in found if pair[0] != "csrf_token"]


def grouped(fields: list[tuple[str, str]], **more: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in [*fields, *more.items()]:
        found.setdefault(name, []).append(value)
    return found


def changed(fields: list[tuple[str, str]], **texts: str) -> list[tuple[str, str]]:
    return [(name, texts.get(name, value)) for name, value in fields]


def test_a_draft_begins_from_the_page_and_every_page_of_it_opens(stack: Stack) -> None:
    sara = stack.visit(stack.cast.sara)
    empty = sara.get(HOME)
    assert "No draft yet" in empty.text
    assert "Nothing is published yet" in empty.text
    assert sara.post(HOME, {"source": "pack", "version": "one"}).status == 409
    made = sara.post(HOME, {"source": "pack", "version": "1.0"})
    assert made.status == 303
    base = made.location
    assert "pack.yaml" in sara.get(f"{base}/text").text
    for path in (
        "", "?only=changed", "?only=faults", "/questions/LAB-10", "/questions/PRO-08", "/topics/LAB.3",
        "/sections/LAB", "/text?file=pack.yaml", "/preview", "/preview?employees=30&positions=REC",
        "/try/LAB",
        "/changes", "/history",
    ):  # fmt: skip
        assert sara.get(f"{base}{path}").status == 200, path
    for path in (
        "/questions/LAB-77",
        "/topics/LAB.77",
        "/sections/XYZ",
        "/text?file=nowhere.yaml",
        "/try/XYZ",
    ):
        assert sara.get(f"{base}{path}").status == 404, path
    published = sara.post(f"{base}/publish")
    assert published.status == 303, published.text
    row = stack.session.scalars(select(QuestionnaireVersion)).one()
    assert row.sha256 == load_pack().digest, "what was not changed is published as it ships"
    assert "1.0" in sara.get(HOME).text


def test_a_form_posted_unchanged_changes_nothing(stack: Stack) -> None:
    draft = begun(stack)
    stack.session.commit()
    sara, base = stack.visit(stack.cast.sara), f"{HOME}/{draft.id}"
    for key in ("LAB-10", "PRO-08", "ENV-23", "OHS-16", "CIR-02"):
        page = sara.get(f"{base}/questions/{key}")
        assert sara.post(f"{base}/questions/{key}", grouped(fields_of(page), do="save")).status == 303
    stack.session.rollback()
    assert stack.session.get_one(QuestionnaireDraft, draft.id).revision == 0


def test_a_fault_stands_at_its_field_until_it_is_mended(stack: Stack) -> None:
    draft = begun(stack)
    stack.session.commit()
    sara, base = stack.visit(stack.cast.sara), f"{HOME}/{draft.id}"
    url = f"{base}/questions/LAB-10"
    fields = fields_of(sara.get(url))
    wrong = changed(
        fields, **{"parts.0.options.1.text": "x" * 130, "tier": "standard", "why": "Short. " + "word " * 30}
    )
    assert sara.post(url, grouped(wrong, do="save")).status == 303
    page = sara.get(url)
    assert "has 130 characters; shorten it to 120" in page.text
    assert page.tree.find(".//*[@id='parts-0-options-1-text-err']") is not None
    assert page.tree.find(".//*[@id='why-err']") is not None
    assert "LAB-10" in sara.get(f"{base}?only=faults").text
    assert sara.post(f"{base}/publish").status == 409
    assert sara.post(url, grouped(changed(fields, was=dict(fields_of(page))["was"]), do="save")).status == 303
    assert "the check is clean" in sara.get(base).text


def test_rows_come_move_and_go_in_the_form_alone(stack: Stack) -> None:
    draft = begun(stack)
    stack.session.commit()
    sara, url = stack.visit(stack.cast.sara), f"{HOME}/{draft.id}/questions/LAB-10"
    page = sara.post(url, grouped(fields_of(sara.get(url)), do="add:parts.0.options"))
    assert "Not saved yet." in page.text
    fields = dict(fields_of(page))
    assert fields["parts.0.options.10.key"] == ""
    page = sara.post(url, grouped(fields_of(page), do="up:parts.0.options.1"))
    assert dict(fields_of(page))["parts.0.options.0.key"] == "deposits"
    page = sara.post(url, grouped(fields_of(page), do="remove:parts.2"))
    assert "parts.2.key" not in dict(fields_of(page))
    page = sara.post(url, grouped(fields_of(page), do="add:rule"))
    assert dict(fields_of(page))["rule.0.op"] == "is"
    stack.session.rollback()
    assert stack.session.get_one(QuestionnaireDraft, draft.id).revision == 0


def test_two_stewards_both_see_both(stack: Stack) -> None:
    draft = begun(stack)
    stack.session.commit()
    sara, url = stack.visit(stack.cast.sara), f"{HOME}/{draft.id}/questions/LAB-10"
    fields = fields_of(sara.get(url))
    worded(stack, draft, "LAB-10", why="What the other one wrote.")
    stack.session.commit()
    page = sara.post(url, grouped(changed(fields, why="What I wrote."), do="save"))
    assert page.status == 412
    assert "What the other one wrote." in page.text
    assert dict(fields_of(page))["why"] == "What I wrote."
    assert sara.post(url, grouped(fields_of(page), do="save")).status == 303
    assert dict(fields_of(sara.get(url)))["why"] == "What I wrote."
    history = sara.get(f"{HOME}/{draft.id}/history?revision=2")
    assert "lab/lab-3.yaml" in history.text
    assert sara.post(f"{HOME}/{draft.id}/undo").status == 303
    assert dict(fields_of(sara.get(url)))["why"] == "What the other one wrote."


def test_a_rule_says_itself_and_whom_it_reaches(embedded: Stack) -> None:
    draft = begun(embedded)
    embedded.session.commit()
    sara, url = embedded.visit(embedded.cast.sara), f"{HOME}/{draft.id}/questions/LAB-10"
    fields = fields_of(sara.get(url))
    rule = {
        "rule.0.depth": "0", "rule.0.subject": "", "rule.0.op": "all", "rule.0.values": "",
        "rule.1.depth": "1", "rule.1.subject": "positions", "rule.1.op": "any_of", "rule.1.values": "REC",
        "rule.2.depth": "1", "rule.2.subject": "materials", "rule.2.op": "any_of",
        "rule.2.values": "lead, copper",
    }  # fmt: skip
    assert sara.post(url, grouped(fields, **rule, do="save")).status == 303
    page = sara.get(url)
    assert "Asked when" in page.text
    assert re.search(r"Of the example suppliers, [1-7] of 8 are asked", page.text)
    assert dict(fields_of(page))["rule.2.values"] == "lead, copper"
    assert "LAB-10" in sara.get(f"{HOME}/{draft.id}/changes").text


def test_a_preview_says_what_of_the_description_cannot_be_read(embedded: Stack) -> None:
    draft = begun(embedded)
    embedded.session.commit()
    sara, url = embedded.visit(embedded.cast.sara), f"{HOME}/{draft.id}/preview"
    assert "questions" in sara.get(f"{url}?employees=25&positions=REC").text
    wrong = sara.get(f"{url}?employees=many&positions=REC")
    assert "Write a number of people, such as 25." in wrong.text
    assert dict(fields_of(wrong))["employees"] == "many"


def test_a_test_run_asks_opens_and_stores_nothing(stack: Stack) -> None:
    draft = begun(stack)
    stack.session.commit()
    sara, url = stack.visit(stack.cast.sara), f"{HOME}/{draft.id}/try/OHS"
    page = sara.get(f"{url}?example=Large+smelter-refiner")
    assert "Who took part" not in page.text
    fields = [pair for pair in fields_of(page) if pair[0] != "OHS-16.practised"]
    page = sara.post(url, grouped(fields, **{"OHS-16.practised": "2026-05-12"}))
    assert page.status == 200, page.text
    assert "Who took part" in page.text
    onward = sara.post(url, grouped(fields_of(page), go="LAB"))
    assert "LAB-10" in onward.text
    back = sara.post(url.replace("OHS", "LAB"), grouped(fields_of(onward), go="OHS"))
    assert "Who took part" in back.text
    assert dict(fields_of(back))["OHS-16.practised"] == "2026-05-12"
    forged = [pair for pair in changed(fields_of(back), carried="AAAA") if not pair[0].startswith("OHS")]
    assert "Who took part" not in sara.post(url, grouped(forged)).text
    wrong = changed(fields_of(back), **{"OHS-16.practised": "long ago"})
    assert sara.post(url, grouped(wrong)).tree.find(".//*[@id='OHS-16-practised-err']") is not None
    stack.session.rollback()
    assert stack.session.get_one(QuestionnaireDraft, draft.id).revision == 0


def test_files_go_out_and_come_back(stack: Stack) -> None:
    draft = begun(stack)
    stack.session.commit()
    sara, base = stack.visit(stack.cast.sara), f"{HOME}/{draft.id}"
    raw = sara.client.get(f"{base}/pack.zip").data
    stack.session.rollback()
    assert unpacked(raw) == files_of(stack.session, draft)
    assert sara.post(f"{base}/files", {"file": (io.BytesIO(raw), "pack.zip")}).status == 303
    text = ENGLISH["lab/lab-3.yaml"].replace("People who owe money", "Those who owe money")
    assert sara.post(f"{base}/files", {"file": (io.BytesIO(text.encode()), "lab-3.yaml")}).status == 303
    assert "Those who owe money" in sara.get(f"{base}/questions/LAB-10").text
    for name, sent in (("a.zip", b"no zip"), ("other.yaml", b"a: 1"), ("section.yaml", b"a: 1")):
        page = sara.post(f"{base}/files", {"file": (io.BytesIO(sent), name)})
        assert page.status == 409, name
    broken = sara.post(f"{base}/files", {"file": (io.BytesIO(b"topic: [\n"), "lab-3.yaml")})
    assert broken.status == 303
    assert "lab/lab-3.yaml" in sara.get(base).text
    assert "not YAML" in sara.get(f"{base}/text?file=lab/lab-3.yaml").text
    assert sara.get(f"{base}/topics/LAB.3").status == 409
    for path in ("/preview", "/try/LAB", "/changes"):
        assert "does not load yet" in sara.get(f"{base}{path}").text


def test_questions_topics_and_sections_by_the_page(embedded: Stack) -> None:
    draft = begun(embedded)
    embedded.session.commit()
    sara, base = embedded.visit(embedded.cast.sara), f"{HOME}/{draft.id}"
    assert sara.post(f"{base}/topics/LAB.3", {"do": "add", "key": "lab-12"}).status == 409
    added = sara.post(f"{base}/topics/LAB.3", {"do": "add", "key": "lab-90"})
    assert added.location.endswith("/questions/LAB-90")
    assert "has no text" in sara.get(added.location).text
    assert sara.post(f"{added.location}/place", {"to": "up"}).status == 303
    assert sara.post(f"{added.location}/remove", {}).status == 303
    assert sara.post(f"{base}/questions/LAB-12/remove", {}).status == 409
    assert sara.post(f"{base}/questions/LAB-12/remove", {"why": "Asked elsewhere."}).status == 303
    assert "Asked elsewhere." in sara.get(f"{base}/text?file=pack.yaml").text
    told = {"key": "new", "title": "New", "intro": "About it.", "answered_by": "Anybody"}
    assert sara.post(f"{base}/sections", told).status == 303
    more = {"do": "add", "key": "NEW.1", "new_title": "First", "new_intro": "About it."}
    assert sara.post(f"{base}/sections/NEW", more).location.endswith("/topics/NEW.1")
    assert sara.get(f"{base}/topics/NEW.1").status == 200
    url = f"{base}/topics/NEW.1"
    met = sara.post(url, {"do": "save", "title": "Other", "intro": "It.", "was": "an older mark"})
    assert met.status == 412
    assert "Somebody else wrote: First" in met.text
    assert 'value="Other"' in met.html
    mark = dict(fields_of(met))["was"]
    assert sara.post(url, {"do": "save", "title": "Other", "intro": "It.", "was": mark}).status == 303
    assert 'value="Other"' in sara.get(url).html
    assert sara.post(f"{base}/topics/NEW.1", {"do": "remove"}).status == 303
    assert sara.post(f"{base}/sections/NEW", {"do": "up"}).status == 303
    assert sara.post(f"{base}/sections/NEW", {"do": "remove"}).status == 303
    assert sara.get(f"{base}/sections/NEW").status == 404


def test_only_the_admin_comes_in(embedded: Stack) -> None:
    publish_version(embedded.session, load_pack(), by=embedded.cast.sara.actor, at=NOW)
    embedded.session.commit()
    for who in (embedded.cast.rene, embedded.cast.adam):
        assert embedded.visit(who).get(HOME).status == 403
    assert embedded.visit(embedded.cast.jana).get(HOME).status == 404


def test_a_draft_put_away_leaves_the_list_and_can_be_taken_up_again(stack: Stack) -> None:
    draft = begun(stack)
    stack.session.commit()
    sara, base = stack.visit(stack.cast.sara), f"{HOME}/{draft.id}"
    assert "Put away" not in sara.get(HOME).text
    assert stack.visit(stack.cast.rene).post(f"{base}/put-away").status == 403
    done = sara.post(f"{base}/put-away")
    assert (done.status, done.location) == (303, HOME)
    listed = sara.get(HOME)
    assert "The draft is put away." in listed.text
    assert "No draft yet" in listed.text
    assert base in listed.links(), "under what is put away"
    page = sara.get(base)
    assert "It is kept as it stands and does not change." in page.text
    for gone in ("Put this draft away", "Bring it back", "Add a section", "Edit section"):
        assert gone not in page.text
    url = f"{base}/questions/LAB-10"
    fields = fields_of(sara.get(url))
    assert "This draft is put away" in sara.get(url).text
    refused = sara.post(url, grouped(changed(fields, why="Another reason to ask."), do="save"))
    assert refused.status == 409
    assert "put away and does not change" in refused.text
    assert sara.post(f"{base}/publish").status == 409
    done = sara.post(f"{base}/take-up")
    assert (done.status, done.location) == (303, base)
    assert "It stands as it stood." in sara.get(base).text
    assert "Put away" not in sara.get(HOME).text
    assert sara.post(f"{base}/take-up").status == 409

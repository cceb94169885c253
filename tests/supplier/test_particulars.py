"""Company and sites: described once, by the questionnaire's own words, and never overwritten in silence."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from assessments.audit.events import AuditEvent, EventKind
from assessments.parties import Organization, Site
from assessments.sheet.profile import (
    confirm_identifiers,
    describe_organization,
    describe_site,
    read_columns,
)
from assessments.workflow import Invalid, Refused, Stale, WrongActor
from tests.conftest import Stack
from tests.supplier.conftest import form_of
from tests.support.assessing import published_standard, standard
from tests.support.cast import NOW

NEW = {
    "site.name": "Plzeň works", "site.country": "CZE", "site.activities": ["MAN", "TRD"],
    "site.production": "yes", "site.employees.value": "1 200", "site.latitude": "49,7384",
    "site.longitude": "13.3736", "site.materials.rows": ["row1"], "site.materials.row1.row": "tin",
    "site.materials.row1.use": "bought", "site.materials.row1.secondary_share": "10",
}  # fmt: skip


@pytest.fixture
def published(embedded: Stack) -> Stack:
    published_standard(embedded.session)
    embedded.session.commit()
    return embedded


def test_a_site_is_added_with_everything_it_was_given(published: Stack) -> None:
    visit = published.visit(published.cast.jana)
    assert visit.get("/supplier/sites/new").heading == "A new site"
    answer = visit.post("/supplier/sites/new", {**NEW, "revision": "0"})
    assert (answer.status, answer.location) == (303, "/supplier/sites")
    site = published.session.scalars(select(Site).where(Site.name == "Plzeň works")).one()
    assert (site.country, site.employees, site.latitude, site.production) == ("CZE", 1200, 49.7384, True)
    assert site.activities == ["MAN", "TRD"]
    assert site.materials == [{"material": "tin", "use": "bought", "secondary_share": 10}]
    kinds = published.session.scalars(select(AuditEvent.kind).where(AuditEvent.subject_id == site.id)).all()
    assert kinds == [EventKind.SITE_DESCRIBED]
    assert "Plzeň works is added." in visit.get("/supplier/sites").text


def test_a_wrong_site_comes_back_as_typed(published: Stack) -> None:
    visit = published.visit(published.cast.jana)
    wrong = NEW | {"site.name": "", "site.latitude": "95", "site.employees.value": "many"}
    answer = visit.post("/supplier/sites/new", wrong)
    assert answer.status == 422
    assert {"#site-name", "#site-latitude", "#site-employees"} <= set(answer.links())
    assert "What you call this site: It is needed. Fill it in." in answer.text
    values = answer.values()
    assert (values["site.latitude"], values["site.employees.value"]) == ("95", "many")
    assert published.session.scalars(select(Site).where(Site.name == "Plzeň works")).all() == []


def test_two_sites_of_one_company_cannot_have_one_name(published: Stack) -> None:
    visit = published.visit(published.cast.jana)
    answer = visit.post("/supplier/sites/new", NEW | {"site.name": "Brno yard"})
    assert answer.status == 422
    assert "another of your sites has this name" in answer.text


def test_a_row_more_is_drawn_without_saving(published: Stack) -> None:
    visit = published.visit(published.cast.jana)
    answer = visit.post("/supplier/sites/new", NEW | {"add_row": "site.materials"})
    assert answer.status == 200
    assert form_of(answer, "site-new")["site.materials.rows"] == ["row1", "row2", "row3"]
    assert published.session.scalars(select(Site).where(Site.name == "Plzeň works")).all() == []


def test_a_site_changed_meanwhile_shows_both_and_can_be_saved_again(published: Stack) -> None:
    path = f"/supplier/sites/{published.cast.smelter}"
    one, other = published.visit(published.cast.jana), published.visit(published.cast.jana)
    form = f"site-{published.cast.smelter}"
    fields = form_of(one.get(path), form)
    later = form_of(other.get(path), form)
    assert other.post(path, later | {"site.employees.value": ["400"]}).status == 303
    answer = one.post(path, fields | {"site.employees.value": ["390"]})
    assert answer.status == 412
    assert "A colleague saved this meanwhile." in answer.text
    assert "400 people" in answer.text
    assert answer.values()["site.employees.value"] == "390"
    assert one.post(path, form_of(answer, form)).status == 303
    published.session.rollback()
    assert published.session.get_one(Site, published.cast.smelter).employees == 390


def test_sending_a_site_as_shown_changes_nothing(published: Stack) -> None:
    path = f"/supplier/sites/{published.cast.smelter}"
    visit = published.visit(published.cast.jana)
    fields = form_of(visit.get(path), f"site-{published.cast.smelter}")
    assert visit.post(path, fields).status == 303
    published.session.rollback()
    assert published.session.get_one(Site, published.cast.smelter).revision == 1


def test_the_company_is_described_and_keeps_its_name(published: Stack) -> None:
    visit = published.visit(published.cast.jana)
    fields = form_of(visit.get("/supplier/organization"), "organization")
    assert fields["organization.legal_name"] == ["Kovohutě Sever a.s."]
    saved = visit.post("/supplier/organization", fields | {"organization.legal_form": ["a.s."]})
    assert saved.status == 303
    fields = form_of(visit.get("/supplier/organization"), "organization")
    assert fields["organization.legal_form"] == ["a.s."]
    mistyped = visit.post("/supplier/organization", fields | {"organization.lei": ["5299000J2N45DDNE4Y2"]})
    assert (mistyped.status, "it has 20 letters and digits" in mistyped.text) == (422, True)
    spaced = visit.post("/supplier/organization", fields | {"organization.lei": ["5299 000j2n45 ddne4y28"]})
    assert spaced.status == 303
    fields = form_of(visit.get("/supplier/organization"), "organization")
    assert fields["organization.lei"] == ["5299000J2N45DDNE4Y28"], "as a buyer would ask by it"
    nameless = visit.post("/supplier/organization", fields | {"organization.legal_name": [" "]})
    assert nameless.status == 422
    assert "#organization-legal_name" in nameless.links()


def test_a_contributor_reads_and_does_not_write(published: Stack) -> None:
    visit = published.visit(published.cast.petr)
    page = visit.get(f"/supplier/sites/{published.cast.smelter}")
    assert "380 people" in page.text
    assert page.values().get("site.name") is None
    assert visit.post(f"/supplier/sites/{published.cast.smelter}", NEW).status == 403
    assert visit.get("/supplier/sites/new").status == 403
    assert visit.post("/supplier/organization", {}).status == 403


def test_another_suppliers_site_is_not_there(published: Stack) -> None:
    visit = published.visit(published.cast.rita)
    assert visit.get(f"/supplier/sites/{published.cast.smelter}").status == 404
    assert visit.post(f"/supplier/sites/{published.cast.smelter}", NEW).status == 404


def test_before_a_questionnaire_is_published_the_pages_say_so(embedded: Stack) -> None:
    visit = embedded.visit(embedded.cast.jana)
    for path in ("/supplier/organization", "/supplier/sites/new", "/supplier/assessments/new"):
        assert "No questionnaire is published yet" in visit.get(path).text


def test_columns_are_read_by_their_parts_and_faults_name_them() -> None:
    read = read_columns(standard(), "site", {"name": " Works ", "employees": "12", "production": "no"})
    assert read == {"name": "Works", "employees": 12, "production": False}
    with pytest.raises(Invalid) as refused:
        read_columns(standard(), "site", {"name": "", "colour": "red", "employees": "9999999999"})
    assert set(refused.value.faults) == {"site.name", "site.colour", "site.employees"}


def test_describing_is_guarded_by_the_revision_on_both_databases(stack: Stack) -> None:
    session, by = stack.session, stack.cast.jana.actor
    site = session.get_one(Site, stack.cast.smelter)
    describe_site(session, site, {"employees": 400}, revision=1, by=by, at=NOW)
    session.commit()
    with pytest.raises(Stale) as refused:
        describe_site(session, site, {"employees": 390}, revision=1, by=by, at=NOW)
    assert refused.value.current == {"employees": 400, "revision": 2}
    company = session.get_one(Organization, stack.cast.kovo)
    describe_organization(session, company, {"legal_form": "a.s."}, revision=1, by=by, at=NOW)
    with pytest.raises(Stale):
        describe_organization(session, company, {"legal_form": "s.r.o."}, revision=1, by=by, at=NOW)


def test_a_claimed_lei_tells_nothing_and_reaches_nobody_until_it_is_confirmed(stack: Stack) -> None:
    session, by = stack.session, stack.cast.jana.actor
    rival = session.get_one(Organization, stack.cast.rival)
    rival.lei = "549300TRUWO2CD2G5692"
    confirm_identifiers(session, rival, by=stack.cast.sara.actor, at=NOW)
    session.commit()
    company = session.get_one(Organization, stack.cast.kovo)
    columns = {"lei": "549300TRUWO2CD2G5692"}
    describe_organization(session, company, columns, revision=company.revision, by=by, at=NOW)
    session.commit()
    assert (company.lei, company.confirmed_lei) == ("549300TRUWO2CD2G5692", "5299000J2N45DDNE4Y28")
    for actor in (by, stack.cast.rene.actor):
        with pytest.raises(WrongActor):
            confirm_identifiers(session, company, by=actor, at=NOW)
    with pytest.raises(Refused, match="Another organization"):
        confirm_identifiers(session, company, by=stack.cast.sara.actor, at=NOW)

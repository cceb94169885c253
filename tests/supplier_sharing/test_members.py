"""The people of a supplier: added without a password, ended at once, never the last admin."""

from __future__ import annotations

from sqlalchemy import select

from assessments.events import AuditEvent, EventKind
from assessments.parties import Membership, Person, Role
from tests.conftest import Stack


def test_somebody_is_added_and_ended_and_comes_back(stack: Stack) -> None:
    visit = stack.visit(stack.cast.jana)
    sent = {"email": " Nina@Example.org", "name": "Nina", "role": "supplier_contributor"}
    assert visit.post("/supplier/members", sent).status == 303
    page = visit.get("/supplier/members")
    assert "nina@example.org · has no password yet" in page.text
    person = stack.session.scalars(select(Person).where(Person.email == "nina@example.org")).one()
    assert person.password_hash is None
    assert visit.post("/supplier/members", sent).status == 409
    membership = stack.session.scalars(select(Membership).where(Membership.person_id == person.id)).one()
    assert visit.post(f"/supplier/members/{membership.id}/end").status == 303
    assert "nina@example.org" not in visit.get("/supplier/members").text
    assert visit.post(f"/supplier/members/{membership.id}/end").status == 409
    assert visit.post("/supplier/members", sent).status == 303
    assert "nina@example.org" in visit.get("/supplier/members").text
    kinds = stack.session.scalars(select(AuditEvent.kind)).all()
    assert kinds.count(EventKind.MEMBER_ADDED) == 2
    assert kinds.count(EventKind.MEMBER_ENDED) == 1


def test_an_ended_role_stops_with_the_next_click(embedded: Stack) -> None:
    petr, admin = embedded.visit(embedded.cast.petr), embedded.visit(embedded.cast.jana)
    assert petr.get("/supplier/evidence").status == 200
    assert admin.post(f"/supplier/members/{embedded.cast.petr.membership_id}/end").status == 303
    assert petr.get("/supplier/evidence").location.startswith("/sign-in")
    assert petr.api("GET", "/me").status_code == 401


def test_the_last_admin_stays(embedded: Stack) -> None:
    visit = embedded.visit(embedded.cast.jana)
    own = f"/supplier/members/{embedded.cast.jana.membership_id}/end"
    refused = visit.post(own)
    assert refused.status == 409
    assert "This is the last admin of your organization." in refused.text
    visit.post("/supplier/members", {"email": "nina@example.org", "name": "Nina", "role": "supplier_admin"})
    assert visit.post(own).location == "/"


def test_what_cannot_be_read_comes_back(embedded: Stack) -> None:
    visit = embedded.visit(embedded.cast.jana)
    page = visit.post("/supplier/members", {"email": "nina", "name": "", "role": "supplier_admin"})
    assert page.status == 422
    assert "Write one mail address" in page.text
    assert page.values()["email"] == "nina"
    odd = visit.post("/supplier/members", {"email": "n@example.org", "name": "N", "role": "steward_admin"})
    assert odd.status == 422
    assert "Choose what this person may do." in odd.text
    assert not embedded.session.scalars(
        select(Membership).where(
            Membership.role == Role.STEWARD_ADMIN, Membership.organization_id == embedded.cast.kovo
        )
    ).all()


def test_other_peoples_members_do_not_exist(embedded: Stack) -> None:
    path = f"/supplier/members/{embedded.cast.petr.membership_id}/end"
    assert embedded.visit(embedded.cast.rita).post(path).status == 404
    assert embedded.visit(embedded.cast.anna).post(path).status == 404
    assert embedded.visit(embedded.cast.petr).post(path).status == 403

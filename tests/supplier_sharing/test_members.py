"""The people of a supplier: invited by a letter, at work once they accept, ended at once."""

from __future__ import annotations

from sqlalchemy import select

from assessments.audit.events import AuditEvent, EventKind
from assessments.outbox import JobKind, OutboxJob
from assessments.parties import Membership, Organization, Person, Role
from plumbline.identity.invitations import invitation_token
from plumbline.identity.passwords import hash_password
from tests.conftest import SECRET, Stack

PASSWORD = "four words in a row"


def test_somebody_is_added_and_ended_and_comes_back(stack: Stack) -> None:
    visit = stack.visit(stack.cast.jana)
    sent = {"email": " Nina@Example.org", "name": "Nina", "role": "supplier_contributor"}
    assert visit.post("/supplier/members", sent).status == 303
    page = visit.get("/supplier/members")
    assert "nina@example.org · invited, not accepted yet" in page.text
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


def accepted(stack: Stack, address: str) -> Membership:
    """Accept the open invitation of an address, as its letter's link does."""
    stack.session.expire_all()
    found = stack.session.scalars(
        select(Membership)
        .join(Person)
        .where(Person.email == address, Membership.invited_as.is_not(None), Membership.ended_at.is_(None))
    ).one()
    link = f"/invitations/{invitation_token(SECRET, found.id)}"
    visit = stack.visit()
    assert visit.get(link).status == 200
    assert visit.post(link, {"name": "Nina Nová", "password": PASSWORD}).status == 303
    stack.session.expire_all()
    return found


def test_an_invitation_counts_once_it_is_accepted(stack: Stack) -> None:
    jana = stack.visit(stack.cast.jana)
    sent = {"email": "nina@example.org", "name": "Typed by Jana", "role": "supplier_contributor"}
    jana.post("/supplier/members", sent)
    assert "Typed by Jana" in jana.get("/supplier/members").text
    job = stack.session.scalars(select(OutboxJob).where(OutboxJob.kind == JobKind.SEND_LETTER)).one()
    assert job.payload["letter"] == "member_invited"
    found = accepted(stack, "nina@example.org")
    assert (found.counts, found.person.name) == (True, "Nina Nová")
    page = jana.get("/supplier/members").text
    assert "Nina Nová" in page
    assert "Typed by Jana" not in page
    link = f"/invitations/{invitation_token(SECRET, found.id)}"
    assert stack.visit().get(link).status == 404, "an invitation works once"
    signed_in = stack.visit().post(
        "/sign-in", {"email": "nina@example.org", "password": PASSWORD, "next": "/"}
    )
    assert signed_in.status == 303


def test_a_link_of_nobodys_making_opens_nothing(embedded: Stack) -> None:
    embedded.visit(embedded.cast.jana).post(
        "/supplier/members", {"email": "nina@example.org", "name": "Nina", "role": "supplier_contributor"}
    )
    found = embedded.session.scalars(select(Membership).where(Membership.invited_as.is_not(None))).one()
    visit = embedded.visit()
    for token in ("x", found.id.hex, f"{found.id.hex}.{'0' * 64}", invitation_token("another", found.id)):
        assert visit.get(f"/invitations/{token}").status == 404
        assert visit.post(f"/invitations/{token}", {"name": "N", "password": PASSWORD}).status == 404
    weak = visit.post(f"/invitations/{invitation_token(SECRET, found.id)}", {"name": "", "password": "short"})
    assert weak.status == 422
    embedded.session.expire_all()
    assert not embedded.session.get_one(Membership, found.id).counts


def test_inviting_tells_nothing_of_who_has_an_account(embedded: Stack) -> None:
    visit = embedded.visit(embedded.cast.rita)
    known = embedded.session.get_one(Person, embedded.cast.anna.person_id)
    known.password_hash = "set"
    embedded.session.commit()
    for address in ("anna@example.org", "a_stranger@example.org"):
        sent = {"email": address, "name": "Typed Name", "role": "supplier_contributor"}
        assert visit.post("/supplier/members", sent).status == 303
        page = visit.get("/supplier/members")
        assert "Anna" not in page.text
        assert f"Typed Name {address} · invited, not accepted yet" in page.text
    told = visit.api("GET", "/members").get_json()["items"]
    assert {(each["name"], each["invited"]) for each in told if each["email"] != "rita@example.org"} == {
        ("Typed Name", True)
    }


def test_nobody_lands_in_an_organization_that_they_did_not_accept(embedded: Stack) -> None:
    person = embedded.session.get_one(Person, embedded.cast.anna.person_id)
    person.password_hash = hash_password(PASSWORD, memory_kib=64)
    embedded.session.get_one(Organization, embedded.cast.rival).legal_name = "AAA Nordvolt Mobility SE"
    embedded.session.commit()
    rita = embedded.visit(embedded.cast.rita)
    rita.post("/supplier/members", {"email": person.email, "name": "x", "role": "supplier_admin"})
    visit = embedded.visit()
    visit.post("/sign-in", {"email": person.email, "password": PASSWORD, "next": "/"})
    assert visit.client.get("/").headers["Location"] == "/buyer/"
    assert "AAA" not in visit.get("/account/tokens").text
    accepted(embedded, person.email)
    again = embedded.visit()
    again.post("/sign-in", {"email": person.email, "password": PASSWORD, "next": "/"})
    assert again.client.get("/").headers["Location"] == "/buyer/", "where one was last, not what comes first"


def test_a_role_given_back_brings_no_token_or_session_back(stack: Stack) -> None:
    petr, jana, cast = stack.visit(stack.cast.petr), stack.visit(stack.cast.jana), stack.cast
    assert petr.api("GET", "/me").status_code == 200
    jana.post(f"/supplier/members/{cast.petr.membership_id}/end")
    jana.post("/supplier/members", {"email": cast.petr.email, "name": "Petr", "role": "supplier_contributor"})
    accepted(stack, cast.petr.email)
    assert petr.api("GET", "/me").status_code == 401
    assert petr.get("/supplier/").status == 302


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
    assert visit.post(own).status == 409, "who did not accept is no admin yet"
    accepted(embedded, "nina@example.org")
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

"""Signing in: throttled, uniform, ended on the server."""

from __future__ import annotations

import contextvars
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import InternalError

from assessments.parties import Person
from plumbline.account.sign_in import local_path
from plumbline.identity.passwords import hash_password
from plumbline.identity.records import LoginSession
from plumbline.identity.throttling import SIGN_IN_ALL, Limit
from plumbline.transaction import SYSTEM_TENANT, only_reading, tenant_session
from tests.conftest import Stack
from tests.support.statements import as_a_server

PASSWORD = "four words in a row"


def with_password(stack: Stack) -> str:
    person = stack.session.get(Person, stack.cast.jana.person_id)
    assert person is not None
    person.password_hash = hash_password(PASSWORD, memory_kib=64)
    stack.session.commit()
    return person.email


def test_right_password_opens_the_start_page(stack: Stack) -> None:
    email = with_password(stack)
    visit = stack.visit()
    answer = visit.post("/sign-in", {"email": email.upper(), "password": PASSWORD, "next": "/account/tokens"})
    assert (answer.status, answer.location) == (303, "/account/tokens")
    assert visit.get("/account/tokens").status == 200


def test_unknown_account_and_wrong_password_read_the_same(embedded: Stack) -> None:
    email = with_password(embedded)
    wrong = embedded.visit().post("/sign-in", {"email": email, "password": "something else entirely"})
    unknown = embedded.visit().post("/sign-in", {"email": "who@example.org", "password": PASSWORD})
    assert wrong.status == unknown.status == 422
    assert wrong.text.replace(email, "") == unknown.text.replace("who@example.org", "")


def test_ten_tries_then_wait(embedded: Stack) -> None:
    visit = embedded.visit()
    statuses = [
        visit.post("/sign-in", {"email": "jana@example.org", "password": f"wrong {n} wrong"}).status
        for n in range(12)
    ]
    assert statuses == [422] * 10 + [429] * 2


def test_signing_out_ends_the_session_for_a_copied_cookie_too(embedded: Stack) -> None:
    visit, copied = embedded.visit(embedded.cast.jana), embedded.visit()
    cookie = visit.client.get_cookie("plumbline")
    assert cookie is not None
    copied.client.set_cookie("plumbline", cookie.value, domain="localhost")
    assert copied.get("/account/tokens").status == 200
    assert visit.post("/sign-out").status == 303
    assert copied.get("/account/tokens").location.startswith("/sign-in")


def test_a_post_without_token_changes_nothing(embedded: Stack) -> None:
    visit = embedded.visit(embedded.cast.jana)
    visit.get("/account/tokens")
    assert visit.client.post("/account/tokens", data={"name": "mine"}).status_code == 400
    assert "mine" not in visit.get("/account/tokens").text


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil", "\\\\evil", "/a\tb", "javascript:x", ""]
)
def test_next_stays_here(target: str) -> None:
    assert local_path(target) == "/"


def test_a_request_that_only_reads_cannot_write_on_postgresql(on_postgresql: Stack) -> None:
    def write() -> None:
        only_reading(True)
        with tenant_session(on_postgresql.engine, SYSTEM_TENANT) as session:
            session.execute(text("DELETE FROM throttle"))

    with pytest.raises(InternalError, match="read-only transaction"):
        contextvars.Context().run(write)
    with tenant_session(on_postgresql.engine, SYSTEM_TENANT) as session:
        session.execute(text("DELETE FROM throttle"))  # the connection goes back to writing


def test_a_page_read_again_is_not_planned_again(on_postgresql: Stack) -> None:
    """A rollback makes psycopg forget its prepared statements: a sheet then costs its plan each time."""
    visit = on_postgresql.visit(on_postgresql.cast.jana)
    for _time in range(8):
        assert as_a_server(visit.client.get, "/account/tokens").status_code == 200
    with on_postgresql.engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        kept = raw.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()
    assert kept[0] > 0


def test_what_one_address_may_not_do_uses_up_nobody_elses_tries(embedded: Stack) -> None:
    email = with_password(embedded)
    limit = Limit("sign-in all", 60, SIGN_IN_ALL.window)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("plumbline.account.sign_in.SIGN_IN_ALL", limit)
        visit = embedded.visit()
        visit.get("/sign-in")
        for number in range(80):
            form = {"email": f"x{number}@example.org", "password": "x", "csrf_token": visit._csrf}
            visit.client.post("/sign-in", data=form, environ_base={"REMOTE_ADDR": "203.0.113.9"})
        form = {"email": email, "password": PASSWORD, "csrf_token": visit._csrf}
        other = visit.client.post("/sign-in", data=form, environ_base={"REMOTE_ADDR": "198.51.100.7"})
    assert other.status_code == 303


def test_signing_in_again_ends_the_session_that_the_browser_had(stack: Stack) -> None:
    email = with_password(stack)
    visit, copied = stack.visit(stack.cast.jana), stack.visit()
    before = visit.client.get_cookie("plumbline")
    assert before is not None
    copied.client.set_cookie("plumbline", before.value, domain="localhost")
    assert visit.post("/sign-in", {"email": email, "password": PASSWORD}).status == 303
    assert visit.get("/account/tokens").status == 200
    assert copied.get("/account/tokens").location.startswith("/sign-in")


def seen_ago(stack: Stack, minutes: int) -> None:
    at = datetime.now(UTC) - timedelta(minutes=minutes)
    stack.session.execute(update(LoginSession).values(last_seen_at=at))
    stack.session.commit()


def test_who_reads_others_data_signs_in_again_after_a_pause_and_a_supplier_does_not(stack: Stack) -> None:
    idle = stack.settings.idle_minutes
    anna, jana = stack.visit(stack.cast.anna), stack.visit(stack.cast.jana)
    seen_ago(stack, idle - 10)
    assert anna.get("/account/tokens").status == 200
    noted = stack.session.scalars(
        select(LoginSession.last_seen_at).where(LoginSession.person_id == stack.cast.anna.person_id)
    ).one()
    assert datetime.now(UTC) - noted < timedelta(minutes=5), "a visit is noted, also one that only reads"
    seen_ago(stack, idle + 10)
    assert anna.get("/account/tokens").location.startswith("/sign-in")
    assert jana.get("/account/tokens").status == 200
    stack.app.extensions["plumbline"] = replace(stack.settings, idle_minutes=0)
    seen_ago(stack, 11 * 60)
    assert anna.get("/account/tokens").status == 200


@pytest.mark.parametrize(
    "said",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
     {"Sec-Fetch-Site": "same-site"}],
)  # fmt: skip
def test_a_form_that_another_site_sends_is_refused_even_with_its_token(
    embedded: Stack, said: dict[str, str]
) -> None:
    visit = embedded.visit(embedded.cast.jana)
    assert visit.post("/account/tokens", {"name": "mine"}, headers=said).status == 403
    assert "mine" not in visit.get("/account/tokens").text
    ours = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert visit.post("/account/tokens", {"name": "mine"}, headers=ours).status == 200


@pytest.mark.parametrize("path", ["/supplier", "/supplier//assessments", "//evil.example//supplier"])
def test_a_redirect_never_names_the_host_that_the_asker_gave(embedded: Stack, path: str) -> None:
    answer = embedded.visit().client.get(path, headers={"Host": "evil.example"})
    told = answer.headers.get("Location", "/")
    assert told.startswith("/"), told
    assert not told.startswith("//"), told

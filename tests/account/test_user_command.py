"""``plumbline user create`` gives a role and leaves a password alone; ``user password`` ends sessions."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from assessments.audit.events import AuditEvent, EventKind
from assessments.membership import ADDRESS
from assessments.parties import Person
from plumbline.commands.people import token_group, user_group
from plumbline.identity.passwords import hash_password
from plumbline.identity.records import ApiToken
from tests.conftest import SECRET, Stack


def test_a_known_persons_password_stays(embedded: Stack) -> None:
    person = embedded.session.get_one(Person, embedded.cast.jana.person_id)
    person.password_hash = before = hash_password("four words in a row", memory_kib=64)
    embedded.session.commit()
    told = {"PLUMBLINE_VAR": str(embedded.settings.var), "PLUMBLINE_SECRET_KEY": SECRET}
    given = ["create", person.email, "--name", "Jana", "--organization", str(embedded.cast.rival),
             "--role", "supplier_contributor", "--password", "another four words here"]  # fmt: skip
    done = CliRunner().invoke(user_group, given, env=told)
    assert done.exit_code == 0, done.output
    assert "the password stays as it is" in done.output
    embedded.session.refresh(person)
    assert person.password_hash == before
    again = CliRunner().invoke(user_group, given, env=told)
    assert again.exit_code != 0


def test_a_password_that_was_set_is_in_the_trail_and_ends_the_sessions(embedded: Stack) -> None:
    jana, petr = embedded.visit(embedded.cast.jana), embedded.visit(embedded.cast.petr)
    told = {"PLUMBLINE_VAR": str(embedded.settings.var), "PLUMBLINE_SECRET_KEY": SECRET}
    given = ["password", "jana@example.org", "--password", "another four words here"]
    done = CliRunner().invoke(user_group, given, env=told)
    assert done.exit_code == 0, done.output
    assert jana.get("/account/tokens").location.startswith("/sign-in")
    assert petr.get("/account/tokens").status == 200
    embedded.session.rollback()
    event = embedded.session.scalars(
        select(AuditEvent).where(AuditEvent.kind == EventKind.PASSWORD_SET)
    ).one()
    assert (event.subject_id, event.data) == (embedded.cast.jana.person_id, {})


def test_a_token_for_everything_is_an_admins(embedded: Stack) -> None:
    told = {"PLUMBLINE_VAR": str(embedded.settings.var), "PLUMBLINE_SECRET_KEY": SECRET}
    petr, jana = embedded.cast.petr, embedded.cast.jana
    wide = ["create", "--membership", str(petr.membership_id), "--scope", "*"]
    assert CliRunner().invoke(token_group, wide, env=told).exit_code != 0
    for who in (petr, jana):
        made = CliRunner().invoke(token_group, ["create", "--membership", str(who.membership_id)], env=told)
        assert made.exit_code == 0, made.output
    embedded.session.rollback()
    scopes = {each.membership_id: each.scopes for each in embedded.session.scalars(select(ApiToken))}
    assert scopes[jana.membership_id] == ["*"]
    assert "supplier:answer:save" in scopes[petr.membership_id]
    assert "supplier:assessment:submit" not in scopes[petr.membership_id]


def test_a_page_makes_a_token_of_the_roles_own_scopes_and_a_suppliers_only_for_its_admin(
    embedded: Stack,
) -> None:
    sam, petr = embedded.visit(embedded.cast.sam), embedded.visit(embedded.cast.petr)
    assert sam.post("/account/tokens", {"name": "mine"}).status == 200
    embedded.session.rollback()
    made = embedded.session.scalars(select(ApiToken).where(ApiToken.name == "mine")).one()
    assert "assessor:finding:write" in made.scopes
    assert not {"*", "assessor:assignment:accept"} & set(made.scopes)
    assert 'name="name"' not in petr.get("/account/tokens").html
    assert petr.post("/account/tokens", {"name": "his"}).status == 403


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("jana.nováková@firma.example", True), ("o'brien+test@sub.firm.example", True),
        ("许可@例子.example", True), ("a@b", False), ("a@b..example", False), ("a..b@firm.example", False),
        (".a@firm.example", False), ("x'\"%svg@example.org", False), ("a\u202eb@firm.example", False),
        ("a@firm\u202e.example", False), ("a@-firm.example", False), ("a@firm.example\n", False),
        ("a@firm.example\u200b", False), ("<a@firm.example>", False), ("a@" + "b" * 64 + ".example", False),
    ],
)  # fmt: skip
def test_a_mail_address_is_one_that_letters_reach(address: str, taken: bool) -> None:
    assert bool(ADDRESS.fullmatch(address)) is taken

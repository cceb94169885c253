"""``plumbline user create`` gives a known person a role and leaves the password alone."""

from __future__ import annotations

from click.testing import CliRunner

from assessments.parties import Person
from plumbline.commands.people import user_group
from plumbline.identity.passwords import hash_password
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

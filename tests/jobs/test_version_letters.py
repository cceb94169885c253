"""A newer version is out: one letter to each supplier that answers an older one, in figures, sent once."""

from __future__ import annotations

from collections.abc import Iterator
from email import policy
from email.parser import BytesParser
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from assessments.assessment import Assessment
from assessments.authoring.versions import publish_version
from assessments.outbox import JobKind, OutboxJob
from assessments.parties import SYSTEM, Site
from assessments.questionnaire.pack.loading import read_pack
from assessments.rounds.announcing import announce, concerned, figures_for
from assessments.rounds.moving import move_to_version
from assessments.rounds.opening import open_assessment
from plumbline.jobs import registry
from plumbline.jobs.drain import drain
from plumbline.settings import FolderMail
from plumbline.transaction import SYSTEM_TENANT, tenant_session
from tests.support.cast import NOW, make_cast, site
from tests.support.desks import Place
from tests.support.statements import counted
from tests.versions.conftest import named_standard
from tests.versions.second import SMALL, WHOLE, edited
from tests.versions.world import DAY, Round, answered


@pytest.fixture
def world(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Round]:
    """Kovo answers at two sites and a rival at one, all under 1.0; 1.1 is published."""
    registry.load()
    first = named_standard(read_pack(SMALL))
    second = named_standard(read_pack(edited(tmp_path_factory.mktemp("second"), *WHOLE)))
    with tenant_session(place.engine, SYSTEM_TENANT) as session:
        cast = make_cast(session)
        old = publish_version(session, first, by=SYSTEM, at=NOW - 40 * DAY)
        other = session.get_one(Site, site(session, cast.rival, "Rival works", "CZE"))
        open_assessment(session, other, old, label="2026", by=cast.rita.actor, at=NOW - 30 * DAY)
        session.commit()
        yield answered(SimpleNamespace(session=session, cast=cast), first, second)


def letters(place: Place) -> dict[str, list[Any]]:
    """What lies in the folder of letters, by address."""
    assert isinstance(place.settings.mail, FolderMail)
    found: dict[str, list[Any]] = {}
    folder = place.settings.mail.folder
    for file in sorted(folder.glob("*.eml")) if folder.exists() else ():
        message = BytesParser(policy=policy.default).parsebytes(file.read_bytes())
        found.setdefault(str(message["To"].addresses[0].addr_spec), []).append(message)
    return found


def text_of(message: Any) -> str:
    return str(next(message.iter_parts()).get_content())


def test_each_supplier_gets_one_letter_in_figures_of_its_own(place: Place, world: Round) -> None:
    drain(place.desk)
    found = letters(place)
    assert {address: len(sent) for address, sent in found.items()} == {
        "jana@example.org": 1, "rita@example.org": 1,
    }, "two assessments of Kovo, one letter; contributors get none"  # fmt: skip
    (letter,) = found["jana@example.org"]
    assert letter["Subject"] == "A newer version of the questionnaire is out"
    text = text_of(letter)
    for said in (
        "Version 1.1 of the questionnaire is published.", "Your open round 2026 is asked under version 1.0",
        "the same: 7", "asked in other words or with other choices: 4", "no longer asked: 1",
        "Asked for the first time: 2", "Answers of yours to confirm: 4",
    ):  # fmt: skip
        assert said in text, (said, text)
    own = {f"/supplier/assessments/{one.id}/version" for one in (world.smelter, world.yard)}
    assert any(path in text for path in own)
    assert "Answers of yours to confirm: 0" in text_of(found["rita@example.org"][0])


def test_of_two_rounds_both_are_named_and_one_that_moved_is_not(place: Place, world: Round) -> None:
    session, cast = world.session, world.stack.cast
    hall = session.get_one(Site, site(session, cast.kovo, "Zlin hall", "CZE"))
    late = open_assessment(session, hall, world.first, label="2027", by=cast.jana.actor, at=NOW - DAY)
    session.commit()
    place.ask(JobKind.ANNOUNCE_VERSION, version_id=str(world.second.id))
    drain(place.desk)
    told = text_of(letters(place)["jana@example.org"][0])
    assert "2027: version 1.0, one site" in told
    assert "2026: version 1.0, 2 sites" in told
    assert "/supplier/assessments/" not in told, "it links to where both stand"
    assert [one.label for one in concerned(session, cast.kovo, world.second.id)] == ["2027", "2026"]
    move_to_version(session, late, world.second, by=cast.jana.actor, at=NOW)
    session.commit()
    assert [one.label for one in concerned(session, cast.kovo, world.second.id)] == ["2026"]


def test_the_round_opened_last_moved_meanwhile_and_the_other_is_told(place: Place, world: Round) -> None:
    session, cast = world.session, world.stack.cast
    hall = session.get_one(Site, site(session, cast.kovo, "Zlin hall", "CZE"))
    late = open_assessment(session, hall, world.first, label="2027", by=cast.jana.actor, at=NOW - DAY)
    announce(session, world.second.id, at=NOW, most=200)
    move_to_version(session, late, world.second, by=cast.jana.actor, at=NOW)
    session.commit()
    drain(place.desk)
    told = text_of(letters(place)["jana@example.org"][0])
    assert "Your open round 2026 is asked under version 1.0" in told
    own = {f"/supplier/assessments/{one.id}/version" for one in (world.smelter, world.yard)}
    assert any(path in told for path in own)


def test_published_twice_or_announced_again_it_is_sent_once(place: Place, world: Round) -> None:
    session, newer = world.session, world.second.id
    again = publish_version(session, world.sheet.questionnaire, by=SYSTEM, at=NOW)
    assert again.id == world.first.id
    session.commit()
    drain(place.desk)
    place.ask(JobKind.ANNOUNCE_VERSION, version_id=str(newer))
    drain(place.desk)
    assert announce(session, newer, at=NOW, most=200) is None
    session.commit()
    drain(place.desk)
    assert [len(sent) for sent in letters(place).values()] == [1, 1]
    kinds = session.scalars(select(OutboxJob.kind).where(OutboxJob.kind == JobKind.ANNOUNCE_VERSION)).all()
    assert len(kinds) == 2, "the first version announces nothing"


def test_many_suppliers_are_told_in_parts(place: Place, world: Round) -> None:
    session = world.session
    first = announce(session, world.second.id, at=NOW, most=1)
    assert first is not None
    second = announce(session, world.second.id, at=NOW, most=1, after=first)
    assert second is not None
    assert second > first
    assert announce(session, world.second.id, at=NOW, most=1, after=second) is None
    session.commit()
    drain(place.desk)
    assert [len(sent) for sent in letters(place).values()] == [1, 1]


def test_telling_two_suppliers_takes_as_many_readings_as_telling_one(place: Place, world: Round) -> None:
    newer, taken = world.second.id, []
    for most in (1, 2):
        with counted(place.engine) as ran:
            announce(world.session, newer, at=NOW, most=most)
        world.session.rollback()
        taken.append(len([one for one in ran if one.startswith("SELECT") and "set_config" not in one]))
    # the versions, the suppliers, their assessments, the letters that are asked for already
    assert taken == [4, 4]


def test_who_moved_meanwhile_gets_none(place: Place, world: Round) -> None:
    by = world.stack.cast.jana.actor
    figures = figures_for(world.session, world.stack.cast.kovo, world.second.id)
    assert (figures.new, figures.removed, figures.to_confirm) == (2, 1, 4)
    move_to_version(world.session, world.smelter, world.second, by=by, at=NOW)
    world.session.commit()
    drain(place.desk)
    assert set(letters(place)) == {"rita@example.org"}


def test_a_round_that_stays_is_told_nothing(place: Place, world: Round) -> None:
    """Kovo's yard was taken back before the version came, the rival's while its letter was on its way."""
    session, cast = world.session, world.stack.cast
    world.yard.withdraw(reason="Not this year.", by=cast.jana.actor, at=NOW)
    session.commit()
    place.ask(JobKind.ANNOUNCE_VERSION, version_id=str(world.second.id))
    announce(session, world.second.id, at=NOW, most=200)
    rival = session.scalars(select(Assessment).where(Assessment.organization_id == cast.rival)).all()
    for one in rival:
        if one.site_id is not None:
            one.withdraw(reason="Not this year.", by=cast.rita.actor, at=NOW)
    session.commit()
    drain(place.desk)
    assert letters(place) == {}

"""Which certificates say something, where, and why not; and that nothing they offer is an answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from assessments.questionnaire.asking.certificates import (
    NOTHING_HELD,
    Place,
    Recognition,
    Standing,
    recognise,
    sites_named,
)
from assessments.questionnaire.model import Level
from assessments.questionnaire.pack.loading import load_pack
from assessments.values.answers import parse_parts

TODAY = date(2026, 11, 22)
HALLE = Place("1", "Halle smelter", "Hafenstr. 4, 06108 Halle")
LEIPZIG = Place("2", "Leipzig yard", "Am Kanal 1, Leipzig")
BOTH = (HALLE, LEIPZIG)


def certificate(scheme: str = "iso14001", **said: str) -> dict[str, str]:
    row = {"scheme": scheme, "scope": "Halle smelter", "issuer": "TÜV Nord", "valid_until": "2027-03-31"}
    return {**row, **said}


def held(
    *certificates: dict[str, str],
    sites: Sequence[Place] = BOTH,
    site: str | None = "1",
    handles: str = "copper",
) -> Recognition:
    return recognise(
        load_pack(),
        {"held": "yes", "papers": list(certificates)},
        sites=sites,
        site=site,
        materials={"1": frozenset({handles}), "2": frozenset(), None: frozenset({handles})},
        today=TODAY,
    )


def standing(*certificates: dict[str, str], level: Level = Level.SITE, **more: Any) -> Standing:
    return held(*certificates, **more).at(level)[0].standing


def test_a_paper_that_is_valid_today_and_names_this_site_counts() -> None:
    assert standing(certificate()) is Standing.COUNTS
    assert standing(certificate(valid_until=TODAY.isoformat())) is Standing.COUNTS


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"valid_until": "2026-11-21"}, Standing.LAPSED),
        ({"valid_until": ""}, Standing.NO_DATE),
        ({"scope": "Leipzig yard, sorting of scrap"}, Standing.OTHER_SITE),
        ({"scope": "Smelting of copper"}, Standing.SITE_UNNAMED),
        ({"scheme": "asi"}, Standing.OTHER_MATERIAL),
    ],
)
def test_a_paper_that_does_not_count_says_why(said: dict[str, str], why: Standing) -> None:
    assert standing(certificate(**said)) is why


def test_a_company_with_one_site_has_no_other_that_a_paper_could_mean() -> None:
    assert standing(certificate(scope="Smelting of copper"), sites=(HALLE,)) is Standing.COUNTS


@pytest.mark.parametrize(
    ("scope", "named"),
    [
        ("HALLE SMELTER", {"1"}),
        ("Copper works, Hafenstr. 4, 06108 Halle", {"1"}),
        ("Works in Hallé: casting", {"1"}),
        ("Halle and Leipzig", {"1", "2"}),
        ("All sites", {"1", "2"}),
        ("alle Standorte der Gruppe", {"1", "2"}),
        ("Toute l’entreprise", {"1", "2"}),
        ("所有场地", {"1", "2"}),
        ("Hallein", None),
        ("A smelter", None),
        ("", None),
    ],
)
def test_a_site_is_named_by_name_address_or_town(scope: str, named: set[str] | None) -> None:
    assert sites_named(scope, BOTH) == (None if named is None else frozenset(named))


@pytest.mark.parametrize(
    ("scope", "named"),
    [
        ("All sites except Leipzig yard", "1"),
        ("Alle Standorte außer Leipzig yard", "1"),
        ("Tous les sites sauf Halle smelter", "2"),
        ("所有工厂，Leipzig yard除外", "1"),
        ("除了 Leipzig yard 以外的所有场地", "1"),
        ("Halle smelter, excluding Leipzig yard", "1"),
        ("All sites except the office", ""),
        ("Halle smelter, all processes except painting", "1"),
        ("Everything but not Leipzig yard", None),
    ],
)
def test_a_site_that_a_scope_leaves_out_is_not_one_it_reaches(scope: str, named: str | None) -> None:
    assert sites_named(scope, BOTH) == (None if named is None else frozenset(named))


def test_a_scope_that_leaves_out_nobody_can_tell_what_counts_nowhere() -> None:
    unclear = certificate("iso37001", scope="All sites except the office")
    assert standing(certificate(scope=unclear["scope"])) is Standing.SITE_UNNAMED
    assert standing(unclear, level=Level.COMPANY) is Standing.PART_OF_COMPANY


def test_a_longer_name_is_not_the_shorter_one_in_it() -> None:
    works = (Place("1", "Works", ""), Place("2", "Works 2", ""))
    assert sites_named("Works 2", works) == frozenset({"2"})
    assert sites_named("Works and Works 2", works) == frozenset({"1", "2"})


def test_a_name_found_is_cut_out_as_words_and_leaves_no_other_behind() -> None:
    """“Works” cut out of “Worksop” left “op”, which is a site of its own here."""
    assert sites_named(
        "Works and Worksop yard", (Place("1", "Works", ""), Place("2", "op", ""))
    ) == frozenset({"1"})


def test_a_name_with_letters_of_its_own_is_found_as_words_alone() -> None:
    lodz = (Place("1", "Łódź", ""), LEIPZIG)
    assert sites_named("Huta Łódź, wytop miedzi", lodz) == frozenset({"1"})
    assert sites_named("Podłódź", lodz) is None


def test_a_name_in_chinese_is_found_without_spaces_around_it() -> None:
    assert sites_named("位于赣州冶炼厂的冶炼", (Place("1", "赣州冶炼厂", ""), LEIPZIG)) == frozenset({"1"})


def test_what_covers_one_site_of_two_says_nothing_of_the_whole_company() -> None:
    one, every, unnamed = (
        certificate("iso37001", scope=s) for s in ("Halle", "All sites", "Trade in metals")
    )
    assert standing(one, level=Level.COMPANY) is Standing.PART_OF_COMPANY
    assert standing(every, level=Level.COMPANY) is Standing.COUNTS
    assert standing(unnamed, level=Level.COMPANY) is Standing.COUNTS


def test_schemes_that_the_pack_does_not_recognise_are_left_out() -> None:
    assert not held(certificate("iso9001"), certificate("other"))
    assert not recognise(load_pack(), {}, sites=BOTH, site="1", materials={}, today=TODAY)


def test_choices_of_several_papers_are_united() -> None:
    pack = load_pack()
    found = held(certificate(), certificate("emas")).proposal(pack.question("ENV-01"))
    assert found is not None
    assert found.parts["systems"] == ["iso14001", "emas"]
    assert found.parts["says"] == ["aims", "work", "checks"]
    assert [(one.kind.key, clause) for one, clause in found.origins] == [
        ("iso14001", "4.4; 5.2, 8.1, 9.1.1; ISO/IEC 17021-1, 9.1.3"),
        ("emas", "II A.4.4; II A.5.2, A.8.1, A.9.1"),
    ]


def test_a_paper_that_does_not_count_offers_and_covers_nothing() -> None:
    question = load_pack().question("ENV-01")
    for said in ({"valid_until": "2026-01-01"}, {"scope": "Leipzig yard"}):
        found = held(certificate(**said))
        assert found.proposal(question) is None
        assert found.covering(question) == ()


def test_a_topic_tells_what_counts_and_each_other_reason_once() -> None:
    topic = load_pack().topic("ENV.1")
    lapsed = certificate(valid_until="2026-01-01")
    assert [one.standing for one in held(lapsed, certificate()).of_topic(topic)] == [Standing.COUNTS]
    assert [one.standing for one in held(lapsed, lapsed).of_topic(topic)] == [Standing.LAPSED]
    assert held(certificate()).of_topic(load_pack().topic("LAB.1")) == ()


def test_every_offer_of_the_pack_is_a_value_that_its_question_takes() -> None:
    pack = load_pack()
    scopes = [certificate(kind.key, scope="All sites") for kind in pack.certificate_kinds]
    for kind, row in zip(pack.certificate_kinds, scopes, strict=True):
        handles = next(iter(kind.materials), "copper")
        found = held(row, handles=handles, site="1")
        for question in pack.questions:
            proposal = found.proposal(question)
            if proposal is not None:
                assert parse_parts(question, proposal.parts) == proposal.parts
                assert found.covering(question)


def test_nothing_is_held_by_nobody() -> None:
    assert NOTHING_HELD.of_topic(load_pack().topic("ENV.1")) == ()
    assert not NOTHING_HELD

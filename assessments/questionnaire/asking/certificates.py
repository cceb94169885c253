"""Which certificates and outside assessments say something of a site, about which questions, and why not.

A certificate counts while it is valid, where it names this site, and where its materials are handled. What it
offers is only shown: nothing is an answer before the supplier confirms it, and no level follows from it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from assessments.questionnaire.certificates import CertificateKind, CertificateOffer
from assessments.questionnaire.languages.phrases import languages_with_phrases, phrases_in
from assessments.questionnaire.model import Level, Question, Questionnaire, Topic

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")


class Standing(StrEnum):
    """Whether a certificate says something here, and why not."""

    COUNTS = "counts"
    LAPSED = "lapsed"
    NO_DATE = "no_date"
    OTHER_SITE = "other_site"
    SITE_UNNAMED = "site_unnamed"
    PART_OF_COMPANY = "part_of_company"
    OTHER_MATERIAL = "other_material"


class Place(NamedTuple):
    """A site as a scope may name it."""

    id: str
    name: str
    address: str


@dataclass(frozen=True)
class Certificate:
    """A row of the table as the supplier stated it, and whether it counts here."""

    kind: CertificateKind
    scheme: str
    number: str
    scope: str
    issuer: str
    until: date | None
    standing: Standing

    @property
    def counts(self) -> bool:
        """Whether it says something here."""
        return self.standing is Standing.COUNTS


@dataclass(frozen=True)
class Proposal:
    """The choices offered for a question: ``parts`` as an answer stores them, and where they come from.

    ``held_in``: the question where the certificates were entered; ``origins``: each certificate with the
    clauses of its scheme that say so.
    """

    held_in: str
    parts: Mapping[str, Any]
    origins: tuple[tuple[Certificate, str], ...]


@dataclass(frozen=True)
class Recognition:
    """The certificates of a sheet, as they stand for its site and for the company; entered in ``held_in``."""

    site: tuple[Certificate, ...] = ()
    company: tuple[Certificate, ...] = ()
    held_in: str = ""

    def __bool__(self) -> bool:
        return bool(self.company)

    def at(self, level: Level) -> tuple[Certificate, ...]:
        """The certificates as they stand for questions of that level."""
        return self.company if level is Level.COMPANY else self.site

    def covering(self, question: Question) -> tuple[Certificate, ...]:
        """The certificates that count here and whose auditors look at what the question asks."""
        return tuple(
            certificate
            for certificate in self.at(question.level)
            if certificate.counts and question.key in certificate.kind.touches
        )

    def of_topic(self, topic: Topic) -> tuple[Certificate, ...]:
        """What a topic's reader is told: certificates that count; of other schemes each reason once."""
        company = all(question.level is Level.COMPANY for question in topic.questions)
        own = [p for p in self.at(Level.COMPANY if company else Level.SITE) if topic.key in p.kind.topics]
        counting = {certificate.kind.key for certificate in own if certificate.counts}
        told: dict[Any, Certificate] = {}
        for certificate in own:
            if certificate.counts:
                told[len(told)] = certificate
            elif certificate.kind.key not in counting:
                told.setdefault((certificate.kind.key, certificate.standing), certificate)
        return tuple(told.values())

    def proposal(self, question: Question) -> Proposal | None:
        """What the certificates that count offer for a question; None for nothing.

        Choices of several certificates are united; where they differ in a single choice, the first stands.
        """
        parts: dict[str, Any] = {}
        origins = []
        for certificate in self.covering(question):
            own = [offer for offer in certificate.kind.offers if offer.question == question.key]
            for offer in own:
                _put(parts, offer)
            if own:
                origins.append((certificate, "; ".join(dict.fromkeys(offer.clause for offer in own))))
        return Proposal(self.held_in, parts, tuple(origins)) if origins else None


NOTHING_HELD = Recognition()


def recognise(
    questionnaire: Questionnaire,
    parts: Mapping[str, Any],
    *,
    sites: Sequence[Place],
    site: str | None,
    materials: Mapping[str | None, frozenset[str]],
    today: date,
) -> Recognition:
    """Read the answer that lists certificates. ``site``: the one assessed, None for the company's own.

    ``materials``: what each site handles, by its id, and under None what all of them do.
    """
    table = questionnaire.certificate_table
    rows = parts.get(table.part) if table is not None else None
    if table is None or not rows:
        return NOTHING_HELD
    known = {kind.key: kind for kind in questionnaire.certificate_kinds}
    schemes = questionnaire.question(table.question).part(table.part).column(table.scheme).options
    of_site: list[Certificate] = []
    of_company: list[Certificate] = []
    for row in rows:
        kind = known.get(row.get(table.scheme) or "")
        if kind is None or not (kind.touches or kind.offers):
            continue
        scope = row.get(table.scope) or ""
        until = _day(row.get(table.until))
        reached = sites_named(scope, sites)
        certificate = Certificate(
            kind=kind,
            scheme=schemes.get(kind.key, kind.label),
            number=row.get(table.number) or "",
            scope=scope,
            issuer=row.get(table.issuer) or "",
            until=until,
            standing=Standing.COUNTS,
        )
        for found, level in ((of_site, Level.SITE), (of_company, Level.COMPANY)):
            place = site if level is Level.SITE else None
            standing = (
                _by_date(until, today)
                or _by_site(reached, sites, place)
                or _by_material(kind, materials.get(place, frozenset()))
                or Standing.COUNTS
            )
            found.append(replace(certificate, standing=standing))
    return Recognition(tuple(of_site), tuple(of_company), table.question)


def sites_named(scope: str, sites: Sequence[Place]) -> frozenset[str] | None:
    """Ids of the sites that a scope names, by name, address or town; None where it names none.

    Of "all sites except" it reaches those it does not name; none, where nobody can tell which are left out.
    """
    text = f" {_plain(scope)} "
    leaves_out = next((words for words in _said_as("except") if _holds(text, words)), None)
    if any(_holds(text, words) for words in _said_as("every_site")):
        every = frozenset(place.id for place in sites)
        if leaves_out is None:
            return every
        named = _named(text, sites)
        return every - named if named else frozenset()
    if leaves_out is None:
        return _named(text, sites) or None
    said, _words, left_out = text.partition(leaves_out)
    return _named(f"{said} ", sites) - _named(f" {left_out}", sites) or None


@cache
def _said_as(what: str) -> tuple[str, ...]:
    """How a scope says so in any language: a certificate is written in its issuer's, not in the reader's."""
    every = (phrases_in(language).lists[f"scope.{what}"] for language in languages_with_phrases())
    return tuple(dict.fromkeys(_plain(words) for several in every for words in several))


def _named(text: str, sites: Sequence[Place]) -> frozenset[str]:
    """Ids of the sites whose names stand in a plain text."""
    names = {place.id: _names(place, sites) for place in sites}
    found = set()
    # A longer name first: "Works 2" is not "Works".
    for name, of in sorted(((n, of) for of, own in names.items() for n in own), key=lambda one: -len(one[0])):
        if _holds(text, name):
            found.add(of)
            text = text.replace(name if _HAN.search(name) else f" {name} ", " ")
    return frozenset(found)


def _names(place: Place, sites: Sequence[Place]) -> frozenset[str]:
    """What a certificate may call a site: name, address, a town that stands in both and in no other's."""
    name, address = _plain(place.name), _plain(place.address)
    others = {word for other in sites if other.id != place.id for word in _words(other)}
    towns = {word for word in name.split() if len(word) > 2 and word in address.split()} - others
    return frozenset(text for text in (name, address, *towns) if len(text) > 1)


def _words(place: Place) -> list[str]:
    return _plain(f"{place.name} {place.address}").split()


def _plain(text: str) -> str:
    """Small letters without marks, words parted by one space."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", bare.casefold()))


def _holds(text: str, name: str) -> bool:
    """Whether a text holds a name as words; Chinese has no spaces between them."""
    return name in text if _HAN.search(name) else f" {name} " in text


def _by_date(until: date | None, today: date) -> Standing | None:
    if until is None:
        return Standing.NO_DATE
    return Standing.LAPSED if until < today else None


def _by_site(reached: frozenset[str] | None, sites: Sequence[Place], site: str | None) -> Standing | None:
    """A company with one site has no other that a certificate could mean."""
    if len(sites) < 2:
        return None
    if site is not None:
        if not reached:
            return Standing.SITE_UNNAMED
        return None if site in reached else Standing.OTHER_SITE
    partly = reached is not None and len(reached) < len(sites)
    return Standing.PART_OF_COMPANY if partly else None


def _by_material(kind: CertificateKind, handled: frozenset[str]) -> Standing | None:
    wanted = kind.materials
    return Standing.OTHER_MATERIAL if wanted and not handled.intersection(wanted) else None


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        return None


def _put(parts: dict[str, Any], offer: CertificateOffer) -> None:
    if offer.row is not None and offer.column is not None:
        rows = parts.setdefault(offer.part, [])
        row = next((row for row in rows if row["row"] == offer.row), None)
        if row is None:
            row = {"row": offer.row}
            rows.append(row)
        row[offer.column] = _joined(row.get(offer.column), offer.value)
    else:
        parts[offer.part] = _joined(parts.get(offer.part), offer.value)


def _joined(before: Any, value: str | tuple[str, ...]) -> Any:
    if isinstance(value, str):
        return value if before is None else before
    return list(dict.fromkeys((*(before or ()), *value)))

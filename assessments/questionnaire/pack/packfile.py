"""The shape of pack.yaml: version, sections, tiers, facts, shared lists, evidence classes, certificates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assessments.questionnaire.model import CertificateKind, EvidenceClass, Fact, FactGroup, Tier
from assessments.questionnaire.pack.reading import Cursor, Report, read_yaml
from assessments.questionnaire.pack.shapes import Shared, read_rule
from assessments.questionnaire.rules import AnswerSource, AnyOf, BadRule, Rule, parse, parse_source
from assessments.questionnaire.versions.changes import Change, read_pack_changes
from assessments.questionnaire.vocabulary import FROM_COLUMNS, SCANNED
from assessments.risk.inherent import country_names, material_names

PACK_FILE = "pack.yaml"

COMPUTED = {FactGroup.PROFILE: FROM_COLUMNS, FactGroup.SCANNER: SCANNED, FactGroup.ANSWERS: frozenset[str]()}
"""Facts that the engine works out; the pack names the answers behind them. Every other fact is read."""


@dataclass(frozen=True)
class Pack:
    """What pack.yaml says."""

    slug: str
    version: str
    title: str
    languages: tuple[str, ...]
    sections: tuple[str, ...]
    shared: Shared
    facts: Mapping[str, Fact]
    evidence_classes: Mapping[str, EvidenceClass]
    certificate_kinds: tuple[CertificateKind, ...]
    changes: tuple[Change, ...]


def read_pack_file(folder: Path, report: Report) -> Pack | None:
    """Read pack.yaml of that folder; None when it is missing, unreadable or lacks a key."""
    if not (folder / PACK_FILE).exists():
        report.add(
            PACK_FILE, "", "is missing", "a pack begins with pack.yaml: slug, version, sections, facts"
        )
        return None
    tree = read_yaml(folder / PACK_FILE, PACK_FILE, report)
    if tree is None:
        return None
    place = Cursor(tree, PACK_FILE, "", report)
    needed = ("slug", "version", "title", "languages", "sections", "tiers", "facts", "evidence_classes")
    if not place.keys(needed, ("lists", "credentials", "changes")):
        return None
    if place.text("slug") != folder.name:
        place.problem(f"is {place.text('slug')}", f"write slug: {folder.name}, as the folder says", "slug")
    if not re.fullmatch(r"[0-9]+\.[0-9]+", place.text("version")):
        place.problem("is no version", 'write version: "1.0", in double quotes', "version")
    if "en" not in place.words("languages"):
        place.problem("lacks en", "English is the source of every text: languages: [en]", "languages")
    for section in place.words("sections"):
        if not re.fullmatch(r"[A-Z]{2,4}", section):
            place.problem(f"names {section}", "a section has two to four capital letters", "sections")
    tiers_place = place.down("tiers")
    tiers_place.keys((Tier.STANDARD, Tier.EXTENDED))
    tiers = {
        tier: read_rule(tiers_place, tier) for tier in (Tier.STANDARD, Tier.EXTENDED) if tiers_place.has(tier)
    }
    return Pack(
        slug=place.text("slug"),
        version=place.text("version"),
        title=place.text("title"),
        languages=place.words("languages"),
        sections=place.words("sections"),
        shared=Shared(_read_lists(place.down("lists")), tiers),
        facts=_read_facts(place.down("facts")),
        evidence_classes=_read_evidence_classes(place.down("evidence_classes")),
        certificate_kinds=_read_kinds(place.down("credentials")),
        changes=read_pack_changes(place, place.text("version")),
    )


def _read_lists(place: Cursor) -> dict[str, Mapping[str, str]]:
    """Shared lists: {name: {source: countries}} for one of the product's own, or {name: {key: text}}."""
    product = {"countries": country_names(), "materials": material_names()}
    found: dict[str, Mapping[str, str]] = {}
    if place.tree is not None and not isinstance(place.tree, dict):
        place.problem("should be a map of lists", 'write name: {key: "Text"} or name: {source: countries}')
        return found
    for name in place.tree or ():
        inner = place.down(name)
        if inner.has("source"):
            inner.keys(("source",))
            source = inner.text("source")
            if source not in product:
                inner.problem(f"names {source}", f"use one of {', '.join(product)}", "source")
            found[name] = product.get(source, {})
        else:
            found[name] = place.texts(name)
    return found


def _read_facts(place: Cursor) -> dict[str, Fact]:
    place.keys((), tuple(group.value for group in FactGroup))
    facts: dict[str, Fact] = {}
    for group in FactGroup:
        inner = place.down(group.value)
        if inner.tree is None:
            continue
        if not isinstance(inner.tree, dict):
            inner.problem("should be a map of facts", "write employees: {question: PRO-03, part: employees}")
            continue
        for name in inner.tree:
            if name in facts:
                inner.problem("is declared twice", "keep one", name)
            fact = _read_fact(inner, name, group)
            if fact is not None:
                facts[name] = fact
    return facts


def _read_fact(place: Cursor, name: str, group: FactGroup) -> Fact | None:
    """A fact: one source or a list of them, {question, part, column?, row?, true_when?}."""
    inner = place.down(name)
    entries = place.items(name) if isinstance(inner.tree, list) else [inner]
    sources, tests = [], []
    for entry in entries:
        if not entry.keys(("question", "part"), ("column", "row", "true_when")):
            return None
        named = {key: entry.tree[key] for key in ("part", "column", "row") if entry.has(key)}
        try:
            source = parse_source({"answer": entry.text("question"), **named})
            if isinstance(source, AnswerSource):
                sources.append(source)
            if entry.has("true_when"):
                tests.append(_true_when(entry, {"answer": entry.text("question"), **named}))
        except BadRule as bad:
            entry.problem(bad.message, bad.remedy, bad.path)
            return None
    if not sources or (tests and len(tests) != len(sources)):
        inner.problem("says for some of its answers when it is true", "give each a true_when, or none")
        return None
    computed = name in COMPUTED[group]
    if len(sources) > 1 and not tests and not computed:
        inner.problem("has several answers and no true_when", "say with true_when which of them make it true")
        return None
    rule: Rule | None = None
    if tests and not computed:  # a computed fact comes from a column; its true_when only documents it
        rule = tests[0] if len(tests) == 1 else AnyOf(tuple(tests))
    return Fact(name, group, tuple(sources), rule)


def _true_when(entry: Cursor, named: dict[str, str]) -> Rule:
    condition = entry.tree["true_when"]
    if not isinstance(condition, dict) or set(condition) & {"fact", "answer", "part", "column", "row"}:
        raise BadRule("true_when", "is not a comparison", 'write true_when: {is: "yes"}')
    return parse({**named, **condition})


def _read_evidence_classes(place: Cursor) -> dict[str, EvidenceClass]:
    found: dict[str, EvidenceClass] = {}
    if not isinstance(place.tree, dict):
        place.problem(
            "should be a map of class: label and months", 'write POL: {label: "Policy", months: 36}'
        )
        return found
    for key in place.tree:
        inner = place.down(key)
        if not inner.keys(("label",), ("months", "until")):
            continue
        months = inner.number("months")
        if (months is None) != inner.has("until") or (inner.has("until") and inner.tree["until"] != "expiry"):
            inner.problem("says not, or twice, how long it counts", "give months: 12 or until: expiry")
        found[key] = EvidenceClass(key, inner.text("label"), int(months) if months is not None else None)
    return found


def _read_kinds(place: Cursor) -> tuple[CertificateKind, ...]:
    found: list[CertificateKind] = []
    if place.tree is not None and not isinstance(place.tree, dict):
        place.problem(
            "should be a map of credentials", 'write iso45001: {label: "ISO 45001", topics: [OHS.1]}'
        )
        return ()
    for key in place.tree or ():
        inner = place.down(key)
        if inner.keys(("label", "topics"), ("parts",)):
            partly = inner.truth("parts")
            found.append(CertificateKind(key, inner.text("label"), inner.words("topics"), partly))
    return tuple(found)

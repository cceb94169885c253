"""A stored questionnaire: from its published form back to the model, nothing lost, every change noticed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from assessments.questionnaire import model
from assessments.questionnaire.certificates import certificates_from
from assessments.questionnaire.model import Column, Part, Question, Questionnaire, Topic
from assessments.questionnaire.rules import ALWAYS, AnswerSource, both, parse, parse_source
from assessments.questionnaire.versions.changes import change_from
from assessments.questionnaire.versions.published import FORM, sealed


class BadForm(ValueError):
    """The stored JSON is no questionnaire of this form, or was changed since it was published."""


def from_json(data: Mapping[str, Any]) -> Questionnaire:
    """The questionnaire of ``to_json``; BadForm where the data is of another form or its digest differs."""
    if data.get("form") != FORM:
        raise BadForm(f"this is form {data.get('form')} of a questionnaire; form {FORM} can be read")
    try:
        questionnaire = sealed(_from_json(data))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadForm(f"the stored questionnaire is damaged: {error!r}") from error
    if questionnaire.digest != data.get("digest"):
        raise BadForm("the stored questionnaire does not match its digest: it was changed after publication")
    return questionnaire


_READ: dict[str, Questionnaire] = {}


def read_once(sha256: str, content: Callable[[], str]) -> Questionnaire:
    """The questionnaire of that digest; its stored text is asked for and read once in a process.

    The same content is the same object, however often it is stored, so that what is remembered of a
    questionnaire (decisions, drawn cards, translations) is remembered once. Raises BadForm as from_json does.
    """
    found = _READ.get(sha256)
    if found is None:
        # The digest is over the stored text itself, so it stands beside the text and not in it.
        found = _READ[sha256] = from_json({**json.loads(content()), "digest": sha256})
    return found


def _from_json(data: Mapping[str, Any]) -> Questionnaire:
    lists = {name: dict(pairs) for name, pairs in data["lists"]}
    tiers = {model.Tier(tier): parse(rule) for tier, rule in data["tiers"]}
    classes = [model.EvidenceClass(key, label, months) for key, label, months in data["evidence_classes"]]
    facts = [_read_fact(fact) for fact in data["facts"]]
    table, certificate_kinds = certificates_from(data)
    return Questionnaire(
        slug=data["slug"],
        version=data["version"],
        title=data["title"],
        languages=tuple(data["languages"]),
        sections=tuple(_read_section(section, lists, tiers) for section in data["sections"]),
        facts={fact.name: fact for fact in facts},
        tiers=tiers,
        lists=lists,
        evidence_classes={found.key: found for found in classes},
        certificate_table=table,
        certificate_kinds=certificate_kinds,
        changes=tuple(change_from(change) for change in data.get("changes", ())),
        tracks=tuple(_read_track(track) for track in data.get("tracks", ())),
        digest="",
    )


def _read_fact(data: Mapping[str, Any]) -> model.Fact:
    return model.Fact(
        name=data["name"],
        group=model.FactGroup(data["group"]),
        sources=tuple(_answer_source(source) for source in data["sources"]),
        rule=parse(data["rule"]) if data["rule"] is not None else None,
    )


def _answer_source(data: Any) -> AnswerSource:
    source = parse_source(data)
    if not isinstance(source, AnswerSource):
        raise TypeError("no answer is named")
    return source


def _read_section(data: Mapping[str, Any], lists: Any, tiers: Any) -> model.Section:
    return model.Section(
        key=data["key"],
        title=data["title"],
        intro=data["intro"],
        answered_by=data["answered_by"],
        minutes=dict(data["minutes"]),
        topics=tuple(
            Topic(
                key=topic["key"],
                section=data["key"],
                title=topic["title"],
                intro=topic["intro"],
                questions=tuple(
                    _read_question(question, data["key"], topic["key"], lists, tiers)
                    for question in topic["questions"]
                ),
                guide=_read_guide(topic["guide"]) if topic["guide"] else None,
            )
            for topic in data["topics"]
        ),
    )


def _read_question(data: Mapping[str, Any], section: str, topic: str, lists: Any, tiers: Any) -> Question:
    tier, applies = model.Tier(data["tier"]), parse(data["applies"])
    return Question(
        key=data["key"],
        section=section,
        topic=topic,
        since=data["since"],
        tier=tier,
        level=model.Level(data["level"]),
        recall=model.Recall(data["recall"]),
        purposes=tuple(model.Purpose(purpose) for purpose in data["purposes"]),
        vsme=tuple(data["vsme"]),
        applies=applies,
        rule=both(applies, tiers.get(tier, ALWAYS)),
        because=data["because"],
        text=data["text"],
        help=data["help"],
        why=data["why"],
        care=data["care"],
        parts=tuple(_read_part(part, lists) for part in data["parts"]),
        evidence=tuple(
            model.EvidenceExpected(e["class"], e["expect"], tuple(e["small"]), e["months"], e["care"])
            for e in data["evidence"]
        ),
        mappings={e: model.ElementMapping(model.Strength(s), leaves) for e, s, leaves in data["mappings"]},
        digest=data["digest"],
    )


def _shape(data: Mapping[str, Any], lists: Any) -> dict[str, Any]:
    named = isinstance(data["options"], str)
    return {
        "key": data["key"],
        "kind": model.PartKind(data["kind"]),
        "label": data["label"],
        "options": dict(lists[data["options"]] if named else data["options"]),
        "options_from": data["options"] if named else None,
        "alone": tuple(data["alone"]),
        "unit": data["unit"],
        "min": _number(data["min"]),
        "max": _number(data["max"]),
        "plain": data["plain"],
        "optional": data["optional"],
        "help": data["help"],
    }


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _read_part(data: Mapping[str, Any], lists: Any) -> Part:
    record, _, column = (data["bind"] or "").partition(".")
    rows_from, rows = None, data["rows_from"]
    if rows is not None:
        answer = _answer_source(rows) if "answer" in rows else None
        rows_from = model.RowsFrom(rows.get("fact"), answer, rows.get("list"))
    return Part(
        **_shape(data, lists),
        when=parse(data["when"]) if data["when"] is not None else None,
        bind=model.Binding(record, column) if data["bind"] else None,
        commercial=data["commercial"],
        prefill=_answer_source(data["prefill"]) if data["prefill"] is not None else None,
        columns=tuple(Column(**_shape(c, lists), commercial=c["commercial"]) for c in data["columns"]),
        rows=dict(data["rows"]),
        rows_from=rows_from,
        row_sum=_number(data["row_sum"]),
        column_sum={key: Decimal(number) for key, number in data["column_sum"]},
    )


def _read_guide(data: Mapping[str, Any]) -> model.Guide:
    return model.Guide(
        ladder={level: model.Rung(sees, micro) for level, sees, micro in data["ladder"]},
        findings=tuple(
            model.FindingText(
                key=f["key"],
                grade=model.Grade(f["grade"]),
                kind=model.FindingKind(f["kind"]),
                questions=tuple(f["questions"]),
                saw=f["saw"],
                raised_by=f["raise"],
                lowered_by=f["lower"],
                first_step=f["first_step"],
            )
            for f in data["findings"]
        ),
        next_steps=tuple(
            model.NextStep(s["key"], tuple(s["levels"]), parse(s["for"]), s["effort"], s["do"], s["template"])
            for s in data["next_steps"]
        ),
    )


def _read_track(data: Mapping[str, Any]) -> model.Track:
    return model.Track(
        key=data["key"],
        standard=data["standard"],
        title=data["title"],
        intro=data["intro"],
        steps=tuple(
            model.TrackStep(
                step["key"], step["title"], step["text"], tuple(step["elements"]), tuple(step["questions"])
            )
            for step in data["steps"]
        ),
        section=data["section"],
    )

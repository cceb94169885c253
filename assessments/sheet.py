"""The answer sheet: everything a section, a save or a submission needs of one assessment, in one statement.

Measured over the same rows read by ORM this is about half the work (ARCHITECTURE.md, "Speed"), and it is
frozen: rules run over it, and nothing on it can be changed by accident.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import TextClause, select, text
from sqlalchemy.orm import Session

from assessments.answers import AnswerState, state_of
from assessments.assessment import AssessmentState, QuestionnaireVersion
from assessments.questionnaire.applicability import Applicability, applicable, facts_of
from assessments.questionnaire.binding import bound_parts
from assessments.questionnaire.model import Level, Question, Questionnaire
from assessments.questionnaire.stored import from_json

SETTLED = frozenset(
    {AnswerState.ANSWERED, AnswerState.NOT_APPLICABLE, AnswerState.NOT_KNOWN, AnswerState.WITHHELD}
)
"""States in which a question needs nothing more from the supplier."""


class NoSuchAssessment(LookupError):
    """There is no assessment of that id for whoever asks."""


@dataclass(frozen=True)
class StoredAnswer:
    """The current state of one question. ``revision`` 0: nothing was saved yet."""

    question: str
    assessment_id: uuid.UUID
    state: AnswerState
    parts: Mapping[str, Any]
    note: str | None
    reason: str | None
    revision: int
    updated_at: datetime | None = None


@dataclass(frozen=True)
class LinkedEvidence:
    """A document at its newest version, linked to a question; ``used_in`` counts answers of this sheet."""

    document_id: uuid.UUID
    version_id: uuid.UUID
    title: str
    file_name: str
    media_type: str
    size: int
    sha256: str
    state: str
    scan_verdict: str
    ends_on: date | None
    used_in: int


@dataclass(frozen=True)
class SectionProgress:
    """How far one section is: questions asked, settled, and begun but missing something."""

    asked: int
    settled: int
    incomplete: int


@dataclass(frozen=True)
class AnswerSheet:
    """One assessment with its company's, read at one instant.

    ``organization`` and each of ``sites`` are their columns by name; ``site`` is None for the company's own.
    ``reopened`` names the questions a clarification gave back; the rest is frozen then.
    """

    assessment_id: uuid.UUID
    company_assessment_id: uuid.UUID
    cycle_id: uuid.UUID
    cycle_label: str
    organization_id: uuid.UUID
    site_id: uuid.UUID | None
    state: AssessmentState
    questionnaire: Questionnaire
    version_sha256: str
    organization: Mapping[str, Any]
    sites: tuple[Mapping[str, Any], ...]
    stored: Mapping[str, StoredAnswer]
    evidence: Mapping[str, tuple[LinkedEvidence, ...]] = field(default_factory=dict)
    self_levels: Mapping[str, int] = field(default_factory=dict)
    reopened: frozenset[str] = frozenset()

    @cached_property
    def site(self) -> Mapping[str, Any] | None:
        """The columns of this assessment's site."""
        return next((site for site in self.sites if site["id"] == self.site_id), None)

    @cached_property
    def answers(self) -> dict[str, dict[str, Any]]:
        """Stored parts by question, with bound parts read from their columns."""
        together = {key: dict(answer.parts) for key, answer in self.stored.items()}
        for question in self.questionnaire.questions:
            if any(part.bind is not None for part in question.parts):
                # What an answer once copied from a column is nothing when the column was emptied since.
                bound = {part.key for part in question.parts if part.bind is not None}
                own = {k: v for k, v in together.get(question.key, {}).items() if k not in bound}
                together[question.key] = own | bound_parts(question, self.organization, self.site)
        return together

    @cached_property
    def applicability(self) -> Applicability:
        """What is asked here and why: the site's questions for the site, the company's over all its sites."""
        company_facts = facts_of(self.organization, self.sites)
        company = applicable(self.questionnaire, company_facts, self.answers, Level.COMPANY)
        if self.site is None:
            return company
        own = applicable(self.questionnaire, facts_of(self.organization, self.site), self.answers, Level.SITE)
        return merged(self.questionnaire, own, company)

    def answer(self, key: str) -> StoredAnswer:
        """The answer to a question, with bound parts; never saved ones are empty at revision 0.

        A question whose parts all live in the profile counts as answered when the profile is filled.
        """
        question = self.questionnaire.question(key)
        parts = self.answers.get(key, {})
        stored = self.stored.get(key)
        if stored is None:
            state = AnswerState.EMPTY
            if parts:
                state = state_of(question, parts, None, None, self.applicability.facts, self.answers)
            return StoredAnswer(key, self.home_of(question), state, parts, None, None, 0)
        if not any(part.bind is not None for part in question.parts) or stored.state not in {
            AnswerState.EMPTY,
            AnswerState.INCOMPLETE,
            AnswerState.ANSWERED,
        }:
            return replace(stored, parts=parts)
        state = state_of(question, parts, None, None, self.applicability.facts, self.answers)
        return replace(stored, parts=parts, state=state)

    def home_of(self, question: Question) -> uuid.UUID:
        """The assessment that holds answers to this question: the company's or this one."""
        return self.company_assessment_id if question.level is Level.COMPANY else self.assessment_id

    def writable(self, key: str) -> bool:
        """Whether the supplier may change this answer now."""
        if self.state is AssessmentState.DRAFT:
            return True
        return self.state is AssessmentState.CLARIFICATION and key in self.reopened

    def open_questions(self) -> list[str]:
        """Keys of asked questions that still need something, in order."""
        return [key for key in self.applicability.asked if self.answer(key).state not in SETTLED]

    def progress(self) -> dict[str, SectionProgress]:
        """Progress by section key; a section nothing is asked of has zeros."""
        counts = {section.key: [0, 0, 0] for section in self.questionnaire.sections}
        for key in self.applicability.asked:
            state = self.answer(key).state
            count = counts[self.questionnaire.question(key).section]
            count[0] += 1
            count[1] += state in SETTLED
            count[2] += state is AnswerState.INCOMPLETE
        return {key: SectionProgress(*count) for key, count in counts.items()}

    def with_answer(self, answer: StoredAnswer) -> AnswerSheet:
        """This sheet after ``answer`` was saved."""
        return replace(self, stored={**self.stored, answer.question: answer})

    def with_columns(self, organization: Mapping[str, Any], site: Mapping[str, Any] | None) -> AnswerSheet:
        """This sheet after bound columns were written."""
        sites = tuple({**each, **(site or {})} if each["id"] == self.site_id else each for each in self.sites)
        return replace(self, organization={**self.organization, **organization}, sites=sites)


def merged(questionnaire: Questionnaire, own: Applicability, company: Applicability) -> Applicability:
    """Both levels as one, in the questionnaire's order, with the facts and answers of the site."""
    order = [question.key for question in questionnaire.questions]
    return Applicability(
        asked=LazyReasons(
            {key: level.asked for key in order for level in (own, company) if key in level.asked}
        ),
        not_asked=LazyReasons(
            {key: level.not_asked for key in order for level in (own, company) if key in level.not_asked}
        ),
        facts=own.facts,
        answers=own.answers,
    )


class LazyReasons(Mapping[str, str]):
    """Keys in order whose sentences are worked out when read: a save asks for few of them."""

    def __init__(self, sources: Mapping[str, Mapping[str, str]]) -> None:
        self._sources = sources

    def __getitem__(self, key: str) -> str:
        return self._sources[key][key]

    def __iter__(self) -> Any:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)

    def __contains__(self, key: object) -> bool:
        return key in self._sources


_QUESTIONNAIRES: dict[uuid.UUID, tuple[Questionnaire, str]] = {}


def questionnaire_of(session: Session, version_id: uuid.UUID) -> tuple[Questionnaire, str]:
    """Return a published questionnaire and its digest. A published version never changes, so it is kept."""
    found = _QUESTIONNAIRES.get(version_id)
    if found is None:
        row = session.execute(
            select(QuestionnaireVersion.content, QuestionnaireVersion.sha256).where(
                QuestionnaireVersion.id == version_id
            )
        ).one()
        # The digest is over the stored text itself, so it stands beside the text and not in it.
        found = (from_json({**json.loads(row.content), "digest": row.sha256}), row.sha256)
        _QUESTIONNAIRES[version_id] = found
    return found


SITE_COLUMNS = (
    "id", "name", "country", "address", "latitude", "longitude", "tenure", "activities", "production",
    "employees", "agency_workers", "migrant_workers", "employer_housing", "guards", "near_indigenous_land",
    "materials", "revision",
)  # fmt: skip
ORGANIZATION_COLUMNS = (
    "id", "legal_name", "country", "legal_form", "employees", "lei", "register_number", "vat_number", "duns",
    "revision",
)  # fmt: skip
_JSON = frozenset({"activities", "materials", "parts", "questions"})
_TRUTHS = frozenset({"production", "employer_housing", "guards", "near_indigenous_land"})


def _object(dialect: str, alias: str, columns: tuple[str, ...]) -> str:
    """SQL for one row as a JSON object. Every name is a constant of this module."""
    function = "json_build_object" if dialect == "postgresql" else "json_object"
    pairs = []
    for column in columns:
        value = f"{alias}.{column}"
        if dialect == "sqlite" and column in _JSON:
            value = f"json({value})"
        pairs.append(f"'{column}', {value}")
    return f"{function}({', '.join(pairs)})"


def _read_statement(dialect: str) -> TextClause:
    many = "json_agg" if dialect == "postgresql" else "json_group_array"
    organization = _object(dialect, "o", ORGANIZATION_COLUMNS)
    site = _object(dialect, "s", SITE_COLUMNS)
    answer = _object(
        dialect,
        "n",
        ("question", "assessment_id", "state", "parts", "note", "reason", "revision", "updated_at"),
    )
    evidence = _object(
        dialect, "e",
        ("question", "document_id", "version_id", "title", "file_name", "media_type", "size", "sha256",
         "state", "scan_verdict", "ends_on"),
    )  # fmt: skip
    level = _object(dialect, "m", ("topic", "self_level"))
    clarification = _object(dialect, "k", ("questions",))
    return text(
        f"""
WITH a AS (
  SELECT x.id, x.cycle_id, x.organization_id, x.site_id, x.state, c.label, c.version_id, y.id AS company_id
  FROM assessment x JOIN cycle c ON c.id = x.cycle_id
  JOIN assessment y ON y.cycle_id = x.cycle_id AND y.site_id IS NULL
  WHERE x.id = :id)
SELECT a.id, a.cycle_id, a.organization_id, a.site_id, a.state, a.label, a.version_id, a.company_id,
  (SELECT {organization} FROM organization o WHERE o.id = a.organization_id) AS organization,
  (SELECT {many}({site}) FROM site s WHERE s.organization_id = a.organization_id
     AND (s.closed_at IS NULL OR s.id = a.site_id)) AS sites,
  (SELECT {many}({answer}) FROM answer n WHERE n.assessment_id IN (a.id, a.company_id)) AS answers,
  (SELECT {many}({evidence}) FROM (
     SELECT l.question, l.document_id, v.id AS version_id, d.title, v.file_name, v.media_type, v.size,
       v.sha256, v.state, v.scan_verdict, v.ends_on
     FROM answer_evidence l JOIN document d ON d.id = l.document_id
     JOIN document_version v ON v.document_id = d.id
     WHERE l.assessment_id IN (a.id, a.company_id) AND v.number = (
       SELECT max(w.number) FROM document_version w
       WHERE w.document_id = d.id AND w.redacted_from IS NULL)
     ORDER BY l.linked_at) e) AS evidence,
  (SELECT {many}({level}) FROM topic_maturity m WHERE m.assessment_id = a.id
     AND m.self_level IS NOT NULL) AS levels,
  (SELECT {many}({clarification}) FROM clarification k WHERE k.assessment_id = a.id
     AND k.answered_at IS NULL) AS clarifications
FROM a
"""  # noqa: S608  built from constants of this module, once, at import
    )


_READ = {dialect: _read_statement(dialect) for dialect in ("postgresql", "sqlite")}


def read_sheet(session: Session, assessment_id: uuid.UUID) -> AnswerSheet:
    """Read the sheet of an assessment. Raises NoSuchAssessment where the transaction's tenant sees none."""
    dialect = session.get_bind().dialect.name
    key = assessment_id if dialect == "postgresql" else assessment_id.hex
    row = session.execute(_READ[dialect], {"id": key}).mappings().first()
    if row is None:
        raise NoSuchAssessment(str(assessment_id))
    questionnaire, sha256 = questionnaire_of(session, as_id(row["version_id"]))
    linked = _linked(_loaded(row["evidence"]))
    site_id = row["site_id"]
    return AnswerSheet(
        assessment_id=as_id(row["id"]),
        company_assessment_id=as_id(row["company_id"]),
        cycle_id=as_id(row["cycle_id"]),
        cycle_label=row["label"],
        organization_id=as_id(row["organization_id"]),
        site_id=as_id(site_id) if site_id else None,
        state=AssessmentState(row["state"]),
        questionnaire=questionnaire,
        version_sha256=sha256,
        organization=_columns(_loaded(row["organization"], {})),
        sites=tuple(_columns(each) for each in _loaded(row["sites"])),
        stored={each["question"]: _stored(each) for each in _loaded(row["answers"])},
        evidence=linked,
        self_levels={each["topic"]: each["self_level"] for each in _loaded(row["levels"])},
        reopened=frozenset(key for each in _loaded(row["clarifications"]) for key in each["questions"]),
    )


def as_id(value: Any) -> uuid.UUID:
    """Read an id as either database gives it."""
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)


def as_instant(value: str | None) -> datetime | None:
    """Read an instant out of JSON as either database writes it."""
    if value is None:
        return None
    read = datetime.fromisoformat(value)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _loaded(value: Any, empty: Any = ()) -> Any:
    if value is None:
        return empty
    return json.loads(value) if isinstance(value, str) else value


def _columns(row: Mapping[str, Any]) -> dict[str, Any]:
    columns = {**row, "id": as_id(row["id"])}
    for name in _TRUTHS & columns.keys():
        if columns[name] is not None:
            columns[name] = bool(columns[name])
    return columns


def _stored(row: Mapping[str, Any]) -> StoredAnswer:
    return StoredAnswer(
        question=row["question"],
        assessment_id=as_id(row["assessment_id"]),
        state=AnswerState(row["state"]),
        parts=row["parts"],
        note=row["note"],
        reason=row["reason"],
        revision=row["revision"],
        updated_at=as_instant(row["updated_at"]),
    )


def _linked(rows: Any) -> dict[str, tuple[LinkedEvidence, ...]]:
    used: dict[str, int] = {}
    for row in rows:
        used[row["document_id"]] = used.get(row["document_id"], 0) + 1
    by_question: dict[str, tuple[LinkedEvidence, ...]] = {}
    for row in rows:
        linked = LinkedEvidence(
            document_id=as_id(row["document_id"]),
            version_id=as_id(row["version_id"]),
            title=row["title"],
            file_name=row["file_name"],
            media_type=row["media_type"],
            size=row["size"],
            sha256=row["sha256"],
            state=row["state"],
            scan_verdict=row["scan_verdict"],
            ends_on=date.fromisoformat(row["ends_on"]) if row["ends_on"] else None,
            used_in=used[row["document_id"]],
        )
        by_question[row["question"]] = (*by_question.get(row["question"], ()), linked)
    return by_question

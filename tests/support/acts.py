"""Acts: each brings a world to the next state through the real functions, as people would.

``submitted``, ``verified``, ``in_review``, ``published`` and ``self_declared`` build on one another; each
commits and returns the assessment (or result). Times run backwards from ``NOW`` of the cast, so that what was
published lies in the past of the database's clock.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.orm import Session

from assessments.actions.action import ActionKind, CorrectiveAction
from assessments.actions.plan import propose_action
from assessments.assessment import Assessment
from assessments.evidence.documents import Document, StoredFile, upload_document
from assessments.parties import SYSTEM, Actor, Organization
from assessments.publishing.publication import publish, publish_self_declared
from assessments.questionnaire.asking.applicability import open_parts, rows_of
from assessments.questionnaire.model import Field, FindingKind, Grade, Part, PartKind, Question
from assessments.result import Layer, Result
from assessments.sharing.disclosure import Disclosure
from assessments.sharing.granting import Offer, grant
from assessments.sheet.answering import Offered, save_answer
from assessments.sheet.contents import SETTLED, AnswerSheet
from assessments.sheet.reading import read_sheet
from assessments.sheet.snapshot import submit
from assessments.values.answers import AnswerState
from assessments.verification.assignment import Basis, accept, declare_independence
from assessments.verification.fact_check import end_fact_check, start_fact_check, start_review
from assessments.verification.finding import Finding, FindingState, findings_of
from assessments.verification.firms import assign
from assessments.verification.recording import declare_maturity, verify_answer, verify_maturity
from assessments.verification.unshared_findings import draft_finding
from plumbline.signing import KeyPurpose, SigningKey, key_id_of
from tests.support.assessing import opened
from tests.support.cast import NOW, Cast

YEAR = timedelta(days=365)
LAYERS = frozenset({Layer.STATUS, Layer.PROFILE, Layer.FINDINGS, Layer.PLAN})

_private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = SigningKey(KeyPurpose.RESULT, key_id_of(_private.public_key()), _private)
"""A result key of the tests' own; ``KEYS`` are its public half as ``verify_file`` takes it."""
KEYS = {SIGNER.key_id: _private.public_key()}


class World(Protocol):
    """What acts need of a stack."""

    @property
    def session(self) -> Session:
        """A session as the platform."""
        ...

    @property
    def cast(self) -> Cast:
        """Who is who."""
        ...


def answer_everything(
    session: Session,
    assessment_id: uuid.UUID,
    *,
    by: Actor,
    at: datetime,
    given: Mapping[str, Mapping[str, Any]] | None = None,
) -> AnswerSheet:
    """Answer every question that is open, ``given`` {question: parts} first; return the sheet after.

    Not committed: the caller does.
    """
    sheet = read_sheet(session, assessment_id)
    for key, parts in (given or {}).items():
        sheet = _save(session, sheet, key, parts, by=by, at=at)
    for _round in range(5):
        waiting = sheet.open_questions()
        if not waiting:
            return sheet
        for key in waiting:
            # An answer before may have switched this one off.
            if sheet.applicability.asks(key) and sheet.answer(key).state not in SETTLED:
                parts = plausible(sheet, sheet.questionnaire.question(key))
                sheet = _save(session, sheet, key, parts, by=by, at=at)
    assert not sheet.open_questions(), sheet.open_questions()
    return sheet


def _save(
    session: Session, sheet: AnswerSheet, key: str, parts: Mapping[str, Any], *, by: Actor, at: datetime
) -> AnswerSheet:
    offered = Offered(parts, sheet.answer(key).revision)
    saved = save_answer(session, sheet, key, offered, by=by, at=at)
    if saved.answer.state is AnswerState.INCOMPLETE:
        offered = Offered(parts, saved.answer.revision, state=AnswerState.NOT_KNOWN)
        saved = save_answer(session, saved.sheet, key, offered, by=by, at=at)
    return saved.sheet


def plausible(sheet: AnswerSheet, question: Question) -> dict[str, Any]:
    """Parts that answer a question, the same every time; bound parts keep what the profile says."""
    parts: dict[str, Any] = dict(sheet.answers.get(question.key, {}))
    facts, answers = sheet.applicability.facts, sheet.applicability.answers
    for _round in range(4):
        for part in open_parts(question, parts, facts, answers):
            if part.key not in parts and part.kind is not PartKind.EVIDENCE:
                value = _table(sheet, part) if part.kind is PartKind.TABLE else _value(part)
                if value is not None:
                    parts[part.key] = value
    return parts


def _value(shape: Field, *, cell: bool = False) -> Any:
    match shape.kind:
        case PartKind.YES_PARTLY_NO:
            return "partly"
        case PartKind.SINGLE:
            return next(iter(shape.options), None)
        case PartKind.MULTIPLE:
            return [next((key for key in shape.options if key not in shape.alone), shape.alone[:1])]
        case PartKind.NUMBER:
            value = str(int(shape.min or 1)) if shape.unit != "year" else "2025"
            return value if cell or shape.plain else {"value": value, "year": 2025, "basis": "measured"}
        case PartKind.DATE:
            return "2026-01-31"
        case PartKind.LINK:
            return "https://kovo.example/report"
    return "Kept in the site office"


def _table(sheet: AnswerSheet, part: Part) -> list[dict[str, Any]]:
    applicability = sheet.applicability
    keys = list(rows_of(sheet.questionnaire, part, applicability.facts, applicability.answers))
    picked = part.rows_from is not None and part.rows_from.list_name is not None
    rows: list[str | None] = list(keys) or [next(iter(part.options)) if picked else None]
    return [
        {"row": row, **{column.key: _value(column, cell=True) for column in part.columns}} for row in rows
    ]


def documented(
    session: Session, supplier: uuid.UUID, title: str, *, by: Actor, at: datetime, release: bool = True
) -> Document:
    """A document in a vault, scanned and released unless told otherwise; no bytes stand behind it."""
    digest = uuid.uuid5(uuid.NAMESPACE_URL, f"{supplier}/{title}").hex * 2
    file = StoredFile(f"{title}.pdf", "application/pdf", 1200, digest, f"quarantine/{supplier}/{title}")
    document = upload_document(session, supplier, title, file, by=by, at=at)
    if release:
        document.latest.release(f"released/{supplier}/{digest}", by=SYSTEM, at=at)
    session.flush()
    return document


def submitted(
    world: World,
    *,
    site_id: uuid.UUID | None = None,
    by: Actor | None = None,
    label: str = "2026",
    at: datetime = NOW - 60 * timedelta(days=1),
    given: Mapping[str, Mapping[str, Any]] | None = None,
    levels: Mapping[str, int] | None = None,
) -> Assessment:
    """Kovo's smelter (or another site of ``by``'s), answered wholly and submitted; own levels declared."""
    session, cast = world.session, world.cast
    by = by or cast.jana.actor
    assessment = opened(session, site_id or cast.smelter, by=by, at=at, label=label)
    sheet = answer_everything(session, assessment.id, by=by, at=at, given=given)
    for topic, level in (levels or {"OHS.1": 3, "MIN.1": 2}).items():
        if any(sheet.applicability.asks(one.key) for one in sheet.questionnaire.topic(topic).questions):
            declare_maturity(session, sheet, topic, level, by=by, at=at)
    submit(session, assessment.id, agrees_to_public_statement=True, by=by, at=at)
    session.commit()
    return assessment


def assigned(world: World, assessment: Assessment, *, at: datetime = NOW - 50 * timedelta(days=1)) -> None:
    """The firm of Lena and Sam has the case, accepted, both declared independent."""
    session, cast = world.session, world.cast
    firm = session.get_one(Organization, cast.firm)
    assignment = assign(session, assessment, firm, basis=Basis.ON_SITE, by=cast.sara.actor, at=at)
    accept(session, assignment, by=cast.lena.actor, at=at)
    for person in (cast.lena, cast.sam):
        declare_independence(session, assignment, no_ties=True, statement="", by=person.actor, at=at)
    session.commit()


FOUND = (
    ("OHS.1", Grade.MAJOR, "Two of five extraction hoods had no airflow on the day of the visit."),
    ("OHS.2", Grade.CRITICAL, "A furnace door guard was missing while people worked below."),
    ("MIN.1", Grade.MINOR, "The policy names no person for questions of sellers."),
    ("ENV.4", Grade.OBSERVATION, "Water meters are read once a month."),
    ("OHS.3", Grade.GOOD_PRACTICE, "The night shift chooses its own safety speaker."),
)
"""What Lena finds: topic, grade, statement."""


def verified(world: World, assessment: Assessment, *, at: datetime = NOW - 40 * timedelta(days=1)) -> None:
    """Assigned, levels verified, an answer checked, FOUND drafted and shared for the fact check."""
    assigned(world, assessment)
    session, by = world.session, world.cast.lena.actor
    asked = read_sheet(session, assessment.id).applicability.asked
    for topic, level in (("OHS.1", 2), ("OHS.2", 1), ("MIN.1", 3), ("ENV.4", 2)):
        verify_maturity(
            session, assessment, topic, level, basis=Basis.ON_SITE, worker_voice=topic == "OHS.1",
            seen="Walked the line, spoke with four of twelve people.", by=by, at=at,
        )  # fmt: skip
    verify_answer(session, assessment, next(iter(asked)), basis=Basis.DESK, worker_voice=False, by=by, at=at)
    questionnaire = read_sheet(session, assessment.id).questionnaire
    for topic, grade, statement in FOUND:
        keys = [question.key for question in questionnaire.topic(topic).questions]
        draft_finding(
            session, assessment, topic=topic, questions=[keys[0], "PRO-06"], grade=grade,
            kind=FindingKind.GAP, statement=statement,
            first_step="Keep people out from under the door." if grade is Grade.CRITICAL else None,
            references=["ILO.C155"], evidence=[], by=by, at=at,
        )  # fmt: skip
    start_fact_check(session, assessment, by=by, at=at)
    session.commit()


def planned(
    world: World, finding: Finding, *, at: datetime = NOW - 30 * timedelta(days=1)
) -> CorrectiveAction:
    """An action on a finding, proposed by Petr and agreed by Lena. Not committed."""
    session, cast = world.session, world.cast
    action = propose_action(
        session, finding, kind=ActionKind.CORRECTIVE, root_cause=f"No one owns it: {finding.topic}.",
        description=f"Name an owner and check weekly ({finding.topic}).", owner="Shift lead",
        due_on=(NOW + timedelta(days=60)).date(), by=cast.petr.actor, at=at,
    )  # fmt: skip
    action.make(session, "agree", by=cast.lena.actor, at=at)
    session.flush()
    return action


def in_review(
    world: World, assessment: Assessment, *, at: datetime = NOW - 30 * timedelta(days=1)
) -> list[Finding]:
    """Verified; the first finding commented, fact check ended, an action agreed on each open one."""
    verified(world, assessment)
    session, cast = world.session, world.cast
    findings = findings_of(session, assessment.id)
    findings[0].comment(session, "The motor was ordered in May.", by=cast.petr.actor, at=at)
    end_fact_check(session, assessment, by=cast.jana.actor, at=at)
    for finding in findings:
        if finding.state is FindingState.OPEN:
            planned(world, finding, at=at)
    start_review(session, assessment, by=cast.lena.actor, at=at)
    session.commit()
    return findings


def published(
    world: World,
    assessment: Assessment | None = None,
    *,
    at: datetime = NOW - 20 * timedelta(days=1),
) -> Result:
    """Kovo's smelter through the whole cycle, published by Rene."""
    assessment = assessment or submitted(world)
    in_review(world, assessment)
    result = publish(world.session, assessment, SIGNER, by=world.cast.rene.actor, at=at)
    world.session.commit()
    return result


def self_declared(
    world: World,
    *,
    site_id: uuid.UUID | None = None,
    by: Actor | None = None,
    label: str = "2026",
    at: datetime = NOW - 10 * timedelta(days=1),
) -> Result:
    """A site of Kovo's (the yard), or of ``by``'s, submitted and published without an assessor."""
    by = by or world.cast.jana.actor
    assessment = submitted(world, site_id=site_id or world.cast.yard, by=by, label=label)
    result = publish_self_declared(world.session, assessment, SIGNER, by=by, at=at)
    world.session.commit()
    return result


def disclosed(
    world: World,
    result: Result,
    *,
    buyer_id: uuid.UUID | None = None,
    by: Actor | None = None,
    layers: frozenset[Layer] = LAYERS,
    at: datetime = NOW - timedelta(days=1),
    **more: Any,
) -> Disclosure:
    """Nordvolt sees status, profile, findings and plan for a year, or what ``more`` of Offer says."""
    offer = Offer(
        **{
            "site_id": result.site_id, "result_id": result.id, "layers": layers,
            "purpose": "Supply chain due diligence", "ends_at": NOW + YEAR, **more,
        }
    )  # fmt: skip
    made = grant(
        world.session, offer, buyer_id=buyer_id or world.cast.nordvolt, by=by or world.cast.jana.actor, at=at
    )
    world.session.commit()
    return made

"""One assessment's way through the cycle, by the acts of the people in it, each at its own instant."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.actions.action import ActionKind, CorrectiveAction
from assessments.actions.plan import propose_action, revise_action
from assessments.actions.proof import attach_evidence
from assessments.assessment import Assessment, QuestionnaireVersion
from assessments.evidence.documents import Document, upload_document
from assessments.parties import Actor, Organization, Site
from assessments.publishing.publication import publish, publish_self_declared
from assessments.questionnaire.model import FindingText, Topic
from assessments.questionnaire.vocabulary import Grade
from assessments.result import Result, Signer
from assessments.rounds.opening import open_assessment
from assessments.sheet.answering import Offered, save_answer
from assessments.sheet.contents import AnswerSheet
from assessments.sheet.linking import link_evidence
from assessments.sheet.reading import read_sheet
from assessments.sheet.snapshot import submit
from assessments.values.answers import AnswerState
from assessments.verification.assignment import Basis, accept, declare_independence
from assessments.verification.clarification import ask_clarification
from assessments.verification.fact_check import (
    choose_publication,
    end_fact_check,
    start_fact_check,
    start_review,
)
from assessments.verification.finding import Finding, FindingState, findings_of
from assessments.verification.firms import assign
from assessments.verification.recording import declare_maturity, verify_answer, verify_maturity
from assessments.verification.unshared_findings import draft_finding
from plumbline.documents.store import Store
from plumbline.seeds.files import keep
from plumbline.seeds.replies import Replies
from plumbline.seeds.words import ACTIONS, COMMENTS, DISPUTES, DOCUMENTS, NOTES, ROOT_CAUSES

SLOT = re.compile(r"\{(\w+)\}")
# What the demo can put into the slots of a library text so that the sentence stays one; texts with others are left out.
NUMBERS = frozenset({"n", "m", "k", "days", "weeks", "months", "hours", "share"})
PLACES = {"place": "the gate office", "shift": "the night shift", "material": "copper"}
SEEN = (
    "Walked all shifts; seven of eight people asked knew the rule and the way out.",
    "Records of the last 12 months read; three lots followed from gate to sale.",
)


@dataclass(frozen=True)
class Desk:
    """Everybody who acts on a case, and what they act with."""

    admin: Actor
    contributor: Actor
    firm: Organization
    lead: Actor
    assessor: Actor
    steward: Actor
    reviewer: Actor
    appeal: Actor
    signer: Signer
    store: Store


@dataclass
class Course:
    """One site's assessment in one cycle. ``at`` moves forward with each act."""

    session: Session
    desk: Desk
    site: Site
    version: QuestionnaireVersion
    label: str
    at: datetime
    drive: int
    seed: str
    assessment: Assessment = field(init=False)
    documents: list[Document] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._draw = random.Random(self.seed)  # noqa: S311  an invented world, not a secret

    def wait(self, **days: float) -> None:
        """Let time pass."""
        self.at += timedelta(**days)

    def open(self) -> None:
        """The admin opens the assessment."""
        self.assessment = open_assessment(
            self.session, self.site, self.version, label=self.label, by=self.desk.admin, at=self.at
        )

    def answer(self, share: float = 1.0) -> None:
        """The contributor answers, section after section, up to ``share`` of what is asked."""
        sheet = read_sheet(self.session, self.assessment.id)
        replies = Replies(self.seed, self.drive, self.at.date())
        keys = [question.key for question in sheet.questionnaire.questions]
        for key in keys[: max(1, round(len(keys) * share))]:
            self.wait(minutes=4)
            sheet = self._answer_one(sheet, key, replies)
        if share >= 1.0:
            for topic in sheet.questionnaire.rated_topics:
                if any(sheet.applicability.asks(question.key) for question in topic.questions):
                    level = min(4, max(0, self.drive + self._draw.choice((-1, 0, 0, 1))))
                    declare_maturity(self.session, sheet, topic.key, level, by=self.desk.admin, at=self.at)

    def _answer_one(self, sheet: AnswerSheet, key: str, replies: Replies) -> AnswerSheet:
        if not sheet.applicability.asks(key):
            return sheet
        question = sheet.questionnaire.question(key)
        before = sheet.answer(key)
        said: AnswerState | None = None
        chance = self._draw.random()
        if chance < 0.05 and not any(part.bind for part in question.parts):
            said = AnswerState.NOT_KNOWN if chance < 0.035 else AnswerState.WITHHELD
        note = self._draw.choice(NOTES) if self._draw.random() < 0.08 else None
        parts = {} if said else replies.parts(sheet, question)
        offered = Offered(parts=parts, revision=before.revision, state=said, note=note)
        return save_answer(self.session, sheet, key, offered, by=self.desk.contributor, at=self.at).sheet

    def bring_evidence(self, count: int) -> None:
        """Upload documents once and link each to the answers it shows something of."""
        for title, file_name, keys in DOCUMENTS[:count]:
            self.wait(minutes=3)
            stored = keep(self.desk.store, self.site.name, title, file_name)
            document = upload_document(
                self.session, self.assessment.organization_id, title, stored, by=self.desk.contributor,
                at=self.at,
            )  # fmt: skip
            self.documents.append(document)
            sheet = read_sheet(self.session, self.assessment.id)
            for key in keys:
                if sheet.applicability.asks(key):
                    link_evidence(self.session, sheet, key, document, by=self.desk.contributor, at=self.at)

    def submit(self) -> None:
        """The admin submits."""
        self.wait(days=1)
        submit(
            self.session, self.assessment.id, agrees_to_public_statement=True, by=self.desk.admin, at=self.at
        )

    def publish_self_declared(self) -> Result:
        """The admin publishes without an assessor."""
        self.wait(days=1)
        return publish_self_declared(
            self.session, self.assessment, self.desk.signer, by=self.desk.admin, at=self.at
        )

    def assign(self, basis: Basis = Basis.ON_SITE) -> None:
        """The steward assigns, the lead accepts, both declare that nothing ties them to the supplier."""
        desk = self.desk
        self.wait(days=3)
        assignment = assign(
            self.session, self.assessment, desk.firm, basis=basis, by=desk.steward, at=self.at
        )
        self.wait(days=1)
        accept(self.session, assignment, by=desk.lead, at=self.at)
        for person in (desk.lead, desk.assessor):
            declare_independence(self.session, assignment, no_ties=True, statement="", by=person, at=self.at)

    def verify(self, basis: Basis = Basis.ON_SITE, *, findings: int = 5) -> None:
        """The assessor checks answers, records maturity per topic and drafts findings of several grades."""
        self.wait(days=9)
        sheet = read_sheet(self.session, self.assessment.id)
        topics = [
            topic
            for topic in sheet.questionnaire.rated_topics
            if any(sheet.applicability.asks(question.key) for question in topic.questions)
        ]
        for topic in topics:
            asked = [q.key for q in topic.questions if sheet.applicability.asks(q.key)]
            for key in asked[:2]:
                verify_answer(
                    self.session, self.assessment, key, basis=basis, worker_voice=basis is Basis.ON_SITE,
                    by=self.desk.assessor, at=self.at,
                )  # fmt: skip
            level = min(4, max(0, self.drive + self._draw.choice((-1, -1, 0, 0, 1))))
            verify_maturity(
                self.session, self.assessment, topic.key, level, basis=basis,
                worker_voice=basis is Basis.ON_SITE, seen=self._draw.choice(SEEN) if level > 1 else "",
                by=self.desk.assessor, at=self.at,
            )  # fmt: skip
        self._draft(topics, sheet, findings)

    def _draft(self, topics: list[Topic], sheet: AnswerSheet, count: int) -> None:
        library = [
            (topic, found)
            for topic in topics
            if topic.guide is not None
            for found in topic.guide.findings
            if any(sheet.applicability.asks(key) for key in found.questions)
            and NUMBERS.union(PLACES, ("date", "year")).issuperset(SLOT.findall(found.saw))
        ]
        wanted = [Grade.MAJOR, Grade.MINOR, Grade.GOOD_PRACTICE, Grade.OBSERVATION, Grade.MINOR, Grade.MAJOR]
        if self.drive == 0:
            wanted.insert(0, Grade.CRITICAL)
        for grade in wanted[:count]:
            fitting = [entry for entry in library if entry[1].grade is grade] or [
                entry for entry in library if entry[1].grade is Grade.MINOR
            ]
            topic, found = self._draw.choice(fitting)
            library.remove((topic, found))
            self.wait(hours=1)
            draft_finding(
                self.session, self.assessment, topic=topic.key,
                questions=[key for key in found.questions if sheet.applicability.asks(key)],
                grade=grade if grade is Grade.OBSERVATION else found.grade, kind=found.kind,
                statement=self._filled(found), first_step=found.first_step,
                references=list(sheet.questionnaire.question(found.questions[0]).mappings)[:2],
                evidence=self._pages(), by=self.desk.assessor, at=self.at,
            )  # fmt: skip

    def _filled(self, found: FindingText) -> str:
        """A library text with its slots filled: small numbers, and places of this site."""
        places = PLACES | {"date": f"{self.at.day} {self.at:%B %Y}", "year": str(self.at.year - 1)}
        numbers = iter(sorted(self._draw.sample(range(2, 19), 8)))
        return SLOT.sub(lambda slot: places.get(slot.group(1), str(next(numbers))), found.saw)

    def _pages(self) -> list[dict[str, object]]:
        if not self.documents or self._draw.random() < 0.5:
            return []
        version = self.documents[0].latest
        return [{"version_id": str(version.id), "page": self._draw.randint(1, 3)}]

    def ask_clarification(self) -> None:
        """The assessor reopens one question."""
        self.wait(days=2)
        ask_clarification(
            self.session, self.assessment, ["OHS-03"],
            "The list shows meetings for the day shift only. Were there any at night?",
            by=self.desk.assessor, at=self.at,
        )  # fmt: skip

    def start_fact_check(self) -> list[Finding]:
        """The lead shares the draft findings with the supplier."""
        self.wait(days=2)
        start_fact_check(self.session, self.assessment, by=self.desk.lead, at=self.at)
        return findings_of(self.session, self.assessment.id)

    def reply(self, findings: list[Finding], *, decide: bool) -> None:
        """The supplier comments on one finding and disputes another; ``appeal`` decides it."""
        self.wait(days=3)
        grave = [f for f in findings if f.grade in {Grade.MINOR, Grade.MAJOR}]
        if not grave:
            return
        grave[0].comment(self.session, self._draw.choice(COMMENTS), by=self.desk.contributor, at=self.at)
        if len(grave) < 2:
            return
        grave[1].dispute(self.session, DISPUTES[0], by=self.desk.admin, at=self.at)
        if decide:
            self.wait(days=2)
            outcome = self._draw.choice(("uphold", "amend"))
            grave[1].decide(
                self.session, outcome,
                "The laboratory's report covers another week; the assessor's reading stands for its day.",
                statement=grave[1].statement + " The usual place was within its limit on the day before.",
                by=self.desk.appeal, at=self.at,
            )  # fmt: skip

    def plan(self, findings: list[Finding]) -> None:
        """The supplier ends the fact check and proposes actions; one is returned and proposed again."""
        self.wait(days=1)
        end_fact_check(self.session, self.assessment, by=self.desk.admin, at=self.at)
        for number, finding in enumerate(f for f in findings if f.state is FindingState.OPEN):
            self.wait(hours=2)
            text, owner = ACTIONS[number % len(ACTIONS)]
            due = (self.at + timedelta(days=60 + 30 * number)).date()
            kind = ActionKind.CONTAINMENT if finding.grade is Grade.CRITICAL else ActionKind.CORRECTIVE
            action = propose_action(
                self.session, finding, kind=kind, root_cause=ROOT_CAUSES[number % len(ROOT_CAUSES)],
                description=text, owner=owner, due_on=due, by=self.desk.contributor, at=self.at,
            )  # fmt: skip
            self.wait(days=1)
            if number == 0:
                action.make(
                    self.session, "return", reason="Say who checks it on the night shift, too.",
                    by=self.desk.assessor, at=self.at,
                )  # fmt: skip
                self.wait(days=1)
                revise_action(
                    self.session, action, kind=kind, root_cause=action.root_cause,
                    description=f"{text}. The shift leader checks it on each shift and signs the sheet",
                    owner=owner, due_on=due, revision=action.revision, by=self.desk.contributor, at=self.at,
                )  # fmt: skip
                self.wait(days=1)
            action.make(self.session, "agree", by=self.desk.assessor, at=self.at)

    def review(self) -> None:
        """The supplier chooses to publish now; the lead hands over to the steward's reviewer."""
        choose_publication(self.session, self.assessment, by=self.desk.admin, at=self.at)
        self.wait(days=1)
        start_review(self.session, self.assessment, by=self.desk.lead, at=self.at)

    def publish(self) -> Result:
        """The reviewer publishes."""
        self.wait(days=2)
        return publish(self.session, self.assessment, self.desk.signer, by=self.desk.reviewer, at=self.at)

    def follow_up(self, closed: int) -> None:
        """The supplier shows that ``closed`` actions are done; the assessor verifies and closes them."""
        actions = self.session.scalars(
            select(CorrectiveAction)
            .where(CorrectiveAction.assessment_id == self.assessment.id)
            .order_by(CorrectiveAction.id)
        ).all()
        for number, action in enumerate(actions[: closed + 1]):
            self.wait(days=11)
            action.make(self.session, "start", by=self.desk.contributor, at=self.at)
            if not self.documents:
                continue
            self.wait(days=9)
            attach_evidence(
                self.session, action, self.documents[0].latest, "Photo and list of the last four weeks",
                by=self.desk.contributor, at=self.at,
            )  # fmt: skip
            action.make(self.session, "submit_evidence", by=self.desk.contributor, at=self.at)
            if number < closed:
                self.wait(days=4)
                action.make(
                    self.session, "verify", reason="Seen by video on two shifts; the sheet is kept.",
                    basis=Basis.REMOTE, by=self.desk.assessor, at=self.at,
                )  # fmt: skip

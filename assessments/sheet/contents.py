"""The answer sheet: everything a section, a save or a submission needs of one assessment, in one statement.

Measured over the same rows read by ORM this is about half the work (ARCHITECTURE.md, "Speed"), and it is
frozen: rules run over it, and nothing on it can be changed by accident.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from assessments.assessment import AssessmentState
from assessments.questionnaire.asking.applicability import Applicability, applicable, facts_of, of_both_levels
from assessments.questionnaire.asking.walk import decides
from assessments.questionnaire.binding import bound_parts
from assessments.questionnaire.model import Level, Question, Questionnaire
from assessments.questionnaire.versions.diff import Fate
from assessments.sentences import N_, Sentence
from assessments.values.answers import SAID, AnswerState, state_of
from assessments.workflow import WrongState

SETTLED = frozenset(
    {AnswerState.ANSWERED, AnswerState.NOT_APPLICABLE, AnswerState.NOT_KNOWN, AnswerState.WITHHELD}
)
"""States in which a question needs nothing more from the supplier."""


FROZEN = N_("This answer is frozen since the assessment was submitted.")
_KNOWN = frozenset({"site", "answers", "applicability", "progress"})
"""What a sheet works out from its answers, its columns and its questionnaire alone."""
_READ_IN = "read_in_language"
_TO_CONFIRM = frozenset({Fate.CONFIRM.value, Fate.MAPPED.value})


class StoredAnswer(NamedTuple):
    """The current state of one question. ``revision`` 0: nothing was saved yet.

    A sheet makes some two hundred on each save, and a tuple is made in a third of the time.
    """

    question: str
    assessment_id: uuid.UUID
    state: AnswerState
    parts: Mapping[str, Any]
    note: str | None
    reason: str | None
    revision: int
    updated_at: datetime | None = None
    carried: Mapping[str, Any] | None = None

    @property
    def waits(self) -> bool:
        """Whether it came from another version or round and nobody has said since that it is still true."""
        mark = self.carried
        return mark is not None and mark["revision"] == self.revision and mark["fate"] in _TO_CONFIRM


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
    revision: int
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
    def answers(self) -> Mapping[str, Mapping[str, Any]]:
        """Stored parts by question, with bound parts read from their columns."""
        together: dict[str, Mapping[str, Any]] = {key: answer.parts for key, answer in self.stored.items()}
        for key, bound in self.questionnaire.bound_parts.items():
            # What an answer once copied from a column is nothing when the column was emptied since.
            own = {part: value for part, value in together.get(key, {}).items() if part not in bound}
            question = self.questionnaire.question(key)
            together[key] = own | bound_parts(question, self.organization, self.site)
        return together

    @cached_property
    def applicability(self) -> Applicability:
        """What is asked here and why: the site's questions for the site, the company's over all its sites."""
        company_facts = facts_of(self.organization, self.sites)
        company = applicable(self.questionnaire, company_facts, self.answers, Level.COMPANY)
        if self.site is None:
            return company
        own = applicable(self.questionnaire, facts_of(self.organization, self.site), self.answers, Level.SITE)
        return of_both_levels(self.questionnaire, own, company)

    def answer(self, key: str) -> StoredAnswer:
        """The answer to a question, with bound parts; never saved ones are empty at revision 0.

        A question whose parts all live in the profile counts as answered when the profile is filled.
        """
        stored = self.stored.get(key)
        if stored is not None and key not in self.questionnaire.bound_parts:
            return stored
        parts = self.answers.get(key, {})
        if stored is None:
            home = self.home_of(self.questionnaire.question(key))
            return StoredAnswer(key, home, self.state_of(key), parts, None, None, 0)
        return stored._replace(parts=parts, state=self.state_of(key))

    def state_of(self, key: str) -> AnswerState:
        """The state that ``answer`` gives the question. Progress asks for all of them on each save."""
        stored = self.stored.get(key)
        if stored is not None and (key not in self.questionnaire.bound_parts or stored.state in SAID):
            return stored.state
        parts = self.answers.get(key, {})
        if stored is None and not parts:
            return AnswerState.EMPTY
        question = self.questionnaire.question(key)
        return state_of(question, parts, None, None, self.applicability.facts, self.answers)

    def settled(self, key: str) -> bool:
        """Whether the question needs nothing more from the supplier."""
        return self.state_of(key) in SETTLED and not self.waits(key)

    def waits(self, key: str) -> bool:
        """Whether its answer was carried over and waits for somebody to say that it is still true."""
        stored = self.stored.get(key)
        return stored is not None and stored.waits

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
        return [key for key in self.applicability.asked if not self.settled(key)]

    @cached_property
    def progress(self) -> Mapping[str, SectionProgress]:
        """Progress by section key; a section nothing is asked of has zeros."""
        counts = {section.key: [0, 0, 0] for section in self.questionnaire.sections}
        sections, bound = _sections(self.questionnaire), self.questionnaire.bound_parts
        for key in self.applicability.asked:
            count = counts[sections[key]]
            count[0] += 1
            stored = self.stored.get(key)
            state = stored.state if stored is not None and key not in bound else self.state_of(key)
            if state is AnswerState.INCOMPLETE:
                count[2] += 1
            elif state in SETTLED and (stored is None or stored.carried is None or not stored.waits):
                count[1] += 1
        return {key: SectionProgress(*count) for key, count in counts.items()}

    def with_answer(self, answer: StoredAnswer) -> AnswerSheet:
        """This sheet after ``answer`` was saved. What is asked stands unless a rule reads this question."""
        after = replace(self, stored={**self.stored, answer.question: answer})
        if not decides(self.questionnaire, answer.question):
            known = self.applicability.with_answer(answer.question, answer.parts)
            after.__dict__["applicability"] = known
            if answer.question not in self.questionnaire.bound_parts:
                after.__dict__["answers"] = {**self.answers, answer.question: answer.parts}
            after.__dict__["progress"] = self._progress_after(after, answer.question)
        for one in self._languages():
            after.read_in_as(one.with_answer(answer))
        return after

    def _progress_after(self, after: AnswerSheet, key: str) -> Mapping[str, SectionProgress]:
        """Progress when this one answer became another and everything else stands."""
        if key not in self.applicability.asked:
            return self.progress
        section = _sections(self.questionnaire)[key]
        one, (settled, begun), (no_more, no_longer) = (
            self.progress[section],
            after._counts(key),
            self._counts(key),
        )
        moved = SectionProgress(
            one.asked, one.settled + settled - no_more, one.incomplete + begun - no_longer
        )
        return {**self.progress, section: moved}

    def _counts(self, key: str) -> tuple[bool, bool]:
        """Whether an asked question counts as settled, and as begun."""
        return self.settled(key), self.state_of(key) is AnswerState.INCOMPLETE

    def around(self, **columns: Any) -> AnswerSheet:
        """This sheet with other things around its answers (evidence, state), which decide nothing of them."""
        after = replace(self, **columns)
        for known in _KNOWN & self.__dict__.keys():
            after.__dict__[known] = self.__dict__[known]
        for one in self._languages():
            after.read_in_as(one.around(**columns))
        return after

    def read_in(self, questionnaire: Questionnaire) -> AnswerSheet:
        """This sheet with its questions in another language, made once and taken along by what follows."""
        if questionnaire is self.questionnaire:
            return self
        found: AnswerSheet | None = self.__dict__.get(_READ_IN, {}).get(questionnaire.language)
        if found is None:
            found = self.read_in_as(replace(self, questionnaire=questionnaire))
        return found

    def _languages(self) -> tuple[AnswerSheet, ...]:
        """This sheet in each language somebody read it in; another thread may add one meanwhile."""
        return tuple(self.__dict__.get(_READ_IN, {}).values())

    def read_in_as(self, other: AnswerSheet) -> AnswerSheet:
        """Keep ``other`` as this sheet in its language."""
        self.__dict__.setdefault(_READ_IN, {})[other.questionnaire.language] = other
        return other

    def with_columns(self, organization: Mapping[str, Any], site: Mapping[str, Any] | None) -> AnswerSheet:
        """This sheet after bound columns were written."""
        sites = tuple({**each, **(site or {})} if each["id"] == self.site_id else each for each in self.sites)
        return replace(self, organization={**self.organization, **organization}, sites=sites)


@lru_cache(maxsize=64)
def _sections(questionnaire: Questionnaire) -> Mapping[str, str]:
    """The section of each question, by key."""
    return {question.key: question.section for question in questionnaire.questions}


def check_open(sheet: AnswerSheet, key: str, *, frozen: Sentence = FROZEN) -> None:
    """Raise WrongState unless the supplier may change this answer: it is ``frozen``, or not asked."""
    if not sheet.writable(key):
        remedy = N_("An assessor can reopen a question for clarification.")
        raise WrongState(frozen, remedy, places=(key,))
    if not sheet.applicability.asks(key):
        # A sheet of the company says nothing of a site's questions.
        why = sheet.applicability.not_asked.get(key) or N_("It is answered for each site.")
        raise WrongState(
            N_("%(question)s is not asked here. %(why)s", question=key, why=why),
            "Change the answer that decides this, if it is wrong.",
            places=(key,),
        )

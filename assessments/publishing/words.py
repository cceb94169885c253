"""The questionnaire in whose words a result was answered; a newer version may have other words, or fewer."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.assessment import Assessment, Cycle, QuestionnaireVersion
from assessments.authoring.versions import newest_first
from assessments.questionnaire.model import Questionnaire
from assessments.result import Result
from assessments.sharing.reading import SharedAssessment
from assessments.sheet.reading import questionnaire_of


def asked_under(session: Session, result: Result) -> Questionnaire:
    """The questionnaire of a result's round, for its supplier; one statement once a process has read it."""
    version = (
        select(Cycle.version_id)
        .join(Assessment, Assessment.cycle_id == Cycle.id)
        .where(Assessment.id == result.assessment_id)
    )
    return questionnaire_of(session, session.scalars(version).one())[0]


def read_under(session: Session, shared: SharedAssessment) -> Questionnaire | None:
    """The questionnaire that has the words of what a buyer was granted, by what it was granted alone.

    Where the status is not granted nothing names it: the newest that has every question shown. None where no
    published one has them, as in a database restored without it.
    """
    told = [*shared.answers.values(), *shared.commercial.values()]
    keys = {answer["question"] for content in told for answer in content.get("answers", ())}
    named = shared.status["questionnaire"] if shared.status else {}
    own = newest_first(named.get("slug", "standard"))
    if "version" in named:
        own = own.where(QuestionnaireVersion.version == named["version"])
    for version_id in session.scalars(own).all():
        found = questionnaire_of(session, version_id)[0]
        if all(found.has_question(key) for key in keys):
            return found
    return None

"""At which stage each firm of the demo world stands, and the acts that bring it there."""

from __future__ import annotations

import enum
from collections.abc import Callable

from assessments.verification.assignment import Basis
from plumbline.seeds.course import Course


class Stage(enum.StrEnum):
    """The stages shown, in the order of the cycle."""

    OPENED = "opened"
    HALF_ANSWERED = "half_answered"
    ANSWERED = "answered"
    SUBMITTED = "submitted"
    IN_VERIFICATION = "in_verification"
    CLARIFICATION = "clarification"
    FACT_CHECK = "fact_check"
    DISPUTED = "disputed"
    PLANNING = "planning"
    IN_REVIEW = "in_review"
    SELF_DECLARED = "self_declared"
    PUBLISHED = "published"
    FOLLOWED_UP = "followed_up"
    WITHDRAWN = "withdrawn"


# How many of the 60 stand where; the first firm is the one that the README shows.
SPREAD: tuple[tuple[Stage, int], ...] = (
    (Stage.FOLLOWED_UP, 10), (Stage.SELF_DECLARED, 9), (Stage.PUBLISHED, 13), (Stage.HALF_ANSWERED, 5),
    (Stage.SUBMITTED, 4), (Stage.IN_VERIFICATION, 4), (Stage.FACT_CHECK, 2), (Stage.DISPUTED, 2),
    (Stage.CLARIFICATION, 2), (Stage.PLANNING, 2), (Stage.IN_REVIEW, 3), (Stage.OPENED, 2), (Stage.ANSWERED, 1),
    (Stage.WITHDRAWN, 1),
)  # fmt: skip

# Days before today on which the assessment was opened, so that its last act lies in the recent past.
BEGAN = {
    Stage.OPENED: 2, Stage.HALF_ANSWERED: 6, Stage.ANSWERED: 5, Stage.SUBMITTED: 6, Stage.IN_VERIFICATION: 20,
    Stage.CLARIFICATION: 22, Stage.FACT_CHECK: 24, Stage.DISPUTED: 25, Stage.PLANNING: 36, Stage.IN_REVIEW: 38,
    Stage.SELF_DECLARED: 70, Stage.PUBLISHED: 90, Stage.FOLLOWED_UP: 170, Stage.WITHDRAWN: 30,
}  # fmt: skip

BASES = (Basis.ON_SITE, Basis.ON_SITE, Basis.REMOTE, Basis.DESK)


def bring(course: Course, stage: Stage, number: int) -> None:
    """Let the people of ``course`` act until it stands at ``stage``; ``number`` varies how."""
    course.open()
    if stage is Stage.OPENED:
        return
    if stage is Stage.HALF_ANSWERED:
        course.answer(0.3 + 0.1 * (number % 5))
        return
    course.answer()
    course.bring_evidence(4 if number < 3 else 1 + number % 2)  # each file is proved in a process of its own
    if stage is Stage.ANSWERED:
        return
    course.submit()
    LATER.get(stage, _nothing)(course, number)


def _nothing(course: Course, number: int) -> None:
    del course, number


def _withdraw(course: Course, _number: int) -> None:
    course.wait(days=2)
    course.assessment.withdraw(
        reason="The site is being sold; the new owner will begin anew.", by=course.desk.admin, at=course.at
    )


def _self_declare(course: Course, _number: int) -> None:
    course.publish_self_declared()


def _verify(course: Course, number: int) -> None:
    basis = BASES[number % len(BASES)]
    course.assign(basis)
    course.verify(basis, findings=3 + number % 4)


def _clarify(course: Course, number: int) -> None:
    _verify(course, number)
    course.ask_clarification()


def _share(course: Course, number: int) -> None:
    _verify(course, number)
    course.start_fact_check()


def _dispute(course: Course, number: int) -> None:
    _verify(course, number)
    course.reply(course.start_fact_check(), decide=False)


def _plan(course: Course, number: int) -> None:
    _verify(course, number)
    findings = course.start_fact_check()
    course.reply(findings, decide=True)
    course.plan(findings)


def _review(course: Course, number: int) -> None:
    _plan(course, number)
    course.review()


def _publish(course: Course, number: int) -> None:
    _review(course, number)
    course.publish()


def _follow_up(course: Course, number: int) -> None:
    _publish(course, number)
    course.follow_up(1 + number % 2)


LATER: dict[Stage, Callable[[Course, int], None]] = {
    Stage.WITHDRAWN: _withdraw,
    Stage.SELF_DECLARED: _self_declare,
    Stage.IN_VERIFICATION: _verify,
    Stage.CLARIFICATION: _clarify,
    Stage.FACT_CHECK: _share,
    Stage.DISPUTED: _dispute,
    Stage.PLANNING: _plan,
    Stage.IN_REVIEW: _review,
    Stage.PUBLISHED: _publish,
    Stage.FOLLOWED_UP: _follow_up,
}


def stage_of(number: int) -> Stage:
    """The stage of firm ``number`` of SUPPLIERS."""
    for stage, count in SPREAD:
        if number < count:
            return stage
        number -= count
    return Stage.OPENED

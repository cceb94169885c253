"""What a rated topic looks like to the supplier: where it sees itself, on the topic's ladder."""

from __future__ import annotations

from dataclasses import dataclass, replace

from assessments.assessment import AssessmentState
from assessments.questionnaire.model import Topic
from assessments.sheet.contents import AnswerSheet
from plumbline.supplier.cards import base_url


@dataclass(frozen=True)
class LadderCard:
    """The supplier's own view of a rated topic. ``key`` is the prefix of its posted fields."""

    topic: Topic
    key: str
    base: str
    level: int | None
    micro: bool
    writable: bool
    error: str = ""
    was: str = ""  # the level a colleague had set when this one was chosen, in words

    @property
    def thing(self) -> Topic:
        """What the drawing is of."""
        return self.topic

    @property
    def save_url(self) -> str:
        """Where the level is posted."""
        return f"{self.base}/maturity/{self.topic.key}"

    @property
    def likeness(self) -> str | None:
        """Everything drawn but addresses, as one text; None for what is drawn once."""
        if self.error or self.was:
            return None
        return f"{id(self.topic)} {self.level} {self.micro} {self.writable}"

    def based(self, base: str) -> LadderCard:
        """The same ladder with addresses elsewhere."""
        return replace(self, base=base)


def ladder_of(sheet: AnswerSheet, topic: Topic, *, error: str = "", was: str = "") -> LadderCard | None:
    """The ladder at the end of a rated topic; None for a topic that is not rated or not asked."""
    if not topic.rated or not any(sheet.applicability.asks(question.key) for question in topic.questions):
        return None
    return LadderCard(
        topic=topic,
        key=ladder_key(topic),
        base=base_url(sheet.assessment_id),
        level=sheet.self_levels.get(topic.key),
        micro=sheet.applicability.facts.get("size") == "micro",
        writable=sheet.state is AssessmentState.DRAFT,
        error=error,
        was=was,
    )


def ladder_key(topic: Topic) -> str:
    """The prefix of a ladder's fields; ids and selectors take no dot."""
    return f"level-{topic.key.replace('.', '-')}"

"""A result in words, for the two pages that show one: the buyer's and the supplier's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from assessments.actions.action import SETTLED
from assessments.questionnaire.asking.by_step import about, topics_of, tracks_for
from assessments.questionnaire.model import Questionnaire, Track, TrackStep
from assessments.risk.inherent import country_names, material_names
from assessments.sentences import N_
from assessments.sharing.reading import NOT_AGREED, LiveAction, ShownResult
from plumbline.guard import now
from plumbline.translated import in_language

POSITIONS = {
    "EXT": N_("Mining"),
    "SMR": N_("Smelting and refining"),
    "SEM": N_("Semi-fabrication"),
    "MAN": N_("Manufacturing"),
    "REC": N_("Recycling"),
    "TRD": N_("Trading"),
    "SRV": N_("Services"),
}


def position(key: str) -> str:
    """A place in the chain in words of the page's language."""
    return in_language(POSITIONS.get(key, key))


def result_frame(shown: ShownResult) -> dict[str, Any]:
    """What templates/layouts/result.html wants of a result: the result, its place in words, its actions.

    ``late``: the numbers of agreed actions whose day lies before ``today`` and that nobody closed.
    """
    today = now().date()
    open_ones = [action for action in shown.live if action.state not in SETTLED | NOT_AGREED]
    return {
        "shared": shown,
        "country": country_names().get(shown.country, shown.country),
        "positions": ", ".join(map(position, shown.activities)),
        "materials": ", ".join(material_names().get(key, key) for key in shown.materials),
        "actions": by_finding(shown),
        "today": today,
        "late": [action.number for action in open_ones if action.due_on < today],
    }


@dataclass(frozen=True)
class StepOfResult:
    """What a reader sees of one step: topics with both maturities, findings, actions, each as it stands.

    A topic may stand in several steps. The three hold only what the reader's page shows as well.
    """

    step: TrackStep
    topics: tuple[Mapping[str, Any], ...]
    findings: tuple[Mapping[str, Any], ...]
    actions: tuple[LiveAction, ...]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show: nothing was asked, or nothing is shared; nothing tells which."""
        return not (self.topics or self.findings or self.actions)


Steps = Sequence[tuple[Track, tuple[StepOfResult, ...]]]


def step_frame(shown: ShownResult, questionnaire: Questionnaire | None) -> dict[str, Any]:
    """What templates/layouts/result.html wants beside ``result_frame``, to show a result by step.

    ``questionnaire`` says which topic belongs to which step. None: the page by topic was asked for.
    """
    steps = by_step(shown, questionnaire) if questionnaire is not None else ()
    return {"by_step": questionnaire is not None, "tracks": steps, "here": request.path}


def asked_by_step() -> bool:
    """Whether the address asks for a result by step rather than by topic."""
    return request.args.get("by") == "step"


def by_step(shown: ShownResult, questionnaire: Questionnaire) -> Steps:
    """The steps of each track that something shown belongs to, in order, with what is shown of each.

    Made from ``shown`` alone: of a topic that is not in it no step, no track and no count says anything.
    """
    layers = (shown.profile, shown.findings, shown.plan)
    sections = {content["section"] for layer in layers for content in layer.values()}
    told = [finding for content in shown.findings.values() for finding in content["findings"]]
    named = {finding["number"]: finding["questions"] for finding in told}

    def of(step: TrackStep) -> StepOfResult:
        keys = [topic.key for topic in topics_of(step, questionnaire)]
        return StepOfResult(
            step,
            topics=tuple(content for key, content in shown.profile.items() if key in keys),
            findings=tuple(
                {**one, "title": shown.findings[one["topic"]]["title"]}
                for one in told
                if about(step, questionnaire, one["topic"], one["questions"])
            ),
            actions=tuple(
                action
                for action in shown.live
                if about(step, questionnaire, action.topic, named.get(action.finding or "", ()))
            ),
        )

    return [(track, tuple(map(of, track.steps))) for track in tracks_for(questionnaire, sections)]


def by_finding(shown: ShownResult) -> dict[str | None, list[LiveAction]]:
    """The actions of today by the number of the finding they answer."""
    found: dict[str | None, list[LiveAction]] = {}
    for action in shown.live:
        found.setdefault(action.finding, []).append(action)
    return found

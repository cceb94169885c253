"""Two rows of the list, or two standards, side by side: what serves both, one, and neither."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue

from assessments.overviews.asks_told import AskTold, beside, told_asks
from assessments.policy import Action
from assessments.questionnaire.elements import Narrowed, narrowed, side_by_side
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.standards import standards
from plumbline.asked_of import whom
from plumbline.buyer import buyer
from plumbline.buyer.asks import choices
from plumbline.extensions import db
from plumbline.guard import door
from plumbline.identity.visitor import Visitor
from plumbline.reading_language import as_read


@dataclass(frozen=True)
class Side:
    """One of the two: its elements beside the questionnaire, and of whom, "" for a standard as such."""

    value: str
    covers: Narrowed
    whom: str


@buyer.get("/asks/compared")
@door(Action.BUYER_ASK_READ)
def compared(visitor: Visitor) -> ResponseReturnValue:
    """Show two choices side by side; what is not chosen, or is not there, is asked for."""
    session = db.session()
    at = beside(session, as_read)
    found = told_asks(session, visitor.organization_id, at, counted=False)
    one, other = (_side(request.args.get(name, ""), found, at.told) for name in ("one", "other"))
    both = side_by_side(at.told, one.covers, other.covers) if one and other else None
    return render_template(
        "buyer/asks_compared.html", one=one, other=other, both=both, at=at, choices=choices(found),
        topics={topic.key: topic.title for topic in at.told.topics},
    )  # fmt: skip


def _side(value: str, found: list[AskTold], questionnaire: Questionnaire) -> Side | None:
    for told in found:
        if str(told.ask.id) == value:
            return Side(value, told.covers, whom(told.said))
    return Side(value, narrowed(questionnaire, value), "") if value in standards() else None

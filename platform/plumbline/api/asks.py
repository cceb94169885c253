"""What a buyer asks of whom: the list of standards it reads by, with what the questionnaire covers."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from flask import Response
from pydantic import Field

from assessments.overviews.asks_file import asks_csv
from assessments.overviews.asks_told import AskTold, beside, told_ask, told_asks
from assessments.policy import Action
from assessments.questionnaire.model import Strength
from assessments.sharing.asks import BuyerAsk, Said, add_ask, change_ask, look_at_ask, remove_ask, undo_ask
from plumbline.api.operation import Call, Shape, operation, revision_seen
from plumbline.asked_of import sent_list
from plumbline.extensions import db
from plumbline.guard import now
from plumbline.loading.own import load_ask

Word = Annotated[str, Field(max_length=40)]


class AskIn(Shape):
    """One row: which standard, whole or some elements of it, of whom, why.

    ``elements``: keys, a heading standing for what is below it; empty for the whole. ``country`` (alpha-3),
    ``material`` and ``activity`` as the portfolio filters, empty for all. ``shown``: to suppliers you ask.
    """

    standard: Word
    elements: list[Word] = Field(default_factory=list, max_length=200)
    country: Word = ""
    material: Word = ""
    activity: Word = ""
    reason: str = ""
    shown: bool = True

    def said(self) -> Said:
        """The same, as the domain takes it."""
        return Said(**{**self.model_dump(), "elements": tuple(self.elements)})


class CoverageOut(Shape):
    """Of the row's elements: how the closest question stands to each, what is left over, which questions."""

    elements: list[str]
    equal: int
    broader: int
    partial: int
    narrower: int
    left_over: list[str]
    questions: list[str]
    topics: list[str]


class ChangeOut(Shape):
    """An element covered otherwise since: keys of questions that came, went, or differ in how."""

    element: str
    gained: list[str]
    lost: list[str]
    related: list[str]
    reworded: list[str]


class AskOut(AskIn):
    """A row with its coverage. ``suppliers``: how many of those that share with you it reaches, null: > 200.

    ``looked_beside``: which version you looked last; ``changes``: what the newest covers otherwise.
    """

    id: uuid.UUID
    revision: int
    changed_at: datetime
    coverage: CoverageOut
    suppliers: int | None
    looked_beside: str | None
    changes: list[ChangeOut]

    def location(self) -> str:
        """Where the row is."""
        return f"/api/v1/asks/{self.id}"


class AskList(Shape):
    """The whole list, in the order of the standards, beside a version of the questionnaire."""

    version: str
    items: list[AskOut]


@operation(
    "GET",
    "/asks",
    Action.BUYER_ASK_READ,
    summary="What you ask of whom",
    tag="buyer",
    returns=AskList,
)
def asks(call: Call) -> AskList:
    """List your rows with what the questionnaire covers of each. A row makes no question and no decision."""
    at = beside(db.session())
    found = told_asks(db.session(), call.visitor.organization_id, at)
    return AskList(version=at.plain.version, items=[_out(told) for told in found])


@operation(
    "GET",
    "/asks.csv",
    Action.BUYER_ASK_READ,
    summary="What you ask of whom, as a table",
    tag="buyer",
    sends="text/csv",
)
def asks_table(call: Call) -> Response:
    """Send the list as CSV, a line a row: UTF-8 with a mark, keys set apart by spaces.

    A text that a spreadsheet program would take for a formula begins with a quote.
    """
    at = beside(db.session())
    return sent_list(asks_csv(told_asks(db.session(), call.visitor.organization_id, at), at))


@operation(
    "GET",
    "/asks/<uuid:ask_id>",
    Action.BUYER_ASK_READ,
    summary="One row of what you ask",
    tag="buyer",
    load=load_ask,
    returns=AskOut,
)
def ask(call: Call) -> AskOut:
    """Return the row, also when it was taken off and can be put back."""
    return _told(call.thing)


@operation(
    "POST",
    "/asks",
    Action.BUYER_ASK_KEEP,
    summary="Put a row on the list",
    tag="buyer",
    body=AskIn,
    returns=AskOut,
    status=201,
)
def post_ask(call: Call) -> AskOut:
    """Say by which standard you read; suppliers are asked for nothing by it."""
    given: AskIn = call.body
    return _told(add_ask(db.session(), given.said(), by=call.visitor.actor, at=now()))


@operation(
    "PUT",
    "/asks/<uuid:ask_id>",
    Action.BUYER_ASK_KEEP,
    summary="Change a row",
    tag="buyer",
    load=load_ask,
    body=AskIn,
    returns=AskOut,
    edits=True,
)
def put_ask(call: Call) -> AskOut:
    """Let the row say this instead; If-Match says which revision you saw."""
    given: AskIn = call.body
    row: BuyerAsk = call.thing
    seen = revision_seen(call, row.revision)
    change_ask(db.session(), row, given.said(), revision=seen, by=call.visitor.actor, at=now())
    return _told(row)


@operation(
    "DELETE",
    "/asks/<uuid:ask_id>",
    Action.BUYER_ASK_KEEP,
    summary="Take a row off the list",
    tag="buyer",
    load=load_ask,
    status=204,
)
def delete_ask(call: Call) -> None:
    """Take it off; undo puts it back."""
    remove_ask(db.session(), call.thing, by=call.visitor.actor, at=now())


@operation(
    "POST",
    "/asks/<uuid:ask_id>/undo",
    Action.BUYER_ASK_KEEP,
    summary="Take the last change of a row back",
    tag="buyer",
    load=load_ask,
    returns=AskOut,
    edits=True,
)
def post_undo(call: Call) -> AskOut:
    """Undo the last move: a new row goes, one taken off returns, a changed one says what it said.

    With If-Match nothing is undone where the row was moved since.
    """
    undo_ask(db.session(), call.thing, by=call.visitor.actor, at=now(), revision=call.if_match)
    return _told(call.thing)


@operation(
    "POST",
    "/asks/<uuid:ask_id>/looked",
    Action.BUYER_ASK_KEEP,
    summary="Note that a row was looked at",
    tag="buyer",
    load=load_ask,
    returns=AskOut,
    edits=True,
)
def post_looked(call: Call) -> AskOut:
    """Take note of what the newest questionnaire changed; the row tells it no more and has a new revision.

    With If-Match nothing is noted where the row was moved since.
    """
    look_at_ask(db.session(), call.thing, by=call.visitor.actor, at=now(), revision=call.if_match)
    return _told(call.thing)


def _told(row: BuyerAsk) -> AskOut:
    return _out(told_ask(db.session(), row, beside(db.session())))


def _out(told: AskTold) -> AskOut:
    row, said, covers = told.ask, told.said, told.covers
    return AskOut(
        standard=said.standard, elements=list(said.elements), country=said.country, material=said.material,
        activity=said.activity, reason=said.reason, shown=said.shown, id=row.id, revision=row.revision,
        changed_at=row.changed_at, suppliers=told.suppliers, looked_beside=told.since or None,
        coverage=CoverageOut(
            elements=[each.element.key for each in covers.rows],
            **{strength.value: covers.strengths.get(strength, 0) for strength in Strength},
            left_over=[each.element.key for each in covers.left],
            questions=[question.key for question in covers.questions],
            topics=list(covers.topics),
        ),
        changes=[
            ChangeOut(
                element=one.key, gained=list(one.gained), lost=list(one.lost), related=list(one.related),
                reworded=list(one.reworded),
            )
            for one in told.changes
        ],
    )  # fmt: skip

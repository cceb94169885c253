"""What we ask of whom: a buyer's own list of the standards it reads by, beside the one questionnaire."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.overviews.asks_file import asks_csv
from assessments.overviews.asks_told import AskTold, beside, told_ask, told_asks
from assessments.parties import Role
from assessments.policy import Action
from assessments.questionnaire.standards import Standard, standards
from assessments.risk.inherent import country_names, material_names
from assessments.sharing.asks import (
    LONGEST_REASON,
    BuyerAsk,
    Said,
    add_ask,
    change_ask,
    look_at_ask,
    remove_ask,
    taken_off,
    undo_ask,
    was_moved,
)
from assessments.sharing.portfolio import LARGEST_PAGE
from assessments.workflow import Refused, Stale
from plumbline.asked_of import portfolio_href, sent_list, whom
from plumbline.buyer import buyer
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.loading.own import load_ask
from plumbline.reading_language import as_read
from plumbline.refusals import faults_of
from plumbline.rendering import say
from plumbline.shown_result import POSITIONS, position
from plumbline.translated import in_language


@buyer.get("/asks")
@door(Action.BUYER_ASK_READ)
def asks(visitor: Visitor) -> ResponseReturnValue:
    """List what this buyer asks of whom; ``?did=`` offers to take the last move on that row back."""
    session = db.session()
    at = beside(session, as_read)
    off = session.scalars(taken_off(visitor.organization_id)).all()
    found = told_asks(session, visitor.organization_id, at)
    did = _did([told.ask for told in found] + list(off)) if keeps(visitor) else None
    return render_template(
        "buyer/asks.html", found=found, off=off, at=at, most=LARGEST_PAGE,
        did=did, is_new=did is not None and not was_moved(session, did),
        whom=whom, portfolio_href=portfolio_href, keeps=keeps(visitor), standards=standards(),
        choices=choices(found), offered=whole_standards(),
    )  # fmt: skip


@buyer.get("/asks.csv")
@door(Action.BUYER_ASK_READ)
def asks_file(visitor: Visitor) -> ResponseReturnValue:
    """Send the list as a table; it tells of suppliers what the page tells, how many a row reaches."""
    at = beside(db.session(), as_read)
    return sent_list(asks_csv(told_asks(db.session(), visitor.organization_id, at), at))


def choices(found: list[AskTold]) -> list[tuple[str, str]]:
    """What can be put side by side: the rows of the list, then every standard whole."""
    rows = [(str(told.ask.id), f"{told.covers.standard.title} · {whom(told.said)}") for told in found]
    return [*rows, *whole_standards()]


def whole_standards() -> list[tuple[str, str]]:
    """What a new row can ask: every standard, by key and title."""
    return [(key, standard.title) for key, standard in standards().items()]


def keeps(visitor: Visitor) -> bool:
    """Whether the visitor may change the list."""
    return visitor.role is Role.BUYER_ADMIN


def _did(rows: list[BuyerAsk]) -> BuyerAsk | None:
    """The row that was just moved."""
    return next((row for row in rows if str(row.id) == request.args.get("did")), None)


@buyer.get("/asks/new")
@door(Action.BUYER_ASK_KEEP)
def new_ask(_visitor: Visitor) -> ResponseReturnValue:
    """Ask which standard, then which elements, of whom and why."""
    wanted = request.args.get("standard", "")
    standard = standards().get(wanted)
    faults = {"standard": _("What you ask: choose one of the standards.")}
    if standard or "standard" not in request.args:
        faults = {}
    return _new_page(standard, Said(wanted) if standard else None, faults)


@buyer.post("/asks")
@door(Action.BUYER_ASK_KEEP)
def keep_new(visitor: Visitor) -> ResponseReturnValue:
    """Put a row on the list."""
    said = _typed(request.form.get("standard", ""))
    try:
        ask = add_ask(db.session(), said, by=visitor.actor, at=now())
    except Refused as error:
        faults = faults_of(error, at="standard")
        return _new_page(standards().get(said.standard), said, faults), status_of(error)
    return redirect(f"/buyer/asks?did={ask.id}", 303)


def _new_page(standard: Standard | None, said: Said | None, faults: dict[str, str]) -> str:
    return render_template(
        "buyer/ask_new.html",
        standard=standard,
        said=said,
        faults=faults,
        offered=whole_standards(),
        **_lists(),
    )


@buyer.get("/asks/<uuid:ask_id>")
@door(Action.BUYER_ASK_READ, load=load_ask)
def one_ask(visitor: Visitor, ask: BuyerAsk) -> ResponseReturnValue:
    """Show one row, element by element, with what is left over and the form that changes it."""
    return _page(visitor, ask)


@buyer.post("/asks/<uuid:ask_id>")
@door(Action.BUYER_ASK_KEEP, load=load_ask)
def keep_ask(visitor: Visitor, ask: BuyerAsk) -> ResponseReturnValue:
    """Let the row say something else; where somebody else changed it meanwhile, both are shown."""
    said, key, revision = _typed(ask.standard), ask.id, _seen() or 0
    try:
        change_ask(db.session(), ask, said, revision=revision, by=visitor.actor, at=now())
    except Refused as error:
        faults = faults_of(error, at="form")
        there = db.session.get_one(BuyerAsk, key)
        return _page(visitor, there, said, faults, stale=isinstance(error, Stale)), status_of(error)
    return redirect(f"/buyer/asks?did={key}", 303)


@buyer.post("/asks/<uuid:ask_id>/remove")
@door(Action.BUYER_ASK_KEEP, load=load_ask)
def take_off(visitor: Visitor, ask: BuyerAsk) -> ResponseReturnValue:
    """Take the row off the list."""
    remove_ask(db.session(), ask, by=visitor.actor, at=now())
    return redirect(f"/buyer/asks?did={ask.id}", 303)


@buyer.post("/asks/<uuid:ask_id>/undo")
@door(Action.BUYER_ASK_KEEP, load=load_ask)
def take_back(visitor: Visitor, ask: BuyerAsk) -> ResponseReturnValue:
    """Take the last move on the row back; sent twice, or after somebody else's move, nothing more happens."""
    key = ask.id
    try:
        undo_ask(db.session(), ask, by=visitor.actor, at=now(), revision=_seen())
    except Stale as stale:
        say(in_language(stale.message), tone="ask")
        return redirect(f"/buyer/asks/{key}", 303)
    say(_("The row is as it was before."), lead=_("Taken back."))
    return redirect("/buyer/asks", 303)


@buyer.post("/asks/<uuid:ask_id>/looked")
@door(Action.BUYER_ASK_KEEP, load=load_ask)
def looked_at(visitor: Visitor, ask: BuyerAsk) -> ResponseReturnValue:
    """Note that the row was looked at beside the newest questionnaire, unless it says something else now."""
    key = ask.id
    try:
        look_at_ask(db.session(), ask, by=visitor.actor, at=now(), revision=_seen())
    except Stale as stale:
        say(in_language(stale.message), tone="ask")
    else:
        say(_("The row is marked as looked at beside the newest questionnaire."))
    return redirect(f"/buyer/asks/{key}", 303)


def _seen() -> int | None:
    """The revision that the form was drawn with, None where it names none."""
    seen = request.form.get("revision", "")
    return int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else None


def _typed(standard: str) -> Said:
    form = request.form
    return Said(
        standard=standard[:40], elements=tuple(form.getlist("elements")), country=form.get("country", ""),
        material=form.get("material", ""), activity=form.get("activity", ""), reason=form.get("reason", ""),
        shown="shown" in form,
    )  # fmt: skip


def _page(
    visitor: Visitor, ask: BuyerAsk, typed: Said | None = None, faults: dict[str, str] | None = None,
    *, stale: bool = False,
) -> str:  # fmt: skip
    at = beside(db.session(), as_read)
    return render_template(
        "buyer/ask.html", told=told_ask(db.session(), ask, at), at=at, said=typed or ask.said,
        faults=faults or {}, stale=stale, keeps=keeps(visitor), most=LARGEST_PAGE, whom=whom,
        moved=keeps(visitor) and was_moved(db.session(), ask),
        portfolio_href=portfolio_href, **_lists(),
    )  # fmt: skip


def _lists() -> dict[str, Any]:
    """The choices of the form, as the portfolio's filter has them."""
    return {
        "countries": sorted(country_names().items(), key=lambda pair: pair[1]),
        "materials": sorted(material_names().items(), key=lambda pair: pair[1]),
        "positions": [(key, position(key)) for key in POSITIONS],
        "longest": LONGEST_REASON,
    }

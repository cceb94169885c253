"""The supplier's own view of a rated topic, 0 to 4: saved on its own, or with the form of its section."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from flask import redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from assessments.parties import Actor
from assessments.policy import Action
from assessments.questionnaire.model import Topic
from assessments.sheet.contents import AnswerSheet
from assessments.verification.recording import declare_maturity
from assessments.workflow import Refused
from plumbline.extensions import db
from plumbline.forms import Form
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.loading import OnSheet, load_topic
from plumbline.rendering import say
from plumbline.supplier import supplier
from plumbline.supplier.cards import base_url
from plumbline.supplier.fragments import by_htmx, clock, fragment
from plumbline.supplier.ladder_cards import ladder_key, ladder_of
from plumbline.translated import told


@supplier.post("/assessments/<uuid:assessment_id>/maturity/<topic>")
@door(Action.SUPPLIER_ANSWER_SAVE, load=load_topic)
def save_level(visitor: Visitor, at: OnSheet[Topic]) -> ResponseReturnValue:
    """Save the supplier's own level of one topic."""
    if ladder_of(at.sheet, at.place) is None:
        raise NotFound
    faults, sheet = save_levels(at.sheet, [at.place], request.form, by=visitor.actor, at=now())
    key = ladder_key(at.place)
    if not by_htmx():
        if faults:
            say(faults[key], tone="ask")
        section = f"{base_url(sheet.assessment_id)}/sections/{at.place.section}"
        return redirect(f"{section}#{key}", 303)
    seen = _level(request.form.get(f"{key}.revision", ""))
    current = at.sheet.self_levels.get(at.place.key)
    other = current is not None and current not in {seen, sheet.self_levels.get(at.place.key)}
    card = ladder_of(sheet, at.place, error=faults.get(key, ""), was=str(current) if other else "")
    return fragment("supplier/level_saved.html", card=card, saved=clock(now())), 422 if faults else 200


def save_levels(
    sheet: AnswerSheet, topics: Sequence[Topic], form: Form, *, by: Actor, at: datetime
) -> tuple[dict[str, str], AnswerSheet]:
    """Save the levels that the form changes. Returns what is wrong by ladder key, and the sheet after.

    ``KEY.revision`` is the level as it was drawn: one that the person did not touch is not sent back over
    what a colleague chose meanwhile.
    """
    faults: dict[str, str] = {}
    levels = dict(sheet.self_levels)
    for topic in topics:
        key = ladder_key(topic)
        given = form.get(f"{key}.level")
        if given is None or given == form.get(f"{key}.revision") or ladder_of(sheet, topic) is None:
            continue
        level = _level(given)
        if level is None:
            faults[key] = _("Choose a step from 0 to 4.")
            continue
        if levels.get(topic.key) == level:
            continue
        try:
            declare_maturity(db.session(), sheet, topic.key, level, by=by, at=at)
        except Refused as error:
            faults[key] = told(error)
        else:
            levels[topic.key] = level
    return faults, replace(sheet, self_levels=levels)


def _level(text: str) -> int | None:
    return int(text) if text in {"0", "1", "2", "3", "4"} else None

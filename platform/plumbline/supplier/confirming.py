"""Saying of carried answers that they are still true: a button of the form, for one question or a topic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from assessments.parties import Actor
from assessments.questionnaire.model import Question
from assessments.rounds.carried import confirm
from plumbline.extensions import db
from plumbline.forms import Form
from plumbline.rendering import say
from plumbline.supplier.saving import Posted

FIELD = "still_true"
"""The button's name; its value is a question's key, or a topic's for all of its answers."""


def confirm_posted(
    posted: Posted, questions: Sequence[Question], form: Form, *, by: Actor, at: datetime
) -> str:
    """Confirm what the pressed button names among these questions, and say so; return it, "" for none.

    What the same form changed is saved already and needs no word more.
    """
    named = str(form.get(FIELD, ""))
    keys = [question.key for question in questions if named in (question.key, question.topic)]
    if not keys:
        return ""
    posted.sheet, done = confirm(db.session(), posted.sheet, keys, by=by, at=at)
    if done:
        lead = _("Still true.")
        say(ngettext("One answer is confirmed.", "%(num)s answers are confirmed.", len(done)), lead=lead)
    return named

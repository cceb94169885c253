"""A form that was refused comes back with what was typed: the places and sentences of a refusal."""

from __future__ import annotations

from flask_wtf import FlaskForm

from assessments.workflow import Invalid, Refused, WrongActor
from plumbline.extensions import db
from plumbline.translated import told, told_faults


def faults_of(error: Refused, *, at: str = "main") -> dict[str, str]:
    """Return {place: sentence} and undo what the refused move began; what names no place stands ``at``.

    Somebody else's move is no fault of a form: WrongActor is raised again, for the page that says so.
    """
    sentence = fault_of(error)
    if isinstance(error, Invalid):
        return told_faults(error)
    named = [place for place in error.places if place.isidentifier()]
    return {named[0]: sentence} if named else {at: sentence}


def fault_of(error: Refused) -> str:
    """The same for a form of one button: the sentence alone."""
    if isinstance(error, WrongActor):
        raise error
    db.session.rollback()
    return told(error)


def form_faults(form: FlaskForm) -> dict[str, str]:
    """Return {field: first sentence} of a form that did not validate."""
    return {name: str(messages[0]) for name, messages in form.errors.items() if name and messages}

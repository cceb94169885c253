"""Forms of the assessor's pages. They read fields; what may be recorded is for ``assessments`` to say."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, ValidationError

from assessments.verification.assignment import Basis

LONGEST = 8000
CHECKED_BASES = (Basis.DESK, Basis.REMOTE, Basis.ON_SITE)


def choices(*values: str) -> Any:
    """Values a field takes; templates bring the words."""
    return [str(value) for value in values]


class IndependenceForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """No tie in three years, or the sentence that names it."""

    ties = RadioField(choices=choices("none", "some"), validators=[InputRequired(_("Choose one."))])
    statement = TextAreaField(validators=[Length(max=LONGEST)])


class MaturityForm(FlaskForm):  # type: ignore[misc]
    """The rung an assessor saw, how, and what was seen."""

    level = RadioField(
        choices=choices("0", "1", "2", "3", "4"), validators=[InputRequired(_("Choose a level."))]
    )
    basis = SelectField(choices=choices(*CHECKED_BASES))
    worker_voice = BooleanField()
    seen = TextAreaField(validators=[Length(max=LONGEST)])


class CheckForm(FlaskForm):  # type: ignore[misc]
    """How one answer was checked. ``heard``: the kind of check that the page showed with worker voice."""

    basis = SelectField(choices=choices("", *CHECKED_BASES), validate_choice=False)
    worker_voice = BooleanField()
    heard = StringField()

    def validate_basis(self, field: SelectField) -> None:
        """Nothing is recorded as checked by an accident of the form."""
        if field.data not in CHECKED_BASES:
            raise ValidationError(_("Choose how it was checked: at the desk, remotely or on site."))


class NoteForm(FlaskForm):  # type: ignore[misc]
    """A note of the firm for itself."""

    text = TextAreaField(validators=[InputRequired(_("Write the note.")), Length(max=LONGEST)])


class ClarificationForm(FlaskForm):  # type: ignore[misc]
    """Which questions are given back, and what is unclear."""

    questions = SelectMultipleField(validate_choice=False)
    message = TextAreaField(validators=[Length(max=LONGEST)])


class ActionMoveForm(FlaskForm):  # type: ignore[misc]
    """A move on an action with the words it needs."""

    reason = TextAreaField(validators=[Length(max=LONGEST)])
    basis = SelectField(choices=choices("", *CHECKED_BASES), validate_choice=False)


class DateAnswerForm(FlaskForm):  # type: ignore[misc]
    """The answer to a new date."""

    granted = RadioField(choices=choices("yes", "no"), validators=[InputRequired(_("Choose one."))])
    reason = TextAreaField(validators=[Length(max=LONGEST)])

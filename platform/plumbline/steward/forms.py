"""Forms of the steward's pages."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, IntegerField, RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from assessments.questionnaire.model import Grade
from assessments.terms import Terms
from assessments.verification.assignment import Basis

LONGEST = 8000
OUTCOMES = ("uphold", "amend", "dismiss")


def choices(*values: str) -> Any:
    """Values a field takes; templates bring the words."""
    return [str(value) for value in values]


class AssignForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Which firm, and what kind of verification."""

    firm = RadioField(validate_choice=False, validators=[InputRequired(_("Choose a firm."))])
    basis = SelectField(choices=choices(Basis.DESK, Basis.REMOTE, Basis.ON_SITE))


class ReasonForm(FlaskForm):  # type: ignore[misc]
    """A reason that others read."""

    reason = TextAreaField(validators=[Length(max=LONGEST)])


class DisputeForm(FlaskForm):  # type: ignore[misc]
    """The decision of a dispute, with new words or grade where it is amended."""

    outcome = RadioField(choices=choices(*OUTCOMES), validators=[InputRequired(_("Choose one."))])
    reason = TextAreaField(validators=[Length(max=LONGEST)])
    statement = TextAreaField(validators=[Length(max=LONGEST)])
    grade = SelectField(choices=choices("", *Grade))
    first_step = TextAreaField(validators=[Length(max=LONGEST)])


class _TermsForm(FlaskForm):  # type: ignore[misc]
    effective_from = DateField(validators=[InputRequired(_("Choose the day."))])

    @property
    def terms(self) -> Terms:
        """The figures as Terms; call it after ``validate``."""
        return Terms(**{figure.name: self[figure.name].data for figure in fields(Terms)})


def _figure() -> Any:
    return IntegerField(
        validators=[InputRequired(_("Write a whole number.")), NumberRange(1, 10_000, _("From 1 to 10,000."))]
    )


TermsForm: type[_TermsForm] = type(
    "TermsForm", (_TermsForm,), {figure.name: _figure() for figure in fields(Terms)}
)
"""A dated record of terms: one field for each figure that Terms has."""

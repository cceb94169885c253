"""Forms of the account pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, Length

from assessments.workflow import Invalid
from plumbline.identity.passwords import WeakPassword
from plumbline.translated import in_language


class SignInForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Mail address and password; ``next`` is where the visitor wanted to go."""

    email = EmailField(_("Mail address"), [DataRequired(_("Write your mail address.")), Length(max=254)])
    password = PasswordField(_("Password"), [DataRequired(_("Write your password.")), Length(max=1000)])
    next = HiddenField()


class TokenForm(FlaskForm):  # type: ignore[misc]
    """A name by which its owner knows a token again."""

    name = StringField(_("What is it for?"), [DataRequired(_("Give it a name.")), Length(max=80)])


class InvitationForm(FlaskForm):  # type: ignore[misc]
    """What somebody new says on accepting. ``told``: what is wrong, by field."""

    name = StringField()
    password = PasswordField()

    def __init__(self, **more: object) -> None:
        super().__init__(**more)
        self.told: dict[str, str] = {}

    def refuse(self, error: WeakPassword | Invalid) -> None:
        """Say what is wrong beside its field."""
        faults = error.faults if isinstance(error, Invalid) else {"password": error.message}
        self.told = {place: in_language(fault) for place, fault in faults.items()}

"""Forms of the account pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, Length


class SignInForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Mail address and password; ``next`` is where the visitor wanted to go."""

    email = EmailField(_("Mail address"), [DataRequired(_("Write your mail address.")), Length(max=254)])
    password = PasswordField(_("Password"), [DataRequired(_("Write your password.")), Length(max=1000)])
    next = HiddenField()


class TokenForm(FlaskForm):  # type: ignore[misc]
    """A name by which its owner knows a token again."""

    name = StringField(_("What is it for?"), [DataRequired(_("Give it a name.")), Length(max=80)])

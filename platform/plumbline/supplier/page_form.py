"""The form under every supplier page: what was typed, what is wrong with it, and where.

WTForms reads; templates draw from ``typed`` and ``fault``. A rule's refusal lands at the fields it names, so
that the page comes back with everything that was typed and a sentence beside the place.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

from flask_wtf import FlaskForm

from assessments.workflow import Invalid, Refused
from plumbline.errors import status_of
from plumbline.translated import told, told_faults


class PageForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A form that can be asked by field name. The guard has checked the token, so none is checked here."""

    form_errors: list[str]
    aliases: ClassVar[dict[str, str]] = {}
    """Places as the domain names them, to the field that stands for them here."""

    class Meta:
        """Flask-WTF's own settings."""

        csrf = False

    @classmethod
    def blank(cls, **values: Any) -> Self:
        """The form as first shown, whatever was posted to the page: another of its forms, perhaps."""
        return cls(formdata=None, **values)

    @classmethod
    def blank_saying(cls, message: str, *, at: str = "file") -> Self:
        """The form as first shown, with one fault at a field: what was posted could not be read at all."""
        form = cls.blank()
        form[at].errors = [message]
        return form

    def typed(self, name: str) -> str:
        """What stands in the field, as it was typed."""
        field = self[name]
        if field.raw_data:
            return str(field.raw_data[0])
        value = field._value() if hasattr(field, "_value") else field.data
        return "" if value is None else str(value)

    def fault(self, name: str) -> str:
        """The first thing that is wrong with a field; nothing where it is right."""
        errors = self[name].errors
        return str(errors[0]) if errors else ""

    def faults(self) -> list[tuple[str, str]]:
        """Every fault as (field, message) in the order of the fields; what names no field comes first."""
        first = next(iter(self)).name
        found = [(str(first), str(message)) for message in self.form_errors]
        return found + [(str(field.name), str(field.errors[0])) for field in self if field.errors]

    def refuse(self, error: Refused, *, at: str = "") -> int:
        """Put a refusal where it belongs: at the fields it names, else at ``at``, else over the form.

        Returns the status of the page: 422 where a field needs correcting, else the refusal's own.
        """
        said = told(error)
        places = error.places or ((at,) if at else ())
        per_field = told_faults(error) if isinstance(error, Invalid) else dict.fromkeys(places, said)
        known = {field.short_name: field for field in self}
        placed = False
        for named, message in per_field.items():
            place = self.aliases.get(named, named)
            if place in known:
                known[place].errors = [*known[place].errors, message]
                placed = True
        if not placed:
            self.form_errors = [*self.form_errors, said]
        status = status_of(error)
        return status if status in {403, 412} or not placed else 422

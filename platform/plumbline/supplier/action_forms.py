"""Forms of the corrective-action pages."""

from __future__ import annotations

from typing import ClassVar

from flask_babel import lazy_gettext as _
from wtforms import DateField, FileField, IntegerField, StringField
from wtforms.validators import AnyOf, DataRequired, InputRequired, Length, Optional

from assessments.actions.action import ActionKind
from plumbline.supplier.evidence_forms import A_DAY
from plumbline.supplier.page_form import PageForm

LONGEST = 4000


class ProposalForm(PageForm):
    """An action as the supplier proposes it; ``revision`` is the one that was read, when it is returned."""

    root_cause = StringField(
        validators=[
            DataRequired(_("Write why it could happen.")),
            Length(max=LONGEST, message=_("Use at most 4000 characters.")),
        ]
    )
    kind = StringField(
        validators=[AnyOf([kind.value for kind in ActionKind], message=_("Choose what it is for."))]
    )
    description = StringField(
        validators=[
            DataRequired(_("Write what will be done.")),
            Length(max=LONGEST, message=_("Use at most 4000 characters.")),
        ]
    )
    owner = StringField(
        validators=[
            DataRequired(_("Name the function that does it, not the person.")),
            Length(max=120, message=_("Use at most 120 characters.")),
        ]
    )
    due_on = DateField(validators=[InputRequired(A_DAY)])
    revision = IntegerField(validators=[Optional()], default=0)

    def validate(self, extra_validators: object = None) -> bool:
        """Say of a day that cannot be read how to write one."""
        right = bool(super().validate(extra_validators))
        if self.due_on.errors:
            self.due_on.errors = [str(A_DAY)]
        return right


class ProofForm(PageForm):
    """Evidence for an action: from the vault or uploaded, and what changed."""

    aliases: ClassVar[dict[str, str]] = {"evidence": "file"}

    document = StringField()
    file = FileField()
    title = StringField(validators=[Length(max=200)])
    text = StringField(validators=[Length(max=LONGEST, message=_("Use at most 4000 characters."))])
    do = StringField()


class NewDateForm(PageForm):
    """Another date, and why."""

    new_on = DateField(validators=[InputRequired(A_DAY)])
    reason = StringField(
        validators=[
            DataRequired(_("Write what changed, and what keeps people safe until then.")),
            Length(max=LONGEST, message=_("Use at most 4000 characters.")),
        ]
    )

    def validate(self, extra_validators: object = None) -> bool:
        """Say of a day that cannot be read how to write one."""
        right = bool(super().validate(extra_validators))
        if self.new_on.errors:
            self.new_on.errors = [str(A_DAY)]
        return right


class RemarkForm(PageForm):
    """Words to the other side, without a move."""

    text = StringField()

"""Forms of the evidence pages, and the one way a file comes in through a page."""

from __future__ import annotations

from flask import request
from flask_babel import lazy_gettext as _
from wtforms import DateField, FileField, StringField
from wtforms.validators import Length, Optional, ValidationError

from assessments.evidence.documents import LONGEST_TITLE, EvidenceDates, EvidenceRefused, StoredFile
from assessments.workflow import Refused
from plumbline.documents import open_store
from plumbline.documents.receiving import receive
from plumbline.documents.store import StoreFault, in_words
from plumbline.extensions import db
from plumbline.here import settings_here
from plumbline.supplier.page_form import PageForm
from plumbline.transaction import let_go
from plumbline.translated import told

A_DAY = _("Write the day as in 2026-11-30, or pick it from the calendar.")


NO_FILE = _("Choose the file that holds the document.")


def chosen(_form: object, field: FileField) -> None:
    """Hold that a file was chosen."""
    if not getattr(field.data, "filename", ""):
        raise ValidationError(NO_FILE)


class DatesForm(PageForm):
    """Period covered, day of issue, day it ends: each may be left open."""

    period_from = DateField(_("Covers the time from"), [Optional()])
    period_to = DateField(_("to"), [Optional()])
    issued_on = DateField(_("Issued on"), [Optional()])
    ends_on = DateField(_("Ends on"), [Optional()])

    @property
    def dates(self) -> EvidenceDates:
        """What was typed, as the domain takes it."""
        return EvidenceDates(
            self.period_from.data, self.period_to.data, self.issued_on.data, self.ends_on.data
        )

    def validate(self, extra_validators: object = None) -> bool:
        """Say of a day that cannot be read how to write one."""
        right = bool(super().validate(extra_validators))
        for field in (self.period_from, self.period_to, self.issued_on, self.ends_on):
            if field.errors:
                field.errors = [str(A_DAY)]
        return right


class VersionForm(DatesForm):
    """A new version of a document: the file and its dates."""

    file = FileField(_("File"), [chosen])


class UploadForm(VersionForm):
    """A new document: what it is (else the file's name says so), the file, its dates."""

    title = StringField(_("What is it?"), [Length(max=LONGEST_TITLE)])


class CopyForm(PageForm):
    """A redacted copy of one version."""

    original = StringField(_("Copy of which version?"))
    file = FileField(_("File"), [chosen])


def received_file(field: str = "file") -> StoredFile:
    """Take the uploaded file of this request into quarantine, as a stream.

    Call it before anything is changed. Raises EvidenceRefused (also when no file was chosen) and StoreFault,
    in each case with nothing kept.
    """
    part = request.files.get(field)
    if part is None or not part.filename:
        raise EvidenceRefused("No file was chosen.", str(NO_FILE), places=(field,))
    # Storing and proving take a second, in which SQLite's one writer must not wait, nor a connection be held.
    let_go(db.session())
    return receive(
        open_store(settings_here()), part.stream, part.filename, limit=settings_here().evidence_largest_bytes
    )


def limit_words() -> str:
    """The largest file that is taken, as people write it."""
    return in_words(settings_here().evidence_largest_bytes)


def refused_file(form: PageForm, error: Refused | StoreFault) -> int:
    """Undo what was begun, say at the form's ``file`` why it was not taken, and return the status."""
    db.session.rollback()
    if isinstance(error, StoreFault):
        form.form_errors = [*form.form_errors, told(error)]
        return 503
    return form.refuse(error, at="file")


def title_of(typed: str, file: StoredFile) -> str:
    """What a document is called: what was typed, else its file's name without the ending."""
    return typed.strip() or file.file_name.rpartition(".")[0][:LONGEST_TITLE] or file.file_name

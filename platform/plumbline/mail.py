"""Letters: what they say (templates/letters/<kind>/), and how they leave: to a folder or by SMTP.

A letter holds a greeting, a link, dates and counts, never what somebody answered or found, and never the name
of another organization. Its id is the id of its job: the same job twice writes one file, and carries one
Message-ID by which a mail server or reader sees that it is the same letter.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from email import policy
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime as rfc5322
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from babel import Locale
from babel.dates import format_date
from babel.support import NullTranslations, Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from assessments.outbox import LetterKind
from plumbline.settings import FolderMail, SmtpMail

_HERE = Path(__file__).parent
_SMTP_SECONDS = 30


class BadHeader(ValueError):
    """A header would break in two: its text holds a line end. The letter is not sent."""


class Undeliverable(Exception):
    """The mail server says for good that this address takes no letters; trying again cannot help."""


@dataclass(frozen=True)
class Rendered:
    """The words of a letter in one language."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Recipient:
    """To whom: the person's own name, address and language, and the organization they act for."""

    name: str
    address: str
    language: str
    organization: str


class Transport(Protocol):
    """How letters leave. ``deliver`` returns when the letter is safely handed over, and may be repeated."""

    def deliver(self, message: EmailMessage, letter_id: str) -> None:
        """Hand the letter over. Raises OSError or SMTPException (try again), Undeliverable (do not)."""
        ...


def render(
    kind: LetterKind,
    recipient: Recipient,
    *,
    link: str,
    dates: Mapping[str, date | datetime | None] | None = None,
    figures: Mapping[str, Any] | None = None,
) -> Rendered:
    """Return the words of a letter. ``dates`` and ``figures`` are what its template shows, by name.

    Raises jinja2.UndefinedError when the template wants one that was not given.
    """
    environment, locale = _environment(recipient.language)
    context: dict[str, Any] = {
        "lang": str(locale).replace("_", "-"),
        "dir": "rtl" if locale.text_direction == "rtl" else "ltr",
        "name": recipient.name,
        "organization": recipient.organization,
        "link": link,
        **(dates or {}),
        **(figures or {}),
    }
    subject, text, html = (
        environment.get_template(f"letters/{kind}/{part}").render(context)
        for part in ("subject.txt", "body.txt", "body.html")
    )
    return Rendered(subject.strip(), text.strip() + "\n", html)


def compose(
    rendered: Rendered, recipient: Recipient, *, letter_id: str, sender: str, at: datetime
) -> EmailMessage:
    """Return the letter ready to leave. Raises BadHeader when a header would hold a line end.

    ``Date`` and ``Message-ID`` follow from ``at`` and the letter's id: it is the same letter each time.
    """
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = Address("Plumbline", addr_spec=_one_line("From", sender))
    message["To"] = _address(recipient)
    message["Subject"] = _one_line("Subject", rendered.subject)
    message["Date"] = rfc5322(at)
    message["Message-ID"] = f"<{_one_line('Message-ID', letter_id)}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(rendered.text)
    message.add_alternative(rendered.html, subtype="html")
    return message


def transport_for(mail: FolderMail | SmtpMail) -> Transport:
    """Return the transport that PLUMBLINE_MAIL_URL names."""
    return FolderTransport(mail.folder) if isinstance(mail, FolderMail) else SmtpTransport(mail)


@dataclass(frozen=True)
class FolderTransport:
    """Letters as files ``<letter id>.eml``, whole or not at all; the embedded default."""

    folder: Path

    def deliver(self, message: EmailMessage, letter_id: str) -> None:
        """Write the letter durably, once: a file that is there is left alone."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"{letter_id}.eml"
        if file.exists():
            return
        draft = self.folder / f".{letter_id}.{secrets.token_hex(8)}"
        try:
            with draft.open("xb") as out:
                out.write(message.as_bytes())
                out.flush()
                os.fsync(out.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(draft, file)
        finally:
            draft.unlink(missing_ok=True)
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@dataclass(frozen=True)
class SmtpTransport:
    """Letters by SMTP, with STARTTLS and a checked certificate unless the setting says plain."""

    server: SmtpMail

    def deliver(self, message: EmailMessage, letter_id: str) -> None:
        """Send the letter. A server may get it twice, but under one Message-ID."""
        try:
            with smtplib.SMTP(self.server.host, self.server.port, timeout=_SMTP_SECONDS) as talk:
                if self.server.starttls:
                    talk.starttls(context=ssl.create_default_context())
                if self.server.username is not None:
                    talk.login(self.server.username, self.server.password or "")
                talk.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            codes = sorted({code for code, _ in refused.recipients.values()})
            if all(code >= 500 for code in codes):
                raise Undeliverable(f"letter {letter_id}: refused with {codes}") from refused
            raise


def _address(recipient: Recipient) -> Address:
    name, address = _one_line("To", recipient.name), _one_line("To", recipient.address)
    try:
        return Address(name, addr_spec=address)
    except (ValueError, HeaderParseError, IndexError) as error:  # the last one for an empty text
        raise BadHeader("To: the address of this person is not a mail address") from error


def _one_line(header: str, text: str) -> str:
    # Any line end at all: what a server takes for one is not ours to guess.
    if (
        len(text.splitlines()) > 1
        or text != text.rstrip("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029")
        or "\0" in text
    ):
        raise BadHeader(f"{header}: the text holds a line end")
    return text


def _packaged(name: str) -> Path:
    inside = _HERE / name
    return inside if inside.is_dir() else _HERE.parent.parent / name


@cache
def _environment(language: str) -> tuple[Environment, Locale]:
    translations, locale = NullTranslations(), Locale("en")
    if language != "en":
        found = Translations.load(str(_HERE / "translations"), [language])
        if isinstance(found, Translations):
            translations, locale = found, Locale.parse(language, sep="-" if "-" in language else "_")
    environment = Environment(
        loader=FileSystemLoader(_packaged("templates")),
        extensions=["jinja2.ext.i18n"],
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]

    def day(value: date | None) -> str:
        if value is None:  # Babel would write today's date
            raise ValueError("this letter names a date that is not set")
        return format_date(value, "d MMMM y", locale=locale)

    environment.filters["day"] = day
    return environment, locale

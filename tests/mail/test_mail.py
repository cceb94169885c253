"""Letters: every kind in words, headers that cannot break, one file or one Message-ID for one letter."""

from __future__ import annotations

import smtplib
import threading
import uuid
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import html5lib
import pytest

from assessments.outbox import LetterKind
from assessments.rounds.announcing import Concerned
from plumbline import mail
from plumbline.mail import BadHeader, FolderTransport, Recipient, SmtpTransport, Undeliverable
from plumbline.settings import FolderMail, SmtpMail
from tests.support.real_servers import Smtp

AT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
DATES = {"due": AT, "deadline": AT, "lapses": AT, "ends": AT, "earliest": AT}
FIGURES: dict[str, object] = {
    "version": "1.1", "rounds": [Concerned("2026", "1.0", 2, uuid.uuid4())], "same": 180, "reworded": 7,
    "removed": 1, "new": 2, "to_confirm": 5,
}  # fmt: skip
JANA = Recipient("Jana <Nováková>", "jana@example.org", "en", "Kovohutě & Sons")
LINK = "https://plumbline.example/supplier/"


def letter(kind: LetterKind = LetterKind.FACT_CHECK_STARTED, recipient: Recipient = JANA) -> mail.Rendered:
    return mail.render(kind, recipient, link=LINK, dates=DATES, figures=FIGURES)


@pytest.mark.parametrize("kind", LetterKind)
def test_every_letter_has_its_words_in_text_and_html(kind: LetterKind) -> None:
    rendered = letter(kind)
    assert rendered.subject
    assert "\n" not in rendered.subject
    assert len(rendered.subject) <= 70
    for body in (rendered.text, rendered.html):
        assert LINK in body
        assert "{{" not in body
        assert "None" not in body
    assert "Dear Jana <Nováková>," in rendered.text
    assert "Jana &lt;Nováková&gt;" in rendered.html
    assert "Kovohutě &amp; Sons" in rendered.html
    assert "\n\n\n" not in rendered.text
    html5lib.HTMLParser(strict=True).parse(rendered.html)


def test_every_folder_of_letters_belongs_to_a_kind() -> None:
    folders = Path(mail.__file__).parents[2] / "templates" / "letters"
    assert {one.name for one in folders.iterdir() if one.is_dir()} == {kind.value for kind in LetterKind}


@pytest.mark.parametrize(
    ("kind", "date"),
    [
        (LetterKind.CLARIFICATION_ASKED, "due"),
        (LetterKind.FACT_CHECK_STARTED, "deadline"),
        (LetterKind.REQUEST_SENT, "lapses"),
        (LetterKind.DISCLOSURE_GRANTED, "ends"),
    ],
)
def test_a_deadline_stands_in_the_letter_and_is_never_made_up(kind: LetterKind, date: str) -> None:
    assert "4 May 2026" in letter(kind).text
    assert "4 May 2026" in letter(kind).html
    with pytest.raises(ValueError, match="a date that is not set"):
        mail.render(kind, JANA, link=LINK, dates={date: None})


def test_a_language_without_texts_falls_back_to_english_and_says_so() -> None:
    rendered = letter(recipient=Recipient("Jana", "jana@example.org", "cs", "Kovohutě"))
    assert '<html lang="en" dir="ltr">' in rendered.html
    assert "Dear Jana," in rendered.text


def compose(rendered: mail.Rendered, recipient: Recipient = JANA, letter_id: str = "0192-ab") -> bytes:
    return mail.compose(
        rendered, recipient, letter_id=letter_id, sender="letters@plumbline.example", at=AT
    ).as_bytes()


def test_a_letter_has_the_headers_a_mail_server_wants() -> None:
    read = BytesParser(policy=policy.default).parsebytes(compose(letter()))
    assert read["Message-ID"] == "<0192-ab@plumbline.example>"
    assert read["To"] == '"Jana <Nováková>" <jana@example.org>'
    assert read["From"] == "Plumbline <letters@plumbline.example>"
    assert read["Subject"] == "Draft findings are ready for your fact check"
    assert read["Date"] == "Mon, 04 May 2026 09:30:00 +0000"
    assert read["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in read.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\u2028", "\x85", "\v", "\0"])
@pytest.mark.parametrize("where", ["name", "address", "subject", "letter_id"])
def test_a_line_end_in_a_header_is_refused(end: str, where: str) -> None:
    evil = f"x{end}Bcc: everyone@example.org"
    rendered, recipient, letter_id = letter(), JANA, "0192"
    if where == "name":
        recipient = Recipient(evil, JANA.address, "en", "Kovohutě")
    elif where == "address":
        recipient = Recipient("Jana", f"jana@example.org{end}", "en", "Kovohutě")
    elif where == "subject":
        rendered = mail.Rendered(evil, rendered.text, rendered.html)
    else:
        letter_id = evil
    with pytest.raises(BadHeader):
        compose(rendered, recipient, letter_id)


def test_what_is_no_address_is_refused() -> None:
    for address in ("jana@@example.org", "jana", "", "jana@example.org, petr@example.org"):
        with pytest.raises(BadHeader, match="not a mail address"):
            compose(letter(), Recipient("Jana", address, "en", "Kovohutě"))


def message(letter_id: str = "0192") -> EmailMessage:
    return mail.compose(letter(), JANA, letter_id=letter_id, sender="letters@plumbline.example", at=AT)


def test_a_letter_to_a_folder_is_one_file_however_often_it_is_sent(tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    out = FolderTransport(folder)
    threads = [threading.Thread(target=out.deliver, args=(message(), "0192")) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    out.deliver(message(), "0192")
    assert [one.name for one in folder.iterdir()] == ["0192.eml"]
    read = BytesParser(policy=policy.default).parsebytes((folder / "0192.eml").read_bytes())
    assert read["To"].addresses[0].addr_spec == "jana@example.org"


def test_a_letter_that_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("plumbline.mail.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        FolderTransport(tmp_path).deliver(message(), "0192")
    assert list(tmp_path.iterdir()) == []


def test_the_setting_chooses_the_transport(tmp_path: Path) -> None:
    assert mail.transport_for(FolderMail(tmp_path)) == FolderTransport(tmp_path)
    server = SmtpMail("mail.example", 587, None, None, starttls=True)
    assert mail.transport_for(server) == SmtpTransport(server)


def to(smtp: Smtp) -> SmtpTransport:
    return SmtpTransport(SmtpMail(smtp.host, smtp.port, None, None, starttls=False))


def test_a_letter_by_smtp_arrives_with_its_id(smtp: Smtp) -> None:
    to(smtp).deliver(message("0192"), "0192")
    (arrived,) = smtp.letters
    assert arrived["Message-ID"] == "<0192@plumbline.example>"
    assert arrived.get_body(("plain",)).get_content().startswith("Dear Jana")  # type: ignore[union-attr]


def test_a_server_that_says_later_is_tried_again_later(smtp: Smtp) -> None:
    smtp.refusing = "451 later"
    with pytest.raises(OSError, match="451"):
        to(smtp).deliver(message(), "0192")
    assert smtp.letters == []


def test_an_address_refused_for_good_is_undeliverable(monkeypatch: pytest.MonkeyPatch, smtp: Smtp) -> None:
    def refuse(*_args: object, **_kw: object) -> None:
        raise smtplib.SMTPRecipientsRefused({"jana@example.org": (550, b"no such user")})

    monkeypatch.setattr(smtplib.SMTP, "send_message", refuse)
    with pytest.raises(Undeliverable, match="550"):
        to(smtp).deliver(message(), "0192")


def test_a_server_without_starttls_gets_no_letter(smtp: Smtp) -> None:
    with pytest.raises(OSError, match="STARTTLS"):
        SmtpTransport(SmtpMail(smtp.host, smtp.port, None, None, starttls=True)).deliver(message(), "0192")
    assert smtp.letters == []

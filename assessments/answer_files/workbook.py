"""Answering without a line: the answer workbook of an assessment, written from its sheet and read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from assessments.answer_files.compared import FileRefused, Unread, read_token, token_of
from assessments.questionnaire.asking.applicability import rows_of
from assessments.questionnaire.asking.conditions import opened_when
from assessments.questionnaire.formats.draft import DraftRefused
from assessments.questionnaire.formats.workbook_layout import Given, Line, Role, lines_of
from assessments.questionnaire.formats.workbook_reading import ReadWorkbook, Sent, Spot, read_answers
from assessments.questionnaire.formats.workbook_writing import Cover, SectionSheet, write_workbook
from assessments.questionnaire.model import PartKind, Question, Questionnaire, Section, UnknownQuestion
from assessments.sentences import ENGLISH, N_, Texts
from assessments.sheet.answering import Offered
from assessments.sheet.contents import AnswerSheet
from assessments.values.answers import SAID, AnswerState, from_form


@dataclass(frozen=True)
class Upload:
    """What a workbook holds: an offer for each question, and what cannot be read, with its place.

    ``made_at``: when it was downloaded, as its cover says.
    """

    offers: Mapping[str, Offered]
    unread: tuple[tuple[Unread, Spot], ...]
    made_at: str
    sent: Mapping[str, Sent]

    def spot_of(self, unread: Unread) -> Spot | None:
        """The cell that something found later concerns."""
        sent = self.sent.get(unread.question)
        return sent.spot_of(unread.place or unread.question) if sent else None


def workbook_of(
    sheet: AnswerSheet, *, section: str | None = None, at: datetime, texts: Texts = ENGLISH
) -> bytes:
    """The workbook of an assessment, or of one section of it, with every question asked now and its answer.

    In the language of the sheet's questionnaire; ``texts`` says the words around it. Raises UnknownQuestion
    for a section that the version does not have.
    """
    questionnaire = sheet.questionnaire
    chosen = (questionnaire.section(section),) if section else questionnaire.sections
    sections = [(each, _lines(sheet, each, texts)) for each in chosen]
    drawn = [SectionSheet(each.key, each.title, lines) for each, lines in sections if lines]
    cover = Cover(
        assessment=str(sheet.assessment_id),
        company=str(sheet.organization["legal_name"]),
        site=str(sheet.site["name"]) if sheet.site else "",
        round=sheet.cycle_label,
        questionnaire=questionnaire.slug,
        version=questionnaire.version,
        digest=sheet.version_sha256,
        language=questionnaire.language,
        made_at=at.astimezone(UTC),
        questions=sum(line.role is Role.QUESTION for each in drawn for line in each.lines),
        sections=[each.key for each in drawn],
    )
    return write_workbook(cover, drawn, texts)


def _lines(sheet: AnswerSheet, section: Section, texts: Texts) -> list[Line]:
    lines: list[Line] = []
    for topic in section.topics:
        asked = [question for question in topic.questions if sheet.applicability.asks(question.key)]
        if asked:
            lines.append(Line(Role.TOPIC, text=topic.title))
        for question in asked:
            lines += lines_of(question, _given(sheet, question), texts)
    return lines


def _given(sheet: AnswerSheet, question: Question) -> Given:
    answer = sheet.answer(question.key)
    facts, answers = sheet.applicability.facts, sheet.applicability.answers
    tables = [part for part in question.parts if part.kind is PartKind.TABLE]
    opens = {part.key: opened_when(part, question, sheet.questionnaire) for part in question.parts}
    return Given(
        parts=answer.parts,
        state=answer.state.value if answer.state in SAID else "",
        reason=answer.reason or "",
        note=answer.note or "",
        revision=token_of(question, answer),
        rows={part.key: rows_of(sheet.questionnaire, part, facts, answers) for part in tables},
        opens={key: said for key, said in opens.items() if said},
    )


def read_upload(sheet: AnswerSheet, raw: bytes) -> Upload:
    """Read a filled-in workbook of this assessment; nothing is compared or saved yet.

    Raises FileRefused with one sentence for a file that is none, is damaged, protected or too large, or
    was made for another assessment or version.
    """
    try:
        read = read_answers(raw, _chooser(sheet))
    except DraftRefused as refused:
        raise FileRefused(str(refused), "Nothing was changed.") from refused
    offers: dict[str, Offered] = {}
    unread: list[tuple[Unread, Spot]] = []
    for key, sent in read.questions.items():
        if sent.faults:
            unread += [(Unread(key, "", fault.said), fault.spot) for fault in sent.faults]
        else:
            offers[key] = _offered(sheet.questionnaire.question(key), sent)
    unread += [(Unread("", "", fault.said), fault.spot) for fault in read.strays]
    return Upload(offers, tuple(unread), _made_at(read), read.questions)


def _offered(question: Question, sent: Sent) -> Offered:
    revision, profile = read_token(sent.revision)
    state = next(iter(sent.getlist("state")), "")
    parts: dict[str, Any] = from_form(question, sent.getlist)
    return Offered(
        parts=parts,
        revision=revision,
        state=AnswerState(state) if state else None,
        reason=next(iter(sent.getlist("reason")), None),
        note=next(iter(sent.getlist("note")), None),
        profile=profile,
    )


def _chooser(sheet: AnswerSheet) -> Callable[[Mapping[str, str]], Questionnaire]:
    """Refuses what was not made for this sheet, by what the cover says of it."""

    def choose(cover: Mapping[str, str]) -> Questionnaire:
        if cover.get("assessment") != str(sheet.assessment_id):
            raise FileRefused(
                N_(
                    "This workbook was made for another assessment: %(of)s.",
                    of=", ".join(filter(None, (cover.get(k, "")[:80] for k in ("company", "site", "round")))),
                ),
                "Upload it there; nothing was changed.",
            )
        if cover.get("digest") != sheet.version_sha256:
            raise FileRefused(
                N_(
                    "This workbook was made from version %(old)s of the questionnaire, which is not the one "
                    "asked here (%(new)s).",
                    old=cover.get("version", "?")[:20],
                    new=sheet.questionnaire.version,
                ),
                "Download a new workbook and copy your changes into it; nothing was changed.",
            )
        return sheet.questionnaire

    return choose


def _made_at(read: ReadWorkbook) -> str:
    return read.cover.get("made_at", "")[:20]


def has_section(questionnaire: Questionnaire, key: str) -> bool:
    """Whether the version has a section of that key."""
    try:
        questionnaire.section(key)
    except UnknownQuestion:
        return False
    return True

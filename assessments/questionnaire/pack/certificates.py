"""The shape of credentials.yaml: where a supplier enters what it holds, what each scheme touches and offers.

It stands apart from the questions, so that no question's digest changes with it. A pack may do without.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from assessments.questionnaire.certificates import (
    COLUMNS,
    CertificateKind,
    CertificateOffer,
    CertificateTable,
)
from assessments.questionnaire.model import (
    Field,
    Part,
    PartKind,
    Question,
    Questionnaire,
    Topic,
    UnknownQuestion,
)
from assessments.questionnaire.pack.reading import Cursor, Report, read_yaml
from assessments.questionnaire.standards import element_titles, standards
from assessments.risk.inherent import material_names

CERTIFICATES_FILE = "credentials.yaml"
LONGEST_CLAUSE = 80

_CHOICES = (PartKind.SINGLE, PartKind.MULTIPLE)
_COLUMN_KINDS = {
    "scheme": PartKind.SINGLE,
    "number": PartKind.SHORT_TEXT,
    "scope": PartKind.SHORT_TEXT,
    "issuer": PartKind.SHORT_TEXT,
    "until": PartKind.DATE,
}


def with_certificates(folder: Path, questionnaire: Questionnaire, report: Report) -> Questionnaire:
    """The questionnaire with what its credentials.yaml says; as it is where there is none."""
    if not (folder / CERTIFICATES_FILE).exists():
        return questionnaire
    tree = read_yaml(folder / CERTIFICATES_FILE, CERTIFICATES_FILE, report)
    if tree is None:
        return questionnaire
    place = Cursor(tree, CERTIFICATES_FILE, "", report)
    if not place.keys(("papers", "credentials")):
        return questionnaire
    certificate_table = _read_table(place.down("papers"), questionnaire)
    by_key = {kind.key: kind for kind in questionnaire.certificate_kinds}
    inner = place.down("credentials")
    for key in inner.tree if inner.keys((), by_key) else ():
        if key in by_key:
            by_key[key] = _Reader(inner.down(key), questionnaire, by_key[key]).read()
    return replace(
        questionnaire, certificate_table=certificate_table, certificate_kinds=tuple(by_key.values())
    )


def _read_table(place: Cursor, questionnaire: Questionnaire) -> CertificateTable | None:
    if not place.keys(("question", "part", *COLUMNS)):
        return None
    named = {name: place.text(name) for name in ("question", "part", *COLUMNS)}
    certificate_table = CertificateTable(**named)
    try:
        table = questionnaire.question(certificate_table.question).part(certificate_table.part)
        columns = {name: table.column(named[name]) for name in COLUMNS}
    except UnknownQuestion as missing:
        place.problem(f"leads nowhere: {missing}", "name the table of a question and its columns")
        return None
    for name, column in columns.items():
        if column.kind is not _COLUMN_KINDS[name]:
            place.problem(
                f"names {column.key}, a {column.kind.value}",
                f"name a column that is a {_COLUMN_KINDS[name]}",
                name,
            )
    for kind in questionnaire.certificate_kinds:
        if kind.key not in columns["scheme"].options:
            place.problem(
                f"has no choice {kind.key}, which pack.yaml lists as a certificate",
                f"use the keys of {certificate_table.question} {certificate_table.part}."
                f"{certificate_table.scheme}",
                "scheme",
            )
    return certificate_table


class _Reader:
    """Reads what one kind of certificate touches and offers."""

    def __init__(self, place: Cursor, questionnaire: Questionnaire, kind: CertificateKind) -> None:
        self._place, self._pack, self._kind = place, questionnaire, kind
        keys = set(kind.topics)
        self._topics: list[Topic] = [topic for topic in questionnaire.topics if topic.key in keys]
        self._own = {question.key: question for topic in self._topics for question in topic.questions}

    def read(self) -> CertificateKind:
        place = self._place
        if not place.keys((), ("materials", "elements", "touches", "offers")):
            return self._kind
        materials = place.words("materials")
        for unknown in sorted(set(materials) - material_names().keys()):
            place.problem(f"names {unknown}, which is no material", "use ids of the risk data", "materials")
        touches = self._mapped(place.words("elements"))
        for key, clause in place.texts("touches").items():
            if self._question(place.down("touches"), key, key) is not None:
                self._clause(place.down("touches"), clause, key)
                touches[key] = clause
        offers = []
        for inner in place.items("offers"):
            offer = self._offer(inner)
            if offer is not None:
                offers.append(offer)
                touches.setdefault(offer.question, offer.clause)
        self._check_each_once(offers)
        self._check_topics(touches)
        order = {question.key: i for i, question in enumerate(self._pack.questions)}
        return replace(
            self._kind,
            materials=materials,
            touches={key: touches[key] for key in sorted(touches, key=lambda key: order[key])},
            offers=tuple(offers),
        )

    def _mapped(self, elements: tuple[str, ...]) -> dict[str, str]:
        """The questions of its topics that are mapped to one of these standards or elements."""
        for element in elements:
            if element not in standards() and element not in element_titles():
                self._place.problem(
                    f"names {element}, which is no standard and no element of one",
                    "see assessments/questionnaire/data",
                    "elements",
                )
        found = {}
        for question in self._own.values():
            mapped = [
                key for key in question.mappings if any(f"{key}.".startswith(f"{one}.") for one in elements)
            ]
            if mapped:
                found[question.key] = ", ".join(mapped)
        return found

    def _question(self, place: Cursor, key: str, at: str) -> Question | None:
        try:
            question = self._pack.question(key)
        except UnknownQuestion:
            place.problem(f"names {key}, which does not exist", "name questions of the pack", at)
            return None
        if key not in self._own:
            place.problem(
                f"names {key} of {question.topic}, which is none of its topics",
                f"add {question.topic} to the topics of {self._kind.key} in pack.yaml, or take it out",
                at,
            )
            return None
        return question

    def _clause(self, place: Cursor, clause: str, at: str) -> None:
        if len(clause) > LONGEST_CLAUSE:
            place.problem(
                f"has {len(clause)} characters, at most {LONGEST_CLAUSE} fit", "name clauses by number", at
            )

    def _offer(self, place: Cursor) -> CertificateOffer | None:
        if not place.keys(("question", "part", "value", "clause"), ("row", "column")):
            return None
        question = self._question(place, place.text("question"), "question")
        if question is None:
            return None
        clause = place.text("clause", LONGEST_CLAUSE)
        row, column = place.optional_text("row"), place.optional_text("column")
        try:
            part = question.part(place.text("part"))
            shape: Field = part.column(column) if column is not None else part
        except UnknownQuestion as missing:
            place.problem(f"leads nowhere: {missing}", f"its parts are {_named(question.parts)}", "part")
            return None
        if (row is None) != (column is None) or (row is not None and row not in part.rows):
            place.problem("names no cell", "give a row that always stands in the table, and a column", "row")
            return None
        value = self._value(place, shape)
        return None if value is None else CertificateOffer(question.key, part.key, value, clause, row, column)

    def _value(self, place: Cursor, shape: Field) -> str | tuple[str, ...] | None:
        """A choice: no certificate says a figure, a date or a text of somebody's own."""
        if shape.kind not in _CHOICES:
            place.problem(f"offers a {shape.kind.value}", "offer choices only: single or multiple", "part")
            return None
        if isinstance(shape, Part) and shape.bind is not None:
            place.problem(f"offers a value for {shape.bind}", "the profile is the supplier's own", "part")
            return None
        several = shape.kind is PartKind.MULTIPLE
        value = place.words("value") if several else place.text("value")
        chosen = (value,) if isinstance(value, str) else value
        for unknown in (key for key in chosen if key not in shape.options):
            place.problem(f"offers {unknown}", f"use one of {', '.join(shape.options)}", "value")
        if len(chosen) > 1 and set(chosen) & set(shape.alone):
            place.problem("offers a choice that stands alone beside others", "take it out", "value")
        return value or None

    def _check_each_once(self, offers: list[CertificateOffer]) -> None:
        seen = set()
        for offer in offers:
            cell = (offer.question, offer.part, offer.row, offer.column)
            if cell in seen:
                self._place.problem(f"offers {offer.question} {offer.part} twice", "keep one", "offers")
            seen.add(cell)

    def _check_topics(self, touches: dict[str, str]) -> None:
        for topic in self._topics:
            if not any(question.key in touches for question in topic.questions):
                self._place.problem(
                    f"touches no question of {topic.key}",
                    f"name one, or take {topic.key} out of its topics in pack.yaml",
                )


def _named(parts: tuple[Part, ...]) -> str:
    return ", ".join(part.key for part in parts)

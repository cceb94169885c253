"""Whether everything a pack names is there, comes earlier, and never leads round in a circle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import pairwise

from assessments.questionnaire.model import (
    Field,
    Level,
    Part,
    PartKind,
    Question,
    Questionnaire,
    UnknownQuestion,
)
from assessments.questionnaire.pack.reading import Report
from assessments.questionnaire.rules import (
    AnswerSource,
    FactSource,
    Op,
    PartSource,
    Rule,
    Test,
    comparisons_of,
)
from assessments.questionnaire.vocabulary import POSITIONS, SIZES, YES_PARTLY_NO
from assessments.risk.inherent import GROUPS, Band, material_names

WORDS_OF_FACTS: Mapping[str, Iterable[str]] = {
    "size": SIZES,
    "positions": POSITIONS,
    "country_band": tuple(Band),
    "materials": material_names(),
    "flagged_materials": material_names(),
    "material_groups": GROUPS,
}
_NUMBERS = frozenset({"employees", "agency_workers", "migrant_workers", "secondary_share"})
_TRUTHS = frozenset(
    {"production_site", "employer_housing", "guards", "near_indigenous_land", "origin_flagged"}
)
_ORDERING = (Op.AT_LEAST, Op.AT_MOST, Op.MORE_THAN)


def topic_file(topic: str) -> str:
    """The file of a topic's questions, relative to the pack: OHS.4 is ohs/ohs-4.yaml."""
    name = topic.lower().replace(".", "-")
    return f"{name.partition('-')[0]}/{name}.yaml"


def guide_file(topic: str) -> str:
    """The file of a topic's guide, relative to the pack."""
    return topic_file(topic).replace(".yaml", ".guide.yaml")


def check_references(questionnaire: Questionnaire, report: Report) -> None:
    """Report every name that leads nowhere, every reference to what is asked later, and every cycle."""
    _Checker(questionnaire, report).check()


class _Checker:
    def __init__(self, questionnaire: Questionnaire, report: Report) -> None:
        self.pack, self.report = questionnaire, report
        self.position = {question.key: i for i, question in enumerate(questionnaire.questions)}
        self.in_cycle: set[tuple[str, str]] = set()

    def check(self) -> None:
        self._report_cycles()
        for tier, rule in self.pack.tiers.items():
            self._check_rule(rule, "pack.yaml", f"tiers.{tier}", None)
        for fact in self.pack.facts.values():
            place = f"facts.{fact.group}.{fact.name}"
            for source in fact.sources:
                self._check_source(source, "pack.yaml", place)
            if fact.rule is not None:
                self._check_rule(fact.rule, "pack.yaml", place, None)
        for question in self.pack.questions:
            self._check_question(question)
        self._check_guides()
        keys = {topic.key for topic in self.pack.topics}
        for kind in self.pack.certificate_kinds:
            for missing in sorted(set(kind.topics) - keys):
                self.report.add(
                    "pack.yaml",
                    f"credentials.{kind.key}.topics",
                    f"names {missing}, which is no topic of the pack",
                    "name topics of the pack",
                )

    def _check_guides(self) -> None:
        for topic in self.pack.topics:
            if topic.guide is None:
                continue
            file = guide_file(topic.key)
            for step in topic.guide.next_steps:
                self._check_rule(step.rule, file, f"next_steps[{step.key}].for", None)
            for finding in topic.guide.findings:
                for key in set(finding.questions) - self.position.keys():
                    self.report.add(
                        file,
                        f"findings[{finding.key}].questions",
                        f"names {key}, which does not exist",
                        "name questions of the pack",
                    )

    def _check_question(self, question: Question) -> None:
        file, place = topic_file(question.topic), f"questions[{question.key}]"
        self._check_rule(question.applies, file, f"{place}.applies.when", question)
        tier = self.pack.tiers.get(question.tier)
        if tier is not None:
            self._check_order(tier, file, f"{place}.tier", question)
        for part in question.parts:
            at = f"{place}.parts[{part.key}]"
            if part.when is not None:
                self._check_rule(part.when, file, f"{at}.when", question, part)
            if part.prefill is not None:
                self._check_source(part.prefill, file, f"{at}.prefill", question)
            rows = part.rows_from
            if rows is not None and rows.answer is not None:
                self._check_source(rows.answer, file, f"{at}.rows_from", question)
            if rows is not None and rows.fact is not None and rows.fact not in self.pack.facts:
                self._unknown_fact(rows.fact, file, f"{at}.rows_from")
            if part.bind is not None and part.bind.record == "site" and question.level is Level.COMPANY:
                self.report.add(
                    file, f"{at}.bind", f"binds a company question to {part.bind}", "make its level site"
                )
        for expected in question.evidence:
            if expected.evidence_class not in self.pack.evidence_classes:
                self.report.add(
                    file,
                    f"{place}.evidence",
                    f"names the class {expected.evidence_class}",
                    f"use one of {', '.join(sorted(self.pack.evidence_classes))}",
                )

    def _check_rule(
        self, rule: Rule, file: str, place: str, question: Question | None, part: Part | None = None
    ) -> None:
        for test in comparisons_of(rule):
            source = test.source
            if isinstance(source, FactSource):
                self._check_fact(source, test, file, place)
            elif isinstance(source, PartSource):
                self._check_own_part(source, test, file, place, question, part)
            else:
                found = self._check_source(source, file, place)
                if found is not None:
                    self._check_operand(found, test, file, place)
        if question is not None:
            self._check_order(rule, file, place, question)

    def _check_fact(self, source: FactSource, test: Test, file: str, place: str) -> None:
        fact = self.pack.facts.get(source.name)
        if fact is None:
            self._unknown_fact(source.name, file, place)
            return
        if fact.rule is not None or fact.name in _TRUTHS:
            if test.op is not Op.GIVEN and not isinstance(test.operand, bool):
                self._wrong_operand(f"the fact {fact.name}, which is true or false", test, file, place)
        elif fact.name in _NUMBERS:
            self._check_number(f"the fact {fact.name}, a number,", test, file, place)
        elif fact.name in WORDS_OF_FACTS:
            self._check_words(f"the fact {fact.name}", WORDS_OF_FACTS[fact.name], test, file, place)
        elif found := self._find(fact.sources[0]):
            self._check_operand(found, test, file, place)

    def _check_own_part(
        self,
        source: PartSource,
        test: Test,
        file: str,
        place: str,
        question: Question | None,
        part: Part | None,
    ) -> None:
        if question is None or part is None:
            self.report.add(file, place, f"looks at the part {source.part}", "name its question: answer: KEY")
            return
        earlier = [other.key for other in question.parts[: question.parts.index(part)]]
        if source.part not in earlier:
            told = ", ".join(earlier) or "none"
            self.report.add(
                file, place, f"looks at {source.part}, which is no part above it", f"use one of: {told}"
            )
            return
        found = self._find(AnswerSource(question.key, source.part, source.column, source.row))
        if found is None:
            self.report.add(
                file, place, f"looks at a column or row that {source.part} lacks", "use one that it has"
            )
        else:
            self._check_operand(found, test, file, place)

    def _check_source(
        self, source: AnswerSource, file: str, place: str, asking: Question | None = None
    ) -> Field | None:
        """Whether question, part, column and row exist; in ``asking``, whether they come earlier."""
        try:
            question = self.pack.question(source.question)
        except UnknownQuestion:
            self.report.add(
                file,
                place,
                f"names the question {source.question}, which does not exist",
                "name a question of the pack",
            )
            return None
        if asking is not None and self.position[question.key] >= self.position[asking.key]:
            self.report.add(
                file, place, f"points to {question.key}, which is asked later", "point to an earlier answer"
            )
        if source.part is None:
            return None
        found = self._find(source)
        if found is None:
            known = ", ".join(part.key for part in question.parts)
            named = ".".join(filter(None, (source.question, source.part, source.row, source.column)))
            self.report.add(file, place, f"names {named}, which does not exist", f"its parts are {known}")
        return found

    def _find(self, source: AnswerSource) -> Field | None:
        try:
            part = self.pack.question(source.question).part(source.part or "")
            if source.row is not None and source.row not in part.rows:
                return None
            if source.column == "row":
                return Field("row", PartKind.SINGLE, "", options=part.rows or part.options)
            return part.column(source.column) if source.column is not None else part
        except UnknownQuestion:
            return None

    def _check_operand(self, shape: Field, test: Test, file: str, place: str) -> None:
        if test.op is Op.GIVEN:
            return
        what = f"{shape.key} ({shape.kind})"
        if shape.kind in (PartKind.SINGLE, PartKind.MULTIPLE):
            if shape.options:
                self._check_words(what, shape.options, test, file, place)
        elif shape.kind is PartKind.YES_PARTLY_NO:
            self._check_words(what, YES_PARTLY_NO, test, file, place)
        elif shape.kind is PartKind.NUMBER:
            self._check_number(what, test, file, place)
        else:
            self.report.add(
                file, place, f"compares {what}", "test it with given: true, or a table by one of its columns"
            )

    def _check_words(self, what: str, words: Iterable[str], test: Test, file: str, place: str) -> None:
        if test.op is Op.GIVEN:
            return
        known = tuple(words)
        operands = test.operand if isinstance(test.operand, tuple) else (test.operand,)
        for operand in operands:
            if operand not in known:
                some = ", ".join(known[:12]) + (" ..." if len(known) > 12 else "")
                self.report.add(file, place, f"compares {what} with {_said(operand)}", f"use one of {some}")

    def _check_number(self, what: str, test: Test, file: str, place: str) -> None:
        operands = test.operand if isinstance(test.operand, tuple) else (test.operand,)
        if test.op is not Op.GIVEN and not all(isinstance(operand, Decimal) for operand in operands):
            self._wrong_operand(what, test, file, place)

    def _wrong_operand(self, what: str, test: Test, file: str, place: str) -> None:
        said = test.operand[0] if isinstance(test.operand, tuple) else test.operand
        self.report.add(file, place, f"compares {what} with {_said(said)}", "compare like with like")

    def _unknown_fact(self, name: str, file: str, place: str) -> None:
        self.report.add(
            file,
            place,
            f"names the fact {name}, which the pack does not declare",
            f"declare it in pack.yaml, or use one of {', '.join(sorted(self.pack.facts))}",
        )

    # -------------------------------------------------------------- order and cycles

    def _needs(self, node: str) -> list[str]:
        """What a question or a fact looks at: questions, and facts with a "fact " before them."""
        if node.startswith("fact "):
            fact = self.pack.facts.get(node.removeprefix("fact "))
            return [*fact.asked_in] if fact else []
        question = self.pack.question(node)
        found = []
        for test in comparisons_of(question.rule):
            if isinstance(test.source, FactSource):
                found.append(f"fact {test.source.name}")
            elif isinstance(test.source, AnswerSource):
                found.append(test.source.question)
        return list(dict.fromkeys(found))

    def _check_order(self, rule: Rule, file: str, place: str, question: Question) -> None:
        here = self.position[question.key]
        for test in comparisons_of(rule):
            if isinstance(test.source, FactSource):
                fact = self.pack.facts.get(test.source.name)
                names, said = (fact.asked_in if fact else ()), f"the fact {test.source.name} needs "
            elif isinstance(test.source, AnswerSource):
                names, said = (test.source.question,), "looks at "
            else:
                continue
            node = names[0] if isinstance(test.source, AnswerSource) else f"fact {test.source.name}"
            if (question.key, node) in self.in_cycle:
                continue
            late = [name for name in names if self.position.get(name, -1) >= here]
            if late:
                self.report.add(
                    file, place, f"{said}{', '.join(late)}, which is not asked earlier", "ask it earlier"
                )

    def _report_cycles(self) -> None:
        done: set[str] = set()
        for question in self.pack.questions:
            self._walk(question.key, [], done)

    def _walk(self, node: str, path: list[str], done: set[str]) -> None:
        if node in path:
            circle = [*path[path.index(node) :], node]
            self.in_cycle.update(pairwise(circle))
            first = next((key for key in circle if not key.startswith("fact ")), circle[0])
            topic = self.pack.question(first).topic
            self.report.add(
                topic_file(topic),
                f"questions[{first}].applies.when",
                f"leads round in a circle: {' > '.join(circle)}",
                "take out one of these references",
            )
            return
        if node in done or (not node.startswith("fact ") and node not in self.position):
            return
        for needed in self._needs(node):
            self._walk(needed, [*path, node], done)
        done.add(node)


def _said(operand: object) -> str:
    return str(operand).lower() if isinstance(operand, bool) else str(operand)

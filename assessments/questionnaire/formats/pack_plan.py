"""From a draft to the shape of a pack: sections, topics, questions and parts, with keys, nothing yet written.

Groups outside all others become sections, groups in them topics, a small group in a topic one question with
parts; a field by itself is a question of one part, a repeat or table a part of the kind table. What a pack
cannot hold is kept as a sentence beside its place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from assessments.questionnaire.formats.draft import (
    Choice,
    Condition,
    Draft,
    Field,
    Group,
    Item,
    Machine,
    Note,
    Repeat,
    Table,
    Texts,
    Untranslated,
)
from assessments.questionnaire.vocabulary import PartKind

_MOST_PARTS: Final = 8
_MOST_QUESTIONS: Final = 999
_MOST_TOPICS: Final = 99
_LONGEST_TITLE: Final = 60


@dataclass
class PartPlan:
    """One part. ``name``: the field, repeat or table of the draft; ``columns``: those of a table, by key."""

    key: str
    name: str
    label: str
    source: Field | Repeat | Table
    columns: dict[str, Field] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


@dataclass
class QuestionPlan:
    """One question. ``conditions``: all must hold."""

    key: str
    text: str
    help: str
    why: str
    conditions: list[Condition]
    parts: list[PartPlan]
    left_out: list[str] = field(default_factory=list)


@dataclass
class TopicPlan:
    """One topic and its questions."""

    key: str
    title: str
    intro: str
    questions: list[QuestionPlan] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


@dataclass
class SectionPlan:
    """One section and its topics."""

    key: str
    title: str
    intro: str
    topics: list[TopicPlan] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many questions stand in it."""
        return sum(len(topic.questions) for topic in self.topics)


@dataclass
class PackPlan:
    """The sections, and the language that the texts were taken from."""

    title: str
    language: str
    sections: list[SectionPlan]


def source_language(draft: Draft) -> str:
    """The language of the pack's texts: English where the draft has it, else the draft's first."""
    for language in draft.languages:
        if language.casefold() == "en" or re.search(r"\(en\)|\benglish\b", language, re.IGNORECASE):
            return language
    return draft.languages[0]


def plan(draft: Draft) -> PackPlan:
    """The shape of the pack that the draft becomes."""
    return _Planning(draft).pack()


def flat(text: str) -> str:
    """The text on one line."""
    return " ".join(text.split())


class Keys:
    """Gives keys of the wanted form, each once."""

    def __init__(self, *taken: str) -> None:
        self._taken = set(taken)

    def part(self, name: str) -> str:
        """A key of a part or column: small letters, digits and _."""
        word = re.sub(r"[^a-z0-9_]+", "_", name.casefold()).strip("_")[:36] or "part"
        word = word if word[0].isalpha() else f"p_{word}"[:36]
        return self._once(word, "_")

    def section(self, title: str) -> str:
        """A key of a section: two to four capital letters."""
        letters = re.sub(r"[^A-Z]", "", title.upper().encode("ascii", "ignore").decode())
        for length in (3, 4, 2):
            if len(letters) >= length and letters[:length] not in self._taken:
                self._taken.add(letters[:length])
                return letters[:length]
        number = len(self._taken)
        while True:
            key = "S" + "".join(chr(65 + number // 26**place % 26) for place in (2, 1, 0))
            number += 1
            if key not in self._taken:
                self._taken.add(key)
                return key

    def _once(self, word: str, joint: str) -> str:
        key, number = word, 1
        while key in self._taken:
            number += 1
            key = f"{word}{joint}{number}"
        self._taken.add(key)
        return key


class _Planning:
    def __init__(self, draft: Draft) -> None:
        self._draft, self._language = draft, source_language(draft)
        self._sections: list[SectionPlan] = []
        self._section_keys = Keys()

    def pack(self) -> PackPlan:
        """The whole shape."""
        for group, items in self._runs(self._draft.items):
            title = self._title(group) if group else "General"
            section = self._section(title, self._say(group.hint) if group else "")
            self._fill(section, group, items)
        for section in self._sections:
            section.topics = [topic for topic in section.topics if topic.questions or topic.left_out]
        title = self._say(self._draft.title) or self._draft.name
        sections = [section for section in self._sections if section.count]
        return PackPlan(title, self._language, sections)

    def _runs(self, items: Sequence[Item]) -> list[tuple[Group | None, list[Item]]]:
        """Groups one by one, and between them what stands in none."""
        runs: list[tuple[Group | None, list[Item]]] = []
        for item in items:
            if isinstance(item, Group) and not isinstance(item, Repeat):
                runs.append((item, list(item.items)))
            elif runs and runs[-1][0] is None:
                runs[-1][1].append(item)
            else:
                runs.append((None, [item]))
        return runs

    def _section(self, title: str, intro: str) -> SectionPlan:
        section = SectionPlan(self._section_keys.section(title), _cut(title), intro or title)
        self._sections.append(section)
        return section

    def _fill(self, section: SectionPlan, group: Group | None, items: Sequence[Item]) -> None:
        outer: list[Condition] = [group.relevant] if group else []
        for inner, found in self._runs(items):
            if len(section.topics) >= _MOST_TOPICS or section.count >= _MOST_QUESTIONS - 99:
                section = self._section(section.title, section.intro)
            title = self._title(inner) if inner else section.title
            intro = self._say(inner.hint) if inner else ""
            topic = TopicPlan(f"{section.key}.{len(section.topics) + 1}", _cut(title), intro or title)
            section.topics.append(topic)
            conditions = [*outer, inner.relevant] if inner else outer
            for item in found:
                self._item(section, topic, item, conditions)

    def _item(self, section: SectionPlan, topic: TopicPlan, item: Item, conditions: list[Condition]) -> None:
        if isinstance(item, Note | Machine):
            said = self._say(item.label) if isinstance(item, Note) else item.typed
            topic.left_out.append(f"{item.name}: {flat(said)}")
        elif isinstance(item, Group) and not isinstance(item, Repeat):
            inner = [*conditions, item.relevant]
            if _is_question(item):
                self._question(section, topic, item, item.items, inner)
            else:
                for each in item.items:
                    self._item(section, topic, each, inner)
        else:
            self._question(section, topic, item, (item,), [*conditions, item.relevant])

    def _question(
        self,
        section: SectionPlan,
        topic: TopicPlan,
        about: Item,
        items: Sequence[Item],
        conditions: list[Condition],
    ) -> None:
        if section.count >= _MOST_QUESTIONS:
            topic.left_out.append(f"{about.name}: the section has {_MOST_QUESTIONS} questions already")
            return
        keys, parts, left_out = Keys(), [], []
        for item in items:
            if isinstance(item, Field) and item.kind is None:
                left_out.append(f"{item.name}: no kind of ours holds the type {item.typed}")
            elif isinstance(item, Field | Table | Repeat):
                part = self._part(keys, item, alone=item is about)
                if isinstance(item, Field) or part.columns:
                    parts.append(part)
                else:
                    left_out.extend([f"{item.name}: a table needs columns", *part.left_out])
            else:
                said = self._say(item.label) if isinstance(item, Note) else item.name
                left_out.append(f"{item.name}: {flat(said)}")
        if not parts:
            topic.left_out.extend(left_out)
            return
        texts = about if isinstance(about, Field | Group | Table) else None
        topic.questions.append(
            QuestionPlan(
                key=f"{section.key}-{section.count + 1:02}",
                text=self._title(about),
                help=self._say(texts.hint) if texts else "",
                why=self._say(texts.guidance) if texts else "",
                conditions=[each for each in conditions if each is not None],
                parts=parts,
                left_out=left_out,
            )
        )

    def _part(self, keys: Keys, item: Field | Table | Repeat, *, alone: bool) -> PartPlan:
        label = "Your answer" if alone else self._title(item)
        found = PartPlan(keys.part(item.name.rpartition("/")[2]), item.name, label, item)
        if isinstance(item, Field):
            return found
        columns = Keys("row")
        for each in item.columns if isinstance(item, Table) else _fields(item.items):
            fits = isinstance(each, Field) and each.kind not in (None, PartKind.TABLE, PartKind.EVIDENCE)
            if isinstance(each, Field) and fits:
                found.columns[columns.part(each.name)] = each
                if each.relevant is not None:
                    found.left_out.append(f"{each.name}: a column of a table has no condition of its own")
            else:
                found.left_out.append(f"{each.name}: a table has no column for it")
        return found

    def _title(self, item: Item) -> str:
        label = {} if isinstance(item, Machine) else item.label
        return self._say(label) or flat(item.name) or "Untitled"

    def _say(self, texts: Texts) -> str:
        said = texts.get(self._language) or next(
            (texts[language] for language in self._draft.languages if texts.get(language)), ""
        )
        return flat(said)


def _is_question(group: Group) -> bool:
    """Whether a group is small enough to be one question with parts."""
    simple = all(not isinstance(item, Group) or isinstance(item, Repeat) for item in group.items)
    answered = sum(not isinstance(item, Note | Machine) for item in group.items)
    return simple and 0 < answered <= _MOST_PARTS


def _fields(items: Sequence[Item]) -> list[Item]:
    """What stands in a repeat, its groups opened; notes and calculations left away."""
    found: list[Item] = []
    for item in items:
        if isinstance(item, Group) and not isinstance(item, Repeat):
            found.extend(_fields(item.items))
        elif not isinstance(item, Note | Machine):
            found.append(item)
    return found


def _cut(title: str) -> str:
    return title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 2].rstrip() + " …"


def untranslated(conditions: Sequence[Condition]) -> list[str]:
    """The expressions among the conditions that no rule of ours says."""
    return [flat(each.text) for each in conditions if isinstance(each, Untranslated)]


def row_texts(rows: Sequence[Choice], say: str) -> dict[str, str]:
    """Keys to texts in that language, the key where there is none."""
    return {row.key: flat(row.label.get(say, "")) or row.key for row in rows}

"""A draft of the questionnaire as its pages meet it: loaded and checked once, faults at their fields."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import Any

from sqlalchemy import func, select, tuple_
from werkzeug.exceptions import NotFound

from assessments.authoring.drafts import DraftFile, QuestionnaireDraft, files_of, inspected, version_before
from assessments.policy import Action
from assessments.questionnaire.editing.files import Inspection
from assessments.questionnaire.editing.moves import question_in
from assessments.questionnaire.editing.sheet import Sheet
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.reading import Problem
from assessments.questionnaire.pack.references import topic_file
from assessments.questionnaire.pack.shapes import QUESTION_KEY, TOPIC_KEY
from assessments.questionnaire.versions.diff import Diff, diff
from plumbline.extensions import db
from plumbline.identity.visitor import Visitor

PATH = "/questionnaires/<uuid:draft_id>"
_STEP = re.compile(r"\[([^\]]*)\]|([^.\[]+)")
_PAIRS = ("options", "rows", "map")


@dataclass(frozen=True)
class OnDraft:
    """A draft, and the section, topic or question of it that the address names.

    ``pack``: its pack.yaml where a list read that alone, None where the files are read.
    """

    draft: QuestionnaireDraft
    section: str = ""
    topic: str = ""
    question: str = ""
    pack: str | None = None

    @property
    def base(self) -> str:
        """Where the pages of the draft lie."""
        return f"/steward/questionnaires/{self.draft.id}"

    @cached_property
    def files(self) -> dict[str, str]:
        """The English files and those of the pack."""
        return files_of(db.session(), self.draft, translations=False)

    @cached_property
    def found(self) -> Inspection:
        """What the checker says of them."""
        return inspected(self.files, self.draft.slug)

    @cached_property
    def before(self) -> Questionnaire | None:
        """The version that stands."""
        return version_before(db.session(), self.draft)

    @cached_property
    def diff(self) -> Diff | None:
        """What differs from the version that stands; None without one, or while the draft does not load."""
        now = self.found.questionnaire
        return diff(self.before, now) if self.before and now is not None and self.found.sound else None

    @property
    def version(self) -> str:
        """The number that the draft would be published under."""
        pack = self.files.get("pack.yaml", "") if self.pack is None else self.pack
        found = re.search(r'^version: "([^"]*)"', pack, re.MULTILINE)
        return found[1] if found else ""

    @property
    def open(self) -> bool:
        """Whether it can still be changed."""
        return self.draft.open

    def subjects(self, *, before: str = "") -> list[str]:
        """What a rule may look at: every fact, and the parts of all questions, or of those before one."""
        questionnaire = self.found.questionnaire
        if questionnaire is None:
            return []
        asked = takewhile(lambda question: question.key != before, questionnaire.questions)
        return [*questionnaire.facts, *(f"{one.key}.{part.key}" for one in asked for part in one.parts)]

    @cached_property
    def tree(self) -> dict[str, Any]:
        """The question of the address; NotFound when it is not there."""
        found = question_in(self.files, self.topic, self.question)
        if found is None:
            raise NotFound
        return found


def listed() -> list[OnDraft]:
    """Every draft, the last changed first, with its number alone; two statements, however many there are."""
    drafts = db.session.scalars(
        select(QuestionnaireDraft).order_by(QuestionnaireDraft.changed_at.desc())
    ).all()
    packs = select(DraftFile.draft_id, func.max(DraftFile.revision)).where(DraftFile.path == "pack.yaml")
    newest = select(DraftFile.draft_id, DraftFile.text).where(
        DraftFile.path == "pack.yaml",
        tuple_(DraftFile.draft_id, DraftFile.revision).in_(packs.group_by(DraftFile.draft_id)),
    )
    texts = {row.draft_id: row.text or "" for row in db.session.execute(newest)}
    return [OnDraft(draft, pack=texts.get(draft.id, "")) for draft in drafts]


def load_draft(
    _visitor: Visitor,
    _action: Action,
    draft_id: uuid.UUID,
    section: str = "",
    topic: str = "",
    question: str = "",
) -> OnDraft:
    """A draft with the place in it that the address names; NotFound where there is none."""
    draft = db.session.get(QuestionnaireDraft, draft_id)
    if draft is None:
        raise NotFound
    if question:
        at = OnDraft(draft, question=question)
        if not QUESTION_KEY.match(question):
            raise NotFound
        topic = _topic_of(at.files, question)
        return OnDraft(draft, topic.partition(".")[0], topic, question)
    at = OnDraft(draft, section or topic.partition(".")[0], topic)
    if (topic and not (TOPIC_KEY.match(topic) and topic_file(topic) in at.files)) or (
        at.section and f"{at.section.lower()}/section.yaml" not in at.files
    ):
        raise NotFound
    return at


def _topic_of(files: Mapping[str, str], question: str) -> str:
    stands = re.compile(rf"^\s*-\s+\{{?key: {re.escape(question)}\b", re.MULTILINE)
    for path, text in files.items():
        if path.endswith(".yaml") and ".guide." not in path and stands.search(text):
            return path.rpartition("/")[2].removesuffix(".yaml").upper().replace("-", ".")
    raise NotFound


def at_fields(problems: Iterable[Problem], key: str, sheet: Sheet) -> dict[str, str]:
    """The faults of a question by the name of the field of its form that each stands at."""
    found: dict[str, str] = {}
    for problem in problems:
        path = problem.path.removeprefix(f"questions[{key}]").lstrip(".")
        lacking = re.match(r"has no ([a-z_]+)\Z", problem.message)
        name = field_of(f"{path}.{lacking[1]}".lstrip(".") if lacking else path, sheet)
        said = f"{problem.message}; {problem.remedy}"
        found[name] = f"{found[name]} · {said}" if name in found else said
    return found


def at_guide_fields(problems: Iterable[Problem], sheet: Sheet) -> dict[str, str]:
    """The faults of a guide by the name of the field of its form that each stands at."""
    found: dict[str, str] = {}
    for problem in problems:
        path = problem.path
        if path.startswith("ladder.change"):
            rest = path.removeprefix("ladder.change").lstrip(".")
            path = f"ladder_change{rest}" if rest.startswith("[") else f"ladder_change[0].{rest}"
        lacking = re.match(r"has no ([a-z_]+)\Z", problem.message)
        name = field_of(f"{path}.{lacking[1]}".strip(".") if lacking else path, sheet)
        name = "ladder" if name == "text" else name
        said = f"{problem.message}; {problem.remedy}"
        found[name] = f"{found[name]} · {said}" if name in found else said
    return found


def field_of(path: str, sheet: Sheet) -> str:
    """The name of the form's field that a checker's path means: as deep as the sheet goes."""
    if path.startswith("applies.when") or path == "applies":
        return "rule"
    path = path.removeprefix("applies.")
    if path.startswith("mappings."):
        return _mapping(path.removeprefix("mappings."), sheet)
    at: Any = sheet
    names: list[str] = []
    for step in _STEP.finditer(path):
        word = step[1] if step[1] is not None else step[2]
        if isinstance(at, list):
            place = _place(at, word)
            if place is None:
                break
            names.append(str(place))
            at = at[place]
        elif isinstance(at, dict):
            names.append(word)
            at = at.get(word)
        else:
            break
    if len(names) > 1 and names[-2] in _PAIRS and names[-1].isdecimal():
        names.append("text")
    return ".".join(names) or "text"


def _mapping(path: str, sheet: Sheet) -> str:
    for index, one in enumerate(sheet.get("mappings", [])):
        if path == one["element"] or path.startswith(f"{one['element']}."):
            return f"mappings.{index}.{'leaves' if path.endswith('.leaves') else 'element'}"
    return "mappings"


def _place(rows: list[Any], word: str) -> int | None:
    for index, row in enumerate(rows):
        if isinstance(row, dict) and word in (row.get("key"), row.get("class")):
            return index
    return int(word) if word.isdecimal() and int(word) < len(rows) else None


def flat(value: Any, name: str = "") -> dict[str, str]:
    """A sheet as {name of a field: what stands there}."""
    if isinstance(value, dict):
        return {
            k: v for key, inner in value.items() for k, v in flat(inner, f"{name}.{key}".strip(".")).items()
        }
    if isinstance(value, list) and value and isinstance(value[0], str):
        return {name: ", ".join(value)}
    if isinstance(value, list):
        return {k: v for i, inner in enumerate(value) for k, v in flat(inner, f"{name}.{i}").items()}
    return {name: "yes" if value is True else str(value or "")}

"""What an author does to a draft: questions, topics and sections are changed, added, moved, removed.

Each function takes the files as they are and returns what changes. Files that are no YAML raise Refused: they
are mended as text first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from assessments.questionnaire.editing.files import Edit, Files, translated
from assessments.questionnaire.editing.yaml_lines import NoYaml, load, plain, put, put_list, written
from assessments.questionnaire.languages.telling import section_file
from assessments.questionnaire.pack.certificates import CERTIFICATES_FILE
from assessments.questionnaire.pack.packfile import PACK_FILE
from assessments.questionnaire.pack.references import guide_file, topic_file
from assessments.questionnaire.pack.shapes import QUESTION_KEY, TOPIC_KEY
from assessments.questionnaire.pack.tracks import STEPS_FILE
from assessments.sentences import N_
from assessments.workflow import Refused

_SECTION = re.compile(r"[A-Z]{2,4}\Z")
SIZES_TOLD = ("micro", "small", "medium", "large")


def tree_in(files: Files, path: str) -> CommentedMap:
    """The tree of a file, ready to be changed. Refused when it is missing or no YAML."""
    if path not in files:
        raise Refused(N_("%(file)s is not there.", file=path), "Add it, or take its topic or section out.")
    try:
        return load(files[path])
    except NoYaml as error:
        raise Refused(
            N_("%(file)s cannot be read as YAML.", file=path), "Open it as text and mend it first."
        ) from error


def changed(files: Files, path: str, change: Callable[[CommentedMap], None]) -> Edit:
    """The file after ``change``; nothing where it says the same."""
    tree = tree_in(files, path)
    change(tree)
    text = written(tree)
    return {} if text == files[path] else {path: text}


def merged(files: Files, *edits: Edit) -> dict[str, str]:
    """The files after these edits."""
    after: dict[str, str | None] = dict(files)
    for edit in edits:
        after.update(edit)
    return {path: text for path, text in after.items() if text is not None}


def edited(before: Files, after: Files) -> Edit:
    """What leads from one state of the files to the other."""
    differs: Edit = {path: text for path, text in after.items() if before.get(path) != text}
    return differs | {path: None for path in before if path not in after}


# ------------------------------------------------------------------ questions


def question_in(files: Files, topic: str, key: str) -> dict[str, Any] | None:
    """The question as its file says it, plain; None when it is not there."""
    if topic_file(topic) not in files:
        return None
    for question in tree_in(files, topic_file(topic)).get("questions") or ():
        if isinstance(question, dict) and question.get("key") == key:
            found: dict[str, Any] = plain(question)
            return found
    return None


def put_question(files: Files, topic: str, key: str, tree: Mapping[str, Any]) -> Edit:
    """The question says ``tree``; translations of what it no longer has are taken out."""

    def change(file: CommentedMap) -> None:
        put(_questions(file)[_place(file, key)], tree)

    edit = changed(files, topic_file(topic), change)
    return edit | (_pruned(merged(files, edit), topic) if edit else {})


def add_question(files: Files, topic: str, key: str, version: str) -> Edit:
    """A question to be written, at the end of its topic. Refused for a key that is none or was used."""
    section = topic.partition(".")[0]
    if not QUESTION_KEY.match(key) or not key.startswith(f"{section}-"):
        raise Refused(
            N_("A key of this section is %(section)s- and two digits.", section=section),
            "A question's key is for ever.", places=("key",),
        )  # fmt: skip
    if any(f"key: {key}\n" in text for path, text in files.items() if not translated(path)) or key in _gone(
        files
    ):
        raise Refused(N_("%(key)s is used, or was.", key=key), "Take the next number.", places=("key",))
    new = {
        "key": key, "since": version, "tier": "core", "level": "site", "recall": "today",
        "purposes": ["due_diligence"], "applies": {"when": "always"},
        "parts": [{"key": "answer", "kind": "yes_partly_no"}],
        "change": {"version": version, "class": "new"},
    }  # fmt: skip

    def change(file: CommentedMap) -> None:
        put_list(_questions(file), [*plain(_questions(file)), new], "questions")

    return changed(files, topic_file(topic), change)


def move_question(files: Files, topic: str, key: str, by: int) -> Edit:
    """The question one place up (-1) or down (1) in its topic."""

    def change(file: CommentedMap) -> None:
        order = plain(_questions(file))
        _swap(order, _place(file, key), by)
        put_list(_questions(file), order)

    return changed(files, topic_file(topic), change)


def remove_question(files: Files, topic: str, key: str, *, why: str, version: str, published: bool) -> Edit:
    """The question goes; that it went, and why, is told where a version before had it (``published``)."""
    if published and not why.strip():
        raise Refused("Say why the question goes.", "Those who answered it read it.", places=("why",))

    def change(file: CommentedMap) -> None:
        at = _place(file, key)
        put_list(_questions(file), [one for index, one in enumerate(plain(_questions(file))) if index != at])

    edit = changed(files, topic_file(topic), change)
    edit |= _pruned(merged(files, edit), topic)
    edit |= _out_of_steps(files, [key]) | _out_of_credentials(files, [key])
    return edit | (_told_gone(files, [key], why, version) if published else {})


def _questions(file: CommentedMap) -> CommentedSeq:
    found = file.get("questions")
    if not isinstance(found, CommentedSeq):
        raise Refused("This topic holds no list of questions.", "Open its file as text and mend it.")
    return found


def _place(file: CommentedMap, key: str) -> int:
    for index, question in enumerate(_questions(file)):
        if isinstance(question, dict) and question.get("key") == key:
            return index
    raise Refused(N_("%(key)s is not there any more.", key=key), "Somebody removed it; see the history.")


def _swap(order: list[Any], at: int, by: int) -> None:
    other = at + by
    if 0 <= at < len(order) and 0 <= other < len(order):
        order[at], order[other] = order[other], order[at]


def _gone(files: Files) -> set[str]:
    told = plain(tree_in(files, PACK_FILE).get("changes") or [])
    return {str(one.get("question")) for one in told if isinstance(one, dict)}


def _out_of_steps(files: Files, keys: list[str]) -> Edit:
    """The steps of the pack without these questions."""
    if STEPS_FILE not in files:
        return {}

    def change(file: CommentedMap) -> None:
        for step in file.get("steps") or ():
            named = step.get("questions") if isinstance(step, dict) else None
            if isinstance(named, CommentedSeq) and set(keys) & set(named):
                put_list(named, [key for key in plain(named) if key not in keys])

    return changed(files, STEPS_FILE, change)


def _out_of_credentials(files: Files, keys: list[str]) -> Edit:
    """The certificates of the pack without what they cover and offer of these questions."""
    if CERTIFICATES_FILE not in files:
        return {}

    def change(file: CommentedMap) -> None:
        held = file.get("credentials")
        for one in held.values() if isinstance(held, CommentedMap) else ():
            touches = one.get("touches") if isinstance(one, CommentedMap) else None
            if isinstance(touches, CommentedMap):
                for key in keys:
                    touches.pop(key, None)
            offers = one.get("offers") if isinstance(one, CommentedMap) else None
            if isinstance(offers, CommentedSeq):
                kept = [offer for offer in plain(offers) if offer.get("question") not in keys]
                if len(kept) < len(offers):
                    put_list(offers, kept)

    return changed(files, CERTIFICATES_FILE, change)


def _not_recognised(files: Files, topic: str) -> Edit:
    """The pack's kinds of certificates without this topic."""

    def change(pack: CommentedMap) -> None:
        held = pack.get("credentials")
        for one in held.values() if isinstance(held, CommentedMap) else ():
            topics = one.get("topics") if isinstance(one, CommentedMap) else None
            if isinstance(topics, CommentedSeq) and topic in topics:
                put_list(topics, [key for key in plain(topics) if key != topic])

    return changed(files, PACK_FILE, change)


def _told_gone(files: Files, keys: list[str], why: str, version: str) -> Edit:
    def change(pack: CommentedMap) -> None:
        told = plain(pack.get("changes") or [])
        told += [
            {"question": key, "version": version, "class": "removed", "why": why.strip()} for key in keys
        ]
        put(pack, {**plain(pack), "changes": told})

    return changed(files, PACK_FILE, change)


# ------------------------------------------------------------------ topics and sections


def add_topic(files: Files, key: str, *, title: str, intro: str, version: str) -> Edit:
    """A topic with one question to be written, at the end of its section, and a guide to be filled."""
    section = key.partition(".")[0]
    if not TOPIC_KEY.match(key) or topic_file(key) in files:
        raise Refused(
            N_("%(key)s is no free key of a topic.", key=key), "Write the section, a dot and a number.",
            places=("key",),
        )  # fmt: skip
    edit = _listed(
        files, section_file(section), "topics", [*_order(files, section_file(section), "topics"), key]
    )
    made = load("{}")
    made.fa.set_block_style()
    put(made, {"topic": key, "title": title, "intro": intro, "questions": []})
    made["questions"] = CommentedSeq()
    edit[topic_file(key)] = written(made)
    if section != "PRO":
        edit[guide_file(key)] = _blank_guide(key)
    number = 1 + max(
        [int(found) for found in re.findall(rf"key: {section}-([0-9]+)", "".join(files.values()))] or [0]
    )
    return edit | add_question(merged(files, edit), key, f"{section}-{number:02d}", version)


def _blank_guide(key: str) -> str:
    levels = "".join(f'  {level}: {{sees: ""}}\n' for level in range(5))
    return f"guide: {key}\nladder:\n{levels}findings: []\nnext_steps: []\n"


def remove_topic(files: Files, key: str, *, why: str, version: str, published: frozenset[str]) -> Edit:
    """The topic goes with its questions, guide and translations."""
    keys = [str(one.get("key")) for one in plain(_questions(tree_in(files, topic_file(key))))]
    told = [one for one in keys if one in published]
    if told and not why.strip():
        raise Refused("Say why the questions go.", "Those who answered them read it.", places=("why",))
    section = section_file(key.partition(".")[0])
    left = [one for one in _order(files, section, "topics") if one != key]
    edit = _listed(files, section, "topics", left)
    starts = (topic_file(key).removesuffix("yaml"), guide_file(key).removesuffix("yaml"))
    edit |= {path: None for path in files if path.startswith(starts)}
    edit |= _out_of_steps(files, keys) | _out_of_credentials(files, keys) | _not_recognised(files, key)
    return edit | (_told_gone(merged(files, edit), told, why, version) if told else {})


def move_topic(files: Files, key: str, by: int) -> Edit:
    """The topic one place up or down in its section."""
    path = section_file(key.partition(".")[0])
    order = _order(files, path, "topics")
    _swap(order, order.index(key) if key in order else -1, by)
    return _listed(files, path, "topics", order)


def put_texts(files: Files, path: str, texts: Mapping[str, Any]) -> Edit:
    """The file says these values at its own keys: title and intro of a topic, what a section says."""

    def change(file: CommentedMap) -> None:
        put(file, {**plain(file), **texts})

    return changed(files, path, change)


def add_section(files: Files, key: str, *, title: str, intro: str, answered_by: str) -> Edit:
    """A section without topics, asked last."""
    if not _SECTION.match(key) or section_file(key) in files:
        raise Refused(
            N_("%(key)s is no free key of a section.", key=key), "Write two to four capital letters.",
            places=("key",),
        )  # fmt: skip
    made = load("{}")
    made.fa.set_block_style()
    minutes = dict.fromkeys(SIZES_TOLD, 10)
    told = {"section": key, "title": title, "intro": intro, "topics": [], "answered_by": answered_by}
    put(made, {**told, "minutes": minutes})
    edit = _listed(files, PACK_FILE, "sections", [*_order(files, PACK_FILE, "sections"), key])
    return {**edit, section_file(key): written(made)}


def remove_section(files: Files, key: str) -> Edit:
    """An empty section goes; Refused while it has topics."""
    if _order(files, section_file(key), "topics"):
        raise Refused("This section has topics.", "Remove or move them first.", places=("section",))
    left = [one for one in _order(files, PACK_FILE, "sections") if one != key]
    gone: Edit = {path: None for path in files if path.startswith(f"{key.lower()}/")}
    return {**_listed(files, PACK_FILE, "sections", left), **gone}


def move_section(files: Files, key: str, by: int) -> Edit:
    """The section one place up or down."""
    order = _order(files, PACK_FILE, "sections")
    _swap(order, order.index(key) if key in order else -1, by)
    return _listed(files, PACK_FILE, "sections", order)


def _order(files: Files, path: str, name: str) -> list[str]:
    found = plain(tree_in(files, path).get(name) or [])
    return [str(word) for word in found] if isinstance(found, list) else []


def _listed(files: Files, path: str, name: str, order: list[str]) -> Edit:
    def change(file: CommentedMap) -> None:
        put(file, {**plain(file), name: order})

    return changed(files, path, change)


# ------------------------------------------------------------------ translations


def _pruned(files: Files, topic: str) -> Edit:
    """The translations of a topic without what its English no longer has; what is missing is asked later."""
    english = plain(tree_in(files, topic_file(topic)))
    questions = {str(one.get("key")): one for one in english.get("questions") or () if isinstance(one, dict)}
    start, edit = topic_file(topic).removesuffix("yaml"), Edit()
    for path in files:
        if not (translated(path) and path.startswith(start)) or ".guide." in path:
            continue

        def change(file: CommentedMap) -> None:
            told = file.get("questions")
            for key in list(told or ()):
                if key not in questions:
                    del told[key]
                else:
                    pruned(told[key], questions[key])
            for unit in [unit for unit in file.get("digests") or () if unit.startswith("questions.")]:
                if unit.removeprefix("questions.") not in questions:
                    del file["digests"][unit]

        edit |= changed(files, path, change)
    return edit


def pruned(told: Any, english: Any) -> None:
    """Take out of a translated map what has nothing beside it in the English one."""
    if isinstance(english, list):
        if isinstance(told, list):
            while len(told) > len(english):
                del told[-1]
            pairs: list[tuple[Any, Any]] = list(zip(told, english, strict=False))
        else:
            by_key = {str(one.get("key")): one for one in english if isinstance(one, dict)}
            for key in [key for key in told if key not in by_key]:
                del told[key]
            pairs = [(told[key], by_key[key]) for key in told]
    elif isinstance(english, dict) and isinstance(told, dict):
        beside = english | (english["applies"] if isinstance(english.get("applies"), dict) else {})
        for key in [key for key in told if key not in beside]:
            del told[key]
        pairs = [(told[key], beside[key]) for key in told]
    else:
        return
    for inner, other in pairs:
        pruned(inner, other)

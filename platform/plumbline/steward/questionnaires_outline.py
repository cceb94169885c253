"""Sections and topics of a draft, and any of its files as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.authoring.drafts import QuestionnaireDraft, files_of, save_files, save_text, seen
from assessments.questionnaire.editing.files import Edit, check_path
from assessments.questionnaire.editing.moves import (
    add_question,
    add_section,
    add_topic,
    move_section,
    move_topic,
    put_texts,
    remove_section,
    remove_topic,
    tree_in,
)
from assessments.questionnaire.editing.sheet import number
from assessments.questionnaire.editing.yaml_lines import plain
from assessments.questionnaire.languages.telling import section_file
from assessments.questionnaire.pack.references import guide_file, topic_file
from assessments.workflow import Refused, Stale
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.refusals import faults_of
from plumbline.rendering import say
from plumbline.steward import steward
from plumbline.steward.questionnaires import WRITE
from plumbline.steward.questionnaires_at import PATH, OnDraft, load_draft


@steward.get(f"{PATH}/topics/<topic>")
@door(WRITE, load=load_draft)
def draft_topic(_visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Show a topic: its own texts, its questions in order, a form for one more."""
    return _topic(at)


@steward.post(f"{PATH}/topics/<topic>")
@door(WRITE, load=load_draft)
def change_topic(visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Save a topic's texts, add a question, move the topic, or take it out."""
    form, files, key = request.form, files_of(db.session(), at.draft), at.topic

    def edit() -> Edit:
        match form.get("do", ""):
            case "add":
                return add_question(files, key, form.get("key", "").strip().upper(), at.version)
            case "up" | "down" as to:
                return move_topic(files, key, -1 if to == "up" else 1)
            case "remove":
                old = frozenset(one.key for one in at.before.questions) if at.before else frozenset()
                return remove_topic(files, key, why=form.get("why", ""), version=at.version, published=old)
            case _:
                return _put(files, topic_file(key), dict(_texts(*TOPIC_TEXTS)), TOPIC_TEXTS)

    after = {"add": f"questions/{form.get('key', '').strip().upper()}", "remove": "", "up": "", "down": ""}
    return _done(visitor, at, edit, after.get(form.get("do", ""), f"topics/{key}"), _topic)


@steward.get(f"{PATH}/sections/<section>")
@door(WRITE, load=load_draft)
def draft_section(_visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Show a section: its own texts, its topics in order, a form for one more."""
    return _section(at)


@steward.post(f"{PATH}/sections/<section>")
@door(WRITE, load=load_draft)
def change_section(visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Save a section's texts, add a topic, move the section, or take it out."""
    form, files, key = request.form, files_of(db.session(), at.draft), at.section
    new = form.get("key", "").strip().upper()

    def edit() -> Edit:
        match form.get("do", ""):
            case "add":
                told = _texts("new_title", "new_intro")
                return add_topic(
                    files, new, title=told["new_title"], intro=told["new_intro"], version=at.version
                )
            case "up" | "down" as to:
                return move_section(files, key, -1 if to == "up" else 1)
            case "remove":
                return remove_section(files, key)
            case _:
                minutes = {size: number(form.get(f"minutes.{size}", "").strip()) for size in SIZES}
                texts: dict[str, Any] = dict(_texts(*SECTION_TEXTS))
                told = {size: count for size, count in minutes.items() if count != ""}
                return _put(files, section_file(key), {**texts, "minutes": told}, SECTION_TEXTS)

    after = {"add": f"topics/{new}", "remove": "", "up": "", "down": ""}
    return _done(visitor, at, edit, after.get(form.get("do", ""), f"sections/{key}"), _section)


SIZES = ("micro", "small", "medium", "large")
TOPIC_TEXTS = ("title", "intro")
SECTION_TEXTS = ("title", "intro", "answered_by")


def _put(files: dict[str, str], path: str, texts: dict[str, Any], names: tuple[str, ...]) -> Edit:
    """Write the texts; Stale with both when somebody else changed one since the form was drawn."""
    current = {name: plain(tree_in(files, path)).get(name) for name in names}
    offered = {name: texts[name] for name in names}
    if current != offered and request.form.get("was") != seen(current):
        raise Stale("Somebody else changed these texts meanwhile.", current=current, offered=offered)
    return put_texts(files, path, texts)


@steward.post(f"{PATH}/sections")
@door(WRITE, load=load_draft)
def begin_section(visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Add a section, asked last."""
    key, told = request.form.get("key", "").strip().upper(), _texts("title", "intro", "answered_by")
    files = files_of(db.session(), at.draft)
    edit = add_section(files, key, title=told["title"], intro=told["intro"], answered_by=told["answered_by"])
    save_files(db.session(), at.draft, edit, by=visitor.actor, at=now())
    return redirect(f"{at.base}/sections/{key}", 303)


def _texts(*names: str) -> dict[str, str]:
    return {name: " ".join(request.form.get(name, "").split()) for name in names}


def _done(
    visitor: Visitor, at: OnDraft, edit: Callable[[], Edit], after: str, draw: Callable[..., str]
) -> ResponseReturnValue:
    try:
        saved = save_files(db.session(), at.draft, edit(), by=visitor.actor, at=now())
    except Stale as stale:
        db.session.rollback()
        theirs = stale.current if isinstance(stale.current, dict) else {}
        errors = {name: _("Somebody else wrote: %(text)s", text=text or "") for name, text in theirs.items()}
        draft = db.session.get_one(QuestionnaireDraft, at.draft.id)
        return draw(OnDraft(draft, at.section, at.topic), errors, stale.offered), 412
    except Refused as error:
        errors = faults_of(error, at="title")
        draft = db.session.get_one(QuestionnaireDraft, at.draft.id)
        return draw(OnDraft(draft, at.section, at.topic), errors), status_of(error)
    if saved:
        say(_("The check has looked at it anew."), lead=_("Saved."))
    return redirect(f"{at.base}/{after}".rstrip("/"), 303)


def _topic(at: OnDraft, errors: dict[str, str] | None = None, typed: dict[str, str] | None = None) -> str:
    tree = plain(tree_in(at.files, topic_file(at.topic)))
    was = seen({name: tree.get(name) for name in TOPIC_TEXTS})
    tree |= typed or {}
    rows = [one for one in tree.get("questions") or () if isinstance(one, dict)]
    last = max([int(str(one.get("key"))[-2:]) for one in rows if str(one.get("key"))[-2:].isdecimal()] or [0])
    faults = {
        key: at.found.of_question(topic_file(at.topic), key) for key in (str(one.get("key")) for one in rows)
    }
    return render_template(
        "steward/questionnaires/topic.html", at=at, tree=tree, rows=rows, errors=errors or {}, last=last,
        faults=faults, was=was,
        own=[one for one in at.found.of_file(topic_file(at.topic)) if not one.path.startswith("questions[")],
        guide=guide_file(at.topic) if guide_file(at.topic) in at.files else "",
        guide_faults=at.found.of_file(guide_file(at.topic)), file=topic_file(at.topic),
    )  # fmt: skip


def _section(at: OnDraft, errors: dict[str, str] | None = None, typed: dict[str, str] | None = None) -> str:
    file = section_file(at.section)
    tree = plain(tree_in(at.files, file))
    was = seen({name: tree.get(name) for name in SECTION_TEXTS})
    tree |= typed or {}
    topics = [str(key) for key in tree.get("topics") or ()]
    titles = {key: _title(at, key) for key in topics}
    return render_template(
        "steward/questionnaires/section.html", at=at, tree=tree, titles=titles, errors=errors or {},
        file=file, was=was, sizes=SIZES, faults=at.found.of_file(file),
        free=f"{at.section}.{len(topics) + 1}",
    )  # fmt: skip


def _title(at: OnDraft, topic: str) -> str:
    if topic_file(topic) not in at.files:
        return ""
    try:
        return str(tree_in(at.files, topic_file(topic)).get("title") or "")
    except Refused:
        return ""


@steward.get(f"{PATH}/text")
@door(WRITE, load=load_draft)
def draft_text(_visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Show one file as text, with what the check finds in it; without a name, all files."""
    path = request.args.get("file", "")
    files = files_of(db.session(), at.draft)
    if path and path not in files:
        abort(404)
    return _file(at, path, files.get(path, ""), seen(files.get(path)), sorted(files))


@steward.post(f"{PATH}/text")
@door(WRITE, load=load_draft)
def save_draft_text(visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Save one file as text; a faulty one is kept too, and the check says where."""
    path, was = check_path(request.form.get("file", "")), request.form.get("was", "")
    text = request.form.get("text", "").replace("\r\n", "\n").rstrip() + "\n"
    try:
        save_text(db.session(), at.draft, path, text, was=was, by=visitor.actor, at=now())
    except Stale as stale:
        theirs = str(stale.current or "")
        return _file(at, path, text, seen(stale.current), [], theirs=theirs), 412
    say(_("The check has looked at it anew."), lead=_("Saved."))
    return redirect(f"{at.base}/text?file={path}", 303)


def _file(at: OnDraft, path: str, text: str, was: str, files: list[str], *, theirs: str = "") -> str:
    return render_template(
        "steward/questionnaires/text.html", at=at, path=path, text=text, was=was, files=files, theirs=theirs,
        faults=at.found.of_file(path),
    )  # fmt: skip

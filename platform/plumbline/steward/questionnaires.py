"""Versions of the questionnaire and drafts of the next: begun, looked over, taken out and in, published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from assessments.assessment import QuestionnaireVersion
from assessments.authoring.drafts import (
    QuestionnaireDraft,
    files_of,
    files_of_version,
    history_of,
    make_draft,
    publish_draft,
    save_files,
    told_of,
    undo_last,
)
from assessments.authoring.put_away import put_away, take_up
from assessments.policy import Action
from assessments.questionnaire.editing.files import (
    LARGEST_FILE,
    LARGEST_PACK,
    check_path,
    packed,
    shipped_files,
    text_of,
    unpacked,
)
from assessments.questionnaire.editing.moves import edited
from assessments.questionnaire.pack.loading import load_pack
from assessments.questionnaire.versions.changes import version_order
from assessments.questionnaire.versions.diff_text import marked
from assessments.workflow import Refused
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.refusals import faults_of
from plumbline.rendering import say
from plumbline.shown_versions import shown_diff
from plumbline.steward import steward
from plumbline.steward.questionnaires_at import PATH, OnDraft, listed, load_draft

WRITE = Action.STEWARD_QUESTIONNAIRE_WRITE
HOME = "/steward/questionnaires"


@dataclass(frozen=True)
class Row:
    """A question in the overview. ``state``: "", "new" or "changed"; ``faults``: how many the check finds."""

    key: str
    text: str
    state: str
    faults: int


@steward.get("/questionnaires")
@door(WRITE)
def questionnaires(_visitor: Visitor) -> ResponseReturnValue:
    """List what is published and what is being written."""
    return _list({})


@steward.post("/questionnaires")
@door(WRITE, files=True)
def begin_draft(visitor: Visitor) -> ResponseReturnValue:
    """Begin a draft: from the pack that ships, from a published version, or from a .zip."""
    session, source, made_of = db.session(), request.form.get("source", ""), ""
    try:
        if source == "file":
            files = unpacked(_uploaded(LARGEST_PACK))
        elif source == "pack":
            files, made_of = shipped_files(), load_pack().version
        else:
            row = next((one for one in _versions() if str(one.id) == source), None)
            if row is None:
                raise Refused("Choose what to begin from.", places=("source",))
            files, made_of = files_of_version(session, row), row.version
        version = request.form.get("version", "").strip()
        draft = make_draft(session, files, version=version, made_of=made_of, by=visitor.actor, at=now())
    except Refused as error:
        return _list(faults_of(error, at="source")), status_of(error)
    say(_("Nobody but the steward's admins sees it until it is published."), lead=_("The draft is there."))
    return redirect(f"{HOME}/{draft.id}", 303)


def _versions() -> list[QuestionnaireVersion]:
    rows = db.session.scalars(select(QuestionnaireVersion)).all()
    return sorted(rows, key=lambda row: (row.slug, version_order(row.version)), reverse=True)


def _list(errors: Mapping[str, str]) -> str:
    drafts, versions = listed(), _versions()
    highest = max([version_order(row.version) for row in versions] + [version_order(load_pack().version)])
    return render_template(
        "steward/questionnaires/list.html",
        versions=versions,
        drafts=[at for at in drafts if at.open],
        away=[at for at in drafts if at.draft.put_away_at is not None],
        shipped=load_pack(),
        next=request.form.get("version") or f"{highest[0]}.{highest[1] + 1}",
        source=request.form.get("source") or (str(versions[0].id) if versions else "pack"),
        errors=errors,
    )


@steward.get(PATH)
@door(WRITE, load=load_draft)
def draft_overview(_visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Show a draft: its sections, topics and questions, each with what changed and what the check finds."""
    return render_template("steward/questionnaires/draft.html", at=at, **_overview(at))


def _overview(at: OnDraft) -> dict[str, Any]:
    found, only = at.found, request.args.get("only", "")
    by_key = {one.key: one for one in at.diff.questions} if at.diff else {}
    by_file = Counter(problem.file for problem in found.problems)
    sections = []
    for section in found.questionnaire.sections if found.questionnaire else ():
        topics = []
        for topic in section.topics:
            file = f"{section.key.lower()}/{topic.key.lower().replace('.', '-')}.yaml"
            rows = []
            for question in topic.questions:
                change = by_key.get(question.key)
                state = "" if change is None else "new" if change.before is None else "changed"
                faults = len(found.of_question(file, question.key))
                row = Row(question.key, question.text, state, faults)
                if not only or (only == "changed" and state) or (only == "faults" and faults):
                    rows.append(row)
            if rows or not only:
                topics.append({"topic": topic, "rows": rows, "faults": by_file[file]})
        sections.append({"section": section, "topics": topics})
    return {
        "sections": sections,
        "only": only,
        "changed": sum(1 for one in by_key.values() if one.after is not None),
        "gone": [one.key for one in by_key.values() if one.after is None],
        "faulty": sorted(by_file.items()),
        "history": history_of(db.session(), at.draft)[:5],
    }


@steward.post(f"{PATH}/put-away")
@door(WRITE, load=load_draft)
def put_draft_away(visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Take a draft out of the list; nothing of it goes."""
    put_away(db.session(), at.draft, by=visitor.actor, at=now())
    say(_("It is kept under “Put away”, and can be taken up again."), lead=_("The draft is put away."))
    return redirect(HOME, 303)


@steward.post(f"{PATH}/take-up")
@door(WRITE, load=load_draft)
def take_draft_up(visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Go on with a draft that was put away."""
    take_up(db.session(), at.draft, by=visitor.actor, at=now())
    say(_("It stands as it stood."), lead=_("The draft is taken up again."))
    return redirect(at.base, 303)


@steward.get(f"{PATH}/changes")
@door(WRITE, load=load_draft)
def draft_changes(_visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Show what differs from the version that stands, and what is not told yet."""
    return _changes(at)


def _changes(at: OnDraft, fault: str = "") -> str:
    return render_template(
        "steward/questionnaires/changes.html", at=at, diff=shown_diff(at.diff) if at.diff else None,
        problems=at.diff.problems if at.diff else (), fault=fault,
    )  # fmt: skip


@steward.post(f"{PATH}/publish")
@door(Action.STEWARD_QUESTIONNAIRE_PUBLISH, load=load_draft)
def publish_questionnaire(visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Publish the draft once the check is clean and every change is told."""
    version = at.version
    try:
        publish_draft(db.session(), at.draft, by=visitor.actor, at=now())
    except Refused as error:
        status = status_of(error)
        fault = next(iter(faults_of(error).values()))
        return _changes(OnDraft(db.session.get_one(QuestionnaireDraft, at.draft.id)), fault), status
    say(
        _("New assessments use it; those under way stay on theirs until their owner moves them."),
        lead=_("Version %(version)s is published.", version=version),
    )
    return redirect(HOME, 303)


@steward.get(f"{PATH}/history")
@door(WRITE, load=load_draft)
def draft_history(_visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Show who changed which file when; with ``?revision=`` what it said before and after."""
    session, steps = db.session(), history_of(db.session(), at.draft)
    chosen = next((one for one in steps if str(one.revision) == request.args.get("revision", "")), None)
    told = []
    for path in chosen.paths[:20] if chosen else ():
        before, after = told_of(session, at.draft, path, chosen.revision) if chosen else ("", "")
        told.append((path, _lines(before, after)))
    return render_template(
        "steward/questionnaires/history.html", at=at, steps=steps, chosen=chosen, told=told,
        undoable=any(step.undoes is None and not step.undone for step in steps),
    )  # fmt: skip


def _lines(before: str, after: str) -> list[Any]:
    """The lines that differ, each as marked words."""
    was, is_now = before.splitlines(), after.splitlines()
    gone = [line for line in was if line not in set(is_now)]
    new = [line for line in is_now if line not in set(was)]
    if len(gone) == len(new):
        return [marked(one.strip(), other.strip()) for one, other in zip(gone, new, strict=True)]
    return [marked(line.strip(), "") for line in gone] + [marked("", line.strip()) for line in new]


@steward.post(f"{PATH}/undo")
@door(WRITE, load=load_draft)
def undo_change(visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Take the last change back."""
    paths = undo_last(db.session(), at.draft, by=visitor.actor, at=now())
    say(", ".join(paths[:5]), lead=_("Taken back."))
    return redirect(f"{at.base}/history", 303)


@steward.get(f"{PATH}/pack.zip")
@door(WRITE, load=load_draft)
def take_draft(_visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Send the draft's files as one .zip, ready for a repository."""
    raw = packed(files_of(db.session(), at.draft), at.draft.slug)
    name = f"{at.draft.slug}-{at.version or 'draft'}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(raw, mimetype="application/zip", headers=headers)


@steward.post(f"{PATH}/files")
@door(WRITE, load=load_draft, files=True)
def bring_draft(visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Take files back in: a .zip replaces the whole pack, a .yaml its one file; the check follows."""
    session = db.session()
    before = files_of(session, at.draft)
    try:
        raw = _uploaded(LARGEST_PACK)
        sent = request.files["file"].filename or ""
        if sent.lower().endswith((".yaml", ".yml")):
            path = check_path(request.form.get("path", "").strip() or _path_of(sent, before))
            after = {**before, path: text_of(raw[: LARGEST_FILE + 1], path)}
        else:
            after = unpacked(raw)
        edit = edited(before, after)
        save_files(session, at.draft, edit, by=visitor.actor, at=now())
    except Refused as error:
        fault = faults_of(error, at="file")
        fresh = OnDraft(db.session.get_one(QuestionnaireDraft, at.draft.id))
        html = render_template(
            "steward/questionnaires/draft.html", at=fresh, errors=fault, **_overview(fresh)
        )
        return html, status_of(error)
    if edit:
        count = ngettext("One file changed.", "%(num)s files changed.", len(edit))
        say(count, lead=_("Taken in."))
    else:
        say(_("It says what the draft says."), lead=_("Nothing changed."), tone="calm")
    return redirect(at.base, 303)


def _path_of(sent: str, files: Mapping[str, str]) -> str:
    """Where a file of that name lies in the pack."""
    name = sent.replace("\\", "/").rpartition("/")[2]
    lies = [path for path in files if path.rpartition("/")[2] == name]
    if len(lies) != 1 or name == "section.yaml":
        raise Refused("Say which file of the pack this is.", "Write its path, such as lab/lab-3.yaml.",
                      places=("path",))  # fmt: skip
    return lies[0]


def _uploaded(limit: int) -> bytes:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Refused("Choose a file.", places=("file",))
    raw = sent.stream.read(limit + 1)
    if len(raw) > limit:
        abort(413)
    return raw

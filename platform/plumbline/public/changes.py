"""What changed between two published versions of the questionnaire, for everybody to read."""

from __future__ import annotations

from flask import abort, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from assessments.authoring.versions import version_of
from assessments.questionnaire.versions.changes import version_order
from assessments.questionnaire.versions.diff_text import diff_data
from assessments.rounds.moving import compared
from assessments.sheet.reading import questionnaire_of
from plumbline.extensions import db
from plumbline.guard import public
from plumbline.public import public_pages
from plumbline.public.shown import SLUG
from plumbline.shown_versions import shown_diff
from plumbline.transaction import SYSTEM_TENANT, enter


@public_pages.get("/questionnaire/changes/<before>/<after>")
@public("what changes from one version to the next is for everybody to read")
def changes(before: str, after: str) -> ResponseReturnValue:
    """Show what differs, the older version first; ``?as=json`` gives the same to programs."""
    if version_order(before) > version_order(after):
        return redirect(f"/questionnaire/changes/{after}/{before}", 302)
    session = db.session()
    enter(session, SYSTEM_TENANT)
    rows = [version_of(session, SLUG, version) for version in (before, after)]
    known = [row for row in rows if row is not None]
    if len(known) < len(rows):
        abort(404)
    one, other = (questionnaire_of(session, row.id)[0] for row in known)
    found = compared(one, other)
    if request.args.get("as") == "json":
        return jsonify(diff_data(found))
    return render_template(
        "public/changes.html", diff=shown_diff(found), since=known[0].published_at, on=known[-1].published_at
    )

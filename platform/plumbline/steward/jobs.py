"""Jobs that were given up: the admin has them run again, after what stopped them was mended."""

from __future__ import annotations

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from assessments.outbox import JobKind
from assessments.policy import Action
from assessments.sentences import N_
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.jobs.reruns import run_kind_again
from plumbline.rendering import say
from plumbline.steward import steward


@steward.post("/jobs/again")
@door(Action.STEWARD_JOB_RETRY)
def run_jobs_again(visitor: Visitor) -> ResponseReturnValue:
    """Run every given-up job of one kind again; a second press finds none and changes nothing."""
    try:
        kind = JobKind(request.form.get("kind", ""))
    except ValueError:
        abort(422, N_("There is no such kind of job."))
    again = run_kind_again(db.session(), kind, by=visitor.actor, at=now())
    say(ngettext("%(num)s job runs again.", "%(num)s jobs run again.", again))
    return redirect("/steward/", 303)

"""The supplier's own published result: the whole of it, what moved since, and its signed file."""

from __future__ import annotations

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from assessments.overviews.own_results import own_results, read_own
from assessments.policy import Action
from assessments.publishing.files import whole_file
from assessments.publishing.words import asked_under
from assessments.result import Result
from assessments.sharing.disclosure import DisclosureState
from assessments.sharing.given import Given, given_by
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.loading.own import load_own_result
from plumbline.reading_language import as_read
from plumbline.shown_result import asked_by_step, result_frame, step_frame
from plumbline.supplier import supplier
from plumbline.supplier.cards import base_url


@supplier.get("/results/<uuid:result_id>")
@door(Action.SUPPLIER_RESULT_READ, load=load_own_result)
def own_result(visitor: Visitor, result: Result) -> ResponseReturnValue:
    """Show every layer and topic of a result, who sees something of it, and how its file is checked."""
    readers = {
        one.buyer
        for one in given_by(db.session(), visitor.organization_id, at=now())
        if one.state is DisclosureState.ACTIVE and _names(one, result)
    }
    shown = read_own(db.session(), result)
    return render_template(
        "supplier/result.html",
        **result_frame(shown),
        **step_frame(shown, as_read(asked_under(db.session(), result)) if asked_by_step() else None),
        result=result,
        base=base_url(result.assessment_id),
        others=[
            one
            for one in own_results(db.session(), visitor.organization_id, result.assessment_id)
            if one.id != result.id
        ],
        readers=sorted(readers),
        at=now(),
    )


def _names(one: Given, result: Result) -> bool:
    later = one.later and one.site_id == result.site_id and result.published_at >= one.granted_at
    return one.result_id == result.id or later


@supplier.get("/results/<uuid:result_id>/file")
@door(Action.SUPPLIER_RESULT_READ, load=load_own_result)
def own_result_file(_visitor: Visitor, result: Result) -> ResponseReturnValue:
    """Send the whole as it was signed when published; its bytes never change."""
    response = Response(whole_file(result), mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="result-{result.id}.json"'
    return response

"""Published questionnaires: the list, and one version whole, as it was hashed."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from flask import Response
from pydantic import RootModel
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from assessments.assessment import QuestionnaireVersion
from assessments.policy import Action
from plumbline.api.operation import Call, Shape, operation
from plumbline.api.paging import PageQuery, page_in
from plumbline.extensions import db


class VersionOut(Shape):
    """A published version; it never changes, its SHA-256 stays."""

    slug: str
    version: str
    title: str
    sha256: str
    published_at: datetime


class VersionList(Shape):
    """Every published version, newest first."""

    items: list[VersionOut]
    next_cursor: uuid.UUID | None


class Content(RootModel[dict[str, Any]]):
    """Sections, topics, questions with their parts, rules, guides."""


@operation(
    "GET",
    "/questionnaires",
    Action.ACCOUNT_SELF_USE,
    summary="Published questionnaires",
    tag="questionnaires",
    query=PageQuery,
    returns=VersionList,
)
def questionnaires(call: Call) -> VersionList:
    """List the published versions."""
    names = list(VersionOut.model_fields)
    columns = [getattr(QuestionnaireVersion, name) for name in names]
    rows = db.session.execute(
        select(QuestionnaireVersion.id, *columns).order_by(
            QuestionnaireVersion.published_at.desc(), QuestionnaireVersion.slug
        )
    ).all()
    page, following = page_in(rows, call.query)
    items = [VersionOut(**{name: getattr(row, name) for name in names}) for row in page]
    return VersionList(items=items, next_cursor=following)


@operation(
    "GET",
    "/questionnaires/<slug>/versions/<version>",
    Action.ACCOUNT_SELF_USE,
    summary="One version, whole",
    tag="questionnaires",
    returns=Content,
)
def questionnaire_version(_call: Call, slug: str, version: str) -> Response:
    """Return the canonical JSON; its SHA-256 is the ETag."""
    row = db.session.execute(
        select(QuestionnaireVersion.content, QuestionnaireVersion.sha256).where(
            QuestionnaireVersion.slug == slug, QuestionnaireVersion.version == version
        )
    ).first()
    if row is None:
        raise NotFound
    response = Response(row.content, mimetype="application/json")
    response.headers["ETag"] = f'"{row.sha256}"'
    return response

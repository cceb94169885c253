"""The REST interface under /api/v1: same methods, same policy, same read models as the pages."""

from __future__ import annotations

from flask import Blueprint

api = Blueprint("api", __name__, url_prefix="/api/v1")

from plumbline.api import (  # noqa: E402  the views attach themselves
    action_work,
    actions,
    answers,
    asks,
    assessments,
    assignments,
    checking,
    disclosures,
    document,
    evidence,
    findings,
    me,
    members,
    organization,
    portfolio,
    questionnaires,
    requests,
    results,
    transitions,
    versions,
    waiting,
    workbook,
)

__all__ = [
    "action_work",
    "actions",
    "answers",
    "api",
    "asks",
    "assessments",
    "assignments",
    "checking",
    "disclosures",
    "document",
    "evidence",
    "findings",
    "me",
    "members",
    "organization",
    "portfolio",
    "questionnaires",
    "requests",
    "results",
    "transitions",
    "versions",
    "waiting",
    "workbook",
]

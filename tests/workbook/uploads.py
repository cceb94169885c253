"""Sending workbooks as the page does, and answering what it asks."""

from __future__ import annotations

import io
from typing import Any

from assessments.assessment import Assessment
from tests.conftest import Stack
from tests.support.page import Page, Visit


def base(assessment: Assessment) -> str:
    """Where the pages of that assessment lie."""
    return f"/supplier/assessments/{assessment.id}"


def downloaded(visit: Visit, assessment: Assessment, section: str = "OHS") -> bytes:
    """The workbook of a section as the page gives it, "" for all of them."""
    answer = visit.client.get(f"{base(assessment)}/workbook/file{f'?section={section}' if section else ''}")
    assert answer.status_code == 200
    raw: bytes = answer.data
    return raw


def upload(visit: Visit, assessment: Assessment, raw: bytes, name: str = "answers.xlsx") -> Page:
    """The page after the file was sent."""
    sent: dict[str, Any] = {"file": (io.BytesIO(raw), name)}
    return visit.post(f"{base(assessment)}/workbook", sent, content_type="multipart/form-data")


def fields_of(page: Page, identifier: str = "changes") -> dict[str, str]:
    """What the form of changes would send as it stands."""
    form = next(found for found in page.tree.iter("form") if found.get("id") == identifier)
    fields = {}
    for found in form.iter("input"):
        if found.get("type") not in {"checkbox", "radio"} or found.get("checked") is not None:
            fields[found.get("name", "")] = found.get("value", "")
    fields.pop("csrf_token")
    return fields


def take(visit: Visit, assessment: Assessment, page: Page, **choices: str) -> Page:
    """The page after the changes shown were taken over; ``choices`` as OHS_05="yes"."""
    fields = fields_of(page) | {f"take.{key.replace('_', '-')}": said for key, said in choices.items()}
    return visit.post(f"{base(assessment)}/workbook/changes", fields)


def saved(stack: Stack, visit: Visit, assessment: Assessment, key: str, parts: dict[str, Any]) -> None:
    """Save an answer through the interface, whatever stands."""
    path = f"/assessments/{assessment.id}/answers"
    rows = visit.api("GET", path).get_json()["answers"]
    etag = next(row["etag"] for row in rows if row["question"] == key)
    answer = visit.api("PUT", f"{path}/{key}", {"parts": parts}, If_Match=f'"{etag}"')
    assert answer.status_code == 200, answer.data

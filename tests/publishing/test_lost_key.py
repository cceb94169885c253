"""A signing key that is gone or broken: said as 503 with the remedy, and the case is as it was."""

from __future__ import annotations

import pytest

from assessments.assessment import Assessment, AssessmentState
from assessments.result import Result
from plumbline.signing import KeyPurpose, create_keys, private_file
from tests.conftest import Stack
from tests.support.acts import in_review, submitted


def state_of(stack: Stack, assessment: Assessment) -> AssessmentState:
    """Where the case is now."""
    stack.session.refresh(assessment)
    return assessment.state


@pytest.mark.parametrize("broken", [True, False], ids=["broken", "gone"])
def test_publishing_waits_for_the_key_and_loses_nothing(stack: Stack, broken: bool) -> None:
    assessment, cast, session = submitted(stack), stack.cast, stack.session
    in_review(stack, assessment)
    folder = stack.settings.key_folder
    create_keys(folder)
    file = private_file(folder, KeyPurpose.RESULT)
    kept = file.read_bytes()
    if broken:
        file.write_text("half of a key")
    else:
        file.unlink()
    session.commit()
    rene = stack.visit(cast.rene)
    address = f"/steward/reviews/{assessment.id}/publish"

    page = rene.post(address, {})
    assert page.status == 503
    assert "plumbline doctor" in page.text
    assert "Nothing was changed." in page.text
    told = rene.api("POST", f"/assessments/{assessment.id}/transitions", json={"to": "published"})
    assert told.status_code == 503
    problem = told.get_json()
    assert problem["type"] == "/problems/unavailable"
    assert told.headers["Retry-After"]
    for text in (page.text, told.text):
        assert str(folder) not in text
        assert "result.key" not in text
    ready = stack.visit(None).client.get("/readyz")
    assert ready.status_code == 503
    assert ready.get_json()["parts"]["keys"].startswith("the signing keys cannot be used")
    assert str(folder) not in ready.text

    assert state_of(stack, assessment) is AssessmentState.IN_REVIEW
    assert session.query(Result).count() == 0
    file.write_bytes(kept)
    file.chmod(0o600)
    assert rene.post(address, {}).status == 303
    assert state_of(stack, assessment) is AssessmentState.PUBLISHED

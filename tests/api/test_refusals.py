"""A refusal that names places says at each of them what to do: no message is empty."""

from __future__ import annotations

import io

import pytest

from assessments.questionnaire.pack.loading import load_pack
from assessments.sentences import N_
from assessments.workflow import Refused
from tests.conftest import Stack
from tests.support.assessing import opened
from tests.support.cast import NOW
from tests.support.programs import ask


def test_a_file_of_a_forbidden_kind_is_refused_in_words_at_its_place(stack: Stack) -> None:
    petr = stack.visit(stack.cast.petr)
    for name in ("run.exe", "notes.docx"):
        headers = {"Authorization": f"Bearer {petr.token}"}
        sent = petr.client.post("/api/v1/evidence", data={"file": (io.BytesIO(b"MZ"), name)}, headers=headers)
        assert sent.status_code == 415
        (error,) = sent.get_json()["errors"]
        assert error["place"] == "file"
        assert error["message"] == "Upload the document as PDF, PNG, JPEG, Excel (.xlsx) or CSV."


def test_each_open_question_says_what_it_needs(stack: Stack) -> None:
    jana = stack.visit(stack.cast.jana)
    assessment = opened(stack.session, stack.cast.smelter, by=stack.cast.jana.actor, at=NOW)
    stack.session.commit()
    body = {"to": "submitted", "agrees_to_public_statement": True}
    told = ask(jana, "POST", f"/assessments/{assessment.id}/transitions", body).must(409)
    said = {error["place"]: error["message"] for error in told["errors"]}
    assert len(said) > 20
    assert set(said) <= {question.key for question in load_pack().questions}
    assert set(said.values()) <= {
        "Answer it, or say why it has no answer.",
        "Fill in the parts that are still missing, or say why the question has no answer.",
    }


@pytest.mark.parametrize("place", ["reason", "evidence"])
def test_a_place_without_words_of_its_own_says_the_remedy_of_the_whole(place: str) -> None:
    bare = Refused("Nothing was kept.", places=(place,))
    told = Refused("Nothing was kept.", "Say why.", places=(place,))
    own = Refused("Nothing was kept.", "Say why.", places={place: N_("Write %(n)s words.", n=2)})
    assert [refused.said_at(place) for refused in (bare, told, own)] == [
        "Nothing was kept.", "Say why.", "Write 2 words.",
    ]  # fmt: skip
    assert own.places == (place,)

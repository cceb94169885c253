"""Answers by the interface: saved with revision, refused with both versions, lean."""

from __future__ import annotations

from typing import Any

import pytest

from assessments.assessment import Assessment
from tests.conftest import Stack
from tests.support.acts import plausible, submitted
from tests.support.assessing import opened
from tests.support.cast import NOW
from tests.support.page import Visit
from tests.support.programs import Told, ask
from tests.support.statements import as_a_server, counted


@pytest.fixture
def draft(stack: Stack) -> Assessment:
    return opened(stack.session, stack.cast.smelter, by=stack.cast.jana.actor, at=NOW)


def put(visit: Visit, assessment: Assessment, key: str, **more: Any) -> Told:
    if_match = more.pop("if_match", None)
    headers = {"If_Match": if_match} if if_match is not None else {}
    return ask(visit, "PUT", f"/assessments/{assessment.id}/answers/{key}", json=more, **headers)


def sheet(visit: Visit, assessment: Assessment) -> dict[str, dict[str, Any]]:
    answer = ask(visit, "GET", f"/assessments/{assessment.id}/answers")
    assert answer.status == 200, answer.json
    return {each["question"]: each for each in answer.json["answers"]}


def test_an_answer_is_saved_with_its_revision_and_progress(stack: Stack, draft: Assessment) -> None:
    petr = stack.visit(stack.cast.petr)
    key = next(key for key, each in sheet(petr, draft).items() if not each["parts"])
    first = put(petr, draft, key, state="not_known", note="after the summer")
    assert first.status == 200, first.json
    assert (first.json["revision"], first.json["state"]) == (1, "not_known")
    assert first.headers["ETag"] == f'"{first.json["etag"]}"' == '"1"'
    assert sum(each["settled"] for each in first.json["progress"].values()) > 0
    read = sheet(petr, draft)[key]
    assert (read["state"], read["note"], read["revision"]) == ("not_known", "after the summer", 1)


def test_overwriting_needs_the_version_seen(stack: Stack, draft: Assessment) -> None:
    petr = stack.visit(stack.cast.petr)
    key = next(key for key, each in sheet(petr, draft).items() if not each["parts"])
    put(petr, draft, key, state="not_known")
    unseen = put(petr, draft, key, state="withheld")
    assert unseen.status == 428
    assert '"1"' in unseen.json["detail"]
    again = put(petr, draft, key, state="withheld", if_match='"1"')
    assert (again.status, again.json["revision"]) == (200, 2)


def test_the_second_of_two_gets_both_versions(stack: Stack, draft: Assessment) -> None:
    petr, jana = stack.visit(stack.cast.petr), stack.visit(stack.cast.jana)
    key = next(key for key, each in sheet(petr, draft).items() if not each["parts"])
    put(petr, draft, key, state="not_known")
    assert put(petr, draft, key, state="withheld", if_match="1").status == 200
    late = put(jana, draft, key, state="not_applicable", reason="No such work here.", if_match="1")
    assert late.status == 412
    assert late.json["current"]["state"] == "withheld"
    assert (late.json["offered"]["state"], late.json["offered"]["reason"]) == (
        "not_applicable",
        "No such work here.",
    )
    assert sheet(jana, draft)[key]["state"] == "withheld"


def test_what_the_profile_holds_has_its_own_version(stack: Stack, draft: Assessment) -> None:
    petr = stack.visit(stack.cast.petr)
    bound = next(each for each in sheet(petr, draft).values() if "-" in each["etag"] and each["parts"])
    key = bound["question"]
    assert put(petr, draft, key, parts={}, if_match=str(bound["revision"])).status == 428
    wrong = f'"{bound["revision"]}-{"0" * 16}"'
    changed = put(petr, draft, key, state="withheld", if_match=wrong)
    assert changed.status == 412, changed.json
    assert put(petr, draft, key, state="withheld", if_match=f'"{bound["etag"]}"').status == 200


def test_rules_that_switch_say_why(stack: Stack, draft: Assessment) -> None:
    petr = stack.visit(stack.cast.petr)
    told: list[dict[str, str]] = []
    from assessments.sheet.reading import read_sheet

    for key, each in sheet(petr, draft).items():
        stack.session.rollback()
        now = read_sheet(stack.session, draft.id)
        if not now.applicability.asks(key):
            continue
        parts = plausible(now, now.questionnaire.question(key))
        saved = put(petr, draft, key, parts=parts, if_match=f'"{each["etag"]}"')
        assert saved.status in {200, 412, 428}, saved.json
        told += saved.json.get("now_applies", []) + saved.json.get("no_longer_applies", [])
        if told:
            break
    assert told
    assert all(each["reason"] for each in told)


def test_places_are_named_when_a_value_cannot_be_taken(stack: Stack, draft: Assessment) -> None:
    petr = stack.visit(stack.cast.petr)
    key = next(key for key, each in sheet(petr, draft).items() if not each["parts"])
    answer = put(petr, draft, key, parts={"no_such_part": 1})
    assert answer.status == 422
    assert answer.json["errors"][0]["place"].startswith(key)
    assert ask(petr, "PUT", f"/assessments/{draft.id}/answers/{key}", json={"stat": "x"}).status == 422
    unknown = put(petr, draft, "OHS-99", parts={})
    assert (unknown.status, "OHS-99" in unknown.json["detail"]) == (404, True)


def test_frozen_after_submission(stack: Stack) -> None:
    assessment = submitted(stack)
    petr = stack.visit(stack.cast.petr)
    key, each = next(iter(sheet(petr, assessment).items()))
    assert not each["writable"]
    assert put(petr, assessment, key, state="withheld", if_match=each["etag"]).status == 409


def test_who_may(stack: Stack, draft: Assessment) -> None:
    cast = stack.cast
    expected = {
        cast.petr: (200, 200), cast.jana: (200, 200), cast.rita: (404, 404), cast.anna: (404, 404),
        cast.lena: (404, 404), cast.otto: (404, 404), cast.sara: (404, 404), cast.rene: (404, 404),
        None: (401, 401),
    }  # fmt: skip
    key = next(key for key, each in sheet(stack.visit(cast.petr), draft).items() if not each["parts"])
    for who, statuses in expected.items():
        visit = stack.visit(who)
        read = ask(visit, "GET", f"/assessments/{draft.id}/answers").status
        saved = put(visit, draft, key, state="not_known", if_match="0").status
        assert (read, saved) == statuses, who


def test_a_save_is_a_fixed_number_of_statements(stack: Stack, draft: Assessment) -> None:
    petr = stack.visit(stack.cast.petr)
    free = [key for key, each in sheet(petr, draft).items() if not each["parts"]]
    put(petr, draft, free[0], state="not_known")  # the questionnaire is read once in a process
    for key in free[1:3]:
        with counted(stack.engine) as seen:
            assert as_a_server(put, petr, draft, key, state="not_known").status == 200
        # who asks, the sheet, the write; SQLite has no statement that writes several tables
        assert len(seen) == (3 if stack.is_postgresql else 6), seen
        with counted(stack.engine) as seen:
            assert as_a_server(put, petr, draft, key, state="withheld", if_match='"1"').status == 200
        # who says what they saw rests on the sheet that is remembered: the write proves that it stands
        assert len(seen) == (2 if stack.is_postgresql else 6), seen


def test_a_program_has_nothing_of_what_a_browser_keeps(stack: Stack, draft: Assessment) -> None:
    """Chosen on a page and kept in its cookie, a language is not the interface's, which sets no cookie."""
    petr = stack.visit(stack.cast.petr)
    address = f"/assessments/{draft.id}/answers"
    petr.get(f"/supplier/assessments/{draft.id}/sections/OHS?questions=de")
    for path in (address, f"{address}?questions=de", address):
        told = ask(petr, "GET", path)
        assert told.status == 200, told.json
        assert "Set-Cookie" not in told.headers
        german = "Wird gefragt" in told.json["answers"][0]["because"]
        assert german is ("questions=de" in path)


def test_reasons_follow_the_language_that_is_accepted(stack: Stack, draft: Assessment) -> None:
    petr = stack.visit(stack.cast.petr)
    address = f"/assessments/{draft.id}/answers"

    def reasons(language: str) -> set[str]:
        answer = ask(petr, "GET", address, Accept_Language=language)
        told = [each["because"] for each in answer.json["answers"]]
        told += [each["reason"] for each in answer.json["not_asked"]]
        return {" ".join(reason.split()[:2]) for reason in told}

    assert reasons("en") == {"Asked because", "Not asked"}
    assert reasons("de-AT,de;q=0.9") == {"Wird gefragt,", "Wird nicht"}
    assert reasons("nl") == {"Wordt gevraagd", "Wordt niet"}

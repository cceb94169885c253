"""Jobs that were given up run again, by command and by the desk's button; audited, by whom it may be."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from assessments.audit.events import AuditEvent, EventKind
from assessments.outbox import JobKind, JobState, OutboxJob, later
from assessments.parties import SYSTEM, Role
from assessments.workflow import Refused, WrongActor, WrongState
from plumbline.cli import cli
from plumbline.jobs import claims, reruns
from plumbline.jobs.desk import now
from tests.conftest import Stack
from tests.support.cast import NOW
from tests.support.desks import Place


def given_up(place: Place, kind: JobKind = JobKind.LAPSE_REQUEST) -> str:
    """A job whose last try failed for good."""
    asked = place.ask(kind)
    with place.desk.sessions() as session:
        at = now(session) + timedelta(seconds=1)
        claimed = claims.claim(session, "gone", at=at, kinds=list(JobKind), job_id=uuid.UUID(asked))
        assert claimed is not None
        claims.mark_failed(session, claimed, "Refused: mailbox unknown", at=at, hopeless=True)
    return asked


def trail(place: Place) -> list[tuple[str, str]]:
    with place.desk.reading() as session:
        found = select(AuditEvent).where(AuditEvent.kind == EventKind.JOB_RUN_AGAIN).order_by(AuditEvent.seq)
        return [(str(one.subject_id), one.actor_function) for one in session.scalars(found)]


def test_one_job_runs_again_once(place: Place) -> None:
    dead, waiting = given_up(place), place.ask(JobKind.LAPSE_REQUEST)
    with place.desk.sessions() as session:
        assert reruns.run_again(session, uuid.UUID(dead), by=SYSTEM, at=now(session)) is JobKind.LAPSE_REQUEST
    job = place.jobs()[dead]
    assert (job.state, job.attempts) == (JobState.WAITING, 0)
    for other in (dead, waiting):
        with pytest.raises(WrongState, match="waiting, not given up"), place.desk.sessions() as session:
            reruns.run_again(session, uuid.UUID(other), by=SYSTEM, at=now(session))
    with pytest.raises(Refused, match="no such job"), place.desk.sessions() as session:
        reruns.run_again(session, uuid.uuid4(), by=SYSTEM, at=now(session))
    assert trail(place) == [(dead, SYSTEM.role.function)]


def test_the_command_lists_and_runs_again(place: Place) -> None:
    letter, lapse = given_up(place, JobKind.SEND_LETTER), given_up(place)

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner(env=place.environment).invoke(cli, ["jobs", *arguments])
        return done.exit_code, done.output

    code, said = run("list")
    assert code == 0
    assert f"{letter} send_letter" in said
    assert "1 tries: Refused: mailbox unknown" in said
    assert said.endswith("0 due and waiting, 0 at work, 2 given up.\n")
    assert run("retry", letter) == (0, f"send_letter {letter} runs again.\n")
    assert run("retry", "--kind", "lapse_request") == (0, "1 of lapse_request run again.\n")
    assert {job.state for job in place.jobs().values()} == {JobState.WAITING}
    assert [one for one, _by in trail(place)] == [letter, lapse]
    for arguments, wanted in (
        ((letter,), "waiting, not given up"), (("x",), "is not an id"), ((), "name one JOB"),
        ((str(uuid.uuid4()),), "no such job"),
    ):  # fmt: skip
        code, said = run("retry", *arguments)
        assert code == 2
        assert wanted in said


def test_the_desk_has_a_button_for_the_admin_alone(stack: Stack) -> None:
    session, cast = stack.session, stack.cast
    for kind in (JobKind.SEND_LETTER, JobKind.SEND_LETTER, JobKind.SCAN_EVIDENCE):
        job = later(session, kind, {}, at=NOW)
        job.state, job.attempts, job.last_error = JobState.DEAD, 56, "somebody@example.org is unknown"
    session.commit()

    page = stack.visit(cast.sara).get("/steward/").html
    assert page.count('action="/steward/jobs/again"') == 2
    assert "somebody@example.org" not in page, "what a job carries and says is not for the desk"
    assert 'action="/steward/jobs/again"' not in stack.visit(cast.rene).get("/steward/").html
    assert stack.visit(cast.rene).post("/steward/jobs/again", {"kind": "send_letter"}).status == 403
    assert stack.visit(cast.jana).post("/steward/jobs/again", {"kind": "send_letter"}).status == 404
    assert stack.visit(cast.sara).post("/steward/jobs/again", {"kind": "everything"}).status == 422

    sara = stack.visit(cast.sara)
    assert sara.post("/steward/jobs/again", {"kind": "send_letter"}).location == "/steward/"
    assert "2 jobs run again." in sara.get("/steward/").text
    session.expire_all()
    states = {job.kind: job.state for job in session.scalars(select(OutboxJob))}
    assert states == {JobKind.SEND_LETTER: JobState.WAITING, JobKind.SCAN_EVIDENCE: JobState.DEAD}
    told = session.scalars(select(AuditEvent).where(AuditEvent.kind == EventKind.JOB_RUN_AGAIN)).all()
    assert [one.actor_id for one in told] == [cast.sara.person_id] * 2
    with pytest.raises(WrongActor):
        reruns.run_kind_again(session, JobKind.SEND_LETTER, by=cast.rene.actor, at=NOW)
    assert Role.STEWARD_ADMIN in reruns.MAY

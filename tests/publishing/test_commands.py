"""``plumbline questionnaire`` and ``plumbline audit verify``: what they store, say and refuse."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from assessments.assessment import QuestionnaireVersion
from assessments.audit.events import AuditEvent, EventKind
from assessments.audit.sealing import seal
from assessments.authoring.versions import newest_version, publish_version, version_of
from assessments.parties import SYSTEM
from assessments.questionnaire.versions.published import sealed
from assessments.workflow import Refused
from plumbline.cli import cli
from plumbline.signing import KeyPurpose, create_keys, signing_key
from tests.conftest import Stack, environment
from tests.support.assessing import standard

NOW = datetime.now(UTC)


def run(stack: Stack, *arguments: str) -> Result:
    """The command as typed, on the stack's own database."""
    stack.session.commit()
    var = Path(stack.settings.database_url.removeprefix("sqlite:///")).parent
    return CliRunner(env=environment(var)).invoke(cli, list(arguments))


def test_a_version_is_stored_once_whole_and_never_replaced(stack: Stack) -> None:
    pack = standard()
    first = publish_version(stack.session, pack, by=SYSTEM, at=NOW)
    again = publish_version(stack.session, pack, by=SYSTEM, at=NOW)
    stack.session.commit()
    assert first is again
    assert first.sha256 == pack.digest
    with pytest.raises(Refused, match="other content"):
        publish_version(stack.session, sealed(replace(pack, title="Something else")), by=SYSTEM, at=NOW)
    other = sealed(replace(pack, version="1.1"))
    publish_version(stack.session, other, by=SYSTEM, at=datetime.now(UTC))
    stack.session.commit()
    newest = newest_version(stack.session)
    assert newest is not None
    assert newest.version == "1.1"
    assert version_of(stack.session, "standard", "1.0") is first
    kinds = stack.session.scalars(
        select(AuditEvent.kind).where(AuditEvent.kind == EventKind.QUESTIONNAIRE_PUBLISHED)
    ).all()
    assert len(kinds) == 2


def test_publishing_by_command_twice_stores_one(embedded: Stack) -> None:
    for _time in range(2):
        done = run(embedded, "questionnaire", "publish")
        assert done.exit_code == 0, done.output
    assert [row.version for row in embedded.session.scalars(select(QuestionnaireVersion))] == ["1.0"]


def test_a_pack_with_a_fault_is_named_and_not_published(embedded: Stack, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "pack.yaml").write_text("slug: bad\n")
    for command in ("check", "publish", "preview", "coverage"):
        done = run(embedded, "questionnaire", command, str(tmp_path / "bad"))
        assert done.exit_code == 2, (command, done.output)
        assert "pack.yaml" in done.output
        done = run(embedded, "questionnaire", command, str(tmp_path / "absent"))
        assert done.exit_code == 2
        assert len(done.output.strip().splitlines()) == 1
    assert embedded.session.scalars(select(QuestionnaireVersion)).all() == []


def test_what_a_pack_asks_and_covers(embedded: Stack) -> None:
    checked = run(embedded, "questionnaire", "check")
    assert standard().digest in checked.output
    seen = run(embedded, "questionnaire", "preview")
    assert seen.exit_code == 0
    name = seen.output.splitlines()[0].split(": ")[0]
    one = run(embedded, "questionnaire", "preview", "--profile", name)
    assert "PRO-01" in one.output
    assert "not asked." in one.output
    assert run(embedded, "questionnaire", "preview", "--profile", "nobody").exit_code == 2
    covered = run(embedded, "questionnaire", "coverage")
    assert " of " in covered.output.splitlines()[0]


def test_the_trail_is_verified_and_a_change_is_named(embedded: Stack) -> None:
    folder = embedded.settings.key_folder
    create_keys(folder)
    publish_version(embedded.session, standard(), by=SYSTEM, at=NOW)
    embedded.session.commit()
    made = seal(embedded.session, signing_key(folder, KeyPurpose.SEAL), at=NOW)
    assert made is not None
    anchor = f"{made.number}:{made.hash}"
    done = run(embedded, "audit", "verify", "--anchor", anchor)
    assert done.exit_code == 0, done.output
    assert anchor in done.output
    with sqlite3.connect(embedded.settings.database_url.removeprefix("sqlite:///")) as file:
        file.execute("DROP TRIGGER audit_event_no_update")
        file.execute("UPDATE audit_event SET actor_function = 'somebody'")
    done = run(embedded, "audit", "verify", "--anchor", anchor)
    assert done.exit_code == 1
    assert f"first at seal {made.number}" in done.output
    assert run(embedded, "audit", "verify", "--anchor", "nonsense").exit_code == 2

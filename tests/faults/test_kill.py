"""``kill -9`` of server and worker in the middle of saves and jobs loses no acknowledged answer and no job.

Ten rounds each on each stack (DESIGN.md 4.1, 4.7); ``KILL_ROUNDS=50`` asks for more. The clients' ledger
stays in the test's folder; a violation prints its place and the seed.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Set
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from assessments.audit.events import AuditSeal
from plumbline.documents import open_store
from plumbline.identity.visitor import create_token, start_session
from plumbline.signing import create_keys
from plumbline.transaction import SYSTEM_TENANT, tenant_session
from tests.conftest import environment
from tests.faults.checker import check, look
from tests.faults.clients import Clients
from tests.faults.ledger import Outcome
from tests.faults.rig import ROUNDS, Rig, audit_verified, migrated
from tests.faults.world import prepared
from tests.support import processes, servers
from tests.support.desks import Place, make_place
from tests.support.real_servers import RUN, S3, Clamd, Cluster, Redis, Smtp, present

SEED = 20260131
pytestmark = pytest.mark.timeout(900)  # about a minute each on two idle cores


def hunt(place: Place, folder: Path, letters: Callable[[], Set[str]]) -> None:
    """Run a campaign on this stack and hold its end against the ledger."""
    create_keys(place.settings.key_folder)
    at = datetime.now(UTC)
    with tenant_session(place.engine, SYSTEM_TENANT) as session:
        world = prepared(session)
        rig = Rig(place, folder, str(world.assessment_id), seed=SEED)
        people = (world.cast.jana, world.cast.petr, world.cast.petr)
        tokens = tuple(create_token(session, p.membership_id, "kill", ["*"], days=1, at=at) for p in people)
        petr = world.cast.petr
        cookie = start_session(session, petr.person_id, petr.membership_id, hours=12, at=at)
        session.commit()
    clients = Clients(rig.ledger, rig.port, rig.assessment_id, world.questions, tokens, cookie)

    rig.campaign(clients)

    assert rig.killed == {"server": ROUNDS, "worker": ROUNDS}
    assert "Every seal and row holds." in audit_verified(place.environment), f"seed {SEED}"
    with place.desk.reading() as session:
        assert session.scalar(select(func.count()).select_from(AuditSeal)), "nothing was sealed meanwhile"
        violations = check(rig.ledger, look(session, open_store(place.settings), letters()))
    assert violations == [], f"seed {SEED}, ledger {rig.ledger.file}"
    assert rig.ledger.of("save", Outcome.UNKNOWN), "no save was cut off: the kills missed the work"
    assert rig.caught, "no job was cut off: the kills missed the work"
    assert rig.ledger.of("upload", Outcome.ACKNOWLEDGED), "no document was uploaded"


def test_embedded_nothing_is_lost(tmp_path: Path, migrated_file: Path, clamd: Clamd) -> None:
    shutil.copy(migrated_file, tmp_path / "plumbline.sqlite")
    place = make_place(environment(tmp_path, PLUMBLINE_CLAMD_URL=clamd.url))
    hunt(place, tmp_path, lambda: {file.stem for file in (tmp_path / "letters").glob("*.eml")})
    place.engine.dispose()


@pytest.fixture(scope="module")
def durable_cluster(pytestconfig: pytest.Config) -> Cluster:
    """A PostgreSQL that writes to the disk before it says so, as in production; the others' does not."""
    changed = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
    run = pytestconfig.stash[RUN]
    note = present(
        lambda: processes.started(
            run, "postgres-durable", lambda folder: servers.start_postgres(folder, changed=changed)
        )
    )
    return Cluster(run, note["port"], note["version"])


def test_production_nothing_is_lost(
    tmp_path: Path, durable_cluster: Cluster, redis_server: Redis, s3: S3, clamd: Clamd, smtp: Smtp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    database = durable_cluster.empty("plumbline_kill")
    migrated(database.environment)
    told = environment(
        tmp_path, **database.environment, **s3.environment, PLUMBLINE_REDIS_URL=redis_server.url,
        PLUMBLINE_CLAMD_URL=clamd.url, PLUMBLINE_MAIL_URL=smtp.url,
    )  # fmt: skip
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, told[name])
    place = make_place(told)
    hunt(place, tmp_path, lambda: {str(one["Message-ID"])[1:].split("@")[0] for one in smtp.letters})
    place.engine.dispose()
    durable_cluster.drop(database.name)

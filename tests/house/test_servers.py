"""The real servers of the tests answer as themselves, and none of them outlives its run."""

from __future__ import annotations

import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
import urllib.request
from email.message import EmailMessage
from pathlib import Path

import psycopg
import pytest
import redis

from tests.support import processes
from tests.support.real_servers import S3, Chromium, Clamd, Postgres, Redis, Smtp
from tests.support.servers import harmless_malware


def test_postgres_has_the_roles_of_production(empty_postgres: Postgres) -> None:
    with psycopg.connect(empty_postgres.superuser_dsn) as talk:
        roles = talk.execute(
            "SELECT rolname, rolcanlogin, rolbypassrls, rolsuper FROM pg_roles"
            " WHERE rolname LIKE 'plumbline%'"
        ).fetchall()
        owner = talk.execute(
            "SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()"
        )
        assert owner.fetchall() == [("plumbline_owner",)]
    assert sorted(roles) == [
        ("plumbline_app", True, False, False),
        ("plumbline_migrate", True, True, False),
        ("plumbline_owner", False, False, False),
    ]


def test_the_migration_role_may_act_as_the_owner_and_the_application_may_not(
    empty_postgres: Postgres,
) -> None:
    with psycopg.connect(empty_postgres.migrate_url.replace("+psycopg", "")) as talk:
        talk.execute("SET ROLE plumbline_owner")
        talk.execute("CREATE TABLE probe (id int)")
    with psycopg.connect(empty_postgres.app_url.replace("+psycopg", "")) as talk:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            talk.execute("CREATE TABLE another (id int)")
        talk.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            talk.execute("SET ROLE plumbline_owner")


def test_redis_is_this_workers_own(redis_server: Redis) -> None:
    with redis.Redis.from_url(redis_server.url) as talk:
        assert talk.dbsize() == 0
        assert str(talk.info("server")["redis_version"]) >= "6"


def _fetch(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def _signed(s3: S3, key: str, expires: int) -> str:
    import boto3
    from botocore.config import Config

    client = boto3.client(
        "s3",
        endpoint_url=s3.endpoint,
        region_name="us-east-1",
        aws_access_key_id=s3.access_key,
        aws_secret_access_key=s3.secret_key,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    client.put_object(Bucket=s3.bucket, Key=key, Body=b"evidence")
    return str(client.generate_presigned_url("get_object", {"Bucket": s3.bucket, "Key": key}, expires))


def test_both_s3_servers_keep_and_give_back(any_s3: S3) -> None:
    assert _fetch(_signed(any_s3, "kept", 60)) == 200


def test_the_strict_s3_server_refuses_what_expired_or_was_tampered_with(strict_s3: S3) -> None:
    url = _signed(strict_s3, "strict", 1)
    assert _fetch(url[:-4] + "0000") == 403
    time.sleep(2.1)
    assert _fetch(url) == 403


def test_clamd_finds_the_test_file_and_nothing_else(clamd: Clamd) -> None:
    def verdict(content: bytes) -> bytes:
        with socket.create_connection((clamd.host, clamd.port), timeout=30) as talk:
            talk.sendall(b"zINSTREAM\0" + len(content).to_bytes(4) + content + bytes(4))
            return talk.recv(4096)

    assert verdict(harmless_malware()) == b"stream: Plumbline.Test.Eicar.UNOFFICIAL FOUND\0"
    assert verdict(b"an audit report") == b"stream: OK\0"


def test_the_mail_server_keeps_letters_and_can_turn_them_down(smtp: Smtp) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "a@example.org", "b@example.org", "Übersicht"
    letter.set_content("text")
    with smtplib.SMTP(smtp.host, smtp.port) as talk:
        talk.send_message(letter)
        smtp.refusing = "451 later"
        with pytest.raises(smtplib.SMTPDataError):
            talk.send_message(letter)
    assert [kept["Subject"] for kept in smtp.letters] == ["Übersicht"]


def test_the_browser_starts(chromium: Chromium, tmp_path: Path) -> None:
    page = subprocess.run(
        [chromium.executable, *chromium.flags, "--headless", f"--user-data-dir={tmp_path}", "--dump-dom",
         "data:text/html,<p>here</p>"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert "<p>here</p>" in page.stdout


RUN_AND_WAIT = """
import sys, time
from tests.support import processes, servers
run, watchman = processes.open_run()
note = processes.started(run, "redis", servers.start_redis)
print(run, note["pid"], flush=True)
{then}
"""


def _gone(pid: int, run: Path) -> bool:
    until = time.monotonic() + 15
    while time.monotonic() < until:
        if processes.has_ended(pid) and not run.exists():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.usefixtures("redis_server")  # only where Redis can be had at all
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_server_outlives_a_run_that_was_cut_off(sign: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RUN_AND_WAIT.format(then="time.sleep(60)")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as run_process:
        assert run_process.stdout
        run, pid = run_process.stdout.readline().split()
        os.kill(int(pid), 0)
        run_process.send_signal(sign)
    assert _gone(int(pid), Path(run))


@pytest.mark.usefixtures("redis_server")
def test_no_server_outlives_a_run_that_ended_well() -> None:
    said = subprocess.run(
        [sys.executable, "-c", RUN_AND_WAIT.format(then="processes.close_run(run, watchman)")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert _gone(int(said[1]), Path(said[0]))


def test_a_missing_program_is_named_with_what_installs_it() -> None:
    with pytest.raises(processes.Missing, match="apt-get install some-package"):
        processes.program("no-such-program-anywhere", "some-package")


def test_a_server_that_cannot_start_says_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(processes.Stuck, match="port is taken, sadly"):
        processes.launch(["sh", "-c", "echo port is taken, sadly; exit 3"], tmp_path, lambda: False)

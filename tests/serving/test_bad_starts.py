"""What an operator gets wrong is one clear line with its remedy and exit code 2, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from plumbline.commands.keys import prepare_keys
from plumbline.settings import BadSettings, from_environment
from plumbline.signing import KeyPurpose, create_keys, signing_key
from tests.conftest import environment
from tests.support import processes
from tests.support.desks import Place, sqlite_place


def run(told: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of ``plumbline``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLUMBLINE_")}
    ran = subprocess.run(
        [sys.executable, "-m", "plumbline.cli", *arguments],
        env=kept | told, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    return ran.returncode, ran.stdout, ran.stderr


def one_line(told: dict[str, str], *arguments: str) -> str:
    """The one line with which this is refused."""
    code, _out, said = run(told, *arguments)
    assert code == 2, said
    assert said.count("\n") == 1, said
    assert said.startswith("plumbline: ")
    return said


def port_of_nobody() -> str:
    return str(processes.free_port())


def test_a_database_that_was_never_made(tmp_path: Path) -> None:
    told = environment(tmp_path)
    for arguments in (
        ("serve", "--port", port_of_nobody()), ("worker",), ("demo",), ("jobs", "list"), ("audit", "verify"),
        ("org", "create", "X", "--country", "DEU", "--kind", "buyer"), ("questionnaire", "publish"),
    ):  # fmt: skip
        assert "run: plumbline db upgrade" in one_line(told, *arguments), arguments
    assert not (tmp_path / "plumbline.sqlite").exists()
    assert not (tmp_path / "keys").exists()


def test_a_database_of_an_older_version(tmp_path: Path) -> None:
    told = environment(tmp_path)
    assert run(told, "db", "upgrade", "--revision", "0001")[0] == 0
    for arguments in (("serve", "--port", port_of_nobody()), ("worker",), ("jobs", "list")):
        line = one_line(told, *arguments)
        assert "the database is at 0001" in line
        assert "run: plumbline db upgrade" in line


def test_a_database_that_is_away(tmp_path: Path) -> None:
    nobody = f"postgresql://plumbline_app@127.0.0.1:{port_of_nobody()}/plumbline"
    told = environment(tmp_path, PLUMBLINE_DATABASE_URL=nobody)
    assert "database: does not answer" in one_line(told, "serve", "--port", port_of_nobody())
    assert "database: does not answer" in one_line(told, "jobs", "list")


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "plumbline.sqlite").write_text("not a database, but something that somebody needs")
    line = one_line(environment(tmp_path), "serve", "--port", port_of_nobody())
    assert "file is not a database" in line
    assert (tmp_path / "plumbline.sqlite").read_text().startswith("not a database")


def test_a_port_that_is_taken(tmp_path: Path, migrated_file: Path) -> None:
    shutil.copy(migrated_file, tmp_path / "plumbline.sqlite")
    with socket.socket() as other:
        other.bind(("127.0.0.1", processes.free_port()))
        other.listen()
        port = other.getsockname()[1]
        line = one_line(environment(tmp_path), "serve", "--port", str(port))
    assert f"port {port} on 127.0.0.1 cannot be used (Address already in use)" in line
    assert f"PORT={port + 1}" in line


NONSENSE = {
    "TRUSTED_HOPS": ("many", "a whole number from 0 to 5"),
    "CLAMD_URL": ("tcp://host:x", "its port is not a number"),
    "SECRET_KEY": ("short", "give at least 32 random ones"),
    "EVIDENCE_URL": ("file:relative", "file:///FOLDER"),
    "DATABASE_URL": ("sqlite:///", "names no file"),
    "MIGRATION_URL": ("postgresql://u@h:port/x", "its port is not a number"),
    "REDIS_URL": ("redis://h:99999", "its port is not a number"),
    "MAIL_URL": ("smtp://h:x", "its port is not a number"),
    "PUBLIC_URL": ("https://h:0", "its port is not a number"),
    "LOG_LEVEL": ("loud", "write one of"),
    "VAR": (__file__, "is a file; name a folder"),
    "PORT": ("80", "no setting has this name"),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_a_setting_that_makes_no_sense_is_named_with_what_to_write(tmp_path: Path, name: str) -> None:
    value, wanted = NONSENSE[name]
    with pytest.raises(BadSettings) as refused:
        from_environment(environment(tmp_path, **{f"PLUMBLINE_{name}": value}))
    fault = next(fault for fault in refused.value.faults if fault.startswith(f"PLUMBLINE_{name}:"))
    assert wanted in fault


def test_nonsense_is_a_line_each_at_the_command_line(tmp_path: Path) -> None:
    told = environment(tmp_path, PLUMBLINE_TRUSTED_HOPS="many", PLUMBLINE_LOG_LEVEL="loud")
    code, _out, said = run(told, "serve")
    assert code == 2
    assert [line.split(":")[1].strip() for line in said.splitlines()] == [
        "PLUMBLINE_TRUSTED_HOPS", "PLUMBLINE_LOG_LEVEL",
    ]  # fmt: skip


def test_folders_that_cannot_be_used(tmp_path: Path, migrated_file: Path) -> None:
    shutil.copy(migrated_file, tmp_path / "plumbline.sqlite")
    told = environment(tmp_path)
    port = port_of_nobody()
    (tmp_path / "blocked").touch()
    blocked = str(tmp_path / "blocked" / "inside")
    said = one_line(told | {"PLUMBLINE_KEY_FOLDER": blocked}, "serve", "--port", port)
    assert "Set PLUMBLINE_KEY_FOLDER to one that this process may write to" in said
    said = one_line(told | {"PROMETHEUS_MULTIPROC_DIR": blocked}, "serve", "--port", port)
    assert "set PROMETHEUS_MULTIPROC_DIR" in said
    code, told_of, _said = run(told | {"PLUMBLINE_EVIDENCE_URL": f"file://{blocked}"}, "doctor")
    assert code == 1
    assert "the evidence store cannot be used" in told_of


def test_keys_of_a_new_installation_are_made_and_lost_ones_are_not_replaced(
    tmp_path: Path, migrated_file: Path
) -> None:
    place: Place = sqlite_place(tmp_path, migrated_file)
    folder = place.settings.key_folder
    prepare_keys(place.settings)
    first = signing_key(folder, KeyPurpose.SEAL).key_id
    prepare_keys(place.settings)
    assert signing_key(folder, KeyPurpose.SEAL).key_id == first

    place.tamper(
        "INSERT INTO audit_seal (number, era, lower, upper, first_seq, count, root, members, previous, hash, "
        "signature, key_id, sealed_at) VALUES (1, 1, 0, 1, 0, 0, '', '', '', '', x'', 'f00', '2026-01-01')"
    )
    shutil.move(folder, tmp_path / "elsewhere")
    line = one_line(place.environment, "serve", "--port", port_of_nobody())
    assert "put the folder back from its backup" in line
    assert "plumbline keys create" in line
    assert not folder.exists()

    # Who says so gets new ones, and is told from then on that the old half is not here.
    assert run(place.environment, "keys", "create")[0] == 0
    assert (
        "the audit trail was sealed with a key that is not known here" in run(place.environment, "doctor")[1]
    )
    place.engine.dispose()


def test_a_key_that_others_can_read_or_that_is_none(tmp_path: Path, migrated_file: Path) -> None:
    shutil.copy(migrated_file, tmp_path / "plumbline.sqlite")
    told = environment(tmp_path)
    folder = from_environment(told).key_folder
    create_keys(folder)
    assert run(told, "keys", "list")[1].count("signs\n") == 2
    (folder / "seal.key").chmod(0o644)
    assert "chmod 600" in one_line(told, "serve", "--port", port_of_nobody())
    (folder / "seal.key").write_text("no key")
    (folder / "seal.key").chmod(0o600)
    for arguments in (
        ("serve", "--port", port_of_nobody()),
        ("worker",),
        ("keys", "create"),
        ("keys", "list"),
    ):
        assert "holds no private key" in one_line(told, *arguments)
    assert "seal.key holds no private key" in run(told, "doctor")[1]

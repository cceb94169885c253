"""The figures are the operator's: they count what nobody else may know."""

from __future__ import annotations

import pathlib
import shutil

import pytest

from plumbline.app import create_app
from plumbline.settings import BadSettings, from_environment
from tests.conftest import Stack, environment

TOKEN = "figures-for-the-operator-0123456789"
AWAY = {"REMOTE_ADDR": "203.0.113.9"}


def test_without_a_token_only_this_machine_reads_the_figures(embedded: Stack) -> None:
    client = embedded.visit().client
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "::1"}).status_code == 200
    assert client.get("/metrics", environ_base=AWAY).status_code == 404
    for name in ("X-Forwarded-For", "Forwarded", "Via"):
        assert client.get("/metrics", headers={name: "203.0.113.9"}).status_code == 404, name


def test_with_a_token_whoever_shows_it_reads_the_figures(
    tmp_path: pathlib.Path, migrated_file: pathlib.Path
) -> None:
    shutil.copy(migrated_file, tmp_path / "plumbline.sqlite")
    told = environment(tmp_path, PLUMBLINE_METRICS_TOKEN=TOKEN, PLUMBLINE_TRUSTED_HOPS="1")
    client = create_app(from_environment(told)).test_client()
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}x"}).status_code == 404
    shown = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, environ_base=AWAY)
    assert shown.status_code == 200


def test_behind_a_proxy_without_a_token_nobody_reads_them(tmp_path: pathlib.Path) -> None:
    client = create_app(from_environment(environment(tmp_path, PLUMBLINE_TRUSTED_HOPS="1"))).test_client()
    assert client.get("/metrics").status_code == 404


def test_a_short_token_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadSettings, match="METRICS_TOKEN"):
        from_environment(environment(tmp_path, PLUMBLINE_METRICS_TOKEN="short"))

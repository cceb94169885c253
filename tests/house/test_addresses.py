"""Addresses: none is made ready before it is written, and each is written as Werkzeug writes it."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import IntegerConverter, Map, PathConverter, Rule, UUIDConverter

from plumbline import addresses
from plumbline.app import create_app
from plumbline.settings import from_environment
from tests.conftest import environment


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An application in a process that has written no address yet."""
    monkeypatch.setattr(addresses, "_MADE", {})
    return create_app(from_environment(environment(tmp_path)))


def test_making_an_application_makes_no_writer(app: Flask) -> None:
    assert addresses._MADE == {}
    with app.test_request_context():
        app.url_for("account.sign_in")
        app.url_for("account.sign_in")
    assert len(addresses._MADE) == 1


def test_each_address_is_written_as_werkzeug_writes_it(app: Flask) -> None:
    theirs = Map(
        [Rule(one.rule, endpoint=one.endpoint, methods=one.methods) for one in app.url_map.iter_rules()],
        converters=app.url_map.converters,
    )
    ours, plain = app.url_map.bind("sever.example"), theirs.bind("sever.example")
    written = 0
    for rule in app.url_map.iter_rules():
        values: dict[str, object] = {"self": "a b", "rule": "ä&ö"}  # what an address does not name: its query
        for name, converter in rule._converters.items():
            if isinstance(converter, UUIDConverter):
                values[name] = uuid.UUID(int=7)
            elif isinstance(converter, IntegerConverter):
                values[name] = 12
            else:
                values[name] = "a/ü" if isinstance(converter, PathConverter) else "ü-1"
        method = min(rule.methods or {"GET"})
        for unknown in (True, False):
            asked = (rule.endpoint, values, method, False, unknown)
            assert ours.build(*asked) == plain.build(*asked)
            written += 1
    assert written > 400

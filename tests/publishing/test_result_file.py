"""Result files: what holds, what does not, and what ``plumbline result verify`` says of each."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.publishing.files import projection_file, verify_file, whole_file
from assessments.result import NotAuthentic, envelope
from plumbline.cli import cli
from plumbline.signing import KeyPurpose, SigningKey, create_keys, key_id_of, well_known
from tests.support.acts import KEYS, SIGNER, disclosed
from tests.support.buyers import read
from tests.support.cast import NOW
from tests.support.worlds import Finished

CONTENT = {
    "format": "plumbline-result-content/1",
    "label": None,
    "result": {"id": "01", "number": 1},
    "topics": [{"topic": "OHS.1", "verified": 2}],
}


def file_of(content: dict[str, Any] | None = None) -> dict[str, Any]:
    return envelope(content or CONTENT, SIGNER)


def encoded(sealed: dict[str, Any]) -> bytes:
    return json.dumps(sealed).encode()


def test_the_suppliers_file_holds(finished: Finished) -> None:
    result = finished.result
    found = verify_file(whole_file(result), KEYS)
    assert (found.whole, found.result_id, found.sha256) == (True, str(result.id), result.sha256)


def test_a_buyers_file_holds_names_the_result_and_says_only_what_is_shared(finished: Finished) -> None:
    disclosed(finished, finished.result, without=frozenset({"OHS.2"}))
    seen = read(finished, finished.cast.anna, finished.result.assessment_id)
    assert seen is not None
    data = projection_file(seen, SIGNER, at=NOW)
    found = verify_file(data, KEYS)
    assert (found.whole, found.result_id) == (False, str(finished.result.id))
    assert found.content["result"]["sha256"] == finished.result.sha256
    assert b"OHS.2" not in data
    assert b'"answers"' not in data
    assert {part["topic"] for part in found.content["profile"]} == set(seen.profile)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda f: f["content"]["topics"][0].update(verified=4), "was changed"),
        (lambda f: f.update(sha256="0" * 64), "was changed"),
        (lambda f: f.update(signature=base64.b64encode(bytes(64)).decode()), "signature does not hold"),
        (lambda f: f.update(signature="not base64!"), "signature does not hold"),
        (lambda f: f.update(key_id="0" * 16), "not among those given"),
        (lambda f: f.update(public_key="MCowBQYDK2VwAyEA"), "no signature covers: public_key"),
        (lambda f: f.pop("signature"), "cut short: signature"),
        (lambda f: f.update(format="plumbline-result/2"), "format is not"),
        (lambda f: f.update(content=[1]), "other types"),
        (lambda f: f["content"].update(more=1.5), "what no result holds"),
    ],
)
def test_what_was_changed_is_said(change: Any, says: str) -> None:
    sealed = json.loads(encoded(file_of()))
    change(sealed)
    with pytest.raises(NotAuthentic, match=says):
        verify_file(encoded(sealed), KEYS)


def test_a_file_is_never_held_for_signed_by_a_key_of_its_own() -> None:
    private = Ed25519PrivateKey.generate()
    forger = SigningKey(KeyPurpose.RESULT, key_id_of(private.public_key()), private)
    for claimed in (forger.key_id, SIGNER.key_id):
        forged = {**envelope(CONTENT, forger), "key_id": claimed}
        with pytest.raises(NotAuthentic):
            verify_file(encoded(forged), KEYS)
    assert verify_file(encoded(envelope(CONTENT, forger)), {forger.key_id: private.public_key()})


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[]", b"null", b"[" * 100_000, b'{"format": NaN}'])
def test_what_is_no_result_file_is_said_in_a_sentence(data: bytes) -> None:
    with pytest.raises(NotAuthentic):
        verify_file(data, KEYS)


def nested(deep: int) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for _step in range(deep):
        told = {"x": told}
    return told


SIGNED_ODDLY = [
    {**CONTENT, "format": {}}, {**CONTENT, "format": ["plumbline-result-content/1"]}, {"result": {"id": "1"}},
    {"format": CONTENT["format"]}, {**CONTENT, "result": []}, {**CONTENT, "result": {"id": 1}},
    {**CONTENT, "result": {}},
]  # fmt: skip


@pytest.mark.parametrize("content", SIGNED_ODDLY, ids=range(len(SIGNED_ODDLY)))
def test_something_odd_that_was_signed_is_said_in_a_sentence(content: dict[str, Any]) -> None:
    with pytest.raises(NotAuthentic, match="no result"):
        verify_file(encoded(file_of(content)), KEYS)


def test_what_is_nested_beyond_reading_is_said_in_one_line(tmp_path: Path, keys_file: Path) -> None:
    sealed = {**file_of(), "content": nested(900)}
    with pytest.raises(NotAuthentic):
        verify_file(encoded(sealed), KEYS)
    file = tmp_path / "result.json"
    for data in (encoded(sealed), b"[" * 100_000, b'{"format": ' + b"9" * 5000 + b"}"):
        file.write_bytes(data)
        done = CliRunner().invoke(cli, ["result", "verify", str(file), "--keys", str(keys_file)])
        assert done.exit_code == 2, done.output
        assert len(done.output.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "data", [b"[" * 100_000, b"9" * 5000, b'{"keys": [1]}', b'{"keys": {"a": []}}', b"\xff"]
)
def test_odd_keys_are_said_in_one_line(tmp_path: Path, data: bytes) -> None:
    file, keys = tmp_path / "result.json", tmp_path / "odd.json"
    file.write_bytes(encoded(file_of()))
    keys.write_bytes(data)
    done = CliRunner().invoke(cli, ["result", "verify", str(file), "--keys", str(keys)])
    assert done.exit_code == 2, done.output
    assert len(done.output.strip().splitlines()) == 1


def test_a_name_that_stands_twice_is_refused() -> None:
    told = encoded(file_of()).decode()
    twice = told.replace('"number": 1', '"number": 2, "number": 1')
    assert twice != told
    with pytest.raises(NotAuthentic, match="twice"):
        verify_file(twice.encode(), KEYS)


def test_something_else_that_was_signed_is_no_result() -> None:
    with pytest.raises(NotAuthentic, match="no result"):
        verify_file(encoded(file_of({"format": "a seal", "result": {"id": "1"}})), KEYS)


@settings(max_examples=300)
@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_any_changed_bit_is_noticed_or_says_the_same(place: int, bit: int) -> None:
    data = bytearray(encoded(file_of()))
    data[place % len(data)] ^= 1 << bit
    try:
        found = verify_file(bytes(data), KEYS)
    except NotAuthentic:
        return
    assert found.content == CONTENT


# ---------------------------------------------------------------------- the command


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    """The public keys as the platform serves them."""
    folder = tmp_path / "keys"
    create_keys(folder)
    document = well_known(folder)
    raw = SIGNER.public.public_bytes_raw()
    document["keys"].append(
        {
            "kty": "OKP", "crv": "Ed25519", "kid": SIGNER.key_id, "purpose": "result",
            "x": base64.urlsafe_b64encode(raw).rstrip(b"=").decode(),
        }
    )  # fmt: skip
    file = tmp_path / "keys.json"
    file.write_text(json.dumps(document))
    return file


def test_the_command_checks_offline_with_keys_from_elsewhere(tmp_path: Path, keys_file: Path) -> None:
    file = tmp_path / "result.json"
    file.write_bytes(encoded(file_of()))
    done = CliRunner().invoke(cli, ["result", "verify", str(file), "--keys", str(keys_file)])
    assert done.exit_code == 0, done.output
    assert "Digest and signature hold: the result 01" in done.output
    sealed = file_of()
    sealed["content"] = {**CONTENT, "label": "x"}
    file.write_bytes(encoded(sealed))
    done = CliRunner().invoke(cli, ["result", "verify", str(file), "--keys", str(keys_file)])
    assert done.exit_code == 1
    assert "was changed" in done.output


def test_the_command_says_in_one_line_what_it_cannot_read(tmp_path: Path, keys_file: Path) -> None:
    nothing = tmp_path / "nothing.json"
    nothing.write_text("{}")
    for arguments in (
        [str(tmp_path / "absent"), "--keys", str(keys_file)],
        [str(nothing), "--keys", str(tmp_path / "absent")],
        [str(nothing), "--keys", str(nothing)],
        [str(tmp_path), "--keys", str(keys_file)],
    ):
        done = CliRunner().invoke(cli, ["result", "verify", *arguments])
        assert done.exit_code == 2, (arguments, done.output)
        assert len(done.output.strip().splitlines()) == 1


def test_a_seal_key_is_no_result_key(tmp_path: Path, keys_file: Path) -> None:
    document = json.loads(keys_file.read_text())
    for entry in document["keys"]:
        entry["purpose"] = "seal"
    keys_file.write_text(json.dumps(document))
    file = tmp_path / "result.json"
    file.write_bytes(encoded(file_of()))
    done = CliRunner().invoke(cli, ["result", "verify", str(file), "--keys", str(keys_file)])
    assert done.exit_code == 2
    assert "no public result key" in done.output

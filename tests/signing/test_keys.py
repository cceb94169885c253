"""The two signing keys: made once, whole, readable by their owner alone, public halves kept."""

from __future__ import annotations

import hashlib
import stat
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from plumbline.signing import (
    KeyPurpose,
    KeyTrouble,
    create_keys,
    is_signed,
    keys_from_well_known,
    public_keys,
    replace_key,
    signing_key,
    well_known,
)


def test_keys_are_made_once_and_apart(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    made = create_keys(folder)
    assert [key.purpose for key in made] == list(KeyPurpose)
    assert create_keys(folder) == []
    result, seal = (signing_key(folder, purpose) for purpose in KeyPurpose)
    assert result.key_id != seal.key_id
    assert [result.key_id, seal.key_id] == [key.key_id for key in made]


def test_private_halves_are_their_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    create_keys(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for purpose in KeyPurpose:
        assert stat.S_IMODE((folder / f"{purpose}.key").stat().st_mode) == 0o600
    assert not list(folder.glob(".*")), "no draft is left behind"


def test_the_key_id_is_that_of_the_raw_public_key(tmp_path: Path) -> None:
    create_keys(tmp_path)
    key = signing_key(tmp_path, KeyPurpose.RESULT)
    raw = key.public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    assert key.key_id == hashlib.sha256(raw).hexdigest()[:16]
    assert key.key_id in repr(key)


def test_a_signature_holds_for_its_key_and_its_message(tmp_path: Path) -> None:
    create_keys(tmp_path)
    result, seal = (signing_key(tmp_path, purpose) for purpose in KeyPurpose)
    signature = result.sign(b"message")
    assert len(signature) == 64
    assert is_signed(result.public, signature, b"message")
    assert not is_signed(result.public, signature, b"massage")
    assert not is_signed(seal.public, signature, b"message")


def test_two_starts_at_once_end_with_the_same_keys(tmp_path: Path) -> None:
    threads = [threading.Thread(target=create_keys, args=(tmp_path,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for purpose in KeyPurpose:
        assert list(public_keys(tmp_path, purpose)) == [signing_key(tmp_path, purpose).key_id]


def test_a_start_that_was_cut_off_is_mended(tmp_path: Path) -> None:
    create_keys(tmp_path)
    key = signing_key(tmp_path, KeyPurpose.SEAL)
    (tmp_path / f"seal-{key.key_id}.pub").unlink()
    create_keys(tmp_path)
    assert list(public_keys(tmp_path, KeyPurpose.SEAL)) == [key.key_id]


def test_a_replaced_keys_public_half_stays(tmp_path: Path) -> None:
    create_keys(tmp_path)
    old = signing_key(tmp_path, KeyPurpose.SEAL)
    new = replace_key(tmp_path, KeyPurpose.SEAL)
    assert signing_key(tmp_path, KeyPurpose.SEAL).key_id == new.key_id != old.key_id
    assert set(public_keys(tmp_path, KeyPurpose.SEAL)) == {old.key_id, new.key_id}
    assert stat.S_IMODE((tmp_path / "seal.key").stat().st_mode) == 0o600


def test_public_halves_travel_as_a_key_set(tmp_path: Path) -> None:
    create_keys(tmp_path)
    document = well_known(tmp_path)
    assert {(entry["kty"], entry["crv"]) for entry in document["keys"]} == {("OKP", "Ed25519")}
    assert not any("d" in entry for entry in document["keys"]), "d is the private half"
    key = signing_key(tmp_path, KeyPurpose.RESULT)
    read = keys_from_well_known(document, KeyPurpose.RESULT)
    assert list(read) == [key.key_id]
    assert is_signed(read[key.key_id], key.sign(b"x"), b"x")


SHORT = {"purpose": "result", "kty": "OKP", "crv": "Ed25519", "x": "AA"}


@pytest.mark.parametrize("document", [{}, {"keys": [{}]}, {"keys": 3}, {"keys": [SHORT]}])
def test_a_document_that_is_no_key_set_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(KeyTrouble, match="not a list of public keys"):
        keys_from_well_known(document, KeyPurpose.RESULT)


def test_a_missing_key_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(KeyTrouble, match="plumbline keys create"):
        signing_key(tmp_path, KeyPurpose.SEAL)


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    create_keys(tmp_path)
    (tmp_path / "seal.key").chmod(0o640)
    with pytest.raises(KeyTrouble, match=r"can be read by others.*chmod 600"):
        signing_key(tmp_path, KeyPurpose.SEAL)


@pytest.mark.parametrize("content", [b"", b"not a key"])
def test_a_broken_key_is_named(tmp_path: Path, content: bytes) -> None:
    create_keys(tmp_path)
    (tmp_path / "seal.key").write_bytes(content)
    with pytest.raises(KeyTrouble, match=r"seal\.key holds no private key"):
        signing_key(tmp_path, KeyPurpose.SEAL)


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    create_keys(tmp_path)
    other = generate_private_key(SECP256R1())
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "seal.key").write_bytes(pem)
    with pytest.raises(KeyTrouble, match="another kind than Ed25519"):
        signing_key(tmp_path, KeyPurpose.SEAL)
    public = other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "seal-0000000000000000.pub").write_bytes(public)
    with pytest.raises(KeyTrouble, match="another kind than Ed25519"):
        public_keys(tmp_path, KeyPurpose.SEAL)

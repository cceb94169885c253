"""Signing keys (Ed25519) in ``PLUMBLINE_KEY_FOLDER``: one for results, one for seals, never shared.

``<purpose>.key`` is the private half (PKCS 8, readable by its owner alone); ``<purpose>-<key id>.pub`` are
the public halves of every key ever used, so that what an older key signed can still be checked.
"""

from __future__ import annotations

import base64
import contextlib
import enum
import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)


class KeyPurpose(enum.StrEnum):
    """What a key signs; a signature of one purpose is worth nothing for the other."""

    RESULT = "result"
    SEAL = "seal"


class KeyTrouble(Exception):
    """A key cannot be used; ``message`` says what is wrong with which file, ``remedy`` what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(f"{message} {remedy}")
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True)
class SigningKey:
    """A private key with its id. Satisfies ``assessments.audit.sealing.SealKey``."""

    purpose: KeyPurpose
    key_id: str
    private: Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"SigningKey({self.purpose.value}, {self.key_id})"

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature over ``message`` (RFC 8032)."""
        return self.private.sign(message)

    @property
    def public(self) -> Ed25519PublicKey:
        """The public half."""
        return self.private.public_key()


def key_id_of(public: Ed25519PublicKey) -> str:
    """Return the first 16 hex digits of SHA-256 over the 32 raw bytes of the public key."""
    return hashlib.sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def create_keys(folder: Path) -> list[SigningKey]:
    """Make the keys that are not there yet and return those made; existing ones are left alone.

    Files appear whole or not at all, and two processes starting at once end with the same keys. Raises
    KeyTrouble when the folder cannot be written to, or holds a key that cannot be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return [key for key in (_create(folder, purpose) for purpose in KeyPurpose) if key is not None]
    except OSError as error:
        raise KeyTrouble(
            f"The key folder {folder} cannot be used: {error.strerror}.",
            "Set PLUMBLINE_KEY_FOLDER to one that this process may write to, on a disk with room.",
        ) from error


def private_file(folder: Path, purpose: KeyPurpose) -> Path:
    """Where the private key of ``purpose`` lies."""
    return folder / f"{purpose}.key"


def signing_key(folder: Path, purpose: KeyPurpose) -> SigningKey:
    """Return the private key of ``purpose``. Raises KeyTrouble: missing, readable by others, or no key."""
    file = private_file(folder, purpose)
    try:
        mode = file.stat().st_mode
        text = file.read_bytes()
    except FileNotFoundError:
        raise KeyTrouble(f"There is no key in {file}.", "Make it with: plumbline keys create.") from None
    except OSError as error:
        raise KeyTrouble(
            f"{file} cannot be read: {error.strerror}.", "Give this process access to it."
        ) from error
    if mode & 0o077:
        raise KeyTrouble(f"{file} can be read by others.", f"Close it with: chmod 600 '{file}'.")
    try:
        private = load_pem_private_key(text, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyTrouble(f"{file} holds no private key.", "Put the key back from its backup.") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyTrouble(f"{file} holds a key of another kind than Ed25519.", "Put the right key back.")
    return SigningKey(purpose, key_id_of(private.public_key()), private)


def public_keys(folder: Path, purpose: KeyPurpose) -> dict[str, Ed25519PublicKey]:
    """Return the public halves of every key of ``purpose`` this folder ever had, by key id.

    The id is computed from the key, never taken from the file's name. Raises KeyTrouble on a broken file.
    """
    found: dict[str, Ed25519PublicKey] = {}
    for file in sorted(folder.glob(f"{purpose}-*.pub")):
        try:
            public = load_pem_public_key(file.read_bytes())
        except (ValueError, UnsupportedAlgorithm, OSError) as error:
            raise KeyTrouble(f"{file} holds no public key.", "Put the file back or remove it.") from error
        if not isinstance(public, Ed25519PublicKey):
            raise KeyTrouble(f"{file} holds a key of another kind than Ed25519.", "Remove the file.")
        found[key_id_of(public)] = public
    return found


def replace_key(folder: Path, purpose: KeyPurpose) -> SigningKey:
    """Make a new key in place of the present one, whose public half stays; return the new one."""
    private = Ed25519PrivateKey.generate()
    _publish(folder, purpose, private.public_key())
    _write_whole(private_file(folder, purpose), _private_pem(private), mode=0o600, replace=True)
    return SigningKey(purpose, key_id_of(private.public_key()), private)


def well_known(folder: Path) -> dict[str, Any]:
    """Return the public halves as a JSON Web Key Set (RFC 7517, 8037), each with its ``purpose``.

    For ``/.well-known/plumbline-keys.json``.
    """
    return {
        "keys": [
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "use": "sig",
                "alg": "EdDSA",
                "kid": key_id,
                "purpose": purpose.value,
                "x": _base64url(public.public_bytes(Encoding.Raw, PublicFormat.Raw)),
            }
            for purpose in KeyPurpose
            for key_id, public in public_keys(folder, purpose).items()
        ]
    }


def keys_from_well_known(document: dict[str, Any], purpose: KeyPurpose) -> dict[str, Ed25519PublicKey]:
    """Read such a document back, for a check offline. Raises KeyTrouble when it is not one."""
    found: dict[str, Ed25519PublicKey] = {}
    try:
        for entry in document["keys"]:
            if entry["purpose"] == purpose and (entry["kty"], entry["crv"]) == ("OKP", "Ed25519"):
                padded = entry["x"] + "=" * (-len(entry["x"]) % 4)
                public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(padded))
                found[key_id_of(public)] = public
    except (KeyError, TypeError, ValueError) as error:
        raise KeyTrouble(
            "This is not a list of public keys.", "Fetch it again from /.well-known/."
        ) from error
    return found


def is_signed(public: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether ``signature`` over ``message`` was made with the private half of ``public``."""
    try:
        public.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _create(folder: Path, purpose: KeyPurpose) -> SigningKey | None:
    file = private_file(folder, purpose)
    made = None
    if not file.exists():
        private = Ed25519PrivateKey.generate()
        if _write_whole(file, _private_pem(private), mode=0o600, replace=False):
            made = SigningKey(purpose, key_id_of(private.public_key()), private)
    # The public half is written from what is there: a start that was cut off in between is mended here.
    _publish(folder, purpose, signing_key(folder, purpose).public)
    return made


def _publish(folder: Path, purpose: KeyPurpose, public: Ed25519PublicKey) -> None:
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _write_whole(folder / f"{purpose}-{key_id_of(public)}.pub", pem, mode=0o644, replace=True)


def _private_pem(private: Ed25519PrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write_whole(file: Path, content: bytes, *, mode: int, replace: bool) -> bool:
    """Write a file durably, whole or not at all; False when it is there and may not be replaced."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        if replace:
            draft.replace(file)
        else:
            try:
                os.link(draft, file)
            except FileExistsError:
                return False
    finally:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

"""Result files: the supplier's signed whole, a buyer's signed projection, and their check without a network.

A file says which key signed it and never carries one: whoever could change the file could change that, too.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from assessments.canonical import NotCanonical, canonical_json, digest
from assessments.publishing.content import FORMAT as WHOLE
from assessments.result import SEALED_FIELDS, NoResultFile, NotAuthentic, Result, Signer, envelope
from assessments.sharing.reading import SharedAssessment
from assessments.sheet.snapshot import instant
from assessments.workflow import WrongState

PROJECTION = "plumbline-projection/1"
ENVELOPE = "plumbline-result/1"
LARGEST_FILE = 64 * 1024 * 1024
"""Bytes; a result of the longest questionnaire has well under one megabyte."""


@dataclass(frozen=True)
class Verified:
    """A file whose digest and signature hold under a key that the reader brought along.

    ``whole``: the supplier's file; otherwise a buyer's projection, which names the result it was taken from.
    """

    whole: bool
    content: Mapping[str, Any]
    sha256: str
    key_id: str

    @property
    def result_id(self) -> str:
        """The id of the result."""
        return str(self.content["result"]["id"])


def whole_file(result: Result) -> bytes:
    """Return the supplier's own file: the stored bytes in their envelope, as signed when published."""
    sealed = {
        "format": ENVELOPE,
        "content": json.loads(result.content),
        "sha256": result.sha256,
        "key_id": result.key_id,
        "signature": result.signature,
    }
    return canonical_json(sealed)


def projection_file(shared: SharedAssessment, signer: Signer, *, at: datetime) -> bytes:
    """Return a buyer's file: what it may see now, signed on its own, naming result id and digest.

    Raises WrongState where no result is shared yet.
    """
    if shared.result_id is None:
        raise WrongState("No result has been published yet.", "Come back when one is.")
    content = {
        "format": PROJECTION,
        "result": {
            "id": str(shared.result_id),
            "number": shared.result_number,
            "assessment_id": str(shared.assessment_id),
            "sha256": shared.result_sha256,
        },
        "taken_at": instant(at),
        "shared_until": instant(shared.shared_until),
        "supplier": {"name": shared.supplier_name},
        "site": {"name": shared.site_name, "country": shared.country},
        "cycle": shared.cycle_label,
        "status": shared.status,
        **{
            layer: list(getattr(shared, layer).values())
            for layer in ("profile", "findings", "plan", "answers", "commercial")
            if getattr(shared, layer)
        },
        "evidence": [
            {"version_id": str(version.version_id), "file_name": version.file_name, "sha256": version.sha256}
            for version in shared.evidence
        ],
    }
    return canonical_json(envelope(content, signer))


def verify_file(data: bytes, keys: Mapping[str, Ed25519PublicKey]) -> Verified:
    """Check a result file against public keys by id that came from elsewhere. Needs no network, no database.

    Raises NotAuthentic saying which check does not hold and what to do, its NoResultFile where there is
    nothing to check.
    """
    sealed = _read(data)
    content, key_id = sealed["content"], sealed["key_id"]
    try:
        message, found = canonical_json(content), digest(content)
    except (NotCanonical, RecursionError) as error:
        raise NoResultFile(f"The content holds what no result holds: {error}.") from error
    if found != sealed["sha256"]:
        raise NotAuthentic(
            f"The content was changed: its SHA-256 is {found[:16]}…, the file says {sealed['sha256'][:16]}…."
        )
    key = keys.get(key_id)
    if key is None:
        raise NotAuthentic(
            f"It names the key {key_id[:32]!r}, which is not among those given. Take the public keys from "
            "the platform's own address, /.well-known/plumbline-keys.json, never from the file's sender."
        )
    try:
        signature = base64.b64decode(sealed["signature"], validate=True)
        key.verify(signature, message)
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise NotAuthentic(f"The signature does not hold under key {key_id}.") from error
    kind = content.get("format")
    if not isinstance(kind, str) or kind not in {WHOLE, PROJECTION}:
        raise NoResultFile(f"It is signed, but it is no result: its format is {str(kind)[:80]!r}.")
    named = content.get("result")
    if not isinstance(named, dict) or not isinstance(named.get("id"), str):
        raise NoResultFile("It is signed, but it is no result: it names none.")
    return Verified(kind == WHOLE, content, found, key_id)


def _read(data: bytes) -> dict[str, Any]:
    if len(data) > LARGEST_FILE:
        raise NoResultFile("It is larger than any result file.")
    try:
        sealed = json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise NoResultFile(f"It cannot be read as a result file: {error}.") from error
    if not isinstance(sealed, dict) or sealed.get("format") != ENVELOPE:
        raise NoResultFile(f"Its format is not {ENVELOPE}.")
    # A field that no signature covers could say anything, a key of its own above all.
    if odd := sorted(set(sealed) - {"format", *SEALED_FIELDS}):
        raise NotAuthentic(f"It has fields that no signature covers: {', '.join(odd)[:80]}.")
    if missing := sorted({*SEALED_FIELDS} - set(sealed)):
        raise NotAuthentic(f"It is cut short: {', '.join(missing)} is missing.")
    if not isinstance(sealed["content"], dict) or not all(
        isinstance(sealed[name], str) for name in SEALED_FIELDS if name != "content"
    ):
        raise NoResultFile("Its fields have other types than those of a result file.")
    return sealed


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that stands twice: two readers would see two different results under one signature."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of a result")

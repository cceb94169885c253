"""What the link of an invitation carries: which one, sealed with the installation's secret."""

from __future__ import annotations

import hashlib
import hmac
import uuid


def invitation_token(secret_key: str, membership_id: uuid.UUID) -> str:
    """Return what a letter's link shows to prove that its reader got the letter."""
    return f"{membership_id.hex}.{_seal(secret_key, membership_id)}"


def invited_by(secret_key: str, token: str) -> uuid.UUID | None:
    """Return the membership that a token of ours names; None for any other text."""
    name, _, seal = token.partition(".")
    try:
        membership_id = uuid.UUID(hex=name)
    except ValueError:
        return None
    right = hmac.compare_digest(seal.encode(), _seal(secret_key, membership_id).encode())
    return membership_id if right else None


def _seal(secret_key: str, membership_id: uuid.UUID) -> str:
    return hmac.new(secret_key.encode(), b"invitation\0" + membership_id.bytes, hashlib.sha256).hexdigest()

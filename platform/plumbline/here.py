"""What the running application was told: its settings, and the key that it signs results with."""

from __future__ import annotations

from flask import current_app

from plumbline.settings import Settings
from plumbline.signing import KeyPurpose, SigningKey, signing_key


def settings_here() -> Settings:
    """The settings that this application was made with."""
    told: Settings = current_app.extensions["plumbline"]
    return told


def result_signer() -> SigningKey:
    """The key that signs results. Raises KeyTrouble when it cannot be read."""
    return signing_key(settings_here().key_folder, KeyPurpose.RESULT)

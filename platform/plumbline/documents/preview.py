"""Looking at an image in a page: a smaller, freshly encoded JPEG without a byte of the original's.

Metadata (place, device, owner) stays behind with the original; so does anything hidden in it. The decoding
runs in a confined child like the proof (security-reliability R50, R51).
"""

from __future__ import annotations

from typing import BinaryIO

from assessments.evidence.documents import EvidenceRefused
from plumbline.documents import confined
from plumbline.documents.proof.limits import PICTURE

LONGEST_EDGE = 1600
"""Pixels."""

PREVIEWED = frozenset({"image/png", "image/jpeg"})
PREVIEW_TYPE = "image/jpeg"


class NoPreview(EvidenceRefused):
    """The image cannot be shown in the page; the original is there to be downloaded."""

    code = "no_preview"


def preview(file: BinaryIO) -> bytes:
    """Return a JPEG of at most LONGEST_EDGE pixels a side of a stored PNG or JPEG, upright, on white.

    ``file`` is real (``Store.local``). Raises NoPreview when it takes more than is allowed.
    """
    try:
        return confined.run("plumbline.documents.proof.picture", str(LONGEST_EDGE), file, PICTURE)
    except confined.OverLimit as error:
        raise NoPreview(
            "This image cannot be shown here.", "Download the original to look at it on your own device."
        ) from error

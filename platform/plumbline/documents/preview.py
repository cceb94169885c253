"""Looking at an image in a page: a smaller, freshly encoded JPEG without a byte of the original's.

Metadata (place, device, owner) stays behind with the original; so does anything hidden in it. The decoding
runs in a confined child like the proof (security-reliability R50, R51).
"""

from __future__ import annotations

import io
import sys
from typing import BinaryIO

from PIL import Image, ImageOps

from plumbline.documents import confined
from plumbline.documents.proof.limits import MIB, MOST_PIXELS
from plumbline.documents.store import StoreFault

LONGEST_EDGE = 1600
"""Pixels."""

PREVIEWED = frozenset({"image/png", "image/jpeg"})
PREVIEW_TYPE = "image/jpeg"
# The whole raster of the largest image, in four bytes a pixel, and a copy of it being converted.
LIMITS = confined.Limits(memory=768 * MIB, cpu_seconds=20, seconds=30.0, output=4 * MIB)


class NoPreview(StoreFault):
    """The image cannot be shown in the page; the original is there to be downloaded."""


def preview(file: BinaryIO) -> bytes:
    """Return a JPEG of at most LONGEST_EDGE pixels a side of a released PNG or JPEG, upright, on white.

    ``file`` is real (``Store.local``). Raises NoPreview when it takes more than is allowed.
    """
    try:
        made = confined.run(__name__, str(LONGEST_EDGE), file, LIMITS)
    except confined.OverLimit as error:
        raise NoPreview(
            "This image cannot be shown here.", "Download the original to look at it on your own device."
        ) from error
    if not made.startswith(b"\xff\xd8\xff"):
        raise NoPreview("This image cannot be shown here.", "Download the original to look at it.")
    return made


def encoded(file: BinaryIO, longest_edge: int) -> bytes:
    """Decode, turn upright, shrink, lay on white, encode: what the child does."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with Image.open(file, formats=("PNG", "JPEG", "MPO")) as image:
        image.draft("RGB", (longest_edge, longest_edge))
        image.thumbnail((longest_edge, longest_edge))
        upright = ImageOps.exif_transpose(image).convert("RGBA")
    ground = Image.new("RGB", upright.size, "white")
    ground.paste(upright, mask=upright.getchannel("A"))
    out = io.BytesIO()
    ground.save(out, "JPEG", quality=82)
    return out.getvalue()


def main() -> None:
    """Write the preview of standard input to standard output."""
    file = confined.confine(LIMITS)
    sys.stdout.buffer.write(encoded(file, int(sys.argv[1])))


if __name__ == "__main__":
    main()

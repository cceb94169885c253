"""The child process that makes the preview of an image: ``preview`` in the parent says what it promises."""

from __future__ import annotations

import io
import sys
from typing import BinaryIO

from PIL import Image, ImageOps

from plumbline.documents.confined import confine
from plumbline.documents.proof.limits import MOST_PIXELS, PICTURE


def encoded(file: BinaryIO, longest_edge: int) -> bytes:
    """Decode, shrink, turn upright, lay on white, encode."""
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
    file = confine(PICTURE)
    sys.stdout.buffer.write(encoded(file, int(sys.argv[1])))


if __name__ == "__main__":
    main()

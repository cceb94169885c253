"""JPEG: the segments to the end of the image, decoded whole; after it nothing but what cameras append."""

from __future__ import annotations

import os
from typing import BinaryIO

from PIL import Image

from plumbline.documents.proof import Reason, Unfit, last_bytes, refuse_second_nature
from plumbline.documents.proof.limits import MOST_PIXELS

STEP = 1024 * 1024
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9


def prove(file: BinaryIO) -> None:
    """Return when ``file`` is one whole JPEG."""
    if file.read(3) != b"\xff\xd8\xff":
        raise Unfit(Reason.NOT_WHAT_IT_SAYS)
    refuse_second_nature(file)
    end = _end_of_image(file)
    _refuse_appended(file, end)
    file.seek(0)
    try:
        # "MPO" is what Pillow calls a JPEG followed by further views of the same scene.
        with Image.open(file, formats=("JPEG", "MPO")) as image:
            # An eighth of the size: every coefficient is decoded, the raster stays small.
            image.draft("RGB", (max(1, image.width // 8), max(1, image.height // 8)))
            image.load()
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # a parser meets broken input in any way at all
        raise Unfit(Reason.CUT_OFF if "truncated" in str(error) else Reason.BROKEN) from error


def _end_of_image(file: BinaryIO) -> int:
    """Walk the segments; return the position after the end-of-image marker."""
    file.seek(2)
    framed = False
    while True:
        marker = _marker(file)
        if marker == END_OF_IMAGE:
            if not framed:
                raise Unfit(Reason.BROKEN)
            return file.tell()
        if marker in STANDALONE:
            continue
        raw = file.read(2)
        length = int.from_bytes(raw, "big")
        if len(raw) < 2:
            raise Unfit(Reason.CUT_OFF)
        if length < 2:
            raise Unfit(Reason.BROKEN)
        body = file.read(length - 2)
        if len(body) < length - 2:
            raise Unfit(Reason.CUT_OFF)
        if marker in FRAMES:
            framed = True
            if len(body) < 5:
                raise Unfit(Reason.BROKEN)
            if int.from_bytes(body[1:3], "big") * int.from_bytes(body[3:5], "big") > MOST_PIXELS:
                raise Unfit(Reason.TOO_MANY_PIXELS)
        if marker == START_OF_SCAN:
            _skip_scan(file)


def _marker(file: BinaryIO) -> int:
    start = file.read(1)
    code = file.read(1)
    while code == b"\xff":  # fill bytes
        code = file.read(1)
    if not start or not code:
        raise Unfit(Reason.CUT_OFF)
    if start != b"\xff":
        raise Unfit(Reason.BROKEN)
    return code[0]


def _skip_scan(file: BinaryIO) -> None:
    """Leave ``file`` at the marker that ends the entropy-coded data."""
    place = file.tell()
    while block := file.read(STEP):
        at = block.find(b"\xff")
        while at >= 0:
            following = block[at + 1 : at + 2]
            if not following:
                break  # the marker's second byte is in the next block
            if following[0] and following[0] != 0xFF and following[0] not in STANDALONE:
                file.seek(place + at)
                return
            at = block.find(b"\xff", at + (1 if following[0] == 0xFF else 2))
        place += at if at >= 0 else len(block)
        if at == 0 and len(block) == 1:
            break  # a lone 0xFF is the last byte there is
        file.seek(place)
    raise Unfit(Reason.CUT_OFF)


def _refuse_appended(file: BinaryIO, end: int) -> None:
    """Raise Unfit when something follows that no camera adds: no further view, clip or maker's trailer."""
    size = file.seek(0, os.SEEK_END)
    file.seek(end)
    following = file.read(STEP)
    if size - end <= STEP and not following.strip(b"\0\r\n "):
        return
    if following.lstrip(b"\0").startswith(b"\xff\xd8\xff") or following[4:8] == b"ftyp":
        return
    if last_bytes(file, 4) == b"SEFT":
        return
    raise Unfit(Reason.TWO_THINGS)

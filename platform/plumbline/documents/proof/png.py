"""PNG (ISO/IEC 15948): every chunk with its checksum, pixel data of exactly the size the header says."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from plumbline.documents.proof import Reason, Unfit, refuse_second_nature
from plumbline.documents.proof.limits import MIB, MOST_PIXELS

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
# Start column, start row, column step, row step of the seven passes of an interlaced image.
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
STEP = 256 * 1024


def prove(file: BinaryIO) -> None:
    """Return when ``file`` is one whole PNG and nothing after it."""
    if file.read(8) != SIGNATURE:
        raise Unfit(Reason.NOT_WHAT_IT_SAYS)
    refuse_second_nature(file)
    file.seek(8)
    kind, length = _head(file)
    if kind != b"IHDR" or length != 13:
        raise Unfit(Reason.BROKEN)
    data = _Data(_unfolded_size(b"".join(_body(file, kind, length))))
    while True:
        kind, length = _head(file)
        if kind == b"IEND":
            break
        for piece in _body(file, kind, length):
            if kind == b"IDAT":
                data.take(piece)
    for _piece in _body(file, kind, length):
        pass
    data.check()
    if file.read(1):
        raise Unfit(Reason.TWO_THINGS)


class _Data:
    """The image data, inflated and counted, never kept."""

    def __init__(self, expected: int) -> None:
        self.left = expected
        self.stream = zlib.decompressobj()

    def take(self, packed: bytes) -> None:
        while packed and not self.stream.eof:
            try:
                self.left -= len(self.stream.decompress(packed, MIB))
            except zlib.error as error:
                raise Unfit(Reason.BROKEN) from error
            if self.left < 0:
                raise Unfit(Reason.BROKEN)  # more pixels than the header has room for: a bomb
            packed = self.stream.unconsumed_tail

    def check(self) -> None:
        if self.left or not self.stream.eof:
            raise Unfit(Reason.CUT_OFF)


def _head(file: BinaryIO) -> tuple[bytes, int]:
    head = file.read(8)
    if len(head) < 8:
        raise Unfit(Reason.CUT_OFF)
    length, kind = struct.unpack(">I4s", head)
    return kind, length


def _body(file: BinaryIO, kind: bytes, length: int) -> Iterator[bytes]:
    """Yield a chunk's data in pieces; raise Unfit at its end when the checksum is wrong."""
    check = zlib.crc32(kind)
    while length:
        piece = file.read(min(length, STEP))
        if not piece:
            raise Unfit(Reason.CUT_OFF)
        check = zlib.crc32(piece, check)
        length -= len(piece)
        yield piece
    said = file.read(4)
    if len(said) < 4:
        raise Unfit(Reason.CUT_OFF)
    if int.from_bytes(said, "big") != check:
        raise Unfit(Reason.BROKEN)


def _unfolded_size(header: bytes) -> int:
    """Return the bytes that the inflated data must have, from the image header."""
    width, height, depth, colour, packing, filtering, interlace = struct.unpack(">IIBBBBB", header)
    if not width or not height or depth not in DEPTHS.get(colour, ()) or packing or filtering:
        raise Unfit(Reason.BROKEN)
    if width * height > MOST_PIXELS:
        raise Unfit(Reason.TOO_MANY_PIXELS)
    if interlace not in {0, 1}:
        raise Unfit(Reason.BROKEN)
    passes = PASSES if interlace else ((0, 0, 1, 1),)
    total = 0
    for x, y, step_x, step_y in passes:
        columns, rows = -(-(width - x) // step_x), -(-(height - y) // step_y)
        if columns > 0 and rows > 0:
            total += rows * (1 + -(-columns * CHANNELS[colour] * depth // 8))
    return total

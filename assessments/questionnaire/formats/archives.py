"""What Python's archive reader raises, said once for all who read a .zip that somebody sent."""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import Final

BROKEN_ARCHIVE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""On what is no archive, is cut off, damaged, locked or packed in a way it lacks.

A wild offset is an OSError or a ValueError, a lock a RuntimeError, a damaged stream zlib's own error.
"""

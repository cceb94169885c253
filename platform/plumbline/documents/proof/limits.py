"""What the child that proves an upload may use, and how much one file may unfold to."""

from __future__ import annotations

from plumbline.documents.confined import Limits

MIB = 1024 * 1024

PROOF = Limits(memory=256 * MIB, cpu_seconds=10, seconds=20.0, output=64)

# A preview holds the whole raster of the largest image, four bytes a pixel, and copies of the small one.
PICTURE = Limits(memory=512 * MIB, cpu_seconds=20, seconds=30.0, output=4 * MIB)

MOST_PIXELS = 64_000_000
"""Width times height; a phone's 50-megapixel photo and an A4 page at 600 dots per inch are below it."""

MOST_ENTRIES = 10_000
LARGEST_DIRECTORY = 4 * MIB
MOST_UNPACKED = 256 * MIB
HIGHEST_RATIO = 200
"""Unpacked to packed, for entries over one MiB unpacked. Sheets of numbers stay below 60."""

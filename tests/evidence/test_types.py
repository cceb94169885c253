"""What an upload is proved to be, over files made here."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from plumbline.documents import confined
from plumbline.documents.preview import NoPreview, preview
from plumbline.documents.proof import Reason
from plumbline.documents.proof.limits import PROOF
from plumbline.documents.types import FILE_TYPES, REFUSALS, WrongType, prove
from tests.evidence import corpus


def proved(name: str, content: bytes) -> str:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        return prove(file, name).key


@pytest.mark.parametrize(("name", "make"), corpus.GOOD.values(), ids=corpus.GOOD)
def test_a_good_file_is_what_its_name_says(name: str, make: Callable[[], bytes]) -> None:
    kind = proved(name, make())

    assert name.casefold().endswith(next(t.endings for t in FILE_TYPES if t.key == kind))


@pytest.mark.parametrize(("name", "make", "reason"), corpus.HOSTILE.values(), ids=corpus.HOSTILE)
def test_a_hostile_file_is_refused_for_its_own_reason(
    name: str, make: Callable[[], bytes], reason: Reason
) -> None:
    with pytest.raises(WrongType) as refused:
        proved(name, make())

    assert refused.value.reason is reason
    assert refused.value.message
    assert refused.value.remedy


def test_every_reason_has_a_sentence_and_a_remedy_of_its_own() -> None:
    assert set(REFUSALS) == set(Reason)
    assert len({message for message, _ in REFUSALS.values()}) == len(Reason)


def test_a_parser_that_needs_more_than_its_memory_refuses_and_harms_nobody() -> None:
    # A progressive image of 60 million pixels in full colour needs all its coefficients at once.
    big = Image.effect_noise((1000, 600), 90).resize((10_000, 6_000)).convert("RGB")
    out = io.BytesIO()
    big.save(out, "JPEG", progressive=True, subsampling=0, quality=30)

    with pytest.raises(WrongType) as refused:
        proved("photo.jpg", out.getvalue())

    assert refused.value.reason in {Reason.TOO_MUCH, Reason.BROKEN}


CHILD = """
import json, socket, subprocess, sys
from plumbline.documents.confined import Limits, confine
file = confine(Limits(**json.loads(sys.argv[1])))
what = file.read().decode()
try:
    if what == "socket": socket.socket()
    if what == "program": subprocess.run(["true"])
    if what == "write": open(sys.argv[2], "w")
    if what == "memory": bytearray(1 << 30)
except (PermissionError, MemoryError) as error:
    sys.stdout.write(type(error).__name__)
else:
    sys.stdout.write("done")
"""


@pytest.mark.parametrize(
    ("what", "answer"),
    [("nothing", "done"), ("socket", "PermissionError"), ("program", "PermissionError"),
     ("write", "PermissionError"), ("memory", "MemoryError")],
)  # fmt: skip
def test_the_child_can_only_read(what: str, answer: str, tmp_path: Path) -> None:
    written = tmp_path / "written"
    command = [sys.executable, "-I", "-c", CHILD, json.dumps(vars(PROOF)), str(written)]

    with tempfile.TemporaryFile() as file:
        file.write(what.encode())
        file.seek(0)
        ran = subprocess.run(command, stdin=file, capture_output=True, check=True)

    assert ran.stdout.decode() == answer
    assert not written.exists()


def test_a_child_that_goes_on_too_long_is_ended(tmp_path: Path) -> None:
    slow = tmp_path / "upload"
    os.mkfifo(slow)
    limits = confined.Limits(memory=0, cpu_seconds=0, seconds=0.5, output=10)

    # Open for writing too, so that no end of file ever comes: the child reads to the end of its time.
    with (
        os.fdopen(os.open(slow, os.O_RDWR), "rb", buffering=0) as file,
        pytest.raises(confined.OverLimit, match="ended with -9 after 0 bytes"),
    ):
        confined.run("json.tool", "-", file, limits)


def test_a_child_that_says_too_much_is_not_listened_to() -> None:
    limits = confined.Limits(memory=0, cpu_seconds=0, seconds=20.0, output=10)

    with tempfile.TemporaryFile() as file, pytest.raises(confined.OverLimit, match="after 11 bytes"):
        confined.run("this", "", file, limits)


def test_a_preview_is_small_upright_and_without_a_byte_of_the_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif[0x010F] = "Secret Camera Maker"
    raw = corpus.image("JPEG", size=(3000, 2000), exif=exif)
    assert b"Secret Camera Maker" in raw

    with tempfile.TemporaryFile() as file:
        file.write(raw)
        file.flush()
        made = preview(file)

    assert b"Secret" not in made
    with Image.open(io.BytesIO(made)) as shown:
        assert shown.format == "JPEG"
        assert (shown.width, shown.height) == (1067, 1600)
        assert not shown.getexif()


def test_a_transparent_image_is_previewed_on_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")

    with tempfile.TemporaryFile() as file:
        file.write(out.getvalue())
        file.flush()
        made = preview(file)

    with Image.open(io.BytesIO(made)) as shown:
        assert shown.getpixel((5, 5)) == (255, 255, 255)


def test_what_cannot_be_decoded_has_no_preview() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(corpus.pdf())
        file.flush()

        with pytest.raises(NoPreview):
            preview(file)

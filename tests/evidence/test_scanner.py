"""Only an explicit clean reply is clean: on the real scanner, and on one that misbehaves."""

from __future__ import annotations

import io
import socket
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from assessments.evidence.documents import ScanVerdict
from plumbline.documents.proof.limits import MOST_UNPACKED
from plumbline.documents.scanner import Clamd, NoScanner, Scanned, ScannerUnavailable
from tests.evidence import corpus
from tests.support import servers
from tests.support.processes import free_port
from tests.support.real_servers import Clamd as RunningClamd

MIB = 1 << 20


def pieces(raw: bytes, size: int = 64 * 1024) -> Iterator[bytes]:
    for start in range(0, len(raw), size):
        yield raw[start : start + size]


def zipped(raw: bytes, times: int) -> bytes:
    for _ in range(times):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inside", raw)
        raw = out.getvalue()
    return raw


# --- the real one --------------------------------------------------------------------------------------


@pytest.fixture
def scanner(clamd: RunningClamd) -> Clamd:
    return Clamd(clamd.host, clamd.port)


@pytest.mark.parametrize("raw", [corpus.pdf(), corpus.image("PNG"), corpus.workbook(), corpus.table(), b"x"])
def test_harmless_files_are_clean(scanner: Clamd, raw: bytes) -> None:
    assert scanner.scan(pieces(raw)) == Scanned(ScanVerdict.CLEAN)


@pytest.mark.parametrize("times", [0, 1, 2, 5, 10])
def test_the_test_file_is_found_plain_and_packed(scanner: Clamd, times: int) -> None:
    scanned = scanner.scan(pieces(zipped(servers.harmless_malware(), times)))

    assert scanned.verdict is ScanVerdict.INFECTED
    assert "Eicar" in scanned.note


def test_the_scanner_looks_at_all_that_a_workbook_may_unpack_to() -> None:
    shipped = dict(
        line.split(" ", 1) for line in (servers.ROOT / "infra/clamd/clamd.conf").read_text().splitlines()
        if line and not line.startswith("#")
    )  # fmt: skip
    megabytes = {name: int(value[:-1]) for name, value in shipped.items() if value.endswith("M")}
    assert min(megabytes["MaxFileSize"], megabytes["MaxScanSize"]) * MIB > MOST_UNPACKED
    assert megabytes["StreamMaxLength"] > 50, "the default of PLUMBLINE_EVIDENCE_LARGEST_MB"


def encrypted(raw: bytes) -> bytes:
    """An archive whose entry says that it is encrypted, in both of its headers."""
    made = bytearray(zipped(raw, 1))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        made[made.index(signature) + flags] |= 1
    return bytes(made)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (encrypted(corpus.noise(4096)), "Heuristics.Encrypted"),
        (zipped(b"x", 25), "Heuristics.Limits"),
    ],
    ids=["encrypted", "packed deeper than the limits"],
)
def test_what_the_scanner_cannot_look_through_is_not_clean_as_it_is_shipped(
    scanner: Clamd, raw: bytes, told: str
) -> None:
    scanned = scanner.scan(pieces(raw))

    assert scanned.verdict is ScanVerdict.UNREADABLE
    assert scanned.note.startswith(told)


def test_the_test_file_is_found_inside_a_workbook(scanner: Clamd) -> None:
    def change(parts: dict[str, bytes]) -> None:
        parts["xl/media/image1.png"] = servers.harmless_malware()

    scanned = scanner.scan(pieces(corpus.changed_workbook(change)))

    assert scanned.verdict is ScanVerdict.INFECTED


def test_the_test_file_is_found_however_the_bytes_are_cut(scanner: Clamd) -> None:
    scanned = scanner.scan(pieces(b"x" * 300 + servers.harmless_malware(), 7))

    assert scanned.verdict is ScanVerdict.INFECTED


def test_more_than_the_scanner_takes_is_not_clean(scanner: Clamd) -> None:
    chunk = bytes(MIB)

    scanned = scanner.scan(chunk for _ in range(80))

    assert scanned.verdict is ScanVerdict.UNREADABLE
    assert "StreamMaxLength" in scanned.note


def test_the_scanner_tells_its_version(scanner: Clamd) -> None:
    assert scanner.check().startswith("ClamAV ")


def test_without_a_scanner_nothing_is_scanned_and_it_says_so() -> None:
    assert NoScanner().scan([b"x"]) == Scanned(ScanVerdict.NOT_SCANNED)
    assert "PLUMBLINE_CLAMD_URL" in NoScanner().check()


# --- one that misbehaves -------------------------------------------------------------------------------


def read_all(talk: socket.socket) -> None:
    """Read what a client sends until its stream has ended."""
    seen = b""
    while not seen.endswith(bytes(4)):
        piece = talk.recv(65536)
        if not piece:
            return
        seen = (seen + piece)[-64:]


def says(reply: bytes, *, slowly: float = 0.0, reads: bool = True) -> Callable[[socket.socket], None]:
    def behave(talk: socket.socket) -> None:
        if reads:
            read_all(talk)
        for place in range(len(reply)):
            talk.sendall(reply[place : place + 1])
            time.sleep(slowly)

    return behave


@contextmanager
def misbehaving(behave: Callable[[socket.socket], None], seconds: float = 5.0) -> Iterator[Clamd]:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            talk, _ = listening.accept()
            with talk:
                try:
                    behave(talk)
                except OSError:
                    return  # the client had enough, which is what is tested

        thread = threading.Thread(target=serve)
        thread.start()
        yield Clamd("127.0.0.1", listening.getsockname()[1], seconds=seconds)
        thread.join()


@pytest.mark.parametrize(
    "reply",
    [b"", b"stream: OK", b"stream: O", b"stream: OK\n", b"OK\0", b"stream: OK OK\0", b"stream: ok\0",
     b"stream: OK\0stream: X FOUND\0", b"xstream: OK\0", b"stream: Eicar FOUN", b"stream: Eicar FOUND",
     b"stream: Can't allocate memory ERROR\0", b"INSTREAM size limit exceeded. ERROR", b"UNKNOWN COMMAND\0",
     b"\0", b"a" * 9000, b"stream: \xff\xfe\0"],
)  # fmt: skip
def test_anything_but_a_whole_verdict_is_none(reply: bytes) -> None:
    def behave(talk: socket.socket) -> None:
        read_all(talk)
        talk.sendall(reply)

    with misbehaving(behave) as scanner, pytest.raises(ScannerUnavailable) as unavailable:
        scanner.scan([b"x" * 100])

    assert unavailable.value.remedy


@pytest.mark.parametrize(
    ("reply", "verdict", "note"),
    [
        (b"stream: OK\0", ScanVerdict.CLEAN, ""),
        (b"stream: Win.Test.EICAR FOUND\0", ScanVerdict.INFECTED, "Win.Test.EICAR"),
        (b"stream: OK FOUND\0", ScanVerdict.INFECTED, "OK"),
        (
            b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0",
            ScanVerdict.UNREADABLE,
            "Heuristics.Limits.Exceeded.MaxFileSize",
        ),
        (b"stream: Heuristics.Encrypted.PDF FOUND\0", ScanVerdict.UNREADABLE, "Heuristics.Encrypted.PDF"),
    ],
)
def test_a_whole_reply_is_read_however_slowly_it_comes(reply: bytes, verdict: ScanVerdict, note: str) -> None:
    with misbehaving(says(reply, slowly=0.002)) as scanner:
        assert scanner.scan([b"x" * 100]) == Scanned(verdict, note)


def test_a_scanner_that_hangs_is_given_up_in_time() -> None:
    def hang(talk: socket.socket) -> None:
        read_all(talk)
        talk.recv(1)  # ends when the client has gone

    with misbehaving(hang, seconds=0.5) as scanner, pytest.raises(ScannerUnavailable, match="took longer"):
        scanner.scan([b"x"])


def test_a_reply_of_a_byte_at_a_time_does_not_hold_a_worker() -> None:
    behaviour = says(b"stream: " + b"x" * 1000, slowly=0.05)

    with (
        misbehaving(behaviour, seconds=0.5) as scanner,
        pytest.raises(ScannerUnavailable, match="took longer"),
    ):
        scanner.scan([b"x"])


def test_a_scanner_that_takes_nothing_is_given_up_in_time() -> None:
    def take_nothing(_talk: socket.socket) -> None:
        time.sleep(1.5)

    with misbehaving(take_nothing, seconds=0.5) as scanner, pytest.raises(ScannerUnavailable):
        scanner.scan(bytes(MIB) for _ in range(64))


def test_a_scanner_that_goes_in_the_middle_gave_no_verdict() -> None:
    def go(talk: socket.socket) -> None:
        talk.recv(100)

    with misbehaving(go) as scanner, pytest.raises(ScannerUnavailable):
        scanner.scan(bytes(MIB) for _ in range(20))


def test_clean_said_before_the_end_of_the_bytes_is_no_verdict_over_them() -> None:
    def hasty(talk: socket.socket) -> None:
        talk.recv(100)
        talk.sendall(b"stream: OK\0")

    with misbehaving(hasty) as scanner, pytest.raises(ScannerUnavailable):
        scanner.scan(bytes(MIB) for _ in range(20))


def test_a_scanner_that_is_away_is_said() -> None:
    with pytest.raises(ScannerUnavailable, match="cannot be reached"):
        Clamd("127.0.0.1", free_port()).scan([b"x"])
    with pytest.raises(ScannerUnavailable, match="cannot be reached"):
        Clamd("127.0.0.1", free_port()).check()


def test_a_fault_of_the_bytes_is_not_the_scanners() -> None:
    def failing() -> Iterator[bytes]:
        yield b"x"
        raise LookupError("the store")

    with misbehaving(says(b"stream: OK\0")) as scanner, pytest.raises(LookupError):
        scanner.scan(failing())

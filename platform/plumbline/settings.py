"""Settings from the environment, prefix ``PLUMBLINE_``, checked at start: one line per fault."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

PREFIX = "PLUMBLINE_"
KNOWN_BAD_SECRETS = frozenset({"changeme", "secret", "dev", "password", "plumbline"})

Value = TypeVar("Value")


class BadSettings(Exception):
    """One or more settings make no sense. ``faults`` is one line each: name, what is wrong, what to set."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class FolderStore:
    """Evidence in a local folder."""

    folder: Path


@dataclass(frozen=True)
class S3Store:
    """Evidence in an S3 bucket; ``endpoint`` None means the vendor's own."""

    bucket: str
    endpoint: str | None
    region: str


@dataclass(frozen=True)
class FolderMail:
    """Letters written to a folder, for the embedded default."""

    folder: Path


@dataclass(frozen=True)
class SmtpMail:
    """Letters sent by SMTP; ``starttls`` unless the scheme says otherwise."""

    host: str
    port: int
    username: str | None
    password: str | None
    starttls: bool


@dataclass(frozen=True)
class ClamdAddress:
    """Where clamd listens."""

    host: str
    port: int


@dataclass(frozen=True)
class Settings:
    """Everything the process was told, once. Build with ``from_environment``."""

    var: Path
    database_url: str
    migration_url: str
    redis_url: str | None
    evidence: FolderStore | S3Store
    clamd: ClamdAddress | None
    unscanned_evidence: Literal["hold", "show"]
    mail: FolderMail | SmtpMail
    mail_from: str
    secret_key: str
    public_url: str
    key_folder: Path
    trusted_hops: int
    idle_minutes: int
    metrics_token: str | None
    log_level: str
    evidence_largest_bytes: int
    argon2_memory_kib: int
    pool_size: int

    @property
    def is_postgresql(self) -> bool:
        """Whether the database is PostgreSQL (production) and not SQLite (embedded)."""
        return self.database_url.startswith("postgresql")

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies carry Secure and the ``__Host-`` prefix: on https, not on plain loopback."""
        return self.public_url.startswith("https:")


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check every setting; raise BadSettings with one line per fault.

    Unknown names with our prefix are faults too: a misspelt setting that is silently ignored is worse
    than one refused.
    """
    env = dict(os.environ if environ is None else environ)
    given = {name[len(PREFIX) :]: value.strip() for name, value in env.items() if name.startswith(PREFIX)}
    reader = _Reader(given)
    var = Path(given.get("VAR", "var")).absolute()
    database_url = reader.read("DATABASE_URL", _database_url, f"sqlite:///{var / 'plumbline.sqlite'}")
    settings = Settings(
        var=var,
        database_url=database_url or "",
        migration_url=reader.read("MIGRATION_URL", _database_url, given.get("DATABASE_URL") or database_url)
        or "",
        redis_url=reader.read("REDIS_URL", _redis_url, None),
        evidence=reader.read("EVIDENCE_URL", _evidence, (var / "evidence").as_uri())
        or FolderStore(var / "evidence"),
        clamd=reader.read("CLAMD_URL", _clamd, None),
        unscanned_evidence="show"
        if reader.read("UNSCANNED_EVIDENCE", _one_of("hold", "show"), "hold") == "show"
        else "hold",
        mail=reader.read("MAIL_URL", _mail, (var / "letters").as_uri()) or FolderMail(var / "letters"),
        mail_from=reader.read("MAIL_FROM", _address, "letters@plumbline.invalid") or "",
        secret_key=reader.read("SECRET_KEY", _secret, None) or "",
        public_url=reader.read("PUBLIC_URL", _public_url, "http://127.0.0.1:8000") or "",
        key_folder=Path(given.get("KEY_FOLDER") or var / "keys"),
        trusted_hops=reader.read("TRUSTED_HOPS", _whole(0, 5), "0") or 0,
        idle_minutes=reader.read("IDLE_MINUTES", _whole(0, 720), "60") or 0,
        metrics_token=reader.read("METRICS_TOKEN", _token, None),
        log_level=reader.read("LOG_LEVEL", _one_of("DEBUG", "INFO", "WARNING", "ERROR"), "INFO") or "INFO",
        evidence_largest_bytes=(reader.read("EVIDENCE_LARGEST_MB", _whole(1, 2000), "50") or 50)
        * 1024
        * 1024,
        argon2_memory_kib=reader.read("ARGON2_MEMORY_KIB", _whole(8, 1048576), "65536") or 65536,
        pool_size=reader.read("POOL_SIZE", _whole(1, 200), "10") or 10,
    )
    faults = [*reader.faults, *_together(settings, given), *_unknown(given)]
    if faults:
        raise BadSettings(faults)
    return settings


NAMES = frozenset(
    {
        "VAR", "DATABASE_URL", "MIGRATION_URL", "REDIS_URL", "EVIDENCE_URL", "CLAMD_URL",
        "UNSCANNED_EVIDENCE",
        "MAIL_URL", "MAIL_FROM", "SECRET_KEY", "PUBLIC_URL", "KEY_FOLDER", "TRUSTED_HOPS",
        "IDLE_MINUTES", "METRICS_TOKEN", "LOG_LEVEL", "EVIDENCE_LARGEST_MB",
        "ARGON2_MEMORY_KIB", "POOL_SIZE", "TEST_SERVICES",
    }
)  # fmt: skip


class _Reader:
    def __init__(self, given: Mapping[str, str]) -> None:
        self.given = given
        self.faults: list[str] = []

    def read(self, name: str, parse: Callable[[str], Value], default: str | None) -> Value | None:
        raw = self.given.get(name) or default
        if raw is None:
            return None
        try:
            return parse(raw)
        except ValueError as error:
            self.faults.append(f"{PREFIX}{name}: {error}")
            return None


def _together(settings: Settings, given: Mapping[str, str]) -> list[str]:
    faults = []
    if "SECRET_KEY" not in given:
        faults.append(
            f"{PREFIX}SECRET_KEY: not set; give at least 32 random characters "
            "(python3 -c 'import secrets; print(secrets.token_urlsafe(48))')"
        )
    if settings.is_postgresql and settings.unscanned_evidence == "show":
        faults.append(
            f"{PREFIX}UNSCANNED_EVIDENCE: 'show' is for trying things out on SQLite; with PostgreSQL set "
            f"{PREFIX}CLAMD_URL and leave it at 'hold'"
        )
    if settings.redis_url and not settings.is_postgresql:
        faults.append(f"{PREFIX}REDIS_URL: queues on Redis need PostgreSQL; leave it empty with SQLite")
    if settings.var.exists() and not settings.var.is_dir():
        faults.append(f"{PREFIX}VAR: {settings.var} is a file; name a folder")
    if settings.migration_url.split(":", 1)[0] != settings.database_url.split(":", 1)[0]:
        faults.append(f"{PREFIX}MIGRATION_URL: not the same kind of database as {PREFIX}DATABASE_URL")
    return faults


def _unknown(given: Mapping[str, str]) -> list[str]:
    return [f"{PREFIX}{name}: no setting has this name" for name in sorted(set(given) - NAMES)]


def _database_url(raw: str) -> str:
    if raw.startswith("sqlite:///"):
        if raw in {"sqlite:///", "sqlite:///:memory:"}:
            raise ValueError("names no file; write sqlite:///FILE")
        return raw
    if raw.startswith(("postgresql://", "postgresql+psycopg://")):
        if not _with_port(raw).path.strip("/"):
            raise ValueError("names no database; write postgresql://user@host/name")
        return raw.replace("postgresql://", "postgresql+psycopg://", 1)
    raise ValueError("write sqlite:///FILE or postgresql://user@host/name")


def _redis_url(raw: str) -> str:
    if not raw.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("write redis://host:port/0")
    _with_port(raw)
    return raw


def _evidence(raw: str) -> FolderStore | S3Store:
    parts = urlsplit(raw)
    if parts.scheme == "file":
        return FolderStore(_folder(raw))
    if parts.scheme == "s3" and parts.netloc:
        query = parse_qs(parts.query)
        endpoint = query.get("endpoint", [None])[0]
        return S3Store(parts.netloc, endpoint, query.get("region", ["us-east-1"])[0])
    raise ValueError("write file:///FOLDER or s3://BUCKET?endpoint=URL")


def _folder(raw: str) -> Path:
    parts = urlsplit(raw)
    if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
        raise ValueError("write the whole path: file:///FOLDER")
    return Path(unquote(parts.path))


def _with_port(raw: str) -> SplitResult:
    """Return the parts of an address whose port, if it has one, is a number that ports have."""
    parts = urlsplit(raw)
    try:
        wrong = parts.port == 0
    except ValueError:
        wrong = True
    if wrong:
        raise ValueError("its port is not a number from 1 to 65535")
    return parts


def _clamd(raw: str) -> ClamdAddress:
    parts = _with_port(raw)
    if parts.scheme != "tcp" or not parts.hostname:
        raise ValueError("write tcp://host:3310")
    return ClamdAddress(parts.hostname, parts.port or 3310)


def _mail(raw: str) -> FolderMail | SmtpMail:
    parts = _with_port(raw)
    if parts.scheme == "file":
        return FolderMail(_folder(raw))
    if parts.scheme in {"smtp", "smtp+plain"} and parts.hostname:
        return SmtpMail(
            parts.hostname,
            parts.port or 587,
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
            starttls=parts.scheme == "smtp",
        )
    raise ValueError("write file:///FOLDER, smtp://user:password@host:587 or smtp+plain://host:25")


def _address(raw: str) -> str:
    if raw.count("@") != 1 or any(letter in raw for letter in "\r\n "):
        raise ValueError("write one mail address")
    return raw


def _secret(raw: str) -> str:
    if raw.lower() in KNOWN_BAD_SECRETS:
        raise ValueError("is a well-known word; give at least 32 random characters")
    try:
        length = len(base64.b64decode(raw, validate=True))
    except (binascii.Error, ValueError):
        length = 0
    if len(raw) < 32 and length < 32:
        raise ValueError(f"has {len(raw)} characters; give at least 32 random ones")
    if len(set(raw)) < 8:
        raise ValueError("is one character over and over; give random ones")
    return raw


def _token(raw: str) -> str:
    if len(raw) < 20 or not raw.isascii() or not raw.isprintable() or " " in raw:
        raise ValueError("give at least 20 random characters without spaces")
    return raw


def _public_url(raw: str) -> str:
    parts = _with_port(raw)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("write https://host")
    if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise ValueError("plain http is for this machine alone; write https://host")
    return raw.rstrip("/")


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if raw not in words:
            raise ValueError(f"write one of: {', '.join(words)}")
        return raw

    return parse


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        if not raw.isascii() or not raw.isdigit() or not lowest <= int(raw) <= highest:
            raise ValueError(f"write a whole number from {lowest} to {highest}")
        return int(raw)

    return parse

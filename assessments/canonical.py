"""Canonical JSON (RFC 8785), the form in which snapshots and results are hashed and signed."""

from __future__ import annotations

import hashlib
from json.encoder import encode_basestring
from typing import Any

_WORDS = {None: "null", True: "true", False: "false"}


class NotCanonical(ValueError):
    """Raised when a value has no canonical form here: a float, a lone surrogate, a key that is not text."""


def canonical_json(value: Any) -> bytes:
    """Return the RFC 8785 bytes of ``value``.

    Numbers are integers only: decimals travel as strings (DESIGN.md 3), so no float ever has to be
    printed the same way by two languages. Raises NotCanonical with the path of the offending value.
    """
    text = _write(value, None)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotCanonical(f"text with a lone surrogate at character {error.start}") from error


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical form, in hex."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


_Path = tuple["_Path", object] | None
"""Where a value stands: its container's path and its key or index there; None for the whole."""


def _write(value: Any, path: _Path) -> str:
    # A result holds some tens of thousands of values: what only a refusal needs is made when there is one.
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, int):
        if abs(value) >= 2**53:
            raise NotCanonical(f"{_said(path)}: integer beyond 2^53, write it as text")
        return str(int(value))
    if isinstance(value, list | tuple):
        return "[" + ",".join([_write(item, (path, i)) for i, item in enumerate(value)]) + "]"
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise NotCanonical(f"{_said(path)}: key {key!r} is not text")
        # RFC 8785 3.2.3: names sort by UTF-16 code units, which differs from code points beyond U+FFFF.
        keys = sorted(value) if all(map(str.isascii, value)) else sorted(value, key=_code_units)
        return "{" + ",".join([f"{encode_basestring(k)}:{_write(value[k], (path, k))}" for k in keys]) + "}"
    raise NotCanonical(f"{_said(path)}: {type(value).__name__} has no canonical form, write it as text")


def _code_units(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def _said(path: _Path) -> str:
    if path is None:
        return "$"
    container, key = path
    return f"{_said(container)}[{key}]" if isinstance(key, int) else f"{_said(container)}.{key}"

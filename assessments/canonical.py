"""Canonical JSON (RFC 8785), the form in which snapshots and results are hashed and signed."""

from __future__ import annotations

import hashlib
import json
from typing import Any


class NotCanonical(ValueError):
    """Raised when a value has no canonical form here: a float, a lone surrogate, a key that is not text."""


def canonical_json(value: Any) -> bytes:
    """Return the RFC 8785 bytes of ``value``.

    Numbers are integers only: decimals travel as strings (DESIGN.md 3), so no float ever has to be
    printed the same way by two languages. Raises NotCanonical with the path of the offending value.
    """
    text = _write(value, "$")
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotCanonical(f"text with a lone surrogate at character {error.start}") from error


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical form, in hex."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def _write(value: Any, path: str) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        return json.dumps(str(value), ensure_ascii=False)
    if isinstance(value, int):
        if abs(value) >= 2**53:
            raise NotCanonical(f"{path}: integer beyond 2^53, write it as text")
        return str(int(value))
    if isinstance(value, list | tuple):
        return "[" + ",".join(_write(item, f"{path}[{i}]") for i, item in enumerate(value)) + "]"
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise NotCanonical(f"{path}: key {key!r} is not text")
        # RFC 8785 3.2.3: names sort by UTF-16 code units, which differs from code points beyond U+FFFF.
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_write(k, path)}:{_write(value[k], f'{path}.{k}')}" for k in keys) + "}"
    raise NotCanonical(f"{path}: {type(value).__name__} has no canonical form, write it as text")

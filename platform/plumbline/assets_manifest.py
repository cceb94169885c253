"""Where a built style or script lies: the plain name ("app.css") to its hashed address.

`make assets` (assets/build.mjs) writes `static/dist/manifest.json`; templates call `asset("app.css")`.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

MANIFEST = Path(__file__).parent / "static" / "dist" / "manifest.json"
PREFIX = "/static/dist/"


class AssetsNotBuilt(RuntimeError):
    """Style and script have not been built, or without the file asked for; the text names the remedy."""


@lru_cache(maxsize=4)
def _read(manifest: Path, changed: int) -> dict[str, str]:
    del changed  # part of the key only: a rebuilt manifest is read anew
    names: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8"))
    return names


def asset(name: str) -> str:
    """Address of a built file, such as `/static/dist/app-0123456789ab.css` for `app.css`.

    Raises AssetsNotBuilt when the manifest is missing, unreadable or does not know the name.
    """
    try:
        names = _read(MANIFEST, MANIFEST.stat().st_mtime_ns)
    except (OSError, ValueError) as error:
        raise AssetsNotBuilt(f"{MANIFEST} cannot be read ({error}): run `make assets`.") from error
    try:
        return PREFIX + names[name]
    except KeyError:
        raise AssetsNotBuilt(f"{MANIFEST} does not name {name!r}: run `make assets`.") from None

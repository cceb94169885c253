"""What a file would change, held in the form that shows it until somebody confirms: packed and sealed.

No table keeps uploads that nobody confirmed. The seal is of this platform and names the assessment, so what
comes back is what was shown; saving checks each value again as if it had been typed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from assessments.answer_files.taken import Source
from assessments.sheet.answering import Offered
from assessments.sheet.contents import AnswerSheet
from assessments.values.answers import AnswerState
from assessments.workflow import Refused

LARGEST = 1_500_000
"""Characters of what a form may hold: it travels with the confirmation, of which 2 MB are read."""
_MOST_UNPACKED = 16 * 1024 * 1024


class TooMuchHeld(Refused):
    """The changes are more than one form holds."""

    code = "too_much"


@dataclass(frozen=True)
class Held:
    """The offers of a file by question, and where they came from."""

    source: Source
    name: str
    offers: Mapping[str, Offered]


def hold(secret_key: str, sheet: AnswerSheet, held: Held) -> str:
    """Pack what a file would change for a hidden field. Raises TooMuchHeld."""
    raw = orjson.dumps(
        {
            "of": _of(sheet),
            "source": held.source.value,
            "name": held.name,
            "offers": {key: _as_list(offered) for key, offered in held.offers.items()},
        }
    )
    packed = base64.urlsafe_b64encode(zlib.compress(raw, 9)).decode()
    if len(packed) + 70 > LARGEST:
        raise TooMuchHeld(
            "This file changes more text than one page can hold.",
            "Download and upload the sections one by one; nothing was changed.",
        )
    return f"{_seal(secret_key, packed)}.{packed}"


def held_in(secret_key: str, sheet: AnswerSheet, field: str) -> Held:
    """Unpack a hidden field. Raises Refused when it is not as it was shown, or of another sheet."""
    seal, _, packed = field.partition(".")
    if not hmac.compare_digest(seal.encode(), _seal(secret_key, packed).encode()):
        raise _not_shown()
    unpacking = zlib.decompressobj()
    tree = orjson.loads(unpacking.decompress(base64.urlsafe_b64decode(packed), _MOST_UNPACKED))
    if tree["of"] != _of(sheet):
        raise _not_shown()
    offers = {key: _offered(one) for key, one in tree["offers"].items()}
    return Held(Source(tree["source"]), tree["name"], offers)


def _of(sheet: AnswerSheet) -> str:
    """The assessment, and the version that it was asked under when it was shown."""
    return f"{sheet.assessment_id} {sheet.version_sha256}"


def _as_list(offered: Offered) -> list[Any]:
    state = offered.state.value if offered.state else None
    return [dict(offered.parts), offered.revision, state, offered.reason, offered.note, offered.profile]


def _offered(one: list[Any]) -> Offered:
    parts, revision, state, reason, note, profile = one
    return Offered(parts, revision, AnswerState(state) if state else None, reason, note, profile)


def _not_shown() -> Refused:
    return Refused("This is not what was shown.", "Upload the file again; nothing was changed.")


def _seal(secret_key: str, packed: str) -> str:
    return hmac.new(secret_key.encode(), b"held changes\0" + packed.encode(), hashlib.sha256).hexdigest()

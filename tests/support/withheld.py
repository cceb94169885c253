"""A result with topics withheld, and the same where they were never asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

WITHHELD = frozenset({"MGT.3", "GRV.2", *(f"MIN.{n}" for n in range(1, 6))})
"""Two topics of the six steps, and all of the track for minerals."""


def never_asked(whole: Any) -> Any:
    """``whole`` (what one reads of a result) as if what is withheld had never been asked."""

    def less(contents: Any) -> Any:
        return {key: content for key, content in contents.items() if key not in WITHHELD}

    return replace(
        whole,
        profile=less(whole.profile),
        findings=less(whole.findings),
        plan=less(whole.plan),
        live=tuple(action for action in whole.live if action.topic not in WITHHELD),
    )

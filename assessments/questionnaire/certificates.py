"""Certificates and outside assessments that a version recognises: what they touch, and what they may offer.

Data only; ``asking.certificates`` decides which of those that a supplier holds say something, and where.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class CertificateTable:
    """The table in which a supplier enters what it holds: question, part, and the columns of it."""

    question: str
    part: str
    scheme: str
    number: str
    scope: str
    issuer: str
    until: str


COLUMNS = ("scheme", "number", "scope", "issuer", "until")
"""The fields of ``CertificateTable`` that name a column."""


@dataclass(frozen=True)
class CertificateOffer:
    """A choice that a scheme's own requirement says, for a part or a cell of a table.

    ``value``: an option's key, or several of them for a part with several choices; ``clause``: where the
    scheme says so. It never counts before the supplier confirms it.
    """

    question: str
    part: str
    value: str | tuple[str, ...]
    clause: str
    row: str | None = None
    column: str | None = None


@dataclass(frozen=True)
class CertificateKind:
    """A certificate or assessment that may pre-fill answers of these topics; it never sets a level.

    ``key``: the option of the table's scheme; ``partly``: it covers only parts of these topics.
    ``materials``: it says something only where one of them is handled; () for any. ``touches``: question to
    clause, what an outside body looked at, values or not.
    """

    key: str
    label: str
    topics: tuple[str, ...]
    partly: bool = False
    materials: tuple[str, ...] = ()
    touches: Mapping[str, str] = field(default_factory=dict)
    offers: tuple[CertificateOffer, ...] = ()


def certificates_data(
    table: CertificateTable | None, certificate_kinds: Iterable[CertificateKind]
) -> dict[str, Any]:
    """What certificates touch and offer in the published form; {} while a version says nothing of it."""
    if table is None:
        return {}
    said = {
        kind.key: {
            "materials": list(kind.materials),
            "touches": [[question, clause] for question, clause in kind.touches.items()],
            "offers": [
                {
                    **asdict(offer),
                    "value": list(offer.value) if isinstance(offer.value, tuple) else offer.value,
                }
                for offer in kind.offers
            ],
        }
        for kind in certificate_kinds
    }
    return {"recognition": {"papers": asdict(table), "says": said}}


def certificates_from(data: Mapping[str, Any]) -> tuple[CertificateTable | None, tuple[CertificateKind, ...]]:
    """The way back: the table and the kinds of a published form."""
    found = data.get("recognition")
    says = found["says"] if found else {}
    certificate_kinds = tuple(
        CertificateKind(key, label, tuple(topics), partly, **_said(says[key]) if key in says else {})
        for key, label, topics, partly in data["credentials"]
    )
    return CertificateTable(**found["papers"]) if found else None, certificate_kinds


def _said(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "materials": tuple(data["materials"]),
        "touches": dict(data["touches"]),
        "offers": tuple(
            CertificateOffer(
                **{**o, "value": tuple(o["value"]) if isinstance(o["value"], list) else o["value"]}
            )
            for o in data["offers"]
        ),
    }

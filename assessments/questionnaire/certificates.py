"""Certificates and outside assessments that a version recognises: what they touch, and what they may offer.

Data only; ``asking.certificates`` decides which of those that a supplier holds say something, and where.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class PapersTable:
    """The table in which a supplier enters what it holds: question, part, and the columns of it."""

    question: str
    part: str
    scheme: str
    number: str
    scope: str
    issuer: str
    until: str


COLUMNS = ("scheme", "number", "scope", "issuer", "until")
"""The fields of ``PapersTable`` that name a column."""


@dataclass(frozen=True)
class CredentialOffer:
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
class Credential:
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
    offers: tuple[CredentialOffer, ...] = ()


def recognition_data(papers: PapersTable | None, credentials: Iterable[Credential]) -> dict[str, Any]:
    """What credentials touch and offer in the published form; {} while a version says nothing of it."""
    if papers is None:
        return {}
    said = {
        credential.key: {
            "materials": list(credential.materials),
            "touches": [[question, clause] for question, clause in credential.touches.items()],
            "offers": [
                {
                    **asdict(offer),
                    "value": list(offer.value) if isinstance(offer.value, tuple) else offer.value,
                }
                for offer in credential.offers
            ],
        }
        for credential in credentials
    }
    return {"recognition": {"papers": asdict(papers), "says": said}}


def recognition_from(data: Mapping[str, Any]) -> tuple[PapersTable | None, tuple[Credential, ...]]:
    """The way back: the table and the credentials of a published form."""
    found = data.get("recognition")
    says = found["says"] if found else {}
    credentials = tuple(
        Credential(key, label, tuple(topics), partly, **_said(says[key]) if key in says else {})
        for key, label, topics, partly in data["credentials"]
    )
    return PapersTable(**found["papers"]) if found else None, credentials


def _said(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "materials": tuple(data["materials"]),
        "touches": dict(data["touches"]),
        "offers": tuple(
            CredentialOffer(
                **{**o, "value": tuple(o["value"]) if isinstance(o["value"], list) else o["value"]}
            )
            for o in data["offers"]
        ),
    }

"""What differs in the certificates that two versions recognise; no answer and no question depends on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from assessments.questionnaire.certificates import CertificateKind, CertificateOffer
from assessments.questionnaire.model import Questionnaire


@dataclass(frozen=True)
class CertificateChange:
    """A kind of certificate that differs. ``before`` None: it is new; ``after`` None: it is gone.

    ``came`` and ``left``: keys of the questions that it covers now and did not before, and the reverse;
    ``offers``: keys of those where it offers other choices.
    """

    key: str
    before: CertificateKind | None
    after: CertificateKind | None

    @property
    def label(self) -> str:
        """Its label, as of the newer version where it has one."""
        here = self.after or self.before
        return here.label if here else ""

    @property
    def came(self) -> tuple[str, ...]:
        """See the class."""
        return _beyond(self.after, self.before)

    @property
    def left(self) -> tuple[str, ...]:
        """See the class."""
        return _beyond(self.before, self.after)

    @property
    def offers(self) -> tuple[str, ...]:
        """See the class."""
        differ = _choices(self.before) ^ _choices(self.after)
        return tuple(sorted({question for question, _choice in differ}))


def changed_certificates(before: Questionnaire, after: Questionnaire) -> tuple[CertificateChange, ...]:
    """The kinds that cover, offer or are named otherwise, in the newer order; what is gone last."""
    old, new = _by_key(before.certificate_kinds), _by_key(after.certificate_kinds)
    return tuple(
        CertificateChange(key, old.get(key), new.get(key))
        for key in (*new, *(key for key in old if key not in new))
        if old.get(key) != new.get(key)
    )


def _by_key(kinds: Iterable[CertificateKind]) -> dict[str, CertificateKind]:
    return {kind.key: kind for kind in kinds}


def _beyond(one: CertificateKind | None, other: CertificateKind | None) -> tuple[str, ...]:
    touched = other.touches if other else {}
    return tuple(key for key in (one.touches if one else ()) if key not in touched)


def _choices(kind: CertificateKind | None) -> set[tuple[str, CertificateOffer]]:
    """What it offers, whatever clause says so, by question."""
    offers = kind.offers if kind else ()
    return {(offer.question, replace(offer, clause="")) for offer in offers}

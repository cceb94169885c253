"""Argon2id, with a dummy hash so that an unknown account costs the same time as a known one."""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from assessments.sentences import N_, Sentence

SHORTEST, LONGEST = 12, 128
# Each hash holds tens of megabytes; more at once than this would be a way to exhaust memory.
_AT_ONCE = threading.BoundedSemaphore(4)


class WeakPassword(ValueError):
    """The password cannot be taken; ``message`` says what to do."""

    def __init__(self, message: Sentence) -> None:
        super().__init__(message)
        self.message = message


def check_strength(password: str, *, context: tuple[str, ...] = ()) -> None:
    """Raise WeakPassword when it is too short, too long, or made of what everybody can guess.

    No composition rules (NIST SP 800-63B 5.1.1.2). ``context`` holds the mail address and names.
    """
    if len(password) < SHORTEST:
        raise WeakPassword(
            N_("Use at least %(least)s characters; four words in a row are easy to remember.", least=SHORTEST)
        )
    if len(password) > LONGEST:
        raise WeakPassword(N_("Use at most %(most)s characters.", most=LONGEST))
    if len(set(password)) < 5:
        raise WeakPassword(N_("Use more than four different characters."))
    lowered = password.casefold()
    if any(word and lowered in {word.casefold(), word.casefold() * 2} for word in context):
        raise WeakPassword(N_("Do not use your name or mail address."))


@cache
def _hasher(memory_kib: int) -> PasswordHasher:
    return PasswordHasher(time_cost=3, memory_cost=memory_kib, parallelism=1)


def hash_password(password: str, *, memory_kib: int) -> str:
    """Return the Argon2id hash in PHC form."""
    with _AT_ONCE:
        return _hasher(memory_kib).hash(password)


@cache
def _dummy(memory_kib: int) -> str:
    return _hasher(memory_kib).hash("nobody has this password")


def verify_password(stored: str | None, offered: str, *, memory_kib: int) -> bool:
    """Whether ``offered`` is the password; with no stored hash the same work is done and the answer is no."""
    reference = stored or _dummy(memory_kib)
    with _AT_ONCE:
        try:
            matches = _hasher(memory_kib).verify(reference, offered[:LONGEST])
        except (VerificationError, InvalidHashError):
            return False
    return matches and stored is not None

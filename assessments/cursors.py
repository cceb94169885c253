"""Where the next page of a list begins, as text that goes out and comes back: checked like other words."""

import base64
import json
from datetime import datetime

from assessments.base import in_calendar

LONGEST = 2000


def write_cursor(*words: str) -> str:
    """Return the words as one token for an address."""
    return base64.urlsafe_b64encode(json.dumps(words).encode()).decode()


def read_cursor(cursor: str, count: int) -> list[str]:
    """Return the ``count`` words of a cursor. Raises ValueError for whatever was not made here."""
    if len(cursor) > LONGEST:
        raise ValueError("longer than any cursor")
    try:
        words = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except RecursionError as error:
        raise ValueError("nested") from error
    if not isinstance(words, list) or len(words) != count or not all(isinstance(one, str) for one in words):
        raise ValueError("not this many words")
    for word in words:
        word.encode()  # half of a surrogate pair is no text
        if "\x00" in word:
            raise ValueError("no text")
    return words


def instant(told: str) -> datetime:
    """Return an instant of the calendar that a word tells. Raises ValueError."""
    read = datetime.fromisoformat(told)
    if read.tzinfo is None or not in_calendar(read):
        raise ValueError("no instant of ours")
    return read

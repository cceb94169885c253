"""What is wrong with a value that somebody typed or sent."""

from __future__ import annotations

from assessments.sentences import Sentence, WholeSentences, sentence


class BadValue(ValueError):
    """A value that its part cannot take: where, what is wrong, and what to do instead.

    ``place`` reads OHS-05.cases.row2.people. ``problems`` has every fault of the same answer, this one first.
    """

    def __init__(self, place: str, message: str, remedy: str, others: tuple[BadValue, ...] = ()) -> None:
        super().__init__(f"{place}: {message}; {remedy}")
        self.place, self.others = place, others
        self.message, self.remedy = sentence(message), sentence(remedy)

    @property
    def sentence(self) -> Sentence:
        """What is wrong and what would do, as whole sentences for whoever filled in the field."""
        return WholeSentences(self.message, self.remedy)

    @property
    def problems(self) -> tuple[BadValue, ...]:
        """This fault and the others of the same answer."""
        return (self, *self.others)

    def __reduce__(self) -> tuple[type[BadValue], tuple[str, str, str, tuple[BadValue, ...]]]:
        return BadValue, (self.place, self.message, self.remedy, self.others)


def told(raw: object, most: int = 40) -> str:
    """A value as it may be quoted back: short, printable, on one line."""
    text = raw if isinstance(raw, str) else type(raw).__name__ if isinstance(raw, dict | list) else str(raw)
    text = "".join(mark if mark.isprintable() else "?" for mark in text)
    return f"“{text[:most]}…”" if len(text) > most else f"“{text}”"

"""The words that do not appear, and whether a text can be read at fourteen (content guide, part 1)."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST_SENTENCE = 25
"""Words in a sentence, at most."""

HIGHEST_GRADE = 8.0
"""School grade of text, help and why together, at most (Flesch-Kincaid)."""

_JUDGEMENT = "judges a supplier"
_PADDING = "is padding"
_PEOPLE = "labels people"

_WORDS: tuple[tuple[str, str, str], ...] = (
    # What is passed on, along or through is no verdict.
    (
        r"pass(?:es|ed|ing)?(?! (?:on|along|through|by|it on|them on|this on)\b)",
        _JUDGEMENT,
        "say what was seen",
    ),
    (r"fail(?:s|ed|ing)?", _JUDGEMENT, "say what was seen"),
    (
        r"approved|rejected|(?:non-)?compliant|non-compliance|certified|conformant",
        _JUDGEMENT,
        "say what was seen",
    ),
    (r"blacklist(?:ed)?|scor(?:e|es|ed|ing)|ratings?", _JUDGEMENT, "say what was seen"),
    (r"(?:red|green|amber) lights?", _JUDGEMENT, "say what was seen"),
    (r"breach(?:es|ed)?|violat(?:ion|ions|es|ed|ing)|offenders?", _JUDGEMENT, "name the fact"),
    (
        r"ensur(?:e|es|ed|ing)|adequate(?:ly)?|appropriate(?:ly)?|effective(?:ly)?",
        _PADDING,
        "say what is done",
    ),
    (r"robust|leverag(?:e|es|ed|ing)|holistic|best-in-class", _PADDING, "say what is done"),
    (r"stakeholders?", _PADDING, "say who"),
    (r"simply|just|obviously|unfortunately", _PADDING, "leave it out"),
    (r"and/or|e\.g\.|i\.e\.|etc\b\.?", _PADDING, "write it out"),
    (r"illegals?|illegal (?:migrant|worker|person|people)s?", _PEOPLE, "say which paper is missing"),
    (r"victims?", _PEOPLE, "say who was harmed"),
    (r"vulnerable groups?", _PEOPLE, "say which barrier"),
    (r"third world|foreign labou?r|scavengers?", _PEOPLE, "name place, group or trade"),
)
_PATTERNS = tuple(
    (re.compile(rf"\b(?:{words})(?!\w)", re.IGNORECASE), why, cure) for words, why, cure in _WORDS
)


def unwanted(text: str) -> Iterator[tuple[str, str, str]]:
    """Each word of the text that does not appear in this product: (word, why, what to do instead)."""
    for pattern, why, cure in _PATTERNS:
        for found in pattern.finditer(text):
            yield found.group(0), why, cure
    if "!" in text:
        yield "!", "raises the voice", "end with a full stop"
    if re.search(r"</?[a-zA-Z][^>]*>|https?://", text):
        yield "HTML or a link", "is no plain text", "write the words; link a template by its key"


def sentences(text: str) -> list[str]:
    """The sentences of a text; a colon or semicolon does not end one."""
    return [part for part in re.split(r"(?<=[.?!…])\s+", text.strip()) if part]


def count_words(sentence: str) -> int:
    """Words, as a reader counts them."""
    return len(re.findall(r"[^\W_]+(?:[-'’][^\W_]+)*", sentence))


def long_sentences(text: str) -> list[tuple[str, int]]:
    """The sentences with more words than fit, and their count."""
    counted = ((sentence, count_words(sentence)) for sentence in sentences(text))
    return [(sentence, count) for sentence, count in counted if count > LONGEST_SENTENCE]


def school_grade(text: str) -> float:
    """The Flesch-Kincaid grade of an English text; syllables are estimated from groups of vowels."""
    words = re.findall(r"[A-Za-z]+", text)
    if not words:
        return 0.0
    syllables = sum(_syllables(word.lower()) for word in words)
    return 0.39 * len(words) / max(len(sentences(text)), 1) + 11.8 * syllables / len(words) - 15.59


def _syllables(word: str) -> int:
    groups = len(re.findall(r"[aeiouy]+", word))
    silent = word.endswith(("e", "es", "ed")) and not word.endswith(
        ("le", "les", "ted", "ded", "ses", "ces", "ges")
    )
    return max(groups - (1 if silent and groups > 1 else 0), 1)

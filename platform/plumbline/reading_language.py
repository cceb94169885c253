"""In which language a visitor reads questions: chosen on the page, else their own, else the browser's.

The product's own words have catalogues of their own (rendering.LANGUAGES); questions may be there in more
languages than those, and a supplier may read them in another one than the pages around.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from unicodedata import combining, normalize
from urllib.parse import urlencode

from flask import g, has_request_context, request, session
from flask_login import current_user

from assessments.questionnaire.languages.phrases import Wording, wording_of
from assessments.questionnaire.languages.translation import SOURCE, in_language, library_in
from assessments.questionnaire.library import Lesson
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.loading import load_pack
from assessments.sheet.contents import AnswerSheet

PARAMETER = "questions"
"""The query parameter, and the name it is remembered under for the visit."""

NAMES = {
    "en": "English",
    "de": "Deutsch",
    "nl": "Nederlands",
    "fr": "Français",
    "es": "Español",
    "zh-Hans": "简体中文",
}


@dataclass(frozen=True)
class Language:
    """A language questions can be read in, by its own name; ``href``: this page in it."""

    code: str
    name: str
    href: str


@dataclass(frozen=True)
class Offer:
    """The languages a page offers its questions in, and which one it shows."""

    languages: tuple[Language, ...]
    shown: str


def reading_language(languages: Sequence[str]) -> str:
    """Which of these languages this visitor reads; English outside a request."""
    if not has_request_context():
        return SOURCE
    asked = request.args.get(PARAMETER)
    if asked is not None and asked in languages:
        if session.get(PARAMETER) != asked:
            session[PARAMETER] = asked
        return asked
    for wish in (session.get(PARAMETER), getattr(current_user, "language", None)):
        found = _among(wish, languages)
        if found is not None and (wish != SOURCE or PARAMETER in session):
            return found
    return request.accept_languages.best_match(list(languages)) or _chinese(languages) or SOURCE


def _among(wish: str | None, languages: Sequence[str]) -> str | None:
    """The language that answers a wish: itself, or the only one of its family ("zh" and "zh-Hans")."""
    if not wish:
        return None
    if wish in languages:
        return wish
    family = [language for language in languages if language.partition("-")[0] == wish.partition("-")[0]]
    return family[0] if len(family) == 1 else None


def _chinese(languages: Sequence[str]) -> str | None:
    """Browsers say zh-CN or zh-SG for simplified characters; best_match knows no scripts."""
    wishes = [language.lower() for language, _quality in request.accept_languages]
    if wishes and wishes[0] in {"zh", "zh-cn", "zh-sg"} and "zh-Hans" in languages:
        return "zh-Hans"
    return None


def as_read(questionnaire: Questionnaire) -> Questionnaire:
    """The questionnaire in the visitor's language."""
    found = in_language(questionnaire, reading_language(questionnaire.languages))
    if has_request_context():
        g.questions = questionnaire.languages, found.language
    return found


def names_as_read() -> Wording:
    """What materials and countries are called in the visitor's language; the page offers the pack's."""
    return wording_of(as_read(load_pack()))


def by_name(names: Mapping[str, str]) -> dict[str, str]:
    """Keys and names in the order of the names, accents left aside."""
    return dict(sorted(names.items(), key=lambda pair: (_plain(pair[1]), pair[1])))


def key_named(word: str, names: Mapping[str, str], english: Mapping[str, str]) -> str:
    """The key of what a visitor named, by key or name in any case, its language or English; "" for none."""
    folded = word.strip().casefold()
    return _keys(tuple(names.items())).get(folded) or _keys(tuple(english.items())).get(folded, "")


@cache
def _keys(pairs: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    by_word = {name.casefold(): key for key, name in pairs}
    return by_word | {key.casefold(): key for key, _name in pairs}


def _plain(name: str) -> str:
    return "".join(sign for sign in normalize("NFD", name) if not combining(sign)).casefold()


def library_as_read() -> Mapping[str, Lesson]:
    """The templates and lessons in the visitor's language; the page offers the languages of their pack."""
    languages = load_pack().languages
    language = reading_language(languages)
    g.questions = languages, language
    return library_in(language)


def offer() -> Offer | None:
    """What this page offers; None where it shows no questions."""
    found: Offer | None = g.get("offer")  # asked for several times while a page is drawn
    if found is None and "questions" in g:
        codes, shown = g.questions
        kept = [(name, value) for name, value in request.args.items(multi=True) if name != PARAMETER]
        hrefs = {code: f"?{urlencode([*kept, (PARAMETER, code)])}" for code in codes}
        languages = tuple(Language(code, NAMES.get(code, code), href) for code, href in hrefs.items())
        found = g.offer = Offer(languages, shown)
    return found


def sheet_as_read(sheet: AnswerSheet) -> AnswerSheet:
    """The sheet with its questions in the visitor's language; keys, rules and answers are the same."""
    return sheet.read_in(as_read(sheet.questionnaire))

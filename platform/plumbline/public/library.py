"""The library: one-page templates and short lessons, to print or to write on in a program of one's own."""

from __future__ import annotations

from flask import Response, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from assessments.questionnaire.languages.translation import SOURCE
from assessments.questionnaire.library import Lesson, LessonKind, as_text
from plumbline.guard import public
from plumbline.public import public_pages
from plumbline.public.shown import shown_questionnaire
from plumbline.reading_language import library_as_read


@public_pages.get("/library")
@public("templates and lessons help whoever takes them")
def library_pages() -> ResponseReturnValue:
    """List every page with what it is for."""
    found = library_as_read().values()
    kinds = [(kind, [one for one in found if one.kind is kind]) for kind in LessonKind]
    return render_template("public/library.html", kinds=kinds)


@public_pages.get("/library/<lesson>")
@public("templates and lessons help whoever takes them")
def library_page(lesson: str) -> ResponseReturnValue:
    """Show one page, to read and to print."""
    shown = shown_questionnaire()
    found = _found(lesson)
    topics = [topic for topic in shown.questionnaire.topics if topic.key in found.topics]
    language = shown.questionnaire.language
    return render_template("public/lesson.html", lesson=found, topics=topics, topics_language=language)


@public_pages.get("/library/<lesson>.txt")
@public("templates and lessons help whoever takes them")
def library_text(lesson: str) -> ResponseReturnValue:
    """Send one page as plain text."""
    found = _found(lesson)
    name = lesson if found.language == SOURCE else f"{lesson}.{found.language}"
    answer = Response(as_text(found), mimetype="text/plain")
    answer.headers["Content-Language"] = found.language
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.txt"'
    return answer


def _found(key: str) -> Lesson:
    found = library_as_read().get(key)
    if found is None:
        raise NotFound
    return found

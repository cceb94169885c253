"""The library: one-page templates and short lessons, to print or to write on in a program of one's own."""

from __future__ import annotations

from flask import Response, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from assessments.questionnaire.library import Lesson, LessonKind, as_text, load_library
from plumbline.guard import public
from plumbline.public import public_pages
from plumbline.public.shown import shown_questionnaire


@public_pages.get("/library")
@public("templates and lessons help whoever takes them")
def library_pages() -> ResponseReturnValue:
    """List every page with what it is for."""
    found = load_library().values()
    kinds = [(kind, [one for one in found if one.kind is kind]) for kind in LessonKind]
    return render_template("public/library.html", kinds=kinds)


@public_pages.get("/library/<lesson>")
@public("templates and lessons help whoever takes them")
def library_page(lesson: str) -> ResponseReturnValue:
    """Show one page, to read and to print."""
    found = _found(lesson)
    shown = shown_questionnaire()
    topics = [topic for topic in shown.questionnaire.topics if topic.key in found.topics]
    return render_template("public/lesson.html", lesson=found, topics=topics)


@public_pages.get("/library/<lesson>.txt")
@public("templates and lessons help whoever takes them")
def library_text(lesson: str) -> ResponseReturnValue:
    """Send one page as plain text."""
    answer = Response(as_text(_found(lesson)), mimetype="text/plain")
    answer.headers["Content-Disposition"] = f'attachment; filename="{lesson}.txt"'
    return answer


def _found(key: str) -> Lesson:
    found = load_library().get(key)
    if found is None:
        raise NotFound
    return found

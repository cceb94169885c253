"""The standards matrix: which questions touch which element of a standard, and what is left over."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from assessments.questionnaire.standards import StandardGroup, UnknownStandard, coverage, matrix
from plumbline.guard import public
from plumbline.public import public_pages
from plumbline.public.shown import shown_questionnaire


@public_pages.get("/standards")
@public("which question serves which standard is for everybody to read")
def standards_matrix() -> ResponseReturnValue:
    """Show every standard with how many of its elements have a question."""
    shown = shown_questionnaire()
    rows = matrix(shown.questionnaire)
    groups = [(group, [one for one in rows if one.standard.group is group]) for group in StandardGroup]
    return render_template("public/standards.html", shown=shown, groups=groups)


@public_pages.get("/standards/<standard>")
@public("which question serves which standard is for everybody to read")
def one_standard(standard: str) -> ResponseReturnValue:
    """Show one standard, element by element."""
    shown = shown_questionnaire()
    try:
        found = coverage(shown.questionnaire, standard)
    except UnknownStandard:
        raise NotFound from None
    return render_template("public/standard.html", shown=shown, found=found)

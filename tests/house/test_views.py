"""What every view does in one way."""

from __future__ import annotations

import ast
from pathlib import Path

PLUMBLINE = Path(__file__).parents[2] / "platform/plumbline"
AUDIENCES = ("public", "account", "supplier", "assessor", "buyer", "steward")


def test_after_a_post_the_browser_is_sent_on_with_303() -> None:
    """302 leaves open whether the form is sent again; 303 says "read this page"."""
    open_ones = []
    for path in sorted(path for room in AUDIENCES for path in (PLUMBLINE / room).glob("*.py")):
        for view in ast.parse(path.read_text()).body:
            if not isinstance(view, ast.FunctionDef) or "get" in _methods(view):
                continue
            open_ones += [
                f"{path.name}:{call.lineno}"
                for call in ast.walk(view)
                if isinstance(call, ast.Call)
                and isinstance(call.func, ast.Name)
                and call.func.id == "redirect"
                and not (
                    len(call.args) == 2
                    and isinstance(call.args[1], ast.Constant)
                    and call.args[1].value == 303
                )
            ]
    assert open_ones == []


def test_settings_are_asked_for_in_one_place() -> None:
    others = {
        path.relative_to(PLUMBLINE).as_posix()
        for path in PLUMBLINE.rglob("*.py")
        if 'extensions["plumbline"]' in path.read_text()
    }
    # The application is told there, and its pages are fitted out before it answers anybody.
    assert others == {"app.py", "here.py", "rendering.py"}


def _methods(view: ast.FunctionDef) -> set[str]:
    return {
        each.func.attr
        for each in view.decorator_list
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute)
    }

"""Name functions, classes and imports that nothing uses; exit code 1 if there are any.

vulture reads Python alone, so three kinds of use are told to it here: names that the templates mention, views
and handlers that a decorator registers, and names that a framework calls. What is left is either dead or
belongs in `FRAMEWORKS_CALL` with its reason. Columns, fields and attributes are not judged: exports and
templates read them by name.
"""

from __future__ import annotations

import keyword
import re
import sys
from pathlib import Path

from vulture import Vulture

ROOT = Path(__file__).parents[2]
ROOMS = ("platform", "assessments", "migrations", "tests", "infra")
JUDGED = {"function", "method", "class", "property", "import", "unreachable_code"}
REGISTERING = [
    "@*.route", "@*.get", "@*.post", "@*.put", "@*.patch", "@*.delete", "@*.command", "@*.group",
    "@*.before_request", "@*.after_request", "@*.teardown_request", "@*.teardown_appcontext",
    "@*.errorhandler", "@*.app_errorhandler", "@*.context_processor", "@*.app_context_processor",
    "@*.template_filter", "@*.app_template_filter", "@*.template_global", "@*.app_template_global",
    "@*.template_test", "@*.app_template_test", "@*.user_loader", "@*.request_loader",
    "@*.url_value_preprocessor", "@*.listens_for", "@listens_for", "@compiles", "@validates",
    "@field_validator", "@model_validator", "@field_serializer", "@model_serializer", "@inside", "@outside",
    "@sweep", "@pytest.fixture", "@*.hookimpl", "@operation", "@rule", "@invariant", "@initialize",
    "@login.request_loader", "@*.inplace.expression",
]  # fmt: skip
FRAMEWORKS_CALL = [
    "pytest_*", "test_*", "Test*",  # pytest
    "handle_DATA",  # aiosmtpd
    "upgrade", "downgrade",  # Alembic
    "process_bind_param", "process_result_value", "load_dialect_impl",  # SQLAlchemy's column types
    "process_formdata", "process_data", "validate_*", "populate_obj",  # WTForms
    "is_authenticated", "get_id",  # Flask-Login
    "format_help", "get_command", "list_commands", "resolve_command",  # click
    "load_config", "load",  # gunicorn
    "load_bytecode", "dump_bytecode",  # Jinja
    "Meta", "teardown",  # Flask-WTF, Hypothesis's state machines
]  # fmt: skip


def names_in_templates() -> list[str]:
    """Every word inside a Jinja expression or statement."""
    words: set[str] = set()
    for template in (ROOT / "templates").rglob("*.*"):
        for part in re.findall(r"\{[{%](.*?)[%}]\}", template.read_text(), re.DOTALL):
            words.update(re.findall(r"[A-Za-z_]\w*", part))
    return sorted(word for word in words if not keyword.iskeyword(word))


def main() -> int:
    """Print what is unused, one place a line, and give the exit code."""
    judge = Vulture(ignore_names=FRAMEWORKS_CALL, ignore_decorators=REGISTERING)
    judge.scavenge([ROOT / room for room in ROOMS], exclude=["node_modules"])
    judge.scan("\n".join(names_in_templates()), filename="templates")
    dead = [item for item in judge.get_unused_code(min_confidence=60) if item.typ in JUDGED]
    for item in dead:
        print(f"{item.filename.relative_to(ROOT)}:{item.first_lineno}: {item.typ} {item.name!r} is not used")
    return 1 if dead else 0


if __name__ == "__main__":
    sys.exit(main())

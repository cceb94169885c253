"""Collect every text that people read into platform/plumbline/translations/messages.pot.

Four sources: texts marked in templates, texts marked in Python, sentences handed to a refusal, and code words (the
members of every enum, names of moves), which stand under the context "code". ``make texts`` rewrites the file; a
house test holds that it is up to date and that no sentence escapes (``faults``).

The questionnaire is not in it: packs carry their translations beside them.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from jinja2.ext import babel_extract

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "platform/plumbline/translations/messages.pot"
MARKS = {"_", "gettext", "lazy_gettext", "N_"}
SENTENCES = {
    "Refused": (0, 1), "Invalid": (0, 1), "Stale": (0,), "BadValue": (1, 2), "StoreFault": (0, 1),
    "WeakPassword": (0,), "check_supplier": (), "Forbidden": (0,), "NotFound": (0,), "abort": (1,),
}  # fmt: skip
"""What is raised to people, with the places of its sentences. What derives from one of them has the same."""
NAMED = ("message", "remedy")
# Programs and whoever writes packs read these, in English.
NOT_FOR_PEOPLE = ("assessments/questionnaire/", "plumbline/commands/", "plumbline/seeds/")


@dataclass
class Found:
    """Texts by (context, text, plural) with the files they stand in, and sentences that nobody could translate."""

    texts: dict[tuple[str | None, str, str | None], set[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def add(self, text: str, file: str, *, plural: str | None = None, context: str | None = None) -> None:
        if text:
            self.texts.setdefault((context, text, plural), set()).add(file)


def collect() -> Found:
    """Read templates and Python files of the two packages."""
    found = Found()
    for path in sorted((ROOT / "templates").rglob("*.*")):
        _template(path, found)
    trees = {
        path: ast.parse(path.read_text(encoding="utf-8"))
        for root in (ROOT / "assessments", ROOT / "platform/plumbline")
        for path in sorted(root.rglob("*.py"))
        if "node_modules" not in path.parts
    }
    raised = _derived(trees.values())
    for path, tree in trees.items():
        _python(path, tree, raised, found)
    return found


def _derived(trees: Iterable[ast.Module]) -> dict[str, tuple[int, ...]]:
    bases = {
        node.name: [_name(base) for base in node.bases]
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    raised, before = dict(SENTENCES), 0
    while len(raised) > before:
        before = len(raised)
        for name, above in bases.items():
            for base in above:
                if base in raised:
                    raised.setdefault(name, raised[base])
    return raised


def catalogue(found: Found) -> str:
    """The catalogue as a .pot file, the same text for the same texts: no date, no line numbers."""
    made = Catalog(charset="utf-8", fuzzy=False)
    for context, text, plural in sorted(found.texts, key=lambda key: (key[1], key[0] or "", key[2] or "")):
        first = min(found.texts[context, text, plural])
        made.add((text, plural) if plural else text, context=context, locations=[(first, 0)])
    out = io.BytesIO()
    write_po(out, made, width=110, omit_header=True, include_lineno=False)
    return HEADER + out.getvalue().decode()


HEADER = """# Texts of Plumbline, collected by "make texts". One file <language>/LC_MESSAGES/messages.po for each language.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def _template(path: Path, found: Found) -> None:
    options = {"trim_blocks": "true", "lstrip_blocks": "true"}
    with path.open("rb") as file:
        for _line, function, texts, _comments in babel_extract(
            file, ("_", "gettext", "ngettext"), (), options
        ):
            several = texts if isinstance(texts, tuple) else (texts,)
            if several[0]:
                plural = several[1] if function == "ngettext" else None
                found.add(several[0], _told(path), plural=plural)


def _python(path: Path, tree: ast.Module, raised: Mapping[str, tuple[int, ...]], found: Found) -> None:
    file = _told(path)
    for_people = not any(part in path.as_posix() for part in NOT_FOR_PEOPLE)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            _call(node, file, found, raised if for_people else {})
        elif isinstance(node, ast.ClassDef) and any(_name(base) in ENUMS for base in node.bases):
            for line in node.body:
                if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant):
                    _code(line.value, file, found)
        elif isinstance(node, ast.Assign) and for_people:
            target = node.targets[0]
            if isinstance(target, ast.Subscript) and _name(target.value) == "faults":
                _sentence(node.value, file, found)


def _call(node: ast.Call, file: str, found: Found, raised: Mapping[str, tuple[int, ...]]) -> None:
    name = _name(node.func)
    if name in MARKS and node.args:
        _mark(node, file, found)
    elif name == "ngettext":
        one, many = (each.value for each in node.args[:2] if isinstance(each, ast.Constant))
        found.add(str(one), file, plural=str(many))
    elif name in {"Move", "Workflow"}:
        _code(_first(node), file, found)
    elif name in raised:
        for sentence in _sentences(node, raised[name]):
            _sentence(sentence, file, found)


ENUMS = {"StrEnum", "IntEnum"}


def _mark(node: ast.Call, file: str, found: Found) -> None:
    text = node.args[0]
    if isinstance(text, ast.Constant) and isinstance(text.value, str):
        found.add(text.value, file)
    else:
        found.faults.append(f"{file}:{node.lineno}: a mark around what is no literal")


def _sentences(node: ast.Call, places: tuple[int, ...]) -> Iterator[ast.expr]:
    for place in places:
        if place < len(node.args):
            yield node.args[place]
    yield from (each.value for each in node.keywords if each.arg in NAMED)


def _sentence(node: ast.expr, file: str, found: Found) -> None:
    """Take a sentence: a literal, a mark, a choice of these, or a name for what was marked elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        found.add(node.value, file)
    elif isinstance(node, ast.IfExp):
        _sentence(node.body, file, found)
        _sentence(node.orelse, file, found)
    elif isinstance(node, ast.Dict):
        for value in node.values:
            _sentence(value, file, found)
    elif isinstance(node, ast.JoinedStr | ast.BinOp):
        found.faults.append(
            f"{file}:{node.lineno}: a sentence put together in place; write N_ with its values"
        )


def _code(node: ast.expr | None, file: str, found: Found) -> None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        found.add(node.value.replace("_", " "), file, context="code")


def _first(node: ast.Call) -> ast.expr | None:
    named = next((each.value for each in node.keywords if each.arg == "name"), None)
    return named or (node.args[0] if node.args else None)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _told(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def main() -> None:
    """Rewrite the catalogue; say what escapes it."""
    found = collect()
    CATALOGUE.parent.mkdir(exist_ok=True)
    CATALOGUE.write_text(catalogue(found), encoding="utf-8")
    print(f"{CATALOGUE.relative_to(ROOT)}: {len(found.texts)} texts")
    if found.faults:
        raise SystemExit("\n".join(found.faults))


if __name__ == "__main__":
    main()

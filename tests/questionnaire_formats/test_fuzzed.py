"""Files that were changed at random: they are read or refused, within 256 MB and 5 seconds each."""

from __future__ import annotations

import io
import json
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.questionnaire.formats.files import Format, write_draft
from assessments.questionnaire.formats.of_questionnaire import draft_of
from assessments.questionnaire.pack.loading import read_pack
from tests.questionnaire_formats.conftest import read
from tests.questionnaire_formats.test_traps import confined

SMALL = Path(__file__).parents[1] / "questionnaire" / "packs" / "small"
STRANGE: list[Any] = [
    None, [], {}, "", -1, 1e300, True, "x" * 5000, [[]], {"a": {}}, "\x00", "${a}", "{a} = ", 0, ["x"],
    {"default": 1}, {"rule": {"all": []}}, {"key": 1}, [None], "plumbline", {"plumbline": {"relevant":
    1, "rows": [1], "low": "x"}},
]  # fmt: skip


def files() -> dict[str, bytes]:
    """One file of every kind, as we write it."""
    draft = draft_of(read_pack(SMALL))
    found = {}
    for form in (Format.XLSFORM, Format.XLSFORM_CSV, Format.SURVEYJS, Format.OSCAL):
        name, raw = next(iter(write_draft(draft, form)[0].items()))
        found[f"{form.value}{Path(name).suffix}"] = raw
    return found


def scrambled(raw: bytes, chance: random.Random) -> bytes:
    """The bytes with a few of them changed, taken out, put in or said twice."""
    found = bytearray(raw)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(found) or 1)
        what = chance.randrange(5)
        if what == 0:
            found[place : place + 1] = bytes([chance.randrange(256)])
        elif what == 1:
            del found[place : place + chance.randint(1, 200)]
        elif what == 2:
            found[place:place] = found[max(0, place - 300) : place]
        elif what == 3:
            found[place:place] = chance.choice(
                [b'"', b"<", b"&a;", b"{", b"]", b",,", b"\xff\xfe", b"0" * 30, b"\n"]
            )
        else:
            found = found[: place + 1] if chance.random() < 0.2 else found
    return bytes(found)


def repacked(raw: bytes, chance: random.Random) -> bytes:
    """The workbook with the inside of one part scrambled, so that the archive itself is whole."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as before, zipfile.ZipFile(buffer, "w") as after:
        hit = chance.choice([name for name in before.namelist() if "doc" not in name])
        for name in before.namelist():
            part = before.read(name)
            after.writestr(name, scrambled(part, chance) if name == hit else part)
    return buffer.getvalue()


def reshaped(tree: Any, chance: random.Random) -> Any:
    """The JSON with something strange in one place of a map or list on the way down."""
    inner = list(tree) if isinstance(tree, dict) else list(range(len(tree))) if isinstance(tree, list) else []
    if not inner or chance.random() < 0.12:
        return chance.choice(STRANGE)
    key = chance.choice(inner)
    if chance.random() < 0.1:
        return type(tree)() if isinstance(tree, list) else {k: v for k, v in tree.items() if k != key}
    found = dict(tree) if isinstance(tree, dict) else list(tree)
    found[key] = reshaped(tree[key], chance)
    return found


@pytest.mark.parametrize("kind", ["bytes", "inside"])
def test_scrambled_files_are_read_or_refused(kind: str, tmp_path: Path) -> None:
    chance = random.Random(kind)  # noqa: S311  the same files at every run
    for name, raw in files().items():
        for number in range(60):
            changed = scrambled(raw, chance)
            if kind == "inside" and name.endswith(".xlsx"):
                changed = repacked(raw, chance)
            elif kind == "inside" and name.endswith(".json"):
                tree = json.loads(raw)
                for _ in range(chance.randint(1, 5)):
                    tree = reshaped(tree, chance)
                changed = json.dumps(tree).encode()
            (tmp_path / f"{number:03}{name}").write_bytes(changed)
    told = confined(sorted(tmp_path.iterdir()))
    assert len(told) == 240
    assert all(said is None or (said.endswith(".") and "\n" not in said) for said in told.values())
    assert None in told.values()


WORDS = st.sampled_from(
    [
        "pages", "elements", "type", "name", "title", "choices", "rows", "columns", "visibleIf",
        "plumbline", "catalog", "groups", "controls", "parts", "params", "select", "choice", "prose",
        "id", "props", "remarks", "metadata", "radiogroup", "matrixdropdown", "paneldynamic", "matrix",
        "text", "panel", "html", "statement", "item", "value", "default", "validators",
        "templateElements", "{a} = 1", "relevant", "kind", "list_name", "single", "table",
    ]
)  # fmt: skip
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=30,
)


@settings(max_examples=300, deadline=None)
@given(tree=TREES, form=st.sampled_from([Format.SURVEYJS, Format.OSCAL, None]))
def test_json_of_any_shape_is_read_or_refused(tree: Any, form: Format | None) -> None:
    for held in (tree, {"elements": [tree]}, {"catalog": {"controls": [tree]}}):
        reading = read(json.dumps(held).encode(), "form.json", form)
        assert (reading.draft is None) == (reading.refused is not None)


CELLS = st.sampled_from(
    [
        "begin group", "end group", "begin repeat", "end repeat", "text", "select_one a",
        "select_multiple a or_other", "note", "calculate", "a", "b", "${a} = 'x'", ". > 1", "{}",
        '{"kind":1}', '{"table":1}', '{"row":"x"}', "yes", '{"column":"c"}', '{"is":"hint"}',
        '{"relevant":{"rule":[],"as":""}}', "a a", "type", "name", "list_name",
    ]
) | st.text(max_size=8)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    headers=st.lists(
        st.sampled_from(["type", "name", "label", "relevant", "constraint", "plumbline", "required"])
    ),
    rows=st.lists(st.lists(CELLS, max_size=7), max_size=8),
    choices=st.lists(st.lists(CELLS, max_size=4), max_size=4),
)
def test_sheets_of_any_content_are_read_or_refused(
    headers: list[str], rows: list[list[str]], choices: list[list[str]]
) -> None:
    def text(lines: list[list[str]]) -> bytes:
        cleaned = (",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in line) for line in lines)
        return "\n".join(cleaned).encode("utf-8", "replace")

    survey = text([["type", "name", *dict.fromkeys(headers)][:7], *rows])
    reading = read(survey, "survey.csv", None, choices=text([["list_name", "name", "label"], *choices]))
    assert (reading.draft is None) == (reading.refused is not None)

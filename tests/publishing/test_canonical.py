"""Canonical JSON: the bytes that are hashed and signed, and what has none."""

from __future__ import annotations

from typing import Any

import pytest

from assessments.canonical import NotCanonical, canonical_json


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ({"b": 1, "a": [True, None, False], "B": {}}, '{"B":{},"a":[true,null,false],"b":1}'),
        ('"\\/\b\t\n\f\r\x1f\x7f é\u2028', '"\\"\\\\/\\b\\t\\n\\f\\r\\u001f\x7f é\u2028"'),
        # RFC 8785 3.2.3: by UTF-16 code units U+1F600 (D83D ...) comes before U+FB33.
        ({"\ufb33": 1, "\U0001f600": 2, "a": 3}, '{"a":3,"\U0001f600":2,"\ufb33":1}'),
        ([-(2**53) + 1, ("x",)], '[-9007199254740991,["x"]]'),
    ],
)
def test_the_form_is_that_of_rfc_8785(value: Any, wanted: str) -> None:
    assert canonical_json(value).decode() == wanted


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (1.5, "$: float has no canonical form, write it as text"),
        ({"a": [{"b": 0.5}]}, "$.a[0].b: float has no canonical form, write it as text"),
        ({"a": [0, 2**53]}, "$.a[1]: integer beyond 2^53, write it as text"),
        ({"a": {3: "x"}}, "$.a: key 3 is not text"),
        (["\ud800"], "text with a lone surrogate at character 2"),
    ],
)
def test_what_has_no_canonical_form_is_refused_with_its_place(value: Any, told: str) -> None:
    with pytest.raises(NotCanonical) as refused:
        canonical_json(value)
    assert str(refused.value) == told

"""Whatever a lenient reader would pass over in silence has its place."""

from __future__ import annotations

import pytest

from claims.strictjson import Document, is_nested_deeper

_TWICE = "同一个键给出两次 / the key is given twice"


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ('{"a": 1, "b": [1, 2.5, -3e2, true, null, "NaN"]}', []),
        ('{"a": 1, "a": 2}', [("a", _TWICE)]),
        ('{"a": 1, "a": 2, "a": 3}', [("a", _TWICE), ("a", _TWICE)]),
        ('{"a": {"b": [{"c": 1, "c": 2}]}}', [("a.b[0].c", _TWICE)]),
        ('[[{"a": 1}, {"a": 1, "a": 1}]]', [("[0][1].a", _TWICE)]),
        ('{"a": NaN}', [("a", "无法表示的数 / no number that can be held: NaN")]),
        ('{"a": [1, -Infinity]}', [("a[1]", "无法表示的数 / no number that can be held: -Infinity")]),
        ('{"a": 1e400}', [("a", "无法表示的数 / no number that can be held: 1e400")]),
        ("NaN", [("", "无法表示的数 / no number that can be held: NaN")]),
        ('{"a": NaN, "b": {"c": 1, "c": NaN}}', [
            ("a", "无法表示的数 / no number that can be held: NaN"), ("b.c", _TWICE),
            ("b.c", "无法表示的数 / no number that can be held: NaN"),
        ]),
    ],
)  # fmt: skip
def test_what_is_strange_is_named_with_its_place(text: str, strange: list) -> None:
    """In the order in which it stands."""
    assert list(Document(text).strange()) == strange


def test_of_a_long_number_the_beginning_is_said() -> None:
    """As many digits as the largest number has are too many for a whole number that is exact."""
    assert Document("9" * 308).value == int("9" * 308)
    assert list(Document("9" * 308).strange()) == []
    assert list(Document("9" * 309).strange()) == [("", "无法表示的数 / no number that can be held: " + "9" * 20)]


def test_what_is_not_strange_is_what_json_says() -> None:
    """Of a key that is given twice the last value stands."""
    assert Document('{"a": [1, 2.5, -3e2, true, null, "x"], "b": {}}').value == {
        "a": [1, 2.5, -300.0, True, None, "x"], "b": {},
    }  # fmt: skip
    assert Document('{"a": 1, "a": 2}').value == {"a": 2}
    with pytest.raises(ValueError, match="Expecting"):
        Document("{")


@pytest.mark.parametrize(
    ("value", "depth"),
    [
        ("x", 0), (5, 0), (None, 0), ([], 1), ({}, 1), ([1, 2], 1), ({"a": 1}, 1), ([[]], 2), ({"a": {"b": [1]}}, 3),
        ([1, [2, [3]]], 3),
    ],
)  # fmt: skip
def test_a_value_is_as_deep_as_its_objects_and_lists_are_nested(value: object, depth: int) -> None:
    """A list in a list is two deep, wherever it stands."""
    assert not is_nested_deeper(value, depth)
    assert depth == 0 or is_nested_deeper(value, depth - 1)

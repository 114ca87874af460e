"""A sheet of paper: whatever its rows say, it is one page of A4, and what had no room is counted."""

from __future__ import annotations

import base64
import hashlib
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from api.pages import BETWEEN, LINE, POLICY, STYLE, TABLE, UNITS, Row, Sheet, fitted, html_of, shortened, width_of

MORE = "另有 {count} 项"
ROWS = st.lists(st.builds(Row, st.text(max_size=40), st.text(max_size=400), st.integers(1, 4)), max_size=60)


def height(rows: list[Row]) -> float:
    """The points that rows take, of lines as full as a browser fills them."""
    lines = (max(-(-width_of(row.value) // UNITS), -(-width_of(row.name) // 16), 1) for row in rows)
    return sum(one * LINE + BETWEEN for one in lines)


@given(ROWS)
def test_what_is_taken_in_fits_and_the_rest_is_counted(rows: list[Row]) -> None:
    """Each page prints to one sheet, whatever a filing says."""
    taken = fitted(rows, MORE)
    assert height(taken) <= TABLE
    if len(taken) < len(rows) or (taken and taken[-1].name == "…" and taken[-1].value.startswith("另有")):
        kept = len(taken) - 1
        assert taken[-1] == Row("…", MORE.format(count=len(rows) - kept))
    else:
        assert len(taken) == len(rows)


@given(st.text(max_size=200), st.integers(2, 80))
def test_a_text_is_cut_to_its_width(text: str, units: int) -> None:
    """With an ellipsis for the rest; what fits is left as it is."""
    short = shortened(text, units)
    assert width_of(short) <= max(units, 2)
    assert short == text or text.startswith(short.removesuffix("…"))


@given(st.text(max_size=100))
def test_no_text_is_markup(text: str) -> None:
    """Whatever stands in a value, the page has the same elements."""
    page = html_of(Sheet("裁决书", "", (Row("依据", text),), ("签字",), "", MORE), "zh")
    empty = html_of(Sheet("裁决书", "", (Row("依据", ""),), ("签字",), "", MORE), "zh")
    assert page.count("<") == empty.count("<")
    assert unescape(page).isprintable() or "\n" in page


def test_the_policy_names_the_style_and_nothing_else() -> None:
    """No script, no picture, no font from elsewhere: the one style that the page brings, by its digest."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in POLICY
    assert POLICY.startswith("default-src 'none'")
    assert "script" not in POLICY
    assert f"<style>{STYLE}</style>" in html_of(Sheet("", "", (), (), "", MORE), "en")
    assert "url(" not in STYLE
    assert "@import" not in STYLE

"""One sheet of A4 as HTML: a title, rows of a name and its value, lines to sign on, and what stands at its foot.

- It is one page by its making: the sheet has the height of the paper, and takes in rows only as long as their lines
  fit; what does not fit is counted in words in the last of them, and stands in the system.
- Every text is escaped, set apart in its direction, and without signs that no paper shows.
"""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from dataclasses import dataclass
from html import escape
from math import ceil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

STYLE: Final = """
@page { size: A4 portrait; margin: 0 }
* { box-sizing: border-box }
html, body { margin: 0; padding: 0; background: #fff; color: #000 }
.sheet { position: relative; width: 210mm; height: 296mm; padding: 16mm; overflow: hidden; break-inside: avoid;
  font: 10.5pt/16pt "Songti SC", SimSun, "Noto Serif CJK SC", "Source Han Serif SC", serif }
h1 { margin: 0 0 4pt; font-size: 18pt; line-height: 28pt; text-align: center; letter-spacing: 4pt }
.under { margin: 0 0 8pt; text-align: center; font-size: 9pt; line-height: 12pt }
table { width: 100%; border-collapse: collapse; table-layout: fixed }
th, td { border: 0.5pt solid #000; padding: 2pt 4pt; text-align: left; vertical-align: top; font-weight: normal;
  word-break: break-all; overflow-wrap: anywhere }
th { width: 92pt; background: #f2f2f2 }
.signs { display: flex; gap: 12pt; margin-top: 18pt }
.signs div { flex: 1; border-bottom: 0.5pt solid #000; height: 32pt; font-size: 9pt }
.foot { position: absolute; left: 16mm; right: 16mm; bottom: 10mm; font-size: 8pt; line-height: 11pt;
  word-break: break-all }
"""
POLICY: Final = (
    "default-src 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""The page's Content-Security-Policy: its own style, by digest, and nothing else."""
UNITS: Final = 70
"""Half-widths that a line of a value holds: 398 pt, of 10.5 pt a full width, and some to spare."""
TABLE: Final = 600
"""Points that the rows of a sheet may take: 839 of the paper less title, signatures, foot and margins."""
LINE: Final = 16
BETWEEN: Final = 5


@dataclass(frozen=True, slots=True)
class Row:
    """A name and its value; a longer value than its lines is cut, and says so by its ellipsis."""

    name: str
    value: str
    most_lines: int = 2


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a sheet of paper says; `more` puts into words how many rows had no room."""

    title: str
    under: str
    rows: tuple[Row, ...]
    signs: tuple[str, ...]
    foot: str
    more: str


def width_of(text: str) -> float:
    """Measure a text in half-widths, never below what it takes: 2 for a Chinese sign, 1.6 for a Latin one."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WFA" else 1.6 for sign in text)


def shortened(text: str, units: float) -> str:
    """Cut a text to a width, with an ellipsis for the rest."""
    if width_of(text) <= units:
        return text
    kept, taken = 0, 2.0
    for sign in text:
        taken += width_of(sign)
        if taken > units:
            break
        kept += 1
    return text[:kept] + "…"


def plain(text: str) -> str:
    """Take out of a text what no paper shows: control signs, and those that turn the direction of writing."""
    return "".join(sign if unicodedata.category(sign)[0] != "C" else " " for sign in text).strip()


def fitted(rows: Sequence[Row], more: str) -> list[Row]:
    """Take in rows as long as their lines fit on the sheet; the last one counts what had no room."""
    room, taken = TABLE - LINE - BETWEEN, list[Row]()
    for row in rows:
        value = shortened(plain(row.value), row.most_lines * UNITS)
        name = shortened(plain(row.name), 32)
        lines = max(ceil(width_of(value) / UNITS), ceil(width_of(name) / 16), 1)
        room -= lines * LINE + BETWEEN
        if room < 0:
            return [*taken, Row("…", more.format(count=len(rows) - len(taken)))]
        taken.append(Row(name, value))
    return taken


def html_of(sheet: Sheet, language: str) -> str:
    """Write a sheet as a page of its own."""
    rows = "".join(
        f"<tr><th>{_text(row.name)}</th><td>{_text(row.value)}</td></tr>" for row in fitted(sheet.rows, sheet.more)
    )
    signs = "".join(f"<div>{_text(sign)}</div>" for sign in sheet.signs)
    title = _text(shortened(plain(sheet.title), 40))
    return (
        f'<!DOCTYPE html><html lang="{"en" if language == "en" else "zh-CN"}"><head><meta charset="utf-8">'
        f"<title>{escape(plain(sheet.title))}</title><style>{STYLE}</style></head>"
        f'<body><div class="sheet"><h1>{title}</h1><p class="under">{_text(shortened(plain(sheet.under), 90))}</p>'
        f'<table>{rows}</table><div class="signs">{signs}</div>'
        f'<p class="foot">{_text(shortened(plain(sheet.foot), 300))}</p></div></body></html>'
    )


def _text(text: str) -> str:
    return f"<bdi>{escape(text)}</bdi>"

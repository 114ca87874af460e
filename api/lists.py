"""Lists as workbooks (XLSX): what a list of GraphQL shows somebody, row by row, with nothing in it that is run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from records.form_words import OPTIONS, TITLES, field_word
from records.print_words import STATES, word
from records.rejects import harmless

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import tzinfo

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS: Final = 2_000
LONGEST_CELL: Final = 1_000
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")


@dataclass(frozen=True, slots=True)
class List:
    """A list of the schema's: the document that asks for a page, its columns, and its tag in the log."""

    root: str
    document: str
    tag: str
    file: str
    columns: tuple[tuple[Callable[[str], str], Callable[[dict[str, Any], str], str]], ...]


def _named(name: str) -> Callable[[str], str]:
    return lambda language: word(name, language)


def _field(name: str) -> Callable[[str], str]:
    return field_word(name).words.in_


def _person(staff: dict[str, Any] | None) -> str:
    return f"{staff['name']} ({staff['number']})" if staff else ""


def _held(row: dict[str, Any], said: str) -> str:
    holder = row["holder"] or {}
    return str(holder.get(said) or "")


def _masked(name: str) -> Callable[[dict[str, Any], str], str]:
    return lambda row, _: (row[name] or {}).get("display", "")


CUSTOMERS: Final = List(
    "customers",
    """query ($first: Int!, $after: String) { customers(first: $first, after: $after) {
      pageInfo { endCursor hasNextPage } nodes { id name { display } phones { display } wechat { display }
        email { display } address { display } building { display }
        holder { protectedUntil staff { number name } team { name } } } } }""",
    "list:customers",
    "customers.xlsx",
    (
        (_named("id"), lambda row, _: row["id"]),
        (_field("name"), _masked("name")),
        (_field("phone"), lambda row, _: " ".join(one["display"] for one in row["phones"] or ())),
        (_field("wechat"), _masked("wechat")),
        (_field("email"), _masked("email")),
        (_field("address"), _masked("address")),
        (_field("building"), _masked("building")),
        (_named("holder"), lambda row, _: _person((row["holder"] or {}).get("staff"))),
        (_named("team"), lambda row, _: ((row["holder"] or {}).get("team") or {}).get("name", "")),
        (_named("protected_until"), lambda row, _: _held(row, "protectedUntil")),
    ),
)
CLAIMS: Final = List(
    "claims",
    """query ($first: Int!, $after: String) { claims(first: $first, after: $after) {
      pageInfo { endCursor hasNextPage } nodes { id type state filedAt occurredAt channel missing
        claimant { number name } enteredBy { number name } team { name }
        customer { name { display } phones { display } } } } }""",
    "list:claims",
    "claims.xlsx",
    (
        (_named("id"), lambda row, _: row["id"]),
        (_named("type"), lambda row, language: TITLES[row["type"].lower()].in_(language)),
        (_named("state"), lambda row, language: STATES[row["state"].lower()].in_(language)),
        (_field("name"), lambda row, _: ((row["customer"] or {}).get("name") or {}).get("display", "")),
        (
            _field("phone"),
            lambda row, _: " ".join(one["display"] for one in (row["customer"] or {}).get("phones") or ()),
        ),
        (_named("claimant"), lambda row, _: _person(row["claimant"])),
        (_named("entered_by"), lambda row, _: _person(row["enteredBy"])),
        (_named("team"), lambda row, _: (row["team"] or {}).get("name", "")),
        (_named("filed_at"), lambda row, _: row["filedAt"]),
        (_named("occurred_at"), lambda row, _: row["occurredAt"]),
        (
            _named("channel"),
            lambda row, language: (
                OPTIONS[row["channel"].lower()].in_(language)
                if row["channel"].lower() in OPTIONS
                else word("import", language)
            ),
        ),
        (
            _named("missing"),
            lambda row, language: "、".join(
                field_word(one).words.in_(language) for name in row["missing"] for one in name.split("|")
            ),
        ),
    ),
)


def workbook_of(listed: List, rows: Sequence[dict[str, Any]], language: str, zone: tzinfo, *, is_cut: bool) -> bytes:
    """Write a list as a workbook; the last row says so where there are more."""
    book = Workbook(write_only=True)
    table = book.create_sheet(word(listed.root, language))
    table.append([heading(language) for heading, _ in listed.columns])
    for row in rows[:MOST_ROWS]:
        table.append([_cell(value(row, language), zone) for _, value in listed.columns])
    if is_cut:
        table.append([word("list_more", language)])
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _cell(text: str, zone: tzinfo) -> str:
    """Write a value so that no spreadsheet runs it; instants in the rulebook's zone."""
    if _INSTANT.fullmatch(text):
        return datetime.fromisoformat(text).astimezone(zone).strftime("%Y-%m-%d %H:%M")
    return harmless(ILLEGAL_CHARACTERS_RE.sub(" ", text))[:LONGEST_CELL]

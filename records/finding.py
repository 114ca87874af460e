"""Which of our own customers is this (查找): by a whole phone or name, by the last digits, or by part of a name.

- A search finds customers that the searcher's own scope has on file, and no others; of several things asked for,
  a customer has all.
- Whole phones and names are found by their indexes. No index knows a part: for a part of a name the cards in scope are
  opened, for last digits the sealed phones, of the `MOST_OPENED` latest filings; whoever has more is told so.
- Last digits are four at least. A number whose own last four are hidden (A7) is found by the end of what is known of
  it, and by more digits whose last four may be the hidden ones.
- Each search is one log entry, durable before anything is looked at or opened, and takes from the searcher's budget of
  the day: last digits five times as much, for they tell what a mask hides (ADR 0019).
"""

from __future__ import annotations

import asyncio
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson

from authz.acts import Act
from authz.policy import Condition
from crypto.sealed import Place
from records.audit import Entry
from records.budgets import spend
from records.canonical import NAME_NORMALISER, PHONE_NORMALISER, canonical_name
from records.cards import read_card
from records.columns import Column, Table
from records.connection import read
from records.customer_rows import CustomerRow, customer
from records.forms import IndexEntry
from records.keys import Index
from records.pinyin import NamePart
from records.proofreading import LONGEST_NAME, Proof
from records.queries import Values, visible_to
from records.refusals import ProblemCode, RefusalCode, Refused
from records.token_rows import token_rows
from records.tokens import tokens_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from crypto.envelope import OwnCipher
    from crypto.sealed import Confidential
    from records.desk import Desk
    from records.queries import Sight

MOST_FOUND: Final = 50
"""Customers that one search gives; whoever finds so many looks for something else."""
MOST_OPENED: Final = 5_000
"""Filings of which one search opens what it looks through, the latest recorded first."""
OPENED_AT_ONCE: Final = 200
"""Filings opened before others get their turn."""
LONGEST_PART: Final = 32
"""Signs of a part of a name."""
FEWEST_DIGITS: Final = 4
MOST_DIGITS: Final = 15
HIDDEN_DIGITS: Final = "****"
ENDING_COSTS: Final = 5
"""What a search by last digits takes from the budget, where any other takes one."""
_TRUNK_ZERO_FROM: Final = 9
"""Digits from which a leading zero is the one before an area code, or of 0086, and no part of the number."""
_WRITTEN_BETWEEN: Final = dict.fromkeys(map(ord, " -–—().+/"))


@dataclass(frozen=True, slots=True)
class Sought:
    """What a search asks for, as it came; one thing at least."""

    phone: Confidential | None = None
    name: Confidential | None = None
    phone_ending: Confidential | None = None
    name_part: Confidential | None = None

    def asked(self) -> tuple[str, ...]:
        """Name what is asked for."""
        given = {
            "phone": self.phone,
            "name": self.name,
            "phone_ending": self.phone_ending,
            "name_part": self.name_part,
        }
        return tuple(word for word, one in given.items() if one is not None)


@dataclass(frozen=True, slots=True)
class Ending:
    """The last digits of a phone."""

    digits: str = field(repr=False)

    @classmethod
    def of(cls, written: str) -> Ending | None:
        """Read the digits that somebody wrote; None if they are too few, too many, or something else."""
        if len(written) > 4 * MOST_DIGITS:
            return None
        folded = unicodedata.normalize("NFKC", written)
        shown = "".join(sign for sign in folded if unicodedata.category(sign) != "Cf").translate(_WRITTEN_BETWEEN)
        if not (shown.isascii() and shown.isdigit()):
            return None
        digits = shown.lstrip("0") if len(shown) >= _TRUNK_ZERO_FROM else shown
        return cls(digits) if FEWEST_DIGITS <= len(digits) <= MOST_DIGITS else None

    def is_of(self, number: str) -> bool:
        """Tell whether a number in E.164, its last digits hidden or not, ends so or may."""
        known = number.removesuffix(HIDDEN_DIGITS)
        if known.endswith(self.digits):
            return True
        before = self.digits[: -len(HIDDEN_DIGITS)]
        return known != number and len(before) >= FEWEST_DIGITS and known.endswith(before)


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a search looks for, understood."""

    entries: tuple[IndexEntry, ...] = field(default=(), repr=False)
    ending: Ending | None = None
    part: NamePart | None = None

    @property
    def opens(self) -> bool:
        """Tell whether values have to be opened to find it."""
        return self.ending is not None or self.part is not None


@dataclass(frozen=True, slots=True)
class Found:
    """The customers that a search gave, the latest filed first; not complete, if more filings were to be opened."""

    customers: tuple[CustomerRow, ...]
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class _Met:
    """The customers (roots) that opened values show to be meant, and whether all there were could be opened."""

    roots: frozenset[UUID]
    is_complete: bool


def _read_criteria(sought: Sought, proof: Proof) -> Criteria:
    """Read what is asked for, noting every problem."""
    entries: list[IndexEntry] = []
    ending: Ending | None = None
    part: NamePart | None = None
    if sought.phone is not None and (number := proof.one_phone(sought.phone, "phone")) is not None:
        if number.e164 is None:
            proof.blame(ProblemCode.INVALID_PHONE, "phone")
        else:
            entries.append(IndexEntry(Index.PHONE, PHONE_NORMALISER, number.e164))
    if sought.name is not None and (said := proof.text(sought.name, "name", longest=LONGEST_NAME)) is not None:
        entries.append(IndexEntry(Index.NAME, NAME_NORMALISER, canonical_name(said)))
    if sought.phone_ending is not None and (ending := Ending.of(sought.phone_ending.reveal())) is None:
        proof.blame(ProblemCode.INVALID_PHONE, "phoneEnding")
    if sought.name_part is not None:
        said = proof.text(sought.name_part, "namePart", longest=LONGEST_PART)
        if said is not None and (part := NamePart.of(said)) is None:
            proof.blame(ProblemCode.INVALID_TEXT, "namePart")
    criteria = Criteria(tuple(entries), ending, part)
    if not entries and not criteria.opens and not proof.problems:
        proof.blame(ProblemCode.REQUIRED, "phone")
    return criteria


async def find_customers(desk: Desk, sought: Sought) -> Found | Refused:
    """Find the customers in sight that have all that is asked for; refused beyond the day's budget."""
    await desk.require(Act.FIND_CUSTOMERS, facts=[Condition.BUDGET])
    proof = Proof()
    criteria = _read_criteria(sought, proof)
    if proof.problems:
        return proof.refusal()
    if not await spend(desk, Act.FIND_CUSTOMERS, 1 if criteria.ending is None else ENDING_COSTS):
        return Refused(RefusalCode.BUDGET_SPENT)
    await desk.note(Entry("customer:find", fields=sought.asked()))
    sight = visible_to(desk, Act.FIND_CUSTOMERS)
    met = await _opened(desk, sight, criteria) if criteria.opens else None
    bind = Values()
    # What was opened was narrowed by the indexes already.
    wanted = (
        _indexed(desk, sight, criteria.entries, bind)
        if met is None
        else f"SELECT unnest({bind(list(met.roots), 'uuid[]')}) AS root_id"
    )
    statement = (
        f"SELECT v.customer_id FROM ({wanted}) m JOIN ({sight.customers(bind)}) v ON v.customer_id = m.root_id "
        f"ORDER BY v.filed_at DESC, v.customer_id DESC LIMIT {MOST_FOUND}"
    )
    rows = await asyncio.gather(*(customer(desk, row["customer_id"]) for row in await read(statement, bind.given)))
    found = tuple(row for row in rows if row is not None)
    desk.gathering.logged.update(row.id for row in found)
    return Found(found, is_complete=met is None or met.is_complete)


def _indexed(desk: Desk, sight: Sight, entries: Sequence[IndexEntry], bind: Values) -> str:
    """Select the customers (roots) of whom filings in sight have every one of some whole values."""
    return " INTERSECT ".join(
        f"SELECT p.root_id FROM {token_rows(tokens_of(desk.keys, [entry]), bind)} "
        "JOIN blind_index b USING (index, key_id, normaliser, token) JOIN filing f ON f.id = b.filing_id "
        f"JOIN customer p ON p.id = f.customer_id WHERE {sight.filings('f', bind)}"
        for entry in entries
    )


async def _opened(desk: Desk, sight: Sight, criteria: Criteria) -> _Met:
    """Open what is looked through, the latest filings first: one statement for the rows, one for their keys."""
    bind = Values()
    narrowed = f"JOIN ({_indexed(desk, sight, criteria.entries, bind)}) m ON m.root_id = p.root_id "
    phones = (
        "(SELECT v.id, v.sealed FROM sealed_value v JOIN fact a ON a.id = v.fact_id WHERE v.filing_id = f.id "
        f"AND v.field = {bind(int(Column.PHONES))} ORDER BY a.seq DESC LIMIT 1)"
    )
    rows = await read(
        "SELECT f.id, f.customer_id, p.root_id, f.card, v.id AS phones_id, v.sealed AS phones FROM filing f "
        f"JOIN customer p ON p.id = f.customer_id {narrowed if criteria.entries else ''}"
        f"LEFT JOIN LATERAL {phones} v ON true WHERE {sight.contacts('f', 'p.root_id', bind)} "
        f"ORDER BY f.recorded_at DESC, f.id DESC LIMIT {MOST_OPENED + 1}",
        bind.given,
    )
    is_complete = len(rows) <= MOST_OPENED
    rows = rows[:MOST_OPENED]
    ciphers = await desk.keys.ciphers_of({row["customer_id"] for row in rows}, read)
    by_name: set[UUID] = set()
    by_ending: set[UUID] = set()
    for first in range(0, len(rows), OPENED_AT_ONCE):
        for row in rows[first : first + OPENED_AT_ONCE]:
            # An erased customer has no key: nothing of theirs is found any more.
            if (cipher := ciphers.get(row["customer_id"])) is None:
                continue
            if criteria.part is not None and _has_part(row, cipher, criteria.part):
                by_name.add(row["root_id"])
            if criteria.ending is not None and _ends_so(row, cipher, criteria.ending):
                by_ending.add(row["root_id"])
        await asyncio.sleep(0)
    if criteria.part is None or criteria.ending is None:
        return _Met(frozenset(by_name | by_ending), is_complete)
    return _Met(frozenset(by_name & by_ending), is_complete)


def _has_part(row: Mapping[str, Any], cipher: OwnCipher, part: NamePart) -> bool:
    place = Place(Table.FILING, Column.CARD, row["id"], row["customer_id"])
    name = read_card(cipher.open(row["card"], place)).name
    return name is not None and part.is_in(name)


def _ends_so(row: Mapping[str, Any], cipher: OwnCipher, ending: Ending) -> bool:
    if row["phones"] is None:
        return False
    place = Place(Table.SEALED_VALUE, Column.PHONES, row["phones_id"], row["customer_id"])
    return any(ending.is_of(number) for number, _ in orjson.loads(cipher.open(row["phones"], place)))

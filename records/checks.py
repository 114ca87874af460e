"""Questions about a phone or a name: is somebody known already (查重), and which of our own customers is this.

- A check answers three words, the same whoever holds: free, protected until a day, or possibly somebody known (A7).
- A customer whose protection has lapsed is free: a newcomer may take over (A3).
- A search finds customers by an exact phone or name that the searcher's own scope has on file, and no others.
- Each question is logged before anything is looked at, and takes from the asker's budget of the day.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from authz.acts import Act
from authz.policy import Condition
from records.audit import Entry
from records.budgets import spend
from records.canonical import NAME_NORMALISER, PHONE_NORMALISER, canonical_name
from records.connection import read
from records.customer_rows import CustomerRow, customer
from records.forms import IndexEntry, possible_matches
from records.keys import Index
from records.proofreading import LONGEST_NAME, Proof
from records.queries import Values, visible_to
from records.refusals import ProblemCode, RefusalCode, Refused
from records.tokens import tokens_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from crypto.sealed import Confidential
    from records.desk import Desk
    from records.tokens import Token

MOST_PHONES: Final = 5
"""Phones of one check: as many as one customer has."""
MOST_FOUND: Final = 50
"""Customers that one search gives; whoever finds so many looks for something else."""


class ConflictState(StrEnum):
    """What a check answers (查重结果)."""

    FREE = "free"
    PROTECTED = "protected"
    POSSIBLE_MATCH = "possible_match"


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer of a check; the day only with PROTECTED: the last one of the protection."""

    state: ConflictState
    protected_until: date | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The customers that a search gave, the latest filed first."""

    customers: tuple[CustomerRow, ...]


async def check_conflict(desk: Desk, phones: Sequence[Confidential]) -> Checked | Refused:
    """Tell whether a filing with these phones would meet somebody; refused beyond the day's budget."""
    await desk.require(Act.CHECK_CONFLICT, facts=[Condition.BUDGET])
    proof = Proof()
    if not phones:
        proof.blame(ProblemCode.REQUIRED, "phones")
    if len(phones) > MOST_PHONES:
        proof.blame(ProblemCode.TOO_MANY, "phones")
    read_as = [proof.one_phone(phone, "phones", str(place)) for place, phone in enumerate(phones[:MOST_PHONES])]
    if proof.problems:
        return proof.refusal()
    numbers = tuple(phone for phone in read_as if phone is not None)
    if not await spend(desk, Act.CHECK_CONFLICT, len(numbers)):
        return Refused(RefusalCode.BUDGET_SPENT)
    await desk.note(Entry("conflict:check", fields=("phones",), count=len(numbers)))
    whole = [IndexEntry(Index.PHONE, PHONE_NORMALISER, one.e164) for one in numbers if one.e164 is not None]
    exact, possible = tokens_of(desk.keys, whole), tokens_of(desk.keys, possible_matches(numbers))
    return await _looked_up(desk, exact, possible)


def _bound(tokens: Sequence[Token], bind: Values) -> str:
    """Write tokens as rows that index rows are joined with."""
    columns = (
        bind([token.index for token in tokens], "smallint[]"),
        bind([token.key for token in tokens], "integer[]"),
        bind([token.normaliser for token in tokens], "smallint[]"),
        bind([token.token for token in tokens], "bytea[]"),
    )
    return f"unnest({', '.join(columns)}) AS t(index, key_id, normaliser, token)"


async def _looked_up(desk: Desk, exact: Sequence[Token], possible: Sequence[Token]) -> Checked:
    """Ask everything in one statement, whatever is there to be found: the work tells nothing."""
    bind = Values()
    now = bind(desk.now, "timestamptz")
    rows = await read(
        "SELECT (SELECT max(h.protected_until) "
        f"FROM {_bound(exact, bind)} JOIN blind_index b USING (index, key_id, normaliser, token) "
        "JOIN customer c ON c.id = b.customer_id JOIN holding h ON h.customer_id = c.root_id "
        f"WHERE h.from_at <= {now} AND (h.until_at IS NULL OR h.until_at > {now})) AS protected_until, "
        f"EXISTS (SELECT FROM {_bound(possible, bind)} JOIN blind_index b USING (index, key_id, normaliser, token)) "
        "AS is_possible",
        bind.given,
    )
    until: date | None = rows[0]["protected_until"]
    if until is not None and until >= desk.rulebook.day(desk.now):
        return Checked(ConflictState.PROTECTED, until)
    return Checked(ConflictState.POSSIBLE_MATCH if rows[0]["is_possible"] else ConflictState.FREE)


async def find_customers(desk: Desk, phone: Confidential | None, name: Confidential | None) -> Found | Refused:
    """Find the customers in sight that have an exact phone, or name, or both; refused beyond the day's budget."""
    await desk.require(Act.FIND_CUSTOMERS, facts=[Condition.BUDGET])
    proof = Proof()
    entries: list[IndexEntry] = []
    if phone is not None and (number := proof.one_phone(phone, "phone")) is not None:
        if number.e164 is None:
            proof.blame(ProblemCode.INVALID_PHONE, "phone")
        else:
            entries.append(IndexEntry(Index.PHONE, PHONE_NORMALISER, number.e164))
    if name is not None and (said := proof.text(name, "name", longest=LONGEST_NAME)) is not None:
        entries.append(IndexEntry(Index.NAME, NAME_NORMALISER, canonical_name(said)))
    if not entries and not proof.problems:
        proof.blame(ProblemCode.REQUIRED, "phone")
    if proof.problems:
        return proof.refusal()
    if not await spend(desk, Act.FIND_CUSTOMERS, 1):
        return Refused(RefusalCode.BUDGET_SPENT)
    fields = tuple(word for word, given in (("phone", phone), ("name", name)) if given is not None)
    await desk.note(Entry("customer:find", fields=fields))
    sight, bind = visible_to(desk, Act.FIND_CUSTOMERS), Values()
    each = " INTERSECT ".join(
        f"SELECT p.root_id FROM {_bound(tokens_of(desk.keys, [entry]), bind)} "
        "JOIN blind_index b USING (index, key_id, normaliser, token) JOIN filing f ON f.id = b.filing_id "
        f"JOIN customer p ON p.id = f.customer_id WHERE {sight.filings('f', bind)}"
        for entry in entries
    )
    statement = (
        f"SELECT v.customer_id FROM ({each}) m JOIN ({sight.customers(bind)}) v ON v.customer_id = m.root_id "
        f"ORDER BY v.filed_at DESC, v.customer_id DESC LIMIT {MOST_FOUND}"
    )
    rows = await asyncio.gather(*(customer(desk, row["customer_id"]) for row in await read(statement, bind.given)))
    found = tuple(row for row in rows if row is not None)
    desk.gathering.logged.update(row.id for row in found)
    return Found(found)

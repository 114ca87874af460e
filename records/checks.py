"""Questions about a phone: would a filing meet somebody who is known already (查重).

- A check answers three words, the same whoever holds: free, protected until a day, or possibly somebody known (A7).
- A customer whose protection has lapsed is free: a newcomer may take over (A3).
- Each question is logged before anything is looked at, and takes from the asker's budget of the day.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from authz.acts import Act
from authz.policy import Condition
from records.audit import Entry
from records.budgets import spend
from records.canonical import PHONE_NORMALISER
from records.connection import read
from records.forms import IndexEntry, possible_matches
from records.keys import Index
from records.proofreading import Proof
from records.queries import Values
from records.refusals import ProblemCode, RefusalCode, Refused
from records.token_rows import token_rows
from records.tokens import tokens_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from crypto.sealed import Confidential
    from records.desk import Desk
    from records.tokens import Token

MOST_PHONES: Final = 5
"""Phones of one check: as many as one customer has."""


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


async def _looked_up(desk: Desk, exact: Sequence[Token], possible: Sequence[Token]) -> Checked:
    """Ask everything in one statement, whatever is there to be found: the work tells nothing."""
    bind = Values()
    now = bind(desk.now, "timestamptz")
    rows = await read(
        "SELECT (SELECT max(h.protected_until) "
        f"FROM {token_rows(exact, bind)} JOIN blind_index b USING (index, key_id, normaliser, token) "
        "JOIN customer c ON c.id = b.customer_id JOIN holding h ON h.customer_id = c.root_id "
        f"WHERE h.from_at <= {now} AND (h.until_at IS NULL OR h.until_at > {now})) AS protected_until, "
        f"EXISTS (SELECT FROM {token_rows(possible, bind)} JOIN blind_index b "
        "USING (index, key_id, normaliser, token)) AS is_possible",
        bind.given,
    )
    until: date | None = rows[0]["protected_until"]
    if until is not None and until >= desk.rulebook.day(desk.now):
        return Checked(ConflictState.PROTECTED, until)
    return Checked(ConflictState.POSSIBLE_MATCH if rows[0]["is_possible"] else ConflictState.FREE)

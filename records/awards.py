"""Signing an award (裁决): the ruling attached as it stood, whether the award departs from it, and then why.

- The engine's ruling is about the customer's latest deal that is decided, else about who holds.
- An award for somebody else than the ruling names departs from it, and takes reasons.
- A first award closes every dispute open over the customer; the last word on an appeal may change it once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import orjson

from claims.decide import Question, decide
from claims.facts import FactKind
from records.columns import Column
from records.histories import histories, law_id
from records.kept_rulings import kept

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from claims.ruling import Ruling
    from records.connection import Fetch
    from records.desk import Desk
    from records.facts import Addition
    from records.people import Person

UPHELD: Final = "uphold"
"""The fact of a last word that changes nothing: the book's own, of which the law hears nothing."""
_DEALS: Final = """
SELECT d.id FROM deal d JOIN customer c ON c.id = d.customer_id WHERE c.root_id = $1 ORDER BY d.opened_at DESC, d.id
"""
_ADD: Final = """
INSERT INTO award (id, dispute_id, level, fact_id, given_by_id, given_at, to_id, departs, ruling)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_PARTIES: Final = ("opened_by_id", "against_id")
_TEAMS: Final = ("opener_team_id", "against_team_id")


class AwardLevel(StrEnum):
    """Whose word an award is (裁决层级)."""

    FIRST = "first"
    APPEAL = "appeal"


@dataclass(frozen=True, slots=True)
class Award:
    """An award about to be signed."""

    dispute: UUID
    root: UUID
    level: AwardLevel
    winner: Person
    ruling: Ruling
    reasons: str | None

    @property
    def departs(self) -> bool:
        """Say whether it gives what is disputed to somebody else than the ruling does."""
        return named_by(self.ruling) != law_id(self.winner.id)


async def ruling_on(fetch: Fetch, desk: Desk, root: UUID) -> Ruling:
    """Say what the law says of what is disputed: who gets the customer's latest deal, or who holds."""
    history = (await histories(fetch, [root]))[root].history
    for row in await fetch(_DEALS, [root]):
        ruling = decide(
            history, desk.rulebook, Question("deal", desk.now, customer=law_id(root), deal=law_id(row["id"]))
        )
        if ruling.outcome["status"] != "no_deal":
            return ruling
    return decide(history, desk.rulebook, Question("holder", desk.now, customer=law_id(root)))


def named_by(ruling: Ruling) -> str | None:
    """Name the person to whom a ruling gives what is disputed, if it is a person."""
    if "status" not in ruling.outcome:
        staff = ruling.outcome["staff"]
        return staff if isinstance(staff, str) else None
    credit = ruling.outcome["credit"]
    rows: Sequence[Mapping[str, Any]] = credit if isinstance(credit, list) else []
    return next((row["to"] for row in rows if row["as"] == "performance"), None)


async def sign_award(fetch: Fetch, desk: Desk, addition: Addition, award: Award, *, changes: bool) -> UUID:
    """Add the award's fact, with its reasons sealed; the row is written by `keep_award` once the fact is."""
    staff = desk.signed_in().staff
    kind = FactKind.SETTLE.value if changes else UPHELD
    fact = addition.add_fact(
        kind, award.root, at=desk.now, by=staff, entered_by=staff, dispute=award.dispute,
        details={"to": award.winner.id.hex},
    )  # fmt: skip
    if award.reasons is not None:
        cipher = await desk.cipher_of(fetch, award.root)
        addition.seal(fact, award.root, cipher, [(Column.STATEMENT, award.reasons.encode())])
    return fact


async def keep_award(fetch: Fetch, desk: Desk, award: Award, *, id_: UUID, fact: UUID) -> None:
    """Keep an award with the ruling as it stood."""
    written = orjson.dumps(kept(award.ruling)).decode()
    await fetch(
        _ADD,
        [
            id_, award.dispute, award.level.value, fact, desk.signed_in().staff, desk.now, award.winner.id,
            award.departs, written,
        ],
    )  # fmt: skip


def is_recused(desk: Desk, staff: UUID, team: UUID | None, disputes: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether somebody may decide none of these disputes: as a party, or as one of a party's team if so ruled."""
    if any(staff in {one[name] for name in _PARTIES} for one in disputes):
        return True
    by_team = desk.rulebook.word("dispute.recused") == "team" and team is not None
    return by_team and any(team in {one[name] for name in _TEAMS} for one in disputes)


def teams_of(disputes: Sequence[Mapping[str, Any]]) -> tuple[UUID, ...]:
    """Give the teams of the parties."""
    teams = {one[name] for one in disputes for name in _TEAMS}
    return tuple(sorted(team for team in teams if team is not None))


def last_day(desk: Desk, parameter: str, since: datetime) -> date | None:
    """Give the last day of a time that the rulebook sets, None where it sets none."""
    window = desk.rulebook.window(parameter)
    return None if window is None else desk.rulebook.last_day(desk.rulebook.day(since), window)


def is_over(desk: Desk, parameter: str, since: datetime) -> bool:
    """Say whether the time that the rulebook sets is over."""
    last = last_day(desk, parameter, since)
    return last is not None and desk.rulebook.day(desk.now) > last

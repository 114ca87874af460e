"""What a deal comes to in the end (业绩分配): the law's credit, split where it went to a team, less what was conceded.

- What the law gives a team on duty is split as the project leader said last (A22); unsplit it stays the team's.
- Whoever is credited may give up a share in writing (H5), out of what is theirs at that point, and no more.
- A split or a concession of what the law gives somebody else by now is without effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from records.histories import details_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from claims.ruling import Ruling

SPLIT: Final = "split"
CONCESSION: Final = "concede"
"""Facts of the book's own, of which the law hears nothing."""
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Earned:
    """Who earns what share of a deal, and how it is booked; neither person nor team: the store."""

    staff: UUID | None
    team: UUID | None
    kind: str
    share: Decimal


@dataclass(frozen=True, slots=True)
class Attributed:
    """A deal's status by the law, and what it comes to."""

    status: str
    earned: tuple[Earned, ...]

    def share_of(self, staff: UUID) -> Decimal:
        """Give what a person earns of the deal, rebates apart."""
        return sum((one.share for one in self.earned if one.staff == staff), _NOTHING)

    def team_on_duty(self) -> UUID | None:
        """Give the team to which the law gives the deal as the manager's (A20 A21), split or not."""
        return next((one.team for one in self.earned if one.kind == "manager_performance"), None)


def credited(ruling: Ruling) -> Attributed:
    """Read the law's credit."""
    rows = ruling.outcome["credit"]
    if not isinstance(rows, list):
        raise TypeError("a deal's ruling lists its credit")
    return Attributed(str(ruling.outcome["status"]), tuple(_earned(row) for row in rows))


def _earned(row: Mapping[str, Any]) -> Earned:
    to = str(row["to"])
    share = Decimal(row["share"])
    if to == "store":
        return Earned(None, None, row["as"], share)
    if to.startswith("team:"):
        return Earned(None, UUID(hex=to.removeprefix("team:")), row["as"], share)
    return Earned(UUID(hex=to), None, row["as"], share)


def attributed(ruling: Ruling, agreed: Iterable[Mapping[str, Any]]) -> Attributed:
    """Apply a deal's splits and concessions, in the order in which they were recorded, to the law's credit."""
    law = credited(ruling)
    facts = [(row["kind"], row["by_id"], details_of(row["details"])) for row in agreed]
    splits = [details for kind, _, details in facts if kind == SPLIT]
    shares: dict[tuple[UUID | None, UUID | None, str], Decimal] = {}

    def give(staff: UUID | None, team: UUID | None, kind: str, share: Decimal) -> None:
        place = (staff, team, kind)
        shares[place] = shares.get(place, _NOTHING) + share

    for one in law.earned:
        if one.kind == "manager_performance" and splits and splits[-1]["team"] == (one.team and one.team.hex):
            for part in splits[-1]["shares"]:
                give(UUID(hex=part["to"]), one.team, one.kind, one.share * Decimal(part["percent"]) / 100)
        else:
            give(one.staff, one.team, one.kind, one.share)
    for kind, by, details in facts:
        if kind != CONCESSION:
            continue
        wanted = Decimal(details["share"])
        for place in [place for place in shares if place[0] == by and place[2] != "rebate"]:
            given = min(wanted, shares[place])
            wanted -= given
            shares[place] -= given
            if given:
                give(UUID(hex=details["to"]), None, place[2], given)
    earned = tuple(
        Earned(staff, team, kind, share) for (staff, team, kind), share in shares.items() if share or kind == "rebate"
    )
    return Attributed(law.status, earned)

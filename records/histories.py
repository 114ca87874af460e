"""What the law is told: the facts of customers, and the people in them, as the book has them.

- A fact's id in the law is its number of recording, so that of two facts at one instant the first recorded is first.
- Of a filing the law hears which fields are there, and the values of the few that it reads; it never hears a text.
- The facts of all parts of a customer are one history; whoever departed has departed for every customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from authz.actor import Role as AuthzRole
from authz.actor import law_role
from claims.facts import Fact, FactKind, FilingType, History, Person, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from records.connection import Fetch

LINK = "link"
"""The fact that makes a customer part of another: the book's own, of which the law hears nothing."""
PRESENT = "present"
"""What stands for the value of a field that is there and sealed."""
_FACTS = """
SELECT f.seq, f.id, f.kind, f.happened_at, f.by_id, c.root_id, f.filing_id, f.deal_id, f.details, fi.type
FROM fact f JOIN customer c ON c.id = f.customer_id LEFT JOIN filing fi ON fi.id = f.filing_id
WHERE c.root_id = ANY($1) AND f.kind <> 'link' AND ($2::timestamptz IS NULL OR f.recorded_at <= $2)
"""
_DEPARTURES = """
SELECT f.seq, f.id, f.kind, f.happened_at, f.by_id, NULL AS root_id, NULL AS filing_id, NULL AS deal_id, f.details,
    NULL AS type
FROM fact f WHERE f.kind = 'depart' AND f.by_id = ANY($1) AND ($2::timestamptz IS NULL OR f.recorded_at <= $2)
"""
_PEOPLE = """
SELECT DISTINCT ON (s.id) s.id, s.role, s.region, m.team_id
FROM staff s LEFT JOIN team_membership m ON m.staff_id = s.id AND ($2::timestamptz IS NULL OR m.recorded_at <= $2)
WHERE s.id = ANY($1) ORDER BY s.id, m.from_at DESC, m.recorded_at DESC
"""


@dataclass(frozen=True, slots=True)
class KnownFact:
    """A fact's row behind the id that the law knows it by."""

    id: UUID
    by: UUID | None


@dataclass(frozen=True, slots=True)
class Told:
    """What the law is told of one customer, and which rows stand behind it."""

    history: History
    known: Mapping[str, KnownFact]


def law_id(row: UUID) -> str:
    """Name a person, team, customer or filing as the law does."""
    return row.hex


async def histories(
    fetch: Fetch, roots: Iterable[UUID], *, known_at: datetime | None = None, also: Iterable[UUID] = ()
) -> dict[UUID, Told]:
    """Tell of each customer what was known at an instant (None: what is known), in three queries for all.

    `also` are people who are asked about, whether they have a part in it or not.
    """
    wanted = list(dict.fromkeys(roots))
    rows = await fetch(_FACTS, [wanted, known_at])
    named = {row["by_id"] for row in rows if row["by_id"]} | {
        UUID(hex=found) for row in rows for found in _people_in(_details(row))
    }
    named.update(also)
    departures = await fetch(_DEPARTURES, [list(named), known_at]) if named else []
    people = {law_id(row["id"]): _person(row) for row in await fetch(_PEOPLE, [list(named), known_at])} if named else {}
    by_root: dict[UUID, list[Mapping[str, Any]]] = {root: list(departures) for root in wanted}
    for row in rows:
        by_root[row["root_id"]].append(row)
    return {
        root: Told(
            History.of(people, [fact_of(row) for row in mine]),
            {fact_id(row["seq"]): KnownFact(row["id"], row["by_id"]) for row in mine},
        )
        for root, mine in by_root.items()
    }


def fact_id(seq: int) -> str:
    """Write a fact's number of recording so that the order of texts is the order of numbers."""
    return f"{seq:019d}"


def fact_of(row: Mapping[str, Any]) -> Fact:
    """Turn a row of the book into a fact of the law's."""
    details, filing, deal, root = _details(row), row["filing_id"], row["deal_id"], row["root_id"]
    values: Mapping[str, object] = details.get("values", {})
    return Fact(
        id=fact_id(row["seq"]),
        at=row["happened_at"],
        kind=FactKind(row["kind"]),
        at_text=row["happened_at"].isoformat(),
        by=row["by_id"] and law_id(row["by_id"]),
        customer=root and law_id(root),
        filing=filing and law_id(filing),
        deal=deal and law_id(deal),
        to=details.get("to"),
        against=details.get("against"),
        with_=details.get("with"),
        type=FilingType(row["type"]) if row["type"] else FilingType.CUSTOMER,
        fields=dict.fromkeys(details.get("fields", ()), PRESENT) | dict(values),
        outcome=details.get("outcome"),
        team=details.get("team"),
        week=date.fromisoformat(details["week"]) if "week" in details else None,
    )


def _details(row: Mapping[str, Any]) -> dict[str, Any]:
    details = row["details"]
    return orjson.loads(details) if isinstance(details, str | bytes) else details


def _people_in(details: Mapping[str, Any]) -> Iterable[str]:
    return (details[name] for name in ("to", "against", "with") if details.get(name))


def _person(row: Mapping[str, Any]) -> Person:
    team = row["team_id"]
    role = Role(law_role(AuthzRole(row["role"])))
    return Person(law_id(row["id"]), law_id(team) if team else "", role, row["region"])

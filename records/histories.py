"""What the law is told: the facts of customers, and the people in them, as the book has them.

- A fact's id in the law is its number of recording, so that of two facts at one instant the first recorded is first.
- Of a filing the law hears which fields are there, and the values of the few that it reads; it never hears a text.
- A fact that a later one corrects is out of it from the recording of the correction.
- A person is of the team that they are in now, and each act of theirs of the one that they were in then.
- The facts of all parts of a customer are one history; whoever departed has departed for every customer.
- With a customer's deals the law hears of the customers around whom a buyer is (A17), and who was on duty that week.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from authz.actor import Role as AuthzRole
from authz.actor import law_role
from claims.facts import Fact, FactKind, FilingType, History, Person, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from records.connection import Fetch

LINK = "link"
"""The fact that makes a customer part of another: the book's own, of which the law hears nothing."""
LAW_KINDS = [kind.value for kind in FactKind]
"""The facts that the law hears of; all others are the book's own."""
LATEST = "9" * 19
"""The law's id of a fact that is not recorded yet: behind every fact of its instant that is."""
PRESENT = "present"
"""What stands for the value of a field that is there and sealed."""
_FACTS = """
SELECT f.seq, f.id, f.kind, f.happened_at, f.by_id, c.root_id, f.filing_id, f.deal_id, f.details, fi.type
FROM fact f JOIN customer c ON c.id = f.customer_id LEFT JOIN filing fi ON fi.id = f.filing_id
WHERE c.root_id = ANY($1) AND f.kind = ANY($3) AND ($2::timestamptz IS NULL OR f.recorded_at <= $2)
AND NOT EXISTS (
    SELECT FROM fact k WHERE k.corrects_id = f.id AND ($2::timestamptz IS NULL OR k.recorded_at <= $2)
)
"""
_DUTIES = """
SELECT f.seq, f.id, f.kind, f.happened_at, f.by_id, NULL AS root_id, NULL AS filing_id, NULL AS deal_id, f.details,
    NULL AS type
FROM fact f
WHERE f.kind = 'duty' AND f.details ->> 'week' = ANY($1) AND ($2::timestamptz IS NULL OR f.recorded_at <= $2)
"""
_ROOTS = "SELECT id, root_id FROM customer WHERE id = ANY($1)"
_DEPARTURES = """
SELECT f.seq, f.id, f.kind, f.happened_at, f.by_id, NULL AS root_id, NULL AS filing_id, NULL AS deal_id, f.details,
    NULL AS type
FROM fact f WHERE f.kind = 'depart' AND f.by_id = ANY($1) AND ($2::timestamptz IS NULL OR f.recorded_at <= $2)
"""
_EVENTS = frozenset({FactKind.ORDER.value, FactKind.SIGN.value})
_NOBODY: Mapping[UUID, UUID] = MappingProxyType({})
_PEOPLE = """
SELECT s.id, s.role, s.region, array_agg(m.team_id ORDER BY m.from_at, m.recorded_at) AS teams,
    array_agg(m.from_at ORDER BY m.from_at, m.recorded_at) AS since
FROM staff s LEFT JOIN team_membership m ON m.staff_id = s.id AND ($2::timestamptz IS NULL OR m.recorded_at <= $2)
WHERE s.id = ANY($1) GROUP BY s.id
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
    """Tell of each customer what was known at an instant (None: what is known), with all of them in each query.

    `also` are people who are asked about, whether they have a part in it or not.
    """
    wanted = list(dict.fromkeys(roots))
    rows = list(await fetch(_FACTS, [wanted, known_at, LAW_KINDS]))
    around = await _around(fetch, rows, known_at)
    rows += around.rows
    named = {row["by_id"] for row in rows if row["by_id"]} | {
        UUID(hex=found) for row in rows for found in _people_in(_details(row))
    }
    named.update(also)
    departures = await fetch(_DEPARTURES, [list(named), known_at]) if named else []
    people = {law_id(row["id"]): _person(row) for row in await fetch(_PEOPLE, [list(named), known_at])} if named else {}
    by_root: dict[UUID, list[Mapping[str, Any]]] = {root: list(departures) for root in wanted}
    for row in rows:
        if row["root_id"] in by_root:
            by_root[row["root_id"]].append(row)
    for root in wanted:
        by_root[root] += around.of(root, rows)
    return {
        root: Told(
            History.of(people, [fact_of(row, around.roots) for row in mine]),
            {fact_id(row["seq"]): KnownFact(row["id"], row["by_id"]) for row in mine},
        )
        for root, mine in by_root.items()
    }


@dataclass(frozen=True, slots=True)
class _Around:
    """What the deals of some customers rest on besides: customers around whom a buyer is, and duty rosters.

    `roots` gives the root of each customer that a signature names.
    """

    roots: Mapping[UUID, UUID]
    buyers: Mapping[UUID, frozenset[UUID]]
    rows: Sequence[Mapping[str, Any]]
    duties: Sequence[Mapping[str, Any]]

    def of(self, root: UUID, rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Give what one customer's deals rest on."""
        related = self.buyers.get(root)
        if related is None:
            return []
        return [row for row in rows if row["root_id"] in related and row["root_id"] != root] + list(self.duties)


async def _around(fetch: Fetch, rows: Sequence[Mapping[str, Any]], known_at: datetime | None) -> _Around:
    signed = [row for row in rows if row["kind"] in _EVENTS]
    if not signed:
        return _Around({}, {}, (), ())
    named = {UUID(hex=related) for row in signed if (related := _details(row).get("related_to"))}
    roots = {row["id"]: row["root_id"] for row in await fetch(_ROOTS, [list(named)])} if named else {}
    buyers: dict[UUID, set[UUID]] = {}
    for row in signed:
        related = _details(row).get("related_to")
        buyers.setdefault(row["root_id"], set()).update([roots[UUID(hex=related)]] if related else ())
    told = {row["root_id"] for row in rows}
    more = [root for root in set(roots.values()) if root not in told]
    around = await fetch(_FACTS, [more, known_at, LAW_KINDS]) if more else ()
    duties = await fetch(_DUTIES, [sorted(_weeks(signed)), known_at])
    return _Around(roots, {buyer: frozenset(found) for buyer, found in buyers.items()}, around, duties)


def _weeks(signed: Iterable[Mapping[str, Any]]) -> set[str]:
    """Give the Mondays of the weeks in which deals were made, in whatever zone days are counted."""
    days = (row["happened_at"].date() + timedelta(days=shift) for row in signed for shift in (-1, 0, 1))
    return {(day - timedelta(days=day.weekday())).isoformat() for day in days}


def fact_id(seq: int) -> str:
    """Write a fact's number of recording so that the order of texts is the order of numbers."""
    return f"{seq:019d}"


def fact_of(row: Mapping[str, Any], roots: Mapping[UUID, UUID] = _NOBODY) -> Fact:
    """Turn a row of the book into a fact of the law's; `roots` are those of the customers that it names."""
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
        percent=float(details.get("percent", 0)),
        related_to=_root_named(details.get("related_to"), roots),
        evidence=tuple(details.get("evidence", ())),
        cause=details.get("cause"),
        severity=details.get("severity"),
        verified=details.get("verified", False) is True,
    )


def _root_named(named: str | None, roots: Mapping[UUID, UUID]) -> str | None:
    if named is None:
        return None
    customer = UUID(hex=named)
    return law_id(roots.get(customer, customer))


def _details(row: Mapping[str, Any]) -> dict[str, Any]:
    return details_of(row["details"])


def details_of(details: Any) -> dict[str, Any]:  # noqa: ANN401 (as the driver gives JSON: text, or read already)
    """Read a fact's details."""
    return orjson.loads(details) if isinstance(details, str | bytes) else details


def _people_in(details: Mapping[str, Any]) -> Iterable[str]:
    return (details[name] for name in ("to", "against", "with") if details.get(name))


def _person(row: Mapping[str, Any]) -> Person:
    teams = [law_id(team) if team else "" for team in row["teams"]]
    role = Role(law_role(AuthzRole(row["role"])))
    before = tuple(zip(row["since"][1:], teams, strict=False))
    return Person(law_id(row["id"]), teams[-1], role, row["region"], before)

"""A company and its book, for tests of what is done in it: two sales teams, and whoever serves both.

- Real PostgreSQL, real keys, the policy and the rulebook in force; people come by a staff roll, as by an import.
- The clock is the desks' own: keys and log keep the machine's time.
"""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import asyncpg

from authz.actor import Actor, Role
from crypto.sealed import Confidential, Place, Sealed
from records.cards import Card, read_card
from records.columns import Column, Table
from records.connection import credentials_of, transaction
from records.filing import ClaimForm
from records.office import open_office
from records.people import take_roll
from records.references import Kind, reference
from records.staff_roll import Member, StaffRoll
from records.tables import Account
from records.verification import Difference, verify

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
    from pathlib import Path

    from crypto.envelope import SubjectCipher
    from records.desk import Desk
    from records.office import Office

MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)
"""Nine in the morning of a Monday in Shanghai."""
PEOPLE = (
    Member("S001", "龙敏", "红队", Role.SALESPERSON),
    Member("S002", "胡健", "红队", Role.SALESPERSON),
    Member("S003", "赵静", "红队", Role.SUPERVISOR),
    Member("S011", "李雷", "蓝队", Role.SALESPERSON),
    Member("S012", "王芳", "蓝队", Role.SALESPERSON),
    Member("S013", "孙丽", "蓝队", Role.SUPERVISOR),
    Member("S021", "钱多", None, Role.RECEPTION),
    Member("S022", "周全", None, Role.ARCHIVIST),
    Member("S023", "吴双", "红队", Role.CUSTOMER_SERVICE),
    Member("S024", "郑和", None, Role.DESIGNER),
    Member("S025", "冯锁", None, Role.KEY_CUSTODIAN),
    Member("S027", "陈总", None, Role.COMPANY_LEADER),
)
LONG, HU, ZHAO, LI, WANG, SUN, QIAN, ZHOU, WU, ZHENG, FENG, CHEN = (member.number for member in PEOPLE)
_numbers = count(13_800_100_000)


def secret(text: str) -> Confidential:
    """Write a text as it comes from the wire."""
    return Confidential(text)


def new_phone() -> str:
    """Give a phone that nobody has filed yet."""
    return str(next(_numbers))


def key() -> UUID:
    """Draw an idempotency key."""
    return uuid4()


def claim_form(*phones: str, name: str = "张三", **said: Any) -> ClaimForm:
    """Write a filing: of a customer with these phones, brought in when it is said unless that is said otherwise."""
    return ClaimForm(name=secret(name) if name else None, phones=tuple(map(secret, phones)), **said)


@dataclass(slots=True)
class Book:
    """An open book: actors by staff number, as hired and as they are; `now` is the instant of the next desk."""

    office: Office
    url: str = field(repr=False)
    home: Path
    hired: Mapping[str, Actor]
    actors: Mapping[str, Actor] = field(init=False)
    now: datetime = MONDAY
    moved: Mapping[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.actors = self.hired

    def begin_anew(self) -> None:
        """Be as when it was opened, but for its tables."""
        self.now, self.actors, self.moved = MONDAY, self.hired, {}

    def desk(self, number: str) -> Desk:
        """Give somebody a desk, now."""
        return self.office.desk(
            self.actors[number], now=self.now, request_id=uuid4(), language="zh", address="203.0.113.9", client=None
        )

    def pass_time(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)

    def let_be(self, number: str, **changes: Any) -> None:
        """Let somebody sign in as what they are now: in another role or team than they were."""
        self.actors = {**self.actors, number: replace(self.actors[number], **changes)}

    def staff(self, number: str) -> UUID:
        """Give a person's id."""
        return self.actors[number].staff

    def staff_reference(self, number: str) -> str:
        """Give a person's reference."""
        return reference(Kind.STAFF, self.staff(number))

    def team(self, number: str) -> UUID | None:
        """Give the team of a person."""
        return self.actors[number].team

    async def fetch(self, statement: str, *values: Any) -> Sequence[Mapping[str, Any]]:
        """Ask the database."""
        async with transaction() as tx:
            return await tx.execute_query_dict(statement, list(values))

    async def value(self, statement: str, *values: Any) -> Any:
        """Ask the database for one value."""
        (row,) = await self.fetch(statement, *values)
        (value,) = row.values()
        return value

    async def holder(self, customer: UUID, at: datetime | None = None) -> tuple[UUID | None, UUID | None] | None:
        """Give who holds a customer by the projection: person and team."""
        rows = await self.fetch(
            "SELECT h.staff_id, h.team_id FROM holding h JOIN customer c ON c.root_id = h.customer_id "
            "WHERE c.id = $1 AND h.from_at <= $2 AND (h.until_at IS NULL OR h.until_at > $2)",
            customer,
            at or self.now,
        )
        return (rows[0]["staff_id"], rows[0]["team_id"]) if rows else None

    async def differences(self) -> list[Difference]:
        """Compare the projections with the facts."""
        return (await verify(self.office.rulebook))[1]

    async def opened(self, *filings: UUID) -> dict[UUID, dict[Column, bytes]]:
        """Open every sealed value of filings; of each field the latest."""
        rows = await self.fetch(
            "SELECT v.* FROM sealed_value v JOIN fact f ON f.id = v.fact_id WHERE v.filing_id = ANY($1) ORDER BY f.seq",
            list(filings),
        )
        ciphers = await self._ciphers(row["customer_id"] for row in rows)
        values: dict[UUID, dict[Column, bytes]] = {filing: {} for filing in filings}
        for row in rows:
            place = Place(Table.SEALED_VALUE, row["field"], row["id"], row["customer_id"])
            opened = ciphers[row["customer_id"]].open(Sealed(bytes(row["sealed"])), place)
            values[row["filing_id"]][Column(row["field"])] = opened
        return values

    async def card(self, filing: UUID) -> Card:
        """Open a filing's card."""
        (row,) = await self.fetch("SELECT customer_id, card FROM filing WHERE id = $1", filing)
        customer = row["customer_id"]
        place = Place(Table.FILING, Column.CARD, filing, customer)
        return read_card((await self._ciphers([customer]))[customer].open(Sealed(bytes(row["card"])), place))

    async def _ciphers(self, customers: Iterable[UUID]) -> dict[UUID, SubjectCipher]:
        async with transaction() as tx:
            return await self.office.keys.ciphers_of(
                set(customers), lambda sql, values: tx.execute_query_dict(sql, list(values))
            )

    async def administer(self, *statements: str) -> None:
        """Change the tables behind everybody's back, as no act does."""
        connection = await asyncpg.connect(**credentials_of(self.url))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()


@asynccontextmanager
async def open_book(url: str, home: Path, *, rulebook: str = "onsite") -> AsyncIterator[Book]:
    """Open a book in which the company's people are, and nobody else."""
    async with open_office(home, url, clock=lambda: datetime.now(UTC), entropy=os.urandom, rulebook=rulebook) as office:
        async with transaction() as tx:
            people, _ = await take_roll(
                tx.execute_query_dict, StaffRoll(PEOPLE), now=MONDAY - timedelta(days=400), entropy=os.urandom
            )
        actors: dict[str, Actor] = {}
        for member in PEOPLE:
            staff, team = people[member.number]
            account = uuid4()
            await Account.create(
                id=account, staff_id=staff, login=member.number.lower(), password_hash="-", created_at=MONDAY
            )
            actors[member.number] = Actor(account, staff, member.role, team, uuid4(), has_signed=True)
        yield Book(office, url, home, actors)

"""Who follows up is a supervisor's word where the rulebook lets it be; what is protected is listed by its last day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from records import assignment, filing
from records.connection import read
from records.customer_rows import CustomerOrder, read_customers, version_at
from records.filters import EVERYTHING, Comparison, Filter, Operator
from records.pages import Paging
from records.references import Kind, reference
from records.refusals import RefusalCode
from records.reminder_rows import ReminderKind, read_reminders
from tests.records.book import CHEN, HU, LI, LONG, SUN, ZHAO, claim_form, key, new_phone, open_book, secret

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from uuid import UUID

    from records.outcomes import Done
    from tests.records.book import Book

pytestmark = pytest.mark.anyio


@pytest.fixture
async def company(request: pytest.FixtureRequest, given_url: str, tmp_path: Path) -> AsyncIterator[Book]:
    """A company's book under the rulebook that a test names."""
    async with open_book(given_url, tmp_path / "home", rulebook=getattr(request, "param", "onsite")) as opened:
        yield opened


def under(rulebook: str) -> pytest.MarkDecorator:
    """Run a test under another rulebook."""
    return pytest.mark.parametrize("company", [rulebook], indirect=True)


async def assigned(book: Book, who: str, customer: UUID, to: str) -> Done:
    """Assign a customer at their present version."""
    desk = book.desk(who)
    return await assignment.assign_customer(
        desk, reference(Kind.CUSTOMER, customer), to=book.staff_reference(to), reason=None,
        expected_version=await version_at(read, desk, customer), key=key(),
    )  # fmt: skip


async def filed(book: Book, who: str = LONG, **said: object) -> UUID:
    """File a customer who was brought in just now."""
    done = await filing.file_claim(book.desk(who), claim_form(new_phone(), visited_at=book.now, **said), key=key())
    assert done.customer is not None
    return done.customer


async def test_while_somebody_holds_nobody_is_assigned(company: Book) -> None:
    """A14 A16: onsite assigns only what a leaver left to the team alone; nothing is recorded."""
    customer = await filed(company)
    refused = await assigned(company, ZHAO, customer, HU)
    assert (refused.refusal.code, refused.refusal.clauses) == (RefusalCode.NOT_ASSIGNABLE, ("A16",))
    assert await company.value("SELECT count(*) FROM fact WHERE kind = 'assign'") == 0
    stranger = await assigned(company, SUN, customer, LI)
    assert (stranger.refusal.code, stranger.refusal.path) == (RefusalCode.NOT_FOUND, ("customer",))


@under("field")
async def test_the_leader_decides_who_runs_the_project(company: Book) -> None:
    """I13: who filed need not be who holds; the leader assigns again and again, and I12 holds until then."""
    customer = await filed(company, other=(("project", secret("空压机房")),))
    assert await company.holder(customer) == (company.staff(LONG), company.team(LONG))
    company.pass_time(days=1)
    assert (await assigned(company, CHEN, customer, LI)).refusal is None
    assert await company.holder(customer) == (company.staff(LI), company.team(LI))
    company.pass_time(days=1)
    assert (await assigned(company, CHEN, customer, HU)).refusal is None
    assert await company.holder(customer) == (company.staff(HU), company.team(HU))
    assert await company.differences() == []


async def test_customers_are_listed_by_the_last_day_of_their_protection(company: Book) -> None:
    """A26 A30: the soonest first, in pages; narrowed by day; of a rival's, only while it lasts."""
    first = await filed(company)
    company.pass_time(days=5)
    second = await filed(company)
    company.pass_time(days=5)
    third = await filed(company)
    desk = company.desk(LONG)

    async def listed(order: CustomerOrder, paging: Paging, narrowed: Filter = EVERYTHING) -> tuple[list[UUID], str]:
        page = await read_customers(desk, paging, narrowed, order)
        return [row.id for row in page.rows], page.cursors[-1] if page.cursors else ""

    start, cursor = await listed(CustomerOrder.PROTECTED_UNTIL_ASC, Paging(first=2))
    assert start == [first, second]
    rest, _ = await listed(CustomerOrder.PROTECTED_UNTIL_ASC, Paging(first=2, after=cursor))
    assert rest == [third]
    assert (await listed(CustomerOrder.PROTECTED_UNTIL_DESC, Paging(first=3)))[0] == [third, second, first]
    until = Comparison("protected_until", Operator.LTE, date(2026, 4, 6))
    assert (await listed(CustomerOrder.PROTECTED_UNTIL_ASC, Paging(first=3), until))[0] == [first, second]


async def test_whoever_holds_is_reminded_before_protection_ends(company: Book) -> None:
    """7, 3 and 1 days; from the clock alone, and to nobody else."""
    customer = await filed(company)

    async def of(who: str) -> list[tuple[ReminderKind, UUID, date, int, int]]:
        found = await read_reminders(company.desk(who), Paging(first=10))
        return [(one.kind, one.customer, one.last_day, one.days_left, one.mark) for one in found.rows]

    ends = date(2026, 4, 1)
    assert await of(LONG) == []
    for days, left, mark in ((23, 7, 7), (3, 4, 7), (1, 3, 3), (2, 1, 1), (1, 0, 1)):
        company.pass_time(days=days)
        assert await of(LONG) == [(ReminderKind.PROTECTION, customer, ends, left, mark)]
    assert await of(ZHAO) == [(ReminderKind.PROTECTION, customer, ends, 0, 1)]
    assert await of(HU) == []
    company.pass_time(days=1)
    assert await of(LONG) == []

"""Customers made one by somebody's word, and parted again: one history or two, and no filing lost between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
import pytest

from records import filing, linking
from records.connection import read
from records.customer_rows import version_at
from records.references import Kind, reference
from records.refusals import ProblemCode, RefusalCode
from tests.records.book import HU, LI, LONG, SUN, ZHAO, ZHOU, claim_form, key, new_phone, secret
from tests.records.interleaved import side_by_side, take_out, until_written
from tests.records.test_races import RUNS

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from uuid import UUID

    from records.outcomes import Done
    from tests.records.book import Book

pytestmark = pytest.mark.anyio


async def filed(book: Book, phone: str, who: str = LONG) -> tuple[UUID, UUID]:
    """File a customer who was brought in just now: the filing, and the customer."""
    done = await filing.file_claim(book.desk(who), claim_form(phone, visited_at=book.now), key=key())
    assert done.node is not None
    assert done.customer is not None
    book.pass_time(seconds=1)
    return done.node, done.customer


async def linked(book: Book, customer: UUID, into: UUID, who: str = ZHOU, reason: str = "同一人") -> Done:
    """Make one customer part of another, at the versions that they have now."""
    desk = book.desk(who)
    seen = [await version_at(read, desk, one) for one in (customer, into)]
    return await linking.link_customers(
        desk, reference(Kind.CUSTOMER, customer), into=reference(Kind.CUSTOMER, into), reason=secret(reason),
        expected_version=seen[0], into_version=seen[1], key=key(),
    )  # fmt: skip


async def parted(book: Book, claim: UUID, whole: UUID, who: str = ZHOU) -> Done:
    """Part the customer of a claim."""
    desk = book.desk(who)
    return await linking.split_customer(
        desk, reference(Kind.CLAIM, claim), reason=secret("兄弟二人"),
        expected_version=await version_at(read, desk, whole), key=key(),
    )  # fmt: skip


async def root_of(book: Book, claim: UUID) -> UUID:
    """Give the customer that a filing belongs to."""
    return await book.value(
        "SELECT c.root_id FROM filing f JOIN customer c ON c.id = f.customer_id WHERE f.id = $1", claim
    )


async def test_two_customers_become_one_and_the_law_decides_over_both(book: Book) -> None:
    """A3: whoever registered first holds the whole; its projections follow."""
    first, one = await filed(book, new_phone())
    second, other = await filed(book, new_phone(), LI)
    done = await linked(book, other, one)
    assert (done.refusal, done.customer) == (None, one)
    assert {await root_of(book, first), await root_of(book, second)} == {one}
    assert await book.holder(other) == (book.staff(LONG), book.team(LONG))
    told = await book.fetch("SELECT to_staff_id FROM notice WHERE kind = 'customers_linked'")
    assert {row["to_staff_id"] for row in told} == {book.staff(LONG), book.staff(LI)}
    assert await book.differences() == []
    assert (await linked(book, other, one)).refusal.code is RefusalCode.NOT_IN_STATE


@pytest.mark.parametrize("of_root", [True, False])
async def test_parted_customers_stand_alone_and_stay_apart(book: Book, *, of_root: bool) -> None:
    """Also where both have a phone in common: it links them no more; by hand they can be made one again."""
    shared = new_phone()
    first, one = await filed(book, shared)
    second, other = await filed(book, new_phone(), LI)
    assert (await linked(book, other, one)).refusal is None
    third, _ = await filed(book, shared, HU)
    assert await root_of(book, third) == one
    done = await parted(book, first if of_root else second, one)
    assert done.refusal is None
    assert await root_of(book, first) == one
    assert await root_of(book, second) == other
    assert await book.holder(other) == (book.staff(LI), book.team(LI))
    assert await book.differences() == []
    said = claim_form(shared, name="王五", wechat=secret("wx_shared"))
    await filing.file_claim(book.desk(LONG), said, key=key())
    entered = filing.Entered(phones=(secret(shared),))
    await filing.complete_filing(book.desk(LI), reference(Kind.CLAIM, second), entered, expected_version=1, key=key())
    assert (await root_of(book, first), await root_of(book, second)) == (one, other)
    assert await book.differences() == []
    assert (await parted(book, second, other)).refusal.code is RefusalCode.NOT_IN_STATE
    assert (await linked(book, other, one)).refusal is None
    assert await root_of(book, second) == one


async def test_whoever_does_not_see_both_links_nothing(book: Book) -> None:
    """An unknown customer and somebody else's are the same answer; a reason is compulsory."""
    claim, one = await filed(book, new_phone())
    _, other = await filed(book, new_phone(), LI)
    for who, path in ((ZHAO, ("customer",)), (SUN, ("into",))):
        refused = (await linked(book, other, one, who)).refusal
        assert (refused.code, refused.path) == (RefusalCode.NOT_FOUND, path)
    silent = (await linked(book, other, one, reason=" ")).refusal
    assert [(one.path, one.code) for one in silent.problems] == [(("reason",), ProblemCode.REQUIRED)]
    assert (await parted(book, claim, one, SUN)).refusal.code is RefusalCode.NOT_FOUND
    assert await book.value("SELECT count(*) FROM fact WHERE kind IN ('link', 'split')") == 0


async def race(book: Book, name: str) -> tuple[list[RefusalCode | None], set[UUID]]:
    """Run a pair once: what each was refused with, and the customers that the filings belong to then."""
    phone = new_phone()
    _, one = await filed(book, new_phone())
    second, other = await filed(book, phone, LI)
    desk = book.desk(ZHOU)
    versions = [await version_at(read, desk, each) for each in (other, one)]

    def link() -> Awaitable[Done]:
        return linking.link_customers(
            book.desk(ZHOU), reference(Kind.CUSTOMER, other), into=reference(Kind.CUSTOMER, one), reason=secret("同"),
            expected_version=versions[0], into_version=versions[1], key=key(),
        )  # fmt: skip

    def file() -> Awaitable[Done]:
        return filing.file_claim(book.desk(HU), claim_form(phone, visited_at=book.now), key=key())

    acts = {"link and filing": (link, file), "filing and link": (file, link), "link and link": (link, link)}[name]
    done = await side_by_side(book.url, until_written("access_log"), *acts)
    book.pass_time(seconds=1)
    made = [each.node for each in done if each.node is not None]
    rows = await book.fetch(
        "SELECT c.root_id FROM filing f JOIN customer c ON c.id = f.customer_id WHERE f.id = ANY($1)", [second, *made]
    )
    return [each.refusal and each.refusal.code for each in done], {row["root_id"] for row in rows}


@pytest.mark.parametrize("name", ["link and filing", "filing and link", "link and link"])
async def test_a_filing_beside_a_link_is_the_wholes(book: Book, name: str) -> None:
    """READ COMMITTED; the roots' rows are locked, and a root that was linked meanwhile is found anew."""
    for _ in range(RUNS):
        codes, customers = await race(book, name)
        assert codes[0] in {None, RefusalCode.EARLIER_VISIT_HOLDS}
        if name != "link and filing":
            assert codes[1] in {RefusalCode.STALE, RefusalCode.NOT_IN_STATE}
        assert len(customers) == 1
        assert await book.differences() == []


@pytest.mark.parametrize("name", ["link and filing", "filing and link", "link and link"])
async def test_without_row_locks_it_is_not(book: Book, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: something slips between, and the projections show it."""
    take_out(monkeypatch)
    try:
        codes, customers = await race(book, name)
    except (AssertionError, asyncpg.PostgresError):
        return
    monkeypatch.undo()
    seen_by_second = codes[1] in {RefusalCode.STALE, RefusalCode.NOT_IN_STATE}
    assert await book.differences() != [] or len(customers) != 1 or (name != "link and filing" and not seen_by_second)

"""Who is one customer, when two people say so at the same instant: one of them holds, and nothing is missed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg
import pytest

from records import identity
from records.audit import Entry
from records.connection import transaction
from records.filing import complete_filing, file_claim
from records.identity import hold_roots
from records.proofreading import Entered
from records.references import Kind, reference
from records.refusals import RefusalCode
from records.visits import record_visit
from tests.records.book import HU, LI, LONG, WANG, claim_form, key, new_phone, secret
from tests.records.interleaved import barrier, side_by_side, until_written
from tests.records.registers import row, staff_roll, taken, written

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path
    from uuid import UUID

    from records.outcomes import Done
    from tests.records.book import Book

pytestmark = pytest.mark.anyio
POINTS = (
    "customer", "subject_key", "filing", "fact", "sealed_value", "blind_index", "claim_state", "customer_scope",
    "access_log",
)  # fmt: skip
"""Where an act is held: about to write to each of these, having looked already."""
ROUNDS = 6
"""Rounds a point: 54 in all."""


def _filing(book: Book, number: str, *phones: str, **said: object) -> Callable[[], Awaitable[Done]]:
    desk, form = book.desk(number), claim_form(*phones, visited_at=book.now, **said)
    return lambda: file_claim(desk, form, key=key())


async def _roots(book: Book, *filings: UUID | None) -> list[UUID]:
    rows = await book.fetch(
        "SELECT DISTINCT c.root_id FROM filing f JOIN customer c ON c.id = f.customer_id WHERE f.id = ANY($1)",
        list(filings),
    )
    return [row["root_id"] for row in rows]


@pytest.mark.parametrize("point", POINTS)
async def test_of_two_who_bring_in_and_file_one_phone_at_one_instant_one_holds(book: Book, point: str) -> None:
    """A29 A28: the other's filing is recorded, with a refusal that cites clauses and names nobody."""
    for number in range(ROUNDS):
        phone = new_phone()
        book.pass_time(minutes=1)
        acts = _filing(book, LONG, phone), _filing(book, LI, phone)
        first, second = await side_by_side(book.url, until_written(point), *acts)
        assert first.refusal is None
        assert second.refusal is not None
        assert second.refusal.code is RefusalCode.EARLIER_VISIT_HOLDS
        assert "A29" in second.refusal.clauses
        said = repr(second.refusal) + second.refusal.message("zh") + second.refusal.message("en")
        assert not any(word in said for word in ("龙敏", "S001", book.staff(LONG).hex, str(book.staff(LONG)), phone))
        (root,) = await _roots(book, first.node, second.node)
        assert await book.value("SELECT count(*) FROM filing WHERE id = ANY($1)", [first.node, second.node]) == 2
        assert await book.holder(root) == (book.staff(LONG), book.team(LONG)), number
        assert await book.value("SELECT count(*) FROM holding WHERE customer_id = $1", root) == 1
    assert await book.differences() == []


async def test_without_the_lock_both_would_hold(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same harness, with a check that locks nothing, finds two holders of one phone."""

    async def lock_nothing(*_: object) -> None:
        pass

    monkeypatch.setattr(identity, "lock_values", lock_nothing)
    phone = new_phone()
    acts = _filing(book, LONG, phone), _filing(book, LI, phone)
    first, second = await side_by_side(book.url, until_written("customer"), *acts)
    assert (first.refusal, second.refusal) == (None, None)
    assert len(await _roots(book, first.node, second.node)) == 2


async def test_filings_that_share_several_values_in_any_order_wait_for_each_other_and_end(book: Book) -> None:
    """Phones crosswise: values are locked in one order, so nobody waits for ever."""
    for _ in range(10):
        one, other = new_phone(), new_phone()
        acts = _filing(book, LONG, one, other), _filing(book, LI, other, one)
        first, second = await side_by_side(book.url, until_written("fact"), *acts)
        assert len(await _roots(book, first.node, second.node)) == 1
    assert await book.differences() == []


async def test_two_completions_that_make_one_customer_of_two_link_them_once(book: Book) -> None:
    """Each brings the other's phone at the same instant: one root, and every projection stands at it."""
    for point in ("fact", "blind_index", "access_log"):
        phones = new_phone(), new_phone()
        filed = [await _filing(book, number, phone)() for number, phone in zip((LONG, LI), phones, strict=True)]

        def completing(done: Done, number: str, phone: str) -> Callable[[], Awaitable[Done]]:
            assert done.node is not None
            claim, desk = reference(Kind.CLAIM, done.node), book.desk(number)
            entered = Entered(phones=(secret(phone),))
            return lambda: complete_filing(desk, claim, entered, expected_version=1, key=key())

        book.pass_time(minutes=5)
        acts = completing(filed[0], LONG, phones[1]), completing(filed[1], LI, phones[0])
        done = await side_by_side(book.url, until_written(point), *acts)
        assert [one.refusal for one in done if one.node is None] == []
        roots = await _roots(book, *(one.node for one in filed))
        assert len(roots) == 1
        assert (
            await book.value("SELECT count(DISTINCT customer_id) FROM holding WHERE customer_id = ANY($1)", roots) == 1
        )
    assert await book.differences() == []


async def test_an_act_on_a_customer_that_is_being_linked_counts_for_the_root(book: Book) -> None:
    """A visit waits until two customers have become one, and is then the one customer's."""
    one, other = new_phone(), new_phone()
    await _filing(book, LONG, one)()
    book.pass_time(minutes=5)
    late = await _filing(book, HU, other)()
    assert late.customer is not None
    customer = reference(Kind.CUSTOMER, late.customer)
    book.pass_time(minutes=5)
    acts = _filing(book, WANG, one, other), _visit(book, HU, customer)
    linked, visited = await side_by_side(book.url, until_written("access_log"), *acts)
    assert linked.customer == visited.customer != late.customer
    assert await book.differences() == []


async def test_a_customer_shared_by_hidden_digits_alone_is_two(book: Book) -> None:
    """A7: a possible match is no identity, and is told as such; the whole number, once it is known, is."""
    phone = new_phone()
    whole = await _filing(book, LONG, phone)()
    hidden = await _filing(book, LI, phone[:-4] + "****")()
    assert len(await _roots(book, whole.node, hidden.node)) == 2
    assert hidden.refusal is not None
    assert hidden.refusal.code is RefusalCode.POSSIBLE_MATCH


async def test_a_wechat_id_and_a_credit_code_are_identities_and_an_email_is_none(book: Book) -> None:
    """Whole phone, WeChat id, 统一社会信用代码: each alone makes one customer, however it is written."""
    for first, second, is_one in (
        ({"wechat": secret("Zhang_San88")}, {"wechat": secret("微信:zhang_san88")}, True),
        (
            {"other": (("uscc", secret("91350100M000100Y43")),)},
            {"other": (("uscc", secret("91350100m000100y43")),)},
            True,
        ),
        ({"email": secret("a@example.com")}, {"email": secret("a@example.com")}, False),
        ({"address": secret("1栋1室")}, {"address": secret("1栋1室")}, False),
    ):
        one = await _filing(book, LONG, new_phone(), **first)()
        two = await _filing(book, LI, new_phone(), **second)()
        assert (len(await _roots(book, one.node, two.node)) == 1) is is_one, second


async def test_a_readers_trace_waits_for_no_act_on_the_customer(book: Book, tmp_path: Path) -> None:
    """The first entry of the log that names a customer is written at once, though an act holds the root."""
    book.pass_time(days=1)
    await taken(book, written(tmp_path / "a.csv", [row(new_phone())]), staff_roll(tmp_path / "s.csv"), now=book.now)
    customer = await book.value("SELECT id FROM customer")
    async with transaction() as tx:
        await hold_roots(tx.execute_query_dict, [customer])
        await book.desk(HU).note(Entry("contact:reveal", customer=customer))


async def test_two_acts_on_one_customer_follow_each_other(book: Book) -> None:
    """The root is held by one at a time: the second sees what the first wrote."""
    done = await _filing(book, LONG, new_phone())()
    assert done.customer is not None
    customer = reference(Kind.CUSTOMER, done.customer)
    for point in ("fact", "access_log"):
        book.pass_time(days=1)
        await side_by_side(book.url, until_written(point), *(_visit(book, one, customer) for one in (LONG, HU)))
    assert await book.value("SELECT count(*) FROM fact WHERE kind = 'visit' AND customer_id = $1", done.customer) == 5
    assert await book.differences() == []


async def test_an_act_that_deadlocked_begins_anew(book: Book) -> None:
    """PostgreSQL ends one of two that wait for each other; whoever asked hears nothing of it."""
    # Whose wait PostgreSQL looks at first is a matter of time: until it is the act's, again.
    while not await _act_was_ended(book):
        pass
    assert await book.value("SELECT count(*) FROM fact WHERE kind = 'link'") >= 1
    assert await book.differences() == []


async def _act_was_ended(book: Book) -> bool:
    """Let an act and somebody else wait for each other; False if it was the other whom PostgreSQL ended."""
    phones = new_phone(), new_phone()
    low, high = sorted([str((await _filing(book, LONG, phone)()).customer) for phone in phones])
    book.pass_time(hours=1)
    async with barrier(book.url, f"SELECT id FROM customer WHERE id = '{high}' FOR UPDATE") as held:
        act = asyncio.ensure_future(_filing(book, LONG, *phones)())
        assert await held.waiting(1)
        try:
            await held.also(f"SELECT id FROM customer WHERE id = '{low}' FOR UPDATE")
        except asyncpg.DeadlockDetectedError:
            await act
            return False
        await held.open()
        assert (await act).refusal is None
        return True


def _visit(book: Book, number: str, customer: str) -> Callable[[], Awaitable[Done]]:
    desk = book.desk(number)
    return lambda: record_visit(desk, customer, by=None, companion=None, occurred_at=None, key=key())

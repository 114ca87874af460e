"""A dispute is opened by who lays claim, settled by who is no party, and closes with every other over the customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from authz.actor import Role
from authz.guard import Forbidden
from records.columns import Column
from records.connection import transaction
from records.disputes import open_dispute, settle_dispute
from records.filing import file_claim
from records.holders import refresh_for
from records.people import take_roll
from records.references import Kind, reference
from records.refusals import RefusalCode
from records.staff_roll import Member, StaffRoll
from tests.records.book import (
    CHEN,
    FENG,
    HU,
    LI,
    LONG,
    PEOPLE,
    QIAN,
    SUN,
    WANG,
    WU,
    ZHAO,
    ZHENG,
    ZHOU,
    claim_form,
    key,
    new_phone,
    secret,
)
from tests.records.interleaved import side_by_side, until_written

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from records.outcomes import Done
    from tests.records.book import Book

pytestmark = pytest.mark.anyio


async def filed(book: Book, number: str, phone: str) -> Done:
    """File a customer who was brought in at the same instant."""
    return await file_claim(book.desk(number), claim_form(phone, visited_at=book.now), key=key())


async def disputed(book: Book, number: str, done: Done, against: str | None = None, statement: str = "") -> Done:
    """Open a dispute."""
    assert done.customer is not None
    customer = reference(Kind.CUSTOMER, done.customer)
    named = book.staff_reference(against) if against in book.actors else against
    return await open_dispute(book.desk(number), customer, against=named, statement=secret(statement), key=key())


async def settled(book: Book, number: str, dispute: Done, to: str, version: int = 1, **said: Any) -> Done:
    """Settle a dispute."""
    assert dispute.node is not None
    named = book.staff_reference(to) if to in book.actors else to
    return await settle_dispute(
        book.desk(number), reference(Kind.DISPUTE, dispute.node), to=named, expected_version=version,
        **{"reasons": None, "key": key()} | said,
    )  # fmt: skip


async def held_and_refused(book: Book, phone: str) -> tuple[Done, Done]:
    """One holds a customer, and another team's filing was refused the day after."""
    first = await filed(book, LONG, phone)
    book.pass_time(days=1)
    return first, await filed(book, LI, phone)


async def test_a_dispute_is_against_the_holder_unless_somebody_is_named(book: Book) -> None:
    """Against whom it turns out to be is kept and not told; both teams' logs show it."""
    _, refused = await held_and_refused(book, new_phone())
    dispute = await disputed(book, LI, refused, statement="我先联系的")
    assert (dispute.customer, dispute.refusal) == (refused.customer, None)
    (row,) = await book.fetch("SELECT * FROM dispute")
    assert (row["opened_by_id"], row["opener_team_id"], row["against_id"], row["against_team_id"], row["state"]) == (
        book.staff(LI), book.team(LI), book.staff(LONG), book.team(LONG), "open",
    )  # fmt: skip
    (fact,) = await book.fetch("SELECT * FROM fact WHERE kind = 'dispute'")
    assert (fact["dispute_id"], fact["by_id"]) == (dispute.node, book.staff(LI))
    assert await book.value("SELECT count(*) FROM sealed_value WHERE field = $1", int(Column.STATEMENT)) == 1
    (entry,) = await book.fetch("SELECT * FROM access_log WHERE tag = 'dispute:open'")
    assert set(entry["subject_teams"]) == {book.team(LONG), book.team(LI)}
    named = await disputed(book, LI, refused, against=HU)
    assert await book.value("SELECT against_id FROM dispute WHERE id = $1", named.node) == book.staff(HU)
    assert await book.differences() == []


async def test_nobody_disputes_with_themselves(book: Book) -> None:
    """The holder has nobody to dispute with; naming oneself is a problem of the input."""
    first, _ = await held_and_refused(book, new_phone())
    done = await disputed(book, LONG, first)
    assert done.refusal is not None
    assert (done.node, done.refusal.code, done.refusal.clauses) == (None, RefusalCode.NOT_IN_STATE, ("A30",))
    done = await disputed(book, LONG, first, against=LONG)
    assert done.refusal is not None
    assert [(one.path, one.code.value) for one in done.refusal.problems] == [(("against",), "not_offered")]


async def test_who_or_what_is_out_of_reach_is_not_found(book: Book) -> None:
    """Another team's customer, and a person whom no filing knows: with their places."""
    first = await filed(book, LONG, new_phone())
    for number in (LI, SUN):
        done = await disputed(book, number, first)
        assert done.refusal is not None
        assert (done.refusal.code, done.refusal.path) == (RefusalCode.NOT_FOUND, ("customer",))
    for against in (reference(Kind.STAFF, key()), "x", book.staff_reference(ZHOU)):
        done = await disputed(book, HU, first, against=against)
        assert done.refusal is not None
        assert (done.refusal.code, done.refusal.path) == (RefusalCode.NOT_FOUND, ("against",))
    for number in (QIAN, WU, ZHENG, FENG, ZHOU, CHEN):
        with pytest.raises(Forbidden):
            await disputed(book, number, first)


async def test_a_settlement_closes_every_dispute_over_the_customer(book: Book) -> None:
    """H20 A31: by a supervisor of one of the teams, for the one who is named; who holds does not change."""
    first, refused = await held_and_refused(book, new_phone())
    disputes = [await disputed(book, LI, refused), await disputed(book, HU, first)]
    other = await disputed(book, HU, await filed(book, LONG, new_phone()))
    book.pass_time(hours=1)
    done = await settled(book, ZHAO, disputes[0], LI, reasons=secret("先到为准"))
    assert (done.node, done.customer, done.refusal) == (disputes[0].node, first.customer, None)
    rows = {row["id"]: row for row in await book.fetch("SELECT * FROM dispute")}
    for dispute in disputes:
        row = rows[dispute.node]
        assert (row["state"], row["version"], row["settled_at"]) == ("settled", 2, book.now)
        assert (row["awarded_to_id"], row["awarded_by_id"]) == (book.staff(LI), book.staff(ZHAO))
    assert rows[other.node]["state"] == "open"
    assert first.customer is not None
    assert await book.holder(first.customer) == (book.staff(LONG), book.team(LONG))
    (entry,) = await book.fetch("SELECT * FROM access_log WHERE tag = 'dispute:settle'")
    assert set(entry["subject_teams"]) == {book.team(LONG), book.team(LI)}
    assert await book.differences() == []


async def test_a_settled_dispute_restores_strict_protection(book: Book) -> None:
    """A30: while one is open it rests; when none is, it stands as before."""
    phone = new_phone()
    first, refused = await held_and_refused(book, phone)
    dispute = await disputed(book, LI, refused)
    book.pass_time(days=18)
    await settled(book, SUN, dispute, LI, reasons=secret("以证据为准"))
    done = await filed(book, WANG, phone)
    assert done.refusal is not None
    assert done.refusal.code is RefusalCode.STRICTLY_PROTECTED
    assert first.customer is not None
    assert await book.holder(first.customer) == (book.staff(LONG), book.team(LONG))
    assert await book.differences() == []


async def test_no_party_settles(book: Book) -> None:
    """The guard's No, logged: neither who opened it nor who it is against, of any dispute open over the customer."""
    first, refused = await held_and_refused(book, new_phone())
    by_her = await disputed(book, ZHAO, first, against=LI)
    against_her = await disputed(book, HU, first, against=ZHAO)
    for dispute in (by_her, against_her):
        with pytest.raises(Forbidden):
            await settled(book, ZHAO, dispute, LI)
    assert await book.value("SELECT count(*) FROM access_log WHERE rule = 'settle_dispute' AND NOT allowed") == 2
    assert await book.value("SELECT count(*) FROM dispute WHERE state = 'open'") == 2
    assert await book.value("SELECT count(*) FROM fact WHERE kind = 'settle'") == 0
    assert (await settled(book, CHEN, by_her, LONG)).refusal is None
    assert refused.customer == first.customer


async def test_who_may_not_settle_does_not(book: Book) -> None:
    """Salespeople, reception, archivists: the guard's No. Another team's supervisor: not found."""
    first = await filed(book, LONG, new_phone())
    dispute = await disputed(book, HU, first)
    for number in (LONG, QIAN, ZHOU, WU, FENG):
        with pytest.raises(Forbidden):
            await settled(book, number, dispute, LONG)
    done = await settled(book, SUN, dispute, LONG)
    assert done.refusal is not None
    assert (done.refusal.code, done.refusal.path) == (RefusalCode.NOT_FOUND, ("dispute",))


async def test_a_dispute_out_of_reach_is_not_found_whatever_it_is(book: Book) -> None:
    """Unknown, malformed, of another kind: one answer; a winner nobody knows has a place of its own."""
    dispute = await disputed(book, HU, await filed(book, LONG, new_phone()))
    assert dispute.node is not None
    answers = set()
    for text in (reference(Kind.DISPUTE, key()), "", "dis_", reference(Kind.CLAIM, dispute.node), "\ud800"):
        to = book.staff_reference(LONG)
        done = await settle_dispute(book.desk(ZHAO), text, to=to, reasons=None, expected_version=1, key=key())
        answers.add(repr(done))
    assert len(answers) == 1
    assert "NOT_FOUND" in answers.pop()
    for to in (reference(Kind.STAFF, key()), "x", book.staff_reference(ZHOU)):
        done = await settled(book, ZHAO, dispute, to)
        assert done.refusal is not None
        assert (done.refusal.code, done.refusal.path) == (RefusalCode.NOT_FOUND, ("to",))


async def test_a_settlement_under_an_old_version_is_stale_and_a_second_one_is_too_late(book: Book) -> None:
    """What was read must be what stands; what is settled stays settled."""
    dispute = await disputed(book, HU, await filed(book, LONG, new_phone()))
    stale = await settled(book, ZHAO, dispute, LONG, version=2)
    assert stale.refusal is not None
    assert (stale.refusal.code, stale.refusal.version) == (RefusalCode.STALE, 1)
    assert (await settled(book, ZHAO, dispute, LONG)).refusal is None
    late = await settled(book, ZHAO, dispute, HU, version=2)
    assert late.refusal is not None
    assert late.refusal.code is RefusalCode.NOT_IN_STATE


@pytest.mark.parametrize("point", ["fact", "access_log"])
async def test_two_settlements_at_once_are_one(book: Book, point: str) -> None:
    """Of one dispute, or of two over one customer: the first word counts, the second is too late."""
    for several in (False, True):
        first, refused = await held_and_refused(book, new_phone())
        disputes = [await disputed(book, LI, refused), await disputed(book, HU, first)]
        one, other = disputes if several else (disputes[0], disputes[0])
        book.pass_time(minutes=1)
        done = await side_by_side(
            book.url, until_written(point), _settling(book, ZHAO, one, LONG), _settling(book, CHEN, other, LI)
        )
        assert done[0].refusal is None
        assert done[1].refusal is not None
        assert done[1].refusal.code is RefusalCode.STALE
        awards = await book.fetch(
            "SELECT DISTINCT awarded_to_id FROM dispute WHERE id = ANY($1)", [one.node for one in disputes]
        )
        assert [row["awarded_to_id"] for row in awards] == [book.staff(LONG)]
    assert await book.value("SELECT count(*) FROM fact WHERE kind = 'settle'") == 2
    assert await book.differences() == []


def _settling(book: Book, number: str, dispute: Done, to: str) -> Callable[[], Awaitable[Done]]:
    return lambda: settled(book, number, dispute, to)


@pytest.mark.parametrize("point", ["fact", "holding", "access_log"])
async def test_a_dispute_and_a_filing_at_once_follow_each_other(book: Book, point: str) -> None:
    """Whichever is first, the projections say what the facts say, and the filing's answer is the law's."""
    for dispute_first in (True, False):
        phone = new_phone()
        first, refused = await held_and_refused(book, phone)
        book.pass_time(days=17)
        acts: list[Callable[[], Awaitable[Done]]] = [
            lambda refused=refused: disputed(book, LI, refused),
            lambda phone=phone: filed(book, WANG, phone),
        ]
        if point == "holding":
            statement = f"SELECT id FROM customer WHERE id = '{first.customer}' FOR NO KEY UPDATE"
        else:
            statement = until_written(point)
        done = await side_by_side(book.url, statement, *(acts if dispute_first else reversed(acts)))
        filing = done[dispute_first]
        assert filing.node is not None
        assert first.customer is not None
        holder = await book.holder(first.customer)
        taken_over = filing.refusal is None
        assert holder == ((book.staff(WANG), book.team(WANG)) if taken_over else (book.staff(LONG), book.team(LONG)))
    assert await book.differences() == []


async def test_a_settlement_by_who_is_no_supervisor_any_more_is_worth_what_the_roll_says(book: Book) -> None:
    """A role is not dated: the projections of every customer that the person acted on follow the roll."""
    phone = new_phone()
    first, refused = await held_and_refused(book, phone)
    await settled(book, SUN, await disputed(book, LI, refused), LI)
    book.pass_time(days=18)
    roll = StaffRoll(
        tuple(one if one.number != SUN else Member(SUN, "孙丽", "蓝队", Role.SALESPERSON) for one in PEOPLE)
    )
    await _employ(book, roll)
    try:
        assert await book.differences() == []
        assert (await filed(book, WANG, phone)).refusal is None
        assert first.customer is not None
        assert await book.holder(first.customer) == (book.staff(WANG), book.team(WANG))
    finally:
        await _employ(book, StaffRoll(PEOPLE))


async def _employ(book: Book, roll: StaffRoll) -> None:
    async with transaction() as tx:
        _, changed = await take_roll(tx.execute_query_dict, roll, now=book.now, entropy=book.office.entropy)
        assert changed == [book.staff(SUN)]
        await refresh_for(tx, changed, book.office.rulebook, entropy=book.office.entropy)

"""What a day brings besides filings: walk-ins and whom they are told to, duty, the record of visits, relations."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from authz.acts import Act
from authz.guard import Forbidden
from claims.rulebook import load_rulebook
from records import duty, relations, visit_record_rows, visit_records, walk_ins
from records.budgets import A_DAY
from records.connection import read
from records.disputes import open_dispute
from records.filing import file_claim
from records.filters import EVERYTHING, BadInput
from records.histories import histories
from records.pages import Paging
from records.references import Kind, reference
from records.refusals import RefusalCode
from records.relations import RelationKind
from records.visit_records import Finding, is_late
from tests.records.book import (
    CHEN,
    FENG,
    HU,
    LI,
    LONG,
    MONDAY,
    QIAN,
    SUN,
    ZHAO,
    ZHOU,
    claim_form,
    key,
    new_phone,
    secret,
)  # fmt: skip
from tests.records.interleaved import side_by_side, until_written

if TYPE_CHECKING:
    from uuid import UUID

    from records.outcomes import Done
    from tests.records.book import Book

pytestmark = pytest.mark.anyio


async def held(book: Book, who: str = LONG, phone: str | None = None) -> UUID:
    """File a customer who was brought in just now."""
    done = await file_claim(book.desk(who), claim_form(phone or new_phone(), visited_at=book.now), key=key())
    assert done.customer is not None
    book.pass_time(minutes=1)
    return done.customer


async def walked_in(book: Book, who: str, customer: UUID | None = None, *, phone: str | None = None) -> Done:
    """Receive a customer who comes unasked."""
    named, said = customer and reference(Kind.CUSTOMER, customer), phone and secret(phone)
    return await walk_ins.record_walk_in(
        book.desk(who), named or None, phone=said or None, by=None, occurred_at=None, key=key()
    )


async def told(book: Book) -> list[tuple[UUID | None, UUID | None]]:
    """To whom walk-ins were told, the oldest first."""
    rows = await book.fetch("SELECT to_staff_id, to_team_id FROM notice WHERE kind = 'walked_in' ORDER BY at, id")
    return [(row["to_staff_id"], row["to_team_id"]) for row in rows]


async def test_the_holder_is_told_of_a_walk_in_whoever_receives_it(book: Book) -> None:
    """A10: also by another team, which hears nothing of the customer but that the walk-in is recorded."""
    phone = new_phone()
    customer = await held(book, phone=phone)
    seen = await walked_in(book, QIAN, customer)
    assert (seen.refusal, seen.customer) == (None, customer)
    unseen = await walked_in(book, LI, phone=phone)
    assert (unseen.refusal, unseen.customer) == (None, None)
    assert unseen.node is not None
    assert await told(book) == [(book.staff(LONG), None)] * 2
    own = await walked_in(book, LONG, customer)
    assert own.refusal is None
    assert len(await told(book)) == 2
    assert await book.differences() == []


async def test_a_customer_in_dispute_is_told_to_nobody(book: Book) -> None:
    """A11."""
    phone = new_phone()
    customer = await held(book, phone=phone)
    await file_claim(book.desk(LI), claim_form(phone, visited_at=book.now), key=key())
    text = reference(Kind.CUSTOMER, customer)
    assert (await open_dispute(book.desk(LI), text, against=None, statement=None, key=key())).refusal is None
    book.pass_time(minutes=1)
    assert (await walked_in(book, QIAN, customer)).refusal is None
    assert await told(book) == []


async def test_a_walk_in_is_refused_by_place(book: Book) -> None:
    """Nobody's phone, half a phone, nothing, both, somebody unknown, later than now: each by its path."""
    customer = await held(book)
    assert (await walked_in(book, LI, customer)).refusal.path == ("customer",)
    assert (await walked_in(book, LI, phone=new_phone())).refusal.path == ("phone",)
    for phone in ("138****0001", "1380", ""):
        refused = (await walked_in(book, LI, phone=phone or " ")).refusal
        assert refused.code is RefusalCode.INVALID_INPUT
        assert {one.path for one in refused.problems} == {("phone",)}
    assert {one.code.value for one in (await walked_in(book, LI)).refusal.problems} == {"not_one_of_two"}
    late = await walk_ins.record_walk_in(
        book.desk(QIAN), reference(Kind.CUSTOMER, customer), phone=None, by="stf_x",
        occurred_at=book.now, key=key(),
    )  # fmt: skip
    assert late.refusal.path == ("by",)
    with pytest.raises(Forbidden):
        await walked_in(book, FENG, customer)
    assert await book.value("SELECT count(*) FROM fact WHERE kind = 'walk_in'") == 0


async def test_phones_are_tried_within_a_budget(book: Book) -> None:
    """A7: whoever receives walk-ins finds no numbers by trying."""
    await book.administer(
        "INSERT INTO probe_budget (id, account_id, act, day, used) SELECT gen_random_uuid(), id, 'record_walk_in', "
        f"'2026-03-02', {A_DAY[Act.RECORD_WALK_IN]} FROM account WHERE staff_id = '{book.staff(LI)}'"
    )
    assert (await walked_in(book, LI, phone=new_phone())).refusal.code is RefusalCode.BUDGET_SPENT
    assert await book.value("SELECT count(*) FROM access_log WHERE rule = 'budget:record_walk_in'") == 1


async def test_the_last_word_on_a_week_counts(book: Book) -> None:
    """A20: any day names its week; weeks that nobody set are shown as such."""
    red, blue = (reference(Kind.TEAM, book.team(who) or key()) for who in (LONG, LI))
    again = key()
    for team, one in ((red, key()), (blue, again), (blue, again)):
        done = await duty.set_duty(book.desk(CHEN), team, week=date(2026, 3, 5), key=one)
        assert done.refusal is None
        book.pass_time(seconds=1)
    assert await book.value("SELECT count(*) FROM fact WHERE kind = 'duty'") == 2
    weeks = await duty.read_duty(book.desk(LONG), date(2026, 3, 2), date(2026, 3, 9))
    assert [(one.monday, one.team) for one in weeks] == [(date(2026, 3, 2), book.team(LI)), (date(2026, 3, 9), None)]
    assert (await duty.set_duty(book.desk(CHEN), "tea_x", week=date(2026, 3, 2), key=key())).refusal.path == ("team",)
    with pytest.raises(Forbidden):
        await duty.set_duty(book.desk(LONG), red, week=date(2026, 3, 2), key=key())
    for since, until in ((date(2026, 3, 9), date(2026, 3, 2)), (date.min, date.max)):
        with pytest.raises(BadInput):
            await duty.read_duty(book.desk(LONG), since, until)


async def recorded(book: Book, who: str, customer: UUID, *, hours: float = 0) -> str:
    """Record a visit of so many hours ago."""
    done = await visit_records.file_visit_record(
        book.desk(who), reference(Kind.CUSTOMER, customer), by=None, occurred_at=book.now - timedelta(hours=hours),
        note=secret("看了样板间"), key=key(),
    )  # fmt: skip
    assert done.refusal is None
    assert done.node is not None
    return reference(Kind.VISIT_RECORD, done.node)


async def verify(book: Book, who: str, record: str, *, is_true: bool = True) -> RefusalCode | None:
    """Say whether a visit was paid."""
    done = await visit_records.verify_visit_record(book.desk(who), record, is_true=is_true, key=key())
    return done.refusal and done.refusal.code


async def law_sees(book: Book, customer: UUID) -> list[bool]:
    """What the law hears of recorded visits: whether each is verified."""
    history = (await histories(read, [customer]))[customer].history
    return sorted(fact.verified for fact in history.facts if fact.kind == "record_visit")


async def test_a_record_is_found_true_or_not_once_and_by_somebody_else(book: Book) -> None:
    """I9: what is refuted is out of the law's sight, what is verified stands in the place of the record."""
    customer = await held(book)
    true, false = await recorded(book, LONG, customer), await recorded(book, LONG, customer, hours=1)
    assert await law_sees(book, customer) == [False, False]
    assert await verify(book, SUN, true) is RefusalCode.NOT_FOUND
    assert await verify(book, ZHAO, "vis_x") is RefusalCode.NOT_FOUND
    own = await recorded(book, ZHAO, customer)
    assert await verify(book, ZHAO, own) is RefusalCode.FOUR_EYES
    with pytest.raises(Forbidden):
        await verify(book, LONG, true)
    assert await verify(book, ZHAO, true) is None
    assert await verify(book, ZHAO, false, is_true=False) is None
    assert await law_sees(book, customer) == [False, True]
    assert await verify(book, CHEN, true) is RefusalCode.NOT_IN_STATE
    assert await verify(book, CHEN, false) is RefusalCode.NOT_IN_STATE
    page = await visit_record_rows.read_visit_records(book.desk(ZHAO), Paging(first=9), EVERYTHING)
    found = {reference(Kind.VISIT_RECORD, row.id): row.finding for row in page.rows}
    assert found == {true: Finding.VERIFIED, false: Finding.REFUTED, own: Finding.UNVERIFIED}
    mine = await visit_record_rows.read_visit_records(book.desk(LONG), Paging(first=9), EVERYTHING)
    assert {row.by for row in mine.rows} == {book.staff(LONG)}
    assert not (await visit_record_rows.read_visit_records(book.desk(SUN), Paging(first=9), EVERYTHING)).rows
    assert await book.differences() == []


async def test_what_was_known_earlier_is_told_as_it_was(book: Book) -> None:
    """`knownAt` before the finding still has the record, unverified."""
    customer = await held(book)
    record = await recorded(book, LONG, customer)
    before = book.now
    book.pass_time(hours=1)
    assert await verify(book, ZHAO, record, is_true=False) is None
    then = (await histories(read, [customer], known_at=before))[customer].history
    assert [fact.verified for fact in then.facts if fact.kind == "record_visit"] == [False]
    assert await law_sees(book, customer) == []


async def test_of_two_findings_at_once_the_second_sees_the_first(book: Book) -> None:
    """The customer's row is locked before the record is looked at; without it the database's index refuses."""
    customer = await held(book)
    record = await recorded(book, LONG, customer)
    outcomes = await side_by_side(
        book.url, until_written("access_log"),
        lambda: verify(book, ZHAO, record), lambda: verify(book, CHEN, record, is_true=False),
    )  # fmt: skip
    assert outcomes == [None, RefusalCode.NOT_IN_STATE]
    with pytest.raises(Exception, match="fact_is_corrected_once"):
        await book.administer(
            "INSERT INTO fact (id, kind, happened_at, recorded_at, customer_id, corrects_id, details) "
            "SELECT gen_random_uuid(), 'record_visit', now(), now(), customer_id, corrects_id, '{}' FROM fact "
            "WHERE corrects_id IS NOT NULL"
        )


def test_a_visit_is_recorded_by_nine_in_the_evening() -> None:
    """I6: at 21:00 of Shanghai it is late, and on the next day; where no rulebook names an hour, only then."""
    rulebook = load_rulebook("field")
    for hours, late in ((11, False), (11.999, False), (12, True), (14, True), (16, True)):
        assert is_late(rulebook, visited_at=MONDAY, recorded_at=MONDAY + timedelta(hours=hours)) is late, hours
    other = load_rulebook("onsite")
    assert not is_late(other, visited_at=MONDAY, recorded_at=MONDAY + timedelta(hours=14.9))
    assert is_late(other, visited_at=MONDAY, recorded_at=MONDAY + timedelta(hours=15))


async def related(book: Book, who: str, one: UUID) -> list[tuple[UUID, RelationKind]]:
    """To whom a customer belongs, as somebody sees it."""
    return [(row.customer, row.kind) for row in await relations.related_to(book.desk(who), one)]


async def relate(book: Book, who: str, one: UUID, other: UUID, kind: RelationKind) -> RefusalCode | None:
    """Say what two customers are to each other."""
    named = reference(Kind.CUSTOMER, one), reference(Kind.CUSTOMER, other)
    done = await relations.relate_customers(book.desk(who), named[0], to=named[1], kind=kind, key=key())
    return done.refusal and done.refusal.code


async def test_a_relation_holds_both_ways_until_it_is_ended(book: Book) -> None:
    """G5 A17: the last word counts, and nobody hears of a customer out of sight."""
    mine, hers, theirs = await held(book), await held(book, HU), await held(book, LI)
    assert await relate(book, LONG, mine, hers, RelationKind.FRIEND) is None
    assert await relate(book, HU, hers, mine, RelationKind.FAMILY) is None
    assert await related(book, LONG, mine) == [(hers, RelationKind.FAMILY)]
    assert await related(book, ZHAO, hers) == [(mine, RelationKind.FAMILY)]
    assert await related(book, LI, mine) == []
    assert await relate(book, LONG, mine, theirs, RelationKind.FRIEND) is RefusalCode.NOT_FOUND
    assert await relate(book, LONG, mine, mine, RelationKind.FRIEND) is RefusalCode.INVALID_INPUT
    assert await relate(book, ZHOU, mine, theirs, RelationKind.NEIGHBOUR) is None
    assert await related(book, LONG, mine) == [(hers, RelationKind.FAMILY)]
    assert set(await related(book, ZHOU, mine)) == {
        (hers, RelationKind.FAMILY),
        (theirs, RelationKind.NEIGHBOUR),
    }
    assert await relate(book, LONG, hers, mine, RelationKind.NONE) is None
    assert await related(book, ZHAO, mine) == []

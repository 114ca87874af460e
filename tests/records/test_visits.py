"""What happens between filings moves who holds as the regulation on site says: A26 A27 A28 A29 A30, day by day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from authz.guard import Forbidden
from records.columns import Column
from records.disputes import open_dispute
from records.filing import file_claim
from records.references import Kind, reference
from records.refusals import RefusalCode
from records.visits import record_consent, record_contact, record_visit
from tests.records.book import (
    CHEN,
    FENG,
    HU,
    LI,
    LONG,
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

if TYPE_CHECKING:
    from records.outcomes import Done
    from tests.records.book import Book

pytestmark = pytest.mark.anyio
LATER_THAN_MAINTENANCE = 16
"""Days after a contact on which maintenance no longer holds (A26)."""


async def filed(book: Book, number: str, phone: str, **said: Any) -> Done:
    """File a customer who was brought in at the same instant."""
    said = {"visited_at": book.now} | said
    return await file_claim(book.desk(number), claim_form(phone, **said), key=key())


def named(done: Done) -> str:
    """Name the customer of what was done."""
    assert done.customer is not None
    return reference(Kind.CUSTOMER, done.customer)


async def visited(book: Book, number: str, customer: str, **said: Any) -> Done:
    """Record a visit."""
    said = {"by": None, "companion": None, "occurred_at": None} | said
    return await record_visit(book.desk(number), customer, **said, key=key())


async def contacted(book: Book, number: str, customer: str, **said: Any) -> Done:
    """Record a contact."""
    said = {"by": None, "occurred_at": None, "note": None} | said
    return await record_contact(book.desk(number), customer, **said, key=key())


async def consented(book: Book, number: str, customer: str, to: str, **said: Any) -> Done:
    """Record a consent."""
    said = {"occurred_at": None} | said
    return await record_consent(book.desk(number), customer, to=book.staff_reference(to), **said, key=key())


async def holds(book: Book, number: str, done: Done) -> bool:
    """Tell whether somebody holds the customer, now and by facts and projection alike."""
    assert done.customer is not None
    assert await book.differences() == []
    return await book.holder(done.customer) == (book.staff(number), book.team(number))


async def test_while_the_holder_maintains_nobody_else_holds(book: Book) -> None:
    """A26 A28: day 15 after the last contact is covered, whatever came before it."""
    phone = new_phone()
    first = await filed(book, LONG, phone)
    book.pass_time(days=20)
    await contacted(book, LONG, named(first))
    book.pass_time(days=15)
    second = await filed(book, LI, phone)
    assert second.node is not None
    assert second.refusal is not None
    assert second.refusal.code is RefusalCode.HELD_IN_MAINTENANCE
    assert {"A26", "A28"} <= set(second.refusal.clauses)
    assert await holds(book, LONG, first)
    book.pass_time(days=1)
    third = await filed(book, WANG, phone)
    assert third.refusal is None
    assert await holds(book, WANG, first)


async def test_for_thirty_days_a_registration_is_strictly_protected(book: Book) -> None:
    """A30: with no contact since, day 30 is covered and day 31 is not."""
    phone = new_phone()
    first = await filed(book, LONG, phone)
    book.pass_time(days=30)
    second = await filed(book, LI, phone)
    assert second.refusal is not None
    assert (second.refusal.code, "A30" in second.refusal.clauses) == (RefusalCode.STRICTLY_PROTECTED, True)
    assert await holds(book, LONG, first)
    book.pass_time(days=1)
    assert (await filed(book, WANG, phone)).refusal is None
    assert await holds(book, WANG, first)


async def test_the_holders_consent_lets_a_colleague_in(book: Book) -> None:
    """A27: given before, by the holder alone; not used up, and good for nobody else."""
    phone = new_phone()
    first = await filed(book, LONG, phone)
    book.pass_time(days=1)
    assert (await consented(book, LONG, named(first), LI)).refusal is None
    refused = await filed(book, WANG, phone)
    assert refused.refusal is not None
    assert refused.refusal.code is RefusalCode.HELD_IN_MAINTENANCE
    assert await holds(book, LONG, first)
    book.pass_time(days=1)
    assert (await filed(book, LI, phone)).refusal is None
    assert await holds(book, LI, first)


async def test_a_consent_after_the_claim_is_too_late(book: Book) -> None:
    """A27: before, at whatever time; a refused claim never comes back."""
    phone = new_phone()
    first = await filed(book, LONG, phone)
    book.pass_time(days=1)
    late = await filed(book, LI, phone)
    book.pass_time(minutes=1)
    await consented(book, LONG, named(first), LI)
    assert late.refusal is not None
    assert await holds(book, LONG, first)


async def test_a_consent_said_to_be_older_counts_from_when_it_was_given(book: Book) -> None:
    """It was given in the morning and is entered in the evening, behind a filing of noon: the law decides anew."""
    phone = new_phone()
    first = await filed(book, LONG, phone)
    book.pass_time(days=1)
    morning = book.now
    book.pass_time(hours=3)
    assert (await filed(book, LI, phone)).refusal is not None
    book.pass_time(hours=5)
    await consented(book, LONG, named(first), LI, occurred_at=morning)
    assert await holds(book, LI, first)


async def test_nobody_but_the_holder_consents(book: Book) -> None:
    """A colleague, another team, a supervisor while a person holds: refused with the clause, or not found."""
    done = await filed(book, LONG, new_phone())
    book.pass_time(days=1)
    refused = await consented(book, ZHAO, named(done), LI)
    assert refused.refusal is not None
    assert (refused.node, refused.refusal.code, refused.refusal.clauses) == (None, RefusalCode.NOT_HOLDER, ("A27",))
    for number in (HU, LI, SUN):
        refused = await consented(book, number, named(done), WANG)
        assert refused.refusal is not None
        assert refused.refusal.code is RefusalCode.NOT_FOUND
    for number in (QIAN, ZHOU, WU, ZHENG):
        with pytest.raises(Forbidden):
            await consented(book, number, named(done), LI)
    assert await book.value("SELECT count(*) FROM fact WHERE kind = 'consent'") == 0


async def test_an_open_dispute_lifts_strict_protection_and_not_maintenance(book: Book) -> None:
    """A30: no dispute over the customer is open; A26 stands whatever is disputed."""
    phone = new_phone()
    first = await filed(book, LONG, phone)
    book.pass_time(days=2)
    rival = await filed(book, LI, phone)
    assert rival.refusal is not None
    opened = await open_dispute(book.desk(LI), named(first), against=None, statement=None, key=key())
    assert opened.refusal is None
    book.pass_time(days=LATER_THAN_MAINTENANCE - 3)
    assert (await filed(book, WANG, phone)).refusal is not None
    assert await holds(book, LONG, first)
    book.pass_time(days=1)
    assert (await filed(book, WANG, phone)).refusal is None
    assert await holds(book, WANG, first)


async def test_of_two_on_one_day_whoever_brought_the_customer_in_first_holds(book: Book) -> None:
    """A29: the visit decides, not the form; the other commits no offence."""
    phone = new_phone()
    first = await filed(book, LONG, phone, visited_at=None)
    book.pass_time(hours=1)
    second = await filed(book, LI, phone)
    assert await holds(book, LI, first)
    book.pass_time(hours=1)
    await visited(book, LONG, named(first), occurred_at=book.now - timedelta(hours=3))
    assert second.refusal is None
    assert await holds(book, LONG, first)


async def test_reception_records_a_visit_for_whoever_brought_the_customer_in(book: Book) -> None:
    """A6: any customer is in its reach; the visit is the salesperson's."""
    first = await filed(book, LONG, new_phone(), visited_at=None)
    done = await visited(book, QIAN, named(first), by=book.staff_reference(LONG))
    assert done.refusal is None
    (fact,) = await book.fetch("SELECT by_id, entered_by_id FROM fact WHERE kind = 'visit'")
    assert tuple(fact.values()) == (book.staff(LONG), book.staff(QIAN))
    assert await holds(book, LONG, first)
    (entry,) = await book.fetch("SELECT tag, actor_id, subject_teams FROM access_log WHERE tag = 'visit:record'")
    assert (entry["actor_id"], entry["subject_teams"]) == (book.staff(QIAN), [book.team(LONG)])


async def test_a_companion_is_a_designer(book: Book) -> None:
    """H15: whoever else is named, or nobody at all, is not found."""
    first = await filed(book, LONG, new_phone())
    done = await visited(book, LONG, named(first), companion=book.staff_reference(ZHENG))
    assert done.refusal is None
    companion = await book.value("SELECT details ->> 'with' FROM fact WHERE id = $1", done.node)
    assert companion == book.staff(ZHENG).hex
    for companion in (book.staff_reference(LI), book.staff_reference(ZHOU), reference(Kind.STAFF, key()), "x", ""):
        done = await visited(book, LONG, named(first), companion=companion)
        assert done.refusal is not None
        assert (done.refusal.code, done.refusal.path) == (RefusalCode.NOT_FOUND, ("companion",))


@pytest.mark.parametrize("act", [visited, contacted])
async def test_nothing_happens_in_the_future(book: Book, act: Any) -> None:
    """An instant later than now is a problem of its own, at its place; now itself is not later."""
    first = await filed(book, LONG, new_phone())
    done = await act(book, LONG, named(first), occurred_at=book.now + timedelta(microseconds=1))
    assert done.refusal is not None
    assert [(problem.path, problem.code.value) for problem in done.refusal.problems] == [
        (("occurredAt",), "in_the_future")
    ]
    assert (await act(book, LONG, named(first), occurred_at=book.now)).refusal is None


@pytest.mark.parametrize("act", [visited, contacted, consented])
async def test_a_customer_out_of_reach_is_not_found_whatever_it_is(book: Book, act: Any) -> None:
    """Unknown, malformed, of another kind, another team's: one answer."""
    done = await filed(book, LONG, new_phone())
    assert done.node is not None
    more = (WANG,) if act is consented else ()
    answers = set()
    for customer in (
        reference(Kind.CUSTOMER, key()), "", "cus_", reference(Kind.CLAIM, done.node), named(done).upper(), "\ud800",
        named(done), named(done) + "0",
    ):  # fmt: skip
        answer = await act(book, LI, customer, *more)
        answers.add((answer.node, answer.customer, repr(answer.refusal)))
    assert len(answers) == 1
    assert "NOT_FOUND" in answers.pop()[2]


@pytest.mark.parametrize(("number", "by", "is_let"), [
    (LONG, HU, True), (LONG, LI, False), (ZHAO, LONG, True), (SUN, LONG, False), (WU, LONG, True), (QIAN, LI, True),
    (FENG, None, False), (CHEN, None, False), (ZHOU, None, False),
])  # fmt: skip
async def test_a_visit_is_entered_for_whom_one_may(book: Book, number: str, by: str | None, *, is_let: bool) -> None:
    """Salespeople, supervisors and customer service for their team, reception for all, others not at all."""
    done = await filed(book, LONG, new_phone())
    entered = by and book.staff_reference(by)
    if is_let:
        assert (await visited(book, number, named(done), by=entered)).refusal is None
    else:
        with pytest.raises(Forbidden):
            await visited(book, number, named(done), by=entered)
    assert await book.differences() == []


async def test_reception_records_that_a_designer_brought_a_customer_in(book: Book) -> None:
    """H7 H15: a designer's own visit counts, and is the front desk's to write down, never the designer's own."""
    done = await filed(book, LONG, new_phone())
    designer = book.staff_reference(ZHENG)
    brought = await visited(book, QIAN, named(done), by=designer)
    assert brought.refusal is None
    for number in (LONG, ZHENG):
        with pytest.raises(Forbidden):
            await visited(book, number, named(done), by=designer)
    assert await book.differences() == []


async def test_a_note_is_sealed_with_its_contact(book: Book) -> None:
    """Free text, so never in clear; one that holds an identity number is refused."""
    first = await filed(book, LONG, new_phone())
    done = await contacted(book, LONG, named(first), note=secret("客户要三居室"))
    assert (
        await book.value(
            "SELECT count(*) FROM sealed_value WHERE fact_id = $1 AND field = $2", done.node, int(Column.NOTE)
        )
        == 1
    )
    for note, code in (("11010519491231002X", "sensitive_number"), ("长" * 1001, "too_long"), ("\x00", "invalid_text")):
        done = await contacted(book, LONG, named(first), note=secret(note))
        assert done.refusal is not None
        assert [(problem.path, problem.code.value) for problem in done.refusal.problems] == [(("note",), code)]


async def test_protection_is_told_for_all_boundaries_ahead(book: Book) -> None:
    """No job makes it lapse: what is written at the act answers for every later instant."""
    first = await filed(book, LONG, new_phone())
    (row,) = await book.fetch("SELECT protected_until, until_at, edition FROM holding")
    day = book.office.rulebook.day(book.now)
    assert (row["protected_until"], row["until_at"]) == (day + timedelta(days=30), None)
    book.pass_time(days=29)
    await contacted(book, LONG, named(first))
    (row,) = await book.fetch("SELECT protected_until FROM holding WHERE until_at IS NULL")
    assert row["protected_until"] == day + timedelta(days=29 + 15)


async def test_a_linked_customers_visits_count_for_the_root(book: Book) -> None:
    """The reference of the part taken in names the one customer from then on."""
    phones = new_phone(), new_phone()
    first = await filed(book, LONG, phones[0])
    book.pass_time(minutes=1)
    second = await filed(book, HU, phones[1])
    book.pass_time(minutes=1)
    form = claim_form(*phones, visited_at=book.now)
    linked = await file_claim(book.desk(LI), form, key=key())
    assert linked.customer == first.customer
    done = await visited(book, HU, named(second))
    assert done.customer == first.customer
    assert await holds(book, LONG, second)

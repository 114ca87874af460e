"""A good book verifies; a row of a projection that somebody changed, took away or put there is found, each by table."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from records.disputes import open_dispute
from records.filing import file_claim
from records.references import Kind, reference
from records.verification import Difference, verify
from records.visits import record_visit
from tests.records.book import HU, LI, LONG, WANG, claim_form, key, new_phone

if TYPE_CHECKING:
    from uuid import UUID

    from tests.records.book import Book

pytestmark = pytest.mark.anyio


async def a_good_book(book: Book) -> tuple[UUID, UUID]:
    """Customers held, lost to others, disputed, linked and visited; give one who is held, and one that was linked."""
    phones = [new_phone() for _ in range(4)]
    done = []
    for phone in phones:
        book.pass_time(hours=1)
        done.append(await file_claim(book.desk(LONG), claim_form(phone, visited_at=book.now), key=key()))
    book.pass_time(days=1)
    await file_claim(book.desk(LI), claim_form(phones[0], visited_at=book.now), key=key())
    customer = reference(Kind.CUSTOMER, done[1].customer or key())
    await record_visit(book.desk(HU), customer, by=None, companion=None, occurred_at=None, key=key())
    await open_dispute(book.desk(HU), customer, against=None, statement=None, key=key())
    await file_claim(book.desk(WANG), claim_form(*phones[2:], visited_at=book.now), key=key())
    book.pass_time(days=40)
    await file_claim(book.desk(LI), claim_form(phones[1], visited_at=book.now), key=key())
    assert await book.differences() == []
    held, linked = done[0].customer, done[3].customer
    assert held is not None
    assert linked is not None
    return held, linked


_CHANGE = "UPDATE {table} SET {what} WHERE {whose}"
_TAKE = "DELETE FROM {table} WHERE {whose}"
_PUT = "INSERT INTO {table} (id, {what}"
_HELD, _FILING = "customer_id = '{held}'", "filing_id = '{filing}'"
_EVERYBODYS = _HELD + " AND team_id IS NULL"
_STATE = "filing_id, from_at, until_at, state, missing, clauses, edition) VALUES (gen_random_uuid(), '{filing}', "
_SPAN = "customer_id, from_at, until_at, clauses, edition) VALUES (gen_random_uuid(), "
_SCOPE = "customer_id, team_id, filed_at, is_pending) "
PLANTED = {
    "a holding with another holder": (
        "holding", _CHANGE, "staff_id = (SELECT id FROM staff WHERE number = 'S012')", _HELD, 2
    ),
    "a holding without its person": ("holding", _CHANGE, "staff_id = NULL", _HELD, 2),
    "a holding protected for longer": ("holding", _CHANGE, "protected_until = protected_until + 1", _HELD, 2),
    "a holding that rests on other clauses": ("holding", _CHANGE, "clauses = '{A3}'", _HELD, 2),
    "a holding of another edition": ("holding", _CHANGE, "edition = 'onsite@1999-01-01'", _HELD, 2),
    "a holding that ends": ("holding", _CHANGE, "until_at = from_at + interval '1 day'", _HELD, 2),
    "a holding taken away": ("holding", _TAKE, "", _HELD, 1),
    "a holding put there": ("holding", _PUT, _SPAN + "'{held}', '2020-01-01', '2020-01-02', '{A3}', 'onsite')", "", 1),
    "a holding of a customer that is another's part": (
        "holding", _PUT, _SPAN + "'{linked}', '2020-01-01', NULL, '{A3}', 'onsite')", "", 1
    ),
    "a claim in another state": ("claim_state", _CHANGE, "state = 'archived'", _FILING, 2),
    "a claim with something missing": ("claim_state", _CHANGE, "missing = '{phone}'", _FILING, 2),
    "a claim's state taken away": ("claim_state", _TAKE, "", _FILING, 1),
    "a claim's state put there": (
        "claim_state", _PUT, _STATE + "'2020-01-01', '2020-01-02', 'returned', '{}', '{A4}', 'onsite')", "", 1
    ),
    "a customer out of a team's scope": ("customer_scope", _TAKE, "", _HELD + " AND team_id IS NOT NULL", 2),
    "a customer out of everybody's scope": ("customer_scope", _TAKE, "", _EVERYBODYS, 1),
    "a customer in another team's scope": (
        "customer_scope", _PUT,
        _SCOPE + "SELECT gen_random_uuid(), '{held}', id, now(), false FROM team WHERE name = '黄队'", "", 1,
    ),
    "a scope that waits for review": ("customer_scope", _CHANGE, "is_pending = NOT is_pending", _EVERYBODYS, 2),
    "a scope of another day": ("customer_scope", _CHANGE, "filed_at = filed_at + interval '1 day'", _EVERYBODYS, 2),
    "a scope of a customer that is another's part": (
        "customer_scope", _PUT, _SCOPE + "VALUES (gen_random_uuid(), '{linked}', NULL, now(), false)", "", 1
    ),
}  # fmt: skip
"""What is done to a table behind everybody's back, and to how many differences it comes: a changed row makes two."""


async def test_every_planted_difference_is_found_by_table_and_customer(book: Book) -> None:
    """Each on its own: planted, found, undone; ids are told and no content."""
    held, linked = await a_good_book(book)
    filing = await book.value("SELECT id FROM filing WHERE customer_id = $1 ORDER BY occurred_at LIMIT 1", held)
    names = {"held": held, "linked": linked, "filing": filing}
    await book.administer("INSERT INTO team (id, name) VALUES (gen_random_uuid(), '黄队')")
    for words, (table, form, what, whose, number) in PLANTED.items():
        kept = f"kept_{table}"
        statement = form.format(table=table, what=what, whose=whose)
        for name, row in names.items():
            statement = statement.replace(f"{{{name}}}", str(row))
        await book.administer(f"CREATE TABLE {kept} AS TABLE {table}", statement)
        differences = await book.differences()
        assert len(differences) == number, (words, differences)
        assert {one.table for one in differences} == {table}, words
        assert {one.about for one in differences} <= {held, linked, filing}, words
        assert len({one.is_stray for one in differences}) == min(number, 2) or table == "customer_scope", words
        await book.administer(f"DELETE FROM {table}", f"INSERT INTO {table} TABLE {kept}", f"DROP TABLE {kept}")
        assert await book.differences() == [], words


async def test_a_fact_that_no_act_wrote_shows_in_what_it_should_have_changed(book: Book) -> None:
    """Somebody put a visit there: the projections lack what it gives."""
    done = await file_claim(book.desk(LONG), claim_form(new_phone()), key=key())
    assert await book.differences() == []
    await book.administer(
        "INSERT INTO fact (id, kind, happened_at, recorded_at, by_id, customer_id, details) SELECT gen_random_uuid(), "
        "'visit', happened_at, recorded_at, by_id, customer_id, '{}' FROM fact WHERE kind = 'file'"
    )
    assert await book.differences() == [Difference("holding", done.customer or key(), is_stray=False)]


async def test_a_link_that_no_act_followed_shows(book: Book) -> None:
    """Two customers made one without deciding anew."""
    await a_good_book(book)
    held = await book.fetch("SELECT DISTINCT customer_id FROM holding")
    one, other = sorted(row["customer_id"] for row in held)[:2]
    await book.administer(f"UPDATE customer SET root_id = '{one}' WHERE root_id = '{other}'")
    tables = {difference.table for difference in await book.differences()}
    assert {"holding", "customer_scope"} <= tables


async def test_it_tells_how_far_it_is_and_how_many_it_looked_at(book: Book) -> None:
    """Parts of customers are no customers of their own."""
    await a_good_book(book)
    told: list[tuple[int, int]] = []
    customers, _ = await verify(book.office.rulebook, tell=lambda done, expected: told.append((done, expected)))
    assert customers == await book.value("SELECT count(*) FROM customer WHERE id = root_id") == 3
    assert told == [(3, 3)]


async def test_a_book_in_use_verifies(book: Book) -> None:
    """Each lot of customers is looked at as of one instant, whatever is written meanwhile."""

    async def writing() -> None:
        for _ in range(25):
            await file_claim(book.desk(LONG), claim_form(new_phone(), visited_at=book.now), key=key())

    writers = asyncio.gather(writing(), writing())
    while not writers.done():
        assert await book.differences() == []
    await writers

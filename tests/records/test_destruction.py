"""What was destroyed stays destroyed and certified: by the database, by the ledger, and where one person is both."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import asyncpg
import pytest

from authz.policy import TwoPeople
from records import destruction, destruction_rows, erasure, filing, visits
from records.filters import EVERYTHING
from records.pages import Paging
from records.references import Kind, reference
from records.refusals import RefusalCode
from records.retention import DestructionGround
from tests.records.book import CHEN, LONG, ZHOU, claim_form, key, new_phone

if TYPE_CHECKING:
    from records.outcomes import Done
    from tests.records.book import Book

pytestmark = pytest.mark.anyio
PAPER = "5a" * 32


async def asked(book: Book) -> tuple[str, str]:
    """Let the archivist ask for the destruction of a customer who was filed just now: the customer, and the request."""
    done = await filing.file_claim(book.desk(LONG), claim_form(new_phone(), visited_at=book.now), key=key())
    customer = reference(Kind.CUSTOMER, done.customer) if done.customer else ""
    book.pass_time(seconds=1)
    facts = await book.value("SELECT count(*) FROM fact WHERE customer_id = $1", done.customer)
    waiting = await destruction.destroy_customer(
        book.desk(ZHOU), customer, DestructionGround.PERSON_ASKED, document=PAPER, expected_version=facts, key=key()
    )
    assert waiting.node is not None
    return customer, reference(Kind.DESTRUCTION, waiting.node)


async def agreed(book: Book, who: str, waiting: str, two_people: TwoPeople = TwoPeople.REQUIRED) -> Done:
    """Let somebody agree, in an installation that has two people for it or one."""
    desk = replace(book.desk(who), two_people=two_people)
    return await destruction.approve_destruction(desk, waiting, expected_version=1, key=key())


async def test_where_one_person_is_both_that_is_recorded_and_certified(book: Book) -> None:
    """Three-person separation needs three people; a company that has one says so in every certificate."""
    _, waiting = await asked(book)
    refused = (await agreed(book, ZHOU, waiting)).refusal
    assert refused is not None
    assert refused.code is RefusalCode.ANOTHER_PERSON
    assert (await agreed(book, ZHOU, waiting, TwoPeople.RECORDED)).refusal is None
    found = await destruction_rows.read_destructions(book.desk(CHEN), Paging(first=5), EVERYTHING)
    (row,) = found.rows
    assert row.alone
    assert row.certificate is not None
    assert '"alone":true' in row.certificate.text
    assert await destruction_rows.holds(book.desk(CHEN), row.certificate)
    assert await book.differences() == []


async def test_the_database_keeps_what_was_certified(book: Book) -> None:
    """Whoever writes to the tables changes no certificate, and makes none without a destruction."""
    _, waiting = await asked(book)
    for statement in (
        "UPDATE destruction SET outcome = 'destroyed', ended_at = requested_at",
        "UPDATE destruction SET approved_by_id = requested_by_id, alone = false",
        "DELETE FROM destruction",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await book.administer(statement)
    assert (await agreed(book, CHEN, waiting)).refusal is None
    for statement in ("UPDATE destruction SET certificate = '{}'", "UPDATE destruction SET version = 9"):
        with pytest.raises(asyncpg.RestrictViolationError, match="stays certified"):
            await book.administer(statement)
    assert await book.differences() == []


async def test_the_ledger_knows_and_nothing_is_done_with_whoever_it_names(book: Book) -> None:
    """keys.md: outside the database stands who was erased; inside it every act finds that out."""
    customer, waiting = await asked(book)
    assert (await agreed(book, CHEN, waiting)).refusal is None
    ledger = book.office.ledger.read()
    assert customer in {reference(Kind.CUSTOMER, one) for one in ledger}
    assert await erasure.replay(book.office.ledger) == 0
    visit = await visits.record_visit(book.desk(LONG), customer, by=None, companion=None, occurred_at=None, key=key())
    assert visit.refusal is not None
    assert visit.refusal.code is RefusalCode.DESTROYED

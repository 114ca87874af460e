"""Handing over under other rulebooks than A, a change of team, and what one resigns by."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from authz.guard import Forbidden
from records import approvers, assignment, filing, reviewing
from records.connection import read
from records.customer_rows import version_at
from records.departure_rows import DepartureCause, DepartureState, HandoverKind
from records.law import Law
from records.references import Kind, reference
from records.refusals import ProblemCode, RefusalCode
from records.reviewing import Review, ReviewOutcome
from tests.records.book import CHEN, HU, LI, LONG, QIAN, SUN, WANG, ZHAO, claim_form, key, secret
from tests.records.leavers import (
    TRANSFER,
    announced,
    checklist,
    completed,
    departed,
    filed,
    handed,
    kinds,
    leaving,
    row_of,
)  # fmt: skip
from tests.records.test_assignment import company, under

if TYPE_CHECKING:
    from tests.records.book import Book

__all__ = ["company"]
pytestmark = pytest.mark.anyio
NEED = (("need", secret("三室两厅")), ("feedback", secret("周末再来")))


@under("process")
async def test_where_anybody_may_be_named_customers_go_before_the_last_day(company: Book) -> None:
    """B5 G11: the assignment is a fact like any, and the leaver's departure changes nothing after it."""
    customer = await filed(company, LONG, other=NEED)
    claim = await company.value("SELECT id FROM filing")
    company.pass_time(minutes=1)
    await reviewing.review_claim(
        company.desk(ZHAO), reference(Kind.CLAIM, claim), Review(outcome=ReviewOutcome.APPROVE), expected_version=1,
        key=key(),
    )  # fmt: skip
    company.pass_time(minutes=1)
    desk = company.desk(ZHAO)
    await assignment.assign_customer(
        desk, reference(Kind.CUSTOMER, customer), to=company.staff_reference(LONG), reason=None,
        expected_version=await version_at(read, desk, customer), key=key(),
    )  # fmt: skip
    company.pass_time(minutes=1)
    departure = await leaving(company, ZHAO, LONG)
    assert (await handed(company, ZHAO, departure, HU)).refusal is None
    assert await company.holder(customer) == (company.staff(HU), company.team(HU))
    assert await checklist(company, departure) == []
    company.pass_time(minutes=1)
    await departed(company, ZHAO, departure)
    assert await company.holder(customer) == (company.staff(HU), company.team(HU))
    assert (await completed(company, ZHAO, departure)).refusal is None
    assert await company.differences() == []


@under("layered")
async def test_a_seat_in_the_chain_passes_by_a_leaders_word(company: Book) -> None:
    """F4: whoever may not name reviewers cannot hand a seat on; all at once leaves it on the list."""
    await approvers.name_approvers(company.desk(CHEN), 1, (company.staff_reference(SUN),), key=key())
    departure = await leaving(company, CHEN, SUN)
    (seat,) = await checklist(company, departure)
    assert seat[0] is HandoverKind.REVIEW
    with pytest.raises(Forbidden):
        await handed(company, ZHAO, await leaving(company, ZHAO, LONG), HU, levels=[1])
    refused = await handed(company, CHEN, departure, LI, levels=[1])
    assert (refused.refusal.code, refused.refusal.path) == (RefusalCode.NOT_ASSIGNABLE, ("levels", "0"))
    missing = await handed(company, CHEN, departure, ZHAO, levels=[2])
    assert (missing.refusal.code, missing.refusal.path) == (RefusalCode.NOT_FOUND, ("levels", "0"))
    assert (await handed(company, CHEN, departure, ZHAO, levels=[1])).refusal is None
    standing = await company.fetch("SELECT level, staff_id FROM approver WHERE until_at IS NULL")
    assert [(row["level"], row["staff_id"]) for row in standing] == [(1, company.staff(ZHAO))]
    assert await checklist(company, departure) == []


async def test_a_change_of_team_takes_the_same_way_and_what_is_held_goes_along(company: Book) -> None:
    """A14 G11: customers stay with the person; what waits with the old team is handed over first."""
    book = company
    customer = await filed(book, LONG)
    form = claim_form(claimant=book.staff_reference(LONG), name="无号")
    waiting = await filing.file_claim(book.desk(QIAN), form, key=key())
    assert waiting.node is not None
    departure = await leaving(book, ZHAO, LONG, kind=TRANSFER, to_team=reference(Kind.TEAM, book.team(LI)))
    assert await checklist(book, departure) == [(HandoverKind.FILING, waiting.node)]
    refused = await departed(book, ZHAO, departure)
    assert (refused.refusal.code, refused.refusal.clauses) == (RefusalCode.NOT_HANDED_OVER, ("G11",))
    await handed(book, ZHAO, departure, HU)
    book.pass_time(hours=1)
    assert (await departed(book, ZHAO, departure)).refusal is None
    assert (await row_of(book, departure)).state is DepartureState.COMPLETED
    assert await book.holder(customer) == (book.staff(LONG), book.team(LI))
    assert await book.value("SELECT count(*) FROM fact WHERE kind = 'depart'") == 0
    assert await book.value("SELECT count(*) FROM account WHERE closed_at IS NOT NULL") == 0
    assert await book.differences() == []


async def test_where_the_rulebook_says_so_a_change_of_team_hands_everything_over(company: Book) -> None:
    """G11: nobody moves before the last customer has another holder."""
    book = company
    law = Law(book.office.rulebook.override({"handover.transfer": "handed_over", "assign.names": "anybody"}))
    book.office = replace(book.office, law=law)
    customer = await filed(book, LONG)
    departure = await leaving(book, ZHAO, LONG, kind=TRANSFER, to_team=reference(Kind.TEAM, book.team(LI)))
    assert kinds(await checklist(book, departure)) == ["filing", "holding"]
    assert (await departed(book, ZHAO, departure)).refusal.code is RefusalCode.NOT_HANDED_OVER
    await handed(book, ZHAO, departure, HU)
    book.pass_time(hours=1)
    assert (await departed(book, ZHAO, departure)).refusal is None
    assert await book.holder(customer) == (book.staff(HU), book.team(HU))
    assert await book.differences() == []


@under("handbook")
async def test_a_resignation_is_given_a_month_ahead_or_a_supervisor_waives_it(company: Book) -> None:
    """J9: to the day; a dismissal and the end of probation (J5) need no notice."""
    today = date(2026, 3, 2)
    short = await announced(company, LONG, last_day=today + timedelta(days=29))
    assert [(one.code, one.path) for one in short.refusal.problems] == [(ProblemCode.NOTICE_TOO_SHORT, ("lastDay",))]
    assert short.refusal.clauses == ("J9",)
    own = await announced(company, LONG, last_day=today, waives_notice=True)
    assert ProblemCode.NOT_OFFERED in {one.code for one in own.refusal.problems}
    assert (await announced(company, LONG, last_day=today + timedelta(days=30))).refusal is None
    assert (await announced(company, ZHAO, HU, last_day=today, waives_notice=True)).refusal is None
    for who, cause in ((LI, DepartureCause.PROBATION), (WANG, DepartureCause.DISMISSAL)):
        assert (await announced(company, SUN, who, last_day=today, cause=cause)).refusal is None
    before = await announced(company, SUN, SUN, last_day=today - timedelta(days=1))
    assert before.refusal.problems[0].code is ProblemCode.BEFORE_THE_NOTICE

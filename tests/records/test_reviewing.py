"""Filings go through their chain: four eyes at each level, told what is missing, and whoever filed hears the result."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from authz.guard import Forbidden
from claims.facts import FilingType
from records import approvers, editions, filing, notice_rows, review_rows, reviewing
from records.editions import Change
from records.entry_rules import FilingChannel
from records.law import Law
from records.notices import NextStep, NoticeKind
from records.pages import Paging
from records.proofreading import Entered
from records.references import Kind, reference
from records.refusals import ProblemCode, RefusalCode, Refused
from records.reviewing import Review, ReviewOutcome
from tests.records.book import (
    CHEN,
    HU,
    LI,
    LONG,
    QIAN,
    SUN,
    WU,
    ZHAO,
    ZHOU,
    claim_form,
    key,
    new_phone,
    open_book,
    secret,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from uuid import UUID

    from records.outcomes import Done
    from tests.records.book import Book

pytestmark = pytest.mark.anyio
NEED = (("need", secret("三室两厅")), ("feedback", secret("周末再来")))
APPROVE = Review(outcome=ReviewOutcome.APPROVE)


@pytest.fixture
async def company(request: pytest.FixtureRequest, given_url: str, tmp_path: Path) -> AsyncIterator[Book]:
    """A company's book under the rulebook that a test names; `process` where it names none."""
    async with open_book(given_url, tmp_path / "home", rulebook=getattr(request, "param", "process")) as opened:
        yield opened


def under(rulebook: str) -> pytest.MarkDecorator:
    """Run a test under another rulebook."""
    return pytest.mark.parametrize("company", [rulebook], indirect=True)


async def filed(book: Book, who: str = LONG, *, other: object = NEED, **said: object) -> Done:
    """File a customer who is not known yet."""
    return await filing.file_claim(book.desk(who), claim_form(new_phone(), other=other, **said), key=key())


async def reviewed(book: Book, who: str, claim: UUID, review: Review = APPROVE, *, version: int | None = None) -> Done:
    """Review a filing under its present version, unless another is named."""
    present = version or await book.value("SELECT version FROM filing WHERE id = $1", claim)
    book.pass_time(minutes=1)
    return await reviewing.review_claim(
        book.desk(who), reference(Kind.CLAIM, claim), review, expected_version=present, key=key()
    )


async def state(book: Book, claim: UUID) -> str:
    """Give a filing's state now."""
    return await book.value(
        "SELECT state FROM claim_state WHERE filing_id = $1 AND from_at <= $2 AND (until_at IS NULL OR until_at > $2)",
        claim, book.now,
    )  # fmt: skip


async def told(book: Book, who: str) -> list[tuple[NoticeKind, NextStep]]:
    """Give what somebody is told, the newest first."""
    page = await notice_rows.read_notice_page(book.desk(who), Paging(first=20), notice_rows.EVERYTHING)
    return [(row.kind, row.next) for row in page.rows]


async def queue(book: Book, who: str) -> list[UUID]:
    """Give the filings that wait for somebody."""
    return [row.filing for row in (await review_rows.read_review_queue(book.desk(who), Paging(first=20))).rows]


async def test_a_supervisor_approves_and_the_filer_hears_what_comes_next(company: Book) -> None:
    """B4 F5: the result with the next step; the reviewer stands on the fact (D16)."""
    made = await filed(company)
    assert made.refusal is None
    assert await queue(company, ZHAO) == [made.node]
    assert await told(company, ZHAO) == [(NoticeKind.REVIEW_DUE, NextStep.REVIEW)]
    assert (await reviewed(company, ZHAO, made.node)).refusal is None
    assert await state(company, made.node) == "recorded"
    assert await told(company, LONG) == [(NoticeKind.FILING_APPROVED, NextStep.WAIT_FOR_ASSIGNMENT)]
    assert await queue(company, ZHAO) == []
    by = await company.value("SELECT by_id FROM fact WHERE filing_id = $1 AND kind = 'review'", made.node)
    assert by == company.staff(ZHAO)
    assert await company.differences() == []


async def test_a_filing_is_returned_with_what_is_missing_completed_and_reviewed_again(company: Book) -> None:
    """G8: returned with the fields named; its completion puts it before the reviewer anew."""
    made = await filed(company)
    back = Review(outcome=ReviewOutcome.RETURN, missing=("need",), reason=secret("面积不对"))
    assert (await reviewed(company, ZHAO, made.node, back)).refusal is None
    assert await state(company, made.node) == "returned"
    assert await told(company, LONG) == [(NoticeKind.FILING_RETURNED, NextStep.COMPLETE)]
    details = await company.value("SELECT details FROM notice WHERE kind = 'filing_returned'")
    assert "need" in str(details)
    version = await company.value("SELECT version FROM filing WHERE id = $1", made.node)
    company.pass_time(minutes=5)
    entered = Entered(other=(("need", secret("四室两厅")),))
    await filing.complete_filing(
        company.desk(LONG), reference(Kind.CLAIM, made.node), entered, expected_version=version, key=key()
    )
    assert await state(company, made.node) == "in_review"
    assert await told(company, ZHAO) == [(NoticeKind.REVIEW_DUE, NextStep.REVIEW)] * 2
    assert (await reviewed(company, ZHAO, made.node)).refusal is None
    assert await state(company, made.node) == "recorded"
    assert await company.differences() == []


async def test_a_rejection_needs_its_reason_and_is_final(company: Book) -> None:
    """F5: reject with a reason; what is rejected waits for nobody."""
    made = await filed(company)
    without = await reviewed(company, ZHAO, made.node, Review(outcome=ReviewOutcome.REJECT))
    assert [(one.code, one.path) for one in without.refusal.problems] == [(ProblemCode.REQUIRED, ("reason",))]
    await reviewed(company, ZHAO, made.node, Review(outcome=ReviewOutcome.REJECT, reason=secret("查无此人")))
    assert await state(company, made.node) == "rejected"
    assert await told(company, LONG) == [(NoticeKind.FILING_REJECTED, NextStep.FILE_ANEW)]
    again = await reviewed(company, ZHAO, made.node)
    assert again.refusal.code is RefusalCode.NOT_IN_STATE
    assert again.refusal.clauses == ("B4",)


async def test_nobody_reviews_what_they_filed_themselves(company: Book) -> None:
    """B4: four eyes; the guard's own No, which is logged, and the filing stands in the leader's queue instead."""
    made = await filed(company, ZHAO)
    assert await queue(company, ZHAO) == []
    with pytest.raises(Forbidden):
        await reviewed(company, ZHAO, made.node)
    assert await queue(company, CHEN) == [made.node]
    assert await told(company, CHEN) == [(NoticeKind.REVIEW_DUE, NextStep.REVIEW)]
    assert (await reviewed(company, CHEN, made.node)).refusal is None
    assert await state(company, made.node) == "recorded"


async def test_another_teams_supervisor_and_a_salesperson_do_not_reach_it(company: Book) -> None:
    """G10: what is out of reach is answered like what is not there."""
    made = await filed(company)
    stranger = await reviewed(company, SUN, made.node)
    assert (stranger.refusal.code, stranger.refusal.path) == (RefusalCode.NOT_FOUND, ("claim",))
    unknown = await reviewing.review_claim(company.desk(SUN), "clm_" + "0" * 32, APPROVE, expected_version=1, key=key())
    assert unknown == stranger
    with pytest.raises(Forbidden):
        await reviewed(company, LONG, made.node)


async def test_an_old_version_is_stale_and_the_same_key_reviews_once(company: Book) -> None:
    """wire.md: expectedVersion, idempotencyKey."""
    made = await filed(company)
    assert (await reviewed(company, ZHAO, made.node, version=7)).refusal.code is RefusalCode.STALE
    same, claim = key(), reference(Kind.CLAIM, made.node)
    first = await reviewing.review_claim(company.desk(ZHAO), claim, APPROVE, expected_version=1, key=same)
    second = await reviewing.review_claim(company.desk(ZHAO), claim, APPROVE, expected_version=1, key=same)
    assert (first.node, first.replayed, second.node, second.replayed) == (made.node, False, made.node, True)
    assert await company.value("SELECT count(*) FROM fact WHERE kind = 'review'") == 1


@under("layered")
async def test_two_levels_need_two_people(company: Book) -> None:
    """F4: whoever approved at the first level is told so at the second; another person puts it through."""
    made = await filed(company)
    assert (await reviewed(company, ZHAO, made.node)).refusal is None
    assert await state(company, made.node) == "in_review"
    assert await queue(company, ZHAO) == []
    twice = await reviewed(company, ZHAO, made.node)
    assert (twice.refusal.code, twice.refusal.clauses) == (RefusalCode.FOUR_EYES, ("F4",))
    assert await queue(company, CHEN) == [made.node]
    assert (await reviewed(company, CHEN, made.node)).refusal is None
    assert await state(company, made.node) == "recorded"
    assert await company.differences() == []


@under("layered")
async def test_who_is_named_for_a_level_reviews_there_and_nobody_else(company: Book) -> None:
    """F4: named approvers of another department reach the filing, its customer and nothing besides."""
    named = await approvers.name_approvers(company.desk(CHEN), 2, (company.staff_reference(SUN),), key=key())
    assert named.refusal is None
    made = await filed(company)
    assert await queue(company, SUN) == []
    await reviewed(company, ZHAO, made.node)
    assert await queue(company, SUN) == [made.node]
    assert await told(company, SUN) == [(NoticeKind.REVIEW_DUE, NextStep.REVIEW)]
    other = await reviewed(company, CHEN, made.node)
    assert (other.refusal.code, other.refusal.clauses) == (RefusalCode.NOT_YOUR_LEVEL, ("F4",))
    assert (await reviewed(company, SUN, made.node)).refusal is None
    assert await state(company, made.node) == "recorded"
    assert (await approvers.approvers(company.desk(CHEN)))[1] == (2, [company.staff(SUN)])


@under("layered")
async def test_a_level_that_is_not_and_a_person_who_cannot_review_are_not_named(company: Book) -> None:
    """F4: the chain has two levels, and supervisors review."""
    beyond = await approvers.name_approvers(company.desk(CHEN), 3, (), key=key())
    assert [one.path for one in beyond.refusal.problems] == [("level",)]
    seller = await approvers.name_approvers(company.desk(CHEN), 1, (company.staff_reference(LONG),), key=key())
    assert seller.refusal.code is RefusalCode.NOT_FOUND
    clerk = await approvers.name_approvers(company.desk(CHEN), 1, (company.staff_reference(ZHOU),), key=key())
    assert [(one.code, one.path) for one in clerk.refusal.problems] == [(ProblemCode.NOT_OFFERED, ("staff", "0"))]
    with pytest.raises(Forbidden):
        await approvers.name_approvers(company.desk(ZHAO), 1, (), key=key())


async def test_a_chain_may_have_any_length(company: Book) -> None:
    """F4: as many levels as the rulebook says, each by another person."""
    book = company
    book.office = type(book.office)(
        book.office.keys, book.office.log, book.office.ledger, book.office.guard, book.office.entropy,
        Law(book.office.rulebook.override({"review.levels": 5, "review.roles": ["supervisor"] * 5})),
    )  # fmt: skip
    made = await filed(book)
    for level, who in enumerate((ZHAO, CHEN), start=1):
        assert await book.value("SELECT level FROM pending_review WHERE filing_id = $1", made.node) == level
        assert (await reviewed(book, who, made.node)).refusal is None
    assert await book.value("SELECT level FROM pending_review WHERE filing_id = $1", made.node) == 3
    await reviewed(book, CHEN, made.node, Review(outcome=ReviewOutcome.RETURN, missing=("need",)))
    assert await book.value("SELECT level FROM pending_review WHERE filing_id = $1", made.node) == 3


async def revised(book: Book, roles: str) -> None:
    """Let a leader approve that other roles review, from tomorrow on; and let tomorrow come."""
    desk = book.desk(CHEN)
    change = Change("review.roles", roles, None, (), None)
    draft = await editions.draft_edition(desk, based_on=None, title=None, changes=[change], key=key())
    assert draft.node is not None
    tomorrow = (book.now + timedelta(days=1)).date()
    done = await editions.publish_rulebook(
        desk, reference(Kind.EDITION, draft.node), effective_on=tomorrow, because=None, expected_version=1, key=key()
    )
    assert done.refusal is None
    book.pass_time(days=1)


@under("layered")
async def test_a_filing_is_reviewed_by_the_chain_that_it_entered_whatever_edition_is_in_force(company: Book) -> None:
    """E14 F4: who is asked, whose queue it is in, and who may, go by the edition under which it came."""
    before = await filed(company)
    await revised(company, '["supervisor", "archivist"]')
    after = await filed(company)
    assert await queue(company, ZHAO) == [before.node, after.node]
    assert (await reviewed(company, ZHAO, before.node)).refusal is None
    # The old chain asks a second supervisor; the new one the archivist.
    assert await told(company, ZHOU) == []
    assert await queue(company, ZHOU) == []
    assert set(await queue(company, CHEN)) == {before.node, after.node}
    other = await reviewed(company, ZHOU, before.node)
    assert (other.refusal.code, other.refusal.clauses) == (RefusalCode.NOT_YOUR_LEVEL, ("F4",))
    assert (await reviewed(company, ZHAO, after.node)).refusal is None
    assert await told(company, ZHOU) == [(NoticeKind.REVIEW_DUE, NextStep.REVIEW)]
    assert await queue(company, ZHOU) == [after.node]
    assert await queue(company, CHEN) == [before.node]
    assert (await reviewed(company, CHEN, after.node)).refusal.code is RefusalCode.NOT_YOUR_LEVEL
    # Whoever is named for the level today is named in today's role: nobody of it stands in the old chain's way.
    named = (company.staff_reference(ZHOU),)
    assert (await approvers.name_approvers(company.desk(CHEN), 2, named, key=key())).refusal is None
    assert await queue(company, CHEN) == [before.node]
    for who, made in ((CHEN, before.node), (ZHOU, after.node)):
        assert (await reviewed(company, who, made)).refusal is None
        assert await state(company, made) == "recorded"
    assert await company.differences() == []


@under("process")
async def test_a_filing_that_is_returned_enters_the_chain_of_the_day_on_which_it_is_complete_again(
    company: Book,
) -> None:
    """E14 G8: its completion begins another round, under the edition of that day."""
    made = await filed(company)
    await reviewed(company, ZHAO, made.node, Review(outcome=ReviewOutcome.RETURN, missing=("need",)))
    await revised(company, '["archivist"]')
    entered = Entered(other=(("need", secret("四室两厅")),))
    version = await company.value("SELECT version FROM filing WHERE id = $1", made.node)
    claim = reference(Kind.CLAIM, made.node)
    await filing.complete_filing(company.desk(LONG), claim, entered, expected_version=version, key=key())
    assert await queue(company, ZHOU) == [made.node]
    assert (await reviewed(company, ZHAO, made.node)).refusal.code is RefusalCode.NOT_YOUR_LEVEL
    assert (await reviewed(company, ZHOU, made.node)).refusal is None
    assert await company.differences() == []


@under("key_account")
async def test_a_claim_that_is_not_through_is_its_filers_reviewers_and_archivists_alone(company: Book) -> None:
    """C3: a colleague sees neither the claim nor that there is such a customer, until it is through."""
    from records import claim_rows, customer_rows  # noqa: PLC0415 (what this one test reads)

    made = await filed(company)

    async def seen(who: str) -> tuple[bool, bool, int]:
        desk = company.desk(who)
        listed = await customer_rows.read_customers(
            desk, Paging(first=10), customer_rows.EVERYTHING, customer_rows.CustomerOrder.FILED_AT_DESC
        )
        claim = await claim_rows.claim(desk, made.node)
        return claim is not None, await customer_rows.customer(desk, made.customer) is not None, len(listed.rows)

    for who in (LONG, ZHAO, ZHOU, CHEN):
        assert await seen(who) == (True, True, 1), who
    for who in (HU, WU, QIAN, LI, SUN):
        assert await seen(who) == (False, False, 0), who
    await reviewed(company, ZHAO, made.node)
    for who in (HU, WU, QIAN):
        assert await seen(who) == (True, True, 1), who
    for who in (LI, SUN):
        assert await seen(who) == (False, False, 0), who
    assert await company.differences() == []


@under("contract")
async def test_the_filing_department_reviews_a_contract(company: Book) -> None:
    """D4 D11: the archivist, not a supervisor."""
    said = tuple(
        (name, secret("有")) for name in company.office.rulebook.required[FilingType.CONTRACT] if "|" not in name
    )
    made = await filed(company, other=said, type=FilingType.CONTRACT, name="")
    assert await state(company, made.node) == "in_review"
    supervisor = await reviewed(company, ZHAO, made.node)
    assert (supervisor.refusal.code, supervisor.refusal.clauses) == (RefusalCode.NOT_YOUR_LEVEL, ("D11", "D4"))
    assert await queue(company, ZHAO) == []
    assert await queue(company, ZHOU) == [made.node]
    assert (await reviewed(company, ZHOU, made.node)).refusal is None
    assert await state(company, made.node) == "recorded"


@under("records")
async def test_what_sales_did_not_verify_is_not_entered_and_who_is_filed_for_hears_of_it(company: Book) -> None:
    """E2 E3: customer service enters what sales verified; E8: what is sensitive goes to the superior."""
    form = claim_form(
        new_phone(), other=(("need", secret("照明")), ("sensitive", secret("true"))),
        claimant=company.staff_reference(LONG), channel=FilingChannel.FORM,
    )  # fmt: skip
    unverified = await filing.file_claim(company.desk(WU), form, key=key())
    assert [(one.code, one.path) for one in unverified.refusal.problems] == [(ProblemCode.REQUIRED, ("isVerified",))]
    assert unverified.refusal.clauses == ("E3",)
    from dataclasses import replace  # noqa: PLC0415 (as above)

    made = await filing.file_claim(company.desk(WU), replace(form, is_verified=True), key=key())
    assert await state(company, made.node) == "in_review"
    assert await told(company, LONG) == [(NoticeKind.FILED_FOR_YOU, NextStep.WAIT_FOR_REVIEW)]
    await reviewed(company, ZHAO, made.node)
    assert (NoticeKind.FILING_APPROVED, NextStep.NONE) in await told(company, LONG)
    assert (NoticeKind.FILING_APPROVED, NextStep.NONE) in await told(company, WU)


async def test_a_notice_is_read_once_and_by_whom_it_is_to(company: Book) -> None:
    """A stranger's mark changes nothing and is answered like one for nothing."""
    made = await filed(company)
    notice = await company.value("SELECT id FROM notice WHERE to_staff_id = $1", company.staff(ZHAO))
    named = (reference(Kind.NOTICE, notice), "ntc_" + "0" * 32, "nonsense")
    assert await notice_rows.mark_read(company.desk(HU), named) == []
    company.pass_time(minutes=1)
    first = company.now
    assert await notice_rows.mark_read(company.desk(ZHAO), named) == [notice]
    company.pass_time(minutes=1)
    assert await notice_rows.mark_read(company.desk(ZHAO), named) == [notice]
    assert await company.value("SELECT read_at FROM notice WHERE id = $1", notice) == first
    refused = await notice_rows.mark_read(company.desk(ZHAO), named * notice_rows.MOST_READ)
    assert isinstance(refused, Refused)
    assert [(one.path, one.code.value) for one in refused.problems] == [(("notices",), "too_many")]
    assert made.node is not None

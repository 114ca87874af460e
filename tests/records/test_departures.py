"""Who leaves holds nothing more and does nothing more; what they had passes on, clocks running; then it is complete."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import asyncpg
import pytest

from authz.guard import Forbidden
from crypto.sealed import Confidential
from records import accounts, departures, disclosure, filing, notice_rows, visits
from records.deals import finish_deal, sign_contract
from records.departure_rows import DepartureState
from records.desk import Unauthenticated
from records.disclosure import ContactField, PurposeCode
from records.filters import EVERYTHING
from records.pages import Paging
from records.proofreading import Entered
from records.references import Kind, reference
from records.refusals import RefusalCode
from records.tables import Account, Session
from tests.records.book import CHEN, HU, LI, LONG, QIAN, SUN, WANG, WU, ZHAO, ZHOU, claim_form, key, new_phone, secret
from tests.records.leavers import (
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

if TYPE_CHECKING:
    from uuid import UUID

    from tests.records.book import Book

pytestmark = pytest.mark.anyio


async def signed(book: Book, customer: UUID) -> str:
    """Sign a contract with a customer, and give the deal's reference."""
    done = await sign_contract(
        book.desk(LONG), customer=reference(Kind.CUSTOMER, customer), deal=None, amount=None, related_to=None,
        occurred_at=None, expected_version=None, key=key(),
    )  # fmt: skip
    assert done.node is not None, done
    return reference(Kind.DEAL, done.node)


async def rival_files(book: Book, customer_phone: str, who: str = LI) -> RefusalCode | None:
    """What a rival gets who brings the customer in now."""
    done = await filing.file_claim(book.desk(who), claim_form(customer_phone, visited_at=book.now), key=key())
    return done.refusal and done.refusal.code


async def test_from_the_instant_of_leaving_the_team_alone_holds_and_both_clocks_run_on(book: Book) -> None:
    """A15 A16: the last day of protection is what it was, and the successor's too."""
    customer = await filed(book, LONG)
    protected = "SELECT protected_until FROM holding WHERE customer_id = $1 AND until_at IS NULL"
    until = await book.value(protected, customer)
    departure = await leaving(book, ZHAO, LONG)
    assert kinds(await checklist(book, departure)) == ["filing", "holding"]
    book.pass_time(days=2)
    assert (await departed(book, ZHAO, departure)).refusal is None
    assert await book.holder(customer, book.now - timedelta(microseconds=1)) == (book.staff(LONG), book.team(LONG))
    assert await book.holder(customer) == (None, book.team(LONG))
    assert await book.value(protected, customer) == until
    book.pass_time(days=1)
    assert (await handed(book, ZHAO, departure, HU)).refusal is None
    assert await book.holder(customer) == (book.staff(HU), book.team(LONG))
    assert await book.value(protected, customer) == until
    assert await checklist(book, departure) == []
    assert await book.differences() == []


@pytest.mark.parametrize("succeeds", [False, True], ids=["team", "successor"])
async def test_protection_ends_for_the_successor_in_the_second_in_which_it_would_have_ended(
    book: Book, *, succeeds: bool
) -> None:
    """A26 A30 A16: 23:59:59 of the thirtieth day is refused, the next second is not."""
    phone = new_phone()
    done = await filing.file_claim(book.desk(LONG), claim_form(phone, visited_at=book.now), key=key())
    assert done.customer is not None
    departure = await leaving(book, ZHAO, LONG)
    book.pass_time(days=3)
    await departed(book, ZHAO, departure)
    if succeeds:
        book.pass_time(days=3)
        await handed(book, ZHAO, departure, HU)
    book.now = datetime(2026, 4, 1, 15, 59, 59, tzinfo=UTC)
    assert await rival_files(book, phone) is RefusalCode.STRICTLY_PROTECTED
    book.pass_time(seconds=1)
    assert await rival_files(book, phone, WANG) is None
    assert await book.holder(done.customer) == (book.staff(WANG), book.team(WANG))
    assert await book.differences() == []


async def test_whoever_leaves_is_signed_out_for_good_in_the_same_transaction(book: Book) -> None:
    """B14: every token ends, no unlocking and no operator's session brings the account back."""
    actor = book.actors[LONG]
    await Session.create(
        id=actor.session, account_id=actor.id, token_hash=accounts._token_hash("bb_long"), created_at=book.now,
        expires_at=book.now + timedelta(days=1),
    )  # fmt: skip
    departure = await leaving(book, ZHAO, LONG)
    assert await accounts.identify("bb_long", now=book.now) is not None
    await departed(book, ZHAO, departure)
    assert await accounts.identify("bb_long", now=book.now) is None
    login = (await Account.get(id=actor.id)).login
    assert await accounts.unlock(login)
    assert await accounts.identify("bb_long", now=book.now) is None
    opened = await accounts.open_session_for(book.desk(ZHAO), login)
    assert opened == accounts.Refused(RefusalCode.NOT_FOUND)
    await accounts.reset_password(login, Confidential("a new and long password"), now=book.now)
    refused = await accounts.log_in(book.desk(ZHAO), login, Confidential("a new and long password"))
    assert refused == accounts.Refused(RefusalCode.WRONG_CREDENTIALS)


async def test_an_act_on_its_way_when_its_actor_left_is_not_done(book: Book) -> None:
    """Whoever had been let in before the door closed finds it closed."""
    desk = book.desk(LONG)
    departure = await leaving(book, ZHAO, LONG)
    await departed(book, ZHAO, departure)
    with pytest.raises(Unauthenticated):
        await filing.file_claim(desk, claim_form(new_phone()), key=key())
    assert await book.value("SELECT count(*) FROM filing") == 0


async def test_nothing_is_entered_as_the_act_of_somebody_who_has_left(book: Book) -> None:
    """A15 A16: no filing, no visit, no assignment, no seat; told with the clause."""
    customer = await filed(book, HU)
    departure = await leaving(book, ZHAO, LONG)
    await departed(book, ZHAO, departure)
    form = claim_form(new_phone(), claimant=book.staff_reference(LONG))
    done = await filing.file_claim(book.desk(QIAN), form, key=key())
    assert (done.refusal.code, done.refusal.clauses) == (RefusalCode.DEPARTED, ("A15", "A16"))
    visit = await visits.record_visit(
        book.desk(QIAN), reference(Kind.CUSTOMER, customer), by=book.staff_reference(LONG), companion=None,
        occurred_at=None, key=key(),
    )  # fmt: skip
    assert visit.refusal.code is RefusalCode.DEPARTED
    again = await announced(book, ZHAO, LONG)
    assert again.refusal.code is RefusalCode.DEPARTED
    assert await book.value("SELECT count(*) FROM fact WHERE kind IN ('file', 'visit')") == 2


async def test_before_leaving_only_a_rulebook_that_names_anybody_lets_customers_go(book: Book) -> None:
    """A14 A16: under A the customer is the salesperson's until they have left; the rest of the list can go."""
    customer = await filed(book, LONG)
    departure = await leaving(book, ZHAO, LONG)
    held = reference(Kind.CUSTOMER, customer)
    refused = await handed(book, ZHAO, departure, HU, items=[held])
    assert (refused.refusal.code, refused.refusal.clauses) == (RefusalCode.NOT_ASSIGNABLE, ("A15", "A16"))
    assert refused.refusal.path == ("items", "0")
    assert (await handed(book, ZHAO, departure, HU)).refusal is None
    assert kinds(await checklist(book, departure)) == ["holding"]
    assert await book.value("SELECT count(*) FROM fact WHERE kind = 'assign'") == 0


async def test_leaving_is_complete_only_when_the_list_is_empty(book: Book) -> None:
    """G11 J9: one by one; the last thing handed over opens the way, and nothing after it does anything."""
    first, second = await filed(book, LONG), await filed(book, LONG)
    departure = await leaving(book, ZHAO, LONG)
    assert (await completed(book, ZHAO, departure)).refusal.code is RefusalCode.NOT_IN_STATE
    await departed(book, ZHAO, departure)
    for customer in (first, second):
        refused = await completed(book, ZHAO, departure)
        assert (refused.refusal.code, refused.refusal.clauses) == (RefusalCode.NOT_HANDED_OVER, ("G11",))
        done = await handed(book, ZHAO, departure, HU, items=[reference(Kind.CUSTOMER, customer)])
        assert done.refusal is None
    assert (await completed(book, ZHAO, departure)).refusal is None
    assert (await row_of(book, departure)).state is DepartureState.COMPLETED
    assert (await completed(book, ZHAO, departure)).refusal.code is RefusalCode.NOT_IN_STATE
    assert (await handed(book, ZHAO, departure, HU)).refusal.code is RefusalCode.NOT_IN_STATE


async def test_the_database_holds_what_a_departure_may_be(book: Book) -> None:
    """Complete without having left, left after being withdrawn, twice at once; custody is never changed."""
    await filed(book, LONG)
    departure = await leaving(book, ZHAO, LONG)
    for wrong in (
        f"UPDATE departure SET completed_at = now(), completed_by_id = '{book.staff(ZHAO)}'",
        "UPDATE departure SET departed_at = now(), withdrawn_at = now()",
        "UPDATE departure SET last_day = noticed_on - 1",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await book.administer(wrong)
    again = await announced(book, ZHAO, LONG)
    assert again.refusal.code is RefusalCode.NOT_IN_STATE
    await handed(book, ZHAO, departure, HU)
    for change in ("UPDATE handover SET at = now()", "DELETE FROM handover", "TRUNCATE handover"):
        with pytest.raises(asyncpg.PostgresError):
            await book.administer(change)


async def test_filings_deals_and_notices_are_handed_over_and_nobodys_history_is_rewritten(book: Book) -> None:
    """G11: who keeps them is recorded; claimant, facts and deal stay as they were."""
    customer = await filed(book, LONG)
    book.pass_time(minutes=1)
    form = claim_form(new_phone(), claimant=book.staff_reference(LONG))
    lost = await filing.file_claim(book.desk(QIAN), form, key=key())
    await signed(book, customer)
    departure = await leaving(book, ZHAO, LONG)
    before = await book.fetch("SELECT id, kind, happened_at, by_id, details FROM fact ORDER BY seq")
    assert kinds(await checklist(book, departure)) == ["deal", "filing", "filing", "holding", "notice"]
    await departed(book, ZHAO, departure)
    assert (await handed(book, ZHAO, departure, HU)).refusal is None
    assert await checklist(book, departure) == []
    after = await book.fetch("SELECT id, kind, happened_at, by_id, details FROM fact ORDER BY seq")
    assert [row["kind"] for row in after[len(before) :]] == ["depart", "assign"]
    assert list(after[: len(before)]) == list(before)
    kept = await book.fetch("SELECT claimant_id, custodian_id FROM filing")
    assert {(row["claimant_id"], row["custodian_id"]) for row in kept} == {(book.staff(LONG), book.staff(HU))}
    assert await book.value("SELECT opened_by_id FROM deal WHERE custodian_id = $1", book.staff(HU)) == book.staff(LONG)
    told = (await notice_rows.read_notice_page(book.desk(HU), Paging(first=9), EVERYTHING)).rows
    assert sorted(one.kind.value for one in told) == ["filed_for_you", "handed_over"]
    custody = await book.fetch("SELECT kind, to_staff_id, by_id FROM handover")
    assert {(row["to_staff_id"], row["by_id"]) for row in custody} == {(book.staff(HU), book.staff(ZHAO))}
    assert sorted(row["kind"] for row in custody) == ["deal", "filing", "filing", "holding", "notice"]
    assert lost.node is not None
    assert await book.differences() == []


async def test_a_finished_deal_is_not_on_the_list(book: Book) -> None:
    """What is over is nobody's to hand over."""
    deal = await signed(book, await filed(book, LONG))
    departure = await leaving(book, ZHAO, LONG)
    assert "deal" in kinds(await checklist(book, departure))
    await finish_deal(book.desk(LONG), deal, occurred_at=None, expected_version=1, key=key())
    assert "deal" not in kinds(await checklist(book, departure))


async def test_whoever_keeps_a_leavers_filing_may_reveal_it_and_does_not_complete_it(book: Book) -> None:
    """G11 G8: custody lets one work with the customer; the claim stays the claimant's."""
    form = claim_form(new_phone(), claimant=book.staff_reference(LONG))
    lost = await filing.file_claim(book.desk(QIAN), form, key=key())
    assert lost.node is not None
    customer = reference(Kind.CUSTOMER, lost.customer)

    async def revealed(who: str) -> bool:
        desk = book.desk(who)
        answer = await disclosure.reveal_contact(
            desk, customer, [ContactField.PHONES], purpose=PurposeCode.FOLLOW_UP, note=None
        )
        return isinstance(answer, disclosure.Revealed)

    departure = await leaving(book, ZHAO, LONG)
    assert not await revealed(HU)
    await handed(book, ZHAO, departure, HU)
    assert await revealed(HU)
    said = Entered(email=secret("a@example.com"))
    for who, is_refused in ((HU, True), (ZHAO, False)):
        done = await filing.complete_filing(
            book.desk(who), reference(Kind.CLAIM, lost.node), said, expected_version=1, key=key()
        )
        assert (done.refusal is not None and done.refusal.code is RefusalCode.NOT_THE_CLAIMANT) is is_refused
    await departed(book, ZHAO, departure)
    by_service = await filing.complete_filing(
        book.desk(WU), reference(Kind.CLAIM, lost.node), said, expected_version=2, key=key()
    )
    assert by_service.refusal.code is RefusalCode.NOT_THE_CLAIMANT


async def test_filings_are_kept_within_their_team(book: Book) -> None:
    """G10 G11: contact data that a team brought go to nobody else's keeping."""
    await filed(book, LONG)
    departure = await leaving(book, ZHAO, LONG)
    await departed(book, ZHAO, departure)
    for stranger in (LI, QIAN):
        refused = await handed(book, ZHAO, departure, stranger)
        assert refused.refusal.code is RefusalCode.NOT_ASSIGNABLE
    refused = await handed(book, ZHAO, departure, LONG)
    assert (refused.refusal.code, refused.refusal.path) == (RefusalCode.NOT_FOUND, ("to",))
    assert await book.value("SELECT count(*) FROM handover") == 0


async def test_what_is_told_to_somebody_who_left_is_told_to_their_team(book: Book) -> None:
    """A16: nothing said after the door closed is lost."""
    form = claim_form(new_phone(), claimant=book.staff_reference(LONG))
    await filing.file_claim(book.desk(QIAN), form, key=key())
    departure = await leaving(book, ZHAO, LONG)
    await departed(book, ZHAO, departure)
    await handed(book, ZHAO, departure, HU)
    other = await leaving(book, ZHAO, HU)
    await departed(book, ZHAO, other)
    assert await book.value("SELECT count(*) FROM notice WHERE to_team_id IS NOT NULL") == 0
    assert kinds(await checklist(book, other)) == ["filing", "notice", "notice"]
    handed_to = await handed(book, CHEN, other, ZHAO)
    assert handed_to.refusal is None
    assert (await completed(book, CHEN, other)).refusal is None


async def test_who_may_say_that_somebody_has_left(book: Book) -> None:
    """The supervisor of their team or a leader; nobody sees themselves off; another team hears of nothing."""
    departure = await leaving(book, LONG, LONG)
    for who in (LONG, HU, ZHOU):
        with pytest.raises(Forbidden):
            await departed(book, who, departure)
    with pytest.raises(Forbidden):
        await announced(book, HU, LONG)
    foreign = await departed(book, SUN, departure)
    unknown = await departures.depart_staff(
        book.desk(SUN), reference(Kind.DEPARTURE, uuid4()), expected_version=1, key=key()
    )
    assert foreign == unknown
    mine = await leaving(book, ZHAO, ZHAO)
    with pytest.raises(Forbidden):
        await departed(book, ZHAO, mine)
    assert (await departed(book, CHEN, mine)).refusal is None


async def test_a_notice_is_taken_back_as_long_as_nobody_has_left(book: Book) -> None:
    """Then it can be given anew; after leaving there is nothing to take back."""
    departure = await leaving(book, LONG, LONG)
    withdraw = departures.withdraw_departure
    stale = await withdraw(book.desk(LONG), departure, expected_version=9, key=key())
    assert (stale.refusal.code, stale.refusal.version) == (RefusalCode.STALE, 1)
    assert (await withdraw(book.desk(LONG), departure, expected_version=1, key=key())).refusal is None
    anew = await leaving(book, LONG, LONG)
    await departed(book, ZHAO, anew)
    late = await withdraw(book.desk(ZHAO), anew, expected_version=2, key=key())
    assert late.refusal.code is RefusalCode.NOT_IN_STATE


async def test_the_same_key_hands_over_once(book: Book) -> None:
    """Twice the same answer, one fact."""
    await filed(book, LONG)
    departure = await leaving(book, ZHAO, LONG)
    await departed(book, ZHAO, departure)
    again = key()
    from records.handovers import hand_over  # noqa: PLC0415 (the act itself, with a key of one's own)

    for replayed in (False, True):
        done = await hand_over(
            book.desk(ZHAO), departure, to=book.staff_reference(HU), items=None, levels=None, expected_version=2,
            key=again,
        )  # fmt: skip
        assert (done.refusal, done.replayed) == (None, replayed)
    assert await book.value("SELECT count(*) FROM fact WHERE kind = 'assign'") == 1

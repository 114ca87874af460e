"""The same act twice is done once; a key with other input is a conflict; and no text is kept to tell."""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from claims.facts import FilingType
from records.filing import ClaimForm, FilingChannel, LawfulBasis, complete_filing, file_claim
from records.proofreading import Entered
from records.references import Kind, reference
from records.replays import KEPT, IdempotencyConflict
from records.visits import record_contact, record_visit
from tests.records.book import HU, LONG, ZHAO, claim_form, key, new_phone, secret
from tests.records.interleaved import side_by_side, until_written

if TYPE_CHECKING:
    from tests.records.book import Book

pytestmark = pytest.mark.anyio


async def test_the_same_key_and_input_again_answers_what_was_made(book: Book) -> None:
    """One filing; the second answer says that it is one."""
    form, mine = claim_form(new_phone(), visited_at=book.now), key()
    first = await file_claim(book.desk(LONG), form, key=mine)
    again = await file_claim(book.desk(LONG), form, key=mine)
    assert (first.replayed, again.replayed) == (False, True)
    assert replace(again, replayed=False) == first
    assert await book.value("SELECT count(*) FROM filing") == 1
    assert await book.value("SELECT count(*) FROM access_log WHERE tag = 'claim:file'") == 1


@pytest.mark.parametrize("point", ["customer", "fact", "access_log"])
async def test_the_same_key_at_the_same_instant_makes_one_filing(book: Book, point: str) -> None:
    """The second waits for the first, and hears of it."""
    form, mine = claim_form(new_phone(), visited_at=book.now), key()
    desks = book.desk(LONG), book.desk(LONG)
    first, again = await side_by_side(
        book.url, until_written(point), *(lambda desk=desk: file_claim(desk, form, key=mine) for desk in desks)
    )
    assert (first.replayed, again.replayed) == (False, True)
    assert (again.node, again.customer, again.refusal) == (first.node, first.customer, first.refusal)
    assert await book.value("SELECT count(*) FROM filing") == 1


async def test_the_same_key_with_other_input_at_the_same_instant_is_a_conflict(book: Book) -> None:
    """Whoever is second gets nothing, and nothing of theirs is kept."""
    mine = key()

    async def filing(phone: str) -> object:
        try:
            return await file_claim(book.desk(LONG), claim_form(phone), key=mine)
        except IdempotencyConflict as conflict:
            return conflict

    phones = new_phone(), new_phone()
    _, second = await side_by_side(
        book.url, until_written("fact"), *(lambda phone=phone: filing(phone) for phone in phones)
    )
    assert isinstance(second, IdempotencyConflict)
    assert (str(second), second.args) == ("", ())
    assert await book.value("SELECT count(*) FROM filing") == 1


async def test_any_other_input_under_the_same_key_is_a_conflict(book: Book) -> None:
    """Each field of a filing counts, and so does who it is for; the control: nothing changed is no conflict."""
    form, mine = claim_form(new_phone(), visited_at=book.now), key()
    await file_claim(book.desk(LONG), form, key=mine)
    others: dict[str, Any] = {
        "name": secret("李四"), "phones": (secret(new_phone()),), "wechat": secret("zhang_san"),
        "email": secret("a@example.com"), "address": secret("1栋"), "building": secret("1室"),
        "other": (("need", secret("x")),), "claimant": book.staff_reference(LONG), "type": FilingType.STORE,
        "channel": FilingChannel.FORM, "occurred_at": book.now - timedelta(minutes=1), "visited_at": None,
        "deal": "x", "source": "referral", "basis": LawfulBasis.CONSENT, "late_reason": secret("x"),
        "is_key": True, "is_verified": True, "event_at": book.now + timedelta(days=1),
    }  # fmt: skip
    assert others.keys() == {field.name for field in fields(ClaimForm)}
    del others["type"]  # refused before the key is looked at
    for name, value in others.items():
        with pytest.raises(IdempotencyConflict):
            await file_claim(book.desk(LONG), replace(form, **{name: value}), key=mine)
    assert (await file_claim(book.desk(LONG), form, key=mine)).replayed


async def test_a_key_serves_one_act_and_one_person(book: Book) -> None:
    """Another act under it is a conflict; under a colleague's same key another filing is made."""
    mine = key()
    done = await file_claim(book.desk(LONG), claim_form(new_phone()), key=mine)
    assert done.customer is not None
    customer = reference(Kind.CUSTOMER, done.customer)
    with pytest.raises(IdempotencyConflict):
        await record_visit(book.desk(LONG), customer, by=None, companion=None, occurred_at=None, key=mine)
    other = await record_visit(book.desk(HU), customer, by=None, companion=None, occurred_at=None, key=mine)
    assert (other.replayed, other.refusal) == (False, None)


async def test_what_was_refused_leaves_its_key_free(book: Book) -> None:
    """An act that made nothing was not done; an unknown customer may be another try's typing error."""
    mine = key()
    refused = await record_visit(book.desk(LONG), "cus_x", by=None, companion=None, occurred_at=None, key=mine)
    assert refused.node is None
    assert await book.value("SELECT count(*) FROM replay") == 0
    done = await file_claim(book.desk(LONG), claim_form(new_phone()), key=mine)
    assert done.node is not None
    stale = key()
    claim = reference(Kind.CLAIM, done.node)
    entered = Entered(wechat=secret("zhang_san"))
    first = await complete_filing(book.desk(LONG), claim, entered, expected_version=7, key=stale)
    second = await complete_filing(book.desk(LONG), claim, entered, expected_version=1, key=stale)
    assert (first.node, second.node) == (None, done.node)


async def test_a_key_is_forgotten_after_a_day(book: Book) -> None:
    """For 24 hours it does an act once; then it is a new key, and others' old keys are gone with it."""
    mine, form = key(), claim_form(new_phone())
    first = await file_claim(book.desk(LONG), form, key=mine)
    book.now += KEPT
    assert (await file_claim(book.desk(LONG), form, key=mine)).node == first.node
    book.pass_time(seconds=1)
    assert (await file_claim(book.desk(LONG), form, key=mine)).node != first.node
    assert await book.value("SELECT count(*) FROM replay") == 1


async def test_whoever_forgets_old_keys_waits_for_nobody_who_does_so_too(book: Book) -> None:
    """Two acts a day later: the second forgets what the first has not yet forgotten for good, and goes on."""
    for _ in range(3):
        await file_claim(book.desk(LONG), claim_form(new_phone()), key=key())
    book.pass_time(days=2)
    acts = [
        lambda number=number: file_claim(book.desk(number), claim_form(new_phone()), key=key()) for number in (LONG, HU)
    ]
    first, second = await side_by_side(book.url, until_written("fact"), *acts)
    assert first.node is not None
    assert second.node is not None
    assert await book.value("SELECT count(*) FROM replay") == 2


async def test_an_act_that_fails_leaves_nothing_behind(book: Book) -> None:
    """Its key is free again, and no row of it stands."""
    mine, form = key(), claim_form(new_phone(), visited_at=book.now)
    await book.administer("ALTER TABLE access_log ADD CONSTRAINT no_more CHECK (tag <> 'claim:file') NOT VALID")
    with pytest.raises(Exception, match="no_more"):
        await file_claim(book.desk(LONG), form, key=mine)
    for table in ("replay", "customer", "filing", "fact", "sealed_value", "blind_index", "holding", "log_pseudonym"):
        assert await book.value(f"SELECT count(*) FROM {table}") == 0, table
    await book.administer("ALTER TABLE access_log DROP CONSTRAINT no_more")
    assert not (await file_claim(book.desk(LONG), form, key=mine)).replayed


async def test_a_broken_off_act_leaves_nothing_behind(book: Book) -> None:
    """A client that hangs up, a time-out: the request's task is cancelled in the middle."""
    for pause in range(12):
        task = asyncio.ensure_future(file_claim(book.desk(LONG), claim_form(new_phone()), key=key()))
        await asyncio.sleep(pause * 0.003)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    whole = await book.value("SELECT count(*) FROM filing")
    for table in ("customer", "sealed_value GROUP BY field", "fact", "claim_state", "replay", "access_log"):
        assert {row["count"] for row in await book.fetch(f"SELECT count(*) FROM {table}")} <= {whole}, table
    assert await book.value("SELECT count(*) FROM replay WHERE made IS NULL") == 0
    assert await book.differences() == []


async def test_a_replay_is_under_todays_rights(book: Book) -> None:
    """Whoever lost the act meanwhile is refused, whatever the key says."""
    mine, form = key(), claim_form(new_phone())
    done = await file_claim(book.desk(LONG), form, key=mine)
    assert done.node is not None
    assert done.customer is not None
    customer = reference(Kind.CUSTOMER, done.customer)
    contact = await record_contact(book.desk(ZHAO), customer, by=None, occurred_at=None, note=None, key=mine)
    book.let_be(ZHAO, team=book.team("S011"))
    again = await record_contact(book.desk(ZHAO), customer, by=None, occurred_at=None, note=None, key=mine)
    assert contact.customer == done.customer
    assert (again.node, again.customer) == (contact.node, None)


async def test_an_input_that_no_json_can_hold_is_compared_like_any_other(book: Book) -> None:
    """A lone surrogate in a text or in an id: refused as such a text or id is."""
    bad = "\ud800"
    done = await record_visit(book.desk(LONG), bad, by=None, companion=None, occurred_at=None, key=key())
    assert done.refusal is not None
    done = await file_claim(book.desk(LONG), replace(claim_form(new_phone()), deal=bad), key=key())
    assert done.refusal is not None
    assert (done.refusal.code.value, done.refusal.path) == ("not_found", ("deal",))

"""Custodians rotate, disable and destroy keys: in the log before and after, by two people, and never what is needed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from authz.actor import Actor, Role
from authz.guard import Forbidden
from authz.policy import TwoPeople
from crypto.keyring import KeyRefused, KeyState
from crypto.sealed import SealBroken
from records.filing import file_claim
from records.key_acts import KeyDone, compromise_key, disable_key, enable_key, rewrap_all, rotate_keys
from records.key_consents import approve_key_act, request_destruction
from records.keys import DATA
from records.moving import FULL_SPEED
from records.references import Kind, reference
from records.refusals import RefusalCode
from records.rotation import Rotator
from tests.records.book import CHEN, FENG, LONG, ZHOU, Book, claim_form, key, new_phone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from records.desk import Desk

pytestmark = pytest.mark.anyio


@pytest.fixture
def book(new_book: Book) -> Book:
    """A book of the test's own: what is done to keys is done for good."""
    return new_book


def second(book: Book) -> Desk:
    """The desk of another custodian: the company's leader, who is one for today."""
    actor = book.actors[CHEN]
    return replace(book.desk(CHEN), actor=Actor(actor.id, actor.staff, Role.KEY_CUSTODIAN, None, uuid4()))


def code(done: KeyDone) -> RefusalCode | None:
    """Why it was refused."""
    return done.refusal.code if done.refusal else None


def act(done: KeyDone) -> str:
    """The reference of an act."""
    assert done.act is not None
    return reference(Kind.KEY_ACT, done.act)


async def finish(book: Book) -> None:
    """Move what is to be moved."""
    outcome = await Rotator(book.office.keys, pace=FULL_SPEED, grace=0).run()
    assert outcome.left == ()


async def entries(book: Book) -> list[tuple[str, str, bool, list[str]]]:
    """What the log has of keys."""
    rows = await book.fetch("SELECT * FROM access_log WHERE tag LIKE 'key:%' ORDER BY at, node_seq")
    return [(row["tag"], row["rule"], row["allowed"], row["fields"]) for row in rows]


async def test_a_key_is_rotated_disabled_and_destroyed_by_two_people(book: Book) -> None:
    """Each refusal on the way says why; the log has every step, with the person who took it."""
    await file_claim(book.desk(LONG), claim_form(new_phone()), key=key())
    keys = book.office.keys
    first = keys.primary(DATA)
    assert code(await rotate_keys(book.desk(FENG), "data")) is None
    early = await disable_key(book.desk(FENG), "data/1")
    assert (code(early), [(need.table, need.rows) for need in early.needs]) == (
        RefusalCode.KEY_NEEDED,
        [("filing", 1), ("sealed_value", 1), ("sealed_value", 1), ("subject_key", 1)],
    )
    assert code(await request_destruction(book.desk(FENG), "data/1")) is RefusalCode.KEY_NEEDED
    await finish(book)
    assert code(await request_destruction(book.desk(FENG), "data/1")) is RefusalCode.NOT_IN_STATE
    assert code(await disable_key(book.desk(FENG), "data/1")) is None
    asked = await request_destruction(book.desk(FENG), "data/1")
    assert asked.is_waiting
    assert code(await approve_key_act(book.desk(FENG), act(asked))) is RefusalCode.ANOTHER_PERSON
    book.pass_time(hours=25)
    assert code(await approve_key_act(second(book), act(asked))) is RefusalCode.NOT_IN_STATE
    asked = await request_destruction(book.desk(FENG), "data/1")
    book.pass_time(hours=24)
    assert code(await approve_key_act(second(book), act(asked))) is None
    assert code(await approve_key_act(second(book), act(asked))) is RefusalCode.NOT_IN_STATE
    assert await book.value("SELECT count(*) FROM key_material WHERE id = $1", first.id) == 0
    assert await book.value("SELECT state FROM key_version WHERE id = $1", first.id) == KeyState.DESTROYED
    assert await entries(book) == [
        ("key:rotate", "begun", True, ["data"]),
        ("key:rotate", "done", True, ["data"]),
        ("key:disable", "begun", True, ["data/1"]),
        ("key:disable", "done", True, ["data/1"]),
        ("key:destroy", "asked", True, ["data/1"]),
        ("key:destroy", "asked", True, ["data/1"]),
        ("key:destroy", "two_people", True, ["data/1"]),
        ("key:destroy", "done", True, ["data/1"]),
    ]
    (row,) = await book.fetch("SELECT * FROM key_act WHERE kind = 'destroy' AND outcome = 'done'")
    assert (row["requested_by_id"], row["approved_by_id"], row["alone"]) == (book.staff(FENG), book.staff(CHEN), False)


async def test_one_custodian_alone_is_recorded_where_the_installation_says_so(book: Book) -> None:
    """`two_people = recorded`: the act is done, and says for ever that one person did it."""
    desk = replace(book.desk(FENG), two_people=TwoPeople.RECORDED)
    await rotate_keys(desk, "wire.cursor")
    await disable_key(desk, "wire.cursor/1")
    asked = await request_destruction(desk, "wire.cursor/1")
    assert code(await approve_key_act(desk, act(asked))) is None
    assert await book.value("SELECT alone FROM key_act WHERE kind = 'destroy'")
    assert ("key:destroy", "one_person", True, ["wire.cursor/1"]) in await entries(book)


async def test_a_row_written_between_request_and_consent_keeps_its_key(book: Book) -> None:
    """The consent is refused, with the row: what two people agreed on must not lose anybody's data."""
    await rotate_keys(book.desk(FENG), "data")
    await disable_key(book.desk(FENG), "data/1")
    asked = await request_destruction(book.desk(FENG), "data/1")
    assert code(await enable_key(book.desk(FENG), "data/1")) is None
    await compromise_key(book.desk(FENG), "data")
    refused = await approve_key_act(second(book), act(asked))
    assert code(refused) is RefusalCode.NOT_IN_STATE
    assert await book.value("SELECT outcome FROM key_act WHERE kind = 'destroy'") == "refused"
    assert (await entries(book))[-1] == ("key:destroy", "refused", False, ["data/1"])


async def test_a_disabled_key_comes_back_as_what_it_was(book: Book) -> None:
    """Decrypt-only, or compromised; meant, it is disabled although rows need it, and they are read again after."""
    filed = await file_claim(book.desk(LONG), claim_form(new_phone(), name="张三"), key=key())
    await compromise_key(book.desk(FENG), "data")
    assert code(await disable_key(book.desk(FENG), "data/1", although_needed=True)) is None
    assert filed.node is not None
    with pytest.raises((SealBroken, KeyRefused)):
        await book.card(filed.node)
    assert code(await enable_key(book.desk(FENG), "data/1")) is None
    assert (await book.card(filed.node)).name == "张三"
    assert book.office.keys.versions(DATA)[0].state is KeyState.COMPROMISED
    await finish(book)
    assert (await book.card(filed.node)).name == "张三"


async def test_a_key_that_is_not_disabled_is_not_taken_back(book: Book) -> None:
    """Neither the primary key, which would then write no more, nor one that is read from."""
    for name in ("data/1", "index.phone/1"):
        assert code(await enable_key(book.desk(FENG), name)) is RefusalCode.NOT_IN_STATE
    await rotate_keys(book.desk(FENG), "data")
    assert code(await enable_key(book.desk(FENG), "data/1")) is RefusalCode.NOT_IN_STATE
    assert [one.state for one in book.office.keys.versions(DATA)] == [KeyState.DECRYPT_ONLY, KeyState.PRIMARY]


async def test_a_key_encryption_key_is_replaced_and_its_old_version_destroyed_by_two(book: Book) -> None:
    """`kek data`: every data key is wrapped anew; the old version goes with a second person."""
    assert code(await rotate_keys(book.desk(FENG), "kek data")) is None
    assert code(await rewrap_all(book.desk(FENG))) is None
    assert book.office.keys.provider.versions("data") == [1, 2]
    asked = await request_destruction(book.desk(FENG), "kek data")
    assert code(await approve_key_act(second(book), act(asked))) is None
    assert book.office.keys.provider.versions("data") == [2]
    await file_claim(book.desk(LONG), claim_form(new_phone()), key=key())


@pytest.mark.parametrize("name", ["", "data/9", "data/x", "nothing", "kek nothing", "kek data/1", "index.phone/01"])
async def test_a_name_that_means_nothing_is_refused(book: Book, name: str) -> None:
    """In one way, by every act."""
    for doing in (rotate_keys, compromise_key, disable_key, enable_key, request_destruction):
        assert code(await doing(book.desk(FENG), name)) is RefusalCode.NOT_FOUND
    assert code(await approve_key_act(book.desk(FENG), name)) is RefusalCode.NOT_FOUND
    assert await entries(book) == []


@pytest.mark.parametrize(
    "doing", [rotate_keys, compromise_key, disable_key, enable_key, request_destruction, approve_key_act]
)
async def test_nobody_but_a_custodian_touches_keys(
    book: Book, doing: Callable[[Desk, str], Awaitable[KeyDone]]
) -> None:
    """Neither who may see everything, nor who leads the company (authz/matrix.txt has every other role)."""
    for number in (CHEN, ZHOU):
        with pytest.raises(Forbidden):
            await doing(book.desk(number), "data")
    assert await book.value("SELECT count(*) FROM key_act") == 0

"""Whatever is done in whatever order: what is projected is what the law says of the facts, now, before and after."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from authz.guard import Forbidden
from claims.decide import decide
from claims.question import Question
from records.connection import transaction
from records.disputes import open_dispute, settle_dispute
from records.filing import complete_filing, file_claim
from records.histories import histories, law_id
from records.holders import refresh_for
from records.people import take_roll
from records.proofreading import Entered
from records.references import Kind, reference
from records.staff_roll import StaffRoll
from records.visits import record_consent, record_contact, record_visit
from tests.records.book import (
    CHEN,
    HU,
    LI,
    LONG,
    PEOPLE,
    SUN,
    WANG,
    ZHAO,
    claim_form,
    key,
    new_phone,
    open_book,
    secret,
)

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from records.outcomes import Done
    from tests.records.book import Book

SELLERS = (LONG, HU, LI, WANG)
DAYS = st.sampled_from([0, 0, 0, 1, 15, 16, 29, 30, 31])
PLACES = st.integers(0, 4)


@dataclass(slots=True)
class Told:
    """What a story has come to: its phones, and whom and what it filed and disputed."""

    phones: list[str]
    filings: list[tuple[str, UUID]]
    customers: list[UUID]
    disputes: list[UUID]


@dataclass(frozen=True, slots=True)
class Step:
    """One act of a story: who does it, with which of the story's customers, how long ago, and what else it takes."""

    act: str
    who: str
    other: str
    place: int
    phones: tuple[int, ...]
    days: int
    is_whole: bool


STEPS = st.builds(
    Step,
    act=st.sampled_from(
        ["file", "file", "file", "complete", "visit", "contact", "consent", "dispute", "settle", "wait", "move"]
    ),
    who=st.sampled_from(SELLERS),
    other=st.sampled_from(SELLERS),
    place=PLACES,
    phones=st.lists(st.integers(0, 2), min_size=1, max_size=2, unique=True).map(tuple),
    days=DAYS,
    is_whole=st.booleans(),
)


def test_whatever_is_done_the_projections_say_what_the_law_says(given_url: str, tmp_path: Path) -> None:
    """Filings, completions, visits, contacts, consents, disputes and settlements, late entries and changes of team."""
    with asyncio.Runner() as runner:
        opening = open_book(given_url, tmp_path / "home")
        book = runner.run(opening.__aenter__())
        try:

            @settings(max_examples=25, deadline=None)
            @given(st.lists(STEPS, min_size=2, max_size=9))
            def story(steps: list[Step]) -> None:
                runner.run(_tell(book, steps))

            story()
        finally:
            runner.run(opening.__aexit__(None, None, None))


async def _tell(book: Book, steps: list[Step]) -> None:
    told = Told([new_phone() for _ in range(3)], [], [], [])
    book.pass_time(hours=1)
    for step in steps:
        with suppress(Forbidden):
            await _do(book, told, step)
        assert await book.differences() == [], step
        await _hold_against_the_law(book, told)


async def _do(book: Book, told: Told, step: Step) -> None:
    """Do one act; what nobody can do yet is left out, what is refused is refused."""
    desk, at = book.desk(step.who), book.now - timedelta(days=step.days)
    if step.act == "file":
        phones = [told.phones[number] for number in step.phones]
        shown = phones if step.is_whole else [phones[0][:-4] + "****", *phones[1:]]
        form = claim_form(*shown, occurred_at=at, visited_at=at if step.place else None)
        done = await file_claim(desk, replace(form, name=form.name if step.place != 1 else None), key=key())
        _note(told, step, done)
    elif step.act == "wait":
        book.pass_time(days=step.days, minutes=7)
    elif step.act == "move":
        await _move(book, step)
    elif step.act == "settle" and told.disputes:
        dispute = reference(Kind.DISPUTE, told.disputes[step.place % len(told.disputes)])
        who = book.desk((CHEN, ZHAO, SUN)[step.place % 3])
        named = book.staff_reference(step.other)
        await settle_dispute(who, dispute, to=named, reasons=None, expected_version=1, key=key())
    elif step.act == "complete" and told.filings:
        who, filing = told.filings[step.place % len(told.filings)]
        version = await book.value("SELECT version FROM filing WHERE id = $1", filing)
        entered = Entered(name=secret("李四"), phones=tuple(secret(told.phones[number]) for number in step.phones))
        claim = reference(Kind.CLAIM, filing)
        await complete_filing(book.desk(who), claim, entered, expected_version=version, key=key())
    elif told.customers:
        await _happen(book, told, step)


def _note(told: Told, step: Step, done: Done) -> None:
    assert done.node is not None
    assert done.customer is not None
    told.filings.append((step.who, done.node))
    told.customers.append(done.customer)


async def _move(book: Book, step: Step) -> None:
    """Let somebody change teams, by a new staff roll."""
    teams = {one.number: one.team for one in PEOPLE}
    book.moved = {**book.moved, step.who: teams[step.other]}
    roll = StaffRoll(tuple(replace(one, team=book.moved.get(one.number, one.team)) for one in PEOPLE))
    async with transaction() as tx:
        people, changed = await take_roll(tx.execute_query_dict, roll, now=book.now, entropy=book.office.entropy)
        await refresh_for(tx, changed, book.office.rulebook, entropy=book.office.entropy)
    book.let_be(step.who, team=people[step.who][1])


async def _happen(book: Book, told: Told, step: Step) -> None:
    desk, at = book.desk(step.who), book.now - timedelta(days=step.days)
    customer = reference(Kind.CUSTOMER, told.customers[step.place % len(told.customers)])
    if step.act == "visit":
        await record_visit(desk, customer, by=None, companion=None, occurred_at=at, key=key())
    elif step.act == "contact":
        await record_contact(desk, customer, by=None, occurred_at=at, note=None, key=key())
    elif step.act == "consent":
        to = book.staff_reference(step.other)
        await record_consent(desk, customer, to=to, occurred_at=at, key=key())
    elif step.act == "dispute":
        against = book.staff_reference(step.other) if step.is_whole else None
        done = await open_dispute(desk, customer, against=against, statement=None, key=key())
        if done.node is not None:
            told.disputes.append(done.node)


async def _hold_against_the_law(book: Book, told: Told) -> None:
    """Ask the law itself, at instants on and around those of the facts, and compare with the rows."""
    if not told.customers:
        return
    rows = await book.fetch("SELECT DISTINCT root_id FROM customer WHERE id = ANY($1)", told.customers)
    async with transaction() as tx:
        heard = await histories(tx.execute_query_dict, [row["root_id"] for row in rows])
    for root, one in heard.items():
        instants = {fact.at + timedelta(days=days) for fact in one.history.facts for days in (0, 16, 31)}
        for at in sorted({*instants, book.now})[:8]:
            outcome = decide(one.history, book.office.rulebook, Question("holder", at, customer=law_id(root))).outcome
            held = await book.holder(root, at)
            expected = (outcome["staff"], outcome["team"]) if outcome["team"] else None
            assert (held and tuple(part and part.hex for part in held)) == expected, at

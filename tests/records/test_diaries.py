"""Diaries and weekly reports: written once a day and a week, corrected by new versions, late by the clock, received."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from authz.actor import Role
from authz.guard import Forbidden
from claims.rulebook import load_rulebook
from records import diaries, diary_rolls, diary_rows, visit_records
from records.connection import transaction
from records.deals import sign_contract
from records.diaries import WeekSaid
from records.erasure import LEDGER, Ledger, replay
from records.figures import FiguresBy, read_figures
from records.filing import file_claim
from records.filters import EVERYTHING
from records.handing_in import HandedIn, diary_due, is_late, report_due
from records.key_consents import approve_key_act, request_destruction
from records.key_needs import needs_of
from records.key_states import compromise, rotate
from records.key_verification import verify_keys
from records.keys import DATA
from records.moving import FULL_SPEED
from records.pages import Paging
from records.references import Kind, reference
from records.refusals import RefusalCode
from records.rotation import Rotator
from records.visits import record_visit
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
    open_book,
    secret,
)
from tests.records.interleaved import side_by_side, take_out, until_written

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from records.diary_rows import DiaryRow, ReportRow
    from records.key_acts import KeyDone
    from records.outcomes import Done
    from tests.records.book import Book

pytestmark = pytest.mark.anyio
TODAY = MONDAY.date()
DID = "上午拜访滨江厂,谈妥试用三台。"
PLAN = "下周签滨江厂。"
PERIODS = re.compile(r"SELECT pg_advisory_xact_lock\(hashtext\(\$1\), hashtext\(\$2\)\)")


@pytest.fixture(scope="module")
async def opened_book(
    module_url: str, tmp_path_factory: pytest.TempPathFactory, anyio_backend: str
) -> AsyncIterator[Book]:
    """A company's book under the rulebook that asks for diaries and weekly reports."""
    async with open_book(module_url, tmp_path_factory.mktemp("book"), rulebook="handbook") as opened:
        yield opened


async def wrote(book: Book, who: str = LONG, day: date = TODAY, **said: Any) -> Done:
    """Write a day's diary."""
    given: dict[str, Any] = {"done": DID, "note": None, "customers": (), "corrects": None, "key": key()} | said
    texts = {name: given[name] and secret(given[name]) for name in ("done", "note")}
    return await diaries.write_diary(book.desk(who), day, **(given | texts))


async def reported(book: Book, who: str = LONG, day: date = TODAY, **said: Any) -> Done:
    """Hand in a week's report."""
    given = {
        "visits": 3, "customers": 2, "signings": 1, "areas": "滨江", "questions": None, "feedback": "同行降价",
        "plan": PLAN,
    } | {name: said.pop(name) for name in list(said) if name not in {"corrects", "key"}}  # fmt: skip
    week = WeekSaid(**{name: secret(one) if isinstance(one, str) else one for name, one in given.items()})
    more = {"corrects": None, "key": key()} | said
    return await diaries.submit_weekly_report(book.desk(who), day, week, **more)


async def received(book: Book, who: str, node: UUID | None, kind: Kind = Kind.DIARY_ENTRY) -> RefusalCode | None:
    """Receive what was reported; say why not."""
    assert node is not None
    done = await diaries.receive_report(book.desk(who), reference(kind, node), key=key())
    return done.refusal and done.refusal.code


async def entries(book: Book, who: str) -> list[DiaryRow]:
    """The diary entries in somebody's sight."""
    return list((await diary_rows.read_diary_entries(book.desk(who), Paging(first=50), EVERYTHING)).rows)


async def reports(book: Book, who: str) -> list[ReportRow]:
    """The weekly reports in somebody's sight."""
    return list((await diary_rows.read_weekly_reports(book.desk(who), Paging(first=50), EVERYTHING)).rows)


def dia(done: Done) -> str:
    """The reference of an entry."""
    assert done.node is not None, done
    return reference(Kind.DIARY_ENTRY, done.node)


async def test_a_diary_is_its_writers_and_their_supervisors(book: Book) -> None:
    """J25: sealed; another team, and whoever has nothing to do with it, sees none of it; who read it is on record."""
    done = await wrote(book, note="带了样机")
    assert done.refusal is None
    (stored,) = await book.fetch("SELECT body, day, number FROM diary_entry")
    assert (stored["day"], stored["number"]) == (TODAY, 1)
    assert "滨江".encode() not in bytes(stored["body"])
    for who, seen in ((LONG, 1), (ZHAO, 1), (CHEN, 1), (HU, 0), (LI, 0), (SUN, 0)):
        assert len(await entries(book, who)) == seen, who
        words = await diary_rows.words_of_diary(book.desk(who), done.node)
        assert words == ({"done": DID, "note": "带了样机"} if seen else {}), who
        assert (await diary_rows.diary_entry(book.desk(who), done.node) is not None) is bool(seen), who
    for who in (QIAN, ZHOU):
        with pytest.raises(Forbidden):
            await entries(book, who)
    logged = await book.fetch("SELECT tag, fields, count FROM access_log WHERE tag LIKE 'diary%' ORDER BY node_seq")
    assert [row["tag"] for row in logged] == ["diary:write", *["diary_entry:read"] * 3]
    assert list(logged[1]["fields"]) == [book.staff_reference(LONG)]


async def test_nobody_writes_in_anothers_name_or_who_does_not_sell(book: Book) -> None:
    """J25: a diary is one's own."""
    for who in (ZHAO, CHEN, QIAN, ZHOU):
        with pytest.raises(Forbidden):
            await wrote(book, who)
        with pytest.raises(Forbidden):
            await reported(book, who)
    with pytest.raises(Forbidden):
        await diaries.receive_report(book.desk(LONG), dia(await wrote(book)), key=key())


async def test_a_day_is_written_once_and_corrected_by_new_versions(book: Book) -> None:
    """J25: the latest version is shown, the earlier ones stand; what is corrected is the latest of one's own."""
    first = await wrote(book)
    book.pass_time(minutes=1)
    again = await wrote(book)
    assert (again.node, again.refusal.code, again.refusal.clauses) == (None, RefusalCode.NOT_IN_STATE, ("J25",))
    second = await wrote(book, done="下午又去了一次。", corrects=dia(first))
    assert second.refusal is None
    (row,) = await entries(book, LONG)
    assert (row.version.id, row.version.number, row.version.corrects) == (second.node, 2, first.node)
    earlier = await diary_rows.diary_entry(book.desk(LONG), first.node)
    assert (earlier.version.number, earlier.version.is_latest) == (1, False)
    assert (await diary_rows.words_of_diary(book.desk(LONG), first.node))["done"] == DID
    stale = await wrote(book, corrects=dia(first))
    assert (stale.refusal.code, stale.refusal.version) == (RefusalCode.STALE, 2)
    theirs = await wrote(book, HU)
    for unknown in (dia(theirs), "dia_" + "0" * 32, "wrp_" + "0" * 32, "x"):
        refused = (await wrote(book, corrects=unknown)).refusal
        assert (refused.code, refused.path) == (RefusalCode.NOT_FOUND, ("corrects",))
    assert (await wrote(book, day=TODAY - timedelta(days=1), corrects=dia(second))).refusal.path == ("corrects",)
    facts = await book.fetch("SELECT id, corrects_id FROM fact WHERE kind = 'write_diary' ORDER BY seq")
    assert facts[1]["corrects_id"] == facts[0]["id"]


async def test_what_was_written_is_not_rewritten_by_anybody(book: Book) -> None:
    """The database refuses it to the owner of the tables as well."""
    await wrote(book)
    await reported(book)
    for statement in (
        "UPDATE diary_entry SET day = day - 1", "UPDATE diary_entry SET number = 2", "DELETE FROM diary_entry",
        "UPDATE weekly_report SET visits = 9", "DELETE FROM weekly_report", "TRUNCATE weekly_report",
    ):  # fmt: skip
        with pytest.raises(asyncpg.RestrictViolationError):
            await book.administer(statement)


async def test_what_cannot_be_read_is_told_by_its_place(book: Book) -> None:
    """Nothing said, an identity number, a day or week to come, numbers out of range: all at once."""
    idle = await wrote(book, day=TODAY + timedelta(days=1), done="  ", note="身份证11010519491231002X")
    assert [(one.path, one.code.value) for one in idle.refusal.problems] == [
        (("done",), "required"), (("note",), "sensitive_number"), (("day",), "in_the_future"),
    ]  # fmt: skip
    assert idle.refusal.clauses == ("J25",)
    much = await wrote(book, customers=[f"cus_{number:032x}" for number in range(51)])
    assert [one.path for one in much.refusal.problems] == [("customers",)]
    odd = await reported(book, day=TODAY + timedelta(days=7), visits=-1, signings=10_001, plan=" ")
    assert [(one.path, one.code.value) for one in odd.refusal.problems] == [
        (("plan",), "required"), (("visits",), "out_of_range"), (("signings",), "out_of_range"),
        (("week",), "in_the_future"),
    ]  # fmt: skip
    assert await book.value("SELECT count(*) FROM fact") == 0


async def test_a_diary_names_customers_whom_its_writer_sees(book: Book) -> None:
    """An unknown customer and another team's are the same answer; a reader sees of them who is in their own sight."""
    mine = await file_claim(book.desk(LONG), claim_form(new_phone()), key=key())
    theirs = await file_claim(book.desk(LI), claim_form(new_phone()), key=key())
    known, foreign = (reference(Kind.CUSTOMER, one.customer) for one in (mine, theirs) if one.customer)
    for stranger in (foreign, "cus_" + "0" * 32, "x"):
        refused = (await wrote(book, customers=[known, stranger])).refusal
        assert (refused.code, refused.path) == (RefusalCode.NOT_FOUND, ("customers", "1"))
    await wrote(book, customers=[known, known])
    assert (await entries(book, LONG))[0].customers == (mine.customer,)


async def test_the_same_key_writes_once(book: Book) -> None:
    """wire.md: the same answer, one fact."""
    for act in (wrote, reported):
        drawn = key()
        first = await act(book, key=drawn)
        second = await act(book, key=drawn)
        assert (second.node, second.replayed) == (first.node, True)
    assert await book.value("SELECT count(*) FROM fact") == 2


async def test_it_is_received_once_and_never_by_its_writer(book: Book) -> None:
    """J25: 及时汇报并上交: by a supervisor of the team, or a leader; a newer version is received anew."""
    first = await wrote(book)
    for who in (SUN, LI):
        if who == LI:
            with pytest.raises(Forbidden):
                await received(book, who, first.node)
        else:
            assert await received(book, who, first.node) is RefusalCode.NOT_FOUND
    book.let_be(LONG, role=Role.SUPERVISOR)
    assert await received(book, LONG, first.node) is RefusalCode.FOUR_EYES
    book.let_be(LONG, role=Role.SALESPERSON)
    book.pass_time(minutes=1)
    second = await wrote(book, corrects=dia(first), done="补充")
    assert await received(book, ZHAO, first.node) is RefusalCode.STALE
    assert await received(book, ZHAO, second.node) is None
    assert await received(book, CHEN, second.node) is RefusalCode.NOT_IN_STATE
    (row,) = await entries(book, ZHAO)
    assert (row.version.received_by, row.version.received_at) == (book.staff(ZHAO), book.now)
    weekly = await reported(book)
    assert await received(book, CHEN, weekly.node, Kind.WEEKLY_REPORT) is None
    assert await received(book, CHEN, weekly.node) is RefusalCode.NOT_FOUND
    assert await received(book, CHEN, weekly.node, Kind.FACT) is RefusalCode.NOT_FOUND


async def test_who_has_handed_in_a_diary_is_a_matter_of_the_clock(book: Book) -> None:
    """J25: due by the end of the next working day; a correction makes nothing late; a day off asks for nothing."""

    async def roll(who: str = ZHAO, day: date = TODAY) -> list[HandedIn]:
        return [row.state for row in await diary_rolls.read_diary_roll(book.desk(who), day)]

    first = await wrote(book)
    assert await roll() == [HandedIn.ON_TIME, HandedIn.DUE]
    assert await roll(LONG) == [HandedIn.ON_TIME]
    assert await roll(CHEN) == [HandedIn.ON_TIME, *[HandedIn.DUE] * 3]
    assert await roll(day=TODAY + timedelta(days=1)) == []
    book.pass_time(days=1, hours=14, minutes=59)
    assert await roll() == [HandedIn.ON_TIME, HandedIn.DUE]
    book.pass_time(minutes=1)
    assert await roll() == [HandedIn.ON_TIME, HandedIn.MISSING]
    assert (await wrote(book, HU)).refusal is None
    book.pass_time(minutes=1)
    await wrote(book, corrects=dia(first), done="补充")
    assert await roll() == [HandedIn.ON_TIME, HandedIn.LATE]
    assert [row.version.is_late for row in await entries(book, ZHAO)] == [False, True]
    sunday = TODAY - timedelta(days=1)
    assert await roll(day=sunday) == []
    await wrote(book, day=sunday)
    assert await roll(day=sunday) == [HandedIn.LATE]


async def test_a_week_has_one_report_that_is_due_on_its_saturday(book: Book) -> None:
    """J14: named by any of its days; corrected by a new version; what nobody hands in by then is missing."""

    async def roll() -> list[HandedIn]:
        return [row.state for row in await diary_rolls.read_weekly_report_roll(book.desk(ZHAO), TODAY)]

    thursday = TODAY + timedelta(days=3)
    book.pass_time(days=5, hours=14, minutes=59)
    first = await reported(book, day=thursday)
    assert first.refusal is None
    assert await roll() == [HandedIn.ON_TIME, HandedIn.DUE]
    book.pass_time(minutes=1)
    assert await roll() == [HandedIn.ON_TIME, HandedIn.MISSING]
    assert (await reported(book)).refusal.code is RefusalCode.NOT_IN_STATE
    second = await reported(book, visits=4, corrects=reference(Kind.WEEKLY_REPORT, first.node))
    book.pass_time(minutes=1)
    await reported(book, HU)
    assert await roll() == [HandedIn.ON_TIME, HandedIn.LATE]
    late, kept = await reports(book, ZHAO)
    assert (kept.version.id, kept.week, kept.visits, kept.version.is_late) == (second.node, TODAY, 4, False)
    assert late.version.is_late
    words = await diary_rows.words_of_report(book.desk(ZHAO), second.node)
    assert words == {"areas": "滨江", "feedback": "同行降价", "plan": PLAN}


async def test_the_figures_count_diaries_and_reports_and_what_came_late(book: Book) -> None:
    """C13 J14 J25: by person, of the days asked for; a correction is no second diary."""
    first = await wrote(book)
    await wrote(book, day=TODAY - timedelta(days=4))
    book.pass_time(days=6)
    await reported(book)
    await wrote(book, corrects=dia(first), done="补充")
    await wrote(book, HU)
    found = await read_figures(book.desk(ZHAO), TODAY, TODAY + timedelta(days=6), FiguresBy.PERSON)
    counts = {row.staff: (row.diaries, row.weekly_reports, row.handed_in_late) for row in found}
    assert counts == {book.staff(LONG): (1, 1, 1), book.staff(HU): (1, 0, 1)}
    assert await read_figures(book.desk(SUN), TODAY, TODAY, FiguresBy.PERSON) == []


async def test_where_no_rulebook_asks_nothing_is_late() -> None:
    """J14 J25: other regulations name no time; each week and day goes by the edition of its own day."""
    other, handbook = load_rulebook("onsite"), load_rulebook("handbook")
    assert (diary_due(other, TODAY), report_due(other, TODAY)) == (None, None)
    assert not is_late(other, None, MONDAY + timedelta(days=900))
    friday = TODAY + timedelta(days=4)
    assert (diary_due(handbook, friday), report_due(handbook, TODAY)) == (TODAY + timedelta(days=7), date(2026, 3, 7))


async def test_the_book_counts_the_week_beside_what_is_said(book: Book) -> None:
    """J14: visits that were found untrue do not count; a customer visited twice on a day was visited once."""
    customers = []
    for _ in range(3):
        filed = await file_claim(book.desk(LONG), claim_form(new_phone()), key=key())
        customers.append(reference(Kind.CUSTOMER, filed.customer))
        book.pass_time(minutes=1)
    one, two, three = customers

    async def recorded(customer: str) -> UUID | None:
        done = await visit_records.file_visit_record(
            book.desk(LONG), customer, by=None, occurred_at=None, note=None, key=key()
        )
        assert done.refusal is None
        book.pass_time(minutes=1)
        return done.node

    await recorded(one)
    await record_visit(book.desk(LONG), one, by=None, companion=None, occurred_at=None, key=key())
    await recorded(two)
    untrue = await recorded(three)
    record = reference(Kind.VISIT_RECORD, untrue)
    await visit_records.verify_visit_record(book.desk(ZHAO), record, is_true=False, key=key())
    book.pass_time(days=1)
    true = await recorded(one)
    await visit_records.verify_visit_record(
        book.desk(ZHAO), reference(Kind.VISIT_RECORD, true), is_true=True, key=key()
    )
    signed = await sign_contract(
        book.desk(LONG), deal=None, customer=two, amount=None, related_to=None, occurred_at=None,
        expected_version=None, key=key(),
    )  # fmt: skip
    assert signed.refusal is None
    await reported(book, visits=9, customers=9, signings=9)
    (row,) = await reports(book, ZHAO)
    assert (row.visits, row.customers, row.signings) == (9, 9, 9)
    assert await diary_rows.counted(book.desk(ZHAO), row) == diary_rows.Counted(3, 2, 1)
    await reported(book, HU)
    theirs = next(row for row in await reports(book, ZHAO) if row.version.staff == book.staff(HU))
    assert await diary_rows.counted(book.desk(ZHAO), theirs) == diary_rows.Counted(0, 0, 0)


async def test_the_two_kinds_of_rotation_move_peoples_keys_as_customers(book: Book) -> None:
    """B12: counted, wrapped anew, then renewed with all that they seal; every word opens, and nothing is left."""
    done, weekly = await wrote(book), await reported(book)
    keys = book.office.keys
    old = keys.primary(DATA).id

    async def needed(number: int) -> set[tuple[str, str]]:
        async with transaction() as tx:
            return {(one.table, one.column) for one in await needs_of(tx.execute_query_dict, [number])}

    sealed = {("subject_key", "wrapped"), ("diary_entry", "body"), ("weekly_report", "body")}
    assert sealed <= await needed(old)
    await rotate(keys, DATA)
    assert not (await Rotator(keys, pace=FULL_SPEED, grace=0.1).run()).left
    assert not await needed(old)
    stolen = keys.primary(DATA).id
    await compromise(keys, stolen)
    # Whoever writes before their key was renewed gets a new one at once.
    book.pass_time(days=1)
    assert (await wrote(book, day=TODAY + timedelta(days=1))).refusal is None
    assert not (await Rotator(keys, pace=FULL_SPEED, grace=0.1).run()).left
    assert not await needed(stolen)
    rows = await book.fetch("SELECT DISTINCT generation FROM diary_entry UNION SELECT generation FROM weekly_report")
    assert [row["generation"] for row in rows] == [2]
    assert (await diary_rows.words_of_diary(book.desk(ZHAO), done.node))["done"] == DID
    assert (await diary_rows.words_of_report(book.desk(ZHAO), weekly.node))["plan"] == PLAN
    assert not (await verify_keys(keys)).unopened
    await book.administer("SET session_replication_role = replica; UPDATE diary_entry SET body = set_byte(body, 60, 1)")
    listed = {(one.table, one.column, one.subject) for one in (await verify_keys(keys)).unopened}
    assert listed == {("diary_entry", "body", book.staff(LONG))}


async def test_a_leavers_words_go_with_their_key_when_the_time_is_over(book: Book) -> None:
    """G16 J25: not before they left, nor within three years after; by two custodians; the ledger erases again."""
    written, theirs = await wrote(book), await wrote(book, HU)

    async def asked() -> KeyDone:
        return await request_destruction(book.desk(FENG), "person S001")

    def code(done: KeyDone) -> RefusalCode | None:
        return done.refusal and done.refusal.code

    assert code(await request_destruction(book.desk(FENG), "person S999")) is RefusalCode.NOT_FOUND
    assert code(await asked()) is RefusalCode.NOT_IN_STATE
    await book.administer(
        "INSERT INTO fact (id, kind, happened_at, recorded_at, by_id, details) SELECT gen_random_uuid(), 'depart', "
        f"'{book.now.isoformat()}', '{book.now.isoformat()}', id, '{{}}' FROM staff WHERE number = '{LONG}'"
    )
    book.pass_time(days=1095)
    early = await asked()
    assert (code(early), early.refusal and early.refusal.clauses) == (RefusalCode.STILL_RETAINED, ("G16",))
    assert (await diary_rows.words_of_diary(book.desk(ZHAO), written.node))["done"] == DID
    book.pass_time(days=1)
    request = await asked()
    assert request.is_waiting
    act = reference(Kind.KEY_ACT, request.act or key())
    assert code(await approve_key_act(book.desk(FENG), act)) is RefusalCode.ANOTHER_PERSON
    book.let_be(CHEN, role=Role.KEY_CUSTODIAN, team=None)
    assert code(await approve_key_act(book.desk(CHEN), act)) is None
    assert code(await asked()) is RefusalCode.NOT_IN_STATE
    assert await diary_rows.words_of_diary(book.desk(ZHAO), written.node) == {}
    row = await diary_rows.diary_entry(book.desk(ZHAO), written.node)
    assert row is not None
    assert (await diary_rows.words_of_diary(book.desk(ZHAO), theirs.node))["done"] == DID
    verified = await verify_keys(book.office.keys)
    assert not verified.unopened
    ledger = Ledger(book.home / LEDGER)
    assert book.staff(LONG) in ledger.read()
    # A database from before it: the key is there again until the ledger is read.
    _, again = book.office.keys.make_subject_key(book.staff(LONG), generation=2)
    await book.fetch(
        "INSERT INTO subject_key (id, staff_id, generation, wrapped, created_at) VALUES ($1, $2, $3, $4, $5)", *again
    )
    assert await replay(ledger) == 1
    living = "SELECT count(*) FROM subject_key WHERE staff_id = $1 AND wrapped IS NOT NULL"
    assert await book.value(living, book.staff(LONG)) == 0


@pytest.mark.parametrize("naive", [False, True], ids=["as it is", "without the lock"])
@pytest.mark.parametrize("how", ["first", "correction", "receipt"])
async def test_of_two_at_one_day_the_second_finds_what_the_first_did(
    book: Book, monkeypatch: pytest.MonkeyPatch, *, how: str, naive: bool
) -> None:
    """The day is locked before it is looked at; without that the database refuses, or the first is overwritten."""
    start = None if how == "first" else await wrote(book)
    book.pass_time(minutes=1)
    if naive:
        take_out(monkeypatch, PERIODS)

    async def act(who: str, said: str) -> RefusalCode | str | None:
        try:
            if how == "receipt":
                return await received(book, who, start.node)
            done = await wrote(book, done=said, corrects=start and dia(start))
        except Exception as error:  # noqa: BLE001 (what the naive variant comes to)
            return type(error).__name__
        return done.refusal and done.refusal.code

    first, second = await side_by_side(
        book.url, until_written("access_log"), lambda: act(ZHAO, "一"), lambda: act(CHEN, "二")
    )
    assert first is None
    told = {"first": RefusalCode.NOT_IN_STATE, "correction": RefusalCode.STALE, "receipt": RefusalCode.NOT_IN_STATE}
    assert (second == told[how]) is not naive, second

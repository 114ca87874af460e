"""A filing is recorded whatever the law gives it, for whoever may file it; and what completes one counts from then."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from authz.actor import Role
from authz.guard import Forbidden
from claims.facts import FilingType
from records.columns import Column
from records.filing import FilingChannel, complete_filing, file_claim
from records.keys import Index
from records.proofreading import Entered
from records.references import Kind, reference
from records.refusals import RefusalCode
from tests.records.book import (
    CHEN,
    FENG,
    HU,
    LI,
    LONG,
    QIAN,
    SUN,
    WU,
    ZHAO,
    ZHENG,
    ZHOU,
    claim_form,
    key,
    new_phone,
    secret,
)
from tests.records.interleaved import side_by_side, until_written

if TYPE_CHECKING:
    from uuid import UUID

    from records.outcomes import Done
    from tests.records.book import Book

pytestmark = pytest.mark.anyio


async def filed(book: Book, number: str, *phones: str, **said: Any) -> Done:
    """File a customer who was brought in at the same instant."""
    said = {"visited_at": book.now} | said
    return await file_claim(book.desk(number), claim_form(*phones, **said), key=key())


async def completed(book: Book, number: str, done: Done, version: int = 1, **said: Any) -> Done:
    """Complete what was filed."""
    assert done.node is not None
    claim = reference(Kind.CLAIM, done.node)
    return await complete_filing(book.desk(number), claim, Entered(**said), expected_version=version, key=key())


def problems(done: Done) -> list[tuple[str, str]]:
    """Give the places and codes of what was refused as ill-formed."""
    assert done.node is None
    assert done.refusal is not None
    assert done.refusal.code is RefusalCode.INVALID_INPUT
    return sorted((".".join(problem.path), problem.code.value) for problem in done.refusal.problems)


async def test_whoever_brings_in_and_files_on_the_same_day_holds(book: Book) -> None:
    """A2 A3 A4: with the team; the visit stands beside the filing, and both are facts of the claimant's."""
    at = book.now - timedelta(minutes=20)
    done = await filed(book, LONG, new_phone(), visited_at=at, source="referral", channel=FilingChannel.FORM)
    assert (done.refusal, done.replayed) == (None, False)
    assert done.customer is not None
    assert await book.holder(done.customer) == (book.staff(LONG), book.team(LONG))
    assert await book.holder(done.customer, at) is None
    (row,) = await book.fetch("SELECT * FROM filing")
    assert (row["claimant_id"], row["entered_by_id"], row["team_id"]) == (
        book.staff(LONG),
        book.staff(LONG),
        book.team(LONG),
    )
    assert (row["type"], row["channel"], row["source"], row["version"]) == ("customer", "form", "referral", 1)
    assert (row["occurred_at"], row["recorded_at"], row["present"]) == (book.now, book.now, ["name", "phone"])
    facts = await book.fetch("SELECT * FROM fact ORDER BY seq")
    assert [(fact["kind"], fact["happened_at"], fact["filing_id"]) for fact in facts] == [
        ("visit", at, None),
        ("file", book.now, done.node),
    ]
    assert {(fact["by_id"], fact["entered_by_id"], fact["customer_id"]) for fact in facts} == {
        (book.staff(LONG), book.staff(LONG), done.customer)
    }
    (entry,) = await book.fetch("SELECT * FROM access_log WHERE tag = 'claim:file'")
    assert (entry["actor_id"], entry["subject_teams"], entry["fields"]) == (
        book.staff(LONG), [book.team(LONG)], ["name", "phone"],
    )  # fmt: skip


async def test_a_filing_without_a_visit_that_day_is_recorded_and_gives_nothing(book: Book) -> None:
    """A25: and a visit that is recorded later on the same day makes it stand."""
    done = await filed(book, LONG, new_phone(), visited_at=None)
    assert done.node is not None
    assert done.refusal is not None
    assert done.refusal.code in {RefusalCode.NO_VISIT_THAT_DAY, RefusalCode.NO_VISIT}
    assert done.refusal.clauses
    assert done.customer is not None
    assert await book.holder(done.customer) is None
    assert await book.value("SELECT state FROM claim_state WHERE filing_id = $1", done.node) == "recorded"


async def test_it_counts_from_when_it_was_said(book: Book) -> None:
    """H2: in the past as far as may be; recorded is when it was entered."""
    said = book.now - timedelta(days=3)
    done = await filed(book, LONG, new_phone(), occurred_at=said, visited_at=said)
    assert done.refusal is None
    assert done.customer is not None
    assert await book.holder(done.customer, said) == (book.staff(LONG), book.team(LONG))
    assert await book.value("SELECT recorded_at - occurred_at FROM filing") == timedelta(days=3)


@pytest.mark.parametrize("number", [QIAN, WU])
async def test_reception_and_customer_service_file_for_a_salesperson(book: Book, number: str) -> None:
    """A6 E2: the claim is the salesperson's; who typed it is kept."""
    done = await filed(book, number, new_phone(), claimant=book.staff_reference(LONG))
    assert done.refusal is None
    assert done.customer is not None
    assert await book.holder(done.customer) == (book.staff(LONG), book.team(LONG))
    (row,) = await book.fetch("SELECT * FROM filing")
    assert (row["claimant_id"], row["entered_by_id"], row["team_id"]) == (
        book.staff(LONG), book.staff(number), book.team(LONG),
    )  # fmt: skip
    entered = await book.fetch("SELECT DISTINCT by_id, entered_by_id FROM fact")
    assert [tuple(one.values()) for one in entered] == [(book.staff(LONG), book.staff(number))]


@pytest.mark.parametrize(("number", "other"), [(LONG, HU), (LONG, LI), (WU, LI), (ZHAO, LONG)])
async def test_nobody_files_for_whom_they_may_not(book: Book, number: str, other: str) -> None:
    """The guard's No, logged; nothing is recorded. Customer service enters for its own team alone."""
    with pytest.raises(Forbidden):
        await filed(book, number, new_phone(), claimant=book.staff_reference(other))
    assert await book.value("SELECT count(*) FROM filing") == 0
    (entry,) = await book.fetch("SELECT * FROM access_log WHERE NOT allowed")
    assert (entry["actor_id"], entry["rule"]) == (book.staff(number), "file_claim")


@pytest.mark.parametrize("number", [ZHOU, FENG, CHEN])
async def test_whoever_has_no_part_in_filings_files_none(book: Book, number: str) -> None:
    """Archivist, key custodian, company leader: refused before anything is read."""
    with pytest.raises(Forbidden):
        await filed(book, number, "no phone at all")


async def test_an_unknown_claimant_is_not_found_whoever_it_is(book: Book) -> None:
    """Unknown, malformed, of another kind, and a person whose role claims nothing: one answer."""
    (team,) = await book.fetch("SELECT id FROM team LIMIT 1")
    answers = set()
    for claimant in (
        reference(Kind.STAFF, key()), "stf_", "x", "", "S001", reference(Kind.TEAM, team["id"]), "stf_" + "f" * 33,
        book.staff_reference(ZHOU), book.staff_reference(FENG), book.staff_reference(LONG).upper(), "\ud800",
    ):  # fmt: skip
        done = await filed(book, QIAN, new_phone(), claimant=claimant)
        answers.add((done.node, done.customer, repr(done.refusal)))
    assert len(answers) == 1
    assert "NOT_FOUND" in answers.pop()[2]


async def test_every_problem_of_a_filing_is_told_at_once(book: Book) -> None:
    """And nothing of it is kept, not even the key."""
    later = book.now + timedelta(seconds=1)
    done = await filed(
        book, LONG, "1380013", name="", type=FilingType.STORE, channel=FilingChannel.IMPORT, occurred_at=later,
        visited_at=later, source="a friend, 11010519491231002X", late_reason=secret("11010519491231002X"),
    )  # fmt: skip
    assert problems(done) == [
        ("channel", "not_offered"),
        ("lateReason", "sensitive_number"),
        ("occurredAt", "in_the_future"),
        ("phones.0", "invalid_phone"),
        ("source", "sensitive_number"),
        ("type", "not_offered"),
        ("visitedAt", "in_the_future"),
    ]
    assert await book.value("SELECT (SELECT count(*) FROM fact) + (SELECT count(*) FROM replay)") == 0


async def test_a_filing_that_says_nothing_is_refused(book: Book) -> None:
    """Blank is nothing; a name alone is something, recorded and incomplete."""
    assert problems(await filed(book, LONG, name=" \u3000")) == [("phones", "required")]
    done = await filed(book, LONG, name="张三")
    assert done.node is not None
    assert done.refusal is not None
    assert done.refusal.code is RefusalCode.INCOMPLETE


async def test_hidden_digits_are_a_legal_filing_and_masked_like_any(book: Book) -> None:
    """A7: it stands, it is found by what it shows, and it is nobody's identity."""
    done = await filed(book, LONG, "1380013****")
    assert done.refusal is None
    assert done.node is not None
    assert (await book.card(done.node)).phones == ("1380013****",)
    assert orjson.loads((await book.opened(done.node))[done.node][Column.PHONES]) == [["+861380013****", None]]
    indexes = await book.fetch("SELECT index, count(*) AS tokens FROM blind_index GROUP BY 1")
    assert {row["index"]: row["tokens"] for row in indexes} == {Index.PHONE_PREFIX: 2, Index.NAME: 1}


async def test_each_contact_field_is_sealed_by_itself_and_the_card_shows_masks(book: Book) -> None:
    """Unknown headings too, with what stands under them; in clear stand the law's names of what is there."""
    done = await filed(
        book, LONG, "13800138000", "021-69937686转673", wechat=secret("zhangsan1"), email=secret("z@example.com"),
        address=secret("浙江省杭州市"), building=secret("1栋1室"), late_reason=secret("昨天忘了"),
        other=(("need", secret("三居室")), ("生日", secret("五月"))),
    )  # fmt: skip
    assert done.node is not None
    values = (await book.opened(done.node))[done.node]
    assert orjson.loads(values.pop(Column.PHONES)) == [["+8613800138000", None], ["+862169937686", "673"]]
    assert orjson.loads(values.pop(Column.OTHER)) == {"fields": {"need": "三居室"}, "unknown": {"生日": "五月"}}
    assert {column: value.decode() for column, value in values.items()} == {
        Column.NAME: "张三", Column.WECHAT: "zhangsan1", Column.EMAIL: "z@example.com",
        Column.ADDRESS: "浙江省杭州市", Column.BUILDING: "1栋1室", Column.STATEMENT: "昨天忘了",
    }  # fmt: skip
    card = await book.card(done.node)
    assert (card.name, card.phones) == ("张三", ("1380013****", "021-6993****"))
    assert not any("zhangsan1" in part or "z@" in part for part in (str(card.wechat), str(card.email)))
    present = ["address", "building", "email", "name", "need", "phone", "wechat"]
    assert await book.value("SELECT present FROM filing") == present


@pytest.mark.parametrize("number", [LONG, ZHAO, ZHOU, WU])
async def test_a_filing_is_completed_by_those_who_may(book: Book, number: str) -> None:
    """Its claimant; their supervisor (G8); the archivist (C10); customer service, for the claimant (E2)."""
    done = await filed(book, LONG, new_phone(), name="")
    again = await completed(book, number, done, name=secret("张三"))
    assert (again.node, again.customer, again.refusal) == (done.node, done.customer, None)
    (fact,) = await book.fetch("SELECT * FROM fact WHERE kind = 'complete'")
    by = LONG if number == WU else number
    assert (fact["by_id"], fact["entered_by_id"]) == (book.staff(by), book.staff(number))
    (row,) = await book.fetch("SELECT present, version FROM filing")
    assert tuple(row.values()) == (["name", "phone"], 2)
    assert again.customer is not None
    assert await book.holder(again.customer) == (book.staff(LONG), book.team(LONG))
    assert await book.differences() == []


async def test_a_filing_out_of_reach_is_not_found_whatever_it_is(book: Book) -> None:
    """Unknown, malformed, of another kind, a colleague's, another team's, its supervisor's too: one answer."""
    done = await filed(book, LONG, new_phone())
    assert done.node is not None
    assert done.customer is not None
    mine = reference(Kind.CLAIM, done.node)
    answers = set()
    for number, claim in (
        (LONG, reference(Kind.CLAIM, key())), (LONG, "clm_"), (LONG, reference(Kind.CUSTOMER, done.customer)),
        (LONG, mine.upper()), (LONG, ""), (LONG, "\ud800"), (HU, mine), (LI, mine), (SUN, mine),
    ):  # fmt: skip
        entered = Entered(name=secret("李四"))
        again = await complete_filing(book.desk(number), claim, entered, expected_version=1, key=key())
        answers.add((again.node, again.customer, repr(again.refusal)))
    assert len(answers) == 1
    assert "NOT_FOUND" in answers.pop()[2]
    for number in (QIAN, FENG):
        with pytest.raises(Forbidden):
            await completed(book, number, done, name=secret("李四"))
    assert await book.value("SELECT version FROM filing") == 1


async def test_a_completion_under_an_old_version_is_stale(book: Book) -> None:
    """It says which version stands, and changes nothing."""
    done = await filed(book, LONG, new_phone())
    await completed(book, LONG, done, wechat=secret("zhangsan1"))
    stale = await completed(book, ZHAO, done, wechat=secret("zhangsan2"))
    assert stale.refusal is not None
    assert (stale.node, stale.refusal.code, stale.refusal.version) == (None, RefusalCode.STALE, 2)
    assert done.node is not None
    assert (await book.opened(done.node))[done.node][Column.WECHAT] == b"zhangsan1"


async def test_two_completions_at_once_are_one_and_a_stale_one(book: Book) -> None:
    """Both read version 1; the second hears that it read an old one."""
    done = await filed(book, LONG, new_phone())
    first, second = await side_by_side(
        book.url,
        until_written("sealed_value"),
        lambda: completed(book, LONG, done, wechat=secret("zhangsan1")),
        lambda: completed(book, ZHAO, done, wechat=secret("zhangsan2")),
    )
    assert first.refusal is None
    assert second.refusal is not None
    assert (second.refusal.code, second.refusal.version) == (RefusalCode.STALE, 2)


async def test_a_completion_that_says_nothing_is_refused(book: Book) -> None:
    """As a filing is; and its problems have the same places."""
    done = await filed(book, LONG, new_phone())
    assert problems(await completed(book, LONG, done)) == [("phones", "required")]
    assert problems(await completed(book, LONG, done, email=secret("x"))) == [("email", "invalid_email")]


async def test_a_filing_counts_on_the_day_on_which_it_first_is_complete(book: Book) -> None:
    """A2 A4: brought in on Monday and completed on Monday it stands; completed on Tuesday it does not."""
    today = await filed(book, LONG, name="张三")
    later = await filed(book, LONG, name="李四")
    book.pass_time(hours=3)
    assert (await completed(book, LONG, today, phones=(secret(new_phone()),))).refusal is None
    assert today.customer is not None
    assert await book.holder(today.customer) == (book.staff(LONG), book.team(LONG))
    book.pass_time(days=1)
    done = await completed(book, LONG, later, phones=(secret(new_phone()),))
    assert done.refusal is not None
    assert done.refusal.code in {RefusalCode.NO_VISIT_THAT_DAY, RefusalCode.NO_VISIT}
    assert done.customer is not None
    assert await book.holder(done.customer) is None
    assert await book.differences() == []


async def test_what_is_completed_replaces_what_stood_under_its_name(book: Book) -> None:
    """The card shows the new; what is not mentioned stays; nothing that was said is lost."""
    done = await filed(book, LONG, "1380013****", wechat=secret("zhangsan1"), other=(("need", secret("三居室")),))
    await completed(book, LONG, done, phones=(secret("13800138000"),), name=secret("张三丰"))
    assert done.node is not None
    card = await book.card(done.node)
    assert (card.name, card.phones) == ("张三丰", ("1380013****",))
    values = (await book.opened(done.node))[done.node]
    assert orjson.loads(values[Column.PHONES]) == [["+8613800138000", None]]
    assert values[Column.NAME].decode() == "张三丰"
    assert values[Column.WECHAT] == b"zhangsan1"
    assert await book.value("SELECT count(*) FROM sealed_value WHERE field = $1", int(Column.NAME)) == 2


async def test_a_number_that_shows_two_customers_to_be_one_links_them(book: Book) -> None:
    """A7: hidden digits made two; the whole number makes one, and the first who stood holds it."""
    phone = new_phone()
    first = await filed(book, LONG, phone)
    book.pass_time(hours=1)
    second = await filed(book, LI, phone[:-4] + "****")
    assert first.customer != second.customer
    assert second.customer is not None
    assert await book.holder(second.customer) == (book.staff(LI), book.team(LI))
    book.pass_time(hours=1)
    done = await completed(book, LI, second, phones=(secret(phone),))
    assert done.refusal is not None
    assert done.refusal.code is RefusalCode.EARLIER_VISIT_HOLDS
    roots = await _roots(book, first, second)
    assert len(roots) == 1
    (root,) = roots
    assert await book.holder(root) == (book.staff(LONG), book.team(LONG))
    (link,) = await book.fetch("SELECT * FROM fact WHERE kind = 'link'")
    assert link["by_id"] == book.staff(LI)
    values = await book.opened(*(one.node for one in (first, second) if one.node is not None))
    assert {tuple(orjson.loads(one[Column.PHONES])[0]) for one in values.values()} == {("+86" + phone, None)}
    third = await filed(book, HU, phone)
    assert third.customer == root
    assert await book.differences() == []


async def _roots(book: Book, *done: Done) -> set[UUID]:
    filings = [one.node for one in done]
    statement = "SELECT c.root_id FROM filing f JOIN customer c ON c.id = f.customer_id WHERE f.id = ANY($1)"
    return {row["root_id"] for row in await book.fetch(statement, filings)}


async def test_customers_that_were_linked_go_on_as_one(book: Book) -> None:
    """Three, linked one after the other: each further filing, visit and completion finds the one root."""
    phones = [new_phone() for _ in range(3)]
    done = [await filed(book, number, phone) for number, phone in zip((LONG, LI, HU), phones, strict=True)]
    book.pass_time(minutes=1)
    done.append(await filed(book, LONG, phones[1], phones[2]))
    book.pass_time(minutes=1)
    done.append(await filed(book, LI, phones[0], phones[2]))
    (root,) = await _roots(book, *done)
    assert await book.value("SELECT count(*) FROM fact WHERE kind = 'link'") == 2
    again = await completed(book, HU, done[2], wechat=secret("zhangsan1"))
    assert again.customer == root
    assert (await filed(book, LONG, wechat=secret("zhangsan1"))).customer == root
    assert await book.differences() == []


async def test_a_designer_files_too(book: Book) -> None:
    """Whoever may file has a team or none."""
    done = await filed(book, ZHENG, new_phone())
    assert done.node is not None
    assert book.actors[ZHENG].role is Role.DESIGNER
    assert await book.differences() == []

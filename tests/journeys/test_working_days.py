"""A working day of a salesperson, a supervisor and an archivist: what is on the list, the acts of the day, the closing.

Tuesday is the day before, on which things were left as they are found on Wednesday, 25 November 2026.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.journeys.day_documents import VERIFY, VISITED
from tests.journeys.deal_documents import ORDER, SIGN
from tests.journeys.diary_documents import DIARY_ROLL, ENTRIES, RECEIVE, WRITE
from tests.journeys.filing_documents import (
    CLAIMS,
    READ,
    SAID,
    TAKE_BACK,
    WORDS,
    assign,
    notices,
    queue,
    reminded,
    review,
    state,
    version,
)
from tests.journeys.test_overview import ROUND, TRACK
from tests.journeys.test_overview import shown as figures_of
from tests.journeys.test_the_archive import CLAIMS as TO_FILE
from tests.journeys.test_the_archive import CLOSE, CORRECT, DAYS, FOUND, OTHER, SCAN, archive
from tests.journeys.test_the_first_morning import CHECK, COMPLETE, CONTACT, CUSTOMERS, FIND, LOG, VISIT, nodes
from tests.journeys.test_upkeep import CORRECTIONS, LINK, SPLIT, VERSION, correct

if TYPE_CHECKING:
    from tests.company import Company

RULEBOOK = "process"


def tomorrow(company: Company, hour: int, minute: int = 0) -> None:
    """Let it be an hour of the next day in Shanghai."""
    today = company.clock[0]
    company.clock[0] = datetime(today.year, today.month, today.day, hour - 8, minute, tzinfo=UTC)
    company.advance(days=1)


def recorded(company: Company, who: str, name: str, *phones: str) -> dict[str, Any]:
    """A filing that is through its review."""
    claim = company.file(who, name, *phones, visited=False, **SAID)["claim"]
    company.advance(minutes=5)
    return claim | review(company, "supervisor", claim)["claim"]


def test_a_salespersons_day(story: Company) -> None:
    """Told, reminded and asked for more in the morning; on the phone, at the door and in the shop; recorded by nine."""
    company = story
    given = recorded(company, "colleague", "吴琼", "13810031000")
    company.advance(minutes=5)
    assert assign(company, "supervisor", given["customer"]["id"], "colleague")["refusal"] is None
    lacking = company.file("colleague", "施然", "13810031001", visited=False, **SAID)["claim"]
    company.advance(minutes=5)
    review(company, "supervisor", lacking, outcome="RETURN", missing=["need"], reason="需求不明")

    # Half past eight: what am I told, by when must I call whom, what came back?
    tomorrow(company, 8, 30)
    told = notices(company, "colleague", isRead={"eq": False})
    assert {(one["kind"], one["next"]) for one in told} >= {
        ("CUSTOMER_ASSIGNED", "CONTACT"), ("FILING_RETURNED", "COMPLETE"),
    }  # fmt: skip
    assert reminded(company, "colleague") == [("CONTACT", "2026-11-26", 1)]
    (back,) = nodes(company, "colleague", CLAIMS, filter={"state": {"eq": "RETURNED"}})
    assert back["id"] == lacking["id"]
    read = company.do("colleague", READ, notices=[one["id"] for one in told])["notices"]
    assert len(read) == len(told)
    assert notices(company, "colleague", isRead={"eq": False}) == []

    # Nine: what came back is completed, and waits for the review again.
    more = [{"name": "need", "value": "全屋定制,预算二十万"}]
    current = company.ask("colleague", "query ($id: ID!) { claim(id: $id) { version missing } }", id=lacking["id"])
    done = company.do("colleague", COMPLETE, claim=lacking["id"], other=more,
                      expectedVersion=current.data["claim"]["version"])  # fmt: skip
    assert (done["refusal"], done["claim"]["state"]) == (None, "IN_REVIEW")

    # Ten: the number is looked at for the call, which is written down with what the customer said.
    company.advance(hours=1)
    customer = given["customer"]["id"]
    assert company.reveal("colleague", customer)["contact"]["phones"] == ["+8613810031000"]
    called = company.do("colleague", CONTACT, customer=customer, note="电话沟通", need="改为四室", feedback="周五来看")
    assert called["refusal"] is None
    assert state(company, "colleague", given["id"]) == ("ASSIGNED", None)
    assert reminded(company, "colleague") == []

    # Eleven: somebody new; is the number free? Then they are filed, and the same key files them once.
    company.advance(hours=1)
    assert company.do("colleague", CHECK, phones=["13810031002"])["conflict"] == "FREE"
    key = "00000000-0000-4000-8000-0000000000d1"
    new = [company.file("colleague", "段誉", "13810031002", visited=False, idempotencyKey=key, **SAID) for _ in "12"]
    assert [one["replayed"] for one in new] == [False, True]
    assert new[0]["claim"]["id"] == new[1]["claim"]["id"]

    # Two in the afternoon: the customer is brought in, and signs.
    company.advance(hours=3)
    assert company.do("colleague", VISIT, customer=customer)["refusal"] is None
    ordered = company.do("colleague", ORDER, customer=customer, amount="120000")
    company.advance(minutes=30)
    signed = company.do("colleague", SIGN, deal=ordered["deal"]["id"], expectedVersion=1, amount="118000")["deal"]
    assert [(one["staff"], one["share"]) for one in signed["credit"]] == [({"name": "员工colleague"}, "100")]

    # Eight in the evening: the visits of the day, in time.
    company.advance(hours=5)
    record = company.do("colleague", VISITED, customer=customer, note="到店签约")["record"]
    assert (record["isLate"], record["finding"]) == (False, "UNVERIFIED")
    (mine,) = figures_of(company, "colleague", "PERSON")
    assert (mine["filings"], mine["visits"], mine["deals"]) == (3, 1, 1)
    words = company.ask("colleague", WORDS, id=customer).data["customer"]["communications"]
    assert words["totalCount"]["value"] >= 1

    # Nine: the day in one's own words, for the supervisor to read.
    today = company.clock[0].date().isoformat()
    diary = company.do("colleague", WRITE, day=today, done="上午打电话,下午到店签约。", customers=[customer])["entry"]
    assert (diary["customers"], diary["viewerCan"]) == ([{"id": customer}], [])
    (handed_in,) = company.ask("colleague", DIARY_ROLL, day=today).data["diaryRoll"]
    assert (handed_in["state"], handed_in["entry"]["id"]) == ("ON_TIME", diary["id"])

    # And out: the token is good for nothing more.
    assert company.ask("colleague", "mutation { logOut { replayed: __typename } }").codes == []
    assert company.ask("colleague", CUSTOMERS).codes == ["UNAUTHENTICATED"]


def test_a_supervisors_day(story: Company) -> None:
    """What waits for a word, who is late with a call, whom to phone; every word given; the figures at the end."""
    company = story
    late = recorded(company, "seller", "柯镇", "13810032000")
    company.advance(minutes=5)
    assert assign(company, "supervisor", late["customer"]["id"], "seller")["refusal"] is None
    for _ in range(3):
        tomorrow(company, 10)
    moved = recorded(company, "seller", "程英", "13810032001")
    assert correct(company, "seller", moved, wechat="chengying88")["refusal"] is None
    filed: list[dict[str, Any]] = []
    for name, phone in (("陆无双", "13810032002"), ("公孙", "13810032003"), ("虚构", "13810032004")):
        company.advance(minutes=1)
        filed.append(company.file("seller", name, phone, visited=False, **SAID)["claim"])
    visit = company.do("seller", VISITED, customer=moved["customer"]["id"], note="上门量房")["record"]

    company.do("seller", WRITE, day=company.clock[0].date().isoformat(), done="量房两家,报备三家。")

    # Morning: the queue, the oldest first; who is overdue; the round by phone; what was put right.
    tomorrow(company, 8, 30)
    waiting = [one["claim"]["id"] for one in queue(company, "supervisor")]
    assert [one for one in waiting if one in {claim["id"] for claim in filed}] == [claim["id"] for claim in filed]
    overdue = nodes(company, "supervisor", CLAIMS, filter={"state": {"eq": "OVERDUE"}})
    assert [one["id"] for one in overdue] == [late["id"]]
    assert late["id"] in {one["claim"]["id"] for one in nodes(company, "supervisor", ROUND)}
    assert nodes(company, "supervisor", CORRECTIONS)
    assert notices(company, "supervisor", isRead={"eq": False})

    # Nine: one is good, one lacks something, one is made up; each filer hears which.
    good, lacking, false = filed
    assert review(company, "supervisor", good)["claim"]["state"] == "RECORDED"
    back = review(company, "supervisor", lacking, outcome="RETURN", missing=["feedback"], reason="缺反馈")
    assert back["claim"]["state"] == "RETURNED"
    gone = review(company, "supervisor", false, outcome="REJECT", reason="查无此人")
    assert gone["claim"]["state"] == "REJECTED"
    heard = {one["kind"] for one in notices(company, "seller", isRead={"eq": False})}
    assert {"FILING_APPROVED", "FILING_RETURNED", "FILING_REJECTED"} <= heard

    # Ten: the good one is dispatched; whoever is late loses the customer to somebody who calls.
    company.advance(hours=1)
    assert assign(company, "supervisor", good["customer"]["id"], "seller")["refusal"] is None
    taken = company.do("supervisor", TAKE_BACK, customer=late["customer"]["id"],
                       expectedVersion=version(company, "supervisor", late["customer"]["id"]))  # fmt: skip
    assert taken["refusal"] is None
    company.advance(minutes=5)
    assert assign(company, "supervisor", late["customer"]["id"], "seller", reason="限今日联系")["refusal"] is None

    # Eleven: was the visit paid? The customer says so. And the phone round.
    company.advance(hours=1)
    assert company.do("supervisor", VERIFY, record=visit["id"], isTrue=True)["record"]["finding"] == "VERIFIED"
    said = {"claim": good["id"], "status": "ORDER_EXPECTED", "note": "周末下单"}
    assert company.do("supervisor", TRACK, **said)["refusal"] is None

    # Noon: what the team wrote of yesterday is read, and received.
    unread = {"isReceived": {"eq": False}, "by": {"eq": company.staff("seller")}}
    (diary,) = nodes(company, "supervisor", ENTRIES, filter=unread)
    assert diary["done"] == "量房两家,报备三家。"
    assert company.do("supervisor", RECEIVE, report=diary["id"])["entry"]["receivedBy"] == {"number": "S004"}

    # Afternoon: who looked at what, and why.
    company.reveal("seller", good["customer"]["id"], note="约量房")
    (seen,) = nodes(company, "supervisor", LOG, filter={"customer": {"eq": good["customer"]["id"]},
                                                        "tag": {"eq": "contact:reveal"}})  # fmt: skip
    assert (seen["actor"], seen["note"]) == ({"number": "S001"}, "约量房")

    # Closing: nothing of today waits, and the week's figures.
    assert not {claim["id"] for claim in filed} & {one["claim"]["id"] for one in queue(company, "supervisor")}
    team = {one["staff"]["number"]: one for one in figures_of(company, "supervisor", "PERSON")}
    assert (team["S001"]["filings"], team["S001"]["recordedVisits"]) == (5, 1)
    weeks = figures_of(company, "supervisor", "WEEK")
    assert sum(one["filings"] for one in weeks) >= 5


def test_an_archivists_day(story: Company) -> None:
    """What is through is filed with its scans and sealed; what is wrong is put right beside it; the day is closed."""
    company = story
    tomorrow(company, 9)
    first = recorded(company, "seller", "一灯", "13810033000")
    second = recorded(company, "seller", "一灯", "13810033001")

    # Morning: what is through its review and not filed yet; which days were left open.
    tomorrow(company, 8, 30)
    ready = {one["id"]: one for one in nodes(company, "archivist", TO_FILE, filter={
        "state": {"in": ["RECORDED", "ASSIGNED", "OVERDUE"]},
    })}  # fmt: skip
    assert {first["id"], second["id"]} <= set(ready)
    assert all("ARCHIVE_CLAIM" in one["viewerCan"] for one in ready.values())

    # The complete record is filed with its scans, and sealed.
    done = archive(company, ready[first["id"]], scans=[SCAN, OTHER], note="原件存三号柜")
    assert (done["refusal"], done["claim"]["state"]) == (None, "ARCHIVED")
    entry = done["entry"]
    assert archive(company, done["claim"])["refusal"]["code"] == "NOT_IN_STATE"

    # A page was missing: a new entry beside it, and what it corrects stands as it was.
    company.advance(hours=1)
    right = company.do("archivist", CORRECT, entry=entry["id"], expectedVersion=done["claim"]["version"],
                       note="补第二页", scans=[OTHER])  # fmt: skip
    assert right["entry"]["corrects"]["id"] == entry["id"]
    by_customer = {"customer": {"eq": first["customer"]["id"]}}
    assert [one["corrects"] is None for one in nodes(company, "archivist", FOUND, filter=by_customer)] == [False, True]

    # Two numbers, one person: made one with a reason, and parted again when it was two after all.
    found = company.do("archivist", FIND, name="一灯")["customers"]
    assert {one["id"] for one in found} == {first["customer"]["id"], second["customer"]["id"]}
    one, other = first["customer"]["id"], second["customer"]["id"]

    def current(customer: str) -> int:
        return company.ask("archivist", VERSION, id=customer).data["customer"]["version"]

    both = {"customer": other, "into": one, "expectedVersion": current(other), "intoVersion": current(one)}
    assert company.do("archivist", LINK, **both, reason="同一人,两个号码")["refusal"] is None
    company.advance(hours=1)
    parted = company.do("archivist", SPLIT, claim=second["id"], expectedVersion=current(one), reason="兄弟二人")
    assert (parted["refusal"], parted["customer"]["id"]) == (None, other)

    # Closing: the day's sheets, scanned; nothing of today is open.
    company.advance(hours=6)
    company.file("seller", "瑛姑", "13810033002", visited=False, **SAID)
    today = company.clock[0].date().isoformat()
    register = company.ask("archivist", DAYS, **{"from": today, "to": today}).data["registerDays"]
    assert [(row["state"], row["filings"], row["covered"]) for row in register] == [("OPEN", 1, 0)]
    closed = company.do("archivist", CLOSE, day=today, scans=[SCAN])["registerDay"]
    assert (closed["state"], closed["covered"], closed["closedBy"]) == ("CLOSED", 1, {"number": "S006"})

"""The first morning: who files, sees, reveals, checks, disputes and reads the log, and who is refused.

Every mutation of the schema appears in some story here.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.company import FILE, MORNING, REVEAL

if TYPE_CHECKING:
    from tests.company import Company

CUSTOMERS = """query ($filter: CustomerFilter) { customers(first: 50, filter: $filter) {
  totalCount { value isExact } nodes { id version name { display isMasked canReveal }
    phones { display isMasked canReveal }
  wechat { display isMasked } email { display } address { display } building { display }
  holder { staff { number } team { name } since protectedUntil ruling { digest } } viewerCan } } }"""
HOLDER = """query ($id: ID!, $asOf: DateTime, $knownAt: DateTime) { customer(id: $id) {
  holder(asOf: $asOf, knownAt: $knownAt) { staff { number } team { name } since protectedUntil ruling {
    digest edition { rulebook edition } clauses { id regulation text(language: ZH) }
    outcome { staff { number } protectedUntil }
    grounds { rule kind held reason clause { id text } facts { id kind by { number } } grounds { rule reason } }
    whyNot { rule reason fromDay } } } } }"""
COMPLETE = """mutation ($input: CompleteFilingInput!) { completeFiling(input: $input) {
  claim { id state missing version } refusal { __typename code ... on Stale { version } } replayed } }"""
VISIT = """mutation ($input: RecordVisitInput!) { recordVisit(input: $input) {
  fact { id kind by { number } enteredBy { number } } customer { id holder { staff { number } } } refusal { code path
  ... on InvalidInput { problems { path code } } } replayed } }"""
CONTACT = """mutation ($input: RecordContactInput!) { recordContact(input: $input) {
  fact { kind } customer { holder { protectedUntil } }
  refusal { code path ... on InvalidInput { problems { path code } } } } }"""
CONSENT = """mutation ($input: RecordConsentInput!) { recordConsent(input: $input) {
  fact { kind } refusal { code path clauses { id } } } }"""
CHECK = """mutation ($input: CheckConflictInput!) { checkConflict(input: $input) {
  conflict protectedUntil refusal { code ... on InvalidInput { problems { path code } } } } }"""
FIND = """mutation ($input: FindCustomersInput!) { findCustomers(input: $input) {
  customers { id name { display } } refusal { code ... on InvalidInput { problems { path code } } } } }"""
DISPUTE = """id state version openedAt parties { side label staff { number } team { name } }
  award { at to { number } by { number } } ruling { outcome { staff { number } protectedUntil } grounds { rule } }
  viewerCan customer { id }"""
OPEN = f"""mutation ($input: OpenDisputeInput!) {{ openDispute(input: $input) {{
  dispute {{ {DISPUTE} }} refusal {{ code path }} }} }}"""
SETTLE = f"""mutation ($input: SettleDisputeInput!) {{ settleDispute(input: $input) {{
  dispute {{ {DISPUTE} }} refusal {{ code path ... on Stale {{ version }} }} }} }}"""
LOG = """query ($filter: AccessLogFilter) { accessLog(first: 50, filter: $filter) {
  nodes { id at tag allowed fields purpose note count actor { number } customer { id } } } }"""


def nodes(company: Company, who: str, document: str = CUSTOMERS, **variables: Any) -> list[dict[str, Any]]:
    """What a list shows somebody."""
    (connection,) = company.ask(who, document, **variables).data.values()
    return connection["nodes"]


def seen(company: Company, who: str, customer: str) -> dict[str, Any] | None:
    """A customer as somebody's list shows them."""
    return next((one for one in nodes(company, who) if one["id"] == customer), None)


def test_the_holders_team_sees_the_customer_masked_and_the_holder_with_grounds(company: Company) -> None:
    """A3 A4 A14; wire.md: names legible, contacts masked in one way."""
    customer = company.filed(
        "seller", "王芳", "13812345678", "0571-65681234转8", wechat="wangfang88", email="wf@example.com",
        address="杭州市西湖区文三路90号", building="3幢",
    )  # fmt: skip
    for who in ("seller", "colleague", "supervisor", "archivist", "leader"):
        one = seen(company, who, customer)
        assert one is not None
        assert one["name"]["display"] == "王芳"
        assert [phone["display"] for phone in one["phones"]] == ["1381234****", "0571-6568****"]
        assert one["wechat"] == {"display": "wa****", "isMasked": True}
        assert one["email"]["display"] == "****@example.com"
        assert one["address"]["display"] == "杭州市****"
        assert one["building"]["display"] == "****"
        assert one["holder"]["staff"] == {"number": "S001"}
        assert one["holder"]["team"] == {"name": "红队"}
        assert one["holder"]["protectedUntil"] == "2026-12-24"
        assert one["phones"][0]["canReveal"] is (who in {"seller", "supervisor"})
        ruling = company.ask(who, HOLDER, id=customer).data["customer"]["holder"]["ruling"]
        assert len(ruling["digest"]) == 64
        assert ruling["edition"]["rulebook"] == "onsite"
        assert ruling["outcome"]["staff"] == {"number": "S001"}
        assert {"A3", "A4"} <= {clause["id"] for clause in ruling["clauses"]}
        assert all(clause["text"] for clause in ruling["clauses"])
        assert ruling["grounds"][0]["facts"][0]["by"] == {"number": "S001"}


def test_a_rival_sees_nothing_of_a_customer_whom_they_did_not_file(company: Company) -> None:
    """wire.md: an object that one may not see does not exist."""
    customer = company.filed("seller", "李强", "13911112222")
    for who in ("rival", "rival_supervisor", "store", "designer"):
        assert seen(company, who, customer) is None if who != "designer" else True
        assert company.ask(
            who, "query ($id: ID!) { node(id: $id) { id } customer(id: $id) { id } }", id=customer
        ).data == {
            "node": None,
            "customer": None,
        }


def test_a_second_filing_is_recorded_with_a_refusal_that_names_the_clause_and_nobody(company: Company) -> None:
    """A28 A29; house.md: to a team that does not hold, protection alone."""
    customer = company.filed("seller", "赵敏", "13700001111")
    refused = company.file("rival", "赵敏", "137 0000 1111")
    assert refused["claim"]["customer"]["id"] == customer
    assert refused["claim"]["state"] == "RECORDED"
    assert refused["refusal"]["code"] == "EARLIER_VISIT_HOLDS"
    assert "A29" in {clause["id"] for clause in refused["refusal"]["clauses"]}
    assert "S001" not in str(refused)
    one = seen(company, "rival", customer)
    assert one is not None
    assert one["holder"] == {
        "staff": None, "team": None, "since": None, "protectedUntil": "2026-12-24", "ruling": None,
    }  # fmt: skip
    later = company.ask("rival", HOLDER, id=customer, asOf=MORNING.isoformat()).data["customer"]["holder"]
    assert later["staff"] is None
    assert later["ruling"] is None


def test_of_two_who_file_one_phone_at_one_instant_one_holds(company: Company) -> None:
    """A28 A29: the other's filing is recorded, with a typed refusal."""
    at = company.clock[0].isoformat()

    async def both() -> list[Any]:
        given = {"name": "双", "phones": ["13622223333"], "visitedAt": at}
        return await asyncio.gather(
            *(company.asking(who, FILE, input=given | {"idempotencyKey": str(uuid4())}) for who in ("seller", "rival"))
        )

    payloads = [answer.data["fileClaim"] for answer in company.run(both)]
    assert {payload["claim"]["state"] for payload in payloads} == {"RECORDED"}
    assert len({payload["claim"]["customer"]["id"] for payload in payloads}) == 1
    refusals = [payload["refusal"] for payload in payloads if payload["refusal"]]
    assert len(refusals) == 1
    assert refusals[0]["clauses"]
    assert not {"S001", "S003", "员工seller", "员工rival"} & set(str(refusals[0]).split("'"))


def test_a_reveal_leaves_its_entry_and_the_supervisor_reads_it(company: Company) -> None:
    """B10 B11; log.md: who saw this customer, when, why."""
    customer = company.filed("seller", "孙丽", "13812340000 转 12", wechat="sunli_1990")
    shown = company.reveal("seller", customer, "NAME", "PHONES", "WECHAT", note="周五看房")
    assert shown["refusal"] is None
    assert shown["contact"]["name"] == "孙丽"
    assert shown["contact"]["phones"] == ["+8613812340000"]
    assert shown["contact"]["extensions"] == ["12"]
    assert shown["contact"]["wechat"] == "sunli_1990"
    assert shown["contact"]["email"] is None
    entry = shown["accessEntry"]
    assert (entry["tag"], entry["allowed"], entry["purpose"], entry["note"]) == (
        "contact:reveal", True, "FOLLOW_UP", "周五看房",
    )  # fmt: skip
    found = nodes(company, "supervisor", LOG, filter={"customer": {"eq": customer}, "tag": {"eq": "contact:reveal"}})
    assert [one["id"] for one in found] == [entry["id"]]
    assert found[0]["actor"] == {"number": "S001"}
    assert found[0]["fields"] == ["NAME", "PHONES", "WECHAT"]
    assert found[0]["note"] == "周五看房"
    assert entry["id"] not in {one["id"] for one in nodes(company, "rival_supervisor", LOG)}
    assert entry["id"] in {one["id"] for one in nodes(company, "auditor", LOG)}
    read = nodes(company, "supervisor", LOG, filter={"tag": {"eq": "log:read"}})
    assert read
    assert {one["actor"]["number"] for one in read} == {"S004"}


def test_who_may_not_reveal_is_refused_and_the_refusal_is_logged(company: Company) -> None:
    """B11: those they hold or filed; the team's; nothing without a grant."""
    customer = company.filed("seller", "周杰", "13655556666")
    for who in ("colleague", "rival", "rival_supervisor", "store"):
        refused = company.reveal(who, customer)
        assert refused == {
            "contact": None, "accessEntry": None, "refusal": {"code": "NOT_FOUND", "path": ["customer"]},
        }, who  # fmt: skip
    given = {"customer": customer, "fields": ["PHONES"], "purpose": "LEGAL_REQUEST"}
    for who in ("archivist", "service", "leader"):
        refused = company.do(who, REVEAL, **given)
        assert (refused["contact"], refused["accessEntry"]) == (None, None), who
        assert refused["refusal"]["code"] == "GRANT_NEEDED", who
    for who in ("reception", "auditor", "custodian", "developer"):
        answer = company.ask(who, REVEAL, input=given)
        assert (answer.status, answer.codes) == (403, ["FORBIDDEN"]), who
    assert company.reveal("supervisor", customer)["contact"]["phones"] == ["+8613655556666"]
    attempts = nodes(company, "supervisor", LOG, filter={"customer": {"eq": customer}, "allowed": {"eq": False}})
    assert {one["actor"]["number"] for one in attempts} == {
        "S002", "S003", "S005", "S006", "S008", "S009", "S011",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"fields": []}, {"path": ["fields"], "code": "REQUIRED"}),
        ({"note": "x" * 201}, {"path": ["note"], "code": "TOO_LONG"}),
        ({"note": "打 138 1234 5678 联系"}, {"path": ["note"], "code": "SENSITIVE_NUMBER"}),
        ({"note": "0571-65681234"}, {"path": ["note"], "code": "SENSITIVE_NUMBER"}),
        ({"note": "身份证 11010519491231002X"}, {"path": ["note"], "code": "SENSITIVE_NUMBER"}),
        ({"note": "a\x00b"}, {"path": ["note"], "code": "INVALID_TEXT"}),
    ],
)
def test_a_reveal_without_a_field_or_with_a_number_in_its_note_is_refused(
    company: Company, given: dict[str, Any], problem: dict[str, Any]
) -> None:
    """leaks.md 64: a note holds no phone and no identity number, and 200 characters at most."""
    customer = company.filed("seller", "吴刚", "13633334444")
    before = len(nodes(company, "auditor", LOG, filter={"tag": {"eq": "contact:reveal"}}))
    refused = company.do(
        "seller", REVEAL, **{"customer": customer, "fields": ["PHONES"], "purpose": "CONTRACT"} | given
    )
    assert refused["refusal"] == {"code": "INVALID_INPUT", "path": None, "problems": [problem]}
    assert refused["contact"] is None
    assert len(nodes(company, "auditor", LOG, filter={"tag": {"eq": "contact:reveal"}})) == before


def test_reception_files_and_registers_visits_for_salespeople_and_sees_no_contact(company: Company) -> None:
    """A6; wire.md: all, public fields; no ruling, no reveal."""
    filed = company.file("reception", "郑爽", "13577778888", visited=False, claimant=company.staff("seller"))
    assert filed["refusal"]["code"] == "NO_VISIT_THAT_DAY"
    customer = filed["claim"]["customer"]["id"]
    visit = company.do("reception", VISIT, customer=customer, by=company.staff("seller"))
    assert visit["refusal"] is None
    assert visit["fact"]["by"] == {"number": "S001"}
    assert visit["fact"]["enteredBy"] == {"number": "S007"}
    one = seen(company, "reception", customer)
    assert one is not None
    assert one["name"] == {"display": "****", "isMasked": True, "canReveal": False}
    assert one["phones"] == []
    assert (one["wechat"], one["email"], one["address"], one["building"]) == (None, None, None, None)
    assert one["holder"]["ruling"] is None
    held = seen(company, "seller", customer)
    assert held is not None
    assert held["holder"]["staff"] == {"number": "S001"}
    for document in ("{ disputes(first: 1) { nodes { id } } }", "{ accessLog(first: 1) { nodes { id } } }"):
        assert company.ask("reception", document).codes == ["FORBIDDEN"]
    assert company.ask("reception", FIND, input={"name": "郑爽"}).codes == ["FORBIDDEN"]


def test_a_claimant_completes_what_was_missing(company: Company) -> None:
    """A7 and rules.md 3; the version is asked for, and an old one is stale."""
    filed = company.file("seller", "冯涛")
    claim = filed["claim"]
    assert (claim["state"], claim["missing"], filed["refusal"]["code"]) == ("RETURNED", ["phone"], "INCOMPLETE")
    stale = company.do("seller", COMPLETE, claim=claim["id"], expectedVersion=7, phones=["13500009999"])
    assert stale["refusal"] == {"__typename": "Stale", "code": "STALE", "version": 1}
    own = company.ask("seller", "query ($id: ID!) { claim(id: $id) { version viewerCan } }", id=claim["id"])
    assert own.data["claim"] == {"version": 1, "viewerCan": ["COMPLETE_FILING"]}
    foreign = company.do("rival", COMPLETE, claim=claim["id"], expectedVersion=1, phones=["13500009999"])
    assert foreign["refusal"]["code"] == "NOT_FOUND"
    completed = company.do("seller", COMPLETE, claim=claim["id"], expectedVersion=1, phones=["13500009999"])
    assert completed["refusal"] is None
    assert completed["claim"] == {"id": claim["id"], "state": "RECORDED", "missing": [], "version": 2}
    assert company.reveal("seller", filed["claim"]["customer"]["id"])["contact"]["phones"] == ["+8613500009999"]


def test_a_search_finds_ones_own_and_nobody_elses(company: Company) -> None:
    """E7; wire.md: exact phone or name, visible rows only; each search leaves its entry."""
    customer = company.filed("seller", "蒋梦", "13299998888")
    for given in ({"phone": "132 9999 8888"}, {"name": " 蒋梦 "}, {"phone": "13299998888", "name": "蒋梦"}):
        for who in ("seller", "colleague", "supervisor", "archivist", "service"):
            found = company.do(who, FIND, **given)
            assert [one["id"] for one in found["customers"]] == [customer], (who, given)
        assert company.do("rival", FIND, **given)["customers"] == []
    assert company.do("seller", FIND, phone="13299998888", name="别人")["customers"] == []
    assert company.do("seller", FIND, name="蒋")["customers"] == []
    for given in ({}, {"name": "  "}, {"phone": "1329999****"}, {"phone": ""}, {"phone": 13299998888}):
        assert company.do("seller", FIND, **given)["refusal"]["code"] == "INVALID_INPUT"
    # A phone that a rival alone has filed is no way to a customer whom one has filed by another.
    company.file("rival", "蒋梦", "13299998888", "13299997777")
    assert company.do("seller", FIND, phone="13299997777")["customers"] == []
    assert [one["id"] for one in company.do("rival", FIND, phone="13299997777")["customers"]] == [customer]
    searched = nodes(company, "auditor", LOG, filter={"tag": {"eq": "customer:find"}})
    assert {"S001", "S003", "S008"} <= {one["actor"]["number"] for one in searched}


def test_a_number_that_shows_two_customers_to_be_one_links_them(company: Company) -> None:
    """house.md, Who is one customer: what was sealed before opens after; either reference names the one."""
    one = company.filed("seller", "合一", "13100000001", email="one@example.com")
    other = company.file("seller", "合一", "13100000002", wechat="heyi_0002")["claim"]
    both = company.do(
        "seller", COMPLETE, claim=other["id"], expectedVersion=1, phones=["13100000002", "13100000001 转 9"]
    )  # fmt: skip
    assert both["refusal"] is None
    show = "query ($id: ID!) { customer(id: $id) { id } node(id: $id) { id } }"
    root = company.ask("seller", show, id=one).data["customer"]["id"]
    assert root in {one, other["customer"]["id"]}
    for reference in (one, other["customer"]["id"]):
        shown = company.ask("seller", show, id=reference)
        assert shown.data == {"customer": {"id": root}, "node": {"id": root}}
        contact = company.reveal("seller", reference, "NAME", "PHONES", "EMAIL", "WECHAT")["contact"]
        assert sorted(contact["phones"]) == ["+8613100000001", "+8613100000002"]
        assert contact["email"] == "one@example.com"
        assert contact["wechat"] == "heyi_0002"
    listed = [node["id"] for node in nodes(company, "seller")]
    assert [id_ for id_ in listed if id_ in {one, other["customer"]["id"]}] == [root]
    found = nodes(company, "supervisor", LOG, filter={"customer": {"eq": root}, "tag": {"eq": "contact:reveal"}})
    assert len(found) == 2


def test_whoever_sees_all_leaves_a_trace_with_the_team_that_they_looked_at(company: Company) -> None:
    """log.md: the subject's team, so that its supervisor reads it."""
    customer = company.filed("seller", "被看", "13100000003")
    company.ask("archivist", "query ($id: ID!) { customer(id: $id) { name { display } } }", id=customer)
    found = nodes(company, "supervisor", LOG, filter={"customer": {"eq": customer}, "tag": {"eq": "customer:show"}})
    assert [entry["actor"] for entry in found] == [{"number": "S006"}]
    entry = found[0]["id"]
    show = "query ($id: ID!) { node(id: $id) { id ... on AccessEntry { tag count customer { id } } } }"
    assert company.ask("supervisor", show, id=entry).data["node"] == {
        "id": entry, "tag": "customer:show", "count": 1, "customer": {"id": customer},
    }  # fmt: skip
    for who in ("rival_supervisor", "seller", "archivist", "custodian"):
        assert company.ask(who, show, id=entry).data["node"] is None, who
    assert company.ask("auditor", show, id=entry).data["node"]["customer"] is None


def test_the_same_key_does_an_act_once(company: Company) -> None:
    """wire.md, Twice: the entity under today's rights; other input is a conflict; the key is its actor's own."""
    key, at = str(uuid4()), company.clock[0].isoformat()
    given = {"idempotencyKey": key, "name": "许晴", "phones": ["13077776666"], "visitedAt": at}
    first = company.do("seller", FILE, **given)
    again = company.do("seller", FILE, **given)
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again["claim"] == first["claim"]
    assert company.ask("seller", FILE, input=given | {"name": "别人"}).codes == ["IDEMPOTENCY_CONFLICT"]
    other = company.do("colleague", FILE, **given)
    assert other["replayed"] is False
    assert other["claim"]["id"] != first["claim"]["id"]


def test_who_has_no_part_in_the_register_sees_none_of_it(company: Company) -> None:
    """Separation of duties: key custodian, system administrator, developer; the auditor has the log alone."""
    company.file("seller", "无关", "13066665555")
    for who in ("custodian", "administrator", "developer", "auditor"):
        for root in ("customers", "claims", "disputes"):
            answer = company.ask(who, f"{{ {root}(first: 1) {{ nodes {{ id }} }} }}")
            assert (answer.status, answer.codes) == (403, ["FORBIDDEN"]), (who, root)
    assert company.ask("custodian", FILE, input={"idempotencyKey": str(uuid4()), "name": "x"}).codes == ["FORBIDDEN"]
    assert company.ask("custodian", "{ staff(first: 1) { nodes { id } } }").codes == ["FORBIDDEN"]
    assert (
        company.ask("custodian", "{ me { staff { number role } viewerCan } }").data["me"]["staff"]["number"] == "S014"
    )
    entry = nodes(company, "auditor", LOG)[0]
    assert entry["customer"] is None


def test_the_people_and_teams_of_the_company_are_known_to_who_works_with_them(company: Company) -> None:
    """wire.md: staff, teams; a designer knows themself alone."""
    shown = company.ask(
        "seller", "{ staff(first: 100) { nodes { id number name role team { id name } } } teams { id name } }"
    )
    assert len(shown.data["staff"]["nodes"]) == 16
    assert [team["name"] for team in shown.data["teams"]] == sorted(["红队", "蓝队"])
    narrowed = "query ($f: StaffFilter) { staff(first: 9, filter: $f) { nodes { number } totalCount { value } } }"
    red = company.teams["红队"]
    found = company.ask("seller", narrowed, f={"role": {"eq": "SALESPERSON"}, "team": {"eq": f"tea_{red.hex}"}}).data
    assert [one["number"] for one in found["staff"]["nodes"]] == ["S001", "S002"]
    own = company.ask("designer", "{ staff(first: 100) { nodes { number } } teams { id } }").data
    assert own == {"staff": {"nodes": [{"number": "S010"}]}, "teams": []}


def test_somebody_changes_their_password_and_signs_out(company: Company) -> None:
    """B14: a wrong old password changes nothing; the session that asks can end itself."""
    change = "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { refusal { code message } } }"
    refused = company.do("store", change, oldPassword="wrong", newPassword="correct horse battery")
    assert refused["refusal"]["code"] == "WRONG_CREDENTIALS"
    log_in = "mutation ($input: LogInInput!) { logIn(input: $input) { token refusal { code } } }"
    unknown = company.ask(None, log_in, input={"login": "nobody\x00", "password": "x"}).data["logIn"]
    assert unknown == {"token": None, "refusal": {"code": "WRONG_CREDENTIALS"}}
    assert company.ask("administrator", "mutation { logOut { ended } }").data["logOut"]["ended"] is True
    assert company.ask("administrator", "{ me { staff { id } } }").codes == ["UNAUTHENTICATED"]

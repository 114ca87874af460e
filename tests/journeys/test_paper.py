"""Paper: the register form, the receipt and the ruling on one sheet of A4 each, lists out, and the blank register.

The ruling names edition, digest and grounds; contacts are masked; whoever sees nothing gets no paper of it.
"""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from typing import TYPE_CHECKING

from openpyxl import load_workbook

from api import lists, prints
from api.pages import POLICY
from tests.journeys.test_proceedings import OPEN, SETTLE
from tests.journeys.test_the_first_morning import HOLDER, LOG, nodes

if TYPE_CHECKING:
    import httpx
    import pytest

    from tests.company import Company

HOSTILE = "</td><script>alert(1)</script>\u202e王<b>"
PAGES = ("register", "receipt", "ruling")


def fetched(company: Company, who: str | None, path: str, language: str = "zh-CN") -> httpx.Response:
    """Fetch a path as somebody."""
    sent = {"accept-language": language} | ({"authorization": f"Bearer {company.tokens[who]}"} if who else {})

    async def get() -> httpx.Response:
        return await company.http.get(path, headers=sent)

    return company.run(get)


def cells(answer: httpx.Response) -> dict[str, str]:
    """The rows of a page: names and values."""
    found = re.findall(r"<tr><th><bdi>(.*?)</bdi></th><td><bdi>(.*?)</bdi></td></tr>", answer.text)
    return {unescape(name): unescape(value) for name, value in found}


class _Tags(HTMLParser):
    """Collects what a page consists of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect one."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_a_filing_is_printed_as_form_receipt_and_ruling(company: Company) -> None:
    """In Chinese, one sheet each; contacts masked; the ruling with edition, digest and clauses."""
    filed = company.file("seller", "王芳", "13812345678", wechat="wangfang88", address="杭州市西湖区文三路90号")
    claim, customer = filed["claim"]["id"], filed["claim"]["customer"]["id"]
    form, receipt, ruling = (fetched(company, "seller", f"/print/claims/{claim}/{page}") for page in PAGES)
    for answer in (form, receipt, ruling):
        assert answer.status_code == 200
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-language"] == "zh-CN"
        assert "size: A4" in answer.text
        assert "12345678" not in answer.text
        assert "文三路90号" not in answer.text
        assert _Tags(answer.text).tags <= {
            "html", "head", "meta", "title", "style", "body", "div", "h1", "p", "table", "tr", "th", "td", "bdi",
        }  # fmt: skip
        assert _Tags(answer.text).attributes <= {"lang", "charset", "class"}
    assert "<h1><bdi>客户登记表</bdi></h1>" in form.text
    assert "<h1><bdi>报备回执</bdi></h1>" in receipt.text
    assert "<h1><bdi>裁决书</bdi></h1>" in ruling.text
    said = cells(form)
    assert (said["客户姓名"], said["联系电话"]) == ("王芳", "1381234****")
    assert (said["报备人"], said["报备渠道"]) == ("员工seller (S001) · 红队", "现场")
    assert said["登记时间"] == "2026-11-24 09:00"
    assert (cells(receipt)["状态"], cells(receipt)["尚缺内容"]) == ("已登记", "无")
    decided = company.ask("seller", HOLDER, id=customer).data["customer"]["holder"]["ruling"]
    assert decided["edition"]["edition"] in cells(ruling)["适用办法及版本"]
    assert re.fullmatch(r"[0-9a-f]{16,}", cells(ruling)["裁决摘要"])
    assert "A4" in cells(ruling)["依据条款"].split()
    assert any(name.endswith("成立") for name in cells(ruling))
    english = fetched(company, "seller", f"/print/claims/{claim}/receipt", "en")
    assert (english.headers["content-language"], cells(english)["State"]) == ("en", "Recorded")


def test_nobody_prints_what_they_do_not_see_and_each_paper_is_logged(company: Company) -> None:
    """The same guard as everywhere: an unknown id and another's are one answer; what is withheld is a blank."""
    claim = company.file("seller", "李四", "13812345670")["claim"]["id"]
    for page in PAGES:
        path = f"/print/claims/{claim}/{page}"
        anonymous, foreign = fetched(company, None, path), fetched(company, "rival", path)
        unknown = fetched(company, "rival", f"/print/claims/clm_{'0' * 32}/{page}")
        assert (anonymous.status_code, anonymous.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
        assert (foreign.status_code, unknown.status_code) == (404, 404)
        for answer in (foreign, unknown):
            (error,) = answer.json()["errors"]
            assert error["extensions"]["code"] == "NOT_FOUND"
        assert fetched(company, "developer", path).status_code in {403, 404}
    seen = fetched(company, "reception", f"/print/claims/{claim}/ruling")
    assert cells(seen)["裁决结果"] == "不对当前用户显示"
    assert "李四" not in seen.text
    fetched(company, "colleague", f"/print/claims/{claim}/receipt")
    (entry,) = [one for one in nodes(company, "supervisor", LOG, filter={"tag": {"eq": "print:receipt"}})
                if one["actor"] == {"number": "S002"}]  # fmt: skip
    assert entry["allowed"] is True


def test_hostile_words_are_words_and_the_longest_filing_fits(company: Company) -> None:
    """A name of markup is its text; every field at its longest still is one sheet."""
    filed = company.file(
        "seller", HOSTILE, *[f"138123{number:05}" for number in range(10)], wechat="w" * 20, email="e" * 60 + "@e.com",
        address="长" * 200, building="楼" * 50,
    )  # fmt: skip
    assert filed["claim"] is not None, filed
    for page in PAGES:
        answer = fetched(company, "seller", f"/print/claims/{filed['claim']['id']}/{page}")
        assert answer.status_code == 200
        assert "script" not in _Tags(answer.text).tags
        assert "\u202e" not in answer.text
        assert "alert(1)" in cells(answer)["客户姓名"]


def test_a_dispute_is_printed_with_its_award_and_its_ruling_as_it_stood(company: Company) -> None:
    """A31 H20: by whom, for whom, whether it departs; the other side is unnamed until then."""
    customer = company.filed("seller", "赵六", "13812345672")
    company.file("rival", "赵六", "13812345672")
    dispute = company.do("rival", OPEN, customer=customer, statement="客户先找的我")["dispute"]["id"]
    before = fetched(company, "rival", f"/print/disputes/{dispute}/ruling")
    assert cells(before)["裁决归属"] == "尚未裁决"
    assert "S001" not in before.text
    award = {"dispute": dispute, "expectedVersion": 1, "side": "OPENER", "reasons": "证据表明客户先由其接触"}
    assert company.do("supervisor", SETTLE, **award)["refusal"] is None
    after = cells(fetched(company, "seller", f"/print/disputes/{dispute}/ruling"))
    assert after["裁决归属"] == "员工rival (S003) · 与系统裁定不同,另附理由"
    assert after["裁决人"] == "员工supervisor (S004)"
    assert fetched(company, "store", f"/print/disputes/{dispute}/ruling").status_code == 404


def test_lists_go_out_masked_bounded_and_logged(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contacts wait for an act of their own: what a list shows is in the workbook, and no cell of it is run."""
    company.file("colleague", '=HYPERLINK("http://x")', "13812345673")
    answer = fetched(company, "seller", "/lists/customers.xlsx")
    assert (answer.status_code, answer.headers["content-type"]) == (200, lists.XLSX)
    assert answer.headers["content-disposition"] == 'attachment; filename="customers.xlsx"'
    table = load_workbook(BytesIO(answer.content)).worksheets[0]
    heads, *rows = [[cell.value for cell in row] for row in table.iter_rows()]
    assert heads[:3] == ["编号", "客户姓名", "联系电话"]
    mine = {row[1]: row for row in rows}
    assert '\'=HYPERLINK("http://x")' in mine
    assert mine['\'=HYPERLINK("http://x")'][2] == "1381234****"
    assert all(cell.data_type != "f" for row in table.iter_rows() for cell in row)
    shown = {one["id"] for one in nodes(company, "seller")}
    assert {row[0] for row in rows} == shown
    assert len(rows) == len(shown)
    (entry,) = nodes(company, "supervisor", LOG, filter={"tag": {"eq": "list:customers"}})
    assert (entry["actor"], entry["count"]) == ({"number": "S001"}, len(rows))

    # More than a list may have: it ends, and says so. English headings on wish.
    monkeypatch.setattr(prints, "A_PAGE", 1)
    monkeypatch.setattr(prints, "MOST_ROWS", 2)
    cut = fetched(company, "seller", "/lists/claims.xlsx", "en")
    table = load_workbook(BytesIO(cut.content)).worksheets[0]
    written = [[cell.value for cell in row] for row in table.iter_rows()]
    assert (len(written), written[0][0], written[-1][0]) == (4, "Number", "There are more rows than a list may have")
    assert fetched(company, None, "/lists/customers.xlsx").status_code == 401
    for who in ("custodian", "developer", "auditor"):
        assert fetched(company, who, "/lists/customers.xlsx").status_code == 403, who


def test_the_blank_register_is_for_whoever_is_signed_in(company: Company) -> None:
    """It holds nobody's data."""
    answer = fetched(company, "seller", "/lists/register-template.xlsx")
    assert load_workbook(BytesIO(answer.content)).sheetnames == ["客户登记表", "填写说明"]
    assert fetched(company, None, "/lists/register-template.xlsx").status_code == 401


def test_a_screen_of_an_origin_on_the_list_may_fetch_paper(company: Company) -> None:
    """A browser asks before it sends a token (Fetch, 4.8); everybody else hears the same No as at `/graphql`."""
    asked = {"origin": "https://evil.example", "access-control-request-method": "GET"}

    async def options(path: str) -> tuple[int, str | None]:
        answer = await company.http.options(path, headers=asked)
        return answer.status_code, answer.headers.get("access-control-allow-origin")

    for path in ("/print/claims/clm_x/receipt", "/lists/customers.xlsx", "/graphql"):
        assert company.run(lambda path=path: options(path)) == (403, None)

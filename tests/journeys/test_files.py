"""A photo as evidence: a ticket asked for, the file put there once, named in a dispute, and read by who decides it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from PIL import Image

from api import files as doors
from records import kept_files, key_states, uploads
from records.connection import transaction
from records.erasure import Ledger, erase
from records.key_needs import needs_of
from records.keys import DATA
from records.moving import FULL_SPEED
from records.rotation import Rotator
from records.sweeping import swept
from tests.api.conftest import lines  # noqa: F401 (a fixture)
from tests.company import at_work
from tests.files import GPS, SHOWN, photo, scan, screenshot
from tests.journeys.test_proceedings import PROVE, SETTLE, opened
from tests.records.test_secrecy import dumped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    import httpx

    from tests.company import Company

REQUEST = """mutation ($input: RequestUploadInput!) { requestUpload(input: $input) {
  ticket { token expiresAt path } replayed
  refusal { code path ... on InvalidInput { problems { path code } } } } }"""
READ = """mutation ($input: ReadPapersInput!) { readPapers(input: $input) {
  papers { kind texts documents { document file { media size } } } refusal { code } } }"""
TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "PDF": "application/pdf"}


@pytest.fixture
def company(given_url: str, tmp_path: Path) -> Iterator[Company]:
    """The company under `onsite`."""
    with at_work(given_url, tmp_path) as found:
        yield found


def ticket(company: Company, who: str, customer: str, data: bytes, media: str = "JPEG") -> str:
    """A ticket for a file."""
    given = company.do(who, REQUEST, customer=customer, media=media, size=len(data))
    assert given["refusal"] is None
    assert given["ticket"]["path"] == "/upload"
    return given["ticket"]["token"]


async def putting(company: Company, who: str | None, token: str | None, data: Any, **headers: str) -> httpx.Response:
    """Put a file, from within the loop."""
    sent = {"content-type": "image/jpeg", "accept-language": "en"} | {
        name.replace("_", "-"): text for name, text in headers.items()
    }
    sent |= {"authorization": f"Bearer {company.tokens[who]}"} if who else {}
    sent |= {"baobei-ticket": token} if token is not None else {}
    return await company.http.put("/upload", content=data, headers=sent)


def put(company: Company, who: str | None, token: str | None, data: Any, **headers: str) -> httpx.Response:
    """Put a file."""
    return company.run(lambda: putting(company, who, token, data, **headers))


def kept(company: Company, who: str, customer: str, data: bytes, media: str = "JPEG") -> str:
    """A file that was kept, by its SHA-256."""
    answer = put(company, who, ticket(company, who, customer, data, media), data, content_type=TYPES[media])
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]["upload"]["document"]


def file(company: Company, who: str | None, of: str, document: str, **more: Any) -> httpx.Response:
    """Ask for a file that papers name."""
    return asked(company, who, {"of": of, "document": document, "purpose": "DISPUTE_REVIEW"} | more)


def asked(company: Company, who: str | None, body: Any) -> httpx.Response:
    """Ask for a file, well or badly."""
    headers = {"authorization": f"Bearer {company.tokens[who]}"} if who else {}
    return company.run(lambda: company.http.post("/file", json=body, headers=headers))


def told(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, which is in the form of every other one."""
    body = answer.json()
    (error,) = body["errors"]
    assert "data" not in body
    assert error["extensions"]["requestId"] == answer.headers["x-request-id"]
    return answer.status_code, error["extensions"]["code"]


def proved(company: Company, who: str, dispute: str, *documents: str) -> None:
    """Evidence that names files."""
    evidence = [{"kind": "PHOTO", "text": "现场照片", "document": document} for document in documents]
    assert company.do(who, PROVE, dispute=dispute, evidence=evidence)["refusal"] is None


def test_a_photo_is_evidence_and_is_read_by_who_decides(company: Company) -> None:
    """A31 H20 leaks.md 60: kept without its place, sealed, logged before it is opened, given to be saved."""
    customer, dispute = opened(company)
    taken = photo(640, 480)
    answer = put(company, "rival", ticket(company, "rival", customer, taken), taken)
    assert answer.status_code == 201
    upload = answer.json()["data"]["upload"]
    assert upload["media"] == "image/jpeg"
    assert upload["document"] != hashlib.sha256(taken).hexdigest()
    proved(company, "rival", dispute, upload["document"])
    asked = {"of": dispute, "purpose": "DISPUTE_REVIEW"}
    papers = company.ask("supervisor", READ, input=asked).data["readPapers"]["papers"]
    named = next(one["documents"] for one in papers if one["kind"] == "EVIDENCE")
    assert named == [{"document": upload["document"], "file": {"media": "JPEG", "size": upload["size"]}}]
    assert [one["documents"] for one in papers if one["kind"] != "EVIDENCE"] == [[]]
    given = file(company, "supervisor", dispute, upload["document"])
    assert given.status_code == 200
    assert (given.headers["content-type"], given.headers["content-disposition"]) == (
        "image/jpeg", 'attachment; filename="evidence.jpg"',
    )  # fmt: skip
    assert (given.headers["x-content-type-options"], given.headers["cache-control"]) == ("nosniff", "no-store")
    assert hashlib.sha256(given.content).hexdigest() == upload["document"]
    assert len(given.content) == upload["size"]
    assert GPS.encode() not in given.content
    assert Image.open(io.BytesIO(given.content)).size == (640, 480)
    tags = [row["tag"] for row in company.sql("SELECT tag FROM access_log ORDER BY at")]
    assert {"upload:request", "upload:keep", "papers:read", "papers:open_file"} <= set(tags)
    settled = company.do("supervisor", SETTLE, dispute=dispute, expectedVersion=1, side="OPENER", reasons="照片可证")
    assert settled["refusal"] is None
    assert company.sql("SELECT count(*) AS n FROM fact WHERE kind = 'upload'")[0]["n"] == 1


def test_a_file_is_given_to_who_may_read_its_paper_and_to_nobody_else(company: Company) -> None:
    """leaks.md 29: unknown, foreign and unnamed are one answer, and each leaves its entry."""
    customer, dispute = opened(company)
    mine, theirs = kept(company, "rival", customer, photo()), kept(company, "seller", customer, screenshot(), "PNG")
    unnamed = kept(company, "rival", customer, scan(), "PDF")
    proved(company, "rival", dispute, mine)
    proved(company, "seller", dispute, theirs)
    assert file(company, "rival", dispute, mine).status_code == 200
    assert file(company, "supervisor", dispute, theirs.upper()).headers["content-type"] == "image/png"
    denied = "SELECT count(*) AS n FROM access_log WHERE tag = 'papers:open_file' AND NOT allowed"
    before = company.sql(denied)[0]["n"]
    wrong = [
        ("rival", dispute, theirs), ("seller", dispute, mine), ("store", dispute, mine),
        ("supervisor", dispute, unnamed), ("supervisor", dispute, "0" * 64), ("supervisor", dispute, "x"),
        ("supervisor", customer, mine),
        ("supervisor", "dis_" + "0" * 32, mine), ("rival", "", ""),
    ]  # fmt: skip
    assert {told(file(company, *one)) for one in wrong} == {(404, "NOT_FOUND")}
    assert company.sql(denied)[0]["n"] - before == len(wrong)
    # Whoever learns the SHA-256 of another's file and names it as theirs does not get it.
    proved(company, "seller", dispute, mine)
    assert told(file(company, "seller", dispute, mine)) == (404, "NOT_FOUND")
    for who in ("reception", "auditor", "custodian", "designer"):
        assert told(file(company, who, dispute, mine)) == (403, "FORBIDDEN")
    assert told(file(company, None, dispute, mine)) == (401, "UNAUTHENTICATED")
    whole = {"of": dispute, "document": mine, "purpose": "DISPUTE_REVIEW"}
    for more in ({"purpose": "x"}, {"purpose": ["x"]}, {"of": 1}, {"document": None}, {"note": 3}, {"more": 1}):
        assert told(asked(company, "rival", whole | more)) == (400, "BAD_USER_INPUT")
    assert told(asked(company, "rival", [whole])) == (400, "BAD_USER_INPUT")
    assert told(file(company, "rival", dispute, mine, note="电话13812345678")) == (400, "BAD_USER_INPUT")
    form = company.run(lambda: company.http.post("/file", data={"of": dispute}))
    assert told(form) == (415, "BAD_USER_INPUT")
    assert told(company.run(lambda: company.http.get("/file"))) == (405, "BAD_USER_INPUT")


def test_a_ticket_is_asked_for_once_and_says_the_same_again(company: Company) -> None:
    """wire.md, Twice: by the idempotency key; of the token the book keeps a hash."""
    customer, _ = opened(company)
    given = {"idempotencyKey": str(uuid4()), "customer": customer, "media": "PDF", "size": 20 * 2**20}
    first, second = company.do("rival", REQUEST, **given), company.do("rival", REQUEST, **given)
    assert (first["replayed"], second["replayed"]) == (False, True)
    assert first["ticket"] == second["ticket"]
    assert company.ask("rival", REQUEST, input=given | {"size": 5}).codes == ["IDEMPOTENCY_CONFLICT"]
    other = company.do("seller", REQUEST, **given)
    assert other["ticket"]["token"] != first["ticket"]["token"]
    rows = company.sql("SELECT row_to_json(u)::text AS text FROM upload u")
    assert first["ticket"]["token"] not in str(rows)
    for size in (0, -1, 20 * 2**20 + 1):
        refused = company.do("rival", REQUEST, customer=customer, media="PDF", size=size)
        assert refused["refusal"]["problems"] == [{"path": ["size"], "code": "OUT_OF_RANGE"}]
    for foreign in ("cus_" + "0" * 32, "x", company.filed("seller", "李雷", "13912345678")):
        refused = company.do("rival", REQUEST, customer=foreign, media="PDF", size=5)
        assert (refused["ticket"], refused["refusal"]["code"]) == (None, "NOT_FOUND")
    for who in ("reception", "designer", "service", "archivist", "auditor"):
        sent = given | {"idempotencyKey": str(uuid4())}
        assert company.ask(who, REQUEST, input=sent).codes == ["FORBIDDEN"], who


def test_a_person_has_so_many_tickets_and_no_more(company: Company) -> None:
    """Ten open, sixty a day; what is refused is logged."""
    customer, _ = opened(company)
    given = {"customer": customer, "media": "PNG", "size": 9}
    for _ in range(uploads.MOST_OPEN):
        assert company.do("rival", REQUEST, **given)["refusal"] is None
    assert company.do("rival", REQUEST, **given)["refusal"]["code"] == "BUDGET_SPENT"
    assert company.do("seller", REQUEST, **given)["refusal"] is None
    company.advance(minutes=16)
    assert company.do("rival", REQUEST, **given)["refusal"] is None
    rules = company.sql("SELECT rule FROM access_log WHERE tag = 'upload:request' AND NOT allowed")
    assert [row["rule"] for row in rules] == ["budget:upload_evidence"]


def test_a_ticket_is_good_once_for_one_person_and_a_quarter_of_an_hour(company: Company) -> None:
    """None of the ways in which it is not good is told from another."""
    customer, _ = opened(company)
    taken = photo()
    token = ticket(company, "rival", customer, taken)
    assert told(put(company, None, token, taken)) == (401, "UNAUTHENTICATED")
    assert told(put(company, "reception", token, taken)) == (403, "FORBIDDEN")
    for who, one in (("seller", token), ("rival", None), ("rival", ""), ("rival", "x" * 43), ("rival", token[:-1])):
        assert told(put(company, who, one, taken)) == (404, "NOT_FOUND")
    assert put(company, "rival", token, taken).status_code == 201
    assert told(put(company, "rival", token, taken)) == (404, "NOT_FOUND")
    old = ticket(company, "rival", customer, taken)
    company.advance(minutes=15)
    assert told(put(company, "rival", old, taken)) == (404, "NOT_FOUND")
    for method in ("get", "post", "delete"):
        assert told(company.run(lambda method=method: getattr(company.http, method)("/upload"))) == (
            405, "BAD_USER_INPUT",
        )  # fmt: skip


def test_a_file_of_another_kind_or_size_than_the_tickets_is_not_taken(company: Company) -> None:
    """What is announced wrongly leaves the ticket good; what arrives wrongly has used it up."""
    customer, _ = opened(company)
    taken = photo()
    token = ticket(company, "rival", customer, taken)
    for kind in ("image/png", "image/jpeg; x=1", "application/octet-stream", ""):
        assert told(put(company, "rival", token, taken, content_type=kind)) == (415, "BAD_USER_INPUT")
    assert told(put(company, "rival", token, taken, content_encoding="gzip")) == (415, "BAD_USER_INPUT")
    assert told(put(company, "rival", token, taken + b"x")) == (413, "TOO_COSTLY")
    assert told(put(company, "rival", token, taken[:-1])) == (400, "BAD_USER_INPUT")
    assert put(company, "rival", token, taken).status_code == 201

    async def by(parts: list[bytes]) -> AsyncIterator[bytes]:
        for part in parts:
            yield part

    for parts, refused in (([taken, b"x"], (413, "TOO_COSTLY")), ([taken[:100]], (400, "BAD_USER_INPUT"))):
        token = ticket(company, "rival", customer, taken)
        assert told(put(company, "rival", token, by(parts))) == refused
        assert told(put(company, "rival", token, taken)) == (404, "NOT_FOUND")
    for data, media in ((screenshot(), "JPEG"), (photo(), "PDF"), (b"%PDF-1.7 <html>", "PDF")):
        token = ticket(company, "rival", customer, data, media)
        assert told(put(company, "rival", token, data, content_type=TYPES[media])) == (415, "BAD_USER_INPUT")
    assert company.sql("SELECT count(*) AS n FROM upload WHERE fact_id IS NOT NULL")[0]["n"] == 1


def test_a_file_that_stands_still_is_not_waited_for(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow body holds one place, for a while."""
    monkeypatch.setattr(doors, "STANDS_STILL", 0.05)
    customer, _ = opened(company)

    async def stalling() -> AsyncIterator[bytes]:
        yield photo()[:10]
        await asyncio.sleep(5)

    assert told(put(company, "rival", ticket(company, "rival", customer, photo()), stalling())) == (
        400, "BAD_USER_INPUT",
    )  # fmt: skip


def test_when_too_many_files_arrive_the_next_is_asked_to_wait(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And its ticket stays good."""
    customer, _ = opened(company)
    taken = photo()
    token = ticket(company, "rival", customer, taken)
    monkeypatch.setattr(doors, "MOST_ARRIVING", 0)
    busy = put(company, "rival", token, taken)
    assert told(busy) == (503, "UNAVAILABLE")
    assert busy.headers["retry-after"] == "5"
    monkeypatch.undo()
    assert put(company, "rival", token, taken).status_code == 201


@pytest.mark.parametrize("naive", [False, True])
def test_of_two_who_put_a_file_at_once_one_does(
    company: Company, monkeypatch: pytest.MonkeyPatch, *, naive: bool
) -> None:
    """The control looks, and then uses the ticket up without looking again."""
    if naive:
        monkeypatch.setattr(
            uploads, "_USE", "UPDATE upload SET used_at = coalesce(used_at, $2) WHERE id = $1 RETURNING id"
        )
        monkeypatch.setattr(uploads, "_KEEP", "SELECT $1::uuid, $2::uuid, $3::bytea, $4::integer, $5::timestamptz")
    customer, _ = opened(company)
    taken = photo(64, 64)
    outcomes: list[list[int]] = []
    for _ in range(10):
        token = ticket(company, "rival", customer, taken)

        async def both(token: str = token) -> list[int]:
            answers = await asyncio.gather(*(putting(company, "rival", token, taken) for _ in range(2)))
            return sorted(answer.status_code for answer in answers)

        outcomes.append(company.run(both))
    facts = company.sql("SELECT count(*) AS n FROM fact WHERE kind = 'upload'")[0]["n"]
    if naive:
        assert facts > len(outcomes), "the control sees a file kept twice"
    else:
        assert outcomes == [[201, 404]] * 10
        assert facts == 10


def test_whoever_has_lost_sight_of_the_customer_keeps_nothing(company: Company) -> None:
    """leaks.md 45: authorised again when the file has come."""
    customer, _ = opened(company)
    taken = photo()
    token = ticket(company, "rival", customer, taken)
    company.sql("DELETE FROM customer_scope")
    assert told(put(company, "rival", token, taken)) == (404, "NOT_FOUND")
    assert company.sql("SELECT count(*) AS n FROM sealed_value WHERE field = 32")[0]["n"] == 0


def test_a_file_is_sealed_in_pieces_that_open_in_their_order_and_no_other(company: Company) -> None:
    """keys.md: whoever moves ciphertexts about is found out; nothing of a file is in a row, a log or an answer."""
    customer, dispute = opened(company)
    document = kept(company, "rival", customer, photo(2000, 1600, quality=95))
    proved(company, "rival", dispute, document)
    given = file(company, "supervisor", dispute, document)
    assert given.status_code == 200
    pieces = company.sql("SELECT id, piece, sealed FROM sealed_value WHERE field = 32 ORDER BY piece")
    assert len(pieces) == -(-len(given.content) // uploads.PIECE) > 2
    assert all(given.content[at : at + 32] not in row["sealed"] for row in pieces for at in (0, 1000, 70_000))
    company.sql("UPDATE sealed_value SET piece = 100 - piece WHERE field = 32 AND piece > 0")
    company.sql("UPDATE sealed_value SET piece = 101 WHERE field = 32 AND piece = 0")
    assert told(file(company, "supervisor", dispute, document)) == (500, "INTERNAL")


def test_after_a_compromise_a_files_pieces_are_sealed_anew(company: Company) -> None:
    """keys.md: what a compromised key opened opens by it no more, and the file is the same."""
    customer, dispute = opened(company)
    document = kept(company, "rival", customer, photo(1200, 900, quality=95))
    proved(company, "rival", dispute, document)
    select = "SELECT id, sealed FROM sealed_value WHERE field = 32 ORDER BY piece"
    before, keys = company.sql(select), company.office.keys
    old = keys.primary(DATA)

    async def change() -> tuple[int, object]:
        await key_states.compromise(keys, old.id)
        outcome = await Rotator(keys, pace=FULL_SPEED, grace=0.1).run()
        async with transaction() as tx:
            assert await needs_of(tx.execute_query_dict, [old.id]) == []
        return len(outcome.left), outcome.unopened

    assert company.run(change) == (0, ())
    after = company.sql(select)
    assert [row["id"] for row in after] == [row["id"] for row in before]
    assert not {row["sealed"] for row in after} & {row["sealed"] for row in before}
    given = file(company, "supervisor", dispute, document)
    assert hashlib.sha256(given.content).hexdigest() == document


def test_nothing_of_a_file_stands_in_a_dump(company: Company) -> None:
    """B12: neither what it shows nor what it told; the control plants what is looked for."""
    customer, dispute = opened(company)
    document = kept(company, "rival", customer, photo(800, 600))
    proved(company, "rival", dispute, document)
    content = file(company, "supervisor", dispute, document).content
    told_of = [GPS.encode(), GPS.encode("utf-16-le"), *(content[at : at + 12] for at in range(700, len(content), 997))]
    looked_for = {form for one in told_of for form in (one, one.hex().encode(), base64.b64encode(one[:12]))}
    dump = dumped(company.url)
    assert [form for form in looked_for if form in dump] == []
    company.sql("INSERT INTO team (id, name) VALUES (gen_random_uuid(), $1)", content[700:712].hex())
    assert content[700:712].hex().encode() in dumped(company.url)


def test_an_erased_customers_files_open_nowhere(company: Company, tmp_path: Path) -> None:
    """With the customer's keys."""
    customer, dispute = opened(company)
    document = kept(company, "rival", customer, photo())
    proved(company, "rival", dispute, document)
    assert file(company, "supervisor", dispute, document).status_code == 200

    async def forget() -> None:
        async with transaction() as tx:
            row = UUID(hex=customer.removeprefix("cus_"))
            await erase(tx.execute_query_dict, Ledger(tmp_path / "e.jsonl"), row, now=company.clock[0])

    company.run(forget)
    assert told(file(company, "supervisor", dispute, document)) == (404, "NOT_FOUND")


def test_a_file_that_no_evidence_names_within_a_day_is_destroyed(company: Company) -> None:
    """One that is named stays; the database deletes nothing else that is sealed."""
    customer, dispute = opened(company)
    named, unnamed = kept(company, "rival", customer, photo()), kept(company, "rival", customer, photo(seed=5))
    proved(company, "rival", dispute, named)

    async def sweep() -> int:
        return await kept_files.destroy_unnamed(company.clock[0])

    async def serve_a_while() -> None:
        async with swept(lambda: company.clock[0], every=0.01):
            await asyncio.sleep(0.5)

    company.advance(hours=23)
    assert company.run(sweep) == 0
    company.advance(hours=2)
    company.run(serve_a_while)
    assert company.run(sweep) == 0
    rows = company.sql("SELECT u.destroyed_at, v.id FROM upload u LEFT JOIN sealed_value v ON v.fact_id = u.fact_id")
    assert sorted((row["destroyed_at"] is None, row["id"] is None) for row in rows) == [(False, True), (True, False)]
    assert file(company, "supervisor", dispute, named).status_code == 200
    proved(company, "rival", dispute, unnamed)
    asked = {"of": dispute, "purpose": "DISPUTE_REVIEW"}
    papers = company.ask("supervisor", READ, input=asked).data["readPapers"]["papers"]
    files = [one["file"] for paper in papers for one in paper["documents"]]
    assert [one is None for one in files] == [False, True]
    for statement in ("DELETE FROM sealed_value WHERE field = 32", "DELETE FROM sealed_value WHERE field = 10"):
        with pytest.raises(Exception, match="what is sealed is kept"):
            company.sql(statement)


def test_nothing_of_a_file_is_logged_or_answered(company: Company, lines: io.StringIO) -> None:  # noqa: F811 (the fixture)
    """Neither its bytes, nor its ticket, nor a name that somebody gives it."""
    customer, dispute = opened(company)
    canary = b"canary-of-a-file-6120"
    for data in (canary * 50, scan() + canary):
        token = ticket(company, "rival", customer, data, "PDF")
        answer = put(
            company, "rival", token, data,
            content_type="application/pdf", content_disposition='attachment; filename="canary-name.pdf"',
        )  # fmt: skip
        assert canary not in answer.content
        assert b"canary-name" not in answer.content
        assert token not in lines.getvalue()
    document = kept(company, "rival", customer, scan(), "PDF")
    proved(company, "rival", dispute, document)
    assert SHOWN not in json.dumps([dict(row) for row in company.sql("SELECT details::text AS d FROM fact")]).encode()
    file(company, "supervisor", dispute, document, note="canary-note")
    assert "canary" not in lines.getvalue()


def test_a_page_of_another_origin_is_told_by_which_method_a_file_is_put(company: Company) -> None:
    """The preflight knows each door's own; this company lets no origin in."""
    for path in ("/upload", "/file"):
        asks = {"origin": "https://a.example", "access-control-request-method": "PUT"}
        refused = company.run(lambda path=path, asks=asks: company.http.options(path, headers=asks))
        assert told(refused) == (403, "FORBIDDEN")

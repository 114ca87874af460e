"""What was sealed is nowhere in clear: no table, dump, write-ahead log, server's log or journal has it in any form."""

from __future__ import annotations

import base64
import os
import re
import subprocess
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest

from crypto.sealed import Confidential
from records.binaries import find_binaries
from records.canonical import parse_phones
from records.cards import card_of
from records.connection import credentials_of
from records.filing import ClaimForm
from records.forms import Form, IndexEntry
from records.importing import import_register
from records.proofreading import Entered, Proof
from records.register import RegisterRow, read_register
from records.server import ServerFolder
from records.staff_roll import read_staff
from tests.api.conftest import lines  # noqa: F401 (a fixture)
from tests.company import STAFF
from tests.journeys.diary_documents import SUBMIT, WRITE
from tests.journeys.test_the_first_morning import CHECK, COMPLETE, CONSENT, CONTACT, FIND, OPEN, SETTLE, VISIT
from tests.records.canaries import Canaries
from tests.records.registers import CHINA, DATA, written

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator
    from pathlib import Path

    from tests.company import Company

PHONES = ("13987650123", "15098761204", "18870963521", "0571-86753091转4420")
NAME, OTHER_NAME, EMAIL, WECHAT = "欧阳金丝雀", "澹台𠮷凰", "canary.zhuque@feathers.example", "zhuque_canary88"
ADDRESS, BUILDING = "朱雀大街一千零一号金丝雀院", "金丝雀九栋"
NEED, HEADING, FURTHER = "要一座带喷泉的鸟园", "金丝雀栏目", "每年孵化七窝"
NOTE, PURPOSE = "此客户只认羽毛笔合同", "回访羽毛笔合同的进展"
STATEMENT, REASONS, LATE = "我先带他看过鸟园的", "先看鸟园者得之", "昨日鸟园停电未能登记"
DIARY, PLAN = "清晨在鸟园门口遇见其叔父", "下周携羽毛笔再访鸟园"
PLANTED = "百里红隼"
TEXTS = (
    NAME, OTHER_NAME, EMAIL, WECHAT, ADDRESS, BUILDING, NEED, HEADING, FURTHER, NOTE, PURPOSE, STATEMENT, REASONS, LATE,
    DIARY, PLAN,
)  # fmt: skip
REGISTER_ROW = {
    "登记日期": "2026-03-02", "登记时间": "09:15", "工号": "S001", "客户姓名": NAME, "联系电话": PHONES[0],
    "备用电话": PHONES[3], "微信": WECHAT, "邮箱": EMAIL, "地址": ADDRESS, "楼牌号": BUILDING, "需求": NEED,
    "备注": NOTE, HEADING: FURTHER,
}  # fmt: skip


def _register() -> Canaries:
    """Every phone, name, email, address, need and note of the sample, but names that are its staff's as well."""
    roll = read_staff(DATA / "register-xlsx.staff.csv")
    phones: set[str] = set()
    texts: set[str] = set()
    for row in read_register(DATA / "register-xlsx.xlsx", roll, zone=CHINA):
        if isinstance(row, RegisterRow):
            phones |= {phone.number for phone in row.phones if not phone.hidden}
            texts |= {row.name, *row.fields.values(), *row.unknown.values()}
    ours = {member.name for member in roll.members} | {str(member.team) for member in roll.members}
    return Canaries.of(phones, texts - ours, in_a_row=11)


def _acts(company: Company, folder: Path) -> None:
    """Do everything that takes a text, well and badly, with texts that are nowhere else."""
    ours = [
        {"工号": f"S{number:03}", "姓名": f"员工{who}", "团队": team or "", "角色": role.value}
        for number, (who, (role, team)) in enumerate(STAFF.items(), start=1)
    ]
    roll = written(folder / "staff.csv", ours)
    registers = (
        (DATA / "register-xlsx.xlsx", DATA / "register-xlsx.staff.csv"),
        (written(folder / "canaries.csv", [REGISTER_ROW, REGISTER_ROW | {"联系电话": "1", "备用电话": ""}]), roll),
    )
    for path, staff in registers:
        rejects = folder / f"rejects-{path.stem}.csv"
        company.run(
            lambda path=path, staff=staff, rejects=rejects: import_register(
                company.office, path, staff, rejects=rejects, now=company.clock[0], zone=CHINA
            )
        )
    customer = company.filed(
        "seller", OTHER_NAME, PHONES[1], wechat=WECHAT + "x", email=EMAIL, address=ADDRESS, building=BUILDING,
        other=[{"name": "need", "value": NEED}, {"name": HEADING, "value": FURTHER}], lateReason=LATE, source=NOTE,
    )  # fmt: skip
    claim = company.file("rival", NAME, PHONES[2][:-4] + "****", visited=True)["claim"]
    company.do("rival", COMPLETE, claim=claim["id"], expectedVersion=1, phones=[PHONES[2]], address=ADDRESS)
    company.file("rival", OTHER_NAME, PHONES[1])
    company.do("seller", VISIT, customer=customer)
    company.do("seller", CONTACT, customer=customer, note=NOTE)
    company.do("seller", CONSENT, customer=customer, to=company.staff("colleague"))
    dispute = company.do(
        "rival", OPEN, customer=claim["customer"]["id"], against=company.staff("seller"), statement=STATEMENT
    )
    named = {"to": company.staff("rival"), "reasons": REASONS, "expectedVersion": 1}
    company.do("leader", SETTLE, dispute=dispute["dispute"]["id"], **named)
    company.do("seller", CHECK, phones=[PHONES[0]])
    company.do("seller", FIND, phone=PHONES[1], name=OTHER_NAME)
    revealed = company.reveal(
        "seller", customer, "NAME", "PHONES", "WECHAT", "EMAIL", "ADDRESS", "BUILDING", note=PURPOSE
    )
    assert revealed["contact"]["phones"] == ["+86" + PHONES[1]]
    day = company.clock[0].date().isoformat()
    assert company.do("seller", WRITE, day=day, done=DIARY, note=NOTE, customers=[customer])["entry"]["done"] == DIARY
    week = {"week": day, "areas": ADDRESS, "visits": 1, "customers": 1, "signings": 0, "questions": NEED}
    assert company.do("seller", SUBMIT, **week, feedback=REASONS, plan=PLAN)["report"]["plan"] == PLAN
    company.do("seller", WRITE, day=day, done=f"{DIARY} {PHONES[0]} 11010519491231002X")
    _mistakes(company, customer)


def _mistakes(company: Company, customer: str) -> None:
    refused = company.file("seller", NAME + "\x00", PHONES[0] + "x", source=PHONES[0], email=ADDRESS)
    assert refused["refusal"]["code"] == "INVALID_INPUT"
    company.reveal("rival", customer, note=f"{NOTE} {PHONES[0]}")
    for document in (
        f'mutation {{ checkConflict(input: {{phones: ["{PHONES[0]}"]}}) {{ conflict }} }}',
        f"{{ {WECHAT} }}",
        f'{{ customer(id: "{PHONES[0]}") {{ {WECHAT}: id }} }}',
    ):
        company.ask("seller", document)
    company.ask("seller", CHECK, input={"phones": {"phone": PHONES[0]}})
    company.ask("seller", VISIT, input={"customer": NAME, "idempotencyKey": PHONES[0]})
    headers = {"content-type": "application/json"}
    company.run(lambda: company.http.post("/graphql", content=f'{{"query": "{PHONES[0]}', headers=headers))


@pytest.fixture(scope="module")
def register() -> Canaries:
    """The sample's secrets."""
    found = _register()
    assert len(found.phones) > 300
    assert len(found.texts) > 300
    return found


CANARIES = Canaries.of(PHONES, TEXTS, in_a_row=9)


def test_nothing_that_was_sealed_stands_anywhere_in_clear(
    new_company: Company,
    home: Path,
    tmp_path: Path,
    register: Canaries,
    lines: io.StringIO,  # noqa: F811
) -> None:
    """B12: a dump of the database, its files, its write-ahead log, its server's logs, and the server's own journal."""
    company = new_company
    started = company.sql("SELECT pg_walfile_name(pg_current_wal_lsn()) AS file")[0]["file"]
    _acts(company, tmp_path)
    assert CANARIES.found_in((tmp_path / "rejects-canaries.csv").read_bytes())  # what is rejected is its owner's

    dump = dumped(company.url)
    assert len(dump) > 500_000
    assert dump.count(b"\\\\xc101") > 1000
    assert CANARIES.found_in(dump) == []
    assert register.found_in(dump) == []

    folder = ServerFolder(home / "postgres")
    assert CANARIES.found_in(*written_ahead(company, folder, started), encoded=False) == []
    assert CANARIES.found_in(*table_files(company, folder), encoded=False) == []

    logs = [*(folder.data / "log").glob("*"), folder.log]
    assert sum(log.stat().st_size for log in logs) > 0
    for log in logs:
        assert CANARIES.found_in_lines(log.read_text(encoding="utf-8", errors="replace")) == [], log.name
    journal = lines.getvalue()
    assert journal.count("\n") >= 20
    assert CANARIES.found_in_lines(journal) == []


def written_ahead(company: Company, folder: ServerFolder, started: str) -> Iterator[bytes]:
    """Give the write-ahead log from a segment on, written out, without the emptiness at its end."""
    company.sql("CHECKPOINT")
    company.sql("SELECT pg_switch_wal()")
    segments = [one for one in sorted((folder.data / "pg_wal").glob("0000*")) if one.name >= started]
    assert segments
    return (segment.read_bytes().rstrip(b"\0") for segment in segments)


def table_files(company: Company, folder: ServerFolder) -> Iterator[bytes]:
    """Give the files of a company's database."""
    (database,) = company.sql("SELECT oid FROM pg_database WHERE datname = current_database()")
    return (file.read_bytes() for file in (folder.data / "base" / str(database["oid"])).iterdir())


def dumped(url: str) -> bytes:
    """Dump a database as its operator would."""
    given = credentials_of(url)
    told = {"host": "PGHOST", "user": "PGUSER", "password": "PGPASSWORD", "database": "PGDATABASE", "port": "PGPORT"}
    environment = os.environ | {name: str(given[key]) for key, name in told.items()}
    command = [str(find_binaries(for_others=False) / "pg_dump"), "--no-owner"]
    return subprocess.run(command, env=environment, capture_output=True, check=True).stdout


FORMS = {
    "as it is": lambda text: text.encode(),
    "hex": lambda text: text.encode().hex().encode(),
    "hex behind a digit": lambda text: b"7" + text.encode().hex().upper().encode(),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 of more": lambda text: base64.b64encode(b"\x01" + text.encode() + b"\x02\x03"),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(b"??>" + text.encode() + b"??"),
    "url": lambda text: quote(text, safe="").encode(),
    "form": lambda text: urlencode({"a": text}).encode(),
    "utf-16": lambda text: b"\x00" + text.encode("utf-16-le"),
    "gb18030": lambda text: text.encode("gb18030"),
    "escaped": lambda text: ascii(text).encode(),
    "backwards": lambda text: text[::-1].encode(),
    "full-width": lambda text: "".join(
        chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text
    ).encode(),
    "with gaps": lambda text: " ".join((text[:3], text[3:7], text[7:])).encode() if text.isdecimal() else text.encode(),
    "hex of utf-16": lambda text: text.encode("utf-16-le").hex().encode(),
    "base64 of it backwards": lambda text: base64.b64encode(text[::-1].encode()),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_planted_secret_is_found_in_every_form(form: str) -> None:
    """The control: among random bytes, and in the text of a column; random bytes alone hold none."""
    noise = os.urandom(20_000)
    assert CANARIES.found_in(noise, noise.hex().encode()) == []
    for secret in (PHONES[0], NAME, OTHER_NAME, ADDRESS):
        planted = FORMS[form](secret)
        assert CANARIES.found_in(noise + b" " + planted + b" " + noise), secret


def test_a_planted_secret_is_found_in_a_dump(new_company: Company) -> None:
    """The control: one text column with a name in it, one line of a log with five digits."""
    company = new_company
    # A name of its own: the write-ahead log is every database's, and whoever looks there must not find this one.
    planted = Canaries.of((), [PLANTED], in_a_row=9)
    assert planted.found_in(dumped(company.url)) == []
    company.sql("INSERT INTO team (id, name) VALUES (gen_random_uuid(), $1)", f"{PLANTED}队")
    assert planted.found_in(dumped(company.url)) == [PLANTED]
    assert CANARIES.found_in_lines(f"2026-11-25 08:00:00 UTC [98765] LOG: x{PHONES[0][3:8]}y") == [PHONES[0][3:8]]
    assert CANARIES.found_in_lines("2026-11-25 08:00:00.98765 UTC [98765] LOG: 1998x765 4420") == []


def _values() -> list[tuple[str, object]]:
    said = Entered(
        Confidential(NAME), tuple(map(Confidential, PHONES[:3])), Confidential(WECHAT), Confidential(EMAIL),
        Confidential(ADDRESS), Confidential(BUILDING), (("need", Confidential(NEED)), (HEADING, Confidential(FURTHER))),
    )  # fmt: skip
    proof = Proof()
    form = proof.form(said)
    phones = parse_phones(" ".join(PHONES))
    return [
        ("entered", said),
        ("claim form", ClaimForm(name=Confidential(NAME), phones=said.phones, late_reason=Confidential(LATE))),
        ("form", form),
        ("proof", proof),
        ("index entries", list(form.index_entries())),
        ("identities", list(form.identities())),
        ("card", card_of(NAME, phones.phones, {"email": EMAIL, "address": ADDRESS})),
        ("phones", phones),
        ("confidential", Confidential(NAME)),
    ]


@pytest.mark.parametrize(("kind", "value"), [pytest.param(*one, id=one[0]) for one in _values()])
def test_no_repr_shows_what_its_value_says(kind: str, value: Any) -> None:
    """As they are, in f-strings, in containers, and inside an exception."""
    shown = [
        repr(value),
        str(value),
        f"{value}",
        repr([value]),
        repr({"a": (value,)}),
        repr(ValueError(value)),
    ]
    assert CANARIES.found_in("\n".join(shown).encode()) == []


def test_a_row_of_a_register_shows_nothing_of_what_it_says(tmp_path: Path) -> None:
    """Neither one that was taken nor one that was rejected."""
    roll = written(tmp_path / "s.csv", [{"工号": "S001", "姓名": "王芳", "团队": "红队", "角色": "销售"}])
    rows = [REGISTER_ROW, REGISTER_ROW | {"联系电话": "1", "备用电话": ""}]
    read = list(read_register(written(tmp_path / "r.csv", rows), read_staff(roll), zone=CHINA))
    assert len(read) == 2
    assert CANARIES.found_in(repr(read).encode()) == []
    assert re.search("row=1", repr(read))


def test_an_exception_out_of_the_law_or_the_book_holds_no_text(new_company: Company) -> None:
    """What a statement refuses is raised without the values it was given."""
    company = new_company
    company.sql("ALTER TABLE sealed_value ADD CONSTRAINT no_more CHECK (field <> 2) NOT VALID")
    answer = company.ask(
        "seller",
        "mutation ($input: FileClaimInput!) { fileClaim(input: $input) { claim { id } } }",
        input={"idempotencyKey": "00000000-0000-4000-8000-000000000001", "name": NAME, "phones": [PHONES[0]]},
    )
    assert answer.codes == ["INTERNAL"]
    assert CANARIES.found_in(answer.raw) == []


def test_index_entries_are_made_of_every_identity() -> None:
    """The control of the reprs above: the values are there, and have no voice."""
    form = Proof().form(Entered(phones=(Confidential(PHONES[0]),)))
    assert any(isinstance(entry, IndexEntry) and entry.canonical.endswith(PHONES[0]) for entry in form.identities())
    assert isinstance(form, Form)

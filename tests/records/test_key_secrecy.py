"""Key bytes are nowhere: no table, dump, write-ahead log, server's log, journal, page, exception or repr has them."""

from __future__ import annotations

import base64
import os
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from api import key_pictures
from crypto.keyring import KeyRefused, data_key_of, unwrap_subject_key
from crypto.providers import ProviderUnavailable, WrongKey
from crypto.sealed import Place, SealBroken
from records.connection import read
from records.erasure import LEDGER
from records.key_page import key_page
from records.key_rows import context_of, family_of
from records.keys import Index
from records.server import ServerFolder
from tests.api.conftest import lines  # noqa: F401 (a fixture)
from tests.company import MORNING
from tests.journeys.test_keys_on_the_wire import KEYS, ROTATE
from tests.journeys.test_the_first_morning import COMPLETE, FIND, OPEN
from tests.records.canaries import KeyCanaries
from tests.records.test_secrecy import NAME, PHONES, dumped, table_files, written_ahead

if TYPE_CHECKING:
    import io
    from collections.abc import Callable
    from pathlib import Path

    from tests.company import Company


def opened_keys(company: Company) -> dict[str, bytes]:
    """Every key there is, in the clear: what wraps, data, index, log and wire keys, and each customer's own."""
    keys = company.office.keys
    provider: Any = keys.provider
    found = {
        f"kek {purpose}/{version}": key for purpose, held in provider._read().items() for version, key in held.items()
    }
    found |= {f"key {purpose}/{one.version}": keys.data_key(one.id).material
              for purpose in keys.purposes() for one in keys.versions(purpose)}  # fmt: skip
    statement = "SELECT customer_id, generation, wrapped FROM subject_key WHERE wrapped IS NOT NULL"
    for row in company.run(lambda: read(statement)):
        wrapped, customer, generation = bytes(row["wrapped"]), row["customer_id"], row["generation"]
        material = unwrap_subject_key(keys.data_key(data_key_of(wrapped)), customer, generation, wrapped)
        found[f"subject {customer}/{generation}"] = material
    return found


def _acts(company: Company) -> None:
    """Use every kind of key, well and badly, before and after a rotation."""
    customer = company.filed("seller", NAME, PHONES[0], wechat="zhuque_88", email="a@b.example", address="朱雀大街1号")
    company.do("custodian", ROTATE, subject="data")
    company.do("custodian", ROTATE, subject="index.phone")
    company.do("custodian", ROTATE, subject="kek data")
    claim = company.file("seller", NAME + "二", PHONES[1])["claim"]
    company.do("seller", COMPLETE, claim=claim["id"], expectedVersion=1, address="朱雀大街2号")
    company.do("seller", FIND, phone=PHONES[0])
    company.do("seller", FIND, phoneEnding=PHONES[1][-4:], namePart="oyjsq")
    company.reveal("seller", customer)
    company.do("rival_supervisor", OPEN, customer=customer)
    company.ask("custodian", KEYS)
    company.ask("custodian", ROTATE, input={"subject": "nothing", "idempotencyKey": "x"})


def test_no_key_stands_anywhere(
    new_company: Company,
    home: Path,
    tmp_path: Path,
    lines: io.StringIO,  # noqa: F811
) -> None:
    """keys.md, Tests of its own: key bytes in no table, WAL, dump, log, journal, page or answer, nor beside them."""
    company = new_company
    started = company.sql("SELECT pg_walfile_name(pg_current_wal_lsn()) AS file")[0]["file"]
    _acts(company)
    keys = opened_keys(company)
    assert {name.split()[0] for name in keys} == {"kek", "key", "subject"}
    assert sum(name.startswith("kek data") for name in keys) == 2
    assert sum(name.startswith("key data") for name in keys) == 2
    assert sum(name.startswith("key index.") for name in keys) == len(Index) + 1
    assert len(set(keys.values())) == len(keys) > 20
    canaries = KeyCanaries(keys)

    dump = dumped(company.url)
    assert dump.count(b"\\\\xc3") > 10
    assert canaries.found_in(dump) == []

    folder = ServerFolder(home / "postgres")
    assert canaries.found_in(*written_ahead(company, folder, started), encoded=False) == []
    assert canaries.found_in(*table_files(company, folder), encoded=False) == []

    logs = [*(folder.data / "log").glob("*"), folder.log]
    assert canaries.found_in(*(log.read_bytes() for log in logs)) == []
    assert lines.getvalue().count("\n") >= 10
    assert canaries.found_in(lines.getvalue().encode()) == []
    page = company.run(lambda: key_page(company.office.keys, now=MORNING))
    assert canaries.found_in(key_pictures.report(page).encode(), repr(page).encode()) == []
    assert canaries.found_in(company.ask("custodian", KEYS).raw) == []

    # The home beside the database: the key file alone has what wraps, and nothing else of all these.
    key_file: Path = company.office.keys.provider._path  # pyright: ignore[reportAttributeAccessIssue]
    in_the_file = canaries.found_in(key_file.read_bytes())
    assert in_the_file == sorted(name for name in keys if name.startswith("kek"))
    others = [one for one in key_file.parent.rglob("*") if one.is_file() and one != key_file and one.name != LEDGER]
    assert canaries.found_in(*(one.read_bytes() for one in others)) == []
    assert tmp_path.exists()


def test_no_repr_and_no_exception_shows_a_key(new_company: Company) -> None:
    """As they are, in containers, in f-strings; and what is raised, with the values that its frames hold."""
    company = new_company
    _acts(company)
    canaries, office = KeyCanaries(opened_keys(company)), company.office
    keys = office.keys
    customer = company.sql("SELECT customer_id FROM subject_key WHERE wrapped IS NOT NULL LIMIT 1")[0]["customer_id"]
    ciphers = company.run(lambda: keys.ciphers_of([customer], read))
    holders = [
        office, keys, keys._ring, keys._known, keys.provider, keys.data_key(keys.primary("data").id),
        keys.log_mac_key(), *keys.index_keys(Index.PHONE), *ciphers.values(), ciphers,
    ]  # fmt: skip
    for one in holders:
        shown = [repr(one), str(one), f"{one}", repr([one]), repr({"a": (one,)}), repr(ValueError(one))]
        assert canaries.found_in("\n".join(shown).encode()) == [], type(one)

    purpose, wrapped = keys._known.wrapped[keys.primary("data").id]
    raised: list[BaseException] = []

    def fails(doing: Callable[[], object], *kinds: type[Exception]) -> None:
        with pytest.raises(kinds) as caught:
            doing()
        raised.append(caught.value)

    altered = wrapped[:-1] + bytes((wrapped[-1] ^ 1,))
    context = context_of(keys.primary("data").id)
    fails(lambda: keys.provider.unwrap(family_of(purpose), altered, context=context), WrongKey)
    fails(lambda: keys.provider.unwrap(family_of(purpose), wrapped, context=b"another"), WrongKey)
    fails(lambda: keys.provider.wrap("nothing", b"", context=b""), ProviderUnavailable)
    fails(lambda: keys.data_key(999_999), KeyRefused)
    sealed = ciphers[customer].seal(NAME.encode(), Place(1, 1, customer, customer))
    fails(lambda: ciphers[customer].open(sealed, Place(1, 2, customer, customer)), SealBroken)
    for error in raised:
        told = "".join(traceback.format_exception(error)) + repr(error) + repr(error.args)
        assert canaries.found_in(told.encode()) == []


FORMS: dict[str, Callable[[bytes], bytes]] = {
    "as it is": bytes,
    "hex": lambda key: key.hex().encode(),
    "HEX": lambda key: key.hex().upper().encode(),
    "base64": base64.b64encode,
    "base64 of more": lambda key: base64.b64encode(b"\x01" + key + b"\x02"),
    "base64 for addresses": lambda key: base64.urlsafe_b64encode(b"??" + key),
    "backwards": lambda key: key[::-1],
    "half of it": lambda key: key[8:28],
    "a repr": lambda key: repr(key).encode(),
    "a list": lambda key: repr(list(key)).encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_planted_key_is_found_in_every_form(form: str) -> None:
    """The control: among random bytes, which alone hold none."""
    noise, key = os.urandom(20_000), os.urandom(32)
    canaries = KeyCanaries({"planted": key, "another": os.urandom(32)})
    assert canaries.found_in(noise, noise.hex().encode(), base64.b64encode(noise)) == []
    assert canaries.found_in(noise + b" " + FORMS[form](key) + b" " + noise) == ["planted"]


def test_a_planted_key_is_found_in_a_table_adumped_and_the_write_ahead_log(new_company: Company, home: Path) -> None:
    """The control: a key of nobody's, as text in a column."""
    company = new_company
    canaries = KeyCanaries({"planted": os.urandom(32)})
    started = company.sql("SELECT pg_walfile_name(pg_current_wal_lsn()) AS file")[0]["file"]
    assert canaries.found_in(dumped(company.url)) == []
    company.sql("INSERT INTO team (id, name) VALUES (gen_random_uuid(), $1)", canaries.keys["planted"].hex())
    assert canaries.found_in(dumped(company.url)) == ["planted"]
    folder = ServerFolder(home / "postgres")
    assert canaries.found_in(*written_ahead(company, folder, started), encoded=False) == ["planted"]
    assert canaries.found_in(*table_files(company, folder), encoded=False) == ["planted"]

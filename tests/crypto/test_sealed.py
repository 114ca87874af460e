"""What is confidential shows nothing, and what is sealed says only how."""

import base64
import copy
import dataclasses
import json
import logging
import pickle
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.blind_index import IndexKey
from crypto.envelope import SubjectCipher
from crypto.keyring import Key, Keyring
from crypto.sealed import OVERHEAD, Confidential, Place, SealBroken, Sealed

CANARY = "13812345678"
KEY = bytes(range(32))
CUSTOMER = UUID("11111111-2222-4333-8444-555555555555")
PLACE = Place(2, 3, UUID("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"), CUSTOMER)


def _tells(shown: str) -> bool:
    """Look for five digits of the number in a row, or for key bytes in any spelling."""
    pieces = [CANARY[at : at + 5] for at in range(len(CANARY) - 4)]
    pieces += [base64.b64encode(CANARY.encode()).decode()[:8], CANARY.encode().hex()[:10]]
    pieces += [KEY.hex()[:10], base64.b64encode(KEY).decode()[:10], repr(KEY)[2:14]]
    return any(piece in shown for piece in pieces)


def test_the_look_for_a_canary_finds_one() -> None:
    """The control of the tests below."""
    assert all(map(_tells, (CANARY, f"'{CANARY[3:]}'", repr(KEY), KEY.hex(), base64.b64encode(KEY).decode())))


@pytest.mark.parametrize(
    "show",
    [repr, str, format, "{!r:>40}".format, "%s".__mod__, lambda secret: repr([{"phone": secret}]), ascii],
    ids=["repr", "str", "format", "conversion", "percent", "inside others", "ascii"],
)
def test_what_is_confidential_has_no_voice(show) -> None:
    """Nor has what holds keys, or what is sealed under them."""
    cipher = SubjectCipher(KEY, CUSTOMER, 1)
    sealed = cipher.seal(CANARY.encode(), PLACE)
    ring = Keyring(lambda _: KEY)
    for secret in (Confidential(CANARY), cipher, sealed, ring, Key(1, KEY), IndexKey(1, 1, KEY), SealBroken(PLACE)):
        assert not _tells(show(secret))


def test_a_log_record_of_what_is_confidential_shows_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Also as an argument, and in the text of an error."""
    with caplog.at_level(logging.INFO):
        try:
            raise ValueError(Confidential(CANARY))
        except ValueError:
            logging.getLogger("test").exception("phone %s", Confidential(CANARY))
    assert "<confidential>" in caplog.text
    assert not _tells(caplog.text.replace(__file__, ""))


@pytest.mark.parametrize("write", [pickle.dumps, json.dumps, orjson.dumps, copy.copy, copy.deepcopy])
def test_what_is_confidential_is_not_serialised(write) -> None:
    """Whatever would carry it elsewhere is refused, in words that hold nothing of it."""
    with pytest.raises(TypeError) as refusal:
        write(Confidential(CANARY))
    assert not _tells(str(refusal.value))


def test_reveal_is_the_one_way_out() -> None:
    """No attribute of a plain name, no dictionary of attributes, and no hash that tells equal texts."""
    secret = Confidential(CANARY)
    assert secret.reveal() == CANARY
    assert not hasattr(secret, "__dict__")
    assert [name for name in dir(secret) if not name.startswith("_")] == ["reveal"]
    with pytest.raises(TypeError, match="unhashable"):
        hash(secret)


@given(st.text(st.characters()), st.text(st.characters()))
def test_equality_is_that_of_the_texts(one: str, other: str) -> None:
    """For any text that JSON can carry, lone surrogates too: an error of encoding would hold the text."""
    assert Confidential(one) == Confidential(one)
    assert (Confidential(one) == Confidential(other)) is (one == other)
    assert (Confidential(one) == one) is False


def test_a_lone_surrogate_is_compared_and_not_raised() -> None:
    """JSON may hold one, and UTF-8 may not."""
    assert Confidential("\ud800138") != Confidential("138")


def test_a_sealed_value_says_suite_and_generation_and_nothing_else_is_one() -> None:
    """Foreign and truncated bytes are refused when they are read, before anybody asks for a key."""
    sealed = SubjectCipher(KEY, CUSTOMER, 258, suite=2).seal(b"", PLACE)
    assert (sealed.suite, sealed.generation) == (2, 258)
    assert Sealed(bytes(sealed)) == sealed
    assert len({Sealed(bytes(sealed)), sealed}) == 1
    for data in (b"", b"\xc1", b"\xc0" + bytes(100), bytes(sealed)[: OVERHEAD - 1], CANARY.encode() * 9):
        with pytest.raises(ValueError, match="unknown format, or truncated"):
            Sealed(data)


def test_a_place_cannot_be_changed_and_binds_each_of_its_parts() -> None:
    """Two places, or two headers, never give the same associated data."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(PLACE, "table", 9)  # noqa: B010 (a plain assignment is refused by the type checker first)
    others = [dataclasses.replace(PLACE, table=3), dataclasses.replace(PLACE, column=2)]
    others += [dataclasses.replace(PLACE, row=CUSTOMER), dataclasses.replace(PLACE, subject=PLACE.row)]
    others.append(Place(PLACE.table, PLACE.column, PLACE.subject, PLACE.row))
    bound = {place.bind(b"head") for place in (PLACE, *others)} | {PLACE.bind(b"hea"), PLACE.bind(b"heaD")}
    assert len(bound) == len(others) + 3
    assert PLACE.bind(b"head") == bytes.fromhex(
        "0004" + b"head".hex() + "000400000002" + "000400000003" + "0010" + PLACE.row.hex + "0010" + CUSTOMER.hex
    )

"""Keys move one way, open for their own customer alone, and are forgotten in time."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import crypto.keyring
from crypto.keyring import (
    READING,
    SUCCESSORS,
    Key,
    KeyRefused,
    Keyring,
    KeyState,
    KeyVersion,
    data_key_of,
    unwrap_subject_key,
    wrap_subject_key,
)
from crypto.providers import ProviderUnavailable
from crypto.sealed import Place

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
CUSTOMER, STRANGER = UUID("11111111-2222-4333-8444-555555555555"), UUID("99999999-2222-4333-8444-555555555555")
SUBJECT_KEY = bytes(range(100, 132))
DATA_KEY = Key(5, bytes(range(32)))
VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())


def _wrapped(generation: int = 1, customer: UUID = CUSTOMER) -> bytes:
    return wrap_subject_key(DATA_KEY, 1, customer, generation, SUBJECT_KEY, nonce=bytes(range(12)))


def _open(ring: Keyring, wrapped: bytes, *, seconds: int = 0, customer: UUID = CUSTOMER, generation: int = 1):
    return ring.subject_cipher(wrapped, customer, generation, suite=1, now=NOW + timedelta(seconds=seconds))


@pytest.fixture
def asked() -> list[int]:
    """The numbers of the keys that the provider was asked for."""
    return []


@pytest.fixture
def ring(asked: list[int]) -> Keyring:
    """A ring whose provider holds one data key."""

    def unwrap(key_id: int) -> bytes:
        asked.append(key_id)
        return DATA_KEY.material

    return Keyring(unwrap)


def test_a_key_never_moves_backwards() -> None:
    """Every pair of states: what the table allows, and nothing else; only a disabled key may be read from again."""
    order = list(KeyState)
    returns = {(KeyState.DISABLED, KeyState.DECRYPT_ONLY), (KeyState.DISABLED, KeyState.COMPROMISED)}
    for before, after in itertools.product(KeyState, KeyState):
        version = KeyVersion(1, "data", 1, before, 1)
        if after in SUCCESSORS[before]:
            assert version.moved_to(after) == KeyVersion(1, "data", 1, after, 1)
            assert order.index(after) > order.index(before) or (before, after) in returns
        else:
            with pytest.raises(KeyRefused, match="key 1"):
                version.moved_to(after)


def test_no_way_leads_back_to_writing() -> None:
    """From every state, along every path: what has been primary once writes no more, and destroyed is the end."""
    for start in KeyState:
        reached, ahead = set(), [start]
        while ahead:
            following = SUCCESSORS[ahead.pop()] - reached
            reached |= following
            ahead += following
        assert (KeyState.PRIMARY in reached) == (start is KeyState.STAGED)
        assert (reached == set()) == (start is KeyState.DESTROYED)
        assert start is KeyState.DESTROYED or KeyState.DESTROYED in reached, "every key can be retired"


def test_a_key_is_disabled_before_it_is_destroyed_and_read_until_then() -> None:
    """A disabled key opens nothing, and can still come back: destroying is never the first step."""
    assert {state for state in KeyState if KeyState.DESTROYED in SUCCESSORS[state]} == {KeyState.DISABLED}
    assert set(KeyState) - READING == {KeyState.DISABLED, KeyState.DESTROYED}


@given(
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=32, max_size=32),
    st.uuids(),
    st.integers(1, 0xFFFF),
    st.integers(1, 0xFFFFFFFF),
    st.integers(1, 0xFFFF),
    st.binary(min_size=12, max_size=12),
)
def test_a_wrapped_subject_key_opens_again(material, subject_key, customer, generation, number, kek, nonce) -> None:
    """For any keys and numbers; the header says by which key, as the database's foreign key reads it."""
    data_key = Key(number, material)
    wrapped = wrap_subject_key(data_key, kek, customer, generation, subject_key, nonce=nonce)
    assert unwrap_subject_key(data_key, customer, generation, wrapped) == subject_key
    assert wrapped[:9] == b"\xc2" + kek.to_bytes(2) + number.to_bytes(4) + generation.to_bytes(2)
    assert data_key_of(wrapped) == number


def test_the_format_of_wrapped_subject_keys_is_frozen() -> None:
    """Known answer: `0xC2 | kek u16 | data key u32 | generation u16 | nonce | ciphertext | tag`."""
    assert _wrapped(generation=2).hex() == VECTORS["subject_key"]
    assert unwrap_subject_key(DATA_KEY, CUSTOMER, 2, bytes.fromhex(VECTORS["subject_key"])) == SUBJECT_KEY


def test_a_wrapped_subject_key_opens_for_its_customer_generation_and_key_alone() -> None:
    """A row that was copied to another customer, or put back from an older generation, opens nothing."""
    wrapped = _wrapped()
    assert unwrap_subject_key(DATA_KEY, CUSTOMER, 1, wrapped) == SUBJECT_KEY
    for key, customer, generation in (
        (DATA_KEY, STRANGER, 1),
        (DATA_KEY, CUSTOMER, 2),
        (Key(6, DATA_KEY.material), CUSTOMER, 1),
        (Key(5, bytes(32)), CUSTOMER, 1),
    ):
        with pytest.raises(KeyRefused, match=str(customer)):
            unwrap_subject_key(key, customer, generation, wrapped)


def test_every_altered_byte_of_a_wrapped_subject_key_is_refused() -> None:
    """Header, nonce, ciphertext and tag; cut short and made longer too."""
    wrapped = _wrapped()
    altered = [wrapped[:at] + bytes((wrapped[at] ^ 1,)) + wrapped[at + 1 :] for at in range(len(wrapped))]
    altered += [wrapped[:length] for length in range(len(wrapped))] + [wrapped + b"\x00"]
    for one in altered:
        with pytest.raises(KeyRefused):
            unwrap_subject_key(DATA_KEY, CUSTOMER, 1, one)


def test_the_generation_in_the_header_is_bound_and_not_only_compared() -> None:
    """Header and question changed alike: the ciphertext still knows its generation, and its data key."""
    wrapped = _wrapped()
    with pytest.raises(KeyRefused, match="does not open"):
        unwrap_subject_key(DATA_KEY, CUSTOMER, 2, wrapped[:8] + b"\x02" + wrapped[9:])
    with pytest.raises(KeyRefused, match="does not open"):
        unwrap_subject_key(Key(6, DATA_KEY.material), CUSTOMER, 1, wrapped[:6] + b"\x06" + wrapped[7:])


def test_a_provider_is_asked_once_in_five_minutes_and_again_after(ring: Keyring, asked: list[int]) -> None:
    """Warm requests ask nobody; a key gone from the provider stops opening in time."""
    for seconds in (0, 30, 90, 299):
        _open(ring, _wrapped(), seconds=seconds)
    assert asked == [5]
    ring.data_key(5, now=NOW + timedelta(seconds=300))
    assert asked == [5, 5]


def test_a_clock_that_jumped_back_trusts_no_key_that_is_open(ring: Keyring, asked: list[int]) -> None:
    """Else a key opened at a wrong hour would serve until that hour comes."""
    cipher = _open(ring, _wrapped(), seconds=60)
    assert _open(ring, _wrapped()) is not cipher
    assert asked == [5, 5]


def test_when_the_provider_is_gone_open_keys_serve_their_time_and_no_longer() -> None:
    """Fail closed: no answer is no key, not the last one."""
    answers = iter([DATA_KEY.material])

    def unwrap(_key_id: int) -> bytes:
        for material in answers:
            return material
        raise ProviderUnavailable("the provider does not answer")

    ring = Keyring(unwrap)
    _open(ring, _wrapped())
    _open(ring, _wrapped(), seconds=299)
    with pytest.raises(ProviderUnavailable):
        _open(ring, _wrapped(), seconds=360)


@pytest.mark.parametrize("material", [b"", bytes(16), bytes(24), bytes(31), bytes(33)])
def test_a_key_of_another_length_is_refused(material: bytes) -> None:
    """AES would take 16 or 24 bytes in silence."""
    with pytest.raises(KeyRefused, match="key 5"):
        Keyring(lambda _: material).data_key(5, now=NOW)


def test_a_wrong_key_of_the_right_length_opens_nothing() -> None:
    """A provider that gives back another key: each customer is refused by name of the key."""
    with pytest.raises(KeyRefused, match="does not open under key 5"):
        _open(Keyring(lambda _: bytes(32)), _wrapped())


def test_a_cipher_serves_its_own_slot_for_a_minute(ring: Keyring) -> None:
    """One object a page; another wrapping, customer, generation or suite never gets it."""
    cipher = _open(ring, _wrapped())
    assert _open(ring, _wrapped(), seconds=59) is cipher
    assert _open(ring, _wrapped(), seconds=60) is not cipher
    again = wrap_subject_key(DATA_KEY, 1, CUSTOMER, 1, bytes(32), nonce=bytes(12))
    assert _open(ring, again) is not cipher
    assert ring.subject_cipher(_wrapped(), CUSTOMER, 1, suite=2, now=NOW).suite == 2
    for customer, generation in ((STRANGER, 1), (CUSTOMER, 2)):
        with pytest.raises(KeyRefused):
            _open(ring, _wrapped(), customer=customer, generation=generation)


def test_the_ring_keeps_the_keys_used_last(ring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound on memory: beyond it the one that was longest not asked for goes first."""
    assert crypto.keyring.SUBJECT_KEYS_KEPT == 10_000
    monkeypatch.setattr(crypto.keyring, "SUBJECT_KEYS_KEPT", 3)
    customers = [UUID(int=number) for number in range(4)]
    rows = {one: _wrapped(customer=one) for one in customers}
    first, second, third = [_open(ring, rows[one], customer=one) for one in customers[:3]]
    assert _open(ring, rows[customers[0]], customer=customers[0]) is first
    _open(ring, rows[customers[3]], customer=customers[3])
    assert len(ring._subject_keys) == 3
    assert _open(ring, rows[customers[0]], customer=customers[0]) is first
    assert _open(ring, rows[customers[2]], customer=customers[2]) is third
    assert _open(ring, rows[customers[1]], customer=customers[1]) is not second


def test_keys_past_their_time_leave_the_memory(ring: Keyring) -> None:
    """Not only refused: an hour later nothing of a busy morning is held."""
    for number in range(50):
        _open(ring, _wrapped(customer=UUID(int=number)), customer=UUID(int=number))
    _open(ring, _wrapped(), seconds=3600)
    assert len(ring._subject_keys) == 1
    assert len(ring._data_keys) == 1


def test_what_is_forgotten_is_asked_for_again(ring: Keyring, asked: list[int]) -> None:
    """As after a rotation or an erasure."""
    cipher = _open(ring, _wrapped())
    ring.forget()
    assert _open(ring, _wrapped()) is not cipher
    assert asked == [5, 5]


@pytest.mark.parametrize("suite", [1, 2])
def test_a_value_sealed_by_one_ring_opens_by_another(ring: Keyring, suite: int) -> None:
    """Two processes share nothing but the wrapped row; the randomness of the one that made the cipher is used."""
    place = Place(1, 2, CUSTOMER, CUSTOMER)
    sealed = ring.subject_cipher(_wrapped(), CUSTOMER, 1, suite=suite, now=NOW, entropy=bytes).seal(b"x", place)
    assert bytes(sealed)[36:48] == bytes(12)
    other = Keyring(lambda _: DATA_KEY.material)
    assert other.subject_cipher(_wrapped(), CUSTOMER, 1, suite=suite, now=NOW).open(sealed, place) == b"x"

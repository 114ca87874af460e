"""Equal canonical values have equal tokens within one index, key and normaliser version, and nowhere else."""

import hmac
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.blind_index import IndexKey

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
PHONE = "+8613812345678"
VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())


def test_the_token_of_a_value_is_frozen() -> None:
    """Known answer: what is indexed today is found by every later version."""
    assert IndexKey(7, 1, KEY).token(PHONE, normaliser=1).hex() == VECTORS["token"]


def test_a_token_depends_on_index_normaliser_and_key() -> None:
    """The number of a key's row is not bound: it only names the key."""
    token = IndexKey(7, 1, KEY).token(PHONE, normaliser=1)
    assert token != IndexKey(7, 2, KEY).token(PHONE, normaliser=1)
    assert token != IndexKey(7, 1, KEY).token(PHONE, normaliser=2)
    assert token != IndexKey(7, 1, OTHER_KEY).token(PHONE, normaliser=1)
    assert token == IndexKey(8, 1, KEY).token(PHONE, normaliser=1)


@given(st.text(), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
def test_a_token_is_hmac_sha_256_over_each_part_with_its_length(canonical: str, index: int, normaliser: int) -> None:
    """Written anew with the standard library (RFC 2104): 32 bytes for any value."""
    value = canonical.encode()
    message = index.to_bytes(2) + normaliser.to_bytes(2) + len(value).to_bytes(4) + value
    token = IndexKey(1, index, KEY).token(canonical, normaliser=normaliser)
    assert token == hmac.digest(KEY, message, "sha256")
    assert len(token) == 32


@given(st.lists(st.text(), unique=True, min_size=2, max_size=20))
def test_a_prepared_key_serves_many_values(values: list[str]) -> None:
    """No value leaves a trace in the next one's token: each is that of a fresh key."""
    key = IndexKey(1, 1, KEY)
    tokens = [key.token(value, normaliser=1) for value in values]
    assert tokens == [IndexKey(1, 1, KEY).token(value, normaliser=1) for value in values]
    assert len(set(tokens)) == len(values)


def test_a_lone_surrogate_has_a_token_and_raises_nothing() -> None:
    """An error of encoding would hold the value."""
    assert len(IndexKey(1, 1, KEY).token("138\ud800", normaliser=1)) == 32


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_an_index_key_of_another_length_is_refused(length: int) -> None:
    """A truncated key must not index in silence."""
    with pytest.raises(ValueError, match="32 bytes"):
        IndexKey(1, 1, bytes(length))

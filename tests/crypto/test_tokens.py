"""Tokens that a client carries: they open for what they were made for, and for nothing else."""

from __future__ import annotations

import base64
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.keyring import Key
from crypto.tokens import NONCE_BYTES, open_token, seal_token

KEY = Key(7, bytes(range(32)))


@given(held=st.binary(max_size=300), bound=st.binary(max_size=64))
def test_a_token_opens_where_it_is_good(held: bytes, bound: bytes) -> None:
    """And is text that any URL or JSON carries."""
    token = seal_token(KEY, held, bound=bound, nonce=os.urandom(NONCE_BYTES))
    assert open_token(KEY, token, bound=bound) == held
    assert open_token(KEY, token, bound=bound + b"x") is None
    assert open_token(Key(7, bytes(32)), token, bound=bound) is None
    assert open_token(Key(8, KEY.material), token, bound=bound) == held


def test_every_altered_byte_makes_it_nothing() -> None:
    """Version, key number, nonce, text and tag are all bound."""
    token = seal_token(KEY, b"place", bound=b"list", nonce=bytes(NONCE_BYTES))
    data = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    for at in range(len(data)):
        data[at] ^= 1
        assert open_token(KEY, base64.urlsafe_b64encode(data).decode().rstrip("="), bound=b"list") is None, at
        data[at] ^= 1


@pytest.mark.parametrize("token", ["", "A", "AA", "=", "AQ==", "a b", "é", "A" * 3_000, "A" * 2_049, "\x00", "AQAAAAc"])
def test_what_is_no_token_is_nothing(token: str) -> None:
    """And raises nothing."""
    assert open_token(KEY, token, bound=b"") is None


def test_its_length_says_nothing_of_what_it_holds() -> None:
    """Up to a bucket."""
    lengths = {len(seal_token(KEY, b"x" * size, bound=b"", nonce=bytes(NONCE_BYTES))) for size in range(31)}
    assert len(lengths) == 1

"""What every provider of key-encryption keys keeps, asked of the real ones."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from crypto.providers import HEAD_BYTES, PURPOSES, ProviderUnavailable, WrongKey, head, rewrap, wrapped_by

if TYPE_CHECKING:
    from tests.providers.conftest import Held

MATERIAL = bytes(range(32))


def test_what_is_wrapped_opens_again_for_its_purpose_and_context(held: Held) -> None:
    """Every purpose; twice the same key gives other bytes; the head says who wrapped it."""
    provider = held.provider
    provider.probe()
    for purpose in PURPOSES:
        wrapped = provider.wrap(purpose, MATERIAL, context=b"key 1")
        assert provider.unwrap(purpose, wrapped, context=b"key 1") == MATERIAL
        assert provider.wrap(purpose, MATERIAL, context=b"key 1") != wrapped
        assert MATERIAL not in wrapped
        assert wrapped_by(wrapped) == (provider.number, 1)
        assert provider.version_of(wrapped) == 1
        assert wrapped[:HEAD_BYTES] == head(provider.number, 1, purpose, MATERIAL, context=b"key 1")
    assert provider.unwrap("data", provider.wrap("data", b"\x00" * 32, context=b""), context=b"") == b"\x00" * 32


def test_another_purpose_context_or_holder_is_the_wrong_key(held: Held) -> None:
    """A key wrapped for data does not open as an index key, nor in another key's row, nor elsewhere."""
    wrapped = held.provider.wrap("data", MATERIAL, context=b"key 1")
    for purpose, context in (("index", b"key 1"), ("data", b"key 2"), ("data", b""), ("data", b"key 11")):
        with pytest.raises(WrongKey):
            held.provider.unwrap(purpose, wrapped, context=context)
    with pytest.raises(WrongKey):
        held.another().unwrap("data", wrapped, context=b"key 1")


def test_every_altered_byte_is_the_wrong_key(held: Held) -> None:
    """Head, body and tag; cut short and made longer too."""
    wrapped = held.provider.wrap("data", MATERIAL, context=b"key 1")
    altered = [wrapped[:at] + bytes((wrapped[at] ^ 1,)) + wrapped[at + 1 :] for at in range(len(wrapped))]
    altered += [wrapped[:length] for length in range(0, len(wrapped), 7)] + [wrapped + b"\x00", wrapped + wrapped]
    for one in altered:
        with pytest.raises(WrongKey):
            held.provider.unwrap("data", one, context=b"key 1")


def test_versions_follow_each_other_and_the_old_ones_open_until_they_are_retired(held: Held) -> None:
    """The newest wraps; what an older one wrapped is wrapped anew; the newest is never destroyed."""
    provider = held.provider
    first = provider.wrap("data", MATERIAL, context=b"key 1")
    assert provider.versions("data") == [1]
    assert provider.rotate("data") == 2
    assert provider.rotate("data") == 3
    assert provider.versions("data") == [1, 2, 3]
    assert provider.versions("index") == [1]
    third = rewrap(provider, "data", first, context=b"key 1")
    assert provider.version_of(third) == 3
    assert provider.unwrap("data", first, context=b"key 1") == MATERIAL
    provider.retire("data", 3)
    assert provider.versions("data") == [3]
    with pytest.raises(WrongKey):
        provider.unwrap("data", first, context=b"key 1")
    provider.retire("data", 9)
    assert provider.versions("data") == [3]
    assert provider.unwrap("data", third, context=b"key 1") == MATERIAL
    assert provider.rotate("data") == 4


def test_one_that_is_away_is_unavailable_and_serves_again_by_itself(held: Held) -> None:
    """Down, sealed, slow, forbidden, gone, open to others: told within seconds, never as a wrong key."""
    provider = held.provider
    wrapped = provider.wrap("data", MATERIAL, context=b"key 1")
    for how, lost in held.lost.items():
        with lost():
            for ask in (
                lambda: provider.unwrap("data", wrapped, context=b"key 1"),
                lambda: provider.wrap("data", MATERIAL, context=b"key 1"),
                lambda: provider.versions("data"),
                provider.probe,
            ):
                began = time.monotonic()
                with pytest.raises(ProviderUnavailable) as refused:
                    ask()
                assert time.monotonic() - began < 10, how
                assert MATERIAL.hex() not in str(refused.value)
        assert provider.unwrap("data", wrapped, context=b"key 1") == MATERIAL, how


def test_a_purpose_without_a_key_is_unavailable_and_none_is_made(held: Held) -> None:
    """A lost key is noticed; wrapping under a new one would hide it."""
    for _ in range(2):
        with pytest.raises(ProviderUnavailable):
            held.provider.wrap("backup", MATERIAL, context=b"")
        with pytest.raises(ProviderUnavailable):
            held.provider.versions("backup")


def test_its_repr_shows_nothing(held: Held) -> None:
    """Neither a key, nor a token, nor where they are."""
    assert repr(held.provider) in {"<key file>", "<transit engine>"}

"""Keys move one way, open for their own customer alone, and are forgotten in time."""

import itertools
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from crypto.keyring import SUCCESSORS, Key, KeyRefused, Keyring, KeyState, KeyVersion, wrap_subject_key
from crypto.providers import ProviderUnavailable, WrongKey, rewrap
from crypto.providers.file import FileProvider

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
CUSTOMER, STRANGER = UUID(int=1, version=4), UUID(int=2, version=4)
DATA_KEY = Key(5, bytes(range(32)))


def _wrapped(generation: int = 1) -> bytes:
    return wrap_subject_key(DATA_KEY, 1, CUSTOMER, generation, bytes(32), nonce=bytes(12))


def test_a_key_never_moves_backwards() -> None:
    """Every pair of states: what the table allows, and nothing else; only a disabled key may come back to read."""
    order = list(KeyState)
    for before, after in itertools.product(KeyState, KeyState):
        version = KeyVersion(1, "data", 1, before, 1)
        if after in SUCCESSORS[before]:
            assert version.moved_to(after).state is after
            assert order.index(after) > order.index(before) or (before, after) == (
                KeyState.DISABLED,
                KeyState.DECRYPT_ONLY,
            )
        else:
            with pytest.raises(KeyRefused):
                version.moved_to(after)


def test_a_wrapped_subject_key_names_its_key_and_opens_for_its_customer_alone() -> None:
    """The header is read by the database's foreign key; every altered byte is refused."""
    wrapped = _wrapped()
    assert wrapped[:9].hex() == "c20001000000050001"
    ring = Keyring(lambda key_id: {5: DATA_KEY.material}[key_id])
    ring.subject_cipher(wrapped, CUSTOMER, 1, suite=1, now=NOW)
    for customer, generation in ((STRANGER, 1), (CUSTOMER, 2)):
        with pytest.raises(KeyRefused):
            ring.subject_cipher(wrapped, customer, generation, suite=1, now=NOW)
    for at in itertools.chain((0, 1, 2), range(7, len(wrapped))):
        altered = wrapped[:at] + bytes((wrapped[at] ^ 1,)) + wrapped[at + 1 :]
        with pytest.raises(KeyRefused):
            ring.subject_cipher(altered, CUSTOMER, 1, suite=1, now=NOW)


def test_a_provider_is_asked_once_in_five_minutes_and_again_after() -> None:
    """Warm requests ask nobody; a key gone from the provider stops opening in time."""
    asked: list[int] = []

    def unwrap(key_id: int) -> bytes:
        asked.append(key_id)
        return DATA_KEY.material

    ring = Keyring(unwrap)
    for seconds in (0, 30, 90, 299):
        ring.subject_cipher(_wrapped(), CUSTOMER, 1, suite=1, now=NOW + timedelta(seconds=seconds))
    assert asked == [5]
    ring.subject_cipher(_wrapped(), CUSTOMER, 1, suite=1, now=NOW + timedelta(seconds=301 + 60))
    assert asked == [5, 5]
    ring.data_key(5, now=NOW)
    assert asked == [5, 5, 5], "a clock that jumped back trusts no cache"


def test_keys_have_no_voice() -> None:
    """Neither a key nor the ring shows a byte."""
    ring = Keyring(lambda _: DATA_KEY.material)
    ring.subject_cipher(_wrapped(), CUSTOMER, 1, suite=1, now=NOW)
    assert DATA_KEY.material.hex()[:8] not in repr(DATA_KEY) + repr(ring)
    assert repr(DATA_KEY.material)[2:10] not in repr(DATA_KEY) + repr(ring)


def test_the_key_file_wraps_for_one_purpose_and_context(tmp_path: Path) -> None:
    """Another purpose, another context or an altered byte is `WrongKey`."""
    provider = FileProvider.create(tmp_path / "keys")
    wrapped = provider.wrap("data", bytes(32), context=b"key 1")
    assert FileProvider(tmp_path / "keys").unwrap("data", wrapped, context=b"key 1") == bytes(32)
    assert rewrap(provider, "data", wrapped, context=b"key 1") != wrapped
    with pytest.raises(WrongKey):
        provider.unwrap("index", wrapped, context=b"key 1")
    with pytest.raises(WrongKey):
        provider.unwrap("data", wrapped, context=b"key 2")
    for at in range(len(wrapped)):
        with pytest.raises(WrongKey):
            provider.unwrap("data", wrapped[:at] + bytes((wrapped[at] ^ 1,)) + wrapped[at + 1 :], context=b"key 1")
    with pytest.raises(WrongKey):
        FileProvider.create(tmp_path / "other").unwrap("data", wrapped, context=b"key 1")


def test_a_key_file_open_to_others_is_refused(tmp_path: Path) -> None:
    """Wider than 0600, a link, missing or damaged: each says what to do, and none is mended silently."""
    path = tmp_path / "keys"
    with pytest.raises(ProviderUnavailable, match="missing"):
        FileProvider(path)
    provider = FileProvider.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["keys"]
    with pytest.raises(FileExistsError):
        FileProvider.create(path)
    path.chmod(0o640)
    with pytest.raises(ProviderUnavailable, match="600"):
        provider.probe()
    path.chmod(0o600)
    provider.probe()
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(ProviderUnavailable, match="link"):
        FileProvider(link)
    content = path.read_text()
    for damaged in ("{}\n", content[:-20], content + content, "", content.replace("data", "date"), "[1]\n"):
        path.write_text(damaged)
        with pytest.raises(ProviderUnavailable):
            FileProvider(path)
    path.write_text(content)
    os.unlink(path)  # noqa: PTH108 (gone under a running provider)
    with pytest.raises(ProviderUnavailable, match="missing"):
        provider.probe()

"""A recovery copy opens with its passphrase alone, and says nothing else about what is in it."""

import json

import pytest

import crypto.recovery
from crypto.recovery import RecoveryRefused, open_copy, seal_copy
from crypto.sealed import Confidential

CONTENT = b'{"purpose": "data", "version": 1, "key": "00ff"}\n'
PASSPHRASE = Confidential("correct horse battery")


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stretching that costs nothing, but for the one test that has the real one."""
    monkeypatch.setattr(crypto.recovery, "COST", 1 << 4)


def entropy(count: int) -> bytes:
    """Bytes that are known."""
    return bytes(range(count))


def test_a_copy_opens_with_its_passphrase_and_no_other() -> None:
    """And shows neither the content nor the passphrase."""
    copy = seal_copy(CONTENT, PASSPHRASE, entropy=entropy)
    assert open_copy(copy, PASSPHRASE) == CONTENT
    assert b"purpose" not in copy
    assert b"horse" not in copy
    for wrong in ("correct horse batter", "correct horse battery ", ""):
        with pytest.raises(RecoveryRefused, match="passphrase is wrong"):
            open_copy(copy, Confidential(wrong))


def test_an_altered_copy_is_refused() -> None:
    """Every field of it, cut short, or no copy at all."""
    said = json.loads(seal_copy(CONTENT, PASSPHRASE, entropy=entropy))
    for name, other in {
        "format": "baobei recovery copy 2", "n": 1 << 5, "r": 9, "p": 2, "salt": "00" * 16, "nonce": "00" * 12,
        "sealed": said["sealed"][:-8] + "AAAAAAA=", "more": 1,
    }.items():  # fmt: skip
        with pytest.raises(RecoveryRefused):
            open_copy(json.dumps(said | {name: other}).encode(), PASSPHRASE)
    for bad in (b"", b"[]", b"{}", b"\xff", b"[" * 100_000, json.dumps(said | {"salt": 1}).encode()):
        with pytest.raises(RecoveryRefused):
            open_copy(bad, PASSPHRASE)


def test_a_short_passphrase_is_refused() -> None:
    """Twelve characters or more."""
    with pytest.raises(RecoveryRefused, match="12"):
        seal_copy(CONTENT, Confidential("elevenchars"), entropy=entropy)


def test_stretching_takes_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cost of a real copy stands in it: 2^17 times 8 blocks of 128 bytes."""
    monkeypatch.undo()
    copy = seal_copy(CONTENT, PASSPHRASE, entropy=entropy)
    assert json.loads(copy)["n"] == 1 << 17
    assert open_copy(copy, PASSPHRASE) == CONTENT

"""Keys move from the key file to an OpenBao and back by the custodian's own commands; away, it opens nothing."""

from __future__ import annotations

import asyncio
import os
import stat
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from crypto.providers import Providers, ProviderUnavailable, rewrap, wrapped_by
from crypto.providers.file import FileProvider
from records.office import KEY_FILE, open_office
from tests.api.test_keys_command import Desk
from tests.company import at_work
from tests.providers.conftest import needs_openbao

if TYPE_CHECKING:
    from pathlib import Path

    from tests.providers.openbao import OpenBao

pytestmark = needs_openbao
NAMES = count(1)
MATERIAL = bytes(range(32))


@pytest.fixture
def desk(given_url: str, tmp_path: Path) -> Desk:
    """A custodian's desk in a database and a home of the test's own."""
    made = Desk(tmp_path / "home", given_url)
    asyncio.run(made.prepare())
    return made


def wrapped_with(desk: Desk) -> set[int]:
    """Which providers wrap the keys of a book, by number."""
    return {row["by"] for row in desk.sql("SELECT get_byte(wrapped, 1) AS by FROM key_material")}


def test_two_serve_as_one_while_keys_move(bao: OpenBao, tmp_path: Path) -> None:
    """The first wraps, each opens what it wrapped; what neither wrapped is refused."""
    file = FileProvider.create(tmp_path / "keys.jsonl")
    transit = bao.provider(f"moved{next(NAMES)}", tmp_path / "token")
    both = Providers(transit, file)
    wrapped = file.wrap("data", MATERIAL, context=b"key 1")
    moved = rewrap(both, "data", wrapped, context=b"key 1")
    assert wrapped_by(moved) == (transit.number, 1)
    assert both.unwrap("data", moved, context=b"key 1") == both.unwrap("data", wrapped, context=b"key 1") == MATERIAL
    with pytest.raises(ProviderUnavailable):
        Providers(file).unwrap("data", moved, context=b"key 1")
    with pytest.raises(ProviderUnavailable):
        Providers(transit).unwrap("data", wrapped, context=b"key 1")


def test_a_custodian_moves_the_keys_and_takes_them_back(bao: OpenBao, desk: Desk, tmp_path: Path) -> None:
    """docs/operations.md: two words, `rewrap`, one word; the file is needed no more, and made anew on the way back."""
    prefix = f"moved{next(NAMES)}"
    bao.make_keys(prefix)
    word = bao.word(prefix, tmp_path / "token")
    key_file = desk.home / KEY_FILE
    assert wrapped_with(desk) == {1}

    # With the new one alone nothing opens yet, and nothing is changed by trying.
    assert "wrapped by a provider (number 1)" in desk.run("status", typed=(), BAOBEI_KEYS=word).stderr
    both = {"BAOBEI_KEYS": f"{word},file"}
    desk.done("rewrap", "--login", "feng", **both)
    assert wrapped_with(desk) == {3}
    key_file.rename(tmp_path / "put away")
    alone = {"BAOBEI_KEYS": word}
    assert "vault" in desk.done("status", typed=(), **alone)
    desk.done("verify", typed=(), **alone)
    assert "the keys are in no key file" in desk.refused("export-recovery", "x", "--login", "feng", **alone)

    # Its keys are rotated and retired like the file's.
    desk.done("rotate", "kek", "data", "--login", "feng", "--later", **alone)
    desk.done("rewrap", "--login", "feng", **alone)
    desk.done("verify", typed=(), **alone)

    # And back: the file is made, since no key is wrapped by one.
    desk.done("rewrap", "--login", "feng", BAOBEI_KEYS=f"file,{word}")
    assert wrapped_with(desk) == {1}
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    with_file = {"BAOBEI_KEYS": "file"}
    desk.done("verify", typed=(), **with_file)
    key_file.rename(tmp_path / "lost")
    assert "the key file is missing" in desk.run("status", typed=(), **with_file).stderr
    (tmp_path / "lost").rename(key_file)
    desk.done("verify", typed=())


def test_a_server_whose_keys_are_away_fails_closed_says_so_and_recovers(
    bao: OpenBao, given_url: str, tmp_path: Path
) -> None:
    """keys.md: served until the time of the open keys is out, then closed and not ready; back by itself."""
    prefix = f"moved{next(NAMES)}"
    bao.make_keys(prefix)
    word = bao.word(prefix, tmp_path / "token")
    clock = [datetime.now(UTC)]

    async def served() -> None:
        async with open_office(
            tmp_path / "home", given_url, clock=lambda: clock[0], entropy=os.urandom, key_places=(word,)
        ) as office:
            assert await office.down() == ()
            key, _ = office.keys.make_subject_key(UUID(int=1))
            assert key is not None
            for away, back in ((bao.seal, bao.unseal), (bao.stop, bao.start), (bao.pause, bao.go_on)):
                away()
                assert await office.down() == ()
                office.keys.make_subject_key(UUID(int=1))
                clock[0] += timedelta(minutes=6)
                assert await office.down() == ("keys",)
                with pytest.raises(ProviderUnavailable):
                    office.keys.make_subject_key(UUID(int=1))
                back()
                for _ in range(100):
                    if not await office.down():
                        break
                    await asyncio.sleep(0.1)
                assert await office.down() == ()
                office.keys.make_subject_key(UUID(int=1))

    asyncio.run(served())


def test_no_warm_request_asks_the_key_service(bao: OpenBao, given_url: str, tmp_path: Path) -> None:
    """keys.md: no provider's call in a warm request: a server that answers nobody is not noticed."""
    prefix = f"moved{next(NAMES)}"
    bao.make_keys(prefix)
    word = bao.word(prefix, tmp_path / "token")
    with at_work(given_url, tmp_path / "home", key_places=(word,)) as company:
        customer = company.filed("seller", "赵一", "13812340001")
        bao.pause()
        try:
            assert company.reveal("seller", customer)["contact"]["phones"] == ["+8613812340001"]
            assert company.filed("seller", "赵一", "13812340001") == customer
        finally:
            bao.go_on()

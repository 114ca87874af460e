"""The providers that there are, each with what may happen to it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import pytest

from crypto.providers.file import FileProvider
from tests.providers.openbao import BINARY, OpenBao, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from crypto.providers import KeyProvider

needs_openbao = pytest.mark.skipif(not BINARY, reason="scripts/test-providers installs and starts the server")
NAMES = count(1)


@dataclass(frozen=True, slots=True)
class Held:
    """A provider under test: itself, another of its kind with other keys, and ways to lose it for a while."""

    provider: KeyProvider
    another: Callable[[], KeyProvider]
    lost: dict[str, Callable[[], AbstractContextManager[None]]]


@pytest.fixture(scope="session")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    """One server a run."""
    with running(tmp_path_factory.mktemp("openbao")) as opened:
        yield opened


@pytest.fixture(params=["file", pytest.param("openbao", marks=needs_openbao)])
def held(request: pytest.FixtureRequest, tmp_path) -> Held:
    """Each kind of provider."""
    if request.param == "file":
        path = tmp_path / "keys.jsonl"

        @contextmanager
        def gone() -> Iterator[None]:
            path.rename(tmp_path / "elsewhere")
            yield
            (tmp_path / "elsewhere").rename(path)

        @contextmanager
        def open_to_others() -> Iterator[None]:
            path.chmod(0o644)
            yield
            path.chmod(0o600)

        return Held(
            FileProvider.create(path),
            lambda: FileProvider.create(tmp_path / "other.jsonl"),
            {"gone": gone, "open to others": open_to_others},
        )
    bao: OpenBao = request.getfixturevalue("bao")
    token = tmp_path / "token"

    @contextmanager
    def down() -> Iterator[None]:
        bao.stop()
        yield
        bao.start()

    @contextmanager
    def sealed() -> Iterator[None]:
        bao.seal()
        yield
        bao.unseal()

    @contextmanager
    def slow() -> Iterator[None]:
        bao.pause()
        yield
        bao.go_on()

    @contextmanager
    def forbidden() -> Iterator[None]:
        right = token.read_text(encoding="ascii")
        token.write_text("s.nobody", encoding="ascii")
        yield
        token.write_text(right, encoding="ascii")

    return Held(
        bao.provider(f"kept{next(NAMES)}", token),
        lambda: bao.provider(f"kept{next(NAMES)}", tmp_path / "other token"),
        {"down": down, "sealed": sealed, "slow": slow, "forbidden": forbidden},
    )

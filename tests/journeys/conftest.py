"""The company that a story is told of: one real server on a socket a file, under the file's rulebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import open_company

if TYPE_CHECKING:
    from collections.abc import Iterator

    from records.server import Reached
    from tests.company import Company


@pytest.fixture(scope="module")
def story(
    request: pytest.FixtureRequest, server: Reached, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Company]:
    """A company at work behind a server that listens on a port; its rulebook is the module's `RULEBOOK`."""
    home = tmp_path_factory.mktemp("story")
    with open_company(server, home, rulebook=request.module.RULEBOOK, served=True) as opened:
        yield opened

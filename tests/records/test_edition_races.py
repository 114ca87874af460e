"""An edition that is approved while somebody files: what is decided is what the law says, in whichever order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from crypto.sealed import Confidential
from records import editions, replays
from records.editions import Change
from records.filing import ClaimForm, file_claim
from records.references import Kind, reference
from records.verification import verify
from tests.company import at_work
from tests.conftest import open_company
from tests.races import BROKEN, NAIVE_ROUNDS, ROUNDS, desk_of, meet, node_of, told, watching

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from records.desk import Desk
    from records.outcomes import Done
    from records.server import Reached
    from tests.company import Company

IN_ONE_COMPANY = 20
"""Rounds in one company: each leaves one edition more, by which all that was ever filed there is decided anew."""


@dataclass(slots=True)
class Scene:
    """One round's draft and day, and everybody's desk."""

    desks: Mapping[str, Desk]
    draft: str
    day: date
    phone: str

    async def file(self) -> Done:
        """File a customer who is brought in now."""
        desk = self.desks["seller"]
        form = ClaimForm(name=Confidential("王芳"), phones=(Confidential(self.phone),), visited_at=desk.now)
        return await file_claim(desk, form, key=uuid4())

    async def publish(self) -> Done:
        """Approve the draft for a day of the past, so that it is in force at once."""
        return await editions.publish_rulebook(
            self.desks["leader"], self.draft, effective_on=self.day, because=Confidential("原条文笔误"),
            expected_version=1, key=uuid4(),
        )  # fmt: skip

    async def withdraw(self) -> Done:
        """Withdraw the edition, which is ahead of its day."""
        because = Confidential("尚未培训")
        return await editions.withdraw_edition(
            self.desks["leader"], self.draft, because=because, expected_version=2, key=uuid4()
        )


async def _drafted(desk: Desk, days: int) -> str:
    change = Change("protection.strict_days", str(days), None, (), None)
    done = await editions.draft_edition(desk, based_on=None, title=None, changes=[change], key=uuid4())
    return reference(Kind.EDITION, node_of(done))


async def _anybody(_fetch: Any) -> None:
    """Keep nobody out, as a naive variant does."""


@pytest.mark.parametrize("naive", [False, True], ids=["as it is", "without locks"])
def test_a_filing_is_decided_by_the_law_that_stands_when_both_are_done(
    *, naive: bool, server: Reached, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E14: no row is left that was decided under the law of before; without locks some are."""

    async def rounds(company: Company, numbers: range) -> list[bool]:
        found: list[bool] = []
        desks = {who: await desk_of(company, who) for who in ("seller", "leader")}
        async with watching(company) as watcher:
            for number in numbers:
                day = desks["seller"].now.date() - timedelta(days=100 - number % IN_ONE_COMPANY)
                draft = await _drafted(desks["leader"], 5 + number)
                scene = Scene(desks, draft, day, f"138123{number:05}")
                acts = (scene.file, scene.publish) if number % 2 else (scene.publish, scene.file)
                with monkeypatch.context() as patched:
                    if naive:
                        patched.setattr(replays, "keep_people", _anybody)
                        patched.setattr(replays, "keep_everybody_out", _anybody)
                    done = await meet(company, monkeypatch, *acts, naive=False, watcher=watcher)
                assert told(done, 2) != BROKEN, done
                await desks["leader"].hear_the_law()
                found.append((await verify(desks["leader"].law.latest))[1] == [])
        return found

    right: list[bool] = []
    until = NAIVE_ROUNDS if naive else ROUNDS
    for begin in range(0, until, IN_ONE_COMPANY):
        with open_company(server, tmp_path / str(begin)) as company:
            right += company.run(partial(rounds, company, range(begin, min(until, begin + IN_ONE_COMPANY))))
    assert not all(right) if naive else all(right)


@pytest.mark.parametrize("act", ["publish", "withdraw"])
@pytest.mark.parametrize("naive", [False, True], ids=["as it is", "without locks"])
def test_of_two_who_approve_a_draft_or_withdraw_an_edition_one_does(
    *, act: str, naive: bool, given_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E14: the other is told that it changed; without locks one of them breaks on what the database holds."""
    with at_work(given_url, tmp_path) as company:

        async def rounds() -> list[int]:
            found: list[int] = []
            desks = {who: await desk_of(company, who) for who in ("seller", "leader")}
            async with watching(company) as watcher:
                for number in range(NAIVE_ROUNDS if naive else ROUNDS):
                    draft = await _drafted(desks["leader"], 5 + number)
                    scene = Scene(desks, draft, desks["leader"].now.date() + timedelta(days=number), "")
                    if act == "withdraw":
                        # Only what is ahead of its day can be withdrawn.
                        scene = replace(scene, day=scene.day + timedelta(days=1))
                        node_of(await scene.publish())
                    with monkeypatch.context() as patched:
                        if naive:
                            patched.setattr(replays, "keep_people", _anybody)
                            patched.setattr(replays, "keep_everybody_out", _anybody)
                        both = (scene.withdraw, scene.withdraw) if act == "withdraw" else (scene.publish, scene.publish)
                        done = await meet(company, monkeypatch, *both, naive=naive, watcher=watcher)
                    done_by = sum(not isinstance(one, Exception) and one.refusal is None for one in done)
                    found.append(told(done, done_by))
            return found

        counts = company.run(rounds)
    assert set(counts) <= {2, BROKEN} if naive else set(counts) == {1}

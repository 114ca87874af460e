"""A grant given while it is withdrawn, decided twice, or used while it is withdrawn (E10)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from crypto.sealed import Confidential
from records import keys
from records.disclosure import ContactField, PurposeCode, Revealed, reveal_contact
from records.facts import Addition
from records.filing import ClaimForm, file_claim
from records.grants import Look, give_grant, request_grant, withdraw_grant
from records.references import Kind, reference
from tests.company import at_work
from tests.races import (
    NAIVE_ROUNDS,
    ROUNDS,
    Meeting,
    desk_of,
    meet,
    node_of,
    told,
    unlocked,
    watching,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from uuid import UUID

    from records.desk import Desk
    from records.outcomes import Done
    from records.refusals import Refused

pytestmark = pytest.mark.parametrize("naive", [False, True], ids=["as it is", "without locks"])


@dataclass(slots=True)
class Scene:
    """One round's customer and grant, and everybody's desk."""

    desks: Mapping[str, Desk]
    customer: str
    grant: UUID

    async def give(self) -> Done:
        """Give it for an hour."""
        desk, grant = self.desks["supervisor"], reference(Kind.GRANT, self.grant)
        until = desk.now + timedelta(hours=1)
        return await give_grant(desk, grant, until=until, note=None, expected_version=1, key=uuid4())

    async def withdraw(self, who: str = "service", version: int = 1) -> Done:
        """Withdraw it."""
        grant = reference(Kind.GRANT, self.grant)
        return await withdraw_grant(self.desks[who], grant, reason=None, expected_version=version, key=uuid4())

    async def look(self) -> Revealed | Refused:
        """Look by it."""
        fields = [ContactField.PHONES]
        return await reveal_contact(
            self.desks["service"], self.customer, fields, purpose=PurposeCode.FOLLOW_UP, note=None
        )


async def _scene(desks: Mapping[str, Desk], number: int) -> Scene:
    form = ClaimForm(name=Confidential("王芳"), phones=(Confidential(f"139127{number:05}"),))
    root = (await file_claim(desks["seller"], form, key=uuid4())).customer
    assert root is not None
    customer = reference(Kind.CUSTOMER, root)
    look = Look(
        customer=customer, fields=[ContactField.PHONES], papers=False, purpose=PurposeCode.FOLLOW_UP,
        reason=Confidential("回访"),
    )  # fmt: skip
    return Scene(desks, customer, node_of(await request_grant(desks["service"], look, key=uuid4())))


@pytest.mark.parametrize("other", ["withdraw", "give"])
def test_a_grant_is_decided_or_withdrawn_once(
    *, naive: bool, other: str, given_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E10: of two at one instant the second is stale; without locks both are told that it is done."""
    with at_work(given_url, tmp_path) as company:

        async def rounds() -> set[int]:
            found: set[int] = set()
            desks = {who: await desk_of(company, who) for who in ("seller", "service", "supervisor")}
            async with watching(company) as watcher:
                for number in range(NAIVE_ROUNDS if naive else ROUNDS):
                    scene = await _scene(desks, number)
                    both = (scene.give, scene.withdraw if other == "withdraw" else scene.give)
                    done = await meet(company, monkeypatch, *both, naive=naive, watcher=watcher)
                    took = sum(isinstance(one, Exception) or one.refusal is None for one in done)
                    found.add(told([] if naive else done, took))
            return found

        assert company.run(rounds) == ({2} if naive else {1})


@dataclass(slots=True)
class _Order:
    """What was done before what: whether a look was written behind a withdrawal that was done."""

    is_withdrawn: bool = False
    looked_too_late: bool = False


def test_a_withdrawn_grant_opens_nothing_more(
    *, naive: bool, given_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E10: a look that has begun is written before the withdrawal is done; without locks it is written behind it."""
    with at_work(given_url, tmp_path) as company:

        async def rounds() -> set[bool]:
            found: set[bool] = set()
            desks = {who: await desk_of(company, who) for who in ("seller", "service", "supervisor")}
            async with watching(company) as watcher:
                for number in range(NAIVE_ROUNDS if naive else ROUNDS):
                    scene = await _scene(desks, number)
                    node_of(await scene.give())
                    found.add(await _met(scene, monkeypatch, watcher, naive=naive))
                    refused = await scene.look()
                    assert not isinstance(refused, Revealed)
            return found

        assert company.run(rounds) == {naive}


async def _met(scene: Scene, monkeypatch: pytest.MonkeyPatch, watcher: Any, *, naive: bool) -> bool:
    """Let a look wait before it writes its use until the withdrawal is done, or waits for it; say which it was."""
    order, meeting, write = _Order(), Meeting(watcher), Addition.write

    async def watched(self: Addition, connection: Any) -> None:
        if self._rows["grant_use"]:
            begun.set()
            await meeting.arrive()
            await write(self, connection)
            order.looked_too_late = order.is_withdrawn
        else:
            await write(self, connection)

    async def withdraw() -> Done:
        await begun.wait()
        done = await scene.withdraw("supervisor", 2)
        order.is_withdrawn = True
        meeting.finished += 1
        return done

    begun = asyncio.Event()
    with monkeypatch.context() as patched:
        patched.setattr(Addition, "write", watched)
        if naive:
            patched.setattr(keys, "transaction", unlocked)
        looked, withdrawn = await asyncio.gather(scene.look(), withdraw())
    assert isinstance(looked, Revealed)
    assert withdrawn.refusal is None
    return order.looked_too_late

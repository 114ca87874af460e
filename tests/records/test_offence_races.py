"""Acts on one offence at the same time: each pair leaves what one after the other would have left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from records import offences
from records.evidence import EvidenceForm, EvidenceKind
from records.offences import OffenceKind
from records.references import Kind, reference
from tests.company import at_work
from tests.races import BROKEN, NAIVE_ROUNDS, ROUNDS, desk_of, meet, node_of, told, transactional, watching

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from records.desk import Desk
    from records.outcomes import Done
    from tests.company import Company

PIECE = EvidenceForm(EvidenceKind.OTHER, document="ef" * 32)
LADDER = ["warning", "fine", "demotion", "removal"]
"""What `onsite` answers offences with, in order."""


@dataclass(slots=True)
class Scene:
    """One round's person and offence, and everybody's desk."""

    desks: Mapping[str, Desk]
    charged: str
    offence: str = ""

    async def record(self, who: str) -> Done:
        """Record an offence at whatever step comes next."""
        return await offences.record_offence(
            self.desks[who], reference(Kind.STAFF, self.desks[self.charged].signed_in().staff),
            kind=OffenceKind.CONDUCT, occurred_at=None, customer=None, step=None, yuan=None, evidence=[PIECE],
            key=uuid4(),
        )  # fmt: skip

    async def appeal(self) -> Done:
        """Appeal."""
        return await offences.appeal_offence(self.desks[self.charged], self.offence, evidence=[PIECE], key=uuid4())

    async def decide(self, who: str, *, is_upheld: bool) -> Done:
        """Decide the appeal."""
        return await offences.decide_offence(
            self.desks[who], self.offence, is_upheld=is_upheld, reasons=None, key=uuid4()
        )

    async def facts(self, kind: str) -> int:
        """Count facts of a kind."""
        return (await transactional("SELECT count(*) AS n FROM fact WHERE kind = $1", kind))[0]["n"]


async def _recorded(scene: Scene) -> None:
    scene.offence = reference(Kind.OFFENCE, node_of(await scene.record("supervisor")))


async def _appealed(scene: Scene) -> None:
    await _recorded(scene)
    await scene.appeal()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two acts at once: how they begin, and which fact may be there once more afterwards, and no more."""

    prepare: Callable[[Scene], Awaitable[None]]
    acts: tuple[Callable[[Scene], Awaitable[Done]], Callable[[Scene], Awaitable[Done]]]
    kind: str


PAIRS = {
    "appeal and appeal": Pair(_recorded, (Scene.appeal, Scene.appeal), "plead"),
    "uphold and lift": Pair(
        _appealed,
        (
            lambda scene: scene.decide("leader", is_upheld=True),
            lambda scene: scene.decide("second_leader", is_upheld=False),
        ),
        "verdict",
    ),
}


async def _desks(company: Company) -> dict[str, Desk]:
    desks = {who: await desk_of(company, who) for who in ("seller", "supervisor", "leader")}
    # Two sessions of one leader meet as two leaders would: an offence knows of no leader of its own.
    return desks | {"second_leader": await desk_of(company, "leader")}


@pytest.mark.parametrize("naive", [False, True], ids=["as it is", "without locks"])
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_two_acts_on_an_offence_at_once_leave_what_one_after_the_other_leaves(
    pair: Pair, *, naive: bool, given_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of the two is done, the other is refused as not in state; without locks both are done, or one breaks."""
    with at_work(given_url, tmp_path) as company:

        async def rounds() -> list[int]:
            found: list[int] = []
            desks = await _desks(company)
            async with watching(company) as watcher:
                for number in range(NAIVE_ROUNDS if naive else ROUNDS):
                    # Each round has its own instant: what happened at another is another offence.
                    now = {who: replace(desk, now=desk.now + timedelta(minutes=number)) for who, desk in desks.items()}
                    scene = Scene(now, "seller")
                    await pair.prepare(scene)
                    before = await scene.facts(pair.kind)
                    acts = pair.acts if number % 2 else pair.acts[::-1]
                    calls = [lambda act=act, scene=scene: act(scene) for act in acts]
                    done = await meet(company, monkeypatch, *calls, naive=naive, watcher=watcher)
                    found.append(told(done, await scene.facts(pair.kind) - before))
            return found

        counts = company.run(rounds)
    assert set(counts) <= {2, BROKEN} if naive else set(counts) == {1}


@pytest.mark.parametrize("naive", [False, True], ids=["as it is", "without locks"])
def test_two_offences_recorded_at_once_stand_on_two_steps_of_the_ladder(
    *, naive: bool, given_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D18: the second of two is the second, whoever records it; without locks both are the first."""
    with at_work(given_url, tmp_path) as company:

        async def rounds() -> list[list[str]]:
            found: list[list[str]] = []
            desks = await _desks(company)
            async with watching(company) as watcher:
                # The person is another each round, so that the ladder begins anew.
                for number, charged in enumerate(("seller", "colleague", "service", "store")):
                    desks[charged] = await desk_of(company, charged)
                    scene = Scene(desks, charged)
                    whom = desks[charged].signed_in().staff
                    for _ in range(1 if naive else len(LADDER) // 2):
                        acts = ("supervisor", "leader") if number % 2 else ("leader", "supervisor")
                        calls = [lambda who=who, scene=scene: scene.record(who) for who in acts]
                        await meet(company, monkeypatch, *calls, naive=naive, watcher=watcher)
                    found.append(await _steps(whom))
            return found

        ladders = company.run(rounds)
    expected = ["warning", "warning"] if naive else LADDER
    assert ladders == [expected] * len(ladders)


async def _steps(staff: UUID) -> list[str]:
    rows = await transactional(
        "SELECT o.step FROM offence o JOIN fact f ON f.id = o.fact_id WHERE o.staff_id = $1 ORDER BY f.seq", staff
    )
    return [row["step"] for row in rows]


@pytest.mark.parametrize("naive", [False, True], ids=["as it is", "without locks"])
def test_an_appeal_decided_while_another_offence_is_recorded_counts_or_does_not_but_never_half(
    *, naive: bool, given_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D18: what was lifted before is no step of the ladder; the verdict and the next offence stand in one order."""
    with at_work(given_url, tmp_path) as company:

        async def rounds() -> list[bool]:
            found: list[bool] = []
            desks = await _desks(company)
            async with watching(company) as watcher:
                for number, charged in enumerate(("seller", "colleague", "service", "store")):
                    desks[charged] = await desk_of(company, charged)
                    scene = Scene(desks, charged)
                    await _appealed(scene)
                    acts = (
                        lambda scene=scene: scene.decide("leader", is_upheld=False),
                        lambda scene=scene: scene.record("supervisor"),
                    )
                    both = acts if number % 2 else acts[::-1]
                    await meet(company, monkeypatch, *both, naive=naive, watcher=watcher)
                    found.append(await _is_in_order(desks[charged].signed_in().staff))
            return found

        orders = company.run(rounds)
    assert not all(orders) if naive else all(orders)


async def _is_in_order(staff: UUID) -> bool:
    """Say whether the second offence stands on the step that the facts before it give."""
    rows = await transactional(
        "SELECT f.kind, f.details FROM fact f WHERE f.kind IN ('offence', 'verdict') "
        "AND f.details->>'staff' = $1 ORDER BY f.seq",
        staff.hex,
    )
    is_lifted = [row["kind"] for row in rows] == ["offence", "verdict", "offence"]
    steps = await _steps(staff)
    return steps == ["warning", "warning" if is_lifted else "fine"]

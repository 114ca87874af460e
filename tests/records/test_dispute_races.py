"""Acts on one dispute at the same time: each pair leaves what one after the other would have left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from crypto.sealed import Confidential
from records import appeals, disputes, proceedings
from records.dispute_sides import Side
from records.evidence import EvidenceForm, EvidenceKind
from records.references import Kind, reference
from tests.company import at_work
from tests.races import BROKEN, NAIVE_ROUNDS, ROUNDS, desk_of, meet, node_of, told, transactional, watching

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from records.desk import Desk
    from records.outcomes import Done
    from tests.company import Company

A_CUSTOMER = 10
PIECE = EvidenceForm(EvidenceKind.MESSAGE, Confidential("微信记录"))
WORDS = Confidential("理由")


@dataclass(slots=True)
class Scene:
    """One round's dispute, and everybody's desk."""

    desks: Mapping[str, Desk]
    customer: str
    dispute: str = ""

    async def open(self) -> Done:
        """Open another dispute over the customer."""
        return await disputes.open_dispute(
            self.desks["rival"], self.customer, against=None, statement=None, key=uuid4()
        )

    async def settle(self, who: str) -> Done:
        """Settle it."""
        side = Side.OPENER if who == "leader" else Side.RESPONDENT
        return await disputes.settle_dispute(
            self.desks[who], self.dispute, to=None, side=side, reasons=WORDS, expected_version=1, key=uuid4()
        )

    async def prove(self) -> Done:
        """Bring evidence."""
        return await proceedings.add_evidence(self.desks["rival"], self.dispute, evidence=[PIECE], key=uuid4())

    async def refer(self) -> Done:
        """Put it to a supervisor of the other team."""
        to = reference(Kind.STAFF, self.desks["rival_supervisor"].signed_in().staff)
        return await proceedings.refer_dispute(
            self.desks["leader"], self.dispute, to=to, expected_version=1, key=uuid4()
        )

    async def appeal(self) -> Done:
        """Appeal."""
        return await appeals.appeal_award(
            self.desks["rival"], self.dispute, reasons=WORDS, expected_version=2, key=uuid4()
        )

    async def decide(self, side: Side) -> Done:
        """Have the last word."""
        return await appeals.decide_appeal(
            self.desks["leader"], self.dispute, to=None, side=side, reasons=WORDS, expected_version=3, key=uuid4()
        )

    async def facts(self, *kinds: str) -> int:
        """Count the dispute's facts of some kinds."""
        row = UUID(hex=self.dispute.partition("_")[2])
        statement = "SELECT count(*) AS n FROM fact WHERE dispute_id = $1 AND kind = ANY($2)"
        return (await transactional(statement, row, list(kinds)))[0]["n"]


async def _opened(scene: Scene) -> None:
    scene.dispute = reference(Kind.DISPUTE, node_of(await scene.open()))


async def _settled(scene: Scene) -> None:
    await _opened(scene)
    await scene.settle("supervisor")


async def _appealed(scene: Scene) -> None:
    await _settled(scene)
    await scene.appeal()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two acts at once: how they begin, and which facts may be there once afterwards, and no more."""

    prepare: Callable[[Scene], Awaitable[None]]
    acts: tuple[Callable[[Scene], Awaitable[Done]], Callable[[Scene], Awaitable[Done]]]
    kinds: tuple[str, ...]


PAIRS = {
    "settle and settle": Pair(
        _opened, (lambda scene: scene.settle("supervisor"), lambda scene: scene.settle("leader")), ("settle",)
    ),
    "settle and refer": Pair(_opened, (lambda scene: scene.settle("supervisor"), Scene.refer), ("settle", "refer")),
    "appeal and appeal": Pair(_settled, (Scene.appeal, Scene.appeal), ("appeal",)),
    "last word and last word": Pair(
        _appealed,
        (lambda scene: scene.decide(Side.OPENER), lambda scene: scene.decide(Side.RESPONDENT)),
        ("settle", "uphold"),
    ),
}


@pytest.mark.parametrize("naive", [False, True], ids=["as it is", "without locks"])
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_two_acts_on_a_dispute_at_once_leave_what_one_after_the_other_leaves(
    pair: Pair, *, naive: bool, given_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of the two is done, the other is refused as stale or not in state; without locks both are done."""
    people = ("seller", "rival", "supervisor", "rival_supervisor", "leader")
    with at_work(given_url, tmp_path) as company:
        rounds_now = NAIVE_ROUNDS if naive else ROUNDS
        customers = [_filed(company, number) for number in range(-(-rounds_now // A_CUSTOMER))]

        async def rounds() -> list[int]:
            found: list[int] = []
            desks = {who: await desk_of(company, who) for who in people}
            async with watching(company) as watcher:
                for number in range(rounds_now):
                    scene = Scene(desks, customers[number // A_CUSTOMER])
                    await pair.prepare(scene)
                    before = await scene.facts(*pair.kinds)
                    acts = pair.acts if number % 2 else pair.acts[::-1]
                    calls = [lambda act=act, scene=scene: act(scene) for act in acts]
                    done = await meet(company, monkeypatch, *calls, naive=naive, watcher=watcher)
                    found.append(told(done, await scene.facts(*pair.kinds) - before))
            return found

        counts = company.run(rounds)
    assert set(counts) <= {2, BROKEN} if naive else set(counts) == {1}


def test_evidence_is_in_time_or_refused_and_never_behind_the_award(
    given_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Evidence against a settlement: what is recorded after the award is none."""
    with at_work(given_url, tmp_path) as company:
        customers = [_filed(company, number) for number in range(-(-ROUNDS // A_CUSTOMER))]

        async def rounds() -> list[list[str]]:
            found: list[list[str]] = []
            desks = {who: await desk_of(company, who) for who in ("rival", "supervisor")}
            async with watching(company) as watcher:
                for number in range(ROUNDS):
                    scene = Scene(desks, customers[number // A_CUSTOMER])
                    await _opened(scene)
                    acts = (scene.prove, lambda scene=scene: scene.settle("supervisor"))
                    both = acts if number % 2 else acts[::-1]
                    await meet(company, monkeypatch, *both, naive=False, watcher=watcher)
                    row = UUID(hex=scene.dispute.partition("_")[2])
                    order = (
                        "SELECT kind FROM fact WHERE dispute_id = $1 AND kind IN ('evidence', 'settle') ORDER BY seq"
                    )
                    found.append([fact["kind"] for fact in await transactional(order, row)])
            return found

        assert all(kinds in (["settle"], ["evidence", "settle"]) for kinds in company.run(rounds))


def _filed(company: Company, number: int) -> str:
    phone = f"138123{number:05}"
    customer = company.filed("seller", "王芳", phone)
    company.file("rival", "王芳", phone)
    return customer

"""Acts on one deal at the same time: each pair leaves what one after the other would have left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from crypto.sealed import Confidential
from records import confirmations, deals, rebates, shares
from records.evidence import EvidenceForm, EvidenceKind
from records.rebates import Booking
from records.references import Kind, reference
from tests.company import RED, at_work
from tests.races import BROKEN, NAIVE_ROUNDS, ROUNDS, desk_of, meet, node_of, told, transactional, watching

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from records.desk import Desk
    from records.outcomes import Done
    from tests.company import Company

A_CUSTOMER = 10
"""Rounds with one customer: a longer history only makes the law slower."""
PIECE = EvidenceForm(EvidenceKind.MESSAGE, Confidential("微信记录"))


@dataclass(slots=True)
class Scene:
    """One round's deal, and everybody's desk."""

    company: Company
    desks: Mapping[str, Desk]
    customer: str
    deal: str = ""
    confirmation: str = ""

    async def sign(self) -> Done:
        """Sign the contract of the deal that was ordered."""
        return await deals.sign_contract(
            self.desks["seller"], deal=self.deal, customer=None, amount=None, related_to=None, occurred_at=None,
            expected_version=1, key=uuid4(),
        )  # fmt: skip

    async def pay(self) -> Done:
        """Record half of the price."""
        return await deals.record_payment(
            self.desks["colleague"], self.deal, percent=Decimal(50), occurred_at=None, expected_version=1, key=uuid4()
        )

    async def finish(self) -> Done:
        """Record the completion."""
        return await deals.finish_deal(
            self.desks["supervisor"], self.deal, occurred_at=None, expected_version=1, key=uuid4()
        )

    async def apply(self) -> Done:
        """Apply with evidence."""
        return await confirmations.confirm_deal(self.desks["seller"], self.deal, evidence=[PIECE], key=uuid4())

    async def judge(self, *, is_valid: bool) -> Done:
        """Judge the application."""
        who = "leader" if is_valid else "rival_supervisor"
        return await confirmations.judge_confirmation(
            self.desks[who], self.confirmation, is_valid=is_valid, reasons=Confidential("理由"), expected_version=1,
            key=uuid4(),
        )  # fmt: skip

    async def split(self, who: str) -> Done:
        """Split the deal of the team on duty."""
        whole = [shares.ShareForm(self.company.staff(who), Decimal(100))]
        return await shares.split_credit(
            self.desks["project_leader"], self.deal, shares=whole, expected_version=1, key=uuid4()
        )

    async def concede(self, to: str) -> Done:
        """Give up 60 %, so that twice is too much."""
        return await shares.concede_credit(
            self.desks["seller"], self.deal, to=self.company.staff(to), share=Decimal(60), paper="ab" * 32,
            statement=None, expected_version=1, key=uuid4(),
        )  # fmt: skip

    async def settle(self) -> Done:
        """Pay 60 % of the rebate, so that twice is too much."""
        return await rebates.settle_rebate(
            self.desks["supervisor"], self.deal, designer=self.company.staff("designer"), percent=Decimal(60),
            payee=Confidential("设计公司"), booked_as=Booking.COMMISSION, receipt=None, expected_version=2, key=uuid4(),
        )  # fmt: skip

    async def facts(self, *kinds: str) -> int:
        """Count the deal's facts of some kinds."""
        row = UUID(hex=self.deal.partition("_")[2])
        found = await transactional(
            "SELECT count(*) AS n FROM fact WHERE deal_id = $1 AND kind = ANY($2)", row, list(kinds)
        )
        return found[0]["n"]


async def _ordered(scene: Scene) -> None:
    done = await deals.place_order(scene.desks["seller"], scene.customer, amount=None, occurred_at=None, key=uuid4())
    scene.deal = reference(Kind.DEAL, node_of(done))


async def _signed(scene: Scene) -> None:
    done = await deals.sign_contract(
        scene.desks["seller"], deal=None, customer=scene.customer, amount=None, related_to=None, occurred_at=None,
        expected_version=None, key=uuid4(),
    )  # fmt: skip
    scene.deal = reference(Kind.DEAL, node_of(done))


async def _applied(scene: Scene) -> None:
    await _signed(scene)
    scene.confirmation = reference(Kind.CONFIRMATION, node_of(await scene.apply()))


async def _paid(scene: Scene) -> None:
    await _ordered(scene)
    await deals.record_payment(
        scene.desks["seller"], scene.deal, percent=Decimal(100), occurred_at=None, expected_version=1, key=uuid4()
    )


@dataclass(frozen=True, slots=True)
class Pair:
    """Two acts at once: how they begin, and which facts may be there once afterwards, and no more."""

    prepare: Callable[[Scene], Awaitable[None]]
    acts: tuple[Callable[[Scene], Awaitable[Done]], Callable[[Scene], Awaitable[Done]]]
    kinds: tuple[str, ...]
    rulebook: str = "onsite"
    visited: bool = True
    on_duty: bool = False


PAIRS = {
    "sign and sign": Pair(_ordered, (Scene.sign, Scene.sign), ("sign",)),
    "sign and pay": Pair(_ordered, (Scene.sign, Scene.pay), ("sign", "pay")),
    "finish and finish": Pair(_ordered, (Scene.finish, Scene.finish), ("finish",)),
    "apply and apply": Pair(_signed, (Scene.apply, Scene.apply), ("apply",), visited=False),
    "judge and judge": Pair(
        _applied,
        (lambda scene: scene.judge(is_valid=True), lambda scene: scene.judge(is_valid=False)),
        ("judge",),
        visited=False,
    ),
    "split and split": Pair(
        _signed,
        (lambda scene: scene.split("seller"), lambda scene: scene.split("colleague")),
        ("split",),
        visited=False,
        on_duty=True,
    ),
    "concede and concede": Pair(
        _signed, (lambda scene: scene.concede("rival"), lambda scene: scene.concede("colleague")), ("concede",)
    ),
    "settle and settle": Pair(_paid, (Scene.settle, Scene.settle), ("settle_rebate",), rulebook="store"),
}


def _file(company: Company, pair: Pair, number: int) -> str:
    phone = f"138123{number:05}"
    customer = company.filed("seller", "王芳", phone, visited=pair.visited)
    if pair.rulebook == "store":
        more = {"address": "和平路1号", "building": "3幢"}
        company.file("designer", "王芳", phone, visited=False, type="DESIGNER", **more)
    if pair.on_duty and not number:
        company.sql(
            "INSERT INTO fact (id, kind, happened_at, recorded_at, details) VALUES ($1, 'duty', $2, $2, $3)",
            uuid4(), company.clock[0], f'{{"team": "{company.teams[RED].hex}", "week": "2026-11-23"}}',
        )  # fmt: skip
    return customer


@pytest.mark.parametrize("naive", [False, True], ids=["as it is", "without locks"])
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_two_acts_on_a_deal_at_once_leave_what_one_after_the_other_leaves(
    pair: Pair, *, naive: bool, given_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of the two is done, the other is refused as stale or not in state; without locks both are done."""
    people = ("seller", "colleague", "supervisor", "rival_supervisor", "leader", "project_leader")
    with at_work(given_url, tmp_path, rulebook=pair.rulebook) as company:
        customers = [_file(company, pair, number) for number in range(1 if naive else ROUNDS // A_CUSTOMER)]

        async def rounds() -> list[int]:
            found: list[int] = []
            desks = {who: await desk_of(company, who) for who in people}
            later = company.clock[0].replace(day=30)
            async with watching(company) as watcher:
                for number in range(NAIVE_ROUNDS if naive else ROUNDS):
                    scene = Scene(company, desks, customers[number // A_CUSTOMER])
                    await pair.prepare(scene)
                    if pair.on_duty:
                        scene.desks = {who: replace(desk, now=later) for who, desk in desks.items()}
                        # Old keys are forgotten by the first act of a day, which would keep the second waiting.
                        await transactional("DELETE FROM replay")
                    acts = pair.acts if number % 2 else pair.acts[::-1]
                    calls = [lambda act=act, scene=scene: act(scene) for act in acts]
                    done = await meet(company, monkeypatch, *calls, naive=naive, watcher=watcher)
                    found.append(told(done, await scene.facts(*pair.kinds)))
            return found

        counts = company.run(rounds)
    assert set(counts) <= {2, BROKEN} if naive else set(counts) == {1}

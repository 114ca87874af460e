"""Two inspectors at one sampled filing, or at one inspection: whoever comes second is told that it changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from crypto.sealed import Confidential
from records.filing import ClaimForm, file_claim
from records.findings import Found, record_finding, rectify_finding
from records.inspections import close_inspection, open_inspection, population_of, sample_of
from records.references import Kind, reference
from tests.company import RED, at_work
from tests.races import NAIVE_ROUNDS, ROUNDS, desk_of, meet, node_of, told, transactional, watching

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from uuid import UUID

    from records.desk import Desk
    from records.outcomes import Done
    from tests.company import Company

pytestmark = pytest.mark.parametrize("naive", [False, True], ids=["as it is", "without locks"])


@dataclass(slots=True)
class Scene:
    """One round's inspection of one filing, and everybody's desk."""

    desks: Mapping[str, Desk]
    inspection: UUID
    item: UUID

    async def find(self, who: str = "supervisor", version: int = 1) -> Done:
        """Say that the filing is late."""
        item = reference(Kind.INSPECTED_CLAIM, self.item)
        desk = self.desks[who]
        return await record_finding(
            desk, item, Found.LATE, note=None, due_on=desk.now.date(), expected_version=version, key=uuid4()
        )

    async def also_find(self) -> Done:
        """Say so as the company leader."""
        return await self.find("leader")

    async def rectify(self) -> Done:
        """Say that it was put right."""
        item = reference(Kind.INSPECTED_CLAIM, self.item)
        note = Confidential("已补")
        return await rectify_finding(self.desks["seller"], item, note=note, expected_version=2, key=uuid4())

    async def close(self) -> Done:
        """Close the inspection."""
        inspection = reference(Kind.INSPECTION, self.inspection)
        return await close_inspection(self.desks["supervisor"], inspection, expected_version=1, key=uuid4())


async def _scene(company: Company, desks: Mapping[str, Desk], number: int) -> Scene:
    form = ClaimForm(name=Confidential("王芳"), phones=(Confidential(f"139126{number:05}"),))
    assert (await file_claim(desks["seller"], form, key=uuid4())).node is not None
    day = desks["seller"].now.date()
    team = reference(Kind.TEAM, company.teams[RED])
    inspection = node_of(await open_inspection(desks["supervisor"], team, day, day, size=1, key=uuid4()))
    (row,) = await transactional("SELECT id FROM inspected_claim WHERE inspection_id = $1", inspection)
    return Scene(desks, inspection, row["id"])


_FACTS = "SELECT count(*) AS n FROM fact WHERE kind = $1 AND details ->> 'inspected' = $2"


@pytest.mark.parametrize("act", ["inspect", "rectify"])
def test_a_sampled_filing_is_found_and_put_right_once(
    *, naive: bool, act: str, given_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B16: of two at once the second is stale; without locks both are recorded."""
    with at_work(given_url, tmp_path) as company:

        async def rounds() -> set[int]:
            found: set[int] = set()
            desks = {who: await desk_of(company, who) for who in ("seller", "supervisor", "leader")}
            async with watching(company) as watcher:
                for number in range(NAIVE_ROUNDS if naive else ROUNDS):
                    scene = await _scene(company, desks, number)
                    both = (scene.find, scene.also_find)
                    if act == "rectify":
                        node_of(await scene.find())
                        both = (scene.rectify, scene.rectify)
                    done = await meet(company, monkeypatch, *both, naive=naive, watcher=watcher)
                    (rows,) = await transactional(_FACTS, act, scene.item.hex)
                    found.add(told(done, rows["n"]))
            return found

        assert company.run(rounds) == ({2} if naive else {1})


def test_an_inspection_is_closed_once_and_its_sample_can_be_drawn_again(
    *, naive: bool, given_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B16: of two who close it one does; without locks both do. The seed gives the sample of that instant."""
    with at_work(given_url, tmp_path) as company:

        async def rounds() -> set[int]:
            found: set[int] = set()
            desks = {who: await desk_of(company, who) for who in ("seller", "supervisor", "leader")}
            async with watching(company) as watcher:
                for number in range(NAIVE_ROUNDS if naive else ROUNDS):
                    scene = await _scene(company, desks, number)
                    item = reference(Kind.INSPECTED_CLAIM, scene.item)
                    await record_finding(
                        desks["leader"], item, Found.IN_ORDER, note=None, due_on=None, expected_version=1, key=uuid4()
                    )
                    done = await meet(company, monkeypatch, scene.close, scene.close, naive=naive, watcher=watcher)
                    closed = sum(not isinstance(one, Exception) and one.refusal is None for one in done)
                    found.add(told(done, closed))
                    assert await _drawn_again(company, desks["leader"], scene.inspection)
            return found

        assert company.run(rounds) == ({2} if naive else {1})


async def _drawn_again(company: Company, desk: Desk, inspection: UUID) -> bool:
    (row,) = await transactional("SELECT * FROM inspection WHERE id = $1", inspection)
    sampled = await transactional(
        "SELECT filing_id FROM inspected_claim WHERE inspection_id = $1 ORDER BY place", inspection
    )

    async def fetch(statement: str, values: list[object]) -> list[dict[str, object]]:
        return await transactional(statement, *values)

    population = await population_of(
        fetch, desk, row["team_id"], row["from_day"], row["to_day"], inspector=row["opened_by_id"], at=row["opened_at"]
    )  # pyright: ignore[reportArgumentType]  (rows are mappings)
    return sample_of(row["seed"], population, len(sampled)) == [one["filing_id"] for one in sampled]

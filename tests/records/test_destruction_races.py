"""A destruction against what happens with the customer: whoever comes second finds out, and nothing filed is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from crypto.sealed import Confidential
from records.destruction import approve_destruction, destroy_customer
from records.filing import ClaimForm, file_claim
from records.references import Kind, reference
from records.refusals import RefusalCode
from records.retention import DestructionGround
from records.verification import verify
from tests.company import at_work
from tests.races import BROKEN, NAIVE_ROUNDS, ROUNDS, desk_of, meet, node_of, told, transactional, watching

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from uuid import UUID

    from records.desk import Desk
    from records.outcomes import Done
    from tests.company import Company

pytestmark = pytest.mark.parametrize("naive", [False, True], ids=["as it is", "without locks"])
_LOST = """
SELECT count(*) AS n FROM filing f JOIN erasure e ON e.customer_id = f.customer_id WHERE f.recorded_at > $1
"""
_VERSION = "SELECT count(*) AS n FROM fact WHERE customer_id = $1"


@dataclass(slots=True)
class Scene:
    """One round's customer and the destruction that waits, and everybody's desk."""

    desks: Mapping[str, Desk]
    phone: str
    customer: UUID
    waiting: UUID

    async def file(self) -> Done:
        """File the same person."""
        form = ClaimForm(name=Confidential("王芳"), phones=(Confidential(self.phone),))
        return await file_claim(self.desks["rival"], form, key=uuid4())

    async def agree(self) -> Done:
        """Agree to the destruction."""
        waiting = reference(Kind.DESTRUCTION, self.waiting)
        return await approve_destruction(self.desks["leader"], waiting, expected_version=1, key=uuid4())

    async def ask(self) -> Done:
        """Ask for another destruction of the same customer."""
        (row,) = await transactional(_VERSION, self.customer)
        return await _ask(self.desks["archivist"], self.customer, row["n"])


async def _ask(desk: Desk, customer: UUID, version: int) -> Done:
    return await destroy_customer(
        desk, reference(Kind.CUSTOMER, customer), DestructionGround.PERSON_ASKED, document="5a" * 32,
        expected_version=version, key=uuid4(),
    )  # fmt: skip


async def _scene(desks: Mapping[str, Desk], number: int, *, waits: bool = True) -> Scene:
    phone = f"139124{number:05}"
    form = ClaimForm(name=Confidential("王芳"), phones=(Confidential(phone),))
    filing = (await file_claim(desks["seller"], form, key=uuid4())).node
    assert filing is not None
    (row,) = await transactional("SELECT customer_id FROM filing WHERE id = $1", filing)
    customer = row["customer_id"]
    (version,) = await transactional(_VERSION, customer)
    waiting = node_of(await _ask(desks["archivist"], customer, version["n"])) if waits else filing
    return Scene(desks, phone, customer, waiting)


async def _desks(company: Company) -> dict[str, Desk]:
    desks = {who: await desk_of(company, who) for who in ("seller", "archivist")}
    company.advance(seconds=1)
    return desks | {who: await desk_of(company, who) for who in ("rival", "leader")}


def test_what_is_filed_while_a_customer_is_destroyed_is_not_lost(
    *, naive: bool, given_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """G16: filed first, the destruction is refused, for it was asked about another state; else it is another customer.

    Without locks what was filed is sealed for a customer who is gone.
    """
    with at_work(given_url, tmp_path) as company:

        async def rounds() -> list[int]:
            found: list[int] = []
            desks = await _desks(company)
            since = desks["seller"].now
            async with watching(company) as watcher:
                for number in range(NAIVE_ROUNDS if naive else ROUNDS):
                    scene = await _scene(desks, number)
                    acts = (scene.file, scene.agree) if number % 2 else (scene.agree, scene.file)
                    done = await meet(company, monkeypatch, *acts, naive=naive, watcher=watcher)
                    (lost,) = await transactional(_LOST, since)
                    found.append(told(done, lost["n"]))
                    if not naive:
                        agreed = done[number % 2 and 1]
                        assert not isinstance(agreed, Exception)
                        code = agreed.refusal and agreed.refusal.code
                        assert code in {None, RefusalCode.STALE}
            return found

        found = company.run(rounds)
        if naive:
            assert any(found), found
        else:
            assert set(found) == {0}
            assert company.run(lambda: verify(company.office.rulebook))[1] == []
        assert BROKEN not in found or naive


def test_of_two_requests_at_once_one_waits(
    *, naive: bool, given_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """G16: one destruction of a customer is asked for at a time; without locks two are."""
    with at_work(given_url, tmp_path) as company:

        async def rounds() -> set[int]:
            found: set[int] = set()
            desks = await _desks(company)
            async with watching(company) as watcher:
                for number in range(NAIVE_ROUNDS if naive else ROUNDS):
                    scene = await _scene(desks, number, waits=False)
                    done = await meet(company, monkeypatch, scene.ask, scene.ask, naive=naive, watcher=watcher)
                    (rows,) = await transactional(
                        "SELECT count(*) AS n FROM destruction WHERE customer_id = $1", scene.customer
                    )
                    found.add(told(done, rows["n"]))
            return found

        assert company.run(rounds) == ({2} if naive else {1})

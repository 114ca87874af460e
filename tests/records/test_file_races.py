"""A file named as evidence while it is destroyed: with its customer by two people, or by the sweep of unnamed files."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from crypto.sealed import Confidential
from records import kept_files, uploads
from records.destruction import approve_destruction, destroy_customer
from records.evidence import EvidenceForm, EvidenceKind
from records.facts import Addition
from records.file_media import FileMedia
from records.filing import ClaimForm, file_claim
from records.kept_files import UNNAMED_FOR, destroy_unnamed, open_file
from records.offences import OffenceKind, record_offence
from records.outcomes import Done
from records.references import Kind, reference
from records.refusals import RefusalCode
from records.retention import DestructionGround
from records.uploads import keep_file, present_ticket, request_upload, ticket_of, use_up
from tests.company import at_work
from tests.races import (
    BROKEN,
    NAIVE_ROUNDS,
    ROUNDS,
    Meeting,
    desk_of,
    meet,
    node_of,
    told,
    transactional,
    watching,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from uuid import UUID

    import asyncpg

    from records.desk import Desk

pytestmark = pytest.mark.parametrize("naive", [False, True], ids=["as it is", "without locks"])
CONTENT = b"%PDF-1.4 a signed receipt"
_NAMED_AND_GONE = """
SELECT count(*) AS n FROM fact f JOIN erasure e ON e.customer_id = f.customer_id
WHERE f.kind = 'offence' AND f.customer_id = $1 AND f.details -> 'documents' ? $2
"""
_PIECES = """
SELECT count(v.id) AS n FROM upload u LEFT JOIN sealed_value v ON v.fact_id = u.fact_id AND v.field = 32
WHERE u.customer_id = $1
"""
_VERSION = "SELECT count(*) AS n FROM fact WHERE customer_id = $1"


@dataclass(slots=True)
class Scene:
    """One round's customer with a file that is kept and not named yet, and everybody's desk."""

    desks: Mapping[str, Desk]
    customer: UUID
    document: str
    waiting: UUID | None = None

    async def name(self) -> Done:
        """Name the file as evidence of an offence."""
        evidence = [EvidenceForm(EvidenceKind.RECEIPT, Confidential("收据"), self.document)]
        return await record_offence(
            self.desks["supervisor"], reference(Kind.STAFF, self.desks["seller"].signed_in().staff),
            kind=OffenceKind.LEAK, occurred_at=None, customer=reference(Kind.CUSTOMER, self.customer), step=None,
            yuan=None, evidence=evidence, key=uuid4(),
        )  # fmt: skip

    async def destroy(self) -> Done:
        """Agree to the destruction of the customer's data."""
        assert self.waiting is not None
        waiting = reference(Kind.DESTRUCTION, self.waiting)
        return await approve_destruction(self.desks["leader"], waiting, expected_version=1, key=uuid4())

    async def sweep(self) -> Done:
        """Destroy what no evidence has named in time, a day later."""
        await destroy_unnamed(self.desks["supervisor"].now + UNNAMED_FOR + timedelta(hours=1))
        return Done()

    async def pieces(self) -> int:
        """Count the pieces of the file that are there."""
        (row,) = await transactional(_PIECES, self.customer)
        return row["n"]


@pytest.fixture(autouse=True)
def _as_many_as_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody hands in so many files on one day: the day's limit is none of what is raced for."""
    monkeypatch.setattr(uploads, "MOST_A_DAY", 10 * ROUNDS)


async def _scene(desks: Mapping[str, Desk], number: int, *, waits: bool) -> Scene:
    form = ClaimForm(name=Confidential("王芳"), phones=(Confidential(f"139128{number:05}"),))
    filing = (await file_claim(desks["seller"], form, key=uuid4())).node
    (row,) = await transactional("SELECT customer_id FROM filing WHERE id = $1", filing)
    customer, keeper = row["customer_id"], desks["supervisor"]
    asked = await request_upload(
        keeper, reference(Kind.CUSTOMER, customer), media=FileMedia.PDF, size=len(CONTENT), key=uuid4()
    )
    ticket = await ticket_of(keeper, node_of(asked))
    presented = ticket and await present_ticket(keeper, ticket.token)
    assert presented is not None
    assert await use_up(keeper, presented)
    document = await keep_file(keeper, presented, CONTENT + bytes([number]))
    assert document is not None
    scene = Scene(desks, customer, document)
    if waits:
        (version,) = await transactional(_VERSION, customer)
        scene.waiting = node_of(
            await destroy_customer(
                desks["archivist"], reference(Kind.CUSTOMER, customer), DestructionGround.PERSON_ASKED,
                document="5a" * 32, expected_version=version["n"], key=uuid4(),
            )
        )  # fmt: skip
    return scene


WHO = ("seller", "supervisor", "archivist", "leader")


def test_a_file_that_is_named_is_not_destroyed_with_its_customer_meanwhile(
    *, naive: bool, given_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """G16 B17: named first, the destruction is stale; destroyed first, naming is refused. Without locks: both."""
    with at_work(given_url, tmp_path) as company:

        async def rounds() -> list[int]:
            found: list[int] = []
            desks = {who: await desk_of(company, who) for who in WHO}
            async with watching(company) as watcher:
                for number in range(NAIVE_ROUNDS if naive else ROUNDS):
                    scene = await _scene(desks, number, waits=True)
                    acts = (scene.name, scene.destroy) if number % 2 else (scene.destroy, scene.name)
                    done = await meet(company, monkeypatch, *acts, naive=naive, watcher=watcher)
                    (rows,) = await transactional(_NAMED_AND_GONE, scene.customer, scene.document)
                    found.append(told(done, rows["n"]))
                    if not naive:
                        codes = [one.refusal and one.refusal.code for one in done if isinstance(one, Done)]
                        assert codes.count(None) == 1
                        assert set(codes) <= {None, RefusalCode.STALE, RefusalCode.DESTROYED}
            return found

        found = company.run(rounds)
        assert any(found) if naive else set(found) == {0}


def test_a_file_that_is_named_is_not_swept_away(
    *, naive: bool, given_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Swept while it is being named it stays, whole; swept before, the evidence names a mere digest.

    A sweep without locks is broken off, by the constraint that nothing is both named and destroyed.
    """
    with at_work(given_url, tmp_path) as company:

        async def rounds() -> list[int]:
            found: list[int] = []
            desks = {who: await desk_of(company, who) for who in WHO}
            async with watching(company) as watcher:
                for number in range(NAIVE_ROUNDS if naive else ROUNDS):
                    scene = await _scene(desks, number, waits=False)
                    if number % 2:
                        await scene.sweep()
                        done: list[Done | Exception] = [await scene.name()]
                    else:
                        done = await _met(scene, monkeypatch, watcher)
                    found.append(told(done, 0))
                    assert await _is_whole(scene) is (number % 2 == 0)
            return found

        if naive:
            monkeypatch.setattr(kept_files, "_FORGET", kept_files._FORGET.replace("FOR UPDATE SKIP LOCKED", ""))
        found = company.run(rounds)
        assert BROKEN in found if naive else set(found) == {0}


async def _met(scene: Scene, monkeypatch: pytest.MonkeyPatch, watcher: asyncpg.Connection) -> list[Done | Exception]:
    """Let the sweep begin when the file is named and nothing of that is committed yet."""
    meeting, begun, write = Meeting(watcher), asyncio.Event(), Addition.write

    async def waiting(self: Addition, connection: Any) -> None:
        begun.set()
        await meeting.arrive()
        await write(self, connection)

    async def sweep() -> Done:
        await begun.wait()
        return await scene.sweep()

    with monkeypatch.context() as patched:
        patched.setattr(Addition, "write", waiting)
        return list(await asyncio.gather(meeting.run(scene.name), meeting.run(sweep)))


async def _is_whole(scene: Scene) -> bool:
    """Tell whether the file is named and opens; of one that was swept no piece is left."""
    desk = scene.desks["supervisor"]
    named = [(desk.signed_in().staff, scene.document)]
    files = await kept_files.kept_files(scene.customer, named)
    if not files:
        assert await scene.pieces() == 0
        return False
    opened = await open_file(desk, files[named[0]])
    assert opened is not None
    return opened.content.startswith(CONTENT)

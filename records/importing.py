"""Bringing a register into the book: each of its rows a visit and a filing (A4 A6), each at its own date and time.

- A row that is in the book already, from this file or another, is known by a keyed fingerprint and added once.
- Rows are added some hundred a transaction; killed at any instant and started again, an import ends as if it had
  never been killed: what it had added counts as added by it.
- What stands in the file alone (collisions among its rows, its rejects) is told by the file alone.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from uuid import UUID

from claims.facts import FactKind, FilingType
from records.audit import Entry
from records.conflicts import ConflictFinder
from records.connection import begun_anew, transaction
from records.facts import Addition
from records.filing import FilingChannel
from records.forms import Form
from records.holders import refresh, refresh_for
from records.identity import place, write_at
from records.keys import Index
from records.people import keep_people, take_roll
from records.register import RegisterRow, read_register
from records.rejects import Rejection, RejectsFile, RowCode, WarningCode
from records.staff_roll import read_staff

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, tzinfo
    from pathlib import Path

    from tortoise.backends.base.client import TransactionalDBClient

    from crypto.blind_index import IndexKey
    from records.connection import Fetch
    from records.office import Office
    from records.register import Register
    from records.staff_roll import StaffRoll

BATCH: Final = 250
"""Rows a transaction: few enough that their locks fit into PostgreSQL's table of locks."""
FINGERPRINT: Final = 1
"""Version of what a row's fingerprint is taken of."""
# An import of this file that has not ended is taken up, and cannot end before this one has taken it up.
_BEGIN = """
INSERT INTO register_import (id, file_digest, started_at) VALUES ($1, $2, $3)
ON CONFLICT (file_digest) WHERE finished_at IS NULL DO UPDATE SET started_at = register_import.started_at RETURNING id
"""
_FINISH = "UPDATE register_import SET finished_at = $2 WHERE id = $1 AND finished_at IS NULL"
_ONE_BATCH_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('baobei import'))"
_KNOWN = "SELECT fingerprint, register_import_id FROM register_row WHERE fingerprint = ANY($1)"


@dataclass(slots=True)
class Report:
    """What became of a register's rows; numbers of rows count from 1 under the headings."""

    rows: int = 0
    accepted: int = 0
    repeated: int = 0
    rejections: list[tuple[int, RowCode]] = field(default_factory=list[tuple[int, RowCode]])
    conflicts: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    possible: list[int] = field(default_factory=list[int])
    warnings: list[tuple[int, WarningCode]] = field(default_factory=list[tuple[int, WarningCode]])
    rejects: Path | None = None

    def written(self) -> dict[str, object]:
        """Write it as `baobei import --json` prints it."""
        return {
            "rows": self.rows,
            "accepted": self.accepted,
            "repeated": self.repeated,
            "rejected": len(self.rejections),
            "rejections": [{"row": row, "code": code} for row, code in self.rejections],
            "conflicts": [{"row": row, "with_row": earlier} for row, earlier in self.conflicts],
            "possible": [{"row": row} for row in self.possible],
            "warnings": [{"row": row, "code": code} for row, code in self.warnings],
        }


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A row with its fingerprints: of equal rows in one file each has its own."""

    row: RegisterRow
    fingerprints: tuple[bytes, ...]


class Importing:
    """One import of one register; `office` is None for a look at a file before there is any book."""

    def __init__(
        self, office: Office | None, path: Path, roll: StaffRoll, register: Register, *, now: datetime, dry_run: bool
    ) -> None:
        self.report = Report()
        self._path = path
        self._roll = roll
        self._register = register
        self._office = office
        self._now = now
        self._dry_run = dry_run or office is None
        self._finder = ConflictFinder()
        self._seen: Counter[bytes] = Counter()
        self._people: dict[str, tuple[UUID, UUID | None]] = {}
        self._import = UUID(int=0)

    async def run(self, rejects: Path, tell: Callable[[int, int | None], None]) -> Report:
        """Take in the whole register; `tell(read, expected)` is called after each batch with two numbers of rows.

        A row that cannot be taken goes to the file `rejects`, unless this is a dry run.
        """
        if not self._dry_run:
            await self._begin()
        batch: list[RegisterRow] = []
        with RejectsFile(rejects, self._register.headings) as rejected:
            for read in self._register:
                self.report.rows += 1
                if isinstance(read, Rejection):
                    self.report.rejections.append((read.row, read.code))
                    if not self._dry_run:
                        rejected.add(read)
                    continue
                self.report.warnings += [(read.row, code) for code in read.warnings]
                self._finder.add(read.row, read.phones)
                batch.append(read)
                if len(batch) == BATCH:
                    await self._take(batch)
                    batch.clear()
                    tell(read.row, self._register.expected)
            await self._take(batch)
        if rejected.count:
            self.report.rejects = rejected.path
        self.report.conflicts, self.report.possible = self._finder.conflicts, self._finder.possible
        if not self._dry_run:
            await self._end()
        return self.report

    async def _begin(self) -> None:
        """Bring the roll into the book, and take up an import of this file that was not finished."""
        office = self._opened()
        with self._path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
        async with transaction() as tx:
            fetch: Fetch = tx.execute_query_dict
            self._people, changed = await take_roll(fetch, self._roll, now=self._now, entropy=office.entropy)
            await refresh_for(tx, changed, office.rulebook, entropy=office.entropy)
            self._import = (await fetch(_BEGIN, [self._draw_id(), digest, self._now]))[0]["id"]

    async def _end(self) -> None:
        office = self._opened()
        async with transaction() as tx:
            await tx.execute_query_dict(_FINISH, [self._import, self._now])
            entry = Entry("register:import", rule="operator", count=max(1, self.report.accepted))
            await office.log.append(tx, entry, actor=None, address=None, trace=self._import)

    async def _take(self, rows: Sequence[RegisterRow]) -> None:
        """Add those rows of a batch that are not in the book yet, in one transaction."""
        if not rows:
            return
        if self._office is None:
            self.report.accepted += len(rows)
            return
        keys = self._opened().keys.index_keys(Index.REGISTER_ROW)
        numbered = [self._numbered(row, keys) for row in rows]

        async def attempt() -> int:
            async with transaction() as tx:
                fetch: Fetch = tx.execute_query_dict
                await keep_people(fetch)
                await fetch(_ONE_BATCH_AT_A_TIME, [])
                asked = [one for row in numbered for one in row.fingerprints]
                known = {bytes(row["fingerprint"]): row["register_import_id"] for row in await fetch(_KNOWN, [asked])}
                new: list[_Numbered] = []
                repeated = 0
                for one in numbered:
                    whose = next((known[print_] for print_ in one.fingerprints if print_ in known), None)
                    if whose is None:
                        new.append(one)
                    elif whose != self._import:
                        repeated += 1
                if new and not self._dry_run:
                    await self._add(tx, new)
                return repeated

        repeated = await begun_anew(attempt)
        self.report.repeated += repeated
        self.report.accepted += len(rows) - repeated

    async def _add(self, tx: TransactionalDBClient, numbered: Sequence[_Numbered]) -> None:
        office = self._opened()
        addition = Addition(office.keys, now=self._now, entropy=office.entropy)
        forms = [_form(one.row) for one in numbered]
        places = await place(tx.execute_query_dict, office.keys, addition, forms)
        for one, form, placed in zip(numbered, forms, places.placed, strict=True):
            row = one.row
            staff, team = self._people[row.staff_number]
            filing = addition.add_filing(
                form, placed.customer, placed.cipher, claimant=staff, team=team, entered_by=staff,
                type=FilingType.CUSTOMER, channel=FilingChannel.IMPORT, source=row.source, basis=None,
                occurred_at=row.occurred_at, tokens=placed.tokens,
            )  # fmt: skip
            addition.add_fact(FactKind.VISIT, placed.customer, at=row.occurred_at, by=staff)
            fact = addition.add_fact(
                FactKind.FILE, placed.customer, at=row.occurred_at, by=staff, filing=filing, details=form.details()
            )
            addition.seal(fact, placed.customer, placed.cipher, form.sealed_texts(), filing=filing)
            addition.add_register_row(one.fingerprints[0], self._import, filing)
        await write_at(tx, addition, places, by=None)
        await refresh(tx, places.roots(), office.rulebook, entropy=office.entropy)

    def _numbered(self, row: RegisterRow, keys: Sequence[IndexKey]) -> _Numbered:
        slot = hashlib.blake2b(row.fingerprint_source, digest_size=12).digest()
        self._seen[slot] += 1
        source = f"{self._seen[slot]} {row.fingerprint_source.decode()}"
        return _Numbered(row, tuple(key.token(source, normaliser=FINGERPRINT) for key in keys))

    def _opened(self) -> Office:
        if self._office is None:
            raise RuntimeError("there is no book to write to")
        return self._office

    def _draw_id(self) -> UUID:
        return UUID(bytes=self._opened().entropy(16), version=4)


def _form(row: RegisterRow) -> Form:
    values = {name: value.value for name, value in (("kind", row.kind), ("intent", row.intent)) if value is not None}
    return Form(row.name, row.phones, row.fields, row.unknown, values)


async def import_register(
    office: Office | None,
    path: Path,
    staff: Path,
    *,
    rejects: Path,
    now: datetime,
    zone: tzinfo,
    dry_run: bool = False,
    tell: Callable[[int, int | None], None] = lambda _rows, _expected: None,
) -> Report:
    """Bring a register and the staff roll it names people from into the book.

    Refuses a file as a whole with `SheetFault`; a bad row never stops the good ones.
    """
    roll = read_staff(staff)
    register = read_register(path, roll, zone=zone, now=now)
    return await Importing(office, path, roll, register, now=now, dry_run=dry_run).run(rejects, tell)

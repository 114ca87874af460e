"""The archive on the wire: records filed and sealed, corrections beside them, and the register of each day."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records import archive, archive_rows, communication_rows, register_days
from records.archive import Archiving
from records.archive_rows import ArchiveEntryRow
from records.desk import Desk
from records.pages import Paging
from records.references import Kind, reference
from records.register_days import RegisterDay as Day
from records.register_days import RegisterState
from records.scans import Scan as Kept
from records.scans import ScanForm, ScanMedia
from schema.directives import Audited, requires
from schema.filters import ArchiveFilter, narrowed
from schema.hearing import done, heard
from schema.nodes import After, Before, Connection, First, Last, Node, connection
from schema.people import Staff, shown_person
from schema.refusals import Refusal, refusal_of
from schema.rulings import a_day
from schema.scalars import PlainText
from schema.types import Claim, certain, shown_claim
from schema.wording import KEY, REFUSAL, REPLAYED, VERSION

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from records.outcomes import Done

ANYBODY = requires(None)
ARCHIVE = requires(Act.VIEW_ARCHIVE)
REGISTER = requires(Act.VIEW_REGISTER_DAYS)
_CLAIM = "The claim as it stands now."


@strawberry.type(description="A scan (扫描件): the copy of a paper, known by its file's SHA-256.")
class Scan:
    """A scan."""

    document: str = strawberry.field(description="SHA-256 of the file, in hex (摘要).", directives=ANYBODY)
    media: ScanMedia = strawberry.field(description="What kind of file it is (格式).", directives=ANYBODY)
    size: int = strawberry.field(description="How many bytes it has (字节数).", directives=ANYBODY)

    @classmethod
    def of(cls, scan: Kept) -> Scan:
        """Show a scan."""
        return cls(document=scan.document, media=scan.media, size=scan.size)


@strawberry.type(
    description="An entry of the archive (档案条目): a filing's record as it was archived, or a correction of one."
)
class ArchiveEntry(Node):
    """An entry of the archive."""

    number: int = strawberry.field(description="Which entry of its filing it is, from 1 (序号).", directives=ARCHIVE)
    archived_at: datetime = strawberry.field(description="When it was filed (归档时间).", directives=ARCHIVE)
    retain_until: date | None = strawberry.field(
        description="The last day on which it must be kept (保存期限, G16); null: without end.", directives=ARCHIVE
    )
    seal: str = strawberry.field(
        description="SHA-256 over the record as it was archived (封存摘要): `baobei verify` makes it again.",
        directives=ARCHIVE,
    )
    row: strawberry.Private[ArchiveEntryRow]

    @classmethod
    def of(cls, row: ArchiveEntryRow) -> ArchiveEntry:
        """Show an entry."""
        return cls(
            id=strawberry.ID(reference(Kind.ARCHIVE_ENTRY, row.id)), number=row.number, archived_at=row.archived_at,
            retain_until=row.retain_until, seal=row.seal, row=row,
        )  # fmt: skip

    @strawberry.field(description="Of which claim it is the record.", directives=requires(Act.VIEW_CLAIMS))
    async def claim(self, info: Info[Desk]) -> Claim:
        """Show the claim."""
        return certain(await shown_claim(info.context, self.row.filing))

    @strawberry.field(description="Who filed it (归档人).", directives=ARCHIVE)
    async def archived_by(self, info: Info[Desk]) -> Staff | None:
        """Show who."""
        return await shown_person(info.context, self.row.archived_by)

    @strawberry.field(description="The entry that it corrects (更正对象); null for a record.", directives=ARCHIVE)
    async def corrects(self, info: Info[Desk]) -> ArchiveEntry | None:
        """Show what is corrected."""
        return await shown_archive_entry(info.context, self.row.corrects)

    @strawberry.field(description="The scans that belong to it (扫描件).", directives=ARCHIVE)
    def scans(self) -> list[Scan]:
        """Show the scans."""
        return [Scan.of(scan) for scan in self.row.scans]

    @strawberry.field(
        description="What the archivist noted, or says is wrong (说明).",
        directives=requires(Act.VIEW_ARCHIVE, audited=Audited.SHOWN),
    )
    async def note(self, info: Info[Desk]) -> str | None:
        """Show the note."""
        return (await communication_rows.noted(info.context, self.row.fact)).note

    @strawberry.field(description="What the viewer may do with it (可用操作).", directives=ARCHIVE)
    def viewer_can(self, info: Info[Desk]) -> list[Act]:
        """List the acts."""
        return archive_rows.acts_on_entry(info.context)


async def shown_archive_entry(desk: Desk, entry: UUID | None) -> ArchiveEntry | None:
    """Show an entry of the archive, if it is in sight."""
    row = await archive_rows.entry(desk, entry)
    return None if row is None else ArchiveEntry.of(row)


@strawberry.type(
    description="The register of a day (当日登记簿, A8): what was filed on site or by form, and its closing."
)
class RegisterDay:
    """A day's register."""

    day: date = strawberry.field(description="Which day (日期).", directives=REGISTER)
    state: RegisterState = strawberry.field(description="Where it stands (状态).", directives=REGISTER)
    filings: int = strawberry.field(description="How many filings were recorded (报备数).", directives=REGISTER)
    covered: int = strawberry.field(description="How many of them its latest closing covers.", directives=REGISTER)
    closed_at: datetime | None = strawberry.field(
        description="When it was closed last (归档时间); null: never.", directives=REGISTER
    )
    row: strawberry.Private[Day]

    @classmethod
    def of(cls, row: Day) -> RegisterDay:
        """Show a day."""
        return cls(
            day=row.day, state=row.state, filings=row.filings, covered=row.covered, closed_at=row.closed_at, row=row
        )

    @strawberry.field(description="Who closed it last (归档人).", directives=REGISTER)
    async def closed_by(self, info: Info[Desk]) -> Staff | None:
        """Show who."""
        return await shown_person(info.context, self.row.closed_by)

    @strawberry.field(description="The scans of its latest closing (扫描件).", directives=REGISTER)
    def scans(self) -> list[Scan]:
        """Show the scans."""
        return [Scan.of(scan) for scan in self.row.scans]


@strawberry.input(description="A scan (扫描件) that was compared with its paper; the file itself is not sent.")
class ScanInput:
    """A scan."""

    document: str = strawberry.field(description="SHA-256 of the file: 64 hex digits.")
    media: ScanMedia = strawberry.field(description="What kind of file it is.")
    size: int = strawberry.field(description="How many bytes it has, up to 200 MiB.")


def _scans(given: list[ScanInput] | None) -> tuple[ScanForm, ...]:
    return tuple(ScanForm(one.document, one.media, one.size) for one in given or ())


@strawberry.input(description="The complete record of a filing, for the archive (归档).")
class ArchiveClaimInput:
    """A record for the archive."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    claim: strawberry.ID = strawberry.field(description="Which filing.")
    expected_version: int = strawberry.field(description=VERSION)
    scans: list[ScanInput] | None = strawberry.field(default=None, description="Its scans, 50 at most.")
    note: PlainText | None = strawberry.field(default=None, description="A note (备注); sealed.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Archive it."""
        archiving = Archiving(scans=_scans(self.scans), note=self.note)
        version, key = self.expected_version, self.idempotency_key
        return archive.archive_claim(desk, self.claim, archiving, expected_version=version, key=key)


@strawberry.input(
    description="A correction of an archived record (档案更正): a new entry beside the one that it names."
)
class CorrectArchiveInput:
    """A correction."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    entry: strawberry.ID = strawberry.field(description="Which entry it corrects.")
    expected_version: int = strawberry.field(description="The claim's version. " + VERSION)
    note: PlainText = strawberry.field(description="What is wrong, and what is right (更正说明); sealed.")
    scans: list[ScanInput] | None = strawberry.field(default=None, description="Scans that belong to it, 50 at most.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Correct it."""
        archiving = Archiving(scans=_scans(self.scans), note=self.note)
        version, key = self.expected_version, self.idempotency_key
        return archive.correct_archive(desk, self.entry, archiving, expected_version=version, key=key)


@strawberry.input(description="The closing of a day's register (当日归档, A8), with the scans of its sheets.")
class CloseRegisterDayInput:
    """A day to close."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    day: date = strawberry.field(description="Which day; never one to come.")
    scans: list[ScanInput] = strawberry.field(description="The scans of its sheets, from 1 to 50.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Close it."""
        return register_days.close_register_day(desk, self.day, scans=_scans(self.scans), key=self.idempotency_key)


@strawberry.interface(description="An entry of the archive that was made (归档结果), or why not.")
class Archived:
    """What an act of the archive gives."""

    entry: ArchiveEntry | None = strawberry.field(description="The entry.", directives=ARCHIVE)
    claim: Claim | None = strawberry.field(description=_CLAIM, directives=requires(Act.VIEW_CLAIMS))
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


@strawberry.type(description="A record that was archived (归档结果), or why not.")
class ArchiveClaimPayload(Archived):
    """What archiving gives."""


@strawberry.type(description="A correction that was made (档案更正结果), or why not.")
class CorrectArchivePayload(Archived):
    """What correcting gives."""


A = TypeVar("A", bound=Archived)


async def _archived(payload: type[A], desk: Desk, outcome: Done) -> A:
    entry = await shown_archive_entry(desk, outcome.node)
    claim = None if entry is None else await shown_claim(desk, entry.row.filing)
    return payload(entry=entry, claim=claim, refusal=refusal_of(outcome.refusal), replayed=outcome.replayed)


@strawberry.type(description="A day's register that was closed (当日归档结果), or why not.")
class CloseRegisterDayPayload:
    """What closing gives."""

    register_day: RegisterDay | None = strawberry.field(description="The day as it stands now.", directives=REGISTER)
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)

    @classmethod
    async def of(cls, desk: Desk, outcome: Done) -> CloseRegisterDayPayload:
        """Answer a closing."""
        row = await register_days.day_closed(desk, outcome.node)
        day = None if row is None else RegisterDay.of(row)
        return cls(register_day=day, refusal=refusal_of(outcome.refusal), replayed=outcome.replayed)


@strawberry.type
class ArchiveQueries:
    """What a client may read of the archive."""

    @strawberry.field(
        description="The archive (档案, B8): entries of filings in the viewer's sight, the latest first.",
        directives=requires(Act.VIEW_ARCHIVE, audited=Audited.PAGE),
    )
    async def archive(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: ArchiveFilter | None = None,
    ) -> Connection[ArchiveEntry]:  # fmt: skip
        """List the entries."""
        desk, wanted = info.context, narrowed(filter)
        found = await archive_rows.read_archive(desk, Paging(first, after, last, before), wanted)
        return connection(found, ArchiveEntry.of, lambda: archive_rows.count_archive(desk, wanted))

    @strawberry.field(
        description="The registers (登记簿) of some days, 92 at most: those with filings, the earliest first (A8).",
        directives=requires(Act.VIEW_REGISTER_DAYS),
    )
    async def register_days(self, info: Info[Desk], from_day: date, to_day: date) -> list[RegisterDay]:
        """List the days."""
        days = await register_days.read_register_days(info.context, a_day(from_day), a_day(to_day))
        return [RegisterDay.of(row) for row in days]


@strawberry.type
class ArchiveMutations:
    """What a client may do in the archive."""

    @strawberry.mutation(
        description="File the complete record of a filing (归档, B8 C10 D11): from then on it is sealed.",
        directives=done(Act.ARCHIVE_CLAIM),
    )
    async def archive_claim(self, info: Info[Desk], input: ArchiveClaimInput) -> ArchiveClaimPayload:
        """Archive a filing."""
        return await _archived(ArchiveClaimPayload, info.context, await heard(info.context, Act.ARCHIVE_CLAIM, input))

    @strawberry.mutation(
        description="Correct an archived record by a new entry (档案更正); what it corrects stands as it was.",
        directives=done(Act.CORRECT_ARCHIVE),
    )
    async def correct_archive(self, info: Info[Desk], input: CorrectArchiveInput) -> CorrectArchivePayload:
        """Correct a record."""
        outcome = await heard(info.context, Act.CORRECT_ARCHIVE, input)
        return await _archived(CorrectArchivePayload, info.context, outcome)

    @strawberry.mutation(
        description="Close a day's register with the scans of its sheets (当日归档, A8).",
        directives=done(Act.CLOSE_REGISTER_DAY),
    )
    async def close_register_day(self, info: Info[Desk], input: CloseRegisterDayInput) -> CloseRegisterDayPayload:
        """Close a day's register."""
        outcome = await heard(info.context, Act.CLOSE_REGISTER_DAY, input)
        return await CloseRegisterDayPayload.of(info.context, outcome)

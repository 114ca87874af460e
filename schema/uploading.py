"""Files on the wire: a ticket to keep one with a customer, and what papers say of those that are kept."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records import uploads
from records.desk import Desk
from records.file_media import FileMedia
from records.outcomes import Done
from schema.directives import Audited, requires
from schema.hearing import done, heard
from schema.refusals import Refusal, refusal_of
from schema.wording import KEY, REFUSAL, REPLAYED

if TYPE_CHECKING:
    from records.papers import Named

ANYBODY = requires(None)
TICKET = requires(Act.UPLOAD_EVIDENCE)
PAPERS = requires(Act.READ_PAPERS, audited=Audited.REVEAL)


@strawberry.input(description="A file to be kept with a customer (上传材料), to be named as evidence afterwards.")
class RequestUploadInput:
    """A file that is to come."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    customer: strawberry.ID = strawberry.field(description="With whom it is kept.")
    media: FileMedia = strawberry.field(description="What kind of file it is.")
    size: int = strawberry.field(description="How many bytes it has: 20 MiB at most.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Ask for the ticket."""
        size, key = self.size, self.idempotency_key
        return uploads.request_upload(desk, self.customer, media=self.media, size=size, key=key)


@strawberry.type(
    description="A ticket to keep one file (上传凭证): good once, for whoever asked, with the headers `Baobei-Ticket` "
    "and `Content-Type`, the file itself being the body. It is used up once the file begins to arrive."
)
class UploadTicket:
    """A ticket."""

    token: str = strawberry.field(description="What the header `Baobei-Ticket` says (凭证).", directives=TICKET)
    expires_at: datetime = strawberry.field(description="Until when it is good (有效期).", directives=TICKET)
    path: str = strawberry.field(description="Where the file is put, by PUT (上传地址).", directives=TICKET)


@strawberry.type(description="A ticket for a file (上传凭证申请结果), or why there is none.")
class RequestUploadPayload:
    """What asking for a ticket gives."""

    ticket: UploadTicket | None = strawberry.field(description="The ticket.", directives=TICKET)
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)

    @classmethod
    async def of(cls, desk: Desk, outcome: Done) -> RequestUploadPayload:
        """Answer whoever asked for a ticket."""
        found = await uploads.ticket_of(desk, outcome.node)
        ticket = found and UploadTicket(token=found.token, expires_at=found.expires_at, path=found.path)
        return cls(ticket=ticket, refusal=refusal_of(outcome.refusal), replayed=outcome.replayed)


@strawberry.type(description="A file that is kept here (留存文件); whoever reads its paper may have it, at `/file`.")
class KeptFile:
    """A kept file."""

    media: FileMedia = strawberry.field(description="What kind of file it is (格式).", directives=PAPERS)
    size: int = strawberry.field(description="How many bytes it has (字节数).", directives=PAPERS)


@strawberry.type(description="A document that a paper names (所附材料), known by its SHA-256.")
class PaperDocument:
    """A document that a paper names."""

    document: str = strawberry.field(description="SHA-256 of the document, in hex (摘要).", directives=PAPERS)
    file: KeptFile | None = strawberry.field(
        description="The file, if it is kept here and was put here by whoever names it; else null.", directives=PAPERS
    )

    @classmethod
    def of(cls, named: Named) -> PaperDocument:
        """Show a document."""
        file = named.file and KeptFile(media=named.file.media, size=named.file.size)
        return cls(document=named.document, file=file)


@strawberry.type(description="What a client may do with files (文件操作).")
class UploadActs:
    """The acts on files."""

    @strawberry.mutation(
        description="Ask for a ticket to keep a file with a customer (申请上传), as evidence of a dispute, a deal or "
        "an offence; what no evidence names within a day is destroyed.",
        directives=done(Act.UPLOAD_EVIDENCE),
    )
    async def request_upload(self, info: Info[Desk], input: RequestUploadInput) -> RequestUploadPayload:
        """Ask for a ticket."""
        desk = info.context
        return await RequestUploadPayload.of(desk, await heard(desk, Act.UPLOAD_EVIDENCE, input))

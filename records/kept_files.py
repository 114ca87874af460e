"""Files kept with a customer (留存文件): named as evidence, opened again for whoever may read its papers, or destroyed.

- Evidence names a file by its SHA-256; it is this file if whoever brings the evidence kept it with the same customer.
- A file that no evidence named within a day is destroyed, whoever kept it; of it a fact stays, with its size.
- Of naming and destroying at once one comes first: a file that was named stays, one that is gone is a mere SHA-256.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from crypto.sealed import Place, SealBroken
from records.columns import Column, Table
from records.connection import read, transaction
from records.file_media import FileMedia
from records.uploads import pieces_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from crypto.envelope import OwnCipher
    from records.connection import Fetch
    from records.desk import Desk

UNNAMED_FOR: Final = timedelta(hours=24)
MOST_DESTROYED: Final = 50
"""Files destroyed in one transaction."""
_NAME: Final = """
UPDATE upload u SET named_at = $4 FROM customer c
WHERE c.id = u.customer_id AND c.root_id = $1 AND u.staff_id = $2 AND u.document = ANY($3)
AND u.named_at IS NULL AND u.destroyed_at IS NULL
"""
_KEPT: Final = """
SELECT u.staff_id, u.document, u.media, u.kept_size, u.fact_id, u.customer_id FROM upload u
JOIN customer c ON c.id = u.customer_id
WHERE c.root_id = $1 AND u.document = ANY($2) AND u.named_at IS NOT NULL ORDER BY u.kept_at
"""
_PIECES: Final = """
SELECT id, customer_id, sealed FROM sealed_value WHERE fact_id = $1 AND field = $2 ORDER BY piece
"""
_FORGET: Final = """
WITH gone AS (
    UPDATE upload SET destroyed_at = $1 WHERE id IN (
        SELECT id FROM upload WHERE kept_at < $2 AND named_at IS NULL AND destroyed_at IS NULL
        ORDER BY kept_at LIMIT $3 FOR UPDATE SKIP LOCKED
    ) RETURNING fact_id
) SELECT fact_id FROM gone
"""
_DESTROY: Final = "DELETE FROM sealed_value WHERE fact_id = ANY($1) AND field = $2"


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that is kept: whose fact, of which kind, and how large."""

    fact: UUID
    customer: UUID
    document: str
    media: FileMedia
    size: int


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file in the clear."""

    media: FileMedia
    content: bytes = field(repr=False)


async def name_files(fetch: Fetch, desk: Desk, customer: UUID, documents: Iterable[str | None]) -> None:
    """Keep for good those files that evidence names by their SHA-256, of a customer (root) whom the caller holds."""
    named = [bytes.fromhex(document) for document in documents if document is not None]
    if named:
        await fetch(_NAME, [customer, desk.signed_in().staff, named, desk.now])


async def kept_files(customer: UUID | None, named: Iterable[tuple[UUID, str]]) -> dict[tuple[UUID, str], KeptFile]:
    """Give the files of a customer (root) that people named, by who did and by SHA-256."""
    wanted = set(named)
    if not wanted or customer is None:
        return {}
    rows = await read(_KEPT, [customer, [bytes.fromhex(document) for _, document in wanted]])
    found: dict[tuple[UUID, str], KeptFile] = {}
    for row in rows:
        by = (row["staff_id"], bytes(row["document"]).hex())
        if by in wanted:
            found[by] = KeptFile(row["fact_id"], row["customer_id"], by[1], FileMedia(row["media"]), row["kept_size"])
    return found


async def open_file(desk: Desk, file: KeptFile) -> OpenedFile | None:
    """Open a file, all its pieces in their order; None if its customer was erased. Who may is the caller's care."""
    ciphers = await desk.keys.ciphers_of([file.customer], read)
    if file.customer not in ciphers:
        return None
    rows = await read(_PIECES, [file.fact, int(Column.FILE)])
    content = _joined(ciphers[file.customer], file, rows)
    return OpenedFile(file.media, content)


def _joined(cipher: OwnCipher, file: KeptFile, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Open pieces and put them together; raises `SealBroken` where they are not the whole of this file."""
    opened = [
        cipher.open(row["sealed"], Place(Table.SEALED_VALUE, Column.FILE, row["id"], row["customer_id"]))
        for row in rows
    ]
    head = len(next(iter(pieces_of(file.fact, b"\x00")))) - 1
    content = b"".join(piece[head:] for piece in opened)
    if opened != list(pieces_of(file.fact, content)) or hashlib.sha256(content).hexdigest() != file.document:
        raise SealBroken(Place(Table.SEALED_VALUE, Column.FILE, file.fact, file.customer))
    return content


async def destroy_unnamed(now: datetime) -> int:
    """Destroy some of the files that no evidence named in time; count them."""
    async with transaction() as tx:
        gone = await tx.execute_query_dict(_FORGET, [now, now - UNNAMED_FOR, MOST_DESTROYED])
        if gone:
            await tx.execute_query_dict(_DESTROY, [[row["fact_id"] for row in gone], int(Column.FILE)])
    return len(gone)

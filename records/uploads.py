"""Keeping a file with a customer (上传材料): a ticket asked for first, good once and for a quarter of an hour.

- A ticket is one person's, for one customer, one kind and size of file; the book knows its hash alone. Asked for again
  under the same idempotency key it is the same.
- A ticket is used up when a file begins to arrive, whatever comes of it; of two at once one is let in.
- A file is kept sealed under the customer's key, in pieces; which piece of what it is, each says inside its seal.
- Whoever has lost sight of the customer meanwhile keeps nothing.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from authz.acts import Act
from authz.policy import Condition
from records import replays
from records.audit import Entry, concerned
from records.columns import Column
from records.connection import read, transaction
from records.desk import Unauthenticated
from records.facts import Addition
from records.file_media import LARGEST_FILE, FileMedia
from records.identity import held_customer
from records.keys import IDEMPOTENCY, with_keys
from records.outcomes import Done
from records.people import departed_of, keep_people
from records.proofreading import Proof
from records.queries import customer_to_act_on
from records.references import Kind, reference
from records.refusals import ProblemCode, RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tortoise.backends.base.client import TransactionalDBClient

    from records.connection import Fetch
    from records.desk import Desk

FILE: Final = "upload"
"""The fact of a file that is kept: the book's own, of which the law hears nothing."""
PATH: Final = "/upload"
GOOD_FOR: Final = timedelta(minutes=15)
MOST_OPEN: Final = 10
"""Tickets that one person may have open."""
MOST_A_DAY: Final = 60
PIECE: Final = 64 * 1024
"""Bytes of a file in one piece."""
_DAY: Final = timedelta(days=1)
_AT_ONCE: Final = 16
"""Pieces sealed before others get their turn."""
_FORM: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_MADE_FOR: Final = b"baobei upload ticket\x00"
_HOLD: Final = "SELECT id FROM staff WHERE id = $1 FOR NO KEY UPDATE"
_TICKETS: Final = """
SELECT count(*) AS today, count(*) FILTER (WHERE used_at IS NULL AND expires_at > $2) AS open
FROM upload WHERE staff_id = $1 AND opened_at > $3
"""
_OPEN: Final = """
INSERT INTO upload (id, staff_id, customer_id, media, size, ticket_hash, opened_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_OWN: Final = "SELECT ticket_hash, expires_at FROM upload WHERE id = $1 AND staff_id = $2"
_PRESENTED: Final = """
SELECT id, customer_id, media, size FROM upload
WHERE ticket_hash = $1 AND staff_id = $2 AND used_at IS NULL AND expires_at > $3
"""
_USE: Final = "UPDATE upload SET used_at = $2 WHERE id = $1 AND used_at IS NULL RETURNING id"
_KEEP: Final = "UPDATE upload SET fact_id = $2, document = $3, kept_size = $4, kept_at = $5 WHERE id = $1"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a file is sent with, where to, and until when."""

    token: str = field(repr=False)
    expires_at: datetime
    path: str = PATH


@dataclass(frozen=True, slots=True)
class Presented:
    """A ticket that was presented and is good: for which customer, and what kind and size of file."""

    id: UUID
    customer: UUID
    media: FileMedia
    size: int


async def request_upload(desk: Desk, customer: str, *, media: FileMedia, size: int, key: UUID) -> Done:
    """Ask for a ticket to keep a file with a customer, to be named as evidence; the node is the ticket's row."""
    actor = await desk.require(Act.UPLOAD_EVIDENCE, facts=[Condition.BUDGET])
    proof = Proof()
    if not 0 < size <= LARGEST_FILE:
        proof.blame(ProblemCode.OUT_OF_RANGE, "size")
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        root = await held_customer(fetch, desk, Act.UPLOAD_EVIDENCE, customer)
        if root is None:
            return Done(refusal=not_found("customer"))
        await fetch(_HOLD, [actor.staff])
        (tickets,) = await fetch(_TICKETS, [actor.staff, desk.now, desk.now - _DAY])
        if tickets["open"] >= MOST_OPEN or tickets["today"] >= MOST_A_DAY:
            rule = f"budget:{Act.UPLOAD_EVIDENCE.value}"
            await desk.record(tx, Entry("upload:request", allowed=False, rule=rule, customer=root))
            return Done(refusal=Refused(RefusalCode.BUDGET_SPENT))
        row = UUID(bytes=desk.entropy(16), version=4)
        digest = _hash_of(_tokens(desk, row)[0])
        await fetch(_OPEN, [row, actor.staff, root, media.value, size, digest, desk.now, desk.now + GOOD_FOR])
        await desk.record(tx, Entry("upload:request", customer=root, subject_teams=concerned(actor.team)))
        return Done(row, root)

    async def again(tx: TransactionalDBClient, row: UUID) -> Done:
        root = await customer_to_act_on(tx.execute_query_dict, desk, Act.UPLOAD_EVIDENCE, customer)
        return Done(refusal=not_found("customer")) if root is None else Done(row, root)

    whole = {"customer": customer, "media": media, "size": size}
    return await replays.once(desk, Act.UPLOAD_EVIDENCE, key, whole, do=do, again=again)


async def ticket_of(desk: Desk, row: UUID | None) -> Ticket | None:
    """Write one's own ticket: the same whenever it is asked for, as long as its key is read."""
    rows = await read(_OWN, [row, desk.signed_in().staff]) if row is not None else []
    for token in _tokens(desk, row) if row is not None and rows else ():
        if hmac.compare_digest(_hash_of(token), bytes(rows[0]["ticket_hash"])):
            return Ticket(token, rows[0]["expires_at"])
    return None


def _tokens(desk: Desk, row: UUID) -> list[str]:
    """Write a ticket's token under each key of the wire's that is read, the primary first."""
    macs = (hmac.digest(key.material, _MADE_FOR + row.bytes, "sha256") for key in desk.keys.wire_keys(IDEMPOTENCY))
    return [base64.urlsafe_b64encode(mac).decode().rstrip("=") for mac in macs]


def _hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def present_ticket(desk: Desk, token: str) -> Presented | None:
    """Look at a ticket: None for one that is unknown, somebody else's, used up or too old, all alike."""
    actor = await desk.require(Act.UPLOAD_EVIDENCE, facts=[Condition.BUDGET])
    rows = await read(_PRESENTED, [_hash_of(token), actor.staff, desk.now]) if _FORM.fullmatch(token) else []
    return (
        Presented(rows[0]["id"], rows[0]["customer_id"], FileMedia(rows[0]["media"]), rows[0]["size"]) if rows else None
    )


async def use_up(desk: Desk, ticket: Presented) -> bool:
    """Use a ticket up; of two who present it at once one does."""
    async with transaction() as tx:
        return bool(await tx.execute_query_dict(_USE, [ticket.id, desk.now]))


async def keep_file(desk: Desk, ticket: Presented, content: bytes) -> str | None:
    """Keep a cleaned file with its customer, sealed, and give its SHA-256; None: the customer is out of sight."""
    actor, document = desk.signed_in(), hashlib.sha256(content).digest()
    customer = reference(Kind.CUSTOMER, ticket.customer)

    async def attempt(tx: TransactionalDBClient) -> bool:
        fetch: Fetch = tx.execute_query_dict
        await keep_people(fetch)
        if await departed_of(fetch, {actor.staff}):
            raise Unauthenticated
        root = await held_customer(fetch, desk, Act.UPLOAD_EVIDENCE, customer)
        if root is None:
            return False
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        fact = addition.add_fact(
            FILE, root, at=desk.now, by=actor.staff, entered_by=actor.staff,
            details={"document": document.hex(), "media": ticket.media.value, "size": len(content)},
        )  # fmt: skip
        cipher = await desk.cipher_of(fetch, root)
        for number, piece in enumerate(pieces_of(fact, content)):
            addition.seal(fact, root, cipher, [(Column.FILE, piece)], piece=number)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)
        await addition.write(tx)
        await fetch(_KEEP, [ticket.id, fact, document, len(content), desk.now])
        await desk.record(tx, Entry("upload:keep", customer=root, subject_teams=concerned(actor.team)))
        return True

    return document.hex() if await with_keys(desk.keys, attempt) else None


def pieces_of(fact: UUID, content: bytes) -> Iterator[bytes]:
    """Cut a file into pieces that each say of which file they are, which one, and of how many."""
    count = -(-len(content) // PIECE)
    for number in range(count):
        head = fact.bytes + number.to_bytes(4) + count.to_bytes(4)
        yield head + content[number * PIECE : (number + 1) * PIECE]

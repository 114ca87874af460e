"""Keys on the wire: every version with its state and what needs it, what is being moved, and the acts of custodians.

No key's bytes and no customer's data stand here; a custodian reads no other object of the book.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import IntEnum
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import strawberry
from strawberry.types import Info

from authz.acts import Act
from authz.policy import FieldClass
from crypto.envelope import AES_256_GCM, AES_256_GCM_SIV
from crypto.keyring import KeyState
from records import key_acts, key_consents, key_page
from records.desk import Desk
from records.key_acts import Deed, KeyDone
from records.key_needs import Need
from records.key_page import ActRow, KekRow, KeyPage, KeyRow
from records.references import Kind, reference
from records.rotation import Progress
from schema.directives import Audited, requires
from schema.nodes import Node
from schema.refusals import Refusal, refusal_of
from schema.wording import REFUSAL, REPLAYED

if TYPE_CHECKING:
    from collections.abc import Awaitable

KEYS = requires(Act.VIEW_KEYS, FieldClass.KEY_META)
ANYBODY = requires(None)
_KEY = "Drawn anew for each act: sent again, it does the act no second time, and shows what became of it."
_SUBJECT = "A purpose such as `data` or `index.phone`, a version such as `data/2`, or `kek data` for what wraps it."


@strawberry.enum(description="What values are sealed with (加密套件).")
class CipherSuite(IntEnum):
    """Suites, by their numbers in what is sealed."""

    AES_256_GCM = AES_256_GCM
    AES_256_GCM_SIV = AES_256_GCM_SIV


@strawberry.type(description="Rows that need a key (仍需要密钥的数据): where, and how many.")
class KeyNeed:
    """A need."""

    table: str = strawberry.field(description="In which table.", directives=KEYS)
    column: str = strawberry.field(description="By which column, or index.", directives=KEYS)
    rows: int = strawberry.field(description="How many rows.", directives=KEYS)


def _needs(needs: Iterable[Need]) -> list[KeyNeed]:
    return [KeyNeed(table=need.table, column=need.column, rows=need.rows) for need in needs]


@strawberry.type(description="One version of a key (密钥版本).")
class KeyVersion:
    """A version."""

    name: str = strawberry.field(description="Its name, such as `data/2`.", directives=KEYS)
    purpose: str = strawberry.field(description="What it is for.", directives=KEYS)
    version: int = strawberry.field(description="Its number within the purpose, from 1.", directives=KEYS)
    state: KeyState = strawberry.field(description="In which state it is; states never go back.", directives=KEYS)
    suite: CipherSuite = strawberry.field(description="What is sealed with, while it is primary.", directives=KEYS)
    created_at: datetime = strawberry.field(description="When it was made.", directives=KEYS)
    state_at: datetime = strawberry.field(description="Since when it is in its state.", directives=KEYS)
    compromised_at: datetime | None = strawberry.field(description="Since when somebody may know it.", directives=KEYS)
    wrapped_by: str | None = strawberry.field(
        description="Which provider wraps it, while its bytes are there.", directives=KEYS
    )
    wrapped_under: int | None = strawberry.field(
        description="Under which version of the key that wraps it.", directives=KEYS
    )
    rows: int = strawberry.field(description="How many rows need it.", directives=KEYS)
    needs: list[KeyNeed] = strawberry.field(description="Which rows need it, by table and column.", directives=KEYS)
    due_at: datetime | None = strawberry.field(description="When it is to be replaced (轮换到期).", directives=KEYS)

    @classmethod
    def of(cls, row: KeyRow) -> KeyVersion:
        """Show a version."""
        return cls(
            name=row.name, purpose=row.purpose, version=row.version, state=row.state, suite=CipherSuite(row.suite),
            created_at=row.created_at, state_at=row.state_at, compromised_at=row.compromised_at,
            wrapped_by=row.provider, wrapped_under=row.kek, rows=row.rows, needs=_needs(row.needs),
            due_at=row.due_at(),
        )  # fmt: skip


@strawberry.type(description="A key that wraps other keys and never leaves its provider (密钥加密密钥).")
class WrappingKey:
    """A key-encryption key."""

    name: str = strawberry.field(description="Its name, such as `kek data`.", directives=KEYS)
    versions: list[int] = strawberry.field(
        description="Its versions that still open, the newest last.", directives=KEYS
    )
    since: datetime = strawberry.field(description="Since when the newest wraps.", directives=KEYS)
    due_at: datetime = strawberry.field(description="When it is to be replaced (轮换到期).", directives=KEYS)

    @classmethod
    def of(cls, row: KekRow) -> WrappingKey:
        """Show a key-encryption key."""
        return cls(name=f"kek {row.family}", versions=list(row.versions), since=row.since, due_at=row.due_at())


@strawberry.type(description="How far the rows are on their way to newer keys (轮换进度), on the server that answers.")
class KeyRotation:
    """A rotation's progress."""

    at: str = strawberry.field(description="What is being done, and in which table.", directives=KEYS)
    done: int = strawberry.field(description="Rows moved so far.", directives=KEYS)
    left: int = strawberry.field(description="Rows left.", directives=KEYS)
    rows_per_second: float = strawberry.field(description="The rate.", directives=KEYS)
    seconds_left: float | None = strawberry.field(
        description="The time left at that rate; null: nobody can tell yet.", directives=KEYS
    )

    @classmethod
    def of(cls, progress: Progress) -> KeyRotation:
        """Show progress."""
        return cls(
            at=progress.at, done=progress.done, left=progress.left, rows_per_second=progress.rate,
            seconds_left=progress.seconds_left,
        )  # fmt: skip


@strawberry.type(description="Something done to keys (密钥操作): who asked, who agreed, how it ended.")
class KeyAct(Node):
    """An act."""

    kind: Deed = strawberry.field(description="What is done.", directives=KEYS)
    subject: str = strawberry.field(description="To which key.", directives=KEYS)
    requested_at: datetime = strawberry.field(description="When it was asked for.", directives=KEYS)
    requested_by: str | None = strawberry.field(description="Who asked: their staff number (工号).", directives=KEYS)
    approved_at: datetime | None = strawberry.field(description="When it was agreed to.", directives=KEYS)
    approved_by: str | None = strawberry.field(description="Who agreed: their staff number (工号).", directives=KEYS)
    alone: bool = strawberry.field(description="True: one person did what two should.", directives=KEYS)
    is_waiting: bool = strawberry.field(description="True: it waits for another person.", directives=KEYS)
    ended_at: datetime | None = strawberry.field(description="When it ended.", directives=KEYS)
    ended_by: str | None = strawberry.field(
        description="Who ended it, or took it back: their staff number (工号).", directives=KEYS
    )
    outcome: str | None = strawberry.field(description="How it ended, in a word.", directives=KEYS)

    @classmethod
    def of(cls, row: ActRow, now: datetime) -> KeyAct:
        """Show an act."""
        return cls(
            id=strawberry.ID(reference(Kind.KEY_ACT, row.id)), kind=Deed(row.kind), subject=row.subject,
            requested_at=row.requested_at, requested_by=row.requested_by, approved_at=row.approved_at,
            approved_by=row.approved_by, alone=row.alone, is_waiting=row.is_waiting(now), ended_at=row.ended_at,
            ended_by=row.ended_by, outcome=row.outcome,
        )  # fmt: skip


@strawberry.type(description="All keys (密钥总览), as custodians see them.")
class KeyOverview:
    """The page of keys."""

    at: datetime = strawberry.field(description="The instant of which this is true.", directives=KEYS)
    provider: str = strawberry.field(description="Which provider wraps new keys.", directives=KEYS)
    wrapping_keys: list[WrappingKey] = strawberry.field(description="What wraps the others.", directives=KEYS)
    versions: list[KeyVersion] = strawberry.field(description="Every version, destroyed ones too.", directives=KEYS)
    acts: list[KeyAct] = strawberry.field(description="The latest fifty acts, newest first.", directives=KEYS)
    rotation: KeyRotation | None = strawberry.field(
        description="What is being moved now; null: nothing, or by others.", directives=KEYS
    )

    @classmethod
    def of(cls, page: KeyPage, progress: Progress | None) -> KeyOverview:
        """Show the page."""
        return cls(
            at=page.at, provider=page.provider, wrapping_keys=[WrappingKey.of(kek) for kek in page.keks],
            versions=[KeyVersion.of(row) for row in page.keys], acts=[KeyAct.of(act, page.at) for act in page.acts],
            rotation=KeyRotation.of(progress) if progress else None,
        )  # fmt: skip


async def shown_key_act(desk: Desk, act: UUID | None) -> KeyAct | None:
    """Show an act, to whoever may see keys."""
    row = await key_page.key_act(desk, act)
    return None if row is None else KeyAct.of(row, desk.now)


@strawberry.input(description="A key to be replaced (轮换密钥); rows move to its successor while everybody works.")
class RotateKeysInput:
    """Which key."""

    idempotency_key: UUID = strawberry.field(description=_KEY)
    subject: str = strawberry.field(description=_SUBJECT)
    suite: CipherSuite | None = strawberry.field(
        default=None, description="What is sealed with from now on; absent: as before."
    )

    def do(self, desk: Desk) -> Awaitable[KeyDone]:
        """Replace it."""
        suite = None if self.suite is None else int(self.suite)
        return key_acts.rotate_keys(desk, self.subject, suite=suite, key=self.idempotency_key)


@strawberry.input(description="An act on a key (申请密钥操作): done at once, or waiting for another person (DESTROY).")
class RequestKeyActInput:
    """Which act on which key."""

    idempotency_key: UUID = strawberry.field(description=_KEY)
    kind: Deed = strawberry.field(description="What is to be done; a copy of the keys is not made here.")
    subject: str = strawberry.field(description=_SUBJECT)
    although_needed: bool = strawberry.field(
        default=False, description="Disable it although rows need it, which then do not open."
    )

    def do(self, desk: Desk) -> Awaitable[KeyDone]:
        """Ask for it."""
        needed, key = self.although_needed, self.idempotency_key
        return key_consents.request_key_act(desk, self.kind, self.subject, key=key, although_needed=needed)


@strawberry.input(description="What another custodian asked for (批准密钥操作), and is agreed to.")
class ApproveKeyActInput:
    """Which act."""

    act: strawberry.ID = strawberry.field(description="Which act.")


@strawberry.input(description="What was asked for (撤回密钥操作), and is taken back.")
class CancelKeyActInput:
    """Which act."""

    act: strawberry.ID = strawberry.field(description="Which act.")


@strawberry.interface(description="What became of an act on keys (密钥操作结果), or why it was not done.")
class KeyActPayload:
    """What an act on keys gives."""

    act: KeyAct | None = strawberry.field(description="The act as it stands.", directives=KEYS)
    needs: list[KeyNeed] = strawberry.field(description="If rows forbid it: which.", directives=KEYS)
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


P = TypeVar("P", bound=KeyActPayload)


async def _answered(payload: type[P], desk: Desk, done: KeyDone) -> P:
    act = await shown_key_act(desk, done.act)
    return payload(act=act, needs=_needs(done.needs), refusal=refusal_of(done.refusal), replayed=done.replayed)


@strawberry.type(description="A key that was replaced (轮换结果), or why not.")
class RotateKeysPayload(KeyActPayload):
    """What rotating gives."""


@strawberry.type(description="An act that was done or waits (申请结果), or why not.")
class RequestKeyActPayload(KeyActPayload):
    """What asking gives."""


@strawberry.type(description="An act that was agreed to and done (批准结果), or why not.")
class ApproveKeyActPayload(KeyActPayload):
    """What agreeing gives."""


@strawberry.type(description="An act that was taken back (撤回结果), or why not.")
class CancelKeyActPayload(KeyActPayload):
    """What taking back gives."""


@strawberry.type
class KeyQueries:
    """What a client may read of keys."""

    @strawberry.field(
        description="All keys (密钥), for custodians: states, ages, what needs them, and acts.",
        directives=requires(Act.VIEW_KEYS, FieldClass.KEY_META, Audited.PAGE),
    )
    async def keys(self, info: Info[Desk]) -> KeyOverview:
        """Show all keys."""
        mover = info.context.mover
        return KeyOverview.of(await key_page.read_key_page(info.context), mover.progress if mover else None)


@strawberry.type
class KeyMutations:
    """What a client may do to keys."""

    @strawberry.mutation(
        description="Replace a key (轮换): the next one is written under from now on, the old one read from.",
        directives=requires(Act.ROTATE_KEYS, FieldClass.KEY_META, Audited.ACT),
    )
    async def rotate_keys(self, info: Info[Desk], input: RotateKeysInput) -> RotateKeysPayload:
        """Replace a key."""
        return await _answered(RotateKeysPayload, info.context, await input.do(info.context))

    @strawberry.mutation(
        description="Ask for an act on a key (申请): what one may do is done, what takes two waits for 24 hours.",
        directives=requires(Act.REQUEST_KEY_ACT, FieldClass.KEY_META, Audited.ACT),
    )
    async def request_key_act(self, info: Info[Desk], input: RequestKeyActInput) -> RequestKeyActPayload:
        """Ask for an act."""
        return await _answered(RequestKeyActPayload, info.context, await input.do(info.context))

    @strawberry.mutation(
        description="Agree to what another custodian asked for (批准), and have it done.",
        directives=requires(Act.APPROVE_KEY_ACT, FieldClass.KEY_META, Audited.ACT),
    )
    async def approve_key_act(self, info: Info[Desk], input: ApproveKeyActInput) -> ApproveKeyActPayload:
        """Agree to an act."""
        done = await key_consents.approve_key_act(info.context, input.act)
        return await _answered(ApproveKeyActPayload, info.context, done)

    @strawberry.mutation(
        description="Take back what was asked for (撤回), until somebody has agreed to it.",
        directives=requires(Act.REQUEST_KEY_ACT, FieldClass.KEY_META, Audited.ACT),
    )
    async def cancel_key_act(self, info: Info[Desk], input: CancelKeyActInput) -> CancelKeyActPayload:
        """Take back an act."""
        done = await key_consents.cancel_key_act(info.context, input.act)
        return await _answered(CancelKeyActPayload, info.context, done)

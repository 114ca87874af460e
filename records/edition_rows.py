"""Editions as they are read: drafts and what was approved, each with what it changes and what pulls against what.

- Whoever is signed in reads what was approved (D3: the rules are open), also what was withdrawn ahead of its day;
  drafts are the leaders' alone.
- Where an edition stands is a function of the day: it comes into force, and is superseded, without anybody's act.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from authz.acts import Act
from claims.description import Difference, difference
from claims.linter import Finding, lint
from claims.rulebook import PRESETS, load_preset
from records.connection import read
from records.law import edition_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from claims.rulebook import Rulebook
    from records.desk import Desk


class EditionState(StrEnum):
    """Where an edition stands."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class EditionSeen:
    """An edition in sight, with the rulebook that it is."""

    id: UUID
    book: Rulebook
    based_on: str
    state: EditionState
    effective_on: date | None
    until_on: date | None
    drafted_by: UUID
    drafted_at: datetime
    approved_by: UUID | None
    approved_at: datetime | None
    because: str | None
    withdrawn_by: UUID | None
    withdrawn_at: datetime | None
    withdrawn_because: str | None
    version: int


_ALL: Final = "SELECT * FROM rulebook_edition WHERE $1 OR state <> 'draft' ORDER BY drafted_at DESC, id LIMIT 200"
_ONE: Final = "SELECT * FROM rulebook_edition WHERE id = ANY($2) AND ($1 OR state <> 'draft')"


async def editions(desk: Desk) -> list[EditionSeen]:
    """List the editions in sight, the latest drafted first."""
    desk.signed_in()
    return [_seen(desk, row) for row in await read(_ALL, [_sees_drafts(desk)])]


async def _by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, EditionSeen]:
    return {row["id"]: _seen(desk, row) for row in await read(_ONE, [_sees_drafts(desk), ids])}


async def edition(desk: Desk, id_: UUID | None) -> EditionSeen | None:
    """Give one edition in sight."""
    return None if id_ is None else await desk.gathering.ask(desk, _by_id, id_)


def _sees_drafts(desk: Desk) -> bool:
    return desk.guard.may(desk.signed_in(), Act.DRAFT_EDITION)


def _seen(desk: Desk, row: Mapping[str, Any]) -> EditionSeen:
    return EditionSeen(
        row["id"], edition_of(row), row["based_on"], _state(row, desk.rulebook.day(desk.now)), row["effective_on"],
        row["until_on"], row["drafted_by_id"], row["drafted_at"], row["approved_by_id"], row["approved_at"],
        row["because"], row["withdrawn_by_id"], row["withdrawn_at"], row["withdrawn_because"], row["version"],
    )  # fmt: skip


def _state(row: Mapping[str, Any], today: date) -> EditionState:
    if row["state"] == "draft":
        return EditionState.DRAFT
    if row["state"] == "withdrawn":
        return EditionState.WITHDRAWN
    if today < row["effective_on"]:
        return EditionState.SCHEDULED
    is_over = row["until_on"] is not None and row["until_on"] <= today
    return EditionState.SUPERSEDED if is_over else EditionState.IN_FORCE


def changes_of(desk: Desk, seen: EditionSeen) -> Sequence[Difference]:
    """List what an edition changes of the rulebook that it was drafted from."""
    known = {book.edition: book for book in desk.law.latest.editions()}
    base = known.get(seen.based_on) or (load_preset(seen.based_on) if seen.based_on in PRESETS else None)
    return difference(base, seen.book) if base is not None else ()


def findings_of(seen: EditionSeen) -> Sequence[Finding]:
    """List what pulls against what in an edition; a finding is no error."""
    return lint(seen.book)


def acts_on_edition(desk: Desk, seen: EditionSeen) -> list[Act]:
    """List what whoever asks may do about an edition."""
    actor = desk.signed_in()
    asked = {
        EditionState.DRAFT: (Act.PUBLISH_RULEBOOK, Act.REHEARSE_EDITION),
        EditionState.SCHEDULED: (Act.WITHDRAW_EDITION,),
    }.get(seen.state, ())
    return [act for act in asked if desk.guard.may(actor, act)]

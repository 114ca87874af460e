"""Notices (通知): what somebody, or a team, is told because of what somebody else did.

- A notice is written in the transaction of its act: no act without its notice, no notice of an act undone.
- It names a kind and rows, never a text; what a reader may not see, it does not show.
- A notice to a team is its members' in common: who reads it first has read it for all.
- What would be told to somebody who has left is told to the team that they were in (A16).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from records.connection import copy_rows
from records.people import CURRENT_TEAM

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tortoise.backends.base.client import TransactionalDBClient

    from records.desk import Desk


class NoticeKind(StrEnum):
    """What a notice tells (closed; in the SDL)."""

    REVIEW_DUE = "review_due"
    FILING_APPROVED = "filing_approved"
    FILING_RETURNED = "filing_returned"
    FILING_REJECTED = "filing_rejected"
    FILING_FORWARDED = "filing_forwarded"
    FILED_FOR_YOU = "filed_for_you"
    DESIGNER_NAMED = "designer_named"
    CUSTOMER_ASSIGNED = "customer_assigned"
    CUSTOMER_REASSIGNED = "customer_reassigned"
    CUSTOMER_TAKEN_BACK = "customer_taken_back"
    DEPARTURE_ANNOUNCED = "departure_announced"
    STAFF_DEPARTED = "staff_departed"
    HANDED_OVER = "handed_over"
    CONTACT_CORRECTED = "contact_corrected"
    CORRECTION_DUE = "correction_due"
    CORRECTION_REJECTED = "correction_rejected"
    CUSTOMERS_LINKED = "customers_linked"
    CUSTOMERS_SPLIT = "customers_split"
    WALKED_IN = "walked_in"
    ORDERED_AS_WALK_IN = "ordered_as_walk_in"
    FINDING_RECORDED = "finding_recorded"
    FINDING_RECTIFIED = "finding_rectified"
    RECTIFICATION_CONFIRMED = "rectification_confirmed"
    RECTIFICATION_REJECTED = "rectification_rejected"
    INSPECTION_CLOSED = "inspection_closed"
    GRANT_REQUESTED = "grant_requested"
    GRANT_GIVEN = "grant_given"
    GRANT_REFUSED = "grant_refused"
    GRANT_WITHDRAWN = "grant_withdrawn"
    UNDERTAKING_RECORDED = "undertaking_recorded"
    EDITION_WITHDRAWN = "edition_withdrawn"
    DESTRUCTION_DUE = "destruction_due"
    CUSTOMER_DESTROYED = "customer_destroyed"


class NextStep(StrEnum):
    """What whoever is told is to do next (下一步, F5)."""

    NONE = "none"
    WAIT_FOR_REVIEW = "wait_for_review"
    REVIEW = "review"
    COMPLETE = "complete"
    BRING_IN = "bring_in"
    WAIT_FOR_ASSIGNMENT = "wait_for_assignment"
    ASSIGN = "assign"
    CONTACT = "contact"
    FILE_ANEW = "file_anew"
    HANDLE = "handle"
    HAND_OVER = "hand_over"
    CONFIRM = "confirm"
    RECTIFY = "rectify"
    DECIDE = "decide"
    REVEAL = "reveal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notice: to a person or to a team, of what, about which rows, and what is to be done next."""

    kind: NoticeKind
    staff: UUID | None = None
    team: UUID | None = None
    customer: UUID | None = None
    filing: UUID | None = None
    next: NextStep = NextStep.NONE
    details: Mapping[str, Any] = field(default_factory=dict)


_TEAMS_OF_THE_DEPARTED = f"""
SELECT s.id, ({CURRENT_TEAM}) AS team FROM staff s
WHERE s.id = ANY($1) AND EXISTS (SELECT FROM fact d WHERE d.kind = 'depart' AND d.by_id = s.id)
"""  # noqa: S608 (a constant of ours)
_COLUMNS = ("id", "to_staff_id", "to_team_id", "kind", "customer_id", "filing_id", "next", "details", "at")


async def tell(connection: TransactionalDBClient, notices: Iterable[Notice], desk: Desk) -> None:
    """Write notices in the act's transaction; one that is to nobody is left out, one told twice is told once."""
    rows: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    given = list(notices)
    people = {one.staff for one in given if one.staff is not None}
    found = await connection.execute_query_dict(_TEAMS_OF_THE_DEPARTED, [list(people), desk.now]) if people else ()
    gone = {row["id"]: row["team"] for row in found}
    for one in given:
        staff, team = (None, gone[one.staff]) if one.staff in gone else (one.staff, None if one.staff else one.team)
        if staff is None and team is None:
            continue
        told = (
            staff, team, one.kind.value, one.customer, one.filing, one.next.value,
            orjson.dumps(dict(one.details)).decode(),
        )  # fmt: skip
        rows.setdefault(told, (UUID(bytes=desk.entropy(16), version=4), *told, desk.now))
    if rows:
        await copy_rows(connection, "notice", _COLUMNS, list(rows.values()))

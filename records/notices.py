"""Notices (通知): what somebody, or a team, is told because of what somebody else did.

- A notice is written in the transaction of its act: no act without its notice, no notice of an act undone.
- It names a kind and rows, never a text; what a reader may not see, it does not show.
- A notice to a team is its members' in common: who reads it first has read it for all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from records.connection import copy_rows

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
    CONTACT_CORRECTED = "contact_corrected"
    CORRECTION_DUE = "correction_due"
    CORRECTION_REJECTED = "correction_rejected"
    CUSTOMERS_LINKED = "customers_linked"
    CUSTOMERS_SPLIT = "customers_split"
    WALKED_IN = "walked_in"
    ORDERED_AS_WALK_IN = "ordered_as_walk_in"


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
    CONFIRM = "confirm"


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


_COLUMNS = ("id", "to_staff_id", "to_team_id", "kind", "customer_id", "filing_id", "next", "details", "at")


async def tell(connection: TransactionalDBClient, notices: Iterable[Notice], desk: Desk) -> None:
    """Write notices in the act's transaction; one that is to nobody is left out, one told twice is told once."""
    rows: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for one in notices:
        if one.staff is None and one.team is None:
            continue
        told = (
            one.staff, None if one.staff else one.team, one.kind.value, one.customer, one.filing, one.next.value,
            orjson.dumps(dict(one.details)).decode(),
        )  # fmt: skip
        rows.setdefault(told, (UUID(bytes=desk.entropy(16), version=4), *told, desk.now))
    if rows:
        await copy_rows(connection, "notice", _COLUMNS, list(rows.values()))

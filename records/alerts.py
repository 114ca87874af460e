"""What whoever signs in is to know at once (提示): derived from the clock and the book each time, written by no job."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from authz.acts import Act
from authz.policy import Scope
from records.backups import backup_status

if TYPE_CHECKING:
    from records.desk import Desk


class Alert(StrEnum):
    """What is to be known at once (提示类别)."""

    UNDERTAKING_NEEDED = "undertaking_needed"
    BACKUP_OVERDUE = "backup_overdue"


async def alerts(desk: Desk) -> list[Alert]:
    """List what whoever asks is to know: that they have to sign (B10), that a good backup is overdue (G6 G15)."""
    found = [] if desk.standing else [Alert.UNDERTAKING_NEEDED]
    if desk.guard.may(desk.signed_in(), Act.VIEW_BACKUPS, relation=Scope.ALL):
        status = await backup_status(desk.rulebook, now=desk.now)
        found += [Alert.BACKUP_OVERDUE] if status.is_overdue else []
    return found

"""What takes two people (两人操作): one asks for it, and another agrees within 24 hours.

- An installation that has one person for it may record, instead of refusing, that both are one: it shows from then on.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from authz.policy import TwoPeople
from records.refusals import RefusalCode, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from records.desk import Desk

AGREED_WITHIN: Final = timedelta(hours=24)


def is_lapsed(requested_at: datetime, now: datetime) -> bool:
    """Tell whether nobody can agree any more to what was asked for."""
    return now > requested_at + AGREED_WITHIN


def is_alone(asked: Mapping[str, Any], desk: Desk) -> bool:
    """Tell whether whoever agrees is the one who asked."""
    return asked["requested_by_id"] == desk.signed_in().staff


def disagreement(asked: Mapping[str, Any], desk: Desk) -> Refused | None:
    """Say why what was asked for cannot be agreed to: it is over, too old, or one's own."""
    if asked["ended_at"] is not None or is_lapsed(asked["requested_at"], desk.now):
        return Refused(RefusalCode.NOT_IN_STATE)
    if is_alone(asked, desk) and desk.two_people is TwoPeople.REQUIRED:
        return Refused(RefusalCode.ANOTHER_PERSON)
    return None

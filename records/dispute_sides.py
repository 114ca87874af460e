"""Which side of a dispute somebody is on."""

from __future__ import annotations

from enum import StrEnum


class Side(StrEnum):
    """Which side of a dispute somebody is on (当事方)."""

    OPENER = "opener"
    RESPONDENT = "respondent"

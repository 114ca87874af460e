"""By which text the wire names a row: a prefix for its kind and 32 hex digits drawn at random.

- A text that is no such reference, or one of another kind, reads as None: the act then answers as for an unknown row.
"""

from __future__ import annotations

import re
from enum import StrEnum
from uuid import UUID


class Kind(StrEnum):
    """The kinds of rows that have a reference, by its prefix."""

    STAFF = "stf"
    TEAM = "tea"
    CUSTOMER = "cus"
    CLAIM = "clm"
    DISPUTE = "dis"
    FACT = "fct"
    ACCESS_ENTRY = "log"
    KEY_ACT = "kac"
    DEAL = "dea"
    CONFIRMATION = "cfm"
    OFFENCE = "off"
    EDITION = "edn"
    NOTICE = "ntc"
    DEPARTURE = "dep"
    ARCHIVE_ENTRY = "arc"
    CORRECTION = "cor"
    VISIT_RECORD = "vis"
    DESTRUCTION = "des"
    INSPECTION = "ins"
    INSPECTED_CLAIM = "isc"
    DIARY_ENTRY = "dia"
    WEEKLY_REPORT = "wrp"
    GRANT = "gra"
    BACKUP = "bak"


_FORM = re.compile(r"([a-z]{3})_([0-9a-f]{32})")
_KINDS = {kind.value: kind for kind in Kind}


def reference(kind: Kind, row: UUID) -> str:
    """Write the reference of a row."""
    return f"{kind}_{row.hex}"


def parse_reference(text: str) -> tuple[Kind, UUID] | None:
    """Read a reference of any kind; None if it is none."""
    found = _FORM.fullmatch(text)
    kind = found and _KINDS.get(found[1])
    return (kind, UUID(hex=found[2])) if found and kind else None


def row_of(kind: Kind, text: str | None) -> UUID | None:
    """Read a reference of one kind; None if it is none."""
    parsed = parse_reference(text) if text else None
    return parsed[1] if parsed and parsed[0] is kind else None

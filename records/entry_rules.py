"""Who may file by which way (报备方式和渠道, F1), how late an entry may be (及时, H2), and how far ahead (F3).

- A channel is open to the roles that the rulebook names for it; one that it closes is offered to nobody (A5 H2).
- What is entered later than the rulebook's limit after it was said, or too shortly before its appointment, is taken
  with its reason, and the fact says so.
- Where sales verify before a filing is entered (E3), an entry without that mark is not taken.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from authz.actor import law_role
from records.refusals import ProblemCode

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from authz.actor import Role
    from claims.rulebook import Rulebook
    from records.proofreading import Proof


class FilingChannel(StrEnum):
    """By which way a filing came (报备渠道)."""

    ON_SITE = "on_site"
    MESSAGE = "message"
    PHONE = "phone"
    FORM = "form"
    IMPORT = "import"


class Lateness(StrEnum):
    """In which way a filing was late (迟报), beside what the law says of a contract's (D10)."""

    SAID_EARLIER = "said_earlier"
    TOO_SHORTLY_BEFORE = "too_shortly_before"


def channels_open(rulebook: Rulebook, role: Role) -> list[FilingChannel]:
    """List the channels by which filings of somebody in a role may come."""
    offered = (channel for channel in FilingChannel if channel is not FilingChannel.IMPORT)
    return [channel for channel in offered if law_role(role) in rulebook.names(f"entry.{channel}")]


def proofread_channel(proof: Proof, rulebook: Rulebook, role: Role, channel: FilingChannel) -> None:
    """Blame a channel that is not open to the claimant's role."""
    if channel not in channels_open(rulebook, role):
        clauses = () if channel is FilingChannel.IMPORT else rulebook.source(f"entry.{channel}").clauses
        proof.blame(ProblemCode.NOT_OFFERED, "channel", clauses=clauses)


def proofread_verification(proof: Proof, rulebook: Rulebook, *, is_verified: bool) -> None:
    """Blame an entry that sales did not verify, where they must have (E3)."""
    if rulebook.word("entry.verified") == "salesperson" and not is_verified:
        proof.blame(ProblemCode.REQUIRED, "isVerified", clauses=rulebook.source("entry.verified").clauses)


def lateness(
    rulebook: Rulebook, *, occurred_at: datetime, event_at: datetime | None, now: datetime
) -> list[tuple[Lateness, tuple[str, ...]]]:
    """Say in which ways a filing is late, each with its clauses."""
    found: list[tuple[Lateness, tuple[str, ...]]] = []
    said = rulebook.window("entry.said_days")
    if said is not None and rulebook.day(now) > rulebook.last_day(rulebook.day(occurred_at), said):
        found.append((Lateness.SAID_EARLIER, rulebook.source("entry.said_days").clauses))
    lead = rulebook.window("entry.lead_days")
    if lead is not None and event_at is not None:
        earliest = rulebook.last_day(rulebook.day(occurred_at), lead)
        if rulebook.day(event_at) < earliest:
            found.append((Lateness.TOO_SHORTLY_BEFORE, rulebook.source("entry.lead_days").clauses))
    return found


def proofread_lateness(proof: Proof, late: Iterable[tuple[Lateness, tuple[str, ...]]], *, has_reason: bool) -> None:
    """Blame what is late and gives no reason."""
    clauses = tuple(clause for _, cited in late for clause in cited)
    if clauses and not has_reason:
        proof.blame(ProblemCode.LATE_REASON_REQUIRED, "lateReason", clauses=clauses)

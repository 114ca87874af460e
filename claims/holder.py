"""Name who holds a customer at one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from claims.facts import Fact
    from claims.filings import Filing
    from claims.rulebook import Rulebook
    from claims.ruling import Trail


class Holder(NamedTuple):
    """A person with their team, a team alone, or nobody (归属人); and the last day of protection, if any."""

    staff: str | None = None
    team: str | None = None
    protected_until: date | None = None


class Told(NamedTuple):
    """A notice: to whom, and of which fact."""

    to: str
    fact: Fact


class Untold(NamedTuple):
    """A walk-in of which nobody is told, and the disputes for which (A11)."""

    fact: Fact
    disputes: tuple[Fact, ...]


class Offence(NamedTuple):
    """A claim that was refused as poaching: whose, the fact from which it stood, and the rule."""

    by: str
    fact: Fact
    rule: str


class Follower(Protocol):
    """One way in which a customer comes to be held: it follows the facts, and says who holds on a day."""

    trail: Trail
    told: list[Told]
    untold: list[Untold]
    offences: list[Offence]

    def adopt(self, rulebook: Rulebook) -> None:
        """Go on under another edition, with the same way of holding."""
        ...

    def follow(self, fact: Fact, filing: Filing | None, day: date) -> None:
        """Take one fact about the customer."""
        ...

    def holder(self, day: date) -> Holder:
        """Say who holds on that day, after the facts so far; days never go back."""
        ...

    def close(self, day: date) -> Holder:
        """Say who holds, and lay out why."""
        ...

    def boundaries(self) -> Iterator[date]:
        """Give the days, so far unmentioned, on which the holder may change without a fact."""
        ...

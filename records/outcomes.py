"""What an act answers: what it made or changed, or the law's No, or both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from records.refusals import Refused


@dataclass(frozen=True, slots=True)
class Done:
    """The outcome of an act.

    `node` is the filing, fact or dispute that it made or changed, `customer` the customer (root) that it is about.
    A refusal beside a node: it is recorded, and the law gives it nothing. `replayed`: it was done before.
    """

    node: UUID | None = None
    customer: UUID | None = None
    refusal: Refused | None = None
    replayed: bool = False

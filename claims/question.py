"""Ask the law something: who holds, who gets the deal, what a filing is, who owes what."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime


class Question(NamedTuple):
    """What is asked, of whom or what, as of when."""

    ask: str
    at: datetime
    customer: str = ""
    deal: str = ""
    filing: str = ""
    staff: str = ""
    month: str = ""

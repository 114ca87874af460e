"""Of which region (区域) a filing says that it is, as far as the law compares it (J21).

- The law asks whether the region is the claimant's, and nothing else: in clear stands a region only if somebody of the
  company serves it. Any other word stands sealed, and in its place that it is elsewhere.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from records.connection import read

if TYPE_CHECKING:
    from records.forms import Form

REGION: Final = "region"
ELSEWHERE: Final = "elsewhere"
"""What stands for a region that nobody serves."""
_SERVED: Final = "SELECT 1 FROM staff WHERE region = $1 LIMIT 1"


async def with_known_region(said: Form) -> Form:
    """Keep a region that somebody serves in clear, and seal any other."""
    region = said.values.get(REGION)
    if region is None or await read(_SERVED, [region]):
        return said
    return replace(said, values={**said.values, REGION: ELSEWHERE}, unknown={**said.unknown, REGION: str(region)})

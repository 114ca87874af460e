"""How many requests came, how they ended and how long they took, as Prometheus reads it; nobody is named.

Labels are the door, the kind of operation, the status and the code: closed lists, whatever a client sends.
Source: Prometheus text exposition format 0.0.4.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema.errors import ErrorCode

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Upper bounds of the histogram's buckets, in seconds."""


class Metrics:
    """The counts since the server started."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._errors: Counter[ErrorCode] = Counter()
        self._buckets: dict[tuple[str, str], list[int]] = {}
        self._seconds: Counter[tuple[str, str]] = Counter()

    def observe(self, *, door: str, kind: str, status: int, seconds: float, codes: Iterable[ErrorCode]) -> None:
        """Count one request that has been answered."""
        self._requests[door, kind, status] += 1
        self._errors.update(codes)
        self._buckets.setdefault((door, kind), [0] * (len(BOUNDS) + 1))[bisect_left(BOUNDS, seconds)] += 1
        self._seconds[door, kind] += seconds  # pyright: ignore[reportArgumentType]  (a Counter adds floats as well)

    def text(self) -> str:
        """Write all counts."""
        lines = [
            "# HELP baobei_requests_total Requests answered.",
            "# TYPE baobei_requests_total counter",
            *(
                f'baobei_requests_total{{door="{door}",kind="{kind}",status="{status}"}} {count}'
                for (door, kind, status), count in sorted(self._requests.items())
            ),
            "# HELP baobei_errors_total Top-level errors answered.",
            "# TYPE baobei_errors_total counter",
            *(f'baobei_errors_total{{code="{code}"}} {count}' for code, count in sorted(self._errors.items())),
            "# HELP baobei_request_seconds Time from a request's first byte to its answer's last.",
            "# TYPE baobei_request_seconds histogram",
        ]
        for (door, kind), buckets in sorted(self._buckets.items()):
            labels, so_far = f'door="{door}",kind="{kind}"', 0
            for bound, count in zip((*BOUNDS, "+Inf"), buckets, strict=True):
                so_far += count
                lines.append(f'baobei_request_seconds_bucket{{{labels},le="{bound}"}} {so_far}')
            lines.append(f"baobei_request_seconds_sum{{{labels}}} {self._seconds[door, kind]:.6f}")
            lines.append(f"baobei_request_seconds_count{{{labels}}} {so_far}")
        return "\n".join(lines) + "\n"

"""The certificate of a destruction (销毁证书): who asked, who agreed, when, how much was destroyed, and its digest.

- The digest is SHA-256 over the canonical JSON (RFC 8785), so that whoever has the text can make it again.
- It names ids and numbers alone: nothing in it says who the customer was.
- It holds as long as the digest is the text's, every part is in the book of the erased, and nothing of them opens.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson

from claims.canonical_json import canonical, digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from records.connection import Fetch

FORM: Final = 1
"""Version of the form in which a certificate is written."""
_COUNTS: Final = """
SELECT (SELECT count(*) FROM filing WHERE customer_id = ANY($1)) AS filings,
    (SELECT count(*) FROM subject_key WHERE customer_id = ANY($1) AND wrapped IS NOT NULL) AS keys,
    (SELECT count(*) FROM filing WHERE customer_id = ANY($1))
        + (SELECT count(*) FROM sealed_value WHERE customer_id = ANY($1)) AS sealed_values,
    (SELECT count(*) FROM blind_index WHERE customer_id = ANY($1)) AS index_rows,
    (SELECT count(*) FROM access_note WHERE customer_id = ANY($1)) AS notes
"""
_INSTALLATION: Final = "SELECT id FROM installation"
_LEFT: Final = """
SELECT p.id FROM unnest($1::uuid[]) AS p(id)
WHERE NOT EXISTS (SELECT FROM erasure e WHERE e.customer_id = p.id)
OR EXISTS (SELECT FROM subject_key k WHERE k.customer_id = p.id AND k.wrapped IS NOT NULL)
OR EXISTS (SELECT FROM blind_index b WHERE b.customer_id = p.id)
"""
_CERTIFIED: Final = "SELECT customer_id, certificate, digest FROM destruction WHERE outcome = 'destroyed' ORDER BY id"


@dataclass(frozen=True, slots=True)
class Counts:
    """How much was destroyed: filings whose card and values open no more, keys, sealed values, index rows, notes."""

    filings: int
    keys: int
    sealed_values: int
    index_rows: int
    notes: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as it was written: its canonical text, its digest in hex, and the counts."""

    text: str
    digest: str
    parts: tuple[UUID, ...]
    counts: Counts
    retained_until: str | None

    @property
    def says_what_it_said(self) -> bool:
        """Tell whether the digest is the text's."""
        return digest_of(orjson.loads(self.text)) == self.digest


async def counted(fetch: Fetch, parts: Sequence[UUID]) -> Counts:
    """Count what there is of a customer to destroy."""
    (row,) = await fetch(_COUNTS, [list(parts)])
    return Counts(row["filings"], row["keys"], row["sealed_values"], row["index_rows"], row["notes"])


async def certified(
    fetch: Fetch, asked: Mapping[str, Any], parts: Sequence[UUID], counts: Counts, *,
    approved_by: UUID, alone: bool, now: datetime, retained_until: date | None,
) -> tuple[dict[str, object], str]:  # fmt: skip
    """Write the certificate of a destruction that is done now, and its digest in hex."""
    (installation,) = await fetch(_INSTALLATION, [])
    said: dict[str, object] = {
        "form": FORM, "installation": installation["id"].hex, "destruction": asked["id"].hex,
        "customer": asked["customer_id"].hex, "parts": sorted(part.hex for part in parts), "ground": asked["ground"],
        "document": asked["document"], "requested_by": asked["requested_by_id"].hex,
        "requested_at": _instant(asked["requested_at"]), "approved_by": approved_by.hex, "alone": alone,
        "destroyed_at": _instant(now), "retained_until": retained_until and retained_until.isoformat(),
        "counts": {
            "filings": counts.filings, "keys": counts.keys, "sealed_values": counts.sealed_values,
            "index_rows": counts.index_rows, "notes": counts.notes,
        },
    }  # fmt: skip
    return said, digest_of(said)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def certificate_of(row: Mapping[str, Any]) -> Certificate | None:
    """Read the certificate of a destruction's row; None if it has none."""
    if row["certificate"] is None:
        return None
    kept: Any = row["certificate"]
    said: dict[str, Any] = orjson.loads(kept) if isinstance(kept, str) else kept
    counts = said["counts"]
    return Certificate(
        canonical(said), bytes(row["digest"]).hex(), tuple(UUID(hex=part) for part in said["parts"]),
        Counts(
            counts["filings"], counts["keys"], counts["sealed_values"], counts["index_rows"], counts["notes"]
        ),
        said["retained_until"],
    )  # fmt: skip


async def left_of(fetch: Fetch, parts: Iterable[UUID]) -> set[UUID]:
    """Tell of which of some destroyed customers something is left: a key, an index row, or no word of the erasure."""
    asked = list(parts)
    return {row["id"] for row in await fetch(_LEFT, [asked])} if asked else set()


async def broken_certificates(fetch: Fetch) -> list[UUID]:
    """List the customers whose certificate does not hold."""
    found = [(row["customer_id"], certificate_of(row)) for row in await fetch(_CERTIFIED, [])]
    left = await left_of(fetch, {part for _, one in found if one is not None for part in one.parts})
    return [
        customer for customer, one in found if one is None or not one.says_what_it_said or left.intersection(one.parts)
    ]

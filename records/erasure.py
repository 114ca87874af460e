"""Customers and people erased (抹除): their keys are destroyed, so that nothing of them opens any more.

- With a customer's keys go the index rows, by which they would be found, and the pseudonyms, by which the log would
  name them. What stays is sealed for good: facts, without anybody they are about.
- A ledger outside the database says who was erased, and says so first: what stands there is erased, if not now then
  when the office opens next. A database restored from before an erasure is erased again before anybody is let in.
- Two ledgers agree: what the database knows and the file does not is added to the file.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

from crypto.providers import ProviderUnavailable
from records.connection import transaction

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from records.connection import Fetch

LEDGER: Final = "erasures.jsonl"
"""The ledger's name in a home."""
_PARTS: Final = "SELECT id FROM customer WHERE root_id = (SELECT root_id FROM customer WHERE id = $1)"
_HOLD: Final = "SELECT id FROM customer WHERE id = ANY($1) ORDER BY id FOR UPDATE"
_GONE: Final = "SELECT customer_id FROM erasure WHERE customer_id = ANY($1)"
_DESTROY_KEYS: Final = """
UPDATE subject_key SET wrapped = NULL, destroyed_at = $2 WHERE subject_id = ANY($1) AND wrapped IS NOT NULL
"""
_FORGET: Final = (
    "DELETE FROM blind_index WHERE customer_id = ANY($1)",
    "DELETE FROM log_pseudonym WHERE customer_id = ANY($1)",
    "DELETE FROM access_note WHERE customer_id = ANY($1)",
)
_REMEMBER: Final = "INSERT INTO erasure (customer_id, erased_at) VALUES ($1, $2) ON CONFLICT DO NOTHING"
_KNOWN: Final = "SELECT customer_id, erased_at FROM erasure"
_LIVING: Final = "SELECT DISTINCT subject_id FROM subject_key WHERE subject_id = ANY($1) AND wrapped IS NOT NULL"


class Erased(Exception):  # noqa: N818 (the law's No, told as a refusal)
    """The customer's data are destroyed: nothing is done with them any more."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The file that says who was erased and when, one line each; it is only ever added to."""

    path: Path

    def read(self) -> dict[UUID, datetime]:
        """Read whom it names; a line that cannot be read is told by its number, for a lost one brings somebody back."""
        found: dict[UUID, datetime] = {}
        with suppress(FileNotFoundError):
            for number, line in enumerate(self.path.read_text(encoding="ascii").splitlines(), start=1):
                try:
                    entry = cast("dict[str, Any]", json.loads(line))
                    found[UUID(entry["customer"])] = datetime.fromisoformat(entry["erased_at"])
                except (ValueError, KeyError, TypeError):
                    raise ProviderUnavailable(
                        f"{self.path}: line {number} of the erasure ledger cannot be read: restore it from its copy"
                    ) from None
        return found

    def add(self, customers: Iterable[UUID], at: datetime) -> None:
        """Name customers, durably before this returns; a ledger whose last line was cut off is mended first."""
        lines = [
            json.dumps({"customer": str(one), "erased_at": at.astimezone(UTC).isoformat()}) + "\n" for one in customers
        ]
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            size = file.seek(0, os.SEEK_END)
            if size:
                file.seek(size - 1)
                if file.read(1) != b"\n":
                    # Killed in the middle of a line, whose act has not been done: nothing hangs on it.
                    file.seek(0)
                    file.truncate(file.read().rfind(b"\n") + 1)
            file.write("".join(lines).encode())
            file.flush()
            os.fsync(file.fileno())


async def erased_among(fetch: Fetch, customers: Iterable[UUID]) -> set[UUID]:
    """Tell which of some customers were erased."""
    asked = list(customers)
    return {row["customer_id"] for row in await fetch(_GONE, [asked])} if asked else set()


async def refuse_erased(fetch: Fetch, *customers: UUID) -> None:
    """Raise `Erased` if one of some customers was; their rows are locked by the caller, so that none is meanwhile."""
    if await erased_among(fetch, customers):
        raise Erased


async def hold_parts(fetch: Fetch, customer: UUID) -> list[UUID]:
    """Lock a customer, all parts, against everybody who would name them; give the parts."""
    parts = sorted(row["id"] for row in await fetch(_PARTS, [customer]))
    await fetch(_HOLD, [parts])
    return parts


async def erase(fetch: Fetch, ledger: Ledger, customer: UUID, *, now: datetime) -> list[UUID]:
    """Erase a customer, all parts, in the caller's transaction; give the parts. The ledger knows before it commits."""
    parts = [row["id"] for row in await fetch(_PARTS, [customer])]
    if parts:
        ledger.add(parts, now)
        await _erase(fetch, dict.fromkeys(parts, now))
    return parts


async def erase_person(fetch: Fetch, ledger: Ledger, staff: UUID, *, now: datetime) -> None:
    """Erase what a person wrote of their own, in the caller's transaction. The ledger knows before it commits."""
    ledger.add([staff], now)
    await _erase(fetch, {staff: now})


async def _erase(fetch: Fetch, customers: dict[UUID, datetime]) -> None:
    ids = list(customers)
    # Whoever adds or moves an index row holds the customer's row, and is waited for.
    await fetch(_HOLD, [ids])
    for customer, at in customers.items():
        await fetch(_DESTROY_KEYS, [[customer], at])
        await fetch(_REMEMBER, [customer, at])
    for statement in _FORGET:
        await fetch(statement, [ids])


async def replay(ledger: Ledger) -> int:
    """Erase again whom the ledger names and the database still knows; bring the ledger up to date; count them."""
    written = ledger.read()
    async with transaction() as tx:
        fetch = tx.execute_query_dict
        known = {row["customer_id"]: row["erased_at"] for row in await fetch(_KNOWN, [])}
        missing = {customer: at for customer, at in known.items() if customer not in written}
        for customer, at in missing.items():
            ledger.add([customer], at)
        everybody = written | known
        returned = [row["subject_id"] for row in await fetch(_LIVING, [list(everybody)])] if everybody else []
        await _erase(fetch, {customer: everybody[customer] for customer in returned})
        for customer in written.keys() - known.keys():
            await fetch(_REMEMBER, [customer, written[customer]])
    return len(returned)

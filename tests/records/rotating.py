"""A rotator in a process of its own, to be killed: `python -m tests.records.rotating URL KEY_FILE [naive]`.

The naive one is the control: it writes what it sealed anew without comparing what stands there by then.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from crypto.providers.file import FileProvider
from crypto.sealed import Place, Sealed
from records.columns import Column, Table
from records.connection import connected, transaction
from records.keys import Keys
from records.moving import Pace
from records.rotation import Rotator
from tests.records.keys_at_hand import NOW

if TYPE_CHECKING:
    from uuid import UUID

NAIVE_PASSES = 5


async def _naively(keys: Keys) -> None:
    for _ in range(NAIVE_PASSES):
        async with transaction() as tx:
            await keys.follow(tx.execute_query_dict)
            rows = await tx.execute_query_dict("SELECT id, customer_id, card FROM filing", [])
            ciphers = await keys.ciphers_of({row["customer_id"] for row in rows}, tx.execute_query_dict, to_seal=True)
        renewed: list[tuple[UUID, bytes]] = []
        for row in rows:
            at = Place(Table.FILING, Column.CARD, row["id"], row["customer_id"])
            cipher = ciphers[row["customer_id"]]
            renewed.append((row["id"], bytes(cipher.seal(cipher.open(Sealed(bytes(row["card"])), at), at))))
        await asyncio.sleep(0.05)
        for id_, sealed in renewed:
            async with transaction() as tx:
                await tx.execute_query_dict("UPDATE filing SET card = $2 WHERE id = $1", [id_, sealed])


async def main(url: str, key_file: Path, *, naive: bool) -> int:
    """Rotate to the end; 0 if nothing is left."""
    async with connected(url):
        keys = Keys(FileProvider(key_file), lambda: NOW, os.urandom)
        async with transaction() as tx:
            await keys.load(tx.execute_query_dict)
        sys.stdout.write("rotating\n")
        sys.stdout.flush()
        if naive:
            await _naively(keys)
            return 0
        return int(bool((await Rotator(keys, pace=Pace(7, 1.0), grace=0.1).run()).left))


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1], Path(sys.argv[2]), naive=sys.argv[3:] == ["naive"])))

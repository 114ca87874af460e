"""What is added to a filing after it was filed: sealed beside the rest, found by its tokens, shown on its card.

- What is entered replaces what stood under the same name; a completion leaves the filing to be found by both.
- A correction makes it found by what is right alone: the tokens of what it replaces go.
- A value that shows two customers to be one links them.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final

from claims.facts import FactKind
from crypto.sealed import Place
from records.audit import Entry, concerned
from records.cards import read_card
from records.columns import Column, Table
from records.facts import Addition
from records.holders import refresh
from records.identity import place, write_at
from records.keys import Index
from records.next_steps import standing_of, tell_of_filing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from records.cards import Card
    from records.connection import Fetch
    from records.desk import Desk
    from records.forms import Form

_COMPLETE: Final = "UPDATE filing SET card = $2, present = $3, version = version + 1 WHERE id = $1"
_FORGET: Final = "DELETE FROM blind_index WHERE filing_id = $1 AND index = ANY($2)"
_FOUND_BY: Final[Mapping[str, tuple[Index, ...]]] = {
    "name": (Index.NAME,),
    "phone": (Index.PHONE, Index.PHONE_PREFIX),
    "wechat": (Index.WECHAT,),
    "email": (Index.EMAIL,),
}
"""By which indexes a filing is found for each of its contact fields."""


async def add_to_filing(
    tx: TransactionalDBClient, desk: Desk, filing: Mapping[str, Any], said: Form, *, by: UUID, entered_by: UUID,
    tag: str = "claim:complete", is_correction: bool = False,
) -> UUID:  # fmt: skip
    """Add to a filing whose row is locked what somebody says of it, decide anew, and give the fact that brings it."""
    fetch: Fetch = tx.execute_query_dict
    row, customer = filing["id"], filing["customer_id"]
    before = await standing_of(fetch, row, now=desk.now)
    addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
    places = await place(fetch, desk.keys, addition, [said], known=[customer])
    # Its values stay under the key under which it was filed, whatever customer it belongs to by now.
    cipher = await desk.cipher_of(fetch, customer)
    fact = addition.add_fact(
        FactKind.COMPLETE, customer, at=desk.now, by=by, entered_by=entered_by, filing=row, details=said.details()
    )
    addition.seal(fact, customer, cipher, said.sealed_texts(), filing=row)
    addition.add_tokens(places.placed[0].tokens, customer, row)
    if is_correction:
        replaced = sorted({int(index) for name in said.present() for index in _FOUND_BY.get(name, ())})
        await fetch(_FORGET, [row, replaced])
    at = Place(Table.FILING, Column.CARD, row, customer)
    card = _completed(read_card(cipher.open(filing["card"], at)), said.card())
    present = sorted({*filing["present"], *said.present()})
    await fetch(_COMPLETE, [row, bytes(cipher.seal(card.written(), at)), present])
    await write_at(tx, addition, places, by=by)
    await refresh(tx, places.roots(), desk.rulebook, entropy=desk.entropy)
    await tell_of_filing(tx, desk, row, before=before)
    teams = concerned(filing["team_id"])
    await desk.record(tx, Entry(tag, customer=customer, subject_teams=teams, fields=tuple(said.present())))
    return fact


def _completed(card: Card, added: Card) -> Card:
    """Put on a card what was added, in the place of what stood there."""
    return replace(card, **{one.name: value for one in fields(card) if (value := getattr(added, one.name))})

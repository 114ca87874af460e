"""What a list may show of a filing: its card, with the name legible and every contact masked before it is sealed.

- A phone is masked as A7 writes it; every other mask has one width, whatever it hides, and is the same for all readers,
  so that no two displays add up to a value.
- A card is sealed as one value, in the act that seals the contact fields themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import orjson

from records.canonical import canonical_email, masked_phone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from records.canonical import Phone

HIDDEN: Final = "****"


@dataclass(frozen=True, slots=True)
class Card:
    """What stands on a filing's card; a contact that the filing does not have is None."""

    name: str | None = field(default=None, repr=False)
    phones: tuple[str, ...] = field(default=(), repr=False)
    wechat: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    building: str | None = field(default=None, repr=False)

    def written(self) -> bytes:
        """Write it as the bytes that are sealed."""
        return orjson.dumps([self.name, self.phones, self.wechat, self.email, self.address, self.building])


def card_of(name: str | None, phones: Sequence[Phone], texts: Mapping[str, str]) -> Card:
    """Make the card of a filing out of its name, phones and texts in the clear."""
    email = texts.get("email")
    return Card(
        name,
        tuple(masked_phone(phone) for phone in phones),
        _begun(texts.get("wechat"), 2),
        email and _masked_email(email),
        _begun(texts.get("address"), 3),
        HIDDEN if texts.get("building") else None,
    )


def read_card(written: bytes) -> Card:
    """Read a card out of the bytes that were sealed."""
    name, phones, wechat, email, address, building = orjson.loads(written)
    return Card(name, tuple(phones), wechat, email, address, building)


def _begun(text: str | None, shown: int) -> str | None:
    """Show how a text begins, unless that would be half of it or more."""
    if not text:
        return None
    return text[:shown] + HIDDEN if len(text) > 2 * shown else HIDDEN


def _masked_email(address: str) -> str:
    """Show of an address the domain alone, which is no secret of one person's; of what is no address, nothing."""
    canonical = canonical_email(address)
    return f"{HIDDEN}@{canonical.rpartition('@')[2]}" if canonical else HIDDEN

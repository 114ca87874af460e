"""What a filing says (报备表): its name, its phones and its texts, in the clear, between the door and the seal.

- A text is the law's (`need`, `uscc` …) under the law's name, or anybody's under its own heading; none is lost.
  Which names are the law's is a closed list: a heading that somebody chose is sealed with its text.
- In clear stand afterwards which fields are there and the values that are no text: enumerations, dates, truths.
- A phone with its last four digits hidden is found among whole ones, and a whole one among hidden, by what both show.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import orjson

from records.canonical import (
    EMAIL_NORMALISER,
    NAME_NORMALISER,
    PHONE_NORMALISER,
    USCC_NORMALISER,
    WECHAT_NORMALISER,
    canonical_email,
    canonical_name,
    canonical_uscc,
    canonical_wechat,
    prefix_of,
)
from records.cards import HIDDEN, Card, card_of
from records.columns import Column
from records.keys import Index

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from records.canonical import Phone

CONTACT_TEXTS: Final[Mapping[str, Column]] = {
    "wechat": Column.WECHAT,
    "email": Column.EMAIL,
    "address": Column.ADDRESS,
    "building": Column.BUILDING,
}
"""Contact fields that are one text each: each has a sealed value of its own, so that a reveal opens what it names."""
_NO_TEXTS: Final = frozenset({"name", "phone", "date", "region", "sensitive", "villa"})
"""Fields that have a place of their own, or stand in clear because they are no text."""
_TEXTS: Final = frozenset({
    *CONTACT_TEXTS,
    "amount", "commission_rate", "contact_person", "contract_name", "customer_name", "demand_type", "designer",
    "feedback", "industry", "legal_representative", "need", "note", "product", "project", "project_name",
    "project_place", "project_progress", "project_scale", "quality", "quantity", "registered_address",
    "related_persons", "signed_on", "stage", "technical_requirements", "term", "uscc",
})  # fmt: skip
"""The law's names of texts: what one of the ten regulations asks for, and what a register's columns bring."""


def law_texts(required: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """List the law's names of texts under a rulebook that requires these fields, its own among them."""
    asked = {part for names in required.values() for name in names for part in name.split("|")}
    return _TEXTS | asked - _NO_TEXTS


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """A canonical value under the index and the normaliser by which it is found."""

    index: Index
    normaliser: int
    canonical: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Form:
    """What a filing says, or what completes one. `texts` are the law's, `unknown` go by their headings."""

    name: str | None = field(default=None, repr=False)
    phones: tuple[Phone, ...] = field(default=(), repr=False)
    texts: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    unknown: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    values: Mapping[str, object] = field(default_factory=dict[str, object])

    def is_empty(self) -> bool:
        """Tell whether it says nothing at all."""
        return not (self.name or self.phones or self.texts or self.unknown or self.values)

    def present(self) -> list[str]:
        """Name the law's fields that are there."""
        named = [name for name, there in (("name", self.name), ("phone", self.phones)) if there]
        return sorted({*named, *self.texts, *self.values})

    def details(self) -> dict[str, object]:
        """Write what stands in clear in the fact that brings this form."""
        return {"fields": self.present(), "values": dict(self.values)}

    def card(self) -> Card:
        """Make its card."""
        return card_of(self.name, self.phones, self.texts)

    def sealed_texts(self) -> Iterator[tuple[Column, bytes]]:
        """Give each text that is to be sealed, under the column that it is sealed for."""
        if self.name:
            yield Column.NAME, self.name.encode()
        if self.phones:
            yield Column.PHONES, orjson.dumps([(phone.number, phone.extension) for phone in self.phones])
        for name, column in CONTACT_TEXTS.items():
            if text := self.texts.get(name):
                yield column, text.encode()
        others = {name: text for name, text in self.texts.items() if name not in CONTACT_TEXTS}
        if others or self.unknown:
            yield Column.OTHER, orjson.dumps({"fields": others, "unknown": dict(self.unknown)})

    def identities(self) -> Iterator[IndexEntry]:
        """Give the values by which two filings are one customer: whole phones, WeChat id, 统一社会信用代码."""
        for phone in self.phones:
            if phone.e164 is not None:
                yield IndexEntry(Index.PHONE, PHONE_NORMALISER, phone.e164)
        if "wechat" in self.texts and (wechat := canonical_wechat(self.texts["wechat"])) is not None:
            yield IndexEntry(Index.WECHAT, WECHAT_NORMALISER, wechat)
        if "uscc" in self.texts and (uscc := canonical_uscc(self.texts["uscc"])) is not None:
            yield IndexEntry(Index.USCC, USCC_NORMALISER, uscc)

    def index_entries(self) -> Iterator[IndexEntry]:
        """Give everything by which the filing is found, identities included."""
        yield from self.identities()
        for phone in self.phones:
            yield IndexEntry(Index.PHONE_PREFIX, PHONE_NORMALISER, prefix_of(phone))
            if phone.hidden:
                yield IndexEntry(Index.PHONE_PREFIX, PHONE_NORMALISER, phone.number)
        if self.name and (name := canonical_name(self.name)):
            yield IndexEntry(Index.NAME, NAME_NORMALISER, name)
        if "email" in self.texts and (email := canonical_email(self.texts["email"])) is not None:
            yield IndexEntry(Index.EMAIL, EMAIL_NORMALISER, email)


def possible_matches(phones: tuple[Phone, ...]) -> list[IndexEntry]:
    """Give the values by which a filing may be of the same customer as one of these phones (A7)."""
    return [
        IndexEntry(Index.PHONE_PREFIX, PHONE_NORMALISER, prefix_of(phone) + ("" if phone.hidden else HIDDEN))
        for phone in phones
    ]

"""The append-only book of facts, and all that one act, or one batch of an import, adds to the book with them.

- Ids are drawn before anything is sealed, so that a seal can bind its row.
- Rows are written in the order of their foreign keys, table by table, in the transaction of the act.
- Facts keep the order in which they were added: of two at one instant the earlier added is the earlier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson

from crypto.sealed import Place
from records.columns import Column, Table
from records.connection import copy_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date, datetime

    from tortoise.backends.base.client import TransactionalDBClient

    from crypto.envelope import OwnCipher
    from records.forms import Form
    from records.keys import Keys
    from records.tokens import Token

_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "customer": ("id", "root_id", "created_at"),
    "subject_key": ("id", "customer_id", "generation", "wrapped", "created_at"),
    "filing": (
        "id", "customer_id", "claimant_id", "team_id", "entered_by_id", "type", "channel", "source", "basis",
        "occurred_at", "recorded_at", "present", "version", "card",
    ),
    "dispute": (
        "id", "customer_id", "opened_by_id", "opener_team_id", "against_id", "against_team_id", "opened_at", "state",
        "version",
    ),
    "deal": ("id", "customer_id", "opened_by_id", "team_id", "opened_at", "version"),
    "fact": (
        "id", "kind", "happened_at", "recorded_at", "by_id", "entered_by_id", "customer_id", "filing_id",
        "dispute_id", "deal_id", "corrects_id", "details",
    ),
    "confirmation": (
        "id", "deal_id", "fact_id", "applicant_id", "team_id", "applied_at", "state", "judged_at", "version",
    ),
    "sealed_value": ("id", "customer_id", "fact_id", "filing_id", "field", "piece", "sealed"),
    "archive_entry": (
        "id", "filing_id", "fact_id", "number", "corrects_id", "archived_by_id", "archived_at", "retain_until", "seal",
    ),
    "contact_correction": (
        "id", "filing_id", "fact_id", "changed", "proposed_by_id", "proposed_at", "state", "version",
    ),
    "customer_apart": ("id", "customer_id", "other_id", "fact_id"),
    "destruction": (
        "id", "customer_id", "ground", "document", "facts", "requested_by_id", "requested_at", "alone", "version",
    ),
    "inspection": ("id", "team_id", "from_day", "to_day", "seed", "population", "opened_by_id", "opened_at", "version"),
    "inspected_claim": ("id", "inspection_id", "filing_id", "place", "version"),
    "reveal_grant": (
        "id", "customer_id", "staff_id", "shown", "papers", "purpose", "requested_at", "request_fact_id", "outcome",
        "decided_by_id", "decided_at", "decided_fact_id", "team_id", "until_at", "version",
    ),
    "grant_use": ("id", "grant_id", "entry", "used_at"),
    "register_closing": ("id", "day", "number", "fact_id", "filings", "closed_by_id", "closed_at"),
    "register_row": ("fingerprint", "key_id", "register_import_id", "filing_id"),
}  # fmt: skip
"""What is written where, in the order in which the tables depend on each other."""
_ADD_TOKENS = """
INSERT INTO blind_index (index, key_id, normaliser, token, customer_id, filing_id)
SELECT * FROM unnest($1::smallint[], $2::integer[], $3::smallint[], $4::bytea[], $5::uuid[], $6::uuid[])
ON CONFLICT DO NOTHING
"""


class Addition:
    """Rows on their way into the book, recorded at `now`. `entropy(n)` gives n random bytes."""

    __slots__ = ("_entropy", "_keys", "_rows", "_tokens", "now")

    def __init__(self, keys: Keys, *, now: datetime, entropy: Callable[[int], bytes]) -> None:
        self.now = now
        self._keys = keys
        self._entropy = entropy
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _COLUMNS}
        self._tokens: list[tuple[int, int, int, bytes, UUID, UUID]] = []

    def draw_id(self) -> UUID:
        """Draw a random id."""
        return UUID(bytes=self._entropy(16), version=4)

    def add_customer(self) -> tuple[UUID, OwnCipher]:
        """Add a customer of its own, with its own key."""
        customer = self.draw_id()
        cipher, key = self._keys.make_subject_key(customer)
        self._rows["customer"].append((customer, customer, self.now))
        self._rows["subject_key"].append(key)
        return customer, cipher

    def add_filing(
        self, form: Form, customer: UUID, cipher: OwnCipher, *,
        claimant: UUID, team: UUID | None, entered_by: UUID, type: str, channel: str,  # noqa: A002 (the column's name)
        source: str | None, basis: str | None, occurred_at: datetime, tokens: Iterable[Token],
    ) -> UUID:  # fmt: skip
        """Add a filing: its card sealed, its tokens beside it. The fact that brings it is added by itself."""
        filing = self.draw_id()
        card = cipher.seal(form.card().written(), Place(Table.FILING, Column.CARD, filing, customer))
        self._rows["filing"].append((
            filing, customer, claimant, team, entered_by, type, channel, source, basis,
            occurred_at, self.now, form.present(), 1, bytes(card),
        ))  # fmt: skip
        self.add_tokens(tokens, customer, filing)
        return filing

    def copy_filing(
        self, filing: Mapping[str, Any], cipher: OwnCipher, *,
        claimant: UUID, team: UUID | None, entered_by: UUID, type: str, channel: str,  # noqa: A002 (the column's name)
    ) -> UUID:  # fmt: skip
        """Add somebody else's filing of the same customer, saying what a filing's row says; its card is sealed anew.

        It is found by no token of its own: whoever looks for the customer finds the filing that it was copied from.
        """
        copy, customer = self.draw_id(), filing["customer_id"]
        known = cipher.open(filing["card"], Place(Table.FILING, Column.CARD, filing["id"], customer))
        card = cipher.seal(known, Place(Table.FILING, Column.CARD, copy, customer))
        self._rows["filing"].append((
            copy, customer, claimant, team, entered_by, type, channel, filing["source"], filing["basis"],
            self.now, self.now, list(filing["present"]), 1, bytes(card),
        ))  # fmt: skip
        return copy

    def add_tokens(self, tokens: Iterable[Token], customer: UUID, filing: UUID) -> None:
        """Add index rows of a filing; one that it has already is not added again."""
        self._tokens += [(one.index, one.key, one.normaliser, one.token, customer, filing) for one in tokens]

    def add_dispute(
        self,
        customer: UUID,
        *,
        opened_by: UUID,
        opener_team: UUID | None,
        against: UUID | None,
        against_team: UUID | None,
    ) -> UUID:
        """Add a dispute that is open."""
        dispute = self.draw_id()
        self._rows["dispute"].append(
            (dispute, customer, opened_by, opener_team, against, against_team, self.now, "open", 1)
        )
        return dispute

    def add_fact(
        self, kind: str, customer: UUID | None, *, at: datetime, by: UUID | None, entered_by: UUID | None = None,
        corrects: UUID | None = None, filing: UUID | None = None, dispute: UUID | None = None, deal: UUID | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> UUID:  # fmt: skip
        """Add a fact that happened at an instant, about a customer if it is about one."""
        fact = self.draw_id()
        self._rows["fact"].append((
            fact, kind, at, self.now, by, entered_by, customer, filing, dispute, deal, corrects,
            orjson.dumps(details or {}).decode(),
        ))  # fmt: skip
        return fact

    def add_archive_entry(self, entry: Mapping[str, Any]) -> None:
        """Add an entry of the archive: its row by the names of its columns."""
        self._rows["archive_entry"].append(tuple(entry[column] for column in _COLUMNS["archive_entry"]))

    def add_correction(
        self, correction: UUID, filing: UUID, fact: UUID, *, fields: Iterable[str], proposed_by: UUID, state: str
    ) -> None:
        """Add a correction of a filing's contact data, by the fact that brings what it says."""
        self._rows["contact_correction"].append(
            (correction, filing, fact, list(fields), proposed_by, self.now, state, 1)
        )

    def set_apart(self, customer: UUID, other: UUID, fact: UUID) -> None:
        """Keep two customers apart from now on, by the fact that parts them."""
        self._rows["customer_apart"].append((self.draw_id(), customer, other, fact))

    def add_register_closing(
        self, closing: UUID, day: date, number: int, fact: UUID, *, filings: int, closed_by: UUID
    ) -> None:
        """Add the closing of a day's register."""
        self._rows["register_closing"].append((closing, day, number, fact, filings, closed_by, self.now))

    def add_destruction(
        self, customer: UUID, *, ground: str, document: str | None, facts: int, requested_by: UUID
    ) -> UUID:
        """Add that a customer's data are to be destroyed, as of so many facts about them."""
        drawn = self.draw_id()
        row = (drawn, customer, ground, document, facts, requested_by, self.now, False, 1)
        self._rows["destruction"].append(row)
        return drawn

    def add_inspection(
        self,
        team: UUID,
        first: date,
        last: date,
        *,
        seed: str,
        population: int,
        opened_by: UUID,
        sample: Iterable[UUID],
    ) -> UUID:
        """Add an inspection with the filings that it sampled, in the order in which they were drawn."""
        drawn = self.draw_id()
        self._rows["inspection"].append((drawn, team, first, last, seed, population, opened_by, self.now, 1))
        self._rows["inspected_claim"] += [
            (self.draw_id(), drawn, filing, place, 1) for place, filing in enumerate(sample, start=1)
        ]
        return drawn

    def add_grant(self, grant: Mapping[str, Any]) -> UUID:
        """Add a grant that is asked for, or given unasked: its row by the names of its columns."""
        drawn = self.draw_id()
        known = {"id": drawn, "requested_at": self.now, "version": 1, **grant}
        self._rows["reveal_grant"].append(tuple(known.get(column) for column in _COLUMNS["reveal_grant"]))
        return drawn

    def add_grant_use(self, grant: UUID, entry: UUID) -> None:
        """Add that a grant is used, by the entry of the log that says so."""
        self._rows["grant_use"].append((self.draw_id(), grant, entry, self.now))

    def add_deal(self, customer: UUID, *, opened_by: UUID, team: UUID | None) -> UUID:
        """Add a deal; the order or signature that opens it is a fact added by itself."""
        deal = self.draw_id()
        self._rows["deal"].append((deal, customer, opened_by, team, self.now, 1))
        return deal

    def add_confirmation(self, deal: UUID, fact: UUID, *, applicant: UUID, team: UUID | None, is_judged: bool) -> UUID:
        """Add an application for a deal; judged at once where the rulebook asks nobody for a judgement."""
        confirmation = self.draw_id()
        state, judged_at = ("valid", self.now) if is_judged else ("pending", None)
        self._rows["confirmation"].append((confirmation, deal, fact, applicant, team, self.now, state, judged_at, 1))
        return confirmation

    def seal(
        self, fact: UUID, customer: UUID, cipher: OwnCipher, texts: Iterable[tuple[Column, bytes]],
        *, filing: UUID | None = None, piece: int = 0,
    ) -> None:  # fmt: skip
        """Seal the texts that a fact brings, or one piece of its file."""
        for column, text in texts:
            row = self.draw_id()
            sealed = cipher.seal(text, Place(Table.SEALED_VALUE, column, row, customer))
            self._rows["sealed_value"].append((row, customer, fact, filing, int(column), piece, bytes(sealed)))

    def add_register_row(self, fingerprint: bytes, key: int, register_import: UUID, filing: UUID) -> None:
        """Keep that a row of a register is in the book, known by its fingerprint under a key."""
        self._rows["register_row"].append((fingerprint, key, register_import, filing))

    async def write(self, connection: TransactionalDBClient) -> None:
        """Write everything, and begin anew."""
        for table, columns in _COLUMNS.items():
            if rows := self._rows[table]:
                await copy_rows(connection, table, columns, rows)
                self._rows[table] = []
        if self._tokens:
            await connection.execute_query_dict(
                _ADD_TOKENS, [list(column) for column in zip(*self._tokens, strict=True)]
            )
            self._tokens = []

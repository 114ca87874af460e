"""Showing what is sealed: masked to whoever sees the customer, in the clear to whoever may and says why (B11).

- Everything is opened after its log entry is durable, never before: a crash may cost a reader an answer, never the
  log a trace. A page's cards are one entry with their count, opened in one pass, their keys fetched once.
- Names are legible within one's scope; contacts are masked in one way for everybody.
- A reveal opens the fields that it names, for a purpose; it is never replayed. What it shows is what the filings in the
  viewer's own scope brought, and those by whose claim they hold: of each field the latest, of phones all.
- Whoever reveals by a superior's grant alone (E10) does so while one holds, and of what its giver's team may open.
- An unknown customer and somebody else's get the same answer; the log tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import orjson

from authz.acts import Act
from authz.policy import FieldClass, Scope
from crypto.sealed import Place, SealBroken
from records.audit import Entry
from records.canonical import parse_phones
from records.cards import HIDDEN, Card, read_card
from records.columns import Column, Table
from records.connection import read
from records.erasure import erased_among
from records.grant_use import WITH_GRANT, WITH_REASON, Wanted, by_grant_alone, granted_fields, use_grant
from records.proofreading import Proof
from records.queries import Sight, Values, known_to, visible_to
from records.references import Kind, row_of
from records.refusals import ProblemCode, RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from crypto.envelope import OwnCipher
    from crypto.sealed import Confidential
    from records.customer_rows import CustomerRow
    from records.desk import Desk
    from records.grant_use import Grant

REVEAL_LIFE: Final = timedelta(minutes=5)
"""How long a client may keep what it was shown."""
LONGEST_NOTE: Final = 200
DESTROYED: Final = "(已销毁)"
"""What stands for the name of a customer whose data are destroyed (G16)."""
UNREADABLE: Final = "(无法打开)"
"""What stands for the name on a card that does not open."""


class ContactField(StrEnum):
    """A contact field that can be revealed (联系信息)."""

    NAME = "name"
    PHONES = "phones"
    WECHAT = "wechat"
    EMAIL = "email"
    ADDRESS = "address"
    BUILDING = "building"

    @property
    def column(self) -> Column:
        """Under which number its values are sealed."""
        return Column[self.name]

    @property
    def field_class(self) -> FieldClass:
        """What kind of field the guard is asked for."""
        match self:
            case ContactField.NAME:
                return FieldClass.IDENTITY
            case ContactField.ADDRESS | ContactField.BUILDING:
                return FieldClass.LOCATION
            case _:
                return FieldClass.CONTACT


class PurposeCode(StrEnum):
    """Why contact data is looked at in the clear (查看目的, B11)."""

    FOLLOW_UP = "follow_up"
    APPOINTMENT = "appointment"
    CONTRACT = "contract"
    COMPLAINT = "complaint"
    DISPUTE_REVIEW = "dispute_review"
    QUALITY_CHECK = "quality_check"
    LEGAL_REQUEST = "legal_request"


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as a list shows it, whether that hides something, and whether the viewer may reveal it."""

    display: str = field(repr=False)
    is_masked: bool
    can_reveal: bool


@dataclass(frozen=True, slots=True)
class Masked:
    """A customer's card as the viewer may see it; what is not on it, or not theirs to see, is None."""

    name: Shown
    phones: tuple[Shown, ...]
    wechat: Shown | None
    email: Shown | None
    address: Shown | None
    building: Shown | None


_BROKEN: Final = Card()
"""A card that does not open: altered, moved or truncated by somebody who writes to the tables."""


@dataclass(frozen=True, slots=True)
class _Opened:
    """What one filing brought of one field, in the clear."""

    column: int
    text: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Contact:
    """Contact data in the clear; None where it was not asked for or is not there.

    Phones are E.164, hidden digits `*`, each with its extension or None.
    """

    name: str | None = field(repr=False)
    phones: tuple[tuple[str, str | None], ...] | None = field(repr=False)
    wechat: str | None = field(repr=False)
    email: str | None = field(repr=False)
    address: str | None = field(repr=False)
    building: str | None = field(repr=False)
    expires_at: datetime = field()


@dataclass(frozen=True, slots=True)
class Revealed:
    """A reveal: what it showed, and the log entry that it left."""

    contact: Contact
    entry: UUID


async def masked(desk: Desk, row: CustomerRow) -> Masked:
    """Show a customer's card: as the viewer's own team filed it last."""
    seen = desk.guard.fields(desk.signed_in().role, Act.VIEW_CUSTOMERS, relation=row.relation)
    hidden = Shown(HIDDEN, is_masked=True, can_reveal=False)
    if not seen & {FieldClass.IDENTITY, FieldClass.CONTACT, FieldClass.LOCATION}:
        return Masked(hidden, (), None, None, None, None)
    if row.destroyed_at is not None:
        return Masked(Shown(DESTROYED, is_masked=True, can_reveal=False), (), None, None, None, None)
    card = await desk.gathering.ask(desk, _cards, row.id)
    if card is None:
        return Masked(hidden, (), None, None, None, None)
    if card is _BROKEN:
        return Masked(Shown(UNREADABLE, is_masked=True, can_reveal=False), (), None, None, None, None)
    revealable = await _revealable(desk, row)

    def shown(text: str | None, field: ContactField) -> Shown | None:
        if text is None or field.field_class not in seen:
            return None
        is_masked = field is not ContactField.NAME
        return Shown(text, is_masked, can_reveal=field in revealable)

    phones = (shown(phone, ContactField.PHONES) for phone in card.phones)
    return Masked(
        shown(card.name, ContactField.NAME) or hidden,
        tuple(phone for phone in phones if phone is not None),
        shown(card.wechat, ContactField.WECHAT),
        shown(card.email, ContactField.EMAIL),
        shown(card.address, ContactField.ADDRESS),
        shown(card.building, ContactField.BUILDING),
    )


async def _revealable(desk: Desk, row: CustomerRow) -> set[ContactField]:
    """Give the fields of a customer that the viewer may reveal now: by the policy, or by a grant that holds."""
    role = desk.signed_in().role
    classes = desk.guard.fields(role, Act.REVEAL_CONTACT, relation=row.relation, facts=known_to(desk, WITH_REASON))
    found = {one for one in ContactField if one.field_class in classes}
    if by_grant_alone(desk, role, Act.REVEAL_CONTACT):
        found |= {ContactField(one) for one in await desk.gathering.ask(desk, granted_fields, row.id) or ()}
    return found


async def _cards(desk: Desk, roots: list[UUID]) -> dict[UUID, Card]:
    """Open the card of each customer's latest filing in sight, after the log says so."""
    sight, bind = visible_to(desk, Act.VIEW_CUSTOMERS), Values()
    rows = await read(
        "SELECT DISTINCT ON (p.root_id) p.root_id, f.id, f.customer_id, f.card, ARRAY(SELECT w.team_id "
        "FROM customer_scope w WHERE w.customer_id = p.root_id AND w.team_id IS NOT NULL) AS teams FROM filing f "
        f"JOIN customer p ON p.id = f.customer_id WHERE p.root_id = ANY({bind(roots)}) "
        f"AND {sight.contacts('f', 'p.root_id', bind)} ORDER BY p.root_id, f.recorded_at DESC, f.id DESC",
        bind.given,
    )
    await _note_shown(desk, {row["root_id"]: row["teams"] for row in rows}, sight)
    ciphers = await _ciphers(desk, (row["customer_id"] for row in rows))
    cards: dict[UUID, Card] = {}
    for row in rows:
        cipher = ciphers.get(row["customer_id"])
        # An erased customer has no key: nothing of the card is left to show.
        if cipher is not None:
            cards[row["root_id"]] = await _card(desk, row, cipher)
    return cards


async def _card(desk: Desk, row: Mapping[str, Any], cipher: OwnCipher) -> Card:
    """Open a card; the log hears of one that does not open, and the others of a page are shown all the same."""
    try:
        return read_card(cipher.open(row["card"], Place(Table.FILING, Column.CARD, row["id"], row["customer_id"])))
    except SealBroken:
        await desk.note(Entry("customer:show", allowed=False, rule="seal_broken", customer=row["root_id"]))
        return _BROKEN


async def _note_shown(desk: Desk, teams: Mapping[UUID, Sequence[UUID]], sight: Sight) -> None:
    """Log that customers are shown, one entry for all that this request has not logged yet; durable on return.

    One customer is named, with the teams that are looked at: whoever sees all looks at each team of theirs.
    """
    new = [root for root in teams if root not in desk.gathering.logged]
    if not new:
        return
    if len(new) > 1:
        entry = Entry("customer:show", count=len(new))
    else:
        looked_at = teams[new[0]] if sight.scope is Scope.ALL else [team for team in [sight.team] if team is not None]
        entry = Entry("customer:show", customer=new[0], subject_teams=tuple(looked_at))
    await desk.note(entry)
    desk.gathering.logged.update(new)


async def _ciphers(desk: Desk, customers: Iterable[UUID]) -> dict[UUID, OwnCipher]:
    return await desk.keys.ciphers_of(set(customers), read)


async def reveal_contact(
    desk: Desk, customer: str, fields: Sequence[ContactField], *, purpose: PurposeCode, note: Confidential | None
) -> Revealed | Refused:
    """Show contact fields of a customer in the clear, leaving the trace first.

    Refused: a customer who is not there or not within the actor's reach, no field, a note with a number in it, and
    without a superior's grant whoever needs one.
    """
    actor = await desk.require(Act.REVEAL_CONTACT, facts=WITH_GRANT)
    proof = Proof()
    said = proof.text(note, "note", longest=LONGEST_NOTE)
    if said is not None and parse_phones(said).phones:
        proof.blame(ProblemCode.SENSITIVE_NUMBER, "note")
    if not fields:
        proof.blame(ProblemCode.REQUIRED, "fields")
    if proof.problems:
        return proof.refusal()
    wanted = tuple(dict.fromkeys(fields))
    for one in wanted:
        desk.guard.require(actor, Act.REVEAL_CONTACT, field=one.field_class, facts=known_to(desk, WITH_GRANT))
    found = await _found(desk, row_of(Kind.CUSTOMER, customer))
    entry = Entry("contact:reveal", fields=wanted, purpose=purpose.value, note=said)
    if found is None or not found["is_seen"]:
        root, teams = (found["root_id"], tuple(found["teams"])) if found else (None, ())
        await desk.note(replace(entry, allowed=False, rule="scope", customer=root, subject_teams=teams))
        return not_found("customer")
    entry, grant = replace(entry, customer=found["root_id"]), None
    if by_grant_alone(desk, actor.role, Act.REVEAL_CONTACT) & {one.field_class for one in wanted}:
        asked = Wanted(found["root_id"], purpose.value, wanted)
        grant = await use_grant(desk, asked, replace(entry, subject_teams=tuple(found["teams"])))
        if isinstance(grant, Refused):
            return grant
    rows = await _sealed(desk, found["root_id"], wanted, grant)
    teams = tuple({row["team_id"] for row in rows} - {None})
    left = grant.entry if grant else await desk.note(replace(entry, subject_teams=teams))
    if await erased_among(read, [found["root_id"]]):
        return Refused(RefusalCode.DESTROYED, ("G16",))
    ciphers = await _ciphers(desk, (row["customer_id"] for row in rows))
    opened = [
        _Opened(row["field"], ciphers[row["customer_id"]].open(row["sealed"], _place(row)))
        for row in rows
        if row["customer_id"] in ciphers
    ]
    return Revealed(_contact(opened, wanted, desk.now + REVEAL_LIFE), left)


async def _found(desk: Desk, customer: UUID | None) -> Mapping[str, Any] | None:
    """Look a customer up, with whether they are within reach and whose teams' they are: one statement in any case."""
    sight, bind = visible_to(desk, Act.REVEAL_CONTACT, facts=WITH_GRANT), Values()
    rows = await read(
        f"SELECT c.root_id, {sight.customer('c.root_id', bind)} AS is_seen, ARRAY(SELECT w.team_id "
        "FROM customer_scope w WHERE w.customer_id = c.root_id AND w.team_id IS NOT NULL) AS teams "
        f"FROM customer c WHERE c.id = {bind(customer, 'uuid')}",
        bind.given,
    )
    return rows[0] if rows else None


async def _sealed(
    desk: Desk, root: UUID, wanted: Sequence[ContactField], grant: Grant | None
) -> list[Mapping[str, Any]]:
    """Find the sealed values: of each filing in sight the latest of each field, the latest filing first.

    By a grant, of the filings in sight of its giver's team alone.
    """
    sight: Sight = visible_to(desk, Act.VIEW_CUSTOMERS)
    bind = Values()
    given = f"AND {grant.sight(desk).contacts('f', 'p.root_id', bind)} " if grant else ""
    rows = await read(
        "SELECT v.id, v.customer_id, v.field, v.sealed, v.filing_id, f.team_id FROM sealed_value v "
        "JOIN filing f ON f.id = v.filing_id JOIN customer p ON p.id = f.customer_id JOIN fact a ON a.id = v.fact_id "
        f"WHERE p.root_id = {bind(root)} AND v.field = ANY({bind([int(one.column) for one in wanted])}) "
        f"AND {sight.contacts('f', 'p.root_id', bind)} {given}ORDER BY f.recorded_at DESC, f.id DESC, a.seq DESC",
        bind.given,
    )
    latest: dict[tuple[UUID, int], Mapping[str, Any]] = {}
    for row in rows:
        latest.setdefault((row["filing_id"], row["field"]), row)
    seen: dict[int, Mapping[str, Any]] = {}
    for row in latest.values():
        seen.setdefault(row["field"], row)
    return [row for row in latest.values() if row["field"] == Column.PHONES or seen[row["field"]] is row]


def _place(row: Mapping[str, Any]) -> Place:
    return Place(Table.SEALED_VALUE, row["field"], row["id"], row["customer_id"])


def _contact(opened: Sequence[_Opened], wanted: Sequence[ContactField], expires_at: datetime) -> Contact:
    texts = {one.column: one.text.decode() for one in opened if one.column != Column.PHONES}
    phones: dict[str, str | None] = {}
    for one in opened:
        if one.column == Column.PHONES:
            for number, extension in orjson.loads(one.text):
                phones.setdefault(number, extension)
    return Contact(
        name=texts.get(Column.NAME),
        phones=tuple(phones.items()) if ContactField.PHONES in wanted else None,
        wechat=texts.get(Column.WECHAT),
        email=texts.get(Column.EMAIL),
        address=texts.get(Column.ADDRESS),
        building=texts.get(Column.BUILDING),
        expires_at=expires_at,
    )

"""Naming the designer (渠道设计师) who came with a customer, with the filing or later, before the order (H8 H12).

- The designer named has a filing of their own from then on, of what the salesperson's filing says of the customer, and
  the salesperson's team sees it; it may be provisional until the order (H8).
- A designer of an outside company need not be in the book yet: they are named with that company, and have no account.
- The store is told; what is named after the order is recorded, and counts for nothing (H12 H17).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson

from authz.actor import Role
from authz.acts import Act
from claims.facts import FactKind, FilingType
from crypto.sealed import Place
from records import replays
from records.audit import Entry, concerned
from records.columns import Column, Table
from records.entry_rules import FilingChannel
from records.facts import Addition
from records.forms import CONTACT_TEXTS, Form
from records.holders import refresh
from records.identity import place
from records.next_steps import present
from records.notices import NextStep, Notice, NoticeKind, tell
from records.outcomes import Done
from records.people import person_of_act
from records.proofreading import LONGEST_NAME, Proof
from records.refusals import ProblemCode, RefusalCode, Refused, not_found
from records.reviewing import held_claim

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tortoise.backends.base.client import TransactionalDBClient

    from crypto.envelope import OwnCipher
    from records.connection import Fetch
    from records.desk import Desk

LONGEST_COMPANY: Final = 100
_VALUES = """
SELECT DISTINCT ON (v.field) v.id, v.field, v.sealed FROM sealed_value v JOIN fact f ON f.id = v.fact_id
WHERE v.filing_id = $1 AND f.kind IN ('file', 'complete') ORDER BY v.field, f.seq DESC
"""
_DETAILS = """
SELECT details FROM fact WHERE filing_id = $1 AND kind IN ('file', 'complete') ORDER BY happened_at, seq
"""
_ADD_DESIGNER = "INSERT INTO staff (id, number, name, role, company) VALUES ($1, $2, $3, 'designer', $4)"
_ADD_MEMBERSHIP = """
INSERT INTO team_membership (id, staff_id, team_id, from_at, recorded_at) VALUES ($1, $2, NULL, $3, $3)
"""
_ORDERED = """
SELECT 1 FROM fact o JOIN customer c ON c.id = o.customer_id WHERE c.root_id = $1 AND o.kind = $2 LIMIT 1
"""
_NAMED_ALREADY = """
SELECT 1 FROM filing f JOIN customer c ON c.id = f.customer_id
WHERE c.root_id = $1 AND f.claimant_id = $2 AND f.type = 'designer' LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class OutsideDesigner:
    """A designer who is not in the book yet: a name, and the company that they work for (装饰公司)."""

    name: str = field(repr=False)
    company: str


async def name_designer(
    desk: Desk, claim: str, *, designer: str | None, outside: OutsideDesigner | None, key: UUID
) -> Done:
    """Name the designer of a customer that one filed; the node is the designer's filing.

    Refused: under a rulebook without designers' filings, somebody who is no designer, and a designer who has a filing
    of this customer. Named after the order: recorded, with the refusal beside it.
    """
    await desk.require(Act.NAME_DESIGNER)
    proof = Proof()
    if FilingType.DESIGNER not in desk.rulebook.required:
        proof.blame(ProblemCode.NOT_OFFERED, "designer")
    if (designer is None) == (outside is None):
        proof.blame(ProblemCode.REQUIRED, "designer")
    new = outside and _proofread(proof, outside)
    if proof.problems:
        return Done(refusal=proof.refusal())
    found = await person_of_act(desk, Act.FILE_CLAIM, designer) if designer is not None else None
    if designer is not None and (found is None or found.role is not Role.DESIGNER):
        return Done(refusal=not_found("designer"))

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        filing = await held_claim(fetch, desk, Act.NAME_DESIGNER, claim)
        if filing is None or filing["type"] == FilingType.DESIGNER:
            return Done(refusal=not_found("claim"))
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        places = await place(fetch, desk.keys, addition, [Form()], known=[filing["customer_id"]])
        root = places.placed[0].customer
        if found is not None and await fetch(_NAMED_ALREADY, [root, found.id]):
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, ("H12",)))
        whose = found.id if found is not None else await _added(fetch, desk, new)
        row = await _file_for(fetch, desk, addition, filing, whose)
        await addition.write(tx)
        await refresh(tx, [root], desk.rulebook, entropy=desk.entropy)
        await _tell_store(tx, desk, filing, root, row)
        await desk.record(tx, Entry("designer:name", customer=root, subject_teams=concerned(filing["team_id"])))
        is_late = await fetch(_ORDERED, [root, desk.rulebook.terms.event]) if desk.rulebook.terms.event else ()
        return Done(row, root, Refused(RefusalCode.AFTER_THE_ORDER, ("H12", "H17")) if is_late else None)

    async def again(_tx: TransactionalDBClient, row: UUID) -> Done:
        return Done(row)

    whole = {
        "claim": claim, "designer": designer, "name": outside and outside.name, "company": outside and outside.company,
    }  # fmt: skip
    acting = [found.id] if found is not None else []
    return await replays.once(desk, Act.NAME_DESIGNER, key, whole, do=do, again=again, acting=acting)


def _proofread(proof: Proof, outside: OutsideDesigner) -> OutsideDesigner:
    for path, said, longest in (
        ("name", outside.name, LONGEST_NAME // 2),
        ("company", outside.company, LONGEST_COMPANY),
    ):
        text = said.strip()
        if not text:
            proof.blame(ProblemCode.REQUIRED, "outside", path)
        elif len(text) > longest:
            proof.blame(ProblemCode.TOO_LONG, "outside", path)
        elif not text.isprintable():
            proof.blame(ProblemCode.INVALID_TEXT, "outside", path)
    return OutsideDesigner(outside.name.strip(), outside.company.strip())


async def _added(fetch: Fetch, desk: Desk, outside: OutsideDesigner | None) -> UUID:
    """Bring an outside designer into the book, in no team, under a number of their own."""
    if outside is None:
        raise ValueError("nobody was named")
    staff = UUID(bytes=desk.entropy(16), version=4)
    await fetch(_ADD_DESIGNER, [staff, f"D-{staff.hex[:12].upper()}", outside.name, outside.company])
    await fetch(_ADD_MEMBERSHIP, [UUID(bytes=desk.entropy(16), version=4), staff, desk.now])
    return staff


async def _file_for(fetch: Fetch, desk: Desk, addition: Addition, filing: Mapping[str, Any], designer: UUID) -> UUID:
    """Add the designer's filing, saying what the filing that brought them says; sealed anew under the same key."""
    customer: UUID = filing["customer_id"]
    cipher = await desk.cipher_of(fetch, customer)
    fields, values = await _said(fetch, filing["id"])
    row = addition.copy_filing(
        filing, cipher, claimant=designer, team=filing["team_id"], entered_by=desk.signed_in().staff,
        type=FilingType.DESIGNER, channel=FilingChannel.MESSAGE,
    )  # fmt: skip
    fact = addition.add_fact(
        FactKind.FILE, customer, at=desk.now, by=designer, entered_by=desk.signed_in().staff, filing=row,
        details={"fields": fields, "values": values, "named_on": filing["id"].hex},
    )  # fmt: skip
    addition.seal(fact, customer, cipher, await _texts(fetch, cipher, filing), filing=row)
    return row


async def _said(fetch: Fetch, filing: UUID) -> tuple[list[str], dict[str, object]]:
    """Give the fields that a filing has, and the values that stand in clear."""
    fields: set[str] = set()
    values: dict[str, object] = {}
    for row in await fetch(_DETAILS, [filing]):
        details = row["details"]
        details = orjson.loads(details) if isinstance(details, str | bytes) else details
        fields.update(details.get("fields", ()))
        values |= details.get("values", {})
    return sorted(fields), values


async def _texts(fetch: Fetch, cipher: OwnCipher, filing: Mapping[str, Any]) -> list[tuple[Column, bytes]]:
    """Open what the filing says of the customer: name, phones and where they live; what else it says is its own."""
    wanted = {Column.NAME, Column.PHONES, *CONTACT_TEXTS.values()}
    texts: list[tuple[Column, bytes]] = []
    for row in await fetch(_VALUES, [filing["id"]]):
        column = Column(row["field"])
        if column in wanted:
            at = Place(Table.SEALED_VALUE, column, row["id"], filing["customer_id"])
            texts.append((column, cipher.open(row["sealed"], at)))
    return texts


async def _tell_store(tx: TransactionalDBClient, desk: Desk, filing: Mapping[str, Any], root: UUID, row: UUID) -> None:
    """Tell the store, in which the customer will order, that there is a designer (H12)."""
    fetch: Fetch = tx.execute_query_dict
    people = await present(fetch, [Role.SUPERVISOR, Role.STORE_STAFF], now=desk.now)
    told = [
        one["id"]
        for one in people
        if one["id"] != desk.signed_in().staff
        and (one["role"] == Role.STORE_STAFF or (one["team"] is not None and one["team"] == filing["team_id"]))
    ]
    notices = [
        Notice(kind=NoticeKind.DESIGNER_NAMED, staff=one, customer=root, filing=row, next=NextStep.NONE) for one in told
    ]
    await tell(tx, notices, desk)

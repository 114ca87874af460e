"""Papers (案卷): what was said in writing about a deal, a dispute or an offence, read for a purpose (B11).

- The log's entry is durable before anything is opened; what was read is never replayed.
- A party reads its own side's papers and the reasons of what was decided; whoever decides, and is no party, reads all.
- Whoever may read a paper may open the files that it names and that are kept here, one at a time, each with its entry.
- Whoever reads by a superior's grant alone (E10) reads what was decided, and what the giver's own team brought.
- An object that is not in sight is answered as an unknown one, and the log tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import orjson

from authz.acts import Act
from authz.policy import Scope
from crypto.sealed import Place, Sealed
from records import confirmation_rows, deal_rows, dispute_rows, offence_rows
from records.audit import Entry
from records.canonical import parse_phones
from records.columns import Column, Table
from records.connection import read
from records.dispute_sides import Side
from records.grant_use import CLAUSES, NO_GRANT, WITH_GRANT, Grant, Wanted, by_grant_alone, use_grant
from records.histories import details_of
from records.kept_files import kept_files, open_file
from records.proofreading import Proof
from records.queries import visible_to
from records.references import Kind, parse_reference
from records.refusals import ProblemCode, RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from crypto.sealed import Confidential
    from records.desk import Desk
    from records.disclosure import PurposeCode
    from records.kept_files import KeptFile, OpenedFile

LONGEST_NOTE: Final = 200
_PAPERS: Final = """
SELECT f.kind, f.by_id, f.happened_at, f.details, v.id, v.customer_id, v.field, v.sealed
FROM fact f JOIN sealed_value v ON v.fact_id = f.id
WHERE (f.deal_id = $1 OR f.dispute_id = $1 OR f.id = ANY($2)
    OR f.details ->> 'application' = ANY($3) OR f.details ->> 'plea' = ANY($3)) AND f.kind = ANY($4)
AND ($5::uuid IS NULL OR f.kind = ANY($6) OR $5 = (
    SELECT m.team_id FROM team_membership m WHERE m.staff_id = f.by_id AND m.from_at <= f.happened_at
    ORDER BY m.from_at DESC, m.recorded_at DESC LIMIT 1))
ORDER BY f.seq, v.field
"""


class PaperKind(StrEnum):
    """What a paper is (文书种类)."""

    STATEMENT = "statement"
    EVIDENCE = "evidence"
    REASONS = "reasons"
    APPEAL = "appeal"
    CONCESSION = "concession"
    PAYEE = "payee"


_KINDS: Final[Mapping[str, PaperKind]] = {
    "dispute": PaperKind.STATEMENT,
    "evidence": PaperKind.EVIDENCE,
    "apply": PaperKind.EVIDENCE,
    "settle": PaperKind.REASONS,
    "uphold": PaperKind.REASONS,
    "judge": PaperKind.REASONS,
    "appeal": PaperKind.APPEAL,
    "concede": PaperKind.CONCESSION,
    "settle_rebate": PaperKind.PAYEE,
    "offence": PaperKind.EVIDENCE,
    "plead": PaperKind.APPEAL,
    "verdict": PaperKind.REASONS,
}
_DECIDED: Final = [kind for kind, paper in _KINDS.items() if paper is PaperKind.REASONS]
"""Kinds of facts that say why something was decided: whoever reads any of the papers reads those."""


@dataclass(frozen=True, slots=True)
class Named:
    """A document that a paper names by its SHA-256, and the file, if it is kept here."""

    document: str
    file: KeptFile | None


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper: what it is, when it was written, and its texts, piece by piece; one without words is None.

    `documents` are what its pieces name, in the same order; a piece without a document is None.
    """

    kind: PaperKind
    at: datetime
    texts: tuple[str | None, ...] = field(repr=False)
    documents: tuple[Named | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Papers:
    """The papers that were read, and the log entry that it left."""

    papers: tuple[Paper, ...]
    entry: UUID


@dataclass(frozen=True, slots=True)
class _Object:
    """What papers are of: its customer (root), whose rows, and which of them whoever asks may read."""

    customer: UUID | None
    about: UUID | None
    facts: tuple[UUID, ...]
    may_read: Callable[[Mapping[str, Any]], bool]


async def read_papers(desk: Desk, of: str, *, purpose: PurposeCode, note: Confidential | None) -> Papers | Refused:
    """Read the papers of a deal, an application, a dispute or an offence, leaving the trace first."""
    await desk.require(Act.READ_PAPERS, facts=WITH_GRANT)
    said = _note(note)
    if isinstance(said, Refused):
        return said
    found = await _object(desk, of)
    entry = _entry(desk, "papers:read", found, purpose, said)
    if found is None:
        await desk.note(entry)
        return not_found("of")
    grant = await _granted(desk, found, purpose, entry)
    if isinstance(grant, Refused):
        return grant
    left = grant.entry if grant else await desk.note(entry)
    readable = await _readable(found, grant)
    ciphers = await desk.keys.ciphers_of({row["customer_id"] for row in readable}, read)
    files = await kept_files(found.customer, _named(readable))
    papers = (
        _opened(row, ciphers[row["customer_id"]].open, files) for row in readable if row["customer_id"] in ciphers
    )
    return Papers(tuple(papers), left)


async def read_file(
    desk: Desk, of: str, document: str, *, purpose: PurposeCode, note: Confidential | None
) -> OpenedFile | Refused:
    """Open a file that a paper names by its SHA-256, leaving the trace first.

    One that no paper names which whoever asks may read, and one that is not kept here, are answered alike.
    """
    await desk.require(Act.READ_PAPERS, facts=WITH_GRANT)
    said = _note(note)
    if isinstance(said, Refused):
        return said
    found = await _object(desk, of)
    entry = _entry(desk, "papers:open_file", found, purpose, said)
    grant = None if found is None else await _granted(desk, found, purpose, entry)
    if isinstance(grant, Refused):
        return grant
    readable = [] if found is None else await _readable(found, grant)
    named = [(by, one) for by, one in _named(readable) if one == document.lower()]
    files = await kept_files(found.customer if found else None, named)
    file = next((files[one] for one in named if one in files), None)
    if grant is None:
        await desk.note(entry if file else _entry(desk, "papers:open_file", None, purpose, said))
    opened = None if file is None else await open_file(desk, file)
    return opened or not_found("document")


def _note(note: Confidential | None) -> str | Refused | None:
    """Read what somebody says more about their purpose: no number of anybody's."""
    proof = Proof()
    said = proof.text(note, "note", longest=LONGEST_NOTE)
    if said is not None and parse_phones(said).phones:
        proof.blame(ProblemCode.SENSITIVE_NUMBER, "note")
    return proof.refusal() if proof.problems else said


def _entry(desk: Desk, tag: str, found: _Object | None, purpose: PurposeCode, said: str | None) -> Entry:
    team = desk.signed_in().team
    return Entry(
        tag, allowed=found is not None, rule="policy" if found else "scope",
        customer=found.customer if found else None, subject_teams=(team,) if found and team else (),
        purpose=purpose.value, note=said,
    )  # fmt: skip


async def _granted(desk: Desk, found: _Object, purpose: PurposeCode, entry: Entry) -> Grant | Refused | None:
    """Use the grant by which papers are read, where a superior's word is needed; None where none is."""
    if not by_grant_alone(desk, desk.signed_in().role, Act.READ_PAPERS):
        return None
    if found.customer is None:
        await desk.note(replace(entry, allowed=False, rule=NO_GRANT))
        return Refused(RefusalCode.GRANT_NEEDED, CLAUSES)
    return await use_grant(desk, Wanted(found.customer, purpose.value, papers=True), entry)


async def _readable(found: _Object, grant: Grant | None) -> list[Mapping[str, Any]]:
    """Give the papers of an object that whoever asks may read, still sealed."""
    facts, team = list(found.facts), grant.team if grant else None
    rows = await read(_PAPERS, [found.about, facts, [fact.hex for fact in facts], list(_KINDS), team, _DECIDED])
    return [row for row in rows if found.may_read(row)]


def _documents(row: Mapping[str, Any]) -> list[str | None]:
    return details_of(row["details"]).get("documents", []) if row["field"] == Column.EVIDENCE else []


def _named(rows: Iterable[Mapping[str, Any]]) -> list[tuple[UUID, str]]:
    """List which documents papers name, each with whoever brought it."""
    return [(row["by_id"], one) for row in rows for one in _documents(row) if one is not None]


def _opened(
    row: Mapping[str, Any], open_: Callable[[Sealed, Place], bytes], files: Mapping[tuple[UUID, str], KeptFile]
) -> Paper:
    place = Place(Table.SEALED_VALUE, row["field"], row["id"], row["customer_id"])
    text = open_(row["sealed"], place)
    texts: Sequence[str | None] = orjson.loads(text) if row["field"] == Column.EVIDENCE else [text.decode()]
    documents = (None if one is None else Named(one, files.get((row["by_id"], one))) for one in _documents(row))
    return Paper(_KINDS[row["kind"]], row["happened_at"], tuple(texts), tuple(documents))


async def _object(desk: Desk, reference: str) -> _Object | None:
    """Find what papers are asked of, if it is in sight."""
    parsed = parse_reference(reference)
    match parsed:
        case (Kind.DISPUTE, row):
            return await _dispute(desk, row)
        case (Kind.CONFIRMATION, row):
            application = await confirmation_rows.confirmation(desk, row)
            if application is None:
                return None
            return _Object(application.customer, None, (application.fact,), lambda _row: True)
        case (Kind.OFFENCE, row):
            charge = await offence_rows.offence(desk, row)
            facts = () if charge is None else tuple(one for one in (charge.fact, charge.plea) if one is not None)
            return charge and _Object(charge.customer, None, facts, lambda _row: True)
        case (Kind.DEAL, row):
            return await _deal(desk, row)
        case _:
            return None


async def _dispute(desk: Desk, id_: UUID) -> _Object | None:
    found = await dispute_rows.dispute(desk, id_)
    if found is None:
        return None

    def may_read(row: Mapping[str, Any]) -> bool:
        if _KINDS[row["kind"]] is PaperKind.REASONS:
            return True
        side = Side.OPENER if row["by_id"] == found.opened_by else Side.RESPONDENT
        return dispute_rows.sees_side(desk, found, side)

    return _Object(found.customer, found.id, (), may_read)


async def _deal(desk: Desk, id_: UUID) -> _Object | None:
    found = await deal_rows.deal(desk, id_)
    if found is None:
        return None
    me, sees_all = desk.signed_in().staff, visible_to(desk, Act.VIEW_DEALS).scope is Scope.ALL
    agreed = (PaperKind.CONCESSION, PaperKind.PAYEE)
    return _Object(
        found.customer, found.id, (),
        lambda row: _KINDS[row["kind"]] in agreed and (sees_all or row["by_id"] == me),
    )  # fmt: skip

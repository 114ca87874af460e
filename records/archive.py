"""Archiving (归档): the complete record of a filing is filed by the archivist, with its scans, and sealed (B8 C10 D11).

- Whether a filing can be archived the law says: what is through its review can, by whoever the rulebook names.
- What is archived is not changed any more, by nobody; a correction is a new entry that names the one it corrects.
- How long the record is kept is the rulebook's (G16); the last day stands in the entry from the beginning.
- Of two acts at once the second sees the first: under the version that it was read at, it is stale.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from authz.acts import Act
from claims.facts import Fact, FactKind, History
from claims.timeline import filing_states
from records import replays
from records.archive_rows import entry_to_correct
from records.audit import Entry, concerned
from records.columns import Column
from records.facts import Addition
from records.histories import LATEST, histories, law_id
from records.holders import refresh
from records.outcomes import Done
from records.proofreading import LONGEST_NOTE, Proof
from records.references import Kind, reference
from records.refusals import ProblemCode, RefusalCode, Refused, not_found
from records.reviewing import BUMP, held_claim
from records.scans import read_scans, said_of
from records.seals import seal_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from crypto.sealed import Confidential
    from records.connection import Fetch
    from records.desk import Desk
    from records.scans import Scan, ScanForm

CORRECTION: Final = "archive_correction"
"""The fact that corrects an archived record: the book's own, of which the law hears nothing."""
ARCHIVED: Final = "archived"
_ROOT_OF: Final = "SELECT root_id FROM customer WHERE id = $1"
_LATEST_NUMBER: Final = "SELECT coalesce(max(number), 0) AS number FROM archive_entry WHERE filing_id = $1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Archiving:
    """What the archivist puts with a record: the scans compared with their paper, and a note."""

    scans: Sequence[ScanForm] = ()
    note: Confidential | None = field(default=None, repr=False)


async def archive_claim(desk: Desk, claim: str, archiving: Archiving, *, expected_version: int, key: UUID) -> Done:
    """File the complete record of a filing (归档); the node is the archive's entry.

    Refused: a filing that is not through, or archived already, and under an old version.
    """
    await desk.require(Act.ARCHIVE_CLAIM)
    proof = Proof()
    scans = read_scans(proof, archiving.scans, "scans")
    note = proof.text(archiving.note, "note", longest=LONGEST_NOTE)
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        filing = await held_claim(fetch, desk, Act.ARCHIVE_CLAIM, claim)
        if filing is None:
            return Done(refusal=not_found("claim"))
        if filing["version"] != expected_version:
            return Done(refusal=Refused(RefusalCode.STALE, version=filing["version"]))
        root = await _root(fetch, filing)
        if not await _would_archive(fetch, desk, root, filing["id"]):
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, desk.rulebook.source("filing.archive").clauses))
        return await _enter(tx, desk, filing, FactKind.ARCHIVE, scans=scans, note=note)

    whole = {"claim": claim, "scans": said_of(archiving.scans), "note": archiving.note, "version": expected_version}
    return await replays.once(desk, Act.ARCHIVE_CLAIM, key, whole, do=do, again=_again)


async def correct_archive(desk: Desk, entry: str, archiving: Archiving, *, expected_version: int, key: UUID) -> Done:
    """Correct an archived record by a new entry (更正) that says what is wrong, with other scans if there are any.

    The entry that is corrected stands as it was; `expected_version` is its filing's.
    """
    await desk.require(Act.CORRECT_ARCHIVE)
    proof = Proof()
    scans = read_scans(proof, archiving.scans, "scans")
    note = proof.text(archiving.note, "note", longest=LONGEST_NOTE)
    if note is None and not proof.problems:
        proof.blame(ProblemCode.REQUIRED, "note")
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        corrected = await entry_to_correct(fetch, desk, entry)
        filing = corrected and await held_claim(
            fetch, desk, Act.CORRECT_ARCHIVE, reference(Kind.CLAIM, corrected["filing_id"])
        )
        if corrected is None or filing is None:
            return Done(refusal=not_found("entry"))
        if filing["version"] != expected_version:
            return Done(refusal=Refused(RefusalCode.STALE, version=filing["version"]))
        return await _enter(tx, desk, filing, CORRECTION, scans=scans, note=note, corrects=corrected["id"])

    whole = {"entry": entry, "scans": said_of(archiving.scans), "note": archiving.note, "version": expected_version}
    return await replays.once(desk, Act.CORRECT_ARCHIVE, key, whole, do=do, again=_again)


async def _again(_tx: TransactionalDBClient, entry: UUID) -> Done:
    return Done(entry)


async def _root(fetch: Fetch, filing: Mapping[str, Any]) -> UUID:
    return (await fetch(_ROOT_OF, [filing["customer_id"]]))[0]["root_id"]


async def _would_archive(fetch: Fetch, desk: Desk, root: UUID, filing: UUID) -> bool:
    """Ask the law whether the filing would be archived by the actor's word now, and is not yet."""
    me = desk.signed_in().staff
    told = (await histories(fetch, [root], also=[me]))[root].history

    def state(facts: Sequence[Fact]) -> str | None:
        spans = filing_states(History.of(told.people, facts), desk.rulebook, law_id(filing))
        now = (span for span in spans if span.since <= desk.now and (span.until is None or span.until > desk.now))
        return next((span.state for span in now), None)

    word = Fact(id=LATEST, at=desk.now, kind=FactKind.ARCHIVE, by=law_id(me), filing=law_id(filing))
    return state(told.facts) != ARCHIVED and state([*told.facts, word]) == ARCHIVED


async def _enter(
    tx: TransactionalDBClient, desk: Desk, filing: Mapping[str, Any], kind: str, *,
    scans: Sequence[Scan], note: str | None, corrects: UUID | None = None,
) -> Done:  # fmt: skip
    """Write an entry with its seal, over everything that is recorded of the filing until now."""
    fetch: Fetch = tx.execute_query_dict
    row, customer, me = filing["id"], filing["customer_id"], desk.signed_in().staff
    addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
    kept = [scan.written() for scan in scans]
    fact = addition.add_fact(kind, customer, at=desk.now, by=me, entered_by=me, filing=row, details={"scans": kept})
    if note is not None:
        cipher = await desk.cipher_of(fetch, customer)
        addition.seal(fact, customer, cipher, [(Column.NOTE, note.encode())], filing=row)
    window = desk.rulebook.window("archive.keep_days")
    entry = {
        "id": addition.draw_id(), "filing_id": row, "fact_id": fact, "corrects_id": corrects, "archived_by_id": me,
        "archived_at": desk.now,
        "number": (await fetch(_LATEST_NUMBER, [row]))[0]["number"] + 1,
        "retain_until": window and desk.rulebook.last_day(desk.rulebook.day(desk.now), window),
    }  # fmt: skip
    addition.add_archive_entry(entry | {"seal": await seal_of(fetch, entry | {"scans": kept})})
    await fetch(BUMP, [row])
    await addition.write(tx)
    root = await _root(fetch, filing)
    await refresh(tx, [root], desk.rulebook, entropy=desk.entropy)
    tag = "claim:archive" if kind is FactKind.ARCHIVE else "archive:correct"
    teams = concerned(filing["team_id"])
    await desk.record(tx, Entry(tag, customer=root, subject_teams=teams, count=max(1, len(scans))))
    return Done(entry["id"], root)

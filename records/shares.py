"""Who may change what a deal comes to: the project leader who splits it (A22), whoever concedes in writing (H5).

- A split adds up to the whole, to the hundredth, and names members of the team; the latest counts, all are kept.
- A concession is its giver's own act, of a share that is theirs, and needs the hash of the signed paper: a polite
  remark is no evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from authz.acts import Act
from records import replays
from records.attribution import CONCESSION, SPLIT, Attributed, attributed, credited
from records.audit import Entry
from records.columns import Column
from records.confirmations import deal_ruling
from records.deal_holding import HeldDeal, bump_deal, held_deal, once_more
from records.facts import Addition
from records.outcomes import Done
from records.people import person, person_named
from records.proofreading import WHOLE, Proof
from records.references import Kind, row_of
from records.refusals import ProblemCode, RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from crypto.sealed import Confidential
    from records.connection import Fetch
    from records.desk import Desk

MOST_SHARES: Final = 50
AGREED: Final = "SELECT kind, by_id, details FROM fact WHERE deal_id = $1 AND kind IN ('split', 'concede') ORDER BY seq"
_EVENT_AT: Final = """
SELECT min(happened_at) AS at FROM fact WHERE deal_id = $1 AND kind IN ('order', 'sign')
"""


@dataclass(frozen=True, slots=True)
class ShareForm:
    """One person's share of a split, as somebody enters it."""

    staff: str
    percent: Decimal


async def what_it_comes_to(fetch: Fetch, desk: Desk, held: HeldDeal) -> Attributed:
    """Say what a deal comes to as everything stands now."""
    return attributed(await deal_ruling(fetch, desk, held.id, held.root), await fetch(AGREED, [held.id]))


async def split_credit(desk: Desk, deal: str, *, shares: Sequence[ShareForm], expected_version: int, key: UUID) -> Done:
    """Split what the law gives the team on duty among its members, as the project leader (A22)."""
    await desk.require(Act.SPLIT_CREDIT)
    proof = Proof()
    if not 0 < len(shares) <= MOST_SHARES:
        proof.blame(ProblemCode.TOO_MANY if shares else ProblemCode.REQUIRED, "shares")
    parts = _parts(proof, shares[:MOST_SHARES])
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        held = await held_deal(fetch, desk, Act.SPLIT_CREDIT, deal)
        if held is None:
            return Done(refusal=not_found("deal"))
        if held.version != expected_version:
            return Done(refusal=Refused(RefusalCode.STALE, version=held.version))
        team = credited(await deal_ruling(fetch, desk, held.id, held.root)).team_on_duty()
        if team is None:
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, ("A22",)))
        at: datetime = (await fetch(_EVENT_AT, [held.id]))[0]["at"]
        for place, (staff, _) in enumerate(parts):
            member = staff and await person(staff, now=at)
            if member is None or member.team != team:
                return Done(refusal=not_found("shares", str(place), "staff"))
        details = {
            "team": team.hex,
            "shares": [{"to": staff.hex, "percent": str(percent)} for staff, percent in parts if staff],
        }
        return await _agree(desk, tx, held, SPLIT, details=details, teams=(team,))

    async def again(tx: TransactionalDBClient, row: UUID) -> Done:
        return await once_more(desk, Act.SPLIT_CREDIT, tx, row)

    whole = {"deal": deal, "shares": [[one.staff, str(one.percent)] for one in shares], "version": expected_version}
    return await replays.once(desk, Act.SPLIT_CREDIT, key, whole, do=do, again=again)


def _parts(proof: Proof, shares: Sequence[ShareForm]) -> list[tuple[UUID | None, Decimal]]:
    """Read the shares; each person once, and all of them the whole."""
    parts: list[tuple[UUID | None, Decimal]] = []
    for place, one in enumerate(shares):
        percent = proof.percent(one.percent, "shares", str(place), "percent")
        staff = row_of(Kind.STAFF, one.staff)
        if staff is not None and any(staff == other for other, _ in parts):
            proof.blame(ProblemCode.NOT_OFFERED, "shares", str(place), "staff")
        if percent is not None:
            parts.append((staff, percent))
    if not proof.problems and sum(percent for _, percent in parts) != WHOLE:
        proof.blame(ProblemCode.SUM_IS_NOT_100, "shares")
    return parts


async def concede_credit(
    desk: Desk, deal: str, *, to: str, share: Decimal, paper: str, statement: Confidential | None,
    expected_version: int, key: UUID,
) -> Done:  # fmt: skip
    """Give up a share of one's own credit for somebody, by a signed paper (H5)."""
    actor = await desk.require(Act.CONCEDE_CREDIT)
    proof = Proof()
    given, digest = proof.percent(share, "share"), proof.digest(paper, "paper")
    text = proof.text(statement, "statement")
    other = await person_named(desk, to)
    if other is not None and other.id == actor.staff:
        proof.blame(ProblemCode.NOT_OFFERED, "to")
    if given is None or proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        held = await held_deal(fetch, desk, Act.CONCEDE_CREDIT, deal)
        if held is None:
            return Done(refusal=not_found("deal"))
        if other is None:
            return Done(refusal=not_found("to"))
        if held.version != expected_version:
            return Done(refusal=Refused(RefusalCode.STALE, version=held.version))
        if given > (await what_it_comes_to(fetch, desk, held)).share_of(actor.staff):
            return Done(refusal=Refused(RefusalCode.NOT_CREDITED, ("H5",)))
        details = {"to": other.id.hex, "share": str(given), "paper": digest}
        teams = tuple({team for team in (actor.team, other.team) if team is not None})
        return await _agree(desk, tx, held, CONCESSION, details=details, teams=teams, text=text)

    async def again(tx: TransactionalDBClient, row: UUID) -> Done:
        return await once_more(desk, Act.CONCEDE_CREDIT, tx, row)

    whole = {
        "deal": deal, "to": to, "share": str(share), "paper": paper, "statement": statement,
        "version": expected_version,
    }  # fmt: skip
    return await replays.once(desk, Act.CONCEDE_CREDIT, key, whole, do=do, again=again)


async def _agree(
    desk: Desk, tx: TransactionalDBClient, held: HeldDeal, kind: str, *,
    details: Mapping[str, Any], teams: tuple[UUID, ...], text: str | None = None,
) -> Done:  # fmt: skip
    """Write what was agreed about a deal that is held."""
    fetch: Fetch = tx.execute_query_dict
    staff = desk.signed_in().staff
    addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
    fact = addition.add_fact(kind, held.root, at=desk.now, by=staff, entered_by=staff, deal=held.id, details=details)
    if text is not None:
        addition.seal(fact, held.root, await desk.cipher_of(fetch, held.root), [(Column.STATEMENT, text.encode())])
    await addition.write(tx)
    await bump_deal(fetch, held.id)
    await desk.record(tx, Entry(f"credit:{kind}", customer=held.root, subject_teams=teams))
    return Done(held.id, held.root)

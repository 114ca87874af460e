"""Filing a customer (报备), and completing what was filed.

- A well-formed filing is always recorded, also one that the law gives nothing: the refusal stands beside it (A28).
- Whoever enters it need not be who claims by it (A6 E2); both are kept.
- It counts from when it was said, which may lie in the past (H2) and never in the future.
- A filing that is ill-formed is refused with every problem at once, and nothing of it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import UTC
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from authz.actor import Role, law_role
from authz.acts import Act
from claims.decide import claim_ruling
from claims.facts import FactKind, FilingType
from claims.refusal import RefusalCode as LawRefusal
from crypto.sealed import Confidential
from records import replays
from records.audit import Entry, concerned
from records.budgets import spend
from records.claim_rows import FilingState
from records.columns import Column
from records.completion import add_to_filing
from records.entry_rules import (
    FilingChannel,
    lateness,
    proofread_channel,
    proofread_lateness,
    proofread_verification,
)
from records.facts import Addition
from records.forms import possible_matches
from records.histories import histories, law_id
from records.holders import refresh
from records.identity import match, place, write_at
from records.next_steps import standing_of, tell_of_filing
from records.outcomes import Done
from records.people import departed_of, person_entered
from records.proofreading import Entered, Proof
from records.queries import claim_to_change, deal_in_sight
from records.refusals import ProblemCode, RefusalCode, Refused, not_found
from records.regions import with_known_region
from records.register import SOURCE, source_of
from records.tokens import tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from claims.ruling import Ground, Ruling
    from records.connection import Fetch
    from records.desk import Desk
    from records.entry_rules import Lateness
    from records.forms import Form
    from records.queries import DealInSight


class LawfulBasis(StrEnum):
    """Why the company may keep a person's data (个人信息保护法 13)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_DUTY = "legal_duty"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimForm(Entered):
    """A filing as somebody enters it: for whom, of which type, by which channel, and when it was said."""

    claimant: str | None = None
    type: FilingType = FilingType.CUSTOMER
    channel: FilingChannel = FilingChannel.ON_SITE
    occurred_at: datetime | None = None
    visited_at: datetime | None = None
    event_at: datetime | None = None
    deal: str | None = None
    is_key: bool = False
    is_verified: bool = False
    source: str | None = field(default=None, repr=False)
    basis: LawfulBasis | None = None
    late_reason: Confidential | None = None


_PENDING: Final = frozenset({LawRefusal.IN_REVIEW, LawRefusal.NOT_ASSIGNED})
"""What still waits for somebody has given its claimant nothing, and refused nothing."""
_ROOT_OF: Final = "SELECT c.root_id FROM filing f JOIN customer c ON c.id = f.customer_id WHERE f.id = $1"


def _said(entered: Entered, **more: object) -> dict[str, Any]:
    """Write an input as idempotency compares it."""
    return {one.name: getattr(entered, one.name) for one in fields(entered)} | more


async def file_claim(desk: Desk, form: ClaimForm, *, key: UUID) -> Done:
    """File a customer for oneself, or for whom one may enter filings.

    Refused: a claimant nobody knows, a type that the rulebook does not offer, an instant in the future, texts and
    phones that cannot be kept, and a filing that says nothing. What the law refuses is recorded all the same.
    """
    actor = await desk.require(Act.FILE_CLAIM)
    claimant = await person_entered(desk, Act.FILE_CLAIM, form.claimant)
    proof = Proof(desk.rulebook.required)
    said = proof.form(form)
    if form.source is not None and source_of(form.source) is None:
        # A source that is on no list is somebody's words, and is kept as such.
        words = proof.text(Confidential(form.source), "source")
        said = replace(said, unknown={**said.unknown, SOURCE: words} if words else said.unknown)
    occurred = form.occurred_at or desk.now
    reason = proof.text(form.late_reason, "lateReason")
    late = lateness(desk.rulebook, occurred_at=occurred, event_at=form.event_at, now=desk.now)
    _proofread_claim(proof, desk, form, said_nothing=said.is_empty())
    proofread_lateness(proof, late, has_reason=reason is not None)
    if claimant is None:
        return Done(refusal=not_found("claimant"))
    proofread_channel(proof, desk.rulebook, claimant.role, form.channel)
    if proof.problems:
        return Done(refusal=proof.refusal())
    said = await with_known_region(said)
    texts = list(said.sealed_texts())
    if reason is not None:
        texts.append((Column.STATEMENT, reason.encode()))
    may_hint = bool(said.phones) and await spend(desk, Act.FILE_CLAIM, 1)

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        deal = form.deal and await deal_in_sight(fetch, desk, form.deal)
        if form.deal is not None and not deal:
            return Done(refusal=not_found("deal"))
        form_said = _with_values(said, form, deal or None)
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        places = await place(fetch, desk.keys, addition, [form_said], known=[deal.customer] if deal else ())
        (placed,) = places.placed
        filing = addition.add_filing(
            form_said, placed.customer, placed.cipher, claimant=claimant.id, team=claimant.team, entered_by=actor.staff,
            type=form.type, channel=form.channel, source=form.source and source_of(form.source), basis=form.basis,
            occurred_at=occurred, tokens=placed.tokens,
        )  # fmt: skip
        customer, by = placed.customer, claimant.id
        if form.visited_at is not None:
            addition.add_fact(FactKind.VISIT, customer, at=form.visited_at, by=by, entered_by=actor.staff)
        fact = addition.add_fact(
            FactKind.FILE, customer, at=occurred, by=by, entered_by=actor.staff, filing=filing,
            details=form_said.details() | _circumstances(form, late),
        )  # fmt: skip
        addition.seal(fact, customer, placed.cipher, texts, filing=filing)
        await write_at(tx, addition, places, by=by)
        await refresh(tx, places.roots(), desk.rulebook, entropy=desk.entropy)
        await tell_of_filing(tx, desk, filing, before=None)
        await desk.record(tx, _entry("claim:file", customer, claimant.team, form_said))
        done = await outcome_of(desk, tx, filing)
        if done.refusal is None and may_hint and await is_possible_match(fetch, desk, said, done.customer):
            return replace(done, refusal=Refused(RefusalCode.POSSIBLE_MATCH, ("A7",)))
        return done

    again = partial(outcome_of, desk)
    return await replays.once(desk, Act.FILE_CLAIM, key, _said(form), do=do, again=again, acting=[claimant.id])


def _proofread_claim(proof: Proof, desk: Desk, form: ClaimForm, *, said_nothing: bool) -> None:
    if form.type not in desk.rulebook.required:
        proof.blame(ProblemCode.NOT_OFFERED, "type")
    proofread_verification(proof, desk.rulebook, is_verified=form.is_verified)
    for name, at in (("occurredAt", form.occurred_at), ("visitedAt", form.visited_at)):
        if at is not None and at > desk.now:
            proof.blame(ProblemCode.IN_THE_FUTURE, name)
    if said_nothing and not proof.problems:
        proof.blame(ProblemCode.REQUIRED, "phones")


def _with_values(said: Form, form: ClaimForm, deal: DealInSight | None) -> Form:
    """Put beside what a filing says what it is of: a key customer (C1), a deal (D10)."""
    values = dict(said.values)
    if form.is_key:
        values["key"] = True
    if deal is not None:
        values["deal"] = law_id(deal.deal)
    return replace(said, values=values)


def _circumstances(form: ClaimForm, late: Sequence[tuple[Lateness, tuple[str, ...]]]) -> dict[str, object]:
    """Write how a filing was made: when its appointment is, how it was late, that sales verified it."""
    details: dict[str, object] = {}
    if form.event_at is not None:
        details["event_at"] = form.event_at.astimezone(UTC).isoformat()
    if late:
        details["late"] = [one.value for one, _ in late]
    if form.is_verified:
        details["verified_before"] = True
    return details


async def is_possible_match(fetch: Fetch, desk: Desk, said: Form, root: UUID | None) -> bool:
    """Tell whether a phone with hidden digits, or one beside such a phone, may be another customer's (A7)."""
    found = await match(fetch, tokens_of(desk.keys, possible_matches(said.phones)))
    return any(one != root for roots in found.values() for one in roots)


async def outcome_of(desk: Desk, tx: TransactionalDBClient, filing: UUID) -> Done:
    """Say what the law gives a filing as everything stands now."""
    fetch: Fetch = tx.execute_query_dict
    root: UUID = (await fetch(_ROOT_OF, [filing]))[0]["root_id"]
    told = (await histories(fetch, [root]))[root]
    ruling = claim_ruling(told.history, desk.rulebook, law_id(filing), desk.now)
    refused = ruling.outcome["refused"]
    if refused is None or refused in _PENDING:
        return Done(filing, root)
    mine = {fact.id for fact in told.history.facts if fact.filing == law_id(filing)}
    return Done(filing, root, Refused(RefusalCode(str(refused)), _refusing(ruling, mine)))


def _refusing(ruling: Ruling, mine: set[str]) -> tuple[str, ...]:
    """Give the clauses of the step at which a filing, known by its facts, came to nothing; the ruling's if none did."""
    for ground in reversed(ruling.grounds):
        if not ground.held and any(mine.intersection(one.facts) for one in _branch(ground)):
            last = ground.grounds[-1] if ground.grounds else ground
            found = {clause for one in _branch(last) if one is last or one.held for clause in one.clauses}
            return tuple(sorted(found)) or ruling.clauses
    return ruling.clauses


def _branch(ground: Ground) -> Iterator[Ground]:
    yield ground
    for below in ground.grounds:
        yield from _branch(below)


def _entry(tag: str, customer: UUID, team: UUID | None, said: Form) -> Entry:
    return Entry(tag, customer=customer, subject_teams=concerned(team), fields=tuple(said.present()))


async def complete_filing(desk: Desk, claim: str, entered: Entered, *, expected_version: int, key: UUID) -> Done:
    """Add to a filing what is missing: its claimant, their supervisor (G8) or the archivist (C10).

    What is entered replaces what stood under the same name. A number that shows two customers to be one links them.
    Customer service enters for the claimant (E2), whose completion it is.
    """
    actor = await desk.require(Act.COMPLETE_FILING)
    proof = Proof(desk.rulebook.required)
    said = proof.form(entered)
    if said.is_empty() and not proof.problems:
        proof.blame(ProblemCode.REQUIRED, "phones")
    if proof.problems:
        return Done(refusal=proof.refusal())
    said = await with_known_region(said)

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        filing = await claim_to_change(fetch, desk, Act.COMPLETE_FILING, claim)
        if filing is None:
            return Done(refusal=not_found("claim"))
        if filing["version"] != expected_version:
            return Done(refusal=Refused(RefusalCode.STALE, version=filing["version"]))
        if (await standing_of(fetch, filing["id"], now=desk.now)).state == FilingState.ARCHIVED:
            # Its record is sealed: what is to be put right there is a new entry of the archive.
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, desk.rulebook.source("filing.archive").clauses))
        by = filing["claimant_id"] if actor.role is Role.CUSTOMER_SERVICE else actor.staff
        if not await _completes(fetch, desk, filing["claimant_id"], by):
            clauses = desk.rulebook.source("filing.supplemented_by").clauses
            return Done(refusal=Refused(RefusalCode.NOT_THE_CLAIMANT, clauses))
        await add_to_filing(tx, desk, filing, said, by=by, entered_by=actor.staff)
        return await outcome_of(desk, tx, filing["id"])

    whole = _said(entered, claim=claim, version=expected_version)
    return await replays.once(desk, Act.COMPLETE_FILING, key, whole, do=do, again=partial(outcome_of, desk))


async def _completes(fetch: Fetch, desk: Desk, claimant: UUID, by: UUID) -> bool:
    """Tell whether the law hears a completion: by the claimant while they are here, or by whom it lets supplement."""
    if by == claimant:
        return not await departed_of(fetch, [claimant])
    return law_role(desk.signed_in().role) in desk.rulebook.terms.supplementers

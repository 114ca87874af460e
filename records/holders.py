"""Who holds, in which state a filing is, in whose scope a customer is, and who offended: projections of the facts.

- They are written in the transaction of the act, for all boundaries ahead, so that expiry needs no job.
- What is written is what the law says of all the facts; what stands already is left alone.
- `baobei verify` works them out again and compares (`records.verification`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from claims.decide import Question, decide
from claims.timeline import chain_of, filing_states, holdings
from records import penalties
from records.connection import copy_rows, transaction
from records.histories import Told, histories, law_id
from records.identity import hold_roots
from records.law import law_of
from records.people import keep_people
from records.queries import PENDING_STATES, is_confidential

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from tortoise.backends.base.client import TransactionalDBClient

    from claims.rulebook import Rulebook
    from records.connection import Fetch

_Row = tuple[Any, ...]
IN_REVIEW: Final = "in_review"


@dataclass(frozen=True, slots=True)
class Projection:
    """One projection's table: its columns without the id, and how its rows for some customers (roots) are read."""

    table: str
    columns: tuple[str, ...]
    select: str

    async def standing(self, fetch: Fetch, roots: Collection[UUID]) -> dict[_Row, UUID]:
        """Read the rows that stand there now, with their ids."""
        rows = await fetch(self.select, [list(roots)])
        return {tuple(_plain(row[column]) for column in self.columns): row["id"] for row in rows}


def _plain(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


HOLDINGS: Final = Projection(
    "holding",
    ("customer_id", "from_at", "until_at", "staff_id", "team_id", "protected_until", "clauses", "edition"),
    "SELECT * FROM holding WHERE customer_id = ANY($1)",
)
STATES: Final = Projection(
    "claim_state",
    ("filing_id", "from_at", "until_at", "state", "missing", "clauses", "edition"),
    "SELECT s.* FROM claim_state s JOIN filing f ON f.id = s.filing_id JOIN customer c ON c.id = f.customer_id "
    "WHERE c.root_id = ANY($1)",
)
SCOPES: Final = Projection(
    "customer_scope",
    ("customer_id", "team_id", "filed_at", "is_pending"),
    "SELECT * FROM customer_scope WHERE customer_id = ANY($1)",
)
OFFENCES: Final = Projection(
    "law_offence",
    penalties.COLUMNS,
    "SELECT * FROM law_offence WHERE customer_id = ANY($1)",
)
REVIEWS: Final = Projection(
    "pending_review",
    ("filing_id", "level", "levels", "reviewer", "different_people", "approvers", "since"),
    "SELECT r.* FROM pending_review r JOIN filing f ON f.id = r.filing_id JOIN customer c ON c.id = f.customer_id "
    "WHERE c.root_id = ANY($1)",
)
PROJECTIONS: Final = (HOLDINGS, STATES, SCOPES, REVIEWS, OFFENCES)
_FILINGS = """
SELECT f.id, c.root_id, f.team_id, f.occurred_at FROM filing f JOIN customer c ON c.id = f.customer_id
WHERE c.root_id = ANY($1) ORDER BY f.occurred_at, f.id
"""
_HISTORIES_OF = """
SELECT DISTINCT c.root_id FROM fact f JOIN customer c ON c.id = f.customer_id
WHERE f.by_id = ANY($1) OR f.details ->> 'to' = ANY($2) OR f.details ->> 'with' = ANY($2)
"""
BATCH: Final = 500
"""Customers that are decided of at once: their histories are held in memory."""
_OTHERWISE_DECIDED = """
SELECT DISTINCT c.root_id FROM (
    (SELECT customer_id FROM holding WHERE edition <> ALL($1) LIMIT $2)
    UNION ALL
    (SELECT f.customer_id FROM claim_state s JOIN filing f ON f.id = s.filing_id WHERE s.edition <> ALL($1) LIMIT $2)
) o JOIN customer c ON c.id = o.customer_id
"""
_HOLDER = """
SELECT staff_id, team_id FROM holding
WHERE customer_id = $1 AND from_at <= $2 AND (until_at IS NULL OR until_at > $2)
"""


async def projected(fetch: Fetch, roots: Collection[UUID], rulebook: Rulebook) -> dict[Projection, set[_Row]]:
    """Work out from the facts what the projections of some customers must hold."""
    told = await histories(fetch, roots)
    filings: dict[UUID, list[Mapping[str, Any]]] = defaultdict(list)
    for row in await fetch(_FILINGS, [list(roots)]):
        filings[row["root_id"]].append(row)
    rows: dict[Projection, set[_Row]] = {projection: set() for projection in PROJECTIONS}
    for root, one in told.items():
        held = list(_holdings(root, one, rulebook))
        rows[HOLDINGS].update(held)
        pending: set[UUID] = set()
        for filing in filings[root]:
            states = list(_states(filing["id"], one, rulebook))
            rows[STATES].update(states)
            if states and states[-1][3] in PENDING_STATES:
                pending.add(filing["id"])
                if states[-1][3] == IN_REVIEW:
                    rows[REVIEWS].add(_review(filing["id"], one, rulebook))
        # Who sees what is pending goes by the edition of the latest fact: a day ahead changes nobody's sight.
        now = rulebook.at(one.history.facts[-1].at) if one.history.facts else rulebook
        rows[SCOPES].update(_scopes(root, filings[root], held, pending if is_confidential(now) else set()))
        rows[OFFENCES].update(penalties.penalties(root, one.history, rulebook))
    return rows


def _holdings(root: UUID, told: Told, rulebook: Rulebook) -> Iterable[_Row]:
    for span in holdings(told.history, rulebook, law_id(root)):
        staff, team = (UUID(hex=name) if name else None for name in (span.staff, span.team))
        yield (
            root, span.since, span.until, staff, team, span.protected_until, tuple(span.clauses),
            rulebook.at(span.since).edition,
        )  # fmt: skip


def _states(filing: UUID, told: Told, rulebook: Rulebook) -> Iterable[_Row]:
    for span in filing_states(told.history, rulebook, law_id(filing)):
        yield (
            filing, span.since, span.until, span.state, tuple(span.missing), tuple(span.clauses),
            rulebook.at(span.since).edition,
        )  # fmt: skip


def _review(filing: UUID, told: Told, rulebook: Rulebook) -> _Row:
    """Say at which level a filing waits, and who approved it in this round, as the law lays it out."""
    latest = told.history.facts[-1].at
    ruling = decide(told.history, rulebook, Question("filing", latest, filing=law_id(filing)))
    (ground,) = (ground for ground in ruling.grounds if ground.rule == "filing.in_review")
    words = dict(ground.words)
    # The first fact is the filing itself; what follows are the approvals of this round.
    approvals = [told.known[fact] for fact in ground.facts[1:]]
    since = max(fact.at for fact in told.history.facts if fact.filing == law_id(filing))
    approvers = tuple(law_id(one.by) for one in approvals if one.by is not None)
    chain = chain_of(told.history, rulebook, law_id(filing))
    reviewer = "".join(chain.reviewers[len(approvals) : len(approvals) + 1])
    return (filing, words["level"], words["levels"], reviewer, chain.different_people, approvers, since)


def _scopes(
    root: UUID, filings: Sequence[Mapping[str, Any]], held: Sequence[_Row], confidential: Collection[UUID]
) -> Iterable[_Row]:
    """Say which teams see the customer: those that filed it or hold it, each as of its own latest filing.

    A confidential filing (C3) counts where there is none besides, and then the row says so.
    """
    if not filings:
        return
    through = [filing for filing in filings if filing["id"] not in confidential]
    seen = {filing["team_id"]: (filing["occurred_at"], True) for filing in filings}
    seen |= {row[4]: (row[1], False) for row in held}
    seen |= {filing["team_id"]: (filing["occurred_at"], False) for filing in through}
    seen.pop(None, None)
    yield (root, None, (through or filings)[-1]["occurred_at"], not through)
    for team, (filed_at, is_pending) in seen.items():
        yield (root, team, filed_at, is_pending)


async def refresh(
    connection: TransactionalDBClient, roots: Collection[UUID], rulebook: Rulebook, *, entropy: Callable[[int], bytes]
) -> None:
    """Bring the projections of some customers up to their facts; the roots' rows are locked by the caller.

    The law is asked of the book: an edition that was approved since the caller began is decided by.
    """
    fetch: Fetch = connection.execute_query_dict
    due = await projected(fetch, roots, await law_of(fetch, rulebook))
    for projection in PROJECTIONS:
        standing = await projection.standing(fetch, roots)
        if gone := [standing[row] for row in standing.keys() - due[projection]]:
            await fetch(f"DELETE FROM {projection.table} WHERE id = ANY($1)", [gone])  # noqa: S608 (a constant of ours)
        new = [(UUID(bytes=entropy(16), version=4), *row) for row in due[projection] - standing.keys()]
        if new:
            await copy_rows(connection, projection.table, ("id", *projection.columns), new)


async def refresh_for(
    connection: TransactionalDBClient, people: Collection[UUID], rulebook: Rulebook, *, entropy: Callable[[int], bytes]
) -> None:
    """Decide anew of every customer in whose history somebody has part whose team or role is another now.

    Whoever changed teams takes along the customers that they hold. Nobody else acts meanwhile (`records.people`).
    """
    if not people:
        return
    fetch: Fetch = connection.execute_query_dict
    rows = await fetch(_HISTORIES_OF, [list(people), [law_id(person) for person in people]])
    for start in range(0, len(rows), BATCH):
        roots = await hold_roots(fetch, [row["root_id"] for row in rows[start : start + BATCH]])
        await refresh(connection, set(roots.values()), rulebook, entropy=entropy)


async def follow_rulebook(rulebook: Rulebook, *, entropy: Callable[[int], bytes]) -> None:
    """Decide anew what was decided under another rulebook than the one in force, some hundred customers at a time.

    What remains is what another edition wrote, so that a start that was killed goes on where it stopped.
    """
    known = [book.edition for book in rulebook.editions()]
    while True:
        async with transaction() as tx:
            await keep_people(tx.execute_query_dict)
            rows = await tx.execute_query_dict(_OTHERWISE_DECIDED, [known, BATCH])
            if not rows:
                return
            roots = await hold_roots(tx.execute_query_dict, [row["root_id"] for row in rows])
            await refresh(tx, set(roots.values()), rulebook, entropy=entropy)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a customer at an instant: a person with their team, or a team alone."""

    staff: UUID | None
    team: UUID | None


async def holder_now(fetch: Fetch, root: UUID, *, now: datetime) -> Holder | None:
    """Give who holds a customer (root) at an instant; None where nobody does."""
    rows = await fetch(_HOLDER, [root, now])
    return Holder(rows[0]["staff_id"], rows[0]["team_id"]) if rows else None

"""Which rows somebody may see: the one place that scopes lists, single rows, nested rows and nodes alike, in SQL.

- Own: whoever holds a customer, or filed it, as a designer or as a member of the team they are in now, or keeps what
  a leaver filed. Team: what their team filed or holds. All: everything. Without a right: nothing, and nobody can tell
  nothing from what is not there.
- A filing that waits at a level of its chain is also put to whoever is named to review at that level (F4).
- What is not through yet, and confidential by the rulebook (C3), is its filer's, reviewers' and archivists' alone.
- A claim is its claimant's and its team's; a dispute its parties', as far as they see the customer, and
  whoever's it is to decide.
- A fact is seen by whoever sees its filing or its dispute, or is of the team of the one whose act it was, or who
  entered what is nobody's act.
- A log entry is seen by the team that acted and by the teams that were looked at.
- A departure is seen by whoever leaves, and by the supervisors of the team that they leave.
- An actor without a team has no team's rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from authz.acts import Act
from authz.policy import Condition, Scope
from records.references import Kind, row_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from authz.actor import Actor
    from claims.rulebook import Rulebook
    from records.connection import Fetch
    from records.desk import Desk

NOBODY = "false"
PENDING_STATES = ("provisional", "returned", "in_review", "forwarded")
"""States of a filing that is not through yet."""
_EVERY = tuple(Condition)
GIVEN = frozenset({Condition.REASON, Condition.BUDGET, Condition.NDA, Condition.TRAINED, Condition.ON_DUTY})
"""Conditions that a screen takes as met when it offers an act; grants and second people have to be there first."""


class Values:
    """The values of one statement: called with a value, it gives the place that stands for it."""

    __slots__ = ("given",)

    def __init__(self) -> None:
        self.given: list[Any] = []

    def __call__(self, value: object, type_: str | None = None) -> str:
        """Bind a value, as a type of PostgreSQL's where the statement does not say which."""
        self.given.append(value)
        place = f"${len(self.given)}"
        return f"{place}::{type_}" if type_ else place


@dataclass(frozen=True, slots=True)
class Sight:
    """What an actor may see by one act: as whom, how far (None: nothing), and as of when."""

    staff: UUID
    team: UUID | None
    scope: Scope | None
    now: datetime
    is_reviewer: bool = False
    sees_pending: bool = True

    def customers(self, bind: Values) -> str:
        """Select the customers (roots) in sight: `customer_id`, and `filed_at`, their latest filing in sight."""
        match self.scope:
            case Scope.ALL:
                shown = self._through("c", bind)
                return f"SELECT c.customer_id, c.filed_at FROM customer_scope c WHERE c.team_id IS NULL{shown}"
            case Scope.TEAM:
                team, shown = bind(self.team, "uuid"), self._through("c", bind)
                return f"SELECT c.customer_id, c.filed_at FROM customer_scope c WHERE c.team_id = {team}{shown}"
            case Scope.OWN:
                me, now = bind(self.staff, "uuid"), bind(self.now, "timestamptz")
                return (
                    "SELECT customer_id, max(filed_at) AS filed_at FROM ("
                    "SELECT p.root_id AS customer_id, f.occurred_at AS filed_at FROM filing f "
                    f"JOIN customer p ON p.id = f.customer_id WHERE {self._own('f', bind)} "
                    "UNION ALL SELECT h.customer_id, h.from_at FROM holding h "
                    f"WHERE h.staff_id = {me} AND h.from_at <= {now} AND (h.until_at IS NULL OR h.until_at > {now})"
                    ") own GROUP BY customer_id"
                )
            case _:
                return "SELECT customer_id, filed_at FROM customer_scope WHERE false"

    def one_customer(self, root: str, bind: Values) -> str:
        """Select the customer (root) of a column, in sight or put to the actor: that is reached singly, in no list."""
        in_sight = f"SELECT s.customer_id, s.filed_at FROM ({self.customers(bind)}) s WHERE s.customer_id = {root}"
        if not self.is_reviewer:
            return in_sight
        return (
            f"({in_sight}) UNION ALL (SELECT q.root_id, g.occurred_at FROM filing g JOIN customer q "
            f"ON q.id = g.customer_id WHERE q.root_id = {root} AND {self.put_to('g', bind)}) LIMIT 1"
        )

    def customer(self, root: str, bind: Values) -> str:
        """Say when the customer (root) of a column is in sight."""
        match self.scope:
            case Scope.ALL if self.sees_pending:
                return "true"
            case Scope.ALL:
                shown = self._through("w", bind)
                return (
                    f"EXISTS (SELECT FROM customer_scope w WHERE w.customer_id = {root} AND w.team_id IS NULL{shown})"
                )
            case Scope.TEAM:
                team, shown = bind(self.team, "uuid"), self._through("w", bind)
                seen = f"SELECT FROM customer_scope w WHERE w.customer_id = {root} AND w.team_id = {team}{shown}"
                return f"(EXISTS ({seen}) OR {self._put_customer(root, bind)})"
            case Scope.OWN:
                return self.near_customer(root, bind)
            case _:
                return NOBODY

    def _through(self, row: str, bind: Values) -> str:
        """Narrow rows of customers to those that somebody else's confidential filing did not bring alone (C3)."""
        return (
            ""
            if self.sees_pending
            else f" AND (NOT {row}.is_pending OR {self.own_customer(f'{row}.customer_id', bind)})"
        )

    def near_customer(self, root: str, bind: Values) -> str:
        """Say when the customer of a column is one that the actor holds or filed, or whose filing is put to them."""
        return f"({self.own_customer(root, bind)} OR {self._put_customer(root, bind)})"

    def _put_customer(self, root: str, bind: Values) -> str:
        if not self.is_reviewer:
            return NOBODY
        return (
            "EXISTS (SELECT FROM filing g JOIN customer q ON q.id = g.customer_id "
            f"WHERE q.root_id = {root} AND {self.put_to('g', bind)})"
        )

    def put_to(self, filing: str, bind: Values) -> str:
        """Say when a filing waits at a level at which the actor is named to review it."""
        if not self.is_reviewer:
            return NOBODY
        return (
            "EXISTS (SELECT FROM pending_review r JOIN approver a ON a.level = r.level AND a.until_at IS NULL "
            f"WHERE r.filing_id = {filing}.id AND a.staff_id = {bind(self.staff, 'uuid')})"
        )

    def own_customer(self, root: str, bind: Values) -> str:
        """Say when the customer of a column is one that the actor holds or filed."""
        me, now = bind(self.staff, "uuid"), bind(self.now, "timestamptz")
        return (
            f"(EXISTS (SELECT FROM holding h WHERE h.customer_id = {root} AND h.staff_id = {me} "
            f"AND h.from_at <= {now} AND (h.until_at IS NULL OR h.until_at > {now})) "
            "OR EXISTS (SELECT FROM filing g JOIN customer q ON q.id = g.customer_id "
            f"WHERE q.root_id = {root} AND {self._own('g', bind)}))"
        )

    def team_customer(self, root: str, bind: Values) -> str:
        """Say when the customer of a column is one that the actor's team filed or holds."""
        team = bind(self.team, "uuid")
        return f"EXISTS (SELECT FROM customer_scope w WHERE w.customer_id = {root} AND w.team_id = {team})"

    def filings(self, filing: str, bind: Values) -> str:
        """Say when a filing is in sight."""
        match self.scope:
            case Scope.ALL if self.sees_pending:
                return "true"
            case Scope.ALL:
                return self._through_or_own(filing, bind)
            case Scope.TEAM:
                team = f"{filing}.team_id = {bind(self.team, 'uuid')}"
                mine = team if self.sees_pending else f"({team} AND {self._through_or_own(filing, bind)})"
                return f"({mine} OR {self.put_to(filing, bind)})" if self.is_reviewer else mine
            case Scope.OWN:
                mine = self._own(filing, bind)
                return f"({mine} OR {self.put_to(filing, bind)})" if self.is_reviewer else mine
            case _:
                return NOBODY

    def _through_or_own(self, filing: str, bind: Values) -> str:
        """Say when a filing is through its review, or the actor's own: until then nobody else hears of it (C3)."""
        me, now = bind(self.staff, "uuid"), bind(self.now, "timestamptz")
        states = ", ".join(f"'{state}'" for state in PENDING_STATES)
        return (
            f"({me} IN ({filing}.claimant_id, {filing}.entered_by_id) OR NOT EXISTS (SELECT FROM claim_state s "
            f"WHERE s.filing_id = {filing}.id AND s.from_at <= {now} AND (s.until_at IS NULL OR s.until_at > {now}) "
            f"AND s.state IN ({states})))"
        )

    def contacts(self, filing: str, root: str, bind: Values) -> str:
        """Say when the contact that a filing brought is in sight: with the filing, and with the holding by its claim.

        Whoever changes teams takes along what they hold, and with it what they filed it with.
        """
        seen = self.filings(filing, bind)
        if self.scope is Scope.ALL or self.scope is None:
            return seen
        now = bind(self.now, "timestamptz")
        holder = (
            f"h.team_id = {bind(self.team, 'uuid')}" if self.scope is Scope.TEAM else f"h.staff_id = {bind(self.staff)}"
        )
        return (
            f"({seen} OR EXISTS (SELECT FROM holding h WHERE h.customer_id = {root} AND h.staff_id = "
            f"{filing}.claimant_id AND {holder} AND h.from_at <= {now} AND (h.until_at IS NULL OR h.until_at > {now})))"
        )

    def _own(self, filing: str, bind: Values) -> str:
        """Say when a filing is the actor's, or in their keeping since a leaver handed it over (G11)."""
        return f"({self._filed_own(filing, bind)} OR {filing}.custodian_id = {bind(self.staff, 'uuid')})"

    def _filed_own(self, filing: str, bind: Values) -> str:
        me, team = bind(self.staff, "uuid"), bind(self.team, "uuid")
        here = f"({filing}.team_id IS NOT DISTINCT FROM {team} OR {filing}.type = 'designer')"
        return f"({filing}.claimant_id = {me} AND {here})"

    def disputes(self, dispute: str, root: str, bind: Values) -> str:
        """Say when a dispute over the customer (root) of a column is in sight."""
        match self.scope:
            case Scope.ALL:
                return "true"
            case Scope.TEAM:
                team = bind(self.team, "uuid")
                party = f"{team} IN ({dispute}.opener_team_id, {dispute}.against_team_id)"
            case Scope.OWN:
                me = bind(self.staff, "uuid")
                party = f"{me} IN ({dispute}.opened_by_id, {dispute}.against_id)"
            case _:
                return NOBODY
        arbiter = f"{dispute}.arbiter_id = {bind(self.staff, 'uuid')}"
        return f"({arbiter} OR ({party} AND {self.customer(root, bind)}))"

    def facts(self, fact: str, root: str, bind: Values) -> str:
        """Say when a fact about the customer (root, or none) of a column is in sight."""
        if self.scope is Scope.ALL:
            return "true"
        if self.scope is None:
            return NOBODY
        filings, disputes = self.filings("g", bind), self.disputes("d", root, bind)
        return (
            f"(({root} IS NULL OR {self.customer(root, bind)}) AND ("
            f"EXISTS (SELECT FROM filing g WHERE g.id = {fact}.filing_id AND {filings}) "
            f"OR EXISTS (SELECT FROM dispute d WHERE d.id = {fact}.dispute_id AND {disputes}) "
            f"OR {self._told(fact, bind)}))"
        )

    def _told(self, fact: str, bind: Values) -> str:
        colleague = self.colleagues(f"coalesce({fact}.by_id, {fact}.entered_by_id)", bind)
        return colleague if self.sees_pending else f"({fact}.filing_id IS NULL AND {colleague})"

    def colleagues(self, staff: str, bind: Values) -> str:
        """Say when the person of a column is the actor, or of the actor's own team now."""
        me = bind(self.staff, "uuid")
        if self.scope is Scope.OWN:
            return f"{staff} = {me}"
        team, now = bind(self.team, "uuid"), bind(self.now, "timestamptz")
        return (
            f"({staff} = {me} OR {team} = (SELECT m.team_id FROM team_membership m WHERE m.staff_id = {staff} "
            f"AND m.from_at <= {now} ORDER BY m.from_at DESC, m.recorded_at DESC LIMIT 1))"
        )

    def records(self, staff: str, bind: Values) -> str:
        """Say when what the person of a column recorded is in sight: everybody's, the team's, or one's own."""
        if self.scope is Scope.ALL:
            return "true"
        return NOBODY if self.scope is None else self.colleagues(staff, bind)

    def people(self, staff: str, bind: Values) -> str:
        """Say when a person is in sight: whoever entered one's own filings always is."""
        if self.scope is Scope.ALL:
            return "true"
        if self.scope is None:
            return NOBODY
        entered = f"EXISTS (SELECT FROM filing g WHERE g.entered_by_id = {staff} AND {self._filed_own('g', bind)})"
        return f"({self.colleagues(staff, bind)} OR {entered})"

    def teams(self, team: str, bind: Values) -> str:
        """Say when a team is in sight."""
        match self.scope:
            case Scope.ALL:
                return "true"
            case None:
                return NOBODY
            case _:
                return f"{team} = {bind(self.team, 'uuid')}"

    def notices(self, notice: str, bind: Values) -> str:
        """Say when a notice is to the actor, or to the team that they are in now."""
        if self.scope is None:
            return NOBODY
        return f"({notice}.to_staff_id = {bind(self.staff, 'uuid')} OR {notice}.to_team_id = {bind(self.team, 'uuid')})"

    def departures(self, departure: str, bind: Values) -> str:
        """Say when a departure is in sight: one's own always, one's team's, or everybody's."""
        match self.scope:
            case Scope.ALL:
                return "true"
            case Scope.TEAM:
                me, team = bind(self.staff, "uuid"), bind(self.team, "uuid")
                return f"({departure}.staff_id = {me} OR {departure}.team_id = {team})"
            case Scope.OWN:
                return f"{departure}.staff_id = {bind(self.staff, 'uuid')}"
            case _:
                return NOBODY

    def entries(self, entry: str, bind: Values) -> str:
        """Say when an entry of the access log is in sight."""
        match self.scope:
            case Scope.ALL:
                return "true"
            case Scope.TEAM:
                team = bind(self.team, "uuid")
                return f"({entry}.actor_team = {team} OR {entry}.subject_teams @> ARRAY[{team}])"
            case _:
                return NOBODY


def visible_to(desk: Desk, act: Act, *, facts: Iterable[Condition] = _EVERY) -> Sight:
    """Give what whoever asks may see by an act; nobody, or somebody without the right, sees nothing."""
    actor = desk.signed_in()
    is_reviewer = desk.guard.widest(actor.role, Act.REVIEW_CLAIM) is not None
    sees_pending = is_reviewer or not is_confidential(desk.rulebook)
    scope = desk.guard.widest(actor.role, act, facts=known_to(desk, facts))
    return Sight(actor.staff, actor.team, scope, desk.now, is_reviewer, sees_pending)


def known_to(desk: Desk, facts: Iterable[Condition]) -> frozenset[Condition]:
    """Give conditions that are taken as met, save that of having signed, which is known of whoever asks (B10)."""
    return frozenset(facts) - {Condition.NDA} | desk.standing


def is_confidential(rulebook: Rulebook) -> bool:
    """Tell whether a filing that is not through is seen by its filer, its reviewers and archivists alone (C3)."""
    return rulebook.word("filing.seen_by") == "reviewers"


def relation_of(actor: Actor, *, is_own: bool, is_team: bool) -> Scope:
    """Say how near a row stands to an actor, as the guard asks."""
    if is_own:
        return Scope.OWN
    return Scope.TEAM if is_team and actor.team is not None else Scope.ALL


def acts_on(desk: Desk, acts: Iterable[Act], relation: Scope, *, facts: Iterable[Condition] = GIVEN) -> list[Act]:
    """List the acts that whoever asks may do on something that stands so to them."""
    met = known_to(desk, facts)
    return [act for act in acts if desk.guard.may(desk.actor, act, relation=relation, facts=met)]


async def customer_to_act_on(fetch: Fetch, desk: Desk, act: Act, reference: str | None) -> UUID | None:
    """Give the root of the customer that a reference names, if it is within the actor's scope of an act."""
    customer, bind = row_of(Kind.CUSTOMER, reference), Values()
    sight = visible_to(desk, act)
    statement = (
        f"SELECT c.root_id FROM customer c WHERE c.id = {bind(customer)} AND {sight.customer('c.root_id', bind)}"
    )
    rows = await fetch(statement, bind.given)
    return rows[0]["root_id"] if rows else None


async def claim_to_change(fetch: Fetch, desk: Desk, act: Act, reference: str | None) -> Mapping[str, Any] | None:
    """Lock the filing that a reference names, if it is within the actor's scope of an act."""
    filing, bind = row_of(Kind.CLAIM, reference), Values()
    sight = visible_to(desk, act)
    statement = f"SELECT f.* FROM filing f WHERE f.id = {bind(filing)} AND {sight.filings('f', bind)} FOR NO KEY UPDATE"
    rows = await fetch(statement, bind.given)
    return rows[0] if rows else None


async def dispute_to_change(fetch: Fetch, desk: Desk, act: Act, reference: str | None) -> Mapping[str, Any] | None:
    """Lock the dispute that a reference names, if it is within the actor's scope of an act; `root_id` is with it."""
    dispute, bind = row_of(Kind.DISPUTE, reference), Values()
    sight = visible_to(desk, act)
    statement = (
        "SELECT d.*, c.root_id FROM dispute d JOIN customer c ON c.id = d.customer_id "
        f"WHERE d.id = {bind(dispute)} AND {sight.disputes('d', 'c.root_id', bind)} FOR NO KEY UPDATE OF d"
    )
    rows = await fetch(statement, bind.given)
    return rows[0] if rows else None


async def departure_to_change(fetch: Fetch, desk: Desk, act: Act, reference: str) -> Mapping[str, Any] | None:
    """Lock the departure that a reference names, if it is within the actor's scope of an act."""
    departure, bind = row_of(Kind.DEPARTURE, reference), Values()
    sight = visible_to(desk, act)
    statement = (
        f"SELECT d.* FROM departure d WHERE d.id = {bind(departure)} AND {sight.departures('d', bind)} FOR UPDATE"
    )
    rows = await fetch(statement, bind.given)
    return rows[0] if rows else None


@dataclass(frozen=True, slots=True)
class DealInSight:
    """A deal and the customer (root) that it is with."""

    deal: UUID
    customer: UUID


async def deal_in_sight(fetch: Fetch, desk: Desk, reference: str) -> DealInSight | None:
    """Find the deal that a reference names, if its customer is one that the actor sees."""
    deal, bind = row_of(Kind.DEAL, reference), Values()
    sight = visible_to(desk, Act.VIEW_CUSTOMERS)
    statement = (
        "SELECT f.deal_id, c.root_id FROM fact f JOIN customer c ON c.id = f.customer_id "
        f"WHERE f.deal_id = {bind(deal)} AND {sight.customer('c.root_id', bind)} ORDER BY f.seq LIMIT 1"
    )
    rows = await fetch(statement, bind.given)
    return DealInSight(rows[0]["deal_id"], rows[0]["root_id"]) if rows else None

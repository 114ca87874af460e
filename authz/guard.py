"""Whether somebody may do something: decided by Casbin once, at the start, and looked up from then on.

- What no line of the policy grants is refused; a line that denies wins; no role inherits from another.
- A table of every question that some line speaks of is filled by the enforcer; nothing changes it.
- Who may act on what is farther away may act on what is nearer, and on its public fields: a policy that denies
  the near and grants the far is refused at the start, so that one scope says how far a role reaches.
- The edition, a digest of model and policy, stands in every log entry.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain, combinations
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import casbin
from casbin.model import FastModel, Model

from authz.acts import Act
from authz.policy import SEPARATOR, Condition, Effect, FieldClass, Grant, PolicyRefused, Scope, read_policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from authz.actor import Actor, Role

_HERE = Path(__file__).parent
MODEL = _HERE / "model.conf"
POLICY = _HERE / "policy.csv"
_ROLE_AND_ACT = (0, 1)
"""The cells by which the enforcer that fills the table finds the lines that a question concerns."""


class Forbidden(Exception):  # noqa: N818 (the guard's No)
    """The guard's No: which act, for the log; the refused hear only that it is forbidden."""

    def __init__(self, act: Act) -> None:
        super().__init__(act.value)
        self.act = act


@dataclass(frozen=True, slots=True)
class Question:
    """What the guard is asked: `facts` are the conditions that hold."""

    role: Role
    act: Act
    relation: Scope
    field: FieldClass
    facts: frozenset[Condition]

    def words(self) -> tuple[str, str, str, str, str]:
        """Write it as the enforcer's request."""
        facts = SEPARATOR.join(sorted(self.facts))
        return self.role.value, self.act.value, self.relation.word, self.field.value, facts


@dataclass(frozen=True, slots=True)
class Explanation:
    """The enforcer's own answer, and a line that it rests on; none where the policy is silent."""

    is_allowed: bool
    grant: Grant | None


@dataclass(frozen=True, slots=True)
class _Reach:
    """How far one role may go with one act: a scope for each field class under the conditions asked for."""

    asked: frozenset[Condition]
    scopes: Mapping[tuple[FieldClass, frozenset[Condition]], Scope]


def _covers(scope: str, relation: str) -> bool:
    return Scope[scope.upper()] >= Scope[relation.upper()]


def _names(fields: str, field: str) -> bool:
    return field in fields.split(SEPARATOR)


def _holds(when: str, facts: str) -> bool:
    return set(when.split(SEPARATOR)) <= {Condition.ALWAYS.value, *facts.split(SEPARATOR)}


def _subsets(conditions: frozenset[Condition]) -> Iterator[frozenset[Condition]]:
    sizes = range(len(conditions) + 1)
    return map(frozenset, chain.from_iterable(combinations(sorted(conditions), size) for size in sizes))


def _reach(enforcer: casbin.Enforcer, role: Role, act: Act, grants: list[Grant]) -> _Reach:
    """Ask how far a role may go with an act, on each field and under each set of conditions of its lines.

    Raises `PolicyRefused` where the answers leave a hole: a yes farther away than a no, or beside public.
    """
    asked = frozenset[Condition]().union(*(grant.when for grant in grants)) - {Condition.ALWAYS}
    fields = frozenset[FieldClass]().union(*(grant.fields for grant in grants))
    scopes: dict[tuple[FieldClass, frozenset[Condition]], Scope] = {}
    has_hole = False
    for facts in _subsets(asked):
        for field in sorted(fields):
            questions = [Question(role, act, relation, field, facts) for relation in Scope]
            allowed = [question.relation for question in questions if enforcer.enforce(*question.words())]
            if allowed:
                scopes[field, facts] = allowed[-1]
                has_hole |= len(allowed) != allowed[-1]
    has_hole |= any(scope > scopes.get((FieldClass.PUBLIC, facts), 0) for (_, facts), scope in scopes.items())
    if has_hole:
        lines = ", ".join(str(grant.line) for grant in grants if grant.effect is Effect.DENY)
        raise PolicyRefused(f"policy line {lines}: denies what is nearer, or public, and leaves more than that")
    return _Reach(asked, MappingProxyType(scopes))


class Guard:
    """A policy: its answers, its scopes, and its edition."""

    def __init__(self, text: str) -> None:
        self.grants = read_policy(text)
        self.edition = hashlib.sha256(MODEL.read_bytes() + b"\0" + text.encode()).hexdigest()[:16]
        self._table: Mapping[tuple[Role, Act], _Reach] = MappingProxyType(dict(self._fill()))

    @cached_property
    def _enforcer(self) -> casbin.Enforcer:
        whole = Model()
        whole.load_model(str(MODEL))
        return self._given_the_policy(casbin.Enforcer(whole))

    def _given_the_policy(self, enforcer: casbin.Enforcer) -> casbin.Enforcer:
        enforcer.add_function("covers", _covers)
        enforcer.add_function("names", _names)
        enforcer.add_function("holds", _holds)
        for grant in self.grants:
            enforcer.add_policy(*grant.cells())
        return enforcer

    def _fill(self) -> Iterator[tuple[tuple[Role, Act], _Reach]]:
        """Ask the enforcer whatever some line speaks of; on the rest the policy is silent, and silence is no.

        The enforcer asked here looks only at the lines of the question's role and act, and is asked once for all
        roles and acts of which the lines say the same: that makes the start of every command quick. `explain`
        asks one that reads the whole policy, and a test holds the two equal.
        """
        model = FastModel(_ROLE_AND_ACT)
        model.load_model(str(MODEL))
        enforcer = self._given_the_policy(casbin.FastEnforcer(model, cache_key_order=_ROLE_AND_ACT))
        lines: dict[tuple[Role, Act], list[Grant]] = {}
        for grant in self.grants:
            lines.setdefault((grant.role, grant.act), []).append(grant)
        alike: dict[tuple[tuple[str, ...], ...], _Reach] = {}
        for (role, act), grants in lines.items():
            said = tuple(grant.cells()[len(_ROLE_AND_ACT) :] for grant in grants)
            if said not in alike:
                alike[said] = _reach(enforcer, role, act, grants)
            yield (role, act), alike[said]

    def explain(self, question: Question) -> Explanation:
        """Ask the enforcer itself, over the whole policy, and say on which line its answer rests."""
        is_allowed, cells = self._enforcer.enforce_ex(*question.words())
        return Explanation(is_allowed, next((grant for grant in self.grants if grant.cells() == tuple(cells)), None))

    def may(
        self,
        actor: Actor | None,
        act: Act,
        *,
        relation: Scope = Scope.OWN,
        field: FieldClass = FieldClass.PUBLIC,
        facts: Iterable[Condition] = (),
    ) -> bool:
        """Tell whether an actor may do an act on an object that stands so to them, while `facts` hold.

        As it stands it asks whether they may do it at all, be it on what is their own.
        """
        if actor is None:
            return False
        scope = self._scope(actor.role, act, field, facts)
        return scope is not None and relation <= scope

    def require(
        self,
        actor: Actor | None,
        act: Act,
        *,
        relation: Scope = Scope.OWN,
        field: FieldClass = FieldClass.PUBLIC,
        facts: Iterable[Condition] = (),
    ) -> None:
        """Raise `Forbidden` unless an actor may do an act."""
        if not self.may(actor, act, relation=relation, field=field, facts=facts):
            raise Forbidden(act)

    def acts_of(self, role: Role) -> list[Act]:
        """List the acts that a role has at all, every condition met, in the order of `Act`."""
        return [act for act in Act if self.widest(role, act) is not None]

    def widest(self, role: Role, act: Act, *, facts: Iterable[Condition] = tuple(Condition)) -> Scope | None:
        """Give how far a role reaches with an act while `facts` hold: what a list of rows is cut to.

        Without `facts` every condition is taken as met: for an act that `require` has let pass, and while no role
        of the policy reaches farther under one condition than under another (a test holds that).
        """
        return self._scope(role, act, FieldClass.PUBLIC, facts)

    def fields(
        self, role: Role, act: Act, *, relation: Scope = Scope.OWN, facts: Iterable[Condition] = tuple(Condition)
    ) -> frozenset[FieldClass]:
        """Give the field classes that a role may touch by an act on an object that stands so to them."""
        held = tuple(facts)
        scopes = {one: self._scope(role, act, one, held) for one in FieldClass}
        return frozenset(one for one, scope in scopes.items() if scope is not None and relation <= scope)

    def _scope(self, role: Role, act: Act, field: FieldClass, facts: Iterable[Condition]) -> Scope | None:
        reach = self._table.get((role, act))
        return reach and reach.scopes.get((field, reach.asked.intersection(facts)))


@cache
def guard_in_force() -> Guard:
    """Give the guard by the policy of this installation: nothing changes it while a process runs."""
    return Guard(POLICY.read_text(encoding="utf-8"))

"""Whether somebody may do something: decided by Casbin once, at the start, and looked up from then on.

- What no line of the policy grants is refused; a line that denies wins; no role inherits from another.
- A grant says its scope (own within team within all), its field classes, and the conditions under which it holds.
- A policy with an unknown word, an empty cell, a missing column or a line twice is refused at the start.
- The table of answers is filled by the enforcer itself and cannot be changed; its edition stands in every log entry.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from itertools import chain, combinations
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import casbin
from casbin.model import Model

from authz.actor import Actor, Role
from authz.acts import Act

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HERE = Path(__file__).parent
POLICY = HERE / "policy.csv"
COLUMNS = 7


class Scope(IntEnum):
    """How wide a grant reaches, and how an object stands to its actor."""

    OWN = 1
    TEAM = 2
    ALL = 3


class FieldClass(StrEnum):
    """What kind of field is asked for."""

    PUBLIC = "public"
    IDENTITY = "identity"
    CONTACT = "contact"
    LOCATION = "location"
    COMMERCE = "commerce"
    RULING = "ruling"
    ACCESS_LOG = "access_log"
    KEY_META = "key_meta"


class Condition(StrEnum):
    """Under what a grant holds; `always` asks for nothing."""

    ALWAYS = "always"
    NDA = "nda"
    TRAINED = "trained"
    REASON = "reason"
    BUDGET = "budget"
    NOT_SELF = "not_self"
    GRANT = "grant"
    TWO_PEOPLE = "two_people"
    ON_DUTY = "on_duty"
    BREAK_GLASS = "break_glass"


class Forbidden(Exception):  # noqa: N818 (the guard's No)
    """The guard's No: which act, for the log; the refused hear only that it is forbidden."""

    def __init__(self, act: Act) -> None:
        super().__init__(act.value)
        self.act = act


class PolicyRefused(Exception):  # noqa: N818 (a refusal to start)
    """The policy cannot be used; names the line and the word's column."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One line of the policy."""

    role: Role
    act: Act
    scope: Scope
    fields: frozenset[FieldClass]
    when: frozenset[Condition]
    effect: str


@dataclass(frozen=True, slots=True)
class Question:
    """What the guard is asked: `facts` are the conditions that are met."""

    role: Role
    act: Act
    relation: Scope
    field: FieldClass
    facts: frozenset[Condition]


def _words(place: str, cell: str, kind: type[StrEnum]) -> frozenset[str]:
    words = cell.split("+")
    if len(set(words)) != len(words) or not all(word in set(kind) for word in words):
        raise PolicyRefused(f"{place}: expected words of {', '.join(kind)} joined by +")
    return frozenset(words)


def _grant(place: str, cells: list[str]) -> Grant:
    if len(cells) != COLUMNS or cells[0] != "p" or not all(cells):
        raise PolicyRefused(f"{place}: expected p, role, act, scope, fields, when, effect, none of them empty")
    _, role, act, scope, fields, when, effect = cells
    if role not in set(Role) or act not in set(Act):
        raise PolicyRefused(f"{place}: unknown {'role' if role not in set(Role) else 'act'}")
    if scope.upper() not in Scope.__members__ or effect not in {"allow", "deny"}:
        raise PolicyRefused(f"{place}: expected the scope own, team or all, and the effect allow or deny")
    conditions = frozenset(Condition(word) for word in _words(place, when, Condition))
    if Condition.ALWAYS in conditions and len(conditions) > 1:
        raise PolicyRefused(f"{place}: always stands alone")
    return Grant(
        Role(role),
        Act(act),
        Scope[scope.upper()],
        frozenset(FieldClass(word) for word in _words(place, fields, FieldClass)),
        conditions - {Condition.ALWAYS},
        effect,
    )


def read_policy(text: str) -> tuple[Grant, ...]:
    """Read and check a policy, line by line; refuses what Casbin would let pass."""
    grants: dict[Grant, None] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        grant = _grant(f"policy line {number}", [cell.strip() for cell in next(csv.reader([line]))])
        if grant in grants:
            raise PolicyRefused(f"policy line {number}: stands twice")
        grants[grant] = None
    if not grants:
        raise PolicyRefused("the policy is empty")
    return tuple(grants)


def _covers(scope: str, relation: str) -> bool:
    return Scope[scope.upper()] >= Scope[relation.upper()]


def _names(fields: str, field: str) -> bool:
    return field in fields.split("+")


def _holds(when: str, facts: str) -> bool:
    return set(when.split("+")) <= {"always", *facts.split("+")}


class Guard:
    """The policy in force: its answers, its scopes, and its edition."""

    def __init__(self, text: str | None = None) -> None:
        source = POLICY.read_text(encoding="utf-8") if text is None else text
        self.grants = read_policy(source)
        self.edition = hashlib.sha256(source.encode()).hexdigest()[:16]
        self._enforcer = self._make_enforcer()
        self._conditions = self._conditions_asked()
        self._answers: Mapping[Question, bool] = MappingProxyType(
            {question: self.explain(question) for question in self._questions()}
        )

    def _make_enforcer(self) -> casbin.Enforcer:
        model = Model()
        model.load_model(str(HERE / "model.conf"))
        enforcer = casbin.Enforcer(model, enable_log=False)
        enforcer.add_function("covers", _covers)
        enforcer.add_function("names", _names)
        enforcer.add_function("holds", _holds)
        for grant in self.grants:
            enforcer.add_policy(
                grant.role, grant.act, grant.scope.name.lower(), "+".join(sorted(grant.fields)),
                "+".join(sorted(grant.when or {Condition.ALWAYS})), grant.effect,
            )  # fmt: skip
        return enforcer

    def _conditions_asked(self) -> dict[tuple[Role, Act], frozenset[Condition]]:
        asked: dict[tuple[Role, Act], frozenset[Condition]] = {}
        for grant in self.grants:
            asked[grant.role, grant.act] = asked.get((grant.role, grant.act), frozenset()) | grant.when
        return asked

    def _questions(self) -> Iterable[Question]:
        """Every question that some line speaks of; on all others the policy is silent, and the answer is no."""
        for (role, act), conditions in self._conditions.items():
            subsets = chain.from_iterable(combinations(sorted(conditions), n) for n in range(len(conditions) + 1))
            for facts in subsets:
                for relation in Scope:
                    for field in FieldClass:
                        yield Question(role, act, relation, field, frozenset(facts))

    def explain(self, question: Question) -> bool:
        """Ask the enforcer itself, as the table did when it was filled."""
        return self._enforcer.enforce(
            question.role.value, question.act.value, question.relation.name.lower(), question.field.value,
            "+".join(sorted(question.facts)),
        )  # fmt: skip

    def may(
        self,
        actor: Actor | None,
        act: Act,
        *,
        relation: Scope = Scope.OWN,
        field: FieldClass = FieldClass.PUBLIC,
        facts: Iterable[Condition] = (),
    ) -> bool:
        """Tell whether an actor may do an act on an object that stands so to them."""
        if actor is None:
            return False
        asked = self._conditions.get((actor.role, act), frozenset())
        return self._answers.get(Question(actor.role, act, relation, field, asked.intersection(facts)), False)

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
        """List the acts that a role has at all, in the order of `Act`."""
        return [act for act in Act if self.widest(role, act) is not None]

    def widest(self, role: Role, act: Act) -> Scope | None:
        """Give the widest scope that a role has for an act, every condition met: what a list may reach at most."""
        facts = self._conditions.get((role, act), frozenset())
        reached = [
            relation
            for relation in Scope
            for field in FieldClass
            if self._answers.get(Question(role, act, relation, field, facts), False)
        ]
        return max(reached, default=None)


def law_role(role: Role) -> str:
    """Name the role that a person's acts have in the law's facts.

    Reception and customer service act as store staff, leaders as supervisors; the others under their own name,
    and whoever takes no part in a customer's history as an archivist would: their facts give no claim.
    """
    match role:
        case Role.RECEPTION | Role.CUSTOMER_SERVICE | Role.STORE_STAFF:
            return "store_staff"
        case Role.PROJECT_LEADER | Role.COMPANY_LEADER | Role.SUPERVISOR:
            return "supervisor"
        case Role.SALESPERSON | Role.DESIGNER:
            return role.value
        case _:
            return "archivist"

"""What a line of the policy may say, and which policies are refused before anybody is let in.

- A line grants or denies one role one act: how far, on which fields, and what must hold for it.
- Every word comes from a closed list; an unknown word, an empty cell, a missing column, a line twice and a
  policy without lines are refused by line, for Casbin accepts all five in silence.
- Whoever may do an act at all may do it on public fields, so a line that allows names them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, TypeVar

from authz.actor import Role
from authz.acts import Act

if TYPE_CHECKING:
    from collections.abc import Mapping

SEPARATOR = "+"
_COLUMNS = ("p", "role", "act", "scope", "fields", "when", "effect")
_Word = TypeVar("_Word")


class Scope(IntEnum):
    """How far a grant reaches, and how near an object stands to its actor: own within team within all."""

    OWN = 1
    TEAM = 2
    ALL = 3

    @property
    def word(self) -> str:
        """The word by which the policy names it."""
        return self.name.lower()


class FieldClass(StrEnum):
    """What kind of field is asked for; `public` stands for the act itself."""

    PUBLIC = "public"
    IDENTITY = "identity"
    CONTACT = "contact"
    LOCATION = "location"
    COMMERCE = "commerce"
    RULING = "ruling"
    ACCESS_LOG = "access_log"
    KEY_META = "key_meta"


class Condition(StrEnum):
    """What must hold for a grant; `always` asks for nothing."""

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


class TwoPeople(StrEnum):
    """What an installation does where one person asks for what two should agree on: refuse it, or record it.

    A firm with one custodian must not lock itself out; that it had one shows in every later report.
    """

    REQUIRED = "required"
    RECORDED = "recorded"


class Effect(StrEnum):
    """What a line does; a line that denies wins."""

    ALLOW = "allow"
    DENY = "deny"


class PolicyRefused(Exception):  # noqa: N818 (a refusal to start)
    """The policy cannot be used; names the line, or the lines, and what was expected there."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One line of the policy; where it stands is no part of what it says."""

    role: Role
    act: Act
    scope: Scope
    fields: frozenset[FieldClass]
    when: frozenset[Condition]
    effect: Effect
    line: int = field(compare=False)

    def cells(self) -> tuple[str, str, str, str, str, str]:
        """Write it in the policy's own words, several in a cell in the order of the alphabet."""
        return (
            self.role.value,
            self.act.value,
            self.scope.word,
            SEPARATOR.join(sorted(self.fields)),
            SEPARATOR.join(sorted(self.when)),
            self.effect.value,
        )


_ROLES: Mapping[str, Role] = {role.value: role for role in Role}
_ACTS: Mapping[str, Act] = {act.value: act for act in Act}
_SCOPES: Mapping[str, Scope] = {scope.word: scope for scope in Scope}
_FIELDS: Mapping[str, FieldClass] = {one.value: one for one in FieldClass}
_CONDITIONS: Mapping[str, Condition] = {condition.value: condition for condition in Condition}
_EFFECTS: Mapping[str, Effect] = {effect.value: effect for effect in Effect}


def _word(place: str, column: str, cell: str, known: Mapping[str, _Word]) -> _Word:
    if cell not in known:
        raise PolicyRefused(f"{place}: unknown {column}; expected one of {', '.join(known)}")
    return known[cell]


def _words(place: str, column: str, cell: str, known: Mapping[str, _Word]) -> frozenset[_Word]:
    words = [_word(place, column, word, known) for word in cell.split(SEPARATOR)]
    if len(set(words)) != len(words):
        raise PolicyRefused(f"{place}: {column} names a word twice")
    return frozenset(words)


def _grant(number: int, line: str) -> Grant:
    place = f"policy line {number}"
    cells = [cell.strip() for cell in line.split(",")]
    if len(cells) != len(_COLUMNS) or cells[0] != "p" or not all(cells):
        raise PolicyRefused(f"{place}: expected {', '.join(_COLUMNS)}, none of them empty")
    _, role, act, scope, fields, when, effect = cells
    grant = Grant(
        _word(place, "role", role, _ROLES),
        _word(place, "act", act, _ACTS),
        _word(place, "scope", scope, _SCOPES),
        _words(place, "fields", fields, _FIELDS),
        _words(place, "when", when, _CONDITIONS),
        _word(place, "effect", effect, _EFFECTS),
        number,
    )
    if Condition.ALWAYS in grant.when and len(grant.when) > 1:
        raise PolicyRefused(f"{place}: always stands alone")
    if grant.effect is Effect.ALLOW and FieldClass.PUBLIC not in grant.fields:
        raise PolicyRefused(f"{place}: a line that allows names public among its fields")
    return grant


def read_policy(text: str) -> tuple[Grant, ...]:
    """Read a policy and check each of its lines; refuses what Casbin would let pass."""
    grants: dict[Grant, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        grant = _grant(number, line)
        if grant in grants:
            raise PolicyRefused(f"policy line {number}: says what line {grants[grant]} says")
        grants[grant] = number
    if not grants:
        raise PolicyRefused("the policy is empty: everybody would be refused everything")
    return tuple(grants)

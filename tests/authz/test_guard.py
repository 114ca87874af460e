"""Default deny, deny wins, scopes nest, and the table says what the enforcer says."""

from __future__ import annotations

import time
from itertools import combinations
from pathlib import Path
from uuid import UUID

import pytest

from authz.actor import Actor, Role
from authz.acts import Act
from authz.guard import POLICY, Condition, FieldClass, Forbidden, Guard, PolicyRefused, Question, Scope, law_role

GUARD = Guard()
MATRIX = Path(__file__).parent / "matrix.txt"
LINE = "p, supervisor, reveal_contact, team, contact, reason, allow\n"


def actor(role: Role) -> Actor:
    """An actor of a role."""
    return Actor(UUID(int=1), UUID(int=2), role, UUID(int=3), UUID(int=4))


def matrix(guard: Guard) -> str:
    """The role x act matrix as a page: widest scope, fields, conditions."""
    lines: list[str] = []
    for role in Role:
        lines.append(f"{role}:")
        for act in Act:
            granted = [grant for grant in guard.grants if (grant.role, grant.act) == (role, act)]
            lines += [
                f"  {act}: {grant.effect} {grant.scope.name.lower()} [{' '.join(sorted(grant.fields))}]"
                f" when {' '.join(sorted(grant.when)) or 'always'}"
                for grant in granted
            ]
    return "\n".join(lines) + "\n"


def test_the_matrix_of_roles_and_acts_is_the_one_that_was_agreed() -> None:
    """A snapshot: a change of the policy is a change of this page."""
    assert matrix(GUARD) == MATRIX.read_text()


def test_the_table_and_the_enforcer_are_equal_for_every_question() -> None:
    """Every role, act, relation and field, with no condition met, each alone, and all."""
    every = frozenset(Condition)
    wrong = 0
    for role in Role:
        for act in Act:
            asked = {
                condition
                for grant in GUARD.grants
                if (grant.role, grant.act) == (role, act)
                for condition in grant.when
            }
            subsets = [frozenset(one) for n in range(len(asked) + 1) for one in combinations(asked, n)]
            for facts in {*subsets, every} if asked else {frozenset()}:
                for relation in Scope:
                    for field in FieldClass:
                        answer = GUARD.may(actor(role), act, relation=relation, field=field, facts=facts)
                        wrong += answer != GUARD.explain(Question(role, act, relation, field, facts))
    assert wrong == 0


def test_what_no_line_grants_is_refused() -> None:
    """Nobody, another role's act, a wider relation, another field, a condition not met."""
    guard = Guard(LINE)
    reason = {Condition.REASON}
    supervisor = actor(Role.SUPERVISOR)
    allowed = {"relation": Scope.TEAM, "field": FieldClass.CONTACT, "facts": reason}
    assert guard.may(supervisor, Act.REVEAL_CONTACT, **allowed), "the control"
    assert not guard.may(None, Act.REVEAL_CONTACT, **allowed)
    assert not guard.may(actor(Role.AUDITOR), Act.REVEAL_CONTACT, **allowed)
    assert not guard.may(supervisor, Act.SETTLE_DISPUTE, **allowed)
    for changed in ({"relation": Scope.ALL}, {"field": FieldClass.IDENTITY}, {"facts": {Condition.GRANT}}):
        assert not guard.may(supervisor, Act.REVEAL_CONTACT, **allowed | changed)
        with pytest.raises(Forbidden):
            guard.require(supervisor, Act.REVEAL_CONTACT, **allowed | changed)


def test_a_line_that_denies_wins() -> None:
    """Whatever the order of the lines."""
    deny = LINE.replace("team", "own").replace("allow", "deny")
    for text in (LINE + deny, deny + LINE):
        guard = Guard(text)
        asked = {"field": FieldClass.CONTACT, "facts": {Condition.REASON}}
        assert not guard.may(actor(Role.SUPERVISOR), Act.REVEAL_CONTACT, relation=Scope.OWN, **asked)
        assert guard.may(actor(Role.SUPERVISOR), Act.REVEAL_CONTACT, relation=Scope.TEAM, **asked)


def test_a_wider_scope_covers_a_narrower_one() -> None:
    """Own within team within all, in every grant."""
    for grant in GUARD.grants:
        for relation in Scope:
            answer = GUARD.may(
                actor(grant.role), grant.act, relation=relation, field=min(grant.fields), facts=grant.when
            )
            assert answer == (relation <= grant.scope)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("# nothing\n", "empty"),
        (LINE.replace("supervisor", "boss"), "role"),
        (LINE.replace("reveal_contact", "peek"), "act"),
        (LINE.replace("team", "world"), "scope"),
        (LINE.replace("contact,", "contacts,"), "fields|act"),
        (LINE.replace("reason", "reasons"), "nda"),
        (LINE.replace("reason", "always+reason"), "alone"),
        (LINE.replace("reason", ""), "empty"),
        (LINE.replace(", allow", ""), "effect"),
        (LINE.replace("allow", "allow, x"), "effect"),
        (LINE.replace("allow", "perhaps"), "effect"),
        (LINE.replace("p,", "g,"), "expected p"),
        (LINE + LINE, "line 2: stands twice"),
    ],
)
def test_a_policy_that_casbin_would_accept_is_refused_by_line(text: str, said: str) -> None:
    """Unknown word, empty cell, missing column, empty policy, a line twice."""
    with pytest.raises(PolicyRefused, match=said):
        Guard(text)


def test_every_act_stands_in_the_policy() -> None:
    """An act that nobody may do is dead."""
    assert {grant.act for grant in GUARD.grants} == set(Act)


def test_who_sees_no_business_data_sees_none() -> None:
    """Separation of duties: custodian, administrator, developer and auditor."""
    for role in (Role.KEY_CUSTODIAN, Role.SYSTEM_ADMINISTRATOR, Role.DEVELOPER, Role.AUDITOR):
        for act in (Act.VIEW_CUSTOMERS, Act.VIEW_CLAIMS, Act.FIND_CUSTOMERS, Act.REVEAL_CONTACT, Act.CHECK_CONFLICT):
            assert GUARD.widest(role, act) is None
    assert GUARD.widest(Role.SALESPERSON, Act.VIEW_CUSTOMERS) is Scope.TEAM
    assert GUARD.widest(Role.SALESPERSON, Act.REVEAL_CONTACT) is Scope.OWN
    assert GUARD.widest(Role.ARCHIVIST, Act.VIEW_CUSTOMERS) is Scope.ALL


def test_an_archivist_reveals_nothing_without_a_grant() -> None:
    """A purpose alone is not enough (E10)."""
    asked = {"relation": Scope.ALL, "field": FieldClass.CONTACT}
    archivist = actor(Role.ARCHIVIST)
    assert not GUARD.may(archivist, Act.REVEAL_CONTACT, facts={Condition.REASON}, **asked)
    assert GUARD.may(archivist, Act.REVEAL_CONTACT, facts={Condition.REASON, Condition.GRANT}, **asked)


def test_a_line_taken_away_changes_the_matrix() -> None:
    """The control of the snapshot."""
    lines = POLICY.read_text().splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if "archivist, reveal_contact" in line)
    assert matrix(Guard("".join(lines[:at] + lines[at + 1 :]))) != MATRIX.read_text()


def test_a_decision_is_a_look_up() -> None:
    """At least ten times cheaper than asking the enforcer, in the same run."""
    question = Question(
        Role.SUPERVISOR, Act.REVEAL_CONTACT, Scope.TEAM, FieldClass.CONTACT, frozenset({Condition.REASON})
    )
    who = actor(Role.SUPERVISOR)

    def seconds(ask: object, times: int) -> float:
        assert callable(ask)
        began = time.perf_counter()
        for _ in range(times):
            ask()
        return (time.perf_counter() - began) / times

    asked = {"relation": question.relation, "field": question.field, "facts": question.facts}
    slow = seconds(lambda: GUARD.explain(question), 50)
    assert seconds(lambda: GUARD.may(who, question.act, **asked), 5000) * 10 < slow


def test_every_role_has_a_role_in_the_law() -> None:
    """rules.md knows five."""
    assert {law_role(role) for role in Role} == {"salesperson", "store_staff", "designer", "supervisor", "archivist"}

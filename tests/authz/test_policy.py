"""A policy that Casbin would take in silence is refused by line, before anybody is let in."""

from __future__ import annotations

import casbin
import pytest

from authz.actor import Role
from authz.acts import Act
from authz.guard import MODEL, POLICY, Guard
from authz.policy import Condition, Effect, FieldClass, PolicyRefused, Scope, read_policy

LINE = "p, supervisor, reveal_contact, team, public+contact, reason, allow\n"


def test_a_line_says_what_it_says() -> None:
    """The control of every refusal below; comments and empty lines count in the numbering."""
    (grant,) = read_policy("# a comment\n\n" + LINE)
    assert (grant.role, grant.act, grant.scope) == (Role.SUPERVISOR, Act.REVEAL_CONTACT, Scope.TEAM)
    assert grant.fields == {FieldClass.PUBLIC, FieldClass.CONTACT}
    assert (grant.when, grant.effect, grant.line) == ({Condition.REASON}, Effect.ALLOW, 3)
    assert grant.cells() == ("supervisor", "reveal_contact", "team", "contact+public", "reason", "allow")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the policy is empty"),
        ("# nothing\n", "the policy is empty"),
        (LINE.replace("supervisor", "boss"), "line 1: unknown role"),
        (LINE.replace("supervisor", "Supervisor"), "line 1: unknown role"),
        (LINE.replace("reveal_contact", "peek"), "line 1: unknown act"),
        (LINE.replace("team", "world"), "line 1: unknown scope"),
        (LINE.replace("team", "TEAM"), "line 1: unknown scope"),
        (LINE.replace("team", "own+team"), "line 1: unknown scope"),
        (LINE.replace("contact,", "contacts,"), "line 1: unknown (fields|act)"),
        (LINE.replace("public+contact", "public+"), "line 1: unknown fields"),
        (LINE.replace("public+contact", "public contact"), "line 1: unknown fields"),
        (LINE.replace("public+contact", "public+contact+public"), "line 1: fields names a word twice"),
        (LINE.replace("public+contact", "contact"), "line 1: a line that allows names public"),
        (LINE.replace("reason", "reasons"), "line 1: unknown when"),
        (LINE.replace("reason", "always+reason"), "line 1: always stands alone"),
        (LINE.replace("reason", "reason+reason"), "line 1: when names a word twice"),
        (LINE.replace("reason", " "), "line 1: expected .* none of them empty"),
        (LINE.replace(", allow", ""), "line 1: expected .* effect"),
        (LINE.replace("allow", "allow, x"), "line 1: expected .* effect"),
        (LINE.replace("allow", "perhaps"), "line 1: unknown effect"),
        (LINE.replace("p,", "g,"), "line 1: expected p,"),
        (LINE.replace("p,", "p2,"), "line 1: expected p,"),
        (LINE.replace(",", ";"), "line 1: expected p,"),
        (LINE.replace("supervisor", '"supervisor'), "line 1: unknown role"),
        ("\ufeff" + LINE, "line 1: expected p,"),
        (" # indented\n" + LINE, "line 1: expected p,"),
        (LINE.replace("\n", "\r") + LINE, "line 1: expected p,"),
        (LINE + LINE, "line 2: says what line 1 says"),
        (LINE + LINE.replace("public+contact", "contact+public"), "line 2: says what line 1 says"),
        ("# first\n" + LINE + "\n" + LINE.replace("team", "world"), "line 4: unknown scope"),
    ],
)
def test_a_policy_that_is_not_all_closed_words_is_refused_by_line(text: str, said: str) -> None:
    """Unknown word, empty cell, missing column, empty policy, a line twice: refuse to start."""
    with pytest.raises(PolicyRefused, match=said):
        Guard(text)


@pytest.mark.parametrize(
    "text",
    [
        LINE.replace("supervisor", "boss"),
        LINE.replace("reason", ""),
        LINE + LINE,
        "g, supervisor, archivist\n" + LINE,
    ],
)
def test_casbin_alone_takes_what_we_refuse(text: str) -> None:
    """The reason for the check: Casbin loads each of these without a word."""
    enforcer = casbin.Enforcer(casbin.Enforcer.new_model(str(MODEL)), casbin.persist.adapters.StringAdapter(text))
    assert enforcer.get_policy()


@pytest.mark.parametrize(
    "denial",
    [
        LINE.replace("team", "own").replace("allow", "deny"),
        LINE.replace("public+contact", "public").replace("allow", "deny"),
        LINE.replace("public+contact", "public+contact+ruling").replace("team", "own").replace("allow", "deny"),
    ],
)
def test_a_denial_that_leaves_a_hole_is_refused_by_line(denial: str) -> None:
    """Near rows refused and far ones granted, or the act refused and its fields granted: no one scope says that."""
    for text in (LINE + denial, denial.replace("\n", "\n" + LINE)):
        with pytest.raises(PolicyRefused, match=rf"line {1 if text.startswith(denial) else 2}: denies"):
            Guard(text)


def test_the_policy_in_force_speaks_of_every_role_and_of_every_act() -> None:
    """An act that nobody may do is dead; a person without any act is locked out of locking out."""
    grants = read_policy(POLICY.read_text(encoding="utf-8"))
    assert {grant.act for grant in grants} == set(Act)
    assert {grant.role for grant in grants} == set(Role)


def test_the_model_has_no_roles_of_roles_and_evaluates_no_text() -> None:
    """No `g`, no `eval`, default deny, deny wins; each would turn a line into something else."""
    model = MODEL.read_text(encoding="utf-8")
    assert "role_definition" not in model
    assert "eval" not in model
    assert "e = some(where (p.eft == allow)) && !some(where (p.eft == deny))" in model

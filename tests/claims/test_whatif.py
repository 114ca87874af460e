"""What another law would have made of what happened: just what two decisions of each question differ in."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.decide import Question, decide
from claims.rulebook import PRESETS, load_rulebook
from claims.whatif import otherwise, with_draft
from tests.claims.histories import histories, moment, said, story

if TYPE_CHECKING:
    from datetime import datetime

    from claims.facts import History
    from claims.rulebook import Rulebook

PEOPLE = "li red, wang blue, zhao red, sun red supervisor, mei green designer"
ALONE = """
    03-02 10:00 visit li
    03-02 10:10 file li k1 +name +phone
"""
CONTEST = f"""{ALONE}
    03-07 10:00 visit wang
    03-07 10:10 file wang k2 +name +phone
"""
SHORT = {"protection.strict_days": 2, "protection.maintenance_days": 2}
SIGNED = CONTEST + "03-09 10:00 sign\n"
ELSEWHERE = "\n".join(f"{line} customer=c2" for line in SIGNED.split("\n") if line.strip()) + "\n03-09 09:00 order\n"
NEW_YEAR = date(2026, 1, 1)


def told(lines: str, draft: dict[str, object], *, since: date = NEW_YEAR, at: str = "03-20 10:00") -> list[str]:
    """Say what a draft of `onsite` decides otherwise, of c1, as of an instant."""
    law = load_rulebook("onsite")
    other = with_draft(law, law.override(draft), since)
    found = otherwise(story(PEOPLE, lines), "c1", law, other, since=since, at=moment(at))
    return [f"{one.deal}: {said(one.before.outcome)} -> {said(one.after.outcome)}" for one in found]


# Each row: the sentence, the draft of onsite, from when on, what happened, as of when, and what differs.
_ROWS = [
    ("a shorter protection lets the next one take over", SHORT, NEW_YEAR, CONTEST, "03-09 10:00",
     ["None: li red 2026-04-01 -> wang blue 2026-03-09"]),
    ("and gives them the deal", SHORT, NEW_YEAR, SIGNED, "03-09 11:00",
     ["None: li red 2026-04-01 -> wang blue 2026-03-09", "d1: final li:performance:100 -> final wang:performance:100"]),
    ("a draft that comes after all that happened changes nothing", SHORT, date(2026, 3, 10), SIGNED, "03-20 10:00", []),
    ("a draft that is no other changes nothing", {}, NEW_YEAR, SIGNED, "03-20 10:00", []),
    ("what happened after the instant is not heard", SHORT, NEW_YEAR, SIGNED, "03-06 10:00", []),
    ("another's deal and customer are none of it", SHORT, NEW_YEAR,
     SIGNED.replace("sign", "sign d2 c2"), "03-09 11:00", ["None: li red 2026-04-01 -> wang blue 2026-03-09"]),
    ("each deal is told, once, in the order of the facts", SHORT, NEW_YEAR,
     SIGNED + "03-09 10:05 sign d0\n03-09 10:06 pay 10 d1\n", "03-09 11:00",
     ["None: li red 2026-04-01 -> wang blue 2026-03-09", "d1: final li:performance:100 -> final wang:performance:100",
      "d0: final li:performance:100 -> final wang:performance:100"]),
    ("a deal that another customer signed is told of whoever ordered it", SHORT, NEW_YEAR, ELSEWHERE, "03-09 11:00",
     ["d1: final li:performance:100 -> final wang:performance:100"]),
    ("a holder may be nobody under the draft", {"claim.days": 1} | SHORT, NEW_YEAR, ALONE, "03-20 10:00",
     ["None: li red 2026-04-01 -> nobody"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("draft", "since", "lines", "at", "expected"), [row[1:] for row in _ROWS], ids=[r[0] for r in _ROWS]
)
def test_what_a_draft_would_have_decided_otherwise(
    draft: dict[str, object], since: date, lines: str, at: str, expected: list[str]
) -> None:
    """As a company would ask it: of one customer, since a day, as of an instant."""
    assert told(lines, draft, since=since, at=at) == expected


def test_a_deal_of_before_the_day_is_not_counted_again() -> None:
    """Its event was on the day before, though who holds now is another; on the very day it counts."""
    law = load_rulebook("onsite")
    other = law.override(SHORT)
    history = story(PEOPLE, SIGNED)
    for since, deals in ((date(2026, 3, 10), []), (date(2026, 3, 9), ["d1"])):
        found = otherwise(history, "c1", law, other, since=since, at=moment("03-09 11:00"))
        assert [one.deal for one in found] == [None, *deals]


def test_a_draft_takes_the_place_of_the_editions_from_its_day_on() -> None:
    """What was in force before the day stays; an edition of that day or later is not asked any more."""
    first = load_rulebook("onsite")
    second = first.override({"claim.days": 40}).takes_over(date(2026, 2, 1), first)
    third = second.override({"claim.days": 50}).takes_over(date(2026, 3, 1), second)
    draft = first.override({"claim.days": 60})
    for day, editions in (
        (date(2026, 1, 31), [60, first.terms]), (date(2026, 2, 1), [60, first.terms]),
        (date(2026, 2, 2), [60, second.terms, first.terms]), (date(2026, 3, 1), [60, second.terms, first.terms]),
        (date(2026, 3, 2), [60, third.terms, second.terms, first.terms]),
    ):  # fmt: skip
        law = with_draft(third, draft, day)
        assert law.since == day
        assert [law.parameters["claim.days"].value, *(book.terms for book in law.editions()[1:])] == editions, day


def differences(history: History, customer: str, law: Rulebook, other: Rulebook, at: datetime) -> list[str]:
    """Ask each question of both laws, proofs and all; give what differs."""
    found = []
    question = Question("holder", at, customer=customer)
    before, after = (decide(history, book, question).outcome for book in (law, other))
    if any(before[name] != after[name] for name in ("staff", "team")):
        found.append("holder")
    for deal in sorted(
        {fact.deal for fact in history.facts if fact.deal and fact.customer == customer and fact.at <= at}
    ):
        question = Question("deal", at, deal=deal)
        rulings = [decide(history, book, question) for book in (law, other)]
        if rulings[0].outcome != rulings[1].outcome:
            found.append(deal)
    return found


@st.composite
def _drafted(draw: st.DrawFn) -> tuple[History, str, str, datetime]:
    presets = (draw(st.sampled_from(PRESETS)), draw(st.sampled_from(PRESETS)))
    history = draw(histories(load_rulebook(presets[0])))
    at = draw(st.sampled_from([fact.at for fact in history.facts])) + timedelta(days=draw(st.integers(0, 20)))
    return history, *presets, at


@given(_drafted())
@settings(max_examples=60, deadline=None)
def test_it_is_just_what_two_decisions_differ_in(drafted: tuple[History, str, str, datetime]) -> None:
    """Under any two presets; and what is told are those decisions, proofs and all."""
    history, name, draft, at = drafted
    law = load_rulebook(name)
    other = with_draft(law, load_rulebook(draft), NEW_YEAR)
    for customer in sorted({fact.customer for fact in history.facts if fact.customer}):
        found = list(otherwise(history, customer, law, other, since=NEW_YEAR, at=at))
        told = sorted(one.deal or "holder" for one in found)
        assert told == sorted(differences(history, customer, law, other, at))
        for one in found:
            assert one.before == decide(history, law, one.before.question)
            assert one.after == decide(history, other, one.after.question)

"""Another edition takes over from a day on: each fact is judged by the edition of its day (E14)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.decide import Question, decide
from claims.rulebook import PRESETS, load_rulebook
from claims.timeline import chain_of, filing_states, holdings
from tests.claims.histories import answer, histories, moment, questions, story

if TYPE_CHECKING:
    from claims.facts import History
    from claims.rulebook import Rulebook

DAY = date(2026, 3, 10)
PEOPLE = "li red, wang blue, zhao red, sun red supervisor, qian blue supervisor"
LI = """
    03-02 10:00 visit li
    03-02 10:10 file li k1 +name +phone
"""
"""Strictly protected through 1 April under `onsite` (A30), in maintenance through 17 March (A26)."""


def revised(preset: str, day: date = DAY, **changes: object) -> Rulebook:
    """A preset of which another edition takes over on a day."""
    before = load_rulebook(preset)
    return before.override({name.replace("__", "."): value for name, value in changes.items()}).takes_over(day, before)


def _wang(day: str) -> str:
    return f"{day} 10:00 visit wang\n{day} 10:10 file wang k2 +name +phone\n"


# Each row: the sentence, the preset, what the edition of 10 March changes, what happened, and what is asked.
_ROWS = [
    ("a protection lasts as the edition of the day on which it began has it",
     "onsite", {"protection__strict_days": 5, "protection__maintenance_days": 5}, LI + _wang("03-20"),
     {"holder 03-21 10:00": "li red 2026-04-01"}),
    ("one that begins under the later edition lasts as that has it",
     "onsite", {"protection__strict_days": 5, "protection__maintenance_days": 5},
     _wang("03-12").replace("wang k2", "wang k1") + "03-18 10:00 visit zhao\n03-18 10:10 file zhao k3 +name +phone",
     {"holder 03-17 10:00": "wang blue 2026-03-17", "holder 03-18 11:00": "zhao red 2026-03-23"}),
    ("a newcomer is judged by the edition of the day of the claim: what was poaching is none any more",
     "onsite", {"protection__maintenance_effect": "refused"}, LI + _wang("03-12"), {"offences 03-13 10:00": "nothing"}),
    ("and what was poaching before stays it",
     "onsite", {"protection__maintenance_effect": "refused"}, LI + _wang("03-09"),
     {"offences 03-13 10:00": "wang poaching 03-09 10:10"}),
    ("a visit of before the day counts where from then on any visit does",
     "onsite", {"claim__needs_visit": "before"}, "03-09 10:00 visit wang\n03-11 10:00 file wang k1 +name +phone",
     {"holder 03-12 10:00": "wang blue 2026-04-10"}),
    ("and a filing that waited for a visit of its day waits for any",
     "onsite", {"claim__needs_visit": "before"}, "03-09 10:00 file wang k1 +name +phone\n03-11 10:00 visit wang",
     {"holder 03-10 10:00": "nobody", "holder 03-12 10:00": "wang blue 2026-04-10"}),
    ("what was seen before the day counts for nothing where only a visit of the same day does",
     "field", {"claim__needs_visit": "same_day"}, "03-09 10:00 visit wang\n03-11 10:00 file wang k1 +name +project",
     {"holder 03-12 10:00": "nobody"}),
    ("a filing counts when it is reviewed, from the day on which an edition says so",
     "onsite", {"claim__counts_from": "recorded", "review__levels": 1, "review__roles": ["supervisor"]},
     "03-12 10:00 visit wang\n03-12 10:10 file wang k1 +name +phone\n03-12 18:00 review sun k1 approve",
     {"holder 03-12 12:00": "nobody", "holder 03-12 19:00": "wang blue 2026-04-11"}),
    ("a claim ends as the edition of its day has it",
     "onsite", {"claim__days": 5}, LI, {"holder 05-10 10:00": "li red 2026-04-01"}),
    ("a day before the later edition is its day no more than the one after is the earlier's",
     "onsite", {"claim__days": 5}, _wang("03-10"),
     {"holder 03-15 23:59": "wang blue 2026-04-09", "holder 03-16 00:00": "nobody"}),
]  # fmt: skip


@pytest.mark.parametrize(("preset", "changes", "lines", "asked"), [row[1:] for row in _ROWS], ids=[r[0] for r in _ROWS])
def test_each_fact_is_judged_by_the_edition_of_its_day(
    preset: str, changes: dict[str, object], lines: str, asked: dict[str, str]
) -> None:
    """E14: no edition reaches back."""
    history, rulebook = story(PEOPLE, lines), revised(preset, **changes)
    assert {question: answer(history, rulebook, question) for question in asked} == asked


def test_a_ruling_names_the_edition_of_the_day_that_it_is_about() -> None:
    """A question of before the day names the earlier edition, of that day on the later one."""
    rulebook, history = revised("onsite", protection__strict_days=5), story(PEOPLE, LI)
    assert rulebook.before is not None
    for at, edition in (("03-09 23:59", rulebook.before.edition), ("03-10 00:00", rulebook.edition)):
        assert decide(history, rulebook, Question("holder", moment(at), customer="c1")).edition == edition


def test_a_deal_is_decided_by_the_edition_of_its_event() -> None:
    """A18: three days for evidence under the edition of the signature, ten under the one after."""
    rulebook = revised("onsite", deal__confirm_days=10)
    late = "\n{day} 10:00 confirm li evidence=photo"
    for signed, confirmed, expected in (("03-09", "03-15", "unattributed"), ("03-10", "03-15", "final")):
        history = story(PEOPLE, f"{signed} 10:00 sign{late.format(day=confirmed)}")
        assert answer(history, rulebook, "deal 03-25 10:00").startswith(expected), signed


def test_a_filing_goes_through_the_chain_that_it_entered() -> None:
    """F4: two levels when it was filed are two levels, though the later edition has one."""
    rulebook = revised("layered", review__levels=1, review__roles=["supervisor"])
    chain = "\n03-12 10:00 review sun k1 approve"
    entered = "{day} 10:00 file li k1 +name +phone +need"
    for day, state in (("03-09", "in_review"), ("03-11", "recorded")):
        spans = filing_states(story(PEOPLE, entered.format(day=day) + chain), rulebook, "k1")
        assert spans[-1].state == state, day


def test_a_field_that_becomes_required_shows_in_what_is_missing_from_that_day_on() -> None:
    """rules.md 3: a filing that was complete once counts as complete."""
    rulebook = revised("onsite", required__customer=["name", "phone", "need"])
    spans = filing_states(story(PEOPLE, LI), rulebook, "k1")
    assert [(span.state, span.missing) for span in spans] == [("recorded", ()), ("recorded", ("need",))]
    assert spans[-1].since == moment("03-10 00:00")


def test_a_filing_is_asked_for_by_the_chain_that_it_entered() -> None:
    """F4: of two levels before the day, of one after; what was sent back enters that of the day on which it returns."""
    rulebook = revised("layered", review__levels=1, review__roles=["supervisor"])
    other = "03-01 10:00 file wang k2 +name +phone +need customer=c2\n"
    filed = other + "{} 10:00 file li k1 +name +phone +need\n"
    back = filed + "03-09 12:00 review sun k1 return\n03-11 10:00 complete li k1 +address"
    for lines, levels in ((filed.format("03-09"), 2), (filed.format("03-11"), 1), (back.format("03-09"), 1)):
        assert chain_of(story(PEOPLE, lines), rulebook, "k1").levels == levels, lines
        assert chain_of(story(PEOPLE, lines), rulebook, "k2").levels == 2
    onsite = load_rulebook("onsite")
    assert chain_of(story(PEOPLE, LI), onsite, "k1") == onsite.terms


def test_who_may_complete_anothers_filing_goes_by_the_edition_of_the_day() -> None:
    """C10: a supervisor's completion counts from the day on which an edition says so; one's own counts always."""
    filed = "03-07 10:00 file li k1 +name\n"
    for changes, counted in (
        ({"filing__supplemented_by": ["supervisor"]}, {"03-09": False, "03-10": True}),
        ({"filing__supplemented_by": []}, {"03-09": True, "03-10": False}),
    ):
        before = ["supervisor"] if counted["03-09"] else []
        rulebook = load_rulebook("onsite").override({"filing.supplemented_by": before})
        later = rulebook.override({name.replace("__", "."): value for name, value in changes.items()})
        for day, counts in counted.items():
            for by, expected in (("sun", counts), ("li", True), ("wang", False)):
                history = story(PEOPLE, f"{filed}{day} 10:00 complete {by} k1 +phone")
                (*_, last) = filing_states(history, later.takes_over(DAY, rulebook), "k1")
                assert (not last.missing) is expected, (changes, day, by)


def test_an_override_of_an_edition_keeps_its_day_and_what_was_before_it() -> None:
    """Nothing reaches back by being changed."""
    rulebook = revised("onsite", protection__strict_days=5)
    changed = rulebook.override({"claim.days": 9})
    assert (changed.since, changed.before) == (DAY, rulebook.before)
    assert changed.parameters["claim.days"].value == 9


def test_where_claims_are_compared_the_tie_breaks_are_those_of_the_day() -> None:
    """I12: who filed first holds; from the day of an edition on whoever was last there."""
    rulebook = load_rulebook("store").override({"precedence": ["first_filed"]})
    later = rulebook.override({"precedence": ["latest_visit", "first_filed"]}).takes_over(DAY, rulebook)
    filed = "03-02 10:00 file li k1 +name +phone\n03-03 10:00 file wang k2 +name +phone"
    history = story(PEOPLE, f"{filed}\n03-04 10:00 visit li\n03-05 10:00 visit wang")
    spans = [(span.staff, span.since) for span in holdings(history, later, "c1") if span.since >= moment("03-04 00:00")]
    assert [staff for staff, _ in spans][-1:] == ["wang"]
    assert spans[-1][1] == moment("03-10 00:00")


def test_where_the_way_of_holding_is_another_it_decides_from_its_day_on() -> None:
    """From the day of `field` whoever filed first holds (I12); what was poaching before stays it (A28)."""
    before, after = load_rulebook("onsite"), load_rulebook("field")
    rulebook = after.takes_over(DAY, before)
    history = story(
        PEOPLE,
        "03-01 10:00 file wang k0 +project\n" + LI + "03-03 10:00 file zhao k3 +name +phone\n03-03 10:10 visit zhao",
    )
    spans = holdings(history, rulebook, "c1")
    assert [(span.staff, span.since) for span in spans] == [
        ("li", moment("03-02 10:10")), ("wang", moment("03-10 00:00")),
    ]  # fmt: skip
    assert answer(history, rulebook, "offences 03-13 10:00") == "zhao poaching 03-03 10:10"


@st.composite
def _asked(draw: st.DrawFn) -> tuple[History, Rulebook, Rulebook, Question]:
    preset = load_rulebook(draw(st.sampled_from(PRESETS)))
    history = draw(histories(preset))
    middle = draw(st.sampled_from([preset.day(fact.at) for fact in history.facts] or [DAY]))
    return history, preset, preset.takes_over(middle, preset._replace(since=None)), draw(questions(history))


@given(_asked())
@settings(max_examples=300, deadline=None)
def test_an_edition_that_changes_nothing_changes_nothing(
    asked: tuple[History, Rulebook, Rulebook, Question],
) -> None:
    """The same parameters from another day on give every ruling as it was."""
    history, once, twice, question = asked
    assert decide(history, twice, question) == decide(history, once, question)
    for customer in {fact.customer for fact in history.facts if fact.customer}:
        assert holdings(history, twice, customer) == holdings(history, once, customer)
    for filing in {fact.filing for fact in history.facts if fact.filing}:
        assert filing_states(history, twice, filing) == filing_states(history, once, filing)

"""What holds of every ruling, whatever happened."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.deadlines import start_of
from claims.decide import Question, claim_ruling, decide, why_not
from claims.facts import Fact, FactKind, History
from claims.parameters import SPECS, Form
from claims.rulebook import PRESETS, load_rulebook
from claims.timeline import filing_states, holdings
from tests.claims.histories import PEOPLE, histories, questions

MICROSECOND = timedelta(microseconds=1)
CONTESTED = ("onsite", "store", "field", "handbook", "process")
law = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
every_preset = pytest.mark.parametrize("name", PRESETS)


def _reasons(grounds, depth=0):
    for ground in grounds:
        yield depth, ground.rule, ground.held, ground.reason("zh"), ground.reason("en")
        yield from _reasons(ground.grounds, depth + 1)


def _holder(history: History, rulebook, at: datetime, customer: str = "c1") -> dict:
    return decide(history, rulebook, Question("holder", at, customer=customer)).outcome


def _covering(spans, at):
    return next((span for span in spans if span.since <= at and (span.until is None or at < span.until)), None)


@every_preset
@law
@given(st.data())
def test_the_order_in_which_facts_stand_is_irrelevant(name, data) -> None:
    """The same facts in any order give the same ruling, byte for byte."""
    rulebook = load_rulebook(name)
    history = data.draw(histories(rulebook))
    question = data.draw(questions(history))
    shuffled = History.of(PEOPLE, data.draw(st.permutations(history.facts)))
    one, other = decide(history, rulebook, question), decide(shuffled, rulebook, question)
    assert one == other
    assert one.digest == other.digest


@every_preset
@law
@given(st.data())
def test_renaming_everybody_renames_the_ruling_and_changes_no_reason(name, data) -> None:
    """Reasons name and number nobody: a ruling may be shown to rivals."""
    rulebook = load_rulebook(name)
    history = data.draw(histories(rulebook))
    question = data.draw(questions(history))

    def renamed(text: str | None) -> str | None:
        return None if text is None else f"~{text}"

    people = {f"~{key}": person._replace(id=f"~{key}", team=f"~{person.team}") for key, person in PEOPLE.items()}
    facts = [
        fact._replace(
            **{
                key: renamed(getattr(fact, key))
                for key in ("by", "to", "against", "with_", "customer", "filing", "team", "related_to")
            },
        )
        for fact in history.facts
    ]
    asked = question._replace(
        customer=f"~{question.customer}", filing=f"~{question.filing}", staff=f"~{question.staff}"
    )
    before, after = decide(history, rulebook, question), decide(History.of(people, facts), rulebook, asked)
    told = json.loads(json.dumps(after.outcome, default=list).replace("team:~", "team:").replace('"~', '"'))
    assert told == json.loads(json.dumps(before.outcome, default=list))
    assert list(_reasons(after.grounds)) == list(_reasons(before.grounds))
    assert after.clauses == before.clauses


@every_preset
@law
@given(st.data())
def test_a_fact_after_the_question_changes_nothing(name, data) -> None:
    """A question sees the facts whose instant is no later than its own."""
    rulebook = load_rulebook(name)
    history = data.draw(histories(rulebook))
    question = data.draw(questions(history))
    known = History(PEOPLE, tuple(fact for fact in history.facts if fact.at <= question.at))
    assert decide(known, rulebook, question) == decide(history, rulebook, question)


@every_preset
@law
@given(st.data())
def test_the_facts_that_a_ruling_used_give_it_again(name, data) -> None:
    """A ruling is a proof: whoever has its facts and its edition can decide again."""
    rulebook = load_rulebook(name)
    history = data.draw(histories(rulebook))
    question = data.draw(questions(history))
    ruling = decide(history, rulebook, question)
    assert decide(History(PEOPLE, ruling.used), rulebook, question).outcome == ruling.outcome


@every_preset
@law
@given(st.data())
def test_two_customers_do_not_touch_each_other(name, data) -> None:
    """What happens with one customer gives and takes nothing of another; departures alone concern both."""
    rulebook = load_rulebook(name)
    history = data.draw(histories(rulebook))
    theirs = {fact.filing for fact in history.facts if fact.customer == "c2" and fact.filing}
    apart = [f for f in history.facts if f.customer != "c2" and f.filing not in theirs]
    assert holdings(History.of(PEOPLE, apart), rulebook, "c1") == holdings(history, rulebook, "c1")


@pytest.mark.parametrize("name", CONTESTED)
@law
@given(st.data())
def test_a_holding_span_says_what_decide_says(name, data) -> None:
    """At every boundary, at every fact, and just beside both; never two holders at once."""
    rulebook = load_rulebook(name)
    history = data.draw(histories(rulebook))
    spans = holdings(history, rulebook, "c1")
    assert all(a.until is not None and a.until <= b.since for a, b in pairwise(spans))
    moments = {at for span in spans for at in (span.since, span.until) if at} | {fact.at for fact in history.facts}
    for at in {moment + beside for moment in moments for beside in (-MICROSECOND, timedelta(0), MICROSECOND)}:
        span, told = _covering(spans, at), _holder(history, rulebook, at)
        until = span.protected_until.isoformat() if span and span.protected_until else None
        assert told == {"staff": span and span.staff, "team": span and span.team, "protected_until": until}
        if span is not None and span.since == at:
            ruling = decide(history, rulebook, Question("holder", at, customer="c1"))
            assert set(span.clauses) <= set(ruling.clauses)


def _any_value(spec) -> st.SearchStrategy:
    match spec.form:
        case Form.CHOICE:
            return st.sampled_from(spec.choices)
        case Form.CHOICES:
            return st.lists(st.sampled_from(spec.choices), unique=True)
        case Form.DAYS:
            return st.sampled_from([spec.neutral, 0, 1, 10, 30])
        case _:
            return st.booleans()


_MIXED = [
    spec
    for spec in SPECS.values()
    if spec.name.split(".")[0] in {"holding", "claim", "precedence", "protection", "handover", "assign", "consent"}
]


@pytest.mark.parametrize("name", CONTESTED)
@law
@given(st.data())
def test_whatever_a_rulebook_of_ones_own_mixes_the_spans_and_the_proofs_hold(name, data) -> None:
    """Parameters of any regulation beside those of any other: never a trace, never two answers."""
    chosen = data.draw(st.lists(st.sampled_from(_MIXED), max_size=5, unique=True))
    rulebook = load_rulebook(name).override({spec.name: data.draw(_any_value(spec)) for spec in chosen})
    history = data.draw(histories(rulebook))
    question = data.draw(questions(history))
    ruling = decide(history, rulebook, question)
    assert decide(History(PEOPLE, ruling.used), rulebook, question).outcome == ruling.outcome
    assert all(zh and en for *_, zh, en in _reasons(ruling.grounds))
    spans = holdings(history, rulebook, "c1")
    for at in {at for span in spans for at in (span.since, span.until) if at} | {question.at}:
        for beside in (-MICROSECOND, timedelta(0)):
            span, told = _covering(spans, at + beside), _holder(history, rulebook, at + beside)
            assert (told["staff"], told["team"]) == ((span.staff, span.team) if span else (None, None))


@every_preset
@law
@given(st.data())
def test_a_state_span_says_what_decide_says(name, data) -> None:
    """The same for filings; that contact is overdue is a boundary ahead."""
    rulebook = load_rulebook(name)
    history = data.draw(histories(rulebook))
    for filing in [str(fact.filing) for fact in history.facts if fact.kind is FactKind.FILE][:3]:
        spans = filing_states(history, rulebook, filing)
        moments = {at for span in spans for at in (span.since, span.until) if at} | {fact.at for fact in history.facts}
        for at in {moment + beside for moment in moments for beside in (-MICROSECOND, timedelta(0), MICROSECOND)}:
            told = decide(history, rulebook, Question("filing", at, filing=filing)).outcome
            span = _covering(spans, at)
            assert (told["state"], told["missing"]) == (span and span.state, list(span.missing) if span else [])


@pytest.mark.parametrize("name", CONTESTED)
@law
@given(st.data())
def test_without_a_fact_the_holder_changes_at_a_named_boundary_alone(name, data) -> None:
    """Whoever asked earlier was told of every change that needs no fact."""
    rulebook = load_rulebook(name)
    history = data.draw(histories(rulebook))
    happened = {fact.at for fact in history.facts}
    spans = holdings(history, rulebook, "c1")
    for at in {at for span in spans for at in (span.since, span.until) if at and at not in happened}:
        earlier = holdings(History(PEOPLE, tuple(f for f in history.facts if f.at < at)), rulebook, "c1")
        assert at in {named for span in earlier for named in (span.since, span.until)}


@every_preset
@law
@given(st.data())
def test_shares_sum_to_a_hundred_or_to_nothing(name, data) -> None:
    """The whole credit of a deal, or none of it."""
    rulebook = load_rulebook(name)
    history = data.draw(histories(rulebook))
    question = data.draw(questions(history))._replace(ask="deal")
    outcome = decide(history, rulebook, question).outcome
    assert sum(row["share"] for row in outcome["credit"]) == (100 if outcome["status"] == "final" else 0)


@every_preset
@law
@given(st.data())
def test_a_dispute_never_changes_whether_or_when_a_deal_is_decided(name, data) -> None:
    """A12 H18: a dispute decides nothing about the deal's status."""
    rulebook = load_rulebook(name)
    history = data.draw(histories(rulebook))
    question = data.draw(questions(history))._replace(ask="deal")
    calm = History.of(PEOPLE, [fact for fact in history.facts if fact.kind is not FactKind.DISPUTE])
    assert decide(calm, rulebook, question).outcome["status"] == decide(history, rulebook, question).outcome["status"]


@pytest.mark.parametrize("name", ["onsite", "store"])
@law
@given(st.data())
def test_a_visit_by_the_holder_never_shortens_the_holding(name, data) -> None:
    """A26 H16: who brings the customer in again loses nothing by it."""
    rulebook = load_rulebook(name)
    history = data.draw(histories(rulebook))
    held = [span for span in holdings(history, rulebook, "c1") if span.staff is not None]
    if not held:
        return
    at = data.draw(st.sampled_from(held)).since
    known = [fact for fact in history.facts if fact.at <= at]
    before = holdings(History.of(PEOPLE, known), rulebook, "c1")
    staff = _covering(before, at).staff
    visit = Fact(id="~", at=at, kind=FactKind.VISIT, by=staff, customer="c1")
    after = holdings(History.of(PEOPLE, [*known, visit]), rulebook, "c1")
    ends = [
        max((s.until or datetime.max.replace(tzinfo=at.tzinfo)) for s in spans if s.staff == staff)
        for spans in (before, after)
    ]
    assert ends[0] <= ends[1]
    protected = [_covering(spans, at).protected_until for spans in (before, after)]
    assert protected == [None, None] or protected[0] <= protected[1]


@pytest.mark.parametrize("name", CONTESTED)
@law
@given(st.data())
def test_whoever_holds_lacks_nothing_and_nobody_else_does(name, data) -> None:
    """`why_not` is empty for the holder alone, and a filing's ruling agrees with the customer's."""
    rulebook = load_rulebook(name)
    history = data.draw(histories(rulebook))
    at = data.draw(questions(history)).at
    holder = _holder(history, rulebook, at)["staff"]
    for person in PEOPLE:
        assert (why_not(history, rulebook, "c1", person, at) == ()) == (person == holder)
    for fact in history.facts:
        if fact.kind is FactKind.FILE and fact.customer == "c1" and fact.at <= at:
            outcome = claim_ruling(history, rulebook, str(fact.filing), at).outcome
            assert not (outcome["holds"] and outcome["refused"])
            if outcome["holds"]:
                assert _holder(history, rulebook, at)["team"] is not None


def _brought_and_filed(person: str, at: datetime) -> list[Fact]:
    fields = {"name": "x", "phone": "x"}
    return [
        Fact(id="~1", at=at, kind=FactKind.VISIT, by=person, customer="c1"),
        Fact(id="~2", at=at, kind=FactKind.FILE, by=person, customer="c1", filing="~", fields=fields),
    ]


@law
@given(st.data())
def test_from_the_day_that_why_not_names_a_newcomer_holds_and_not_before(data) -> None:
    """A26 A30: a claim that stands on the day holds, and one that stands an instant before it is refused."""
    rulebook = load_rulebook("onsite")
    history = data.draw(histories(rulebook))
    at = data.draw(questions(history)).at
    known = [fact for fact in history.facts if fact.at <= at]
    for person in ("li", "wang", "zhao"):
        lacks = why_not(history, rulebook, "c1", person, at)
        days = [condition.from_day for condition in lacks[1:]]
        if not lacks or lacks[0].rule != "want.standing" or not days:
            continue
        opens = start_of(max(days), rulebook.zone)
        claim = _brought_and_filed(person, opens)
        assert _holder(History.of(PEOPLE, known + claim), rulebook, opens)["staff"] == person
        early = opens - MICROSECOND
        if early > at:
            claim = _brought_and_filed(person, early)
            assert _holder(History.of(PEOPLE, known + claim), rulebook, early)["staff"] != person


@law
@given(st.data())
def test_from_the_day_that_why_not_names_a_claim_in_force_holds_and_not_before(data) -> None:
    """H3 H9 H14: when what stands before it has ended, and no earlier."""
    rulebook = load_rulebook("store")
    history = data.draw(histories(rulebook))
    at = data.draw(questions(history)).at
    known = History.of(PEOPLE, [fact for fact in history.facts if fact.at <= at])
    for person in ("li", "wang", "zhao"):
        lacks = why_not(history, rulebook, "c1", person, at)
        waits = {"want.not_kept_out", "want.first_from", "want.latest_visit_from"}
        if lacks and {condition.rule for condition in lacks} <= waits:
            opens = start_of(max(condition.from_day for condition in lacks), rulebook.zone)
            assert _holder(known, rulebook, opens)["staff"] == person
            assert _holder(known, rulebook, opens - MICROSECOND)["staff"] != person

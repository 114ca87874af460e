"""What a rulebook of one's own may combine that no preset does, each as a small story."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from claims.deadlines import Window, days_after, last_day, monday_of, next_day, start_of, working_days_after
from claims.decide import Question, decide
from claims.facts import Fact, FactKind, History
from claims.rulebook import load_rulebook
from claims.timeline import filing_states, holdings
from tests.claims.histories import answer, moment, staff, story

_TWO = "li red, wang blue, zhao red, sun red supervisor, qian blue supervisor"
_SHOP = "li red, wang blue, zhao red, mei green designer, desk hall store_staff, sun red supervisor"
_LI = """
    03-02 10:00 visit li
    03-02 10:10 file li k1 +name +phone
"""
_WANG = """
    03-15 10:00 visit wang
    03-15 10:10 file wang k2 +name +phone
"""
_TEN = {"claim.days": 10, "claim.renewal_days": 10}

# Each row: the sentence, the preset, what is changed, who there is, what happened, and what is asked with its answer.
_ROWS = [
    ("a claim that is taken ends with its time, and whoever comes after holds at once",
     "onsite", {"claim.days": 10}, _TWO, _LI + _WANG,
     {"holder 03-12 23:59": "li red 2026-04-01", "holder 03-13 00:00": "nobody", "holder 03-16 10:00": "wang blue 2026-04-14",
      "offences 03-16 10:00": "nothing", "deal 03-16 10:00": "no_deal"}),
    ("a claim that is taken comes back by a visit after its end, if nobody else holds by then",
     "onsite", _TEN | {"claim.renewed_by": "visit_after_end"}, _TWO,
     _LI + "03-12 10:00 visit li\n03-14 10:00 visit wang\n03-15 10:00 visit li",
     {"holder 03-13 10:00": "nobody", "holder 03-15 10:00": "li red 2026-04-01", "holder 03-25 23:59": "li red 2026-04-01",
      "holder 03-26 00:00": "nobody"}),
    ("a claim that somebody else took meanwhile does not come back",
     "onsite", _TEN | {"claim.renewed_by": "visit_after_end"}, _TWO, _LI + _WANG + "03-16 10:00 visit li",
     {"holder 03-17 10:00": "wang blue 2026-04-14"}),
    ("a claim that is taken is renewed by every visit within its time",
     "onsite", _TEN | {"claim.renewed_by": "visit"}, _TWO, _LI + "03-12 10:00 visit li\n03-13 10:00 visit wang",
     {"holder 03-22 23:59": "li red 2026-04-01", "holder 03-23 00:00": "nobody"}),
    ("a claim's time counts from its file or from where it stands",
     "onsite", {"claim.days": 10, "claim.from": "standing", "claim.needs_visit": "before"}, _TWO,
     "03-02 10:00 file li k1 +name +phone\n03-05 10:00 visit li",
     {"holder 03-04 10:00": "nobody", "holder 03-15 10:00": "li red 2026-04-04", "holder 03-16 00:00": "nobody"}),
    ("whoever registered first keeps the customer though every protection has lapsed",
     "onsite", {"precedence": ["same_day_visit", "consent", "first_registered"]}, _TWO,
     _LI + _WANG.replace("03-15", "05-15") + "05-16 10:00 consent li wang\n05-17 10:00 visit wang\n05-17 10:10 file wang k3 +name +phone",
     {"holder 05-16 09:00": "li red", "offences 05-16 09:00": "nothing", "holder 05-18 10:00": "wang blue"}),
    ("the tie-breaks are tried in the order of the rulebook: maintenance before consent lets no consent in",
     "onsite", {"precedence": ["maintenance", "consent"]}, _TWO, _LI + "03-03 10:00 consent li wang" + _WANG,
     {"holder 03-16 10:00": "li red 2026-03-17", "offences 03-16 10:00": "wang poaching 03-15 10:10"}),
    ("strict protection may come before maintenance, and then there is no offence",
     "onsite", {"precedence": ["strict", "maintenance"]}, _TWO, _LI + _WANG, {"offences 03-16 10:00": "nothing"}),
    ("where the team is the holder, a claim by another of its members changes nothing, and one by a rival is refused",
     "onsite", {"holding.unit": "team"}, _TWO,
     _LI + "03-20 10:00 visit zhao\n03-20 10:10 file zhao k3 +name +phone\n03-21 10:00 sign\n03-22 10:00 walk_in wang" + _WANG,
     {"holder 03-21 10:00": "red 2026-04-01", "deal 03-21 10:00": "final team:red:performance:100",
      "notices 03-23 10:00": "team:red c1 03-22 10:00", "offences 03-23 10:00": "wang poaching 03-15 10:10"}),
    ("an assignment that may name anybody makes a holder of another team, and the clocks run on",
     "onsite", {"assign.names": "anybody"}, _TWO, "03-01 10:00 assign sun wang" + _LI + "03-03 10:00 assign qian wang",
     {"holder 03-02 12:00": "li red 2026-04-01", "holder 03-04 10:00": "wang blue 2026-04-01"}),
    ("an assignment that may name nobody names nobody",
     "onsite", {"assign.names": "nobody"}, _TWO, _LI + "03-03 10:00 depart li\n03-04 10:00 assign sun zhao",
     {"holder 03-05 10:00": "red 2026-04-01"}),
    ("where a leaver's customer is free, the next claim holds at once, and so does the leaver's rival in force",
     "onsite", {"handover.departed": "nobody"}, _TWO, _LI + "03-03 10:00 depart li" + _WANG,
     {"holder 03-04 10:00": "nobody", "holder 03-15 10:10": "wang blue 2026-04-14"}),
    ("where a leaver's customer is free, the claims of the others in force are compared",
     "store", {"handover.departed": "nobody"}, _SHOP,
     "03-02 10:00 file li k1 +name +phone\n03-03 10:00 file wang k2 +name +phone\n03-04 10:00 depart li",
     {"holder 03-03 12:00": "li red", "holder 03-05 10:00": "wang blue"}),
    ("of several in force the first visit decides, where the rulebook says so",
     "store", {"precedence": ["first_visit", "first_filed"]}, _SHOP,
     """03-01 10:00 visit wang
        03-02 10:00 file li k1 +name +phone
        03-03 10:00 file wang k2 +name +phone
        03-04 10:00 visit li
        03-05 10:00 visit wang""",
     {"holder 03-02 12:00": "li red", "holder 03-05 12:00": "wang blue"}),
    ("the first claim to stand decides, where the rulebook says so, even where the store keeps some out",
     "store", {"precedence": ["first_standing"]}, _SHOP,
     """03-01 10:00 file li k1 +name
        03-02 10:00 file wang k2 +name +phone
        03-03 10:00 complete li k1 +phone
        03-04 10:00 file desk k3 type=store +date=2026-03-01 +phone""",
     {"holder 03-03 12:00": "wang blue", "holder 03-04 12:00": "li red", "holder 04-01 00:00": "wang blue"}),
    ("every visit within its time renews a claim that is compared",
     "store", {"claim.renewed_by": "visit", "claim.renewal_days": 5}, _SHOP,
     "03-02 10:00 file li k1 +name +phone\n03-30 10:00 visit li\n04-03 10:00 visit li",
     {"holder 04-04 23:59": "li red", "holder 04-08 23:59": "li red", "holder 04-09 00:00": "nobody"}),
    ("claims that are compared may be told of walk-ins too, but for those that the holder receives and those in dispute",
     "store", {"notice.walk_in": "holder"}, _SHOP,
     """03-01 10:00 walk_in desk
        03-02 10:00 file li k1 +name +phone
        03-03 10:00 walk_in li
        03-03 11:00 walk_in desk
        03-04 10:00 dispute wang li
        03-05 10:00 walk_in desk
        03-06 10:00 settle sun li
        03-07 10:00 depart li
        03-08 10:00 walk_in desk""",
     {"notices 03-09 10:00": "li c1 03-03 11:00, team:red c1 03-08 10:00"}),
    ("a filing that is forwarded makes no claim until its region is right",
     "onsite", {"filing.region": "forwarded"}, "li red salesperson east, sun red supervisor",
     """03-02 10:00 visit li
        03-02 10:10 file li k1 +name +phone +region=west
        03-02 11:00 complete sun k1 +region=east""",
     {"holder 03-02 10:30": "nobody", "holder 03-02 11:00": "li red 2026-04-01", "filing 03-02 10:30": "forwarded"}),
    ("where reviews are needed a claim stands from the review, on the day of a visit",
     "onsite", {"review.levels": 1, "review.roles": ["supervisor"], "claim.counts_from": "recorded"}, _TWO,
     _LI + "03-02 12:00 review sun k1 approve", {"holder 03-02 11:00": "nobody", "holder 03-02 12:00": "li red 2026-04-01"}),
    ("defaults for a deal that nobody holds are tried in their order",
     "onsite", {"deal.unheld": ["duty_team", "store"]}, _TWO, "03-02 08:00 duty blue 2026-03-02\n03-03 10:00 sign\n03-10 10:00 sign d2",
     {"deal 03-11 10:00": "final team:blue:manager_performance:100", "deal 03-11 10:00 d2": "final store:performance:100"}),
    ("a deal that nobody holds and for which there is no default is nobody's",
     "onsite", {"deal.unheld": []}, _TWO, "03-03 10:00 sign", {"deal 03-04 10:00": "unattributed"}),
    ("a level of review beyond the roles lets nothing through",
     "layered", {"review.levels": 3}, _TWO + ", han red supervisor",
     """03-02 10:00 file li k1 +name +phone
        03-02 11:00 review sun k1 approve
        03-02 12:00 review qian k1 approve
        03-02 13:00 review han k1 approve""",
     {"filing 03-03 10:00": "in_review"}),
    ("a clock may count from the last visit alone, and without one there is none",
     "onsite", {"protection.maintenance_from": "last_visit", "protection.strict_days": "none", "claim.needs_visit": "none"}, _TWO,
     "03-02 10:10 file li k1 +name +phone\n03-03 10:00 contact li\n03-05 10:00 visit li\n03-10 10:00 contact li",
     {"holder 03-04 10:00": "li red", "holder 03-11 10:00": "li red 2026-03-20"}),
    ("a claim's time counts from its file though it came to stand later",
     "onsite", {"claim.days": 10, "claim.needs_visit": "before"}, _TWO,
     "03-02 10:00 file li k1 +name +phone\n03-05 10:00 visit li",
     {"holder 03-12 23:59": "li red 2026-04-04", "holder 03-13 00:00": "nobody"}),
    ("an assignment needs somebody who holds: not after their time has ended",
     "field", {"claim.days": 10}, _TWO,
     "03-02 10:00 file li k1 +project\n03-20 10:00 assign sun wang", {"holder 03-12 10:00": "li red", "holder 03-21 10:00": "nobody"}),
    ("where a leaver's customer is free, an assignee is holder until they leave, and nobody can be assigned then",
     "field", {"handover.departed": "nobody"}, _TWO,
     "03-02 10:00 file li k1 +project\n03-03 10:00 assign sun wang\n03-05 10:00 depart wang\n03-06 10:00 assign sun zhao",
     {"holder 03-04 10:00": "wang blue", "holder 03-05 12:00": "nobody", "holder 03-07 10:00": "nobody"}),
    ("where assignments name nobody, a leaver's claims stay the team's",
     "store", {"assign.names": "nobody"}, _SHOP, "03-02 10:00 file li k1 +name +phone\n03-03 10:00 depart li\n03-04 10:00 assign sun zhao",
     {"holder 03-05 10:00": "red"}),
    ("the first visit of a leaver or of the one named decides, whoever files later",
     "store", {"precedence": ["first_visit", "first_filed"]}, _SHOP,
     """03-01 09:00 visit zhao
        03-01 10:00 visit wang
        03-01 12:00 visit li
        03-02 10:00 file li k1 +name +phone
        03-03 10:00 depart li
        03-04 10:00 assign sun zhao
        03-05 10:00 file wang k2 +name +phone""", {"holder 03-06 10:00": "zhao red"}),
    ("each level has its role: the second does not review at the first",
     "layered", {"review.levels": 2, "review.roles": ["supervisor", "archivist"]}, _TWO + ", old hall archivist",
     """03-02 10:00 file li k1 +name +phone
        03-02 11:00 review old k1 approve
        03-02 12:00 review sun k1 approve
        03-02 13:00 review qian k1 approve
        03-02 14:00 review old k1 approve""",
     {"filing 03-02 11:30": "in_review", "filing 03-02 13:30": "in_review", "filing 03-02 14:00": "recorded"}),
    ("a designer's time is renewed by a visit after it, and by none on its last day",
     "store", {"designer.days": 10, "claim.renewal_days": 10, "designer.renewed_by": "visit_after_end"}, _SHOP,
     """03-02 10:00 file mei k1 type=designer +name +address +building +phone
        03-02 11:00 file mei k2 type=designer +name +address +building +phone customer=c2
        03-12 10:00 visit mei
        03-13 10:00 visit mei customer=c2
        03-13 11:00 visit li
        03-13 11:00 visit li customer=c2
        03-13 12:00 order d1
        03-13 12:00 order d2 c2""",
     {"deal 03-14 10:00 d1": "final store:performance:100", "deal 03-14 10:00 d2": "final mei:rebate:0 store:performance:100"}),
    ("a shortfall is penalised from one point on, or never, as the rulebook says",
     "field", {"points.due": 2, "points.short": 1}, _TWO, "03-02 10:00 record_visit li",
     {"points 03-05 10:00 li 2026-03": "1 1 cleaning_duty", "points 03-05 10:00 wang 2026-03": "0 2 cleaning_duty"}),
    ("where no shortfall is penalised none is",
     "field", {"points.due": 2, "points.short": 0}, _TWO, "03-02 10:00 record_visit li",
     {"points 03-05 10:00 li 2026-03": "1 1", "points 03-05 10:00 wang 2026-03": "0 2"}),
    ("of several claims of one claimant the first to stand counts, where standing decides",
     "store", {"precedence": ["first_standing"]}, _SHOP,
     """03-01 10:00 file li k1 +name
        03-03 10:00 file li k2 +name +phone
        03-04 10:00 file wang k3 +name +phone
        03-05 10:00 complete li k1 +phone""", {"holder 03-06 10:00": "li red"}),
    ("of those the store does not keep out the first to stand counts",
     "store", {"precedence": ["first_standing"]}, _SHOP,
     """03-02 09:00 file li k1 +name
        03-02 10:00 file desk k0 type=store +date=2026-03-02 +phone
        03-03 10:00 file li k2 +name +phone
        03-06 10:00 complete li k1 +phone""", {"holder 03-04 10:00": "nobody", "holder 03-07 10:00": "li red"}),
    ("the first visit of the one named counts for claims whose leaver brought nobody in",
     "store", {"precedence": ["first_visit", "first_filed"]}, _SHOP,
     """03-01 09:00 visit zhao
        03-01 10:00 visit wang
        03-02 10:00 file li k1 +name +phone
        03-03 10:00 depart li
        03-04 10:00 assign sun zhao
        03-05 10:00 file wang k2 +name +phone""", {"holder 03-06 10:00": "zhao red"}),
    ("a visit before a claim renews it not, where visits within its time do",
     "store", {"claim.days": 3, "claim.renewal_days": 10, "claim.renewed_by": "visit"}, _SHOP,
     "03-01 10:00 visit li\n03-02 10:00 file li k1 +name +phone", {"holder 03-05 23:59": "li red", "holder 03-06 00:00": "nobody"}),
]  # fmt: skip


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row[0])
def test_it_is_so_that(row) -> None:
    """As the row's sentence says."""
    _, preset, changes, people, lines, asked = row
    history, book = story(people, lines), load_rulebook(preset).override(changes)
    assert {question: answer(history, book, question) for question in asked} == asked


def test_two_offences_of_one_instant_stand_in_the_order_of_their_facts() -> None:
    """`f10` before `f2`: ids are compared as text by code point."""
    at = moment("03-05 10:00")
    people = staff("li red, wang blue")
    told = [Fact(id="s", at=moment("03-01 10:00"), at_text="s", kind=FactKind.SIGN, deal="d", customer="c1")]
    told += [
        Fact(
            id=name, at=at, at_text=name, kind=FactKind.FILE, by="li", customer="c1", filing=name, fields={"deal": "d"}
        )
        for name in ("f2", "f10")
    ]
    book = load_rulebook("contract").override({"late.days": 1, "required.customer": ["deal"]})
    ruling = decide(History.of(people, told), book, Question("offences", at))
    assert [item["at"] for item in ruling.outcome["items"]] == ["f10", "f2"]


def test_where_the_calendar_ends_everything_is_still_answered() -> None:
    """The last instant of all, and the first, in a zone whose day is beyond them."""
    people = staff("li red")
    for book in map(load_rulebook, ("onsite", "store", "process")):
        for at in (datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)):
            facts = [
                Fact(id="a", at=at, kind=FactKind.VISIT, by="li", customer="c1"),
                Fact(
                    id="b",
                    at=at,
                    kind=FactKind.FILE,
                    by="li",
                    customer="c1",
                    filing="k",
                    fields={"name": "x", "phone": "x"},
                ),
                Fact(id="c", at=at, kind=FactKind.SIGN, deal="d1", customer="c1"),
            ]
            history = History.of(people, facts)
            for ask in ("holder", "deal", "filing", "offences", "notices"):
                assert decide(history, book, Question(ask, at, customer="c1", deal="d1", filing="k")).digest
            assert all(span.until is None or span.until > span.since for span in holdings(history, book, "c1"))
            assert filing_states(history, book, "k")


def test_days_are_counted_to_the_end_of_the_calendar_and_no_further() -> None:
    """A window beyond the last day ends with it; a week begins on its Monday."""
    assert days_after(date(9999, 12, 30), 30) == date.max
    assert next_day(date.max) == date.max
    assert next_day(date(2026, 2, 28)) == date(2026, 3, 1)
    assert working_days_after(date(9999, 12, 30), 5) == date.max
    assert last_day(date.max, Window(0), rolls_over=True) == date.max
    assert monday_of(date(2026, 3, 8)) == date(2026, 3, 2)
    assert start_of(date.min, load_rulebook("onsite").zone) is None


@pytest.mark.parametrize(
    ("day", "length", "last"),
    [
        (date(2026, 9, 30), 1, date(2026, 10, 8)),
        (date(2026, 2, 13), 1, date(2026, 2, 14)),
        (date(2026, 3, 6), 2, date(2026, 3, 10)),
        (date(2027, 1, 29), 1, date(2027, 2, 1)),
        (date(2026, 3, 6), 0, date(2026, 3, 6)),
    ],
)
def test_working_days_follow_the_official_calendar(day: date, length: int, last: date) -> None:
    """民法典 201; holidays, make-up days, and Monday to Friday where there is no official calendar yet."""
    assert last_day(day, Window(length, working=True)) == last


def test_a_timeline_tells_every_boundary_ahead() -> None:
    """H9 H16: in force to the end of the thirtieth day, and again after a visit."""
    history = story(_SHOP, "03-02 10:00 file li k1 +name +phone\n04-10 10:00 visit li")
    spans = holdings(history, load_rulebook("store"), "c1")
    assert [(span.since, span.until, span.staff) for span in spans] == [
        (moment("03-02 10:00"), moment("04-02 00:00"), "li"),
        (moment("04-10 10:00"), moment("05-11 00:00"), "li"),
    ]
    assert [span.clauses for span in spans] == [("H13", "H9"), ("H13", "H16", "H9")]
    states = filing_states(
        story(
            _TWO,
            "03-05 10:00 file li k1 +name +phone +need +feedback\n03-05 11:00 review sun k1 approve\n03-05 12:00 assign sun li",
        ),
        load_rulebook("process"),
        "k1",
    )
    assert [(span.state, span.since) for span in states] == [
        ("in_review", moment("03-05 10:00")),
        ("recorded", moment("03-05 11:00")),
        ("assigned", moment("03-05 12:00")),
        ("overdue", moment("03-10 00:00")),
    ]
    assert states[-1].until is None
    assert filing_states(story(_TWO, ""), load_rulebook("process"), "k1") == ()

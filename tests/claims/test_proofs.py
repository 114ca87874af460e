"""Every ground of a proof shows the facts that it speaks of, and says the days and numbers that follow from them."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from claims.casefile import Case, read_case
from claims.decide import Question, claim_ruling, decide
from claims.facts import FactKind
from claims.rulebook import load_rulebook
from claims.sentences import RULES
from tests.claims import proofs
from tests.claims.histories import moment, story
from tests.claims.made_up import RULEBOOKS, made_up_case
from tests.claims.proofs import hold_the_proof, hold_the_timeline, hold_what_is_wanting

_CASES = sorted((Path(__file__).parents[1] / "casebook").glob("*.json"))


def _hold_every_proof_of(text: str) -> None:
    read = read_case(text)
    assert isinstance(read, Case), read
    for question in read.questions:
        hold_the_proof(decide(read.history, read.rulebook, question), read.history, read.rulebook)
    last = read.questions[-1].at
    for fact in read.history.facts:
        if fact.kind is FactKind.FILE and fact.at <= last:
            ruling = claim_ruling(read.history, read.rulebook, str(fact.filing), last)
            hold_the_proof(ruling, read.history, read.rulebook)
            assert ruling.question == Question("claim", last, filing=str(fact.filing))


@pytest.mark.parametrize("path", _CASES, ids=lambda path: path.stem)
def test_the_proofs_of_a_case_hold(path: Path) -> None:
    """Of whatever it asks."""
    _hold_every_proof_of(path.read_text("utf-8"))


@pytest.mark.parametrize("path", _CASES, ids=lambda path: path.stem)
def test_the_timeline_of_a_case_says_what_its_rulings_say(path: Path) -> None:
    """At every fact, and where each span begins and ends; a span rests on clauses of its ruling."""
    read = read_case(path.read_text("utf-8"))
    assert isinstance(read, Case), read
    hold_the_timeline(read.history, read.rulebook)


@pytest.mark.parametrize("rulebook", RULEBOOKS)
@pytest.mark.parametrize("seed", range(6))
def test_the_proofs_of_a_made_up_case_hold(rulebook: str, seed: int) -> None:
    """Many facts close together, asked on and around every boundary."""
    _hold_every_proof_of(json.dumps(made_up_case(Random(f"proof {rulebook} {seed}"), rulebook)))  # noqa: S311 - a draw


@pytest.mark.parametrize("path", _CASES, ids=lambda path: path.stem)
def test_what_anybody_lacks_in_a_case_is_said(path: Path) -> None:
    """Whenever it asks, of every person and customer; whoever holds lacks nothing, and nobody else does."""
    read = read_case(path.read_text("utf-8"))
    assert isinstance(read, Case), read
    for at in sorted({question.at for question in read.questions}):
        for customer in sorted({fact.customer for fact in read.history.facts if fact.customer}):
            hold_what_is_wanting(read.history, read.rulebook, customer, at)


def test_every_ground_of_the_catalogue_has_its_shape() -> None:
    """What a rule shows is settled for each."""
    assert set(proofs._SHOWS) == set(RULES)


_TWO = "li red, wang blue, zhao red, sun red supervisor, qian blue supervisor"
_LI = """
    03-02 10:00 visit li
    03-02 10:10 file li k1 +name +phone
"""
_ROLES = "li red, wang blue, zhao red, mei green designer, desk hall store_staff, sun red supervisor"

# Each row: the sentence, the preset and what is changed, who there is, what happened, and what is asked; then the first
# level of the proof, each rule with its facts and whether it held.
_TREES = [
    ("both clocks of a holder are told, and neither has run out",
     "onsite", {}, _TWO, _LI, "holder 03-17 23:59",
     "+claim.taken f02 +hold.maintained f02 +hold.protected f02"),
    ("a clock that has run out is told as run out",
     "onsite", {}, _TWO, _LI, "holder 03-18 00:00",
     "+claim.taken f02 -hold.maintained f02 +hold.protected f02"),
    ("the last day of protection is a day of it",
     "onsite", {}, _TWO, _LI, "holder 04-01 23:59",
     "+claim.taken f02 -hold.maintained f02 +hold.protected f02"),
    ("when all protection has run out the holding lasts until somebody comes",
     "onsite", {}, _TWO, _LI, "holder 04-02 00:00",
     "+claim.taken f02 -hold.maintained f02 -hold.protected f02 +hold.permanent f02"),
    ("an open dispute takes the place of the strict protection that it lifts",
     "onsite", {}, _TWO, _LI + "03-05 10:00 dispute wang li", "holder 03-06 10:00",
     "+claim.taken f02 +hold.maintained f02 +hold.dispute_lifts f03"),
    ("where a rulebook has no strict protection no dispute lifts it",
     "onsite", {"protection.strict_days": "none"}, _TWO, _LI + "03-05 10:00 dispute wang li", "holder 03-06 10:00",
     "+claim.taken f02 +hold.maintained f02"),
    ("where a dispute does not lift the strict protection it is told of as ever",
     "onsite", {"protection.strict_in_dispute": "stays"}, _TWO, _LI + "03-05 10:00 dispute wang li", "holder 03-06 10:00",
     "+claim.taken f02 +hold.maintained f02 +hold.protected f02"),
    ("a settlement is told with the disputes that it closed, and without one not at all",
     "onsite", {}, _TWO, _LI + "03-04 10:00 settle sun li\n03-05 10:00 dispute wang li\n03-06 10:00 settle sun li",
     "holder 03-06 12:00",
     "+claim.taken f02 +hold.dispute_settled f05 f04 +hold.maintained f02 +hold.protected f02"),
    ("a visit that was not filed that day gave nothing; the holder's own later visits are contacts",
     "onsite", {}, _TWO, _LI + "03-03 10:00 visit wang\n03-04 10:00 visit li", "holder 03-05 10:00",
     "+claim.taken f02 +claim.visit_not_filed f03 +hold.maintained f04 +hold.protected f02"),
    ("while nobody holds, every visit that was not filed gave nothing",
     "onsite", {}, _TWO, "03-03 10:00 visit wang", "holder 03-05 10:00", "+claim.visit_not_filed f01 +hold.no_claim"),
    ("where the holder's customer is free again, their visits that were not filed gave nothing either",
     "onsite", {"handover.departed": "nobody"}, _TWO, _LI + "03-03 10:00 visit li\n03-04 10:00 depart li",
     "holder 03-05 10:00", "+claim.taken f02 +hold.reopened f04 +claim.visit_not_filed f03 +hold.no_claim"),
    ("where no visit is needed none is missed",
     "onsite", {"claim.needs_visit": "none"}, _TWO, "03-03 10:00 visit wang" + _LI, "holder 03-05 10:00",
     "+claim.taken f03 +hold.maintained f03 +hold.protected f03"),
    ("a filing without a visit that day gave nothing, whatever completed it",
     "onsite", {}, _TWO, "03-03 10:00 file wang k1 +name\n03-03 11:00 complete wang k1 +phone", "holder 03-05 10:00",
     "+claim.filed_without_visit f01 f02 +hold.no_claim"),
    ("a departure that leaves the team alone is told, and that of anybody else is not",
     "onsite", {}, _TWO, "03-01 10:00 depart wang" + _LI + "03-03 10:00 depart li\n03-04 10:00 depart zhao",
     "holder 03-05 10:00", "+claim.taken f03 +hold.departed f04 +hold.maintained f03 +hold.protected f03"),
    ("an assignment while a person holds is without effect, one after a departure names the holder",
     "onsite", {}, _TWO, _LI + "03-03 10:00 assign sun zhao\n03-04 10:00 depart li\n03-05 10:00 assign sun zhao",
     "holder 03-05 12:00",
     "+claim.taken f02 -hold.not_assigned f03 +hold.departed f04 +hold.assigned f05 +hold.maintained f02 +hold.protected f02"),
    ("where the team is the holder it is so by the claim that was taken",
     "onsite", {"holding.unit": "team"}, _TWO, _LI, "holder 03-05 10:00",
     "+claim.taken f02 +hold.team_unit f02 +hold.maintained f02 +hold.protected f02"),
    ("a claim that has run out is told with its last day, and what brought it back with its visit",
     "onsite", {"claim.days": 10, "claim.renewal_days": 10, "claim.renewed_by": "visit_after_end"}, _TWO,
     _LI + "03-14 10:00 visit li", "holder 03-15 10:00",
     "+claim.taken f02 +claim.lapsed +claim.revived f03 +hold.maintained f03 +hold.protected f02"),
    ("nobody comes back by a visit where a rulebook renews nothing",
     "onsite", {"claim.days": 10, "claim.renewal_days": 10, "claim.renewed_by": "nothing"}, _TWO,
     _LI + "03-14 10:00 visit li", "holder 03-15 10:00",
     "+claim.taken f02 +claim.lapsed +claim.visit_not_filed f03 +hold.no_claim"),
    ("a claim in force is told with its filing and its end, and whoever was first with their file",
     "store", {}, _ROLES, "03-02 10:00 file li k1 +name +phone", "holder 04-01 23:59",
     "+claim.in_force f01 +hold.first_filed f01"),
    ("a claim whose time ended is told as ended, and nobody holds",
     "store", {}, _ROLES, "03-02 10:00 file li k1 +name +phone", "holder 04-02 00:00", "-claim.in_force f01 +hold.no_claim"),
    ("of two in force the latest visit is told with all visits that were compared",
     "store", {}, _ROLES,
     """03-02 10:00 file li k1 +name +phone
        03-02 11:00 file wang k2 +name +phone
        03-03 10:00 visit li
        03-04 10:00 visit wang
        03-05 10:00 visit li""", "holder 03-06 10:00",
     "+claim.in_force f01 +claim.in_force f02 +hold.latest_visit f05 f04"),
    ("where none of them came to the door it is told that no visit decided, and then the first file",
     "store", {}, _ROLES, "03-02 10:00 file li k1 +name +phone\n03-02 11:00 file wang k2 +name +phone", "holder 03-06 10:00",
     "+claim.in_force f01 +claim.in_force f02 -hold.latest_visit f01 +hold.first_filed f01"),
    ("a claim that the store's own keeps out is told beside it",
     "store", {}, _ROLES,
     "03-02 10:00 file desk k0 type=store +date=2026-03-01 +phone\n03-02 11:00 file li k1 +name +phone", "holder 03-06 10:00",
     "+claim.kept_out f02 f01 +hold.no_claim"),
    ("a visit after the end brings a claim back, and after its own time that is told too",
     "store", {}, _ROLES, "03-02 10:00 file li k1 +name +phone\n04-05 10:00 visit li", "holder 05-06 00:00",
     "-claim.in_force f01 -claim.revived f02 +hold.no_claim"),
    ("each later visit renews what one brought back",
     "store", {}, _ROLES, "03-02 10:00 file li k1 +name +phone\n04-05 10:00 visit li\n04-20 10:00 visit li", "holder 05-20 23:59",
     "+claim.revived f03 +hold.first_filed f01"),
    ("a filing completed after its time is in force by an earlier visit",
     "store", {}, _ROLES, "03-02 10:00 file li k1 +name\n04-03 10:00 visit li\n04-05 10:00 complete li k1 +phone", "holder 05-03 23:59",
     "+claim.revived f02 +hold.first_filed f01"),
    ("a leaver's claims, one of them brought back by the visit of the one named, end with that",
     "store", {}, _ROLES,
     """03-02 10:00 file li k1 +name +phone
        03-20 10:00 file li k2 +name +phone
        04-03 10:00 visit zhao
        04-05 10:00 depart li
        04-06 10:00 assign sun zhao""", "holder 05-04 00:00", "+hold.assigned f05 f04 f02 -claim.in_force f02 +hold.no_claim"),
    ("a leaver's claim stays that of the team, which is told by the departure",
     "store", {}, _ROLES, "03-02 10:00 file li k1 +name +phone\n03-03 10:00 depart li", "holder 03-06 10:00",
     "+claim.in_force f01 +hold.first_filed f01 +hold.departed f02"),
    ("an assignment after a departure is told with it, and with the claim that it passes on",
     "store", {}, _ROLES,
     "03-02 10:00 file li k1 +name +phone\n03-02 11:00 visit li\n03-03 10:00 depart li\n03-04 10:00 assign sun zhao",
     "holder 03-06 10:00",
     "+hold.assigned f04 f03 f01 f02 +claim.in_force f01 +hold.first_filed f01"),
    ("whoever left holds nothing where a leaver's customer is free",
     "store", {"handover.departed": "nobody"}, _ROLES, "03-02 10:00 file li k1 +name +phone\n03-03 10:00 depart li",
     "holder 03-06 10:00", "+want.presence f02 +hold.no_claim"),
    ("where the team is the holder that is told last",
     "store", {"holding.unit": "team"}, _ROLES, "03-02 10:00 file li k1 +name +phone", "holder 03-06 10:00",
     "+claim.in_force f01 +hold.first_filed f01 +hold.team_unit"),
    ("where no tie-break speaks for a claim the first file does, and none is told",
     "store", {"precedence": ["latest_visit"]}, _ROLES, "03-02 11:00 file wang k2 +name +phone\n03-02 12:00 file li k1 +name +phone",
     "holder 03-06 10:00", "+claim.in_force f01 +claim.in_force f02 -hold.latest_visit f01"),
    ("the only claim in force is told by the visit where nothing but visits decides",
     "store", {"precedence": ["first_visit"]}, _ROLES,
     "03-02 11:00 file wang k2 +name +phone\n03-02 12:00 visit wang\n03-02 13:00 visit wang",
     "holder 03-06 10:00", "+claim.in_force f01 +hold.first_visit f02"),
    ("of several in force the first visit is told with all first visits",
     "store", {"precedence": ["first_visit", "first_filed"]}, _ROLES,
     """03-02 10:00 file li k1 +name +phone
        03-02 11:00 file wang k2 +name +phone
        03-03 10:00 visit wang
        03-04 10:00 visit li
        03-05 10:00 visit wang""", "holder 03-06 10:00",
     "+claim.in_force f01 +claim.in_force f02 +hold.first_visit f04 f03"),
    ("an assignment needs a recorded filing, and rests on its story",
     "process", {}, _TWO,
     """03-02 09:00 assign sun li
        03-02 10:00 file li k1 +name +phone +need
        03-02 11:00 complete li k1 +feedback
        03-02 12:00 review sun k1 approve
        03-02 13:00 assign sun li""", "holder 03-03 10:00",
     "-hold.not_assigned f01 +hold.assigned f05 f02 f03 f04"),
    ("while nobody was assigned nobody holds",
     "process", {}, _TWO, "03-02 09:00 assign sun li", "holder 03-03 10:00", "-hold.not_assigned f01 +hold.no_assignment"),
    ("an assignee who left leaves the team alone",
     "process", {}, _TWO,
     """03-02 10:00 file li k1 +name +phone +need +feedback
        03-02 12:00 review sun k1 approve
        03-02 13:00 assign sun li
        03-03 10:00 depart li""", "holder 03-04 10:00", "+hold.assigned f03 f01 f02 +hold.departed f04"),
    ("a leader's assignment rests on what the holder holds by, and the next one on it",
     "field", {}, _TWO,
     "03-02 09:00 assign sun li\n03-02 10:00 file li k1 +project\n03-03 10:00 assign sun wang\n03-04 10:00 assign sun zhao",
     "holder 03-05 10:00", "-hold.not_assigned f01 +hold.assigned f03 f02 +hold.assigned f04 f03"),
    ("how a filing passed its chain, supplemented by a supervisor, is told from its file to its last approval",
     "layered", {}, _TWO,
     """03-02 10:00 file li k1 +name
        03-02 11:00 complete sun k1 +phone
        03-02 12:00 review sun k1 approve
        03-02 13:00 review sun k1 approve
        03-02 14:00 review qian k1 approve""", "filing 03-03 10:00",
     "+filing.complete.customer f01 f02 +filing.supplemented f02 +filing.same_reviewer f04 +filing.approved f03 f05"),
    ("a filing that waits is told its level",
     "layered", {}, _TWO, "03-02 10:00 file li k1 +name +phone\n03-02 12:00 review sun k1 approve", "filing 03-03 10:00",
     "+filing.complete.customer f01 +filing.in_review f01 f02"),
    ("a filing that is not sensitive is told that it needs no review, and a sensitive one that it does",
     "records", {}, _TWO, "03-02 10:00 file li k1 +name +phone +need", "filing 03-03 10:00",
     "+filing.complete.customer f01 +filing.review_not_needed f01"),
    ("a sensitive filing is told that it needs a review",
     "records", {}, _TWO, "03-02 10:00 file li k1 +name +phone +need +sensitive=yes\n03-02 11:00 review sun k1 approve",
     "filing 03-03 10:00", "+filing.complete.customer f01 +filing.review_needed f01 +filing.approved f02"),
    ("a filing that was recorded before it became sensitive is told that it needed none",
     "records", {}, _TWO, "03-02 10:00 file li k1 +name +phone +need\n03-02 11:00 complete li k1 +other",
     "filing 03-03 10:00", "+filing.complete.customer f01 f02 +filing.review_not_needed f01"),
    ("a filing of the wrong region is told that it was forwarded, one of the right region that it was not",
     "handbook", {}, "li red salesperson east, sun red supervisor", "03-02 10:00 file li k1 +project +commission_rate +stage +region=west",
     "filing 03-03 10:00", "+filing.complete.customer f01 +filing.forwarded f01"),
    ("a filing of the right region is told so",
     "handbook", {}, "li red salesperson east, sun red supervisor", "03-02 10:00 file li k1 +project +commission_rate +stage +region=east",
     "filing 03-03 10:00", "+filing.complete.customer f01 -filing.forwarded f01 +filing.in_review f01"),
    ("a villa's filing lacks more, and what was recorded stays so",
     "store", {}, _ROLES, "03-02 10:00 file li k1 +name +phone +villa=yes", "filing 03-03 10:00",
     "+filing.villa f01 +filing.incomplete.customer f01"),
    ("a designer's filing that lacks something is told to be provisional",
     "store", {}, _ROLES, "03-02 10:00 file mei k1 type=designer +name", "filing 03-03 10:00",
     "+filing.incomplete.designer f01 +filing.provisional f01"),
    ("where no review is needed a filing is recorded by what completed it",
     "onsite", {}, _TWO, "03-02 10:00 file li k1 +name\n03-02 11:00 complete li k1 +phone", "filing 03-03 10:00",
     "+filing.complete.customer f01 f02 +filing.no_chain f02"),
    ("what is archived, returned, rejected and reviewed by its claimant is told",
     "database", {}, "sun red supervisor, qian blue supervisor, old hall archivist",
     """03-02 10:00 file sun k1 +name +address +contact_person +phone +email +industry +demand_type +related_persons
        03-02 11:00 review sun k1 approve
        03-02 12:00 review qian k1 return
        03-02 13:00 complete sun k1 +name
        03-02 14:00 review qian k1 approve
        03-02 15:00 archive old k1""", "filing 03-03 10:00",
     "+filing.complete.customer f01 f04 +filing.own_review f02 +filing.sent_back f03 +filing.archived f06 +filing.approved f05"),
    ("there is no filing before its file",
     "onsite", {}, _TWO, _LI, "filing 03-01 10:00", "-filing.unknown"),
    ("before its event a deal has none, and where no event decides it never has",
     "onsite", {}, _TWO, _LI, "deal 03-06 10:00", "+deal.no_event"),
    ("where regulations give no credit that is told",
     "records", {}, _TWO, "03-02 10:00 sign", "deal 03-06 10:00", "+deal.never"),
    ("the holder at the event is told with the proof of the holding",
     "onsite", {}, _TWO, _LI + "03-03 10:00 sign", "deal 03-06 10:00", "+deal.event f03 +deal.holder f03"),
    ("a related customer whom somebody holds is told not to count",
     "onsite", {}, _TWO, _LI + "03-03 10:00 sign customer=c2 related_to=c1", "deal 03-04 10:00",
     "+deal.event f03 -deal.holder f03 -deal.related f03 +deal.awaiting f03"),
    ("a related customer whom nobody holds is told not to count either",
     "onsite", {}, _TWO, "03-03 10:00 sign customer=c2 related_to=c1", "deal 03-04 10:00",
     "+deal.event f01 -deal.holder f01 -deal.related f01 +deal.awaiting f01"),
    ("a leaver's team gets nothing by a related customer, and is told so",
     "onsite", {}, _TWO, _LI + "03-03 09:00 depart li\n03-03 10:00 sign customer=c2 related_to=c1", "deal 03-04 10:00",
     "+deal.event f04 -deal.holder f04 +deal.related f04 +deal.awaiting f04"),
    ("where a rulebook gives it to the leaver's team that is told",
     "onsite", {"deal.related_buyer": "team"}, _TWO,
     _LI + "03-03 09:00 depart li\n03-03 10:00 sign customer=c2 related_to=c1", "deal 03-04 10:00",
     "+deal.event f04 -deal.holder f04 +deal.related_team f04"),
    ("where nobody ever holds, no related customer is looked at",
     "records", {"deal.event": "sign"}, _TWO, "03-03 10:00 sign customer=c2 related_to=c1", "deal 03-04 10:00",
     "+deal.event f01 -deal.holder f01 +deal.nobody f01"),
    ("a confirmation with evidence is told, and those before the signature or without evidence are not",
     "onsite", {}, _TWO,
     """03-03 09:00 confirm li evidence=chat
        03-03 10:00 sign
        03-03 11:00 confirm li evidence=
        03-03 11:30 confirm li d2 evidence=chat
        03-06 23:59 confirm wang evidence=chat""", "deal 03-06 23:59", "+deal.event f02 -deal.holder f02 +deal.confirmed f05"),
    ("a confirmation after the three days is told to be late, and the duty team gets it",
     "onsite", {}, _TWO, "03-02 08:00 duty red 2026-03-02\n03-03 10:00 sign\n03-07 00:00 confirm li evidence=chat",
     "deal 03-07 00:00",
     "+deal.event f02 -deal.holder f02 +deal.confirm_late f03 -deal.confirmed f02 +deal.duty_team f01 +deal.duty_credit f01"),
    ("while it may be confirmed a deal waits; without a known duty it is nobody's",
     "onsite", {}, _TWO, "03-03 10:00 sign", "deal 03-07 00:00",
     "+deal.event f01 -deal.holder f01 -deal.confirmed f01 -deal.duty_team +deal.nobody f01"),
    ("a settlement that is too old, one whose person had left, and one that counts are told",
     "onsite", {}, _TWO,
     """01-31 10:00 settle sun li
        03-02 09:00 depart li
        03-02 10:00 settle sun li
        03-03 10:00 sign
        03-04 10:00 settle sun zhao
        03-04 11:00 settle sun wang customer=c2""", "deal 03-04 10:00",
     "+deal.event f04 -deal.settle_too_old f01 -deal.settle_departed f03 f02 -deal.holder f04 +deal.awaiting f04 +deal.settled f05"),
    ("who brought the customer in last is told, and that nobody did",
     "store", {}, _ROLES, "03-03 10:00 order", "deal 03-04 10:00",
     "+deal.event f01 -deal.designer_visit -deal.holder f01 +deal.store f01 +rebate.none"),
    ("a salesperson who came last is no designer",
     "store", {}, _ROLES, "03-02 10:00 visit mei\n03-03 09:00 visit li\n03-03 10:00 order\n03-03 11:00 visit mei", "deal 03-04 10:00",
     "+deal.event f03 -deal.designer_visit f02 -deal.holder f03 +deal.store f03 +rebate.none"),
    ("a designer who came last makes it the store's",
     "store", {}, _ROLES, "03-02 10:00 visit li\n03-03 09:00 visit mei\n03-03 10:00 order", "deal 03-04 10:00",
     "+deal.event f03 +deal.designer_visit f02 +rebate.none"),
    ("a designer's claim is told with what it rests on, and so is who of several came last",
     "store", {}, _ROLES + ", fang green designer",
     """03-02 09:00 file mei k1 type=designer +name +address +building
        03-02 10:00 complete mei k1 +phone
        03-02 11:00 file fang k2 type=designer +name +address +building +phone
        03-02 12:00 visit fang
        03-02 13:00 visit mei
        03-02 14:00 visit li
        03-03 10:00 order""", "deal 03-04 10:00",
     "+deal.event f07 -deal.designer_visit f06 -deal.holder f07 +deal.store f07 +rebate.in_force f07 f01 f02 f05 +rebate.in_force f07 f03 f04 +rebate.latest_visit f05"),
    ("of designers who brought nobody in the first to file is told",
     "store", {}, _ROLES + ", fang green designer",
     """03-02 09:00 file mei k1 type=designer +name +address +building +phone
        03-02 11:00 file fang k2 type=designer +name +address +building +phone
        03-03 10:00 order""", "deal 03-04 10:00",
     "+deal.event f03 -deal.designer_visit -deal.holder f03 +deal.store f03 +rebate.in_force f03 f01 +rebate.in_force f03 f02 -rebate.latest_visit +rebate.first_filed f01"),
    ("a designer's time, a provisional filing and one after the order are told to give nothing",
     "store", {}, _ROLES + ", fang green designer, hua green designer",
     """01-01 09:00 file mei k1 type=designer +name +address +building +phone
        03-02 11:00 file fang k2 type=designer +name
        04-02 10:00 order
        04-03 11:00 file hua k3 type=designer +name +address +building +phone""", "deal 04-04 10:00",
     "+deal.event f03 -deal.designer_visit -deal.holder f03 +deal.store f03 +rebate.after_deal f04 -rebate.in_force f03 f01 +rebate.in_force f03 f02 +rebate.provisional f02 +rebate.none"),
    ("a designer whom a salesperson brought along may be provisional still",
     "store", {}, _ROLES, "03-02 11:00 file mei k2 type=designer +name\n03-02 12:00 visit li with=mei\n04-02 10:00 order",
     "deal 04-04 10:00",
     "+deal.event f03 -deal.designer_visit f02 -deal.holder f03 +deal.store f03 +rebate.in_force f03 f01 +rebate.brought_along f02 f01 -rebate.latest_visit +rebate.first_filed f01"),
    ("where provisional filings always count that is told",
     "store", {"designer.provisional": "always"}, _ROLES, "03-02 11:00 file mei k2 type=designer +name\n04-02 10:00 order",
     "deal 04-04 10:00",
     "+deal.event f02 -deal.designer_visit -deal.holder f02 +deal.store f02 +rebate.in_force f02 f01 -rebate.provisional f01 -rebate.latest_visit +rebate.first_filed f01"),
    ("an offence of poaching is told by what the claim stands from, after how the customer came to be held",
     "onsite", {}, _TWO, _LI + "03-05 10:00 visit wang\n03-05 10:10 file wang k2 +name +phone", "offences 03-06 10:00",
     "+offence.over_customer +offence.poaching f04"),
    ("where strict protection is guarded likewise, that offence is another",
     "onsite", {"protection.strict_effect": "poaching", "protection.maintenance_effect": "refused"}, _TWO,
     _LI + "03-05 10:00 visit wang\n03-05 10:10 file wang k2 +name +phone\n03-25 10:00 visit wang\n03-25 10:10 file wang k3 +name +phone",
     "offences 03-26 10:00", "+offence.over_customer +offence.strict_poaching f06"),
    ("a late report is told with the signature from which it was due",
     "contract", {}, _TWO, "03-02 10:00 sign\n03-20 10:00 file li k1 type=contract +deal=d1", "offences 03-26 10:00",
     "+offence.late f02 f01"),
    ("no offence is told as none", "onsite", {}, _TWO, _LI, "offences 03-26 10:00", "-offence.none"),
    ("whoever is told of a walk-in, and who is not while a dispute is open",
     "onsite", {}, _TWO, _LI + "03-03 10:00 walk_in wang\n03-03 11:00 dispute wang li\n03-03 12:00 walk_in wang", "notices 03-04 10:00",
     "+notice.over_customer +notice.walk_in f03 +notice.in_dispute f05 f04"),
    ("a holder is told of an order after a designer's visit, with the visit",
     "store", {}, _ROLES, "03-02 10:00 file li k1 +name +phone\n03-03 10:00 visit mei\n03-03 11:00 order", "notices 03-04 10:00",
     "+notice.designer_visit f03 f02 +notice.over_customer"),
    ("of a walk-in alone the holder is told, with how they came to hold",
     "onsite", {}, _TWO, _LI + "03-03 10:00 walk_in wang", "notices 03-04 10:00", "+notice.over_customer +notice.walk_in f03"),
    ("of a walk-in in dispute nobody is told, and that is told alone",
     "onsite", {}, _TWO, _LI + "03-03 09:00 dispute wang li\n03-03 10:00 walk_in wang", "notices 03-04 10:00",
     "+notice.over_customer +notice.in_dispute f04 f03 -notice.none"),
    ("where walk-ins are told of, a settlement of a dispute is told among what happened",
     "store", {"notice.walk_in": "holder"}, _ROLES,
     "03-02 10:00 settle sun li\n03-03 09:00 dispute wang li\n03-03 10:00 settle sun li", "holder 03-04 10:00",
     "+notice.dispute_settled f03 f02 +hold.no_claim"),
    ("where they are not, no settlement is",
     "store", {}, _ROLES, "03-03 09:00 dispute wang li\n03-03 10:00 settle sun li", "holder 03-04 10:00", "+hold.no_claim"),
    ("whose time has ended is told so though nobody left, where leavers hold nothing",
     "store", {"handover.departed": "nobody"}, _ROLES, "03-02 10:00 file li k1 +name +phone", "holder 04-02 10:00",
     "-claim.in_force f01 +hold.no_claim"),
    ("a related customer whose team's time has ended gives that team nothing",
     "onsite", {"claim.days": 10, "deal.related_buyer": "team"}, _TWO,
     _LI + "03-03 09:00 depart li\n03-20 10:00 sign customer=c2 related_to=c1", "deal 03-21 10:00",
     "+deal.event f04 -deal.holder f04 -deal.related f04 +deal.awaiting f04"),
    ("a leader's assignment rests on the visits by which the holder holds, the first and the latest",
     "field", {"claim.needs_visit": "before"}, _TWO,
     """03-02 10:00 file li k1 +project
        03-02 11:00 visit li
        03-02 12:00 visit li
        03-02 13:00 visit li
        03-03 10:00 assign sun wang""", "holder 03-05 10:00", "+hold.assigned f05 f01 f02 f04"),
    ("a leaver's claims pass on by the latest of their visits",
     "store", {}, _ROLES,
     """03-02 10:00 file li k1 +name +phone
        03-02 11:00 visit li
        03-02 12:00 visit li
        03-03 10:00 depart li
        03-04 10:00 assign sun zhao""", "holder 03-06 10:00",
     "+hold.assigned f05 f04 f01 f03 +claim.in_force f01 +hold.first_filed f01"),
    ("no notice is told as none", "store", {}, _ROLES, "03-03 10:00 visit mei\n03-03 11:00 order", "notices 03-04 10:00", "-notice.none"),
    ("a fine is told with the disputes whose parties it is for, and one settled before is not among them",
     "store", {}, _ROLES,
     """03-02 10:00 dispute li wang
        03-02 11:00 settle sun li
        03-02 12:00 dispute li zhao
        03-02 13:00 lose minor
        03-02 14:00 lose severe cause=price
        03-02 15:00 lose severe customer=c2
        03-02 16:00 lose moderate""", "fines 03-04 10:00", "+fine.minor f04 f03 +fine.moderate f07 f03"),
    ("no fine is told as none", "store", {}, _ROLES, "03-02 14:00 lose severe", "fines 03-04 10:00", "-fine.none"),
    ("the whole rebate is due once the whole price is paid",
     "store", {}, _ROLES,
     """03-02 09:00 file mei k1 type=designer +name +address +building +phone
        03-03 10:00 order
        03-04 10:00 pay 100
        03-05 10:00 pay 30
        03-05 11:00 pay 100 d2
        03-05 12:00 finish""", "rebate 03-06 10:00 mei",
     "+rebate.in_force f02 f01 -rebate.latest_visit +rebate.first_filed f01 +rebate.full f03"),
    ("half is due once half is paid, and before that nothing is",
     "store", {"settlement": "half"}, _ROLES,
     """03-02 09:00 file mei k1 type=designer +name +address +building +phone
        03-03 10:00 order
        03-04 10:00 pay 49.9""", "rebate 03-06 10:00 mei",
     "+rebate.in_force f02 f01 -rebate.latest_visit +rebate.first_filed f01 -rebate.finished -rebate.half f03 +rebate.nothing_due"),
    ("the rest is due once the work is finished, whatever is paid",
     "store", {"settlement": "half"}, _ROLES,
     """03-02 09:00 file mei k1 type=designer +name +address +building +phone
        03-03 10:00 order
        03-04 10:00 finish d2
        03-04 11:00 finish""", "rebate 03-06 10:00 mei",
     "+rebate.in_force f02 f01 -rebate.latest_visit +rebate.first_filed f01 +rebate.finished f04"),
    ("no rebate is due to anybody else",
     "store", {}, _ROLES, "03-03 10:00 order\n03-04 11:00 pay 100", "rebate 03-06 10:00 mei", "+rebate.none +rebate.nothing_due"),
    ("no rebate is due before the order",
     "store", {}, _ROLES, "03-04 11:00 pay 100", "rebate 03-06 10:00 mei", "+deal.no_event +rebate.nothing_due"),
    ("points are told with the visits that score, and what follows from them",
     "field", {}, _TWO,
     """02-28 10:00 record_visit li
        03-02 10:00 record_visit li
        03-03 10:00 record_visit li no
        03-04 10:00 record_visit wang
        03-31 23:59 record_visit li""", "points 04-06 10:00 li 2026-03", "+points.scored f02 f05 +points.due +points.short"),
    ("no points are told as none", "store", {}, _ROLES, "03-04 10:00 record_visit li", "points 04-06 10:00 li 2026-03", "-points.none"),
]  # fmt: skip


@pytest.mark.parametrize("row", _TREES, ids=lambda row: row[0])
def test_it_is_told_that(row) -> None:
    """As the row's sentence says."""
    _, preset, changes, people, lines, asked, expected = row
    ask, day, time, *about = asked.split()
    history, book = story(people, lines), load_rulebook(preset).override(changes)
    given = dict(zip(("staff", "month"), about, strict=False))
    ruling = decide(
        history, book, Question(ask, moment(f"{day} {time}"), customer="c1", filing="k1", deal="d1", **given)
    )
    hold_the_proof(ruling, history, book)
    hold_the_timeline(history, book)
    told = [" ".join([("-", "+")[ground.held] + ground.rule, *ground.facts]) for ground in ruling.grounds]
    assert " ".join(told) == expected

"""Sentences of the rules that are easily read wrong, each as a small story."""

from __future__ import annotations

import pytest

from claims.rulebook import load_rulebook
from tests.claims.histories import answer, story

_TWO = "li red, wang blue, zhao red, sun red supervisor, qian blue supervisor, old hall archivist, mei green designer"
_SHOP = (
    "li red, wang blue, zhao red, mei green designer, fang green designer, desk hall store_staff, sun red supervisor"
)
_LI = """
    03-02 10:00 visit li
    03-02 10:10 file li k1 +name +phone
"""
_PROCESS = """
    03-05 10:00 file li k1 +name +phone +need +feedback
    03-05 11:00 review sun k1 approve
"""
_FULL = "+project +commission_rate +stage"

# Each row: the sentence, the preset, who there is, what happened, and what is asked with its answer.
_ROWS = [
    ("a claim stands from the later of visit and filing, and a filing counts from where it first is complete",
     "onsite", _TWO,
     """03-02 09:00 file li k1 +name
        03-02 10:00 visit li
        03-02 11:00 complete li k1 +phone""",
     {"holder 03-02 10:59": "nobody", "holder 03-02 11:00": "li red 2026-04-01"}),
    ("a filing that is complete on another day than the visit gives nothing",
     "onsite", _TWO,
     """03-02 09:00 file li k1 +name
        03-02 10:00 visit li
        03-03 11:00 complete li k1 +phone""",
     {"holder 03-04 10:00": "nobody"}),
    ("a visit on the day on which a filing became complete makes it stand",
     "onsite", _TWO,
     """03-02 09:00 file li k1 +name
        03-03 11:00 complete li k1 +phone
        03-03 12:00 visit li""",
     {"holder 03-03 11:59": "nobody", "holder 03-03 12:00": "li red 2026-04-02"}),
    ("its claimant holds already: nothing changes, the thirty days do not start again",
     "onsite", _TWO, _LI + "03-20 10:00 visit li\n03-20 10:10 file li k2 +name +phone",
     {"holder 03-21 10:00": "li red 2026-04-04"}),
    ("an earlier visit of the same day wins though a later claim stood first, and another day it does not",
     "onsite", _TWO,
     """03-02 09:00 visit wang
        03-02 10:00 visit li
        03-02 10:10 file li k1 +name +phone
        03-02 11:00 visit wang
        03-02 11:10 file wang k2 +name +phone""",
     {"holder 03-02 11:00": "li red 2026-04-01", "holder 03-02 11:10": "wang blue 2026-04-01",
      "offences 03-03 10:00": "nothing"}),
    ("consent counts whenever it was given before the claim stands, even before that holding began, and is not used up",
     "onsite", _TWO,
     "03-01 10:00 consent li wang" + _LI +
     """03-04 10:00 visit wang
        03-04 10:10 file wang k2 +name +phone
        03-05 10:00 consent wang li
        03-06 10:00 visit li
        03-06 10:10 file li k3 +name +phone
        03-07 10:00 visit wang
        03-07 10:10 file wang k4 +name +phone""",
     {"holder 03-04 11:00": "wang blue 2026-04-03", "holder 03-06 11:00": "li red 2026-04-05",
      "holder 03-07 11:00": "wang blue 2026-04-06", "offences 03-08 10:00": "nothing"}),
    ("consent by somebody else than the holder lets nobody in",
     "onsite", _TWO, _LI + "03-03 10:00 consent sun wang\n03-04 10:00 visit wang\n03-04 10:10 file wang k2 +name +phone",
     {"holder 03-05 10:00": "li red 2026-04-01", "offences 03-05 10:00": "wang poaching 03-04 10:10"}),
    ("for a team alone a supervisor of that team consents, and of another does not",
     "onsite", _TWO,
     _LI + """03-03 09:00 depart li
        03-03 10:00 consent qian wang
        03-04 10:00 visit wang
        03-04 10:10 file wang k2 +name +phone
        03-05 10:00 consent sun wang
        03-06 10:00 visit wang
        03-06 10:10 file wang k3 +name +phone""",
     {"holder 03-05 09:00": "red 2026-04-01", "holder 03-06 11:00": "wang blue 2026-04-05"}),
    ("the fifteenth day after the last contact is protected, the sixteenth is not",
     "onsite", _TWO,
     _LI + "03-20 10:00 contact li\n04-04 23:59 visit wang\n04-04 23:59 file wang k2 +name +phone",
     {"holder 04-05 00:00": "li red 2026-04-04", "offences 04-05 00:00": "wang poaching 04-04 23:59"}),
    ("on the sixteenth day, after the thirtieth, the newcomer holds",
     "onsite", _TWO,
     _LI + "03-20 10:00 contact li\n04-05 00:00 visit wang\n04-05 00:00 file wang k2 +name +phone",
     {"holder 04-05 00:00": "wang blue 2026-05-05", "offences 04-05 00:00": "nothing"}),
    ("complete, walk_in and record_visit are no contact",
     "onsite", _TWO,
     _LI + """03-20 10:00 walk_in li
        03-21 10:00 record_visit li
        03-22 10:00 complete li k1 +need""",
     {"holder 03-23 10:00": "li red 2026-04-01"}),
    ("a filing that is not complete is a contact",
     "onsite", _TWO, _LI + "03-20 10:00 file li k2 +name", {"holder 03-23 10:00": "li red 2026-04-04"}),
    ("strict protection ends while a dispute is open and comes back when it is settled",
     "onsite", _TWO, _LI + "03-20 10:00 dispute wang li\n03-22 10:00 settle qian wang",
     {"holder 03-21 10:00": "li red 2026-03-17", "holder 03-22 10:00": "li red 2026-04-01"}),
    ("the holder departs: the team alone holds and both clocks run on; the successor's contacts count, whenever they were",
     "onsite", _TWO,
     _LI + """03-25 10:00 contact zhao
        03-26 10:00 depart li
        03-27 10:00 assign sun zhao""",
     {"holder 03-26 12:00": "red 2026-04-01", "holder 03-27 10:00": "zhao red 2026-04-09"}),
    ("an assignment by another team's supervisor, to another team's member, or while a person holds is without effect",
     "onsite", _TWO,
     _LI + """03-03 09:00 assign sun zhao
        03-04 09:00 depart li
        03-05 10:00 assign qian zhao
        03-05 11:00 assign sun wang""",
     {"holder 03-03 10:00": "li red 2026-04-01", "holder 03-06 10:00": "red 2026-04-01"}),
    ("a member of the team that alone holds takes it by a claim, though it is protected",
     "onsite", _TWO,
     _LI + "03-03 09:00 depart li\n03-04 10:00 visit zhao\n03-04 10:10 file zhao k2 +name +phone",
     {"holder 03-05 10:00": "zhao red 2026-04-03", "offences 03-05 10:00": "nothing"}),
    ("a claim that stands after its claimant left goes to the claimant's team alone",
     "onsite", _TWO,
     """03-02 09:00 visit li
        03-02 09:10 file li k1 +name
        03-02 10:00 depart li
        03-02 11:00 complete sun k1 +phone""",
     {"holder 03-02 12:00": "red 2026-04-01"}),
    ("a fact by somebody who departed before it is without effect",
     "onsite", _TWO, "03-02 09:00 depart li" + _LI,
     {"holder 03-03 10:00": "nobody", "filing 03-03 10:00": "nobody"}),
    ("a walk-in that another receives is told to the holder, one that the holder receives to nobody, and to a team always",
     "onsite", _TWO,
     _LI + """03-03 10:00 walk_in li
        03-03 11:00 walk_in wang
        03-04 10:00 depart li
        03-05 10:00 walk_in zhao""",
     {"notices 03-06 10:00": "li c1 03-03 11:00, team:red c1 03-05 10:00"}),
    ("a deal that nobody holds goes to the first evidence in three days, and a later one is refused",
     "onsite", _TWO,
     """03-02 08:00 duty blue 2026-03-02
        03-03 10:00 sign
        03-03 11:00 confirm li
        03-06 23:59 confirm wang d1 evidence=chat
        03-06 23:59 confirm li d1 evidence=chat""",
     {"deal 03-06 23:58": "awaiting_confirmation", "deal 03-06 23:59": "final wang:performance:100"}),
    ("evidence before the signature is none, and after the three days the duty team gets it, the last known of that week",
     "onsite", _TWO,
     """03-02 08:00 duty blue 2026-03-02
        03-02 09:00 confirm li d1 evidence=chat
        03-03 10:00 sign
        03-07 00:00 confirm wang d1 evidence=chat
        03-09 08:00 duty red 2026-03-02
        03-09 09:00 duty blue 2026-03-09""",
     {"deal 03-07 00:00": "final team:blue:manager_performance:100",
      "deal 03-10 00:00": "final team:red:manager_performance:100"}),
    ("only the first signature of a deal counts, and its customer",
     "onsite", _TWO, _LI + "03-03 10:00 sign d1 c1\n03-04 10:00 sign d1 c2",
     {"deal 03-05 10:00": "final li:performance:100"}),
    ("a settlement counts for every deal of the customer before it, and for thirty days after it; the last counts",
     "onsite", _TWO,
     _LI + """03-03 10:00 sign d1
        03-04 10:00 settle sun wang
        03-04 11:00 settle li li
        04-03 23:59 sign d2
        04-04 00:00 sign d3""",
     {"deal 03-03 12:00": "final li:performance:100", "deal 03-05 10:00": "final wang:performance:100",
      "deal 04-05 10:00 d2": "final wang:performance:100", "deal 04-05 10:00 d3": "final li:performance:100"}),
    ("a settlement to somebody who left before the signature does not count for it, to one who left later it does",
     "onsite", _TWO,
     _LI + """03-03 10:00 settle sun wang
        03-04 10:00 sign d1
        03-05 10:00 depart wang
        03-06 10:00 sign d2
        03-07 10:00 settle sun wang""",
     {"deal 03-06 12:00": "final wang:performance:100", "deal 03-06 12:00 d2": "final li:performance:100",
      "deal 03-08 10:00 d2": "final wang:performance:100"}),
    ("related_to never gives anybody anything",
     "onsite", _TWO, _LI + "03-03 10:00 depart li\n03-04 10:00 sign d1 c2 related_to=c1",
     {"deal 03-05 10:00": "awaiting_confirmation"}),
    ("a claim is in force through the thirtieth day after its file, a designer's is none of a salesperson's",
     "store", _SHOP, "03-02 10:00 file li k1 +name +phone\n03-01 10:00 file mei k2 +name +phone\n03-01 11:00 visit mei",
     {"holder 04-01 23:59": "li red", "holder 04-02 00:00": "nobody"}),
    ("a claim is in force from its completion, but its thirty days count from its file",
     "store", _SHOP, "03-02 10:00 file li k1 +name\n03-20 10:00 complete li k1 +phone",
     {"holder 03-20 09:59": "nobody", "holder 03-20 10:00": "li red", "holder 04-02 00:00": "nobody"}),
    ("a visit after the thirty days brings it back for thirty more, even one before the filing was complete",
     "store", _SHOP, "03-02 10:00 file li k1 +name\n04-10 10:00 visit li\n04-20 10:00 complete li k1 +phone",
     {"holder 04-15 10:00": "nobody", "holder 04-20 10:00": "li red", "holder 05-10 23:59": "li red",
      "holder 05-11 00:00": "nobody"}),
    ("a visit within the thirty days lengthens nothing",
     "store", _SHOP, "03-02 10:00 file li k1 +name +phone\n04-01 10:00 visit li", {"holder 04-02 00:00": "nobody"}),
    ("of several in force the latest visit decides, any visit so far, and without one the first file",
     "store", _SHOP,
     """03-01 10:00 visit wang
        03-02 10:00 file li k1 +name +phone
        03-03 10:00 file wang k2 +name +phone
        03-04 10:00 visit li""",
     {"holder 03-02 12:00": "li red", "holder 03-03 12:00": "wang blue", "holder 03-04 12:00": "li red"}),
    ("a leaver's claims stay as the team's, compete, and pass to the member named; visits by both count",
     "store", _SHOP,
     """03-02 10:00 file li k1 +name +phone
        03-03 10:00 visit li
        03-04 10:00 file wang k2 +name +phone
        03-05 10:00 depart li
        03-06 10:00 visit zhao
        03-07 10:00 visit wang
        03-08 10:00 visit zhao
        03-09 10:00 assign sun zhao""",
     {"holder 03-05 12:00": "red", "holder 03-07 12:00": "wang blue", "holder 03-09 12:00": "wang blue"}),
    ("an assignment while the team alone holds makes the member hold by all the leaver's claims",
     "store", _SHOP,
     """03-02 10:00 file li k1 +name +phone
        03-03 10:00 file li k2 +name
        03-05 10:00 depart li
        03-09 10:00 assign sun zhao
        04-05 10:00 visit zhao
        04-06 10:00 complete sun k2 +phone""",
     {"holder 03-06 12:00": "red", "holder 03-09 12:00": "zhao red", "holder 04-03 10:00": "nobody",
      "holder 04-05 12:00": "zhao red", "holder 05-05 23:59": "zhao red"}),
    ("the store's own claim keeps out who filed on a later day than its date, through thirty days after that date",
     "store", _SHOP,
     """03-02 10:00 file desk k1 type=store +date=2026-02-20 +phone
        03-02 11:00 file li k2 +name +phone""",
     {"holder 03-03 10:00": "nobody", "holder 03-22 23:59": "nobody", "holder 03-23 00:00": "li red"}),
    ("a later date than the file's day does not count, and who filed that day is not kept out",
     "store", _SHOP,
     """03-02 10:00 file desk k1 type=store +date=2026-03-09 +phone
        03-02 11:00 file li k2 +name +phone
        03-03 11:00 file wang k3 +name +phone
        03-04 11:00 visit wang""",
     {"holder 03-05 10:00": "li red"}),
    ("the date counts as it then stands, and without phone and address it keeps nobody out",
     "store", _SHOP,
     """03-02 10:00 file desk k1 type=store +date=2026-03-02 +phone
        03-01 11:00 file li k2 +name +phone
        03-05 10:00 complete desk k1 +date=2026-02-25
        03-06 10:00 complete desk k1 +phone=blank""",
     {"holder 03-04 10:00": "li red", "holder 03-05 10:00": "nobody", "holder 03-06 10:00": "li red"}),
    ("a store filing by a salesperson is the salesperson's claim, and by a designer nobody's",
     "store", _SHOP, "03-02 10:00 file li k1 type=store +date=2026-03-02 +phone\n03-03 10:00 file wang k2 +name +phone",
     {"holder 03-04 10:00": "li red"}),
    ("a salesperson who brings a designer along is no designer's visit, and lifts only completeness",
     "store", _SHOP,
     """03-02 10:00 file mei k1 type=designer +name
        03-03 10:00 file li k2 +name +phone
        03-04 10:00 visit li with=mei
        03-05 10:00 order d1
        06-10 10:00 order d2""",
     {"deal 03-06 10:00": "final li:performance:100 mei:rebate:0", "deal 06-11 10:00 d2": "final store:performance:100"}),
    ("a designer who is brought along by a designer stays provisional",
     "store", _SHOP,
     """03-02 10:00 file mei k1 type=designer +name
        03-04 10:00 visit fang with=mei
        03-05 10:00 order d1""",
     {"deal 03-06 10:00": "final store:performance:100"}),
    ("a settlement takes the performance, the notice of the designer's visit and the rebate stay",
     "store", _SHOP,
     """03-02 10:00 file mei k1 type=designer +name +address +building +phone
        03-03 10:00 file li k2 +name +phone
        03-04 10:00 visit mei
        03-05 10:00 order d1
        03-06 10:00 settle sun wang""",
     {"deal 03-07 10:00": "final mei:rebate:0 wang:performance:100", "notices 03-07 10:00": "li c1 03-05 10:00"}),
    ("half the rebate is due at half the price, the rest when finished, whatever is paid; the highest payment counts",
     "store", _SHOP,
     """03-02 10:00 file mei k1 type=designer +name +address +building +phone
        03-05 10:00 order d1
        03-06 10:00 pay 100
        03-07 10:00 pay 10
        03-08 10:00 depart mei""",
     {"rebate 03-05 12:00 d1 mei": "0", "rebate 03-09 10:00 d1 mei": "100", "rebate 03-09 10:00 d1 fang": "0",
      "rebate 03-09 10:00 d2 mei": "0"}),
    ("a loss fines each party of the disputes then open once, and closes nothing",
     "store", _SHOP,
     """03-02 10:00 dispute li wang
        03-02 11:00 dispute wang li
        03-03 10:00 lose minor
        03-04 10:00 lose severe cause=price
        03-05 10:00 lose severe
        03-06 10:00 settle sun li
        03-07 10:00 lose severe""",
     {"fines 03-08 10:00": "li 100, li 500, wang 100, wang 500"}),
    ("the assignee holds from the assignment; overdue until contact, a new assignment or archiving",
     "process", _TWO,
     _PROCESS + """03-05 12:00 assign qian wang
        03-10 12:00 archive old k1""",
     {"holder 03-05 12:00": "wang blue", "filing 03-09 23:59": "assigned", "filing 03-10 00:00": "overdue",
      "filing 03-10 12:00": "archived"}),
    ("contact before the assignment, or by another, is none; a visit by the assignee is",
     "process", _TWO,
     _PROCESS + """03-05 11:30 contact wang
        03-05 12:00 assign sun wang
        03-06 12:00 contact li
        03-11 12:00 visit wang""",
     {"filing 03-10 00:00": "overdue", "filing 03-11 12:00": "assigned"}),
    ("an assignment needs a filing that was recorded before, even if archived since, and marks those under way",
     "process", _TWO,
     _PROCESS.replace("03-05", "03-02") + """03-03 10:00 archive old k1
        03-04 10:00 file wang k2 +name +phone +need +feedback
        03-05 10:00 assign sun wang
        03-06 10:00 review qian k2 approve""",
     {"holder 03-05 12:00": "wang blue", "filing 03-07 10:00": "archived", "filing 03-07 10:00 k2": "recorded"}),
    ("the assignee departs: the team alone, and any supervisor may assign again",
     "process", _TWO, _PROCESS + "03-05 12:00 assign sun li\n03-06 10:00 depart li\n03-07 10:00 assign sun wang",
     {"holder 03-06 12:00": "red", "holder 03-07 12:00": "wang blue"}),
    ("whose filing was complete first holds, until an assignment names another",
     "field", _TWO,
     """03-02 10:00 assign sun wang
        03-02 11:00 file li k1
        03-03 11:00 file zhao k2 +project
        03-04 11:00 complete li k1 +project
        03-05 11:00 assign qian wang""",
     {"holder 03-02 12:00": "nobody", "holder 03-04 12:00": "zhao red", "holder 03-05 12:00": "wang blue"}),
    ("the claimant of the first filing to be recorded holds; after a departure a member of the team alone may be named",
     "handbook", _TWO,
     f"""03-02 10:00 file wang k1 {_FULL}
        03-02 11:00 file li k2 {_FULL}
        03-02 12:00 review sun k2 approve
        03-03 12:00 review sun k1 approve
        03-04 12:00 assign sun zhao
        03-05 12:00 depart li
        03-06 12:00 assign qian zhao
        03-07 12:00 assign sun zhao""",
     {"holder 03-03 13:00": "li red", "holder 03-04 13:00": "li red", "holder 03-06 13:00": "red",
      "holder 03-07 13:00": "zhao red"}),
    ("a wrong region forwards from any state but recorded, and a right one goes on as if just filed",
     "handbook", "li red salesperson east, sun red supervisor",
     f"""03-02 10:00 file li k1 {_FULL} +region=east
        03-02 11:00 complete li k1 +region=west
        03-02 12:00 review sun k1 approve
        03-02 13:00 complete li k1 +region=east
        03-02 14:00 review sun k1 approve
        03-02 15:00 complete li k1 +region=west""",
     {"filing 03-02 10:30": "in_review", "filing 03-02 12:30": "forwarded", "filing 03-02 13:30": "in_review",
      "filing 03-02 16:00": "recorded"}),
    ("without a region of one's own none matches, and a blank one is no field",
     "handbook", _TWO, f"03-02 10:00 file li k1 {_FULL} +region=east\n03-02 10:00 file li k2 {_FULL} +region=blank",
     {"filing 03-03 10:00": "forwarded", "filing 03-03 10:00 k2": "in_review"}),
    ("a complete filing that was returned enters the chain again with any complete, earlier approvals void",
     "layered", _TWO,
     """03-02 10:00 file li k1 +name +phone
        03-02 11:00 review sun k1 approve
        03-02 12:00 review qian k1 return
        03-02 13:00 review sun k1 approve
        03-02 14:00 complete li k1 +need
        03-02 15:00 review qian k1 approve
        03-02 16:00 review qian k1 reject
        03-02 17:00 review sun k1 approve""",
     {"filing 03-02 13:30": "returned", "filing 03-02 14:00": "in_review", "filing 03-02 16:30": "in_review",
      "filing 03-02 17:00": "recorded"}),
    ("a filing that was complete once counts as complete; what becomes required later is missing only",
     "store", _SHOP, "03-02 10:00 file li k1 +name +phone\n03-03 10:00 complete li k1 +villa=yes",
     {"filing 03-04 10:00": "recorded address building", "holder 03-04 10:00": "li red"}),
    ("a complete by a colleague, or before the filing, is without effect",
     "store", _SHOP, "03-02 10:00 file li k1 +name\n03-02 11:00 complete wang k1 +phone\n03-02 09:00 complete li k1 +phone",
     {"filing 03-03 10:00": "returned phone"}),
    ("whether a filing is sensitive is looked at when it would enter the chain",
     "records", _TWO,
     """03-02 10:00 file li k1 +name +phone
        03-02 11:00 complete li k1 +sensitive=yes +need
        03-02 12:00 file li k2 +name +phone +need
        03-02 13:00 complete li k2 +sensitive=yes""",
     {"filing 03-03 10:00": "in_review", "filing 03-03 10:00 k2": "recorded"}),
    ("the instant of the file counts for lateness, not of its completion",
     "contract", "li red, old hall archivist",
     """03-02 10:00 sign d1
        03-09 23:59 file li k1 type=contract +deal=d1
        03-10 00:00 file li k2 type=contract +deal=d1
        03-20 00:00 file li k3 type=contract +deal=d2""",
     {"offences 03-21 10:00": "li late_report 03-10 00:00"}),
    ("a shortfall of three or more is one cleaning duty; the month is of the rulebook's days",
     "field", _TWO, "\n".join(f"03-{day:02} 10:00 record_visit li" for day in range(1, 28)) + "\n04-01 00:00 record_visit li",
     {"points 04-01 10:00 li 2026-03": "27 3 cleaning_duty", "points 04-01 10:00 li 2026-04": "1 29 cleaning_duty"}),
    ("a villa's filing lacks what any filing lacks, and more",
     "store", _SHOP, "03-02 10:00 file li k1 +name +villa=yes", {"filing 03-03 10:00": "returned address building phone"}),
    ("a store's filing whose date is no date lacks its date",
     "store", _SHOP, "03-02 10:00 file desk k1 type=store +date=soon +phone", {"filing 03-03 10:00": "returned date"}),
    ("what is rejected stays so, whatever region is filled in later",
     "handbook", "li red salesperson east, sun red supervisor",
     f"03-02 10:00 file li k1 {_FULL}\n03-02 11:00 review sun k1 reject\n03-02 12:00 complete li k1 +region=west",
     {"filing 03-03 10:00": "rejected"}),
    ("what is recorded stays so, whatever region is filled in later",
     "handbook", "li red salesperson east, sun red supervisor",
     f"03-02 10:00 file li k1 {_FULL}\n03-02 11:00 review sun k1 approve\n03-02 12:00 complete li k1 +region=west",
     {"filing 03-03 10:00": "recorded", "holder 03-03 10:00": "li red"}),
    ("a complete while a filing is in review leaves its approvals standing",
     "layered", _TWO,
     """03-02 10:00 file li k1 +name +phone
        03-02 11:00 review sun k1 approve
        03-02 12:00 complete li k1 +need
        03-02 13:00 review qian k1 approve""", {"filing 03-02 12:30": "in_review", "filing 03-02 13:00": "recorded"}),
    ("offences of one person stand in the order of time, whatever their facts are called",
     "onsite", _TWO,
     """03-10 10:00 visit wang
        03-10 10:10 file wang k3 +name +phone
        03-05 10:00 visit wang
        03-05 10:10 file wang k2 +name +phone
        03-04 10:00 visit zhao
        03-04 10:10 file zhao k4 +name +phone""" + _LI,
     {"offences 03-11 10:00": "wang poaching 03-05 10:10, wang poaching 03-10 10:10, zhao poaching 03-04 10:10"}),
    ("notices over several customers stand in the order of time",
     "onsite", _TWO,
     """03-09 10:00 walk_in wang
        03-08 10:00 walk_in wang customer=c2
        03-02 10:00 visit zhao customer=c2
        03-02 10:10 file zhao k2 +name +phone customer=c2""" + _LI,
     {"notices 03-10 10:00": "zhao c2 03-08 10:00, li c1 03-09 10:00"}),
    ("a signature is no order: it is the order after a designer's visit of which the holder is told",
     "store", _SHOP,
     """03-02 10:00 file li k1 +name +phone
        03-03 09:00 sign d1
        03-03 10:00 visit mei
        03-03 11:00 order d1
        03-03 12:00 order d1""", {"notices 03-04 10:00": "li c1 03-03 11:00"}),
    ("of two designers' visits the later decides, whatever the facts are called",
     "store", _SHOP,
     """03-03 12:00 visit mei
        03-03 10:00 visit fang
        03-02 09:00 file fang k1 type=designer +name +address +building +phone
        03-02 10:00 file mei k2 type=designer +name +address +building +phone
        03-03 13:00 visit li
        03-04 10:00 order""", {"deal 03-05 10:00": "final mei:rebate:0 store:performance:100"}),
    ("an assignment by a leader of another team, or to somebody of another, passes nothing on",
     "store", "li red, wang blue, zhao red, han blue, sun red supervisor, qian blue supervisor",
     """03-02 10:00 file li k1 +name +phone
        03-03 09:00 depart han
        03-03 10:00 depart li
        03-04 10:00 assign qian wang
        03-05 10:00 assign sun wang
        03-06 10:00 assign qian zhao
        03-07 10:00 assign sun zhao""",
     {"holder 03-04 12:00": "red", "holder 03-05 12:00": "red", "holder 03-06 12:00": "red", "holder 03-07 12:00": "zhao red"}),
    ("with a leaver's claims the visits of both count, those before the assignment too",
     "store", _SHOP,
     """03-02 10:00 file li k1 +name +phone
        03-02 12:00 visit li
        03-03 10:00 visit wang
        03-04 10:00 visit zhao
        03-05 10:00 depart li
        03-06 10:00 assign sun zhao
        03-07 10:00 file wang k2 +name +phone""",
     {"holder 03-05 12:00": "red", "holder 03-08 10:00": "zhao red"}),
    ("whoever has claims of their own beside a leaver's holds by any of them",
     "store", _SHOP,
     """03-02 10:00 file li k1 +name +phone
        03-02 11:00 file zhao k2 +name +phone
        03-02 12:00 visit li
        03-05 10:00 depart li
        03-06 10:00 assign sun zhao
        03-07 10:00 file wang k3 +name +phone
        03-08 10:00 visit wang
        03-09 10:00 visit zhao""",
     {"holder 03-06 12:00": "zhao red", "holder 03-08 12:00": "wang blue", "holder 03-09 12:00": "zhao red"}),
    ("of several claims of one claimant the first to be filed counts against the others",
     "store", _SHOP,
     """03-01 10:00 file li k1 +name
        03-02 10:00 file wang k2 +name +phone
        03-03 10:00 file li k3 +name +phone
        03-05 10:00 complete li k1 +phone""", {"holder 03-04 10:00": "wang blue", "holder 03-06 10:00": "li red"}),
    ("a filing that is complete on its last day is in force on that day, and no longer",
     "store", _SHOP, "03-02 10:00 file li k1 +name\n04-01 10:00 complete li k1 +phone",
     {"holder 04-01 23:59": "li red", "holder 04-02 00:00": "nobody"}),
    ("a filing that is complete after its time is in force only by a visit after that time",
     "store", _SHOP, "03-02 10:00 file li k1 +name\n04-01 10:00 visit li\n04-05 10:00 complete li k1 +phone\n04-10 10:00 visit li",
     {"holder 04-06 10:00": "nobody", "holder 04-10 12:00": "li red", "holder 05-10 23:59": "li red", "holder 05-11 00:00": "nobody"}),
    ("a filing that is complete after its time is in force by an earlier visit after that time",
     "store", _SHOP, "03-02 10:00 file li k1 +name\n04-03 10:00 visit li\n04-05 10:00 complete li k1 +phone",
     {"holder 04-04 10:00": "nobody", "holder 05-03 23:59": "li red", "holder 05-04 00:00": "nobody"}),
    ("a filing that is complete after its time, without a visit, is not in force",
     "store", _SHOP, "03-02 10:00 file li k1 +name\n04-05 10:00 complete li k1 +phone", {"holder 04-06 10:00": "nobody"}),
    ("what a leaver's team has is brought back by a visit of the one whom it passes to",
     "store", _SHOP,
     """03-02 10:00 file li k1 +name +phone
        03-20 10:00 file li k2 +name +phone
        04-03 10:00 visit zhao
        04-05 10:00 depart li
        04-06 10:00 assign sun zhao""",
     {"holder 04-10 10:00": "zhao red", "holder 05-03 23:59": "zhao red", "holder 05-04 00:00": "nobody"}),
    ("and not by one on its last day, until they come again",
     "store", _SHOP,
     """03-02 10:00 file li k1 +name +phone
        03-20 10:00 file li k2 +name +phone
        04-01 10:00 visit zhao
        04-05 10:00 depart li
        04-06 10:00 assign sun zhao
        04-26 10:00 visit zhao""",
     {"holder 04-19 23:59": "zhao red", "holder 04-20 00:00": "nobody", "holder 04-27 10:00": "zhao red"}),
    ("the visits of the one named count for claims whose leaver brought nobody in",
     "store", _SHOP,
     """03-02 10:00 file li k1 +name +phone
        03-03 10:00 visit wang
        03-04 10:00 visit zhao
        03-05 10:00 depart li
        03-06 10:00 assign sun zhao
        03-07 10:00 file wang k2 +name +phone""", {"holder 03-08 10:00": "zhao red"}),
    ("an address is enough for the store's own claim, and one whose date is taken away keeps nobody out",
     "store", _SHOP,
     """03-02 10:00 file desk k1 type=store +date=2026-03-01 +address
        03-02 11:00 file li k2 +name +phone
        03-05 10:00 complete desk k1 +date=null""", {"holder 03-04 10:00": "nobody", "holder 03-06 10:00": "li red"}),
]  # fmt: skip


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row[0])
def test_it_is_so_that(row) -> None:
    """As the row's sentence says."""
    _, preset, people, lines, asked = row
    history, book = story(people, lines), load_rulebook(preset)
    assert {question: answer(history, book, question) for question in asked} == asked

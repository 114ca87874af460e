"""Every parameter of a rulebook has another value that works, for every choice and contradiction of the regulations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from claims.parameters import OF_ACTS, SPECS
from claims.rulebook import load_rulebook
from tests.claims.histories import answer, story

if TYPE_CHECKING:
    from pathlib import Path

_LONG = (
    "returned amount contract_name customer_name email|phone|wechat legal_representative product project_name "
    "project_place project_progress project_scale quality quantity registered_address signed_on technical_requirements"
)
_TWO = "li red, wang blue, zhao red, sun red supervisor, qian blue supervisor"
_SHOP = (
    "li red, wang blue, zhao red, mei green designer, fang green designer, desk hall store_staff, sun red supervisor"
)
_LI = """
    03-02 10:00 visit li
    03-02 10:10 file li k1 +name +phone
"""
_WANG_ON_THE_16TH_DAY = """
    03-18 10:00 visit wang
    03-18 10:10 file wang k2 +name +phone
"""
_NO_PEOPLE_NEEDED = "li red"

# Each row: the parameter, the preset, its other value as TOML, who there is, what happened, what is asked,
# the answer under the preset, and the answer under the other value.
_ROWS = [
    ("calendar.zone", "onsite", '{ value = "UTC", reading = true }', _TWO,
     """03-02 07:50 visit li
        03-02 08:10 file li k1 +name +phone""",
     "holder 03-03 12:00", "li red 2026-04-01", "nobody"),
    ("calendar.rolls_over", "onsite", '{ value = true, clause = "民法典 203" }', _TWO, _LI.replace("03-02", "03-05"),
     "holder 03-10 12:00", "li red 2026-04-04", "li red 2026-04-07"),
    ("required.customer", "onsite", '{ value = ["name", "wechat"], reading = true }', _TWO, _LI,
     "filing 03-03 10:00", "recorded", "returned wechat"),
    ("required.villa", "store", '{ value = ["floor"], reading = true }', _SHOP,
     "03-02 10:00 file li k1 +name +phone +villa=yes",
     "filing 03-03 10:00", "returned address building", "returned floor"),
    ("required.designer", "store", '{ value = ["name"], reading = true }', _SHOP,
     "03-02 10:00 file mei k1 type=designer +name",
     "filing 03-03 10:00", "provisional address building phone", "recorded"),
    ("required.store", "store", '{ value = ["date"], reading = true }', _SHOP,
     "03-02 10:00 file desk k1 type=store +date=2026-03-01",
     "filing 03-03 10:00", "returned address|phone", "recorded"),
    ("required.contract", "contract", '{ value = ["term"], reading = true }', "li red, old hall archivist",
     "03-02 10:00 file li k1 type=contract +term",
     "filing 03-03 10:00",
     _LONG, "in_review"),
    ("filing.provisional", "store", '{ value = ["customer"], reading = true }', _SHOP, "03-02 10:00 file li k1 +name",
     "filing 03-03 10:00", "returned phone", "provisional phone"),
    ("filing.supplemented_by", "onsite", '{ value = ["archivist"], clause = "C10" }', _TWO,
     """03-02 10:00 visit li
        03-02 10:10 file li k1 +name
        03-02 10:20 complete sun k1 +phone""",
     "filing 03-03 10:00", "recorded", "returned phone"),
    ("filing.region", "handbook", '{ value = "ignored", reading = true }', _TWO,
     "03-02 10:00 file li k1 +project +commission_rate +stage +region=west",
     "filing 03-03 10:00", "forwarded", "in_review"),
    ("review.levels", "database", '{ value = 0, reading = true, unit = "levels" }', _TWO,
     "03-02 10:00 file li k1 +name +address +contact_person +phone +email +industry +demand_type +related_persons",
     "filing 03-03 10:00", "in_review", "recorded"),
    ("review.roles", "records", '{ value = ["archivist"], reading = true }',
     "li red, sun red supervisor, old red archivist",
     """03-02 10:00 file li k1 +name +phone +need +sensitive=yes
        03-02 11:00 review old k1 approve""",
     "filing 03-03 10:00", "in_review", "recorded"),
    ("review.only_if", "records", '{ value = "secret", reading = true }', _TWO,
     "03-02 10:00 file li k1 +name +phone +need +sensitive=yes",
     "filing 03-03 10:00", "in_review", "recorded"),
    ("review.different_people", "layered", "{ value = false, reading = true }", _TWO,
     """03-02 10:00 file li k1 +name +phone
        03-02 11:00 review sun k1 approve
        03-02 12:00 review sun k1 approve""",
     "filing 03-03 10:00", "in_review", "recorded"),
    ("filing.archive", "onsite", '{ value = "supervisor", reading = true }', _TWO + ", old hall archivist",
     _LI + "03-02 11:00 archive sun k1",
     "filing 03-03 10:00", "recorded", "archived"),
    ("filing.assigned", "process", "{ value = false, reading = true }", _TWO,
     """03-02 10:00 file li k1 +name +phone +need +feedback
        03-02 11:00 review sun k1 approve
        03-02 12:00 assign sun li""",
     "filing 03-02 13:00", "assigned", "recorded"),
    ("contact.days", "process", '{ value = 6, unit = "days", reading = true }', _TWO,
     """03-05 10:00 file li k1 +name +phone +need +feedback
        03-05 11:00 review sun k1 approve
        03-05 12:00 assign sun li""",
     "filing 03-10 00:00", "overdue", "assigned"),
    ("late.days", "contract", '{ value = 5, unit = "days", reading = true }', "li red, old hall archivist",
     """03-05 10:00 sign
        03-11 10:00 file li k1 type=contract +deal=d1 +term""",
     "offences 03-12 10:00", "nothing", "li late_report 03-11 10:00"),
    ("late.event", "contract", '{ value = "order", reading = true }', "li red, old hall archivist",
     """03-02 10:00 order
        03-30 10:00 file li k1 type=contract +deal=d1 +term""",
     "offences 03-31 10:00", "nothing", "li late_report 03-30 10:00"),
    ("holding.way", "field", '{ value = "taken", reading = true }', _TWO,
     """03-02 10:00 file li k1 +project
        03-03 10:00 file wang k2 +project""",
     "holder 03-04 10:00", "li red", "wang blue"),
    ("holding.unit", "onsite", '{ value = "team", clause = "A3" }', _TWO, _LI,
     "holder 03-03 10:00", "li red 2026-04-01", "red 2026-04-01"),
    ("claim.roles", "store", '{ value = ["salesperson", "designer"], reading = true }', _SHOP,
     "03-02 10:00 file mei k1 +name +phone", "holder 03-03 10:00", "nobody", "mei green"),
    ("claim.needs_visit", "onsite", '{ value = "before", reading = true }', _TWO,
     """03-02 10:00 visit li
        03-04 10:00 file li k1 +name +phone""",
     "holder 03-05 10:00", "nobody", "li red 2026-04-03"),
    ("claim.counts_from", "handbook", '{ value = "complete", reading = true }', _TWO,
     "03-02 10:00 file li k1 +project +commission_rate +stage", "holder 03-03 10:00", "nobody", "li red"),
    ("claim.days", "onsite", '{ value = 10, unit = "days", reading = true }', _TWO, _LI,
     "holder 03-13 00:00", "li red 2026-04-01", "nobody"),
    ("claim.from", "store", '{ value = "standing", reading = true }', _SHOP,
     """03-02 10:00 file li k1 +name
        03-10 10:00 complete li k1 +phone""",
     "holder 04-05 10:00", "nobody", "li red"),
    ("claim.renewed_by", "store", '{ value = "visit", reading = true }', _SHOP,
     """03-02 10:00 file li k1 +name +phone
        03-20 10:00 visit li""",
     "holder 04-10 10:00", "nobody", "li red"),
    ("claim.renewal_days", "store", '{ value = 5, unit = "days", reading = true }', _SHOP,
     """03-02 10:00 file li k1 +name +phone
        04-05 10:00 visit li""",
     "holder 04-20 10:00", "li red", "nobody"),
    ("claim.store_days", "store", '{ value = 5, unit = "days", reading = true }', _SHOP,
     """03-02 10:00 file desk k1 type=store +date=2026-03-02 +phone
        03-03 10:00 file li k2 +name +phone""",
     "holder 03-08 10:00", "nobody", "li red"),
    ("claim.store_effect", "store", '{ value = "none", reading = true }', _SHOP,
     """03-02 10:00 file desk k1 type=store +date=2026-03-02 +phone
        03-03 10:00 file li k2 +name +phone""",
     "holder 03-04 10:00", "nobody", "li red"),
    ("precedence", "store", '{ value = ["first_filed"], reading = true }', _SHOP,
     """03-02 10:00 file li k1 +name +phone
        03-03 10:00 file wang k2 +name +phone
        03-04 10:00 visit wang""",
     "holder 03-05 10:00", "wang blue", "li red"),
    ("protection.maintenance_days", "onsite", '{ value = 40, unit = "days", reading = true }', _TWO, _LI,
     "holder 03-03 10:00", "li red 2026-04-01", "li red 2026-04-11"),
    ("protection.maintenance_from", "onsite", '{ value = "standing", reading = true }', _TWO,
     _LI + "03-30 10:00 contact li", "holder 03-31 10:00", "li red 2026-04-14", "li red 2026-04-01"),
    ("protection.maintenance_effect", "onsite", '{ value = "refused", reading = true }', _TWO,
     _LI + _WANG_ON_THE_16TH_DAY.replace("03-18", "03-05"),
     "offences 03-06 10:00", "wang poaching 03-05 10:10", "nothing"),
    ("protection.maintenance_in_dispute", "onsite", '{ value = "lifted", reading = true }', _TWO,
     _LI + "03-03 10:00 dispute wang li" + _WANG_ON_THE_16TH_DAY.replace("03-18", "03-05"),
     "holder 03-06 10:00", "li red 2026-03-17", "wang blue"),
    ("protection.strict_days", "onsite", '{ value = 10, unit = "days", reading = true }', _TWO,
     _LI + _WANG_ON_THE_16TH_DAY, "holder 03-19 10:00", "li red 2026-04-01", "wang blue 2026-04-02"),
    ("protection.strict_from", "onsite", '{ value = "last_contact", reading = true }', _TWO,
     _LI + "03-10 10:00 contact li", "holder 03-11 10:00", "li red 2026-04-01", "li red 2026-04-09"),
    ("protection.strict_effect", "onsite", '{ value = "poaching", reading = true }', _TWO, _LI + _WANG_ON_THE_16TH_DAY,
     "offences 03-19 10:00", "nothing", "wang poaching 03-18 10:10"),
    ("protection.strict_in_dispute", "onsite", '{ value = "stays", reading = true }', _TWO,
     _LI + "03-03 10:00 dispute wang li" + _WANG_ON_THE_16TH_DAY,
     "holder 03-19 10:00", "wang blue 2026-04-02", "li red 2026-04-01"),
    ("consent.for_team", "onsite", '{ value = "nobody", reading = true }', _TWO,
     _LI + """03-03 10:00 depart li
        03-03 11:00 consent sun wang""" + _WANG_ON_THE_16TH_DAY.replace("03-18", "03-04"),
     "holder 03-05 10:00", "wang blue 2026-04-03", "red 2026-04-01"),
    ("handover.departed", "onsite", '{ value = "nobody", clause = "A15" }', _TWO, _LI + "03-03 10:00 depart li",
     "holder 03-04 10:00", "red 2026-04-01", "nobody"),
    ("handover.member_claims", "onsite", '{ value = "competes", reading = true }', _TWO,
     _LI + """03-03 10:00 depart li
        03-04 10:00 visit zhao
        03-04 10:10 file zhao k2 +name +phone""",
     "holder 03-05 10:00", "zhao red 2026-04-03", "red 2026-04-01"),
    ("assign.names", "field", '{ value = "member", clause = "G11" }', _TWO,
     """03-02 10:00 file li k1 +project
        03-03 10:00 assign qian wang""",
     "holder 03-04 10:00", "wang blue", "li red"),
    ("assign.needs", "process", '{ value = "holder", reading = true }', _TWO,
     """03-02 10:00 file li k1 +name +phone +need +feedback
        03-02 11:00 review sun k1 approve
        03-02 12:00 assign sun li""",
     "holder 03-03 10:00", "li red", "nobody"),
    ("notice.walk_in", "onsite", '{ value = "nobody", reading = true }', _TWO, _LI + "03-03 10:00 walk_in wang",
     "notices 03-04 10:00", "li c1 03-03 10:00", "nothing"),
    ("notice.walk_in_in_dispute", "onsite", '{ value = "holder", reading = true }', _TWO,
     _LI + """03-03 10:00 dispute wang li
        03-04 10:00 walk_in wang""",
     "notices 03-05 10:00", "nothing", "li c1 03-04 10:00"),
    ("deal.event", "onsite", '{ value = "order", clause = "H18" }', _TWO, _LI + "03-03 10:00 order",
     "deal 03-04 10:00", "no_deal", "final li:performance:100"),
    ("deal.unheld", "onsite", '{ value = ["store"], reading = true }', _TWO, "03-03 10:00 sign",
     "deal 03-04 10:00", "awaiting_confirmation", "final store:performance:100"),
    ("deal.confirm_days", "onsite", '{ value = 3, unit = "working days", reading = true }', _TWO,
     """03-06 10:00 sign
        03-11 10:00 confirm li d1 evidence=chat""",
     "deal 03-12 10:00", "unattributed", "final li:performance:100"),
    ("deal.duty_credit", "onsite", '{ value = "performance", reading = true }', _TWO,
     """03-02 09:00 duty blue 2026-03-02
        03-03 10:00 sign""",
     "deal 03-12 10:00", "final team:blue:manager_performance:100", "final team:blue:performance:100"),
    ("deal.settle_days", "onsite", '{ value = "none", reading = true }', _TWO,
     """03-03 10:00 settle sun wang
        03-05 10:00 sign""",
     "deal 03-06 10:00", "final wang:performance:100", "awaiting_confirmation"),
    ("deal.related_buyer", "onsite", '{ value = "team", reading = true }', _TWO,
     _LI + """03-03 10:00 depart li
        03-05 10:00 sign d1 c2 related_to=c1""",
     "deal 03-06 10:00", "awaiting_confirmation", "final team:red:performance:100"),
    ("deal.designer_visit", "store", '{ value = "holder", reading = true }', _SHOP,
     """03-02 10:00 file li k1 +name +phone
        03-03 10:00 visit mei
        03-03 11:00 order""",
     "deal 03-04 10:00", "final store:performance:100", "final li:performance:100"),
    ("notice.designer_visit", "store", '{ value = "nobody", reading = true }', _SHOP,
     """03-02 10:00 file li k1 +name +phone
        03-03 10:00 visit mei
        03-03 11:00 order""",
     "notices 03-04 10:00", "li c1 03-03 11:00", "nothing"),
    ("designer.days", "store", '{ value = 5, unit = "days", reading = true }', _SHOP,
     """03-02 10:00 file mei k1 type=designer +name +address +building +phone
        03-20 10:00 order""",
     "deal 03-21 10:00", "final mei:rebate:0 store:performance:100", "final store:performance:100"),
    ("designer.renewed_by", "store", '{ value = "visit_after_end", reading = true }', _SHOP,
     """03-02 10:00 file mei k1 type=designer +name +address +building +phone
        06-10 10:00 visit mei
        06-11 10:00 order""",
     "deal 06-12 10:00", "final store:performance:100", "final mei:rebate:0 store:performance:100"),
    ("designer.provisional", "store", '{ value = "always", reading = true }', _SHOP,
     """03-02 10:00 file mei k1 type=designer +name
        03-20 10:00 order""",
     "deal 03-21 10:00", "final store:performance:100", "final mei:rebate:0 store:performance:100"),
    ("designer.after_deal", "store", '{ value = "counted", reading = true }', _SHOP,
     """03-02 10:00 order
        03-03 10:00 file mei k1 type=designer +name +address +building +phone""",
     "deal 03-21 10:00", "final store:performance:100", "final mei:rebate:0 store:performance:100"),
    ("designer.precedence", "store", '{ value = ["first_filed"], reading = true }', _SHOP,
     """03-02 10:00 file mei k1 type=designer +name +address +building +phone
        03-03 10:00 file fang k2 type=designer +name +address +building +phone
        03-04 10:00 visit fang
        03-20 10:00 order""",
     "deal 03-21 10:00", "final fang:rebate:0 store:performance:100", "final mei:rebate:0 store:performance:100"),
    ("settlement", "store", '{ value = "half", clause = "H21" }', _SHOP,
     """03-02 10:00 file mei k1 type=designer +name +address +building +phone
        03-03 10:00 order
        03-04 10:00 pay 50""",
     "rebate 03-05 10:00 d1 mei", "0", "50"),
    ("fine.minor", "store", '{ value = 150, unit = "yuan", reading = true }', _SHOP,
     """03-02 10:00 dispute li wang
        03-03 10:00 lose minor""",
     "fines 03-04 10:00", "li 100, wang 100", "li 150, wang 150"),
    ("fine.moderate", "store", '{ value = 0, unit = "yuan", reading = true }', _SHOP,
     """03-02 10:00 dispute li wang
        03-03 10:00 lose moderate""",
     "fines 03-04 10:00", "li 300, wang 300", "nothing"),
    ("fine.severe", "store", '{ value = 450, unit = "yuan", reading = true }', _SHOP,
     """03-02 10:00 dispute li wang
        03-03 10:00 lose severe""",
     "fines 03-04 10:00", "li 500, wang 500", "li 450, wang 450"),
    ("points.visit", "field", '{ value = 15, unit = "points", reading = true }', _NO_PEOPLE_NEEDED,
     """03-02 10:00 record_visit li
        03-03 10:00 record_visit li""",
     "points 03-31 10:00 li 2026-03", "2 28 cleaning_duty", "30 0"),
    ("points.verified_only", "field", "{ value = false, reading = true }", _NO_PEOPLE_NEEDED,
     "03-02 10:00 record_visit li no", "points 03-31 10:00 li 2026-03", "0 30 cleaning_duty", "1 29 cleaning_duty"),
    ("points.due", "field", '{ value = 3, unit = "points", reading = true }', _NO_PEOPLE_NEEDED,
     "03-02 10:00 record_visit li", "points 03-31 10:00 li 2026-03", "1 29 cleaning_duty", "1 2"),
    ("points.short", "field", '{ value = 30, unit = "points", reading = true }', _NO_PEOPLE_NEEDED,
     "03-02 10:00 record_visit li", "points 03-31 10:00 li 2026-03", "1 29 cleaning_duty", "1 29"),
]  # fmt: skip


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row[0])
def test_a_line_in_a_rulebook_of_ones_own_changes_what_is_decided(row, tmp_path: Path) -> None:
    """The preset says one thing, the same rulebook with one line changed says the other."""
    name, preset, other, people, lines, asked, before, after = row
    own = tmp_path / "own.toml"
    own.write_text(f'extends = "{preset}"\n[edition."2026-01-01".parameters]\n"{name}" = {other}\n', "utf-8")
    history = story(people, lines)
    assert answer(history, load_rulebook(preset), asked) == before
    assert answer(history, load_rulebook(str(own)), asked) == after


def test_no_parameter_is_without_another_value_that_works() -> None:
    """The table above names every parameter of the catalogue, but for those that acts of the book read."""
    assert {row[0] for row in _ROWS} == set(SPECS) - OF_ACTS

"""Answer a case a second time, straight from the rules: simple, slow, and unlike the engine.

It reads the JSON itself, asks every question of the whole list of facts anew, and keeps nothing in between. Where it
and the engine differ, one of the two has misread the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import chinese_calendar

Row = dict[str, Any]

SHANGHAI = ZoneInfo("Asia/Shanghai")
WAY = ["email|phone|wechat"]
CONTRACT = [
    "customer_name", "legal_representative", "registered_address", *WAY, "project_name", "project_place",
    "project_scale", "project_progress", "product", "quantity", "quality", "technical_requirements", "contract_name",
    "signed_on", "amount", "term",
]  # fmt: skip
REQUIRED: dict[str, dict[str, list[str]]] = {
    "onsite": {"customer": ["name", "phone"]},
    "process": {"customer": ["name", *WAY, "need", "feedback"]},
    "key_account": {"customer": ["name", *WAY, "need"]},
    "contract": {"contract": CONTRACT},
    "records": {"customer": ["name", *WAY, "need"]},
    "layered": {"customer": ["name", *WAY]},
    "database": {
        "customer": [
            "name", "address", "contact_person", "phone", "email", "industry", "demand_type", "related_persons",
        ]
    },
    "store": {
        "customer": ["name", "phone"],
        "store": ["date", "address|phone"],
        "designer": ["name", "address", "building", "phone"],
    },
    "field": {"customer": ["project"]},
    "handbook": {"customer": ["project", "commission_rate", "stage"]},
}  # fmt: skip
LEVELS = {"process": 1, "key_account": 1, "contract": 1, "records": 1, "layered": 2, "database": 1, "handbook": 1}
CONTACT_DAYS = {"process": 2, "key_account": 1}
EVENT = {
    "onsite": "sign",
    "process": "sign",
    "key_account": "sign",
    "field": "sign",
    "handbook": "sign",
    "store": "order",
}


def instant(row: Row) -> datetime:
    return datetime.fromisoformat(row["at"].upper())


def place(row: Row) -> tuple[datetime, str]:
    return instant(row), row["id"]


def day(row: Row) -> date:
    return instant(row).astimezone(SHANGHAI).date()


def plus(start: date, days: int) -> date:
    return start + timedelta(days=days)


def working_days_after(start: date, days: int) -> date:
    reached = [start]
    while len(reached) <= days:
        start += timedelta(days=1)
        try:
            works = chinese_calendar.is_workday(start)
        except NotImplementedError:
            works = start.isoweekday() <= 5
        if works:
            reached.append(start)
    return reached[-1]


def there(value: object) -> bool:
    return value is not None and not (isinstance(value, str) and value.strip() == "")


@dataclass
class World:
    """What is known after some of the facts of a case; `facts` are in order, and all with effect."""

    rulebook: str
    settlement: str
    staff: dict[str, Row]
    facts: list[Row]

    @classmethod
    def of(cls, case: Row, at: datetime) -> World:
        staff = {row["id"]: row for row in case["staff"]}
        settlement = case.get("override", {}).get("settlement", "full")
        world = cls(case["rulebook"], settlement, staff, [])
        for row in sorted(case["facts"], key=place):
            if instant(row) <= at and world.has_effect(row):
                world = cls(case["rulebook"], settlement, staff, [*world.facts, row])
        return world

    def before(self, row: Row) -> World:
        return World(self.rulebook, self.settlement, self.staff, [f for f in self.facts if place(f) < place(row)])

    def all(self, *kinds: str, **carrying: object) -> list[Row]:
        return [f for f in self.facts if f["do"] in kinds and all(f.get(k) == v for k, v in carrying.items())]

    def gone(self, who: str) -> bool:
        return bool(self.all("depart", by=who))

    def role(self, who: str) -> str:
        return self.staff[who]["role"]

    def team(self, who: str) -> str:
        return self.staff[who]["team"]

    def has_effect(self, row: Row) -> bool:
        by, do = row.get("by"), row["do"]
        if do in {"order", "sign", "pay", "finish", "lose", "duty"}:
            return True
        if self.gone(by):
            return False
        if do in {"complete", "review", "archive"} and not self.all("file", filing=row["filing"]):
            return False
        if do in {"assign", "settle"} and self.role(by) != "supervisor":
            return False
        if do == "assign" and self.gone(row["to"]):
            return False
        if do == "archive" and self.role(by) != "archivist":
            return False
        if do == "complete":
            (filed,) = self.all("file", filing=row["filing"])
            return by == filed["by"] or self.role(by) in {"supervisor", "archivist"}
        return True

    # Filings (§3)

    def filings(self) -> list[Filing]:
        return [Filing(self, f) for f in self.all("file")]

    def filings_of(self, customer: str) -> list[Filing]:
        return [filing for filing in self.filings() if filing.filed["customer"] == customer]

    # Who holds (§4): a pair of staff and team, either of them None

    def holder(self, customer: str, at: datetime) -> tuple[str | None, str | None]:
        if self.rulebook == "onsite":
            last = self.onsite(customer)
            return (last.staff, last.team) if last else (None, None)
        if self.rulebook == "store":
            claim = self.store_claim(customer, at)
            return self.person_or_team(claim.owner(self)) if claim else (None, None)
        if self.rulebook in {"process", "key_account"}:
            return self.by_assignment(customer)
        if self.rulebook in {"field", "handbook"}:
            return self.by_first(customer)
        return None, None

    def person_or_team(self, who: str) -> tuple[str | None, str]:
        return (None if self.gone(who) else who), self.team(who)

    def by_assignment(self, customer: str) -> tuple[str | None, str | None]:
        counted = [f for f in self.all("assign", customer=customer) if self.before(f).any_recorded(customer)]
        return self.person_or_team(counted[-1]["to"]) if counted else (None, None)

    def any_recorded(self, customer: str) -> bool:
        return any(filing.recorded_by() for filing in self.filings_of(customer))

    def by_first(self, customer: str) -> tuple[str | None, str | None]:
        starts: list[tuple[tuple[datetime, str], str]] = []
        for filing in self.filings_of(customer):
            fact = filing.completed_by() if self.rulebook == "field" else filing.recorded_by()
            if fact is not None:
                starts.append((place(fact), filing.filed["by"]))
        if not starts:
            return None, None
        start, holder = min(starts)
        for assign in self.all("assign", customer=customer):
            if place(assign) > start:
                staff, team = self.before(assign).person_or_team(holder)
                ours = staff is None and team == self.team(assign["by"]) == self.team(assign["to"])
                if self.rulebook == "field" or ours:
                    holder = assign["to"]
        return self.person_or_team(holder)

    # The site (§4.1)

    def onsite(self, customer: str) -> OnSite | None:
        """Give the holding after these facts; each step asks what was the case before its fact."""
        if not self.facts:
            return None
        *earlier, now = self.facts
        then = World(self.rulebook, self.settlement, self.staff, earlier)
        held = then.onsite(customer)
        if now["do"] == "depart" and held is not None and held.staff == now["by"]:
            held = held.with_(staff=None)
        alone = held is not None and held.staff is None
        if now["do"] == "assign" and now["customer"] == customer and held is not None and alone:
            ours = self.team(now["by"]) == held.team == self.team(now["to"])
            held = held.with_(staff=now["to"], clocks=[*held.clocks, now["to"]], how="A16") if ours else held
        for claim in self.claims_from(customer, now):
            held = self.take(then, held, claim)
        return held

    def claims_from(self, customer: str, fact: Row) -> list[Claim]:
        """Give the claims that stand from this fact, the last of this world."""
        found = [claim for claim in self.claims(customer) if claim.stands["id"] == fact["id"]]
        same = [
            claim
            for claim in self.before(fact).claims(customer)
            if found and claim.who == found[0].who and instant(claim.stands) == instant(fact)
        ]
        return [] if same else found[:1]

    def claims(self, customer: str) -> list[Claim]:
        found: list[Claim] = []
        for filing in self.filings_of(customer):
            done = filing.completed_by()
            if done is None:
                continue
            who = filing.filed["by"]
            visits = [v for v in self.all("visit", by=who, customer=customer) if day(v) == day(done)]
            if visits:
                found.append(Claim(who, visits[0], max(visits[0], done, key=place)))
        return found

    def take(self, then: World, held: OnSite | None, claim: Claim) -> OnSite:
        stays = held
        gives = OnSite(claim, None if self.gone(claim.who) else claim.who, self.team(claim.who), [claim.who], "A3")
        if held is None or stays is None:
            return gives
        gives = gives.with_(refused=held.refused)
        if held.staff == claim.who:
            return stays
        if held.staff is None and held.team == self.team(claim.who):
            return gives.with_(how="A16")
        today = day(claim.stands)
        if day(held.claim.stands) == today:
            return gives.with_(how="A29") if place(claim.visit) < place(held.claim.visit) else stays
        for consent in then.all("consent", customer=held_customer(claim), to=claim.who):
            giver = consent["by"]
            if giver == held.staff:
                return gives.with_(how="A27")
            if held.staff is None and self.role(giver) == "supervisor" and self.team(giver) == held.team:
                return gives.with_(how="A27")
        if today <= plus(then.last_contact(held_customer(claim), held.clocks), 15):
            return held.with_(refused=[*held.refused, claim])
        if today <= plus(day(held.claim.stands), 30) and not then.disputed(held_customer(claim)):
            return stays
        return gives

    def last_contact(self, customer: str, clocks: list[str]) -> date:
        return max(day(f) for f in self.all("visit", "file", "contact", customer=customer) if f["by"] in clocks)

    def disputed(self, customer: str) -> list[Row]:
        settled = [place(f) for f in self.all("settle", customer=customer)]
        return [f for f in self.all("dispute", customer=customer) if not settled or place(f) > settled[-1]]

    def protected_until(self, customer: str) -> str | None:
        held = self.onsite(customer) if self.rulebook == "onsite" else None
        if held is None:
            return None
        last = plus(self.last_contact(customer, held.clocks), 15)
        if not self.disputed(customer):
            last = max(last, plus(day(held.claim.stands), 30))
        return last.isoformat()

    # The store (§4.2)

    def store_claim(self, customer: str, at: datetime) -> Filing | None:
        today = at.astimezone(SHANGHAI).date()
        mine = [f for f in self.filings_of(customer) if f.is_in_force(today)]
        shut = [f.dated() for f in self.filings_of(customer) if f.is_the_stores_own(today)]
        mine = [f for f in mine if not any(dated < day(f.filed) for dated in shut)]
        brought = [f for f in mine if f.visits()]
        if brought:
            return max(brought, key=lambda f: place(f.visits()[-1]))
        return min(mine, key=lambda f: place(f.filed)) if mine else None

    def rebate_to(self, event: Row) -> str | None:
        then, customer = self.before(event), event["customer"]
        along = {
            f["with"]
            for f in then.all("visit", customer=customer)
            if f.get("with") and then.role(f["by"]) == "salesperson"
        }
        names: list[str] = []
        for filing in then.filings_of(customer):
            who, type_ = filing.filed["by"], filing.filed.get("type") or "customer"
            if then.role(who) != "designer" or day(event) > plus(day(filing.filed), 90):
                continue
            if filing.completed_by() or (type_ == "designer" and who in along):
                names.append(who)
        came = [f["by"] for f in then.all("visit", customer=customer) if f["by"] in names]
        return came[-1] if came else names[0] if names else None

    def came_with_a_designer(self, event: Row) -> bool:
        visits = self.before(event).all("visit", customer=event["customer"])
        return bool(visits) and self.role(visits[-1]["by"]) == "designer"

    # Deals (§5)

    def event(self, deal: str) -> Row | None:
        if self.rulebook not in EVENT:
            return None
        events = self.all(EVENT[self.rulebook], deal=deal)
        return events[0] if events else None

    def deal(self, deal: str, at: datetime) -> Row:
        event = self.event(deal)
        if event is None:
            return {"status": "no_deal", "credit": []}
        status, to, as_ = self.performance(event, at)
        for settle in self.all("settle", customer=event["customer"]):
            early = place(settle) < place(event)
            departed = self.before(event).gone(settle["to"])
            if not early or (day(event) <= plus(day(settle), 30) and not departed):
                status, to, as_ = "final", settle["to"], "performance"
        credit = [{"to": to, "as": as_, "share": 100}] if to else []
        designer = self.rebate_to(event) if self.rulebook == "store" else None
        if designer:
            credit.append({"to": designer, "as": "rebate", "share": 0})
        return {"status": status, "credit": sorted(credit, key=lambda row: (row["to"], row["as"]))}

    def performance(self, event: Row, at: datetime) -> tuple[str, str | None, str]:
        staff, team = self.before(event).holder(event["customer"], instant(event))
        if self.rulebook == "store" and self.came_with_a_designer(event):
            return "final", "store", "performance"
        if team is not None:
            return "final", staff or f"team:{team}", "performance"
        if self.rulebook == "store":
            return "final", "store", "performance"
        if self.rulebook != "onsite":
            return "unattributed", None, ""
        last = plus(day(event), 3)
        for confirm in self.all("confirm", deal=event["deal"]):
            evidence = [name for name in confirm["evidence"] if name.strip()]
            if place(confirm) > place(event) and evidence and day(confirm) <= last:
                return "final", confirm["by"], "performance"
        if at.astimezone(SHANGHAI).date() <= last:
            return "awaiting_confirmation", None, ""
        monday = plus(day(event), -day(event).weekday()).isoformat()
        duty = self.all("duty", week=monday)
        return ("final", f"team:{duty[-1]['team']}", "manager_performance") if duty else ("unattributed", None, "")

    def rebate(self, deal: str, staff: str) -> int:
        event = self.event(deal)
        if self.rulebook != "store" or event is None or self.rebate_to(event) != staff:
            return 0
        paid = max([f["percent"] for f in self.all("pay", deal=deal)], default=0)
        if self.settlement == "full":
            return 100 if paid >= 100 else 0
        return 100 if self.all("finish", deal=deal) else 50 if paid >= 50 else 0

    # Offences, fines, notices, points (§6)

    def offences(self) -> list[Row]:
        found: list[tuple[str, str, Row]] = []
        if self.rulebook == "onsite":
            for customer in {f["customer"] for f in self.all("file")}:
                held = self.onsite(customer)
                found += [(claim.who, "poaching", claim.stands) for claim in (held.refused if held else [])]
        found += [(f.filed["by"], "late_report", f.filed) for f in self.filings() if f.is_late()]
        found.sort(key=lambda row: (row[0], row[1], place(row[2])))
        return [{"by": by, "offence": what, "at": fact["at"]} for by, what, fact in found]

    def fines(self) -> list[Row]:
        if self.rulebook != "store":
            return []
        found: list[tuple[str, int]] = []
        for lose in self.all("lose", cause="dispute"):
            disputes = self.before(lose).disputed(lose["customer"])
            parties = {d["by"] for d in disputes} | {d["against"] for d in disputes}
            yuan = {"minor": 100, "moderate": 300, "severe": 500}[lose["severity"]]
            found += [(party, yuan) for party in parties]
        return [{"staff": staff, "yuan": yuan} for staff, yuan in sorted(found)]

    def notices(self) -> list[Row]:
        found: list[Row] = []
        for fact in self.facts:
            then = self.before(fact)
            if self.rulebook == "onsite" and fact["do"] == "walk_in":
                staff, team = then.holder(fact["customer"], instant(fact))
                if team is not None and staff != fact["by"] and not then.disputed(fact["customer"]):
                    found.append({"to": staff or f"team:{team}", "customer": fact["customer"], "at": fact["at"]})
            if self.rulebook == "store" and fact["do"] == "order" and self.event(fact["deal"]) is fact:
                staff, team = then.holder(fact["customer"], instant(fact))
                if team is not None and self.came_with_a_designer(fact):
                    found.append({"to": staff or f"team:{team}", "customer": fact["customer"], "at": fact["at"]})
        return found

    def points(self, staff: str, month: str) -> Row:
        if self.rulebook != "field":
            return {"points": 0, "shortfall": 0, "penalty": None}
        visits = [f for f in self.all("record_visit", by=staff, verified=True) if day(f).isoformat()[:7] == month]
        short = max(0, 30 - len(visits))
        return {"points": len(visits), "shortfall": short, "penalty": "cleaning_duty" if short >= 3 else None}


def held_customer(claim: Claim) -> str:
    return claim.visit["customer"]


@dataclass
class Claim:
    who: str
    visit: Row
    stands: Row


@dataclass
class OnSite:
    claim: Claim
    staff: str | None
    team: str
    clocks: list[str]
    how: str
    refused: list[Claim] | Any = ()

    def with_(self, **changes: Any) -> OnSite:
        return OnSite(**{**self.__dict__, **changes})


@dataclass
class Filing:
    """One filing in a world; its life is told from its facts anew at each question."""

    world: World
    filed: Row

    @property
    def type(self) -> str:
        return self.filed.get("type") or "customer"

    def fields(self, upto: Row | None = None) -> Row:
        found: Row = {}
        for fact in self.world.all("file", "complete", filing=self.filed["filing"]):
            if upto is None or place(fact) <= place(upto):
                found |= fact["fields"]
        return found

    def missing(self, upto: Row | None = None) -> list[str]:
        fields, names = self.fields(upto), list(REQUIRED[self.world.rulebook][self.type])
        if self.world.rulebook == "store" and self.type == "customer" and fields.get("villa") is True:
            names += ["address", "building"]
        return sorted(name for name in names if not any(there(fields.get(part)) for part in name.split("|")))

    def completed_by(self) -> Row | None:
        return next(
            (f for f in self.world.all("file", "complete", filing=self.filed["filing"]) if not self.missing(f)), None
        )

    @cached_property
    def life(self) -> list[tuple[Row, str]]:
        """Give each fact that touched the filing with the state after it."""
        told: list[tuple[Row, str]] = []
        approvers: list[str] = []
        world, me, state = self.world, self.filed, ""
        recorded = False
        for fact in world.facts:
            mine = fact.get("filing") == me["filing"]
            if fact is me or (mine and fact["do"] == "complete"):
                done = self.completed_by()
                complete = done is not None and place(done) <= place(fact)
                region = self.fields(fact).get("region")
                foreign = (
                    world.rulebook == "handbook" and there(region) and region != world.staff[me["by"]].get("region")
                )
                if recorded or state in {"rejected", "archived"}:
                    pass
                elif foreign:
                    state = "forwarded"
                elif state in {"", "forwarded"} or (state in {"returned", "provisional"} and complete):
                    approvers = []
                    chain = LEVELS.get(world.rulebook, 0)
                    if world.rulebook == "records" and self.fields(fact).get("sensitive") is not True:
                        chain = 0
                    if not complete:
                        state = "provisional" if self.type == "designer" else "returned"
                    elif chain:
                        state = "in_review"
                    else:
                        state, recorded = "recorded", True
            elif mine and fact["do"] == "review" and state == "in_review":
                wanted = "archivist" if world.rulebook == "contract" else "supervisor"
                if world.role(fact["by"]) == wanted and fact["by"] != me["by"] and fact["by"] not in approvers:
                    if fact["outcome"] == "approve":
                        approvers = [*approvers, fact["by"]]
                        if len(approvers) == LEVELS[world.rulebook]:
                            state, recorded = "recorded", True
                    else:
                        state = "returned" if fact["outcome"] == "return" else "rejected"
                        approvers = []
            elif mine and fact["do"] == "archive" and state in {"recorded", "assigned"}:
                state = "archived"
            elif fact["do"] == "assign" and fact["customer"] == me["customer"] and world.rulebook in CONTACT_DAYS:
                if state in {"recorded", "assigned"}:
                    state = "assigned"
            else:
                continue
            told.append((fact, state))
        return told

    def recorded_by(self) -> Row | None:
        return next((fact for fact, state in self.life if state == "recorded"), None)

    def state(self, at: datetime) -> str:
        state = self.life[-1][1]
        if state != "assigned":
            return state
        order = next(f for f, _ in reversed(self.life) if f["do"] == "assign")
        due = working_days_after(day(order), CONTACT_DAYS[self.world.rulebook])
        met = [
            f
            for f in self.world.all("contact", "visit", by=order["to"], customer=order["customer"])
            if place(f) > place(order)
        ]
        return "assigned" if met or at.astimezone(SHANGHAI).date() <= due else "overdue"

    def is_late(self) -> bool:
        if self.world.rulebook != "contract":
            return False
        deal = self.fields().get("deal")
        signs = self.world.all("sign", deal=deal) if isinstance(deal, str) else []
        return bool(signs) and day(self.filed) > working_days_after(day(signs[0]), 5)

    # Claims of the store's rulebook

    def owners(self) -> list[str]:
        """Give whose claim it is and was: whoever filed, then whoever was named while the team alone held by it."""
        names = [self.filed["by"]]
        for assign in self.world.all("assign", customer=self.filed["customer"]):
            then = self.world.before(assign)
            winner = then.store_claim(assign["customer"], instant(assign))
            filed_before = place(self.filed) < place(assign)
            if winner is None or not filed_before or winner.owner(then) != Filing(then, self.filed).owner(then):
                continue
            staff, team = then.person_or_team(winner.owner(then))
            if staff is None and team == then.team(assign["by"]) == then.team(assign["to"]):
                names.append(assign["to"])
        return names

    def owner(self, world: World) -> str:
        return Filing(world, self.filed).owners()[-1]

    def visits(self) -> list[Row]:
        owners = self.owners()
        return [v for v in self.world.all("visit", customer=self.filed["customer"]) if v["by"] in owners]

    def is_in_force(self, today: date) -> bool:
        if self.world.role(self.filed["by"]) != "salesperson" or self.completed_by() is None:
            return False
        end = plus(day(self.filed), 30)
        return today <= end or any(end < day(v) and today <= plus(day(v), 30) for v in self.visits())

    def dated(self) -> date:
        return min(date.fromisoformat(self.fields()["date"]), day(self.filed))

    def is_the_stores_own(self, today: date) -> bool:
        fields = self.fields()
        return (
            self.type == "store"
            and self.world.role(self.filed["by"]) == "store_staff"
            and self.completed_by() is not None
            and there(fields.get("date"))
            and (there(fields.get("phone")) or there(fields.get("address")))
            and today <= plus(self.dated(), 30)
        )


def answer(world: World, question: Row) -> Row:
    at = instant(question)
    match question["ask"]:
        case "holder":
            staff, team = world.holder(question["customer"], at)
            return {"staff": staff, "team": team, "protected_until": world.protected_until(question["customer"])}
        case "deal":
            return world.deal(question["deal"], at)
        case "filing":
            filed = world.all("file", filing=question["filing"])
            if not filed:
                return {"state": None, "missing": [], "late": False}
            filing = Filing(world, filed[0])
            return {"state": filing.state(at), "missing": filing.missing(), "late": filing.is_late()}
        case "rebate":
            return {"percent": world.rebate(question["deal"], question["staff"])}
        case "points":
            return world.points(question["staff"], question["month"])
        case "offences":
            return {"items": world.offences()}
        case "fines":
            return {"items": world.fines()}
        case _:
            return {"items": world.notices()}


def answers(case: Row) -> list[Row]:
    """Answer every question of a case; `clauses` are those without which the answer would be another."""
    found: list[Row] = []
    worlds: dict[datetime, World] = {}
    for question in case["questions"]:
        at = instant(question)
        world = worlds[at] = worlds.get(at) or World.of(case, at)
        told = answer(world, question)
        found.append({**told, "clauses": clauses(world, question, told)})
    return found


# The clauses that an answer rests on at least

_CHAIN = {
    "process": "B4", "key_account": "C7", "contract": "D11", "records": "E8", "layered": "F4", "database": "G4",
    "handbook": "J22",
}  # fmt: skip
_FIELDS = {"process": "B3", "records": "E4", "database": "G5", "field": "I12", "handbook": "J22"}


def clauses(world: World, question: Row, answer: Row) -> set[str]:
    """Name the clauses without which the answer would be another."""
    match question["ask"]:
        case "holder":
            return _held_by(world, question["customer"], instant(question), answer)
        case "deal":
            return _credited_by(world, question["deal"], instant(question), answer)
        case "filing":
            return _state_by(world, answer)
        case "offences":
            return {"A28" if world.rulebook == "onsite" else "D15"} if answer["items"] else set()
        case "fines":
            return {"H19"} if answer["items"] else set()
        case "notices":
            return {"A10" if world.rulebook == "onsite" else "H7"} if answer["items"] else set()
        case "rebate":
            event = world.event(question["deal"])
            named = world.rulebook == "store" and event is not None and world.rebate_to(event) == question["staff"]
            return {"H21"} if named else set()
        case _:
            found = {"I8"} if world.rulebook == "field" else set()
            return found | ({"I10"} if answer["penalty"] else set())


def _held_by(world: World, customer: str, at: datetime, answer: Row) -> set[str]:
    if answer["team"] is None:
        return set()
    alone = answer["staff"] is None
    match world.rulebook:
        case "onsite":
            held = world.onsite(customer)
            return {"A16" if alone else held.how} if held else set()
        case "process" | "key_account" if not alone:
            return {"B5" if world.rulebook == "process" else "C8"}
        case "field" if not alone:
            named = [f for f in world.all("assign", customer=customer) if world.before(f).by_first(customer)[1]]
            return {"I13" if named else "I12"}
        case "handbook" if not alone:
            return {"J22"}
        case "store":
            claim = world.store_claim(customer, at)
            today = at.astimezone(SHANGHAI).date()
            mine = [f for f in world.filings_of(customer) if f.is_in_force(today)]
            found = {"G11"} if alone else set()
            if claim is not None and today > plus(day(claim.filed), 30):
                found.add("H16")
            elif claim is not None:
                found.add("H9")
            if len({f.owner(world) for f in mine}) > 1 and claim is not None:
                found.add("H14" if claim.visits() else "H13")
            return found
        case _:
            return {"G11"}


def _credited_by(world: World, deal: str, at: datetime, answer: Row) -> set[str]:
    event = world.event(deal)
    if event is None:
        return {"A13"} if world.rulebook in EVENT and world.rulebook != "store" else set()
    performed = world.performance(event, at)
    own = [row for row in answer["credit"] if row["as"] != "rebate"]
    if own and (own[0]["to"], own[0]["as"]) != performed[1:]:
        return {"H20"} if world.rulebook == "store" else {"A31"} if world.rulebook == "onsite" else set()
    then = world.before(event)
    if world.rulebook == "store":
        if world.came_with_a_designer(event):
            return {"H7"}
        staff, team = then.holder(event["customer"], instant(event))
        held = {"staff": staff, "team": team}
        return _held_by(then, event["customer"], instant(event), held) if team else {"H7"}
    if answer["status"] == "unattributed":
        return {"J22"} if world.rulebook == "handbook" else set()
    if answer["status"] == "awaiting_confirmation":
        return {"A18"}
    if own[0]["as"] == "manager_performance":
        return {"A20", "A21"}
    staff, team = then.holder(event["customer"], instant(event))
    if team is None:
        return {"A18"}
    return {"A13"} | ({("A16" if world.rulebook == "onsite" else "G11")} if staff is None else set())


def _state_by(world: World, answer: Row) -> set[str]:
    found: set[str] = {"D10"} if answer["late"] else set()
    match answer["state"]:
        case "in_review" | "rejected":
            found.add(_CHAIN[world.rulebook])
        case "returned" if not answer["missing"]:
            found.add(_CHAIN[world.rulebook])
        case "provisional":
            found.add("H8")
        case "forwarded":
            found.add("J21")
        case "overdue":
            found.add("B6" if world.rulebook == "process" else "C9")
        case "assigned":
            found.add("B5" if world.rulebook == "process" else "C8")
        case "archived" if world.rulebook in {"process", "key_account", "contract"}:
            found.add({"process": "B8", "key_account": "C10", "contract": "D11"}[world.rulebook])
        case _:
            pass
    if answer["missing"] and answer["state"] == "returned" and world.rulebook in _FIELDS:
        found.add(_FIELDS[world.rulebook])
    return found

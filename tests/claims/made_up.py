"""Make up case files: small worlds in which many boundaries meet, drawn from a seed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any

from tests.claims.oracle import EVENT, REQUIRED, SHANGHAI

if TYPE_CHECKING:
    from random import Random

Row = dict[str, Any]

RULEBOOKS = tuple(REQUIRED)
_FIRST_DAYS = [date(2026, 3, 2), date(2026, 2, 10), date(2026, 4, 29), date(2026, 9, 23), date(2031, 12, 30)]
_STEPS = [0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 7, 10, 14, 15, 16, 29, 30, 31, 45, 60, 89, 90, 91]
_TIMES = [time(0), time(9), time(10), time(10), time(10), time(12, 0, 0, 1), time(15), time(23, 59, 59)]
_OFFSETS = [8, 8, 8, 8, 0, -5, 14, -14, 5.5]
_STAFF = [
    ("li", "red", "salesperson", "浙江"),
    ("wang", "blue", "salesperson", "江苏"),
    ("zhao", "red", "salesperson", None),
    ("sun", "red", "supervisor", "浙江"),
    ("zhou", "blue", "supervisor", "浙江"),
    ("mei", "channel", "designer", None),
    ("fang", "red", "designer", None),
    ("dian", "shop", "store_staff", None),
    ("yuan", "red", "store_staff", None),
    ("wu", "office", "archivist", None),
    ("feng", "red", "archivist", "浙江"),
]
_MIX = {
    "onsite": "session session session session session visit file contact contact consent depart handover handover"
    " assign dispute dispute settle walk_in walk_in sign sign confirm duty duty duty complete order",
    "store": "file file file file store store visit visit visit visit with handover handover assign dispute settle"
    " lose order order paid pay finish complete complete designer designer sign contact",
    "process": "course course course file complete review review assign assign contact visit archive depart"
    " sign settle dispute",
    "key_account": "course course course file complete review review assign assign contact visit archive depart"
    " sign settle",
    "contract": "sign sign course course file file complete review archive depart",
    "records": "file file complete review review archive depart assign",
    "layered": "course course file complete review review review review review depart archive",
    "database": "course course file complete complete review review archive depart",
    "field": "file file complete assign handover sign sign settle month month record_visit contact archive",
    "handbook": "course course file file complete complete review review handover assign sign sign settle archive",
}


class _Maker:
    """Draw one case."""

    def __init__(self, random: Random, rulebook: str) -> None:
        self.random, self.rulebook = random, rulebook
        self.first = random.choice(_FIRST_DAYS)
        self.days = [self.first]
        self.facts: list[Row] = []
        self.filings: list[str] = []
        self.staff = [dict(zip(("id", "team", "role", "region"), row, strict=True)) for row in _STAFF]
        self.customers = random.choice([["c1"], ["c1"], ["c1", "c2"]])
        others = [row["id"] for row in self.staff if row["id"] not in {"li", "zhao", "sun"}]
        self.people = ["li", "zhao", "sun", *random.sample(others, random.choice([2, 3, 5, 8]))]

    def day(self) -> date:
        later = self.random.choice(self.days) + timedelta(days=self.random.choice(_STEPS))
        self.days.append(min(later, self.first + timedelta(days=130)))
        return self.days[-1]

    def instant(self, on: date | None = None) -> str:
        local = datetime.combine(on or self.day(), self.random.choice(_TIMES), SHANGHAI)
        return local.astimezone(timezone(timedelta(hours=self.random.choice(_OFFSETS)))).isoformat()

    def who(self, *roles: str) -> str:
        fitting = [row["id"] for row in self.staff if row["role"] in roles and row["id"] in self.people]
        return (
            self.random.choice(fitting) if fitting and self.random.random() < 0.85 else self.random.choice(self.people)
        )

    def add(self, do: str, on: date | None = None, **carried: object) -> None:
        self.facts.append({"at": self.instant(on), "do": do, **carried})

    def fields(self, type_: str) -> Row:
        names = [part for name in REQUIRED[self.rulebook][type_] for part in name.split("|")]
        values: list[object] = ["x", "x", "x", "x", "x", "x", "x", "x", None, " ", 5]
        if self.random.random() < 0.6:
            values = ["x"]
        found: Row = {name: self.random.choice(values) for name in names}
        for name in list(found):
            if self.random.random() < 0.04:
                del found[name]
        return found | self.extras(type_)

    def extras(self, type_: str) -> Row:
        random, found = self.random, {}
        if type_ == "store":
            moment = random.choice(self.days) + timedelta(days=random.choice([-31, -30, -1, 0, 0, 0, 1]))
            found["date"] = random.choice([moment.isoformat()] * 6 + [None, "  "])
        if self.rulebook == "store" and random.random() < 0.2:
            found["villa"] = random.choice([True, True, "true", False, None])
        if self.rulebook == "records" and random.random() < 0.6:
            found["sensitive"] = random.choice([True, True, True, "true", False, None])
        if self.rulebook == "handbook" and random.random() < 0.6:
            found["region"] = random.choice(["浙江", "浙江", "浙江", "江苏", None, "", 5])
        if type_ == "contract":
            found["deal"] = random.choice(["d1", "d1", "d2", "d3", None, 5])
        return found

    def file(self, by: str, customer: str, type_: str, on: date | None = None) -> None:
        self.filings.append(f"k{len(self.filings)}")
        row: Row = {"by": by, "customer": customer, "filing": self.filings[-1], "fields": self.fields(type_)}
        if type_ != "customer" or self.random.random() < 0.2:
            row["type"] = type_
        self.add("file", on, **row)

    def course(self, customer: str) -> None:
        """File, review, assign and meet, as it ought to go."""
        random, role = self.random, "archivist" if self.rulebook == "contract" else "supervisor"
        self.file(self.who("salesperson"), customer, next(iter(REQUIRED[self.rulebook])))
        if self.rulebook != "contract" or random.random() < 0.5:
            self.facts[-1]["fields"] = dict.fromkeys(self.facts[-1]["fields"], "x") | {"need": "x", "email": "x"}
        filing, on = self.filings[-1], self.days[-1]
        for reviewer in random.sample([row["id"] for row in self.staff if row["role"] == role], 2):
            on += timedelta(days=random.choice([0, 0, 1]))
            outcome = random.choice(["approve"] * 6 + ["return", "reject"])
            self.add("review", on, by=reviewer, filing=filing, outcome=outcome)
        for _ in range(random.choice([0, 1, 1, 2])):
            on += timedelta(days=random.choice([0, 1, 2, 5]))
            to = random.choice(self.people)
            self.add("assign", on, by="sun", customer=customer, to=to)
            self.add(
                random.choice(["contact", "visit"]),
                on + timedelta(days=random.choice([0, 1, 2, 3])),
                by=to,
                customer=customer,
            )
        self.days.append(min(on, self.first + timedelta(days=130)))
        if random.random() < 0.2:
            self.add("archive", by=self.who("archivist"), filing=filing)

    def handover(self, customer: str) -> None:
        """Let one of the red team go, and perhaps name another."""
        random, leaver = self.random, self.random.choice(["li", "li", "zhao"])
        self.add("depart", by=leaver)
        if random.random() < 0.8:
            on = self.days[-1] + timedelta(days=random.choice([0, 1, 16]))
            to = random.choice(["zhao", "li", "sun", "fang", "yuan", "wang"])
            self.add("assign", on, by=random.choice(["sun", "sun", "zhou"]), customer=customer, to=to)

    def fact(self, kind: str) -> None:
        random, customer = self.random, self.random.choice(self.customers)
        seller, boss, anybody = self.who("salesperson"), self.who("supervisor"), random.choice(self.people)
        types = list(REQUIRED[self.rulebook])
        match kind:
            case "course":
                self.course(customer)
            case "handover":
                self.handover(customer)
            case "paid":
                for percent in (50, 100):
                    self.add("pay", deal=random.choice(["d1", "d2"]), percent=percent)
            case "month":
                on = random.choice(self.days)
                for _ in range(random.choice([26, 27, 28, 30, 31])):
                    self.add("record_visit", on, by="li", customer=customer, verified=random.random() < 0.99)
            case "session":
                on = self.day()
                self.file(seller, customer, "customer", on)
                self.add("visit", on, by=seller, customer=customer)
                if random.random() < 0.3:
                    rival = self.who("salesperson")
                    self.file(rival, customer, "customer", on)
                    self.add("visit", on, by=rival, customer=customer)
            case "file":
                self.file(seller, customer, random.choice(types) if random.random() < 0.3 else types[0])
            case "store" | "designer":
                self.file(self.who("store_staff" if kind == "store" else "designer"), customer, kind)
            case "complete" if self.filings:
                filing = random.choice(self.filings)
                filed = next(f for f in self.facts if f["do"] == "file" and f["filing"] == filing)
                fields = self.fields(filed.get("type") or "customer")
                some = {name: value for name, value in fields.items() if random.random() < 0.6}
                self.add(
                    "complete", by=random.choice([filed["by"], filed["by"], boss, anybody]), filing=filing, fields=some
                )
            case "review" | "archive" if self.filings:
                filing = random.choice(self.filings)
                role = "archivist" if kind == "archive" or self.rulebook == "contract" else "supervisor"
                carried: Row = {"by": self.who(role), "filing": filing}
                if kind == "review":
                    carried["outcome"] = random.choice(["approve", "approve", "approve", "approve", "return", "reject"])
                self.add(kind, **carried)
            case "visit" | "contact" | "walk_in":
                self.add(kind, by=random.choice([seller, seller, anybody]), customer=customer)
            case "with":
                self.add("visit", by=self.who("salesperson"), customer=customer, **{"with": self.who("designer")})
            case "consent":
                self.add(kind, by=random.choice([seller, boss]), customer=customer, to=anybody)
            case "assign" | "settle":
                self.add(kind, by=boss, customer=customer, to=random.choice([seller, anybody]))
            case "dispute":
                self.add(kind, by=seller, customer=customer, against=anybody)
            case "depart":
                self.add(kind, by=seller)
            case "lose":
                severity = random.choice(["minor", "moderate", "severe"])
                cause = random.choice(["dispute", "dispute", "dispute", "price"])
                self.add(kind, customer=customer, cause=cause, severity=severity)
            case "sign" | "order":
                related: Row = {"related_to": random.choice(["c1", "c2"])} if random.random() < 0.2 else {}
                self.add(kind, deal=random.choice(["d1", "d2", "d3"]), customer=customer, **related)
            case "confirm":
                evidence = random.choice([["照片"], ["短信", "照片"], [], [" "]])
                self.add(kind, by=anybody, deal=random.choice(["d1", "d2"]), evidence=evidence)
            case "pay":
                self.add(
                    kind, deal=random.choice(["d1", "d2"]), percent=random.choice([0, 30, 49.99, 50, 80, 99.5, 100])
                )
            case "finish":
                self.add(kind, deal=random.choice(["d1", "d2"]))
            case "duty":
                on = self.day()
                week = random.choice(self.days)
                monday = week - timedelta(days=week.weekday())
                self.add(kind, on, team=random.choice(["red", "blue"]), week=monday.isoformat())
            case "record_visit":
                self.add(kind, by=seller, customer=customer, verified=random.random() < 0.9)
            case _:
                self.add("contact", by=anybody, customer=customer)

    def questions(self) -> list[Row]:
        asked: list[Row] = []
        instants = [fact["at"] for fact in self.facts]
        for _ in range(7):
            on = self.random.choice(self.days) + timedelta(
                days=self.random.choice([0, 1, 2, 3, 4, 15, 16, 30, 31, 90, 91])
            )
            local = datetime.combine(on, self.random.choice([time(0), time(23, 59, 59)]), SHANGHAI)
            instants.append(local.isoformat())
        instants.append("2032-12-31T00:00:00Z")
        for at in self.random.sample(instants, min(len(instants), 9)) + instants[-1:]:
            asked += [{"ask": "holder", "customer": customer, "at": at} for customer in self.customers]
            asked += [{"ask": "filing", "filing": filing, "at": at} for filing in self.filings]
            asked += [{"ask": "offences", "at": at}, {"ask": "notices", "at": at}, {"ask": "fines", "at": at}]
            if self.rulebook in EVENT:
                asked += [{"ask": "deal", "deal": deal, "at": at} for deal in ("d1", "d2", "d3", "d4")]
            asked += [{"ask": "rebate", "deal": "d1", "staff": staff, "at": at} for staff in ("mei", "fang", "li")]
            month = self.random.choice(self.days).isoformat()[:7]
            asked += [{"ask": "points", "staff": staff, "month": month, "at": at} for staff in ("li", "wang")]
        return asked

    def case(self) -> Row:
        kinds = _MIX[self.rulebook].split()
        self.fact(kinds[0])
        for _ in range(self.random.choice([3, 6, 9, 14, 22])):
            self.fact(self.random.choice(kinds))
        ids = [f"f{number}" for number in range(len(self.facts))]
        self.random.shuffle(ids)
        for id_, fact in zip(ids, self.facts, strict=True):
            fact["id"] = id_
        case: Row = {"case": "made up", "rulebook": self.rulebook, "staff": self.staff, "facts": self.facts}
        if self.rulebook == "store" and self.random.random() < 0.5:
            case["override"] = {"settlement": "half"}
        case["questions"] = self.questions()
        return case


def made_up_case(random: Random, rulebook: str) -> Row:
    """Draw a case under that rulebook, with questions on and around its boundaries."""
    return _Maker(random, rulebook).case()

"""Tell histories in a few words, and draw them at random, for the tests of the law."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from claims.decide import Question, decide
from claims.facts import Fact, FactKind, FilingType, History, Person, Role
from tests.claims.proofs import hold_the_proof, hold_what_is_wanting

if TYPE_CHECKING:
    from claims.rulebook import Rulebook

SHANGHAI = timezone(timedelta(hours=8))


def moment(text: str) -> datetime:
    """Read `03-02 10:00` as an instant of 2026 in Shanghai; a time may have seconds."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI).astimezone(UTC)


def staff(text: str) -> dict[str, Person]:
    """Read `li red, sun red supervisor east`: a person, a team, and perhaps a role and a region."""
    found: dict[str, Person] = {}
    for words in (part.split() for part in text.split(",")):
        role = Role(words[2]) if len(words) > 2 else Role.SALESPERSON
        found[words[0]] = Person(words[0], words[1], role, words[3] if len(words) > 3 else None)
    return found


def story(people: str, lines: str) -> History:
    """Read one fact a line: `03-02 10:00 file li k1 +name +phone +villa=yes customer=c2`.

    The customer is c1 and the deal d1 unless the line says otherwise; facts are named f01, f02 and so on.
    """
    told = [line.split() for line in lines.splitlines() if line.strip()]
    return History.of(staff(people), [_fact(words, f"f{i:02}") for i, words in enumerate(told, 1)])


_VALUES = {"yes": True, "no": False, "null": None, "blank": " "}
_PLAIN = {"week": date.fromisoformat, "percent": float, "verified": lambda text: text == "yes", "type": FilingType}
_ABOUT = {
    "file": ("by", "filing", "customer"), "complete": ("by", "filing"), "visit": ("by", "customer"),
    "walk_in": ("by", "customer"), "contact": ("by", "customer"), "consent": ("by", "to", "customer"),
    "review": ("by", "filing", "outcome"), "assign": ("by", "to", "customer"), "archive": ("by", "filing"),
    "order": ("deal", "customer"), "sign": ("deal", "customer"), "confirm": ("by", "deal"), "pay": ("percent", "deal"),
    "finish": ("deal",), "dispute": ("by", "against", "customer"), "settle": ("by", "to", "customer"),
    "lose": ("severity", "cause", "customer"), "depart": ("by",), "duty": ("team", "week"),
    "record_visit": ("by", "verified", "customer"),
}  # fmt: skip
_DEFAULTS = {"customer": "c1", "deal": "d1", "filing": "k1", "cause": "dispute", "verified": "yes"}


def _fact(words: list[str], name: str) -> Fact:
    day, time, kind, *rest = words
    about, fields, given = list(_ABOUT[kind]), {}, {}
    for word in rest:
        key, equals, value = word.partition("=")
        if key.startswith("+"):
            fields[key[1:]] = _VALUES.get(value, value) if equals else "x"
        elif equals:
            given["with_" if key == "with" else key] = value
        else:
            given[about.pop(0)] = word
    for key in _ABOUT[kind]:
        if key in _DEFAULTS:
            given.setdefault(key, _DEFAULTS[key])
    if "evidence" in given:
        given["evidence"] = tuple(part for part in given["evidence"].split("+") if part)
    read = {key: _PLAIN[key](value) if key in _PLAIN else value for key, value in given.items()}
    at = moment(f"{day} {time}")
    return Fact(id=name, at=at, kind=FactKind(kind), at_text=f"{day} {time}", fields=fields, **read)


def answer(history: History, rulebook: Rulebook, asked: str) -> str:
    """Ask `holder 03-05 09:00 c1`, `filing ... k1` or `rebate ... d1 mei`, and put the outcome in words.

    Its proof must hold, and of everybody who does not hold it must be said what they lack.
    """
    ask, day, time, *about = asked.split()
    names = {
        "holder": ["customer"], "deal": ["deal"], "filing": ["filing"],
        "rebate": ["deal", "staff"], "points": ["staff", "month"],
    }.get(ask, [])  # fmt: skip
    defaults = {"customer": "c1", "deal": "d1", "filing": "k1"}
    given = {name: about[i] if i < len(about) else defaults[name] for i, name in enumerate(names)}
    ruling = decide(history, rulebook, Question(ask, moment(f"{day} {time}"), **given))
    if rulebook.before is None:  # Days and windows are followed up here under one edition alone.
        hold_the_proof(ruling, history, rulebook)
    if ask == "holder" and rulebook.before is None:
        hold_what_is_wanting(history, rulebook, given["customer"], ruling.question.at)
    return said(ruling.outcome)


def said(outcome: dict[str, object]) -> str:
    """Put an outcome in words."""
    if "items" in outcome:
        return ", ".join(" ".join(str(value) for value in item.values()) for item in outcome["items"]) or "nothing"
    if "credit" in outcome:
        return " ".join([outcome["status"], *(f"{c['to']}:{c['as']}:{c['share']}" for c in outcome["credit"])])
    words = [" ".join(value) if isinstance(value, list) else value for value in outcome.values()]
    return " ".join(str(word) for word in words if word is not None and word is not False and word != "") or "nobody"


PEOPLE = staff(
    "li red, wang blue, zhao red, mei green designer, fang green designer, desk hall store_staff,"
    "sun red supervisor, qian blue supervisor east, old hall archivist, han blue salesperson east"
)
_START = moment("02-26 00:00")
_GAPS = tuple(timedelta(hours=hours) for hours in (0, 0, 6, 6, 6, 18, 24, 72, 360, 384, 720, 744))
_CLAIMANTS = ("li", "li", "wang", "wang", "zhao", "mei", "han")
_KINDS = (
    *["file"] * 8, *["visit"] * 6, *["complete"] * 2, *["review"] * 2, *["assign"] * 3, "contact", "contact",
    "walk_in", "walk_in", "consent", "archive", "order", "sign", "sign", "confirm", "pay", "finish", "dispute",
    "dispute", "settle", "lose", "depart", "depart", "duty", "record_visit",
)  # fmt: skip


@st.composite
def histories(draw: st.DrawFn, rulebook: Rulebook, size: int = 16) -> History:
    """Draw a history of a few people, two customers and some months, in which instants and midnights coincide often."""
    facts: list[Fact] = []
    filings: list[Fact] = []
    at = _START
    for number in range(draw(st.integers(3, size))):
        at += draw(st.sampled_from(_GAPS))
        facts += _Drawing(draw, rulebook, number, at).facts(filings)
    return History.of(PEOPLE, facts)


class _Drawing:
    """One scene: a fact, or a few that go together."""

    def __init__(self, draw: st.DrawFn, rulebook: Rulebook, number: int, at: datetime) -> None:
        self.draw, self.rulebook, self.number, self.at = draw, rulebook, number, at
        self.name = f"{self.pick('f', 'g')}{number}"

    def pick(self, *choices):
        return self.draw(st.sampled_from(choices))

    def fact(self, kind: str, beside: int = 0, mark: str = "", **given) -> Fact:
        at = self.at + timedelta(minutes=beside)
        return Fact(id=self.name + mark, at=at, at_text=at.isoformat(), kind=FactKind(kind), **given)

    def facts(self, filings: list[Fact]) -> list[Fact]:
        kind, customer = self.pick(*_KINDS), self.pick("c1", "c1", "c1", "c2")
        if kind == "file":
            return self.filed(customer, filings)
        if kind in {"complete", "review", "archive"}:
            return self.about(kind, self.pick(*filings[-2:])) if filings else []
        return [self.fact(kind, **self.given(kind, customer))]

    def filed(self, customer: str, filings: list[Fact]) -> list[Fact]:
        pick, name = self.pick, f"k{self.number}"
        type_ = FilingType(pick(*[key for key in self.rulebook.required if key != "villa"]))
        by = pick("desk", "desk", "old") if type_ is FilingType.STORE else pick(*_CLAIMANTS)
        given = {"by": by, "customer": customer, "filing": name, "type": type_, "fields": self.fields(type_)}
        filed = self.fact("file", **given)
        filings.append(filed)
        found = [filed]
        if pick(1, 1, 1, 0):
            found.append(self.fact("visit", pick(-30, -5, 0, 5, 30), "v", by=by, customer=customer))
        if self.rulebook.terms.levels and pick(1, 1, 0):
            reviewers = ("old",) if "archivist" in self.rulebook.terms.reviewers else ("sun", "qian")
            found += [
                self.fact("review", 60, f"r{i}", by=by, filing=name, outcome="approve")
                for i, by in enumerate(reviewers)
            ]
        if pick(1, 0, 0):
            found.append(self.fact("assign", 90, "a", by="sun", customer=customer, to=pick("li", "wang", "zhao")))
        return found

    def about(self, kind: str, filed: Fact) -> list[Fact]:
        pick = self.pick
        by = {"complete": pick(filed.by, "sun"), "review": pick("sun", "qian", "old"), "archive": "old"}[kind]
        fields = self.fields(filed.type) if kind == "complete" else {}
        outcome = pick("approve", "approve", "return", "reject")
        return [self.fact(kind, by=by, filing=filed.filing, fields=fields, outcome=outcome)]

    def given(self, kind: str, customer: str) -> dict:
        pick, person, deal = self.pick, self.pick(*_CLAIMANTS), self.pick("d1", "d2")
        match kind:
            case "order" | "sign":
                return {"deal": deal, "customer": customer, "related_to": pick(None, "c1", "c2")}
            case "confirm":
                return {"by": person, "deal": deal, "evidence": pick((), ("chat",))}
            case "pay" | "finish":
                return {"deal": deal, "percent": pick(10, 50, 100)}
            case "lose":
                return {"customer": customer, "cause": pick("dispute", "price"), "severity": pick("minor", "severe")}
            case "depart":
                return {"by": person}
            case "duty":
                week = date(2026, 3, 2) + timedelta(weeks=pick(0, 1, 2))
                return {"team": pick("red", "blue"), "week": week}
            case "record_visit":
                return {"by": person, "customer": customer, "verified": self.draw(st.booleans())}
            case "assign" | "settle":
                return {"by": pick("sun", "sun", "qian", "li"), "customer": customer, "to": pick("li", "wang", "zhao")}
            case "consent":
                return {"by": pick(person, "sun", "qian"), "customer": customer, "to": pick(*_CLAIMANTS)}
            case "dispute":
                return {"by": person, "customer": customer, "against": pick(*PEOPLE)}
            case _:
                with_ = pick(None, "mei", "fang") if kind == "visit" else None
                return {"by": person, "customer": customer, "with_": with_}

    def fields(self, type_: FilingType) -> dict[str, object]:
        draw, names = self.draw, [name.partition("|")[0] for name in self.rulebook.required[type_]]
        whole = draw(st.integers(0, 4))
        fields: dict[str, object] = {name: "x" for name in names if whole or draw(st.booleans())}
        if "date" in fields:
            fields["date"] = (self.at.date() + timedelta(days=draw(st.integers(-20, 20)))).isoformat()
        asides = (("villa", [True]), ("sensitive", [True]), ("region", ["east", "west"]), ("deal", ["d1", "d2"]))
        for name, values in asides:
            if not draw(st.integers(0, 3)):
                fields[name] = draw(st.sampled_from(values))
        return fields


@st.composite
def questions(draw: st.DrawFn, history: History) -> Question:
    """Draw a question about such a history: at a fact's instant, beside it, or at some midnight."""
    beside = draw(st.sampled_from([timedelta(0), timedelta(microseconds=1), timedelta(microseconds=-1)]))
    moments = [fact.at for fact in history.facts] + [_START + timedelta(days=draw(st.integers(0, 150)), hours=16)]
    return Question(
        draw(
            st.sampled_from(
                ["holder", "holder", "deal", "deal", "filing", "offences", "fines", "notices", "rebate", "points"]
            )
        ),
        draw(st.sampled_from(moments)) + beside,
        customer=draw(st.sampled_from(["c1", "c2"])),
        deal=draw(st.sampled_from(["d1", "d2"])),
        filing=draw(st.sampled_from([str(fact.filing) for fact in history.facts if fact.filing] or ["k0"])),
        staff=draw(st.sampled_from(["li", "wang", "mei", "fang"])),
        month="2026-03",
    )

"""What a decision costs: at most n log n in the number of facts, and little beside reading the case."""

from __future__ import annotations

import json
import random
import sys
import time
from datetime import datetime, timedelta
from functools import partial

import pytest

from claims.decide import Question, decide
from claims.facts import Fact, FactKind, History, Person, Role
from claims.rulebook import load_rulebook
from claims.timeline import filing_states, holdings
from tests.claims.histories import SHANGHAI

_ROLES = (*["salesperson"] * 5, "supervisor", "supervisor", "designer", "store_staff", "archivist")
_PEOPLE = {f"p{i}": Person(f"p{i}", ("red", "blue")[i % 2], Role(role)) for i, role in enumerate(_ROLES)}
_FIELDS = {
    "name": "王五",
    "phone": "13800138000",
    "project": "x",
    "commission_rate": "1",
    "stage": "s",
    "need": "x",
    "feedback": "x",
}
_KINDS = (
    *["visit"] * 6,
    *["file"] * 4,
    "complete",
    "contact",
    "consent",
    "review",
    "assign",
    "dispute",
    "settle",
    "walk_in",
    "order",
    "sign",
)
_ASKS = ("holder", "deal", "filing", "offences", "fines", "notices", "rebate", "points")


def _busy(size: int) -> list[dict]:
    """Make a case of one busy customer: every kind of fact, close together."""
    draw = random.Random(size)  # noqa: S311 - a history, not a secret
    at = datetime(2026, 1, 1, 9, tzinfo=SHANGHAI)
    rows: list[dict] = []
    filings = ["k"]
    for i in range(size):
        at += timedelta(minutes=draw.choice([0, 30, 600, 1440, 5000]))
        kind = draw.choice(_KINDS)
        row = {"id": f"f{i}", "at": at.isoformat(), "do": kind, "customer": "c1"}
        if kind not in {"order", "sign"}:
            row["by"] = f"p{draw.randrange(5)}"
        if kind == "file":
            filings.append(f"k{i}")
            row |= {"filing": f"k{i}", "fields": _FIELDS}
        elif kind in {"complete", "review"}:
            row |= {
                "filing": draw.choice(filings),
                "by": "p5",
                "fields": _FIELDS,
                "outcome": "approve",
                "customer": None,
            }
        elif kind in {"assign", "settle", "consent"}:
            row |= {"by": "p5" if kind != "consent" else row["by"], "to": f"p{draw.randrange(5)}"}
        elif kind == "dispute":
            row["against"] = "p1"
        elif kind in {"order", "sign"}:
            row["deal"] = f"d{draw.randrange(3)}"
        rows.append(row)
    return rows


def _history(rows: list[dict]) -> History:
    facts = []
    for row in rows:
        given = {key: value for key, value in row.items() if key not in {"do", "at"} and value is not None}
        facts.append(Fact(kind=FactKind(row["do"]), at=datetime.fromisoformat(row["at"]), at_text=row["at"], **given))
    return History.of(_PEOPLE, facts)


def _steps(work) -> int:
    """Count the calls that some work makes: the same in every run."""
    count = 0

    def step(_frame, event: str, _argument) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(step)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("name", ["onsite", "store", "field", "handbook", "process", "contract"])
def test_the_cost_grows_no_faster_than_n_log_n(name: str) -> None:
    """Eight times the facts cost at most twelve times the steps, in every question and timeline."""
    book = load_rulebook(name)
    small, large = (_history(_busy(size)) for size in (250, 2000))
    for ask in _ASKS:
        steps = [_steps(partial(decide, history, book, _question(ask, history))) for history in (small, large)]
        assert steps[1] <= 12 * steps[0], ask
    for lay_out, about in ((holdings, "c1"), (filing_states, "k9")):
        steps = [_steps(partial(lay_out, history, book, about)) for history in (small, large)]
        assert steps[1] <= 12 * steps[0] + 5000


def _question(ask: str, history: History) -> Question:
    at = history.facts[-1].at + timedelta(days=1)
    filing = next(fact.filing for fact in history.facts if fact.kind is FactKind.FILE)
    return Question(ask, at, customer="c1", deal="d1", filing=str(filing), staff="p1", month="2026-03")


@pytest.mark.parametrize("name", ["onsite", "store"])
def test_a_holder_question_costs_little_beside_reading_its_case(name: str) -> None:
    """Twenty facts, proof tree and all, within 25 times json.loads of the same case in the same run."""
    rows, book = _busy(20), load_rulebook(name)
    people = [{"id": p.id, "team": p.team, "role": p.role} for p in _PEOPLE.values()]
    history = _history(rows)
    question = _question("holder", history)
    asked = {"ask": "holder", "customer": "c1", "at": question.at.isoformat()}
    text = json.dumps({"case": "busy", "rulebook": name, "staff": people, "facts": rows, "questions": [asked]})
    reading, deciding = _fastest(lambda: json.loads(text)), _fastest(lambda: decide(history, book, question))
    assert deciding <= 25 * reading


def _fastest(work) -> float:
    best = float("inf")
    for _ in range(7):
        start = time.process_time()
        for _ in range(100):
            work()
        best = min(best, time.process_time() - start)
    return best

"""Show a rehearsal to people: the timeline of the case, each ruling as a tree, and what was expected otherwise.

- Every sentence stands in Chinese and English.
- What a case says is shown as text, never obeyed: neither colours nor a terminal's commands.
- Of a filing's fields the names are shown; their values may be somebody's telephone number.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NoReturn, cast

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from api.rehearsal import MET, REFUSED, UNMET, Rehearsal, status_of
from claims.casefile import RefusedCase, answer_of
from claims.ruling import GroundKind
from claims.timeline import holdings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from claims.facts import Fact, FactKind
    from claims.question import Question
    from claims.rulebook import Rulebook
    from claims.ruling import Ground, Ruling

_FACTS: Mapping[FactKind | str, str] = {
    "file": "报备", "complete": "补充资料", "visit": "带客到场", "walk_in": "自行上门", "contact": "接触",
    "consent": "同意", "review": "审核", "assign": "分派", "archive": "归档", "order": "下单", "sign": "签约",
    "confirm": "凭据确认", "pay": "付款", "finish": "竣工", "dispute": "争议", "settle": "裁定", "lose": "丢单",
    "depart": "离司", "duty": "值班", "record_visit": "拜访记录",
}  # fmt: skip
_QUESTIONS = {
    "holder": "归属", "deal": "业绩", "filing": "报备", "offences": "违规", "fines": "罚款", "notices": "通知",
    "rebate": "返点", "points": "积分",
}  # fmt: skip
_ASKED_OF = ("customer", "deal", "filing", "staff", "month")
_TOLD = (
    "by",
    "customer",
    "filing",
    "deal",
    "to",
    "against",
    "team",
    "week",
    "related_to",
    "outcome",
    "severity",
    "cause",
)
_KINDS = {
    GroundKind.CLAUSE: ("条款 clause", "cyan"),
    GroundKind.READING: ("解释 reading", "yellow"),
    GroundKind.BORROWED: ("借用 borrowed", "magenta"),
}


class _Paper(Console):
    """A console that leaves a closed pipe to whoever runs the command."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


def printable(text: object) -> str:
    """Show a text as it is, save for what a terminal would obey."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in str(text))


def report(rehearsed: Iterable[tuple[str, Rehearsal | RefusedCase]]) -> int:
    """Show each rehearsal, then how many came out as expected, and give the code to end with."""
    console = _Paper(highlight=False, soft_wrap=True)
    counts: dict[int, int] = {MET: 0, UNMET: 0, REFUSED: 0}
    for path, one in rehearsed:
        counts[status_of(one)] += 1
        if isinstance(one, RefusedCase):
            _refused(console, path, one)
        else:
            _decided(console, one)
    met, unmet, refused = counts.values()
    console.print(f"符合 as expected: {met} · 不符 not: {unmet} · 拒绝 refused: {refused}", style="bold")
    return max(status for status, count in counts.items() if count)


def _refused(console: Console, path: str, case: RefusedCase) -> None:
    console.print(Text.assemble(("■ ", "red"), (printable(case.name or path), "bold"), "  拒绝 refused"))
    for fault in case.faults:
        console.print(Text(f"    {printable(fault.place)}: {printable(fault.why)}"))
    if case.expected is not None:
        is_met = case.faults[0].place == case.expected
        said = "按预期拒绝 refused where expected" if is_met else "预期拒绝之处 expected to be refused at"
        console.print(Text(f"    {said}: {printable(case.expected)}", style="green" if is_met else "red"))
    console.print()


def _decided(console: Console, rehearsal: Rehearsal) -> None:
    case = rehearsal.case
    mark, style = ("符合 as expected", "green") if rehearsal.is_met else ("不符 not as expected", "red")
    console.print(
        Text.assemble(
            ("■ ", style), (printable(case.name), "bold"), f"  {printable(case.rulebook.edition)}  ", (mark, style)
        )
    )
    if case.expected_refusal is not None:
        console.print(
            Text(f"    本应拒绝于 should have been refused at: {printable(case.expected_refusal)}", style="red")
        )
    for fact in case.history.facts:
        console.print(_told(fact, case.rulebook))
    for customer in sorted({fact.customer for fact in case.history.facts if fact.customer}):
        _spans(console, rehearsal, customer)
    for ruling, difference in zip(rehearsal.rulings, rehearsal.differences, strict=True):
        console.print(_tree(ruling.question, ruling, case.rulebook))
        for key, (expected, came) in difference.items():
            console.print(
                Text(
                    f"    {printable(key)}: 预期 expected {_shown(expected)} · 结果 came {_shown(came)}",
                    style="bold red",
                )
            )
    _otherwise(console, rehearsal)
    console.print()


def _shown(value: object) -> str:
    return printable(json.dumps(value, ensure_ascii=False))


def _local(at: datetime, rulebook: Rulebook) -> str:
    return at.astimezone(rulebook.zone).replace(tzinfo=None).isoformat(" ")


def _told(fact: Fact, rulebook: Rulebook) -> Text:
    said = [f"{name} {value}" for name in _TOLD if (value := getattr(fact, name)) not in {None, ""}]
    if fact.with_:
        said.append(f"with {fact.with_}")
    if fact.fields:
        said.append("fields " + ", ".join(fact.fields))
    if fact.evidence:
        said.append(f"evidence {len(fact.evidence)}")
    if fact.kind == "pay":
        said.append(f"percent {fact.percent}")
    if fact.kind == "record_visit":
        said.append("verified" if fact.verified else "unverified")
    return Text.assemble(
        (f"  {_local(fact.at, rulebook)}  ", "dim"),
        f"{_FACTS[fact.kind]} {fact.kind.value}  ",
        printable(" · ".join(said)),
        (f"  {printable(fact.id)}", "dim"),
    )


def _spans(console: Console, rehearsal: Rehearsal, customer: str) -> None:
    case = rehearsal.case
    for span in holdings(case.history, case.rulebook, customer):
        until = "……" if span.until is None else _local(span.until, case.rulebook)
        protected = f" · 保护至 protected until {span.protected_until}" if span.protected_until else ""
        console.print(
            Text(
                f"  ▸ {printable(customer)}: {printable(span.staff or '')} ({printable(span.team)})"
                f"  {_local(span.since, case.rulebook)} → {until}{protected}",
                style="blue",
            )
        )


def _tree(question: Question, ruling: Ruling, rulebook: Rulebook) -> Tree:
    asked = " ".join(printable(value) for name in _ASKED_OF if (value := getattr(question, name)))
    answer = answer_of(ruling)
    clauses = " ".join(cast("list[str]", answer.pop("clauses")))
    outcome = " · ".join(f"{key} {_shown(value)}" for key, value in answer.items())
    tree = Tree(
        Text.assemble(
            (f"? {_QUESTIONS[question.ask]} {question.ask} {asked}", "bold"),
            (f"  {_local(question.at, rulebook)}", "dim"),
            f"\n{outcome}  ",
            (f"[{clauses}]", "cyan"),
        ),
        guide_style="dim",
    )
    for ground in ruling.grounds:
        _grow(tree, ground)
    return tree


def _grow(tree: Tree, ground: Ground) -> None:
    kind, style = _KINDS[ground.kind]
    cited = " ".join(ground.clauses) or str(ground.parameter)
    branch = tree.add(
        Text.assemble(
            ("✓ ", "green") if ground.held else ("✗ ", "red"),
            (f"{cited} ", style),
            f"{printable(ground.reason('zh'))} ",
            (f"{printable(ground.reason('en'))}", "dim"),
            (f"  {kind}" if ground.kind is not GroundKind.CLAUSE else "", style),
            (f"  {printable(' '.join(dict.fromkeys(ground.facts)))}", "dim"),
        )
    )
    for inner in ground.grounds:
        _grow(branch, inner)


def _otherwise(console: Console, rehearsal: Rehearsal) -> None:
    other = rehearsal.otherwise
    if other is None:
        return
    if other.refused is not None:
        first = other.refused.faults[0]
        console.print(
            Text(
                f"  ⇄ {other.edition}: 无法裁决 cannot be decided: {printable(first.place)}: {printable(first.why)}",
                style="yellow",
            )
        )
        return
    if not other.changes:
        console.print(Text(f"  ⇄ {other.edition}: 无变化 nothing changes", style="green"))
    for change in other.changes:
        ruling = rehearsal.rulings[change.question]
        question, one, two = ruling.question, ruling.outcome, other.rulings[change.question].outcome
        changed = " · ".join(
            f"{key} {_shown(one[key])} → {_shown(two[key])}" for key in one if one[key] != two.get(key)
        )
        parties = ", ".join(map(printable, change.parties)) or "—"
        asked = " ".join(printable(value) for name in _ASKED_OF if (value := getattr(question, name)))
        console.print(
            Text(
                f"  ⇄ {other.edition}: {_QUESTIONS[question.ask]} {question.ask} {asked}: {changed}"
                f" · 影响 changes for: {parties}",
                style="yellow",
            )
        )

"""How keys are shown to custodians and assessors: the hierarchy as a tree, what needs a key, and a page to hand over.

- Numbers, names, states, counts and instants stand on it: no key's bytes, and nothing of any customer but ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.table import Column, Table
from rich.text import Text
from rich.tree import Tree

from crypto.keyring import KeyState
from records.key_acts import Deed
from records.key_names import KEK, name_of
from records.key_page import SUITES
from records.key_rows import family_of
from records.keys import DATA
from records.references import Kind, reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from records.key_needs import Need
    from records.key_page import ActRow, KeyPage, KeyRow
    from records.keys import Keys
    from records.moving import Unopened

STATES: Final = {
    KeyState.STAGED: "待用 staged",
    KeyState.PRIMARY: "主用 primary",
    KeyState.DECRYPT_ONLY: "只读 decrypt_only",
    KeyState.COMPROMISED: "已泄露 compromised",
    KeyState.DISABLED: "已停用 disabled",
    KeyState.DESTROYED: "已销毁 destroyed",
}
_STYLES: Final = {
    KeyState.PRIMARY: "bold green",
    KeyState.COMPROMISED: "bold red",
    KeyState.DISABLED: "yellow",
    KeyState.DESTROYED: "dim",
}
_SHOWN_ROWS: Final = 50
_ID_WIDTH: Final = 36
"""An id is copied from the screen into the next command: it is never cut."""
"""Rows that do not open which one table names; the rest is counted."""


def picture(page: KeyPage) -> Tree:
    """Draw the hierarchy: key-encryption keys, under each its purposes, under each its versions."""
    tree = Tree(f"密钥 keys · {page.provider} · {_instant(page.at)}")
    for kek in page.keks:
        versions = ", ".join(f"v{one}" for one in kek.versions)
        branch = tree.add(Text.assemble((f"{KEK}{kek.family}", "bold"), f"  {versions}  {_due(page.at, kek.due_at())}"))
        purposes: dict[str, list[KeyRow]] = {}
        for row in page.keys:
            if family_of(row.purpose) == kek.family:
                purposes.setdefault(row.purpose, []).append(row)
        for rows in purposes.values():
            for row in rows:
                branch.add(_line(page, row))
    if waiting_now := page.waiting():
        tree.add(Text(f"待批准 waiting for another person: {len(waiting_now)}(baobei keys requests)", "yellow"))
    return tree


def _line(page: KeyPage, row: KeyRow) -> Text:
    """Write one version of a key: name, state, suite, age, rows, and what may or must be done about it."""
    parts = [(f"{row.name:<22}", ""), (STATES[row.state], _STYLES.get(row.state, ""))]
    said = [*([SUITES[row.suite]] if row.purpose == DATA else []), f"{(page.at - row.created_at).days} 天 days"]
    if row.state is not KeyState.DESTROYED:
        said.append(f"{row.rows:,} 行 rows")
        said.append(f"{row.provider} v{row.kek}")
    if row.state in {KeyState.DECRYPT_ONLY, KeyState.COMPROMISED} and not row.rows:
        said.append("可停用 may be disabled")
    if due := row.due_at():
        said.append(_due(page.at, due))
    return Text.assemble(*parts, "  ", "  ".join(said))


def _due(now: datetime, due: datetime) -> str:
    if due <= now:
        return f"应已轮换 overdue since {due:%Y-%m-%d}"
    return f"下次轮换 due {due:%Y-%m-%d}"


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")


def waiting(page: KeyPage) -> Table | str:
    """List what waits for another person."""
    acts = page.waiting()
    if not acts:
        return "没有待批准的申请 / nothing waits for another person"
    table = Table(
        Column("编号 id", no_wrap=True, min_width=_ID_WIDTH), "操作 act", "密钥 key", "申请人 asked by", "时间 at"
    )
    for act in acts:
        asked = act.requested_by or ""
        table.add_row(reference(Kind.KEY_ACT, act.id), act.kind, act.subject, asked, _instant(act.requested_at))
    return table


def _names(keys: Keys) -> dict[int, str]:
    return {version.id: name_of(version) for purpose in keys.purposes() for version in keys.versions(purpose)}


def needs(keys: Keys, needed: Iterable[Need]) -> Table:
    """Show which rows need which key."""
    names = _names(keys)
    table = Table("密钥 key", "表 table", "列 column", "行数 rows", title="仍需要这些密钥 / what still needs a key")
    for need in needed:
        table.add_row(names.get(need.key, str(need.key)), need.table, need.column, f"{need.rows:,}")
    return table


def unopened(keys: Keys, rows: Sequence[Unopened]) -> Table:
    """Show the rows that do not open: where they stand and under which key, never what they say."""
    names = _names(keys)
    title = f"打不开 / does not open: {len(rows):,}"
    ids = (Column(words, no_wrap=True, min_width=_ID_WIDTH) for words in ("行 row", "属于 subject"))
    table = Table("密钥 key", "表 table", "列 column", *ids, title=title)
    for one in rows[:_SHOWN_ROWS]:
        key = "" if one.key is None else names.get(one.key, str(one.key))
        table.add_row(key, one.table, one.column, str(one.row), str(one.subject or ""))
    return table


def report(page: KeyPage) -> str:
    """Write the page that an assessor is handed, in Markdown."""
    lines = [
        "# 密钥报告 / Keys",
        f"{_instant(page.at)} · {page.provider}",
        "",
        "## 密钥加密密钥 / Key-encryption keys",
        *_table(
            ("密钥 key", "版本 versions", "最近更换 replaced", "下次 due"),
            (
                (
                    f"{KEK}{kek.family}",
                    ", ".join(map(str, kek.versions)),
                    f"{kek.since:%Y-%m-%d}",
                    _due(page.at, kek.due_at()),
                )
                for kek in page.keks
            ),
        ),
        "",
        "## 版本 / Versions",
        *_table(
            ("密钥 key", "状态 state", "套件 suite", "建立 made", "状态自 since", "仍需要它的行 rows", "下次 due"),
            (
                (
                    row.name,
                    STATES[row.state] + (f"(泄露于 since {row.compromised_at:%Y-%m-%d})" if row.compromised_at else ""),
                    SUITES[row.suite],
                    _instant(row.created_at),
                    _instant(row.state_at),
                    f"{row.rows:,}",
                    _due(page.at, due) if (due := row.due_at()) else "",
                )
                for row in page.keys
            ),
        ),
        "",
        "## 各密钥仍能打开什么 / What each key still opens",
        *_table(
            ("密钥 key", "表 table", "列 column", "行数 rows"),
            ((row.name, need.table, need.column, f"{need.rows:,}") for row in page.keys for need in row.needs),
        ),
        "",
        "## 退役证明 / Proof of retirement",
        "数据库的外键不允许删除仍有数据需要的密钥;已销毁即没有任何一行需要它。",
        "A foreign key lets no key be deleted that a row needs: destroyed means that no row did.",
        "",
        *[f"- {row.name}: {_proof(page, row)}" for row in page.keys if row.state is not KeyState.PRIMARY],
        "",
        "## 操作记录 / Acts",
        *_table(
            ("时间 at", "操作 act", "密钥 key", "申请 by", "批准 agreed by", "结果 outcome"),
            (
                (
                    _instant(act.requested_at),
                    act.kind,
                    act.subject,
                    act.requested_by or "",
                    _agreed(act),
                    _outcome(page, act),
                )
                for act in page.acts
            ),
        ),
    ]
    return "\n".join(lines)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    written = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    return [*written, *(f"| {' | '.join(row)} |" for row in rows)]


def _agreed(act: ActRow) -> str:
    if act.approved_at is None:
        return ""
    who = f"{act.approved_by} {_instant(act.approved_at)}"
    return f"{who}(一人 one person alone)" if act.alone else who


def _outcome(page: KeyPage, act: ActRow) -> str:
    """Say how an act ended; one that began and has no end is a finding."""
    if act.outcome is not None:
        is_anothers = act.ended_by not in {None, act.requested_by, act.approved_by}
        return f"{act.outcome} ({act.ended_by})" if is_anothers else act.outcome
    if act.is_waiting(page.at):
        return "待批准 waiting"
    has_lapsed = act.kind == Deed.DESTROY and act.approved_at is None
    return "逾期失效 lapsed" if has_lapsed else "没有结束 no end: a finding"


def _proof(page: KeyPage, row: KeyRow) -> str:
    """Say what of a key is over, and by whom."""
    if row.state is KeyState.DESTROYED:
        acts = [
            act for act in page.acts if act.subject == row.name and act.kind == Deed.DESTROY and act.outcome == "done"
        ]
        by = "; ".join(f"{act.requested_by}, {_agreed(act)}" for act in acts)
        return f"{_instant(row.state_at)} 销毁 destroyed ({by})"
    if row.rows:
        return f"{row.rows:,} 行仍需要它 rows still need it"
    if row.state is KeyState.DISABLED:
        return f"{_instant(row.state_at)} 停用,没有行需要它 disabled, and no row needs it"
    return "没有行需要它,可停用 no row needs it: it may be disabled"


def written(page: KeyPage) -> dict[str, object]:
    """Write the page as one JSON object."""
    return {
        "at": page.at.isoformat(),
        "provider": page.provider,
        "keks": [
            {"family": kek.family, "versions": list(kek.versions), "since": kek.since.isoformat()} for kek in page.keks
        ],
        "keys": [
            {
                "name": row.name,
                "state": row.state.value,
                "suite": SUITES[row.suite],
                "createdAt": row.created_at.isoformat(),
                "stateAt": row.state_at.isoformat(),
                "provider": row.provider,
                "kek": row.kek,
                "rows": row.rows,
                "needs": [{"table": need.table, "column": need.column, "rows": need.rows} for need in row.needs],
                "dueAt": due.isoformat() if (due := row.due_at()) else None,
            }
            for row in page.keys
        ],
        "waiting": [reference(Kind.KEY_ACT, act.id) for act in page.waiting()],
    }

"""What `baobei import` and `baobei verify` say to whoever runs them: how far they are, and what came of it.

- A bar with rate and time left stands on a terminal, and nowhere else; with `--json` standard output holds one object.
- A row is named by its number alone: what it says is nobody's business but the rejects file's.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from records.rejects import row_message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.progress import Task

    from records.importing import Report
    from records.rejects import RowCode, WarningCode
    from records.verification import Difference

SHOWN_ROWS = 12
"""Numbers of rows that one line names; the rest is counted."""


class _Rate(ProgressColumn):
    """Rows a second, as of lately."""

    def render(self, task: Task) -> Text:
        """Write the rate."""
        return Text(f"{task.speed:,.0f} 行/s" if task.speed else "", style="progress.data.speed")


@contextmanager
def progress(words: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show how far something is on a terminal; gives what is to be told of how many of how many."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(words, total=None)

        def tell(done: int, expected: int | None) -> None:
            bar.update(task, completed=done, total=None if expected is None else max(expected, done))

        yield tell


def print_report(report: Report, *, dry_run: bool) -> None:
    """Print what became of a register's rows, for a person."""
    console = Console()
    table = Table(show_header=False, box=None)
    for words, count in (
        ("读取 rows read", report.rows),
        ("新增 added" if not dry_run else "将新增 would be added", report.accepted),
        ("已有 in the book already", report.repeated),
        ("退回 rejected", len(report.rejections)),
        ("撞单 share a phone with an earlier row", len(report.conflicts)),
        ("可能相同 may be an earlier row's customer (A7)", len(report.possible)),
    ):
        table.add_row(words, f"{count:,}")
    console.print(table)
    _print_codes(console, report.rejections)
    _print_codes(console, report.warnings)
    if report.rejects is not None:
        console.print("退回的行(改正后可再次导入)/ the rejected rows, to be mended and imported:", style="bold")
        console.print(str(report.rejects), soft_wrap=True, highlight=False)


def _print_codes(console: Console, found: Sequence[tuple[int, RowCode | WarningCode]]) -> None:
    by_code: dict[RowCode | WarningCode, list[int]] = {}
    for row, code in found:
        by_code.setdefault(code, []).append(row)
    for code, rows in by_code.items():
        shown = ", ".join(map(str, rows[:SHOWN_ROWS])) + (" …" if len(rows) > SHOWN_ROWS else "")
        console.print(f"\n[bold]{code}[/bold] × {len(rows):,}  行 rows {shown}", highlight=False)
        console.print(f"  {row_message(code, 'zh')}\n  {row_message(code, 'en')}", highlight=False)


def print_differences(customers: int, differences: Sequence[Difference]) -> None:
    """Print what a verification found."""
    console = Console()
    if not differences:
        console.print(f"{customers:,} 位客户的归属与事实一致 / of {customers:,} customers all is as the facts say")
        return
    table = Table("表 table", "编号 id", "差异 difference")
    for one in differences:
        words = "多出 not borne out by the facts" if one.is_stray else "缺少 asked for by the facts, and missing"
        table.add_row(one.table, str(one.about), words)
    console.print(table)
    console.print(f"{customers:,} 位客户中有 {len(differences):,} 处差异 / differences", style="bold")

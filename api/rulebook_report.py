"""Show a rulebook to people: every parameter with its clause, or that it is a reading or borrowed.

- Each row is said in Chinese, then in English; where protection lapses, that stands first of all.
- Parameters that pull against each other are named with their clauses; that is a finding, no refusal.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from claims.description import describe, difference
from claims.linter import lint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from claims.rulebook import Rulebook


def _heading(rulebook: Rulebook) -> str:
    return f"■ {rulebook.edition}  {rulebook.title}"


def check(rulebooks: Iterable[Rulebook]) -> int:
    """Say which editions can be read, and which parameters of each pull against each other."""
    for rulebook in rulebooks:
        findings = lint(rulebook)
        said = (
            f"{len(findings)} 处抵触 / findings"
            if findings
            else "可用,无抵触 / fit for use, nothing pulls against anything"
        )
        sys.stdout.write(f"{_heading(rulebook)}\n  {said}\n")
        for finding in findings:
            about = f" ({finding.about})" if finding.about else ""
            named = ", ".join(finding.parameters)
            clauses = " ".join(finding.clauses)
            sys.stdout.write(f"  ! {named}{about} [{clauses}]\n    {finding.text('zh')}\n    {finding.text('en')}\n")
    return 0


def show(rulebook: Rulebook, other: Rulebook | None) -> int:
    """List a rulebook's parameters, or where another differs from it."""
    sys.stdout.write(f"{_heading(rulebook)}\n")
    if other is None:
        for row in describe(rulebook):
            name = "" if row.lapses else f"{row.name}\n    "
            sys.stdout.write(f"  {name}{row.text('zh')}\n    {row.text('en')}\n")
        return 0
    sys.stdout.write(f"{_heading(other)}\n")
    differences = difference(rulebook, other)
    for name, before, after in differences:
        sys.stdout.write(f"  {name}\n")
        for sign, row in (("-", before), ("+", after)):
            sys.stdout.write(f"    {sign} {row.text('zh')}\n      {row.text('en')}\n")
    if not differences:
        sys.stdout.write("  没有差别 / no difference\n")
    return 0

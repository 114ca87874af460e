"""The page on the law says what the rulebooks and the casebook say."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_is_up_to_date() -> None:
    """Each of the 187 clauses: where it is decided, its cases, or why it is not the engine's."""
    done = subprocess.run(
        [ROOT / "scripts" / "make-law-page", "--check"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    page = (ROOT / "docs" / "law.md").read_text("utf-8")
    assert page.count("\n### ") == 187

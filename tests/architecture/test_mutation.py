"""What the mutation testing of the law is told to try is there: a test that was renamed is not left out unseen."""

from __future__ import annotations

import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[2]
LEFT_OUT = "--deselect="


def _names() -> list[str]:
    told = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]
    return told["pytest_add_cli_args_test_selection"]


def test_every_test_that_is_tried_or_left_out_exists() -> None:
    """By file, and by function where one is named."""
    for name in _names():
        file, _, function = name.removeprefix(LEFT_OUT).partition("::")
        text = (PROJECT / file).read_text(encoding="utf-8")
        assert not function or f"def {function.partition('[')[0]}(" in text, name


def test_every_module_of_the_law_s_tests_is_tried_or_named_as_left_out() -> None:
    """docs/mutation.md names those that are left out whole."""
    tried = {name for name in _names() if not name.startswith(LEFT_OUT)}
    page = (PROJECT / "docs" / "mutation.md").read_text(encoding="utf-8")
    for path in (PROJECT / "tests" / "claims").glob("test_*.py"):
        assert str(path.relative_to(PROJECT)) in tried or path.name in page or path.stem == "test_law_page", path.name

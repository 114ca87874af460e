"""Keep the parameters of a regulation, as data with their clause, unit and reading."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

_PLACE = Path(__file__).parent / "rulebooks"
PRESETS = (
    "contract",
    "database",
    "field",
    "handbook",
    "key_account",
    "layered",
    "onsite",
    "process",
    "records",
    "store",
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value of a rulebook, with the clause that gives it."""

    value: object
    clause: str | None = None
    unit: str | None = None
    reading: bool = False


@dataclass(frozen=True, slots=True)
class Rulebook:
    """One regulation's parameters."""

    name: str
    zone: ZoneInfo
    parameters: Mapping[str, Parameter]
    required: Mapping[str, tuple[str, ...]]
    clauses: Mapping[str, tuple[str, ...]]

    def number(self, name: str) -> int:
        """Give a whole number; absent means none."""
        value = self.parameters[name].value if name in self.parameters else 0
        return value if isinstance(value, int) else 0

    def word(self, name: str) -> str:
        """Give a choice; absent means `none`."""
        value = self.parameters[name].value if name in self.parameters else "none"
        return value if isinstance(value, str) else "none"

    def cites(self, name: str) -> tuple[str, ...]:
        """Give the clauses that this regulation rests a matter on."""
        return self.clauses.get(name, ())

    def day(self, at: datetime) -> date:
        """Give the calendar day of an instant in this rulebook's zone."""
        return at.astimezone(self.zone).date()

    def override(self, changes: Mapping[str, object]) -> Rulebook:
        """Change parameters; an unknown name, or a value of another type, is a `KeyError`."""
        changed = dict(self.parameters)
        for name, value in changes.items():
            if name not in changed or type(value) is not type(changed[name].value):
                raise KeyError(name)
            changed[name] = replace(changed[name], value=value)
        return replace(self, parameters=changed)


def load_file(path: Path) -> Rulebook:
    """Read a rulebook from its TOML file."""
    data = cast("dict[str, dict[str, object]]", tomllib.loads(path.read_text("utf-8")))
    parameters: dict[str, Parameter] = {}
    for name, entry in data.get("parameters", {}).items():
        row = cast("dict[str, object]", entry)
        parameters[name] = Parameter(
            row["value"],
            cast("str | None", row.get("clause")),
            cast("str | None", row.get("unit")),
            bool(row.get("reading", False)),
        )
    lists = {
        key: {name: tuple(cast("list[str]", row)) for name, row in data.get(key, {}).items()}
        for key in ("required", "clauses")
    }
    zone = ZoneInfo(str(data.get("zone", "Asia/Shanghai")))
    return Rulebook(path.stem, zone, parameters, lists["required"], lists["clauses"])


def load_preset(name: str) -> Rulebook:
    """Read one of the ten presets; an unknown name is a `KeyError`."""
    if name not in PRESETS:
        raise KeyError(name)
    return load_file(_PLACE / f"{name}.toml")

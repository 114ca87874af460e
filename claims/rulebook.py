"""Read a rulebook from its TOML file, or refuse it by file, line and key.

- A file holds dated editions: parameters, and clauses for single rules. A later edition states what it changes.
- A file of one's own names by `extends` the preset whose parameters it starts from.
- Each parameter has a clause, or says that it is a reading or borrowed.
"""

from __future__ import annotations

import os
import re
import tomllib
from datetime import date
from functools import cache
from typing import NamedTuple, cast

from claims.parameters import SPECS, Form, Spec
from claims.ruling import GroundKind
from claims.sentences import RULES
from claims.terms import Parameter, Rulebook, build_rulebook

__all__ = ["PRESETS", "BadRulebook", "Parameter", "Rulebook", "editions", "load_preset", "load_rulebook"]

_PLACE = os.path.join(os.path.dirname(__file__), "rulebooks")
PRESETS = (
    "contract", "database", "field", "handbook", "key_account",
    "layered", "onsite", "process", "records", "store",
)  # fmt: skip
_CLAUSE = re.compile(r"[A-Z][0-9]{1,3}|民法典 [0-9]{1,4}")
_LARGEST = 256 * 1024
_TOP = ("title", "extends", "edition")
_ENTRY = ("value", "unit", "clause", "reading", "borrowed")


class BadRulebook(ValueError):  # noqa: N818 - it names the file, as `Refused` names an answer
    """A rulebook file that cannot be read, with the place and what was expected there."""

    def __init__(self, file: str, line: int, key: str, expected: str) -> None:
        """Keep the place and the expectation."""
        super().__init__(f"{file}:{line}: {key}: expected {expected}")
        self.file, self.line, self.key, self.expected = file, line, key, expected


class _Text(NamedTuple):
    file: str
    lines: tuple[str, ...]

    def refuse(self, *path: str, expected: str) -> BadRulebook:
        """Point at the line where the last part of that path that stands in the file stands."""
        line = 0
        for part in path:
            named = re.compile(rf"""(^\s*|[\[.{{,]\s*)(["']?){re.escape(part)}\2\s*(=|\.|\])""")
            found = (i for i, row in enumerate(self.lines[line:], line) if named.search(row))
            line = next(found, line)
        return BadRulebook(self.file, line + 1, ".".join(path) or "file", expected)


def _table(value: object, text: _Text, *path: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise text.refuse(*path, expected="a table")
    return cast("dict[str, object]", value)


def _clauses(row: dict[str, object], text: _Text, *path: str) -> tuple[str, ...]:
    given = row.get("clause", [])
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list):
        raise text.refuse(*path, "clause", expected='a clause such as "A3", or a list of them')
    names = cast("list[object]", listed)
    if not all(isinstance(name, str) and _CLAUSE.fullmatch(name) for name in names):
        raise text.refuse(*path, "clause", expected='a clause such as "A3", or a list of them')
    return tuple(str(name) for name in names)


def _kind(row: dict[str, object], clauses: tuple[str, ...], text: _Text, *path: str) -> GroundKind:
    for key in ("reading", "borrowed"):
        if not isinstance(row.get(key, False), bool):
            raise text.refuse(*path, key, expected="true or false")
    if row.get("reading") and row.get("borrowed"):
        raise text.refuse(*path, "borrowed", expected="either a reading or borrowed, not both")
    if row.get("borrowed"):
        if not clauses:
            raise text.refuse(*path, "clause", expected="the clause that is borrowed")
        return GroundKind.BORROWED
    if row.get("reading"):
        return GroundKind.READING
    if not clauses:
        raise text.refuse(*path, "clause", expected="a clause, or reading = true where the text is silent")
    return GroundKind.CLAUSE


def _parameter(name: str, value: object, inherited: Parameter | None, text: _Text, *path: str) -> Parameter:
    spec = SPECS.get(name)
    if spec is None:
        raise text.refuse(*path, name, expected=f"a parameter that exists{_nearest(name, SPECS)}")
    row = _table(value, text, *path, name)
    for key in row:
        if key not in _ENTRY:
            raise text.refuse(*path, name, key, expected=f"one of {', '.join(_ENTRY)}")
    if "value" not in row:
        raise text.refuse(*path, name, expected=f"value = {spec.expected()}")
    if not spec.takes(row["value"]):
        raise text.refuse(*path, name, "value", expected=spec.expected())
    unit = _unit(spec, row, inherited, text, *path, name)
    clauses = _clauses(row, text, *path, name)
    kind = _kind(row, clauses, text, *path, name)
    given = row["value"]
    return Parameter(tuple(cast("list[object]", given)) if isinstance(given, list) else given, kind, clauses, unit)


def _unit(spec: Spec, row: dict[str, object], inherited: Parameter | None, text: _Text, *path: str) -> str | None:
    unit = row.get("unit", inherited.unit if inherited else None)
    if spec.form is Form.DAYS and not isinstance(row["value"], int):
        return None
    if not spec.units:
        if "unit" in row:
            raise text.refuse(*path, "unit", expected="no unit")
        return None
    if unit not in spec.units:
        raise text.refuse(*path, "unit", expected=f"one of {', '.join(spec.units)}")
    return cast("str", unit)


def _nearest(name: str, known: object) -> str:
    import difflib  # noqa: PLC0415 - only a refusal looks for a nearest name

    close = difflib.get_close_matches(name, list(cast("dict[str, object]", known)), 1)
    return f", such as {close[0]}" if close else ""


def _read(text: _Text, raw: str) -> dict[str, object]:
    try:
        return cast("dict[str, object]", tomllib.loads(raw))
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"line (\d+)", str(error))
        line = int(at[1]) if at else max(1, len(text.lines))
        raise BadRulebook(text.file, line, "file", f"TOML ({error})") from None
    except (RecursionError, ValueError):
        raise BadRulebook(text.file, 1, "file", "TOML of a common depth, with numbers of a common size") from None


def _text_of(path: str) -> tuple[_Text, str]:
    try:
        with open(path, "rb") as file:
            raw = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        raise BadRulebook(path, 1, "file", f"a file that can be read ({error})") from None
    if len(raw) > _LARGEST:
        raise BadRulebook(path, 1, "file", f"a file of at most {_LARGEST} bytes")
    try:
        decoded = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise BadRulebook(path, line, "file", "UTF-8 text") from None
    return _Text(path, tuple(decoded.splitlines())), decoded


def editions_in(path: str) -> tuple[Rulebook, ...]:
    """Read every edition of a file, the earliest first."""
    text, raw = _text_of(path)
    stem = os.path.splitext(os.path.basename(path))[0]
    data = _read(text, raw)
    for key in data:
        if key not in _TOP:
            raise text.refuse(key, expected=f"one of {', '.join(_TOP)}")
    title = data.get("title", stem)
    if not isinstance(title, str) or not title.strip():
        raise text.refuse("title", expected="a title")
    parameters, cited = _base(data, text)
    dated = _table(data.get("edition", {}), text, "edition")
    if not dated:
        raise text.refuse("edition", expected='an edition, such as [edition."2026-01-01".parameters]')
    found: list[Rulebook] = []
    for day in sorted(dated):
        _date(day, text)
        row = _table(dated[day], text, "edition", day)
        for key in row:
            if key not in {"parameters", "clauses"}:
                raise text.refuse("edition", day, key, expected="parameters or clauses")
        for name, value in _table(row.get("parameters", {}), text, "edition", day, "parameters").items():
            parameters[name] = _parameter(name, value, parameters.get(name), text, day, "parameters")
        for rule, value in _table(row.get("clauses", {}), text, "edition", day, "clauses").items():
            cited[rule] = _cited(rule, value, text, day, "clauses")
        try:
            found.append(build_rulebook(stem, f"{stem}@{day}", parameters, cited, title))
        except KeyError:
            raise text.refuse(day, "calendar.zone", "value", expected=SPECS["calendar.zone"].expected()) from None
    return tuple(found)


def _date(day: str, text: _Text) -> None:
    try:
        good = date.fromisoformat(day).isoformat() == day
    except ValueError:
        good = False
    if not good:
        raise text.refuse("edition", day, expected="a date, YYYY-MM-DD")


def _base(data: dict[str, object], text: _Text) -> tuple[dict[str, Parameter], dict[str, Parameter]]:
    named = data.get("extends")
    if named is None:
        return {}, {}
    if not isinstance(named, str):
        raise text.refuse("extends", expected=f"one of {', '.join(PRESETS)}")
    name, _, day = named.partition("@")
    if name not in PRESETS:
        raise text.refuse("extends", expected=f"one of {', '.join(PRESETS)}")
    for base in reversed(editions(name)):
        if not day or base.edition == named:
            return dict(base.parameters), dict(base.cited)
    raise text.refuse("extends", expected=f"one of {', '.join(book.edition for book in editions(name))}")


def _cited(rule: str, value: object, text: _Text, *path: str) -> Parameter:
    if rule not in RULES:
        raise text.refuse(*path, rule, expected=f"a rule that exists{_nearest(rule, RULES)}")
    row = cast("dict[str, object]", value) if isinstance(value, dict) else {"clause": value}
    for key in row:
        if key not in {"clause", "reading", "borrowed"}:
            raise text.refuse(*path, rule, key, expected="one of clause, reading, borrowed")
    clauses = _clauses(row, text, *path, rule)
    return Parameter(None, _kind(row, clauses, text, *path, rule), clauses)


@cache
def editions(name: str) -> tuple[Rulebook, ...]:
    """Give the editions of a preset, the earliest first; an unknown name is a `KeyError`."""
    if name not in PRESETS:
        raise KeyError(name)
    return editions_in(os.path.join(_PLACE, f"{name}.toml"))


def load_preset(name: str) -> Rulebook:
    """Give the latest edition of one of the ten presets; an unknown name is a `KeyError`."""
    return editions(name)[-1]


def load_rulebook(name: str, on: date | None = None) -> Rulebook:
    """Give a preset, or the rulebook in a file; with a day, the edition that was in force on it.

    An edition has no effect before its day (E14): a day before the first edition is refused.
    """
    known = editions(name) if name in PRESETS else editions_in(name)
    if on is None:
        return known[-1]
    for book in reversed(known):
        if date.fromisoformat(book.edition.partition("@")[2]) <= on:
            return book
    raise BadRulebook(name, 1, "edition", f"an edition in force on {on.isoformat()}")

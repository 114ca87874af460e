"""Rehearse case files: say what the law says of each, one line a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from claims.casefile import RefusedCaseError, read_case


def run(argv: list[str]) -> int:
    """Print one line a file; give 0, 1 if a case was refused, 2 if the call is wrong."""
    files = [Path(name) for name in argv if name != "--json"]
    if not files or any(name.startswith("--") and name != "--json" for name in argv):
        sys.stderr.write("usage: baobei rehearse --json FILE...\n")
        return 2
    code = 0
    for path in files:
        line: dict[str, object]
        name = path.stem
        try:
            text = path.read_bytes().decode()
        except (OSError, UnicodeDecodeError):
            code, line = 1, {"case": name, "refused": {"place": "", "why": "this file cannot be read"}}
        else:
            try:
                case = read_case(text)
                line = {"case": case.name, "answers": case.answers()}
            except RefusedCaseError as refused:
                code, line = 1, {"case": name, "refused": {"place": refused.place, "why": refused.why}}
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    return code

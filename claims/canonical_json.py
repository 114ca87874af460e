"""Write a value as canonical JSON (RFC 8785), so that equal values have equal digests.

- Names are sorted by their UTF-16 code units; nothing is escaped that need not be.
- A number is written as ECMAScript writes it (RFC 8785 3.2.2.3).
- A lone surrogate, which RFC 8785 forbids, is kept as it is: a digest is owed to every history.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import cast

_NO_FORM = "a value that JSON has no form for"
_SMALLEST_FIXED, _LARGEST_FIXED, _EXACT = -6, 21, 2**53


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(_NO_FORM)
    if value == 0:
        return "0"
    parts = Decimal(repr(value)).as_tuple()
    sign, text = "-" if parts.sign else "", "".join(map(str, parts.digits))
    digits = text.rstrip("0")
    point = len(text) + int(parts.exponent)
    if _SMALLEST_FIXED < point <= _LARGEST_FIXED:
        if point <= 0:
            return f"{sign}0.{'0' * -point}{digits}"
        whole = digits[:point].ljust(point, "0")
        return f"{sign}{whole}.{digits[point:]}" if len(digits) > point else sign + whole
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{point - 1:+d}"


def canonical(value: object) -> str:
    """Write a JSON value in its one form."""
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        return _number(float(value)) if abs(value) > _EXACT else str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        rows = cast("Mapping[str, object]", value)
        names = sorted(rows, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{canonical(name)}:{canonical(rows[name])}" for name in names) + "}"
    if isinstance(value, Sequence):
        return "[" + ",".join(canonical(item) for item in cast("Sequence[object]", value)) + "]"
    raise TypeError(_NO_FORM)


def digest_of(value: object) -> str:
    """Give the SHA-256 of the canonical form, in 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()

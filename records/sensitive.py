"""Which digits in a text are a person's identity number or bank card: those are not kept.

- An identity number (居民身份证号, GB 11643): 18 digits with a real date of birth and the right check character,
  which may be X. The old one of 15 digits has no check character, so nothing tells it from another number.
- A bank card (银行卡号): 16 to 19 digits with the right check digit (Luhn, ISO/IEC 7812).
- Gaps between the digits, full width and invisible signs hide neither; digits beside it make it another number.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from records.canonical import canonical_uscc

_WIDTH: Final = str.maketrans("０１２３４５６７８９Ｘｘ", "0123456789Xx")
_GAP = r"[ \-.·\t\u00a0\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\u3000\ufeff－—–]?"
_LONG = re.compile(rf"(?:[0-9０-９]{_GAP}){{15}}[0-9０-９Xｘx]")
_IDENTITY = re.compile(rf"(?<![0-9])(?=([1-9](?:{_GAP}[0-9]){{16}}{_GAP}[0-9Xx])(?![0-9]))")
_CARD = re.compile(
    rf"(?<![0-9])(?=([1-9][0-9]{{15,18}}|[1-9][0-9]{{3}}(?:{_GAP}[0-9]{{4}}){{3}}(?:{_GAP}[0-9]{{1,3}})?"
    rf"|[1-9][0-9]{{5}}{_GAP}[0-9]{{10,13}})(?![0-9]))"
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def may_hold_sensitive(text: str) -> bool:
    """Tell quickly whether a text has digits enough to be worth a closer look."""
    return _LONG.search(text) is not None


def sensitive_numbers(text: str) -> tuple[tuple[int, int], ...]:
    """Find every valid identity and bank-card number: where it begins and ends, in order, never overlapping."""
    digits = text.translate(_WIDTH)
    spans = [found.span(1) for found in _IDENTITY.finditer(digits) if _is_identity(_joined(found[1]))]
    spans += [found.span(1) for found in _CARD.finditer(digits) if _is_card(_joined(found[1]))]
    apart: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return tuple(apart)


def strip_sensitive(text: str) -> tuple[str, bool]:
    """Take every valid identity and bank-card number out of a text, and say whether there was one."""
    if not may_hold_sensitive(text):
        return text, False
    spans = sensitive_numbers(text)
    for start, end in reversed(spans):
        text = text[:start] + text[end:]
    return text, bool(spans)


def _joined(written: str) -> str:
    return re.sub(r"[^0-9Xx]", "", written).upper()


def _is_identity(number: str) -> bool:
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number, strict=False))
    return number[6:8] in {"18", "19", "20"} and _CHECKS[total % 11] == number[17]


def _is_card(number: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number)))
    # A company's credit code of digits alone is a public number, and no card.
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0 and not _is_credit_code(number)  # noqa: PLR2004 (two digits)


def _is_credit_code(number: str) -> bool:
    return number.startswith("9") and canonical_uscc(number) is not None

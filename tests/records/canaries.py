"""Finding a secret wherever it has got to: in clear, in any common encoding, backwards, or full-width.

- A phone is found by some of its digits in a row, whatever stands between them; where nothing is random, by five.
- A key is found by any half of its bytes.
- What is shorter than 48 bits in an encoding is not looked for there: random bytes hold it too.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote_from_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FEWEST_IN_A_ROW: Final = 5
_FEWEST_BITS = 48
_BEGUN = 6
_CHUNK = 1 << 18
_KEY_PART = 16
_KEY_STEP = 4
_FEW = 2000
_APART = re.compile(rb"[0-9]{2,}(?:[ .\-][0-9]{2,})+")
_DIGITS = re.compile(r"\d(?:[ .\-]?\d){4,}")
_NAMED = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32}|\d{4}-\d\d-\d\d[T ][\d:.+Z]*|\[\d+\]")
"""Ids, instants and process numbers, whose digits are nobody's."""


@dataclass(frozen=True, slots=True)
class Canaries:
    """Secrets to be looked for: phones by so many of their digits, texts as they are."""

    phones: frozenset[str]
    texts: frozenset[str]
    in_a_row: int

    @classmethod
    def of(cls, phones: Iterable[str], texts: Iterable[str], *, in_a_row: int) -> Canaries:
        """Take phones in any spelling, and texts; a text of one character is nobody's secret."""
        national = (re.sub(r"\D", "", phone.removeprefix("+86")) for phone in phones)
        return cls(frozenset(filter(None, national)), frozenset(text for text in texts if len(text) > 1), in_a_row)

    def forms(self, *, encoded: bool = True) -> Mapping[bytes, str]:
        """Write every secret in every form in which it is looked for."""
        secrets = self.texts | {part for phone in self.phones for part in _windows(phone, self.in_a_row)}
        return {form: secret for secret in secrets for form in _forms(secret, encoded=encoded)}

    def found_in(self, *haystacks: bytes, encoded: bool = True) -> list[str]:
        """Say which secrets are there: in hex, base64, URLs and escapes too, or in clear alone."""
        forms = self.forms(encoded=encoded)
        found: set[str] = set()
        for data in haystacks:
            found |= {forms[form] for form in _present(data, forms)}
            found |= {forms[form] for form in _present(b"\n".join(_digits_apart(data)), forms)}
        return sorted(found)

    def found_in_lines(self, text: str) -> list[str]:
        """Look in lines of a log, where no digits are random: five in a row are too many."""
        parts = {part for phone in self.phones for part in _windows(phone, FEWEST_IN_A_ROW)}
        runs = {
            re.sub(r"\D", "", run[0]) for run in _DIGITS.finditer(unicodedata.normalize("NFKC", _NAMED.sub(" ", text)))
        }
        found = {part for run in runs for part in _windows(run, FEWEST_IN_A_ROW) if part in parts}
        return sorted(found) + self.found_in(text.encode())


@dataclass(frozen=True, slots=True)
class KeyCanaries:
    """Key bytes to be looked for, by what each is: any sixteen of them in a row that begin at an eighth."""

    keys: Mapping[str, bytes] = field(repr=False)

    def found_in(self, *haystacks: bytes, encoded: bool = True) -> list[str]:
        """Say which keys are there: in hex and base64 too, or as bytes and in hex alone; forwards and backwards."""
        forms = {
            form: name
            for name, key in self.keys.items()
            for start in range(0, len(key) - _KEY_PART + 1, _KEY_STEP)
            for part in (key[start : start + _KEY_PART],)
            for raw in (part, part[::-1])
            for form in _forms_of_bytes(raw, encoded=encoded)
        }
        return sorted({forms[form] for data in haystacks for form in _present(data, forms)})


def _forms_of_bytes(raw: bytes, *, encoded: bool) -> Iterator[bytes]:
    yield from (raw, raw.hex().encode(), raw.hex().upper().encode())
    if encoded:
        for alignment in range(3):
            yield from _in_base64(raw, alignment)
        yield repr(raw)[2:-1].encode()
        yield ", ".join(map(str, raw)).encode()


def _present(data: bytes, forms: Mapping[bytes, str]) -> Iterator[bytes]:
    """Give the forms that bytes hold: many are asked for by how they begin, a piece of the bytes at a time."""
    if len(forms) < _FEW:
        yield from (form for form in forms if form in data)
        return
    begun: dict[bytes, list[bytes]] = {}
    for form in forms:
        begun.setdefault(form[:_BEGUN], []).append(form)
    for start in range(0, len(data), _CHUNK):
        piece = data[start : start + _CHUNK + _BEGUN]
        there = {piece[at : at + _BEGUN] for at in range(len(piece))}
        for beginning in begun.keys() & there:
            yield from (form for form in begun[beginning] if form in data)


def _digits_apart(data: bytes) -> Iterator[bytes]:
    """Give numbers that are written with gaps, without them."""
    return (re.sub(rb"[ .\-]", b"", run[0]) for run in _APART.finditer(data))


def _windows(text: str, length: int) -> Iterator[str]:
    return (text[at : at + length] for at in range(len(text) - length + 1))


def _forms(secret: str, *, encoded: bool) -> Iterator[bytes]:
    wide = "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in secret)
    for text in {secret, secret[::-1], wide}:
        for raw in {text.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")}:
            if len(raw) * 8 < _FEWEST_BITS:
                continue
            yield raw
            if not encoded:
                continue
            yield from (raw.hex().encode(), raw.hex().upper().encode(), quote_from_bytes(raw, safe="").encode())
            for alignment in range(3):
                yield from _in_base64(raw, alignment)
        if encoded:
            yield text.encode("unicode_escape")


def _in_base64(raw: bytes, alignment: int) -> Iterator[bytes]:
    """Write what base64 makes of bytes, whatever stands before and behind them."""
    first, last = -(-8 * alignment // 6), 8 * (alignment + len(raw)) // 6
    if (last - first) * 6 >= _FEWEST_BITS:
        for encoded in (base64.b64encode, base64.urlsafe_b64encode):
            yield encoded(bytes(alignment) + raw + bytes(3))[first:last]

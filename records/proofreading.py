"""What is wrong with what somebody entered: read into a form, or told with every problem at once, each with its place.

- A blank text is no text. What cannot be kept (an identity or bank-card number, a control sign) is refused, not lost.
- A further field that bears one of the law's names is the law's; any other keeps its heading, sealed with it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from records.canonical import canonical_email, parse_phones
from records.forms import Form, law_texts
from records.refusals import Problem, ProblemCode, RefusalCode, Refused
from records.sensitive import may_hold_sensitive, sensitive_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from crypto.sealed import Confidential
    from records.canonical import Phone

LONGEST_NAME: Final = 200
LONGEST_TEXT: Final = 5_000
LONGEST_NOTE: Final = 1_000
MOST_PHONES: Final = 10
MOST_OTHERS: Final = 50
MOST_MONEY: Final = Decimal(10**12)
WHOLE: Final = Decimal(100)
_HUNDREDTH = Decimal("0.01")
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
LONGEST_REGION: Final = 100
_TRUTHS: Final[Mapping[str, bool]] = {"true": True, "false": False}
_TRUE_OR_FALSE: Final = ("villa", "sensitive", "key")
_IN_CLEAR: Final = (*_TRUE_OR_FALSE, "date", "region")


@dataclass(frozen=True, slots=True)
class Entered:
    """What somebody entered of a filing, as it came."""

    name: Confidential | None = None
    phones: tuple[Confidential, ...] = ()
    wechat: Confidential | None = None
    email: Confidential | None = None
    address: Confidential | None = None
    building: Confidential | None = None
    other: tuple[tuple[str, Confidential], ...] = field(default=(), repr=False)


@dataclass(slots=True)
class _Sorted:
    """What the texts of an input turn out to be."""

    texts: dict[str, str] = field(default_factory=dict[str, str])
    unknown: dict[str, str] = field(default_factory=dict[str, str])
    values: dict[str, object] = field(default_factory=dict[str, object])


@dataclass(slots=True)
class Proof:
    """The reading of one input: what was understood so far, and every problem.

    `required` are the fields that the rulebook in force asks for, by type of filing.
    """

    required: Mapping[str, Iterable[str]] = field(default_factory=dict[str, "Iterable[str]"])
    problems: list[Problem] = field(default_factory=list[Problem])
    clauses: set[str] = field(default_factory=set[str])

    def blame(self, code: ProblemCode, *path: str, clauses: Iterable[str] = ()) -> None:
        """Note a problem, and the clauses by which it is one."""
        self.problems.append(Problem(path, code))
        self.clauses.update(clauses)

    def refusal(self) -> Refused:
        """Give all problems as one refusal."""
        return Refused(RefusalCode.INVALID_INPUT, tuple(sorted(self.clauses)), problems=tuple(self.problems))

    def text(self, entered: Confidential | None, *path: str, longest: int = LONGEST_TEXT) -> str | None:
        """Read a text; None if it is blank, or not one that can be kept."""
        said = entered.reveal().strip() if entered is not None else ""
        if not said:
            return None
        if len(said) > longest:
            self.blame(ProblemCode.TOO_LONG, *path)
        elif any(unicodedata.category(sign) in {"Cs", "Cc"} and sign not in "\t\n\r" for sign in said):
            self.blame(ProblemCode.INVALID_TEXT, *path)
        elif may_hold_sensitive(said) and sensitive_numbers(said):
            self.blame(ProblemCode.SENSITIVE_NUMBER, *path)
        else:
            return said
        return None

    def amount(self, entered: Decimal | None, *path: str) -> Decimal | None:
        """Read a sum of money in yuan, to the fen."""
        return self._number(entered, MOST_MONEY, *path)

    def percent(self, entered: Decimal | None, *path: str) -> Decimal | None:
        """Read a share above nothing and up to the whole, to a hundredth."""
        return self._number(entered, WHOLE, *path)

    def _number(self, entered: Decimal | None, most: Decimal, *path: str) -> Decimal | None:
        if entered is None:
            return None
        if not entered.is_finite() or not 0 < entered <= most or entered != entered.quantize(_HUNDREDTH):
            self.blame(ProblemCode.OUT_OF_RANGE, *path)
            return None
        return entered

    def digest(self, entered: str | None, *path: str) -> str | None:
        """Read a document's SHA-256, by which alone the book knows it."""
        if entered is None:
            return None
        if _DIGEST.fullmatch(entered) is None:
            self.blame(ProblemCode.NOT_A_DIGEST, *path)
            return None
        return entered.lower()

    def past(self, entered: datetime | None, now: datetime, *path: str) -> datetime:
        """Read when something happened: now unless it says otherwise, and never later."""
        if entered is not None and entered > now:
            self.blame(ProblemCode.IN_THE_FUTURE, *path)
        return entered or now

    def form(self, entered: Entered) -> Form:
        """Read everything that a filing says; what is wrong is in `problems`."""
        form = _Sorted()
        name = self.text(entered.name, "name", longest=LONGEST_NAME)
        for contact in ("wechat", "email", "address", "building"):
            if (said := self.text(getattr(entered, contact), contact)) is not None:
                form.texts[contact] = said
        if "email" in form.texts and canonical_email(form.texts["email"]) is None:
            self.blame(ProblemCode.INVALID_EMAIL, "email")
        if len(entered.other) > MOST_OTHERS:
            self.blame(ProblemCode.TOO_MANY, "other")
        for place, (heading, value) in enumerate(entered.other[:MOST_OTHERS]):
            self._other(form, str(place), heading.strip(), value)
        return Form(name, self._phones(entered.phones), form.texts, form.unknown, form.values)

    def one_phone(self, entered: Confidential, *path: str) -> Phone | None:
        """Read a text that must be one phone and nothing else, its digits hidden or not."""
        said = entered.reveal().strip()
        found = parse_phones(said) if 0 < len(said) <= LONGEST_NAME else None
        if found is None or found.invalid or found.remainder or len(found.phones) != 1:
            self.blame(ProblemCode.INVALID_PHONE if said else ProblemCode.REQUIRED, *path)
            return None
        return found.phones[0]

    def _phones(self, entered: tuple[Confidential, ...]) -> tuple[Phone, ...]:
        if len(entered) > MOST_PHONES:
            self.blame(ProblemCode.TOO_MANY, "phones")
        phones: dict[Phone, None] = {}
        for place, one in enumerate(entered[:MOST_PHONES]):
            said = one.reveal().strip()
            found = parse_phones(said) if 0 < len(said) <= LONGEST_NAME else None
            if found is None or found.invalid or found.remainder or not found.phones:
                self.blame(ProblemCode.INVALID_PHONE, "phones", str(place))
                continue
            phones.update(dict.fromkeys(found.phones))
        return tuple(phones)

    def _other(self, form: _Sorted, place: str, heading: str, value: Confidential) -> None:
        if not heading or len(heading) > LONGEST_NAME or not heading.isprintable():
            self.blame(ProblemCode.INVALID_TEXT, "other", place, "name")
            return
        said = self.text(value, "other", place, "value")
        if said is None:
            return
        if heading in _IN_CLEAR:
            read = _in_clear(heading, said)
            if read is None:
                self.blame(ProblemCode.INVALID_TEXT, "other", place, "value")
            else:
                form.values[heading] = read
        elif heading in law_texts(self.required):
            form.texts.setdefault(heading, said)
        else:
            form.unknown[heading] = said


def _in_clear(heading: str, said: str) -> object | None:
    """Read what the law compares: a truth, a date, a region (see `regions`); None if it is none."""
    if heading in _TRUE_OR_FALSE:
        return _TRUTHS.get(said.lower())
    if heading == "date":
        return said if _is_date(said) else None
    return said if len(said) <= LONGEST_REGION else None


def _is_date(said: str) -> bool:
    try:
        return date.fromisoformat(said).isoformat() == said
    except ValueError:
        return False

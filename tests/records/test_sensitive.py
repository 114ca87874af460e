"""An identity or bank-card number is found wherever it stands, and nothing else is."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.sensitive import sensitive_numbers, strip_sensitive

WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")


@st.composite
def identities(draw: st.DrawFn) -> str:
    """Draw a valid identity number (GB 11643), of a person nobody knows."""
    region = draw(st.integers(110000, 659999))
    born = draw(st.dates(date(1930, 1, 1), date(2020, 12, 31)))
    number = f"{region}{born:%Y%m%d}{draw(st.integers(0, 999)):03}"
    total = sum(pow(2, 17 - place, 11) * int(digit) for place, digit in enumerate(number))
    return number + "10X98765432"[total % 11]


@st.composite
def cards(draw: st.DrawFn) -> str:
    """Draw a valid card number (Luhn, ISO/IEC 7812)."""
    number = "62" + draw(st.from_regex(r"[0-9]{13,16}", fullmatch=True))
    total = sum(
        (int(digit) * 2 - 9 * (digit > "4")) if place % 2 == 0 else int(digit)
        for place, digit in enumerate(reversed(number))
    )
    return number + str(-total % 10)


@given(identities(), st.sampled_from(["", "身份证", "身份证号:", "备注 "]), st.sampled_from(["", "。", " 谢谢", "元"]))
def test_an_identity_number_is_taken_out_whatever_stands_around_it(number: str, before: str, behind: str) -> None:
    """Gaps, full width and invisible signs hide nothing."""
    for spelling in (
        number,
        number.lower(),
        number.translate(WIDE),
        f"{number[:6]} {number[6:14]} {number[14:]}",
        f"{number[:6]}-{number[6:14]}-{number[14:]}",
        "\u200b".join(number),
    ):
        assert strip_sensitive(before + spelling + behind) == (before + behind, True), spelling


@given(identities())
def test_a_wrong_check_character_is_no_identity_number(number: str) -> None:
    """The control: it is the check that decides; a number that happens to be a card's is one."""
    wrong = number[:-1] + ("1" if number[-1] != "1" else "2")
    spans = sensitive_numbers(wrong)
    assert spans == () or _luhn(wrong)


@given(cards())
def test_a_card_number_is_taken_out_in_groups_and_in_one(number: str) -> None:
    """As it stands on the card, or in one piece."""
    for spelling in (number, number.translate(WIDE), " ".join(number[at : at + 4] for at in range(0, len(number), 4))):
        assert strip_sensitive(f"卡号{spelling}。") == ("卡号。", True), spelling


@pytest.mark.parametrize(
    "text",
    [
        "",
        "13800138000",
        "2026-03-02 13800138000",
        "13800138000 13900139000",
        "合同号 2026030200010002000300040005",
        "110101900101001",  # the old identity number: 15 digits, no check
        "91350100M000100Y43",  # a company's credit code
        "1234567890123456789012",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    """A phone, a date, a contract number and a credit code are kept."""
    assert strip_sensitive(text) == (text, False)


def test_of_several_numbers_each_is_found() -> None:
    """One text may name a couple and a card."""
    text = "本人330114196801246973,配偶33010619570628722X,卡4111111111111111"
    assert len(sensitive_numbers(text)) == 3
    assert strip_sensitive(text) == ("本人,配偶,卡", True)


def _luhn(number: str) -> bool:
    if not number.isdecimal():
        return False
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0

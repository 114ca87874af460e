"""One thing has one canonical value, however it is spelt; what is no phone has none."""

from __future__ import annotations

import time

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from records import canonical
from records.canonical import (
    Phone,
    canonical_address,
    canonical_email,
    canonical_name,
    canonical_organisation,
    canonical_project,
    canonical_uscc,
    canonical_wechat,
    masked_phone,
    parse_phones,
    prefix_of,
)
from records.sensitive import strip_sensitive

MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
FIXED = st.from_regex(r"0(?:10[2-8]|2[0-9][2-8]|[3-9][0-9]{2}[2-8])[0-9]{7}", fullmatch=True)
WIDE = str.maketrans("0123456789+-() ", "０１２３４５６７８９＋－（）\u3000")
TEXTS = st.text(max_size=60)


def numbers(cell: str) -> list[str]:
    """Give the numbers that a cell holds."""
    return [phone.number for phone in parse_phones(cell).phones]


def spellings(mobile: str) -> list[str]:
    """Spell one mobile in every way that registers show."""
    a, b, c = mobile[:3], mobile[3:7], mobile[7:]
    plain = [
        mobile,
        f"{a}-{b}-{c}",
        f"{a} {b} {c}",
        f"{a}.{b}.{c}",
        f"+86{mobile}",
        f"+86 {a} {b} {c}",
        f"(+86){mobile}",
        f"0086{mobile}",
        f"0086-{a}-{b}-{c}",
        f"86{mobile}",
        f"0{mobile}",
        f"12593{mobile}",
        f"17951 {mobile}",
        f"17951-{a}-{b}-{c}",
        f"{mobile}转8001",
        f"{mobile}(微信同号)",
        f"手机:{mobile}",
        f"{mobile}.0",
        f'="{mobile}"',
        f"'{mobile}",
        f" {mobile}\t",
        f"\u202d{mobile}\u202c",
        f"{a}—{b}—{c}",
    ]
    return plain + [spelling.translate(WIDE) for spelling in plain[:14]]


@given(MOBILES)
def test_every_spelling_of_a_mobile_has_one_canonical_value(mobile: str) -> None:
    """keys.md: finding by phone; the control is that spelling is not simply thrown away (below)."""
    for spelling in spellings(mobile):
        assert numbers(spelling) == ["+86" + mobile], spelling


@given(MOBILES, st.integers(0, 9))
def test_a_digit_more_or_less_is_no_mobile(mobile: str, digit: int) -> None:
    """A phone is a mobile of 11 digits, nothing shorter; this is the control of the test above."""
    assert numbers(mobile[:-1]) == []
    assert numbers(f"{mobile}{digit}") == []
    assert parse_phones(mobile[:-1]).invalid


@given(MOBILES | FIXED)
def test_the_fast_path_and_the_patterns_say_what_libphonenumber_says(number: str) -> None:
    """The library is never asked about Chinese numbers; it must agree all the same."""
    parsed = phonenumbers.parse(number, "CN")
    expected = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    assert numbers(number) == [expected]
    assert numbers(f" {number}") == [expected]


@given(FIXED)
def test_every_spelling_of_a_fixed_line_has_one_canonical_value(number: str) -> None:
    """Area codes in brackets, with and without their zero, extensions and IP calls: one line."""
    area = 3 if number[1] in "12" else 4
    code, local = number[:area], number[area:]
    for spelling in (
        f"{code}-{local}",
        f"({code}){local}",
        f"（{code}）{local}",
        f"{code} {local[:4]} {local[4:]}",
        f"+86 {code[1:]} {local}",
        f"+86-{code}-{local}",
        f"0086{code[1:]}{local}",
        f"{code}-{local}转12",
        f"{code}-{local} 分机 1234",
        f"{code}-{local}-801",
        f"17951{number}",
    ):
        assert numbers(spelling) == ["+86" + number[1:]], spelling


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("15521068647 14522611719", ["+8615521068647", "+8614522611719"]),
        ("14549874105、15750244816", ["+8614549874105", "+8615750244816"]),
        ("13344414589或18015755777", ["+8613344414589", "+8618015755777"]),
        ("15715824521/18272099411", ["+8615715824521", "+8618272099411"]),
        ("13339187654,13648245386;13900139000", ["+8613339187654", "+8613648245386", "+8613900139000"]),
        ("13339187654\n13648245386", ["+8613339187654", "+8613648245386"]),
        ("13800138000-13900139000", ["+8613800138000", "+8613900139000"]),
        ("0571-65683350 13800138000", ["+8657165683350", "+8613800138000"]),
        ("0575-1234567 13800138000", ["+865751234567", "+8613800138000"]),
        ("021-69937686转673、13800138000", ["+862169937686", "+8613800138000"]),
        ("1.13800138000 2.13900139000", ["+8613800138000", "+8613900139000"]),
        ("13800138000 13800138000", ["+8613800138000"]),
        ("①13800138000 ②13900139000", ["+8613800138000", "+8613900139000"]),
        ("13800138000 (13900139000)", ["+8613800138000", "+8613900139000"]),
        ("13800138000*", ["+8613800138000"]),
        ("0571/65683350", ["+8657165683350"]),
        ("(0571)6568-3350/(021)64332559", ["+8657165683350", "+862164332559"]),
        ("4008-108-888", ["+864008108888"]),
        ("+86 400 810 8888", ["+864008108888"]),
        ("400-810-8888", ["+864008108888"]),
        ("8008201234", ["+868008201234"]),
        ("+1 415 555 2671", ["+14155552671"]),
        ("+1 (415) 555-2671 ext. 12", ["+14155552671"]),
        ("+852 2123 4567", ["+85221234567"]),
        ("00852-2123-4567/13800138000", ["+85221234567", "+8613800138000"]),
        ("+44 (0)20 7946 0958", ["+442079460958"]),
    ],
)
def test_several_numbers_and_numbers_abroad_are_read_in_order(cell: str, expected: list[str]) -> None:
    """Separated by a gap, a comma, a slash, 或, or a line break."""
    found = parse_phones(cell)
    assert [phone.number for phone in found.phones] == expected
    assert not found.invalid


@pytest.mark.parametrize(
    "hidden", ["****", "xxxx", "XXXX", "＊＊＊＊", "××××", "####", "????", "____", "●●●●", " ****", "-****"]
)
def test_any_sign_hides_the_last_four_digits(hidden: str) -> None:
    """A7: 联系方式可隐藏后4位阿拉伯数字."""
    for written in (f"1380013{hidden}", f"138-0013{hidden}", f"+86 138 0013{hidden}"):
        (phone,) = parse_phones(written).phones
        assert phone == Phone("+861380013****")
        assert phone.hidden
        assert phone.e164 is None
        assert prefix_of(phone) == "+861380013"


@pytest.mark.parametrize(
    "cell",
    [
        "1380013",
        "电话见名片",
        "138****8000",
        "1380013***",
        "1380013*****",
        "138001380**",
        "12345678901",
        "65683350",
        "57165683350",
        "0571-6568",
        "021-1234567",
        "95588",
        "110",
        "1.38E+10",
        "+86 1380013",
        "+1 555",
        "+999 12345678",
        "=A1&13800138000",
        '=HYPERLINK("tel:13800138000")',
        "138001380001380013800013800138000",
        "0" * 5000,
        "1 " * 2000,
    ],
)
def test_what_nobody_can_call_is_no_phone(cell: str) -> None:
    """Nothing shorter; and only the last four digits may be hidden (A7)."""
    found = parse_phones(cell)
    assert found.phones == ()
    assert found.invalid


@pytest.mark.parametrize("cell", ["", "  ", "\u3000", "无", "没有", "N/A", "-", "——", "/", "(无)"])
def test_a_cell_that_says_there_is_none_is_empty(cell: str) -> None:
    """`MISSING_PHONE` then, not `INVALID_PHONE`."""
    assert parse_phones(cell) == canonical.PhonesFound()


@pytest.mark.parametrize(
    ("cell", "extension"),
    [
        ("13800138000转8001", "8001"),
        ("021-69937686转673", "673"),
        ("０５７１－６５６８１２３４ 分机 12", "12"),
        ("0571-65681234转分机8001", "8001"),
        ("0571-65681234(转12)", "12"),
        ("0571-65681234 ext.12", "12"),
        ("0571-65681234-8001", "8001"),
        ("400-810-8888转1", "1"),
    ],
)
def test_an_extension_is_kept_and_says_nothing_of_whose_phone_it_is(cell: str, extension: str) -> None:
    """转, 分机, ext and a dash."""
    found = parse_phones(cell)
    (phone,) = found.phones
    assert phone.extension == extension
    assert phone == Phone(phone.number)
    assert found.remainder == ""


@pytest.mark.parametrize(
    ("cell", "wechat"),
    [
        ("18819928278(微信同号)", "18819928278"),
        ("18819928278（微信）", "18819928278"),
        ("18819928278 vx同号", "18819928278"),
        ("18819928278同微信", "18819928278"),
        ("微信同号:18819928278", "18819928278"),
        ("手机/微信:18819928278", "18819928278"),
        ("13800138000、18819928278微信同号", "18819928278"),
        ("13800138000微信同号、18819928278", "13800138000"),
        ("18819928278", None),
        ("1881992****微信同号", None),
    ],
)
def test_the_number_that_is_a_wechat_id_too_is_told(cell: str, wechat: str | None) -> None:
    """微信同号 belongs to the number beside it."""
    found = parse_phones(cell)
    assert found.wechat == wechat
    assert found.remainder == ""


def test_what_a_cell_says_besides_its_phones_is_kept() -> None:
    """A word or half a number beside a phone is nobody's to throw away; a mere label is."""
    assert parse_phones("13800138000 王太太").remainder == "王太太"
    half = parse_phones("13800138000、1380013")
    assert half.invalid
    assert "1380013" in half.remainder
    assert not parse_phones("手机号:13800138000,电话").remainder


@pytest.mark.parametrize(
    ("cell", "masked"),
    [
        ("13800138000", "1380013****"),
        ("1380013****", "1380013****"),
        ("057165683350", "0571-6568****"),
        ("0575-1234567", "0575-123****"),
        ("010-65683350转12", "010-6568****"),
        ("021 6568 3350", "021-6568****"),
        ("4008108888", "400-810-****"),
        ("+14155552671", "+1415555****"),
        ("+1 415 555 ****", "+1415555****"),
    ],
)
def test_every_phone_is_shown_as_a7_writes_it(cell: str, masked: str) -> None:
    """A7; wire.md: one mask for all, so that no two displays add up to a number."""
    (phone,) = parse_phones(cell).phones
    assert masked_phone(phone) == masked
    # What is shown is read back as the same hidden number.
    (hidden,) = parse_phones(masked).phones
    assert prefix_of(hidden) == prefix_of(phone)
    assert hidden.hidden


@given(TEXTS)
def test_no_text_is_too_strange_to_be_read(text: str) -> None:
    """Whatever was read out of any text is a phone by its own spelling."""
    found = parse_phones(text)
    for phone in found.phones:
        assert numbers(phone.number) == [phone.number]
        assert masked_phone(phone).endswith("****")


@given(TEXTS, TEXTS)
def test_a_canonical_value_is_its_own_canonical_value(text: str, other: str) -> None:
    """Otherwise a value that was normalised twice would be missed."""
    for normalise in (canonical_name, canonical_organisation, canonical_project, canonical_email, canonical_wechat):
        once = normalise(text)
        assert once is None or normalise(once) == once
    once = canonical_address(text, other)
    assert canonical_address(*once.split("|")) == once


def test_names_meet_over_width_case_and_gaps() -> None:
    """And a rare character is not its common twin."""
    assert canonical_name(" 张\u3000三 ") == canonical_name("张三")
    assert canonical_name("JOHN  Smith") == canonical_name("Ｊohn smith")
    assert canonical_name("阿卜杜拉•买买提") == canonical_name("阿卜杜拉·买买提")
    assert canonical_name("𠮷波") != canonical_name("吉波")
    assert canonical_name("John Smith") != canonical_name("Johnsmith")


def test_organisations_meet_without_what_every_company_is_called() -> None:
    """有限公司, 集团, Ltd."""
    for name in ("海尔", "海尔有限公司", "海尔集团有限公司", "海尔（集团）股份有限公司", " 海尔 有限责任公司"):
        assert canonical_organisation(name) == "海尔", name
    assert canonical_organisation("ABC Co., Ltd.") == canonical_organisation("abc company limited") == "abc"
    assert canonical_organisation("有限公司")
    assert canonical_organisation("Costco") == "costco"


def test_addresses_meet_whichever_word_counts_the_buildings() -> None:
    """栋, 幢, 号楼."""
    assert canonical_address("文三路 1号", "19幢1161室") == canonical_address("文三路1号", "19号楼1161")
    assert canonical_address("文三路1号", "19栋1161室") != canonical_address("文三路1号", "19栋1162室")


def test_emails_wechat_ids_and_credit_codes_are_checked() -> None:
    """GB 32100-2015 for the check character of a credit code."""
    assert canonical_email(" Ｗang@Example.COM ") == "wang@example.com"
    assert canonical_email("没有") is None
    assert canonical_wechat("微信号：Abc_123456") == "abc_123456"
    assert canonical_wechat("138 0013 8000") == "13800138000"
    assert canonical_wechat("没有") is None
    assert canonical_uscc("91350100M000100Y43") == "91350100M000100Y43"
    assert canonical_uscc("91350100m000100y43 ") == "91350100M000100Y43"
    assert canonical_uscc("91350100M000100Y44") is None


def test_a_phone_has_no_voice() -> None:
    """No repr shows a digit, so no log can."""
    found = parse_phones("13800138000转8001 王太太")
    assert "138" not in repr(found) + repr(found.phones) + str(found.phones[0])
    assert "王" not in repr(found)


@pytest.mark.parametrize(
    "unit",
    ["1 ", "0", "86", "+", "(", "+1-", "-", "*", "x", "微信", "公司", "co. ", "...", "【", "1380013*", "13800138000 "],
)
def test_a_cell_as_long_as_can_be_is_read_in_no_time(unit: str) -> None:
    """No pattern backtracks over a hostile cell: 32,767 characters take milliseconds, not minutes."""
    text = (unit * 32_767)[:32_766] + "甲"
    started = time.process_time()
    parse_phones(text)
    for normalise in (canonical_name, canonical_organisation, canonical_email, canonical_wechat, canonical_uscc):
        normalise(text)
    strip_sensitive(text)
    assert time.process_time() - started < 3

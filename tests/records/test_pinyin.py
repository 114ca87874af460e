"""How names are read aloud: full pinyin, initials, several readings, rare signs."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.pinyin import NamePart


def is_found(part: str, name: str) -> bool:
    """Whether a name has a part."""
    found = NamePart.of(part)
    return found is not None and found.is_in(name)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("张小明", ["张", "小明", "zhang", "zhangxiaoming", "Zhang Xiao Ming", "zxm", "ZXM", "zhxm", "xm", "ming"]),
        ("张小明", ["zhangx", "zhangxiaom", "张xm", "zxiaoming", "zh", "ｚｘｍ", "zhāng", "xiǎo míng"]),
        ("单雄信", ["shan", "dan", "chan", "sxx", "dxx"]),
        ("曾国华", ["zeng", "ceng", "zgh", "cgh", "zengguohua"]),
        ("仇英", ["qiu", "chou", "qy"]),
        ("尉迟恭", ["yuchi", "weichi", "ycg"]),
        ("万俟卨", ["moqi", "mq"]),
        ("繁星", ["po", "fan"]),
        ("吕布", ["lv", "lü", "lu", "lyu", "lvbu", "lǚ bù"]),
        ("𠮷田", ["𠮷", "𠮷田", "ji", "jt", "jitian"]),
        ("𬭛", ["𬭛"]),
        ("西安", ["xi'an", "xian", "xa"]),
        ("阿凡提·买买提", ["买买提", "凡提买", "aft", "afanti maimaiti"]),
        ("José Müller", ["jose", "José", "müller", "émül"]),
        ("O'Brien", ["obrien", "O’Bri"]),
        ("华为技术有限公司", ["huawei", "hw", "hwjs", "技术"]),
        ("小王🌸", ["🌸", "王🌸"]),
        ("100%_a", ["%", "_", "100%", "%_"]),
    ],
)
def test_a_name_is_found_by_its_parts(name: str, parts: list[str]) -> None:
    """Keys.md, 7: part of a name, full pinyin, initials."""
    for part in parts:
        assert is_found(part, name), part


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("张小明", ["李", "明小", "zhm", "zm", "zhangming", "zhax", "hang", "%", "_", "张%", "zx%", "\\"]),
        ("单雄信", ["tan"]),
        ("𠮷田", ["吉", "qi"]),
        ("", ["a a"]),
    ],
)
def test_what_is_no_part_of_a_name_is_not_found(name: str, parts: list[str]) -> None:
    """Signs are signs, none of them stands for another."""
    for part in parts:
        assert not is_found(part, name), part


@pytest.mark.parametrize("written", ["", " ", "'", "·", "-", "a", "Z", "ｘ", "\u200b", "ü"])
def test_nothing_and_one_letter_alone_are_nothing_to_look_for(written: str) -> None:
    """One letter begins a name in fifteen."""
    assert NamePart.of(written) is None


def test_its_repr_shows_nothing() -> None:
    """A part of a name is somebody's name."""
    assert "张" not in repr(NamePart.of("张三"))


@given(name=st.text(min_size=1, max_size=40), start=st.integers(0, 39), length=st.integers(1, 40))
def test_any_part_of_any_name_is_found_or_nothing_to_look_for(name: str, start: int, length: int) -> None:
    """Also of names of signs that nobody has seen in a name; nothing raises."""
    part = NamePart.of("赵" + name[start : start + length])
    assert part is not None
    assert part.is_in("钱" + "赵" + name[start : start + length])


@given(part=st.text(max_size=40), name=st.text(max_size=40))
def test_whatever_is_asked_is_answered(part: str, name: str) -> None:
    """Never raises."""
    is_found(part, name)


def test_a_long_name_made_to_be_slow_is_not() -> None:
    """The walk goes over a name once."""
    part = NamePart.of("a" * 31 + "b")
    assert part is not None
    part.is_in("阿" * 200)
    started = time.process_time()
    assert not part.is_in("阿" * 200)
    assert time.process_time() - started < 0.1

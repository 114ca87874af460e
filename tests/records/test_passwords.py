"""A password is kept as a hash that costs, checked at one cost for everybody, and never shown."""

from __future__ import annotations

import argon2
import pytest
from argon2.low_level import Type
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.sealed import Confidential
from records import passwords

RIGHT = Confidential("correct horse 12")
HALF_A_PAIR = "\ud83d is not a character"


@pytest.fixture(scope="module")
def stored() -> str:
    """The hash of the right password."""
    return passwords.hash_password(RIGHT)


def test_a_password_is_hashed_by_argon2id_with_a_salt_of_its_own(stored: str) -> None:
    """RFC 9106, section 4, the second recommended option: 64 MiB, three passes, four lanes."""
    parameters = argon2.extract_parameters(stored)
    assert parameters.type is Type.ID
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (65536, 3, 4)
    assert parameters.salt_len >= 16
    assert stored != passwords.hash_password(RIGHT)
    assert RIGHT.reveal() not in stored


def test_only_the_password_is_the_password(stored: str) -> None:
    """A letter's case, a blank at the end, a character less: another password."""
    assert passwords.is_password(stored, RIGHT)
    for wrong in ("Correct horse 12", "correct horse 12 ", "correct horse 1", "", "correct horse 12\0"):
        assert not passwords.is_password(stored, Confidential(wrong))


def test_a_password_typed_in_another_form_is_the_same(stored: str) -> None:
    """NFKC: full-width letters and digits, a composed and a decomposed accent (NIST SP 800-63B, 3.1.1.2)."""
    assert passwords.is_password(stored, Confidential("ｃｏｒｒｅｃｔ horse １２"))
    composed = passwords.hash_password(Confidential("caf\u00e9 au lait 12"))
    assert passwords.is_password(composed, Confidential("cafe\u0301 au lait 12"))
    assert not passwords.is_password(composed, Confidential("cafe au lait 12"))


@pytest.mark.parametrize(
    ("password", "is_accepted"),
    [
        ("a" * 11 + "b", True),
        ("a" * 10 + "b", False),
        ("ab" * 128, True),
        ("ab" * 128 + "c", False),
        ("\ufdfa" * 14 + "abc", True),
        ("\ufdfa" * 15, False),
        ("a" * 12, False),
        ("LONGLOGIN12345", False),
        (HALF_A_PAIR, False),
        ("", False),
    ],
)
def test_a_new_password_has_twelve_to_256_characters_and_is_not_the_login(password: str, *, is_accepted: bool) -> None:
    """Counted as they are hashed: U+FDFA becomes eighteen characters."""
    assert passwords.is_acceptable(Confidential(password), login="LongLogin12345") is is_accepted


@pytest.mark.parametrize("password", [HALF_A_PAIR, "ab" * 200, "x" * 60_000])
def test_what_cannot_be_a_password_is_simply_wrong(stored: str, password: str) -> None:
    """Neither an error, nor anything to be hashed; and the same for nobody."""
    assert not passwords.is_password(stored, Confidential(password))
    assert not passwords.is_password(None, Confidential(password))
    with pytest.raises(ValueError, match=r"^not an acceptable password$"):
        passwords.hash_password(Confidential(password))


def test_nobody_has_a_password_and_checking_it_costs_the_same(stored: str) -> None:
    """An unknown login does somebody's work: the hash checked in vain has the parameters of a real one."""
    assert not passwords.is_password(None, RIGHT)
    assert not passwords.is_password("", RIGHT)
    for nobody in (None, ""):
        assert not passwords.is_password(nobody, Confidential("nobody's password"))
    nobodys, somebodys = argon2.extract_parameters(passwords._nobodys()), argon2.extract_parameters(stored)
    assert nobodys == somebodys


def test_a_damaged_hash_is_nobodys(stored: str) -> None:
    """Cut short, changed in a byte, or no hash: refused, and no error."""
    for damaged in (stored[:-4], stored[:-1] + ("A" if stored[-1] != "A" else "B"), "plain text", "$argon2id$"):
        assert not passwords.is_password(damaged, RIGHT)


def test_a_hash_of_weaker_parameters_is_outdated(stored: str) -> None:
    """It is made anew when its owner next signs in."""
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8192).hash(RIGHT.reveal())
    assert passwords.is_password(weak, RIGHT)
    assert passwords.is_outdated(weak)
    assert not passwords.is_outdated(stored)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
def test_no_text_is_an_error_to_ask_about(text: str) -> None:
    """Whatever is typed gets a yes or a no."""
    assert passwords.is_acceptable(Confidential(text), login="somebody") in {True, False}


@settings(max_examples=5, deadline=None)
@given(st.text(st.characters(codec=None), max_size=300))
def test_whatever_is_typed_is_not_the_password_of_somebody_else(text: str) -> None:
    """Surrogates among it."""
    assert not passwords.is_password(None, Confidential(text))

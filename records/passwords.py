"""How passwords are kept: argon2id (RFC 9106), never the password.

- 12 characters or more; the same password typed on another keyboard is the same (NFKC, NIST SP 800-63B).
- Checking a password of nobody, or one that cannot be anybody's, costs what checking somebody's does.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

if TYPE_CHECKING:
    from crypto.sealed import Confidential

SHORTEST, LONGEST = 12, 256
_HASHER = PasswordHasher()  # RFC 9106's low-memory profile: 64 MiB, three passes, four lanes


@cache
def _nobodys() -> str:
    """Hash what nobody's password is checked against; made at the first check, of whomever, not at every start."""
    return _HASHER.hash("nobody's password")


def _typed(password: Confidential) -> str | None:
    """Give a password as it is hashed, or None for what is too long, or no text at all.

    Half a surrogate pair is no character of Unicode, though JSON can carry one; it has no bytes to hash.
    """
    typed = unicodedata.normalize("NFKC", password.reveal())
    has_bytes = not any("\ud800" <= character <= "\udfff" for character in typed)
    return typed if has_bytes and len(typed) <= LONGEST else None


def is_acceptable(password: Confidential, *, login: str) -> bool:
    """Tell whether a new password is long enough, short enough, and not the login."""
    typed = _typed(password)
    return typed is not None and len(typed) >= SHORTEST and typed.casefold() != login.casefold() and len(set(typed)) > 1


def hash_password(password: Confidential) -> str:
    """Hash an acceptable password with a salt of its own."""
    typed = _typed(password)
    if typed is None:
        raise ValueError("not an acceptable password")
    return _HASHER.hash(typed)


def is_password(stored: str | None, password: Confidential) -> bool:
    """Tell whether a password is the stored one; without a stored one the same work is done in vain."""
    typed, nobodys = _typed(password), _nobodys()
    if typed is None:
        # Hashing a novel would cost us and prove nothing.
        typed, stored = "", None
    try:
        return _HASHER.verify(stored or nobodys, typed) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Tell whether a stored hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(stored)

"""How passwords are kept: argon2id (RFC 9106), never the password.

- 12 characters or more; the same password typed on another keyboard is the same (NFKC, NIST SP 800-63B).
- Checking a password of nobody costs what checking somebody's does.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

if TYPE_CHECKING:
    from crypto.sealed import Confidential

SHORTEST, LONGEST = 12, 256
_HASHER = PasswordHasher()  # RFC 9106's low-memory profile: 64 MiB, three passes, four lanes
_NOBODYS = _HASHER.hash("nobody's password")


def _typed(password: Confidential) -> str:
    return unicodedata.normalize("NFKC", password.reveal())


def is_acceptable(password: Confidential, *, login: str) -> bool:
    """Tell whether a new password is long enough, short enough, and not the login."""
    typed = _typed(password)
    return SHORTEST <= len(typed) <= LONGEST and typed.casefold() != login.casefold() and len(set(typed)) > 1


def hash_password(password: Confidential) -> str:
    """Hash a password with a salt of its own."""
    return _HASHER.hash(_typed(password))


def is_password(stored: str | None, password: Confidential) -> bool:
    """Tell whether a password is the stored one; without a stored one the same work is done in vain."""
    typed = _typed(password)
    if len(typed) > LONGEST:
        # Hashing a novel would cost us and prove nothing.
        typed, stored = "", None
    try:
        return _HASHER.verify(stored or _NOBODYS, typed) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Tell whether a stored hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(stored)

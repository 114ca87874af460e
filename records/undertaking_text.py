"""What is signed (保密协议, B10): the versions of the undertaking's text, kept as data; the last is in force.

- A text is known by its version and the SHA-256 of its words in both languages: other words are another text.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from claims.rulebook import Rulebook

_TEXTS: Final = Path(__file__).parent / "undertaking.toml"


@dataclass(frozen=True, slots=True)
class UndertakingText:
    """One version of the text; `digest` is the SHA-256 of the Chinese words, a zero byte, and the English."""

    version: int
    zh: str
    en: str

    @property
    def digest(self) -> bytes:
        """Digest the words."""
        return hashlib.sha256(self.zh.encode() + b"\0" + self.en.encode()).digest()


@cache
def undertaking_texts() -> tuple[UndertakingText, ...]:
    """Read every version, the first first."""
    known = tomllib.loads(_TEXTS.read_text(encoding="utf-8"))["version"]
    return tuple(UndertakingText(one["number"], one["zh"].strip(), one["en"].strip()) for one in known)


def text_in_force() -> UndertakingText:
    """Give the text that is signed today."""
    return undertaking_texts()[-1]


def is_required(rulebook: Rulebook) -> bool:
    """Tell whether nobody sees a customer before having signed."""
    return rulebook.word("undertaking.signed_by") == "everybody"

"""How custodians name keys: `data` is a purpose, `data/2` its second version, `kek data` what wraps them.

A person's own key is named by their number: `person S001`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from crypto.providers import PURPOSES

if TYPE_CHECKING:
    from crypto.keyring import KeyVersion
    from records.keys import Keys

KEK: Final = "kek "
"""What stands before the name of a key-encryption key's purpose."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an act is done to: a purpose, one version of its key (`key`), a key-encryption key, or a person's key."""

    purpose: str
    key: int | None = None
    version: int | None = None
    is_kek: bool = False
    is_person: bool = False

    @property
    def name(self) -> str:
        """Write it as custodians do."""
        if self.is_kek:
            return KEK + self.purpose if self.purpose != "kek" else self.purpose
        return self.purpose if self.version is None else f"{self.purpose}/{self.version}"


def name_of(version: KeyVersion) -> str:
    """Name a version of a key."""
    return f"{version.purpose}/{version.version}"


def subject_of(keys: Keys, name: str) -> Subject | None:
    """Find what a name means; None if it means nothing."""
    if name.startswith(KEK):
        family = name.removeprefix(KEK)
        return Subject(family, is_kek=True) if family in PURPOSES else None
    purpose, _, number = name.partition("/")
    if not number:
        return Subject(purpose) if keys.versions(purpose) else None
    found = [one for one in keys.versions(purpose) if str(one.version) == number]
    return Subject(purpose, found[0].id, found[0].version) if found else None

"""Which providers an installation has: named by words in their order, opened when the office opens.

- The first wraps from then on; each opens what it wrapped. A move is the new one's word before the old one's.
- The key file is made if no key is wrapped by it; one that is needed and lost is refused.
- `file` is the key file of the home. Any other word is a provider's own: its scheme, a colon, and where it is.
- A provider whose library is not installed says so before anything is opened.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from crypto.providers import Providers, ProviderUnavailable
from crypto.providers.file import NUMBER, FileProvider

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from crypto.providers import KeyProvider

FILE: Final = "file"
FORMS: Final = ("file", "vault:https://HOST:8200/MOUNT/PREFIX?token=FILE[&ca=FILE]")
"""What a word may look like."""


def is_place(word: str) -> bool:
    """Tell whether a word names a provider."""
    if word == FILE:
        return True
    scheme, _, where = word.partition(":")
    try:
        _opened_elsewhere(scheme, where)
    except ValueError:
        return False
    except ProviderUnavailable:
        return True  # the opening says what is missing
    return True


def open_providers(
    words: Sequence[str], key_file: Path, *, entropy: Callable[[int], bytes] = os.urandom, in_use: Collection[int]
) -> KeyProvider:
    """Open the providers that words name; `in_use` are the numbers of those that wrap a key of this book."""
    opened = [
        FileProvider.open_or_make(key_file, entropy=entropy, is_new=NUMBER not in in_use)
        if word == FILE
        else _opened_elsewhere(*word.split(":", 1))
        for word in words
    ]
    # Of several, or where a key is somebody else's, it is told whose.
    is_alone = len(opened) == 1 and set(in_use) <= {opened[0].number}
    return opened[0] if is_alone else Providers(*opened)


def _opened_elsewhere(scheme: str, where: str) -> KeyProvider:
    """Open a provider that is no file; `ValueError` if there is none of that scheme, or the place is none."""
    if scheme != "vault":
        raise ValueError("scheme")
    try:
        # Loaded by whoever has it alone: its library is an optional extra.
        from crypto.providers.vault import VaultProvider, read_place  # noqa: PLC0415
    except ModuleNotFoundError:
        raise ProviderUnavailable(
            "缺少 vault 附加组件,请安装 requirements-vault.lock / "
            "the extra `vault` is not installed: see requirements-vault.lock"
        ) from None
    return VaultProvider(read_place(where))

"""Files that hold a secret: read through the descriptor that was looked at, and only if they are their owner's alone.

- One that others may read, that somebody else owns, or that is a link or no plain file is refused unread.
- What is refused is named by its path and what it is; never by content.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from crypto.providers import ProviderUnavailable

if TYPE_CHECKING:
    from pathlib import Path


def read_private(path: Path, zh: str, en: str, *, largest: int, if_lost: tuple[str, str] = ("", "")) -> bytes:
    """Read a file of at most so many bytes; `zh` and `en` say what it is, `if_lost` what to do when it is not there."""
    try:
        # A pipe under this name must not keep the start waiting for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise ProviderUnavailable(f"{path}: {zh}不存在{if_lost[0]} / {en} is missing{if_lost[1]}") from None
    except OSError as error:
        raise ProviderUnavailable(
            f"{path}: 无法读取{zh}({error.strerror}),不接受链接 / "
            f"{en} cannot be read ({error.strerror}); a link is refused"
        ) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ProviderUnavailable(f"{path}: {zh}不是普通文件 / {en} is no plain file")
        if status.st_uid != os.geteuid():
            raise ProviderUnavailable(
                f"{path}: {zh}属于另一个用户 / {en} belongs to another user than the one who runs this"
            )
        if stat.S_IMODE(status.st_mode) & 0o077:
            raise ProviderUnavailable(f"{path}: {zh}只能由所有者读写 / {en} must be open to its owner alone: chmod 600")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(largest + 1)
    except OSError as error:
        raise ProviderUnavailable(
            f"{path}: 无法读取{zh}({error.strerror})/ {en} cannot be read ({error.strerror})"
        ) from None
    finally:
        os.close(descriptor)
    if len(content) > largest:
        raise ProviderUnavailable(f"{path}: 文件太大,不是{zh} / {en} is too large to be one")
    return content

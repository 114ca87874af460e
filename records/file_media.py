"""Files that are kept: of which kinds, how large, and each cleaned in a process of its own before it is.

- What is kept is what the file shows, written anew; its SHA-256 is that of what is kept.
- A file that is not what it is said to be, or is too much for the bounds on memory and time, is not kept.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Final

from records import file_cleaner

LARGEST_FILE: Final = 20 * 2**20
"""Bytes of one file."""
CLEANED_WITHIN: Final = 40.0
"""Seconds that cleaning may take, waiting for a processor included."""
_PROGRAM: Final = str(Path(file_cleaner.__file__))
_ENVIRONMENT: Final = {"LC_ALL": "C.UTF-8"}


class FileMedia(StrEnum):
    """What kind of file is kept (文件格式)."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    PDF = "application/pdf"


async def cleaned(media: FileMedia, data: bytes) -> bytes | None:
    """Give a file as it is kept; None if it is not what it is said to be, or not what is kept."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", _PROGRAM, media.value,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env=_ENVIRONMENT, cwd="/", close_fds=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(CLEANED_WITHIN):
            written, _ = await process.communicate(data)
    except TimeoutError:
        return None
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    match process.returncode:
        case 0:
            return written if 0 < len(written) <= LARGEST_FILE else None
        case file_cleaner.REFUSED:
            return None
        case ended if ended is not None and -ended in {signal.SIGXCPU, signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT}:
            return None
        case _:
            raise RuntimeError("the file cleaner does not run")

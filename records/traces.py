"""Where an exception came from, in words that repeat nothing of what was in hand."""

from __future__ import annotations

from pathlib import Path
from traceback import walk_tb

from crypto.sealed import SealBroken

_ROOT = Path(__file__).resolve().parent.parent
_LIBRARIES = "site-packages"


def trace_of(error: BaseException) -> tuple[str, ...]:
    """Name an exception's type and the places in our own code that it passed, innermost last; never its words.

    Of a sealed value that does not open the words are table, column and ids: whoever mends it needs them.
    """
    places = []
    for frame, line in walk_tb(error.__traceback__):
        file = Path(frame.f_code.co_filename)
        if file.is_relative_to(_ROOT) and _LIBRARIES not in file.parts:
            places.append(f"{file.relative_to(_ROOT)}:{line}")
    said = (str(error),) if isinstance(error, SealBroken) else ()
    return (type(error).__name__, *said, *places)

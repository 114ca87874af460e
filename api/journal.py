"""What the server writes about itself: one line of JSON an event, on standard error, of ids, codes and numbers.

- A text stands in a line only under a name that the code alone fills; anywhere else it is left out.
- A library's line says which library, how grave and at which of its places; its words may hold values and are dropped.
- Of an exception there is the type and the places in our own code.
"""

from __future__ import annotations

import logging
import sys
import threading
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import orjson
import structlog

from records.traces import trace_of

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from types import TracebackType
    from typing import TextIO

    from structlog.typing import FilteringBoundLogger, WrappedLogger

TEXTS = frozenset({"event", "level", "at", "logger", "where", "door", "kind", "fields", "trace", "url"})
"""Names under which a text is the code's own, never a request's."""
LARGEST_NUMBER = 10**7
"""Counts and milliseconds are smaller; a number that is larger may be somebody's."""
LEFT_OUT = "<left out>"


def install(stream: TextIO, *, level: int = logging.INFO) -> None:
    """Send everything that is logged in this process to a stream, as lines of JSON.

    The hooks for exceptions that nobody caught are replaced too: Python's own print the exception's words.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            _keep_ids_and_codes,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.JSONRenderer(serializer=lambda event, **_: orjson.dumps(event).decode()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    logging.captureWarnings(capture=True)
    root = logging.getLogger()
    root.handlers = [_Routed()]
    root.setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio", "asyncpg"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    sys.excepthook = _uncaught
    sys.unraisablehook = lambda raised: _lost(raised.exc_value)
    threading.excepthook = lambda raised: _lost(raised.exc_value)


def journal() -> FilteringBoundLogger:
    """Give the logger of the doors."""
    return structlog.get_logger("baobei")


class _Routed(logging.Handler):
    """Takes the lines of libraries: name, gravity and place of each, and the trace of its exception."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        journal().log(
            logging.ERROR if record.levelno >= logging.ERROR else logging.WARNING,
            "library",
            logger=record.name,
            where=f"{Path(record.pathname).name}:{record.lineno}",
            trace=trace_of(error) if error else (),
        )


def _uncaught(_kind: type[BaseException], error: BaseException, _traceback: TracebackType | None) -> None:
    _lost(error)


def _lost(error: BaseException | None) -> None:
    journal().error("uncaught", trace=trace_of(error) if error else ())


def _keep_ids_and_codes(
    _logger: WrappedLogger, _method: str, event: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    """Write only what cannot hold a value of somebody's; an exception becomes its trace."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exception()
    kept = {name: value if name in TEXTS else _kept(value) for name, value in event.items()}
    if isinstance(error, BaseException):
        kept["trace"] = trace_of(error)
    return kept


def _kept(value: object) -> object:
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (tuple, list, frozenset, set)):
        return [_kept(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and abs(value) < LARGEST_NUMBER:
        return value
    return LEFT_OUT

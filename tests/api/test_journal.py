"""What the server writes about itself: ids, codes and numbers, whoever writes."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import warnings
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

import orjson
import pytest

from api.journal import LEFT_OUT, journal
from crypto.sealed import Confidential
from schema.errors import ErrorCode
from tests.api.conftest import CANARY

if TYPE_CHECKING:
    import io


def written(lines: io.StringIO) -> list[dict[str, object]]:
    """The lines, each a JSON object."""
    return [orjson.loads(line) for line in lines.getvalue().splitlines()]


def test_ids_codes_and_numbers_are_written(lines: io.StringIO) -> None:
    """One line of JSON an event."""
    actor = UUID(int=7)
    journal().info(
        "request", actor=actor, codes=(ErrorCode.FORBIDDEN,), status=403, ms=1.5, fields=("me",), door="graphql"
    )
    (line,) = written(lines)
    assert line.pop("at")
    assert line == {
        "event": "request",
        "level": "info",
        "actor": str(actor),
        "codes": ["FORBIDDEN"],
        "status": 403,
        "ms": 1.5,
        "fields": ["me"],
        "door": "graphql",
    }


class Said(StrEnum):
    """An enumeration whose value is somebody's."""

    PHONE = CANARY


@pytest.mark.parametrize(
    "value",
    [
        CANARY,
        int(CANARY),
        float(CANARY),
        -int(CANARY),
        {"phone": CANARY},
        [CANARY, [CANARY]],
        CANARY.encode(),
        ValueError(CANARY),
        Said.PHONE,
        Confidential(CANARY),
    ],
)
def test_nothing_else_is(lines: io.StringIO, value: object) -> None:
    """A careless line in the code leaks nothing."""
    journal().info("careless", note=value)
    assert CANARY[:5] not in lines.getvalue()
    assert len(written(lines)) == 1


def test_an_exception_is_its_type_and_our_places(lines: io.StringIO) -> None:
    """Its words may be a constraint's name with the value in it."""
    try:
        orjson.loads(f"{{{CANARY}")
    except ValueError:
        journal().exception("careless")
    except_hook, thread_hook = sys.excepthook, threading.excepthook
    error = KeyError(CANARY)
    except_hook(KeyError, error, None)
    thread_hook(threading.ExceptHookArgs((KeyError, error, None, None)))
    traces = [line["trace"] for line in written(lines)]
    assert traces[1:] == [["KeyError"], ["KeyError"]]
    assert CANARY[:5] not in lines.getvalue()


@pytest.mark.parametrize(
    "name", ["uvicorn.error", "asyncio", "asyncpg", "strawberry.execution", "tortoise", "py.warnings"]
)
def test_the_words_of_libraries_are_dropped(lines: io.StringIO, name: str) -> None:
    """What asyncio writes reprs, strawberry documents, drivers statements: only where and how grave is kept."""
    logger = logging.getLogger(name)
    try:
        raise RuntimeError(CANARY)
    except RuntimeError:
        logger.critical("phone %s", CANARY, exc_info=True)
    (line,) = written(lines)
    assert (line["event"], line["logger"], line["level"]) == ("library", name, "error")
    assert str(line["where"]).startswith("test_journal.py:")
    assert line["trace"] == ["RuntimeError", line["trace"][1]]  # pyright: ignore[reportIndexIssue]
    assert CANARY[:5] not in lines.getvalue()


def test_a_task_that_nobody_awaited_tells_its_type_alone(lines: io.StringIO) -> None:
    """What asyncio puts task and exception into its message."""

    async def fail() -> None:
        raise RuntimeError(CANARY)

    async def forget() -> None:
        task = asyncio.create_task(fail(), name=CANARY)
        await asyncio.sleep(0)
        del task

    asyncio.run(forget(), debug=True)
    assert '"RuntimeError"' in lines.getvalue()
    assert CANARY[:5] not in lines.getvalue()


def test_a_warning_is_a_line_without_its_words(lines: io.StringIO) -> None:
    """Python would print the source line as well."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn(CANARY, stacklevel=1)
    assert written(lines)[-1]["logger"] == "py.warnings"
    assert CANARY[:5] not in lines.getvalue()


def test_a_text_is_left_out_visibly(lines: io.StringIO) -> None:
    """Whoever wrote the line sees that it has to name an id or a code instead."""
    journal().info("careless", note="Zhang San")
    assert written(lines)[0]["note"] == LEFT_OUT

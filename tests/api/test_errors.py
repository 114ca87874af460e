"""What a top-level error may say, whichever way it came: by the endpoint, by strawberry's own path, or in a stream."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from graphql import GraphQLError

from records.connection import Unreachable
from records.traces import trace_of
from schema.errors import BaobeiSchema, ErrorCode, Language, TopLevelError, text_of
from tests.api.conftest import CANARY, Busy, Denied

if TYPE_CHECKING:
    import io

    import strawberry

REQUEST = UUID(int=5)
WIRE_CODES = [
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "BAD_USER_INPUT",
    "BAD_CURSOR",
    "UNAUTHENTICATED",
    "FORBIDDEN",
    "UNDERTAKING_NEEDED",
    "NOT_FOUND",
    "TOO_COSTLY",
    "RATE_LIMITED",
    "UNKNOWN_DOCUMENT",
    "IDEMPOTENCY_CONFLICT",
    "CONFLICT",
    "AUDIT_UNAVAILABLE",
    "KEYS_UNAVAILABLE",
    "UNAVAILABLE",
    "INTERNAL",
]


@dataclass(frozen=True, slots=True)
class Asked:
    """A context with what errors need of it."""

    language: str
    request_id: UUID = REQUEST
    actor: None = None


def test_the_codes_are_a_closed_list_in_the_sdl(schema: BaobeiSchema) -> None:
    """wire.md: codes (closed enum, in the SDL), each described in both languages."""
    assert [code.value for code in ErrorCode] == WIRE_CODES
    sdl = schema.as_str()
    assert "enum ErrorCode {" in sdl
    for code in ErrorCode:
        assert f"{text_of(code, Language.EN)} ({text_of(code, Language.ZH)})" in sdl


def test_each_code_has_its_own_text_in_each_language() -> None:
    """wire.md: text is fixed by code and language."""
    texts = [text_of(code, language) for code in ErrorCode for language in Language]
    assert len(set(texts)) == len(texts) == 2 * len(WIRE_CODES)
    assert not any("{" in text or "%" in text for text in texts)


def test_an_error_says_code_place_and_wait() -> None:
    """GraphQL, section 7.1.2."""
    error = TopLevelError(ErrorCode.RATE_LIMITED, ((1, 3),), ("me", 0), timedelta(seconds=0.25), ("KeyError",))
    assert error.formatted(Language.EN, REQUEST) == {
        "message": "Too many requests: try again later.",
        "locations": [{"line": 1, "column": 3}],
        "path": ["me", 0],
        "extensions": {"code": "RATE_LIMITED", "requestId": str(REQUEST), "retryAfterMs": 250},
    }
    assert set(TopLevelError(ErrorCode.CONFLICT).formatted(Language.ZH, REQUEST)) == {"message", "extensions"}
    assert "path" not in repr(error)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Denied(CANARY), ErrorCode.FORBIDDEN),
        (type("Subclass", (Denied,), {})(CANARY), ErrorCode.FORBIDDEN),
        (Busy(), ErrorCode.RATE_LIMITED),
        (Unreachable(CANARY), ErrorCode.UNAVAILABLE),
        (ConnectionRefusedError(CANARY), ErrorCode.UNAVAILABLE),
        (TimeoutError(CANARY), ErrorCode.UNAVAILABLE),
        (ValueError(CANARY), ErrorCode.INTERNAL),
        (GraphQLError(CANARY), ErrorCode.INTERNAL),
    ],
)
def test_an_exception_has_the_code_of_its_class(schema: BaobeiSchema, error: Exception, code: ErrorCode) -> None:
    """Whatever is not on the list is a bug; its trace never holds its words."""
    described = schema.described(error)
    assert described.code is code
    assert CANARY not in repr(described)
    assert bool(described.trace) is not isinstance(error, (Denied, Busy, Unreachable))


def test_a_trace_names_our_own_places_alone() -> None:
    """Innermost last; neither a library's frames nor an argument's value."""
    try:
        asyncio.run(_deep(CANARY))
    except LookupError as error:
        kind, *places = trace_of(error)
    assert kind == "KeyError"
    assert all(place.startswith("tests/api/test_errors.py:") for place in places)
    assert len(places) == 2


async def _deep(phone: str) -> None:
    raise KeyError(phone)


async def streamed(schema: strawberry.Schema, query: str, language: str = "zh") -> list[object]:
    """Everything that a stream sends."""
    return [result async for result in await schema.stream(query, context_value=Asked(language))]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_exception_in_a_stream_loses_its_text(schema: BaobeiSchema, lines: io.StringIO, language: str) -> None:
    """wire.md: it comes without a path, so look at `original_error` first; strawberry sends it with its text."""
    first, last = asyncio.run(streamed(schema, "subscription { ticks }", language))
    assert first.data == {"ticks": 1}  # pyright: ignore[reportAttributeAccessIssue]
    (error,) = last.errors  # pyright: ignore[reportAttributeAccessIssue]
    assert error.formatted == {
        "message": text_of(ErrorCode.INTERNAL, Language(language)),
        "extensions": {"code": "INTERNAL", "requestId": str(REQUEST)},
    }
    assert (error.original_error, error.__cause__, error.__traceback__, error.nodes) == (None, None, None, None)
    assert CANARY not in f"{error} {error!r} {last!r}"
    assert '"RuntimeError"' in lines.getvalue()
    assert CANARY[:5] not in lines.getvalue()


@pytest.mark.parametrize(
    "query",
    [
        f"subscription {{ ticks(phone: {CANARY}) }}",
        f'subscription {{ ticks "{CANARY}',
        f'{{ found(phone: "{CANARY}") {{ nmae }} }}',
        "{ customer { phone wrong } }",
        "{ denied }",
    ],
)
def test_strawberrys_own_path_repeats_nothing_either(
    schema: BaobeiSchema, lines: io.StringIO, caplog: pytest.LogCaptureFixture, query: str
) -> None:
    """Streams go this way; so would any transport of strawberry's."""
    with caplog.at_level(logging.DEBUG):
        for results in (asyncio.run(streamed(schema, query)), [asyncio.run(_execute(schema, query))]):
            assert CANARY[:5] not in repr(results)
            assert "Did you mean" not in repr(results)
            for error in results[-1].errors:  # pyright: ignore[reportAttributeAccessIssue]
                assert error.message in {text_of(code, Language.ZH) for code in ErrorCode}
                assert CANARY[:5] not in f"{error} {error!r} {vars(error)}"
    assert CANARY[:5] not in caplog.text + lines.getvalue()


async def _execute(schema: strawberry.Schema, query: str) -> object:
    return await schema.execute(query, context_value=Asked("zh"))


def test_strawberry_as_it_comes_tells_everything(
    plain_schema: strawberry.Schema, caplog: pytest.LogCaptureFixture
) -> None:
    """A control: answer and log hold the value, and the stream as well."""
    assert CANARY in repr(asyncio.run(_execute(plain_schema, f'{{ found(phone: "{CANARY}") {{ name }} }}')))
    assert CANARY in caplog.text
    assert CANARY in repr(asyncio.run(streamed(plain_schema, "subscription { ticks }")))

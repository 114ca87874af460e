"""Answers that go on: a subscription as Server-Sent Events, one connection each (graphql-sse, distinct connections).

- It is asked for like any request, by POST with a token, and `Accept: text/event-stream`.
- Session, role and team are looked at before each event and twice a second between two: when one of them is not what
  it was, or the session is over, the stream ends within a second.
- A person has `MOST_STREAMS` of them at most, a server `MOST_AT_ALL`. One in which nothing happens for `IDLE` ends, and
  each ends after `LONGEST`, with the server, and with whoever listens; what it was doing ends with it.
- What goes wrong is the last event, in the words of any answer.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import aclosing, contextmanager, suppress
from typing import TYPE_CHECKING, Final

import orjson

from schema.errors import Answer, ErrorCode, TopLevelError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
    from uuid import UUID

    from starlette.datastructures import Headers

EVENT_STREAM: Final = "text/event-stream"
MOST_STREAMS: Final = 5
MOST_AT_ALL: Final = 500
LOOKED_AT_EVERY: Final = 0.5
"""Seconds between two looks at the session."""
HEARTBEAT: Final = 15.0
"""Seconds after which a comment keeps the connection open, and shows the server that somebody still listens."""
IDLE: Final = 600.0
LONGEST: Final = 3600.0
_ENDED: Final = b"event: complete\ndata:\n\n"
_STILL_HERE: Final = b":\n\n"


class TooMany(Exception):  # noqa: N818 (the door's No; no programming error)
    """There are as many streams as may be, of this person or at all."""


class Streams:
    """The streams that are open, and their end when the server is told to stop."""

    def __init__(self) -> None:
        self._open: Counter[UUID] = Counter()
        self._ending = asyncio.Event()

    def end(self) -> None:
        """End them all: the server stops."""
        self._ending.set()

    @property
    def is_ending(self) -> bool:
        """Tell whether no stream may go on."""
        return self._ending.is_set()

    @contextmanager
    def one_of(self, account: UUID) -> Iterator[None]:
        """Count a stream in while the block lasts; raises `TooMany`."""
        if self._open[account] >= MOST_STREAMS or self._open.total() >= MOST_AT_ALL:
            raise TooMany
        self._open[account] += 1
        try:
            yield
        finally:
            self._open[account] -= 1
            if not self._open[account]:
                del self._open[account]

    async def written(
        self,
        answers: AsyncGenerator[Answer],
        *,
        is_let_in: Callable[[], Awaitable[bool]],
        format_: Callable[[Answer], dict[str, object]],
    ) -> AsyncGenerator[bytes]:
        """Write answers as events, for as long as whoever asked may hear them."""
        loop = asyncio.get_running_loop()
        began = heard = sent = loop.time()
        async with aclosing(answers):
            pending = asyncio.ensure_future(anext(answers))
            try:
                while not self.is_ending and loop.time() - began < LONGEST and loop.time() - heard < IDLE:
                    await self._waited_for(pending)
                    if not await is_let_in():
                        yield _event(format_(refused(ErrorCode.UNAUTHENTICATED)))
                        break
                    if pending.done():
                        try:
                            answer = pending.result()
                        except StopAsyncIteration:
                            break
                        heard = sent = loop.time()
                        yield _event(format_(answer))
                        pending = asyncio.ensure_future(anext(answers))
                    elif loop.time() - sent >= HEARTBEAT:
                        sent = loop.time()
                        yield _STILL_HERE
                yield _ENDED
            finally:
                pending.cancel()
                with suppress(asyncio.CancelledError, StopAsyncIteration, Exception):
                    await pending

    async def _waited_for(self, pending: asyncio.Future[Answer]) -> None:
        """Wait until there is an answer, or the server stops, or the session is to be looked at."""
        ending = asyncio.ensure_future(self._ending.wait())
        try:
            await asyncio.wait({pending, ending}, timeout=LOOKED_AT_EVERY, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ending.cancel()


def refused(code: ErrorCode) -> Answer:
    """Answer nothing, for a reason."""
    return Answer(executed=False, data=None, errors=(TopLevelError(code),))


def _event(answer: dict[str, object]) -> bytes:
    # Written as one line: JSON has none of the line ends that would end an event.
    return b"event: next\ndata: " + orjson.dumps(answer) + b"\n\n"


def asks_for_stream(headers: Headers) -> bool:
    """Tell whether a client asks for events, by name."""
    listed = ",".join(headers.getlist("accept")).split(",")
    return any(one.split(";")[0].strip().lower() == EVENT_STREAM for one in listed)

"""What `/upload` and `/file` answer: a file let in by its ticket, and a file that papers name let out again.

- Both know who asks as `/graphql` does, and refuse in the same form. A file's name is neither taken nor given.
- A file comes as it is (PUT), of the kind and size that its ticket was asked for; it may be slow, and not stand still.
- A ticket that is unknown, somebody else's, used up or too old is one answer. It is used up once the file begins to
  arrive, whatever comes of it.
- Which file is wanted, and for which purpose, is told in a body (POST): an address is kept in histories and logs.
- So many files arrive at once and no more; fewer still are cleaned at once.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from starlette.responses import Response

from api.endpoint import passage_of, written
from api.requests import CLOSE, RequestRefused, body_of, hold_to_json, object_in
from crypto.sealed import Confidential
from records.disclosure import PurposeCode
from records.file_media import FileMedia, cleaned
from records.papers import read_file
from records.refusals import RefusalCode, Refused
from records.uploads import keep_file, present_ticket, use_up
from schema.errors import ErrorCode, TopLevelError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from starlette.requests import Request

    from api.endpoint import Endpoint
    from records.desk import Desk
    from records.uploads import Presented

TICKET: Final = "baobei-ticket"
STANDS_STILL: Final = 10.0
"""Seconds that a file may stand still on its way."""
ARRIVES_WITHIN: Final = 300.0
"""Seconds that it may take in all."""
MOST_ARRIVING: Final = 8
MOST_CLEANED: Final = 2
TRY_AGAIN: Final = timedelta(seconds=5)
NAMES: Final = {FileMedia.JPEG: "evidence.jpg", FileMedia.PNG: "evidence.png", FileMedia.PDF: "evidence.pdf"}
"""Under which name a file is saved, whatever it was called."""
_ASKED: Final = {"of", "document", "purpose", "note"}

T = TypeVar("T")


class Files:
    """The doors for files; they know people as `endpoint` does."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._arriving = 0
        self._cleaning = asyncio.Semaphore(MOST_CLEANED)

    async def take(self, request: Request) -> Response:
        """Take in one file, cheapest refusal first: person, ticket, kind, size, content."""
        desk = await self._desk(request)
        given = request.headers.getlist(TICKET)
        ticket = await self._asked(present_ticket(desk, given[0] if len(given) == 1 else ""))
        if ticket is None:
            raise RequestRefused(HTTPStatus.NOT_FOUND, ErrorCode.NOT_FOUND, headers=CLOSE)
        _hold_to_ticket(request, ticket)
        if self._arriving >= MOST_ARRIVING:
            busy = TopLevelError(ErrorCode.UNAVAILABLE, retry_after=TRY_AGAIN)
            raise RequestRefused(HTTPStatus.SERVICE_UNAVAILABLE, busy, headers=CLOSE)
        self._arriving += 1
        try:
            if not await self._asked(use_up(desk, ticket)):
                raise RequestRefused(HTTPStatus.NOT_FOUND, ErrorCode.NOT_FOUND, headers=CLOSE)
            content = await _arrived(request, ticket.size)
            async with self._cleaning:
                kept = await cleaned(ticket.media, content)
            del content
            if kept is None:
                raise RequestRefused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, ErrorCode.BAD_USER_INPUT)
            document = await self._asked(keep_file(desk, ticket, kept))
        finally:
            self._arriving -= 1
        if document is None:
            raise RequestRefused(HTTPStatus.NOT_FOUND, ErrorCode.NOT_FOUND)
        upload = {"document": document, "media": ticket.media.value, "size": len(kept)}
        return written(passage_of(request), HTTPStatus.CREATED, (), data={"upload": upload}, executed=True)

    async def give(self, request: Request) -> Response:
        """Give out one file that papers name, to be saved, never shown in place."""
        hold_to_json(request.headers)
        asked = object_in(await body_of(request))
        of, document, purpose, note = _read(asked)
        desk = await self._desk(request)
        answer = await self._asked(read_file(desk, of, document, purpose=purpose, note=note))
        if isinstance(answer, Refused):
            if answer.code is RefusalCode.NOT_FOUND:
                raise RequestRefused(HTTPStatus.NOT_FOUND, ErrorCode.NOT_FOUND)
            raise RequestRefused(HTTPStatus.BAD_REQUEST, ErrorCode.BAD_USER_INPUT)
        saved = {"Content-Disposition": f'attachment; filename="{NAMES[answer.media]}"'}
        return Response(answer.content, headers=saved, media_type=answer.media.value)

    async def _desk(self, request: Request) -> Desk:
        # The endpoint need not know what a desk is; the acts behind these doors do.
        return cast("Desk", await self._endpoint.signed_in(request, headers=CLOSE))

    async def _asked(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for an act of the book, and say by its code what hinders it."""
        with self._endpoint.refusing(headers=CLOSE):
            return await self._endpoint.waited(work, headers=CLOSE)


def _hold_to_ticket(request: Request, ticket: Presented) -> None:
    """Refuse a file that is announced to be another than its ticket is for, before any of it is read."""
    kinds = [kind.strip().lower() for kind in request.headers.getlist("content-type")]
    if kinds != [ticket.media.value] or "content-encoding" in request.headers:
        raise RequestRefused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, ErrorCode.BAD_USER_INPUT, headers=CLOSE)
    announced = request.headers.get("content-length")
    if announced is not None and announced != str(ticket.size):
        is_more = len(announced) > len(str(ticket.size)) or (announced.isdecimal() and int(announced) > ticket.size)
        raise RequestRefused(
            *((413, ErrorCode.TOO_COSTLY) if is_more else (400, ErrorCode.BAD_USER_INPUT)), headers=CLOSE
        )


async def _arrived(request: Request, size: int) -> bytes:
    """Read a file of just so many bytes, counting what comes rather than what was announced."""
    content, parts = bytearray(), aiter(request.stream())
    try:
        async with asyncio.timeout(ARRIVES_WITHIN):
            while True:
                async with asyncio.timeout(STANDS_STILL):
                    part = await anext(parts, None)
                if part is None:
                    break
                if len(content) + len(part) > size:
                    raise RequestRefused(413, ErrorCode.TOO_COSTLY, headers=CLOSE)
                content += part
    except TimeoutError:
        raise RequestRefused(400, ErrorCode.BAD_USER_INPUT, headers=CLOSE) from None
    if len(content) < size:
        raise RequestRefused(400, ErrorCode.BAD_USER_INPUT)
    return bytes(content)


def _read(asked: dict[str, Any]) -> tuple[str, str, PurposeCode, Confidential | None]:
    """Read which file is wanted, of which papers, and why."""
    of, document, purpose, note = (asked.get(name) for name in ("of", "document", "purpose", "note"))
    if (
        not isinstance(of, str)
        or not isinstance(document, str)
        or not isinstance(note, str | None)
        or not isinstance(purpose, str)
        or purpose not in PurposeCode.__members__
        or not asked.keys() <= _ASKED
    ):
        raise RequestRefused(400, ErrorCode.BAD_USER_INPUT)
    return of, document, PurposeCode[purpose], None if note is None else Confidential(note)

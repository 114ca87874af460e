"""What `/graphql` answers: who asks, what is asked, whether it may be asked at all, and under which status.

- POST alone: a GET would put variables into histories and logs.
- A wrong, expired or revoked token refuses the whole request; without a token one is nobody, who may log in.
- A request error is 400 without `data`; those that the document shows are 200 to a client that asks for plain JSON,
  as GraphQL over HTTP has it (section 6.4.1). A refusal of the whole request has a status of its own, else it is 200.
- A subscription is answered by events (`api/streams.py`), to whoever accepts them; anything else never is.
- About the schema itself may ask whoever the guard lets, and everybody in the demo; `__typename` everybody always.
"""

from __future__ import annotations

from contextlib import ExitStack, aclosing, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from math import ceil
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import orjson
from graphql import FieldNode, OperationType, get_operation_ast
from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse

from api.documents import Documents
from api.patience import GivenUp, patiently, within
from api.requests import (
    Asked,
    MediaType,
    RequestRefused,
    asked_in,
    bearer_of,
    body_of,
    client_of,
    codes_of,
    hold_to_json,
)
from api.streams import EVENT_STREAM, Streams, TooMany, asks_for_stream
from authz.acts import Act
from schema.errors import ErrorCode, Language, TopLevelError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Mapping
    from datetime import datetime
    from uuid import UUID

    from graphql import DocumentNode, OperationDefinitionNode
    from starlette.requests import Request

    from authz.actor import Actor
    from authz.guard import Guard
    from schema.errors import Answer, BaobeiSchema

T = TypeVar("T")

IDENTIFY_TIMEOUT = 1.7
"""Seconds that finding out who asks may take: a database that is down is said to be within 2."""
PASSAGE = "baobei.passage"
"""Where a request's scope keeps its passage."""
STATUSES = {
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.UNDERTAKING_NEEDED: 403,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.AUDIT_UNAVAILABLE: 503,
    ErrorCode.KEYS_UNAVAILABLE: 503,
}
"""What a whole request is answered with when it comes to nothing for one of these reasons."""
LANGUAGE_TAGS = {Language.ZH: "zh-CN", Language.EN: "en"}


class Office(Protocol):
    """What stands behind the doors: it knows who asks, and gives each request its desk."""

    @property
    def guard(self) -> Guard:
        """The policy in force."""
        ...

    async def identify(self, token: str, now: datetime) -> Actor | None:
        """Tell whose token it is; None if it is nobody's, expired or revoked."""
        ...

    def desk(
        self,
        actor: Actor | None,
        *,
        now: datetime,
        request_id: UUID,
        language: Language,
        address: str | None,
        client: str | None,
    ) -> object:
        """Give one request its desk: what its resolvers find as their context."""
        ...

    async def down(self) -> tuple[str, ...]:
        """List what is down, in the words `database`, `keys` and `audit`."""
        ...


@dataclass(slots=True)
class Passage:
    """One request on its way through the doors: what its answer and its line in the journal need."""

    request_id: UUID
    language: Language
    media_type: MediaType
    door: str = "unknown"
    kind: str = "none"
    actor: UUID | None = None
    fields: tuple[str, ...] = ()
    errors: list[TopLevelError] = field(default_factory=list[TopLevelError])


def passage_of(request: Request) -> Passage:
    """Give the passage that the outermost door opened for a request."""
    return request.scope[PASSAGE]


def body_of_answer(
    passage: Passage, errors: tuple[TopLevelError, ...], *, data: dict[str, Any] | None, executed: bool
) -> dict[str, object]:
    """Write the object of an answer: errors first, `data` only if something was executed."""
    body: dict[str, object] = {}
    if errors:
        body["errors"] = [error.formatted(passage.language, passage.request_id) for error in errors]
    if executed:
        body["data"] = data
    return body


def written(
    passage: Passage,
    status: int,
    errors: tuple[TopLevelError, ...],
    *,
    data: dict[str, Any] | None = None,
    executed: bool = False,
    headers: dict[str, str] | None = None,
) -> Response:
    """Write an answer: errors first, `data` only if something was executed."""
    passage.errors.extend(errors)
    body = body_of_answer(passage, errors, data=data, executed=executed)
    waits = [error.retry_after.total_seconds() for error in errors if error.retry_after is not None]
    sent = dict(headers or {})
    if waits and status in {429, 503}:
        sent["Retry-After"] = str(ceil(max(waits)))
    if status == HTTPStatus.UNAUTHORIZED:
        sent["WWW-Authenticate"] = "Bearer"
    sent["Content-Type"] = f"{passage.media_type}; charset=utf-8"
    return Response(orjson.dumps(body), status, sent)


class Endpoint:
    """The one door for GraphQL; `office` is asked for at each request, for it opens after the door is made."""

    def __init__(
        self,
        schema: BaobeiSchema,
        office: Callable[[], Office],
        *,
        demo: bool,
        clock: Callable[[], datetime],
    ) -> None:
        self._schema = schema
        self._office = office
        self._demo = demo
        self._clock = clock
        self._documents = Documents(schema.graphql)
        self.streams = Streams()

    async def answer(self, request: Request) -> Response:
        """Answer one POST, cheapest refusal first: form, size, JSON, person, document, operation."""
        hold_to_json(request.headers)
        asked = asked_in(await body_of(request))
        passage, now = passage_of(request), self._clock()
        actor = await self.identified(request, now)
        checked = self._documents.checked(asked.document)
        if checked.tree is None:
            return self._unexecuted(passage, checked.refusals)
        if checked.introspects and not self.may_introspect(actor):
            raise RequestRefused(*_denied(actor))
        operation = get_operation_ast(checked.tree, asked.operation_name)
        is_followed = operation is not None and operation.operation is OperationType.SUBSCRIPTION
        if operation is None or (is_followed and not asks_for_stream(request.headers)):
            return self._unexecuted(passage, (TopLevelError(ErrorCode.BAD_USER_INPUT),))
        passage.kind, passage.fields = operation.operation.value, _field_names(operation)
        if is_followed:
            return self._followed(request, checked.tree, asked, actor=actor)
        return await self._executed(request, checked.tree, asked, actor=actor, now=now)

    def _followed(self, request: Request, document: DocumentNode, asked: Asked, *, actor: Actor | None) -> Response:
        """Answer a subscription with events, to somebody who is signed in."""
        passage = passage_of(request)
        if actor is None:
            raise RequestRefused(401, ErrorCode.UNAUTHENTICATED)
        if self.streams.is_ending:
            raise RequestRefused(503, ErrorCode.UNAVAILABLE)
        counted = ExitStack()
        try:
            counted.enter_context(self.streams.one_of(actor.id))
        except TooMany:
            raise RequestRefused(429, ErrorCode.RATE_LIMITED) from None

        async def is_let_in() -> bool:
            return await self._is_still(actor, bearer_of(request.headers))

        def shown(answer: Answer) -> dict[str, object]:
            passage.errors.extend(answer.errors)
            return body_of_answer(passage, answer.errors, data=answer.data, executed=answer.executed)

        async def events() -> AsyncGenerator[bytes]:
            with counted:
                desk = self.desk_of(request, actor, self._clock())
                answers = self._schema.follow(
                    document, operation_name=asked.operation_name, variables=asked.variables, desk=desk
                )
                async with aclosing(self.streams.written(answers, is_let_in=is_let_in, format_=shown)) as written_:
                    async for event in written_:
                        yield event

        # Whoever stands between server and client must not hold events back.
        return StreamingResponse(
            events(),
            media_type=EVENT_STREAM,
            headers={"X-Accel-Buffering": "no"},
            background=BackgroundTask(counted.close),
        )

    async def _is_still(self, actor: Actor, token: str | None) -> bool:
        """Tell whether somebody is still who they were when they asked: signed in, of that role and team."""
        if token is None:
            return False
        try:
            return await within(IDENTIFY_TIMEOUT, self._office().identify(token, self._clock())) == actor
        except Exception:  # noqa: BLE001  (who cannot be asked for is not let in)
            return False

    def desk_of(self, request: Request, actor: Actor | None, now: datetime) -> object:
        """Give a request its desk."""
        passage = passage_of(request)
        return self._office().desk(
            actor,
            now=now,
            request_id=passage.request_id,
            language=passage.language,
            address=request.client.host if request.client else None,
            client=client_of(request.headers),
        )

    async def signed_in(self, request: Request, *, headers: Mapping[str, str] | None = None) -> object:
        """Give whoever asks their desk; nobody has none."""
        now = self._clock()
        actor = await self.identified(request, now)
        if actor is None:
            raise RequestRefused(401, ErrorCode.UNAUTHENTICATED, headers=headers)
        return self.desk_of(request, actor, now)

    async def shown(self, document: str, variables: dict[str, Any], *, desk: object) -> dict[str, Any]:
        """Ask a document of ours at somebody's desk, as if they had: what they may not see of it is null.

        Refuses the request for whatever is no denial of a field: an outage, a bug, or a denial of the whole.
        """
        tree = self._documents.checked(document).tree
        assert tree is not None  # noqa: S101  (our own documents fit our own schema, as their tests show)
        answer = await self._worked(tree, Asked(document, None, variables), desk)
        codes = codes_of(answer.errors)
        if answer.data is None or set(codes) - {ErrorCode.FORBIDDEN}:
            raise RequestRefused(STATUSES.get(codes[0], 500) if codes else 500, *answer.errors)
        return answer.data

    @contextmanager
    def refusing(self, *, headers: Mapping[str, str] | None = None) -> Generator[None]:
        """Turn whatever is raised within, and is no refusal yet, into one of the request, by its code."""
        try:
            yield
        except RequestRefused:
            raise
        except Exception as error:  # noqa: BLE001  (whatever it is, it is said by its code)
            described = self._schema.described(error)
            raise RequestRefused(STATUSES.get(described.code, 500), described, headers=headers) from None

    async def waited(self, work: Coroutine[Any, Any, T], *, headers: Mapping[str, str] | None = None) -> T:
        """Wait for work as long as an answer is waited for; the request of what is given up is refused."""
        try:
            return await patiently(work, down=self._office().down)
        except GivenUp:
            raise RequestRefused(503, ErrorCode.UNAVAILABLE, headers=headers) from None

    async def _worked(self, document: DocumentNode, asked: Asked, desk: object) -> Answer:
        return await self.waited(
            self._schema.answer(document, operation_name=asked.operation_name, variables=asked.variables, desk=desk)
        )

    async def _executed(
        self, request: Request, document: DocumentNode, asked: Asked, *, actor: Actor | None, now: datetime
    ) -> Response:
        passage = passage_of(request)
        answer = await self._worked(document, asked, self.desk_of(request, actor, now))
        if not answer.executed:
            return self._unexecuted(passage, answer.errors)
        codes = codes_of(answer.errors)
        status = STATUSES.get(codes[0], 200) if answer.data is None and len(codes) == 1 else 200
        return written(passage, status, answer.errors, data=answer.data, executed=True)

    async def identified(self, request: Request, now: datetime) -> Actor | None:
        """Find out who asks; None is nobody, who brought no token."""
        token = bearer_of(request.headers)
        if token is None:
            return None
        with self.refusing():
            try:
                actor = await within(IDENTIFY_TIMEOUT, self._office().identify(token, now))
            except TimeoutError:
                raise RequestRefused(503, ErrorCode.UNAVAILABLE) from None
        if actor is None:
            raise RequestRefused(401, ErrorCode.UNAUTHENTICATED)
        passage_of(request).actor = actor.id
        return actor

    def may_introspect(self, actor: Actor | None) -> bool:
        """Tell whether somebody may ask about the schema itself."""
        return self._demo or self._office().guard.may(actor, Act.INTROSPECT)

    async def sdl(self, request: Request) -> Response:
        """Give the schema in GraphQL's own language to those who may ask about it."""
        actor = await self.identified(request, self._clock())
        if not self.may_introspect(actor):
            raise RequestRefused(*_denied(actor))
        return Response(self._schema.as_str(), media_type="text/plain; charset=utf-8")

    def _unexecuted(self, passage: Passage, errors: tuple[TopLevelError, ...]) -> Response:
        return written(passage, 400 if passage.media_type is MediaType.GRAPHQL else 200, errors)


def _denied(actor: Actor | None) -> tuple[int, ErrorCode]:
    return (401, ErrorCode.UNAUTHENTICATED) if actor is None else (403, ErrorCode.FORBIDDEN)


def _field_names(operation: OperationDefinitionNode) -> tuple[str, ...]:
    """Name the root fields by the schema's names, never by a client's aliases."""
    selections = operation.selection_set.selections
    return tuple(selection.name.value for selection in selections if isinstance(selection, FieldNode))

"""What a top-level error may say: a code of a closed list, its fixed text in one of two languages, and where.

- Code, request id and, where waiting helps, `retryAfterMs` are all that an error's extensions hold.
- A text depends on code and language alone: no input, no name and no exception's words are ever in it.
- An error of the client's is told from a bug by what it points at: a field is executed, a variable or a value is input.
- Of a bug the log gets the exception's type and the places in our own code, never its words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

import strawberry
import structlog
from graphql import ExecutionResult, FieldNode, GraphQLError, execute, subscribe
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.config import StrawberryConfig

from records.connection import is_unreachable
from records.traces import trace_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Mapping
    from uuid import UUID

    from graphql import DocumentNode, GraphQLSchema
    from strawberry.types import ExecutionContext

COERCION_ERRORS = 10
"""How many wrong variables one answer names at most."""


@strawberry.enum(description="Why a request, or a field of it, was not answered (错误代码, closed list).")
class ErrorCode(StrEnum):
    """Why a request, or a field of it, was not answered (closed; in the SDL)."""

    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    BAD_CURSOR = "BAD_CURSOR"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    UNDERTAKING_NEEDED = "UNDERTAKING_NEEDED"
    NOT_FOUND = "NOT_FOUND"
    TOO_COSTLY = "TOO_COSTLY"
    RATE_LIMITED = "RATE_LIMITED"
    UNKNOWN_DOCUMENT = "UNKNOWN_DOCUMENT"
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"
    CONFLICT = "CONFLICT"
    AUDIT_UNAVAILABLE = "AUDIT_UNAVAILABLE"
    KEYS_UNAVAILABLE = "KEYS_UNAVAILABLE"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


class Language(StrEnum):
    """The languages that the wire speaks, Chinese first."""

    ZH = "zh"
    EN = "en"


_TEXTS: dict[ErrorCode, tuple[str, str]] = {
    ErrorCode.GRAPHQL_PARSE_FAILED: (
        "查询文档有语法错误,位置见 locations。",
        "The document is not well-formed GraphQL; locations says where.",
    ),
    ErrorCode.GRAPHQL_VALIDATION_FAILED: (
        "查询文档与接口定义不符,位置见 locations。",
        "The document does not fit the schema; locations says where.",
    ),
    ErrorCode.BAD_USER_INPUT: (
        "请求的格式或变量与接口定义不符。",
        "The request or its variables are not what the interface defines.",
    ),
    ErrorCode.BAD_CURSOR: (
        "翻页游标无效,请从第一页重新读取。",
        "The cursor is not valid here: read again from the first page.",
    ),
    ErrorCode.UNAUTHENTICATED: ("请先登录,或重新登录。", "Log in, or log in again."),
    ErrorCode.FORBIDDEN: ("您没有权限这样做。", "You are not allowed to do this."),
    ErrorCode.UNDERTAKING_NEEDED: (
        "请先签署保密协议:阅读 undertaking 的正文后调用 signUndertaking,或请主管登记纸质签署。",
        "Sign the undertaking of confidentiality first (signUndertaking), or have it recorded that you signed paper.",
    ),
    ErrorCode.NOT_FOUND: ("没有找到。", "Not found."),
    ErrorCode.TOO_COSTLY: (
        "请求超出单次允许的大小,请拆分后再试。",
        "The request asks for more than one request may: split it.",
    ),
    ErrorCode.RATE_LIMITED: ("请求过于频繁,请稍后再试。", "Too many requests: try again later."),
    ErrorCode.UNKNOWN_DOCUMENT: ("此查询文档未登记。", "This document is not a registered one."),
    ErrorCode.IDEMPOTENCY_CONFLICT: (
        "同一个 idempotencyKey 已用于不同的内容,请换一个新的。",
        "This idempotencyKey was used with other input: take a new one.",
    ),
    ErrorCode.CONFLICT: ("与同时发生的操作冲突,请重试。", "Something else happened at the same time: try again."),
    ErrorCode.AUDIT_UNAVAILABLE: (
        "访问日志暂不可用,因此未执行任何操作,请稍后再试。",
        "The access log is out of reach, so nothing was done: try again later.",
    ),
    ErrorCode.KEYS_UNAVAILABLE: ("密钥暂不可用,请稍后再试。", "The keys are out of reach: try again later."),
    ErrorCode.UNAVAILABLE: ("服务暂不可用,请稍后再试。", "The service is not available for now: try again later."),
    ErrorCode.INTERNAL: (
        "服务内部出错,已记录;请告知管理员 requestId。",
        "Something went wrong on our side and is recorded: tell the administrator the requestId.",
    ),
}


for _value in ErrorCode.__strawberry_definition__.values:  # pyright: ignore[reportAttributeAccessIssue]  (strawberry's)
    _value.description = "{1} ({0})".format(*_TEXTS[_value.value])


def text_of(code: ErrorCode, language: Language) -> str:
    """Give the fixed text of a code."""
    return _TEXTS[code][language is Language.EN]


@dataclass(frozen=True, slots=True)
class TopLevelError:
    """One entry of `errors`: its code, where in the document, which field of the answer, how long to wait.

    `trace` is for the log alone: the type of an exception and `file:line` of our own code; empty unless there was one.
    `path` holds the client's own aliases and so is answered, never logged.
    """

    code: ErrorCode
    locations: tuple[tuple[int, int], ...] = ()
    path: tuple[str | int, ...] = field(default=(), repr=False)
    retry_after: timedelta | None = None
    trace: tuple[str, ...] = ()

    def formatted(self, language: Language, request_id: UUID) -> dict[str, object]:
        """Write it as the GraphQL specification's error, section 7.1.2."""
        extensions: dict[str, object] = {"code": self.code.value, "requestId": str(request_id)}
        if self.retry_after is not None:
            extensions["retryAfterMs"] = round(self.retry_after / timedelta(milliseconds=1))
        written: dict[str, object] = {"message": text_of(self.code, language), "extensions": extensions}
        if self.locations:
            written["locations"] = [{"line": line, "column": column} for line, column in self.locations]
        if self.path:
            written["path"] = list(self.path)
        return written


@dataclass(frozen=True, slots=True)
class Answer:
    """What executing an operation gave; a request error (nothing was executed) has no data entry at all."""

    executed: bool
    data: dict[str, Any] | None = field(repr=False)
    errors: tuple[TopLevelError, ...] = ()


@runtime_checkable
class Retriable(Protocol):
    """An exception that knows how long to wait before the next attempt."""

    @property
    def retry_after(self) -> timedelta:
        """How long to wait."""
        ...


def locations_of(error: GraphQLError) -> tuple[tuple[int, int], ...]:
    """Give line and column, from 1, of whatever an error points at."""
    return tuple((location.line, location.column) for location in error.locations or ())


class BaobeiSchema(strawberry.Schema):
    """The schema, with errors that repeat nothing.

    `codes` says which exceptions of the layers below are a code of the wire; a subclass counts as its parent. Every
    other exception is a bug, `INTERNAL`. Schema extensions are not taken: the endpoint parses, validates and limits.
    """

    def __init__(
        self,
        query: type,
        mutation: type | None = None,
        subscription: type | None = None,
        *,
        codes: Mapping[type[Exception], ErrorCode],
        types: Iterable[type] = (),
        config: StrawberryConfig | None = None,
    ) -> None:
        super().__init__(
            query=query,
            mutation=mutation,
            subscription=subscription,
            types=(*types, ErrorCode),
            config=config or StrawberryConfig(disable_field_suggestions=True),
        )
        self._codes = dict(codes)

    @property
    def graphql(self) -> GraphQLSchema:
        """The schema as graphql-core knows it."""
        return self._schema

    def code_of(self, error: BaseException) -> ErrorCode:
        """Give the code of an exception that left an act."""
        for kind in type(error).__mro__:
            if kind in self._codes:
                return self._codes[kind]
        return ErrorCode.UNAVAILABLE if is_unreachable(error) else ErrorCode.INTERNAL

    def described(self, error: BaseException) -> TopLevelError:
        """Turn an exception that left an act into what the wire may say of it."""
        code = self.code_of(error)
        known = any(kind in self._codes for kind in type(error).__mro__)
        return TopLevelError(
            code,
            retry_after=error.retry_after if isinstance(error, Retriable) else None,
            trace=() if known else trace_of(error),
        )

    def _located(self, error: GraphQLError) -> TopLevelError:
        """Turn an error of the executor into what the wire may say of it."""
        locations, path = locations_of(error), tuple(error.path or ())
        if error.nodes and not isinstance(error.nodes[0], FieldNode):
            # A variable, a value or a directive is to blame, whatever the scalar's own parser raised about it.
            return TopLevelError(ErrorCode.BAD_USER_INPUT, locations, path)
        origin: BaseException = error
        while isinstance(origin, GraphQLError) and origin.original_error is not None:
            origin = origin.original_error
        if origin is error and not path:
            return TopLevelError(ErrorCode.BAD_USER_INPUT, locations)
        described = self.described(origin)
        # The field's name stands in the schema, else the document would not be valid: it is no input.
        fields = (f"field {node.name.value}" for node in error.nodes or () if isinstance(node, FieldNode))
        trace = (*described.trace, *fields) if described.trace else ()
        return TopLevelError(described.code, locations, path, described.retry_after, trace)

    async def answer(
        self,
        document: DocumentNode,
        *,
        operation_name: str | None,
        variables: dict[str, Any] | None,
        desk: object,
    ) -> Answer:
        """Execute an operation of a document that has been validated and measured.

        strawberry's own `execute` is not used: it logs an error's words, and with them variables and document.
        """
        outcome = execute(
            self._schema,
            document,
            variable_values=variables,
            operation_name=operation_name,
            context_value=desk,
            executor_class=self.execution_context_class,
            is_awaitable=optimized_is_awaitable,  # pyright: ignore[reportArgumentType]  (it is what strawberry passes)
            max_coercion_errors=COERCION_ERRORS,
            hide_suggestions=True,
            operation_extensions=None,
        )
        result = await outcome if isawaitable(outcome) else outcome
        return self._answered(result)

    def _answered(self, result: ExecutionResult) -> Answer:
        errors = tuple(self._located(error) for error in result.errors or ())
        refused = result.data is None and not any(error.path for error in errors)
        return Answer(not refused, result.data, errors)

    async def follow(
        self,
        document: DocumentNode,
        *,
        operation_name: str | None,
        variables: dict[str, Any] | None,
        desk: object,
    ) -> AsyncGenerator[Answer]:
        """Answer a subscription, event by event; what is raised between two events is the last answer."""
        outcome = subscribe(
            self._schema,
            document,
            variable_values=variables,
            operation_name=operation_name,
            context_value=desk,
            executor_class=self.execution_context_class,
            max_coercion_errors=COERCION_ERRORS,
            hide_suggestions=True,
            operation_extensions=None,
        )
        events = await outcome if isawaitable(outcome) else outcome
        if isinstance(events, ExecutionResult):
            yield self._answered(events)
            return
        try:
            async for event in events:
                yield self._answered(event)
        except Exception as error:  # noqa: BLE001  (whatever it is, it is said by its code)
            yield Answer(executed=True, data=None, errors=(self.described(error),))
        finally:
            await cast("AsyncGenerator[ExecutionResult]", events).aclose()

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Put the fixed text in the place of every error's words, for whatever runs by strawberry's own path.

        Streams do: an exception there comes without a path and with its text. The same objects are sent afterwards,
        so they lose document, nodes and cause as well.
        """
        context: Any = execution_context.context if execution_context else None  # a desk
        language = Language(getattr(context, "language", Language.ZH))
        for error in errors:
            said = self._located(error)
            if said.trace:
                structlog.get_logger("baobei").error("bug", code=said.code, trace=said.trace)
            error.message = text_of(said.code, language)
            error.args = (error.message,)
            error.extensions = {"code": said.code.value}
            if hasattr(context, "request_id"):
                error.extensions["requestId"] = str(context.request_id)
            error.nodes = error.source = error.positions = error.original_error = error.cause = None
            error.__cause__ = error.__context__ = error.__traceback__ = None

"""What a client sent, held to what the wire allows: headers, body and the parameters of a GraphQL request.

- Whatever is not as it should be is refused by status and code; nothing that was sent is repeated.
- A body is UTF-8 JSON of at most 64 KiB, an object without double names, lone surrogates or numbers that are none.
- Sources: GraphQL over HTTP (sections 4 to 6), RFC 8259, RFC 9110 (sections 8.3, 11.6, 12.5), RFC 6750.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import UUID

from api.limits import MAX_BODY
from schema.errors import ErrorCode, Language, TopLevelError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.datastructures import Headers
    from starlette.requests import Request

BODY_TIMEOUT = 10.0
"""Seconds that a body may take to arrive."""
DRAINED = 2 * 1024 * 1024
"""Bytes of a body that are still read, so that its sender gets to read the refusal; above, the connection ends."""
MAX_JSON_DEPTH = 64
CLOSE: Mapping[str, str] = {"Connection": "close"}
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]{1,512}=*")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CLIENT = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,31}/[A-Za-z0-9._+-]{1,31}")
_QUALITY = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


class MediaType(StrEnum):
    """The two media types of an answer."""

    GRAPHQL = "application/graphql-response+json"
    JSON = "application/json"


class RequestRefused(Exception):  # noqa: N818 (the door's No; no programming error)
    """A whole request is refused: status, errors, and the headers that go with them."""

    def __init__(
        self, status: int, *errors: TopLevelError | ErrorCode, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status)
        self.status = status
        self.errors = tuple(TopLevelError(error) if isinstance(error, ErrorCode) else error for error in errors)
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of a GraphQL request; they hold what customers said and have no voice."""

    document: str = field(repr=False)
    operation_name: str | None = field(default=None, repr=False)
    variables: dict[str, Any] | None = field(default=None, repr=False)


def _weighed(headers: Headers, name: str) -> list[tuple[str, float]]:
    """List what a client accepts with its weight; a weight that is none counts as 0 (RFC 9110, 12.4.2)."""
    listed = []
    for part in ",".join(headers.getlist(name)).split(","):
        value, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weights = [parameter[2:].strip() for parameter in parameters if parameter.startswith("q=")]
        weight = weights[-1] if weights else "1"
        if value:
            listed.append((value, float(weight) if _QUALITY.fullmatch(weight) else 0.0))
    return listed


def media_type_of(headers: Headers) -> MediaType:
    """Choose the answer's media type: the one of GraphQL where it is asked for by name, JSON everywhere else."""
    weights = dict[str, float]()
    for value, weight in _weighed(headers, "accept"):
        weights[value] = max(weight, weights.get(value, 0.0))
    asked_for = weights.get(MediaType.GRAPHQL, 0.0)
    return MediaType.GRAPHQL if asked_for > 0 and asked_for >= weights.get(MediaType.JSON, 0.0) else MediaType.JSON


def language_of(headers: Headers) -> Language:
    """Choose the language of texts: English where it is preferred to Chinese, Chinese everywhere else."""
    weights = {Language.ZH: 0.0, Language.EN: 0.0}
    for value, weight in _weighed(headers, "accept-language"):
        primary = value.split("-")[0]
        if primary in weights:
            weights[Language(primary)] = max(weight, weights[Language(primary)])
    return Language.EN if weights[Language.EN] > weights[Language.ZH] else Language.ZH


def request_id_of(headers: Headers) -> UUID | None:
    """Take over the id that a client gave its request, if it is a UUID in its usual form."""
    given = headers.get("x-request-id", "")
    return UUID(given) if _UUID.fullmatch(given) else None


def client_of(headers: Headers) -> str | None:
    """Give `name/version` of the program that asks, if it says so in the form agreed on."""
    given = headers.get("baobei-client", "")
    return given if _CLIENT.fullmatch(given) else None


def bearer_of(headers: Headers) -> str | None:
    """Give the token of a request, or None if it names none; whatever else is there instead is refused."""
    given = headers.getlist("authorization")
    if not given:
        return None
    scheme, _, token = given[0].strip().partition(" ")
    if len(given) > 1 or scheme.lower() != "bearer" or not _TOKEN.fullmatch(token.strip()):
        raise RequestRefused(401, ErrorCode.UNAUTHENTICATED)
    return token.strip()


def hold_to_json(headers: Headers) -> None:
    """Refuse whatever is not said to be JSON in UTF-8: forms and plain text are what browsers send unasked."""
    given = headers.getlist("content-type")
    value, *parameters = (piece.strip().lower() for piece in (given or [""])[0].split(";"))
    charsets = [parameter[8:].strip().strip('"') for parameter in parameters if parameter.startswith("charset=")]
    encoded = headers.get("content-encoding", "identity").strip().lower() != "identity"
    if len(given) != 1 or value != MediaType.JSON or set(charsets) - {"utf-8", "utf8"} or encoded:
        raise RequestRefused(415, ErrorCode.BAD_USER_INPUT, headers={"Accept-Post": MediaType.JSON})


async def body_of(request: Request) -> bytes:
    """Read a body of at most 64 KiB, counting what comes rather than what was announced."""
    announced = request.headers.get("content-length", "0")
    if len(announced) > len(str(DRAINED)) or (announced.isdecimal() and int(announced) > DRAINED):
        raise RequestRefused(413, ErrorCode.TOO_COSTLY, headers=CLOSE)
    body, length = bytearray(), 0
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            async for chunk in request.stream():
                length += len(chunk)
                if length > DRAINED:
                    raise RequestRefused(413, ErrorCode.TOO_COSTLY, headers=CLOSE)
                if length <= MAX_BODY:
                    body += chunk
    except TimeoutError:
        raise RequestRefused(400, ErrorCode.BAD_USER_INPUT, headers=CLOSE) from None
    if length > MAX_BODY:
        raise RequestRefused(413, ErrorCode.TOO_COSTLY)
    return bytes(body)


def asked_in(body: bytes) -> Asked:
    """Read the parameters of a GraphQL request; those the protocol does not know are passed over."""
    parameters = object_in(body)
    document = parameters.get("query")
    operation_name = parameters.get("operationName")
    variables = parameters.get("variables")
    if (
        not isinstance(document, str)
        or not isinstance(operation_name, str | None)
        or not isinstance(variables, dict | None)
        or not isinstance(parameters.get("extensions"), dict | None)
    ):
        raise RequestRefused(400, ErrorCode.BAD_USER_INPUT)
    return Asked(document, operation_name, variables)


def object_in(body: bytes) -> dict[str, Any]:
    """Read a JSON object."""
    value = _json(body)
    if not isinstance(value, dict):
        raise RequestRefused(400, ErrorCode.BAD_USER_INPUT)
    return value


def _json(body: bytes) -> object:
    """Read JSON as strictly as RFC 8259 lets one: no double names, no NaN, no lone surrogate, no abyss."""
    try:
        value: object = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_refuse)
        sound = _sound(value)
    except (ValueError, RecursionError):
        sound, value = False, None
    if not sound:
        raise RequestRefused(400, ErrorCode.BAD_USER_INPUT)
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice")
    return members


def _refuse(_constant: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


def _sound(value: object) -> bool:
    """Tell whether every number is finite, every text is Unicode, and nothing is nested too deeply."""
    pending: list[tuple[object, int]] = [(value, 1)]
    while pending:
        item, depth = pending.pop()
        if depth > MAX_JSON_DEPTH or (isinstance(item, float) and not isfinite(item)):
            return False
        if isinstance(item, str):
            item.encode()  # raises UnicodeEncodeError, a ValueError, on a lone surrogate
        elif isinstance(item, dict):
            pending.extend((part, depth + 1) for pair in item.items() for part in pair)
        elif isinstance(item, list):
            pending.extend((part, depth + 1) for part in item)
    return True


def codes_of(errors: Iterable[TopLevelError]) -> tuple[ErrorCode, ...]:
    """List the codes of errors, each once, for log and counts."""
    return tuple(dict.fromkeys(error.code for error in errors))

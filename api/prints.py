"""What goes on paper: print pages and lists, shown by the same resolvers as GraphQL, to whoever these would answer.

- A page asks the schema a document of ours as the person who asks: guard, masks, scope and access log are the schema's,
  and what they would not be shown stands on no paper. An entry of the log says besides what was printed, or listed.
- A page is one sheet of A4, runs nothing and fetches nothing: its style is named in its policy by digest.
- A list has at most so many rows, and says when there are more; its contacts are masked, and no cell of it is run.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

from starlette.responses import Response

from api.endpoint import LANGUAGE_TAGS, passage_of
from api.lists import CLAIMS, CUSTOMERS, MOST_ROWS, XLSX, List, workbook_of
from api.pages import POLICY, Sheet, html_of
from api.print_sheets import AWARD, CLAIM, award_sheet, receipt_sheet, register_sheet, ruling_sheet
from api.requests import RequestRefused
from records.audit import Entry, concerned
from records.blank_register import blank_register
from records.references import Kind, row_of
from schema.errors import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from api.endpoint import Endpoint
    from records.desk import Desk

    Drawn = Callable[[dict[str, Any], "Desk"], Sheet]

A_PAGE: Final = 100


class Prints:
    """The doors to paper; each asks the endpoint who asks, and the schema what they may see."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def page(self, root: str, document: str, drawn: Drawn, tag: str) -> Callable[[Request], Awaitable[Response]]:
        """Give the door of a print page of one object."""

        async def answer(request: Request) -> Response:
            desk = await self._desk(request)
            variables = {"id": request.path_params["id"], "l": desk.language.upper()}
            found = (await self._endpoint.shown(document, variables, desk=desk)).get(root)
            if found is None:
                raise RequestRefused(HTTPStatus.NOT_FOUND, ErrorCode.NOT_FOUND)
            customer, team = (found.get("customer") or {}).get("id"), (found.get("team") or {}).get("id")
            await self._noted(desk, Entry(
                tag, customer=row_of(Kind.CUSTOMER, customer), subject_teams=concerned(row_of(Kind.TEAM, team)),
            ))  # fmt: skip
            return Response(html_of(drawn(found, desk), desk.language), headers={
                "Content-Security-Policy": POLICY,
                "Content-Language": LANGUAGE_TAGS[passage_of(request).language],
                "Content-Type": "text/html; charset=utf-8",
            })  # fmt: skip

        return answer

    def list(self, listed: List) -> Callable[[Request], Awaitable[Response]]:
        """Give the door of a list as a workbook."""

        async def answer(request: Request) -> Response:
            desk = await self._desk(request)
            rows: list[dict[str, Any]] = []
            after, more = None, True
            while more and len(rows) < MOST_ROWS:
                variables = {"first": A_PAGE, "after": after}
                shown = (await self._endpoint.shown(listed.document, variables, desk=desk)).get(listed.root)
                if shown is None:
                    raise RequestRefused(HTTPStatus.FORBIDDEN, ErrorCode.FORBIDDEN)
                rows += shown["nodes"]
                after, more = shown["pageInfo"]["endCursor"], shown["pageInfo"]["hasNextPage"]
            await self._noted(desk, Entry(listed.tag, count=max(len(rows), 1)))
            zone = desk.rulebook.zone
            written = await asyncio.to_thread(workbook_of, listed, rows, desk.language, zone, is_cut=more)
            return _workbook(written, listed.file)

        return answer

    async def template(self, request: Request) -> Response:
        """Give the blank register to whoever is signed in."""
        await self._desk(request)
        return _workbook(await asyncio.to_thread(blank_register), "register-template.xlsx")

    async def _desk(self, request: Request) -> Desk:
        return cast("Desk", await self._endpoint.signed_in(request))

    async def _noted(self, desk: Desk, entry: Entry) -> None:
        """Leave the entry before the paper is handed out; without the log there is none."""
        with self._endpoint.refusing():
            await desk.note(entry)


def doors(prints: Prints) -> dict[str, tuple[str, Callable[[Request], Awaitable[Response]]]]:
    """List the doors by their path, each with its name in journal and counts."""
    return {
        "/print/claims/{id}/register": ("print", prints.page("claim", CLAIM, register_sheet, "print:register")),
        "/print/claims/{id}/receipt": ("print", prints.page("claim", CLAIM, receipt_sheet, "print:receipt")),
        "/print/claims/{id}/ruling": ("print", prints.page("claim", CLAIM, ruling_sheet, "print:ruling")),
        "/print/disputes/{id}/ruling": ("print", prints.page("dispute", AWARD, award_sheet, "print:ruling")),
        "/lists/customers.xlsx": ("list", prints.list(CUSTOMERS)),
        "/lists/claims.xlsx": ("list", prints.list(CLAIMS)),
        "/lists/register-template.xlsx": ("list", prints.template),
    }


def _workbook(written: bytes, name: str) -> Response:
    return Response(written, headers={
        "Content-Type": XLSX, "Content-Disposition": f'attachment; filename="{name}"',
    })  # fmt: skip

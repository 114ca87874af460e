"""What every object and every page of a list has in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

import strawberry

from schema.directives import requires

if TYPE_CHECKING:
    from records.pages import Count as Counted
    from records.pages import Page

N = TypeVar("N")
R = TypeVar("R")

First = Annotated[int | None, strawberry.argument(description="At most so many from the beginning, 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="Only what stands behind this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="At most so many from the end, 1 to 100.")]
Before = Annotated[str | None, strawberry.argument(description="Only what stands before this cursor.")]


@strawberry.interface(description="An object that can be read again by its id (节点).")
class Node:
    """An object with an id."""

    id: strawberry.ID = strawberry.field(
        description="Opaque id with a prefix for its type; not guessable.", directives=requires(None)
    )


@strawberry.type(description="How many objects a list has (总数): of those that the viewer may see.")
class Count:
    """A count."""

    value: int = strawberry.field(description="The number, at most 1,000.", directives=requires(None))
    is_exact: bool = strawberry.field(description="False: there are more than that.", directives=requires(None))


@strawberry.type(description="Where a page stands in its list (分页信息); only visible objects count.")
class PageInfo:
    """A page's place."""

    has_next_page: bool = strawberry.field(
        description="Something visible stands behind this page.", directives=requires(None)
    )
    has_previous_page: bool = strawberry.field(
        description="Something visible stands before this page.", directives=requires(None)
    )
    start_cursor: str | None = strawberry.field(description="The first object's cursor.", directives=requires(None))
    end_cursor: str | None = strawberry.field(description="The last object's cursor.", directives=requires(None))


@strawberry.type(description="One object of a page, with its place in the list (列表项).")
class Edge(Generic[N]):
    """One object of a page."""

    cursor: str = strawberry.field(
        description="Its place: good for this viewer, list, filter and order only.", directives=requires(None)
    )
    node: N = strawberry.field(description="The object.", directives=requires(None))


@strawberry.type(description="A page of a list (分页列表): `first` or `last` says how long it may be, from 1 to 100.")
class Connection(Generic[N]):
    """A page of a list."""

    edges: list[Edge[N]] = strawberry.field(description="The objects with their cursors.", directives=requires(None))
    nodes: list[N] = strawberry.field(description="The objects alone.", directives=requires(None))
    page_info: PageInfo = strawberry.field(description="Where the page stands.", directives=requires(None))
    counted: strawberry.Private[Callable[[], Awaitable[Any]]]

    @strawberry.field(
        description="How many there are in all; asked of the book only if asked for.", directives=requires(None)
    )
    async def total_count(self) -> Count:
        """Count the whole list."""
        count: Counted = await self.counted()
        return Count(value=count.value, is_exact=count.is_exact)


def connection(page: Page[R], node_of: Callable[[R], N], counted: Callable[[], Awaitable[Counted]]) -> Connection[N]:
    """Make a connection of a page of rows."""
    nodes = [node_of(row) for row in page.rows]
    info = PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=page.cursors[0] if page.cursors else None,
        end_cursor=page.cursors[-1] if page.cursors else None,
    )
    edges = [Edge(cursor=cursor, node=node) for cursor, node in zip(page.cursors, nodes, strict=True)]
    return Connection(edges=edges, nodes=nodes, page_info=info, counted=counted)

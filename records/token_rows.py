"""Tokens as rows of a statement, which index rows are joined with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from records.queries import Values
    from records.tokens import Token


def token_rows(tokens: Sequence[Token], bind: Values) -> str:
    """Write tokens as rows `t` with the columns by which a row of an index is found."""
    columns = (
        bind([token.index for token in tokens], "smallint[]"),
        bind([token.key for token in tokens], "integer[]"),
        bind([token.normaliser for token in tokens], "smallint[]"),
        bind([token.token for token in tokens], "bytea[]"),
    )
    return f"unnest({', '.join(columns)}) AS t(index, key_id, normaliser, token)"

"""What every table's model is made of."""

# Tortoise declares a Meta in its own way.
# pyright: reportIncompatibleVariableOverride=false

from __future__ import annotations

from typing import Any

import tortoise.models


class _Plain(tortoise.models.ModelMeta):
    """Make a model without looking for comments in its source: reading that cost each command a sixth of its start."""

    def __new__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> type:
        return super().__new__(cls, name, bases, {"_no_comments": True, **attrs})


class Model(tortoise.models.Model, metaclass=_Plain):
    """A table's model; its docstring is the table's comment."""

    class Meta:
        abstract = True

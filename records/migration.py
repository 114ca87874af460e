"""One step of the tables' layout: what every migration is made of.

The ORM copies all that it knows of the layout before each operation of a step, for those that look back at what was
there: on an empty database that is half the time, and of all our operations five look back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tortoise import migrations
from tortoise.migrations import operations as ops

if TYPE_CHECKING:
    from tortoise.migrations.schema_editor.base import BaseSchemaEditor
    from tortoise.migrations.schema_generator.state import State

_LOOKS_AHEAD = (ops.CreateModel, ops.AddField, ops.AddIndex, ops.AddConstraint, ops.AlterModelOptions, ops.RunSQL)
"""Operations whose way forward reads the layout that they make, and never the one before."""


class Migration(migrations.Migration):
    """A step, in one transaction, that copies the layout before an operation only where that looks back."""

    async def apply(
        self,
        state: State,
        *,
        dry_run: bool = False,
        schema_editor: BaseSchemaEditor | None = None,
        collect_sql: bool = False,
    ) -> State:
        """Run the step's operations and give the layout that they lead to."""
        if dry_run or collect_sql or schema_editor is None or not schema_editor.atomic_migration:
            return await super().apply(state, dry_run=dry_run, schema_editor=schema_editor, collect_sql=collect_sql)
        for operation in self.operations:
            before = state if isinstance(operation, _LOOKS_AHEAD) else state.clone()
            operation.state_forward(self.app_label, state)
            await operation.database_forward(self.app_label, before, state, schema_editor)
        state.validate_relations_initialized()
        return state

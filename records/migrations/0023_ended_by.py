"""Who ended an act on keys: another than who asked may have taken it back."""

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from records import migration


class Migration(migration.Migration):
    dependencies = [("records", "0022_backups")]

    operations = [
        ops.AddField(
            model_name="KeyAct",
            name="ended_by",
            field=fields.ForeignKeyField(
                "records.Staff",
                source_field="ended_by_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="ended_key_acts",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
    ]

"""Evidence of backups and of trials to restore them (G6 G15); appended, never changed."""

from uuid import uuid4

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from records import migration
from records.columns import DigestField

BACKUP = (
    ("backup_of_something", "size > 0"),
    ("backup_digest_length", "octet_length(digest) = 32"),
    ("backup_made_before", "made_at <= recorded_at"),
    ("backup_by_somebody", "num_nonnulls(staff_id, operator) = 1"),
)
TRIAL = (
    ("restore_trial_outcome", "outcome IN ('good', 'failed')"),
    ("restore_trial_tried_before", "tried_at <= recorded_at"),
    ("restore_trial_by_somebody", "num_nonnulls(staff_id, operator) = 1"),
)
STATEMENTS = [
    *(f"ALTER TABLE backup ADD CONSTRAINT {name} CHECK ({check})" for name, check in BACKUP),
    *(f"ALTER TABLE restore_trial ADD CONSTRAINT {name} CHECK ({check})" for name, check in TRIAL),
    *(
        f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        for table in ("backup", "restore_trial")
    ),
    "GRANT SELECT, INSERT ON backup, restore_trial TO baobei_app",
]


def _reference(
    model: str, column: str, related: str, *, null: bool = False
) -> fields.ForeignKeyRelation | fields.ForeignKeyNullableRelation:
    return fields.ForeignKeyField(
        f"records.{model}",
        source_field=column,
        null=null,
        db_constraint=True,
        to_field="id",
        related_name=related,
        on_delete=OnDelete.RESTRICT,
    )


def _instant() -> fields.DatetimeField:
    return fields.DatetimeField(auto_now=False, auto_now_add=False)


class Migration(migration.Migration):
    dependencies = [("records", "0021_undertakings")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Backup",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("made_at", _instant()),
                ("size", fields.BigIntField()),
                ("digest", DigestField()),
                ("contents", DigestField(null=True)),
                ("rows", fields.BigIntField(null=True)),
                ("ledger", DigestField(null=True)),
                ("recovery", DigestField(null=True)),
                ("staff", _reference("Staff", "staff_id", "backups", null=True)),
                ("operator", fields.CharField(null=True, max_length=64)),
                ("recorded_at", _instant()),
            ],
            options={
                "table": "backup",
                "app": "records",
                "unique_together": (("digest",),),
                "indexes": [Index(fields=["made_at"], name="backup_by_age")],
                "constraints": [CheckConstraint(check=check, name=name) for name, check in BACKUP],
                "pk_attr": "id",
                "table_description": "That a backup was made (备份, G6 G15): when, how large, its digests, and by whom; appended, never changed.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RestoreTrial",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("backup", _reference("Backup", "backup_id", "trials")),
                ("tried_at", _instant()),
                ("outcome", fields.CharField(max_length=20)),
                ("staff", _reference("Staff", "staff_id", "trials", null=True)),
                ("operator", fields.CharField(null=True, max_length=64)),
                ("recorded_at", _instant()),
            ],
            options={
                "table": "restore_trial",
                "app": "records",
                "indexes": [Index(fields=["backup_id", "tried_at"], name="restore_trial_by_backup")],
                "constraints": [CheckConstraint(check=check, name=name) for name, check in TRIAL],
                "pk_attr": "id",
                "table_description": "That a backup was restored to see whether it can be (恢复测试), and how that ended; appended, never changed.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(STATEMENTS),
    ]

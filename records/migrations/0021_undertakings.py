"""Undertakings of confidentiality (B10): who signed which text, when and how; appended, never changed."""

from uuid import uuid4

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from records import migration
from records.columns import DigestField

CHECKS = (
    ("undertaking_way", "way IN ('here', 'paper')"),
    ("undertaking_signed_oneself", "(way = 'here') = (recorded_by_id = staff_id)"),
    ("undertaking_digest_length", "octet_length(digest) = 32"),
)
STATEMENTS = [
    *(f"ALTER TABLE undertaking ADD CONSTRAINT {name} CHECK ({check})" for name, check in CHECKS),
    "CREATE TRIGGER undertaking_is_append_only BEFORE UPDATE OR DELETE ON undertaking FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "GRANT SELECT, INSERT ON undertaking TO baobei_app",
]


def _staff(column: str, related: str) -> fields.ForeignKeyRelation:
    return fields.ForeignKeyField(
        "records.Staff",
        source_field=column,
        db_constraint=True,
        to_field="id",
        related_name=related,
        on_delete=OnDelete.RESTRICT,
    )


class Migration(migration.Migration):
    dependencies = [("records", "0020_grants")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Undertaking",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("staff", _staff("staff_id", "undertakings")),
                ("version", fields.IntField()),
                ("digest", DigestField()),
                ("way", fields.CharField(max_length=20)),
                ("signed_on", fields.DateField()),
                ("document", fields.CharField(null=True, max_length=64)),
                ("recorded_by", _staff("recorded_by_id", "recorded_undertakings")),
                ("recorded_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "undertaking",
                "app": "records",
                "unique_together": (("staff", "version", "digest"),),
                "constraints": [CheckConstraint(check=check, name=name) for name, check in CHECKS],
                "pk_attr": "id",
                "table_description": "That somebody signed the undertaking of confidentiality (保密协议, B10): which text, on which day, how.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(STATEMENTS),
    ]

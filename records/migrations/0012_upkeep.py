from uuid import uuid4

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from records import migration

CHECKS = (
    ("contact_correction", "contact_correction_state", "state IN ('pending', 'confirmed', 'rejected', 'applied')"),
    (
        "contact_correction",
        "contact_correction_judged_at",
        "(state IN ('pending', 'applied')) = (judged_at IS NULL)",
    ),
)
# One correction of a filing waits at a time; none is deleted.
STATEMENTS = [
    "GRANT SELECT, INSERT, UPDATE ON contact_correction TO baobei_app",
    "GRANT SELECT, INSERT ON customer_apart TO baobei_app",
    "CREATE TRIGGER customer_apart_is_append_only BEFORE UPDATE OR DELETE ON customer_apart FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE UNIQUE INDEX contact_correction_one_pending ON contact_correction (filing_id) WHERE state = 'pending'",
    *[f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({check})" for table, name, check in CHECKS],
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


class Migration(migration.Migration):
    dependencies = [("records", "0011_archive")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ContactCorrection",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("filing", _reference("Filing", "filing_id", "corrections")),
                (
                    "fact",
                    fields.OneToOneField(
                        "records.Fact",
                        source_field="fact_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="contact_correction",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("changed", ArrayField(element_type="text")),
                ("proposed_by", _reference("Staff", "proposed_by_id", "proposed_corrections")),
                ("proposed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("state", fields.CharField(max_length=20)),
                ("judged_by", _reference("Staff", "judged_by_id", "judged_corrections", null=True)),
                ("judged_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "contact_correction",
                "app": "records",
                "constraints": [CheckConstraint(check=check, name=name) for _, name, check in CHECKS],
                "indexes": [
                    Index(fields=["filing_id", "proposed_at"], name="contact_correction_by_filing"),
                    Index(fields=["state", "proposed_at"], name="contact_correction_by_state"),
                ],
                "pk_attr": "id",
                "table_description": "A correction of a filing's contact data (更正): made at once, or waiting for a supervisor's word (G13).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CustomerApart",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("customer", _reference("Customer", "customer_id", "parted")),
                ("other", _reference("Customer", "other_id", "parted_from")),
                ("fact", _reference("Fact", "fact_id", "parted")),
            ],
            options={
                "table": "customer_apart",
                "app": "records",
                "indexes": [
                    Index(fields=["customer_id"], name="customer_apart_by_customer"),
                    Index(fields=["other_id"], name="customer_apart_by_other"),
                ],
                "pk_attr": "id",
                "table_description": "Two customers whom somebody parted (拆分): a value that both have makes them one no more.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(STATEMENTS),
    ]

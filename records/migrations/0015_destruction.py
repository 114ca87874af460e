from uuid import uuid4

from orjson import loads
from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from records import migration
from records.columns import DigestField

CHECKS = (
    ("destruction_outcome", "outcome IN ('destroyed', 'cancelled')"),
    ("destruction_ended", "(ended_at IS NULL) = (outcome IS NULL)"),
    (
        "destruction_is_certified",
        "(outcome IS NOT DISTINCT FROM 'destroyed') = (num_nonnulls(approved_by_id, certificate, digest) = 3)",
    ),
    ("destruction_two_people", "alone OR approved_by_id <> requested_by_id"),
    (
        "destruction_approved_in_time",
        "ended_at BETWEEN requested_at AND requested_at + interval '24 hours' OR outcome = 'cancelled'",
    ),
)
STATEMENTS = [
    *(f"ALTER TABLE destruction ADD CONSTRAINT {name} CHECK ({check})" for name, check in CHECKS),
    "ALTER TABLE destruction ADD CONSTRAINT destruction_digest_length CHECK (octet_length(digest) = 32)",
    # What was asked for may end; what has ended, and a certificate with it, stays as it is.
    """CREATE FUNCTION refuse_other_destruction() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' OR OLD.outcome IS NOT NULL THEN
            RAISE EXCEPTION 'what was destroyed stays certified' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$""",
    """CREATE TRIGGER destruction_is_kept BEFORE UPDATE OR DELETE ON destruction FOR EACH ROW
    EXECUTE FUNCTION refuse_other_destruction()""",
    "GRANT SELECT, INSERT, UPDATE ON destruction TO baobei_app",
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
    dependencies = [("records", "0014_editions")]

    operations = [
        ops.CreateModel(
            name="Destruction",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("customer", _reference("Customer", "customer_id", "destructions")),
                ("ground", fields.CharField(max_length=30)),
                ("document", fields.CharField(null=True, max_length=64)),
                ("facts", fields.IntField()),
                ("requested_by", _reference("Staff", "requested_by_id", "destructions")),
                ("requested_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("approved_by", _reference("Staff", "approved_by_id", "approved_destructions", null=True)),
                ("alone", fields.BooleanField(default=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("outcome", fields.CharField(null=True, max_length=20)),
                ("certificate", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ("digest", DigestField(null=True)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "destruction",
                "app": "records",
                "indexes": [
                    Index(fields=["requested_at"], name="destruction_by_age"),
                    Index(fields=["customer_id"], name="destruction_by_customer"),
                ],
                "constraints": [CheckConstraint(check=check, name=name) for name, check in CHECKS],
                "pk_attr": "id",
                "table_description": "That a customer's data are to be destroyed (销毁, G16): who asked, who agreed, how it ended, and its certificate.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(STATEMENTS),
    ]

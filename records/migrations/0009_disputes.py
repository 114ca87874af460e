from uuid import uuid4

from orjson import loads
from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from records import migration

# A dispute is appealed after its award, and closed after its appeal.
COURSE_OF_DISPUTES = [
    "CREATE INDEX fact_by_dispute ON fact (dispute_id) WHERE dispute_id IS NOT NULL",
    "ALTER TABLE dispute ADD CONSTRAINT dispute_appealed CHECK (appealed_at IS NULL OR state = 'settled')",
    "ALTER TABLE dispute ADD CONSTRAINT dispute_closed CHECK (closed_at IS NULL OR appealed_at IS NOT NULL)",
    "CREATE TRIGGER award_is_append_only BEFORE UPDATE OR DELETE ON award FOR EACH ROW EXECUTE FUNCTION refuse_change()",
]
RIGHTS = ["GRANT SELECT, INSERT ON award TO baobei_app"]
STATEMENTS = [*COURSE_OF_DISPUTES, *RIGHTS]
OFFENCES = [
    "CREATE TRIGGER offence_is_append_only BEFORE UPDATE OR DELETE ON offence FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "GRANT SELECT, INSERT, DELETE ON law_offence TO baobei_app",
    "GRANT SELECT, INSERT ON offence TO baobei_app",
    "GRANT SELECT, INSERT, UPDATE ON offence_plea TO baobei_app",
]
STATEMENTS += OFFENCES
CHECKS = (
    ("award", "award_level", "level IN ('first', 'appeal')"),
    ("offence_plea", "offence_plea_outcome", "outcome IN ('upheld', 'lifted')"),
    ("offence_plea", "offence_plea_decided_at", "(outcome IS NULL) = (decided_at IS NULL)"),
)
STATEMENTS += [f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({check})" for table, name, check in CHECKS]


class Migration(migration.Migration):
    dependencies = [("records", "0008_corrections")]

    operations = [
        ops.CreateModel(
            name="AwardRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "dispute",
                    fields.ForeignKeyField(
                        "records.Dispute",
                        source_field="dispute_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="awards",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("level", fields.CharField(max_length=20)),
                (
                    "fact",
                    fields.ForeignKeyField(
                        "records.Fact",
                        source_field="fact_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="awards",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "given_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="given_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="given_awards",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("given_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "to",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="to_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="won_awards",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("departs", fields.BooleanField()),
                ("ruling", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={
                "table": "award",
                "app": "records",
                "unique_together": (("dispute", "level"),),
                "constraints": [CheckConstraint(check="level IN ('first', 'appeal')", name="award_level")],
                "pk_attr": "id",
                "table_description": "An award (裁决) on a dispute, first or on appeal, with the engine's ruling as it stood.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LawOffence",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "records.Customer",
                        source_field="customer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="law_offences",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "staff",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="staff_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="law_offences",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("kind", fields.CharField(max_length=40)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("nth", fields.SmallIntField()),
                ("yuan", fields.IntField(null=True)),
                ("clauses", ArrayField(element_type="TEXT")),
                ("edition", fields.CharField(max_length=120)),
            ],
            options={
                "table": "law_offence",
                "app": "records",
                "unique_together": (("customer", "staff", "kind", "at", "nth"),),
                "indexes": [Index(fields=["staff_id", "at"], name="law_offence_by_staff")],
                "pk_attr": "id",
                "table_description": "An offence (违规), or a fine for a loss, that follows from the facts by the law: a projection of them.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OffencePlea",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "staff",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="staff_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="pleas",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("kind", fields.CharField(max_length=40)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("nth", fields.SmallIntField()),
                (
                    "fact",
                    fields.ForeignKeyField(
                        "records.Fact",
                        source_field="fact_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="pleas",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("appealed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("outcome", fields.CharField(null=True, max_length=20)),
                (
                    "decided_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="decided_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="decided_pleas",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "offence_plea",
                "app": "records",
                "unique_together": (("staff", "kind", "at", "nth"),),
                "constraints": [
                    CheckConstraint(check="outcome IN ('upheld', 'lifted')", name="offence_plea_outcome"),
                    CheckConstraint(check="(outcome IS NULL) = (decided_at IS NULL)", name="offence_plea_decided_at"),
                ],
                "pk_attr": "id",
                "table_description": "An appeal (申诉) against an offence, by law or recorded, and what became of it.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OffenceRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "staff",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="staff_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="offences",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "records.Customer",
                        source_field="customer_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="offences",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("kind", fields.CharField(max_length=40)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "fact",
                    fields.ForeignKeyField(
                        "records.Fact",
                        source_field="fact_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="offences",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "recorded_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="recorded_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="recorded_offences",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("step", fields.CharField(max_length=20)),
                ("yuan", fields.IntField(null=True)),
                ("clauses", ArrayField(element_type="TEXT")),
                ("edition", fields.CharField(max_length=120)),
            ],
            options={
                "table": "offence",
                "app": "records",
                "indexes": [Index(fields=["staff_id", "at"], name="offence_by_staff")],
                "pk_attr": "id",
                "table_description": "An offence that a supervisor recorded with evidence, and what it came to; its fact is the evidence.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Dispute",
            name="appealed_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Dispute",
            name="appealed_by",
            field=fields.ForeignKeyField(
                "records.Staff",
                source_field="appealed_by_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="appeals",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Dispute",
            name="arbiter",
            field=fields.ForeignKeyField(
                "records.Staff",
                source_field="arbiter_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="referred_disputes",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Dispute",
            name="closed_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.RunSQL(STATEMENTS),
    ]

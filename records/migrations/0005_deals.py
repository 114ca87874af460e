from uuid import uuid4

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from records import migration

DEALS_OF_FACTS = [
    "ALTER TABLE fact ADD CONSTRAINT fact_deal FOREIGN KEY (deal_id) REFERENCES deal (id)",
    "CREATE INDEX fact_by_deal ON fact (deal_id) WHERE deal_id IS NOT NULL",
]
RIGHTS = ["GRANT SELECT, INSERT, UPDATE ON deal, confirmation TO baobei_app"]
STATEMENTS = [*DEALS_OF_FACTS, *RIGHTS]


class Migration(migration.Migration):
    dependencies = [("records", "0002_invariants")]

    operations = [
        ops.CreateModel(
            name="Deal",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "records.Customer",
                        source_field="customer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="deals",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "opened_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="opened_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="opened_deals",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "team",
                    fields.ForeignKeyField(
                        "records.Team",
                        source_field="team_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="opened_deals",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("opened_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "deal",
                "app": "records",
                "constraints": [CheckConstraint(check="version > 0", name="deal_version_counts_up")],
                "indexes": [Index(fields=["customer_id", "opened_at"], name="deal_by_customer")],
                "pk_attr": "id",
                "table_description": "A deal (成交) with a customer; its course is facts, this row is where they meet.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Confirmation",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "deal",
                    fields.ForeignKeyField(
                        "records.Deal",
                        source_field="deal_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="confirmations",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "fact",
                    fields.ForeignKeyField(
                        "records.Fact",
                        source_field="fact_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="confirmations",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "applicant",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="applicant_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="confirmations",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "team",
                    fields.ForeignKeyField(
                        "records.Team",
                        source_field="team_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="confirmations",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("applied_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("state", fields.CharField(max_length=20)),
                (
                    "judged_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="judged_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="judged_confirmations",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("judged_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "confirmation",
                "app": "records",
                "constraints": [
                    CheckConstraint(check="state IN ('pending', 'valid', 'invalid')", name="confirmation_state"),
                    CheckConstraint(check="(state = 'pending') = (judged_at IS NULL)", name="confirmation_judged_at"),
                ],
                "indexes": [Index(fields=["deal_id", "applied_at"], name="confirmation_by_deal")],
                "pk_attr": "id",
                "table_description": "An application for a deal that nobody holds (认领), with evidence, and what a supervisor found (A18).",
            },
            bases=["Model"],
        ),
        ops.RunSQL(STATEMENTS),
    ]

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

# What a model cannot say: rights on the new tables, and that one person is named once a level.
RAW_SQL = [
    "GRANT SELECT, INSERT, UPDATE, DELETE ON notice, approver, pending_review TO baobei_app",
    "REVOKE DELETE ON notice, approver FROM baobei_app",
    "CREATE UNIQUE INDEX approver_named_once ON approver (level, staff_id) WHERE until_at IS NULL",
]

# Making a table does not bring its checks along.
CHECKS = (
    ("pending_review", "pending_review_level", "level BETWEEN 1 AND levels"),
    ("approver", "approver_level_counts_up", "level > 0"),
    ("notice", "notice_has_one_addressee", "(to_staff_id IS NULL) <> (to_team_id IS NULL)"),
    ("notice", "notice_read_by_somebody", "(read_at IS NULL) = (read_by_id IS NULL)"),
)


class Migration(migration.Migration):
    dependencies = [("records", "0006_checks")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Approver",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("level", fields.SmallIntField()),
                (
                    "staff",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="staff_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="approver_of",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "named_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="named_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="named_approvers",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("from_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("until_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "approver",
                "app": "records",
                "constraints": [CheckConstraint(check="level > 0", name="approver_level_counts_up")],
                "indexes": [Index(fields=["staff_id", "level"], name="approver_by_staff")],
                "pk_attr": "id",
                "table_description": "Who is named to review at a level of the chain (审核人, F4), from when until when; nobody: any of the role.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="NoticeRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "to_staff",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="to_staff_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="notices",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "to_team",
                    fields.ForeignKeyField(
                        "records.Team",
                        source_field="to_team_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="notices",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("kind", fields.CharField(max_length=40)),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "records.Customer",
                        source_field="customer_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="notices",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "filing",
                    fields.ForeignKeyField(
                        "records.Filing",
                        source_field="filing_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="notices",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("next", fields.CharField(max_length=40)),
                ("details", fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("read_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "read_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="read_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="read_notices",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "notice",
                "app": "records",
                "constraints": [
                    CheckConstraint(
                        check="(to_staff_id IS NULL) <> (to_team_id IS NULL)", name="notice_has_one_addressee"
                    ),
                    CheckConstraint(check="(read_at IS NULL) = (read_by_id IS NULL)", name="notice_read_by_somebody"),
                ],
                "indexes": [
                    Index(fields=["to_staff_id", "at"], name="notice_by_staff"),
                    Index(fields=["to_team_id", "at"], name="notice_by_team"),
                ],
                "pk_attr": "id",
                "table_description": "A notice (通知) to a person, or to a team in common; kinds and ids only.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PendingReview",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "filing",
                    fields.OneToOneField(
                        "records.Filing",
                        source_field="filing_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="pending_review",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("level", fields.SmallIntField()),
                ("levels", fields.SmallIntField()),
                ("approvers", ArrayField(element_type="TEXT")),
                ("since", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "pending_review",
                "app": "records",
                "constraints": [CheckConstraint(check="level BETWEEN 1 AND levels", name="pending_review_level")],
                "indexes": [Index(fields=["level", "since"], name="pending_review_by_level")],
                "pk_attr": "id",
                "table_description": "At which level of its chain a filing waits (审核), and who approved in this round: a projection of the facts.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="CustomerScope",
            name="is_pending",
            field=fields.BooleanField(default=False),
        ),
        ops.AddField(
            model_name="Staff",
            name="company",
            field=fields.CharField(null=True, max_length=100),
        ),
        ops.RunSQL(RAW_SQL),
        ops.RunSQL([f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({check})" for table, name, check in CHECKS]),
    ]

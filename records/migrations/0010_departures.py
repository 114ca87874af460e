"""Leaving and handing over: departures, the book of custody, who keeps a filing or a deal, and closed accounts."""

from uuid import uuid4

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from records import migration

# What a model cannot say: somebody leaves once at a time, custody is appended and never changed, and rights.
RAW_SQL = [
    """
    CREATE UNIQUE INDEX departure_once_at_a_time ON departure (staff_id)
    WHERE completed_at IS NULL AND withdrawn_at IS NULL
    """,
    "CREATE UNIQUE INDEX fact_departs_once ON fact (by_id) WHERE kind = 'depart'",
    """
    CREATE TRIGGER handover_is_append_only BEFORE UPDATE OR DELETE ON handover
    FOR EACH ROW EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TRIGGER handover_is_not_emptied BEFORE TRUNCATE ON handover
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    "GRANT SELECT, INSERT, UPDATE ON departure TO baobei_app",
    "GRANT SELECT, INSERT ON handover TO baobei_app",
    "REVOKE DELETE ON departure FROM baobei_app",
    "REVOKE UPDATE, DELETE ON handover FROM baobei_app",
]

# Making a table does not bring its checks along.
CHECKS = (
    ("departure", "departure_kind", "kind IN ('leave', 'transfer')"),
    (
        "departure",
        "departure_cause",
        "cause IS NULL OR cause IN ('resignation', 'dismissal', 'probation', 'other')",
    ),
    ("departure", "departure_leads_somewhere", "(kind = 'leave') = (to_team_id IS NULL)"),
    ("departure", "departure_has_a_cause", "(kind = 'leave') = (cause IS NOT NULL)"),
    ("departure", "departure_after_its_notice", "last_day >= noticed_on"),
    (
        "departure",
        "departure_completed_after_it_was",
        "completed_at IS NULL OR completed_at >= departed_at AND departed_at IS NOT NULL",
    ),
    ("departure", "departure_completed_by_somebody", "(completed_at IS NULL) = (completed_by_id IS NULL)"),
    ("departure", "departure_withdrawn_in_time", "withdrawn_at IS NULL OR departed_at IS NULL"),
    ("departure", "departure_version_counts_up", "version > 0"),
    ("handover", "handover_kind", "kind IN ('holding', 'filing', 'deal', 'review', 'notice')"),
    (
        "handover",
        "handover_of_one_thing",
        "num_nonnulls(customer_id, filing_id, deal_id, approver_id, notice_id) = 1",
    ),
)


class Migration(migration.Migration):
    dependencies = [("records", "0009_disputes")]

    operations = [
        ops.CreateModel(
            name="Departure",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "staff",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="staff_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="departures",
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
                        related_name="departures",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("kind", fields.CharField(max_length=20)),
                (
                    "to_team",
                    fields.ForeignKeyField(
                        "records.Team",
                        source_field="to_team_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="arrivals",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("cause", fields.CharField(null=True, max_length=20)),
                ("noticed_on", fields.DateField()),
                ("last_day", fields.DateField()),
                ("is_notice_waived", fields.BooleanField(default=False)),
                (
                    "announced_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="announced_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="announced_departures",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("announced_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("departed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("completed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "completed_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="completed_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="completed_departures",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("withdrawn_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "departure",
                "app": "records",
                "constraints": [
                    CheckConstraint(check="kind IN ('leave', 'transfer')", name="departure_kind"),
                    CheckConstraint(
                        check="cause IS NULL OR cause IN ('resignation', 'dismissal', 'probation', 'other')",
                        name="departure_cause",
                    ),
                    CheckConstraint(check="(kind = 'leave') = (to_team_id IS NULL)", name="departure_leads_somewhere"),
                    CheckConstraint(check="(kind = 'leave') = (cause IS NOT NULL)", name="departure_has_a_cause"),
                    CheckConstraint(check="last_day >= noticed_on", name="departure_after_its_notice"),
                    CheckConstraint(
                        check="completed_at IS NULL OR completed_at >= departed_at AND departed_at IS NOT NULL",
                        name="departure_completed_after_it_was",
                    ),
                    CheckConstraint(
                        check="(completed_at IS NULL) = (completed_by_id IS NULL)",
                        name="departure_completed_by_somebody",
                    ),
                    CheckConstraint(
                        check="withdrawn_at IS NULL OR departed_at IS NULL", name="departure_withdrawn_in_time"
                    ),
                    CheckConstraint(check="version > 0", name="departure_version_counts_up"),
                ],
                "indexes": [
                    Index(fields=["staff_id", "announced_at"], name="departure_by_staff"),
                    Index(fields=["team_id", "announced_at"], name="departure_by_team"),
                ],
                "pk_attr": "id",
                "table_description": "That somebody leaves the company (离职) or their team (调岗): from the notice to the empty list of their things.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="HandoverRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "departure",
                    fields.ForeignKeyField(
                        "records.Departure",
                        source_field="departure_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="handovers",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("kind", fields.CharField(max_length=20)),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "records.Customer",
                        source_field="customer_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="handovers",
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
                        related_name="handovers",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "deal",
                    fields.ForeignKeyField(
                        "records.Deal",
                        source_field="deal_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="handovers",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "approver",
                    fields.ForeignKeyField(
                        "records.Approver",
                        source_field="approver_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="handovers",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "notice",
                    fields.ForeignKeyField(
                        "records.NoticeRow",
                        source_field="notice_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="handovers",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "to_staff",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="to_staff_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="handovers",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="handovers_made",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "fact",
                    fields.ForeignKeyField(
                        "records.Fact",
                        source_field="fact_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="handovers",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "handover",
                "app": "records",
                "constraints": [
                    CheckConstraint(
                        check="kind IN ('holding', 'filing', 'deal', 'review', 'notice')", name="handover_kind"
                    ),
                    CheckConstraint(
                        check="num_nonnulls(customer_id, filing_id, deal_id, approver_id, notice_id) = 1",
                        name="handover_of_one_thing",
                    ),
                ],
                "indexes": [Index(fields=["departure_id", "at"], name="handover_by_departure")],
                "pk_attr": "id",
                "table_description": "That something of a leaver's passed into somebody's hands (交接): what, to whom, by whose word, when.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Account",
            name="closed_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Deal",
            name="custodian",
            field=fields.ForeignKeyField(
                "records.Staff",
                source_field="custodian_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="deals_kept",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Filing",
            name="custodian",
            field=fields.ForeignKeyField(
                "records.Staff",
                source_field="custodian_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="filings_kept",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddIndex(
            model_name="Filing",
            index=Index(fields=["custodian_id", "customer_id"], name="filing_by_custodian"),
        ),
        ops.RunSQL(RAW_SQL),
        ops.RunSQL([f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({check})" for table, name, check in CHECKS]),
    ]

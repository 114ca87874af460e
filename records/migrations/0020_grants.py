"""Grants (E10): a supervisor's word for one person, one customer and at most eight hours, and its uses."""

from uuid import uuid4

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from records import migration

CHECKS = (
    ("reveal_grant_outcome", "outcome IN ('given', 'refused')"),
    ("reveal_grant_decided_by_somebody", "num_nonnulls(outcome, decided_by_id, decided_at, team_id) IN (0, 4)"),
    ("reveal_grant_given_until", "(outcome IS NOT DISTINCT FROM 'given') = (until_at IS NOT NULL)"),
    ("reveal_grant_for_eight_hours", "until_at > decided_at AND until_at <= decided_at + interval '8 hours'"),
    ("reveal_grant_by_another", "decided_by_id <> staff_id"),
    ("reveal_grant_of_something", "papers OR cardinality(shown) > 0"),
    ("reveal_grant_withdrawn_by_somebody", "(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL)"),
)
STATEMENTS = [
    *(f"ALTER TABLE reveal_grant ADD CONSTRAINT {name} CHECK ({check})" for name, check in CHECKS),
    # What was asked for, decided or withdrawn once stays so.
    """
    CREATE FUNCTION refuse_other_grant() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (OLD.customer_id, OLD.staff_id, OLD.shown, OLD.papers, OLD.purpose, OLD.requested_at, OLD.request_fact_id)
            IS DISTINCT FROM
           (NEW.customer_id, NEW.staff_id, NEW.shown, NEW.papers, NEW.purpose, NEW.requested_at, NEW.request_fact_id)
        OR OLD.outcome IS NOT NULL AND
           (OLD.outcome, OLD.decided_by_id, OLD.decided_at, OLD.decided_fact_id, OLD.team_id, OLD.until_at)
            IS DISTINCT FROM
           (NEW.outcome, NEW.decided_by_id, NEW.decided_at, NEW.decided_fact_id, NEW.team_id, NEW.until_at)
        OR OLD.withdrawn_at IS NOT NULL AND
           (NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at OR NEW.outcome IS DISTINCT FROM OLD.outcome) THEN
            RAISE EXCEPTION 'what became of a grant is not undone' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER reveal_grant_is_not_undone BEFORE UPDATE ON reveal_grant FOR EACH ROW EXECUTE FUNCTION refuse_other_grant()",
    "CREATE TRIGGER grant_use_is_append_only BEFORE UPDATE OR DELETE ON grant_use FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "GRANT SELECT, INSERT, UPDATE ON reveal_grant TO baobei_app",
    "GRANT SELECT, INSERT ON grant_use TO baobei_app",
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


def _instant(*, null: bool = False) -> fields.DatetimeField:
    return fields.DatetimeField(null=null, auto_now=False, auto_now_add=False)


class Migration(migration.Migration):
    dependencies = [("records", "0019_diary")]

    initial = False

    operations = [
        ops.CreateModel(
            name="RevealGrant",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("customer", _reference("Customer", "customer_id", "grants")),
                ("staff", _reference("Staff", "staff_id", "grants")),
                ("shown", ArrayField(element_type="text")),
                ("papers", fields.BooleanField()),
                ("purpose", fields.CharField(max_length=30)),
                ("requested_at", _instant()),
                ("request_fact", _reference("Fact", "request_fact_id", "requested_grants", null=True)),
                ("outcome", fields.CharField(null=True, max_length=20)),
                ("decided_by", _reference("Staff", "decided_by_id", "decided_grants", null=True)),
                ("decided_at", _instant(null=True)),
                ("decided_fact", _reference("Fact", "decided_fact_id", "decided_grants", null=True)),
                ("team", _reference("Team", "team_id", "grants", null=True)),
                ("until_at", _instant(null=True)),
                ("withdrawn_by", _reference("Staff", "withdrawn_by_id", "withdrawn_grants", null=True)),
                ("withdrawn_at", _instant(null=True)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "reveal_grant",
                "app": "records",
                "indexes": [
                    Index(fields=["staff_id", "customer_id"], name="reveal_grant_by_staff"),
                    Index(fields=["customer_id", "requested_at"], name="reveal_grant_by_customer"),
                ],
                "constraints": [CheckConstraint(check=check, name=name) for name, check in CHECKS],
                "pk_attr": "id",
                "table_description": "A grant (授权, E10): for whom, of which customer, what and why; who gave or refused it, and until when it holds.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="GrantUse",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("grant", _reference("RevealGrant", "grant_id", "uses")),
                ("entry", fields.UUIDField()),
                ("used_at", _instant()),
            ],
            options={
                "table": "grant_use",
                "app": "records",
                "indexes": [Index(fields=["grant_id"], name="grant_use_by_grant")],
                "pk_attr": "id",
                "table_description": "That a grant was used (授权使用): when, and by which entry of the log.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(STATEMENTS),
    ]

from uuid import uuid4

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from records import migration

INSPECTION = (
    ("inspection_of_some_days", "to_day >= from_day"),
    ("inspection_of_something", "population > 0"),
    ("inspection_closed_by_somebody", "(closed_at IS NULL) = (closed_by_id IS NULL)"),
)
INSPECTED = (
    (
        "inspected_claim_finding",
        "finding IN ('in_order', 'incomplete', 'untrue', 'late', 'not_followed_up', 'other')",
    ),
    (
        "inspected_claim_found_by_somebody",
        "(finding IS NULL) = (num_nonnulls(found_by_id, found_at, found_fact_id) = 0)",
    ),
    ("inspected_claim_is_due", "(due_on IS NULL) = (finding IS NULL OR finding = 'in_order')"),
    ("inspected_claim_put_right", "rectified_at IS NULL OR due_on IS NOT NULL"),
    (
        "inspected_claim_confirmed_by_another",
        "confirmed_at IS NULL OR rectified_at IS NOT NULL AND confirmed_by_id <> rectified_by_id",
    ),
)
STATEMENTS = [
    *(f"ALTER TABLE inspection ADD CONSTRAINT {name} CHECK ({check})" for name, check in INSPECTION),
    *(f"ALTER TABLE inspected_claim ADD CONSTRAINT {name} CHECK ({check})" for name, check in INSPECTED),
    # What was drawn stays drawn: the sample can be made again from the seed.
    """CREATE FUNCTION refuse_other_sample() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'an inspection keeps its sample' USING ERRCODE = 'restrict_violation';
    END $$""",
    """CREATE TRIGGER inspection_keeps_its_sample BEFORE UPDATE ON inspection FOR EACH ROW WHEN (
        (OLD.team_id, OLD.from_day, OLD.to_day, OLD.seed, OLD.population, OLD.opened_by_id, OLD.opened_at) IS DISTINCT FROM
        (NEW.team_id, NEW.from_day, NEW.to_day, NEW.seed, NEW.population, NEW.opened_by_id, NEW.opened_at))
    EXECUTE FUNCTION refuse_other_sample()""",
    """CREATE TRIGGER inspected_claim_keeps_its_place BEFORE UPDATE ON inspected_claim FOR EACH ROW WHEN (
        (OLD.inspection_id, OLD.filing_id, OLD.place) IS DISTINCT FROM (NEW.inspection_id, NEW.filing_id, NEW.place))
    EXECUTE FUNCTION refuse_other_sample()""",
    "GRANT SELECT, INSERT, UPDATE ON inspection, inspected_claim TO baobei_app",
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
    dependencies = [("records", "0016_chains")]

    operations = [
        ops.CreateModel(
            name="Inspection",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("team", _reference("Team", "team_id", "inspections")),
                ("from_day", fields.DateField()),
                ("to_day", fields.DateField()),
                ("seed", fields.CharField(max_length=32)),
                ("population", fields.IntField()),
                ("opened_by", _reference("Staff", "opened_by_id", "inspections")),
                ("opened_at", _instant()),
                ("closed_by", _reference("Staff", "closed_by_id", "closed_inspections", null=True)),
                ("closed_at", _instant(null=True)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "inspection",
                "app": "records",
                "indexes": [Index(fields=["team_id", "opened_at"], name="inspection_by_team")],
                "constraints": [CheckConstraint(check=check, name=name) for name, check in INSPECTION],
                "pk_attr": "id",
                "table_description": "An inspection (检查, B16 C11 E11): over which team and days, drawn by which seed, of how many filings.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="InspectedClaim",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("inspection", _reference("Inspection", "inspection_id", "inspected")),
                ("filing", _reference("Filing", "filing_id", "inspected")),
                ("place", fields.SmallIntField()),
                ("finding", fields.CharField(null=True, max_length=20)),
                ("found_by", _reference("Staff", "found_by_id", "findings", null=True)),
                ("found_at", _instant(null=True)),
                ("found_fact", _reference("Fact", "found_fact_id", "findings", null=True)),
                ("due_on", fields.DateField(null=True)),
                ("rectified_by", _reference("Staff", "rectified_by_id", "rectified", null=True)),
                ("rectified_at", _instant(null=True)),
                ("rectified_fact", _reference("Fact", "rectified_fact_id", "rectified", null=True)),
                ("confirmed_by", _reference("Staff", "confirmed_by_id", "confirmed", null=True)),
                ("confirmed_at", _instant(null=True)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "inspected_claim",
                "app": "records",
                "unique_together": (("inspection", "place"), ("inspection", "filing")),
                "indexes": [Index(fields=["filing_id"], name="inspected_claim_by_filing")],
                "constraints": [CheckConstraint(check=check, name=name) for name, check in INSPECTED],
                "pk_attr": "id",
                "table_description": "A filing in an inspection's sample: what was found of it, until when it is put right, and how that went.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(STATEMENTS),
    ]

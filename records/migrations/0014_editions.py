from uuid import uuid4

from orjson import loads
from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from records import migration

APPROVED = "(state = 'approved') = (num_nonnulls(edition, effective_on, approved_by_id, approved_at, approved_on) = 5)"
CHECKS = (
    ("rulebook_edition_state", "state IN ('draft', 'approved')"),
    ("rulebook_edition_is_approved_whole", APPROVED),
    ("rulebook_edition_is_backdated_for_a_reason", "effective_on >= approved_on OR because IS NOT NULL"),
    ("rulebook_edition_has_length", "until_on > effective_on"),
)
STATEMENTS = [
    *(f"ALTER TABLE rulebook_edition ADD CONSTRAINT {name} CHECK ({check})" for name, check in CHECKS),
    # One edition is in force at an instant (E14).
    """ALTER TABLE rulebook_edition ADD CONSTRAINT rulebook_edition_one_in_force
    EXCLUDE USING gist (daterange(effective_on, until_on) WITH &&) WHERE (state = 'approved')""",
    # What was approved stays as it was; only its end may be set.
    """CREATE FUNCTION refuse_other_edition() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' OR (to_jsonb(OLD) - 'until_on') <> (to_jsonb(NEW) - 'until_on') THEN
            RAISE EXCEPTION 'an approved edition is never changed';
        END IF;
        RETURN NEW;
    END $$""",
    """CREATE TRIGGER rulebook_edition_is_kept BEFORE UPDATE OR DELETE ON rulebook_edition FOR EACH ROW
    WHEN (OLD.state = 'approved') EXECUTE FUNCTION refuse_other_edition()""",
    "GRANT SELECT, INSERT, UPDATE ON rulebook_edition TO baobei_app",
]


class Migration(migration.Migration):
    dependencies = [("records", "0013_keys")]

    operations = [
        ops.CreateModel(
            name="RulebookEdition",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("rulebook", fields.CharField(max_length=60)),
                ("title", fields.CharField(max_length=200)),
                ("based_on", fields.CharField(max_length=120)),
                ("parameters", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("cited", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("state", fields.CharField(max_length=20)),
                ("edition", fields.CharField(null=True, unique=True, max_length=120)),
                ("effective_on", fields.DateField(null=True)),
                ("until_on", fields.DateField(null=True)),
                (
                    "drafted_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="drafted_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="drafted_editions",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("drafted_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "approved_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="approved_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="approved_editions",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("approved_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("approved_on", fields.DateField(null=True)),
                ("because", fields.CharField(null=True, max_length=200)),
                ("version", fields.IntField()),
            ],
            options={
                "table": "rulebook_edition",
                "app": "records",
                "constraints": [CheckConstraint(check=check, name=name) for name, check in CHECKS],
                "pk_attr": "id",
                "table_description": "An edition of the rulebook (办法版本): a draft, then approved for a day, and never changed again (E14).",
            },
            bases=["Model"],
        ),
        ops.RunSQL(STATEMENTS),
    ]

from uuid import uuid4

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from records import migration
from records.columns import DigestField

CHECKS = (
    ("archive_entry", "archive_entry_number_counts_up", "number > 0"),
    ("archive_entry", "archive_entry_seal_length", "octet_length(seal) = 32"),
    ("register_closing", "register_closing_number_counts_up", "number > 0"),
    ("register_closing", "register_closing_covers_something", "filings > 0"),
)

# Entries are appended. What is archived takes no completion, no review and no other claimant any more; its version
# goes on counting, and its card is sealed anew when keys are.
SEALED = [
    "GRANT SELECT, INSERT ON archive_entry, register_closing TO baobei_app",
    *[
        statement
        for table in ("archive_entry", "register_closing")
        for statement in (
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()",
            f"CREATE TRIGGER {table}_is_not_emptied BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        )
    ],
    """
    CREATE FUNCTION refuse_change_of_archived() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE changed uuid;
    BEGIN
        IF TG_TABLE_NAME = 'filing' THEN changed := OLD.id; ELSE changed := NEW.filing_id; END IF;
        IF EXISTS (SELECT FROM archive_entry WHERE filing_id = changed) THEN
            RAISE EXCEPTION 'an archived record is not changed' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER filing_archived_is_sealed BEFORE UPDATE ON filing FOR EACH ROW WHEN (
        (OLD.customer_id, OLD.claimant_id, OLD.team_id, OLD.entered_by_id, OLD.type, OLD.channel, OLD.source, OLD.basis,
         OLD.occurred_at, OLD.recorded_at, OLD.present) IS DISTINCT FROM
        (NEW.customer_id, NEW.claimant_id, NEW.team_id, NEW.entered_by_id, NEW.type, NEW.channel, NEW.source, NEW.basis,
         NEW.occurred_at, NEW.recorded_at, NEW.present))
    EXECUTE FUNCTION refuse_change_of_archived()
    """,
    """
    CREATE TRIGGER fact_of_archived_is_sealed BEFORE INSERT ON fact FOR EACH ROW
        WHEN (NEW.filing_id IS NOT NULL AND NEW.kind IN ('complete', 'review'))
    EXECUTE FUNCTION refuse_change_of_archived()
    """,
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


def _fact(related: str) -> fields.OneToOneRelation:
    return fields.OneToOneField(
        "records.Fact",
        source_field="fact_id",
        db_constraint=True,
        to_field="id",
        related_name=related,
        on_delete=OnDelete.RESTRICT,
    )


def _instant() -> fields.DatetimeField:
    return fields.DatetimeField(auto_now=False, auto_now_add=False)


class Migration(migration.Migration):
    dependencies = [("records", "0010_departures")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ArchiveEntry",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("filing", _reference("Filing", "filing_id", "archive_entries")),
                ("fact", _fact("archive_entry")),
                ("number", fields.SmallIntField()),
                ("corrects", _reference("ArchiveEntry", "corrects_id", "corrections", null=True)),
                ("archived_by", _reference("Staff", "archived_by_id", "archive_entries")),
                ("archived_at", _instant()),
                ("retain_until", fields.DateField(null=True)),
                ("seal", DigestField()),
            ],
            options={
                "table": "archive_entry",
                "app": "records",
                "unique_together": (("filing", "number"),),
                "constraints": [
                    CheckConstraint(check="number > 0", name="archive_entry_number_counts_up"),
                    CheckConstraint(check="octet_length(seal) = 32", name="archive_entry_seal_length"),
                ],
                "indexes": [
                    Index(fields=["archived_at", "id"], name="archive_entry_by_time"),
                    Index(fields=["retain_until"], name="archive_entry_by_retention"),
                ],
                "pk_attr": "id",
                "table_description": "An entry of the archive (档案): a filing's record as it was archived, or a correction of it; never changed.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RegisterClosing",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("day", fields.DateField()),
                ("number", fields.SmallIntField()),
                ("fact", _fact("register_closing")),
                ("filings", fields.IntField()),
                ("closed_by", _reference("Staff", "closed_by_id", "register_closings")),
                ("closed_at", _instant()),
            ],
            options={
                "table": "register_closing",
                "app": "records",
                "unique_together": (("day", "number"),),
                "constraints": [
                    CheckConstraint(check="number > 0", name="register_closing_number_counts_up"),
                    CheckConstraint(check="filings > 0", name="register_closing_covers_something"),
                ],
                "pk_attr": "id",
                "table_description": "A closing of a day's register (当日归档, A8): how many filings it covers; never changed.",
            },
            bases=["Model"],
        ),
        ops.AddIndex(model_name="Filing", index=Index(fields=["recorded_at"], name="filing_by_recording")),
        ops.RunSQL(SEALED),
        ops.RunSQL([f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({check})" for table, name, check in CHECKS]),
    ]

"""Diaries and weekly reports, and the key of a person under which they are sealed, beside the customers' keys."""

from uuid import uuid4

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from records import migration
from records.columns import SealedField

ENTRY = (("diary_entry_counts_up", "number > 0"),)
REPORT = (
    ("weekly_report_counts_up", "number > 0"),
    ("weekly_report_of_a_monday", "extract(isodow FROM week) = 1"),
    ("weekly_report_numbers_count_up", "visits >= 0 AND customers >= 0 AND signings >= 0"),
)
SOMEBODYS = CheckConstraint(check="num_nonnulls(customer_id, staff_id) = 1", name="subject_key_of_somebody")
TABLES = ("diary_entry", "weekly_report")

KEYS_OF_PEOPLE = [
    "ALTER TABLE subject_key ADD COLUMN subject_id uuid GENERATED ALWAYS AS (coalesce(customer_id, staff_id)) STORED",
    "CREATE INDEX subject_key_by_subject ON subject_key (subject_id, generation)",
    # As before, for whosever the values are: the column that says so is the trigger's third word.
    """
    CREATE OR REPLACE FUNCTION check_seals_written() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        sealed CONSTANT text := TG_ARGV[0];
        row_id CONSTANT text := TG_ARGV[1];
        subject CONSTANT text := coalesce(TG_ARGV[2], 'customer_id');
        only_new text := '';
        keys integer[];
        erased text;
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            only_new := format('WHERE NOT EXISTS (SELECT FROM former f WHERE f.%1$I = w.%1$I AND f.%2$I = w.%2$I)', row_id, sealed);
        END IF;
        EXECUTE format('SELECT array_agg(DISTINCT s.dek_id) FILTER (WHERE s.dek_id IS NOT NULL), '
            'min(s.subject_id::text) FILTER (WHERE s.dek_id IS NULL) FROM written w '
            'JOIN subject_key s ON s.%1$I = w.%1$I AND s.generation = w.generation ', subject) || only_new INTO keys, erased;
        IF erased IS NOT NULL THEN
            RAISE EXCEPTION 'subject % was erased, and nothing is sealed for them', erased USING ERRCODE = 'BK001';
        END IF;
        PERFORM require_writing_keys(keys, 'primary', 'decrypt_only');
        RETURN NULL;
    END $$
    """,
]

STATEMENTS = [
    *(f"ALTER TABLE diary_entry ADD CONSTRAINT {name} CHECK ({check})" for name, check in ENTRY),
    *(f"ALTER TABLE weekly_report ADD CONSTRAINT {name} CHECK ({check})" for name, check in REPORT),
    *[
        f"""
        ALTER TABLE {table}
            ADD COLUMN generation integer GENERATED ALWAYS AS ((get_byte(body, 2) << 8) | get_byte(body, 3)) STORED,
            ADD CONSTRAINT {table}_subject_key FOREIGN KEY (staff_id, generation)
                REFERENCES subject_key (staff_id, generation),
            ADD CONSTRAINT {table}_format CHECK (get_byte(body, 0) = 193)
        """
        for table in TABLES
    ],
    *[f"CREATE INDEX {table}_by_subject_key ON {table} (staff_id, generation)" for table in TABLES],
    *[
        f"CREATE TRIGGER {table}_names_its_key_{event} AFTER {event} ON {table} REFERENCING NEW TABLE AS written {former}"
        f"FOR EACH STATEMENT EXECUTE FUNCTION check_seals_written('body', 'id', 'staff_id')"
        for table in TABLES
        for event, former in (("insert", ""), ("update", "OLD TABLE AS former "))
    ],
    # What somebody wrote stays as they wrote it: a new seal may come over it, and once that it was received.
    """
    CREATE FUNCTION refuse_other_words() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF to_jsonb(OLD) - '{body,generation,received_fact_id}'::text[]
            IS DISTINCT FROM to_jsonb(NEW) - '{body,generation,received_fact_id}'::text[]
        OR OLD.received_fact_id IS DISTINCT FROM NEW.received_fact_id AND OLD.received_fact_id IS NOT NULL THEN
            RAISE EXCEPTION 'what somebody reported is corrected by a new entry' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    *[
        f"CREATE TRIGGER {table}_is_{word} BEFORE {event} ON {table} FOR EACH {each} EXECUTE FUNCTION {function}()"
        for table in TABLES
        for word, event, each, function in (
            ("not_rewritten", "UPDATE", "ROW", "refuse_other_words"),
            ("kept", "DELETE", "ROW", "refuse_change"),
            ("not_emptied", "TRUNCATE", "STATEMENT", "refuse_change"),
        )
    ],
    f"GRANT SELECT, INSERT, UPDATE ON {', '.join(TABLES)} TO baobei_app",
    f"REVOKE DELETE ON {', '.join(TABLES)} FROM baobei_app",
]


def _staff(related: str, *, null: bool = False) -> fields.ForeignKeyRelation | fields.ForeignKeyNullableRelation:
    return fields.ForeignKeyField(
        "records.Staff",
        source_field="staff_id",
        null=null,
        db_constraint=True,
        to_field="id",
        related_name=related,
        on_delete=OnDelete.RESTRICT,
    )


def _fact(
    column: str, related: str, *, null: bool = False
) -> fields.OneToOneRelation | fields.OneToOneNullableRelation:
    return fields.OneToOneField(
        "records.Fact",
        source_field=column,
        null=null,
        db_constraint=True,
        to_field="id",
        related_name=related,
        on_delete=OnDelete.RESTRICT,
    )


class Migration(migration.Migration):
    dependencies = [("records", "0018_uploads")]

    initial = False

    operations = [
        ops.AlterField(
            model_name="SubjectKey",
            name="customer",
            field=fields.ForeignKeyField(
                "records.Customer",
                source_field="customer_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="subject_keys",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(model_name="SubjectKey", name="staff", field=_staff("subject_keys", null=True)),
        ops.AddConstraint(model_name="SubjectKey", constraint=UniqueConstraint(fields=("staff", "generation"))),
        ops.AddConstraint(model_name="SubjectKey", constraint=SOMEBODYS),
        ops.AlterModelOptions(
            name="SubjectKey",
            options={
                "table_description": "The key of a customer, or of a person, wrapped by a data key: the unit of erasure. Erased: `wrapped` is null.",
                "pk_attr": "id",
            },
        ),
        ops.RunSQL(KEYS_OF_PEOPLE),
        ops.CreateModel(
            name="DiaryEntry",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("staff", _staff("diary_entries")),
                ("day", fields.DateField()),
                ("number", fields.SmallIntField()),
                ("fact", _fact("fact_id", "diary_entry")),
                ("body", SealedField()),
                ("received_fact", _fact("received_fact_id", "received_entry", null=True)),
            ],
            options={
                "table": "diary_entry",
                "app": "records",
                "unique_together": (("staff", "day", "number"),),
                "indexes": [Index(fields=["day", "id"], name="diary_entry_by_day")],
                "constraints": [CheckConstraint(check=check, name=name) for name, check in ENTRY],
                "pk_attr": "id",
                "table_description": "A person's diary entry of a day (行销日志, J25), sealed under their own key: the first, or a correction of it.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WeeklyReport",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("staff", _staff("weekly_reports")),
                ("week", fields.DateField()),
                ("number", fields.SmallIntField()),
                ("fact", _fact("fact_id", "weekly_report")),
                ("visits", fields.IntField()),
                ("customers", fields.IntField()),
                ("signings", fields.IntField()),
                ("body", SealedField()),
                ("received_fact", _fact("received_fact_id", "received_report", null=True)),
            ],
            options={
                "table": "weekly_report",
                "app": "records",
                "unique_together": (("staff", "week", "number"),),
                "indexes": [Index(fields=["week", "id"], name="weekly_report_by_week")],
                "constraints": [CheckConstraint(check=check, name=name) for name, check in REPORT],
                "pk_attr": "id",
                "table_description": "A person's report of a week (周报, J14), which its Monday names: the first version, or a later one.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(STATEMENTS),
    ]

"""Files kept with a customer: tickets, pieces of sealed values, and which of them may go."""

from uuid import uuid4

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from records import migration
from records.columns import DigestField

FILE = 32
"""The number of `Column.FILE`."""
CHECKS = (
    ("upload_ticket_length", "octet_length(ticket_hash) = 32"),
    ("upload_document_length", "octet_length(document) = 32"),
    ("upload_size", "size BETWEEN 1 AND 20971520"),
    ("upload_is_kept_whole", "num_nonnulls(fact_id, document, kept_size, kept_at) IN (0, 4)"),
    ("upload_kept_by_its_ticket", "kept_at IS NULL OR used_at IS NOT NULL"),
    ("upload_named_is_not_destroyed", "num_nonnulls(named_at, destroyed_at) < 2"),
)
STATEMENTS = [
    *(f"ALTER TABLE upload ADD CONSTRAINT {name} CHECK ({check})" for name, check in CHECKS),
    f"ALTER TABLE sealed_value ADD CONSTRAINT sealed_value_pieces CHECK (piece = 0 OR (piece > 0 AND field = {FILE}))",
    "CREATE INDEX upload_to_be_named ON upload (kept_at) WHERE kept_at IS NOT NULL AND named_at IS NULL AND destroyed_at IS NULL",
    # Of what is sealed nothing is deleted but the pieces of a file that is destroyed; until then they stand.
    f"""
    CREATE FUNCTION refuse_loss_of_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.field <> {FILE} OR NOT EXISTS (
            SELECT FROM upload WHERE fact_id = OLD.fact_id AND destroyed_at IS NOT NULL
        ) THEN
            RAISE EXCEPTION 'what is sealed is kept' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END $$
    """,
    "CREATE TRIGGER sealed_value_is_kept BEFORE DELETE ON sealed_value FOR EACH ROW EXECUTE FUNCTION refuse_loss_of_sealed()",
    # A ticket is used, a file kept, named or destroyed once; none of it is undone.
    """
    CREATE FUNCTION refuse_undoing_of_upload() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (OLD.staff_id, OLD.customer_id, OLD.media, OLD.size, OLD.ticket_hash, OLD.opened_at, OLD.expires_at)
            IS DISTINCT FROM
           (NEW.staff_id, NEW.customer_id, NEW.media, NEW.size, NEW.ticket_hash, NEW.opened_at, NEW.expires_at)
        OR OLD.used_at IS DISTINCT FROM NEW.used_at AND OLD.used_at IS NOT NULL
        OR OLD.fact_id IS DISTINCT FROM NEW.fact_id AND OLD.fact_id IS NOT NULL
        OR OLD.document IS DISTINCT FROM NEW.document AND OLD.document IS NOT NULL
        OR OLD.named_at IS DISTINCT FROM NEW.named_at AND OLD.named_at IS NOT NULL
        OR OLD.destroyed_at IS DISTINCT FROM NEW.destroyed_at AND OLD.destroyed_at IS NOT NULL THEN
            RAISE EXCEPTION 'what became of an upload is not undone' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER upload_is_not_undone BEFORE UPDATE ON upload FOR EACH ROW EXECUTE FUNCTION refuse_undoing_of_upload()",
    "GRANT SELECT, INSERT, UPDATE ON upload TO baobei_app",
    "REVOKE DELETE ON upload FROM baobei_app",
]


def _reference(model: str, column: str) -> fields.ForeignKeyRelation:
    return fields.ForeignKeyField(
        f"records.{model}",
        source_field=column,
        db_constraint=True,
        to_field="id",
        related_name="uploads",
        on_delete=OnDelete.RESTRICT,
    )


def _instant(*, null: bool = True) -> fields.DatetimeField:
    return fields.DatetimeField(null=null, auto_now=False, auto_now_add=False)


class Migration(migration.Migration):
    dependencies = [("records", "0017_inspections")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Upload",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("staff", _reference("Staff", "staff_id")),
                ("customer", _reference("Customer", "customer_id")),
                ("media", fields.CharField(max_length=40)),
                ("size", fields.IntField()),
                ("ticket_hash", DigestField()),
                ("opened_at", _instant(null=False)),
                ("expires_at", _instant(null=False)),
                ("used_at", _instant()),
                (
                    "fact",
                    fields.OneToOneField(
                        "records.Fact",
                        source_field="fact_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="upload",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("document", DigestField(null=True)),
                ("kept_size", fields.IntField(null=True)),
                ("kept_at", _instant()),
                ("named_at", _instant()),
                ("destroyed_at", _instant()),
            ],
            options={
                "table": "upload",
                "app": "records",
                "unique_together": (("ticket_hash",),),
                "constraints": [CheckConstraint(check=check, name=name) for name, check in CHECKS],
                "indexes": [
                    Index(fields=["staff_id", "opened_at"], name="upload_by_staff"),
                    Index(fields=["document"], name="upload_by_document"),
                ],
                "pk_attr": "id",
                "table_description": "A file that somebody may keep with a customer, once and soon (上传凭证), and what became of it.",
            },
            bases=["Model"],
        ),
        ops.AddField(model_name="SealedValue", name="piece", field=fields.SmallIntField(default=0)),
        ops.RunSQL(["ALTER TABLE sealed_value ALTER COLUMN piece SET DEFAULT 0"]),
        ops.RemoveConstraint(model_name="SealedValue", fields=["fact", "field"]),
        ops.AddConstraint(model_name="SealedValue", constraint=UniqueConstraint(fields=("fact", "field", "piece"))),
        ops.AlterModelOptions(
            name="SealedValue",
            options={
                "table_description": "One sealed text of a filing or another fact, or one piece of a file; `field` is its registry number.",
                "pk_attr": "id",
            },
        ),
        ops.RunSQL(STATEMENTS),
    ]

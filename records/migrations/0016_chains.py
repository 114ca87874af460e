from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from records import migration

WITHDRAWN = "(state = 'withdrawn') = (num_nonnulls(withdrawn_by_id, withdrawn_at, withdrawn_on, withdrawn_because) = 4)"
CHECKS = (
    ("rulebook_edition_state", "state IN ('draft', 'approved', 'withdrawn')"),
    ("rulebook_edition_is_withdrawn_whole", WITHDRAWN),
    ("rulebook_edition_is_withdrawn_ahead", "withdrawn_on < effective_on"),
)
# What waits is worked out anew at the next start, with what is not known of it here.
PENDING = [
    "UPDATE claim_state SET edition = '' WHERE filing_id IN (SELECT filing_id FROM pending_review)",
    "DELETE FROM pending_review",
]
STATEMENTS = [
    # What was approved stays as it was; its end may be set, and ahead of its day it may be withdrawn, for good.
    """CREATE OR REPLACE FUNCTION refuse_other_edition() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE free text[] := CASE WHEN OLD.state = 'approved' AND NEW.state = 'withdrawn'
        THEN '{state,edition,until_on,withdrawn_by_id,withdrawn_at,withdrawn_on,withdrawn_because,version}'::text[]
        WHEN OLD.state = 'approved' THEN '{until_on}'::text[] ELSE '{}'::text[] END;
    BEGIN
        IF TG_OP = 'DELETE' OR (to_jsonb(OLD) - free) <> (to_jsonb(NEW) - free) THEN
            RAISE EXCEPTION 'an approved edition is never changed';
        END IF;
        RETURN NEW;
    END $$""",
    "DROP TRIGGER rulebook_edition_is_kept ON rulebook_edition",
    """CREATE TRIGGER rulebook_edition_is_kept BEFORE UPDATE OR DELETE ON rulebook_edition FOR EACH ROW
    WHEN (OLD.state <> 'draft') EXECUTE FUNCTION refuse_other_edition()""",
]


class Migration(migration.Migration):
    dependencies = [("records", "0015_destruction")]

    operations = [
        ops.RunSQL(PENDING),
        ops.AddField(model_name="PendingReview", name="reviewer", field=fields.CharField(max_length=30)),
        ops.AddField(model_name="PendingReview", name="different_people", field=fields.BooleanField()),
        ops.AddField(
            model_name="RulebookEdition",
            name="withdrawn_by",
            field=fields.ForeignKeyField(
                "records.Staff",
                source_field="withdrawn_by_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="withdrawn_editions",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="RulebookEdition",
            name="withdrawn_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(model_name="RulebookEdition", name="withdrawn_on", field=fields.DateField(null=True)),
        ops.AddField(
            model_name="RulebookEdition",
            name="withdrawn_because",
            field=fields.CharField(null=True, max_length=200),
        ),
        ops.RemoveConstraint(model_name="RulebookEdition", name="rulebook_edition_state"),
        *(
            ops.AddConstraint(model_name="RulebookEdition", constraint=CheckConstraint(check=check, name=name))
            for name, check in CHECKS
        ),
        ops.RunSQL(STATEMENTS),
    ]

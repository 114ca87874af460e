"""A fact is corrected once: whoever corrects a correction names that one."""

from tortoise.migrations import operations as ops

from records import migration

STATEMENTS = ["CREATE UNIQUE INDEX fact_is_corrected_once ON fact (corrects_id) WHERE corrects_id IS NOT NULL"]


class Migration(migration.Migration):
    dependencies = [("records", "0007_life")]

    operations = [ops.RunSQL(STATEMENTS)]

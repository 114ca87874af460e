"""What people say of their own work, as rows: the diary of a day, the report of a week."""

# Tortoise declares a Meta in its own way.
# pyright: reportIncompatibleVariableOverride=false

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

from records.columns import KEEP, SealedField
from records.tables.model import Model


class DiaryEntry(Model):
    """A person's diary entry of a day (行销日志, J25), sealed under their own key: the first, or a correction of it.

    When it was written stands in its fact, and so does when it was received.
    """

    id = fields.UUIDField(primary_key=True)
    staff = fields.ForeignKeyField("records.Staff", related_name="diary_entries", on_delete=KEEP)
    day = fields.DateField()
    number = fields.SmallIntField()
    fact = fields.OneToOneField("records.Fact", related_name="diary_entry", on_delete=KEEP)
    body = SealedField()
    received_fact = fields.OneToOneField("records.Fact", related_name="received_entry", on_delete=KEEP, null=True)

    class Meta:
        table = "diary_entry"
        unique_together = (("staff", "day", "number"),)
        indexes = (Index(fields=("day", "id"), name="diary_entry_by_day"),)
        constraints = (CheckConstraint(check="number > 0", name="diary_entry_counts_up"),)


class WeeklyReport(Model):
    """A person's report of a week (周报, J14), which its Monday names: the first version, or a later one.

    The numbers are what the person says; what the book knows is counted when it is read.
    """

    id = fields.UUIDField(primary_key=True)
    staff = fields.ForeignKeyField("records.Staff", related_name="weekly_reports", on_delete=KEEP)
    week = fields.DateField()
    number = fields.SmallIntField()
    fact = fields.OneToOneField("records.Fact", related_name="weekly_report", on_delete=KEEP)
    visits = fields.IntField()
    customers = fields.IntField()
    signings = fields.IntField()
    body = SealedField()
    received_fact = fields.OneToOneField("records.Fact", related_name="received_report", on_delete=KEEP, null=True)

    class Meta:
        table = "weekly_report"
        unique_together = (("staff", "week", "number"),)
        indexes = (Index(fields=("week", "id"), name="weekly_report_by_week"),)
        constraints = (
            CheckConstraint(check="number > 0", name="weekly_report_counts_up"),
            CheckConstraint(check="extract(isodow FROM week) = 1", name="weekly_report_of_a_monday"),
            CheckConstraint(
                check="visits >= 0 AND customers >= 0 AND signings >= 0", name="weekly_report_numbers_count_up"
            ),
        )

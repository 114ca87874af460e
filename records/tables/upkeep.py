"""What is destroyed, looked over and reported, as rows."""

# Tortoise declares a Meta in its own way.
# pyright: reportIncompatibleVariableOverride=false

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

from records.columns import KEEP, DigestField, one_of
from records.tables.model import Model

_CERTIFIED_WHOLE = (
    "(outcome IS NOT DISTINCT FROM 'destroyed') = (num_nonnulls(approved_by_id, certificate, digest) = 3)"
)


class Destruction(Model):
    """That a customer's data are to be destroyed (销毁, G16): who asked, who agreed, how it ended, and its certificate.

    `facts` counts the facts about the customer as they were asked about: with another one it is another question.
    """

    id = fields.UUIDField(primary_key=True)
    customer = fields.ForeignKeyField("records.Customer", related_name="destructions", on_delete=KEEP)
    ground = fields.CharField(max_length=30)
    document = fields.CharField(max_length=64, null=True)
    facts = fields.IntField()
    requested_by = fields.ForeignKeyField("records.Staff", related_name="destructions", on_delete=KEEP)
    requested_at = fields.DatetimeField()
    approved_by = fields.ForeignKeyField(
        "records.Staff", related_name="approved_destructions", on_delete=KEEP, null=True
    )
    alone = fields.BooleanField(default=False)
    ended_at = fields.DatetimeField(null=True)
    outcome = fields.CharField(max_length=20, null=True)
    certificate = fields.JSONField(null=True)
    digest = DigestField(null=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "destruction"
        indexes = (
            Index(fields=("requested_at",), name="destruction_by_age"),
            Index(fields=("customer_id",), name="destruction_by_customer"),
        )
        constraints = (
            CheckConstraint(check=one_of("outcome", "destroyed", "cancelled"), name="destruction_outcome"),
            CheckConstraint(check="(ended_at IS NULL) = (outcome IS NULL)", name="destruction_ended"),
            CheckConstraint(
                check=_CERTIFIED_WHOLE,
                name="destruction_is_certified",
            ),
            CheckConstraint(check="alone OR approved_by_id <> requested_by_id", name="destruction_two_people"),
            CheckConstraint(
                check="ended_at BETWEEN requested_at AND requested_at + interval '24 hours' OR outcome = 'cancelled'",
                name="destruction_approved_in_time",
            ),
        )


class Inspection(Model):
    """An inspection (检查, B16 C11 E11): over which team and days, drawn by which seed, of how many filings."""

    id = fields.UUIDField(primary_key=True)
    team = fields.ForeignKeyField("records.Team", related_name="inspections", on_delete=KEEP)
    from_day = fields.DateField()
    to_day = fields.DateField()
    seed = fields.CharField(max_length=32)
    population = fields.IntField()
    opened_by = fields.ForeignKeyField("records.Staff", related_name="inspections", on_delete=KEEP)
    opened_at = fields.DatetimeField()
    closed_by = fields.ForeignKeyField("records.Staff", related_name="closed_inspections", on_delete=KEEP, null=True)
    closed_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "inspection"
        indexes = (Index(fields=("team_id", "opened_at"), name="inspection_by_team"),)
        constraints = (
            CheckConstraint(check="to_day >= from_day", name="inspection_of_some_days"),
            CheckConstraint(check="population > 0", name="inspection_of_something"),
            CheckConstraint(check="(closed_at IS NULL) = (closed_by_id IS NULL)", name="inspection_closed_by_somebody"),
        )


class InspectedClaim(Model):
    """A filing in an inspection's sample: what was found of it, until when it is put right, and how that went.

    What was said of it stands in its facts, sealed; `rectified_by` put it right, `confirmed_by` found that so.
    """

    id = fields.UUIDField(primary_key=True)
    inspection = fields.ForeignKeyField("records.Inspection", related_name="inspected", on_delete=KEEP)
    filing = fields.ForeignKeyField("records.Filing", related_name="inspected", on_delete=KEEP)
    place = fields.SmallIntField()
    finding = fields.CharField(max_length=20, null=True)
    found_by = fields.ForeignKeyField("records.Staff", related_name="findings", on_delete=KEEP, null=True)
    found_at = fields.DatetimeField(null=True)
    found_fact = fields.ForeignKeyField("records.Fact", related_name="findings", on_delete=KEEP, null=True)
    due_on = fields.DateField(null=True)
    rectified_by = fields.ForeignKeyField("records.Staff", related_name="rectified", on_delete=KEEP, null=True)
    rectified_at = fields.DatetimeField(null=True)
    rectified_fact = fields.ForeignKeyField("records.Fact", related_name="rectified", on_delete=KEEP, null=True)
    confirmed_by = fields.ForeignKeyField("records.Staff", related_name="confirmed", on_delete=KEEP, null=True)
    confirmed_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "inspected_claim"
        unique_together = (("inspection", "place"), ("inspection", "filing"))
        indexes = (Index(fields=("filing_id",), name="inspected_claim_by_filing"),)
        constraints = (
            CheckConstraint(
                check=one_of("finding", "in_order", "incomplete", "untrue", "late", "not_followed_up", "other"),
                name="inspected_claim_finding",
            ),
            CheckConstraint(
                check="(finding IS NULL) = (num_nonnulls(found_by_id, found_at, found_fact_id) = 0)",
                name="inspected_claim_found_by_somebody",
            ),
            CheckConstraint(
                check="(due_on IS NULL) = (finding IS NULL OR finding = 'in_order')", name="inspected_claim_is_due"
            ),
            CheckConstraint(check="rectified_at IS NULL OR due_on IS NOT NULL", name="inspected_claim_put_right"),
            CheckConstraint(
                check="confirmed_at IS NULL OR rectified_at IS NOT NULL AND confirmed_by_id <> rectified_by_id",
                name="inspected_claim_confirmed_by_another",
            ),
        )

"""What is destroyed, looked over and reported, as rows."""

# Tortoise declares a Meta in its own way.
# pyright: reportIncompatibleVariableOverride=false

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from records.columns import KEEP, DigestField, one_of

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

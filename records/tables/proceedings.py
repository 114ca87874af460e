"""Deals, disputes and offences as rows."""

# Tortoise declares a Meta in its own way.
# pyright: reportIncompatibleVariableOverride=false

from __future__ import annotations

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

from records.columns import KEEP, one_of
from records.tables.model import Model


class Dispute(Model):
    """A dispute (争议) over a customer; its course is facts, this row is where they meet."""

    id = fields.UUIDField(primary_key=True)
    customer = fields.ForeignKeyField("records.Customer", related_name="disputes", on_delete=KEEP)
    opened_by = fields.ForeignKeyField("records.Staff", related_name="opened_disputes", on_delete=KEEP)
    opener_team = fields.ForeignKeyField("records.Team", related_name="opened_disputes", on_delete=KEEP, null=True)
    against = fields.ForeignKeyField("records.Staff", related_name="disputes_against", on_delete=KEEP, null=True)
    against_team = fields.ForeignKeyField("records.Team", related_name="disputes_against", on_delete=KEEP, null=True)
    opened_at = fields.DatetimeField()
    state = fields.CharField(max_length=20)
    settled_at = fields.DatetimeField(null=True)
    awarded_to = fields.ForeignKeyField("records.Staff", related_name="awards", on_delete=KEEP, null=True)
    awarded_by = fields.ForeignKeyField("records.Staff", related_name="signed_awards", on_delete=KEEP, null=True)
    arbiter = fields.ForeignKeyField("records.Staff", related_name="referred_disputes", on_delete=KEEP, null=True)
    appealed_at = fields.DatetimeField(null=True)
    appealed_by = fields.ForeignKeyField("records.Staff", related_name="appeals", on_delete=KEEP, null=True)
    closed_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "dispute"
        indexes = (Index(fields=("customer_id", "opened_at"), name="dispute_by_customer"),)
        constraints = (
            CheckConstraint(check=one_of("state", "open", "settled"), name="dispute_state"),
            CheckConstraint(check="(state = 'settled') = (settled_at IS NOT NULL)", name="dispute_settled_at"),
        )


class Deal(Model):
    """A deal (成交) with a customer; its course is facts, this row is where they meet.

    The custodian looks after it since whoever recorded it first handed it over; who earns by it is the law's.
    """

    id = fields.UUIDField(primary_key=True)
    customer = fields.ForeignKeyField("records.Customer", related_name="deals", on_delete=KEEP)
    opened_by = fields.ForeignKeyField("records.Staff", related_name="opened_deals", on_delete=KEEP)
    team = fields.ForeignKeyField("records.Team", related_name="opened_deals", on_delete=KEEP, null=True)
    opened_at = fields.DatetimeField()
    version = fields.IntField(default=1)
    custodian = fields.ForeignKeyField("records.Staff", related_name="deals_kept", on_delete=KEEP, null=True)

    class Meta:
        table = "deal"
        indexes = (Index(fields=("customer_id", "opened_at"), name="deal_by_customer"),)
        constraints = (CheckConstraint(check="version > 0", name="deal_version_counts_up"),)


class Confirmation(Model):
    """An application for a deal that nobody holds (认领), with evidence, and what a supervisor found (A18).

    `fact` is the application; what it comes to, once the evidence is found valid, is a fact of its own.
    """

    id = fields.UUIDField(primary_key=True)
    deal = fields.ForeignKeyField("records.Deal", related_name="confirmations", on_delete=KEEP)
    fact = fields.ForeignKeyField("records.Fact", related_name="confirmations", on_delete=KEEP)
    applicant = fields.ForeignKeyField("records.Staff", related_name="confirmations", on_delete=KEEP)
    team = fields.ForeignKeyField("records.Team", related_name="confirmations", on_delete=KEEP, null=True)
    applied_at = fields.DatetimeField()
    state = fields.CharField(max_length=20)
    judged_by = fields.ForeignKeyField("records.Staff", related_name="judged_confirmations", on_delete=KEEP, null=True)
    judged_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "confirmation"
        indexes = (Index(fields=("deal_id", "applied_at"), name="confirmation_by_deal"),)
        constraints = (
            CheckConstraint(check=one_of("state", "pending", "valid", "invalid"), name="confirmation_state"),
            CheckConstraint(check="(state = 'pending') = (judged_at IS NULL)", name="confirmation_judged_at"),
        )


class AwardRow(Model):
    """An award (裁决) on a dispute, first or on appeal, with the engine's ruling as it stood."""

    id = fields.UUIDField(primary_key=True)
    dispute = fields.ForeignKeyField("records.Dispute", related_name="awards", on_delete=KEEP)
    level = fields.CharField(max_length=20)
    fact = fields.ForeignKeyField("records.Fact", related_name="awards", on_delete=KEEP)
    given_by = fields.ForeignKeyField("records.Staff", related_name="given_awards", on_delete=KEEP)
    given_at = fields.DatetimeField()
    to = fields.ForeignKeyField("records.Staff", related_name="won_awards", on_delete=KEEP)
    departs = fields.BooleanField()
    ruling = fields.JSONField()

    class Meta:
        table = "award"
        unique_together = (("dispute", "level"),)
        constraints = (CheckConstraint(check=one_of("level", "first", "appeal"), name="award_level"),)


class LawOffence(Model):
    """An offence (违规), or a fine for a loss, that follows from the facts by the law: a projection of them.

    `nth` tells apart what the law says twice of one person at one instant.
    """

    id = fields.UUIDField(primary_key=True)
    customer = fields.ForeignKeyField("records.Customer", related_name="law_offences", on_delete=KEEP)
    staff = fields.ForeignKeyField("records.Staff", related_name="law_offences", on_delete=KEEP)
    kind = fields.CharField(max_length=40)
    at = fields.DatetimeField()
    nth = fields.SmallIntField()
    yuan = fields.IntField(null=True)
    clauses = ArrayField(element_type="text")
    edition = fields.CharField(max_length=120)

    class Meta:
        table = "law_offence"
        unique_together = (("customer", "staff", "kind", "at", "nth"),)
        indexes = (Index(fields=("staff_id", "at"), name="law_offence_by_staff"),)


class OffenceRow(Model):
    """An offence that a supervisor recorded with evidence, and what it came to; its fact is the evidence."""

    id = fields.UUIDField(primary_key=True)
    staff = fields.ForeignKeyField("records.Staff", related_name="offences", on_delete=KEEP)
    customer = fields.ForeignKeyField("records.Customer", related_name="offences", on_delete=KEEP, null=True)
    kind = fields.CharField(max_length=40)
    at = fields.DatetimeField()
    fact = fields.ForeignKeyField("records.Fact", related_name="offences", on_delete=KEEP)
    recorded_by = fields.ForeignKeyField("records.Staff", related_name="recorded_offences", on_delete=KEEP)
    step = fields.CharField(max_length=20)
    yuan = fields.IntField(null=True)
    clauses = ArrayField(element_type="text")
    edition = fields.CharField(max_length=120)

    class Meta:
        table = "offence"
        indexes = (Index(fields=("staff_id", "at"), name="offence_by_staff"),)


class OffencePlea(Model):
    """An appeal (申诉) against an offence, by law or recorded, and what became of it.

    It names the offence by what it is, not by its row: what follows from the facts is worked out anew at times.
    """

    id = fields.UUIDField(primary_key=True)
    staff = fields.ForeignKeyField("records.Staff", related_name="pleas", on_delete=KEEP)
    kind = fields.CharField(max_length=40)
    at = fields.DatetimeField()
    nth = fields.SmallIntField()
    fact = fields.ForeignKeyField("records.Fact", related_name="pleas", on_delete=KEEP)
    appealed_at = fields.DatetimeField()
    outcome = fields.CharField(max_length=20, null=True)
    decided_by = fields.ForeignKeyField("records.Staff", related_name="decided_pleas", on_delete=KEEP, null=True)
    decided_at = fields.DatetimeField(null=True)

    class Meta:
        table = "offence_plea"
        unique_together = (("staff", "kind", "at", "nth"),)
        constraints = (
            CheckConstraint(check=one_of("outcome", "upheld", "lifted"), name="offence_plea_outcome"),
            CheckConstraint(check="(outcome IS NULL) = (decided_at IS NULL)", name="offence_plea_decided_at"),
        )

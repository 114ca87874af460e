"""What one may do by somebody else's word for a time, what everybody promised, and what was backed up, as rows."""

# Tortoise declares a Meta in its own way.
# pyright: reportIncompatibleVariableOverride=false

from __future__ import annotations

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

from records.columns import KEEP, DigestField, one_of
from records.tables.model import Model

_GIVEN_WHOLE = "(outcome IS NOT DISTINCT FROM 'given') = (until_at IS NOT NULL)"
_DECIDED_WHOLE = "num_nonnulls(outcome, decided_by_id, decided_at, team_id) IN (0, 4)"


class RevealGrant(Model):
    """A grant (授权, E10): for whom, of which customer, what and why; who gave or refused it, and until when it holds.

    What was said of it stands in its facts, sealed. `team` is whose filings it opens: that of whoever gave it.
    """

    id = fields.UUIDField(primary_key=True)
    customer = fields.ForeignKeyField("records.Customer", related_name="grants", on_delete=KEEP)
    staff = fields.ForeignKeyField("records.Staff", related_name="grants", on_delete=KEEP)
    shown = ArrayField(element_type="text")
    papers = fields.BooleanField()
    purpose = fields.CharField(max_length=30)
    requested_at = fields.DatetimeField()
    request_fact = fields.ForeignKeyField("records.Fact", related_name="requested_grants", on_delete=KEEP, null=True)
    outcome = fields.CharField(max_length=20, null=True)
    decided_by = fields.ForeignKeyField("records.Staff", related_name="decided_grants", on_delete=KEEP, null=True)
    decided_at = fields.DatetimeField(null=True)
    decided_fact = fields.ForeignKeyField("records.Fact", related_name="decided_grants", on_delete=KEEP, null=True)
    team = fields.ForeignKeyField("records.Team", related_name="grants", on_delete=KEEP, null=True)
    until_at = fields.DatetimeField(null=True)
    withdrawn_by = fields.ForeignKeyField("records.Staff", related_name="withdrawn_grants", on_delete=KEEP, null=True)
    withdrawn_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "reveal_grant"
        indexes = (
            Index(fields=("staff_id", "customer_id"), name="reveal_grant_by_staff"),
            Index(fields=("customer_id", "requested_at"), name="reveal_grant_by_customer"),
        )
        constraints = (
            CheckConstraint(check=one_of("outcome", "given", "refused"), name="reveal_grant_outcome"),
            CheckConstraint(check=_DECIDED_WHOLE, name="reveal_grant_decided_by_somebody"),
            CheckConstraint(check=_GIVEN_WHOLE, name="reveal_grant_given_until"),
            CheckConstraint(
                check="until_at > decided_at AND until_at <= decided_at + interval '8 hours'",
                name="reveal_grant_for_eight_hours",
            ),
            CheckConstraint(check="decided_by_id <> staff_id", name="reveal_grant_by_another"),
            CheckConstraint(check="papers OR cardinality(shown) > 0", name="reveal_grant_of_something"),
            CheckConstraint(
                check="(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL)", name="reveal_grant_withdrawn_by_somebody"
            ),
        )


class GrantUse(Model):
    """That a grant was used (授权使用): when, and by which entry of the log."""

    id = fields.UUIDField(primary_key=True)
    grant = fields.ForeignKeyField("records.RevealGrant", related_name="uses", on_delete=KEEP)
    entry = fields.UUIDField()
    used_at = fields.DatetimeField()

    class Meta:
        table = "grant_use"
        indexes = (Index(fields=("grant_id",), name="grant_use_by_grant"),)


class Undertaking(Model):
    """That somebody signed the undertaking of confidentiality (保密协议, B10): which text, on which day, how.

    Appended, never changed: another text is signed anew.
    """

    id = fields.UUIDField(primary_key=True)
    staff = fields.ForeignKeyField("records.Staff", related_name="undertakings", on_delete=KEEP)
    version = fields.IntField()
    digest = DigestField()
    way = fields.CharField(max_length=20)
    signed_on = fields.DateField()
    document = fields.CharField(max_length=64, null=True)
    recorded_by = fields.ForeignKeyField("records.Staff", related_name="recorded_undertakings", on_delete=KEEP)
    recorded_at = fields.DatetimeField()

    class Meta:
        table = "undertaking"
        unique_together = (("staff", "version", "digest"),)
        constraints = (
            CheckConstraint(check=one_of("way", "here", "paper"), name="undertaking_way"),
            CheckConstraint(check="(way = 'here') = (recorded_by_id = staff_id)", name="undertaking_signed_oneself"),
            CheckConstraint(check="octet_length(digest) = 32", name="undertaking_digest_length"),
        )


class Backup(Model):
    """That a backup was made (备份, G6 G15): when, how large, its digests, and by whom; appended, never changed.

    `contents` is a digest of every row that it holds, by which a trial knows them again; `recovery` that of the key
    file's recovery copy, which is kept apart.
    """

    id = fields.UUIDField(primary_key=True)
    made_at = fields.DatetimeField()
    size = fields.BigIntField()
    digest = DigestField()
    contents = DigestField(null=True)
    rows = fields.BigIntField(null=True)
    ledger = DigestField(null=True)
    recovery = DigestField(null=True)
    staff = fields.ForeignKeyField("records.Staff", related_name="backups", on_delete=KEEP, null=True)
    operator = fields.CharField(max_length=64, null=True)
    recorded_at = fields.DatetimeField()

    class Meta:
        table = "backup"
        unique_together = (("digest",),)
        indexes = (Index(fields=("made_at",), name="backup_by_age"),)
        constraints = (
            CheckConstraint(check="size > 0", name="backup_of_something"),
            CheckConstraint(check="octet_length(digest) = 32", name="backup_digest_length"),
            CheckConstraint(check="made_at <= recorded_at", name="backup_made_before"),
            CheckConstraint(check="num_nonnulls(staff_id, operator) = 1", name="backup_by_somebody"),
        )


class RestoreTrial(Model):
    """That a backup was restored to see whether it can be (恢复测试), and how that ended; appended, never changed."""

    id = fields.UUIDField(primary_key=True)
    backup = fields.ForeignKeyField("records.Backup", related_name="trials", on_delete=KEEP)
    tried_at = fields.DatetimeField()
    outcome = fields.CharField(max_length=20)
    staff = fields.ForeignKeyField("records.Staff", related_name="trials", on_delete=KEEP, null=True)
    operator = fields.CharField(max_length=64, null=True)
    recorded_at = fields.DatetimeField()

    class Meta:
        table = "restore_trial"
        indexes = (Index(fields=("backup_id", "tried_at"), name="restore_trial_by_backup"),)
        constraints = (
            CheckConstraint(check=one_of("outcome", "good", "failed"), name="restore_trial_outcome"),
            CheckConstraint(check="tried_at <= recorded_at", name="restore_trial_tried_before"),
            CheckConstraint(check="num_nonnulls(staff_id, operator) = 1", name="restore_trial_by_somebody"),
        )

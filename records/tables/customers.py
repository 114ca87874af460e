"""Customers, filings and facts as rows, and what follows from them."""

# Tortoise declares a Meta in its own way.
# pyright: reportIncompatibleVariableOverride=false

from __future__ import annotations

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

from records.columns import KEEP, DigestField, SealedField, one_of
from records.tables.model import Model


class Customer(Model):
    """One customer by exact identity; `root` is the customer that links have made it part of.

    Sealed values name the customer under whose subject key they were sealed, which a later link does
    not change; whatever is decided is decided for the root.
    """

    id = fields.UUIDField(primary_key=True)
    root = fields.ForeignKeyField("records.Customer", related_name="parts", on_delete=KEEP)
    created_at = fields.DatetimeField()

    class Meta:
        table = "customer"
        indexes = (Index(fields=("root_id",), name="customer_by_root"),)


class Filing(Model):
    """A dated form (报备): who filed which customer, said when, recorded when.

    `present` names the law's fields that the filing has; `card` is what a list may show, sealed. The custodian
    (保管) looks after it since its claimant handed it over; the claim stays the claimant's.
    """

    id = fields.UUIDField(primary_key=True)
    customer = fields.ForeignKeyField("records.Customer", related_name="filings", on_delete=KEEP)
    claimant = fields.ForeignKeyField("records.Staff", related_name="filings", on_delete=KEEP)
    team = fields.ForeignKeyField("records.Team", related_name="filings", on_delete=KEEP, null=True)
    entered_by = fields.ForeignKeyField("records.Staff", related_name="entered_filings", on_delete=KEEP)
    type = fields.CharField(max_length=20)
    channel = fields.CharField(max_length=20)
    source = fields.CharField(max_length=30, null=True)
    basis = fields.CharField(max_length=30, null=True)
    occurred_at = fields.DatetimeField()
    recorded_at = fields.DatetimeField()
    present = ArrayField(element_type="text")
    version = fields.IntField(default=1)
    card = SealedField()
    custodian = fields.ForeignKeyField("records.Staff", related_name="filings_kept", on_delete=KEEP, null=True)

    class Meta:
        table = "filing"
        indexes = (
            Index(fields=("customer_id", "team_id", "recorded_at"), name="filing_by_customer"),
            Index(fields=("team_id", "customer_id"), name="filing_by_team"),
            Index(fields=("claimant_id", "customer_id"), name="filing_by_claimant"),
            Index(fields=("custodian_id", "customer_id"), name="filing_by_custodian"),
            Index(fields=("recorded_at",), name="filing_by_recording"),
        )
        constraints = (
            CheckConstraint(
                check=one_of("channel", "on_site", "message", "phone", "form", "import"), name="filing_channel"
            ),
            CheckConstraint(check="type ~ '^[a-z_]+$'", name="filing_type_is_a_word"),
            CheckConstraint(check="version > 0", name="filing_version_counts_up"),
        )


class Fact(Model):
    """What happened, once and for all; triggers refuse to change or delete a row.

    `details` holds enumerations, dates, numbers and ids only; text stands in sealed values. `seq`, the
    order of recording, is drawn by the database (see the migrations).
    """

    id = fields.UUIDField(primary_key=True)
    kind = fields.CharField(max_length=30)
    happened_at = fields.DatetimeField()
    recorded_at = fields.DatetimeField()
    by = fields.ForeignKeyField("records.Staff", related_name="facts", on_delete=KEEP, null=True)
    entered_by = fields.ForeignKeyField("records.Staff", related_name="entered_facts", on_delete=KEEP, null=True)
    customer = fields.ForeignKeyField("records.Customer", related_name="facts", on_delete=KEEP, null=True)
    filing = fields.ForeignKeyField("records.Filing", related_name="facts", on_delete=KEEP, null=True)
    dispute = fields.ForeignKeyField("records.Dispute", related_name="facts", on_delete=KEEP, null=True)
    deal_id = fields.UUIDField(null=True)
    corrects = fields.ForeignKeyField("records.Fact", related_name="corrections", on_delete=KEEP, null=True)
    details = fields.JSONField(default=dict)

    class Meta:
        table = "fact"
        indexes = (
            Index(fields=("customer_id", "happened_at"), name="fact_by_customer"),
            Index(fields=("filing_id",), name="fact_by_filing"),
            Index(fields=("kind", "by_id"), name="fact_by_kind"),
        )
        constraints = (CheckConstraint(check="kind ~ '^[a-z_]+$'", name="fact_kind_is_a_word"),)


class HoldingRow(Model):
    """Who holds a customer from when until when, with every boundary ahead: a projection of the facts."""

    id = fields.UUIDField(primary_key=True)
    customer = fields.ForeignKeyField("records.Customer", related_name="holdings", on_delete=KEEP)
    from_at = fields.DatetimeField()
    until_at = fields.DatetimeField(null=True)
    staff = fields.ForeignKeyField("records.Staff", related_name="holdings", on_delete=KEEP, null=True)
    team = fields.ForeignKeyField("records.Team", related_name="holdings", on_delete=KEEP, null=True)
    protected_until = fields.DateField(null=True)
    clauses = ArrayField(element_type="text")
    edition = fields.CharField(max_length=120)

    class Meta:
        table = "holding"
        unique_together = (("customer", "from_at"),)
        indexes = (
            Index(fields=("team_id", "customer_id"), name="holding_by_team"),
            Index(fields=("staff_id", "customer_id"), name="holding_by_staff"),
        )
        constraints = (CheckConstraint(check="until_at > from_at", name="holding_has_length"),)


class ClaimState(Model):
    """In which state a filing is from when until when: a projection of the facts."""

    id = fields.UUIDField(primary_key=True)
    filing = fields.ForeignKeyField("records.Filing", related_name="states", on_delete=KEEP)
    from_at = fields.DatetimeField()
    until_at = fields.DatetimeField(null=True)
    state = fields.CharField(max_length=20)
    missing = ArrayField(element_type="text")
    clauses = ArrayField(element_type="text")
    edition = fields.CharField(max_length=120)

    class Meta:
        table = "claim_state"
        unique_together = (("filing", "from_at"),)
        constraints = (CheckConstraint(check="until_at > from_at", name="claim_state_has_length"),)


class CustomerScope(Model):
    """In whose scope a customer is: one row a team, and one without a team for roles that see all.

    A projection of filings and holdings; `filed_at` is the latest filing that this scope sees, so that
    a page in its order tells nothing of anybody else's filing. `is_pending`: all that this scope has of the
    customer is under review and confidential (C3).
    """

    id = fields.UUIDField(primary_key=True)
    customer = fields.ForeignKeyField("records.Customer", related_name="scopes", on_delete=KEEP)
    team = fields.ForeignKeyField("records.Team", related_name="scopes", on_delete=KEEP, null=True)
    filed_at = fields.DatetimeField()
    is_pending = fields.BooleanField(default=False)

    class Meta:
        table = "customer_scope"
        indexes = (Index(fields=("team_id", "filed_at", "customer_id"), name="customer_scope_page"),)


class RegisterImport(Model):
    """One register file being imported; `finished_at` is null while it runs, or was killed."""

    id = fields.UUIDField(primary_key=True)
    file_digest = DigestField()
    started_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "register_import"
        indexes = (Index(fields=("file_digest",), name="register_import_by_file"),)


class RegisterRow(Model):
    """A register row that is in the book, known again by a keyed fingerprint of what it says."""

    fingerprint = DigestField(primary_key=True)
    key = fields.ForeignKeyField("records.KeyMaterial", related_name="fingerprints", on_delete=KEEP)
    register_import = fields.ForeignKeyField("records.RegisterImport", related_name="rows", on_delete=KEEP)
    filing = fields.ForeignKeyField("records.Filing", related_name="register_rows", on_delete=KEEP)

    class Meta:
        table = "register_row"
        constraints = (CheckConstraint(check="octet_length(fingerprint) = 32", name="register_row_fingerprint"),)


class ArchiveEntry(Model):
    """An entry of the archive (档案): a filing's record as it was archived, or a correction of it; never changed.

    `seal` is the digest of the record (`records.seals`); `retain_until` null: kept without end.
    """

    id = fields.UUIDField(primary_key=True)
    filing = fields.ForeignKeyField("records.Filing", related_name="archive_entries", on_delete=KEEP)
    fact = fields.OneToOneField("records.Fact", related_name="archive_entry", on_delete=KEEP)
    number = fields.SmallIntField()
    corrects = fields.ForeignKeyField("records.ArchiveEntry", related_name="corrections", on_delete=KEEP, null=True)
    archived_by = fields.ForeignKeyField("records.Staff", related_name="archive_entries", on_delete=KEEP)
    archived_at = fields.DatetimeField()
    retain_until = fields.DateField(null=True)
    seal = DigestField()

    class Meta:
        table = "archive_entry"
        unique_together = (("filing", "number"),)
        indexes = (
            Index(fields=("archived_at", "id"), name="archive_entry_by_time"),
            Index(fields=("retain_until",), name="archive_entry_by_retention"),
        )
        constraints = (
            CheckConstraint(check="number > 0", name="archive_entry_number_counts_up"),
            CheckConstraint(check="octet_length(seal) = 32", name="archive_entry_seal_length"),
        )


class ContactCorrection(Model):
    """A correction of a filing's contact data (更正): made at once, or waiting for a supervisor's word (G13)."""

    id = fields.UUIDField(primary_key=True)
    filing = fields.ForeignKeyField("records.Filing", related_name="corrections", on_delete=KEEP)
    fact = fields.OneToOneField("records.Fact", related_name="contact_correction", on_delete=KEEP)
    changed = ArrayField(element_type="text")
    proposed_by = fields.ForeignKeyField("records.Staff", related_name="proposed_corrections", on_delete=KEEP)
    proposed_at = fields.DatetimeField()
    state = fields.CharField(max_length=20)
    judged_by = fields.ForeignKeyField("records.Staff", related_name="judged_corrections", on_delete=KEEP, null=True)
    judged_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "contact_correction"
        indexes = (
            Index(fields=("filing_id", "proposed_at"), name="contact_correction_by_filing"),
            Index(fields=("state", "proposed_at"), name="contact_correction_by_state"),
        )
        constraints = (
            CheckConstraint(
                check=one_of("state", "pending", "confirmed", "rejected", "applied"), name="contact_correction_state"
            ),
            CheckConstraint(
                check="(state IN ('pending', 'applied')) = (judged_at IS NULL)", name="contact_correction_judged_at"
            ),
        )


class CustomerApart(Model):
    """Two customers whom somebody parted (拆分): a value that both have makes them one no more."""

    id = fields.UUIDField(primary_key=True)
    customer = fields.ForeignKeyField("records.Customer", related_name="parted", on_delete=KEEP)
    other = fields.ForeignKeyField("records.Customer", related_name="parted_from", on_delete=KEEP)
    fact = fields.ForeignKeyField("records.Fact", related_name="parted", on_delete=KEEP)

    class Meta:
        table = "customer_apart"
        indexes = (
            Index(fields=("customer_id",), name="customer_apart_by_customer"),
            Index(fields=("other_id",), name="customer_apart_by_other"),
        )


class RegisterClosing(Model):
    """A closing of a day's register (当日归档, A8): how many filings it covers; never changed."""

    id = fields.UUIDField(primary_key=True)
    day = fields.DateField()
    number = fields.SmallIntField()
    fact = fields.OneToOneField("records.Fact", related_name="register_closing", on_delete=KEEP)
    filings = fields.IntField()
    closed_by = fields.ForeignKeyField("records.Staff", related_name="register_closings", on_delete=KEEP)
    closed_at = fields.DatetimeField()

    class Meta:
        table = "register_closing"
        unique_together = (("day", "number"),)
        constraints = (
            CheckConstraint(check="number > 0", name="register_closing_number_counts_up"),
            CheckConstraint(check="filings > 0", name="register_closing_covers_something"),
        )


class PendingReview(Model):
    """At which level of its chain a filing waits (审核), and who approved in this round: a projection of the facts.

    `reviewer` is the role, in the law's words, that reviews at that level. The chain is that of the edition under which
    the filing entered it: a later one changes nothing of it.
    """

    id = fields.UUIDField(primary_key=True)
    filing = fields.OneToOneField("records.Filing", related_name="pending_review", on_delete=KEEP)
    level = fields.SmallIntField()
    levels = fields.SmallIntField()
    reviewer = fields.CharField(max_length=30)
    different_people = fields.BooleanField()
    approvers = ArrayField(element_type="text")
    since = fields.DatetimeField()

    class Meta:
        table = "pending_review"
        indexes = (Index(fields=("level", "since"), name="pending_review_by_level"),)
        constraints = (CheckConstraint(check="level BETWEEN 1 AND levels", name="pending_review_level"),)

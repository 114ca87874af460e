"""What is told, asked again, budgeted or ruled, as rows."""

# Tortoise declares a Meta in its own way.
# pyright: reportIncompatibleVariableOverride=false

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

from records.columns import KEEP, DigestField, SealedField, one_of
from records.tables.model import Model


class AccessNote(Model):
    """The text of a log entry's purpose, sealed under the customer's key: erasing the customer erases it.

    The entry itself keeps only a salted digest, so the log proves the text without holding it.
    """

    entry_id = fields.UUIDField(primary_key=True)
    customer = fields.ForeignKeyField("records.Customer", related_name="access_notes", on_delete=KEEP)
    sealed = SealedField()

    class Meta:
        table = "access_note"


class LogPseudonym(Model):
    """Which customer a pseudonym of the access log stands for; without this row it stands for nobody."""

    value = DigestField(primary_key=True)
    key = fields.ForeignKeyField("records.KeyMaterial", related_name="pseudonyms", on_delete=KEEP)
    customer = fields.ForeignKeyField("records.Customer", related_name="pseudonyms", on_delete=KEEP)

    class Meta:
        table = "log_pseudonym"
        indexes = (Index(fields=("customer_id",), name="log_pseudonym_by_customer"),)


class Replay(Model):
    """An act done once under an idempotency key: a keyed hash of its input and what it made, kept 24 h."""

    id = fields.UUIDField(primary_key=True)
    actor = fields.ForeignKeyField("records.Account", related_name="replays", on_delete=KEEP)
    key = fields.UUIDField()
    act = fields.CharField(max_length=60)
    input_hash = DigestField()
    hash_key = fields.ForeignKeyField("records.KeyMaterial", related_name="replays", on_delete=KEEP)
    made = fields.UUIDField(null=True)
    at = fields.DatetimeField()

    class Meta:
        table = "replay"
        unique_together = (("actor", "key"),)
        indexes = (Index(fields=("at",), name="replay_by_age"),)


class ProbeBudget(Model):
    """How many protected questions a person has asked on a day (checks, searches, filings as probes)."""

    id = fields.UUIDField(primary_key=True)
    account = fields.ForeignKeyField("records.Account", related_name="budgets", on_delete=KEEP)
    act = fields.CharField(max_length=60)
    day = fields.DateField()
    used = fields.IntField()

    class Meta:
        table = "probe_budget"
        unique_together = (("account", "act", "day"),)
        constraints = (CheckConstraint(check="used >= 0", name="probe_budget_counts_up"),)


class NoticeRow(Model):
    """A notice (通知) to a person, or to a team in common; kinds and ids only."""

    id = fields.UUIDField(primary_key=True)
    to_staff = fields.ForeignKeyField("records.Staff", related_name="notices", on_delete=KEEP, null=True)
    to_team = fields.ForeignKeyField("records.Team", related_name="notices", on_delete=KEEP, null=True)
    kind = fields.CharField(max_length=40)
    customer = fields.ForeignKeyField("records.Customer", related_name="notices", on_delete=KEEP, null=True)
    filing = fields.ForeignKeyField("records.Filing", related_name="notices", on_delete=KEEP, null=True)
    next = fields.CharField(max_length=40)
    details = fields.JSONField(default=dict)
    at = fields.DatetimeField()
    read_at = fields.DatetimeField(null=True)
    read_by = fields.ForeignKeyField("records.Staff", related_name="read_notices", on_delete=KEEP, null=True)

    class Meta:
        table = "notice"
        indexes = (
            Index(fields=("to_staff_id", "at"), name="notice_by_staff"),
            Index(fields=("to_team_id", "at"), name="notice_by_team"),
        )
        constraints = (
            CheckConstraint(check="(to_staff_id IS NULL) <> (to_team_id IS NULL)", name="notice_has_one_addressee"),
            CheckConstraint(check="(read_at IS NULL) = (read_by_id IS NULL)", name="notice_read_by_somebody"),
        )


_APPROVED_WHOLE = (
    "(state = 'approved') = (num_nonnulls(edition, effective_on, approved_by_id, approved_at, approved_on) = 5)"
)


_WITHDRAWN_WHOLE = (
    "(state = 'withdrawn') = (num_nonnulls(withdrawn_by_id, withdrawn_at, withdrawn_on, withdrawn_because) = 4)"
)


class RulebookEdition(Model):
    """An edition of the rulebook (办法版本): a draft, then approved for a day, and never changed again (E14).

    Ahead of its day it may be withdrawn: it keeps all but its name, which no ruling has borne.
    """

    id = fields.UUIDField(primary_key=True)
    rulebook = fields.CharField(max_length=60)
    title = fields.CharField(max_length=200)
    based_on = fields.CharField(max_length=120)
    parameters = fields.JSONField()
    cited = fields.JSONField()
    state = fields.CharField(max_length=20)
    edition = fields.CharField(max_length=120, null=True, unique=True)
    effective_on = fields.DateField(null=True)
    until_on = fields.DateField(null=True)
    drafted_by = fields.ForeignKeyField("records.Staff", related_name="drafted_editions", on_delete=KEEP)
    drafted_at = fields.DatetimeField()
    approved_by = fields.ForeignKeyField("records.Staff", related_name="approved_editions", on_delete=KEEP, null=True)
    approved_at = fields.DatetimeField(null=True)
    approved_on = fields.DateField(null=True)
    because = fields.CharField(max_length=200, null=True)
    withdrawn_by = fields.ForeignKeyField("records.Staff", related_name="withdrawn_editions", on_delete=KEEP, null=True)
    withdrawn_at = fields.DatetimeField(null=True)
    withdrawn_on = fields.DateField(null=True)
    withdrawn_because = fields.CharField(max_length=200, null=True)
    version = fields.IntField()

    class Meta:
        table = "rulebook_edition"
        constraints = (
            CheckConstraint(check=one_of("state", "draft", "approved", "withdrawn"), name="rulebook_edition_state"),
            CheckConstraint(check=_WITHDRAWN_WHOLE, name="rulebook_edition_is_withdrawn_whole"),
            CheckConstraint(check="withdrawn_on < effective_on", name="rulebook_edition_is_withdrawn_ahead"),
            CheckConstraint(check=_APPROVED_WHOLE, name="rulebook_edition_is_approved_whole"),
            CheckConstraint(
                check="effective_on >= approved_on OR because IS NOT NULL",
                name="rulebook_edition_is_backdated_for_a_reason",
            ),
            CheckConstraint(check="until_on > effective_on", name="rulebook_edition_has_length"),
        )

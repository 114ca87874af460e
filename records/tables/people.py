"""People as rows: teams, staff, who is in which team when, accounts and sessions."""

# Tortoise declares a Meta in its own way.
# pyright: reportIncompatibleVariableOverride=false

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

from records.columns import KEEP, DigestField, one_of
from records.tables.model import Model


class Installation(Model):
    """What this installation is: one row (its random id names the database in every pseudonym)."""

    only = fields.SmallIntField(primary_key=True, generated=False)
    id = fields.UUIDField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "installation"
        constraints = (CheckConstraint(check='"only" = 1', name="installation_is_one_row"),)


class Team(Model):
    """A sales team (团队)."""

    id = fields.UUIDField(primary_key=True)
    name = fields.CharField(max_length=100, unique=True)

    class Meta:
        table = "team"


class Staff(Model):
    """A person of the company; `number` is the 工号 by which a register names them.

    A designer of an outside company (装饰公司) is one too, named with that company.
    """

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=40, unique=True)
    name = fields.CharField(max_length=100)
    role = fields.CharField(max_length=30)
    region = fields.CharField(max_length=100, null=True)
    company = fields.CharField(max_length=100, null=True)

    class Meta:
        table = "staff"
        constraints = (CheckConstraint(check="role ~ '^[a-z_]+$'", name="staff_role_is_a_word"),)


class TeamMembership(Model):
    """From when a person belongs to a team; the latest row at an instant says which."""

    id = fields.UUIDField(primary_key=True)
    staff = fields.ForeignKeyField("records.Staff", related_name="memberships", on_delete=KEEP)
    team = fields.ForeignKeyField("records.Team", related_name="memberships", on_delete=KEEP, null=True)
    from_at = fields.DatetimeField()
    recorded_at = fields.DatetimeField()

    class Meta:
        table = "team_membership"
        indexes = (Index(fields=("staff_id", "from_at"), name="team_membership_by_staff"),)


class Account(Model):
    """How one person signs in (B14: accounts are personal, so a person has one).

    Locked, it can be unlocked; closed, because its person left, it stays closed.
    """

    id = fields.UUIDField(primary_key=True)
    staff = fields.OneToOneField("records.Staff", related_name="account", on_delete=KEEP)
    login = fields.CharField(max_length=100, unique=True)
    password_hash = fields.CharField(max_length=200)
    created_at = fields.DatetimeField()
    locked_at = fields.DatetimeField(null=True)
    failures = fields.IntField(default=0)
    failed_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "account"
        constraints = (CheckConstraint(check="failures >= 0", name="account_failures_count_up"),)


class Session(Model):
    """A log-in: the token's SHA-256, never the token."""

    id = fields.UUIDField(primary_key=True)
    account = fields.ForeignKeyField("records.Account", related_name="sessions", on_delete=KEEP)
    token_hash = DigestField(unique=True)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)
    address = fields.CharField(max_length=64, null=True)

    class Meta:
        table = "session"
        indexes = (Index(fields=("account_id", "expires_at"), name="session_by_account"),)
        constraints = (
            CheckConstraint(check="octet_length(token_hash) = 32", name="session_token_is_hashed"),
            CheckConstraint(check="expires_at > created_at", name="session_ends_after_it_begins"),
        )


class Approver(Model):
    """Who is named to review at a level of the chain (审核人, F4), from when until when; nobody: any of the role."""

    id = fields.UUIDField(primary_key=True)
    level = fields.SmallIntField()
    staff = fields.ForeignKeyField("records.Staff", related_name="approver_of", on_delete=KEEP)
    named_by = fields.ForeignKeyField("records.Staff", related_name="named_approvers", on_delete=KEEP)
    from_at = fields.DatetimeField()
    until_at = fields.DatetimeField(null=True)

    class Meta:
        table = "approver"
        indexes = (Index(fields=("staff_id", "level"), name="approver_by_staff"),)
        constraints = (CheckConstraint(check="level > 0", name="approver_level_counts_up"),)


class Departure(Model):
    """That somebody leaves the company (离职) or their team (调岗): from the notice to the empty list of their things.

    `team` is the team that they leave. What is to be handed over is no row: it follows from what stands in the book.
    """

    id = fields.UUIDField(primary_key=True)
    staff = fields.ForeignKeyField("records.Staff", related_name="departures", on_delete=KEEP)
    team = fields.ForeignKeyField("records.Team", related_name="departures", on_delete=KEEP, null=True)
    kind = fields.CharField(max_length=20)
    to_team = fields.ForeignKeyField("records.Team", related_name="arrivals", on_delete=KEEP, null=True)
    cause = fields.CharField(max_length=20, null=True)
    noticed_on = fields.DateField()
    last_day = fields.DateField()
    is_notice_waived = fields.BooleanField(default=False)
    announced_by = fields.ForeignKeyField("records.Staff", related_name="announced_departures", on_delete=KEEP)
    announced_at = fields.DatetimeField()
    departed_at = fields.DatetimeField(null=True)
    completed_at = fields.DatetimeField(null=True)
    completed_by = fields.ForeignKeyField(
        "records.Staff", related_name="completed_departures", on_delete=KEEP, null=True
    )
    withdrawn_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "departure"
        indexes = (
            Index(fields=("staff_id", "announced_at"), name="departure_by_staff"),
            Index(fields=("team_id", "announced_at"), name="departure_by_team"),
        )
        constraints = (
            CheckConstraint(check=one_of("kind", "leave", "transfer"), name="departure_kind"),
            CheckConstraint(
                check="cause IS NULL OR " + one_of("cause", "resignation", "dismissal", "probation", "other"),
                name="departure_cause",
            ),
            CheckConstraint(check="(kind = 'leave') = (to_team_id IS NULL)", name="departure_leads_somewhere"),
            CheckConstraint(check="(kind = 'leave') = (cause IS NOT NULL)", name="departure_has_a_cause"),
            CheckConstraint(check="last_day >= noticed_on", name="departure_after_its_notice"),
            CheckConstraint(
                check="completed_at IS NULL OR completed_at >= departed_at AND departed_at IS NOT NULL",
                name="departure_completed_after_it_was",
            ),
            CheckConstraint(
                check="(completed_at IS NULL) = (completed_by_id IS NULL)", name="departure_completed_by_somebody"
            ),
            CheckConstraint(check="withdrawn_at IS NULL OR departed_at IS NULL", name="departure_withdrawn_in_time"),
            CheckConstraint(check="version > 0", name="departure_version_counts_up"),
        )


class HandoverRow(Model):
    """That something of a leaver's passed into somebody's hands (交接): what, to whom, by whose word, when.

    Appended, never changed: transfer and custody are recorded (G11). `fact` is the assignment by which a customer
    passed.
    """

    id = fields.UUIDField(primary_key=True)
    departure = fields.ForeignKeyField("records.Departure", related_name="handovers", on_delete=KEEP)
    kind = fields.CharField(max_length=20)
    customer = fields.ForeignKeyField("records.Customer", related_name="handovers", on_delete=KEEP, null=True)
    filing = fields.ForeignKeyField("records.Filing", related_name="handovers", on_delete=KEEP, null=True)
    deal = fields.ForeignKeyField("records.Deal", related_name="handovers", on_delete=KEEP, null=True)
    approver = fields.ForeignKeyField("records.Approver", related_name="handovers", on_delete=KEEP, null=True)
    notice = fields.ForeignKeyField("records.NoticeRow", related_name="handovers", on_delete=KEEP, null=True)
    to_staff = fields.ForeignKeyField("records.Staff", related_name="handovers", on_delete=KEEP)
    by = fields.ForeignKeyField("records.Staff", related_name="handovers_made", on_delete=KEEP)
    fact = fields.ForeignKeyField("records.Fact", related_name="handovers", on_delete=KEEP, null=True)
    at = fields.DatetimeField()

    class Meta:
        table = "handover"
        indexes = (Index(fields=("departure_id", "at"), name="handover_by_departure"),)
        constraints = (
            CheckConstraint(
                check=one_of("kind", "holding", "filing", "deal", "review", "notice"), name="handover_kind"
            ),
            CheckConstraint(
                check="num_nonnulls(customer_id, filing_id, deal_id, approver_id, notice_id) = 1",
                name="handover_of_one_thing",
            ),
        )

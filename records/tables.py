"""What is kept: one class a table; a table decides nothing.

- Facts are appended, never changed; everything that is current is derived from them.
- Contact data and free text stand in sealed columns; in clear stand enumerations, dates, numbers and
  which fields a filing has.
- What a model cannot say (generated columns, triggers, partitions, exclusion, rights) stands beside it in
  the migrations; the access log, being partitioned, stands there whole.
"""

# Tortoise declares a Meta in its own way.
# pyright: reportIncompatibleVariableOverride=false

from __future__ import annotations

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields import OnDelete
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from records.columns import DigestField, SealedField

KEEP = OnDelete.RESTRICT


def _one_of(column: str, *words: str) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"{column} IN ({listed})"


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
                check=_one_of("channel", "on_site", "message", "phone", "form", "import"), name="filing_channel"
            ),
            CheckConstraint(check="type ~ '^[a-z_]+$'", name="filing_type_is_a_word"),
            CheckConstraint(check="version > 0", name="filing_version_counts_up"),
        )


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
            CheckConstraint(check=_one_of("state", "open", "settled"), name="dispute_state"),
            CheckConstraint(check="(state = 'settled') = (settled_at IS NOT NULL)", name="dispute_settled_at"),
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


class KeyVersion(Model):
    """One version of a key and its state (keys are named by number in every wrapped and sealed value)."""

    id = fields.IntField(primary_key=True, generated=False)
    purpose = fields.CharField(max_length=40)
    version = fields.IntField()
    state = fields.CharField(max_length=20)
    suite = fields.SmallIntField()
    created_at = fields.DatetimeField()
    state_at = fields.DatetimeField()
    compromised_at = fields.DatetimeField(null=True)

    class Meta:
        table = "key_version"
        unique_together = (("purpose", "version"),)
        constraints = (
            CheckConstraint(
                check=_one_of("state", "staged", "primary", "decrypt_only", "compromised", "disabled", "destroyed"),
                name="key_version_state",
            ),
            CheckConstraint(check="id > 0 AND version > 0", name="key_version_counts_up"),
        )


class KeyMaterial(Model):
    """The living bytes of a key, wrapped by its provider; destroying a key is the deletion of this row.

    Its id is its key version's (a foreign key, see the migrations).
    """

    id = fields.IntField(primary_key=True, generated=False)
    wrapped = fields.BinaryField()

    class Meta:
        table = "key_material"


class KeyAct(Model):
    """Something done to keys (密钥操作): who asked and when, who agreed, how it ended.

    `subject` is what it was done to, in words (`data`, `index.phone`, `kek data`); `key` the version, if it was one.
    `alone` says that one person did what two should: only where the installation records that instead of refusing it.
    """

    id = fields.UUIDField(primary_key=True)
    kind = fields.CharField(max_length=30)
    subject = fields.CharField(max_length=60)
    key = fields.ForeignKeyField("records.KeyVersion", related_name="acts", on_delete=KEEP, null=True)
    requested_by = fields.ForeignKeyField("records.Staff", related_name="key_acts", on_delete=KEEP, null=True)
    requested_at = fields.DatetimeField()
    approved_by = fields.ForeignKeyField("records.Staff", related_name="approved_key_acts", on_delete=KEEP, null=True)
    approved_at = fields.DatetimeField(null=True)
    alone = fields.BooleanField(default=False)
    ended_at = fields.DatetimeField(null=True)
    outcome = fields.CharField(max_length=30, null=True)

    class Meta:
        table = "key_act"
        indexes = (Index(fields=("requested_at",), name="key_act_by_age"),)
        constraints = (
            CheckConstraint(check="(approved_by_id IS NULL) = (approved_at IS NULL)", name="key_act_approved_by"),
            CheckConstraint(check="alone OR approved_by_id <> requested_by_id", name="key_act_two_people"),
            CheckConstraint(
                check="approved_at BETWEEN requested_at AND requested_at + interval '24 hours'",
                name="key_act_approved_in_time",
            ),
            CheckConstraint(check="(ended_at IS NULL) = (outcome IS NULL)", name="key_act_ended"),
        )


class Erasure(Model):
    """A customer whose keys were destroyed, so that nothing of them opens; the ledger outside the database says so too.

    It may name a customer that this database has never heard of, restored as it was from an older backup.
    """

    customer_id = fields.UUIDField(primary_key=True)
    erased_at = fields.DatetimeField()

    class Meta:
        table = "erasure"


class SubjectKey(Model):
    """A customer's own key, wrapped by a data key: the unit of erasure. Erased: `wrapped` is null.

    The data key's number is a generated column with a foreign key to `key_material` (see the
    migrations), so no data key that a row still needs can be destroyed.
    """

    id = fields.UUIDField(primary_key=True)
    customer = fields.ForeignKeyField("records.Customer", related_name="subject_keys", on_delete=KEEP)
    generation = fields.IntField()
    wrapped = fields.BinaryField(null=True)
    created_at = fields.DatetimeField()
    destroyed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "subject_key"
        unique_together = (("customer", "generation"),)
        constraints = (
            CheckConstraint(check="generation BETWEEN 1 AND 65535", name="subject_key_generation"),
            CheckConstraint(check="(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name="subject_key_lives_or_not"),
        )


class SealedValue(Model):
    """One sealed text of a filing or another fact; `field` is its registry number.

    Its generation is a generated column with a foreign key to the subject key that opens it (see the
    migrations). Facts are immutable, so what a compromise rotation must re-encrypt stands here.
    """

    id = fields.UUIDField(primary_key=True)
    customer = fields.ForeignKeyField("records.Customer", related_name="sealed_values", on_delete=KEEP)
    fact = fields.ForeignKeyField("records.Fact", related_name="sealed_values", on_delete=KEEP)
    filing = fields.ForeignKeyField("records.Filing", related_name="sealed_values", on_delete=KEEP, null=True)
    field = fields.SmallIntField()
    sealed = SealedField()

    class Meta:
        table = "sealed_value"
        unique_together = (("fact", "field"),)
        indexes = (Index(fields=("filing_id", "field"), name="sealed_value_by_filing"),)


class BlindIndex(Model):
    """A keyed token of a canonical value, by which equal values meet without being read."""

    id = fields.BigIntField(primary_key=True)
    index = fields.SmallIntField()
    key = fields.ForeignKeyField("records.KeyMaterial", related_name="tokens", on_delete=KEEP)
    normaliser = fields.SmallIntField()
    token = DigestField()
    customer = fields.ForeignKeyField("records.Customer", related_name="tokens", on_delete=KEEP)
    filing = fields.ForeignKeyField("records.Filing", related_name="tokens", on_delete=KEEP)

    class Meta:
        table = "blind_index"
        unique_together = (("index", "key", "normaliser", "token", "filing"),)
        indexes = (
            Index(fields=("customer_id",), name="blind_index_by_customer"),
            Index(fields=("filing_id",), name="blind_index_by_filing"),
        )
        constraints = (CheckConstraint(check="octet_length(token) = 32", name="blind_index_token_length"),)


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
            CheckConstraint(check=_one_of("state", "pending", "valid", "invalid"), name="confirmation_state"),
            CheckConstraint(check="(state = 'pending') = (judged_at IS NULL)", name="confirmation_judged_at"),
        )


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
                check=_one_of("state", "pending", "confirmed", "rejected", "applied"), name="contact_correction_state"
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
            CheckConstraint(check=_one_of("outcome", "destroyed", "cancelled"), name="destruction_outcome"),
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


class PendingReview(Model):
    """At which level of its chain a filing waits (审核), for which role, and who approved in this round: a projection.

    The chain is that of the edition under which the filing entered it: a later one changes nothing of it.
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
        constraints = (CheckConstraint(check=_one_of("level", "first", "appeal"), name="award_level"),)


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
            CheckConstraint(check=_one_of("outcome", "upheld", "lifted"), name="offence_plea_outcome"),
            CheckConstraint(check="(outcome IS NULL) = (decided_at IS NULL)", name="offence_plea_decided_at"),
        )


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
            CheckConstraint(check=_one_of("kind", "leave", "transfer"), name="departure_kind"),
            CheckConstraint(
                check="cause IS NULL OR " + _one_of("cause", "resignation", "dismissal", "probation", "other"),
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
                check=_one_of("kind", "holding", "filing", "deal", "review", "notice"), name="handover_kind"
            ),
            CheckConstraint(
                check="num_nonnulls(customer_id, filing_id, deal_id, approver_id, notice_id) = 1",
                name="handover_of_one_thing",
            ),
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
            CheckConstraint(check=_one_of("state", "draft", "approved", "withdrawn"), name="rulebook_edition_state"),
            CheckConstraint(check=_WITHDRAWN_WHOLE, name="rulebook_edition_is_withdrawn_whole"),
            CheckConstraint(check="withdrawn_on < effective_on", name="rulebook_edition_is_withdrawn_ahead"),
            CheckConstraint(check=_APPROVED_WHOLE, name="rulebook_edition_is_approved_whole"),
            CheckConstraint(
                check="effective_on >= approved_on OR because IS NOT NULL",
                name="rulebook_edition_is_backdated_for_a_reason",
            ),
            CheckConstraint(check="until_on > effective_on", name="rulebook_edition_has_length"),
        )

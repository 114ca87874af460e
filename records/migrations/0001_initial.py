from uuid import uuid4

from orjson import loads
from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from records import migration
from records.columns import DigestField, SealedField


class Migration(migration.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Customer",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "root",
                    fields.ForeignKeyField(
                        "records.Customer",
                        source_field="root_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="parts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "customer",
                "app": "records",
                "indexes": [Index(fields=["root_id"], name="customer_by_root")],
                "pk_attr": "id",
                "table_description": "One customer by exact identity; `root` is the customer that links have made it part of.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AccessNote",
            fields=[
                ("entry_id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "records.Customer",
                        source_field="customer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="access_notes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("sealed", SealedField()),
            ],
            options={
                "table": "access_note",
                "app": "records",
                "pk_attr": "entry_id",
                "table_description": "The text of a log entry's purpose, sealed under the customer's key: erasing the customer erases it.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Installation",
            fields=[
                ("only", fields.SmallIntField(primary_key=True, generated=False, unique=True, db_index=True)),
                ("id", fields.UUIDField()),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "installation",
                "app": "records",
                "constraints": [CheckConstraint(check='"only" = 1', name="installation_is_one_row")],
                "pk_attr": "only",
                "table_description": "What this installation is: one row (its random id names the database in every pseudonym).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="KeyMaterial",
            fields=[
                ("id", fields.IntField(primary_key=True, generated=False, unique=True, db_index=True)),
                ("wrapped", fields.BinaryField()),
            ],
            options={
                "table": "key_material",
                "app": "records",
                "pk_attr": "id",
                "table_description": "The living bytes of a key, wrapped by its provider; destroying a key is the deletion of this row.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="KeyVersion",
            fields=[
                ("id", fields.IntField(primary_key=True, generated=False, unique=True, db_index=True)),
                ("purpose", fields.CharField(max_length=40)),
                ("version", fields.IntField()),
                ("state", fields.CharField(max_length=20)),
                ("suite", fields.SmallIntField()),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("state_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "key_version",
                "app": "records",
                "unique_together": (("purpose", "version"),),
                "constraints": [
                    CheckConstraint(
                        check="state IN ('staged', 'primary', 'decrypt_only', 'compromised', 'disabled', 'destroyed')",
                        name="key_version_state",
                    ),
                    CheckConstraint(check="id > 0 AND version > 0", name="key_version_counts_up"),
                ],
                "pk_attr": "id",
                "table_description": "One version of a key and its state (keys are named by number in every wrapped and sealed value).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LogPseudonym",
            fields=[
                ("value", DigestField(primary_key=True, unique=True, db_index=True, generated=False, null=False)),
                (
                    "key",
                    fields.ForeignKeyField(
                        "records.KeyMaterial",
                        source_field="key_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="pseudonyms",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "records.Customer",
                        source_field="customer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="pseudonyms",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "log_pseudonym",
                "app": "records",
                "indexes": [Index(fields=["customer_id"], name="log_pseudonym_by_customer")],
                "pk_attr": "value",
                "table_description": "Which customer a pseudonym of the access log stands for; without this row it stands for nobody.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RegisterImport",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("file_digest", DigestField(generated=False, null=False, unique=False)),
                ("started_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("finished_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "register_import",
                "app": "records",
                "indexes": [Index(fields=["file_digest"], name="register_import_by_file")],
                "pk_attr": "id",
                "table_description": "One register file being imported; `finished_at` is null while it runs, or was killed.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Staff",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("number", fields.CharField(unique=True, max_length=40)),
                ("name", fields.CharField(max_length=100)),
                ("role", fields.CharField(max_length=30)),
                ("region", fields.CharField(null=True, max_length=100)),
            ],
            options={
                "table": "staff",
                "app": "records",
                "constraints": [CheckConstraint(check="role ~ '^[a-z_]+$'", name="staff_role_is_a_word")],
                "pk_attr": "id",
                "table_description": "A person of the company; `number` is the 工号 by which a register names them.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Account",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "staff",
                    fields.OneToOneField(
                        "records.Staff",
                        source_field="staff_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="account",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("login", fields.CharField(unique=True, max_length=100)),
                ("password_hash", fields.CharField(max_length=200)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("locked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("failures", fields.IntField(default=0)),
                ("failed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "account",
                "app": "records",
                "constraints": [CheckConstraint(check="failures >= 0", name="account_failures_count_up")],
                "pk_attr": "id",
                "table_description": "How one person signs in (B14: accounts are personal, so a person has one).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ProbeBudget",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "records.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="budgets",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("act", fields.CharField(max_length=60)),
                ("day", fields.DateField()),
                ("used", fields.IntField()),
            ],
            options={
                "table": "probe_budget",
                "app": "records",
                "unique_together": (("account", "act", "day"),),
                "constraints": [CheckConstraint(check="used >= 0", name="probe_budget_counts_up")],
                "pk_attr": "id",
                "table_description": "How many protected questions a person has asked on a day (checks, searches, filings as probes).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Replay",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "records.Account",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="replays",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("key", fields.UUIDField()),
                ("act", fields.CharField(max_length=60)),
                ("input_hash", DigestField(generated=False, null=False, unique=False)),
                ("made", fields.UUIDField(null=True)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "replay",
                "app": "records",
                "unique_together": (("actor", "key"),),
                "indexes": [Index(fields=["at"], name="replay_by_age")],
                "pk_attr": "id",
                "table_description": "An act done once under an idempotency key: a keyed hash of its input and what it made, kept 24 h.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Session",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "records.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="sessions",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("token_hash", DigestField(unique=True, generated=False, null=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("address", fields.CharField(null=True, max_length=64)),
            ],
            options={
                "table": "session",
                "app": "records",
                "constraints": [
                    CheckConstraint(check="octet_length(token_hash) = 32", name="session_token_is_hashed"),
                    CheckConstraint(check="expires_at > created_at", name="session_ends_after_it_begins"),
                ],
                "indexes": [Index(fields=["account_id", "expires_at"], name="session_by_account")],
                "pk_attr": "id",
                "table_description": "A log-in: the token's SHA-256, never the token.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SubjectKey",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "records.Customer",
                        source_field="customer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="subject_keys",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("generation", fields.IntField()),
                ("wrapped", fields.BinaryField(null=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("destroyed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "subject_key",
                "app": "records",
                "unique_together": (("customer", "generation"),),
                "constraints": [
                    CheckConstraint(check="generation BETWEEN 1 AND 65535", name="subject_key_generation"),
                    CheckConstraint(
                        check="(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name="subject_key_lives_or_not"
                    ),
                ],
                "pk_attr": "id",
                "table_description": "A customer's own key, wrapped by a data key: the unit of erasure. Erased: `wrapped` is null.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Team",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("name", fields.CharField(unique=True, max_length=100)),
            ],
            options={"table": "team", "app": "records", "pk_attr": "id", "table_description": "A sales team (团队)."},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CustomerScope",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "records.Customer",
                        source_field="customer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="scopes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "team",
                    fields.ForeignKeyField(
                        "records.Team",
                        source_field="team_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="scopes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("filed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "customer_scope",
                "app": "records",
                "indexes": [Index(fields=["team_id", "filed_at", "customer_id"], name="customer_scope_page")],
                "pk_attr": "id",
                "table_description": "In whose scope a customer is: one row a team, and one without a team for roles that see all.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Dispute",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "records.Customer",
                        source_field="customer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="disputes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "opened_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="opened_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="opened_disputes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "opener_team",
                    fields.ForeignKeyField(
                        "records.Team",
                        source_field="opener_team_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="opened_disputes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "against",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="against_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="disputes_against",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "against_team",
                    fields.ForeignKeyField(
                        "records.Team",
                        source_field="against_team_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="disputes_against",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("opened_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("state", fields.CharField(max_length=20)),
                ("settled_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "awarded_to",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="awarded_to_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="awards",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "awarded_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="awarded_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="signed_awards",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "dispute",
                "app": "records",
                "constraints": [
                    CheckConstraint(check="state IN ('open', 'settled')", name="dispute_state"),
                    CheckConstraint(check="(state = 'settled') = (settled_at IS NOT NULL)", name="dispute_settled_at"),
                ],
                "indexes": [Index(fields=["customer_id", "opened_at"], name="dispute_by_customer")],
                "pk_attr": "id",
                "table_description": "A dispute (争议) over a customer; its course is facts, this row is where they meet.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Filing",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "records.Customer",
                        source_field="customer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="filings",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "claimant",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="claimant_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="filings",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "team",
                    fields.ForeignKeyField(
                        "records.Team",
                        source_field="team_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="filings",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "entered_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="entered_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="entered_filings",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("type", fields.CharField(max_length=20)),
                ("channel", fields.CharField(max_length=20)),
                ("source", fields.CharField(null=True, max_length=30)),
                ("basis", fields.CharField(null=True, max_length=30)),
                ("occurred_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("recorded_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("present", ArrayField(element_type="TEXT")),
                ("version", fields.IntField(default=1)),
                ("card", SealedField()),
            ],
            options={
                "table": "filing",
                "app": "records",
                "constraints": [
                    CheckConstraint(
                        check="channel IN ('on_site', 'message', 'phone', 'form', 'import')", name="filing_channel"
                    ),
                    CheckConstraint(check="type ~ '^[a-z_]+$'", name="filing_type_is_a_word"),
                    CheckConstraint(check="version > 0", name="filing_version_counts_up"),
                ],
                "indexes": [
                    Index(fields=["customer_id", "team_id", "recorded_at"], name="filing_by_customer"),
                    Index(fields=["team_id", "customer_id"], name="filing_by_team"),
                    Index(fields=["claimant_id", "customer_id"], name="filing_by_claimant"),
                ],
                "pk_attr": "id",
                "table_description": "A dated form (报备): who filed which customer, said when, recorded when.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="BlindIndex",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("index", fields.SmallIntField()),
                (
                    "key",
                    fields.ForeignKeyField(
                        "records.KeyMaterial",
                        source_field="key_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="tokens",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("normaliser", fields.SmallIntField()),
                ("token", DigestField(generated=False, null=False, unique=False)),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "records.Customer",
                        source_field="customer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="tokens",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "filing",
                    fields.ForeignKeyField(
                        "records.Filing",
                        source_field="filing_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="tokens",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "blind_index",
                "app": "records",
                "unique_together": (("index", "key", "normaliser", "token", "filing"),),
                "constraints": [CheckConstraint(check="octet_length(token) = 32", name="blind_index_token_length")],
                "indexes": [
                    Index(fields=["customer_id"], name="blind_index_by_customer"),
                    Index(fields=["filing_id"], name="blind_index_by_filing"),
                ],
                "pk_attr": "id",
                "table_description": "A keyed token of a canonical value, by which equal values meet without being read.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ClaimState",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "filing",
                    fields.ForeignKeyField(
                        "records.Filing",
                        source_field="filing_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="states",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("from_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("until_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("state", fields.CharField(max_length=20)),
                ("missing", ArrayField(element_type="TEXT")),
                ("clauses", ArrayField(element_type="TEXT")),
                ("edition", fields.CharField(max_length=120)),
            ],
            options={
                "table": "claim_state",
                "app": "records",
                "unique_together": (("filing", "from_at"),),
                "constraints": [CheckConstraint(check="until_at > from_at", name="claim_state_has_length")],
                "pk_attr": "id",
                "table_description": "In which state a filing is from when until when: a projection of the facts.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Fact",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("kind", fields.CharField(max_length=30)),
                ("happened_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("recorded_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="facts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "entered_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="entered_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="entered_facts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "records.Customer",
                        source_field="customer_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="facts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "filing",
                    fields.ForeignKeyField(
                        "records.Filing",
                        source_field="filing_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="facts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "dispute",
                    fields.ForeignKeyField(
                        "records.Dispute",
                        source_field="dispute_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="facts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("deal_id", fields.UUIDField(null=True)),
                (
                    "corrects",
                    fields.ForeignKeyField(
                        "records.Fact",
                        source_field="corrects_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="corrections",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("details", fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={
                "table": "fact",
                "app": "records",
                "constraints": [CheckConstraint(check="kind ~ '^[a-z_]+$'", name="fact_kind_is_a_word")],
                "indexes": [
                    Index(fields=["customer_id", "happened_at"], name="fact_by_customer"),
                    Index(fields=["filing_id"], name="fact_by_filing"),
                    Index(fields=["kind", "by_id"], name="fact_by_kind"),
                ],
                "pk_attr": "id",
                "table_description": "What happened, once and for all; triggers refuse to change or delete a row.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="HoldingRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "records.Customer",
                        source_field="customer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="holdings",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("from_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("until_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "staff",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="staff_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="holdings",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "team",
                    fields.ForeignKeyField(
                        "records.Team",
                        source_field="team_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="holdings",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("protected_until", fields.DateField(null=True)),
                ("clauses", ArrayField(element_type="TEXT")),
                ("edition", fields.CharField(max_length=120)),
            ],
            options={
                "table": "holding",
                "app": "records",
                "unique_together": (("customer", "from_at"),),
                "constraints": [CheckConstraint(check="until_at > from_at", name="holding_has_length")],
                "indexes": [
                    Index(fields=["team_id", "customer_id"], name="holding_by_team"),
                    Index(fields=["staff_id", "customer_id"], name="holding_by_staff"),
                ],
                "pk_attr": "id",
                "table_description": "Who holds a customer from when until when, with every boundary ahead: a projection of the facts.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RegisterRow",
            fields=[
                ("fingerprint", DigestField(primary_key=True, unique=True, db_index=True, generated=False, null=False)),
                (
                    "register_import",
                    fields.ForeignKeyField(
                        "records.RegisterImport",
                        source_field="register_import_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="rows",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "filing",
                    fields.ForeignKeyField(
                        "records.Filing",
                        source_field="filing_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="register_rows",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "register_row",
                "app": "records",
                "constraints": [
                    CheckConstraint(check="octet_length(fingerprint) = 32", name="register_row_fingerprint")
                ],
                "pk_attr": "fingerprint",
                "table_description": "A register row that is in the book, known again by a keyed fingerprint of what it says.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SealedValue",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "records.Customer",
                        source_field="customer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="sealed_values",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "fact",
                    fields.ForeignKeyField(
                        "records.Fact",
                        source_field="fact_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="sealed_values",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "filing",
                    fields.ForeignKeyField(
                        "records.Filing",
                        source_field="filing_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="sealed_values",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("field", fields.SmallIntField()),
                ("sealed", SealedField()),
            ],
            options={
                "table": "sealed_value",
                "app": "records",
                "unique_together": (("fact", "field"),),
                "indexes": [Index(fields=["filing_id", "field"], name="sealed_value_by_filing")],
                "pk_attr": "id",
                "table_description": "One sealed text of a filing or another fact; `field` is its registry number.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TeamMembership",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "staff",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="staff_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="memberships",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "team",
                    fields.ForeignKeyField(
                        "records.Team",
                        source_field="team_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="memberships",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("from_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("recorded_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "team_membership",
                "app": "records",
                "indexes": [Index(fields=["staff_id", "from_at"], name="team_membership_by_staff")],
                "pk_attr": "id",
                "table_description": "From when a person belongs to a team; the latest row at an instant says which.",
            },
            bases=["Model"],
        ),
    ]

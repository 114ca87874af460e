"""What every row must hold: the checks that the models name, which making a table does not bring along."""

from tortoise.migrations import operations as ops

from records import migration

CHECKS = (
    ("installation", "installation_is_one_row", '"only" = 1'),
    ("staff", "staff_role_is_a_word", "role ~ '^[a-z_]+$'"),
    ("account", "account_failures_count_up", "failures >= 0"),
    ("session", "session_token_is_hashed", "octet_length(token_hash) = 32"),
    ("session", "session_ends_after_it_begins", "expires_at > created_at"),
    ("filing", "filing_channel", "channel IN ('on_site', 'message', 'phone', 'form', 'import')"),
    ("filing", "filing_type_is_a_word", "type ~ '^[a-z_]+$'"),
    ("filing", "filing_version_counts_up", "version > 0"),
    ("dispute", "dispute_state", "state IN ('open', 'settled')"),
    ("dispute", "dispute_settled_at", "(state = 'settled') = (settled_at IS NOT NULL)"),
    ("fact", "fact_kind_is_a_word", "kind ~ '^[a-z_]+$'"),
    (
        "key_version",
        "key_version_state",
        "state IN ('staged', 'primary', 'decrypt_only', 'compromised', 'disabled', 'destroyed')",
    ),
    ("key_version", "key_version_counts_up", "id > 0 AND version > 0"),
    ("subject_key", "subject_key_generation", "generation BETWEEN 1 AND 65535"),
    ("subject_key", "subject_key_lives_or_not", "(wrapped IS NULL) = (destroyed_at IS NOT NULL)"),
    ("blind_index", "blind_index_token_length", "octet_length(token) = 32"),
    ("holding", "holding_has_length", "until_at > from_at"),
    ("claim_state", "claim_state_has_length", "until_at > from_at"),
    ("register_row", "register_row_fingerprint", "octet_length(fingerprint) = 32"),
    ("probe_budget", "probe_budget_counts_up", "used >= 0"),
    ("deal", "deal_version_counts_up", "version > 0"),
    ("confirmation", "confirmation_state", "state IN ('pending', 'valid', 'invalid')"),
    ("confirmation", "confirmation_judged_at", "(state = 'pending') = (judged_at IS NULL)"),
)


class Migration(migration.Migration):
    dependencies = [("records", "0005_deals")]

    operations = [
        ops.RunSQL([f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({check})" for table, name, check in CHECKS]),
    ]

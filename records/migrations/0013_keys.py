"""Keys that move: who may write under which key, states that never go back, acts of two people, erased customers."""

from typing import Any

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from records import migration


def _reference(model: str, column: str, name: str, *, null: bool = False) -> Any:  # noqa: ANN401 (Tortoise's own type is private)
    return fields.ForeignKeyField(
        model,
        source_field=column,
        db_constraint=True,
        to_field="id",
        related_name=name,
        on_delete=OnDelete.RESTRICT,
        null=null,
    )


# Rows that were written before their key was kept beside them: their purpose had one key then.
KEYS_OF_FINGERPRINTS = [
    "UPDATE register_row SET key_id = (SELECT id FROM key_version WHERE purpose = 'index.register_row' ORDER BY id LIMIT 1)",
    "DELETE FROM replay",
]

ACTS = [
    f"ALTER TABLE key_act ADD CONSTRAINT {name} CHECK ({check})"
    for name, check in (
        ("key_act_approved_by", "(approved_by_id IS NULL) = (approved_at IS NULL)"),
        ("key_act_two_people", "alone OR approved_by_id <> requested_by_id"),
        ("key_act_approved_in_time", "approved_at BETWEEN requested_at AND requested_at + interval '24 hours'"),
        ("key_act_ended", "(ended_at IS NULL) = (outcome IS NULL)"),
    )
]

# Counts every change of the keys: a process that knows another count reads them again.
STAMP = [
    "CREATE TABLE key_stamp (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), stamp bigint NOT NULL)",
    "INSERT INTO key_stamp (stamp) VALUES (1)",
    """
    CREATE FUNCTION stamp_keys() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE key_stamp SET stamp = stamp + 1;
        RETURN NULL;
    END $$
    """,
    *[
        f"CREATE TRIGGER {table}_is_stamped AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION stamp_keys()"
        for table in ("key_version", "key_material", "erasure")
    ],
]

# The foreign key proves that no row needs a key that is destroyed; so every table that names a key has one.
KEY_OF_LOG_ENTRIES = [
    "ALTER TABLE access_log ADD CONSTRAINT access_log_mac_key FOREIGN KEY (mac_key) REFERENCES key_material (id)",
    "CREATE INDEX access_log_by_mac_key ON access_log USING brin (mac_key)",
    "CREATE INDEX blind_index_by_key ON blind_index (key_id, filing_id)",
    "CREATE INDEX log_pseudonym_by_key ON log_pseudonym (key_id)",
    "CREATE INDEX register_row_by_key ON register_row (key_id)",
    """
    CREATE FUNCTION key_is_needed(number integer) RETURNS boolean LANGUAGE sql STABLE AS $$
        SELECT EXISTS (SELECT FROM subject_key WHERE dek_id = number) OR EXISTS (SELECT FROM blind_index WHERE key_id = number)
            OR EXISTS (SELECT FROM log_pseudonym WHERE key_id = number) OR EXISTS (SELECT FROM register_row WHERE key_id = number)
            OR EXISTS (SELECT FROM replay WHERE hash_key_id = number) OR EXISTS (SELECT FROM access_log WHERE mac_key = number)
    $$
    """,
]

STATES = [
    "CREATE UNIQUE INDEX key_version_one_primary ON key_version (purpose) WHERE state = 'primary'",
    """
    CREATE FUNCTION move_key() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        -- Each state with those that may follow it.
        successors CONSTANT jsonb := '{
            "staged": ["primary", "compromised", "disabled"], "primary": ["decrypt_only", "compromised"],
            "decrypt_only": ["compromised", "disabled"], "compromised": ["disabled"],
            "disabled": ["decrypt_only", "compromised", "destroyed"], "destroyed": []}';
    BEGIN
        IF (NEW.id, NEW.purpose, NEW.version, NEW.suite, NEW.created_at) IS DISTINCT FROM
           (OLD.id, OLD.purpose, OLD.version, OLD.suite, OLD.created_at) THEN
            RAISE EXCEPTION 'key %: what it is never changes', OLD.id USING ERRCODE = 'restrict_violation';
        END IF;
        IF NEW.state = OLD.state THEN
            NEW.state_at := OLD.state_at;
            NEW.compromised_at := OLD.compromised_at;
            RETURN NEW;
        END IF;
        -- A clock that jumped back moves no instant back.
        NEW.state_at := greatest(NEW.state_at, OLD.state_at);
        NEW.compromised_at := CASE WHEN NEW.state = 'compromised' THEN coalesce(OLD.compromised_at, NEW.state_at)
            ELSE OLD.compromised_at END;
        IF NOT successors -> OLD.state ? NEW.state
           OR (NEW.state = 'decrypt_only' AND OLD.compromised_at IS NOT NULL) THEN
            RAISE EXCEPTION 'key %: % cannot become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
        END IF;
        IF OLD.state = 'disabled' AND NEW.state <> 'destroyed'
           AND NEW.state_at > OLD.state_at + interval '7 days' AND NOT key_is_needed(OLD.id) THEN
            RAISE EXCEPTION 'key %: it has been disabled for more than 7 days', OLD.id USING ERRCODE = 'restrict_violation';
        END IF;
        IF NEW.state IN ('disabled', 'destroyed') THEN
            -- Waits for every writer that has found the key fit to write under.
            PERFORM FROM key_version WHERE id = OLD.id FOR UPDATE;
        END IF;
        IF NEW.state = 'destroyed' AND EXISTS (SELECT FROM key_material WHERE id = OLD.id) THEN
            RAISE EXCEPTION 'key %: its bytes are still there', OLD.id USING ERRCODE = 'restrict_violation';
        END IF;
        IF NEW.state = 'destroyed' AND NOT EXISTS (
            SELECT FROM key_act WHERE key_id = OLD.id AND kind = 'destroy' AND approved_at IS NOT NULL AND ended_at IS NULL
        ) THEN
            RAISE EXCEPTION 'key %: nobody agreed that it be destroyed', OLD.id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER key_version_moves_one_way BEFORE UPDATE ON key_version FOR EACH ROW EXECUTE FUNCTION move_key()",
    "CREATE TRIGGER key_version_is_kept BEFORE DELETE ON key_version FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER key_version_is_not_emptied BEFORE TRUNCATE ON key_version FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER key_act_is_kept BEFORE DELETE ON key_act FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    """
    CREATE FUNCTION destroy_key() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE was text;
    BEGIN
        SELECT state INTO was FROM key_version WHERE id = OLD.id FOR UPDATE;
        IF was <> 'disabled' THEN
            RAISE EXCEPTION 'key %: it is %, and only a disabled key is destroyed', OLD.id, was USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END $$
    """,
    "CREATE TRIGGER key_material_is_disabled_first BEFORE DELETE ON key_material FOR EACH ROW EXECUTE FUNCTION destroy_key()",
]

# Read the state behind a lock: whoever retires a key waits for the lock, so no writer slips through between the two.
# The code BK001 says to the application: read the keys again, and do the act again.
WRITING = [
    """
    CREATE FUNCTION require_writing_keys(keys integer[], VARIADIC states text[]) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        refused record;
    BEGIN
        IF keys IS NULL THEN
            RETURN;
        END IF;
        PERFORM FROM key_version WHERE id = ANY(keys) ORDER BY id FOR KEY SHARE;
        SELECT id, state INTO refused FROM key_version WHERE id = ANY(keys) AND state <> ALL(states) ORDER BY id LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'key %: it is %, and nothing is written under it', refused.id, refused.state USING ERRCODE = 'BK001';
        END IF;
    END $$
    """,
    """
    CREATE FUNCTION check_keys_written() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        keys integer[];
    BEGIN
        EXECUTE format('SELECT array_agg(DISTINCT %I) FROM written WHERE %1$I IS NOT NULL', TG_ARGV[0]) INTO keys;
        PERFORM require_writing_keys(keys, 'primary');
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION check_seals_written() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        sealed CONSTANT text := TG_ARGV[0];
        row_id CONSTANT text := TG_ARGV[1];
        only_new text := '';
        keys integer[];
        erased text;
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            only_new := format('WHERE NOT EXISTS (SELECT FROM former f WHERE f.%1$I = w.%1$I AND f.%2$I = w.%2$I)', row_id, sealed);
        END IF;
        EXECUTE 'SELECT array_agg(DISTINCT s.dek_id) FILTER (WHERE s.dek_id IS NOT NULL), '
            'min(s.customer_id::text) FILTER (WHERE s.dek_id IS NULL) FROM written w '
            'JOIN subject_key s ON s.customer_id = w.customer_id AND s.generation = w.generation ' || only_new INTO keys, erased;
        IF erased IS NOT NULL THEN
            RAISE EXCEPTION 'customer % was erased, and nothing is sealed for them', erased USING ERRCODE = 'BK001';
        END IF;
        PERFORM require_writing_keys(keys, 'primary', 'decrypt_only');
        RETURN NULL;
    END $$
    """,
    *[
        f"CREATE TRIGGER {table}_names_its_key_{event} AFTER {event} ON {table} REFERENCING NEW TABLE AS written "
        f"FOR EACH STATEMENT EXECUTE FUNCTION check_keys_written('{column}')"
        for table, column, events in (
            ("subject_key", "dek_id", ("insert", "update")),
            ("blind_index", "key_id", ("insert", "update")),
            ("log_pseudonym", "key_id", ("insert",)),
            ("register_row", "key_id", ("insert",)),
            ("replay", "hash_key_id", ("insert",)),
            ("access_log", "mac_key", ("insert",)),
        )
        for event in events
    ],
    *[
        f"CREATE TRIGGER {table}_names_its_key_{event} AFTER {event} ON {table} REFERENCING NEW TABLE AS written {former}"
        f"FOR EACH STATEMENT EXECUTE FUNCTION check_seals_written('{column}', '{row_id}')"
        for table, column, row_id in (
            ("filing", "card", "id"),
            ("sealed_value", "sealed", "id"),
            ("access_note", "sealed", "entry_id"),
        )
        for event, former in (("insert", ""), ("update", "OLD TABLE AS former "))
    ],
]

RIGHTS = [
    "GRANT SELECT, INSERT, UPDATE ON key_act TO baobei_app",
    "GRANT SELECT, INSERT ON erasure TO baobei_app",
    "GRANT SELECT, UPDATE ON key_stamp TO baobei_app",
]


class Migration(migration.Migration):
    dependencies = [("records", "0012_upkeep")]

    operations = [
        ops.AddField(
            model_name="KeyVersion",
            name="compromised_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="RegisterRow",
            name="key",
            field=_reference("records.KeyMaterial", "key_id", "fingerprints", null=True),
        ),
        ops.AddField(
            model_name="Replay",
            name="hash_key",
            field=_reference("records.KeyMaterial", "hash_key_id", "replays", null=True),
        ),
        ops.RunSQL(KEYS_OF_FINGERPRINTS),
        ops.AlterField(
            model_name="RegisterRow", name="key", field=_reference("records.KeyMaterial", "key_id", "fingerprints")
        ),
        ops.AlterField(
            model_name="Replay", name="hash_key", field=_reference("records.KeyMaterial", "hash_key_id", "replays")
        ),
        ops.CreateModel(
            name="KeyAct",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("kind", fields.CharField(max_length=30)),
                ("subject", fields.CharField(max_length=60)),
                ("key", _reference("records.KeyVersion", "key_id", "acts", null=True)),
                ("requested_by", _reference("records.Staff", "requested_by_id", "key_acts", null=True)),
                ("requested_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("approved_by", _reference("records.Staff", "approved_by_id", "approved_key_acts", null=True)),
                ("approved_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("alone", fields.BooleanField(default=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("outcome", fields.CharField(max_length=30, null=True)),
            ],
            options={
                "table": "key_act",
                "app": "records",
                "indexes": [Index(fields=["requested_at"], name="key_act_by_age")],
                "constraints": [
                    CheckConstraint(
                        check="(approved_by_id IS NULL) = (approved_at IS NULL)", name="key_act_approved_by"
                    ),
                    CheckConstraint(check="alone OR approved_by_id <> requested_by_id", name="key_act_two_people"),
                    CheckConstraint(
                        check="approved_at BETWEEN requested_at AND requested_at + interval '24 hours'",
                        name="key_act_approved_in_time",
                    ),
                    CheckConstraint(check="(ended_at IS NULL) = (outcome IS NULL)", name="key_act_ended"),
                ],
                "pk_attr": "id",
                "table_description": "Something done to keys (密钥操作): who asked and when, who agreed, how it ended.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Erasure",
            fields=[
                ("customer_id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("erased_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "erasure",
                "app": "records",
                "pk_attr": "customer_id",
                "table_description": "A customer whose keys were destroyed, so that nothing of them opens; the ledger outside the database says so too.",
            },
            bases=["Model"],
        ),
        ops.RunSQL([*ACTS, *STAMP, *KEY_OF_LOG_ENTRIES, *STATES, *WRITING, *RIGHTS]),
    ]

"""What a model cannot say: order of recording, foreign keys out of ciphertext, append-only tables, the access log, rights."""

from tortoise.migrations import operations as ops

from records import migration

ROLES = """
DO $$
DECLARE role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['baobei_owner', 'baobei_app'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        END IF;
    END LOOP;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""

ORDER_OF_RECORDING = "ALTER TABLE fact ADD COLUMN seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE"

# A key's bytes belong to a known version; a version's history outlives its bytes.
KEY_OF_MATERIAL = (
    "ALTER TABLE key_material ADD CONSTRAINT key_material_version FOREIGN KEY (id) REFERENCES key_version (id)"
)

# The numbers below are read out of the bytes themselves, so that no writer can claim another key than
# the one that wrapped or sealed the value; the database then refuses to delete a key that is needed.
KEYS_IN_USE = [
    """
    ALTER TABLE subject_key
        ADD COLUMN dek_id integer GENERATED ALWAYS AS (
            CASE WHEN wrapped IS NULL THEN NULL
            ELSE (get_byte(wrapped, 3) << 24) | (get_byte(wrapped, 4) << 16)
               | (get_byte(wrapped, 5) << 8) | get_byte(wrapped, 6) END) STORED,
        ADD CONSTRAINT subject_key_dek FOREIGN KEY (dek_id) REFERENCES key_material (id),
        ADD CONSTRAINT subject_key_format CHECK (get_byte(wrapped, 0) = 194)
    """,
    "CREATE INDEX subject_key_by_dek ON subject_key (dek_id)",
    *[
        f"""
        ALTER TABLE {table}
            ADD COLUMN generation integer GENERATED ALWAYS AS ((get_byte({column}, 2) << 8) | get_byte({column}, 3)) STORED,
            ADD CONSTRAINT {table}_subject_key FOREIGN KEY (customer_id, generation)
                REFERENCES subject_key (customer_id, generation),
            ADD CONSTRAINT {table}_format CHECK (get_byte({column}, 0) = 193)
        """
        for table, column in (("filing", "card"), ("sealed_value", "sealed"), ("access_note", "sealed"))
    ],
    *[
        f"CREATE INDEX {table}_by_subject_key ON {table} (customer_id, generation)"
        for table in ("sealed_value", "access_note")
    ],
]

# Projections: at every instant one row at the most says who holds, or in which state a filing is.
ONE_AT_AN_INSTANT = [
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    """
    ALTER TABLE holding ADD CONSTRAINT holding_one_at_an_instant
        EXCLUDE USING gist (customer_id WITH =, tstzrange(from_at, until_at) WITH &&)
    """,
    """
    ALTER TABLE claim_state ADD CONSTRAINT claim_state_one_at_an_instant
        EXCLUDE USING gist (filing_id WITH =, tstzrange(from_at, until_at) WITH &&)
    """,
    "ALTER TABLE customer_scope ADD CONSTRAINT customer_scope_once UNIQUE NULLS NOT DISTINCT (customer_id, team_id)",
    "ALTER TABLE account ADD CONSTRAINT account_login_folded CHECK (login = lower(login))",
    """
    CREATE UNIQUE INDEX register_import_one_unfinished ON register_import (file_digest) WHERE finished_at IS NULL
    """,
]

APPEND_ONLY = [
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'rows of % are appended, never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$
    """,
    *[
        statement
        for table in ("fact", "team_membership")
        for statement in (
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()",
            f"CREATE TRIGGER {table}_is_not_emptied BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        )
    ],
]

ACCESS_LOG = [
    """
    CREATE TABLE access_log (
        id uuid NOT NULL,
        at timestamptz NOT NULL,
        node uuid NOT NULL,
        node_seq bigint NOT NULL,
        actor_id uuid,
        role text,
        session_id uuid,
        tag text NOT NULL CHECK (tag ~ '^[a-z_]+:[a-z_]+$'),
        object bytea,
        actor_team uuid,
        subject_teams uuid[] NOT NULL DEFAULT '{}',
        fields text[] NOT NULL DEFAULT '{}',
        purpose text,
        note_digest bytea CHECK (octet_length(note_digest) = 32),
        allowed boolean NOT NULL,
        rule text NOT NULL,
        policy_edition text NOT NULL,
        count integer NOT NULL DEFAULT 1 CHECK (count > 0),
        address inet,
        trace_id uuid,
        encoding smallint NOT NULL,
        salt bytea NOT NULL CHECK (octet_length(salt) = 16),
        mac_key integer NOT NULL,
        mac bytea NOT NULL CHECK (octet_length(mac) = 32),
        xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        PRIMARY KEY (id, at)
    ) PARTITION BY RANGE (at)
    """,
    "COMMENT ON TABLE access_log IS 'Who saw what, when, why: read events and acts, by month'",
    "CREATE INDEX access_log_by_time ON access_log (at DESC, id)",
    "CREATE INDEX access_log_by_object ON access_log (object, at)",
    "CREATE INDEX access_log_by_actor ON access_log (actor_id, at)",
    "CREATE INDEX access_log_by_actor_team ON access_log (actor_team, at)",
    "CREATE INDEX access_log_by_subject_teams ON access_log USING gin (subject_teams)",
    "CREATE INDEX access_log_by_xid ON access_log (xid)",
    "CREATE TRIGGER access_log_is_append_only BEFORE UPDATE OR DELETE ON access_log FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER access_log_is_not_emptied BEFORE TRUNCATE ON access_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    # The application may ask for the months ahead; it runs with the owner's right for this and no more.
    """
    CREATE FUNCTION ensure_access_log_months(first date, months integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        month date := date_trunc('month', first);
        partition text;
    BEGIN
        IF months NOT BETWEEN 1 AND 24 THEN
            RAISE EXCEPTION 'months must be between 1 and 24';
        END IF;
        PERFORM pg_advisory_xact_lock(hashtext('access_log months'));
        FOR i IN 0 .. months - 1 LOOP
            partition := 'access_log_' || to_char(month + make_interval(months => i), 'YYYY_MM');
            IF to_regclass(partition) IS NULL THEN
                EXECUTE format(
                    'CREATE TABLE %I PARTITION OF access_log FOR VALUES FROM (%L) TO (%L)', partition,
                    (month + make_interval(months => i))::timestamp AT TIME ZONE 'UTC',
                    (month + make_interval(months => i + 1))::timestamp AT TIME ZONE 'UTC');
                EXECUTE format(
                    'CREATE TRIGGER access_log_is_not_emptied BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                    partition);
            END IF;
        END LOOP;
    END $$
    """,
    "REVOKE ALL ON FUNCTION ensure_access_log_months(date, integer) FROM PUBLIC",
    "SELECT ensure_access_log_months(now()::date, 3)",
]

RIGHTS = [
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public TO baobei_app",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO baobei_app",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO baobei_app",
    "GRANT EXECUTE ON FUNCTION ensure_access_log_months(date, integer) TO baobei_app",
    "REVOKE UPDATE, DELETE ON fact, team_membership, access_log, installation FROM baobei_app",
    "REVOKE DELETE ON customer, filing, staff, account, dispute, key_version FROM baobei_app",
    """
    DO $$
    DECLARE partition regclass;
    BEGIN
        FOR partition IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'access_log'::regclass LOOP
            EXECUTE format('REVOKE ALL ON %s FROM baobei_app', partition);
        END LOOP;
        IF to_regclass('tortoise_migrations') IS NOT NULL THEN
            REVOKE INSERT, UPDATE, DELETE ON tortoise_migrations FROM baobei_app;
        END IF;
    END $$
    """,
]


class Migration(migration.Migration):
    dependencies = [("records", "0001_initial")]

    operations = [
        ops.RunSQL(
            [
                ROLES,
                ORDER_OF_RECORDING,
                KEY_OF_MATERIAL,
                *KEYS_IN_USE,
                *ONE_AT_AN_INSTANT,
                *APPEND_ONLY,
                *ACCESS_LOG,
                *RIGHTS,
            ]
        ),
    ]

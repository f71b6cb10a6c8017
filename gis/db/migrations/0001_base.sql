-- What stands before any layer: extensions, roles, versions, loads, results.

CREATE EXTENSION IF NOT EXISTS postgis;

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['public', 'staff', 'restricted', 'compute'] LOOP
        wanted := 'citygrid_' || wanted;
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        END IF;
        IF NOT pg_has_role(current_user, wanted, 'MEMBER') THEN
            EXECUTE format('GRANT %I TO current_user', wanted);
        END IF;
    END LOOP;
END
$$;

CREATE SCHEMA city;
GRANT USAGE ON SCHEMA city TO citygrid_public, citygrid_staff, citygrid_restricted, citygrid_compute;
ALTER DEFAULT PRIVILEGES IN SCHEMA city GRANT SELECT ON TABLES TO citygrid_compute;

-- The version of a table is a row changed in the writer's own transaction: a
-- sequence would move before the commit and let a reader cache the old rows under
-- the new number.
CREATE TABLE city.layer_version (
    layer text PRIMARY KEY,
    version bigint NOT NULL DEFAULT 0,
    changed_at timestamp with time zone NOT NULL DEFAULT now()
);
GRANT SELECT ON city.layer_version TO citygrid_public, citygrid_staff, citygrid_restricted;

CREATE FUNCTION city.bump_version() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE city.layer_version
    SET version = version + 1, changed_at = now()
    WHERE layer = tg_table_name;
    RETURN NULL;
END
$$;

-- Registers a layer's table: every statement that writes it moves its version.
CREATE FUNCTION city.watch(layer_id text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO city.layer_version (layer) VALUES (layer_id) ON CONFLICT DO NOTHING;
    EXECUTE format(
        'CREATE TRIGGER version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON city.%I '
        'FOR EACH STATEMENT EXECUTE FUNCTION city.bump_version()', layer_id);
END
$$;

CREATE SCHEMA ledger;
GRANT USAGE ON SCHEMA ledger TO citygrid_compute;

-- Every load: who, what file, what came of it.
CREATE TABLE ledger.load (
    load_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    layer text NOT NULL,
    started_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    file text NOT NULL,
    sha256 text,
    report jsonb NOT NULL
);

-- Rows that a load refused, in the file's own columns, with the reason.
CREATE TABLE ledger.reject (
    load_id bigint NOT NULL REFERENCES ledger.load ON DELETE CASCADE,
    row_number bigint NOT NULL,
    reason text NOT NULL,
    content json NOT NULL, -- not jsonb: the columns keep the file's order
    PRIMARY KEY (load_id, row_number)
);

-- Results by the hash of process, inputs and layer versions: asked twice, worked out once.
CREATE UNLOGGED TABLE ledger.result (
    key text PRIMARY KEY,
    process text NOT NULL,
    made_at timestamp with time zone NOT NULL DEFAULT now(),
    document text NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.result TO citygrid_compute;

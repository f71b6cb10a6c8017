-- What every statement changed in a layer, so that a table can be read as it stood at an
-- earlier version, and so that whoever keeps figures knows what to measure again.

-- fid .. last_fid with no image: rows that a statement inserted. With an image: the row
-- as it stood before. No fid at all: so much changed that no images were kept.
CREATE TABLE ledger.edit (
    layer text NOT NULL,
    version bigint NOT NULL, -- of the layer, once the statement was done
    fid bigint,
    last_fid bigint,
    before jsonb,
    noted_at timestamp with time zone NOT NULL DEFAULT now()
);
CREATE INDEX edit_version ON ledger.edit (layer, version);
GRANT SELECT ON ledger.edit TO citygrid_compute;

-- Runs after `version`, which has moved the layer's row and holds it: its name sorts
-- behind that trigger's.
CREATE FUNCTION ledger.note_edit() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    most constant integer := 20000;
    now_at bigint := (SELECT version FROM city.layer_version WHERE layer = tg_table_name);
    many bigint;
BEGIN
    PERFORM pg_notify('citygrid_layer', tg_table_name);
    IF tg_op = 'INSERT' THEN
        -- one row for each unbroken range of keys
        INSERT INTO ledger.edit (layer, version, fid, last_fid)
        SELECT tg_table_name, now_at, min(fid), max(fid)
        FROM (SELECT fid, fid - row_number() OVER (ORDER BY fid) AS range FROM added) a
        GROUP BY range;
        RETURN NULL;
    END IF;
    IF tg_op = 'TRUNCATE' THEN
        INSERT INTO ledger.edit (layer, version) VALUES (tg_table_name, now_at);
        RETURN NULL;
    END IF;
    many := (SELECT count(*) FROM (SELECT FROM gone LIMIT most + 1) g);
    IF many > most THEN
        INSERT INTO ledger.edit (layer, version) VALUES (tg_table_name, now_at);
        RETURN NULL;
    END IF;
    INSERT INTO ledger.edit (layer, version, fid, last_fid, before)
    SELECT tg_table_name, now_at, fid, fid,
        to_jsonb(g) || jsonb_build_object('geom', g.geom::text, 'geom_m', g.geom_m::text)
    FROM gone g;
    RETURN NULL;
END
$$;

CREATE FUNCTION ledger.watch_edits(layer_id text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER version_1_added AFTER INSERT ON city.%I REFERENCING NEW TABLE AS added '
        'FOR EACH STATEMENT EXECUTE FUNCTION ledger.note_edit()', layer_id);
    EXECUTE format(
        'CREATE TRIGGER version_2_changed AFTER UPDATE ON city.%I REFERENCING OLD TABLE AS gone '
        'FOR EACH STATEMENT EXECUTE FUNCTION ledger.note_edit()', layer_id);
    EXECUTE format(
        'CREATE TRIGGER version_3_removed AFTER DELETE ON city.%I REFERENCING OLD TABLE AS gone '
        'FOR EACH STATEMENT EXECUTE FUNCTION ledger.note_edit()', layer_id);
    EXECUTE format(
        'CREATE TRIGGER version_4_emptied AFTER TRUNCATE ON city.%I '
        'FOR EACH STATEMENT EXECUTE FUNCTION ledger.note_edit()', layer_id);
END
$$;

-- Registers a layer's table: every statement that writes it moves its version, and what
-- it changed is noted where the layer has places, so that something may be measured.
CREATE OR REPLACE FUNCTION city.watch(layer_id text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO city.layer_version (layer) VALUES (layer_id) ON CONFLICT DO NOTHING;
    EXECUTE format(
        'CREATE TRIGGER version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON city.%I '
        'FOR EACH STATEMENT EXECUTE FUNCTION city.bump_version()', layer_id);
    IF EXISTS (
        SELECT FROM information_schema.columns
        WHERE table_schema = 'city' AND table_name = layer_id AND column_name = 'geom_m'
    ) THEN
        PERFORM ledger.watch_edits(layer_id);
    END IF;
END
$$;

-- the tables that there are, but for what is derived from others
SELECT ledger.watch_edits(table_name)
FROM information_schema.columns
WHERE table_schema = 'city' AND column_name = 'geom_m'
    AND table_name IN (SELECT layer FROM city.layer_version)
    AND table_name NOT IN ('camera_view', 'living_circle', 'coverage_result');

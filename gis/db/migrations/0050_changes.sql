-- Where each change of a layer lay, so that what is kept elsewhere need not be made anew.

CREATE SCHEMA trace;
GRANT USAGE ON SCHEMA trace TO citygrid_public, citygrid_staff, citygrid_restricted;

-- One row per version, written in the writer's own transaction.
CREATE TABLE trace.layer_change (
    layer text NOT NULL,
    version bigint NOT NULL,
    -- west, south, east, north [degree] of each row before and after, one after another;
    -- null: anywhere
    boxes double precision[],
    PRIMARY KEY (layer, version)
);
GRANT SELECT ON trace.layer_change TO citygrid_public, citygrid_staff, citygrid_restricted;

-- The next version of a layer, and where its change lay. The last 256 are remembered.
CREATE FUNCTION city.next_version(layer_id text, boxes double precision[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    latest bigint;
BEGIN
    UPDATE city.layer_version SET version = version + 1, changed_at = now()
    WHERE layer = layer_id RETURNING version INTO latest;
    IF latest IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO trace.layer_change VALUES (layer_id, latest, boxes)
    ON CONFLICT (layer, version) DO UPDATE SET boxes = NULL;
    DELETE FROM trace.layer_change c WHERE c.layer = layer_id AND c.version <= latest - 256;
END
$$;

-- For tables without places, and for TRUNCATE.
CREATE OR REPLACE FUNCTION city.bump_version() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM city.next_version(tg_table_name, NULL);
    RETURN NULL;
END
$$;

-- Up to 64 boxes are remembered one by one, more as the box around them all; of more
-- than 5000 rows nothing is.
CREATE FUNCTION city.trace_version() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    most constant integer := 5000;
    each_one constant integer := 64;
    many boolean;
    places box2d[];
    boxes double precision[];
BEGIN
    IF tg_op = 'DELETE' THEN
        many := (SELECT count(*) > most FROM (SELECT FROM gone LIMIT most + 1) g);
    ELSE
        many := (SELECT count(*) > most FROM (SELECT FROM added LIMIT most + 1) a);
    END IF;
    IF many THEN
        PERFORM city.next_version(tg_table_name, NULL);
        RETURN NULL;
    END IF;
    IF tg_op IN ('INSERT', 'UPDATE') THEN
        places := places || ARRAY(SELECT geom::box2d FROM added WHERE NOT ST_IsEmpty(geom));
    END IF;
    IF tg_op IN ('DELETE', 'UPDATE') THEN
        places := places || ARRAY(SELECT geom::box2d FROM gone WHERE NOT ST_IsEmpty(geom));
    END IF;
    IF cardinality(places) > each_one THEN
        places := ARRAY(SELECT ST_Extent(b::geometry) FROM unnest(places) p (b));
    END IF;
    SELECT coalesce(array_agg(n ORDER BY i, k), '{}') INTO boxes
    FROM unnest(places) WITH ORDINALITY p (b, i),
         unnest(ARRAY[ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b)])
         WITH ORDINALITY c (n, k);
    PERFORM city.next_version(tg_table_name, boxes);
    RETURN NULL;
END
$$;

-- Registers a layer's table: every statement that writes it moves its version.
CREATE OR REPLACE FUNCTION city.watch(layer_id text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    placed boolean := EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = format('city.%I', layer_id)::regclass
        AND attname = 'geom' AND NOT attisdropped);
BEGIN
    INSERT INTO city.layer_version (layer) VALUES (layer_id) ON CONFLICT DO NOTHING;
    IF NOT placed THEN
        EXECUTE format(
            'CREATE TRIGGER version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE '
            'ON city.%I FOR EACH STATEMENT EXECUTE FUNCTION city.bump_version()', layer_id);
        RETURN;
    END IF;
    EXECUTE format(
        'CREATE TRIGGER version AFTER TRUNCATE ON city.%I '
        'FOR EACH STATEMENT EXECUTE FUNCTION city.bump_version()', layer_id);
    EXECUTE format(
        'CREATE TRIGGER version_added AFTER INSERT ON city.%I '
        'REFERENCING NEW TABLE AS added '
        'FOR EACH STATEMENT EXECUTE FUNCTION city.trace_version()', layer_id);
    EXECUTE format(
        'CREATE TRIGGER version_changed AFTER UPDATE ON city.%I '
        'REFERENCING OLD TABLE AS gone NEW TABLE AS added '
        'FOR EACH STATEMENT EXECUTE FUNCTION city.trace_version()', layer_id);
    EXECUTE format(
        'CREATE TRIGGER version_removed AFTER DELETE ON city.%I '
        'REFERENCING OLD TABLE AS gone '
        'FOR EACH STATEMENT EXECUTE FUNCTION city.trace_version()', layer_id);
END
$$;

DO $$
DECLARE
    watched text;
BEGIN
    FOR watched IN SELECT layer FROM city.layer_version
        WHERE to_regclass(format('city.%I', layer)) IS NOT NULL LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS version ON city.%I', watched);
        PERFORM city.watch(watched);
    END LOOP;
END
$$;

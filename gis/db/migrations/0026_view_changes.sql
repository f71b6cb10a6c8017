-- What the stored views depend on, and what has changed since they were drawn.

-- Ground outside of which no building matters to a camera; working CRS.
CREATE TABLE ledger.view_dependency (
    camera_code text NOT NULL,
    valid_from date NOT NULL,
    geom_m geometry(MultiPolygon),
    PRIMARY KEY (camera_code, valid_from)
);
CREATE INDEX view_dependency_geom_m ON ledger.view_dependency USING gist (geom_m);

-- Written by whoever writes cameras or buildings, in the same transaction. A change of
-- many rows is one row without code: everything is to be drawn anew.
CREATE TABLE ledger.view_change (
    layer text NOT NULL,
    code text,
    geom_m geometry
);

-- The day whose buildings the views are behind; no row until they are first drawn.
CREATE TABLE ledger.view_state (
    day date NOT NULL,
    refreshed_at timestamp with time zone NOT NULL DEFAULT now()
);

CREATE FUNCTION ledger.note_view_change() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    most constant integer := 5000;
    many boolean := true;
BEGIN
    IF tg_op = 'INSERT' THEN
        many := (SELECT count(*) > most FROM (SELECT FROM added LIMIT most + 1) a);
    ELSIF tg_op = 'DELETE' THEN
        many := (SELECT count(*) > most FROM (SELECT FROM gone LIMIT most + 1) g);
    ELSIF tg_op = 'UPDATE' THEN
        many := (SELECT count(*) > most FROM (SELECT FROM added LIMIT most + 1) a);
    END IF;
    IF many THEN
        INSERT INTO ledger.view_change (layer)
        SELECT tg_table_name WHERE NOT EXISTS (
            SELECT FROM ledger.view_change c WHERE c.layer = tg_table_name AND c.code IS NULL);
        RETURN NULL;
    END IF;
    IF tg_op IN ('INSERT', 'UPDATE') THEN
        INSERT INTO ledger.view_change SELECT tg_table_name, code, geom_m FROM added;
    END IF;
    IF tg_op IN ('DELETE', 'UPDATE') THEN
        INSERT INTO ledger.view_change SELECT tg_table_name, code, geom_m FROM gone;
    END IF;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    watched text;
BEGIN
    FOREACH watched IN ARRAY ARRAY['camera', 'building'] LOOP
        EXECUTE format(
            'CREATE TRIGGER view_added AFTER INSERT ON city.%I REFERENCING NEW TABLE AS added '
            'FOR EACH STATEMENT EXECUTE FUNCTION ledger.note_view_change()', watched);
        EXECUTE format(
            'CREATE TRIGGER view_changed AFTER UPDATE ON city.%I '
            'REFERENCING OLD TABLE AS gone NEW TABLE AS added '
            'FOR EACH STATEMENT EXECUTE FUNCTION ledger.note_view_change()', watched);
        EXECUTE format(
            'CREATE TRIGGER view_removed AFTER DELETE ON city.%I REFERENCING OLD TABLE AS gone '
            'FOR EACH STATEMENT EXECUTE FUNCTION ledger.note_view_change()', watched);
        EXECUTE format(
            'CREATE TRIGGER view_emptied AFTER TRUNCATE ON city.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION ledger.note_view_change()', watched);
    END LOOP;
END
$$;

ALTER TABLE city.camera_view ADD COLUMN "camera_state" text;

-- views are drawn for what there is already
INSERT INTO ledger.view_change (layer) SELECT 'camera' WHERE EXISTS (SELECT FROM city.camera);

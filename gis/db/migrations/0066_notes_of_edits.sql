-- Notes of edits are made after the version has moved, whichever trigger moves it: triggers
-- of one event run in the order of their names, and `versions_` sorts behind `version_`.

CREATE OR REPLACE FUNCTION ledger.watch_edits(layer_id text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER versions_added AFTER INSERT ON city.%I REFERENCING NEW TABLE AS added '
        'FOR EACH STATEMENT EXECUTE FUNCTION ledger.note_edit()', layer_id);
    EXECUTE format(
        'CREATE TRIGGER versions_changed AFTER UPDATE ON city.%I REFERENCING OLD TABLE AS gone '
        'FOR EACH STATEMENT EXECUTE FUNCTION ledger.note_edit()', layer_id);
    EXECUTE format(
        'CREATE TRIGGER versions_removed AFTER DELETE ON city.%I REFERENCING OLD TABLE AS gone '
        'FOR EACH STATEMENT EXECUTE FUNCTION ledger.note_edit()', layer_id);
    EXECUTE format(
        'CREATE TRIGGER versions_emptied AFTER TRUNCATE ON city.%I '
        'FOR EACH STATEMENT EXECUTE FUNCTION ledger.note_edit()', layer_id);
END
$$;

DO $$
DECLARE
    watched regclass;
BEGIN
    FOR watched IN SELECT tgrelid FROM pg_trigger WHERE tgname = 'version_1_added' LOOP
        EXECUTE format('DROP TRIGGER version_1_added ON %s', watched);
        EXECUTE format('DROP TRIGGER version_2_changed ON %s', watched);
        EXECUTE format('DROP TRIGGER version_3_removed ON %s', watched);
        EXECUTE format('DROP TRIGGER version_4_emptied ON %s', watched);
        PERFORM ledger.watch_edits(relname) FROM pg_class WHERE oid = watched;
    END LOOP;
END
$$;

-- what was noted until now may name the version before: it is not relied on
DELETE FROM ledger.edit;
INSERT INTO ledger.edit (layer, version)
SELECT layer, version FROM city.layer_version WHERE version > 0;

-- Registers a layer's table: every statement that writes it moves its version, and what
-- it changed is noted where the layer has places, so that something may be measured.
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
    PERFORM ledger.watch_edits(layer_id);
END
$$;

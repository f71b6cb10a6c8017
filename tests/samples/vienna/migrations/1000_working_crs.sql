-- Every table measures in the working CRS of this city: EPSG:31256.
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT f_table_name AS name, type FROM geometry_columns
        WHERE f_table_schema = 'city' AND f_geometry_column = 'geom_m'
    LOOP
        EXECUTE format(
            'ALTER TABLE city.%I ALTER COLUMN geom_m TYPE geometry(%s, 31256)',
            found.name, found.type);
    END LOOP;
END
$$;

-- Every table measures in the working CRS of this city: EPSG:26986.
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT f_table_name AS name, type FROM geometry_columns
        WHERE f_table_schema = 'city' AND f_geometry_column = 'geom_m'
    LOOP
        EXECUTE format(
            'ALTER TABLE city.%I ALTER COLUMN geom_m TYPE geometry(%s, 26986)',
            found.name, found.type);
    END LOOP;
END
$$;

CREATE TABLE city.service_request (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "reported_at" timestamp with time zone NOT NULL,
    "due_at" timestamp with time zone,
    "closed_at" timestamp with time zone,
    "on_time" boolean,
    "state" text NOT NULL,
    "reason" text,
    "kind" text,
    "department" text,
    "neighbourhood" text,
    "address" text,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,26986),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX service_request_geom ON city.service_request USING gist (geom);
CREATE INDEX service_request_geom_m ON city.service_request USING gist (geom_m);
CREATE INDEX service_request_reported_at ON city.service_request USING btree (reported_at);
CREATE UNIQUE INDEX service_request_version ON city.service_request USING btree (code, valid_from);
SELECT city.watch('service_request');

-- 地下管线 Pipe
CREATE TABLE city.pipe (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "diameter_mm" double precision,
    "material" text,
    "depth_m" double precision,
    "length_m" double precision,
    "road_code" text,
    "geom" geometry(LineString,4490),
    "geom_m" geometry(LineString,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX pipe_geom ON city.pipe USING gist (geom);
CREATE INDEX pipe_geom_m ON city.pipe USING gist (geom_m);
CREATE UNIQUE INDEX pipe_version ON city.pipe USING btree (code, valid_from);
SELECT city.watch('pipe');

-- 管网监测点 Utility monitor
CREATE TABLE city.utility_monitor (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "pipe_code" text,
    "online" boolean,
    "reach_m" double precision,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX utility_monitor_geom ON city.utility_monitor USING gist (geom);
CREATE INDEX utility_monitor_geom_m ON city.utility_monitor USING gist (geom_m);
CREATE UNIQUE INDEX utility_monitor_version ON city.utility_monitor USING btree (code, valid_from);
SELECT city.watch('utility_monitor');

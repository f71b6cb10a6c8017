-- 空气监测站 Air station
CREATE TABLE city.air_station (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "point_type" text,
    "automatic" boolean,
    "operator" text,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX air_station_geom ON city.air_station USING gist (geom);
CREATE INDEX air_station_geom_m ON city.air_station USING gist (geom_m);
CREATE UNIQUE INDEX air_station_version ON city.air_station USING btree (code, valid_from);
SELECT city.watch('air_station');

-- 空气质量观测 Air observation
CREATE TABLE city.air_observation (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "station_code" text NOT NULL,
    "observed_at" timestamp with time zone NOT NULL,
    "averaging" text NOT NULL,
    "pm25_ug_m3" double precision,
    "pm10_ug_m3" double precision,
    "so2_ug_m3" double precision,
    "no2_ug_m3" double precision,
    "co_mg_m3" double precision,
    "o3_ug_m3" double precision,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX air_observation_geom ON city.air_observation USING gist (geom);
CREATE INDEX air_observation_geom_m ON city.air_observation USING gist (geom_m);
CREATE INDEX air_observation_observed_at ON city.air_observation USING btree (observed_at);
CREATE UNIQUE INDEX air_observation_version ON city.air_observation USING btree (code, valid_from);
SELECT city.watch('air_observation');

-- 饮用水源地 Drinking-water source
CREATE TABLE city.drinking_water_source (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "main" boolean,
    "automatic" boolean,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX drinking_water_source_geom ON city.drinking_water_source USING gist (geom);
CREATE INDEX drinking_water_source_geom_m ON city.drinking_water_source USING gist (geom_m);
CREATE UNIQUE INDEX drinking_water_source_version ON city.drinking_water_source USING btree (code, valid_from);
SELECT city.watch('drinking_water_source');

-- 噪声监测点 Noise point
CREATE TABLE city.noise_point (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "zone_class" text,
    "automatic" boolean,
    "day_db" double precision,
    "night_db" double precision,
    "measured_on" date,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX noise_point_geom ON city.noise_point USING gist (geom);
CREATE INDEX noise_point_geom_m ON city.noise_point USING gist (geom_m);
CREATE UNIQUE INDEX noise_point_version ON city.noise_point USING btree (code, valid_from);
SELECT city.watch('noise_point');

-- 污染源 Pollution source
CREATE TABLE city.pollution_source (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "control_level" text,
    "online_monitoring" boolean,
    "permit_number" text,
    "discharge_t_per_year" double precision,
    "contact" text,
    "contact_phone" text,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX pollution_source_geom ON city.pollution_source USING gist (geom);
CREATE INDEX pollution_source_geom_m ON city.pollution_source USING gist (geom_m);
CREATE UNIQUE INDEX pollution_source_version ON city.pollution_source USING btree (code, valid_from);
SELECT city.watch('pollution_source');

-- 地表水断面 Surface-water section
CREATE TABLE city.water_section (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "river" text,
    "boundary" boolean,
    "automatic" boolean,
    "target_class" text,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX water_section_geom ON city.water_section USING gist (geom);
CREATE INDEX water_section_geom_m ON city.water_section USING gist (geom_m);
CREATE UNIQUE INDEX water_section_version ON city.water_section USING btree (code, valid_from);
SELECT city.watch('water_section');

-- 水质观测 Water observation
CREATE TABLE city.water_observation (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "section_code" text NOT NULL,
    "observed_at" timestamp with time zone NOT NULL,
    "ph" double precision,
    "do_mg_l" double precision,
    "codmn_mg_l" double precision,
    "nh3n_mg_l" double precision,
    "tp_mg_l" double precision,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX water_observation_geom ON city.water_observation USING gist (geom);
CREATE INDEX water_observation_geom_m ON city.water_observation USING gist (geom_m);
CREATE INDEX water_observation_observed_at ON city.water_observation USING btree (observed_at);
CREATE UNIQUE INDEX water_observation_version ON city.water_observation USING btree (code, valid_from);
SELECT city.watch('water_observation');

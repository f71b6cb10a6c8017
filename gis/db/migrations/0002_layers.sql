CREATE TABLE city.building (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "use" text,
    "height_m" double precision,
    "levels" bigint,
    "geom" geometry(Polygon,4490),
    "geom_m" geometry(Polygon,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX building_geom ON city.building USING gist (geom);
CREATE INDEX building_geom_m ON city.building USING gist (geom_m);
CREATE UNIQUE INDEX building_version ON city.building USING btree (code, valid_from);
SELECT city.watch('building');

CREATE TABLE city.district (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "population" bigint,
    "geom" geometry(MultiPolygon,4490),
    "geom_m" geometry(MultiPolygon,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX district_geom ON city.district USING gist (geom);
CREATE INDEX district_geom_m ON city.district USING gist (geom_m);
CREATE UNIQUE INDEX district_version ON city.district USING btree (code, valid_from);
SELECT city.watch('district');

CREATE TABLE city.centre_town (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "district_code" text NOT NULL,
    "area_m2" double precision,
    "geom" geometry(MultiPolygon,4490),
    "geom_m" geometry(MultiPolygon,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX centre_town_geom ON city.centre_town USING gist (geom);
CREATE INDEX centre_town_geom_m ON city.centre_town USING gist (geom_m);
CREATE UNIQUE INDEX centre_town_version ON city.centre_town USING btree (code, valid_from);
SELECT city.watch('centre_town');

CREATE TABLE city.place_name (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "district_code" text,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX place_name_geom ON city.place_name USING gist (geom);
CREATE INDEX place_name_geom_m ON city.place_name USING gist (geom_m);
CREATE UNIQUE INDEX place_name_version ON city.place_name USING btree (code, valid_from);
SELECT city.watch('place_name');

CREATE TABLE city.urbanised_area (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "district_code" text NOT NULL,
    "area_m2" double precision,
    "geom" geometry(MultiPolygon,4490),
    "geom_m" geometry(MultiPolygon,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX urbanised_area_geom ON city.urbanised_area USING gist (geom);
CREATE INDEX urbanised_area_geom_m ON city.urbanised_area USING gist (geom_m);
CREATE UNIQUE INDEX urbanised_area_version ON city.urbanised_area USING btree (code, valid_from);
SELECT city.watch('urbanised_area');

CREATE TABLE city.water_body (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "area_m2" double precision,
    "geom" geometry(MultiPolygon,4490),
    "geom_m" geometry(MultiPolygon,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX water_body_geom ON city.water_body USING gist (geom);
CREATE INDEX water_body_geom_m ON city.water_body USING gist (geom_m);
CREATE UNIQUE INDEX water_body_version ON city.water_body USING btree (code, valid_from);
SELECT city.watch('water_body');

CREATE TABLE city.clinic (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "service_radius_m" double precision,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX clinic_geom ON city.clinic USING gist (geom);
CREATE INDEX clinic_geom_m ON city.clinic USING gist (geom_m);
CREATE UNIQUE INDEX clinic_version ON city.clinic USING btree (code, valid_from);
SELECT city.watch('clinic');

CREATE TABLE city.elderly_service (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "remote_monitoring" boolean,
    "beds" bigint,
    "service_radius_m" double precision,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX elderly_service_geom ON city.elderly_service USING gist (geom);
CREATE INDEX elderly_service_geom_m ON city.elderly_service USING gist (geom_m);
CREATE UNIQUE INDEX elderly_service_version ON city.elderly_service USING btree (code, valid_from);
SELECT city.watch('elderly_service');

CREATE TABLE city.hospital (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "grade" text,
    "beds" bigint,
    "electronic_records" boolean,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX hospital_geom ON city.hospital USING gist (geom);
CREATE INDEX hospital_geom_m ON city.hospital USING gist (geom_m);
CREATE UNIQUE INDEX hospital_version ON city.hospital USING btree (code, valid_from);
SELECT city.watch('hospital');

CREATE TABLE city.living_circle (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "circle" text NOT NULL,
    "service_layer" text,
    "service_code" text,
    "population" bigint,
    "geom" geometry(MultiPolygon,4490),
    "geom_m" geometry(MultiPolygon,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX living_circle_geom ON city.living_circle USING gist (geom);
CREATE INDEX living_circle_geom_m ON city.living_circle USING gist (geom_m);
CREATE UNIQUE INDEX living_circle_version ON city.living_circle USING btree (code, valid_from);
SELECT city.watch('living_circle');

CREATE TABLE city.park (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "area_m2" double precision,
    "service_radius_m" double precision,
    "geom" geometry(MultiPolygon,4490),
    "geom_m" geometry(MultiPolygon,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX park_geom ON city.park USING gist (geom);
CREATE INDEX park_geom_m ON city.park USING gist (geom_m);
CREATE UNIQUE INDEX park_version ON city.park USING btree (code, valid_from);
SELECT city.watch('park');

CREATE TABLE city.street (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "district_code" text NOT NULL,
    "population" bigint,
    "geom" geometry(MultiPolygon,4490),
    "geom_m" geometry(MultiPolygon,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX street_district_code ON city.street USING btree (district_code);
CREATE INDEX street_geom ON city.street USING gist (geom);
CREATE INDEX street_geom_m ON city.street USING gist (geom_m);
CREATE UNIQUE INDEX street_version ON city.street USING btree (code, valid_from);
SELECT city.watch('street');

CREATE TABLE city.community (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "street_code" text NOT NULL,
    "district_code" text NOT NULL,
    "population" bigint,
    "geom" geometry(MultiPolygon,4490),
    "geom_m" geometry(MultiPolygon,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX community_geom ON city.community USING gist (geom);
CREATE INDEX community_geom_m ON city.community USING gist (geom_m);
CREATE INDEX community_street_code ON city.community USING btree (street_code);
CREATE UNIQUE INDEX community_version ON city.community USING btree (code, valid_from);
SELECT city.watch('community');

CREATE TABLE city.population_point (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "population" bigint NOT NULL,
    "population_60_plus" bigint NOT NULL,
    "households" bigint,
    "community_code" text,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX population_point_geom ON city.population_point USING gist (geom);
CREATE INDEX population_point_geom_m ON city.population_point USING gist (geom_m);
CREATE UNIQUE INDEX population_point_version ON city.population_point USING btree (code, valid_from);
SELECT city.watch('population_point');

CREATE TABLE city.residential_land (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "area_m2" double precision,
    "community_code" text,
    "geom" geometry(MultiPolygon,4490),
    "geom_m" geometry(MultiPolygon,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX residential_land_geom ON city.residential_land USING gist (geom);
CREATE INDEX residential_land_geom_m ON city.residential_land USING gist (geom_m);
CREATE UNIQUE INDEX residential_land_version ON city.residential_land USING btree (code, valid_from);
SELECT city.watch('residential_land');

CREATE TABLE city.school (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "places" bigint,
    "service_radius_m" double precision,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX school_geom ON city.school USING gist (geom);
CREATE INDEX school_geom_m ON city.school USING gist (geom_m);
CREATE UNIQUE INDEX school_version ON city.school USING btree (code, valid_from);
SELECT city.watch('school');

CREATE TABLE city.service_point (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "information_service" boolean,
    "address" text,
    "opening_hours" text,
    "phone" text,
    "service_radius_m" double precision,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX service_point_geom ON city.service_point USING gist (geom);
CREATE INDEX service_point_geom_m ON city.service_point USING gist (geom_m);
CREATE UNIQUE INDEX service_point_version ON city.service_point USING btree (code, valid_from);
SELECT city.watch('service_point');

CREATE TABLE city.base_station (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "generation" text,
    "operator" text,
    "range_m" double precision,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX base_station_geom ON city.base_station USING gist (geom);
CREATE INDEX base_station_geom_m ON city.base_station USING gist (geom_m);
CREATE UNIQUE INDEX base_station_version ON city.base_station USING btree (code, valid_from);
SELECT city.watch('base_station');

CREATE TABLE city.wlan_hotspot (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "operator" text,
    "free" boolean,
    "range_m" double precision,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX wlan_hotspot_geom ON city.wlan_hotspot USING gist (geom);
CREATE INDEX wlan_hotspot_geom_m ON city.wlan_hotspot USING gist (geom_m);
CREATE UNIQUE INDEX wlan_hotspot_version ON city.wlan_hotspot USING btree (code, valid_from);
SELECT city.watch('wlan_hotspot');

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

CREATE TABLE city.unit_grid (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "grid_type" text,
    "land_use" text,
    "community_code" text NOT NULL,
    "street_code" text NOT NULL,
    "district_code" text NOT NULL,
    "area_m2" double precision,
    "responsible_org" text,
    "manager" text,
    "manager_phone" text,
    "geom" geometry(Polygon,4490),
    "geom_m" geometry(Polygon,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX unit_grid_community_code ON city.unit_grid USING btree (community_code);
CREATE INDEX unit_grid_geom ON city.unit_grid USING gist (geom);
CREATE INDEX unit_grid_geom_m ON city.unit_grid USING gist (geom_m);
CREATE UNIQUE INDEX unit_grid_version ON city.unit_grid USING btree (code, valid_from);
SELECT city.watch('unit_grid');

CREATE TABLE city.case_record (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "class" text,
    "state" text,
    "channel" text,
    "reported_at" timestamp with time zone NOT NULL,
    "due_at" timestamp with time zone,
    "closed_at" timestamp with time zone,
    "on_time" boolean,
    "time_limit_value" double precision,
    "time_limit_unit" text,
    "grid_code" text NOT NULL,
    "district_code" text NOT NULL,
    "address" text,
    "details" text,
    "handler_org" text,
    "reporter" text,
    "reporter_phone" text,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX case_record_geom ON city.case_record USING gist (geom);
CREATE INDEX case_record_geom_m ON city.case_record USING gist (geom_m);
CREATE INDEX case_record_reported_at ON city.case_record USING btree (reported_at);
CREATE UNIQUE INDEX case_record_version ON city.case_record USING btree (code, valid_from);
SELECT city.watch('case_record');

CREATE TABLE city.case_stage (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "case_code" text NOT NULL,
    "stage" text NOT NULL,
    "started_at" timestamp with time zone NOT NULL,
    "ended_at" timestamp with time zone,
    "due_at" timestamp with time zone,
    "actor" text,
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX case_stage_started_at ON city.case_stage USING btree (started_at);
CREATE UNIQUE INDEX case_stage_version ON city.case_stage USING btree (code, valid_from);
SELECT city.watch('case_stage');

CREATE TABLE city.component (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "class" text,
    "state" text,
    "grid_code" text,
    "responsible_org" text,
    "owner_org" text,
    "accuracy" text,
    "last_inspected" date,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX component_geom ON city.component USING gist (geom);
CREATE INDEX component_geom_m ON city.component USING gist (geom_m);
CREATE UNIQUE INDEX component_version ON city.component USING btree (code, valid_from);
SELECT city.watch('component');

CREATE TABLE city.duty_grid (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "street_code" text NOT NULL,
    "district_code" text NOT NULL,
    "grid_count" bigint,
    "responsible_org" text,
    "duty_person" text,
    "duty_phone" text,
    "geom" geometry(MultiPolygon,4490),
    "geom_m" geometry(MultiPolygon,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX duty_grid_geom ON city.duty_grid USING gist (geom);
CREATE INDEX duty_grid_geom_m ON city.duty_grid USING gist (geom_m);
CREATE UNIQUE INDEX duty_grid_version ON city.duty_grid USING btree (code, valid_from);
SELECT city.watch('duty_grid');

CREATE TABLE city.patrol_track (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "duty_grid_code" text,
    "officer" text,
    "started_at" timestamp with time zone NOT NULL,
    "ended_at" timestamp with time zone,
    "length_m" double precision,
    "geom" geometry(LineString,4490),
    "geom_m" geometry(LineString,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX patrol_track_geom ON city.patrol_track USING gist (geom);
CREATE INDEX patrol_track_geom_m ON city.patrol_track USING gist (geom_m);
CREATE INDEX patrol_track_started_at ON city.patrol_track USING btree (started_at);
CREATE UNIQUE INDEX patrol_track_version ON city.patrol_track USING btree (code, valid_from);
SELECT city.watch('patrol_track');

CREATE TABLE city.coverage_result (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "service" text NOT NULL,
    "zone_layer" text NOT NULL,
    "zone_id" text NOT NULL,
    "measure" text,
    "covered" double precision,
    "total" double precision,
    "value_unit" text,
    "coverage_ratio" double precision,
    "as_of" date,
    "result_hash" text,
    "geom" geometry(MultiPolygon,4490),
    "geom_m" geometry(MultiPolygon,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX coverage_result_as_of ON city.coverage_result USING btree (as_of);
CREATE INDEX coverage_result_geom ON city.coverage_result USING gist (geom);
CREATE INDEX coverage_result_geom_m ON city.coverage_result USING gist (geom_m);
CREATE UNIQUE INDEX coverage_result_version ON city.coverage_result USING btree (code, valid_from);
SELECT city.watch('coverage_result');

CREATE TABLE city.indicator_value (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "target_id" text NOT NULL,
    "district_code" text,
    "value" double precision NOT NULL,
    "as_of" date NOT NULL,
    "office" text,
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX indicator_value_as_of ON city.indicator_value USING btree (as_of);
CREATE UNIQUE INDEX indicator_value_version ON city.indicator_value USING btree (code, valid_from);
SELECT city.watch('indicator_value');

CREATE TABLE city.target (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "title_en" text,
    "theme" text,
    "kind" text NOT NULL,
    "operator" text NOT NULL,
    "value" double precision NOT NULL,
    "value_unit" text,
    "scope" text,
    "due_on" date,
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE UNIQUE INDEX target_version ON city.target USING btree (code, valid_from);
SELECT city.watch('target');

CREATE TABLE city.scorecard (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "target_id" text NOT NULL,
    "district_code" text,
    "value" double precision,
    "distance" double precision,
    "state" text,
    "as_of" date,
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX scorecard_as_of ON city.scorecard USING btree (as_of);
CREATE UNIQUE INDEX scorecard_version ON city.scorecard USING btree (code, valid_from);
SELECT city.watch('scorecard');

CREATE TABLE city.elevator (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "building_code" text,
    "levels" bigint,
    "next_inspection" date,
    "networked" boolean,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX elevator_geom ON city.elevator USING gist (geom);
CREATE INDEX elevator_geom_m ON city.elevator USING gist (geom_m);
CREATE UNIQUE INDEX elevator_version ON city.elevator USING btree (code, valid_from);
SELECT city.watch('elevator');

CREATE TABLE city.food_drug_business (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "main" boolean,
    "traced" boolean,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX food_drug_business_geom ON city.food_drug_business USING gist (geom);
CREATE INDEX food_drug_business_geom_m ON city.food_drug_business USING gist (geom_m);
CREATE UNIQUE INDEX food_drug_business_version ON city.food_drug_business USING btree (code, valid_from);
SELECT city.watch('food_drug_business');

CREATE TABLE city.hazardous_site (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "monitored" boolean,
    "vehicles" bigint,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX hazardous_site_geom ON city.hazardous_site USING gist (geom);
CREATE INDEX hazardous_site_geom_m ON city.hazardous_site USING gist (geom_m);
CREATE UNIQUE INDEX hazardous_site_version ON city.hazardous_site USING btree (code, valid_from);
SELECT city.watch('hazardous_site');

CREATE TABLE city.camera (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "state" text,
    "point_type" text,
    "industry" text,
    "operator" text,
    "resolution_px" bigint,
    "focal_mm" double precision,
    "sensor_mm" double precision,
    "hfov_deg" double precision,
    "vfov_deg" double precision,
    "height_m" double precision,
    "tilt_deg" double precision,
    "azimuth_deg" double precision,
    "max_view_m" double precision,
    "geometry_source" text,
    "installed_on" date,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX camera_geom ON city.camera USING gist (geom);
CREATE INDEX camera_geom_m ON city.camera USING gist (geom_m);
CREATE UNIQUE INDEX camera_version ON city.camera USING btree (code, valid_from);
SELECT city.watch('camera');

CREATE TABLE city.camera_view (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "camera_code" text NOT NULL,
    "purpose" text,
    "area_m2" double precision,
    "geom" geometry(MultiPolygon,4490),
    "geom_m" geometry(MultiPolygon,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX camera_view_geom ON city.camera_view USING gist (geom);
CREATE INDEX camera_view_geom_m ON city.camera_view USING gist (geom_m);
CREATE UNIQUE INDEX camera_view_version ON city.camera_view USING btree (code, valid_from);
SELECT city.watch('camera_view');

CREATE TABLE city.public_place (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "area_m2" double precision,
    "geom" geometry(Polygon,4490),
    "geom_m" geometry(Polygon,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX public_place_geom ON city.public_place USING gist (geom);
CREATE INDEX public_place_geom_m ON city.public_place USING gist (geom_m);
CREATE UNIQUE INDEX public_place_version ON city.public_place USING btree (code, valid_from);
SELECT city.watch('public_place');

CREATE TABLE city.residential_compound (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "community_code" text,
    "households" bigint,
    "population" bigint,
    "area_m2" double precision,
    "geom" geometry(Polygon,4490),
    "geom_m" geometry(Polygon,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX residential_compound_geom ON city.residential_compound USING gist (geom);
CREATE INDEX residential_compound_geom_m ON city.residential_compound USING gist (geom_m);
CREATE UNIQUE INDEX residential_compound_version ON city.residential_compound USING btree (code, valid_from);
SELECT city.watch('residential_compound');

CREATE TABLE city.scenic_area (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "grade" text,
    "area_m2" double precision,
    "geom" geometry(MultiPolygon,4490),
    "geom_m" geometry(MultiPolygon,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX scenic_area_geom ON city.scenic_area USING gist (geom);
CREATE INDEX scenic_area_geom_m ON city.scenic_area USING gist (geom_m);
CREATE UNIQUE INDEX scenic_area_version ON city.scenic_area USING btree (code, valid_from);
SELECT city.watch('scenic_area');

CREATE TABLE city.tourist_service (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "online" boolean,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX tourist_service_geom ON city.tourist_service USING gist (geom);
CREATE INDEX tourist_service_geom_m ON city.tourist_service USING gist (geom_m);
CREATE UNIQUE INDEX tourist_service_version ON city.tourist_service USING btree (code, valid_from);
SELECT city.watch('tourist_service');

CREATE TABLE city.guidance_sign (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "grade" text,
    "reach_m" double precision,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX guidance_sign_geom ON city.guidance_sign USING gist (geom);
CREATE INDEX guidance_sign_geom_m ON city.guidance_sign USING gist (geom_m);
CREATE UNIQUE INDEX guidance_sign_version ON city.guidance_sign USING btree (code, valid_from);
SELECT city.watch('guidance_sign');

CREATE TABLE city.parking_lot (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "spaces" bigint,
    "public" boolean,
    "guided" boolean,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX parking_lot_geom ON city.parking_lot USING gist (geom);
CREATE INDEX parking_lot_geom_m ON city.parking_lot USING gist (geom_m);
CREATE UNIQUE INDEX parking_lot_version ON city.parking_lot USING btree (code, valid_from);
SELECT city.watch('parking_lot');

CREATE TABLE city.road (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "class" text,
    "lanes" bigint,
    "width_m" double precision,
    "speed_kmh" double precision,
    "oneway" boolean,
    "length_m" double precision,
    "geom" geometry(LineString,4490),
    "geom_m" geometry(LineString,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX road_geom ON city.road USING gist (geom);
CREATE INDEX road_geom_m ON city.road USING gist (geom_m);
CREATE UNIQUE INDEX road_version ON city.road USING btree (code, valid_from);
SELECT city.watch('road');

CREATE TABLE city.traffic_sensor (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text,
    "road_code" text,
    "reach_m" double precision,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX traffic_sensor_geom ON city.traffic_sensor USING gist (geom);
CREATE INDEX traffic_sensor_geom_m ON city.traffic_sensor USING gist (geom_m);
CREATE UNIQUE INDEX traffic_sensor_version ON city.traffic_sensor USING btree (code, valid_from);
SELECT city.watch('traffic_sensor');

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

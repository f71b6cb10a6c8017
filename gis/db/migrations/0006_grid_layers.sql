-- 区县（市） District
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

-- 街道（乡镇） Street
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

-- 社区（村） Community
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

-- 单元网格 Unit grid
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

-- 案件 Case
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

-- 案件阶段 Case stage
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

-- 管理部件 Component
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

-- 责任网格 Duty grid
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

-- 巡查轨迹 Patrol track
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

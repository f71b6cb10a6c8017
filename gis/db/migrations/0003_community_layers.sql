-- 社区卫生服务机构 Clinic
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

-- 养老服务设施 Elderly service
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

-- 医院 Hospital
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

-- 生活圈 Living circle
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

-- 公园绿地 Park
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

-- 人口点 Population point
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

-- 居住用地 Residential land
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

-- 学校 School
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

-- 社区服务站点 Community service point
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

-- 建筑 Building
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

-- 中心镇（组团） Centre town
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

-- 地名 Place name
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

-- 城市化区域 Urbanised area
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

-- 水体 Water body
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

-- 摄像机 Camera
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

-- 摄像机可视域 Camera view
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

-- 主要公共场所 Public place
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

-- 居民小区 Residential compound
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

-- 景区 Scenic area
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

-- 旅游服务点 Tourist service
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

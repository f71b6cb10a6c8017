-- 停车诱导屏 Guidance sign
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

-- 停车场 Parking lot
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

-- 道路 Road
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

-- 道路信息采集终端 Traffic sensor
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

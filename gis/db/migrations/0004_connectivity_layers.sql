-- 通信基站 Base station
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

-- 无线热点 WLAN hotspot
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

-- Parts of places that must be imaged, and when cameras were out of service.

-- 公共场所采集部位 Key part of a public place
CREATE TABLE city.place_part (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "place_code" text NOT NULL,
    "kind" text,
    "purpose" text,
    "geom" geometry(Polygon,4490),
    "geom_m" geometry(Polygon,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX place_part_geom ON city.place_part USING gist (geom);
CREATE INDEX place_part_geom_m ON city.place_part USING gist (geom_m);
CREATE UNIQUE INDEX place_part_version ON city.place_part USING btree (code, valid_from);
SELECT city.watch('place_part');

-- 摄像机停用记录 Camera outage
CREATE TABLE city.camera_outage (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "camera_code" text NOT NULL,
    "state" text,
    "began_at" timestamp with time zone NOT NULL,
    "ended_at" timestamp with time zone,
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX camera_outage_began_at ON city.camera_outage USING btree (began_at);
CREATE UNIQUE INDEX camera_outage_version ON city.camera_outage USING btree (code, valid_from);
SELECT city.watch('camera_outage');

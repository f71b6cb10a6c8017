-- Every table measures in the working CRS of this city: EPSG:26986.
ALTER TABLE city.building ALTER COLUMN geom_m TYPE geometry(Polygon,26986);
ALTER TABLE city.centre_town ALTER COLUMN geom_m TYPE geometry(MultiPolygon,26986);
ALTER TABLE city.place_name ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.urbanised_area ALTER COLUMN geom_m TYPE geometry(MultiPolygon,26986);
ALTER TABLE city.water_body ALTER COLUMN geom_m TYPE geometry(MultiPolygon,26986);
ALTER TABLE city.clinic ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.elderly_service ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.hospital ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.living_circle ALTER COLUMN geom_m TYPE geometry(MultiPolygon,26986);
ALTER TABLE city.park ALTER COLUMN geom_m TYPE geometry(MultiPolygon,26986);
ALTER TABLE city.population_point ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.residential_land ALTER COLUMN geom_m TYPE geometry(MultiPolygon,26986);
ALTER TABLE city.school ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.service_point ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.base_station ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.wlan_hotspot ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.air_observation ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.air_station ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.drinking_water_source ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.noise_point ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.pollution_source ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.water_observation ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.water_section ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.case_record ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.community ALTER COLUMN geom_m TYPE geometry(MultiPolygon,26986);
ALTER TABLE city.component ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.district ALTER COLUMN geom_m TYPE geometry(MultiPolygon,26986);
ALTER TABLE city.duty_grid ALTER COLUMN geom_m TYPE geometry(MultiPolygon,26986);
ALTER TABLE city.patrol_track ALTER COLUMN geom_m TYPE geometry(LineString,26986);
ALTER TABLE city.street ALTER COLUMN geom_m TYPE geometry(MultiPolygon,26986);
ALTER TABLE city.unit_grid ALTER COLUMN geom_m TYPE geometry(Polygon,26986);
ALTER TABLE city.coverage_result ALTER COLUMN geom_m TYPE geometry(MultiPolygon,26986);
ALTER TABLE city.elevator ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.food_drug_business ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.hazardous_site ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.camera ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.camera_view ALTER COLUMN geom_m TYPE geometry(MultiPolygon,26986);
ALTER TABLE city.public_place ALTER COLUMN geom_m TYPE geometry(Polygon,26986);
ALTER TABLE city.residential_compound ALTER COLUMN geom_m TYPE geometry(Polygon,26986);
ALTER TABLE city.scenic_area ALTER COLUMN geom_m TYPE geometry(MultiPolygon,26986);
ALTER TABLE city.tourist_service ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.guidance_sign ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.parking_lot ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.road ALTER COLUMN geom_m TYPE geometry(LineString,26986);
ALTER TABLE city.traffic_sensor ALTER COLUMN geom_m TYPE geometry(Point,26986);
ALTER TABLE city.pipe ALTER COLUMN geom_m TYPE geometry(LineString,26986);
ALTER TABLE city.utility_monitor ALTER COLUMN geom_m TYPE geometry(Point,26986);

CREATE TABLE city.service_request (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "reported_at" timestamp with time zone NOT NULL,
    "due_at" timestamp with time zone,
    "closed_at" timestamp with time zone,
    "on_time" boolean,
    "state" text NOT NULL,
    "reason" text,
    "kind" text,
    "department" text,
    "neighbourhood" text,
    "address" text,
    "geom" geometry(Point,4490),
    "geom_m" geometry(Point,26986),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX service_request_geom ON city.service_request USING gist (geom);
CREATE INDEX service_request_geom_m ON city.service_request USING gist (geom_m);
CREATE INDEX service_request_reported_at ON city.service_request USING btree (reported_at);
CREATE UNIQUE INDEX service_request_version ON city.service_request USING btree (code, valid_from);
SELECT city.watch('service_request');

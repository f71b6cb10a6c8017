-- 电梯 Elevator
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

-- 食品药品企业 Food and drug business
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

-- 危化品场所 Hazardous site
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

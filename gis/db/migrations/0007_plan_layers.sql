-- 覆盖结果 Coverage result
CREATE TABLE city.coverage_result (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "service" text NOT NULL,
    "zone_layer" text NOT NULL,
    "zone_id" text NOT NULL,
    "measure" text,
    "covered" double precision,
    "total" double precision,
    "value_unit" text,
    "coverage_ratio" double precision,
    "as_of" date,
    "result_hash" text,
    "geom" geometry(MultiPolygon,4490),
    "geom_m" geometry(MultiPolygon,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX coverage_result_as_of ON city.coverage_result USING btree (as_of);
CREATE INDEX coverage_result_geom ON city.coverage_result USING gist (geom);
CREATE INDEX coverage_result_geom_m ON city.coverage_result USING gist (geom_m);
CREATE UNIQUE INDEX coverage_result_version ON city.coverage_result USING btree (code, valid_from);
SELECT city.watch('coverage_result');

-- 填报值 Indicator value
CREATE TABLE city.indicator_value (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "target_id" text NOT NULL,
    "district_code" text,
    "value" double precision NOT NULL,
    "as_of" date NOT NULL,
    "office" text,
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX indicator_value_as_of ON city.indicator_value USING btree (as_of);
CREATE UNIQUE INDEX indicator_value_version ON city.indicator_value USING btree (code, valid_from);
SELECT city.watch('indicator_value');

-- 规划指标 Target
CREATE TABLE city.target (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text NOT NULL,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "title_en" text,
    "theme" text,
    "kind" text NOT NULL,
    "operator" text NOT NULL,
    "value" double precision NOT NULL,
    "value_unit" text,
    "scope" text,
    "due_on" date,
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE UNIQUE INDEX target_version ON city.target USING btree (code, valid_from);
SELECT city.watch('target');

-- 考核表 Scorecard
CREATE TABLE city.scorecard (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "target_id" text NOT NULL,
    "district_code" text,
    "value" double precision,
    "distance" double precision,
    "state" text,
    "as_of" date,
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX scorecard_as_of ON city.scorecard USING btree (as_of);
CREATE UNIQUE INDEX scorecard_version ON city.scorecard USING btree (code, valid_from);
SELECT city.watch('scorecard');

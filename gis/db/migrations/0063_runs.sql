-- The ledger of runs: every answer that was measured, with all it depends on.

-- The same process, inputs, layer versions, rule and code are the same run: the id is
-- their hash, so that nothing is worked out or stored twice.
CREATE TABLE ledger.run (
    run_id text PRIMARY KEY CHECK (run_id ~ '^[0-9a-f]{32}$'),
    process text NOT NULL,
    process_version text NOT NULL,
    code_version text NOT NULL,
    asked_by text NOT NULL CHECK (asked_by IN ('public', 'staff', 'restricted')),
    -- lowest level that would be given this very answer
    audience text NOT NULL CHECK (audience IN ('public', 'staff', 'restricted')),
    inputs jsonb NOT NULL,
    layer_versions jsonb NOT NULL,
    rule jsonb, -- what may be told, where a layer is hidden from whoever asked
    service text,
    model text,
    parameters jsonb,
    zone_layer text,
    measure text,
    as_of date,
    excluded jsonb NOT NULL, -- reason -> how many assets did not count
    result_hash text,
    row_count integer NOT NULL,
    document text NOT NULL, -- the whole answer, per-zone rows included
    seconds double precision NOT NULL,
    ran_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
    part boolean NOT NULL, -- one of several that an answer is joined from
    pinned text, -- why it stays, whatever its age
    -- whether its rows stand in a collection: waits, stands, gone (later ones stand
    -- there), none (of a process whose rows stand in no collection)
    published text NOT NULL CHECK (published IN ('waits', 'stands', 'gone', 'none'))
);
CREATE INDEX run_by_time ON ledger.run (ran_at DESC, run_id DESC);
CREATE INDEX run_unpublished ON ledger.run (ran_at) WHERE published = 'waits';

-- Which runs a joined answer was made from: they stay while it does.
CREATE TABLE ledger.run_part (
    whole text NOT NULL REFERENCES ledger.run ON DELETE CASCADE,
    part text NOT NULL REFERENCES ledger.run,
    PRIMARY KEY (whole, part)
);
CREATE INDEX run_part_part ON ledger.run_part (part);

-- The 100 m cells behind a run, packed: see gis/db/run_cells.py.
CREATE TABLE ledger.run_cells (
    run_id text PRIMARY KEY REFERENCES ledger.run ON DELETE CASCADE,
    cell_m integer NOT NULL,
    cells integer NOT NULL,
    body bytea NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE
    ON ledger.run, ledger.run_part, ledger.run_cells TO citygrid_compute;

-- answers were kept here, without what they depend on
DROP TABLE ledger.result;

-- 覆盖结果 Coverage result: one feature per run and zone
ALTER TABLE city.coverage_result
    ADD COLUMN "run" text NOT NULL,
    ADD COLUMN "process" text NOT NULL,
    ADD COLUMN "standing" boolean NOT NULL,
    ADD COLUMN "model" text,
    ADD COLUMN "parameters" text,
    ADD COLUMN "demand" text,
    ADD COLUMN "coverage_class" text,
    ADD COLUMN "reason" text,
    ADD COLUMN "ran_at" timestamp with time zone,
    ADD COLUMN "audience" text NOT NULL;

-- 考核表 Scorecard: one row per target, zone and date
ALTER TABLE city.scorecard
    ADD COLUMN "run" text NOT NULL,
    ADD COLUMN "zone_layer" text NOT NULL,
    ADD COLUMN "zone_id" text NOT NULL,
    ADD COLUMN "numerator" double precision,
    ADD COLUMN "denominator" double precision,
    ADD COLUMN "natural_unit" text,
    ADD COLUMN "value_unit" text,
    ADD COLUMN "reason" text,
    ADD COLUMN "ran_at" timestamp with time zone,
    ADD COLUMN "audience" text NOT NULL;

-- Standing results that could not be brought up to date, and rows that say so.

CREATE TABLE ledger.standing_problem (
    standing_id text PRIMARY KEY,
    problem text NOT NULL,
    failures integer NOT NULL DEFAULT 1, -- one after another
    since timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
    again_at timestamp with time zone -- none: once a layer that it reads changes
);
GRANT SELECT ON ledger.standing_problem TO citygrid_compute;

-- it stood here only of results that were measured before, and nobody was told
ALTER TABLE ledger.standing DROP COLUMN problem;

-- 覆盖结果 Coverage result: since when a standing row is not current
ALTER TABLE city.coverage_result
    ADD COLUMN "stale_since" timestamp with time zone;

-- What-if questions that somebody saved: named, found again by a link, compared.

CREATE TABLE ledger.scenario (
    scenario_id text PRIMARY KEY CHECK (scenario_id ~ '^[a-z0-9]{12}$'),
    -- the level that saved it: it and those above read it, it alone changes it
    level text NOT NULL CHECK (level IN ('staff', 'restricted')),
    name text NOT NULL CHECK (name <> ''),
    note text NOT NULL DEFAULT '',
    inputs jsonb NOT NULL, -- of the process what-if
    counts jsonb NOT NULL, -- {"added": …, "moved": …, "removed": …}
    layer_versions jsonb NOT NULL, -- of what the answer depended on when it was saved
    revision integer NOT NULL DEFAULT 1,
    created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
    changed_at timestamp with time zone NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX scenario_by_level ON ledger.scenario (level, changed_at DESC);

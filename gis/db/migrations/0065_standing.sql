-- Figures that are kept current, and what is told of them.

-- One row per standing result: at which versions its rows in city.coverage_result stand.
CREATE TABLE ledger.standing (
    standing_id text PRIMARY KEY,
    question jsonb NOT NULL,
    layer_versions jsonb NOT NULL,
    code_version text NOT NULL,
    as_of date NOT NULL,
    whole boolean NOT NULL, -- measured anew, not by what was edited
    seconds double precision NOT NULL,
    problem text, -- why it is not current
    refreshed_at timestamp with time zone NOT NULL DEFAULT clock_timestamp()
);

-- What subscribers are told, in the order in which it became true.
CREATE TABLE ledger.event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    audience text NOT NULL CHECK (audience IN ('public', 'staff', 'restricted')),
    service text,
    measure text,
    body jsonb NOT NULL,
    told_at timestamp with time zone NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT ON ledger.standing, ledger.event TO citygrid_compute;

-- Backups made, tried and restored: when, which, and whether it was whole.

CREATE TABLE ledger.drill (
    drill_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
    kind text NOT NULL CHECK (kind IN ('create', 'verify', 'restore')),
    name text NOT NULL,
    folder text NOT NULL,
    whole boolean NOT NULL,
    told text NOT NULL DEFAULT '',
    city_rows bigint NOT NULL,
    bytes bigint NOT NULL,
    seconds double precision NOT NULL
);

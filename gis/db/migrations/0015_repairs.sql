-- Rows that a load repaired, and what was done to each: the first of each kind.

CREATE TABLE ledger.repair (
    load_id bigint NOT NULL REFERENCES ledger.load ON DELETE CASCADE,
    row_number bigint NOT NULL,
    code text,
    repair text NOT NULL,
    PRIMARY KEY (load_id, row_number, repair)
);

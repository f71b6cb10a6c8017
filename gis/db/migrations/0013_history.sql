-- History: what each load changed, row by row, so that it can be undone.

ALTER TABLE ledger.load
    ADD COLUMN kind text NOT NULL DEFAULT 'load'
        CHECK (kind IN ('load', 'undo', 'retire')),
    ADD COLUMN mode text NOT NULL DEFAULT 'upsert'
        CHECK (mode IN ('upsert', 'snapshot', 'correct')),
    -- how it was asked for: datum, mapping, dates; what a repaired row is loaded with
    ADD COLUMN options jsonb NOT NULL DEFAULT '{}',
    -- loads from before this migration kept no images of rows
    ADD COLUMN journaled boolean NOT NULL DEFAULT false,
    -- a load into an empty table needs no images: all there is came from it
    ADD COLUMN was_empty boolean NOT NULL DEFAULT false,
    ADD COLUMN undoes bigint REFERENCES ledger.load,
    ADD COLUMN undone_by bigint REFERENCES ledger.load,
    ADD COLUMN fixes bigint REFERENCES ledger.load;
CREATE INDEX load_layer ON ledger.load (layer, load_id);

-- Rejects that were mended and loaded.
ALTER TABLE ledger.reject ADD COLUMN fixed_by bigint REFERENCES ledger.load;

-- Rows that a load wrote: what stood there before (null: nothing), and a checksum of
-- what stood there after (null: nothing). Geometries are hexadecimal EWKB.
CREATE TABLE ledger.journal (
    load_id bigint NOT NULL REFERENCES ledger.load ON DELETE CASCADE,
    fid bigint NOT NULL,
    code text NOT NULL,
    before jsonb,
    after text,
    PRIMARY KEY (load_id, fid)
);
CREATE INDEX journal_code ON ledger.journal (load_id, code);

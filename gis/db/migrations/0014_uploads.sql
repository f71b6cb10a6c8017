-- Files that staff sent over HTTP: what came of each, for thirty days.

CREATE TABLE ledger.upload (
    upload_id uuid PRIMARY KEY,
    created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    actor text NOT NULL,
    layer text NOT NULL,
    file text NOT NULL,
    bytes bigint NOT NULL,
    -- the load whose refused rows this file mends
    fixes bigint REFERENCES ledger.load ON DELETE CASCADE,
    state text NOT NULL DEFAULT 'accepted'
        CHECK (state IN ('accepted', 'running', 'successful', 'failed')),
    step text NOT NULL DEFAULT '',
    done bigint NOT NULL DEFAULT 0,
    total bigint NOT NULL DEFAULT 0,
    message text,
    report jsonb
);
CREATE INDEX upload_created ON ledger.upload (created_at);

-- Set in the load's own transaction: an upload whose load is there was loaded, whatever
-- befell the process that did it.
ALTER TABLE ledger.load ADD COLUMN upload uuid UNIQUE;

-- Jobs as their callers see them. The queue delivers them; what stands here is the
-- truth: whoever writes names the attempt he writes for, so that of two runs of one job
-- only one can have an effect.

CREATE TABLE ledger.job (
    job_id uuid PRIMARY KEY, -- 122 random bits: a job of the public is known by it alone
    process text NOT NULL,
    level text NOT NULL CHECK (level IN ('public', 'staff', 'restricted')),
    caller text NOT NULL, -- whose share of the queue it takes; no address in clear
    inputs jsonb NOT NULL,
    media_type text NOT NULL,
    response text NOT NULL CHECK (response IN ('raw', 'document')),
    lang text NOT NULL CHECK (lang IN ('zh', 'en')),
    subscriber jsonb NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'accepted'
        CHECK (status IN ('accepted', 'running', 'successful', 'failed', 'dismissed')),
    progress smallint NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    message jsonb NOT NULL, -- {"zh": …, "en": …}
    failure jsonb, -- {"status": …, "code": …}, where it failed
    attempt smallint NOT NULL DEFAULT 0,
    queue_id bigint,
    created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    updated_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamp with time zone
);
CREATE INDEX job_by_level ON ledger.job (level, created_at DESC, job_id DESC);
CREATE INDEX job_unfinished ON ledger.job (level, caller) WHERE status IN ('accepted', 'running');
CREATE INDEX job_expiry ON ledger.job (expires_at);

-- The answer of a job, as bytes in the format that was asked for.
CREATE TABLE ledger.job_result (
    job_id uuid PRIMARY KEY REFERENCES ledger.job ON DELETE CASCADE,
    content_type text NOT NULL,
    body bytea NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.job, ledger.job_result TO citygrid_jobs;

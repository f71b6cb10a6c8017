-- name: lock_submission
-- One submission at a time, so that no bound is passed by two at once.
SELECT pg_advisory_xact_lock(7301201241)

-- name: count_unfinished
-- Unfinished jobs of a level, and of one caller in it; %(level)s, %(caller)s.
SELECT count(*) AS level, count(*) FILTER (WHERE caller = %(caller)s) AS own
FROM ledger.job
WHERE level = %(level)s AND status IN ('accepted', 'running')

-- name: submit_job
-- Writes a job; the queue gets it in the same transaction.
INSERT INTO ledger.job (
    job_id, process, level, caller, inputs, media_type, response, lang, subscriber,
    message, expires_at
) VALUES (
    %(job_id)s, %(process)s, %(level)s, %(caller)s, %(inputs)s, %(media_type)s,
    %(response)s, %(lang)s, %(subscriber)s, %(message)s,
    now() + make_interval(days => %(days)s::int)
)

-- name: queue_job
-- Puts a job into the queue of its level; jobs of one caller of the public, who is
-- nobody in particular, are computed one after the other.
UPDATE ledger.job SET queue_id = (
    SELECT unnest(queue.procrastinate_defer_jobs_v1(ARRAY[
        ROW(level, 'compute', 0, CASE level WHEN 'public' THEN caller END, NULL,
            jsonb_build_object('job_id', job_id), NULL)
        ::queue.procrastinate_job_to_defer_v1
    ]))
)
WHERE job_id = %(job_id)s
RETURNING *

-- name: read_job
-- One job, as long as its time is not over; %(job_id)s.
SELECT * FROM ledger.job
WHERE job_id = %(job_id)s AND (status IN ('accepted', 'running') OR expires_at >= now())

-- name: read_job_result
-- The answer of a finished job, as long as its time is not over; %(job_id)s.
SELECT content_type, body FROM ledger.job_result JOIN ledger.job USING (job_id)
WHERE job_id = %(job_id)s AND expires_at >= now()

-- name: list_jobs
-- Jobs whose time is not over, the newest first; NULL leaves a condition out; durations
-- in seconds.
SELECT * FROM ledger.job
WHERE (status IN ('accepted', 'running') OR expires_at >= now())
    AND (%(level)s::text IS NULL OR level = %(level)s)
    AND (%(statuses)s::text[] IS NULL OR status = ANY (%(statuses)s))
    AND (%(processes)s::text[] IS NULL OR process = ANY (%(processes)s))
    AND (%(since)s::timestamptz IS NULL OR created_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR created_at <= %(until)s)
    AND (%(shortest_s)s::float8 IS NULL OR extract(epoch FROM
        coalesce(finished_at, clock_timestamp()) - started_at) >= %(shortest_s)s)
    AND (%(longest_s)s::float8 IS NULL OR extract(epoch FROM
        coalesce(finished_at, clock_timestamp()) - started_at) <= %(longest_s)s)
    AND (%(before)s::timestamptz IS NULL
        OR (created_at, job_id) < (%(before)s, %(before_id)s::uuid))
ORDER BY created_at DESC, job_id DESC
LIMIT %(limit)s

-- name: start_job
-- Begins the next attempt of a job that waits; no row where it does not wait any more.
UPDATE ledger.job
SET status = 'running', attempt = attempt + 1, progress = 0, message = %(message)s,
    started_at = coalesce(started_at, clock_timestamp()), updated_at = clock_timestamp()
WHERE job_id = %(job_id)s AND status = 'accepted'
RETURNING *

-- name: tell_progress
-- How far an attempt is, in percent; no row where the attempt has been given up.
UPDATE ledger.job
SET progress = greatest(progress, %(progress)s), message = %(message)s,
    updated_at = clock_timestamp()
WHERE job_id = %(job_id)s AND attempt = %(attempt)s AND status = 'running'
RETURNING 1

-- name: end_job
-- Ends an attempt; no row where the attempt has been given up.
UPDATE ledger.job
SET status = %(status)s, message = %(message)s, failure = %(failure)s,
    progress = CASE %(status)s WHEN 'successful' THEN 100 ELSE progress END,
    finished_at = clock_timestamp(), updated_at = clock_timestamp(),
    expires_at = now() + make_interval(days => %(days)s::int)
WHERE job_id = %(job_id)s AND attempt = %(attempt)s AND status IN ('accepted', 'running')
RETURNING subscriber

-- name: write_job_result
-- The answer of a job, in the transaction that ends it.
INSERT INTO ledger.job_result (job_id, content_type, body)
VALUES (%(job_id)s, %(content_type)s, %(body)s)

-- name: queue_callback
-- Puts a callback in the queue; %(kind)s successUri, inProgressUri or failedUri.
SELECT queue.procrastinate_defer_jobs_v1(ARRAY[
    ROW('callback', 'call_back', 0, NULL, NULL,
        jsonb_build_object('job_id', %(job_id)s::text, 'kind', %(kind)s::text), NULL)
    ::queue.procrastinate_job_to_defer_v1
])

-- name: hand_back
-- Lets an attempt that was cut off wait again; it counts where %(counts)s is true.
UPDATE ledger.job
SET status = 'accepted', progress = 0, message = %(message)s,
    attempt = CASE WHEN %(counts)s THEN attempt ELSE attempt - 1 END,
    updated_at = clock_timestamp()
WHERE job_id = %(job_id)s AND attempt = %(attempt)s AND status = 'running'
RETURNING 1

-- name: dismiss_job
-- Gives a job up, whatever it is doing; its answer goes.
UPDATE ledger.job
SET status = 'dismissed', message = %(message)s, failure = NULL,
    finished_at = coalesce(finished_at, clock_timestamp()), updated_at = clock_timestamp()
WHERE job_id = %(job_id)s AND status <> 'dismissed'
RETURNING queue_id

-- name: drop_job_result
-- Removes the answer of a job.
DELETE FROM ledger.job_result WHERE job_id = %(job_id)s

-- name: abort_queued
-- Takes a job out of the queue, or asks its worker to end it.
SELECT queue.procrastinate_cancel_job_v1(%(queue_id)s, true, false)

-- name: end_backends
-- Ends every connection of a name: what a computation left running.
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name = %(name)s AND pid <> pg_backend_pid()

-- name: lock_keeping
-- Whether this is the one that looks after the queue now.
SELECT pg_try_advisory_xact_lock(7301201242)

-- name: drop_dead_workers
-- Forgets workers that sent no sign of life for %(seconds)s seconds.
SELECT count(*) FROM queue.procrastinate_prune_stalled_workers_v1(%(seconds)s)

-- name: list_dead
-- What stands as running in the queue while its worker is gone.
SELECT id AS queue_id, task_name FROM queue.procrastinate_jobs
WHERE status = 'doing' AND worker_id IS NULL
FOR UPDATE SKIP LOCKED

-- name: show_alive
-- The sign of life of attempts that are being computed; %(job_ids)s, %(attempts)s.
UPDATE ledger.job j SET updated_at = clock_timestamp()
FROM unnest(%(job_ids)s::uuid[], %(attempts)s::int[]) AS running (job_id, attempt)
WHERE j.job_id = running.job_id AND j.attempt = running.attempt AND j.status = 'running'

-- name: list_lost
-- Unfinished jobs that are not in the queue, and are computed by nobody who showed a
-- sign of life in the last %(seconds)s seconds.
SELECT j.* FROM ledger.job j
WHERE (j.status = 'accepted' OR (j.status = 'running'
        AND j.updated_at < clock_timestamp() - make_interval(secs => %(seconds)s)))
    AND NOT EXISTS (
        SELECT FROM queue.procrastinate_jobs q
        WHERE q.id = j.queue_id AND q.status IN ('todo', 'doing')
    )
FOR UPDATE OF j SKIP LOCKED

-- name: retry_queued
-- Lets a job of the queue be taken up again.
SELECT queue.procrastinate_retry_job_v2(%(queue_id)s, now(), NULL, NULL, NULL)

-- name: finish_queued
-- Takes a job that nobody runs out of the queue.
SELECT queue.procrastinate_finish_job_v1(%(queue_id)s, 'failed', false)

-- name: drop_expired
-- Removes jobs and their answers whose time is over.
DELETE FROM ledger.job WHERE expires_at < now() AND status NOT IN ('accepted', 'running')

-- name: drop_delivered
-- Removes what the queue delivered a day ago.
DELETE FROM queue.procrastinate_jobs q
WHERE q.status NOT IN ('todo', 'doing')
    AND NOT EXISTS (
        SELECT FROM queue.procrastinate_events e
        WHERE e.job_id = q.id AND e.at > now() - interval '1 day'
    )

-- name: count_jobs
-- Jobs by level and status.
SELECT level, status, count(*) FROM ledger.job GROUP BY 1, 2 ORDER BY 1, 2

-- name: has_jobs
-- Whether the tables of the queue and of the jobs are there.
SELECT to_regclass('queue.procrastinate_jobs') IS NOT NULL
    AND to_regclass('ledger.job_result') IS NOT NULL

-- name: count_workers
-- Workers that showed a sign of life in the last %(seconds)s seconds.
-- (A worker process takes from every queue and stands here once for each: 4.)
SELECT (count(*) + 3) / 4 FROM queue.procrastinate_workers
WHERE last_heartbeat > now() - make_interval(secs => %(seconds)s)

-- name: job_durations
-- Finished jobs that took at most so many seconds, per process, and the sum; %(bounds)s.
SELECT process, array_agg(n ORDER BY bound), max(total), max(seconds) FROM (
    SELECT j.process, b.bound,
        count(*) FILTER (WHERE extract(epoch FROM finished_at - started_at) <= b.bound) AS n,
        count(*) AS total,
        sum(extract(epoch FROM finished_at - started_at))::float8 AS seconds
    FROM ledger.job j, unnest(%(bounds)s::float8[]) AS b (bound)
    WHERE j.status IN ('successful', 'failed') AND j.started_at IS NOT NULL
    GROUP BY j.process, b.bound
) counted
GROUP BY process ORDER BY process

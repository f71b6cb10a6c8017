-- name: insert_upload
-- Takes in a file that was received whole; older ones are forgotten.
WITH gone AS (
    DELETE FROM ledger.upload WHERE created_at < now() - make_interval(days => %(days)s))
INSERT INTO ledger.upload (upload_id, actor, layer, file, bytes, fixes)
VALUES (%(upload_id)s, %(actor)s, %(layer)s, %(file)s, %(bytes)s, %(fixes)s)

-- name: step_upload
-- Says how far the loading of an upload is.
UPDATE ledger.upload
SET state = 'running', started_at = coalesce(started_at, clock_timestamp()),
    step = %(step)s, done = %(done)s, total = %(total)s
WHERE upload_id = %(upload_id)s

-- name: end_upload
-- Says what came of an upload; an end that is told already stands.
UPDATE ledger.upload
SET state = %(state)s, finished_at = clock_timestamp(), message = %(message)s,
    report = %(report)s
WHERE upload_id = %(upload_id)s AND finished_at IS NULL

-- name: read_uploads
-- Uploads of some layers, the latest first: %(layers)s, and %(upload_id)s or null.
SELECT u.upload_id::text, u.created_at, u.started_at, u.finished_at, u.actor, u.layer,
       u.file, u.bytes, u.fixes, u.state, u.step, u.done, u.total, u.message,
       l.load_id, coalesce(l.report, u.report) AS report
FROM ledger.upload u LEFT JOIN ledger.load l ON l.upload = u.upload_id
WHERE u.layer = ANY(%(layers)s)
  AND (%(upload_id)s::uuid IS NULL OR u.upload_id = %(upload_id)s)
ORDER BY u.created_at DESC LIMIT %(limit)s

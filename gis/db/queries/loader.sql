-- name: lock_layer
-- Makes other loads of the layer wait; %(layer)s id of the layer.
SELECT pg_advisory_xact_lock(hashtextextended('load ' || %(layer)s::text, 0))

-- name: try_lock_layer
-- Whether no other load of the layer is under way; %(layer)s id of the layer.
SELECT pg_try_advisory_xact_lock(hashtextextended('load ' || %(layer)s::text, 0))

-- name: insert_load
-- Records a load and gives its number; %(report)s jsonb.
INSERT INTO ledger.load (layer, actor, file, sha256, report)
VALUES (%(layer)s, %(actor)s, %(file)s, %(sha256)s, %(report)s)
RETURNING load_id

-- name: copy_rejects
-- Takes refused rows: load, row number in the file, reason, content as JSON.
COPY ledger.reject (load_id, row_number, reason, content) FROM STDIN

-- name: read_rejects
-- Refused rows of a load in file order; %(load_id)s.
SELECT row_number, reason, content FROM ledger.reject
WHERE load_id = %(load_id)s ORDER BY row_number

-- name: read_indexes
-- Indexes of a layer's table but its key; %(layer)s id of the layer.
SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = 'city' AND tablename = %(layer)s AND indexname NOT LIKE '%%\_pkey'

-- name: merge_unchanged
-- Drops staged rows that say what a version there is says already: the one of their own
-- date, or the one under way at it (the row then opens nothing new).
DELETE FROM {staged} new USING {table} old
WHERE old.code = new.code
  AND (old.valid_from = new.valid_from
       OR (old.valid_from < new.valid_from AND old.valid_to IS NULL AND new.valid_to IS NULL))
  AND (old.valid_to IS NOT DISTINCT FROM new.valid_to OR new.valid_to IS NULL)
  AND {old_content} IS NOT DISTINCT FROM {new_content}

-- name: merge_fit_new
-- Ends each staged row where the next version of its code begins, staged or there.
UPDATE {staged} new
SET valid_to = least(new.valid_to, following.start)
FROM (
    SELECT here.code, here.valid_from, min(later.valid_from) AS start
    FROM {staged} here
    JOIN (SELECT code, valid_from FROM {staged}
          UNION SELECT code, valid_from FROM {table}) later
      ON later.code = here.code AND later.valid_from > here.valid_from
    GROUP BY here.code, here.valid_from
) following
WHERE following.code = new.code AND following.valid_from = new.valid_from

-- name: merge_keep_replaced
-- Keeps the versions that staged rows of the same date will take the place of.
INSERT INTO ledger.replaced (layer, content)
SELECT {layer}, to_jsonb(old) FROM {table} old
JOIN {staged} new ON new.code = old.code AND new.valid_from = old.valid_from

-- name: merge_replace
-- Puts staged rows in the place of the versions of the same date.
UPDATE {table} old SET {sets} FROM {staged} new
WHERE new.code = old.code AND new.valid_from = old.valid_from

-- name: merge_close
-- Ends each version where the next staged row of its code begins.
UPDATE {table} old SET valid_to = new.start
FROM (SELECT t.fid, min(s.valid_from) AS start
      FROM {table} t JOIN {staged} s ON s.code = t.code AND s.valid_from > t.valid_from
      GROUP BY t.fid) new
WHERE old.fid = new.fid AND (old.valid_to IS NULL OR old.valid_to > new.start)

-- name: merge_insert
-- Adds staged rows that have no version of their date.
INSERT INTO {table} ({columns})
SELECT {columns} FROM {staged} new
WHERE NOT EXISTS (SELECT FROM {table} old
                  WHERE old.code = new.code AND old.valid_from = new.valid_from)

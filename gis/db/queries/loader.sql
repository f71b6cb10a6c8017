-- name: lock_layer
-- Makes other loads of the layer wait; %(layer)s id of the layer.
SELECT pg_advisory_xact_lock(hashtextextended('load ' || %(layer)s::text, 0))

-- name: try_lock_layer
-- Whether no other load of the layer is under way; %(layer)s id of the layer.
SELECT pg_try_advisory_xact_lock(hashtextextended('load ' || %(layer)s::text, 0))

-- name: insert_load
-- Opens a load and gives its number; its report follows when it is known.
INSERT INTO ledger.load
    (layer, actor, file, sha256, report, kind, mode, options, journaled, was_empty, undoes, fixes,
     upload)
VALUES (%(layer)s, %(actor)s, %(file)s, %(sha256)s, '{}', %(kind)s, %(mode)s,
        %(options)s, true, %(was_empty)s, %(undoes)s, %(fixes)s, %(upload)s)
RETURNING load_id

-- name: close_load
-- Writes the report of a load; %(report)s jsonb.
UPDATE ledger.load SET report = %(report)s WHERE load_id = %(load_id)s

-- name: copy_rejects
-- Takes refused rows: load, row number in the file, reason, content as JSON.
COPY ledger.reject (load_id, row_number, reason, content) FROM STDIN

-- name: copy_repairs
-- Takes repaired rows: load, row number in the file, code, what was done.
COPY ledger.repair (load_id, row_number, code, repair) FROM STDIN

-- name: read_repairs
-- Repaired rows of a load in file order; %(load_id)s.
SELECT row_number, code, repair FROM ledger.repair
WHERE load_id = %(load_id)s ORDER BY row_number, repair

-- name: read_rejects
-- Refused rows of a load in file order; %(load_id)s.
SELECT row_number, reason, content FROM ledger.reject
WHERE load_id = %(load_id)s ORDER BY row_number

-- name: read_indexes
-- Indexes of a layer's table but its key; %(layer)s id of the layer.
SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = 'city' AND tablename = %(layer)s AND indexname NOT LIKE '%%\_pkey'

-- name: first_fit
-- Ends each version of a table just filled where the next one of its code begins.
UPDATE {table} here SET valid_to = later.start
FROM (SELECT fid, lead(valid_from) OVER (PARTITION BY code ORDER BY valid_from) AS start
      FROM {table}) later
WHERE later.fid = here.fid AND later.start IS NOT NULL
  AND (here.valid_to IS NULL OR here.valid_to > later.start)

-- name: correct_lost
-- Staged rows that have no version at their date to take the place of.
SELECT new.code, new.valid_from FROM {staged} new
WHERE NOT EXISTS (
    SELECT FROM {table} old WHERE old.code = new.code AND old.valid_from <= new.valid_from
      AND (old.valid_to IS NULL OR old.valid_to > new.valid_from))

-- name: correct_drop
-- Takes those rows out.
DELETE FROM {staged} new
WHERE NOT EXISTS (
    SELECT FROM {table} old WHERE old.code = new.code AND old.valid_from <= new.valid_from
      AND (old.valid_to IS NULL OR old.valid_to > new.valid_from))

-- name: correct_dates
-- Gives each staged row the dates of the version it takes the place of.
UPDATE {staged} new SET valid_from = old.valid_from, valid_to = old.valid_to
FROM {table} old
WHERE old.code = new.code AND old.valid_from <= new.valid_from
  AND (old.valid_to IS NULL OR old.valid_to > new.valid_from)

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

-- name: merge_journal
-- Keeps the versions that staged rows will end or take the place of.
INSERT INTO ledger.journal (load_id, fid, code, before)
SELECT {load_id}, old.fid, old.code, {old_image} FROM {table} old
WHERE EXISTS (
    SELECT FROM {staged} new
    WHERE new.code = old.code
      AND (new.valid_from = old.valid_from
           OR (new.valid_from > old.valid_from
               AND (old.valid_to IS NULL OR old.valid_to > new.valid_from))))

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
WITH added AS (
    INSERT INTO {table} AS old ({columns})
    SELECT {columns} FROM {staged} new
    WHERE NOT EXISTS (SELECT FROM {table} old
                      WHERE old.code = new.code AND old.valid_from = new.valid_from)
    RETURNING old.fid, old.code
)
INSERT INTO ledger.journal (load_id, fid, code) SELECT {load_id}, fid, code FROM added

-- name: present_table
-- Codes that a file of the whole layer holds, refused rows too.
CREATE TEMPORARY TABLE present (code text) ON COMMIT DROP

-- name: present_copy
-- Takes them.
COPY present FROM STDIN

-- name: present_analyze
-- Lets the planner know how many they are.
ANALYZE present

-- name: missing_journal
-- Keeps the versions under way at {day} whose code the file does not hold.
INSERT INTO ledger.journal (load_id, fid, code, before)
SELECT {load_id}, old.fid, old.code, {old_image} FROM {table} old
WHERE old.valid_from <= {day} AND (old.valid_to IS NULL OR old.valid_to > {day})
  AND NOT EXISTS (SELECT FROM present p WHERE p.code = old.code)

-- name: missing_delete
-- Takes out those of them that would begin on the day they end.
DELETE FROM {table} old
WHERE old.valid_from = {day}
  AND NOT EXISTS (SELECT FROM present p WHERE p.code = old.code)

-- name: missing_end
-- Ends the others.
UPDATE {table} old SET valid_to = {day}
WHERE old.valid_from < {day} AND (old.valid_to IS NULL OR old.valid_to > {day})
  AND NOT EXISTS (SELECT FROM present p WHERE p.code = old.code)

-- name: journal_after
-- Checksums of the rows that a load wrote, as they stand now.
UPDATE ledger.journal j SET after = md5({old_image}::text)
FROM {table} old WHERE j.load_id = {load_id} AND j.fid = old.fid

-- name: read_first_load
-- Number and rows of the load that filled the empty table and stands, None if none.
SELECT max(load_id) FROM ledger.load
WHERE layer = %(layer)s AND was_empty AND undone_by IS NULL

-- name: count_loads_by
-- Number of loads of an actor; %(actor)s.
SELECT count(*) FROM ledger.load WHERE actor = %(actor)s

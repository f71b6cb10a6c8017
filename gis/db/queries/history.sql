-- name: list_loads
-- Loads, the latest first; %(layers)s ids of layers or null, %(limit)s rows.
SELECT l.load_id, l.started_at, l.kind, l.layer, l.mode, l.actor, l.file, l.report,
       l.undoes, l.undone_by, l.fixes,
       (SELECT count(*) FROM ledger.reject r
        LEFT JOIN ledger.load mend ON mend.load_id = r.fixed_by AND mend.undone_by IS NULL
        WHERE r.load_id = l.load_id AND mend.load_id IS NULL) AS open_rejects
FROM ledger.load l
WHERE %(layers)s::text[] IS NULL OR l.layer = ANY(%(layers)s)
ORDER BY l.load_id DESC LIMIT %(limit)s

-- name: read_load
-- One load; %(load_id)s.
SELECT l.load_id, l.started_at, l.kind, l.layer, l.mode, l.actor, l.file, l.sha256,
       l.report, l.options, l.journaled, l.was_empty, l.undoes, l.undone_by, l.fixes,
       (SELECT count(*) FROM ledger.reject r
        LEFT JOIN ledger.load mend ON mend.load_id = r.fixed_by AND mend.undone_by IS NULL
        WHERE r.load_id = l.load_id AND mend.load_id IS NULL) AS open_rejects
FROM ledger.load l WHERE l.load_id = %(load_id)s

-- name: later_loads
-- Standing loads after %(load_id)s that wrote the same codes, or filled the table anew.
SELECT l.load_id, count(DISTINCT later.code)
FROM ledger.load l
LEFT JOIN ledger.journal later ON later.load_id = l.load_id
    AND (%(whole)s OR EXISTS (
        SELECT FROM ledger.journal mine
        WHERE mine.load_id = %(load_id)s AND mine.code = later.code))
WHERE l.layer = %(layer)s AND l.load_id > %(load_id)s
  AND l.undone_by IS NULL AND l.undoes IS NULL
  AND (later.fid IS NOT NULL OR l.was_empty)
GROUP BY l.load_id ORDER BY l.load_id

-- name: strangers
-- Codes whose rows are no longer what load {load_id} left: written by other means.
SELECT DISTINCT j.code FROM ledger.journal j LEFT JOIN {table} old ON old.fid = j.fid
WHERE j.load_id = {load_id} AND j.after IS DISTINCT FROM
    CASE WHEN old.fid IS NULL THEN NULL ELSE md5({old_image}::text) END
LIMIT 10

-- name: count_rows
-- Rows of the table.
SELECT count(*) FROM {table}

-- name: undo_keep
-- Keeps the rows that the load wrote as they stand, under the number of the undoing.
INSERT INTO ledger.journal (load_id, fid, code, before)
SELECT {undo_id}, j.fid, j.code, CASE WHEN old.fid IS NULL THEN NULL ELSE {old_image} END
FROM ledger.journal j LEFT JOIN {table} old ON old.fid = j.fid
WHERE j.load_id = {load_id}

-- name: undo_keep_all
-- The same of every row, where the load filled an empty table.
INSERT INTO ledger.journal (load_id, fid, code, before)
SELECT {undo_id}, old.fid, old.code, {old_image} FROM {table} old

-- name: undo_delete
-- Takes out the rows that the load wrote.
DELETE FROM {table} old USING ledger.journal j
WHERE j.load_id = {undo_id} AND old.fid = j.fid

-- name: undo_restore
-- Puts back what stood there before the load, under the same row numbers.
INSERT INTO {table} (fid, {columns}) OVERRIDING SYSTEM VALUE
SELECT was.fid, {was_columns}
FROM ledger.journal j, jsonb_populate_record(NULL::{table}, j.before) was
WHERE j.load_id = {load_id} AND j.before IS NOT NULL

-- name: orphans
-- Codes written by the undoing that are gone and that another layer refers to.
SELECT DISTINCT j.code FROM ledger.journal j
WHERE j.load_id = {undo_id}
  AND NOT EXISTS (SELECT FROM {table} t WHERE t.code = j.code)
  AND EXISTS (SELECT FROM {other} o WHERE o.{column} = j.code)
LIMIT 5

-- name: mark_undone
-- Says that a load is undone, and that what it undid itself stands again.
UPDATE ledger.load SET undone_by = %(undo_id)s WHERE load_id = %(load_id)s

-- name: mark_standing
-- Says that a load stands again after its undoing was undone.
UPDATE ledger.load SET undone_by = NULL WHERE undone_by = %(load_id)s

-- name: retire_journal
-- Keeps the versions of the codes under way at {day}.
INSERT INTO ledger.journal (load_id, fid, code, before)
SELECT {load_id}, old.fid, old.code, {old_image} FROM {table} old
WHERE old.code = ANY({codes}) AND old.valid_from < {day}
  AND (old.valid_to IS NULL OR old.valid_to > {day})
RETURNING code

-- name: retire
-- Ends them.
UPDATE {table} old SET valid_to = {day}
WHERE old.code = ANY({codes}) AND old.valid_from < {day}
  AND (old.valid_to IS NULL OR old.valid_to > {day})

-- name: mark_fixed
-- Says of the rejects of a load which were mended; %(rows)s their numbers.
UPDATE ledger.reject SET fixed_by = %(fixed_by)s
WHERE load_id = %(load_id)s AND row_number = ANY(%(rows)s)

-- name: read_open_rejects
-- Rejects of a load not mended yet, in file order; %(load_id)s.
SELECT r.row_number, r.reason, r.content FROM ledger.reject r
LEFT JOIN ledger.load mend ON mend.load_id = r.fixed_by AND mend.undone_by IS NULL
WHERE r.load_id = %(load_id)s AND mend.load_id IS NULL ORDER BY r.row_number

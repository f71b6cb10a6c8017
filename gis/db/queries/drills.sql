-- name: insert_drill
-- Keeps that a backup was made, tried or restored; %(kind)s, %(whole)s, %(told)s.
INSERT INTO ledger.drill (kind, name, folder, whole, told, city_rows, bytes, seconds)
VALUES (%(kind)s, %(name)s, %(folder)s, %(whole)s, %(told)s, %(rows)s, %(bytes)s,
        %(seconds)s)

-- name: read_drills
-- The latest of each kind.
SELECT DISTINCT ON (kind) kind, at, name, folder, whole, told, city_rows AS rows, bytes,
       seconds
FROM ledger.drill ORDER BY kind, drill_id DESC

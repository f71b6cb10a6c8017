-- name: read_changes
-- When each layer last changed, and the number of its version.
SELECT layer, version, changed_at FROM city.layer_version

-- name: read_refused
-- Refused rows that no standing load mended, by layer, and the loads they are of. What
-- was refused in mending is still among the rows that were to be mended.
SELECT l.layer, l.load_id, count(*)
FROM ledger.reject r
JOIN ledger.load l ON l.load_id = r.load_id AND l.undone_by IS NULL
LEFT JOIN ledger.load mend ON mend.load_id = r.fixed_by AND mend.undone_by IS NULL
WHERE mend.load_id IS NULL AND l.fixes IS NULL
GROUP BY l.layer, l.load_id ORDER BY l.load_id DESC

-- name: count_current
-- Features of a layer that are valid on and on.
SELECT count(*) FROM {table} WHERE valid_to IS NULL

-- name: read_server
-- What the database is, and how large.
SELECT current_setting('server_version'), postgis_lib_version(),
       pg_database_size(current_database())

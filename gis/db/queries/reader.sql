-- name: read_version
-- Version of a layer's table; %(layer)s id of the layer.
SELECT version FROM city.layer_version WHERE layer = %(layer)s::text

-- name: read_versions
-- Version of every layer's table.
SELECT layer, version FROM city.layer_version

-- name: read_change
-- Version of a layer's table and when it last changed; %(layer)s id of the layer.
SELECT version, changed_at FROM city.layer_version WHERE layer = %(layer)s::text

-- name: read_turns
-- Every date on which a row of a layer begins or ends.
SELECT valid_from FROM {table} UNION SELECT valid_to FROM {table} WHERE valid_to IS NOT NULL

-- name: read_result
-- A kept result by its key; %(key)s hash of process, inputs and versions.
SELECT document FROM ledger.result WHERE key = %(key)s::text

-- name: write_result
-- Keeps a result; the same key always means the same document.
INSERT INTO ledger.result (key, process, document)
VALUES (%(key)s, %(process)s, %(document)s)
ON CONFLICT (key) DO NOTHING

-- name: trim_results
-- Drops results that nobody asked for in %(days)s days.
DELETE FROM ledger.result WHERE made_at < now() - make_interval(days => %(days)s::int)

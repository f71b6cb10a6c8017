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


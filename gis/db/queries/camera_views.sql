-- name: view_lock
-- Makes other refreshes of the views wait, as long as the connection lasts.
SELECT pg_advisory_lock(hashtextextended('camera_view', 0))

-- name: view_state
-- Day of the views there are, none before the first time.
SELECT day FROM ledger.view_state

-- name: view_changes
-- What changed since: how many rows, whether everything, codes of cameras.
SELECT count(*), coalesce(bool_or(code IS NULL), false),
       array_agg(DISTINCT code) FILTER (WHERE layer = 'camera' AND code IS NOT NULL)
FROM ledger.view_change

-- name: view_affected
-- Cameras whose view a changed building may have changed; 6 cm hold the stand-off of a
-- camera from its own wall.
SELECT DISTINCT d.camera_code
FROM ledger.view_change c
JOIN ledger.view_dependency d ON ST_DWithin(d.geom_m, c.geom_m, 0.06)
WHERE c.layer = 'building' AND c.geom_m IS NOT NULL

-- name: view_turned
-- Notes what begins or ends after %(old)s and up to %(day)s by itself.
INSERT INTO ledger.view_change
SELECT 'camera', code, geom_m FROM city.camera
WHERE (valid_from > %(old)s AND valid_from <= %(day)s) OR (valid_to > %(old)s AND valid_to <= %(day)s)
UNION ALL
SELECT 'building', code, geom_m FROM city.building
WHERE (valid_from > %(old)s AND valid_from <= %(day)s) OR (valid_to > %(old)s AND valid_to <= %(day)s)

-- name: view_cameras
-- Camera versions in force on %(day)s or later, neighbours together: in strips of 256 m.
SELECT code, name, valid_from, valid_to, source, synthetic, state, kind, geometry_source,
       resolution_px::float8, focal_mm, sensor_mm, hfov_deg, vfov_deg, height_m, tilt_deg,
       azimuth_deg, max_view_m, ST_X(geom_m), ST_Y(geom_m), ST_SRID(geom_m)
FROM city.camera
WHERE valid_to IS NULL OR valid_to > %(day)s
ORDER BY floor(ST_X(geom_m) / 256), ST_Y(geom_m), code, valid_from

-- name: view_cameras_of
-- The same of the cameras %(codes)s.
SELECT code, name, valid_from, valid_to, source, synthetic, state, kind, geometry_source,
       resolution_px::float8, focal_mm, sensor_mm, hfov_deg, vfov_deg, height_m, tilt_deg,
       azimuth_deg, max_view_m, ST_X(geom_m), ST_Y(geom_m), ST_SRID(geom_m)
FROM city.camera
WHERE (valid_to IS NULL OR valid_to > %(day)s) AND code = ANY(%(codes)s::text[])
ORDER BY code, valid_from

-- name: view_buildings
-- Buildings in force on %(day)s, ordered by code.
SELECT ST_AsBinary(geom_m), height_m, opaque FROM city.building
WHERE valid_from <= %(day)s AND (valid_to IS NULL OR valid_to > %(day)s)
ORDER BY code

-- name: view_buildings_near
-- The same as far as they touch boxes (four arrays of coordinates) of %(srid)s.
SELECT ST_AsBinary(b.geom_m), b.height_m, b.opaque FROM city.building b
WHERE b.valid_from <= %(day)s AND (b.valid_to IS NULL OR b.valid_to > %(day)s)
  AND b.fid IN (
    SELECT n.fid FROM unnest(%(xmin)b::float8[], %(ymin)b::float8[], %(xmax)b::float8[],
                             %(ymax)b::float8[]) AS q (x0, y0, x1, y1)
    JOIN city.building n ON n.geom_m && ST_MakeEnvelope(q.x0, q.y0, q.x1, q.y1, %(srid)s))
ORDER BY b.code

-- name: view_planned
-- Plans of the next statements are made once: making them anew costs a third of the time
-- of one camera. For the length of the transaction.
SET LOCAL plan_cache_mode = force_generic_plan

-- name: view_empty
-- Takes out every view.
TRUNCATE city.camera_view, ledger.view_dependency

-- name: view_drop
-- Takes out the views of %(views)s, of the cameras %(codes)s.
WITH gone AS (DELETE FROM city.camera_view WHERE code = ANY(%(views)s::text[]))
DELETE FROM ledger.view_dependency WHERE camera_code = ANY(%(codes)s::text[])

-- name: view_put
-- Puts few views in their places: one array for each column, and what they depend on. What
-- is the camera's own is taken from its row. Arrays are sent as bytes: it halves the time.
WITH gone AS (
    DELETE FROM city.camera_view WHERE code = ANY(%(views)b::text[])
      AND (code, valid_from) NOT IN (
        SELECT c || '/' || p, f
        FROM unnest(%(camera)b::text[], %(valid_from)b::date[], %(purpose)b::text[])
            AS v (c, f, p))),
lost AS (
    DELETE FROM ledger.view_dependency WHERE camera_code = ANY(%(codes)b::text[])
      AND (camera_code, valid_from) NOT IN (
        SELECT * FROM unnest(%(d_code)b::text[], %(d_from)b::date[]))),
depend AS (
    INSERT INTO ledger.view_dependency AS old (camera_code, valid_from, geom_m)
    SELECT c, f, ST_GeomFromEWKB(g)
    FROM unnest(%(d_code)b::text[], %(d_from)b::date[], %(d_geom)b::bytea[]) AS d (c, f, g)
    ON CONFLICT (camera_code, valid_from) DO UPDATE SET geom_m = excluded.geom_m)
INSERT INTO city.camera_view AS old (code, name, valid_from, valid_to, source, synthetic,
    camera_code, purpose, camera_state, state, area_m2, near_m, far_m, assumed, geom, geom_m)
SELECT c.code || '/' || v.purpose, c.name, c.valid_from, c.valid_to, c.source, c.synthetic,
       c.code, v.purpose, c.state, v.state, v.area_m2, v.near_m, v.far_m, v.assumed,
       ST_GeomFromEWKB(v.geom), ST_GeomFromEWKB(v.geom_m)
FROM unnest(%(camera)b::text[], %(valid_from)b::date[], %(purpose)b::text[],
            %(state)b::text[], %(area_m2)b::float8[], %(near_m)b::float8[],
            %(far_m)b::float8[], %(assumed)b::bool[], %(geom)b::bytea[], %(geom_m)b::bytea[])
    AS v (camera, valid_from, purpose, state, area_m2, near_m, far_m, assumed, geom, geom_m)
JOIN city.camera c ON c.code = v.camera AND c.valid_from = v.valid_from
ON CONFLICT (code, valid_from) DO UPDATE SET
    name = excluded.name, valid_to = excluded.valid_to, source = excluded.source,
    synthetic = excluded.synthetic, camera_code = excluded.camera_code,
    purpose = excluded.purpose, camera_state = excluded.camera_state, state = excluded.state,
    area_m2 = excluded.area_m2, near_m = excluded.near_m, far_m = excluded.far_m,
    assumed = excluded.assumed, geom = excluded.geom, geom_m = excluded.geom_m

-- name: view_move
-- Draws few views anew that are in their places, as view_put does. A row for each, with how
-- many views of the cameras there are, how many grounds of theirs were drawn anew and how
-- many there are: unless that is all of them, view_put has still to be asked. It is half the
-- work: the layer's version moves once, not for rows put in, changed and taken out.
WITH depend AS (
    UPDATE ledger.view_dependency AS old SET geom_m = ST_GeomFromEWKB(d.g)
    FROM unnest(%(d_code)b::text[], %(d_from)b::date[], %(d_geom)b::bytea[]) AS d (c, f, g)
    WHERE old.camera_code = d.c AND old.valid_from = d.f
    RETURNING old.camera_code)
UPDATE city.camera_view AS old SET
    name = c.name, valid_to = c.valid_to, source = c.source, synthetic = c.synthetic,
    camera_state = c.state, state = v.state, area_m2 = v.area_m2, near_m = v.near_m,
    far_m = v.far_m, assumed = v.assumed, geom = ST_GeomFromEWKB(v.geom),
    geom_m = ST_GeomFromEWKB(v.geom_m)
FROM unnest(%(camera)b::text[], %(valid_from)b::date[], %(purpose)b::text[],
            %(state)b::text[], %(area_m2)b::float8[], %(near_m)b::float8[],
            %(far_m)b::float8[], %(assumed)b::bool[], %(geom)b::bytea[], %(geom_m)b::bytea[])
    AS v (camera, valid_from, purpose, state, area_m2, near_m, far_m, assumed, geom, geom_m)
JOIN city.camera c ON c.code = v.camera AND c.valid_from = v.valid_from
WHERE old.code = c.code || '/' || v.purpose AND old.valid_from = v.valid_from
RETURNING (SELECT count(*) FROM city.camera_view WHERE code = ANY(%(views)b::text[])),
    (SELECT count(*) FROM depend),
    (SELECT count(*) FROM ledger.view_dependency WHERE camera_code = ANY(%(codes)b::text[]))

-- name: view_copy
-- Takes views.
COPY city.camera_view (code, name, valid_from, valid_to, source, synthetic, camera_code,
    purpose, camera_state, state, area_m2, near_m, far_m, assumed, geom, geom_m)
FROM STDIN (FORMAT binary)

-- name: view_copy_dependency
-- Takes what they depend on.
COPY ledger.view_dependency (camera_code, valid_from, geom_m) FROM STDIN (FORMAT binary)

-- name: view_indexes
-- Indexes of the views' tables but their keys.
SELECT schemaname, indexname, indexdef FROM pg_indexes
WHERE (schemaname, tablename) IN (('city', 'camera_view'), ('ledger', 'view_dependency'))
  AND indexname NOT LIKE '%%\_pkey'

-- name: view_seen
-- Forgets the changes that were taken in.
DELETE FROM ledger.view_change

-- name: view_close
-- Notes the day of the views.
WITH old AS (DELETE FROM ledger.view_state)
INSERT INTO ledger.view_state (day) VALUES (%(day)s)

-- name: view_status
-- Rows, changes that wait, whether all is to be drawn anew, day and time of the views.
SELECT (SELECT count(*) FROM city.camera_view), count(*), coalesce(bool_or(code IS NULL), false),
       (SELECT day FROM ledger.view_state), (SELECT refreshed_at FROM ledger.view_state)
FROM ledger.view_change

-- name: view_count
-- Number of camera versions.
SELECT count(*) FROM city.camera

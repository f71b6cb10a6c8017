-- name: lock_live
-- Whether this connection is the one that keeps the standing results.
SELECT pg_try_advisory_lock(%(lock)s)

-- name: live_versions
-- Versions of some layers.
SELECT layer, version FROM city.layer_version WHERE layer = ANY(%(layers)s::text[])

-- name: changed_codes
-- Whether the changes after %(since)s up to %(until)s are not all known, and the codes
-- of the rows they touched; %(most)s and one more are enough to see that it is too many.
WITH edits AS (
    SELECT fid, last_fid, before FROM ledger.edit
    WHERE layer = %(layer)s AND version > %(since)s AND version <= %(until)s
)
SELECT
    EXISTS (SELECT FROM edits WHERE fid IS NULL)
        OR (SELECT sum(last_fid - fid + 1) FROM edits) > 2 * %(most)s,
    (SELECT array_agg(code) FROM (
        SELECT DISTINCT code FROM (
            SELECT before ->> 'code' AS code FROM edits WHERE before IS NOT NULL
            UNION ALL
            SELECT t.code FROM edits e JOIN {table} t ON t.fid BETWEEN e.fid AND e.last_fid
            WHERE e.last_fid - e.fid <= 2 * %(most)s
        ) touched LIMIT %(most)s + 1) few)

-- name: read_standing
-- Standing rows, where they stand on the same zones, day and code as %(versions)s.
SELECT c.zone_layer, c.zone_id, c.name, c.covered, c.total, c.value_unit,
    c.coverage_ratio, c.reason, c.audience
FROM ledger.standing s
JOIN city.coverage_result c ON c.standing AND c.run = s.standing_id
WHERE s.standing_id = %(standing_id)s AND s.as_of = %(as_of)s
    AND s.code_version = %(code_version)s
    AND NOT EXISTS (
        SELECT FROM (SELECT DISTINCT zone_layer FROM city.coverage_result
                     WHERE standing AND run = %(standing_id)s) z
        WHERE s.layer_versions -> z.zone_layer
            IS DISTINCT FROM %(versions)s::jsonb -> z.zone_layer)

-- name: drop_standing
-- Removes the rows of a standing result.
DELETE FROM city.coverage_result WHERE standing AND run = %(standing_id)s

-- name: write_standing
-- The rows of a standing result over one zone layer; {zones} its table.
INSERT INTO city.coverage_result (
    code, name, valid_from, source, synthetic, run, process, standing, service, model,
    parameters, zone_layer, zone_id, measure, demand, covered, total, value_unit,
    coverage_ratio, reason, as_of, ran_at, audience, geom, geom_m
)
SELECT %(standing_id)s || '-' || z.code, z.name, %(as_of)s::date, 'citygrid standing',
    %(synthetic)s::boolean, %(standing_id)s, 'coverage', true, %(service)s, %(model)s,
    %(parameters)s, %(zone_layer)s, z.code, %(measure)s, %(demand)s, f.covered, f.total,
    f.unit, f.ratio, f.reason, %(as_of)s::date, clock_timestamp(), f.audience,
    ST_Multi(z.geom), ST_Multi(z.geom_m)
FROM unnest(
    %(zone_ids)s::text[], %(covered)s::float8[], %(total)s::float8[], %(units)s::text[],
    %(ratios)s::float8[], %(reasons)s::text[], %(audiences)s::text[]
) AS f (zone_id, covered, total, unit, ratio, reason, audience)
JOIN {zones} z ON z.code = f.zone_id AND z.valid_from <= %(as_of)s::date
    AND (z.valid_to IS NULL OR z.valid_to > %(as_of)s::date)

-- name: move_standing
-- New figures of standing rows.
UPDATE city.coverage_result c
SET covered = f.covered, total = f.total, coverage_ratio = f.ratio, reason = f.reason,
    ran_at = clock_timestamp()
FROM unnest(
    %(zone_layers)s::text[], %(zone_ids)s::text[], %(covered)s::float8[],
    %(total)s::float8[], %(ratios)s::float8[], %(reasons)s::text[]
) AS f (zone_layer, zone_id, covered, total, ratio, reason)
WHERE c.standing AND c.run = %(standing_id)s AND c.code = %(standing_id)s || '-' || f.zone_id
    AND c.zone_layer = f.zone_layer

-- name: write_stand
-- At which versions a standing result stands.
INSERT INTO ledger.standing (
    standing_id, question, layer_versions, code_version, as_of, whole, seconds
) VALUES (
    %(standing_id)s, jsonb_build_object('service', %(service)s::text,
        'of', %(measure)s::text, 'demand', %(demand)s::text),
    %(versions)s, %(code_version)s, %(as_of)s, %(whole)s, %(seconds)s
) ON CONFLICT (standing_id) DO UPDATE SET
    question = excluded.question, layer_versions = excluded.layer_versions,
    code_version = excluded.code_version, as_of = excluded.as_of, whole = excluded.whole,
    seconds = excluded.seconds, refreshed_at = clock_timestamp()

-- name: write_stand_problem
-- Why a standing result is not current, and in how many seconds it is tried again; how
-- often it failed by now.
INSERT INTO ledger.standing_problem (standing_id, problem, again_at)
VALUES (%(standing_id)s, %(problem)s,
    clock_timestamp() + make_interval(secs => %(again_s)s::float8))
ON CONFLICT (standing_id) DO UPDATE SET
    problem = excluded.problem, again_at = excluded.again_at,
    failures = standing_problem.failures + 1
RETURNING failures

-- name: drop_stand_problem
-- A standing result is current again; a row where it was not.
DELETE FROM ledger.standing_problem WHERE standing_id = %(standing_id)s RETURNING 1

-- name: mark_stale
-- Says in the rows of a standing result since when it is not current (%(stale)s), or that
-- it is again, and tells each level that sees them.
WITH marked AS (
    UPDATE city.coverage_result
    SET stale_since = CASE WHEN %(stale)s THEN clock_timestamp() END
    WHERE standing AND run = %(standing_id)s
    RETURNING audience, zone_layer, service, measure
)
INSERT INTO ledger.event (kind, audience, service, measure, body)
SELECT CASE WHEN %(stale)s THEN 'stale' ELSE 'current' END, audience, service, measure,
    jsonb_build_object('run', %(standing_id)s::text, 'service', service, 'of', measure,
        'zones', '[]'::jsonb, 'zone_layers', jsonb_agg(DISTINCT zone_layer))
FROM marked GROUP BY audience, service, measure

-- name: read_stands
-- The standing results there are: what they answer, when each was measured, since when a
-- layer is ahead of it, and why one is not current.
SELECT standing_id, s.question ->> 'service', s.refreshed_at, behind.since,
    p.problem, p.failures, p.since, p.again_at
FROM ledger.standing s
FULL JOIN ledger.standing_problem p USING (standing_id)
LEFT JOIN LATERAL (
    SELECT min(coalesce(
        (SELECT e.noted_at FROM ledger.edit e
         WHERE e.layer = at.key AND e.version > at.value::bigint
         ORDER BY e.version LIMIT 1),
        v.changed_at)) AS since
    FROM jsonb_each_text(s.layer_versions) at
    JOIN city.layer_version v ON v.layer = at.key AND v.version > at.value::bigint
) behind ON true
ORDER BY standing_id

-- name: undeclared_stands
-- Standing results beyond those wanted.
SELECT standing_id
FROM ledger.standing FULL JOIN ledger.standing_problem USING (standing_id)
WHERE NOT standing_id = ANY(%(wanted)s::text[])

-- name: drop_stand
-- Forgets a standing result.
DELETE FROM ledger.standing WHERE standing_id = %(standing_id)s

-- name: write_event
-- What subscribers of a level are told.
INSERT INTO ledger.event (kind, audience, service, measure, body)
VALUES ('standing', %(audience)s, %(service)s, %(measure)s, %(body)s)

-- name: tell_event
-- Wakes whoever passes events on.
SELECT pg_notify('citygrid_event', '')

-- name: trim_events
-- Keeps the latest %(events)s events.
DELETE FROM ledger.event
WHERE event_id <= (SELECT max(event_id) FROM ledger.event) - %(events)s

-- name: read_events
-- Events after %(after)s, the oldest first, at most %(limit)s.
SELECT event_id, kind, audience, service, measure, body, told_at
FROM ledger.event WHERE event_id > %(after)s ORDER BY event_id LIMIT %(limit)s

-- name: last_events
-- The latest %(limit)s events, the oldest first.
SELECT * FROM (
    SELECT event_id, kind, audience, service, measure, body, told_at
    FROM ledger.event ORDER BY event_id DESC LIMIT %(limit)s) latest ORDER BY event_id

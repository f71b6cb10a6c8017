-- name: read_result
-- The answer of a run; %(run_id)s its number.
SELECT document FROM ledger.run WHERE run_id = %(run_id)s::text

-- name: write_run
-- Keeps a run; the same number always means the same answer.
INSERT INTO ledger.run (
    run_id, process, process_version, code_version, asked_by, audience, inputs,
    layer_versions, rule, service, model, parameters, zone_layer, measure, as_of, excluded,
    result_hash, row_count, document, seconds, part, published
) VALUES (
    %(run_id)s, %(process)s, %(process_version)s, %(code_version)s, %(asked_by)s,
    %(audience)s, %(inputs)s, %(layer_versions)s, %(rule)s, %(service)s, %(model)s,
    %(parameters)s, %(zone_layer)s, %(measure)s, %(as_of)s, %(excluded)s,
    %(result_hash)s, %(row_count)s, %(document)s, %(seconds)s, %(part)s, %(published)s
) ON CONFLICT (run_id) DO NOTHING

-- name: write_run_parts
-- Notes what a run was joined from.
INSERT INTO ledger.run_part (whole, part)
SELECT %(run_id)s::text, part FROM unnest(%(parts)s::text[]) part
WHERE part IN (SELECT run_id FROM ledger.run)
ON CONFLICT DO NOTHING

-- name: write_run_cells
-- Keeps the cells behind a run; %(body)s Parquet.
INSERT INTO ledger.run_cells (run_id, cell_m, cells, body)
VALUES (%(run_id)s, %(cell_m)s, %(cells)s, %(body)s)
ON CONFLICT (run_id) DO NOTHING

-- name: tell_run
-- Wakes whoever publishes runs.
SELECT pg_notify('citygrid_run', %(run_id)s::text)

-- name: trim_runs
-- Ends the oldest runs beyond %(kept)s, %(days)s or %(megabytes)s; pinned ones and the
-- parts of those that stay are left.
WITH sized AS (
    SELECT r.run_id, r.ran_at, r.pinned IS NOT NULL OR r.part AS bound,
        pg_column_size(r.document) + coalesce(pg_column_size(c.body), 0) AS bytes
    FROM ledger.run r LEFT JOIN ledger.run_cells c USING (run_id)
), ranked AS (
    SELECT run_id, ran_at, bound, row_number() OVER newest AS place,
        sum(bytes) OVER newest AS together
    FROM sized WINDOW newest AS (ORDER BY ran_at DESC, run_id DESC)
)
DELETE FROM ledger.run WHERE run_id IN (
    SELECT run_id FROM ranked WHERE NOT bound AND (
        place > %(kept)s OR together > %(megabytes)s::bigint * 1000000
        OR ran_at < now() - make_interval(days => %(days)s::int)))
RETURNING run_id, published

-- name: trim_run_parts
-- Ends parts that no answer is joined from any more; those made a moment ago wait for
-- theirs.
DELETE FROM ledger.run r WHERE r.part AND r.pinned IS NULL
    AND r.ran_at < now() - interval '1 hour'
    AND NOT EXISTS (SELECT FROM ledger.run_part p WHERE p.part = r.run_id)

-- name: read_run
-- One run without its answer.
SELECT r.run_id, r.process, r.process_version, r.code_version, r.asked_by, r.audience,
    r.inputs, r.layer_versions, r.rule, r.service, r.model, r.parameters, r.zone_layer,
    r.measure, r.as_of, r.excluded, r.result_hash, r.row_count, r.seconds, r.ran_at,
    r.part, r.pinned, c.cell_m, c.cells,
    (SELECT array_agg(p.part ORDER BY p.part) FROM ledger.run_part p
     WHERE p.whole = r.run_id) AS parts
FROM ledger.run r LEFT JOIN ledger.run_cells c USING (run_id)
WHERE r.run_id = %(run_id)s::text

-- name: list_runs
-- Runs that the levels %(levels)s may see, the newest first; null leaves a condition out.
SELECT r.run_id, r.process, r.process_version, r.code_version, r.asked_by, r.audience,
    r.inputs, r.layer_versions, r.rule, r.service, r.model, r.parameters, r.zone_layer,
    r.measure, r.as_of, r.excluded, r.result_hash, r.row_count, r.seconds, r.ran_at,
    r.part, r.pinned, c.cell_m, c.cells, NULL::text[] AS parts
FROM ledger.run r LEFT JOIN ledger.run_cells c USING (run_id)
WHERE r.audience = ANY(%(levels)s::text[])
    AND (%(parts)s::boolean OR NOT r.part)
    AND (%(process)s::text IS NULL OR r.process = %(process)s::text)
    AND (%(service)s::text IS NULL OR r.service = %(service)s::text)
    AND (%(zones)s::text IS NULL OR r.zone_layer = %(zones)s::text)
    AND (%(since)s::timestamptz IS NULL OR r.ran_at >= %(since)s::timestamptz)
    AND (%(until)s::timestamptz IS NULL OR r.ran_at < %(until)s::timestamptz)
    AND (%(before)s::timestamptz IS NULL
        OR (r.ran_at, r.run_id) < (%(before)s::timestamptz, %(before_id)s::text))
ORDER BY r.ran_at DESC, r.run_id DESC LIMIT %(limit)s

-- name: read_run_cells
-- The cells behind a run.
SELECT body FROM ledger.run_cells WHERE run_id = %(run_id)s::text

-- name: pin_run
-- Makes a run stay, and says why; null: it may go.
UPDATE ledger.run SET pinned = %(pinned)s::text WHERE run_id = %(run_id)s::text
RETURNING run_id

-- name: unpublished_runs
-- Runs whose rows do not stand in a collection yet, the oldest first.
SELECT run_id, process, zone_layer,
    ARRAY(SELECT jsonb_object_keys(layer_versions)) AS layers
FROM ledger.run WHERE published = 'waits' ORDER BY ran_at LIMIT 100

-- name: mark_published
-- Says whether the rows of a run stand where they belong.
UPDATE ledger.run SET published = %(state)s::text WHERE run_id = %(run_id)s::text

-- name: publish_coverage
-- The zones of a run as features; {zones} the table of its zone layer.
INSERT INTO city.coverage_result (
    code, name, valid_from, source, synthetic, run, process, standing, service, model,
    parameters, zone_layer, zone_id, measure, demand, covered, total, value_unit,
    coverage_ratio, coverage_class, reason, as_of, ran_at, audience, result_hash, geom, geom_m
)
SELECT r.run_id || '-' || z.code, z.name, r.as_of,
    'citygrid ' || r.process || ' ' || r.process_version, %(synthetic)s::boolean, r.run_id, r.process,
    false, r.service, r.model, r.parameters::text, r.zone_layer, z.code, r.measure,
    r.inputs ->> 'demand', (row ->> 'covered')::float8, (row ->> 'total')::float8,
    row ->> 'unit', (row ->> 'coverage_ratio')::float8, row ->> 'coverage_class',
    row ->> 'reason', r.as_of, r.ran_at, r.audience, r.result_hash,
    ST_Multi(z.geom), ST_Multi(z.geom_m)
FROM ledger.run r
CROSS JOIN LATERAL jsonb_array_elements(r.document::jsonb -> 'rows') row
JOIN {zones} z ON z.code = row ->> 'zone_id' AND z.valid_from <= r.as_of
    AND (z.valid_to IS NULL OR z.valid_to > r.as_of)
WHERE r.run_id = %(run_id)s::text
ON CONFLICT (code, valid_from) DO NOTHING

-- name: publish_scorecard
-- The rows of a scorecard in place of those of an earlier run of the same date.
INSERT INTO city.scorecard (
    code, name, valid_from, source, synthetic, target_id, zone_layer, zone_id,
    district_code, value, value_unit, distance, state, numerator, denominator,
    natural_unit, reason, as_of, run, ran_at, audience
)
SELECT concat_ws('-', row ->> 'target', r.inputs ->> 'zones', row ->> 'zone_id',
        r.as_of::text, r.audience),
    coalesce(row ->> 'title', row ->> 'target') || ' ' ||
        coalesce(row ->> 'zone_name', '全市'),
    r.as_of, 'citygrid scorecard ' || r.process_version,
    %(synthetic)s::boolean,
    row ->> 'target', r.inputs ->> 'zones', row ->> 'zone_id',
    (SELECT d.code FROM city.district d WHERE d.code = left(row ->> 'zone_id', 6)
     ORDER BY d.valid_from DESC LIMIT 1),
    (row ->> 'value')::float8, row ->> 'unit', (row ->> 'distance')::float8,
    row ->> 'state', (row ->> 'numerator')::float8, (row ->> 'denominator')::float8,
    row ->> 'natural_unit', row ->> 'reason', r.as_of, r.run_id, r.ran_at, r.audience
FROM ledger.run r
CROSS JOIN LATERAL jsonb_array_elements(r.document::jsonb -> 'rows') row
WHERE r.run_id = %(run_id)s::text AND row ->> 'target' IN (SELECT code FROM city.target)
ON CONFLICT (code, valid_from) DO UPDATE SET
    value = excluded.value, value_unit = excluded.value_unit,
    distance = excluded.distance, state = excluded.state,
    numerator = excluded.numerator, denominator = excluded.denominator,
    natural_unit = excluded.natural_unit, reason = excluded.reason, run = excluded.run,
    ran_at = excluded.ran_at, source = excluded.source
WHERE city.scorecard.ran_at <= excluded.ran_at

-- name: outdated_runs
-- Runs beyond the latest %(published)s of their level whose zones still stand.
SELECT run_id FROM (
    SELECT run_id, pinned, row_number() OVER (
        PARTITION BY asked_by ORDER BY ran_at DESC, run_id DESC) AS place
    FROM ledger.run WHERE published = 'stands' AND process = 'coverage'
) latest WHERE place > %(published)s AND pinned IS NULL

-- name: withdraw_coverage
-- Takes the zones of runs out of the collection.
DELETE FROM city.coverage_result WHERE run = ANY(%(runs)s::text[]) AND NOT standing

-- name: mark_withdrawn
-- Runs whose zones do not stand any more.
UPDATE ledger.run SET published = 'gone' WHERE run_id = ANY(%(runs)s::text[])

-- name: lock_publishing
-- Makes another publisher wait until this transaction ends.
SELECT pg_advisory_xact_lock(%(lock)s)

-- name: trim_edits
-- Ends notes of edits that are older than every kept run and standing result of a layer,
-- and all of layers that neither reads; but not those of the last hour.
WITH oldest AS (
    SELECT key AS layer, min(value::bigint) AS version
    FROM (SELECT layer_versions FROM ledger.run
          UNION ALL SELECT layer_versions FROM ledger.standing) k,
        jsonb_each_text(k.layer_versions)
    GROUP BY key
)
DELETE FROM ledger.edit e WHERE e.noted_at < now() - interval '1 hour'
    AND e.version <= coalesce(
        (SELECT o.version FROM oldest o WHERE o.layer = e.layer), 9223372036854775807)

-- name: has_synthetic
-- Whether a layer holds made-up rows.
SELECT EXISTS (SELECT FROM {table} WHERE synthetic)

-- name: is_known_since
-- Whether every change of a layer after a version is noted row by row.
SELECT NOT EXISTS (
    SELECT FROM ledger.edit WHERE layer = %(layer)s AND version > %(version)s AND fid IS NULL)

-- name: past_rows
-- The rows of a table as they stood at a version: without what came since, and with what
-- was changed or removed since as its first image after that version shows it.
(
    WITH edits AS MATERIALIZED (
        SELECT fid, last_fid, version, before FROM ledger.edit
        WHERE layer = {layer} AND version > {version}
    ), came AS MATERIALIZED (
        SELECT fid, last_fid, version FROM edits WHERE before IS NULL
    ), changed AS MATERIALIZED (
        SELECT DISTINCT ON (fid) fid, version, before FROM edits
        WHERE before IS NOT NULL ORDER BY fid, version
    )
    SELECT t.* FROM {table} t
    WHERE NOT EXISTS (SELECT FROM changed c WHERE c.fid = t.fid)
        AND NOT EXISTS (SELECT FROM came n WHERE t.fid BETWEEN n.fid AND n.last_fid)
    UNION ALL
    SELECT was.* FROM changed c, jsonb_populate_record(NULL::{table}, c.before) was
    WHERE NOT EXISTS (
        SELECT FROM came n
        WHERE c.fid BETWEEN n.fid AND n.last_fid AND n.version < c.version)
) AS past

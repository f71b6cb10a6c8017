-- name: lock_scenarios
-- Lets those who add a scenario take turns, so that their number stays bounded.
SELECT pg_advisory_xact_lock(hashtext('ledger.scenario'))

-- name: count_scenarios
-- Scenarios of a level; %(level)s.
SELECT count(*) FROM ledger.scenario WHERE level = %(level)s

-- name: insert_scenario
-- Keeps a scenario under a new id.
INSERT INTO ledger.scenario
    (scenario_id, level, name, note, inputs, counts, layer_versions)
VALUES (%(scenario_id)s, %(level)s, %(name)s, %(note)s, %(inputs)s, %(counts)s,
        %(layer_versions)s)
RETURNING *

-- name: update_scenario
-- Puts another in the place of a scenario, if it is still at %(revision)s.
UPDATE ledger.scenario
SET name = %(name)s, note = %(note)s, inputs = %(inputs)s, counts = %(counts)s,
    layer_versions = %(layer_versions)s, revision = revision + 1,
    changed_at = clock_timestamp()
WHERE scenario_id = %(scenario_id)s AND revision = %(revision)s
RETURNING *

-- name: delete_scenario
-- Removes a scenario, if it is still at %(revision)s.
DELETE FROM ledger.scenario
WHERE scenario_id = %(scenario_id)s AND revision = %(revision)s

-- name: read_scenarios
-- Scenarios of some levels, the last changed first; of one id where it is given.
SELECT * FROM ledger.scenario
WHERE level = ANY(%(levels)s)
  AND (%(scenario_ids)s::text[] IS NULL OR scenario_id = ANY(%(scenario_ids)s))
ORDER BY changed_at DESC, scenario_id

// The scorecard process as the page uses it: one row per zone, values in the target's unit.
import { execute } from "./api.js";

const kept = new Map();

function key(...parts) {
  return JSON.stringify(parts);
}

// Figures of one indicator. `within` limits the zones to those below the given codes.
// Resolves to {rows: Map(code -> row), city: row|null, outside: row|null, about: {...}}.
export function readValues(target, zones, at, within = null) {
  const name = key(target, zones, at, within);
  if (!kept.has(name)) {
    const inputs = { targets: [target], zones };
    if (at) inputs.as_of = at;
    if (within) inputs.within = within;
    const answer = execute("scorecard", inputs).then((body) => shape(body));
    answer.catch(() => kept.delete(name));
    kept.set(name, answer);
    if (kept.size > 60) kept.delete(kept.keys().next().value);
  }
  return kept.get(name);
}

function shape(body) {
  const result = { rows: new Map(), city: null, outside: null, about: body.reconciliation || {}, notes: body.notes || [] };
  for (const raw of body.rows) {
    const row = {
      code: raw.zone_id,
      name: raw.zone_name,
      value: raw.value,
      covered: raw.covered ?? null,
      total: raw.total ?? null,
      unit: raw.unit ?? null,
      met: raw.met ?? null,
      scope: raw.in_scope !== false,
      reason: raw.reason || raw.note || null,
      raw,
    };
    if (raw.zone_id === "total") result.city = row;
    else if (raw.zone_id === "outside") result.outside = row;
    else result.rows.set(row.code, row);
  }
  return result;
}

// The indicator of one zone (or the city) over the dates: [{date, value}].
export async function readSeries(target, zones, code, dates) {
  const answers = await Promise.all(
    dates.map((date) => readValues(target, zones, date).catch(() => null)),
  );
  return dates.map((date, index) => {
    const found = answers[index];
    const row = found && (code ? found.rows.get(code) : found.city);
    return { date, value: row ? row.value : null };
  });
}

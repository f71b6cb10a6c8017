// Figures of the indicators: one row per zone, values in the target's unit. Districts,
// streets and communities come from the scorecard, grids from the coverage process.
import { execute } from "./api.js";
import { language } from "./i18n.js";

const CITY = "city";
const kept = new Map();

function keep(name, ask) {
  if (!kept.has(name)) {
    const answer = ask();
    answer.catch(() => kept.delete(name));
    kept.set(name, answer);
    if (kept.size > 80) kept.delete(kept.keys().next().value);
  }
  return kept.get(name);
}

// A remark in both languages, "zh / en", in the reader's.
export function remark(text) {
  if (!text) return null;
  const parts = String(text).split(" / ");
  return parts.length === 2 ? parts[language() === "zh" ? 0 : 1] : text;
}

export const hasGrid = (target) => Boolean(target.coverage);

// Resolves to {rows: Map(code -> row), city: row|null, notes, about}.
export function readValues(target, zones, at, within = null) {
  const inputs = { zones };
  if (at) inputs.as_of = at;
  if (within) inputs.within = within;
  const name = JSON.stringify([target.id, zones, at, within]);
  if (zones === "unit_grid") {
    if (!hasGrid(target)) return Promise.resolve({ rows: new Map(), city: null, notes: [], about: {}, noGrid: true });
    return keep(name, () => execute("coverage", { ...target.coverage, ...inputs }).then(fromCoverage));
  }
  return keep(name, () => execute("scorecard", { targets: [target.id], series: false, ...inputs }).then(fromScorecard));
}

function fromScorecard(body) {
  const rows = new Map(body.cells.map((cell) => [cell.zone_id, row(cell)]));
  return { rows, city: body.city.length ? row(body.city[0]) : null, notes: body.notes || [], about: body.reconciliation || {} };
}

function row(cell) {
  return {
    code: cell.zone_id,
    name: cell.zone_name,
    value: cell.value,
    covered: cell.numerator ?? null,
    total: cell.denominator ?? null,
    unit: cell.natural_unit ?? null,
    scope: cell.state !== "out_of_scope",
    reason: remark(cell.reason),
    band: cell.value_class ?? null,
    parts: cell.parts || [],
    also: cell.also || [],
  };
}

function fromCoverage(body) {
  const rows = new Map();
  for (const raw of body.rows || body.features.map((feature) => feature.properties)) {
    if (raw.zone_id === "total" || raw.zone_id === "outside") continue;
    const ratio = raw.coverage_ratio;
    rows.set(raw.zone_id, {
      code: raw.zone_id,
      name: raw.zone_name,
      value: ratio === null || ratio === undefined ? null : ratio * 100,
      covered: raw.covered ?? null,
      total: raw.total ?? null,
      unit: raw.unit ?? null,
      // a cell without anything to cover is outside the question, not uncovered
      scope: raw.total !== 0,
      reason: remark(raw.reason),
      band: raw.coverage_class ?? null,
      parts: [],
      also: [],
    });
  }
  return { rows, city: null, notes: body.notes || [], about: body.reconciliation || {} };
}

// The indicator of the city at the published dates up to `last`: [{date, value}].
export async function readCity(target, last) {
  const inputs = { targets: [target.id], zones: "district" };
  if (last) inputs.as_of = last;
  const body = await keep(JSON.stringify(["series", inputs]), () => execute("scorecard", inputs));
  const found = body.city.find((item) => item.zone_id === CITY) || body.city[0];
  return (found?.series || []).map((point) => ({ date: point.as_of, value: point.value }));
}

// The indicator of one zone over the dates: [{date, value}].
export async function readSeries(target, zones, code, dates) {
  const answers = await Promise.all(dates.map((date) => readValues(target, zones, date).catch(() => null)));
  return dates.map((date, index) => ({ date, value: answers[index]?.rows.get(code)?.value ?? null }));
}

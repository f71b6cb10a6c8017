// The answer of what-if as the panel and the map show it: before, after, change.
import { distanceOf, digitsFor, isMet } from "./classes.js";
import { number, quantity, t, title } from "./i18n.js";

const APART = new Set(["outside", "total"]);
const percent = (share) => (share === null || share === undefined ? null : share * 100);

function rowOf(raw) {
  return {
    level: raw.level, code: raw.zone_id, name: raw.zone_name, unit: raw.unit, total: raw.total,
    before: percent(raw.ratio_before), after: percent(raw.ratio_after), more: raw.difference,
    covered: [raw.before, raw.after],
  };
}

// The city: all of it, or where the target holds, as the scorecard counts it.
function cityOf(rows, base, name) {
  const whole = rowOf(rows.find((row) => row.zone_id === "total"));
  if (!base?.city?.total) return { ...whole, name };
  const inside = rows.filter((row) => row.level === "district" && base.rows.get(row.zone_id)?.scope);
  const more = inside.reduce((sum, row) => sum + row.difference, 0);
  const { covered, total } = base.city;
  return {
    ...whole, name, total, more, covered: [covered, covered + more],
    before: base.city.value, after: more ? (100 * (covered + more)) / total : base.city.value,
  };
}

// Returns {target, city, levels: [{level, rows}], zones: level -> code -> {after, delta}}.
export function figuresOf(answer, measure, base, app) {
  const { target } = measure;
  const held = (code) => !base || base.rows.get(code.slice(0, 6))?.scope !== false;
  const zones = new Map();
  const levels = app.catalog.zones.map((level) => {
    const rows = answer.rows.filter((row) => row.level === level && !APART.has(row.zone_id) && row.before !== row.after).map(rowOf);
    for (const row of rows) row.scope = held(row.code);
    rows.sort((a, b) => Math.abs(b.more) - Math.abs(a.more));
    zones.set(level, new Map(rows.map((row) => [row.code, { after: row.after, delta: row.after - row.before }])));
    return { level, rows };
  });
  return {
    target, levels, zones, city: cityOf(answer.rows, base, title(app.catalog.city.title)),
    instead: measure.instead || null, answer,
  };
}

// A share with as many digits as keep it honest at the target, two at least.
export const share = (value, target) => (value === null ? t("none") : number(value, digitsFor(value, target, 2)));

const short = (value, target) => t("short.points", { n: number(Math.abs(distanceOf(value, target)), 2) });

// What became of one zone, in a few words; nothing where there is no target.
export function verdict(row, target) {
  if (!target || row.after === null || row.scope === false) return "";
  const [was, is] = [isMet(row.before, target), isMet(row.after, target)];
  if (is) return was ? t("met") : t("wi.now.met", { was: short(row.before, target) });
  return was ? t("wi.no.longer") : short(row.after, target);
}

export function amount(row) {
  if (row.unit === "m2" && Math.abs(row.more) < 5000) return `${number(Math.abs(row.more))} m²`;
  const q = quantity(Math.abs(row.more), row.unit);
  return `${q.value} ${q.unit}`;
}

// The sentence of consequence: how much more, who now meets the target, who is next.
export function consequence({ city, target, levels }) {
  const all = levels.flatMap((one) => one.rows).filter((row) => row.scope !== false && row.level !== "unit_grid");
  if (!levels.some((one) => one.rows.length)) return [t("wi.nothing")];
  const more = city.more === 0 ? [] : [t(city.more > 0 ? "wi.more" : "wi.less", { city: city.name, amount: amount(city) })];
  if (!target) return more;
  const newly = all.filter((row) => !isMet(row.before, target) && isMet(row.after, target));
  const lost = all.filter((row) => isMet(row.before, target) && !isMet(row.after, target));
  const next = all.filter((row) => row.after !== null && !isMet(row.after, target) && row.level !== "district").slice(0, 1);
  const names = (rows) => rows.slice(0, 4).map((row) => row.name).join(t("wi.and"));
  return [
    newly.length ? t("wi.met", { names: names(newly) }) : null,
    lost.length ? t("wi.lost", { names: names(lost) }) : null,
    ...more, ...next.map((row) => t("wi.next", { name: row.name, short: short(row.after, target) })),
  ].filter(Boolean);
}

// One line for whoever listens.
export function summary({ city, target, levels }) {
  const changed = levels.map(({ level, rows }) => (rows.length ? `${t(`zone.${level}`)} ${number(rows.length)}` : "")).filter(Boolean);
  return `${city.name} ${share(city.before, target)}% → ${share(city.after, target)}%. ${changed.length ? t("wi.changed", { list: changed.join(", ") }) : t("wi.nothing")}`;
}

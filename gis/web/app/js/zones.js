// Names and label places of the zones: fetched once per level, used for labels,
// search and paths.
import { getJson } from "./api.js";

const LENGTH = { district: 6, street: 9, community: 12, unit_grid: 15 };
export const LEVELS = ["district", "street", "community", "unit_grid"];
const tables = new Map();

// Resolves to Map(code -> {code, name, lon, lat, box}).
export function readZones(level) {
  if (!tables.has(level)) {
    const read = getJson(`map/zones/${level}.json`).then((body) => {
      const table = new Map();
      body.code.forEach((code, i) => {
        const box = body.box ? body.box.slice(i * 4, i * 4 + 4) : null;
        table.set(code, { code, name: body.name[i], lon: body.lon[i], lat: body.lat[i], box });
      });
      return table;
    });
    read.catch(() => tables.delete(level));
    tables.set(level, read);
  }
  return tables.get(level);
}

export const parentCode = (code, level) => code.slice(0, LENGTH[level]);

export function levelOfCode(code) {
  return LEVELS.find((level) => LENGTH[level] === code.length) || null;
}

// Zones above one, from the district down: [{level, code, name}].
export async function pathOf(level, code) {
  const above = LEVELS.slice(0, LEVELS.indexOf(level));
  const steps = [];
  for (const parent of above) {
    const table = await readZones(parent).catch(() => new Map());
    const found = table.get(parentCode(code, parent));
    if (found) steps.push({ level: parent, code: found.code, name: found.name });
  }
  return steps;
}

// 15 digits as 6-3-3-3, the last six marked: the part that differs.
export function codeParts(code) {
  const match = /^(\d{6})(\d{3})(\d{3})(\d{3})$/.exec(code);
  return match ? [`${match[1]} ${match[2]} `, `${match[3]} ${match[4]}`] : ["", code];
}

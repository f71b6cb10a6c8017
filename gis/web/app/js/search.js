// Search: grid codes, names of zones and places, coordinates.
import { getJson, latest } from "./api.js";
import { $, h, put } from "./dom.js";
import { t, title } from "./i18n.js";
import { showPlace } from "./locate.js";
import { boxOf } from "./mapview.js";
import { levelOfCode, readZones } from "./zones.js";

const PLACES = ["place_name", "public_place", "residential_compound", "park", "scenic_area", "hospital", "school", "road", "camera"];

// "30.27, 120.13" or "120.13 30.27": the larger one is the longitude in China.
export function readCoordinates(text) {
  const match = /^\s*(-?\d{1,3}(?:\.\d+)?)\s*[,，\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(text);
  if (!match) return null;
  const [a, b] = [Number(match[1]), Number(match[2])];
  const [lat, lon] = Math.abs(a) > 90 || (a > b && a > 60) ? [b, a] : [a, b];
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon } : null;
}

async function byCode(app, text) {
  const code = text.replace(/\s+/g, "");
  if (!/^\d{6,15}$/.test(code)) return [];
  const hits = [];
  for (const level of ["district", "street", "community"]) {
    const table = await readZones(level).catch(() => new Map());
    for (const zone of table.values()) {
      if (zone.code.startsWith(code)) hits.push({ kind: t(`zone.${level}`), name: `${zone.name} ${zone.code}`, go: () => goZone(app, level, zone.code) });
    }
  }
  if (levelOfCode(code) === "unit_grid") {
    hits.unshift({ kind: t("zone.unit_grid"), name: code, go: () => goZone(app, "unit_grid", code) });
  }
  return hits.slice(0, 8);
}

async function byName(app, text) {
  const hits = [];
  for (const level of ["district", "street", "community"]) {
    const table = await readZones(level).catch(() => new Map());
    const found = [...table.values()].filter((zone) => zone.name.includes(text)).slice(0, 4);
    for (const zone of found) hits.push({ kind: t(`zone.${level}`), name: zone.name, go: () => goZone(app, level, zone.code) });
  }
  const layers = PLACES.filter((id) => app.catalog.layers[id]?.drawn);
  const quoted = `'%${text.replace(/'/g, "''").replace(/[%_]/g, "")}%'`;
  const answers = await Promise.all(layers.map((id) =>
    getJson(`collections/${id}/items?f=json&limit=3&filter=${encodeURIComponent(`name LIKE ${quoted}`)}`)
      .then((body) => body.features.map((feature) => ({ id, feature }))).catch(() => [])));
  for (const { id, feature } of answers.flat()) {
    hits.push({ kind: title(app.catalog.layers[id].title), name: feature.properties.name, go: () => goFeature(app, id, feature) });
  }
  return hits.slice(0, 12);
}

export async function flyToZone(app, level, code) {
  const table = level === "unit_grid" ? new Map() : await readZones(level);
  let box = table.get(code)?.box;
  if (!box) {
    const feature = await getJson(`collections/${level}/items/${code}?f=json`).catch(() => null);
    if (!feature?.geometry) return false;
    box = boxOf(feature.geometry);
  }
  app.view.fly(box, app.padding());
  return true;
}

async function goZone(app, level, code) {
  if (await flyToZone(app, level, code)) app.store.set({ lvl: level, sel: `${level}:${code}` });
}

function goFeature(app, id, feature) {
  if (feature.geometry) app.view.fly(boxOf(feature.geometry), app.padding());
  const on = app.store.get("on");
  app.store.set({ on: on.includes(id) ? on : [...on, id], sel: `${id}:${feature.id ?? feature.properties.code}` });
}

export function startSearch(app) {
  const input = $("q");
  const box = $("hits");
  const newest = latest();
  let hits = [];
  let at = -1;
  let timer = 0;

  const close = () => { box.hidden = true; input.setAttribute("aria-expanded", "false"); };
  const mark = (index) => {
    at = index;
    [...box.children].forEach((node, i) => node.setAttribute("aria-selected", String(i === at)));
    if (hits[at]) input.setAttribute("aria-activedescendant", `hit-${at}`);
    else input.removeAttribute("aria-activedescendant");
    box.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const choose = (hit) => { close(); input.blur(); hit.go(); };

  async function ask() {
    const text = input.value.trim();
    if (text.length < 2) { close(); return; }
    const place = readCoordinates(text);
    const question = place
      ? Promise.resolve([{ kind: t("coordinates"), name: `${place.lat}, ${place.lon}`, go: () => showPlace(app, place.lon, place.lat) }])
      : Promise.all([byCode(app, text), /^\d[\d\s]*$/.test(text) ? [] : byName(app, text)]).then((both) => both.flat());
    const found = await newest(question);
    if (found === undefined) return;
    hits = found;
    put(box, hits.length ? hits.map((hit, i) => h("li", {
      role: "option", id: `hit-${i}`, "aria-selected": "false", onclick: () => choose(hit),
    }, hit.name, h("span", null, hit.kind))) : h("li", { class: "none", role: "option", "aria-disabled": "true" }, t("search.none")));
    box.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark(hits.length ? 0 : -1);
  }

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 180); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { close(); input.blur(); }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (hits.length) mark((at + (event.key === "ArrowDown" ? 1 : -1) + hits.length) % hits.length);
    }
  });
  $("search").addEventListener("submit", async (event) => {
    event.preventDefault();
    clearTimeout(timer);
    if (box.hidden) await ask();
    if (hits[at]) choose(hits[at]);
  });
  document.addEventListener("pointerdown", (event) => { if (!$("search").contains(event.target)) close(); });
}

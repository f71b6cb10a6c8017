// State to query string and back. Unknown keys are kept out, bad values are reported.

import { decodePlan, isSaved } from "./wicode.js";

const LEVELS = ["district", "street", "community", "unit_grid"];
const THEMES = ["light", "dark", "sun", "auto"];
// Keys whose change is a step in the browser's history; the others replace it.
const STEPS = ["ind", "lvl", "at", "sel"];

export const defaults = (catalog) => ({
  ind: catalog.first.indicator,
  lvl: "auto",
  col: "gap",
  at: catalog.first.date || "",
  ll: [catalog.view.lat, catalog.view.lon, catalog.view.zoom],
  sel: "",
  on: [...catalog.first.layers],
  cls: [],
  th: "",
  wi: "",
  cmp: "after",
});

function isDate(text) {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
}

function readPlace(text) {
  const parts = text.split(",").map(Number);
  const [lat, lon, zoom] = parts;
  const good = parts.length === 3 && parts.every(Number.isFinite)
    && Math.abs(lat) <= 85 && Math.abs(lon) <= 180 && zoom >= 0 && zoom <= 22;
  return good ? parts : null;
}

// Whoever may try nothing is not told what a plan holds.
const readable = (text, { services }) => (Object.keys(services).length ? Boolean(decodePlan(text, services)) : /^[\w-]{4,4000}$/.test(text));

// Returns [state, keys whose value was not understood].
export function parseState(search, catalog) {
  const query = new URLSearchParams(search);
  const state = defaults(catalog);
  const refused = [];
  const readers = {
    ind: (text) => (catalog.targets.some((x) => x.id === text) ? text : null),
    lvl: (text) => (LEVELS.includes(text) || text === "auto" ? text : null),
    col: (text) => (["gap", "cov"].includes(text) ? text : null),
    at: (text) => (text === "" || isDate(text) ? text : null),
    ll: readPlace,
    sel: (text) => (/^([a-z][a-z0-9_]*:[^\s<>"]{1,80})?$/.test(text) ? text : null),
    on: (text) => text.split(",").filter((id) => id === "gap" || id in catalog.layers),
    cls: (text) => (/^[0-5](,[0-5])*$/.test(text) ? text.split(",").map(Number) : null),
    th: (text) => (THEMES.includes(text) ? text : null),
    wi: (text) => (text === "" || isSaved(text) || readable(text, catalog) ? text : null),
    cmp: (text) => (["before", "after", "change"].includes(text) ? text : null),
  };
  for (const [key, read] of Object.entries(readers)) {
    if (!query.has(key)) continue;
    const value = read(query.get(key));
    if (value === null) refused.push(key);
    else state[key] = value;
  }
  return [state, refused];
}

export function formatState(state, catalog, lang) {
  const base = defaults(catalog);
  const pairs = [["v", "1"], ["ind", state.ind]];
  if (state.lvl !== "auto") pairs.push(["lvl", state.lvl]);
  if (state.col !== base.col) pairs.push(["col", state.col]);
  if (state.at !== base.at) pairs.push(["at", state.at]);
  const [lat, lon, zoom] = state.ll;
  pairs.push(["ll", `${lat.toFixed(5)},${lon.toFixed(5)},${zoom.toFixed(2)}`]);
  if (state.sel) pairs.push(["sel", state.sel]);
  if (state.on.length || base.on.length) pairs.push(["on", state.on.join(",")]);
  if (state.cls.length) pairs.push(["cls", state.cls.join(",")]);
  if (state.th) pairs.push(["th", state.th]);
  if (state.wi) pairs.push(["wi", state.wi]);
  if (state.wi && state.cmp !== base.cmp) pairs.push(["cmp", state.cmp]);
  pairs.push(["lang", lang]);
  const plain = (text) => encodeURIComponent(text).replace(/%2C/g, ",").replace(/%3A/g, ":");
  return `?${pairs.map(([key, value]) => `${key}=${plain(value)}`).join("&")}`;
}

export function keepAddress(store, catalog, lang) {
  const write = (state, changed) => {
    const text = formatState(state, catalog, lang);
    if (text === location.search) return;
    const step = changed.some((key) => STEPS.includes(key)) && !keepAddress.restoring;
    history[step ? "pushState" : "replaceState"](null, "", text);
  };
  store.watch(Object.keys(defaults(catalog)), write);
  window.addEventListener("popstate", () => {
    keepAddress.restoring = true;
    const [state] = parseState(location.search, catalog);
    store.set(state);
    keepAddress.restoring = false;
  });
}

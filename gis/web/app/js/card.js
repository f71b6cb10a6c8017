// The card of one feature: every column of this level, titled, coded, with unit.
import { item, track } from "./api.js";
import { cameraSections } from "./cameraviews.js";
import { h } from "./dom.js";
import { number, quantity, t, title } from "./i18n.js";
import { hidePanel, say, showPanel } from "./panel.js";
import { LEVELS } from "./zones.js";

const QUIET = new Set(["code", "name", "source", "synthetic", "valid_from", "valid_to", "fid"]);

export function startCard(app) {
  const refresh = () => {
    const sel = app.store.get("sel");
    const layer = sel.slice(0, sel.indexOf(":"));
    for (const id of ["view", "blind"]) app.view.setData(id, null);
    if (!sel) {
      if (app.panelKind === "card") hidePanel(app, true);
      return;
    }
    if (!LEVELS.includes(layer)) track(openCard(app, layer, sel.slice(sel.indexOf(":") + 1)));
  };
  app.store.watch(["sel"], refresh);
  refresh();
}

export function shown(value, column) {
  if (value === null || value === undefined || value === "") return null;
  if (column?.codes) {
    const known = column.codes[String(value)];
    return known ? title(known) : String(value);
  }
  if (column?.type === "boolean") return t(value === true || value === "true" ? "yes" : "no");
  if (typeof value === "number") {
    if (column?.unit === "m2") {
      const q = quantity(value, "m2");
      return `${q.value} ${q.unit}`;
    }
    const text = number(value, Number.isInteger(value) ? 0 : 2);
    return column?.unit ? `${text} ${unit(column.unit)}` : text;
  }
  if (column?.type === "datetime") return String(value).replace("T", " ").slice(0, 16);
  return String(value);
}

const UCUM = { deg: "°", "1": "", person: "unit.persons", "{person}": "unit.persons", m2: "m²", km2: "km²" };
function unit(name) {
  const known = UCUM[name];
  if (known === undefined) return name.replace(/[{}]/g, "");
  return known.startsWith("unit.") ? t(known) : known;
}

export async function openCard(app, layer, code) {
  const about = app.catalog.layers[layer];
  let feature = null;
  if (about) feature = await item(layer, code).catch(() => null);
  if (app.store.get("sel") !== `${layer}:${code}`) return;
  app.panelKind = "card";
  if (!feature) {
    showPanel(app, h("section", { class: "sec card-head" }, h("h2", { class: "title" }, code), h("p", { class: "problem" }, t("not.found"))));
    return;
  }
  const values = feature.properties;
  const rows = Object.entries(about.columns)
    .filter(([key]) => !QUIET.has(key) && shown(values[key], about.columns[key]) !== null)
    .map(([key, column]) => [h("dt", null, title(column.title)), h("dd", null, shown(values[key], column))]);
  const period = values.valid_to ? `${values.valid_from} – ${values.valid_to}` : t("since", { date: values.valid_from || "" });
  showPanel(app,
    h("section", { class: "sec card-head" }, h("p", { class: "path" }, title(about.title)),
      h("h2", { class: "title" }, values.name || code),
      h("p", { class: "note" }, code, " ", values.synthetic ? h("span", { class: "tag" }, t("synthetic")) : null)),
    cameraSections(app, layer, feature),
    triedSection(app, layer, code),
    h("section", { class: "sec" }, h("dl", { class: "facts code" }, rows)),
    h("section", { class: "sec" }, h("dl", { class: "facts code" },
      h("dt", null, t("source")), h("dd", null, values.source || t("none")),
      h("dt", null, t("valid")), h("dd", null, period)),
    h("p", { style: { "margin-top": "10px" } }, h("a", { href: `collections/${layer}/items/${encodeURIComponent(code)}?f=html` }, t("open.item")))));
  say(`${title(about.title)} ${values.name || code}`);
}

// What would be without it, or with it somewhere else.
function triedSection(app, layer, code) {
  if (!app.whatif || !app.catalog.services[layer]?.seen) return null;
  const button = (op) => h("button", { class: "btn", type: "button", id: `try-${op}`, onclick: () => track(app.whatif.takeFrom(layer, code, op)) }, t(`wi.try.${op}`));
  return h("section", { class: "sec" }, h("div", { class: "acts" }, button("remove"), button("move")));
}

// A click chooses the topmost thing switched on, else the zone beneath.
export function startClicks(app) {
  const { map } = app.view;
  const mine = () => map.getStyle().layers
    .filter((l) => l.metadata?.["citygrid:layer"] && l.layout?.visibility === "visible").map((l) => l.id);
  const around = ({ x, y }) => [[x - 4, y - 4], [x + 4, y + 4]];
  const zoneAt = (point) => {
    const id = app.choropleth.level && `zone-${app.store.get("col") === "cov" ? "v" : "d"}-${app.choropleth.level}`;
    if (!id || !map.getLayer(id)) return null;
    return map.queryRenderedFeatures(point, { layers: [id] })[0] || null;
  };
  map.on("click", (event) => {
    if (app.whatif?.isOpen) { app.whatif.tap(event); return; }
    const layers = mine();
    const found = layers.length ? map.queryRenderedFeatures(around(event.point), { layers })[0] : null;
    if (found) {
      app.store.set({ sel: `${found.sourceLayer}:${found.properties.code}` });
      return;
    }
    const zone = zoneAt(event.point);
    app.store.set({ sel: zone ? `${zone.sourceLayer}:${zone.properties.code}` : "" });
  });
  map.on("mousemove", (event) => {
    if (app.whatif?.isOpen) { map.getCanvas().style.cursor = "crosshair"; return; }
    const layers = mine();
    const hit = (layers.length && map.queryRenderedFeatures(around(event.point), { layers })[0]) || zoneAt(event.point);
    map.getCanvas().style.cursor = hit ? "pointer" : "";
  });
}

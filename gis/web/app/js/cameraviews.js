// What cameras show: the views of one camera on its card, the blind spots of a place.
import { execute, track } from "./api.js";
import { h, put } from "./dom.js";
import { number, t, title } from "./i18n.js";
import { boxOf } from "./mapview.js";
import { isPhone, say } from "./panel.js";

const GEOJSON = { headers: { "Content-Type": "application/json", Accept: "application/geo+json" } };
export const LEVELS = ["detect", "observe", "recognise", "identify"];
const PLACES = ["public_place", "residential_compound"];

// Codes of a table in the reader's words, as the layer's columns carry them.
const words = (app, layer, column, code) =>
  title(app.catalog.layers[layer]?.columns[column]?.codes?.[code]) || code;

export const purpose = (code) => t(`purpose.${code}`);
export const canDraw = (app) => app.catalog.level !== "public" && Boolean(app.view.map);

export function askViews(inputs, options = {}) {
  return execute("camera-view", { levels: LEVELS, ...inputs }, { ...GEOJSON, ...options });
}

// At the date of the map; what did not stand then is told as it stands today, and said.
async function askAt(app, ask, valid) {
  const at = app.store.get("at");
  const then = at && (!valid.valid_from || valid.valid_from <= at) && (!valid.valid_to || valid.valid_to > at);
  const answer = await ask(then ? { as_of: at } : {});
  return [answer, at && !then ? h("p", { class: "note" }, t("views.not.then", { date: at })) : null];
}

// The widest first, so that the finer levels are drawn over it.
export function drawViews(app, features, current = null) {
  const drawn = features.filter((f) => f.geometry && (!current || f.properties.purpose === current));
  drawn.sort((a, b) => LEVELS.indexOf(a.properties.purpose) - LEVELS.indexOf(b.properties.purpose));
  app.view.setData("view", { type: "FeatureCollection", features: drawn });
}

export function viewTable(features, pick) {
  const rows = features.filter((f) => f.properties.kind === "view").map(({ properties: p }) => h("tr", null,
    h("th", { scope: "row" }, pick
      ? h("button", { type: "button", class: "swatch", "data-purpose": p.purpose, onclick: () => pick(p.purpose) }, purpose(p.purpose))
      : h("span", { class: "swatch", "data-purpose": p.purpose }, purpose(p.purpose))),
    h("td", null, p.state === "ok" ? `${number(p.area_m2, p.area_m2 < 100 ? 1 : 0)} m²` : t(`view.${p.state}`)),
    h("td", null, p.state === "ok" ? `${number(p.dead_zone_m, 1)}–${number(p.reach_m, 1)} m` : "")));
  return h("table", { class: "views" },
    h("thead", null, h("tr", null, h("th", { scope: "col" }, t("views.purpose")), h("th", { scope: "col" }, t("views.area")), h("th", { scope: "col" }, t("views.range")))),
    h("tbody", null, rows));
}

export function viewNotes(features) {
  const first = features[0]?.properties;
  if (!first) return null;
  const notes = [t("views.edition")];
  if (!first.direction_known) notes.push(t("views.lost"));
  if (first.assumed) notes.push(t("views.assumed"));
  if (first.mount === "moved") notes.push(t("views.moved"));
  if (first.mount === "indoor") notes.push(t("views.indoor"));
  return notes.map((note) => h("p", { class: "note" }, note));
}

// Sections that a card gets beside its columns.
export function cameraSections(app, layer, feature) {
  app.view.setData("view", null);
  app.view.setData("blind", null);
  const sections = [];
  if (layer === "camera") sections.push(viewsOf(app, feature));
  if (PLACES.includes(layer) && app.catalog.layers.camera) sections.push(blindButton(app, layer, feature));
  if ((layer === "camera" || PLACES.includes(layer)) && canDraw(app)) {
    sections.push(h("section", { class: "sec" }, h("div", { class: "acts" },
      h("button", { class: "btn", type: "button", id: "try-here", onclick: () => app.tryCamera(feature) }, t("try.here")))));
  }
  return sections;
}

function viewsOf(app, feature) {
  const section = h("section", { class: "sec", id: "views" }, h("h3", null, t("views.title")), h("p", { class: "skeleton w70" }));
  track(showViews(app, section, feature));
  return section;
}

async function showViews(app, section, feature) {
  const cameras = [String(feature.id ?? feature.properties.code)];
  let answer;
  let then;
  try {
    [answer, then] = await askAt(app, (date) => askViews({ cameras, ...date }), feature.properties);
  } catch (error) {
    put(section, h("h3", null, t("views.title")), h("p", { class: "problem" }, error.status === 403 ? t("error.forbidden") : error.message));
    return;
  }
  if (!section.isConnected) return;
  const views = answer.features.filter((f) => f.properties.kind === "view");
  let current = null;
  const pick = (level) => {
    current = current === level ? null : level;
    drawViews(app, views, current);
    section.querySelectorAll("button.swatch").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.purpose === current)));
  };
  drawViews(app, views);
  put(section, h("h3", null, t("views.title")), viewTable(views, pick), then, viewNotes(views));
  const seen = views.filter((f) => f.geometry);
  if (seen.length) app.view.fly(boxOf({ geometries: seen.map((f) => f.geometry) }), app.padding());
}

function blindButton(app, layer, feature) {
  const section = h("section", { class: "sec", id: "blind" });
  const button = h("button", { class: "btn primary", type: "button", id: "show-blind", onclick: () => track(showBlind(app, section, layer, feature)) }, t("blind.show"));
  return put(section, h("div", { class: "acts" }, button));
}

async function showBlind(app, section, layer, feature) {
  const inputs = { place: String(feature.id ?? feature.properties.code), layer };
  let answer;
  let then;
  try {
    [answer, then] = await askAt(app, (date) => execute("blind-spot", { ...inputs, ...date }, GEOJSON), feature.properties);
  } catch (error) {
    put(section, h("p", { class: "problem" }, error.status === 403 ? t("error.forbidden") : error.message));
    return;
  }
  const blind = answer.features.filter((f) => f.properties.kind === "blind" && f.geometry);
  const cameras = answer.features.filter((f) => f.properties.kind === "camera");
  const seen = cameras.filter((f) => f.geometry).map((f) => ({ ...f, properties: { ...f.properties, purpose: "observe" } }));
  app.view.setData("blind", { type: "FeatureCollection", features: blind });
  drawViews(app, seen);
  const facts = answer.reconciliation || {};
  const area = (value) => `${number(value, 1)} m²`;
  const total = blind.reduce((sum, f) => sum + f.properties.area_m2, 0);
  const whole = facts.place_m2 ?? null;
  put(section, h("h3", null, t("blind.title")), then,
    h("p", { class: "note" }, whole === null ? t("blind.sum.bare", { area: area(total) })
      : t("blind.sum", { seen: area(facts.visible_area_m2), place: area(whole), share: number(100 * facts.visible_area_ratio, 1), blind: area(facts.blind_m2) })),
    h("ul", { class: "verdicts" }, cameras.map(({ properties: p, id }) => {
      const code = String(p.row_id ?? id);
      return h("li", null,
        h("button", { type: "button", onclick: () => app.store.set({ sel: `camera:${code}` }) }, p.camera_name || code),
        h("span", null, t(`verdict.${p.verdict}`), p.hidden_by ? ` ${p.hidden_by}` : "", p.verdict === "sees" ? ` ${area(p.area_m2)}` : "",
          p.verdict === "out_of_service" ? ` (${words(app, "camera", "state", p.camera_state)})` : ""));
    })));
  say(t("blind.title"));
  if (feature.geometry) app.view.fly(boxOf(feature.geometry), isPhone() ? { top: 130, bottom: 380, left: 30, right: 30 } : app.padding());
}

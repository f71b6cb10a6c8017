// Coverage gaps of one zone: outlines on the map, a list by size, next.
import { execute, track } from "./api.js";
import { h, icon, put } from "./dom.js";
import { number, quantity, t } from "./i18n.js";
import { boxOf } from "./mapview.js";
import { hidePanel, showPanel, toast } from "./panel.js";
import { levelOfCode } from "./zones.js";

export function startGaps(app) {
  app.gaps = [];
  app.gapAt = -1;
  app.store.watch(["ind", "at"], () => clear(app));
  app.store.watch(["on"], (state) => {
    const on = state.on.includes("gap");
    if (!on) app.view.setData("gap", null);
    else if (app.gaps.length) draw(app);
    else track(openGaps(app, null, null));
  });
}

function clear(app) {
  app.gaps = [];
  app.gapAt = -1;
  app.view.setData("gap", null);
  if (app.store.get("on").includes("gap")) app.store.set({ on: app.store.get("on").filter((x) => x !== "gap") });
}

// Without a zone: the selected one, else the district in the middle of the view.
async function zoneFor(app, level, code) {
  if (code) return code;
  const sel = app.store.get("sel");
  if (sel && /^(district|street|community|unit_grid):/.test(sel)) return sel.slice(sel.indexOf(":") + 1);
  return (await app.choropleth.districtsInView())[0] || null;
}

export async function openGaps(app, level, code) {
  const { target } = app.choropleth;
  if (!target.gap) {
    toast(t("gaps.none.for"));
    app.store.set({ on: app.store.get("on").filter((x) => x !== "gap") });
    return;
  }
  const zone = await zoneFor(app, level, code);
  const inputs = { ...target.gap, residue: false };
  if (zone) Object.assign(inputs, { zones: levelOfCode(zone) || "district", within: [zone] });
  if (app.store.get("at")) inputs.as_of = app.store.get("at");
  let answer;
  try {
    answer = await execute("gap", inputs, { headers: { "Content-Type": "application/json", Accept: "application/geo+json" } });
  } catch (error) {
    toast(error.status === 403 ? t("error.forbidden") : `${t("error.gaps")} ${error.message}`, { name: t("retry"), run: () => openGaps(app, level, code) });
    return;
  }
  app.gaps = answer.features.filter((f) => f.geometry && f.properties.kind !== "residue").map((f, index) => ({ ...f, properties: { ...f.properties, index } }));
  app.gapAt = -1;
  app.gapCount = app.gaps.length;
  const on = app.store.get("on");
  if (!on.includes("gap")) app.store.set({ on: [...on, "gap"] });
  draw(app);
  app.redrawTree?.();
  list(app, zone);
  const box = around(app.gaps);
  if (code && box) app.view.fly(box, app.padding());
}

function around(gaps) {
  if (!gaps.length) return null;
  return boxOf({ geometries: gaps.map((gap) => gap.geometry) });
}

function draw(app) {
  const features = app.gaps.map((f) => ({
    ...f, properties: { ...f.properties, current: f.properties.index === app.gapAt },
  }));
  app.view.setData("gap", { type: "FeatureCollection", features });
}

function words(gap) {
  const { population, area_m2: area } = gap.properties;
  const q = quantity(area ?? null, "m2");
  const people = population === null || population === undefined ? "" : t("gaps.people", { n: number(Math.round(population)) });
  return [`${q.value} ${q.unit}`, people];
}

export function nextGap(app, step = 1) {
  if (!app.gaps.length) return;
  go(app, (app.gapAt + step + app.gaps.length) % app.gaps.length);
}

function go(app, index) {
  app.gapAt = index;
  draw(app);
  app.view.fly(boxOf(app.gaps[index].geometry), app.padding());
  for (const [at, button] of document.querySelectorAll(".gaps button").entries()) {
    button.setAttribute("aria-current", String(at === index));
    if (at === index) button.scrollIntoView({ block: "nearest" });
  }
}

function list(app, zone) {
  app.panelKind = "gaps";
  const back = () => {
    const sel = app.store.get("sel");
    hidePanel(app, true);
    if (sel) { app.store.set({ sel: "" }); app.store.set({ sel }); }
  };
  const area = app.gaps.reduce((sum, gap) => sum + (gap.properties.area_m2 || 0), 0);
  const q = quantity(area, "m2");
  const rows = app.gaps.slice(0, 200).map((gap, index) => {
    const [size, people] = words(gap);
    return h("button", { type: "button", onclick: () => go(app, index) }, h("span", null, `${index + 1} · ${size}`), h("small", null, people));
  });
  showPanel(app,
    h("section", { class: "sec card-head" }, h("p", { class: "path" }, zone || ""), h("h2", { class: "title" }, t("gaps.title")),
      h("p", { class: "note" }, app.gaps.length ? t("gaps.sum", { n: app.gaps.length, area: `${q.value} ${q.unit}` }) : t("gaps.empty"))),
    h("section", { class: "sec" }, put(h("div", { class: "gaps" }), rows)),
    h("section", { class: "sec" }, h("div", { class: "acts" },
      app.gaps.length ? h("button", { class: "btn primary", type: "button", id: "next-gap", onclick: () => nextGap(app) }, t("gaps.next"), icon("next")) : null,
      h("button", { class: "btn", type: "button", onclick: back }, t("back")))));
}

// Without WebGL 2: a static drawing of the zones and their table, same figures.
import { getJson } from "./api.js";
import { $, h, put, s } from "./dom.js";
import { t } from "./i18n.js";
import { zoneTable } from "./list.js";

const MOST = 3000;

function ring(points, place) {
  return `${points.map((p, i) => `${i ? "L" : "M"}${place(p)}`).join("")}Z`;
}

export async function drawFallback(app) {
  const node = $("fallback");
  const { choropleth } = app;
  const level = choropleth.level;
  node.hidden = false;
  document.getElementById("map").hidden = true;
  const choose = (row) => app.store.set({ sel: `${level}:${row.code}` });
  const said = h("p", { class: "said" }, t("no.webgl"));
  put(node, said, zoneTable(app, choose));
  if (!choropleth.values || choropleth.values.rows.size > MOST) return;
  const body = await getJson(`collections/${level}/items?f=json&limit=${MOST}`).catch(() => null);
  if (!body || level !== choropleth.level) return;
  const [west, south, east, north] = app.catalog.city.extent;
  const narrow = Math.cos(((south + north) / 2) * Math.PI / 180);
  const place = ([lon, lat]) => `${((lon - west) * narrow * 1000).toFixed(1)} ${((north - lat) * 1000).toFixed(1)}`;
  const picture = s("svg", {
    viewBox: `0 0 ${((east - west) * narrow * 1000).toFixed(0)} ${((north - south) * 1000).toFixed(0)}`,
    role: "img", "aria-label": t("map.region"),
  });
  for (const feature of body.features) {
    if (!feature.geometry) continue;
    const row = choropleth.values.rows.get(String(feature.id));
    const index = row && row.scope ? choropleth.classesOf(row)[0] : null;
    const parts = feature.geometry.type === "Polygon" ? [feature.geometry.coordinates] : feature.geometry.coordinates;
    const path = s("path", { d: parts.flat().map((r) => ring(r, place)).join(""), "fill-rule": "evenodd" });
    path.style.fill = index === null ? "none" : index === 5 ? "var(--nodata)" : `var(--d${index})`;
    if (row) path.addEventListener("click", () => choose(row));
    picture.append(path);
  }
  said.after(picture);
}

// "Where am I": the device's position or a given point, answered by the grid card.
import { execute, track } from "./api.js";
import { $, h } from "./dom.js";
import { number, t, title } from "./i18n.js";
import { isPhone, say, showPanel, toast } from "./panel.js";
import { codeParts } from "./zones.js";

export function startLocate(app) {
  const button = $("locate");
  if (!window.isSecureContext || !navigator.geolocation) {
    button.title = t("locate.insecure");
    button.addEventListener("click", () => toast(t("locate.insecure")));
    return;
  }
  button.addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => track(showPlace(app, coords.longitude, coords.latitude, coords.accuracy)),
      (error) => toast(t(error.code === 1 ? "locate.denied" : "locate.failed")),
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 10000 },
    );
  });
}

function circle(lon, lat, radius) {
  const ring = [];
  for (let i = 0; i <= 48; i += 1) {
    const angle = (i / 48) * 2 * Math.PI;
    ring.push([
      lon + (radius * Math.cos(angle)) / (111320 * Math.cos((lat * Math.PI) / 180)),
      lat + (radius * Math.sin(angle)) / 110574,
    ]);
  }
  return { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } };
}

export async function showPlace(app, lon, lat, accuracy = null) {
  let answer;
  try {
    answer = await execute("locate", { x: lon, y: lat, datum: "wgs84" });
  } catch (error) {
    toast(`${t("locate.failed")} ${error.message}`);
    return;
  }
  const zones = answer.zones || answer;
  const cell = zones.unit_grid || null;
  app.view.marker(lon, lat);
  app.view.setData("here", accuracy ? { type: "FeatureCollection", features: [circle(lon, lat, accuracy)] } : null);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  app.view.map?.easeTo({ center: [lon, lat], zoom: Math.max(15, app.view.map.getZoom()), duration: still ? 0 : 600, offset: isPhone() ? [0, -innerHeight * 0.2] : [0, 0] });
  app.panelKind = "grid";
  if (!cell && !zones.community && !zones.district) {
    showPanel(app, h("section", { class: "sec card-head" }, h("h2", { class: "title" }, t("outside.city")), h("p", { class: "note" }, `${lat.toFixed(5)}, ${lon.toFixed(5)}`)));
    return;
  }
  showPanel(app, card(app, zones, cell, accuracy));
  const nodes = ["unit_grid", "community", "street", "district"].map((level) => [level, zones[level]]).find(([, zone]) => zone);
  if (nodes) app.view.setData("selected", null);
  say(cell ? `${t("here")} ${cell.code}` : t("here"));
}

function card(app, zones, cell, accuracy) {
  const names = ["district", "street", "community"].map((level) => zones[level]?.name).filter(Boolean);
  const org = cell?.responsible_org || zones.unit_grid?.properties?.responsible_org;
  const error = accuracy === null ? t("here") : `${t("here")} · ${t("accuracy", { n: number(Math.round(accuracy)) })}`;
  const [grey, bold] = codeParts(cell?.code || "");
  return [
    h("section", { class: "sec card-head" }, h("p", { class: "path" }, error),
      cell ? h("h2", { class: "grid-code", "data-code": cell.code }, grey, h("b", null, bold))
        : h("h2", { class: "title" }, zones.community?.name || zones.street?.name || zones.district?.name),
      h("p", null, names.slice(-2).join(" · "))),
    accuracy !== null && accuracy > 30 ? h("section", { class: "sec" }, h("p", { class: "problem" }, t("accuracy.bad"))) : null,
    org ? h("section", { class: "sec" }, h("p", { class: "label" }, title(app.catalog.layers.unit_grid?.columns.responsible_org?.title) || t("responsible")), h("p", null, h("b", null, org))) : null,
    cell ? h("section", { class: "sec" }, h("div", { class: "acts" },
      h("button", { class: "btn primary", type: "button", onclick: () => app.store.set({ lvl: "unit_grid", sel: `unit_grid:${cell.code}` }) }, t("here.open")))) : null,
  ];
}

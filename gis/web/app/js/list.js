// The zones as a table: the same figures and actions as the map, for everyone.
import { digitsFor, distanceOf } from "./classes.js";
import { $, h } from "./dom.js";
import { number, t, title } from "./i18n.js";
import { showPanel } from "./panel.js";

export function zoneTable(app, choose) {
  const { choropleth } = app;
  const { target } = choropleth;
  const rows = [...(choropleth.values?.rows.values() || [])].filter((row) => row.scope);
  const rank = (row) => (row.value === null ? Infinity : distanceOf(row.value, target) ?? row.value);
  rows.sort((a, b) => rank(a) - rank(b));
  const shownRows = rows.slice(0, 500);
  const body = shownRows.map((row) => {
    const gap = row.value === null ? null : distanceOf(row.value, target);
    return h("tr", { "data-code": row.code },
      h("td", null, h("button", { type: "button", onclick: () => choose(row) }, row.name || row.code)),
      h("td", null, row.value === null ? t("none") : number(row.value, digitsFor(row.value, target, 1))),
      h("td", null, gap === null ? "" : `${gap >= 0 ? "+" : "−"}${number(Math.abs(gap), 1)}`));
  });
  return [
    h("table", { class: "zones" },
      h("caption", { class: "sr" }, `${title(target.title)} ${app.store.get("at")}`),
      h("thead", null, h("tr", null, h("th", { scope: "col" }, t(`zone.${choropleth.level}`)),
        h("th", { scope: "col" }, target.unit), h("th", { scope: "col" }, t("distance")))),
      h("tbody", null, body)),
    rows.length > shownRows.length ? h("p", { class: "note" }, t("list.more", { n: rows.length - shownRows.length })) : null,
    rows.length === 0 ? h("p", { class: "note" }, t("list.empty")) : null,
  ];
}

export function openList(app) {
  const { choropleth } = app;
  app.panelKind = "list";
  const choose = (row) => app.store.set({ sel: `${choropleth.level}:${row.code}` });
  showPanel(app,
    h("section", { class: "sec card-head" }, h("p", { class: "path" }, title(choropleth.target.title)),
      h("h2", { class: "title" }, t("list.title", { level: t(`zone.${choropleth.level}`) }))),
    h("section", { class: "sec" }, zoneTable(app, choose)));
  $("right").querySelector(".zones button")?.focus();
}

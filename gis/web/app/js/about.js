// The sheet behind "?": what a layer is, where it comes from, its coordinates.
import { $, closeButton, h, put } from "./dom.js";
import { number, t, title } from "./i18n.js";

export function openDialog(name, ...content) {
  const dialog = $("dialog");
  put(dialog, closeButton(t("close"), () => dialog.close()), h("h2", { id: "dialog-title" }, name), content);
  dialog.setAttribute("aria-labelledby", "dialog-title");
  dialog.showModal();
}

export function describeLayer(app, id) {
  const layer = app.catalog.layers[id];
  const pairs = [
    [t("about.id"), id],
    [t("about.count"), layer.count === null ? t("none") : number(layer.count)],
    [t("about.geometry"), t(`geometry.${layer.geometry}`)],
    [t("about.crs"), "CGCS2000 · EPSG:4490"],
    [t("about.credit"), layer.attribution || app.catalog.city.attribution],
    [t("about.columns"), Object.values(layer.columns).map((c) => title(c.title)).join(t("comma"))],
  ];
  openDialog(title(layer.title),
    layer.description ? h("p", { class: "note", style: { "margin-bottom": "12px" } }, title(layer.description)) : null,
    h("dl", null, pairs.map(([key, value]) => [h("dt", null, key), h("dd", null, value)])),
    h("p", { style: { "margin-top": "14px" } }, h("a", { href: `collections/${id}?f=html` }, t("about.open"))));
}

// Left panel, lower part: the layers that this level may see, by theme.
import { $, h, put } from "./dom.js";
import { number, t, title } from "./i18n.js";
import { describeLayer } from "./about.js";

export function startTree(app) {
  const { store, catalog, view } = app;

  function toggle(id, checked) {
    const on = store.get("on").filter((x) => x !== id);
    store.set({ on: checked ? [...on, id] : on });
  }

  function row(id, name, count, color, about) {
    const on = store.get("on").includes(id);
    return h("div", { class: "row", style: { "--layer": color } },
      h("label", null,
        h("input", { type: "checkbox", checked: on, "data-layer": id, onchange: (e) => toggle(id, e.target.checked) }),
        h("span", null, name)),
      about ? h("button", { class: "about", type: "button", "aria-label": t("about.layer", { name }), onclick: about }, "?") : null,
      h("span", { class: "count" }, count === null || count === undefined ? "" : number(count)));
  }

  function swatches(layer) {
    if (!layer.classes.length) return null;
    return h("p", { class: "swatches" }, layer.classes.map((item) =>
      h("span", null, h("i", { style: { background: item.color } }), title(item.title))));
  }

  function draw() {
    const groups = catalog.themes.map((theme) => [
      h("h3", null, title(theme.title)),
      theme.layers.map((id) => {
        const layer = catalog.layers[id];
        const open = store.get("on").includes(id);
        return [row(id, title(layer.title), layer.count, layer.color, () => describeLayer(app, id)), open ? swatches(layer) : null];
      }),
    ]);
    const focus = document.activeElement?.dataset?.layer;
    put($("tree"), row("gap", t("gaps.layer"), app.gapCount ?? null, "var(--gap)", null), groups);
    if (focus) $("tree").querySelector(`[data-layer="${focus}"]`)?.focus();
    const words = t("tree.foot", { n: Object.keys(catalog.layers).length });
    put($("tree-foot"), words, catalog.level === "public" ? [" · ", h("a", { href: "signin" }, t("tree.signin"))] : null);
  }

  function apply() {
    const on = store.get("on");
    const mine = (layer) => layer.metadata?.["citygrid:layer"];
    view.show((layer) => mine(layer) && on.includes(mine(layer)), true);
    view.show((layer) => mine(layer) && !on.includes(mine(layer)), false);
  }

  draw();
  apply();
  view.after.push(apply);
  store.watch(["on"], () => { draw(); apply(); });
  app.redrawTree = draw;
}

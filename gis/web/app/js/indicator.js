// Left panel, upper part: indicator, level, legend as histogram.
import { classBounds } from "./classes.js";
import { $, h, icon, put } from "./dom.js";
import { number, t, title } from "./i18n.js";
import { openList } from "./list.js";
import { LEVELS } from "./zones.js";

const SIGNS = { ">=": "≥", "<=": "≤" };

export function targetWords(target) {
  if (target.value === null || target.value === undefined) return t("target.none");
  const unit = target.unit === "%" ? "%" : ` ${target.unit}`;
  return `${SIGNS[target.op] || target.op} ${number(target.value, Number.isInteger(target.value) ? 0 : 1)}${unit}`;
}

export function startIndicator(app) {
  const { store, catalog, choropleth } = app;
  let open = false;

  function picker() {
    const target = choropleth.target;
    const head = h("button", {
      class: "pick", type: "button", "aria-expanded": String(open), "aria-controls": "options",
      onclick: () => { open = !open; picker(); if (open) $("options").querySelector("[aria-selected=true]")?.focus(); },
    },
    h("span", { class: "label" }, t("indicator")), h("b", null, title(target.title)),
    h("span", { class: "words" }, t("plan.target"), " ", h("b", null, targetWords(target)),
      ` · ${t("by.year", { year: (target.due || "2015").slice(0, 4) })} · ${t(target.measured ? "measured" : "reported")}`),
    icon("down"));
    put($("indicator"), head, open ? options() : null, phoneDates());
  }

  function options() {
    const groups = new Map();
    for (const target of catalog.targets) {
      const theme = title(target.theme);
      if (!groups.has(theme)) groups.set(theme, []);
      groups.get(theme).push(target);
    }
    const list = h("div", { class: "options", id: "options", role: "listbox", "aria-label": t("indicator") });
    for (const [theme, targets] of groups) {
      list.append(h("p", { class: "theme", role: "presentation" }, theme));
      for (const target of targets) {
        list.append(h("button", {
          type: "button", role: "option", "aria-selected": String(target.id === store.get("ind")),
          onclick: () => { open = false; store.set({ ind: target.id, cls: [] }); picker(); $("indicator").querySelector("button").focus(); },
        }, title(target.title), h("span", null, targetWords(target))));
      }
    }
    list.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") { open = false; picker(); $("indicator").querySelector("button").focus(); }
      if (!step) return;
      event.preventDefault();
      const all = [...list.querySelectorAll("button")];
      all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
    });
    return list;
  }

  // The time bar has no room on a phone: the same dates as a list.
  function phoneDates() {
    const select = h("select", {
      "aria-label": t("time"), onchange: (event) => store.set({ at: event.target.value }),
    }, app.dates.map((date) => h("option", { value: date, selected: date === store.get("at") },
      date || t("today"))));
    return h("p", { class: "time-phone" }, h("span", { class: "label" }, t("asof")), select);
  }

  function levels() {
    return h("div", { class: "seg", role: "group", "aria-label": t("level.zone") },
      LEVELS.filter((level) => catalog.zones.includes(level)).map((level) => h("button", {
        type: "button", "aria-pressed": String(level === choropleth.level), "data-level": level,
        onclick: () => store.set({ lvl: store.get("lvl") === level ? "auto" : level }),
      }, t(`zone.${level}`))));
  }

  function className(index, coverage) {
    const { breaks } = coverage ? catalog.coverage : catalog.distance;
    if (index === breaks.length + 1) return t("class.none");
    if (coverage) {
      const from = index ? breaks[index - 1] : 0;
      return t("class.range", { from, to: index < breaks.length ? breaks[index] : 100 });
    }
    if (index === breaks.length) return t("class.met", { target: targetWords(choropleth.target) });
    const [from, to] = classBounds(index, breaks);
    if (to === null) return t("class.over", { from: -breaks[index] });
    return from <= 0 ? t("class.upto", { to }) : t("class.short", { from, to });
  }

  function legend() {
    const coverage = store.get("col") === "cov";
    const { values, error, loading, target } = choropleth;
    const counts = new Map();
    let outside = 0;
    for (const row of values?.rows.values() || []) {
      if (!row.scope) { outside += 1; continue; }
      const index = choropleth.classesOf(row)[coverage ? 1 : 0];
      counts.set(index, (counts.get(index) || 0) + 1);
    }
    const order = coverage ? [4, 3, 2, 1, 0] : [4, 3, 2, 1, 0];
    if (counts.get(5)) order.push(5);
    const most = Math.max(1, ...counts.values());
    const shown = store.get("cls");
    const toggle = (index) => {
      const now = shown.length ? shown : order;
      const next = now.includes(index) ? now.filter((x) => x !== index) : [...now, index];
      store.set({ cls: next.length === order.length ? [] : next.sort() });
    };
    const rows = order.map((index) => h("button", {
      type: "button", "aria-pressed": String(!shown.length || shown.includes(index)), onclick: () => toggle(index),
      "data-class": index,
    },
    h("i", { class: index === 5 ? "hatch" : "", style: index === 5 ? {} : { background: `var(--${coverage ? "c" : "d"}${index})` } }),
    h("span", { class: index === 4 && !coverage ? "met" : "" }, className(index, coverage)),
    h("u", { style: { width: `${((counts.get(index) || 0) / most) * 100}%` } }),
    h("em", null, number(counts.get(index) || 0))));
    put($("legend"), levels(),
      target.city_only ? h("p", { class: "note", style: { margin: "12px 0" } }, t("city.only")) : values?.noGrid ? h("p", { class: "note", style: { margin: "12px 0" } }, t("no.grid")) : error ? problem(error) : h("div", { class: `classes${loading ? " dim" : ""}` }, rows),
      loading ? h("p", { class: "note computing" }, t("computing")) : null,
      h("p", { class: "colour" }, h("label", { for: "colour" }, t("colour.by")),
        h("select", { id: "colour", onchange: (e) => store.set({ col: e.target.value, cls: [] }) },
          h("option", { value: "gap", selected: !coverage }, t("colour.gap")),
          h("option", { value: "cov", selected: coverage }, t("colour.cov")))),
      h("p", { class: "legend-foot" },
        h("button", { type: "button", id: "open-list", onclick: () => openList(app) }, t("list.open")),
        shown.length ? h("button", { type: "button", onclick: () => store.set({ cls: [] }) }, t("clear")) : null,
        h("span", { class: "note" }, outside ? t("outside.scope", { n: number(outside) }) : "")));
  }

  function problem(error) {
    return h("p", { class: "problem", style: { "margin-top": "12px" } },
      error.status === 403 ? t("error.forbidden") : t("error.values"),
      error.message ? ` ${error.message}` : "",
      h("button", { type: "button", onclick: () => choropleth.load() }, t("retry")));
  }

  picker();
  legend();
  store.watch(["ind", "at"], picker);
  choropleth.onChange(legend);
}

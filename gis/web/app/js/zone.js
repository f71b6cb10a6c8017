// The zone panel: value, distance, bullet, terms of the ratio, trend, gaps.
import { item, track } from "./api.js";
import { bullet, bulletPlace, trend } from "./charts.js";
import { digitsFor, distanceOf, isMet } from "./classes.js";
import { h, icon } from "./dom.js";
import { openGaps } from "./gaps.js";
import { number, quantity, t, title } from "./i18n.js";
import { targetWords } from "./indicator.js";
import { addLive, stopLive } from "./live.js";
import { hidePanel, say, showPanel } from "./panel.js";
import { readSeries, readValues } from "./values.js";
import { codeParts, LEVELS, pathOf, readZones } from "./zones.js";

export function startZone(app) {
  const { store, choropleth } = app;
  const refresh = () => {
    const sel = store.get("sel");
    if (!sel) {
      if (app.panelKind === "zone") hidePanel(app, true);
      return;
    }
    const [layer, code] = [sel.slice(0, sel.indexOf(":")), sel.slice(sel.indexOf(":") + 1)];
    if (LEVELS.includes(layer)) track(openZone(app, layer, code));
  };
  store.watch(["sel", "ind", "at"], refresh);
  refresh();
  choropleth.onChange(() => {});
}

async function rowOf(app, level, code) {
  const { store, choropleth } = app;
  const at = store.get("at");
  const within = level === "unit_grid" ? [code.slice(0, 6)] : null;
  const values = await readValues(choropleth.target, level, at, within);
  return [values.rows.get(code) || null, values];
}

let turn = 0;
export async function openZone(app, level, code) {
  turn += 1;
  const mine = turn;
  app.panelKind = "zone";
  const path = await pathOf(level, code);
  if (mine !== turn) return;
  let row = null;
  let values = null;
  let problem = null;
  try {
    [row, values] = await rowOf(app, level, code);
  } catch (error) {
    problem = error;
  }
  const cell = level === "unit_grid" ? await item(level, code).catch(() => null) : null;
  const known = level === "unit_grid" ? Boolean(cell) : (await readZones(level).catch(() => new Map([[code]]))).has(code);
  if (mine !== turn || app.store.get("sel") !== `${level}:${code}`) return;
  if (!known) {
    showPanel(app, heading(app, level, code, path, row, cell), h("section", { class: "sec" }, h("p", { class: "problem" }, t("not.found"))));
    return;
  }
  showPanel(app, content(app, level, code, path, row, values, problem, cell));
  say(announce(app, code, row));
  track(addLive(app, level, code, () => mine === turn && app.panelKind === "zone" && app.store.get("sel") === `${level}:${code}`).catch(stopLive));
  if (level !== "unit_grid" && row && row.value !== null) track(addTrend(app, level, code, mine));
}

function announce(app, code, row) {
  const { target } = app.choropleth;
  if (!row) return code;
  if (row.value === null) return `${row.name || code} ${t("none")}`;
  return `${row.name || code} ${number(row.value, digitsFor(row.value, target, 1))} ${target.unit}`;
}

export function shortWords(value, target) {
  if (isMet(value, target)) return t("met");
  const gap = Math.abs(distanceOf(value, target));
  const digits = gap < 0.05 ? 3 : 1;
  return target.unit === "%" ? t("short.points", { n: number(gap, digits) }) : t("short.percent", { n: number(gap, digits) });
}

// Where only a class may be told, the class stands in place of the figure.
function figure(row, target) {
  const { value } = row;
  const text = row.band ? row.band.replace("-", "–") : number(value, digitsFor(value, target, 1));
  const unit = target.unit === "%" ? "%" : target.unit;
  return [
    h("p", { class: "figure" }, h("span", { class: "big", id: "zone-value" }, text, h("small", null, unit)),
      row.band ? h("span", { class: "note" }, t("class.told")) : h("span", { class: isMet(value, target) ? "ok" : "short" }, shortWords(value, target))),
    bullet(value, target.value, t("bullet.label", { value: text, target: targetWords(target) })),
    h("p", { class: "ends" }, h("span", null, `0${target.unit === "%" ? "%" : ""}`),
      h("b", { style: { left: `${Math.max(24, bulletPlace(value, target.value))}%` } },
        t("target.at", { target: targetWords(target).replace("≥ ", "") }))),
  ];
}

function terms(row, target) {
  const pairs = [];
  if (row.covered !== null) pairs.push([t("covered"), quantity(row.covered, row.unit)]);
  if (row.total !== null && row.covered !== null && target.unit === "%") {
    pairs.push([t("total"), quantity(row.total, row.unit)]);
    pairs.push([t("uncovered"), quantity(row.total - row.covered, row.unit)]);
  }
  return h("dl", { class: "facts" }, pairs.map(([name, q]) => [
    h("dt", null, name), h("dd", null, q.value, h("small", null, q.unit)),
  ]));
}

function heading(app, level, code, path, row, cell) {
  const steps = path.map((step) => [
    h("button", { type: "button", onclick: () => app.store.set({ sel: `${step.level}:${step.code}` }) }, step.name), " › ",
  ]);
  const [grey, bold] = codeParts(code);
  const name = level === "unit_grid"
    ? h("h2", { class: "grid-code", "data-code": code }, grey, h("b", null, bold))
    : h("h2", { class: "title" }, row?.name || cell?.properties?.name || code);
  return h("section", { class: "sec card-head" },
    h("p", { class: "path" }, title(app.catalog.city.title), path.length ? " › " : "", steps.flat().slice(0, -1)), name);
}

function content(app, level, code, path, row, values, problem, cell) {
  const { target } = app.choropleth;
  const parts = [heading(app, level, code, path, row, cell)];
  if (cell) parts.push(gridFacts(app, cell.properties));
  const indicator = h("p", { class: "label" }, title(target.title), " · ", app.store.get("at") || t("today"));
  if (problem) {
    parts.push(h("section", { class: "sec" }, indicator, h("p", { class: "problem" },
      problem.status === 403 ? t("error.forbidden") : t("error.values"), " ", problem.message,
      h("button", { type: "button", onclick: () => openZone(app, level, code) }, t("retry")))));
    return parts;
  }
  if (!row || !row.scope) {
    parts.push(h("section", { class: "sec" }, indicator, h("p", { class: "note" }, t("not.in.scope"))));
    return parts;
  }
  if (row.value === null) {
    parts.push(h("section", { class: "sec" }, indicator, h("p", { class: "figure" }, h("span", { class: "big" }, t("none"))),
      h("p", { class: "note" }, row.reason || t("no.value"))));
    parts.push(h("section", { class: "sec" }, actions(app, level, code, target)));
    return parts;
  }
  parts.push(h("section", { class: "sec" }, indicator, figure(row, target)));
  parts.push(h("section", { class: "sec" }, terms(row, target), values.notes.map((note) => h("p", { class: "note" }, note))));
  parts.push(h("section", { class: "sec", id: "trend", hidden: true }));
  parts.push(h("section", { class: "sec" }, actions(app, level, code, target)));
  return parts;
}

function gridFacts(app, properties) {
  const columns = app.catalog.layers.unit_grid?.columns || {};
  const named = ["responsible_org", "manager_phone", "area_m2"].filter((key) => properties[key] !== null && properties[key] !== undefined);
  if (!named.length) return null;
  return h("section", { class: "sec" }, h("dl", { class: "facts" }, named.map((key) => {
    const q = key === "area_m2" ? quantity(properties[key], "m2") : { value: properties[key], unit: "" };
    const value = key === "manager_phone" ? h("a", { href: `tel:${q.value}` }, q.value) : q.value;
    return [h("dt", null, title(columns[key]?.title) || key), h("dd", null, value, h("small", null, q.unit))];
  })));
}

function actions(app, level, code, target) {
  const at = app.store.get("at");
  const card = `scorecard?target=${target.id}${at ? `&at=${at}` : ""}&zone=${code.slice(0, 6)}`;
  const tried = app.whatif && target.coverage?.service in app.catalog.services;
  return h("div", { class: "acts" },
    tried ? h("button", { class: "btn primary", type: "button", id: "try-zone", onclick: () => app.whatif.open() }, icon("plus"), t("wi.here")) : null,
    target.gap ? h("button", { class: `btn${tried ? "" : " primary"}`, type: "button", id: "show-gaps", onclick: () => openGaps(app, level, code) }, icon("gap"), t("gaps.show")) : null,
    h("a", { class: "btn", href: card }, icon("table"), t("ledger")),
    h("button", { class: "btn", type: "button", onclick: () => downloadZones(app, level) }, icon("load"), "CSV"));
}

async function downloadZones(app, level) {
  const inputs = { targets: [app.store.get("ind")], zones: level };
  if (app.store.get("at")) inputs.as_of = app.store.get("at");
  const response = await fetch("processes/scorecard/execution", {
    method: "POST", headers: { "Content-Type": "application/json", Accept: "text/csv" }, body: JSON.stringify({ inputs }),
  });
  if (!response.ok) return;
  const url = URL.createObjectURL(await response.blob());
  const link = h("a", { href: url, download: `${inputs.targets[0]}-${level}-${inputs.as_of || "now"}.csv` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

async function addTrend(app, level, code, mine) {
  const { target } = app.choropleth;
  const dates = app.dates.filter(Boolean);
  const series = await readSeries(target, level, code, dates);
  const section = document.getElementById("trend");
  if (mine !== turn || !section) return;
  const known = series.filter((p) => p.value !== null);
  if (known.length < 2) return;
  const [first, last] = [known[0], known[known.length - 1]];
  const years = (Date.parse(last.date) - Date.parse(first.date)) / 31557600000;
  const slope = (last.value - first.value) / years;
  const words = t(target.unit === "%" ? "slope.points" : "slope.plain", { n: `${slope >= 0 ? "+" : "−"}${number(Math.abs(slope), 1)}` });
  section.append(
    h("p", { class: "trend-head" }, `${first.date.slice(0, 4)} – ${last.date.slice(0, 4)}`, h("span", null, h("b", null, words))),
    trend(series, target.value, { label: series.map((p) => `${p.date}: ${number(p.value, 1)}`).join(", "), mark: app.store.get("at") }),
  );
  section.hidden = false;
}

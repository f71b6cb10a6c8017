// The panel of what-if: figures first, then the numbers of one asset, then the plan.
import { track } from "./api.js";
import { bullet } from "./charts.js";
import { isMet } from "./classes.js";
import { $, h, put } from "./dom.js";
import { number, signed, t, title } from "./i18n.js";
import { isPhone, showPanel } from "./panel.js";
import { openSave, openScenarios } from "./scenarios.js";
import { flyToZone } from "./search.js";
import { amount, consequence, share, verdict } from "./wifigures.js";
import { numbersOf } from "./wicode.js";
import { openPaste } from "./wipaste.js";

const TURN_DEG = 5;
const MODES = ["before", "after", "change"];
const SHOWN = 3; // zones of a level; the rest on demand
const LISTED = 60;

const counts = (edits) => ["add", "move", "remove"].map((op) => {
  const n = edits.filter((edit) => edit.op === op).length;
  return n ? t(`wi.count.${op}`, { n }) : null;
}).filter(Boolean).join(" · ");

export const planWords = (plan) => counts(plan.edits) || t("wi.empty.title");

function build(tried) {
  const part = (id, ...content) => h("section", { class: "sec", id }, ...content);
  tried.ui = { head: part("wi-head"), figures: part("wi-figures"), picked: part("wi-picked"), form: part("wi-form"), list: part("wi-list"), acts: part("wi-acts") };
  tried.ui.head.classList.add("card-head");
  showPanel(tried.app, Object.values(tried.ui));
}

export function showWhatIf(tried, { figuresOnly = false } = {}) {
  if (!$("wi-figures")) build(tried);
  drawFigures(tried);
  if (figuresOnly) return;
  drawHead(tried);
  drawPicked(tried);
  drawForm(tried);
  drawList(tried);
  drawActs(tried);
}

function drawHead({ ui, plan, saved, service, app }) {
  const held = ui.head.contains(document.activeElement);
  const select = h("select", {
    id: "wi-service", onchange: (event) => {
      app.whatif.mark();
      app.whatif.begin(event.target.value);
      app.whatif.changed();
    },
  }, Object.entries(app.catalog.services).map(([id, one]) => h("option", { value: id, selected: id === plan.service }, title(one.title))));
  put(ui.head, h("p", { class: "path" }, saved ? t("wi.saved.path") : t("wi.path")),
    h("h2", { class: "title" }, saved ? saved.name : planWords(plan)),
    saved ? h("p", { class: "note" }, planWords(plan), saved.stale.length ? [" · ", h("span", { class: "tag" }, t("wi.stale"))] : null) : null,
    plan.fixed ? h("p", { class: "note" }, t("wi.fixed")) : h("p", { class: "pair" }, h("label", { for: "wi-service" }, t("wi.service")), select),
    service && !plan.edits.length ? h("p", { class: "note" }, t(isPhone() ? "wi.how.phone" : "wi.how")) : null);
  if (held) $("wi-service")?.focus();
}

// ---- figures

function drawFigures(tried) {
  const { ui, figures, error, asking, plan, app } = tried;
  const mode = tried.held ? "before" : app.store.get("cmp");
  ui.figures.hidden = !plan.edits.length && !plan.fixed;
  if (ui.figures.hidden) return;
  ui.figures.setAttribute("aria-busy", String(asking));
  ui.figures.classList.toggle("pending", asking);
  const focus = ui.figures.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  put(ui.figures,
    h("div", { class: "seg", role: "group", "aria-label": t("wi.mode") }, MODES.map((id) => h("button", {
      type: "button", "data-key": id, "aria-pressed": String(id === mode), title: id === "before" ? "B" : "", onclick: () => app.store.set({ cmp: id }),
    }, t(`wi.${id}`)))),
    mode === "change" ? deltaLegend() : null,
    error ? problem(tried, error) : null,
    figures ? [measureWords(figures, app), table(tried, figures), uncounted(figures), h("p", { class: "sentence" }, consequence(figures).map((text) => h("span", null, text, " ")))]
      : error ? null : [h("p", { class: "skeleton w70" }), h("p", { class: "skeleton w50" }), h("p", { class: "skeleton w70" })]);
  if (focus) ui.figures.querySelector(`[data-key="${focus}"]`)?.focus();
}

function uncounted({ answer }) {
  const n = answer.reconciliation.edits.not_counted;
  return n ? h("p", { class: "note" }, t("wi.uncounted", { n })) : null;
}

function problem(tried, error) {
  const words = error.status === 0 ? t("wi.offline") : error.status === 403 ? t("error.forbidden") : error.status === 503 ? t("wi.busy") : `${t("wi.failed")} ${error.message}`;
  return h("p", { class: "problem", role: "alert" }, words, error.reference ? ` ${error.reference}` : "",
    h("button", { type: "button", "data-key": "retry", onclick: () => tried.ask() }, t("retry")));
}

function measureWords({ target, instead, answer }, app) {
  if (target) return h("p", { class: "label" }, title(target.title), " · ", t("plan.target"), ` ${target.goal}`);
  const demand = instead || answer.reconciliation.demand;
  return h("p", { class: "label" }, demand ? t("wi.share.of", { name: title(app.catalog.layers[demand]?.title) || demand }) : t("wi.share.ground"));
}

const deltaLegend = () => h("p", { class: "deltas", "aria-hidden": "true" }, ["≤ −5", "−1", "< 0", "> 0", "+1", "≥ +5"].map((text, i) =>
  h("span", null, h("i", { style: { background: `var(--x${i})` } }), text)));

function figureRow(row, target, { path = null, open = null } = {}) {
  const words = verdict(row, target);
  const name = row.name || row.code;
  return [
    h("tr", { "data-zone": row.code },
      h("th", { scope: "row" }, open ? h("button", { type: "button", "data-key": `z${row.code}`, onclick: open }, name) : name, path ? h("small", null, path) : null),
      h("td", null, share(row.before, target)), h("td", null, h("b", null, share(row.after, target))),
      h("td", { class: row.more > 0 ? "up" : row.more < 0 ? "down" : "" }, row.after === null ? amount(row) : signed(row.after - row.before))),
    h("tr", { class: "under" }, h("td", { colspan: 4 }, words ? h("small", null, words) : null,
      row.after === null ? null : bullet(row.after, target && row.scope !== false ? target.value : null, `${name} ${share(row.after, target)}%`))),
  ];
}

function table(tried, { city, levels, target }) {
  const { app } = tried;
  const body = [figureRow(city, target)];
  for (const { level, rows } of levels) {
    if (!rows.length) continue;
    const all = tried.unfolded?.has(level);
    if (level === "unit_grid" && !all) {
      body.push(folded(tried, level, rows, target, 0));
      continue;
    }
    const shown = all ? rows.slice(0, LISTED) : rows.slice(0, SHOWN);
    body.push(shown.map((row) => figureRow(row, target, { open: () => goTo(app, level, row) })));
    if (rows.length > shown.length || all) body.push(folded(tried, level, rows, target, shown.length));
  }
  return h("table", { class: "tried" },
    h("caption", { class: "sr" }, t("wi.table")),
    h("thead", null, h("tr", null, h("th", { scope: "col" }, t("wi.zone")), ["before", "after", "change"].map((id) => h("th", { scope: "col" }, t(`wi.col.${id}`))))),
    h("tbody", null, body));
}

function folded(tried, level, rows, target, shown) {
  const met = target ? rows.filter((row) => row.scope !== false && row.after !== null && isMet(row.after, target)).length : 0;
  const words = level === "unit_grid" && !shown
    ? t(target ? "wi.cells.met" : "wi.cells", { n: rows.length, met: number(met) })
    : shown < rows.length ? t("wi.others", { n: rows.length - shown, level: t(`zone.${level}`) }) : t("wi.fold");
  const turn = () => {
    tried.unfolded = new Set(tried.unfolded || []);
    if (!tried.unfolded.delete(level)) tried.unfolded.add(level);
    showWhatIf(tried, { figuresOnly: true });
  };
  return h("tr", { class: "more" }, h("th", { scope: "row", colspan: 4 },
    level === "unit_grid" && !shown ? h("span", null, t("zone.unit_grid"), " ") : null,
    h("button", { type: "button", "data-key": `more-${level}`, "aria-expanded": String(Boolean(tried.unfolded?.has(level))), onclick: turn }, words)));
}

function goTo(app, level, row) {
  app.store.set({ lvl: level });
  track(flyToZone(app, level, row.code));
}

// ---- a stored asset that was tapped

function drawPicked(tried) {
  const { ui, picked } = tried;
  ui.picked.hidden = !picked;
  if (!picked) return;
  const act = (op) => () => tried.take(picked.code, op);
  put(ui.picked, h("p", { class: "label" }, t("wi.standing")), h("p", null, h("b", null, picked.name || picked.code)),
    h("div", { class: "acts" },
      h("button", { class: "btn", type: "button", id: "wi-remove", onclick: act("remove") }, t("wi.remove")),
      h("button", { class: "btn", type: "button", id: "wi-move", onclick: act("move") }, t("wi.move"))));
}

// ---- the numbers of the chosen asset, or of the next one

function drawForm(tried) {
  const { ui, plan, service, selected } = tried;
  ui.form.hidden = !service || Boolean(plan.fixed) || selected?.op === "remove";
  if (ui.form.hidden) return;
  const key = `${plan.service}/${tried.at}/${selected?.op}`;
  if (ui.form.contains(document.activeElement) && ui.form.dataset.for === key) {
    for (const node of ui.form.querySelectorAll("[data-field]")) {
      const value = valueOf(tried, node.dataset.field);
      if (node !== document.activeElement || node.type === "range") node.value = value ?? "";
    }
    return;
  }
  ui.form.dataset.for = key;
  const turns = service.fields.some((f) => f.role === "azimuth");
  put(ui.form,
    h("h3", null, selected ? t("wi.this", { n: tried.at + 1 }) : t("wi.following")),
    h("div", { class: "optics" }, selected ? [place(tried, "lon"), place(tried, "lat")] : null, service.fields.filter((f) => f.name).map((f) => field(tried, f))),
    h("p", { class: "note" }, service.basis),
    h("div", { class: "acts" },
      h("button", { class: `btn${plan.edits.length ? "" : " primary"}`, type: "button", id: "wi-place", onclick: () => tried.placeAtCentre() }, t("wi.place")),
      selected && turns ? [
        h("button", { class: "btn", type: "button", id: "wi-left", onclick: () => tried.turn(-TURN_DEG) }, t("try.left")),
        h("button", { class: "btn", type: "button", id: "wi-right", onclick: () => tried.turn(TURN_DEG) }, t("try.right"))] : null,
      selected ? h("button", { class: "btn", type: "button", id: "wi-drop", onclick: () => tried.drop() }, t("wi.drop")) : null));
}

function valueOf(tried, name) {
  const own = tried.selected ? numbersOf(tried.selected) : tried.usual();
  if (name === "lon" || name === "lat") return tried.selected?.[name].toFixed(6);
  return own[name];
}

// A change of the chosen asset is also how the next one begins.
function give(tried, p) {
  Object.assign(tried.usual(), p);
  if (tried.selected) tried.edit({ p });
  else drawForm(tried);
}

function field(tried, one) {
  const id = `wi-${one.name}`;
  const label = `${title(one.title)}${one.unit === "deg" ? " °" : one.unit === "m" ? " m" : ""}`;
  const value = valueOf(tried, one.name) ?? "";
  if (one.options) {
    const choose = (event) => give(tried, { [one.name]: event.target.value, ...tried.brought(one.options.find((o) => o.code === event.target.value)) });
    return [h("label", { for: id }, label), h("select", { id, class: "wide", "data-field": one.name, onchange: choose },
      one.options.map((o) => h("option", { value: o.code, selected: o.code === value }, title(o.title))))];
  }
  const change = (event) => {
    const given = Number(event.target.value);
    if (event.target.value === "" || !Number.isFinite(given)) return;
    const whole = Math.round(given / one.step) * one.step;
    give(tried, { [one.name]: Number(Math.min(one.max, Math.max(one.min, whole)).toFixed(3)) });
  };
  const most = one.role === "radius" ? Math.max(1000, Number(value)) : one.role === "resolution" ? Math.max(7680, Number(value)) : one.max;
  const given = { min: one.min, max: one.max, step: one.step, value, oninput: change, "data-field": one.name };
  return [h("label", { for: id }, label), h("input", { type: "range", ...given, max: most, "aria-label": label }), h("input", { type: "number", ...given, id })];
}

function place(tried, axis) {
  const change = (event) => {
    const value = Number(event.target.value);
    const [west, south, east, north] = tried.app.catalog.city.extent;
    const [low, high] = axis === "lon" ? [west, east] : [south, north];
    const good = event.target.value !== "" && value >= low && value <= high;
    event.target.setAttribute("aria-invalid", String(!good));
    if (good) tried.edit({ [axis]: Number(value.toFixed(6)) });
  };
  const id = `wi-${axis}`;
  return [h("label", { for: id }, t(`wi.${axis}`)), h("input", { type: "number", class: "wide", step: 0.000001, id, "data-field": axis, value: valueOf(tried, axis), oninput: change })];
}

// ---- the plan

function drawList(tried) {
  const { ui, plan, service } = tried;
  ui.list.hidden = !plan.edits.length;
  if (ui.list.hidden) return;
  const focus = ui.list.contains(document.activeElement) ? document.activeElement.dataset.index : null;
  const words = (edit) => {
    if (edit.op === "remove") return edit.code;
    const turn = service.fields.find((f) => f.role === "azimuth");
    return `${edit.code ? `${edit.code} · ` : ""}${edit.lat.toFixed(5)}, ${edit.lon.toFixed(5)}${turn ? ` · ${numbersOf(edit)[turn.name] ?? "–"}°` : ""}`;
  };
  put(ui.list, h("details", { open: plan.edits.length <= 6 || tried.listOpen, ontoggle: (e) => { tried.listOpen = e.target.open; } },
    h("summary", null, t("wi.list", { n: plan.edits.length })),
    h("div", { class: "gaps" }, plan.edits.slice(0, 200).map((edit, index) => h("button", {
      type: "button", "data-index": index, "aria-current": String(index === tried.at), onclick: () => tried.select(index),
    }, h("span", null, `${index + 1} · ${t(`wi.op.${edit.op}`)}`), h("small", null, words(edit)))))));
  if (focus !== null) ui.list.querySelector(`[data-index="${focus}"]`)?.focus();
}

function drawActs(tried) {
  const { ui, plan, past, tooLong, app } = tried;
  const held = ui.acts.contains(document.activeElement) ? document.activeElement.id : null;
  const button = (id, words, run, more = {}) => h("button", { class: "btn", type: "button", id, onclick: run, ...more }, words);
  const some = plan.edits.length > 0;
  put(ui.acts, h("div", { class: "acts" },
    some ? button("wi-save", t("wi.save"), () => openSave(tried), { class: "btn primary" }) : null,
    button("wi-undo", t("wi.undo"), () => tried.undo(), { disabled: !past.length }),
    some ? button("wi-share", t("share"), () => shareLink(tried)) : null,
    plan.fixed ? null : button("wi-paste", t("wi.paste"), () => openPaste(tried)),
    button("wi-scenarios", t("wi.scenarios"), () => openScenarios(app))),
  tooLong ? h("p", { class: "note" }, t("wi.too.long")) : null);
  if (held) $(held)?.focus();
}

function shareLink(tried) {
  if (tried.tooLong) openSave(tried);
  else $("share").click();
}

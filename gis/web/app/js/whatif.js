// What-if: a plan of assets that come, move or go; its figures before and after. One
// question is under way at a time, and none of an earlier plan is ever shown.
import { ApiError, execute, getJson, item, track } from "./api.js";
import { askViews } from "./cameraviews.js";
import { t } from "./i18n.js";
import { say, toast } from "./panel.js";
import { readValues } from "./values.js";
import { decodePlan, encodePlan, fromInputs, isSaved, LONGEST, MOST_EDITS, numbersOf, snap, toInputs } from "./wicode.js";
import { drawPlan } from "./widraw.js";
import { figuresOf, summary } from "./wifigures.js";
import { showWhatIf } from "./wipanel.js";

const UNDO = 50;
const STROKE_MS = 800;
const MEASURE = ["of", "demand", "demand_where", "weight", "share_min", "where", "parameters"];
const isSame = (one, other) => MEASURE.every((key) => JSON.stringify(one[key] ?? null) === JSON.stringify(other[key] ?? null));
const PATIENCE_MS = 4000; // an answer this late is given up for a newer question

export class WhatIf {
  constructor(app) {
    this.app = app;
    this.services = app.catalog.services;
    this.past = [];
    this.at = -1;
    this.defaults = {};
    this.views = new Map();
    this.clear();
  }

  clear() {
    this.abort?.abort();
    Object.assign(this, { plan: null, figures: null, error: null, saved: null, asking: false, again: false, abort: null });
  }

  get service() { return this.services[this.plan?.service] || null; }

  get selected() { return this.plan?.edits[this.at] || null; }

  get isOpen() { return this.app.panelKind === "whatif"; }

  // The numbers that the next asset of a service begins with.
  usual(id = this.plan.service) {
    if (!this.defaults[id]) {
      const fields = this.services[id].fields.filter((field) => field.name);
      const own = Object.fromEntries(fields.map((field) => [field.name, field.value]));
      for (const field of fields) {
        const option = field.options?.find((o) => o.code === field.value);
        if (option) Object.assign(own, this.brought(option, id));
      }
      this.defaults[id] = own;
    }
    return this.defaults[id];
  }

  // What a kind brings along, as far as the model reads it.
  brought(option, id = this.plan.service) {
    const names = this.services[id].fields.map((f) => f.name);
    return Object.fromEntries(Object.entries(option.brings).filter(([name]) => names.includes(name)));
  }

  // The indicator that a service alone decides; the one shown comes first.
  targetOf(service) {
    const mine = (target) => target.coverage?.service === service;
    const { target } = this.app.choropleth;
    return target && mine(target) ? target : this.app.catalog.targets.find(mine) || null;
  }

  // What is measured, and whether it is what the indicator measures.
  measure() {
    const { service, fixed, own } = this.plan;
    if (fixed) return { inputs: {}, target: null };
    return own ? this.measureLike(own) : this.measureOf(this.targetOf(service));
  }

  // What a scenario measures, by the indicator that measures the same where there is one.
  measureLike(own) {
    const mine = this.app.catalog.targets.filter((target) => target.coverage?.service === this.plan.service);
    const known = mine.map((target) => this.measureOf(target)).find(({ inputs }) => isSame(inputs, own));
    return known || { inputs: own, target: null, instead: own.demand };
  }

  measureOf(target) {
    if (!target) return { inputs: {}, target: null };
    const { service: _, ...inputs } = target.coverage;
    return { inputs, target };
  }

  inputs() {
    const at = this.app.store.get("at");
    return { ...toInputs(this.plan), ...this.measure().inputs, ...(at && !this.plan.fixed ? { as_of: at } : {}) };
  }

  // ---- changing the plan

  begin(service) {
    this.plan = { service, edits: [] };
    this.at = -1;
    const target = this.targetOf(service);
    if (target && target.id !== this.app.store.get("ind")) this.app.store.set({ ind: target.id, cls: [] });
  }

  // A step that undo takes back; `quiet` steps of one drag are one.
  change(edits, { at = this.at, quiet = false } = {}) {
    if (this.plan.fixed || edits.length > MOST_EDITS) {
      toast(t(this.plan.fixed ? "wi.fixed" : "wi.most", { n: MOST_EDITS }));
      return;
    }
    if (!quiet) this.mark();
    this.picked = null;
    this.plan = { ...this.plan, edits };
    this.at = Math.min(at, edits.length - 1);
    this.changed();
  }

  mark() {
    this.past = [...this.past.slice(1 - UNDO), { plan: this.plan, at: this.at }];
  }

  changed() {
    const { plan } = this;
    const text = plan.edits.length && !plan.fixed ? encodePlan(plan, this.services) : "";
    this.tooLong = text.length > LONGEST;
    this.app.store.set({ wi: this.tooLong ? "" : text });
    drawPlan(this);
    if (plan.edits.length || plan.fixed) this.ask();
    else this.rest();
    if (this.isOpen) showWhatIf(this);
  }

  // Without an edit the city is as it was: nothing is asked, nothing late is shown.
  rest() {
    this.abort?.abort();
    Object.assign(this, { asking: false, again: false, abort: null, figures: null, error: null });
    this.show();
  }

  place({ lng, lat }, more = {}) {
    const edit = { op: "add", lon: snap(lng), lat: snap(lat), p: { ...this.usual(), ...more } };
    this.change([...this.plan.edits, edit], { at: this.plan.edits.length });
    say(t("wi.placed", { n: this.plan.edits.length }));
  }

  placeAll(places) {
    const kinds = this.service.fields.filter((field) => field.options);
    const brought = (p) => Object.assign({}, ...kinds.map((f) => { const option = f.options.find((o) => o.code === p[f.name]); return option ? this.brought(option) : {}; }));
    const added = places.map(({ lon, lat, p }) => ({ op: "add", lon, lat, p: { ...this.usual(), ...brought(p), ...p } }));
    this.change([...this.plan.edits, ...added], { at: this.plan.edits.length + added.length - 1 });
  }

  // Strokes that follow each other at once are one step of undo.
  edit(changes, quiet = null) {
    if (!this.selected || this.selected.op === "remove") return;
    const { p, ...place } = changes;
    const now = performance.now();
    const same = this.stroke?.at === this.at && now - this.stroke.when < STROKE_MS;
    this.stroke = { at: this.at, when: now };
    const edits = [...this.plan.edits];
    edits[this.at] = { ...this.selected, ...place, p: { ...this.selected.p, ...p } };
    this.change(edits, { quiet: quiet ?? same });
  }

  turn(by) {
    const field = this.service?.fields.find((f) => f.role === "azimuth");
    if (!field || !this.selected || this.selected.op === "remove") return;
    const now = numbersOf(this.selected)[field.name] ?? 0;
    const value = (Math.round(now + by) + 360) % 360;
    this.edit({ p: { [field.name]: value } });
    say(t("try.turned", { n: String(value) }));
  }

  drop() {
    if (!this.selected) return;
    this.change(this.plan.edits.filter((_, i) => i !== this.at), { at: this.at - (this.at === this.plan.edits.length - 1 ? 1 : 0) });
    say(t("wi.dropped"));
  }

  // The numbers of a stored asset, as far as the model reads them.
  wasOf({ properties }) {
    const names = this.service.fields.map((f) => f.name).filter((name) => name && (properties[name] ?? null) !== null);
    return Object.fromEntries(names.map((name) => [name, properties[name]]));
  }

  // A stored asset: taken out, or taken along to be moved.
  async take(code, op) {
    const known = this.plan.edits.findIndex((edit) => edit.code === code);
    if (known >= 0) { this.select(known); return; }
    const found = await track(item(this.plan.service, code)).catch(() => null);
    if (!found?.geometry || found.geometry.type !== "Point" || !this.plan) { toast(t("not.found")); return; }
    const [lon, lat] = found.geometry.coordinates;
    const stands = { op, code, from: [lon, lat], was: this.wasOf(found) };
    const edit = op === "remove" ? stands : { ...stands, lon: snap(lon), lat: snap(lat), p: {} };
    this.change([...this.plan.edits, edit], { at: this.plan.edits.length });
  }

  // `picked` is a standing asset, which may be taken out or along.
  select(index, picked = null) {
    this.at = index;
    this.picked = picked;
    drawPlan(this);
    if (this.isOpen) showWhatIf(this);
  }

  undo() {
    const last = this.past.pop();
    if (!last) return;
    this.plan = last.plan;
    this.at = last.at;
    say(t("wi.undone"));
    this.changed();
  }

  // ---- asking

  async ask() {
    if (this.asking) {
      this.again = true;
      if (performance.now() - this.since > PATIENCE_MS) this.abort.abort();
      this.show();
      return;
    }
    const { plan } = this;
    const abort = new AbortController();
    Object.assign(this, { asking: true, again: false, abort, since: performance.now() });
    this.show();
    const measure = this.measure();
    const question = { ...this.inputs(), levels: this.app.catalog.zones };
    const date = this.app.store.get("at");
    let found = null;
    let error = null;
    try {
      found = await Promise.all([
        execute("what-if", question, { signal: abort.signal }),
        measure.target ? readValues(measure.target, "district", date).catch(() => null) : null,
        this.look(plan, abort.signal),
      ]);
    } catch (cause) {
      error = cause instanceof ApiError ? cause : new ApiError(0, "", String(cause.message), "");
    }
    if (this.abort !== abort) return; // the plan it was asked for is gone
    this.asking = false;
    if (!abort.signal.aborted) {
      this.error = error;
      if (found) this.figures = figuresOf(found[0], measure, found[1], this.app);
    }
    drawPlan(this);
    if (this.again) this.ask();
    else if (this.figures && !error) say(summary(this.figures));
    this.show();
  }

  // Views of the cameras that are new since the last look; others are kept.
  async look(plan, signal) {
    const service = this.services[plan.service];
    if (service?.model !== "sector") return;
    const names = { azimuth: "facing_deg", hfov: "opening_deg", height: "mount_m", tilt: "down_deg", resolution: "pixels_across", kind: "kind" };
    const missing = new Map();
    for (const edit of plan.edits) if (edit.op !== "remove" && !this.views.has(this.keyOf(edit))) missing.set(this.keyOf(edit), edit);
    if (!missing.size) return;
    const drawn = [...missing.values()].map((edit, i) => {
      const like = numbersOf(edit);
      const own = service.fields.filter((f) => (like[f.name] ?? null) !== null);
      return { lon: edit.lon, lat: edit.lat, code: `v${i}`, ...Object.fromEntries(own.map((f) => [names[f.role], like[f.name]])) };
    });
    const at = this.app.store.get("at");
    const answer = await askViews({ drawn, levels: [service.purpose], ...(at ? { as_of: at } : {}) }, { signal }).catch(() => null);
    if (!answer) return;
    const keys = [...missing.keys()];
    for (const f of answer.features) {
      if (f.properties.kind === "view") this.views.set(keys[Number(f.properties.camera.slice(1))], f.geometry);
    }
    if (this.views.size > 400) this.views = new Map([...this.views].slice(-200));
  }

  keyOf(edit) { return JSON.stringify([edit.lon, edit.lat, numbersOf(edit), this.app.store.get("at")]); }

  // ---- showing

  show() {
    const mode = this.held ? "before" : this.app.store.get("cmp");
    const own = Boolean(this.figures?.target) && this.figures.target.id === this.app.store.get("ind");
    this.app.choropleth.setTried(this.figures?.zones || null, mode, own);
    if (this.isOpen) showWhatIf(this, { figuresOnly: true });
    this.app.redrawTried?.();
  }

  // The same from the card of an asset.
  async takeFrom(service, code, op) {
    if (this.plan && this.plan.service !== service) this.mark();
    if (this.plan?.service !== service) this.begin(service);
    this.open();
    await this.take(code, op);
  }

  // Held down, a key shows the city as it is.
  hold(held) {
    if (!this.figures || held === Boolean(this.held)) return;
    this.held = held;
    this.show();
  }

  open() {
    if (this.isOpen) return;
    if (!this.plan) this.begin(this.app.choropleth.target?.coverage?.service in this.services
      ? this.app.choropleth.target.coverage.service : "camera" in this.services ? "camera" : Object.keys(this.services)[0]);
    this.app.endTrial?.();
    if (this.app.store.get("sel")) this.app.store.set({ sel: "" });
    const on = this.app.store.get("on");
    if (this.service?.seen && !on.includes(this.plan.service)) this.app.store.set({ on: [...on, this.plan.service] });
    this.app.panelKind = "whatif";
    showWhatIf(this);
    this.app.redrawTried?.();
    drawPlan(this);
  }

  // Closing ends the trial; one tap brings it back as it was.
  end() {
    const held = { plan: this.plan, at: this.at, past: this.past, saved: this.saved };
    this.clear();
    this.past = [];
    this.at = -1;
    this.app.store.set({ wi: "" });
    this.show();
    drawPlan(this);
    if (!held.plan?.edits.length) return;
    toast(t("wi.ended"), { name: t("wi.restore"), run: () => { Object.assign(this, held); this.changed(); this.open(); } });
  }

  // What the server has kept is what the link now says.
  keep(scenario) {
    this.saved = scenario;
    this.app.store.set({ wi: `s:${scenario.id}` });
    if (this.isOpen) showWhatIf(this);
  }

  // ---- links

  async read(wi) {
    const id = isSaved(wi);
    if (id) {
      const scenario = await getJson(`scenarios/${id}`).catch((error) => error);
      if (this.app.store.get("wi") !== wi) return;
      if (scenario instanceof Error) { this.app.store.set({ wi: "" }); toast(t(scenario.status === 404 || scenario.status === 401 ? "wi.gone" : "error.values")); return; }
      await this.adopt(fromInputs(scenario.inputs, this.services), scenario);
      return;
    }
    const plan = decodePlan(wi, this.services);
    if (plan) await this.adopt(plan);
  }

  async adopt(plan, saved = null) {
    this.abort?.abort();
    const before = this.plan;
    this.clear();
    this.begin(plan.service);
    if (before) this.past = [];
    this.plan = plan;
    this.saved = saved;
    this.at = plan.edits.length - 1;
    if (saved && !plan.fixed) {
      this.plan = { ...plan, own: Object.fromEntries(MEASURE.filter((key) => (saved.inputs[key] ?? null) !== null).map((key) => [key, saved.inputs[key]])) };
      const { target } = this.measure();
      if (target) this.app.store.set({ ind: target.id });
    }
    if (saved && saved.inputs.as_of !== undefined && !plan.fixed) this.app.store.set({ at: saved.inputs.as_of || "" });
    this.app.store.set({ wi: saved ? `s:${saved.id}` : encodePlan(plan, this.services) });
    await this.locate();
    drawPlan(this);
    this.open();
    await this.ask();
  }

  // Where the assets stand that move or go: a link tells only their codes.
  async locate() {
    const { plan } = this;
    if (!this.service) return;
    await Promise.all(plan.edits.filter((edit) => edit.code && !edit.from).map(async (edit) => {
      const found = await item(plan.service, edit.code).catch(() => null);
      if (found?.geometry?.type === "Point") Object.assign(edit, { from: found.geometry.coordinates, was: this.wasOf(found) });
    }));
  }
}

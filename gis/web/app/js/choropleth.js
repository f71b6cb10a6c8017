// Zone values on the map: classes by feature state, labels from points, one selection.
import { item, latest, track } from "./api.js";
import { coverageClass, deltaClass, digitsFor, distanceClass } from "./classes.js";
import { number, signed, t } from "./i18n.js";
import { readValues } from "./values.js";
import { LEVELS, readZones } from "./zones.js";

const MOST_LABELS = 4000;

export class Choropleth {
  constructor(view, store, catalog) {
    this.view = view;
    this.store = store;
    this.catalog = catalog;
    this.newest = latest();
    this.level = null;
    this.values = null;
    this.listeners = [];
    this.error = null;
    this.tried = { zones: null, mode: "before", own: false };
    store.watch(["ind", "lvl", "at"], () => this.load());
    store.watch(["cls", "col"], () => this.paint());
    store.watch(["ll"], () => this.onMove());
    store.watch(["sel"], () => this.select());
  }

  // Resolves once the figures now asked for are there, or have failed.
  settled() {
    if (!this.loading && this.shown) return Promise.resolve();
    return new Promise((done) => {
      const look = () => {
        if (this.loading || !this.shown) return;
        this.listeners = this.listeners.filter((one) => one !== look);
        done();
      };
      this.listeners.push(look);
    });
  }

  onChange(then) {
    this.listeners.push(then);
  }

  get target() {
    return this.catalog.targets.find((x) => x.id === this.store.get("ind"));
  }

  levelNow() {
    // An office reports per district: there is nothing finer to show.
    if (this.target && !this.target.measured) return "district";
    const pinned = this.store.get("lvl");
    if (pinned !== "auto") return pinned;
    const zoom = this.store.get("ll")[2];
    return LEVELS.filter((level) => level in this.catalog.levels && zoom >= this.catalog.levels[level]).pop()
      || "district";
  }

  // Cells are asked for by the districts in view: nobody needs all at once.
  async districtsInView() {
    const table = await readZones("district");
    if (!this.view.map) return [...table.keys()].slice(0, 1);
    const bounds = this.view.map.getBounds();
    const seen = [...table.values()].filter(({ box }) => box
      && box[0] <= bounds.getEast() && box[2] >= bounds.getWest()
      && box[1] <= bounds.getNorth() && box[3] >= bounds.getSouth());
    const { lng, lat } = bounds.getCenter();
    const away = ({ lon, lat: y }) => (lon - lng) ** 2 + (y - lat) ** 2;
    return seen.sort((a, b) => away(a) - away(b)).slice(0, 4).map(({ code }) => code).sort();
  }

  onMove() {
    const level = this.levelNow();
    if (level !== this.level) this.load();
    else if (level === "unit_grid") this.loadCells();
  }

  // Panning within the same districts asks and repaints nothing.
  async loadCells() {
    const districts = await this.districtsInView();
    if (districts.join() !== this.cellsOf) this.load();
  }

  async load() {
    const level = this.levelNow();
    const { target } = this;
    this.level = level;
    this.loading = true;
    this.tell();
    try {
      const values = await this.newest(this.read(target, level));
      if (values === undefined) return;
      this.error = null;
      this.values = values;
    } catch (error) {
      if (level !== this.level) return;
      this.error = error;
      this.values = null;
    }
    this.loading = false;
    await this.apply(level);
  }

  // Figures and names are asked for while the map is still being built.
  prefetch() {
    const level = this.levelNow();
    readZones("district").catch(() => null);
    if (level === "unit_grid") return;
    readZones(level).catch(() => null);
    readValues(this.target, level, this.store.get("at")).catch(() => null);
  }

  async read(target, level) {
    const at = this.store.get("at");
    if (level !== "unit_grid") return readValues(target, level, at);
    const districts = await this.districtsInView();
    this.cellsOf = districts.join();
    const parts = await Promise.all(districts.map((code) => readValues(target, level, at, [code])));
    const rows = new Map(parts.flatMap((part) => [...part.rows]));
    if (!parts.length) return { rows, city: null, notes: [], about: {} };
    return { ...parts[0], rows, city: null };
  }

  async apply(level) {
    const { map } = this.view;
    for (const zone of LEVELS) {
      if (map && this.shown && zone !== level && map.getSource(zone)) map.removeFeatureState({ source: zone, sourceLayer: zone });
    }
    this.shown = level;
    this.paint();
    await track(this.label(level));
  }

  paint() {
    const level = this.level;
    const { map } = this.view;
    if (!map?.getSource(level)) {
      this.tell();
      return;
    }
    const scale = this.store.get("col") === "cov" ? "v" : "d";
    const one = (layer) => layer.metadata?.["citygrid:zone"];
    this.view.show((l) => one(l) && one(l) !== level, false);
    this.view.show((l) => one(l) === level && l.metadata["citygrid:scale"] && l.metadata["citygrid:scale"] !== scale, false);
    this.view.show((l) => one(l) === level && (!l.metadata["citygrid:scale"] || l.metadata["citygrid:scale"] === scale), true);
    map.removeFeatureState({ source: level, sourceLayer: level });
    for (const code of new Set([...(this.values?.rows.keys() || []), ...(this.tried.zones?.get(level)?.keys() || [])])) this.colour(code);
    this.view.show((l) => l.metadata?.["citygrid:tried"], false);
    this.view.show((l) => l.metadata?.["citygrid:tried"] === level && Boolean(this.tried.zones), true);
    this.tell();
  }

  // State of one zone: classes of its figure, and what a plan would change.
  colour(code) {
    const { level, tried } = this;
    const row = this.values?.rows.get(code);
    const change = tried.zones?.get(level)?.get(code);
    const state = { d: null, v: null, w: Boolean(change), x: null };
    if (tried.mode === "change" && tried.zones) {
      if (change) state.x = deltaClass(change.delta);
    } else if (row?.scope) {
      const [d, v] = this.classesOf(row);
      const shown = this.store.get("cls");
      if (!shown.length || shown.includes(this.store.get("col") === "cov" ? v : d)) Object.assign(state, { d, v });
    }
    this.view.map.setFeatureState({ source: level, sourceLayer: level, id: code }, state);
  }

  // Figures of a plan on the map; only zones that it changes are painted again.
  setTried(zones, mode, own) {
    const before = this.tried;
    if (!zones && !before.zones) return;
    this.tried = { zones, mode, own };
    const { level } = this;
    const whole = (one) => Boolean(one.zones) && one.mode === "change";
    if (!this.view.map?.getSource(level) || whole(before) !== whole(this.tried) || Boolean(zones) !== Boolean(before.zones)) this.paint();
    else {
      for (const code of new Set([...(before.zones?.get(level)?.keys() || []), ...(zones?.get(level)?.keys() || [])])) this.colour(code);
      this.tell();
    }
    if (this.shown) track(this.label(level));
  }

  // The figure of a zone as it is shown: what it is, or what it would be.
  valueOf(row) {
    const { zones, mode, own } = this.tried;
    const change = own && mode === "after" && zones?.get(this.level)?.get(row.code);
    return change && change.after !== null ? change.after : row.value;
  }

  classesOf(row) {
    const value = this.valueOf(row);
    const d = distanceClass(value, this.target, this.catalog.distance.breaks);
    const v = coverageClass(value, this.catalog.coverage.breaks);
    return [d, v];
  }

  async label(level) {
    if (level === "unit_grid" || !this.values || this.values.rows.size > MOST_LABELS) {
      this.view.setData("labels", null);
      return;
    }
    const table = await readZones(level).catch(() => new Map());
    const features = [];
    for (const zone of table.values()) {
      const row = this.values.rows.get(zone.code);
      const change = this.tried.zones && this.tried.mode === "change" ? this.tried.zones.get(level)?.get(zone.code) : null;
      if (this.tried.zones && this.tried.mode === "change" && !change) continue;
      const figure = change ? signed(change.delta) : row && row.scope ? this.figure(row) : "";
      features.push({
        type: "Feature",
        geometry: { type: "Point", coordinates: [zone.lon, zone.lat] },
        properties: { code: zone.code, name: zone.name, label: figure, order: row && row.scope ? 0 : 1 },
      });
    }
    if (level === this.level) this.view.setData("labels", { type: "FeatureCollection", features });
  }

  // The value as it stands on the map: no decimals unless they are needed to stay honest.
  figure(row) {
    const value = this.valueOf(row);
    if (value === null) return t("none");
    const { unit } = this.target;
    const digits = digitsFor(value, this.target, 0);
    return `${number(value, digits)}${unit === "%" ? "%" : ""}`;
  }

  async select() {
    const sel = this.store.get("sel");
    if (!sel) {
      this.view.setData("selected", null);
      return;
    }
    const [layer, code] = [sel.slice(0, sel.indexOf(":")), sel.slice(sel.indexOf(":") + 1)];
    const found = await item(layer, code).catch(() => null);
    if (this.store.get("sel") !== sel) return;
    const feature = found && found.geometry && { type: "Feature", geometry: found.geometry, properties: { code } };
    this.view.setData("selected", feature ? { type: "FeatureCollection", features: [feature] } : null);
  }

  tell() {
    this.listeners.forEach((then) => then());
  }
}

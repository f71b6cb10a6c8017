// A camera that is only thought of: place it, turn it, see what it sees while dragging.
import { away, bearingTo, drags, middle } from "./bearing.js";
import { askViews, canDraw, drawViews, viewNotes, viewTable } from "./cameraviews.js";
import { h, put } from "./dom.js";
import { t } from "./i18n.js";
import { hidePanel, isPhone, say, showPanel, toast } from "./panel.js";

const HANDLE_M = 30;
const STEP_DEG = 5;
const FIELDS = [
  ["facing_deg", 0, 359, 1, "azimuth_deg"], ["opening_deg", 10, 360, 1, "hfov_deg"], ["mount_m", 1, 60, 0.1, "height_m"],
  ["down_deg", 0, 90, 1, "tilt_deg"], ["pixels_across", 640, 7680, 160, "resolution_px"],
];
const USUAL = { facing_deg: 0, opening_deg: 60, mount_m: 4.5, down_deg: 10, pixels_across: 1920 };
class Trial {
  constructor(app, camera) {
    this.app = app;
    this.camera = camera;
    this.asking = false;
    this.again = false;
    this.times = [];
    this.build();
    this.ask();
  }

  set(changes) {
    Object.assign(this.camera, changes);
    for (const [name] of FIELDS) {
      if (!(name in changes)) continue;
      for (const node of this.inputs[name]) if (node !== document.activeElement || node.type === "range") node.value = this.camera[name];
    }
    this.mark();
    this.ask();
  }

  turn(by) {
    this.set({ facing_deg: (Math.round(this.camera.facing_deg + by) + 360) % 360 });
    say(t("try.turned", { n: String(this.camera.facing_deg) }));
  }

  // One question at a time; what changed meanwhile is asked when the answer is there.
  async ask() {
    if (this.asking) { this.again = true; return; }
    this.asking = true;
    const begun = performance.now();
    try {
      const { lon, lat, ...optics } = this.camera;
      const answer = await askViews({ drawn: [{ lon, lat, ...optics }] });
      if (this.ended) return;
      this.times.push(performance.now() - begun);
      const views = answer.features.filter((f) => f.properties.kind === "view");
      drawViews(this.app, views);
      if (this.out.isConnected) put(this.out, viewTable(views, null), viewNotes(views));
    } catch (error) {
      if (!this.ended) put(this.out, h("p", { class: "problem" }, error.status === 403 ? t("error.forbidden") : error.message));
    } finally {
      this.asking = false;
    }
    if (this.again && !this.ended) {
      this.again = false;
      this.ask();
    }
  }

  mark() {
    const { camera } = this;
    const point = (role, coordinates) => ({ type: "Feature", properties: { role }, geometry: { type: "Point", coordinates } });
    const tip = away(camera, camera.facing_deg, HANDLE_M);
    this.app.view.setData("try", {
      type: "FeatureCollection",
      features: [
        { type: "Feature", properties: { role: "axis" }, geometry: { type: "LineString", coordinates: [[camera.lon, camera.lat], tip] } },
        point("post", [camera.lon, camera.lat]), point("tip", tip),
      ],
    });
  }

  build() {
    this.inputs = {};
    const row = ([name, min, max, step]) => {
      const change = (event) => {
        const value = Number(event.target.value);
        if (event.target.value === "" || !Number.isFinite(value)) return;
        this.set({ [name]: Math.min(max, Math.max(min, value)) });
      };
      const given = { min, max, step, value: this.camera[name], oninput: change };
      const label = t(`try.${name}`);
      const slide = h("input", { type: "range", ...given, "aria-label": label });
      const exact = h("input", { type: "number", ...given, id: `try-${name}` });
      this.inputs[name] = [slide, exact];
      return [h("label", { for: `try-${name}` }, label), slide, exact];
    };
    this.out = h("section", { class: "sec", id: "try-views" }, h("p", { class: "skeleton w70" }));
    this.app.panelKind = "try";
    showPanel(this.app,
      h("section", { class: "sec card-head" }, h("p", { class: "path" }, t("try.path")), h("h2", { class: "title" }, t("try.title")),
        h("p", { class: "note" }, t(isPhone() ? "try.how.phone" : "try.how"))),
      h("section", { class: "sec" }, h("div", { class: "optics" }, FIELDS.map(row)),
        h("div", { class: "acts" },
          h("button", { class: "btn", type: "button", id: "turn-left", onclick: () => this.turn(-STEP_DEG) }, t("try.left")),
          h("button", { class: "btn", type: "button", id: "turn-right", onclick: () => this.turn(STEP_DEG) }, t("try.right")),
          h("button", { class: "btn", type: "button", id: "try-centre", onclick: () => this.move(middle(this.app.view)) }, t("try.centre")),
          h("button", { class: "btn", type: "button", id: "try-end", onclick: () => this.app.endTrial() }, t("try.end")))),
      this.out);
    this.mark();
  }

  move({ lng, lat }) {
    this.set({ lon: Number(lng.toFixed(7)), lat: Number(lat.toFixed(7)) });
  }

  end() {
    this.ended = true;
    this.app.view.setData("try", null);
    this.app.view.setData("view", null);
  }
}

export function startTrial(app) {
  let trial = null;
  app.endTrial = () => {
    trial?.end();
    trial = null;
    if (app.panelKind === "try") hidePanel(app, true);
  };
  app.tryCamera = (feature = null) => {
    if (!canDraw(app)) { toast(t("error.forbidden")); return; }
    app.endTrial();
    app.store.set({ sel: "" });
    const known = feature?.properties || {};
    const at = feature?.geometry?.type === "Point" ? feature.geometry.coordinates : null;
    const centre = middle(app.view);
    const optics = Object.fromEntries(FIELDS.map(([name, , , , column]) => [name, known[column] ?? USUAL[name]]));
    const [lon, lat] = at || [centre.lng, centre.lat];
    const { map } = app.view;
    map.jumpTo({ center: [lon, lat], zoom: Math.max(map.getZoom(), 17) });
    if (isPhone()) map.panBy([0, 0.23 * map.getContainer().clientHeight], { duration: 0 });
    trial = new Trial(app, { lon: Number(lon.toFixed(7)), lat: Number(lat.toFixed(7)), ...optics });
    app.trial = trial;
    app.view.map.getCanvas().focus();
  };
  app.store.watch(["sel"], ({ sel }) => { if (sel && trial) { trial.end(); trial = null; } });
  app.turnTrial = (by) => trial?.turn(by * STEP_DEG);
  if (!canDraw(app)) return;
  const button = h("button", { type: "button", id: "try-camera", "aria-label": t("try.title"), title: `${t("try.title")} (V)`, onclick: () => app.tryCamera() }, "◪");
  document.querySelector(".controls").prepend(h("div", { class: "control" }, button));
  turns(app, () => trial);
}

// The post moves the camera, the tip turns it.
function turns(app, current) {
  const { map } = app.view;
  const pick = ({ point: { x, y } }) => {
    if (!current()) return null;
    const near = map.queryRenderedFeatures([[x - 12, y - 12], [x + 12, y + 12]], { layers: ["try-point"] });
    return (near.find((f) => f.properties.role === "tip") || near[0])?.properties.role || null;
  };
  drags(map, pick, (role, place) => {
    const trial = current();
    if (role === "tip") trial?.set({ facing_deg: Math.round(bearingTo(trial.camera, place) * 10) / 10 });
    else trial?.move(place);
  });
}

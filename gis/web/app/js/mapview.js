// The map itself: style, overlays of our own, themes, pictures made on the spot.
import * as maplibre from "../../vendor/maplibre/maplibre-gl.mjs";
import { getJson } from "./api.js";
import { language } from "./i18n.js";

const EMPTY = { type: "FeatureCollection", features: [] };
const OVERLAYS = ["view", "blind", "gap", "labels", "selected", "here", "try", "wi"];

export const color = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export function hasWebGL() {
  try {
    return Boolean(document.createElement("canvas").getContext("webgl2"));
  } catch {
    return false;
  }
}

export const themeNow = () => {
  const chosen = document.documentElement.dataset.theme;
  if (chosen !== "auto") return chosen || "light";
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
};

function hatch(id) {
  const size = id.startsWith("hatch-gap") ? 24 : 16;
  const canvas = new OffscreenCanvas(size, size);
  const pen = canvas.getContext("2d");
  pen.strokeStyle = id.startsWith("hatch-gap") ? color("gap") : color("ink-3");
  pen.globalAlpha = id.startsWith("hatch-gap") ? 0.3 : 0.45;
  pen.lineWidth = id.startsWith("hatch-gap") ? 5 : 2;
  for (const shift of [-size, 0, size]) {
    pen.beginPath();
    pen.moveTo(shift - 2, size + 2);
    pen.lineTo(shift + size + 2, -2);
    pen.stroke();
  }
  return pen.getImageData(0, 0, size, size);
}

// Views of cameras: the finer the level of purpose, the fuller the colour.
function viewLayers(line) {
  const fullness = ["match", ["get", "purpose"], "detect", 0.16, "observe", 0.3, "recognise", 0.42, "identify", 0.55, 0.3];
  return [
    { id: "view-fill", type: "fill", source: "our-view", paint: { "fill-color": color("accent"), "fill-opacity": fullness } },
    line("view-line", "view", color("ink"), 1.3),
  ];
}

// What a plan changes: zones outlined, their change filled, its assets and their ground.
function triedZones(style) {
  const levels = Object.keys(style.sources).filter((id) => style.layers.some((l) => l.metadata?.["citygrid:zone"] === id));
  const classes = [0, 1, 2, 3, 4, 5].flatMap((i) => [i, color(`x${i}`)]);
  return levels.flatMap((id) => {
    const own = { source: id, "source-layer": id, metadata: { "citygrid:tried": id }, layout: { visibility: "none" } };
    return [
      {
        ...own, id: `tried-fill-${id}`, type: "fill",
        paint: { "fill-color": ["match", ["coalesce", ["feature-state", "x"], -1], ...classes, "rgba(0,0,0,0)"], "fill-opacity": 0.82 },
      },
      {
        ...own, id: `tried-line-${id}`, type: "line",
        paint: { "line-color": color("accent"), "line-width": ["case", ["boolean", ["feature-state", "w"], false], 2, 0] },
      },
    ];
  });
}

const triedGround = (line) => [
  { id: "wi-ground", type: "fill", source: "our-wi", filter: ["==", ["get", "role"], "reach"], paint: { "fill-color": color("accent"), "fill-opacity": 0.34 } },
  { ...line("wi-edge", "wi", color("accent"), 1.2), filter: ["==", ["get", "role"], "reach"] },
];

const triedAssets = (line) => {
  const gone = ["==", ["get", "role"], "gone"];
  const tip = ["==", ["get", "role"], "tip"];
  return [
    { ...line("wi-axis", "wi", color("ink"), 2, { "line-dasharray": [2, 1.5] }), filter: ["in", ["get", "role"], ["literal", ["axis", "moved"]]] },
    {
      id: "wi-point", type: "circle", source: "our-wi", filter: ["==", ["geometry-type"], "Point"],
      paint: {
        "circle-radius": ["case", tip, 8, ["boolean", ["get", "current"], false], 9, 6.5],
        "circle-color": ["case", gone, color("surface"), tip, color("surface"), color("accent")],
        "circle-stroke-color": ["case", gone, color("danger"), tip, color("accent"), color("ink")],
        "circle-stroke-width": ["case", ["boolean", ["get", "current"], false], 3, 2.5],
      },
    },
  ];
};

export class MapView {
  constructor(container, { center, zoom, credit }) {
    this.data = Object.fromEntries(OVERLAYS.map((id) => [id, EMPTY]));
    this.credit = credit;
    this.container = container;
    this.start = { center, zoom };
    this.after = [];
  }

  async open() {
    const style = await this.readStyle();
    this.fonts = style.metadata["citygrid:fonts"];
    this.map = new maplibre.Map({
      container: this.container,
      style: this.withOverlays(style),
      ...this.start,
      minZoom: 6.5,
      maxZoom: 19.5,
      dragRotate: false,
      pitchWithRotate: false,
      attributionControl: false,
      localIdeographFontFamily: this.fonts.join(","),
      fadeDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 150,
      locale: { "Map.Title": this.container.getAttribute("aria-label") },
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.setMissingStyleImageResolver(async (id) => {
      if (id.startsWith("hatch-")) this.map.addImage(id, hatch(id), { pixelRatio: 2 });
    });
    await new Promise((done) => this.map.once("style.load", done));
    return this.map;
  }

  async readStyle() {
    const style = await getJson(`styles/map.json?theme=${themeNow()}&lang=${language()}`);
    for (const source of Object.values(style.sources)) {
      if (source.type === "vector") source.tiles = source.tiles.map((url) => this.dated(url));
    }
    return style;
  }

  // Tiles of the date shown: what stood then, not what stands now.
  dated(url) {
    return this.date ? `${url}&datetime=${this.date}` : url;
  }

  setDate(date) {
    if (date === this.date) return;
    this.date = date;
    for (const [id, source] of Object.entries(this.map?.getStyle().sources || {})) {
      if (source.type !== "vector") continue;
      this.map.getSource(id).setTiles(source.tiles.map((url) => this.dated(url.replace(/&datetime=[^&]*/, ""))));
    }
  }

  async changeTheme() {
    const style = await this.readStyle();
    this.map.setStyle(this.withOverlays(style), { diff: true });
    await new Promise((done) => this.map.once("idle", done));
    this.after.forEach((then) => then());
  }

  // Our own sources and layers go into the style, so that a new theme keeps them.
  withOverlays(style) {
    const fonts = style.metadata["citygrid:fonts"];
    const bold = [`${fonts[0]} Bold`, ...fonts];
    for (const id of OVERLAYS) {
      style.sources[`our-${id}`] = { type: "geojson", data: this.data[id], promoteId: "code" };
    }
    const line = (id, source, name, width, extra = {}) => ({
      id, type: "line", source: `our-${source}`, layout: { "line-join": "round" },
      paint: { "line-color": name, "line-width": width, ...extra },
    });
    const words = (id, field, size, font, minzoom, paint, extra = {}) => ({
      id, type: "symbol", source: "our-labels", minzoom,
      layout: {
        "text-field": field, "text-font": font, "text-size": size, "text-line-height": 1.25,
        "text-padding": 3, "symbol-sort-key": ["get", "order"], ...extra,
      },
      paint: { "text-color": color("ink"), "text-halo-color": color("halo"), "text-halo-width": 1.8, ...paint },
    });
    const theme = themeNow();
    const first = style.layers.findIndex((layer) => layer.type === "symbol");
    const below = [
      {
        id: "gap-fill", type: "fill", source: "our-gap",
        paint: { "fill-pattern": `hatch-gap-${theme}`, "fill-opacity": 0.9 },
      },
      line("gap-line", "gap", color("gap"), 1.8),
      line("gap-current", "gap", color("gap"), 4, {}),
      line("selected-casing", "selected", color("halo"), 6.5, { "line-opacity": 0.95 }),
      line("selected-line", "selected", color("ink"), 3),
      {
        id: "selected-point", type: "circle", source: "our-selected", filter: ["==", ["geometry-type"], "Point"],
        paint: {
          "circle-radius": 9, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": color("ink"), "circle-stroke-width": 3,
        },
      },
      {
        id: "here-accuracy", type: "fill", source: "our-here",
        paint: { "fill-color": color("accent"), "fill-opacity": 0.16 },
      },
    ];
    below[2].filter = ["==", ["get", "current"], true];
    below.unshift(...triedZones(style), ...viewLayers(line), ...triedGround(line), {
      id: "blind-fill", type: "fill", source: "our-blind",
      paint: { "fill-pattern": `hatch-gap-${theme}`, "fill-opacity": 0.9 },
    }, line("blind-line", "blind", color("gap"), 1.8));
    const at = first < 0 ? style.layers.length : first;
    style.layers.splice(at, 0, ...below);
    style.layers.push(
      line("try-axis", "try", color("ink"), 2, { "line-dasharray": [2, 1.5] }),
      {
        id: "try-point", type: "circle", source: "our-try", filter: ["==", ["geometry-type"], "Point"],
        paint: {
          "circle-radius": ["match", ["get", "role"], "tip", 9, 8],
          "circle-color": ["match", ["get", "role"], "tip", color("surface"), color("accent")],
          "circle-stroke-color": ["match", ["get", "role"], "tip", color("accent"), color("surface")], "circle-stroke-width": 3,
        },
      },
      words("zone-label", ["format", ["get", "name"], { "font-scale": 0.84 }, "\n", {}, ["get", "label"], { "text-font": ["literal", bold] }], 14.5, fonts, 0, {}),
      ...triedAssets(line),
    );
    return style;
  }

  setData(id, data) {
    this.data[id] = data || EMPTY;
    this.map?.getSource(`our-${id}`)?.setData(this.data[id]);
  }

  show(test, visible) {
    if (!this.map) return;
    for (const layer of this.map.getStyle().layers) {
      if (!test(layer)) continue;
      const now = layer.layout?.visibility !== "none";
      if (now !== visible) this.map.setLayoutProperty(layer.id, "visibility", visible ? "visible" : "none");
    }
  }

  fly(box, padding) {
    if (!this.map) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.map.fitBounds([[box[0], box[1]], [box[2], box[3]]], { padding, maxZoom: 17, duration: still ? 0 : 700 });
  }

  marker(lon, lat) {
    if (!this.map) return;
    const node = document.createElement("div");
    node.className = "here";
    this.here?.remove();
    this.here = new maplibre.Marker({ element: node }).setLngLat([lon, lat]).addTo(this.map);
  }
}

// Bounding box [west, south, east, north] of a GeoJSON geometry.
export function boxOf(geometry) {
  const box = [180, 90, -180, -90];
  const walk = (part) => {
    if (typeof part[0] === "number") {
      box[0] = Math.min(box[0], part[0]);
      box[1] = Math.min(box[1], part[1]);
      box[2] = Math.max(box[2], part[0]);
      box[3] = Math.max(box[3], part[1]);
    } else part.forEach(walk);
  };
  (geometry.geometries || [geometry]).forEach((g) => walk(g.coordinates));
  return box;
}

// The plan on the map: posts, directions, ground; tapped, dragged, put down.
import { away, bearingTo, circle, drags, metresPerPixel, middle } from "./bearing.js";
import { boxOf } from "./mapview.js";
import { numbersOf } from "./wicode.js";

const HANDLE_PX = 46;
const NEAR = 12; // pixels about a finger
const ON = 3; // pixels about what stands there: beside it there is room for another

const point = (coordinates, properties) => ({ type: "Feature", properties, geometry: { type: "Point", coordinates } });
const shape = (geometry, role, index) => ({ type: "Feature", properties: { role, index }, geometry });

// How far an asset reaches, where that is a circle.
function reachOf(service, edit) {
  if (service.model === "sector") return null;
  const like = numbersOf(edit);
  const option = service.fields.find((f) => f.options)?.options.find((o) => o.code === Object.values(like)[0]);
  const radius = service.fields.find((f) => f.role === "radius");
  return (radius && like[radius.name]) || option?.brings.radius_m || service.reach_m;
}

export function drawPlan(tried) {
  const { plan, service, app } = tried;
  const features = [];
  const turn = service?.fields.find((f) => f.role === "azimuth");
  for (const [index, edit] of (service ? plan.edits : []).entries()) {
    const current = index === tried.at;
    if (edit.op === "remove") {
      if (edit.from) features.push(point(edit.from, { role: "gone", index, current }));
      continue;
    }
    const at = [edit.lon, edit.lat];
    const reach = reachOf(service, edit);
    const seen = service.model === "sector" ? tried.views.get(tried.keyOf(edit)) : reach && circle(edit, reach);
    if (seen) features.push(shape(seen, "reach", index));
    if (edit.from && (edit.from[0] !== edit.lon || edit.from[1] !== edit.lat)) {
      features.push(shape({ type: "LineString", coordinates: [edit.from, at] }, "moved", index), point(edit.from, { role: "gone", index }));
    }
    if (current && turn) {
      const metres = HANDLE_PX * metresPerPixel(app.view.map);
      const tip = away(edit, numbersOf(edit)[turn.name] ?? 0, metres);
      features.push(shape({ type: "LineString", coordinates: [at, tip] }, "axis", index), point(tip, { role: "tip", index, current }));
    }
    features.push(point(at, { role: "post", index, current }));
  }
  app.view.setData("wi", { type: "FeatureCollection", features });
}

export function flyToPlan({ plan, app }) {
  const places = plan.edits.map((edit) => (edit.op === "remove" ? edit.from : [edit.lon, edit.lat])).filter(Boolean);
  if (!places.length) return;
  const [west, south, east, north] = boxOf({ type: "MultiPoint", coordinates: places });
  app.view.fly([west - 0.001, south - 0.001, east + 0.001, north + 0.001], app.padding());
}

export function startPlaces(tried) {
  const { app } = tried;
  const { map } = app.view;
  map.on("zoomend", () => { if (tried.plan?.edits.length) drawPlan(tried); });
  const near = ({ x, y }, layers, r = NEAR) => map.queryRenderedFeatures([[x - r, y - r], [x + r, y + r]], { layers: layers.filter((id) => map.getLayer(id)) });
  const held = ({ point: at }) => {
    if (!tried.isOpen || tried.plan.fixed) return null;
    const found = near(at, ["wi-point"]).filter((f) => f.properties.role !== "gone");
    const best = found.find((f) => f.properties.role === "tip") || found[0];
    return best ? { role: best.properties.role, index: best.properties.index, moved: false } : null;
  };
  drags(map, held, (grip, place) => {
    if (!grip.moved) { // a tap alone changes nothing
      grip.moved = true;
      tried.at = grip.index;
      tried.mark();
    }
    const turn = tried.service.fields.find((f) => f.role === "azimuth");
    if (grip.role === "tip") tried.edit({ p: { [turn.name]: Math.round(bearingTo(tried.selected, place)) % 360 } }, true);
    else tried.edit({ lon: Number(place.lng.toFixed(6)), lat: Number(place.lat.toFixed(6)) }, true);
  });
  // A tap chooses what is there, else puts the next one down.
  tried.tap = (event) => {
    const own = near(event.point, ["wi-point"])[0];
    if (own) { tried.select(own.properties.index); return; }
    if (tried.plan.fixed) return;
    const stored = near(event.point, [`layer-${tried.plan.service}`], ON)[0];
    if (stored && !event.originalEvent?.shiftKey) {
      tried.select(-1, { code: stored.properties.code, name: stored.properties.name });
      return;
    }
    tried.place(event.lngLat);
  };
  tried.placeAtCentre = () => { if (tried.isOpen && tried.plan && !tried.plan.fixed) tried.place(middle(app.view)); };
}

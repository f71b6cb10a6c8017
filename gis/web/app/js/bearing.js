// Places and directions on the map, for what is drawn and dragged.
import { isPhone } from "./panel.js";

const EARTH = 111320; // metres of a degree

// [lon, lat] that lies some metres from a place in a direction.
export const away = ({ lon, lat }, bearing, metres) => {
  const angle = (bearing * Math.PI) / 180;
  const wide = EARTH * Math.cos((lat * Math.PI) / 180);
  return [lon + (metres * Math.sin(angle)) / wide, lat + (metres * Math.cos(angle)) / EARTH];
};

export const bearingTo = ({ lon, lat }, { lng, lat: other }) => {
  const east = (lng - lon) * Math.cos((lat * Math.PI) / 180);
  return ((Math.atan2(east, other - lat) * 180) / Math.PI + 360) % 360;
};

export const circle = (place, metres) => ({
  type: "Polygon",
  coordinates: [Array.from({ length: 65 }, (_, i) => away(place, (i * 360) / 64, metres))],
});

export const metresPerPixel = (map) => (78271.517 * Math.cos((map.getCenter().lat * Math.PI) / 180)) / 2 ** map.getZoom();

// The middle of what a sheet leaves free.
export const middle = ({ map }) => {
  const { clientWidth, clientHeight } = map.getContainer();
  return map.unproject([clientWidth / 2, clientHeight * (isPhone() ? 0.27 : 0.5)]);
};

// A finger drags the same as a mouse: `pick(event)` says what is held, or nothing.
export function drags(map, pick, move, done = () => {}) {
  let held = null;
  const follow = (event) => {
    if (!held) return;
    event.preventDefault();
    move(held, event.lngLat);
  };
  const stop = () => {
    if (!held) return;
    held = null;
    map.dragPan.enable();
    map.off("mousemove", follow);
    map.off("touchmove", follow);
    done();
  };
  const start = (event) => {
    held = pick(event);
    if (!held) return;
    event.preventDefault();
    map.dragPan.disable();
    map.on("mousemove", follow);
    map.on("touchmove", follow);
  };
  map.on("mousedown", start);
  map.on("touchstart", start);
  for (const end of ["mouseup", "touchend", "touchcancel"]) map.on(end, stop);
}

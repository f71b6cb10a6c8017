// Hand-made SVG: bullet bar, trend, sparkline. Each names its figures for readers.
import { s } from "./dom.js";

// Share of the bar that the largest figure takes when a value exceeds 100 %.
const reach = (value, target) => Math.max(100, value ?? 0, target ?? 0);

export function bullet(value, target, label) {
  const top = reach(value, target);
  const at = (v) => (Math.max(0, v) / top) * 100;
  return s("svg", { class: "bullet", role: "img", "aria-label": label },
    s("rect", { class: "bar-bg", x: 0, y: 6, width: "100%", height: 9, rx: 4.5 }),
    value === null ? null
      : s("rect", { class: "bar-fill", x: 0, y: 6, width: `${at(value)}%`, height: 9, rx: 4.5 }),
    target === null ? null
      : s("line", { class: "tick", x1: `${at(target)}%`, x2: `${at(target)}%`, y1: 1, y2: 20 }));
}

export const bulletPlace = (value, target) => (target / reach(value, target)) * 100;

function scale(points, target, width, height, pad) {
  const values = points.map((p) => p.value).filter((v) => v !== null);
  if (target !== null) values.push(target);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const room = (high - low) * 0.25 || 1;
  const bottom = Math.max(0, low - room);
  const span = high + room * 0.4 - bottom;
  const times = points.map((p) => Date.parse(p.date));
  const first = Math.min(...times);
  const last = Math.max(...times);
  const x = (date) => pad + ((Date.parse(date) - first) / (last - first || 1)) * (width - 2 * pad);
  const y = (value) => height - ((value - bottom) / span) * height;
  return { x, y };
}

const path = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

// Points {date, value|null} in order; the last is marked. `mark` is the date shown now.
export function trend(points, target, { width = 312, height = 70, label = "", mark = null, future = null, axis = false, dot = 5 }) {
  const known = points.filter((p) => p.value !== null);
  const foot = axis ? 18 : 0;
  const plot = height - foot;
  const node = s("svg", { class: "trend", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": label });
  if (known.length === 0) return node;
  const all = future ? [...points, future] : points;
  const { x, y } = scale(all, target, width, plot - 4, axis ? 6 : 4);
  const line = known.map((p) => [x(p.date), y(p.value) + 2]);
  const [firstX] = line[0];
  const [lastX] = line[line.length - 1];
  node.append(
    s("path", { class: "line-area", d: `${path(line)}L${lastX} ${plot}L${firstX} ${plot}Z` }),
    target === null ? "" : s("line", { class: "line-target", x1: 0, x2: width, y1: y(target) + 2, y2: y(target) + 2 }),
    s("path", { class: "line-main", d: path(line) }),
  );
  if (future && known.length) {
    const last = known[known.length - 1];
    node.append(s("path", { class: "line-future", d: path([[x(last.date), y(last.value) + 2], [x(future.date), y(future.value) + 2]]) }));
  }
  const now = known.find((p) => p.date === mark) || known[known.length - 1];
  if (axis) node.append(s("line", { class: "cursor", x1: x(now.date), x2: x(now.date), y1: 0, y2: plot }));
  node.append(s("circle", { class: "dot", cx: x(now.date), cy: y(now.value) + 2, r: dot }));
  if (axis) {
    for (const p of points) {
      const place = Math.min(width - 14, Math.max(14, x(p.date)));
      node.append(s("text", { class: "axis", x: place, y: height - 3, "text-anchor": "middle" }, p.name || p.date.slice(0, 4)));
    }
  }
  return node;
}

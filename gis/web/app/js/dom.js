// Small DOM builders: h() for HTML, s() for SVG. Text is always set as text.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "style") for (const [k, v] of Object.entries(value)) node.style.setProperty(k, v);
    else node.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

export const h = (tag, attributes, ...children) =>
  fill(document.createElement(tag), attributes, children);

export const s = (tag, attributes, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

export const $ = (id) => document.getElementById(id);

export function put(node, ...children) {
  node.replaceChildren();
  return fill(node, null, children);
}

const PATHS = {
  close: "M4.5 4.5l11 11M15.5 4.5l-11 11",
  down: "m5 7.5 5 5 5-5",
  play: "M6.5 4.5v11l9-5.5z",
  pause: "M7 4.5v11M13 4.5v11",
  table: "M3 5h14v10.5H3zM3 9h14M8 9v6.5",
  gap: "M3.5 3.5h13v13h-13zM3.5 11 11 3.5M7 16.5 16.5 7",
  load: "M10 3v9M6.4 8.8 10 12.4l3.6-3.6M4 16.5h12",
  next: "M7.5 5l5 5-5 5",
  plus: "M4 16V9.5M8 16V4M12 16v-4.5M14.6 5.5h4.8M17 3.1v4.8",
};

export const icon = (name) =>
  s("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" }, s("path", { d: PATHS[name] }));

export const closeButton = (label, onclick) =>
  h("button", { class: "close", type: "button", "aria-label": label, onclick }, icon("close"));

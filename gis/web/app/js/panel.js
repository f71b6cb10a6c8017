// The right panel, a drawer or a sheet by the width of the window.
import { $, closeButton, h, put } from "./dom.js";
import { t } from "./i18n.js";

const STOPS = ["peek", "half", "full"];
export const isPhone = () => matchMedia("(max-width: 759px)").matches;

export function showPanel(app, ...content) {
  const panel = $("right");
  put(panel, handle(panel, t("panel.right")), closeButton(t("close"), () => hidePanel(app)), content);
  if (panel.hidden || panel.dataset.stop === undefined) panel.dataset.stop = "half";
  panel.hidden = false;
  $("main").classList.add("has-right");
}

export function hidePanel(app, keep = false) {
  const panel = $("right");
  if (panel.hidden) return;
  const held = panel.contains(document.activeElement);
  panel.hidden = true;
  panel.replaceChildren();
  $("main").classList.remove("has-right");
  const kind = app.panelKind;
  app.panelKind = null;
  if (!keep) app.store.set({ sel: "" });
  if (!keep) app.closed?.(kind);
  if (held) $("main").querySelector("canvas")?.focus();
}

export function setStop(panel, stop) {
  panel.dataset.stop = stop;
  panel.querySelector(".handle")?.setAttribute("aria-expanded", String(stop !== "peek"));
  if (stop !== "full") panel.scrollTop = 0;
}

function handle(panel, label) {
  const button = h("button", { class: "handle", type: "button", "aria-label": label, "aria-expanded": "true" });
  bindHandle(panel, button);
  return button;
}

// Tap goes round the three stops, arrows step, dragging settles on the nearest.
export function bindHandle(panel, button) {
  let from = null;
  let moved = 0;
  const step = (by) => {
    const now = STOPS.indexOf(panel.dataset.stop || "peek");
    setStop(panel, STOPS[Math.min(2, Math.max(0, now + by))]);
  };
  button.addEventListener("click", () => {
    if (Math.abs(moved) > 6) return;
    setStop(panel, STOPS[(STOPS.indexOf(panel.dataset.stop || "peek") + 1) % 3]);
  });
  button.addEventListener("keydown", (event) => {
    if (event.key === "ArrowUp") step(1);
    else if (event.key === "ArrowDown") step(-1);
    else return;
    event.preventDefault();
  });
  button.addEventListener("pointerdown", (event) => {
    from = event.clientY;
    moved = 0;
    button.setPointerCapture(event.pointerId);
  });
  button.addEventListener("pointermove", (event) => {
    if (from !== null) moved = event.clientY - from;
  });
  button.addEventListener("pointerup", () => {
    if (from !== null && Math.abs(moved) > 30) step(moved < 0 ? (moved < -220 ? 2 : 1) : (moved > 220 ? -2 : -1));
    from = null;
  });
}

let quiet = 0;
export function say(text) {
  clearTimeout(quiet);
  quiet = setTimeout(() => { $("live").textContent = text; }, 250);
}

export function toast(text, action = null) {
  const node = $("toast");
  put(node, h("span", null, text), action ? h("button", { type: "button", onclick: () => { node.hidden = true; action.run(); } }, action.name) : null);
  node.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { node.hidden = true; }, 7000);
}

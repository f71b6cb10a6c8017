// Keyboard: single letters only while the map or a panel has focus, never in a field.
import { openDialog } from "./about.js";
import { $, h } from "./dom.js";
import { nextGap, openGaps } from "./gaps.js";
import { t } from "./i18n.js";
import { hidePanel } from "./panel.js";
import { openList } from "./list.js";
import { LEVELS } from "./zones.js";

const HELP = ["/", "1–4", "[ ]", "Space", "G", "N", "T", "V", "W", "Enter", ", .", "Del", "B", "Ctrl+Z", "+ −", "← ↑ ↓ →", "F6", "Esc", "?"];

const STEP_DEG = 5;

const isTyping = ({ tagName, type }) => ["INPUT", "SELECT", "TEXTAREA"].includes(tagName) && !["checkbox", "range"].includes(type);

export function startKeys(app) {
  const { store } = app;
  const actions = {
    "/": () => $("q").focus(),
    "[": () => app.stepDate(-1),
    "]": () => app.stepDate(1),
    " ": () => app.play(),
    g: () => openGaps(app, null, null),
    n: () => nextGap(app),
    t: () => openList(app),
    v: () => app.tryCamera?.(),
    w: () => (app.whatif?.isOpen ? hidePanel(app) : app.whatif?.open()),
    ",": () => (app.whatif?.isOpen ? app.whatif.turn(-STEP_DEG) : app.turnTrial?.(-1)),
    ".": () => (app.whatif?.isOpen ? app.whatif.turn(STEP_DEG) : app.turnTrial?.(1)),
    Enter: () => app.whatif?.placeAtCentre(),
    Delete: () => app.whatif?.isOpen && app.whatif.drop(),
    b: () => app.whatif?.hold(true),
    "?": () => openDialog(t("keys"), h("dl", null, HELP.map((key) => [h("dt", null, h("kbd", null, key)), h("dd", null, t(`key.${key}`))]))),
    Escape: () => (app.panelKind === "try" ? app.endTrial() : hidePanel(app)),
  };
  LEVELS.forEach((level, i) => { actions[String(i + 1)] = () => store.set({ lvl: level }); });

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && app.whatif?.isOpen && !isTyping(event.target)) {
      event.preventDefault();
      app.whatif.undo();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || $("dialog").open) return;
    if (event.key === "F6") {
      event.preventDefault();
      nextRegion();
      return;
    }
    if (isTyping(event.target) || ([" ", "Enter"].includes(event.key) && !["CANVAS", "MAIN", "BODY"].includes(event.target.tagName))) return;
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  document.addEventListener("keyup", (event) => { if (event.key.toLowerCase() === "b") app.whatif?.hold(false); });
  window.addEventListener("blur", () => app.whatif?.hold(false));
}

function nextRegion() {
  const regions = [$("q"), $("left"), $("main").querySelector("canvas"), $("right"), $("time")]
    .filter((node) => node && !node.hidden && node.offsetParent !== null);
  const now = regions.findIndex((node) => node.contains(document.activeElement));
  const next = regions[(now + 1) % regions.length];
  (next.matches("input, canvas") ? next : next.querySelector("button, input, a"))?.focus();
}

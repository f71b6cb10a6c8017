// The button of what-if, and what makes a plan follow the address, the date, the panel.
import { track } from "./api.js";
import { canDraw } from "./cameraviews.js";
import { $, h, icon, put } from "./dom.js";
import { number, t } from "./i18n.js";
import { hidePanel, toast } from "./panel.js";
import { WhatIf } from "./whatif.js";
import { encodePlan } from "./wicode.js";
import { startPlaces } from "./widraw.js";

export function startWhatIf(app) {
  if (!canDraw(app) || !Object.keys(app.catalog.services).length) {
    if (app.store.get("wi")) { app.store.set({ wi: "" }); toast(t("wi.hidden")); }
    return Promise.resolve();
  }
  const tried = new WhatIf(app);
  app.whatif = tried;
  startPlaces(tried);
  const count = h("b", { hidden: true });
  const button = h("button", { type: "button", id: "whatif", "aria-label": t("wi.open"), title: `${t("wi.open")} (W)`, onclick: () => (tried.isOpen ? hidePanel(app) : tried.open()) }, icon("plus"), count);
  document.querySelector(".controls").prepend(h("div", { class: "control" }, button));
  app.redrawTried = () => {
    const n = tried.plan?.edits.length || 0;
    put(count, number(n));
    count.hidden = n === 0;
    button.setAttribute("aria-pressed", String(tried.isOpen));
    $("main").classList.toggle("trying", tried.isOpen);
    if (tried.isOpen) app.view.map.doubleClickZoom.disable();
    else app.view.map.doubleClickZoom.enable();
  };
  app.closed = (kind) => { if (kind === "whatif") tried.end(); if (kind === "try") app.endTrial(); };
  app.store.watch(["wi"], ({ wi }) => {
    const own = tried.plan?.edits.length && !tried.plan.fixed ? encodePlan(tried.plan, tried.services) : "";
    if (wi === own || tried.tooLong || (tried.saved && wi === `s:${tried.saved.id}`)) return;
    if (wi) track(tried.read(wi));
    else if (tried.isOpen) hidePanel(app, true);
  });
  app.store.watch(["cmp"], () => tried.show());
  app.store.watch(["ind"], ({ ind }) => { // another indicator of the service: measured by that
    if (tried.plan?.own && tried.targetOf(tried.plan.service)?.id === ind) tried.plan = { ...tried.plan, own: null };
  });
  app.store.watch(["at", "ind"], () => { if (tried.plan?.edits.length || tried.plan?.fixed) tried.ask(); });
  const wi = app.store.get("wi");
  return wi ? tried.read(wi) : Promise.resolve();
}

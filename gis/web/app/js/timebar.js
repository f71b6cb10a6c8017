// The time bar: the city's own curve, its target, and the dates that exist as stops.
import { latest, track } from "./api.js";
import { trend } from "./charts.js";
import { digitsFor } from "./classes.js";
import { $, h, icon, put } from "./dom.js";
import { number, t } from "./i18n.js";
import { readCity } from "./values.js";

export function startTime(app) {
  const { store, choropleth, dates } = app;
  const newest = latest();
  const stops = dates.filter(Boolean);
  let series = [];
  let timer = 0;

  const at = () => Math.max(0, stops.indexOf(store.get("at")));
  const go = (index) => store.set({ at: stops[(index + stops.length) % stops.length] });

  function play() {
    if (timer) {
      clearInterval(timer);
      timer = 0;
    } else {
      if (at() === stops.length - 1) go(0);
      timer = setInterval(() => {
        if (at() === stops.length - 1) { clearInterval(timer); timer = 0; draw(); } else go(at() + 1);
      }, 1600);
    }
    draw();
  }

  function draw() {
    const { target } = choropleth;
    const point = series.find((p) => p.date === store.get("at"));
    const figure = point && point.value !== null
      ? `${number(point.value, digitsFor(point.value, target, 1))}${target.unit === "%" ? "%" : ` ${target.unit}`}` : "";
    const width = Math.max(260, $("time").clientWidth - 250);
    const chart = trend(series, series.length ? target.value : null, {
      width, height: 60, axis: true, mark: store.get("at"), label: t("time.curve"),
    });
    const range = h("input", {
      type: "range", min: 0, max: stops.length - 1, step: 1, value: at(), "aria-label": t("time"),
      "aria-valuetext": store.get("at") || t("today"), oninput: (event) => go(Number(event.target.value)),
    });
    const held = $("time").contains(document.activeElement) && document.activeElement.type === "range";
    put($("time"),
      h("button", { class: "play", type: "button", id: "play", "aria-label": t(timer ? "pause" : "play"), onclick: play }, icon(timer ? "pause" : "play")),
      h("div", { class: "curve" }, chart, range),
      h("p", { class: "asof" }, h("span", { class: "label" }, t("asof"), figure ? ` · ${t("city.value", { value: figure })}` : ""),
        h("b", null, store.get("at") || t("today"))));
    if (held) range.focus();
  }

  async function load() {
    // The zones on the map come first: both questions at once would slow the first.
    await choropleth.settled();
    const found = await newest(readCity(choropleth.target, stops[stops.length - 1]).catch(() => []));
    if (found === undefined) return;
    series = found;
    draw();
  }

  draw();
  load();
  store.watch(["ind"], () => setTimeout(() => track(load())));
  store.watch(["at"], draw);
  let wide = 0;
  new ResizeObserver(([entry]) => {
    const now = Math.round(entry.contentRect.width);
    if (now !== wide) { wide = now; draw(); }
  }).observe($("time"));
  app.stepDate = (by) => go(at() + by);
  app.play = play;
}

// Start of the map page: reads the state from the address, builds the parts, says
// when it is at rest.
import { getJson, isBusy, onPending, track } from "./api.js";
import { metresPerPixel } from "./bearing.js";
import { startCard, startClicks } from "./card.js";
import { Choropleth } from "./choropleth.js";
import { $, h, put } from "./dom.js";
import { drawFallback } from "./fallback.js";
import { startGaps } from "./gaps.js";
import { loadMessages, number, t, title } from "./i18n.js";
import { startIndicator } from "./indicator.js";
import { startKeys } from "./keys.js";
import { startLocate } from "./locate.js";
import { hasWebGL, MapView } from "./mapview.js";
import { bindHandle, isPhone, setStop, toast } from "./panel.js";
import { startSearch } from "./search.js";
import { Store } from "./store.js";
import { startTheme, useTheme } from "./theme.js";
import { startTime } from "./timebar.js";
import { startTree } from "./tree.js";
import { startTrial } from "./trycamera.js";
import { formatState, keepAddress, parseState } from "./url.js";
import { startWhatIf } from "./wistart.js";
import { startZone } from "./zone.js";
import { readZones } from "./zones.js";

const root = document.documentElement;

function credits(app) {
  const { catalog } = app;
  const review = catalog.city.review ? t("review", { n: catalog.city.review }) : t("review.none");
  put($("credit"), catalog.city.attribution,
    catalog.synthetic ? h("span", { class: "only-wide-inline" }, " · ", h("b", null, t("demo"))) : null, ` · ${review}`);
  $("demo").hidden = !catalog.synthetic;
}

function scaleBar(map) {
  const draw = () => {
    const metres = metresPerPixel(map);
    const most = metres * 110;
    const power = 10 ** Math.floor(Math.log10(most));
    const length = power * ([5, 2, 1].find((n) => n * power <= most) || 1);
    $("scale").style.width = `${length / metres}px`;
    $("scale").textContent = length >= 1000 ? `${number(length / 1000)} km` : `${number(length)} m`;
  };
  draw();
  map.on("move", draw);
}

function keepReady(app) {
  let bar = 0;
  const rest = () => {
    const quiet = !isBusy() && !app.choropleth.loading && (!app.view.map || (app.view.map.loaded() && !app.view.map.isMoving()));
    if (quiet) root.dataset.ready = "true";
  };
  onPending((pending) => {
    clearTimeout(bar);
    if (pending) {
      delete root.dataset.ready;
      bar = setTimeout(() => { $("progress").hidden = false; }, 300);
    } else {
      $("progress").hidden = true;
      if (app.view.map) app.view.map.triggerRepaint();
      else setTimeout(rest, 30);
    }
  });
  app.view.map?.on("idle", () => setTimeout(rest, 20));
  const stir = () => {
    delete root.dataset.ready;
    if (app.view.map) app.view.map.triggerRepaint();
    else setTimeout(rest, 30);
  };
  app.store.watch(["ind", "lvl", "col", "at", "sel", "on", "cls", "th", "wi", "cmp"], stir);
  app.view.map?.on("movestart", () => { delete root.dataset.ready; });
  setTimeout(rest, 50);
}

function language(app) {
  const link = $("lang");
  const other = root.dataset.lang === "zh" ? "en" : "zh";
  const write = (state) => { link.href = `map${formatState(state, app.catalog, other)}`; };
  write(app.store.state);
  app.store.watch(Object.keys(app.store.state), write);
}

function share() {
  $("share").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      toast(t("share.done"));
    } catch {
      toast(location.href);
    }
  });
}

// A city of one district is shown whole; a large one opens where its plan is densest.
async function firstView(app) {
  if (new URLSearchParams(location.search).has("ll")) return;
  const table = await readZones("district").catch(() => new Map());
  const boxes = [...table.values()].map((zone) => zone.box).filter(Boolean);
  if (!boxes.length) return;
  const edge = (i, pick) => pick(...boxes.map((box) => box[i]));
  const [west, south, east, north] = [edge(0, Math.min), edge(1, Math.min), edge(2, Math.max), edge(3, Math.max)];
  if (east - west > 0.7) return;
  app.view.map.fitBounds([[west, south], [east, north]], { padding: app.padding(), duration: 0 });
  const { lng, lat } = app.view.map.getCenter();
  app.store.set({ ll: [Number(lat.toFixed(5)), Number(lng.toFixed(5)), Number(app.view.map.getZoom().toFixed(2))] });
}

async function start() {
  const lang = root.dataset.lang;
  const [catalog] = await Promise.all([getJson(`map/catalog.json?lang=${lang}`), loadMessages(lang)]);
  const [state, refused] = parseState(location.search, catalog);
  const store = new Store(state);
  if (state.th) useTheme(state.th);
  const [lat, lon, zoom] = state.ll;
  const view = new MapView($("map"), { center: [lon, lat], zoom });
  const app = { catalog, store, view, dates: [...catalog.dates, ""] };
  app.padding = () => (isPhone() ? { top: 130, bottom: 260, left: 30, right: 30 }
    : { top: 50, bottom: 130, left: 340, right: $("right").hidden ? 60 : 400 });
  keepAddress(store, catalog, lang);
  const drawable = hasWebGL();
  app.choropleth = new Choropleth(view, store, catalog);
  view.date = state.at;
  app.choropleth.prefetch();
  if (drawable) {
    await view.open();
    await firstView(app);
  }
  window.citygrid = app;
  setStop($("left"), "peek");
  bindHandle($("left"), $("left-handle"));
  credits(app);
  keepReady(app);
  startIndicator(app);
  startTree(app);
  startTheme(app);
  startSearch(app);
  startLocate(app);
  startTime(app);
  startGaps(app);
  share();
  language(app);
  $("open-layers").addEventListener("click", () => setStop($("left"), $("left").dataset.stop === "full" ? "peek" : "full"));
  if (drawable) startMap(app);
  else {
    document.querySelectorAll(".control:has(#zoom-in), #scale").forEach((node) => { node.hidden = true; });
    app.choropleth.onChange(() => { if (!app.choropleth.loading) track(drawFallback(app)); });
  }
  await app.choropleth.load();
  await track(app.choropleth.settled());
  startZone(app);
  startTrial(app);
  const tried = startWhatIf(app);
  startCard(app);
  startKeys(app);
  await track(tried);
  if (state.sel) app.choropleth.select();
  if (refused.length) toast(t("url.refused", { keys: refused.join(", ") }));
  document.title = `${t("nav.map")} · ${title(catalog.city.title)} · citygrid`;
}

function startMap(app) {
  const { map } = app.view;
  const keep = () => {
    const { lng, lat } = map.getCenter();
    app.store.set({ ll: [Number(lat.toFixed(5)), Number(lng.toFixed(5)), Number(map.getZoom().toFixed(2))] });
  };
  map.on("moveend", keep);
  app.store.watch(["ll"], ({ ll }) => {
    const { lng, lat } = map.getCenter();
    const moved = Math.abs(lat - ll[0]) > 2e-5 || Math.abs(lng - ll[1]) > 2e-5 || Math.abs(map.getZoom() - ll[2]) > 0.02;
    if (moved && !map.isMoving()) map.jumpTo({ center: [ll[1], ll[0]], zoom: ll[2] });
  });
  $("zoom-in").addEventListener("click", () => map.zoomIn());
  $("zoom-out").addEventListener("click", () => map.zoomOut());
  map.on("error", (event) => {
    if (!app.tileTrouble && event.error?.status >= 500) {
      app.tileTrouble = true;
      toast(t("error.tiles"), { name: t("retry"), run: () => { app.tileTrouble = false; map.triggerRepaint(); } });
    }
  });
  app.store.watch(["at"], ({ at }) => app.view.setDate(at));
  app.view.after.push(() => app.choropleth.paint());
  scaleBar(map);
  startClicks(app);
}

start().catch((error) => {
  put($("indicator"), h("p", { class: "problem" }, error.message || "citygrid",
    h("button", { type: "button", onclick: () => location.reload() }, "↻")));
  for (const id of ["time", "scale", "legend", "tree-foot"]) $(id).hidden = true;
  root.dataset.failed = "true";
});

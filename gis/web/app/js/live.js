// Figures of the open zone as of today, kept current: the number moves when the data
// does, whatever date the map shows.
import { address, getJson } from "./api.js";
import { h, put } from "./dom.js";
import { moment, number, quantity, signed, t, title } from "./i18n.js";
import { say } from "./panel.js";

let source = null;

export function stopLive() {
  source?.close();
  source = null;
}

// The section below a zone's figures; nothing where no figure of it is kept current.
export async function addLive(app, level, code, isOpen) {
  stopLive();
  const filter = `standing=true AND zone_layer='${level}' AND zone_id='${code}'`;
  const query = new URLSearchParams({ f: "json", limit: "50", skipGeometry: "true", filter });
  // the place in the stream first: what comes meanwhile is told again
  const { last } = await getJson("events?zones=none");
  // asked anew although the answer may be kept: it may have moved since
  const page = await getJson(`collections/coverage_result/items?${query}`, { cache: "no-cache" });
  const panel = document.getElementById("right");
  if (!isOpen() || !page.features.length) return;
  const rows = new Map();
  const list = h("dl", { class: "facts", id: "live-figures" });
  for (const { properties } of page.features) {
    const figure = h("dd", { "data-live": `${properties.service}/${properties.measure}` });
    rows.set(`${properties.service}/${properties.measure}`, figure);
    list.append(h("dt", null, nameOf(app, properties)), figure);
    draw(figure, properties, null);
  }
  document.getElementById("live-section")?.remove();
  panel.append(h("section", { class: "sec", id: "live-section" }, h("p", { class: "label" }, t("live.title")), list));
  listen(app, level, code, last, rows, isOpen);
}

function nameOf(app, { service, measure }) {
  const layer = title((app.catalog.layers[service] || app.catalog.services?.[service])?.title) || service;
  return `${layer} · ${t(`live.${measure}`)}`;
}

function listen(app, level, code, last, rows, isOpen) {
  const query = new URLSearchParams({ zones: level, after: last });
  source = new EventSource(address(`events?${query}`));
  const mine = source;
  mine.addEventListener("standing", (event) => {
    if (!isOpen()) {
      mine.close();
      return;
    }
    const told = JSON.parse(event.data);
    const zone = told.zones.find((one) => one.zone_id === code);
    const figure = rows.get(`${told.service}/${told.of}`);
    if (!zone || !figure) return;
    draw(figure, { ...zone, value_unit: zone.unit }, zone.covered - zone.before);
    say(`${nameOf(app, { service: told.service, measure: told.of })} ${figure.textContent}`);
  });
  // what was missed, or is not current any more, is read anew
  for (const kind of ["reset", "stale", "current"]) {
    mine.addEventListener(kind, () => { if (isOpen()) addLive(app, level, code, isOpen); });
  }
}

function draw(figure, row, change) {
  const share = row.coverage_ratio === null ? t("none") : `${number(row.coverage_ratio * 100, 3)} %`;
  const covered = quantity(row.covered, row.value_unit);
  const by = change === null ? null : quantity(Math.abs(change), row.value_unit);
  put(figure, share, h("small", null, ` ${covered.value} ${covered.unit}`),
    row.stale_since ? h("small", { class: "short" }, ` ▲ ${t("live.stale", { at: moment(row.stale_since) })}`) : null,
    change ? h("small", { class: change > 0 ? "ok" : "short" }, ` ${signed(change).slice(0, 1)}${by.value} ${by.unit} · ${t("live.now")}`) : null);
}

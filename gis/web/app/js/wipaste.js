// Places out of pasted text: coordinates, one a line, or a table with heads.
import { openDialog } from "./about.js";
import { $, h, put } from "./dom.js";
import { t, title } from "./i18n.js";
import { MOST_EDITS, snap } from "./wicode.js";
import { flyToPlan } from "./widraw.js";

const LON = ["lon", "lng", "longitude", "经度", "x"];
const LAT = ["lat", "latitude", "纬度", "y"];

const cells = (line) => {
  const mark = ["\t", ";", "；", ",", "，"].find((sign) => line.includes(sign));
  return (mark ? line.split(mark) : line.trim().split(/\s+/)).map((cell) => cell.trim().replace(/^"|"$/g, ""));
};

const isNumber = (text) => text !== "" && Number.isFinite(Number(text));

// Column of each cell, by its head: a name of the layer, or a title in either language.
function heads(line, service) {
  const named = new Map();
  for (const field of service.fields.filter((f) => f.name)) {
    for (const word of [field.name, field.title.zh, field.title.en]) named.set(word.toLowerCase(), field);
  }
  return cells(line).map((cell) => {
    const word = cell.toLowerCase().replace(/^\ufeff/, "");
    if (LON.includes(word)) return "lon";
    if (LAT.includes(word)) return "lat";
    return named.get(word) || null;
  });
}

function valueOf(field, text) {
  if (field.options) {
    const known = field.options.find((o) => o.code === text || Object.values(o.title).includes(text) || title(o.title) === text);
    return known ? known.code : undefined;
  }
  const value = Number(text);
  return isNumber(text) && value >= field.min && value <= field.max ? value : undefined;
}

// Returns {places: [{lon, lat, p}], wrong: [{line, text}]}. Without heads a line is two
// coordinates, the larger first or second, and then the direction where there is one.
export function readPlaces(text, service, extent) {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const found = { places: [], wrong: [] };
  const first = lines.findIndex(Boolean);
  if (first < 0) return found;
  const titled = !cells(lines[first]).some(isNumber);
  const azimuth = service.fields.find((f) => f.role === "azimuth") || null;
  const columns = titled ? heads(lines[first], service) : null;
  const [west, south, east, north] = extent;
  lines.forEach((line, index) => {
    if (!line || (titled && index === first)) return;
    const row = cells(line);
    const place = { p: {} };
    let good = row.length >= 2;
    (columns || ["lon", "lat", azimuth]).forEach((column, i) => {
      const cell = row[i] ?? "";
      if (!column || cell === "") return;
      if (typeof column === "string") {
        good &&= isNumber(cell);
        place[column] = Number(cell);
      } else {
        const value = valueOf(column, cell);
        good &&= value !== undefined;
        place.p[column.name] = value;
      }
    });
    if (!titled && place.lon < place.lat) [place.lon, place.lat] = [place.lat, place.lon];
    good &&= place.lon >= west && place.lon <= east && place.lat >= south && place.lat <= north;
    if (good && found.places.length < MOST_EDITS) found.places.push({ lon: snap(place.lon), lat: snap(place.lat), p: place.p });
    else found.wrong.push({ line: index + 1, text: line.slice(0, 60) });
  });
  return found;
}

export function openPaste(tried) {
  const said = h("div", { id: "paste-said", role: "status" });
  const text = h("textarea", { id: "paste-text", rows: 8, spellcheck: "false", placeholder: t("wi.paste.hint") });
  const add = () => {
    const { places, wrong } = readPlaces(text.value, tried.service, tried.app.catalog.city.extent);
    if (places.length) tried.placeAll(places);
    if (places.length && !wrong.length) { $("dialog").close(); flyToPlan(tried); return; }
    if (places.length) text.value = wrong.map((one) => one.text).join("\n");
    put(said, places.length ? h("p", null, t("wi.paste.done", { n: places.length })) : null,
      h("p", { class: "problem" }, wrong.length ? t("wi.paste.wrong", { lines: wrong.slice(0, 8).map((one) => one.line).join(", "), n: wrong.length }) : t("wi.paste.none")));
  };
  openDialog(t("wi.paste"),
    h("p", { class: "note" }, t("wi.paste.how")),
    h("label", { class: "sr", for: "paste-text" }, t("wi.paste")), text, said,
    h("div", { class: "acts" }, h("button", { class: "btn primary", type: "button", id: "paste-add", onclick: add }, t("wi.paste.add"))));
  text.focus();
}

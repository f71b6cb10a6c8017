// The scorecard with script: filters at once, ledger in place, sorting, trends. The
// page reads without any of it; every part is fetched as the server's own page.
import { execute } from "./api.js";
import { trend } from "./charts.js";
import { $, h, put, s } from "./dom.js";
import { loadMessages, number, t } from "./i18n.js";

const root = document.documentElement;
let turn = 0;

async function open(address, push = true) {
  turn += 1;
  const mine = turn;
  delete root.dataset.ready;
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  const text = await response.text();
  if (mine !== turn) return;
  const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("main");
  const held = document.activeElement?.getAttribute("href") || null;
  const scroll = document.querySelector(".scroll")?.scrollTop || 0;
  $("main").replaceWith(document.importNode(fresh, true));
  if (push) history.pushState(null, "", address);
  await dress();
  document.querySelector(".scroll").scrollTop = scroll;
  if (held) document.querySelector(`a[href="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
}

function catchLinks(event) {
  const link = event.target.closest("a[data-cell]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  open(link.href).then(() => $("ledger")?.querySelector("h2")?.scrollIntoView({ block: "nearest" }));
}

function filters() {
  const form = $("filters");
  form.addEventListener("change", () => {
    const query = new URLSearchParams(new FormData(form));
    for (const [key, value] of [...query]) if (!value || (key === "show" && value === "value")) query.delete(key);
    const now = new URLSearchParams(location.search);
    for (const key of ["target", "zone"]) if (now.has(key)) query.set(key, now.get(key));
    open(`scorecard?${query}`);
  });
  const print = $("print");
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

function sorting() {
  for (const button of document.querySelectorAll(".sort")) {
    button.disabled = false;
    button.addEventListener("click", () => {
      const head = button.closest("th");
      const rising = head.getAttribute("aria-sort") !== "ascending";
      document.querySelectorAll("th[aria-sort]").forEach((node) => node.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", rising ? "ascending" : "descending");
      const figure = (row) => {
        const cell = row.querySelector(`td[data-zone="${button.dataset.zone}"]`);
        return cell?.dataset.value === undefined ? null : Number(cell.dataset.value);
      };
      for (const body of document.querySelectorAll(".matrix tbody")) {
        const rows = [...body.querySelectorAll("tr[data-target]")];
        rows.sort((a, b) => {
          const [x, y] = [figure(a), figure(b)];
          if (x === null || y === null) return (x === null) - (y === null);
          return rising ? x - y : y - x;
        });
        body.append(...rows);
      }
    });
  }
}

// A phone shows one district; the choice is kept while the page is open.
let chosen = null;
function oneZone() {
  const select = $("one-zone");
  if (!select || !select.options.length) return;
  if (chosen) select.value = chosen;
  const show = () => {
    chosen = select.value;
    document.querySelectorAll(".matrix [data-zone]").forEach((node) => node.classList.toggle("here", node.dataset.zone === chosen));
  };
  select.addEventListener("change", show);
  show();
}

let series = null;
async function readTrends() {
  const dates = [...document.querySelectorAll('select[name="at"] option')].map((o) => o.value).filter(Boolean);
  const inputs = { zones: "district", as_of: dates[dates.length - 1] };
  const answer = await execute("scorecard", inputs).catch(() => null);
  const goals = new Map((answer?.targets || []).map((card) => [card.id, card.value]));
  return new Map((answer?.city || []).map((row) => [row.target, {
    goal: goals.get(row.target) ?? null,
    points: (row.series || []).map((point) => ({ date: point.as_of, value: point.value })),
  }]));
}

async function trends() {
  series ??= readTrends();
  const found = await series;
  for (const row of document.querySelectorAll("tr[data-target]")) {
    const { points, goal } = found.get(row.dataset.target) || { points: [] };
    if (points.filter((p) => p.value !== null).length < 2) continue;
    const label = points.map((p) => `${p.date.slice(0, 4)}: ${number(p.value, 1)}`).join(", ");
    put(row.querySelector(".spark"), trend(points, goal, { width: 76, height: 22, label, dot: 3 }));
  }
}

async function worst() {
  const node = $("worst");
  if (!node) return;
  const { target, zone } = node.dataset;
  const inputs = { targets: [target], zones: "street", series: false };
  if ($("main").dataset.at) inputs.as_of = $("main").dataset.at;
  if (zone !== "city") inputs.within = [zone];
  const answer = await execute("scorecard", inputs).catch(() => null);
  const rows = (answer?.cells || []).filter((row) => row.value !== null && row.distance !== null);
  rows.sort((a, b) => a.distance - b.distance);
  if (!rows.length) return;
  const top = Math.max(100, ...rows.slice(0, 3).map((row) => row.value));
  const bar = (value) => s("svg", { class: "bullet", "aria-hidden": "true" },
    s("rect", { class: "bar-bg", x: 0, y: 4, width: "100%", height: 8, rx: 4 }),
    s("rect", { class: "bar-fill", x: 0, y: 4, width: `${(value / top) * 100}%`, height: 8, rx: 4 }));
  put(node, h("div", { class: "worst" }, h("p", null, t("sc.worst")),
    rows.slice(0, 3).map((row) => [h("span", null, row.zone_name), bar(row.value), h("b", null, number(row.value, 1))])));
}

// Arrow keys walk the table cell by cell.
function keys(event) {
  const link = document.activeElement?.closest?.("td, th.name");
  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  if (!link || !(event.key in steps) || !link.closest(".matrix")) return;
  const [down, across] = steps[event.key];
  const rows = [...document.querySelectorAll(".matrix tr[data-target]")];
  let row = rows.indexOf(link.parentNode);
  let column = [...link.parentNode.children].indexOf(link);
  for (let i = 0; i < 80; i += 1) {
    row += down;
    column += across;
    const next = rows[row]?.children[column];
    if (!next) return;
    const target = next.querySelector("a");
    if (target) {
      event.preventDefault();
      target.focus();
      return;
    }
  }
}

async function dress() {
  $("main").classList.add("by-script");
  filters();
  sorting();
  oneZone();
  await Promise.all([trends(), worst()]);
  root.dataset.ready = "true";
}

document.addEventListener("click", catchLinks);
document.addEventListener("keydown", keys);
addEventListener("popstate", () => open(location.href, false));
await loadMessages(root.dataset.lang);
await dress();

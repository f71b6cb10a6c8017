// Saved scenarios: kept under a name, shared by link, set side by side, loaded.
import { getJson, track } from "./api.js";
import { openDialog } from "./about.js";
import { $, h, put } from "./dom.js";
import { signed, t, title } from "./i18n.js";
import { toast } from "./panel.js";
import { share } from "./wifigures.js";
import { planWords } from "./wipanel.js";

const MOST_COMPARED = 6;

const send = (method, path, body, headers = {}) => getJson(path, {
  method, headers: { "Content-Type": "application/json", Accept: "application/json", ...headers },
  body: body ? JSON.stringify(body) : undefined,
});

const words = (error) => (error.status === 0 ? t("wi.offline") : error.status === 412 ? t("kept.changed") : error.status === 403 ? t("error.forbidden") : error.message);

// ---- saving

export function openSave(tried) {
  const { saved } = tried;
  const name = h("input", { id: "save-name", maxlength: 120, required: true, value: saved?.name || "", autocomplete: "off" });
  const note = h("textarea", { id: "save-note", maxlength: 2000, rows: 3 }, saved?.note || "");
  const said = h("div", { role: "status" });
  const keep = async (again) => {
    if (!name.value.trim()) { put(said, h("p", { class: "problem" }, t("kept.name.needed"))); name.focus(); return; }
    const body = { name: name.value, note: note.value, inputs: tried.inputs() };
    try {
      const kept = await (again
        ? send("PUT", `scenarios/${saved.id}`, body, { "If-Match": `"${saved.id}-${saved.revision}"` })
        : send("POST", "scenarios", body));
      tried.keep(kept);
      $("dialog").close();
      toast(t("kept.saved"), { name: t("share"), run: () => $("share").click() });
    } catch (error) {
      put(said, h("p", { class: "problem" }, words(error)));
    }
  };
  const own = saved?.mine;
  openDialog(t("wi.save"),
    h("form", { class: "form", onsubmit: (event) => { event.preventDefault(); track(keep(own)); } },
      h("p", { class: "note" }, planWords(tried.plan)),
      h("label", { for: "save-name" }, t("kept.name")), name, h("label", { for: "save-note" }, t("kept.note")), note, said,
      h("div", { class: "acts" },
        h("button", { class: "btn primary", type: "submit", id: "save-go" }, t(own ? "kept.replace" : "wi.save")),
        own ? h("button", { class: "btn", type: "button", id: "save-new", onclick: () => track(keep(false)) }, t("kept.new")) : null)));
  name.focus();
}

// ---- the list

export async function openScenarios(app) {
  const body = h("div", { id: "scenarios" }, h("p", { class: "skeleton w70" }));
  openDialog(t("wi.scenarios"), body);
  await track(list(app, body));
}

async function list(app, body) {
  let found;
  try {
    found = (await getJson("scenarios")).scenarios;
  } catch (error) {
    put(body, h("p", { class: "problem" }, words(error), h("button", { type: "button", onclick: () => track(list(app, body)) }, t("retry"))));
    return;
  }
  if (!found.length) {
    put(body, h("p", { class: "note" }, t("kept.empty")));
    return;
  }
  const chosen = new Set();
  const compare = h("button", { class: "btn primary", type: "button", id: "sc-compare", disabled: true, onclick: () => track(side(app, [...chosen], body)) }, t("kept.compare"));
  const tick = (id) => (event) => {
    chosen[event.target.checked ? "add" : "delete"](id);
    compare.disabled = chosen.size < 2 || chosen.size > MOST_COMPARED;
  };
  const remove = (one, line) => async () => {
    try {
      await send("DELETE", `scenarios/${one.id}`, null, { "If-Match": `"${one.id}-${one.revision}"` });
      await list(app, body);
    } catch (error) {
      line.append(h("p", { class: "problem" }, words(error)));
    }
  };
  put(body, h("ul", { class: "scenarios" }, found.map((one) => {
    const files = one.links.filter((link) => link.rel === "enclosure");
    const line = h("li", { "data-id": one.id });
    const sure = (event) => event.target.replaceWith(h("button", { class: "danger", type: "button", "data-act": "sure", onclick: () => track(remove(one, line)()) }, t("kept.sure")));
    return put(line,
      h("label", null, h("input", { type: "checkbox", "data-id": one.id, onchange: tick(one.id) }), h("span", { class: "sr" }, t("kept.pick", { name: one.name }))),
      h("div", null,
        h("button", { type: "button", class: "open", "data-act": "open", onclick: () => { $("dialog").close(); app.store.set({ wi: `s:${one.id}` }); } }, one.name),
        h("p", { class: "note" }, title(app.catalog.services[one.service]?.title) || one.service, " · ", ["added", "moved", "removed"].filter((k) => one.counts[k]).map((k) => t(`kept.${k}`, { n: one.counts[k] })).join(" · "),
          ` · ${one.changed.slice(0, 10)} `, one.stale.length ? h("span", { class: "tag" }, t("wi.stale")) : null),
        one.note ? h("p", { class: "note" }, one.note) : null,
        h("p", { class: "links" }, files.length ? [t("kept.file"), files.map((link) => h("a", { href: link.href, title: link.title, download: "" }, new URL(link.href).searchParams.get("f").toUpperCase()))] : null,
          one.mine ? h("button", { type: "button", "data-act": "delete", onclick: sure }, t("kept.delete")) : null)));
  })),
  h("p", { class: "note" }, t("kept.load.how")),
  h("div", { class: "acts" }, compare));
}

// ---- side by side

async function side(app, ids, body) {
  const back = h("button", { class: "btn", type: "button", onclick: () => track(list(app, body)) }, t("back"));
  let found;
  try {
    found = await getJson(`scenarios/compare?scenarios=${ids.join(",")}`);
  } catch (error) {
    put(body, h("p", { class: "problem" }, words(error)), h("div", { class: "acts" }, back));
    return;
  }
  const rows = found.rows.filter((row) => row.zone_id !== "outside" && (row.zone_id !== "total" || row.level === found.levels[0]));
  rows.sort((a, b) => (a.zone_id === "total" ? -1 : b.zone_id === "total" ? 1 : 0));
  const percent = (value) => (value === null ? null : value * 100);
  put(body,
    h("div", { class: "wide-table", tabindex: "0", role: "region", "aria-label": t("kept.compare") },
      h("table", { class: "tried compared" },
        h("thead", null, h("tr", null, h("th", { scope: "col" }, t("wi.zone")), h("th", { scope: "col" }, t("wi.col.before")),
          found.scenarios.map((one) => h("th", { scope: "col" }, one.name, one.stale.length ? h("span", { class: "tag" }, t("wi.stale")) : null)))),
        h("tbody", null, rows.slice(0, 200).map((row) => {
          const best = Math.max(...row.after);
          return h("tr", { "data-zone": row.zone_id },
            h("th", { scope: "row" }, row.zone_id === "total" ? title(app.catalog.city.title) : row.zone_name, h("small", null, row.zone_id === "total" ? "" : t(`zone.${row.level}`))),
            h("td", null, share(percent(row.ratio_before[0]), null)),
            row.after.map((after, i) => h("td", { class: after === best ? "best" : "" }, share(percent(row.ratio_after[i]), null),
              h("small", null, signed(percent(row.ratio_after[i]) - percent(row.ratio_before[i]))))));
        })))),
    h("p", { class: "note" }, t("kept.compare.how")), h("div", { class: "acts" }, back));
}


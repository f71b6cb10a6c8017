// Messages and numbers in the reader's language.

let messages = {};
let locale = "zh-CN";
let lang = "zh";

export async function loadMessages(language) {
  lang = language;
  locale = language === "zh" ? "zh-CN" : "en";
  const url = new URL(`../messages/${locale}.json`, import.meta.url);
  messages = await (await fetch(url)).json();
}

export const language = () => lang;

// An id without a message shows as the id and is reported, so that tests see it.
export function t(id, values = {}) {
  let text = messages[id];
  if (values.n !== undefined && typeof values.n === "number") {
    const form = new Intl.PluralRules(locale).select(values.n);
    text = messages[`${id}.${form}`] ?? text;
  }
  if (text === undefined) {
    console.error(`no message for ${id}`);
    return id;
  }
  return text.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? values[key] : whole));
}

// A title in both languages, as layers and targets carry it.
export function title(pair) {
  if (!pair) return "";
  if (typeof pair === "string") return pair;
  return pair[lang] || pair.zh || pair.en || "";
}

export function number(value, digits = 0) {
  if (value === null || value === undefined || Number.isNaN(value)) return t("none");
  return new Intl.NumberFormat(locale, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

// A moment by the reader's clock: month, day, hour, minute.
export function moment(iso) {
  return new Intl.DateTimeFormat(locale, {
    month: "short", day: "numeric", hour: "2-digit", minute: "2-digit",
  }).format(new Date(iso));
}

// A change with its sign; what is not nothing never looks like it.
export function signed(value) {
  if (value === null || Number.isNaN(value)) return "";
  let digits = 2;
  while (value !== 0 && digits < 6 && Number(Math.abs(value).toFixed(digits)) === 0) digits += 1;
  if (Number(Math.abs(value).toFixed(digits)) === 0) return number(0, 2);
  return `${value > 0 ? "+" : "−"}${number(Math.abs(value), digits)}`;
}

// Three significant places for measures: 2.862, 71.5, 18,460.
export function measure(value) {
  const size = Math.abs(value);
  const digits = Number.isInteger(value) || size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3;
  return number(value, digits);
}

const UNITS = {
  m2: [1e6, "km²"], m: [1000, "km"],
  persons: [1, "persons"], person: [1, "persons"], features: [1, "features"],
  feature: [1, "features"], count: [1, "features"], km2: [1, "km²"],
};

export function quantity(value, unit) {
  if (value === null || value === undefined) return { value: t("none"), unit: "" };
  if (unit === "m2" && Math.abs(value) < 5e4 && value !== 0) return { value: measure(value / 1e4), unit: "ha" };
  const [divisor, name] = UNITS[unit] || [1, unit || ""];
  const known = ["persons", "features"].includes(name) ? t(`unit.${name}`) : name;
  return { value: measure(value / divisor), unit: known };
}

// Everything that the page asks of the server. Addresses are relative to the page.

export const address = (path) => new URL(path, document.baseURI).href;

export class ApiError extends Error {
  constructor(status, code, text, reference) {
    super(text);
    this.status = status;
    this.code = code;
    this.reference = reference;
  }
}

let pending = 0;
const waiting = new Set();

// Work that must end before the page calls itself ready.
export async function track(promise) {
  pending += 1;
  waiting.forEach((tell) => tell(pending));
  try {
    return await promise;
  } finally {
    pending -= 1;
    waiting.forEach((tell) => tell(pending));
  }
}

export const onPending = (tell) => waiting.add(tell);
export const isBusy = () => pending > 0;

async function explain(response) {
  let body = {};
  try {
    body = await response.json();
  } catch {
    body = {};
  }
  // Internal errors come in both languages, "zh / en".
  const told = String(body.description || body.detail || body.title || response.statusText);
  const parts = told.split(" / ");
  const text = parts.length === 2 ? parts[document.documentElement.dataset.lang === "en" ? 1 : 0] : told;
  return new ApiError(response.status, body.code || "", text, body.reference || "");
}

async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(address(path), { credentials: "same-origin", ...options });
  } catch (cause) {
    if (cause.name === "AbortError") throw cause;
    throw new ApiError(0, "offline", String(cause.message), "");
  }
  if (!response.ok) throw await explain(response);
  return response.status === 204 ? null : response.json();
}

export const getJson = (path, options) => track(ask(path, options));

export const execute = (process, inputs, options = {}) =>
  track(ask(`processes/${process}/execution`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json, application/geo+json" },
    body: JSON.stringify({ inputs }),
    ...options,
  }));

export const item = (layer, code) =>
  getJson(`collections/${layer}/items/${encodeURIComponent(code)}?f=json`);

// Keeps only the answer to the latest question.
export function latest() {
  let turn = 0;
  return async (promise) => {
    turn += 1;
    const mine = turn;
    const value = await promise;
    return mine === turn ? value : undefined;
  };
}

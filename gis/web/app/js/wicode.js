// A plan as a few characters of the address and back: zig-zag varints, base64url. Places
// stand on a millionth of a degree, so that what is read again asks the same question.

const VERSION = 1;
const OPS = ["add", "move", "remove"];
const SAME = 4;
export const LONGEST = 1900; // characters; messengers cut longer links
export const MOST_EDITS = 1000;
const E6 = 1e6;

const SAVED = /^s:([a-z0-9]{12})$/;

// The id of a saved scenario that the address names.
export const isSaved = (wi) => SAVED.exec(wi)?.[1] || null;

export const snap = (degrees) => Math.round(degrees * E6) / E6;

// Numbers of a service beside the direction, which every asset has of its own: it shares
// a number with what is done.
const shared = (service) => service.fields.filter((f) => f.name && f.role !== "azimuth");
const facing = (service) => service.fields.find((f) => f.role === "azimuth");

class Writer {
  constructor() { this.bytes = []; }

  varint(value) {
    let rest = value;
    while (rest > 127) {
      this.bytes.push((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.bytes.push(rest);
  }

  signed(value) { this.varint(value < 0 ? -2 * value - 1 : 2 * value); }

  text(value) {
    const bytes = new TextEncoder().encode(value);
    this.varint(bytes.length);
    this.bytes.push(...bytes);
  }
}

class Reader {
  constructor(bytes) { this.bytes = bytes; this.at = 0; }

  byte() {
    if (this.at >= this.bytes.length) throw new RangeError("cut off");
    this.at += 1;
    return this.bytes[this.at - 1];
  }

  varint() {
    let value = 0;
    for (let power = 1; power <= 128 ** 5; power *= 128) {
      const byte = this.byte();
      value += (byte & 127) * power;
      if (byte < 128) return value;
    }
    throw new RangeError("number too long");
  }

  signed() {
    const value = this.varint();
    return value % 2 ? -(value + 1) / 2 : value / 2;
  }

  text() {
    const length = this.varint();
    if (length > 200 || this.at + length > this.bytes.length) throw new RangeError("text too long");
    this.at += length;
    return new TextDecoder("utf-8", { fatal: true }).decode(this.bytes.slice(this.at - length, this.at));
  }
}

function writeFields(out, fields, properties) {
  for (const field of fields) {
    const value = properties[field.name];
    if (field.options) out.text(value ?? "");
    else out.signed(value === null || value === undefined ? 0 : Math.round(value / field.step) * 2 + 1);
  }
}

function readFields(input, fields) {
  const found = {};
  for (const field of fields) {
    if (field.options) {
      const code = input.text();
      if (code && !field.options.some((o) => o.code === code)) throw new RangeError(field.name);
      if (code) found[field.name] = code;
      continue;
    }
    const told = input.signed();
    if (told === 0) continue;
    const digits = Math.max(0, -Math.floor(Math.log10(field.step)));
    const value = Number((((told - 1) / 2) * field.step).toFixed(digits));
    if (value < field.min || value > field.max) throw new RangeError(field.name);
    found[field.name] = value;
  }
  return found;
}

export function encodePlan(plan, services) {
  const service = services[plan.service];
  const fields = shared(service);
  const turn = facing(service);
  const out = new Writer();
  out.varint(VERSION);
  out.text(plan.service);
  out.varint(fields.length);
  out.varint(plan.edits.length);
  let [lon, lat, last] = [0, 0, null];
  for (const edit of plan.edits) {
    const own = JSON.stringify(fields.map((f) => edit.p?.[f.name] ?? null));
    const same = own === last;
    const azimuth = turn && edit.op !== "remove" ? edit.p[turn.name] ?? -1 : -1;
    out.varint(OPS.indexOf(edit.op) + (same ? SAME : 0) + 2 * SAME * Math.round(azimuth + 1));
    if (edit.op !== "add") out.text(edit.code);
    if (edit.op === "remove") continue;
    const [x, y] = [Math.round(edit.lon * E6), Math.round(edit.lat * E6)];
    out.signed(x - lon);
    out.signed(y - lat);
    [lon, lat] = [x, y];
    if (!same) writeFields(out, fields, edit.p);
    last = own;
  }
  const text = btoa(String.fromCharCode(...out.bytes));
  return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

// The plan of an address; null where it is none that could be asked.
export function decodePlan(text, services) {
  try {
    if (!/^[\w-]{4,4000}$/.test(text)) return null;
    const bytes = Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
    const input = new Reader(bytes);
    if (input.varint() !== VERSION) return null;
    const plan = { service: input.text(), edits: [] };
    const service = Object.hasOwn(services, plan.service) ? services[plan.service] : null;
    if (!service) return null;
    const fields = shared(service);
    const turn = facing(service);
    if (input.varint() !== fields.length) return null;
    const count = input.varint();
    if (count < 1 || count > MOST_EDITS) return null;
    let [lon, lat, last] = [0, 0, null];
    for (let i = 0; i < count; i += 1) {
      const told = input.varint();
      const edit = { op: OPS[told % SAME] };
      const azimuth = Math.floor(told / (2 * SAME)) - 1;
      if (!edit.op || azimuth > (turn?.max ?? -1)) return null;
      if (edit.op !== "add") edit.code = input.text();
      if (edit.op !== "add" && !edit.code) return null;
      if (edit.op !== "remove") {
        lon += input.signed();
        lat += input.signed();
        if (Math.abs(lon) > 180 * E6 || Math.abs(lat) > 90 * E6) return null;
        Object.assign(edit, { lon: lon / E6, lat: lat / E6 });
        if (told % (2 * SAME) < SAME) last = readFields(input, fields);
        if (!last) return null;
        edit.p = { ...last, ...(azimuth < 0 ? {} : { [turn.name]: azimuth }) };
      }
      plan.edits.push(edit);
    }
    const codes = plan.edits.filter((e) => e.code).map((e) => e.code);
    return input.at === bytes.length && new Set(codes).size === codes.length ? plan : null;
  } catch {
    return null;
  }
}

// What an asset is like: what it was before it was moved, and what is changed of that.
export const numbersOf = (edit) => ({ ...edit.was, ...edit.p });

// A plan as the inputs of what-if, and the plan of inputs that somebody saved.
const feature = (edit) => ({
  type: "Feature",
  ...(edit.code ? { id: edit.code } : {}),
  geometry: { type: "Point", coordinates: [edit.lon, edit.lat] },
  properties: edit.p,
});

export function toInputs(plan) {
  if (plan.fixed) return plan.fixed;
  const inputs = { service: plan.service };
  for (const op of ["add", "move"]) {
    const own = plan.edits.filter((edit) => edit.op === op);
    if (own.length) inputs[op] = own.map(feature);
  }
  const gone = plan.edits.filter((edit) => edit.op === "remove");
  if (gone.length) inputs.remove = gone.map((edit) => edit.code);
  return inputs;
}

const features = (given) => (!given ? [] : given.features || (Array.isArray(given) ? given : [given]));

// Questions that the map cannot draw are kept as they are: answered, not edited.
export function fromInputs(inputs, services) {
  const { service } = inputs;
  const drawn = [...features(inputs.add), ...features(inputs.move)];
  const editable = Object.hasOwn(services, service) && drawn.every((f) => f.geometry?.type === "Point");
  if (!editable) return { service, edits: [], fixed: inputs };
  const edit = (op) => (f) => {
    const [lon, lat] = f.geometry.coordinates;
    const code = op === "move" ? { code: String(f.id ?? f.properties?.code) } : {};
    return { op, ...code, lon, lat, p: { ...f.properties } };
  };
  return {
    service,
    edits: [
      ...features(inputs.add).map(edit("add")), ...features(inputs.move).map(edit("move")),
      ...(inputs.remove || []).map((code) => ({ op: "remove", code })),
    ],
  };
}

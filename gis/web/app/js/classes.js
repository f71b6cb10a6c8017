// Distance to the target: class, rounding and words. Pure functions.

// Points below (negative) or above the target; relative percent unless the unit is %.
export function distanceOf(value, target) {
  if (value === null || value === undefined || !target || target.value === null) return null;
  const gap = target.unit === "%" ? value - target.value : (value / target.value - 1) * 100;
  return ["<=", "≤", "<"].includes(target.op) ? -gap : gap;
}

// A billionth of the target is left to the rounding of sums of areas.
export function isMet(value, target) {
  const less = ["<=", "≤", "<"].includes(target.op);
  const distance = less ? target.value - value : value - target.value;
  const slack = 1e-9 * Math.max(Math.abs(target.value), 1);
  return [">", "<"].includes(target.op) ? distance > slack : distance >= -slack;
}

// 0 is furthest, breaks.length is met, breaks.length + 1 has no data.
export function distanceClass(value, target, breaks) {
  if (value === null || value === undefined) return breaks.length + 1;
  if (isMet(value, target)) return breaks.length;
  const distance = distanceOf(value, target);
  let index = 0;
  while (index < breaks.length - 1 && distance >= breaks[index]) index += 1;
  return index;
}

export function coverageClass(value, breaks) {
  if (value === null || value === undefined) return breaks.length + 1;
  let index = 0;
  while (index < breaks.length && value >= breaks[index]) index += 1;
  return index;
}

// Digits after the point: `least`, and more where rounding would make a value that
// misses the target look as if it met it.
export function digitsFor(value, target, least) {
  if (value === null || value === undefined || !target || target.value === null) return least;
  if (isMet(value, target)) return least;
  for (let digits = least; digits < 12; digits += 1) {
    if (!isMet(Number(value.toFixed(digits)), target)) return digits;
  }
  return 12;
}

// Bounds of a class in points short, for the legend: [from, to], null is open.
export function classBounds(index, breaks) {
  if (index >= breaks.length) return [null, null];
  const to = index === 0 ? null : -breaks[index - 1];
  return [-breaks[index], to];
}

// Class of a change in points, from much less to much more; null where nothing changes.
export function deltaClass(delta) {
  if (!delta) return null;
  return delta <= -5 ? 0 : delta <= -1 ? 1 : delta < 0 ? 2 : delta < 1 ? 3 : delta < 5 ? 4 : 5;
}

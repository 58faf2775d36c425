/** How long a signed token lives, read off what it was signed with. */
import { Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Origin } from "../../program/values/origin.js";

const UNITS: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  sec: 1,
  secs: 1,
  second: 1,
  seconds: 1,
  m: 60,
  min: 60,
  mins: 60,
  minute: 60,
  minutes: 60,
  h: 3600,
  hr: 3600,
  hrs: 3600,
  hour: 3600,
  hours: 3600,
  d: 86400,
  day: 86400,
  days: 86400,
  w: 604800,
  week: 604800,
  weeks: 604800,
  y: 31557600,
  yr: 31557600,
  year: 31557600,
  years: 31557600,
};

/** Seconds that an expiry of the libraries means: `"30d"`, `"2 hours"`, `3600`; null when it cannot be read. */
export function secondsOf(origins: readonly Origin[]): number | null {
  const found = origins.map(secondsOfOne);
  const read = found.filter((one) => one !== null);
  return read.length === 0 || read.length !== found.length ? null : Math.min(...read);
}

function secondsOfOne(origin: Origin): number | null {
  // what configuration may say instead: the fallback is what holds where it says nothing
  if (origin.kind === "fallback") return secondsOf(origin.or);
  if (origin.kind === "derived" && origin.site !== null) return product(origin.site.fn, origin.site.v, 0);
  if (origin.kind !== "constant") return null;
  if (typeof origin.value === "number") return origin.value;
  if (typeof origin.value !== "string") return null;
  const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(origin.value) ?? [];
  if (amount === undefined) return null;
  // a text without a unit is in milliseconds
  const factor = unit === "" || unit === undefined ? 0.001 : UNITS[unit.toLowerCase()];
  return factor === undefined ? null : Number(amount) * factor;
}

const MAX_FACTORS = 8;

/** `7 * 24 * 60 * 60` */
function product(fn: FunctionView, v: number, depth: number): number | null {
  const value = behind(fn, v);
  if (fn.op(value) === Op.Number) return Number(fn.text(fn.a(value)));
  if (fn.op(value) !== Op.Binary || fn.text(fn.a(value)) !== "*" || depth > MAX_FACTORS) return null;
  const left = product(fn, fn.b(value), depth + 1);
  const right = product(fn, fn.c(value), depth + 1);
  return left === null || right === null ? null : left * right;
}

/** The first argument of a registration as path patterns. */
import { Op } from "../../model/lowered.js";
import { displayName } from "../../program/facts/fact-reader.js";
import type { Origin } from "../../program/values/origin.js";
import type { PathPattern } from "./paths.js";
import { at, type Spot } from "./spot.js";
import type { Values } from "./values.js";

export interface ReadPatterns {
  readonly patterns: readonly PathPattern[];
  /** false when a part was put in as a parameter because its text is not known */
  readonly complete: boolean;
}

/** Patterns that a value stands for; null when it is no path at all. */
export function patternsOf(spot: Spot, values: Values): ReadPatterns | null {
  const whole = values.text(spot);
  if (whole !== null) return { patterns: [{ kind: "text", text: whole }], complete: true };
  const { fn, v } = spot;
  if (fn.op(v) === Op.Array) return together(values.elements(spot).items.map((o) => patternOf(o, values)));
  const pieces = fn.op(v) === Op.Template || fn.op(v) === Op.Binary ? partly(spot, values) : null;
  if (pieces !== null) return { patterns: [{ kind: "text", text: pieces }], complete: false };
  const origins = values.of(spot);
  return together(origins.map((origin) => patternOf(origin, values))) ?? computed(spot, origins);
}

function patternOf(origin: Origin, values: Values): ReadPatterns | null {
  const text = values.textOf(origin);
  if (text !== null) return { patterns: [{ kind: "text", text }], complete: true };
  if (origin.kind !== "literal") return null;
  const { fn, v } = origin.site;
  if (origin.form === "regex") {
    return { patterns: [{ kind: "regex", source: fn.text(fn.a(v)) }], complete: true };
  }
  if (origin.form === "array") {
    const { items } = values.elementsOf(origin);
    return items.length === 0 ? null : together(items.map((item) => patternOf(item, values)));
  }
  if (origin.form !== "template") return null;
  const pieces = partly(at(origin.site), values);
  return pieces === null ? null : { patterns: [{ kind: "text", text: pieces }], complete: false };
}

function together(found: readonly (ReadPatterns | null)[]): ReadPatterns | null {
  const patterns: PathPattern[] = [];
  for (const item of found) {
    if (item === null) return null;
    patterns.push(...item.patterns);
  }
  return patterns.length === 0 ? null : { patterns, complete: found.every((item) => item?.complete) };
}

/** A template or sum with what is not known as a parameter; null when it does not read like a path, nor like settings. */
function partly(spot: Spot, values: Values): string | null {
  const { fn, v } = spot;
  const parts =
    fn.op(v) === Op.Template
      ? Array.from(fn.list(fn.a(v)), (part, i) => (i % 2 === 0 ? fn.text(part) : piece({ ...spot, v: part }, values)))
      : [piece({ ...spot, v: fn.b(v) }, values), piece({ ...spot, v: fn.c(v) }, values)];
  const text = parts.join("");
  if (text.includes("/")) return text;
  // `config.get("basePath") + config.get("apiPath")` is a text, and each part of it brings its own slash
  const written = parts.filter((part) => part !== "");
  return written.length > 1 && written.every((part) => part.startsWith(":")) ? `/${written.join("/")}` : null;
}

function piece(spot: Spot, values: Pick<Values, "text">): string {
  const text = values.text(spot);
  if (text !== null) return text;
  const name = displayName(spot.fn, spot.v).replace(/^.*\./, "").replace(/\W/g, "");
  return `:${name || "part"}`;
}

/** A setting or the result of a computation in the place of a path. */
function computed(spot: Spot, origins: readonly Origin[]): ReadPatterns | null {
  const setting = origins.some(
    (o) =>
      (o.kind === "package" && o.module === "" && o.path.startsWith("process.env")) ||
      (o.kind === "source" && o.source === "config") ||
      (o.kind === "derived" && o.how !== "call" && o.how !== "rest" && o.of.every((part) => part.kind === "constant")),
  );
  if (!setting && !isCalledPath(spot, origins)) return null;
  const unknown = piece(spot, NO_VALUES);
  return { patterns: [{ kind: "text", text: `/${unknown}`, unknown }], complete: false };
}

/** `config.metrics.path`: what a module of settings holds under such a name is a path, and no function. */
function isCalledPath({ fn, v }: Spot, origins: readonly Origin[]): boolean {
  const [name = ""] = displayName(fn, v).split(".").slice(-1);
  return fn.op(v) === Op.Member && PATH_NAME.test(name) && origins.every((o) => o.kind === "package");
}

const PATH_NAME = /(?:^|[a-z])(?:path|prefix|route|url|uri|endpoint|mount_?point)$/i;

/** Used where it is already known that there is no text. */
const NO_VALUES: Pick<Values, "text"> = { text: () => null };

/** A path with a wildcard is written for set-ups; what it covers has routes of its own. */
export function isPattern(patterns: readonly PathPattern[]): boolean {
  return patterns.every((pattern) => pattern.kind === "text" && pattern.text.includes("*"));
}

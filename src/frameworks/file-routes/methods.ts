/** Methods that an API route below `pages` tells apart: what it compares `req.method` with, or keys a table by. */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { frameFor, givenFrame } from "../../program/values/call-frames.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Frame, LinkQueries, Origin, Site } from "../../program/values/origin.js";
import type { FunctionOrigin } from "./handlers.js";

export const HTTP_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] as const;

const NAMES: ReadonlySet<string> = new Set(HTTP_METHODS);
const EQUALITY = new Set(["===", "==", "!==", "!="]);
const MAX_LEVELS = 6;
const MAX_FUNCTIONS = 60;

interface Body {
  readonly fn: FunctionView;
  readonly frame: Frame | null;
}

/** Methods in the order in which they are met; none when the handler answers all alike. */
export function testedMethods(
  handler: FunctionOrigin,
  given: readonly (readonly Origin[])[],
  queries: LinkQueries,
): readonly string[] {
  let level: readonly Body[] = [{ fn: handler.fn, frame: givenFrame(handler, given) }];
  const seen = new Set<FunctionView>();
  for (let depth = 0; depth < MAX_LEVELS && level.length > 0 && seen.size < MAX_FUNCTIONS; depth += 1) {
    const bodies = level.flatMap((body) => withClosures(body, queries, seen));
    const found = new Set(bodies.flatMap((body) => methodsIn(body, queries)));
    // pre-flight and probes are answered beside the real work
    const useful = [...found].filter((name) => name !== "OPTIONS" && name !== "HEAD");
    if (useful.length > 0) return useful;
    level = nextLevel(bodies, queries);
  }
  return [];
}

/** A body with the closures that are written in it. */
function withClosures(body: Body, queries: LinkQueries, seen: Set<FunctionView>): readonly Body[] {
  if (seen.has(body.fn) || seen.size >= MAX_FUNCTIONS || !body.fn.hasBody) return [];
  seen.add(body.fn);
  const found: Body[] = [body];
  for (let v = 0; v < body.fn.valueCount; v += 1) {
    if (body.fn.op(v) !== Op.Closure) continue;
    for (const origin of queries.evaluate({ fn: body.fn, v, frame: body.frame })) {
      if (origin.kind === "function") {
        found.push(...withClosures({ fn: origin.fn, frame: givenFrame(origin, []) }, queries, seen));
      }
    }
  }
  return found;
}

function methodsIn({ fn, frame }: Body, queries: LinkQueries): readonly string[] {
  const found: string[] = [];
  for (let v = 0; v < fn.valueCount; v += 1) {
    const op = fn.op(v);
    if (op === Op.Binary) found.push(...compared(fn, v, frame, queries));
    else if (op === Op.Index && isMethod({ fn, v: fn.b(v), frame }, queries)) {
      found.push(...keysOf(queries.evaluate({ fn, v: fn.a(v), frame })));
    } else if (op === Op.Call) found.push(...included(fn, v, frame, queries));
  }
  return found;
}

function compared(fn: FunctionView, v: number, frame: Frame | null, queries: LinkQueries): readonly string[] {
  if (!EQUALITY.has(fn.text(fn.a(v)))) return [];
  for (const [one, other] of [
    [fn.b(v), fn.c(v)],
    [fn.c(v), fn.b(v)],
  ]) {
    const name = nameOf(fn, one);
    if (name !== null && isMethod({ fn, v: other, frame }, queries)) return [name];
  }
  return [];
}

/** `["GET", "POST"].includes(req.method)` */
function included(fn: FunctionView, v: number, frame: Frame | null, queries: LinkQueries): readonly string[] {
  if (fn.memberName(fn.callee(v)) !== "includes" || fn.args(v).length !== 1) return [];
  if (!isMethod({ fn, v: fn.args(v)[0], frame }, queries)) return [];
  const lists = queries.evaluate({ fn, v: fn.a(fn.callee(v)), frame });
  return lists.flatMap((list) => {
    if (list.kind !== "literal" || list.form !== "array") return [];
    const { fn: home, v: array } = list.site;
    return [...home.list(home.a(array))].flatMap((item) => nameOf(home, item) ?? []);
  });
}

function nameOf(fn: FunctionView, v: number): string | null {
  if (fn.op(v) === Op.Cast) return nameOf(fn, fn.a(v));
  const text = fn.op(v) === Op.String ? fn.text(fn.a(v)).toUpperCase() : "";
  return NAMES.has(text) ? text : null;
}

/** `{ GET: list, POST: create }` */
function keysOf(objects: readonly Origin[]): readonly string[] {
  return objects.flatMap((object) => {
    if (object.kind !== "literal" || object.form !== "object") return [];
    const names = [...object.site.fn.props(object.site.v)].map((prop) => prop.name.toUpperCase());
    return names.filter((name) => NAMES.has(name));
  });
}

function isMethod(site: Site, queries: LinkQueries): boolean {
  return leaves(queries.evaluate(site)).some(
    (o) => o.kind === "source" && o.source === "neutral" && o.path === "method",
  );
}

/** The functions that wrappers were given; where there are none, those that get the request. */
function nextLevel(bodies: readonly Body[], queries: LinkQueries): readonly Body[] {
  const wrapped: Body[] = [];
  const helpers: Body[] = [];
  for (const { fn, frame } of bodies) {
    for (const v of fn.calls) {
      if (fn.op(v) !== Op.Call) continue;
      const site: Site = { fn, v, frame };
      if (!takesRequest(site, queries)) continue;
      const known = queries.evaluate({ fn, v: fn.callee(v), frame: null });
      for (const callee of queries.evaluate({ fn, v: fn.callee(v), frame })) {
        if (callee.kind !== "function") continue;
        const body = { fn: callee.fn, frame: frameFor(callee, site) };
        if (known.some((o) => o.kind === "parameter")) wrapped.push(body);
        else helpers.push(body);
      }
    }
  }
  return wrapped.length > 0 ? wrapped : helpers;
}

function takesRequest(site: Site, queries: LinkQueries): boolean {
  const { fn, v, frame } = site;
  return Array.from(fn.args(v)).some((arg) =>
    queries.evaluate({ fn, v: arg, frame }).some((o) => o.kind === "source" && o.source === "request" && o.path === ""),
  );
}

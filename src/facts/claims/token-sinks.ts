/** What calls do with claims that they are handed, where the function behind them is out of sight: by what they are called. */
import { NONE, Op } from "../../model/lowered.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { namesOf } from "../bypasses/bypass-text.js";
import { calledAs } from "../verification/token-verifiers.js";
import * as words from "../verification/token-words.js";
import type { TokenContext } from "./token-context.js";
import type { Item, UseKind } from "./token-scopes.js";
import type { Spot } from "./token-values.js";

export type Taken =
  | { readonly how: "used"; readonly as: UseKind; readonly lasting?: boolean; readonly named?: boolean }
  /** the answer is the claims again */
  | { readonly how: "carried" }
  /** the answer may have been made of them */
  | { readonly how: "answered" }
  | { readonly how: "lost" }
  /** it says nothing about the caller */
  | { readonly how: "passed" };

const RESPONSE: Taken = { how: "used", as: "response" };
const IDENTITY = { how: "used", as: "identity", lasting: true } as const satisfies Taken;

/** A function that the caller passed in: a handler, a continuation, the end of a promise. */
export function takenByCaller(item: Item, row: number, name: string, context: TokenContext): Taken {
  const { fn, caller } = item;
  if (/^(?:resolve|callback|cb)$/.test(name)) return { how: "lost" };
  if (/^(?:reject|err|error|log|logger)/i.test(name) || words.RESPONSE_CALL.test(name) || isLogged(fn, row))
    return RESPONSE;
  if (words.QUERY_CALL.test(name)) return query(name);
  if (/^(?:next|done|verified|handler)$/i.test(name) || caller !== "") return IDENTITY;
  return takenOutside(fn, row, name, context);
}

/** A function of a package, or one that could not be followed. */
export function takenOutside(fn: FunctionView, row: number, name: string, context: TokenContext): Taken {
  if (isRow({ fn, v: row }, context)) return query(name);
  if (words.RESPONSE_CALL.test(name) || /^(?:Next)?Response$/.test(name) || isLogged(fn, row)) return RESPONSE;
  if (words.MINTING_CALL.test(name) || setsIdentity(fn, row, name)) return IDENTITY;
  if (/^(?:next|done)$/.test(name)) return { ...IDENTITY, named: true };
  if (words.CARRYING_CALL.test(name)) return { how: "carried" };
  if (words.QUERY_CALL.test(name)) return query(name);
  if (words.KEY_CALL.test(name)) return { how: "used", as: "key-selection" };
  return words.SENDING_CALL.test(name) ? RESPONSE : { how: "answered" };
}

function query(name: string): Taken {
  return { how: "used", as: "query", lasting: words.WRITING_CALL.test(name) };
}

/** `this.logger.assign({ user })`: who is named there, nobody is let in as. */
function isLogged(fn: FunctionView, row: number): boolean {
  return /(?:^|\.)\w*log(?:ger|ging)?\.\w+$/i.test(namesOf(fn, fn.callee(row)).join("."));
}

function isRow(spot: Spot, context: TokenContext): boolean {
  return context
    .evaluate(spot)
    .some((o) => o.kind === "source" && o.source === "row" && o.site?.fn === spot.fn && o.site.v === spot.v);
}

/** `c.set("user", claims)`, `storage.run({ user }, …)` */
function setsIdentity(fn: FunctionView, row: number, name: string): boolean {
  const [first] = fn.args(row);
  if (name === "set" || name === "setItem" || name === "decorate") {
    return first !== undefined && fn.op(first) === Op.String && words.namesCaller(fn.text(fn.a(first)));
  }
  return name === "enterWith" || (name === "run" && /storage|als|cls|context/i.test(calledAs(fn, row)));
}

/** `createParamDecorator((data, context) => …)`: what is returned is what handlers take for their parameter. */
export function makesParameter(fn: FunctionView, row: number): boolean {
  return /^createParam(?:eter)?Decorator$/.test(calleeName(fn, fn.callee(row)));
}

/** `if (request.user) return request.user`: what the guards of the routes left goes first. */
export function returnsCaller(fn: FunctionView, but: number): boolean {
  return fn.returns.some(
    (row) => row !== but && fn.a(row) !== NONE && words.namesCaller(namesOf(fn, fn.a(row)).at(-1) ?? ""),
  );
}

/** Where claims are read out of tokens without a check: decoding calls of packages, and tokens split by hand. */
import { NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { PackageOrigin, Site } from "../../program/values/origin.js";
import { DECODERS } from "../verification/token-libraries.js";
import { calledAs, calledPackage, mayHandleTokens } from "../verification/token-verifiers.js";
import type { TokenCallers } from "./token-callers.js";
import type { TokenContext } from "./token-context.js";

export interface RawRead {
  readonly site: Site;
  readonly library: string;
  readonly call: string;
  readonly reads: "token" | "session";
  /** the value that is decoded: an argument, or what holds it */
  readonly token: number;
  /** only the header is read, by option or by position */
  readonly header: boolean;
}

const BASE64_NAME = /atob|base64|b64/i;
/** Methods between the parts of a token and the text that is parsed. */
const TEXT_METHODS =
  /^(?:toString|replace|replaceAll|trim|padEnd|padStart|concat|join|map|split|slice|decode|from|String)$/;
const MAX_STEPS = 12;

/** All reads of a function. */
export function readsIn(fn: FunctionView, context: TokenContext, callers: TokenCallers): readonly RawRead[] {
  const found: RawRead[] = [];
  for (const v of fn.calls) {
    if (fn.op(v) === Op.Tagged) continue;
    const name = calleeName(fn, fn.callee(v));
    const byHand = name === "parse" ? handRead(fn, v, context, callers) : [];
    found.push(...byHand);
    if (byHand.length === 0 && mayHandleTokens(fn, v)) {
      const read = packageRead({ fn, v, frame: null }, context);
      if (read !== null) found.push(read);
    }
  }
  return found;
}

function packageRead(site: Site, context: TokenContext): RawRead | null {
  const { fn, v } = site;
  const callee = calledPackage(site, context.queries);
  if (callee === null) return null;
  const decoder = DECODERS.find((d) => d.module.test(callee.module) && d.path.test(callee.path));
  if (decoder === undefined) return null;
  const [first, second, skip] = fn.args(v);
  const token = decoder.token === NONE ? holderOf(fn, v) : (first ?? NONE);
  if (token === NONE || (callee.module === "jwt-simple" && !isTrue(fn, skip, context))) return null;
  const header = second !== undefined && fn.op(second) === Op.Object && isTrue(fn, fn.prop(second, "header"), context);
  const call = calledAs(fn, v) || nameOf(callee);
  return { site, library: callee.module, call, reads: decoder.reads, token, header: header || decoder.header };
}

/** What the call is a member of: `request` in `request.jwtDecode()`. */
function holderOf(fn: FunctionView, call: number): number {
  const callee = fn.callee(call);
  return fn.op(callee) === Op.Member ? fn.a(callee) : call;
}

function nameOf(callee: PackageOrigin): string {
  return callee.path === "" ? callee.module : callee.path;
}

function isTrue(fn: FunctionView, v: number | undefined, context: TokenContext): boolean {
  if (v === undefined || v === NONE) return false;
  return context.evaluate({ fn, v }).some((o) => o.kind === "constant" && o.value === true);
}

/** `JSON.parse(atob(token.split(".")[1]))` and its many spellings. */
function handRead(fn: FunctionView, v: number, context: TokenContext, callers: TokenCallers): readonly RawRead[] {
  const callee = fn.callee(v);
  const [text] = fn.args(v);
  if (text === undefined || fn.op(callee) !== Op.Member) return [];
  if (fn.op(fn.a(callee)) !== Op.Global || fn.text(fn.a(fn.a(callee))) !== "JSON") return [];
  const part = decodedPart(fn, text, context);
  if (part === NONE) return [];
  const own = splitToken(fn, part);
  if (own !== null) return [byHand({ fn, v, frame: null }, own)];
  const index = parameterOf(fn, part);
  if (index < 0) return [];
  return callers.of(fn).flatMap((site) => {
    const arg = site.fn.args(site.v)[index];
    const split = arg === undefined ? null : splitToken(site.fn, arg);
    return split === null ? [] : [byHand(site, split)];
  });
}

function byHand(site: Site, split: SplitToken): RawRead {
  const call = calledAs(site.fn, site.v);
  return { site, library: "", call, reads: "token", token: split.token, header: split.header };
}

/** The encoded part below a text, NONE when the text was not decoded from base64. */
function decodedPart(fn: FunctionView, text: number, context: TokenContext): number {
  let v = behind(fn, text);
  let decoded = false;
  for (let i = 0; i < MAX_STEPS && v !== NONE; i += 1) {
    const op = fn.op(v);
    if (op !== Op.Call && op !== Op.New) return decoded ? v : NONE;
    if (decoded && calleeName(fn, fn.callee(v)) === "split") return v;
    const decodes = isDecoder(fn, v, decoded, context);
    const next = decodes ? (fn.args(v)[0] ?? NONE) : carriedText(fn, v);
    if (next === NONE) return NONE;
    decoded ||= decodes;
    v = behind(fn, next);
  }
  return NONE;
}

/** `atob(x)`, `Buffer.from(x, "base64url")`, a helper of the project that does the same. */
function isDecoder(fn: FunctionView, v: number, decoded: boolean, context: TokenContext): boolean {
  const [first, encoding] = fn.args(v);
  if (first === undefined) return false;
  if (BASE64_NAME.test(calledAs(fn, v)) || isBase64(fn, encoding, context)) return true;
  return !decoded && isLocalDecoder(fn, v, calleeName(fn, fn.callee(v)), context);
}

/** The text that a call hands on: its argument or its receiver. */
function carriedText(fn: FunctionView, v: number): number {
  const callee = fn.callee(v);
  const name = calleeName(fn, callee);
  const [first] = fn.args(v);
  if (name === "decodeURIComponent" || name === "String" || (name === "decode" && first !== undefined)) {
    return first ?? NONE;
  }
  return fn.op(callee) === Op.Member && TEXT_METHODS.test(name) ? fn.a(callee) : NONE;
}

function isBase64(fn: FunctionView, encoding: number | undefined, context: TokenContext): boolean {
  if (encoding === undefined) return false;
  return context.evaluate({ fn, v: encoding }).some((o) => o.kind === "constant" && /^base64/.test(String(o.value)));
}

/** A function of the project whose name says that it decodes and that does so. */
function isLocalDecoder(fn: FunctionView, v: number, name: string, context: TokenContext): boolean {
  if (!/decode|parse/i.test(name)) return false;
  return context
    .evaluate({ fn, v: fn.callee(v) })
    .some((o) => o.kind === "function" && o.fn.file.lowered.strings.some((s) => /^(?:base64(?:url)?|atob)$/.test(s)));
}

interface SplitToken {
  readonly token: number;
  readonly header: boolean;
}

/** The token whose `.split(".")` a value is a part of. */
function splitToken(fn: FunctionView, part: number): SplitToken | null {
  let v = behind(fn, part);
  for (let i = 0; i < MAX_STEPS && v !== NONE; i += 1) {
    switch (fn.op(v)) {
      case Op.Index:
      case Op.Element: {
        const split = splitCall(fn, behind(fn, fn.a(v)));
        if (split === NONE) return null;
        return { token: split, header: positionOf(fn, v) === 0 && takesMore(fn, fn.a(v)) };
      }
      case Op.Call: {
        const callee = fn.callee(v);
        if (fn.op(callee) !== Op.Member || !TEXT_METHODS.test(fn.text(fn.b(callee)))) return null;
        v = behind(fn, fn.a(callee));
        break;
      }
      case Op.Binary:
      case Op.Logic:
        v = behind(fn, fn.b(v));
        break;
      case Op.Default:
        v = behind(fn, fn.a(v));
        break;
      default:
        return null;
    }
  }
  return null;
}

/** Receiver of `.split(".")`. */
function splitCall(fn: FunctionView, v: number): number {
  if (v === NONE || fn.op(v) !== Op.Call) return NONE;
  const callee = fn.callee(v);
  const [by] = fn.args(v);
  if (fn.op(callee) !== Op.Member || fn.text(fn.b(callee)) !== "split" || by === undefined) return NONE;
  return fn.op(by) === Op.String && fn.text(fn.a(by)) === "." ? fn.a(callee) : NONE;
}

function positionOf(fn: FunctionView, v: number): number {
  if (fn.op(v) === Op.Element) return fn.b(v);
  const key = fn.b(v);
  return fn.op(key) === Op.Number ? Number(fn.text(fn.a(key))) : -1;
}

/** Three parts are taken: the first is a header. Of two, the first is what was signed. */
function takesMore(fn: FunctionView, array: number): boolean {
  const source = behind(fn, array);
  for (let v = 0; v < fn.valueCount; v += 1) {
    const op = fn.op(v);
    if ((op === Op.Element || op === Op.Index) && behind(fn, fn.a(v)) === source && positionOf(fn, v) === 2)
      return true;
  }
  return false;
}

function parameterOf(fn: FunctionView, part: number): number {
  let v = behind(fn, part);
  for (let i = 0; i < MAX_STEPS; i += 1) {
    if (fn.op(v) === Op.Param) return fn.a(v);
    const callee = fn.op(v) === Op.Call ? fn.callee(v) : NONE;
    if (callee === NONE || fn.op(callee) !== Op.Member) return -1;
    v = behind(fn, fn.a(callee));
  }
  return -1;
}

/** What the key of a verification is made of. */
import { FnHint, NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, PackageOrigin, Site } from "../../program/values/origin.js";
import { distinct } from "../../program/values/origin-keys.js";
import { namesOf } from "../bypasses/bypass-text.js";
import { isConfiguration, type TokenContext, variableOf } from "../claims/token-context.js";
import type { Spot } from "../claims/token-values.js";

/** Calls that hand their first argument on as a key. */
const CARRIERS =
  /^(?:from|encode|createSecretKey|createPublicKey|createPrivateKey|importSPKI|importX509|importPKCS8|importJWK|String|TextEncoder|parse|Uint8Array)$/;
/** Methods that hand their receiver on. */
const METHODS = /^(?:trim|trimEnd|trimStart|toString|replace|replaceAll|padEnd|padStart|repeat|normalize)$/;
const KEYS_IN_TOKEN = new Set(["jwk", "jku", "x5u", "x5c"]);
const PUBLIC = /BEGIN (?:RSA |EC )?PUBLIC KEY|BEGIN CERTIFICATE/;
const MAX_DEPTH = 6;

export type KeyFinding = "literal-key" | "fallback-key" | "key-from-token";

/** What is wrong with the key given at a site, null when nothing is or when it cannot be read. */
export function keyFinding(site: Site, origins: readonly Origin[], context: TokenContext): KeyFinding | null {
  if (origins.some((o) => isEmbeddedKey(o) || readsKeyFromHeader(o))) return "key-from-token";
  const parts = partsOf(origins, context, 0);
  if (parts.some(isHeaderKey) || isMadeFrom(origins, isHeaderKey, context)) return "key-from-token";
  const texts = parts.filter(isSecretText);
  if (texts.length === 0) return null;
  if (parts.length === texts.length) return "literal-key";
  if (!parts.some((o) => isConfiguration(o)) && !writesFallback(site)) return null;
  return texts.every((o) => isRuledOut(o, context)) ? null : "fallback-key";
}

/** A name that two places with the same key share: its variables and texts. '' when any part of it cannot be told. */
export function keyName(origins: readonly Origin[], context: TokenContext): string {
  const parts = leaves(partsOf(origins, context, 0)).filter((o) => !isExit(o));
  const names = parts.map(nameOfPart);
  return names.length === 0 || names.includes("") ? "" : [...new Set(names)].sort().join("|");
}

/** The same for the key written at a spot: what one function reads for all variables is told apart by where it is kept. */
export function keyNameAt(spot: Spot, context: TokenContext): string {
  const origins = context.evaluate(spot);
  const known = keyName(origins, context);
  const binding = bindingAt(spot);
  if (binding !== "") return binding;
  const parts = leaves(origins).filter((o) => o.kind !== "constant" || o.value !== "");
  if (known !== "" || parts.length === 0 || !parts.every(isSomeVariable)) return known;
  const names = namesOf(spot.fn, spot.v);
  return names.length > 1 ? `read:${names.join(".")}` : "";
}

/** `c.env.JWT_SECRET`: what a platform binds to the worker. */
function bindingAt({ fn, v }: Spot): string {
  const names = namesOf(fn, behind(fn, v));
  const [root, ...path] = names;
  const bound = /^(?:c|ctx|context)$/.test(root ?? "") && path[0] === "env" ? path.slice(1) : [];
  const [name, ...more] = bound;
  return more.length === 0 && name !== undefined && /^[A-Z][A-Z0-9_]*$/.test(name) ? `binding:${name}` : "";
}

/** `process.env[name]` */
function isSomeVariable(origin: Origin): boolean {
  return origin.kind === "package" && /^(?:process\.env|import\.meta\.env|Bun\.env)\.\[\]$/.test(origin.path);
}

/** `process.env.KEY ?? process.exit(1)`: there is no other key. */
function isExit(origin: Origin): boolean {
  return origin.kind === "package" && /^(?:process\.)?exit\(\)$/.test(origin.path);
}

function nameOfPart(origin: Origin): string {
  if (origin.kind === "constant") return typeof origin.value === "string" ? `"${origin.value}"` : "";
  if (origin.kind === "source" && origin.source === "config") return `config:${origin.path}`;
  return variableOf(origin);
}

/** The values a key is made of; what is only an encoding or a format is left out. */
function partsOf(origins: readonly Origin[], context: TokenContext, depth: number): readonly Origin[] {
  return distinct(origins.flatMap((origin) => partsOfOne(origin, context, depth)));
}

function partsOfOne(origin: Origin, context: TokenContext, depth: number): readonly Origin[] {
  if (depth > MAX_DEPTH) return [origin];
  if (origin.kind === "fallback") return partsOf([...origin.value, ...origin.or], context, depth + 1);
  const call = origin.kind === "derived" || origin.kind === "package" ? origin.site : null;
  if (call === null || (call.fn.op(call.v) !== Op.Call && call.fn.op(call.v) !== Op.New)) return [origin];
  const { fn, v, frame } = call;
  const carried = carriedBy(fn, v);
  return carried === NONE ? [origin] : partsOf(context.evaluate({ fn, v: carried }, frame), context, depth + 1);
}

/** Calls whose answer is at the address, or is the address, that they are given. */
const FETCHED =
  /(?:^|\.)(?:URL|createRemoteJWKSet|createPublicKey|importX509|importSPKI|importJWK|fetch|get|request|String|got|axios|ky|ofetch|\$fetch)\(\)$/;

/** Whether a value was made of, or fetched from, something that a test recognises. */
export function isMadeFrom(
  origins: readonly Origin[],
  test: (origin: Origin) => boolean,
  context: TokenContext,
  depth = 0,
): boolean {
  return leaves(origins).some((origin) => {
    if (test(origin)) return true;
    if (depth > MAX_DEPTH) return false;
    return givenTo(origin).some((spot) => isMadeFrom(context.evaluate(spot, spot.frame), test, context, depth + 1));
  });
}

/** The first argument of every step that made a value, and the parts of a text. */
function givenTo(origin: Origin): readonly Site[] {
  if (origin.kind === "literal" && origin.form === "template") {
    const { fn, v, frame } = origin.site;
    return [...fn.list(fn.a(v))].flatMap((part, i) => (i % 2 === 0 ? [] : [{ fn, v: part, frame }]));
  }
  if (origin.kind === "derived") return origin.site === null ? [] : firstArgument(origin.site);
  const found: Site[] = [];
  let step: Origin | null = origin;
  for (let i = 0; i < MAX_DEPTH && step?.kind === "package"; i += 1) {
    const { site, previous, path }: PackageOrigin = step;
    if (site !== null && FETCHED.test(path)) found.push(...firstArgument(site));
    step = previous;
  }
  return found;
}

function firstArgument({ fn, v, frame }: Site): readonly Site[] {
  if (fn.op(v) !== Op.Call && fn.op(v) !== Op.New) return [];
  const [first] = fn.args(v);
  return first === undefined || fn.op(first) === Op.Spread ? [] : [{ fn, v: first, frame }];
}

function carriedBy(fn: FunctionView, call: number): number {
  const callee = fn.callee(call);
  const name = calleeName(fn, callee);
  if (CARRIERS.test(name)) return fn.args(call)[0] ?? NONE;
  return fn.op(callee) === Op.Member && METHODS.test(name) ? fn.a(callee) : NONE;
}

/** A text that can be used as a secret: no public key, no certificate, no path, no address. */
function isSecretText(origin: Origin): boolean {
  if (origin.kind !== "constant" || typeof origin.value !== "string") return false;
  const text = origin.value;
  if (text === "" || PUBLIC.test(text)) return false;
  return !/^(?:https?:)?\/\/|^\.{0,2}\/|\.(?:pem|crt|key|pub|json)$/.test(text);
}

/** A key whose text or whose variable says that it is no secret. */
export function isPublicKey(origin: Origin): boolean {
  return leaves([origin]).some((o) =>
    o.kind === "constant"
      ? typeof o.value === "string" && PUBLIC.test(o.value)
      : /public_?key|certificate/i.test(variableOf(o)),
  );
}

/** Some file compares with the text and throws: the fallback is for development and stays there. */
function isRuledOut(origin: Origin, context: TokenContext): boolean {
  if (origin.kind !== "constant" || typeof origin.value !== "string") return false;
  const text = origin.value;
  const files = [...context.input.program.files].filter((file) => file.lowered.strings.includes(text));
  return files.length < 12 && files.some((file) => comparesAndThrows(file, text));
}

function comparesAndThrows(file: ProgramFile, text: string): boolean {
  for (let i = 0; i < file.functionCount; i += 1) {
    const fn = file.fn(i);
    if ((fn.info.hints & FnHint.Throws) === 0) continue;
    for (let v = 0; v < fn.valueCount; v += 1) {
      if (fn.op(v) !== Op.Binary || !/^[!=]==?$/.test(fn.text(fn.a(v)))) continue;
      if ([fn.b(v), fn.c(v)].some((side) => fn.op(side) === Op.String && fn.text(fn.a(side)) === text)) return true;
    }
  }
  return false;
}

function writesFallback(site: Site): boolean {
  const { fn, v } = site;
  return fn.op(v) === Op.Logic;
}

function isEmbeddedKey(origin: Origin): boolean {
  return origin.kind === "package" && origin.module === "jose" && /^EmbeddedJWK$/.test(origin.path);
}

/** Key material that the token itself carried. */
function isHeaderKey(origin: Origin): boolean {
  return leaves([origin]).some(
    (o) =>
      o.kind === "source" &&
      (o.source === "claims-unverified" || (o.source === "input" && o.path.startsWith("token.header"))) &&
      KEYS_IN_TOKEN.has(o.path.split(".").find((part) => KEYS_IN_TOKEN.has(part)) ?? ""),
  );
}

/** A key callback that takes key or key address out of the header it is given. */
function readsKeyFromHeader(origin: Origin): boolean {
  if (origin.kind !== "function" || !origin.fn.hasBody) return false;
  const { fn } = origin;
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) !== Op.Member || !KEYS_IN_TOKEN.has(fn.text(fn.b(v)))) continue;
    if (isParameter(fn, fn.a(v), 0)) return true;
  }
  return false;
}

function isParameter(fn: FunctionView, v: number, depth: number): boolean {
  if (depth > 6) return false;
  switch (fn.op(v)) {
    case Op.Param:
      return true;
    case Op.Member:
    case Op.Cast:
      return isParameter(fn, fn.a(v), depth + 1);
    case Op.Var: {
      const stores = fn.a(v) === 0 ? fn.storesTo(fn.b(v)) : [];
      return stores.length === 1 && isParameter(fn, stores[0], depth + 1);
    }
    default:
      return false;
  }
}

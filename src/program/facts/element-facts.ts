/**
 * What is known of every element once a list was tested as a whole: `ids.every((id) => own.has(id))`, or nothing left of
 * `ids.filter((id) => !own.has(id))`. The elements carry the origin of their list.
 */
import { NONE, Op } from "../../model/lowered.js";
import { elementsOf } from "../linking/builtins.js";
import type { FunctionView } from "../linking/function-view.js";
import { givenFrame } from "../values/call-frames.js";
import { derived, leaves } from "../values/computed-origins.js";
import type { Frame, Origin, OriginQueries } from "../values/origin.js";
import { originKey, siteKey } from "../values/origin-keys.js";
import { type Atom, atomsOf, behind } from "./conditions.js";
import type { Exit } from "./exits.js";
import type { Fact } from "./facts.js";

/** For which outcome of the test all elements answered alike, and how the callback answered then. */
const TESTS: ReadonlyMap<string, { readonly outcome: boolean; readonly answer: boolean }> = new Map([
  ["every", { outcome: true, answer: true }],
  ["some", { outcome: false, answer: false }],
  ["filter", { outcome: false, answer: false }],
  ["find", { outcome: false, answer: false }],
]);

/** They go through all elements, and what their callback throws comes out. */
const ROUNDS: ReadonlySet<string> = new Set(["forEach", "map", "flatMap"]);

/** Answers that show one element for which the callback said yes. */
const SHOWS_ONE: ReadonlySet<string> = new Set(["some", "find", "findLast", "filter"]);

type EqualFact = Extract<Fact, { kind: "equal" }>;

/** columns that keep what only the one knows whom the row is about */
export const SECRET_NAME = /secret|token|key|password|passphrase|signature|hash|credential/i;

/** How what the client asked for and the rows among which it was found are put together. */
export const MATCHED = "matched";

export interface ElementReader {
  read(atoms: readonly Atom[], fn: FunctionView, frame: Frame | null): readonly Fact[];
  ensures(fn: FunctionView, exit: Exit, frame: Frame | null): readonly Fact[];
}

/** How the outcome of a test is to be read. */
export interface ElementTest {
  /** it is gone through (`for (const one of given.filter(isKnown))`): what is left answered the callback well */
  readonly each?: boolean;
  /** the test that the call amounts to, where its result was compared: `names.filter(isHeld).length === names.length` */
  readonly as?: "every" | "find";
}

/** Facts about the elements of a list, when `v` is such a test and came out as `truthy`. */
export function elementFacts(
  fn: FunctionView,
  v: number,
  truthy: boolean,
  frame: Frame | null,
  queries: OriginQueries,
  reader: ElementReader,
  { each = false, as }: ElementTest = {},
): readonly Fact[] {
  const call = behind(fn, v);
  if (call === NONE || fn.op(call) !== Op.Call) return [];
  const callee = fn.callee(call);
  const name = as ?? fn.memberName(callee);
  const test = TESTS.get(name);
  const [callback] = fn.args(call);
  const ofAll = test?.outcome === truthy;
  if (callback === undefined || !(ofAll || (truthy && SHOWS_ONE.has(name)))) return [];
  const elements = elementsGoneThrough(fn, callee, frame, queries);
  // `["admin", "owner"].find((role) => user.roles.includes(role))`: one of what the code names, whichever it was
  const written = elements.length > 0 && elements.every((o) => o.kind === "constant" && o.value !== undefined);
  const found: Fact[] = [];
  for (const origin of queries.evaluate({ fn, v: callback, frame })) {
    if (origin.kind !== "function" || !origin.fn.hasBody) return [];
    if (origin.fn.returns.length === 0) return [];
    const inner = givenFrame(origin, [elements], frame?.depth ?? 0);
    const facts = answerFacts(origin.fn, ofAll ? (test?.answer ?? true) : true, inner, reader);
    found.push(
      ...(ofAll
        ? facts
        : facts.flatMap((fact) => {
            const kept =
              (written && !origin.fn.isAsync && isAnswered(fact)) ||
              saysWho(fact, elements) ||
              isBeside(fact, elements);
            return kept || (each && name === "filter" && isMatch(fact)) ? [fact] : matched(fact, elements);
          })),
    );
  }
  return found;
}

/** What the elements of the list are on which a method is called. */
export function elementsGoneThrough(
  fn: FunctionView,
  callee: number,
  frame: Frame | null,
  queries: OriginQueries,
): readonly Origin[] {
  return elementsOf(queries.evaluate({ fn, v: fn.a(callee), frame }), "[]", queries);
}

/** What holds where a callback that returns something has answered so. */
export function answerFacts(
  callback: FunctionView,
  answer: boolean,
  frame: Frame | null,
  reader: ElementReader,
): readonly Fact[] {
  const [row, ...others] = callback.returns;
  return row !== undefined && others.length === 0
    ? reader.read(atomsOf(callback, callback.a(row), answer), callback, frame)
    : reader.ensures(callback, { kind: answer ? "truthy" : "falsy" }, frame);
}

/** Nobody waits for what a callback of `find` and the like promises. */
function isAnswered(fact: Fact): boolean {
  if (fact.kind === "present" || fact.kind === "equal") return true;
  return fact.kind === "passed" && fact.check !== undefined && !fact.check.fn.isAsync;
}

/** `SALTS.some((salt) => kept === hashOf(given, salt))`: what is compared is not the element, whichever it was. */
function isBeside(fact: Fact, elements: readonly Origin[]): boolean {
  const fixed = leaves(elements);
  // written out or configured: neither rows nor anything that the client sent
  if (fact.kind !== "equal" || !fixed.every(isFixed)) return false;
  const keys = new Set(fixed.map(originKey));
  const isOther = (part: Origin): boolean => part.kind !== "constant" && !keys.has(originKey(part));
  return [fact.left, fact.right].every((side) => leaves(side).some(isOther));
}

function isFixed(origin: Origin): boolean {
  if (origin.kind === "source") return origin.source === "config" || origin.source === "neutral";
  return origin.kind === "constant" || origin.kind === "package";
}

/** `ids.forEach((id) => { if (!known(id)) throw … })` came back: what every round shows of its element. */
export function roundFacts(
  fn: FunctionView,
  call: number,
  frame: Frame | null,
  queries: OriginQueries,
  reader: ElementReader,
): readonly Fact[] {
  const callee = fn.callee(call);
  const [callback] = fn.args(call);
  if (callback === undefined || !ROUNDS.has(fn.memberName(callee))) return [];
  const elements = elementsGoneThrough(fn, callee, frame, queries);
  const callbacks = queries.evaluate({ fn, v: callback, frame });
  const rounds = callbacks.map((origin) =>
    origin.kind === "function" && origin.fn.hasBody && !origin.fn.isAsync
      ? reader.ensures(origin.fn, { kind: "return" }, givenFrame(origin, [elements], frame?.depth ?? 0))
      : [],
  );
  const [only, ...others] = rounds;
  // of an empty list no round was made: what it says besides is not certain
  return only === undefined || others.length > 0
    ? []
    : only.filter((fact) => isOfEachWay(fact, withParts(elements, queries)));
}

/** `[{ ...field, page: 1 }]`: of elements that are written out, what they were made of. */
function withParts(elements: readonly Origin[], queries: OriginQueries): readonly Origin[] {
  return elements.flatMap((element) => {
    if (element.kind !== "literal" || element.form !== "object") return [element];
    const { fn, v, frame } = element.site;
    return Array.from(fn.props(v), ({ value }) => leaves(queries.evaluate({ fn, v: value, frame }))).flat();
  });
}

/** `if (one.itemId && !own.has(one.itemId)) throw …`: on each way something is said of the elements, if only what they lack. */
function isOfEachWay(fact: Fact, elements: readonly Origin[]): boolean {
  if (fact.kind !== "either") return isOf(fact, elements);
  return fact.paths.every((path) =>
    path.some((one) => isOf(one.kind === "absent" ? { ...one, kind: "present" } : one, elements)),
  );
}

/** Whether a fact speaks of what stands for the elements of a list. */
export function isOf(fact: Fact, elements: readonly Origin[]): boolean {
  if (fact.kind !== "present" && fact.kind !== "equal") return false;
  const parts = leaves(fact.kind === "present" ? fact.of : [...fact.left, ...fact.right]);
  return parts.some((part) => elements.some((element) => isWithin(part, element)));
}

function isWithin(part: Origin, element: Origin): boolean {
  if (part.kind === "parameter")
    return (
      element.kind === "parameter" &&
      part.fn === element.fn &&
      part.index === element.index &&
      element.path.every((step, i) => part.path[i] === step)
    );
  if (part.kind !== "source" || element.kind !== "source" || part.source !== "input") return false;
  return part.source === element.source && (part.path === element.path || part.path.startsWith(`${element.path}.`));
}

function saysWho(fact: Fact, elements: readonly Origin[]): boolean {
  // one of several signatures in a header is as good as the only one, and so is one of several secrets
  if (fact.kind === "passed" || fact.kind === "authenticated")
    return fact.level === "secret" || fact.level === "signature";
  if (fact.kind === "equal" && elements.length > 0 && elements.every(isSentAlong)) return true;
  return fact.kind === "equal" && (comparesWithOne(fact, elements) || comparesSecret(fact, elements));
}

/** A part of a header or a cookie: whoever sent it sent the whole. */
function isSentAlong(origin: Origin): boolean {
  const parts = leaves([origin]).filter((o) => o.kind !== "constant");
  return (
    parts.length > 0 &&
    parts.every(
      (o) =>
        o.kind === "source" && (o.source === "credential" || (o.source === "input" && /^headers\.[^.]+/.test(o.path))),
    )
  );
}

/** `keys.find((key) => hash(given, key.salt) === key.hash)`: whoever sent it holds what one of the rows keeps secret. */
function comparesSecret({ left, right }: EqualFact, elements: readonly Origin[]): boolean {
  if (elements.length === 0 || !elements.every(isRow)) return false;
  const isSecret = (o: Origin): boolean => o.kind === "source" && o.source === "row" && SECRET_NAME.test(o.path);
  const sides = [leaves(left), leaves(right)];
  const isKept = (side: readonly Origin[]): boolean => side.length > 0 && side.every(isSecret);
  // a salt of the row may be part of what is held against it
  return sides.some(isKept) && sides.some((side) => side.some((o) => o.kind !== "constant" && !isRow(o)));
}

/**
 * `user.projects.find((project) => project.id === id)`: the id is one of the caller's. Of a list of other things one
 * element says nothing about the rest. `row.members.some((member) => member.userId === user.id)` says of the row what it
 * says of that user, be that the caller or the row that was found for the caller.
 */
function comparesWithOne(fact: EqualFact, elements: readonly Origin[]): boolean {
  const sides = [fact.left, fact.right];
  if (sides.some(isIdentityOnly)) return true;
  const sites = new Set(elements.map(rowSite));
  const ofList = (origin: Origin): boolean => isRow(origin) && sites.has(rowSite(origin));
  return sides.some((side, i) => {
    const parts = leaves(side);
    const other = leaves(sides[1 - i] ?? []);
    return other.length > 0 && other.every(ofList) && parts.length > 0 && parts.every((o) => isRow(o) && !ofList(o));
  });
}

function rowSite(origin: Origin): string {
  return origin.kind === "source" && origin.site !== null ? siteKey(origin.site) : "";
}

/** `team.members.find((member) => member.id === id)`: the id is that of one of these rows, whoever they belong to. */
function matched(fact: Fact, elements: readonly Origin[]): readonly Fact[] {
  // of a list that the client sent one element says nothing of the rest
  if (fact.kind !== "equal" || elements.length === 0 || !elements.every(mayBeRow)) return [];
  const isOfList = (side: readonly Origin[]): boolean =>
    leaves(side).length > 0 && leaves(side).every((o) => isRow(o) || elements.some((element) => isWithin(o, element)));
  const [rows, other] = isOfList(fact.left) ? [fact.left, fact.right] : [fact.right, fact.left];
  const asked = leaves(other);
  if (!isOfList(rows)) return [];
  if (asked.length === 0 || !asked.every((o) => isAskedFor(o))) return [];
  return [{ kind: "present", of: [derived([...leaves(rows), ...asked], MATCHED, null)], via: fact.via }];
}

function isMatch(fact: Fact): boolean {
  return fact.kind === "present" && fact.of.some((o) => o.kind === "derived" && o.how === MATCHED);
}

/** A row, what was made of one in the code, or what a caller hands in and may turn out to be one. */
function mayBeRow(origin: Origin): boolean {
  return isRow(origin) || origin.kind === "parameter" || (origin.kind === "literal" && origin.form === "object");
}

/** What the client sent, or what a caller hands in and is known only there. */
function isAskedFor(origin: Origin): boolean {
  return origin.kind === "parameter" || (origin.kind === "source" && origin.source === "input");
}

function isRow(origin: Origin): boolean {
  return origin.kind === "source" && origin.source === "row";
}

function isIdentityOnly(origins: readonly Origin[]): boolean {
  const parts = leaves(origins);
  return parts.length > 0 && parts.every(isOfCaller);
}

/** Who calls, or what a step kept only where it is the caller's. */
function isOfCaller(origin: Origin): boolean {
  return origin.kind === "source" && (origin.source === "identity" || origin.checkedBy !== undefined);
}

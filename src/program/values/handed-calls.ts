/**
 * Calls of what the caller hands over: `async function timed(run) { return await run(); }` ensures whatever `run` does.
 * Inside the function nothing is known of it, so the fact waits until a frame tells which function it is.
 */
import type { Fact } from "../facts/facts.js";
import { type Origin, RECEIVER } from "./origin.js";

type HandedFact = Extract<Fact, { kind: "handed" }>;

/** True for a parameter that is called itself, for one with a function to fall back on, and for methods of the receiver. */
export function isHandedOver(callee: Origin): boolean {
  if (callee.kind === "parameter") return callee.path.length === (callee.index === RECEIVER ? 1 : 0);
  if (callee.kind !== "fallback") return false;
  return callee.or.some((o) => o.kind === "function") && callee.value.every((o) => o.kind === "parameter");
}

/** `canUser.perform("read").on(order)`: a method of what something gave that the caller handed over. */
export function isOfHandedOver(callee: Origin): boolean {
  return callee.kind === "apply" && callee.path.length === 1 && callee.callee.kind === "parameter";
}

/** `createContext().req.session.allows`: a method of what something left on the request */
const OF_THE_REQUEST = /\(\)\.(?:\w+\.)*(?:req|request|ctx|context|locals|state)\.\w+\.\w+$/;

/** What was looked up at run time: beside an implementation that can be read it is taken to do the same. */
export function isUnread(callee: Origin): boolean {
  if (callee.kind === "package")
    return (callee.module === "" && callee.path.startsWith("import()")) || OF_THE_REQUEST.test(callee.path);
  // a method of what an earlier step left on the request
  if (callee.kind === "apply") return callee.path.length > 1;
  if (callee.kind === "source") return callee.source === "request" && callee.path.includes(".");
  return callee.kind === "unknown" || (callee.kind === "derived" && callee.how === "call");
}

/** Facts in which calls of handed functions are replaced by what is known of them now. */
export function settleHanded(facts: readonly Fact[], settle: (fact: HandedFact) => readonly Fact[]): readonly Fact[] {
  return facts.flatMap((fact): readonly Fact[] => {
    if (fact.kind === "handed") return settle(fact);
    if (fact.kind !== "either") return [fact];
    return [{ ...fact, paths: fact.paths.map((path) => settleHanded(path, settle)) }];
  });
}

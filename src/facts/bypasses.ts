/** Branches that let some requests skip what all others must pass. */
import type { ProgramIndex } from "../frameworks/routing.js";
import type { Bypass } from "../model/facts.js";
import { FileFlag, Op } from "../model/lowered.js";
import type { Place } from "../model/place.js";
import type { FunctionView, ProgramFile } from "../program/function-view.js";
import type { Guarantees } from "../program/guarantees.js";
import type { LinkQueries } from "../program/origin.js";
import type { Program } from "../program/program.js";
import { branchBypasses } from "./bypass-branches.js";
import type { FoundBypass } from "./bypass-entries.js";
import { filterBypasses } from "./bypass-filters.js";
import { registrationBypasses } from "./bypass-registration.js";
import { runsOnServer } from "./token-server.js";

export interface BypassInput {
  readonly program: Program;
  readonly queries: LinkQueries;
  readonly guarantees: Guarantees;
  readonly index: ProgramIndex;
}

/** What a file must mention to hold any bypass. */
const SPEAKS =
  /admin|super_?user|staff|root|god|owner|system|internal|employee|operator|sudo|impersonat|bypass|skip|disable|mock|fake|insecure|unsafe|^NODE_ENV$|env$|stage|^dev|^prod|^x-|^host|^ip$|user-?agent|refer|remoteAddress|@/i;

/** All bypasses of a program, one per condition and kind. */
export function collectBypasses({ program, queries }: BypassInput): readonly FoundBypass[] {
  const found = new Map<string, FoundBypass>();
  for (const file of program.files) {
    if (!worthReading(file)) continue;
    for (let i = 0; i < file.functionCount; i += 1) {
      const fn = file.fn(i);
      if (!fn.hasBody || drawsInterface(fn)) continue;
      for (const bypass of bypassesIn(fn, queries)) {
        const key = `${bypass.kind}:${bypass.place.file}:${bypass.place.start}`;
        if (!found.has(key)) found.set(key, { bypass, within: around(fn) });
      }
    }
  }
  return [...found.values()];
}

/** A function and those around it, without the module. */
function around(fn: FunctionView): readonly Place[] {
  const places: Place[] = [];
  for (let one: FunctionView | null = fn; one !== null && one.parent !== null; one = one.parent) {
    places.push(one.ownPlace);
  }
  return places;
}

function bypassesIn(fn: FunctionView, queries: LinkQueries): readonly Bypass[] {
  const branches = branchBypasses(fn, queries);
  return [...branches, ...filterBypasses(fn, queries), ...registrationBypasses(fn, queries)];
}

function worthReading(file: ProgramFile): boolean {
  const { flags, strings, functions } = file.lowered;
  if ((flags & (FileFlag.OutlineOnly | FileFlag.Failed)) !== 0 || !runsOnServer(file)) return false;
  return (
    strings.some((text) => text.length < 80 && SPEAKS.test(text)) ||
    functions.some((fn) => fn.slots.some((s) => SPEAKS.test(s.name)))
  );
}

/** Components decide what is shown, not what is allowed. */
function drawsInterface(fn: FunctionView): boolean {
  if ((fn.file.lowered.flags & FileFlag.Jsx) === 0) return false;
  for (let v = 0; v < fn.valueCount; v += 1) if (fn.op(v) === Op.Jsx) return true;
  return false;
}

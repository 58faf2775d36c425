/** Branches that let some requests skip what all others must pass. */
import type { ProgramIndex } from "../../frameworks/routing.js";
import type { Bypass } from "../../model/facts.js";
import { FileFlag, Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import type { Guarantees } from "../../program/facts/guarantees.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import type { Program } from "../../program/linking/program.js";
import type { LinkQueries } from "../../program/values/origin.js";
import { TokenContext } from "../claims/token-context.js";
import { runsOnServer } from "../claims/token-server.js";
import { branchBypasses } from "./bypass-branches.js";
import type { FoundBypass } from "./bypass-entries.js";
import { filterBypasses } from "./bypass-filters.js";
import { registrationBypasses } from "./bypass-registration.js";
import { wholesaleBypasses } from "./bypass-wholesale.js";
import { defaultIdentities } from "./default-identity.js";
import { ELEVATES, elevatedCalls } from "./elevated-clients.js";
import { failOpenErrors } from "./fail-open.js";
import { unknownChoices } from "./fail-open-choices.js";
import { allowingFallbacks } from "./fail-open-fallbacks.js";
import { unsetSecrets } from "./fail-open-secrets.js";
import { failOpenValues } from "./fail-open-values.js";
import { uncheckedImpersonation } from "./impersonation.js";
import { type PolicyReader, policyReaderOf, writtenGrants } from "./policy-texts.js";

export interface BypassInput {
  readonly program: Program;
  readonly queries: LinkQueries;
  readonly guarantees: Guarantees;
  readonly index: ProgramIndex;
}

/** What a file must mention to hold any bypass. */
const SPEAKS =
  /admin|super_?user|staff|root|god|owner|system|internal|employee|operator|sudo|machine|service_?account|^is_?(?:ro)?bot$|^\*$|^All$|impersonat|bypass|skip|disable|mock|fake|insecure|unsafe|^NODE_ENV$|env$|stage|^dev|^prod|^x-|^host|^ip$|user-?agent|refer|remoteAddress|^HEAD$|@/i;

const SECRETS = /secret|key|token|passw|hmac|signature|credential/i;

/** All bypasses of a program, or of some of its files, one per condition and kind. */
export function collectBypasses(
  input: BypassInput,
  files: Iterable<ProgramFile> = input.program.files,
): readonly FoundBypass[] {
  const found = new Map<string, FoundBypass>();
  const context = new TokenContext(input);
  for (const file of files) {
    if (!isServerCode(file)) continue;
    const speaks = mentions(file, SPEAKS);
    const secrets = mentions(file, SECRETS);
    const policies = policyReaderOf(file);
    const elevates = file.lowered.strings.some((text) => ELEVATES.test(text));
    for (let i = 0; i < file.functionCount; i += 1) {
      const fn = file.fn(i);
      if (!fn.hasBody || drawsInterface(fn)) continue;
      const seen = seenIn(fn, { speaks, secrets, elevates, policies }, context, input.queries);
      for (const bypass of seen) {
        const key = `${bypass.kind}:${bypass.place.file}:${bypass.place.start}`;
        if (!found.has(key)) found.set(key, { bypass, within: around(fn) });
      }
    }
  }
  return [...found.values()];
}

/** What a file speaks of, and so may hold. */
interface Spoken {
  readonly speaks: boolean;
  readonly secrets: boolean;
  readonly elevates: boolean;
  readonly policies: PolicyReader | null;
}

function seenIn(fn: FunctionView, spoken: Spoken, context: TokenContext, queries: LinkQueries): readonly Bypass[] {
  const branches = spoken.speaks ? bypassesIn(fn, queries) : [];
  const atStage = branches.some(({ skips }) => skips.includes("authentication"));
  return [
    ...branches,
    ...failOpenErrors(fn, queries),
    ...failOpenValues(fn, queries),
    ...unknownChoices(fn),
    ...allowingFallbacks(fn, queries),
    // somebody for development, where the stage is told as it is
    ...(atStage ? [] : defaultIdentities(fn)),
    ...(spoken.elevates ? elevatedCalls(fn, queries) : []),
    ...(spoken.policies === null ? [] : writtenGrants(fn, spoken.policies)),
    ...(spoken.secrets ? unsetSecrets(fn, context) : []),
  ];
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
  return [
    ...branches,
    ...filterBypasses(fn, queries),
    ...registrationBypasses(fn, queries),
    ...wholesaleBypasses(fn, queries),
    ...uncheckedImpersonation(fn, queries),
  ];
}

function isServerCode(file: ProgramFile): boolean {
  return (file.lowered.flags & (FileFlag.OutlineOnly | FileFlag.Failed)) === 0 && runsOnServer(file);
}

function mentions(file: ProgramFile, words: RegExp): boolean {
  const { strings, functions } = file.lowered;
  return (
    strings.some((text) => text.length < 80 && words.test(text)) ||
    functions.some((fn) => fn.slots.some((s) => words.test(s.name)))
  );
}

/** Components decide what is shown, not what is allowed. */
function drawsInterface(fn: FunctionView): boolean {
  if ((fn.file.lowered.flags & FileFlag.Jsx) === 0) return false;
  for (let v = 0; v < fn.valueCount; v += 1) if (fn.op(v) === Op.Jsx) return true;
  return false;
}

/** The facts of a program: entry points with their protection, accesses with their binding, tokens, bypasses. */
import { createDataRecogniser } from "../frameworks/data/create-recogniser.js";
import { NO_DATA } from "../frameworks/data/recogniser.js";
import { readEntityModels } from "../frameworks/entity-models.js";
import { createKnowledge } from "../frameworks/knowledge/knowledge.js";
import { indexProgram } from "../frameworks/program-index.js";
import { adapters, frameworkKnowledge } from "../frameworks/registry.js";
import type { Adapter, AdapterOutput, ProgramIndex, RawEntry, RawFault } from "../frameworks/routing.js";
import type { DeployedFunction } from "../frameworks/serverless/deployments.js";
import type { DataModel, RowSecurity } from "../model/data-model.js";
import type { Facts, GuardFault, TypeField, Unknown } from "../model/facts.js";
import type { Place } from "../model/place.js";
import type { Program } from "../program/linking/program.js";
import { Evaluator } from "../program/values/evaluate.js";
import { forgetAnswers } from "../program/values/framed-memo.js";
import { collectAccesses } from "./accesses/accesses.js";
import { type Analysis, analysisOf } from "./analysis.js";
import { Attempts } from "./attempts.js";
import { withEntries } from "./bypasses/bypass-entries.js";
import { collectBypasses } from "./bypasses/bypasses.js";
import { impersonatingEntries } from "./bypasses/impersonation.js";
import { type PolicyFile, policyFileBypasses } from "./bypasses/policy-files.js";
import { collectDecisionFaults } from "./decisions/decision-faults.js";
import { collectDenials } from "./decisions/denials.js";
import { collectMixedPrincipals } from "./decisions/mixed-principals.js";
import { collectMixedTokens } from "./decisions/mixed-tokens.js";
import { collectRoleTests } from "./decisions/role-tests.js";
import { collectStaleClaims } from "./decisions/stale-claims.js";
import { withCrossOriginIntent } from "./entries/answered-headers.js";
import { withConduct } from "./entries/conduct.js";
import { type JudgedEntry, judgeEntry } from "./entries/entries.js";
import { withMethodsAlike } from "./entries/methods-alike.js";
import { withOptionalIntent } from "./entries/optional-authentication.js";
import { noQueryFound, nothingFound, undecidedEntries } from "./entries/undecided.js";
import { unjudgedEntry } from "./entries/unjudged.js";
import { collectEitherChecks } from "./guards/either-checks.js";
import { searchGuardFaults } from "./guards/guard-faults.js";
import { collectLooseQuantifiers, quantifiedCalls } from "./guards/loose-quantifiers.js";
import { collectTalkativeRefusals } from "./guards/talkative-refusals.js";
import {
  byPlace,
  filesOf,
  othersOf,
  type Part,
  type PartFacts,
  type RankedEntry,
  ranked,
  tokensOfPart,
} from "./part.js";
import type { PartMemory } from "./part-memory.js";
import { withListedPaths } from "./public-paths/listed-paths.js";
import { collectLoosePatterns } from "./public-paths/loose-patterns.js";
import { Searches } from "./searches.js";
import { guardDefinitions, programSymbols } from "./symbols.js";
import { columnUses, mentionsOf } from "./tenancy/column-uses.js";
import { inferTenancy, type TenancyHints } from "./tenancy/tenancy.js";

export interface CollectInput {
  readonly program: Program;
  /** from schema files: Prisma, SQL */
  readonly models: readonly DataModel[];
  readonly rowSecurity: readonly RowSecurity[];
  /** functions that deployment files bind to routes */
  readonly deployed?: readonly DeployedFunction[];
  /** GraphQL schemas in files of their own */
  readonly schemaTexts?: readonly string[];
  /** policies of decision engines in files of their own */
  readonly policyFiles?: readonly PolicyFile[];
  readonly hints: TenancyHints;
  /** functions and classes that the manifest trusts to scope queries (`file#symbol`) */
  readonly enforcedBy: ReadonlySet<string>;
  /** files whose entries are reported */
  inScope(file: string): boolean;
  /** folder of the package a file belongs to */
  appOf(file: string): string;
  onProgress(stage: string, done: number, total: number): void;
  /** what an earlier part of nearly the same program came to, to be used again where it still holds */
  readonly before?: PartMemory;
  /** Called between pieces of work: lets others have their turn, and may throw to end the collection. */
  pause?(): Promise<void>;
}

/** Collects everything that policy and rules judge. Bounded: any program ends. */
export async function collectFacts(input: CollectInput): Promise<Facts> {
  return (await collectPart(input)).facts;
}

/** The same about a part of the entries; about all of them when there is none. */
export async function collectPart(input: CollectInput, part?: Part): Promise<PartFacts> {
  const { program } = input;
  const pause = input.pause ?? (async () => {});
  const index = input.before?.indexOf(program) ?? indexProgram(program);
  const models = [...input.models, ...entityModels(program, index, input.before)];
  const analysis = analyse(program, index, models, input.before);
  const attempts = new Attempts();
  const raw = await runAdapters(analysis, input, attempts);
  const present = raw.entries.filter(
    (entry) => input.inScope(entry.registration.file) || input.inScope(entry.place.file),
  );
  await pause();
  const wanted = ranked(present, part);
  const conducted = withConduct(await judgeAll(wanted, analysis, input, attempts, part), analysis, attempts);
  const crossing = withCrossOriginIntent(conducted, analysis.queries);
  const judged = withMethodsAlike(withListedPaths(crossing, analysis));
  await pause();
  // which data belongs to whom is a matter of the whole program
  const tenancy =
    part?.before.tenancy ?? inferTenancy(models, input.hints, columnUses(judged, models), mentionsOf(judged, program));
  const options = { ...input, models, attempts };
  const { accesses, unknowns, ...reached } = await collectAccesses(judged, tenancy, analysis, options);
  forgetAnswers();
  const { entries, models: published } = withOptionalIntent(reached.entries, accesses, tenancy);
  await pause();
  const searches = new Searches(judged, analysis, attempts, input.inScope);
  const everything = [...program.files];
  const tokens = part === undefined ? searches.tokens(everything) : tokensOfPart(part, program, searches);
  const changed = part === undefined ? everything : filesOf(program, part.files);
  const guardFaults = await inTurns(searchGuardFaults(judged, analysis, part === undefined, attempts), pause);
  forgetAnswers();
  await pause();
  const talkativeRefusals = searches.overEntries(
    "the search for refusals that tell too much",
    collectTalkativeRefusals,
  );
  await pause();
  forgetAnswers();
  const again = new Set(judged.map((one) => one.raw));
  const facts: Facts = {
    entries,
    accesses,
    guardFaults: [...searches.ours(raw.faults).map(faultOf), ...guardFaults],
    decisionFaults: searches.ours(
      searches.overFiles("the search for ignored decisions", changed, (files) =>
        collectDecisionFaults(judged, files, analysis),
      ),
    ),
    published,
    talkativeRefusals,
    loosePatterns: searches.overEntries("the search for loose patterns of public paths", collectLoosePatterns),
    looseQuantifiers: searches.ours(
      attempts.search(
        "the search for loose quantifiers",
        quantifiedCalls(analysis.index),
        ({ fn, v }) => fn.place(v),
        (calls) => collectLooseQuantifiers(calls, analysis),
      ),
    ),
    eitherChecks: searches.overEntries("the search for checks of either of two", collectEitherChecks),
    roleTests: searches.overEntries("the search for tests of roles", collectRoleTests),
    tokenReads: searches.ours(tokens.reads),
    tokenVerifications: searches.ours(tokens.verifications),
    tokenFlaws: searches.ours(tokens.flaws),
    bypasses: [
      ...withEntries(
        searches
          .overFiles("the search for bypasses", changed, (files) => collectBypasses(analysis, files))
          .filter(({ bypass }) => input.inScope(bypass.place.file)),
        [...entries, ...(part === undefined ? [] : othersOf(part, present, again))],
      ),
      ...searches.overEntries("the search for impersonation", (some) => impersonatingEntries(some, analysis.queries)),
      ...(part === undefined ? policyFileBypasses(input.policyFiles ?? []) : []),
    ],
    denials: searches.overEntries("the search for denials", collectDenials),
    staleClaims: searches.overEntries("the search for stale claims", (some) =>
      collectStaleClaims(some, tokens.signings, analysis),
    ),
    mixedPrincipals: [
      ...searches.overEntries("the search for mixed principals", collectMixedPrincipals),
      ...searches.overEntries("the search for mixed tokens", collectMixedTokens),
    ],
    guards: guardDefinitions(entries),
    models,
    tenancy,
    ...(raw.typeFields === undefined ? {} : { typeFields: raw.typeFields }),
    unknowns: [
      ...searches.ours(raw.unknowns),
      ...undecidedEntries(judged, raw.unknowns),
      ...nothingFound(present, index, serverPackages()),
      ...(part === undefined ? noQueryFound(present, accesses.length, index) : []),
      ...unknowns,
      ...attempts.failures,
    ],
    // names that an edit adds or takes away matter to the manifest alone, and wait for the next look at everything
    symbols: part?.before.symbols ?? programSymbols(program.files),
    files: [...program.files].map((file) => file.path),
  };
  return { facts, judged: [...again], present, left: wanted.length - judged.length };
}

/** What a search comes to, with a pause after each of its pieces. */
async function inTurns<Found>(search: Generator<undefined, Found>, pause: () => Promise<void>): Promise<Found> {
  for (;;) {
    const { done, value } = search.next();
    if (done === true) return value;
    await pause();
  }
}

/** Entities are classes of the program; reading them needs no knowledge of data calls yet. */
function entityModels(program: Program, index: ProgramIndex, memory: PartMemory | undefined): readonly DataModel[] {
  const make = (before?: Evaluator): Evaluator => new Evaluator(program, createKnowledge(NO_DATA, []), before);
  return readEntityModels(program, memory?.entityEvaluator(make) ?? make(), index);
}

function analyse(
  program: Program,
  index: ProgramIndex,
  models: readonly DataModel[],
  memory: PartMemory | undefined,
): Analysis {
  const before = memory?.analysisFor(models);
  const data = before?.analysis.data ?? createDataRecogniser(models);
  const queries = new Evaluator(program, createKnowledge(data, frameworkKnowledge), before?.queries);
  const analysis = analysisOf(program, queries, data, index, before?.analysis);
  memory?.keep({ queries, analysis });
  return analysis;
}

/** What a page in a browser imports as well says nothing of a server. */
const OF_PAGES = /react|next|astro|graphql|svelte|nuxt|trpc/;

function serverPackages(): readonly string[] {
  return adapters.flatMap(({ packages }) => packages).filter((name) => !OF_PAGES.test(name));
}

const NO_ROUTES: AdapterOutput = { entries: [], faults: [], unknowns: [] };

/** The first file that uses a framework. */
function placeOfUse({ packages }: Adapter, index: ProgramIndex): Place {
  const [first] = packages.flatMap((name) => index.importersOf(name));
  const file = first ?? [...index.files()][0];
  return { file: file?.path ?? "", start: 0, end: 0 };
}

async function runAdapters(
  analysis: Analysis,
  { deployed = [], schemaTexts = [], pause }: Pick<CollectInput, "deployed" | "schemaTexts" | "pause">,
  attempts: Attempts,
): Promise<AdapterOutput> {
  const { program, queries, index } = analysis;
  const entries: RawEntry[] = [];
  const faults: RawFault[] = [];
  const unknowns: Unknown[] = [];
  const typeFields: TypeField[] = [];
  for (const adapter of adapters) {
    if (adapter.packages.length > 0 && !adapter.packages.some((name) => index.imports(name))) continue;
    const output = attempts.attempt(
      `the search for routes of ${adapter.name}`,
      placeOfUse(adapter, index),
      () => adapter.collect({ program, queries, index, entries, deployed, schemaTexts }),
      () => NO_ROUTES,
    );
    entries.push(...output.entries);
    faults.push(...output.faults);
    unknowns.push(...output.unknowns);
    typeFields.push(...(output.typeFields ?? []));
    await pause?.();
  }
  return { entries: entries.sort(byPlace), faults, unknowns, ...(typeFields.length === 0 ? {} : { typeFields }) };
}

async function judgeAll(
  wanted: readonly RankedEntry[],
  analysis: Analysis,
  input: CollectInput,
  attempts: Attempts,
  part: Part | undefined,
): Promise<readonly JudgedEntry[]> {
  const judged: JudgedEntry[] = [];
  for (const [done, { raw, rank }] of wanted.entries()) {
    if (part?.enough(rank) === true) break;
    judged.push(
      attempts.attempt(
        `'${raw.method} ${raw.path}'`,
        raw.place,
        () => judgeEntry(raw, analysis),
        (problem) => unjudgedEntry(raw, problem),
      ),
    );
    // few of them are asked for again, and keeping them all would cost more memory than the program itself
    forgetAnswers();
    if (done % 20 === 0) input.onProgress("following entry points", done, wanted.length);
    await input.pause?.();
  }
  return judged;
}

function faultOf(fault: RawFault): GuardFault {
  return {
    kind: fault.kind,
    name: fault.name,
    place: fault.place,
    evidence: [{ place: fault.place, note: fault.note }],
    entries: [],
    confidence: "proven",
  };
}

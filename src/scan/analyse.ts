/**
 * The one path: lowered files → program → facts → policy → rules → findings.
 * Everything the scanner does is a step of this function; the rules come in as a list.
 */
import { once } from "../base/once.js";
import { UserError } from "../base/user-error.js";
import { Attempts } from "../facts/attempts.js";
import { readTestRequests } from "../facts/tests/test-requests.js";
import type { Facts } from "../model/facts.js";
import type { ScanResult } from "../model/finding.js";
import type { LocatedPlace, Place } from "../model/place.js";
import { type AppliedPolicy, demandsTests, type Policy } from "../model/policy.js";
import type { Project } from "../model/project.js";
import type { Rule, RuleInput } from "../model/rule.js";
import { applyGuards } from "../policy/grants.js";
import { applyPolicy } from "../policy/match.js";
import { readPolicy } from "../policy/read-manifest.js";
import { createModuleResolver } from "../program/linking/module-resolution.js";
import { type ModuleResolver, Program } from "../program/linking/program.js";
import type { Cache } from "../project/cache.js";
import { readSource } from "../project/read-source.js";
import type { Analysed as Collected } from "./collect.js";
import { coverageOf } from "./coverage.js";
import { type DraftOf, stampFindings } from "./findings.js";
import { withFixes, withFixesWhenAsked } from "./fixes/fixes.js";
import type { KeptDrafts, SameFacts } from "./kept-drafts.js";
import { type FactsStore, factsKey, factsUsedAgain, type KeptFacts, keptFacts } from "./known-facts.js";
import { type LoadedProject, loadProject, loadTests } from "./load.js";
import { locator } from "./locate.js";
import type { LoweredMemory } from "./lowered-memory.js";
import { manifestSource } from "./manifest-folder.js";
import { lookThrough } from "./mentioned-files.js";
import { noticesOf } from "./notices.js";
import type { ProgramMemory } from "./program-memory.js";
import type { ScanProgress, ScanRequest } from "./request.js";
import { routeRows } from "./route-rows.js";

export interface Analysed {
  readonly result: ScanResult;
  readonly facts: Facts;
  readonly policy: AppliedPolicy;
  locate(place: Place): LocatedPlace;
  /** manifests that were read, absolute */
  readonly policyFiles: readonly string[];
  /** entries that an answer ahead had no time for */
  readonly left: number;
}

/** What earlier runs left. */
export interface Remembered {
  readonly cache: Cache;
  readonly facts: FactsStore;
  readonly lowered?: LoweredMemory;
  /** made for the same listing */
  readonly resolver?: ModuleResolver;
  /** the same, for answers ahead of a run */
  readonly programs?: ProgramMemory;
  readonly drafts?: KeptDrafts;
}

/** How an analysis goes about it. */
export interface Manner {
  /** an answer within about so many milliseconds, which a whole run may correct: see `collectAhead` */
  readonly aheadWithin?: number;
  /** called between pieces of work; what it throws ends the analysis */
  pause?(): Promise<void>;
}

/** Analyses a project that was listed. Throws a UserError for what the person can repair. */
export async function analyse(
  request: ScanRequest,
  project: Project,
  remembered: Remembered,
  progress: (progress: ScanProgress) => void,
  manner: Manner = {},
): Promise<Analysed> {
  const { cache, lowered: memory } = remembered;
  const { policy, files: policyFiles } = await policyFor(request, project);
  const linked = link(request, project, policy, remembered, progress, manner.aheadWithin !== undefined);
  const { loaded, program } = linked;
  const inScope = new Set(loaded.files.filter((file) => file.inScope).map((file) => file.path));
  const { facts: collected, left, same } = await factsOf(linked, remembered.facts, progress, manner);
  const tests = demandsTests(policy) ? { tests: readTestRequests(loadTests(project, cache, memory)) } : {};
  const unscoped: Facts = { ...collected, ...tests, unknowns: [...loaded.unknowns, ...collected.unknowns] };
  const facts = applyGuards(policy, unscoped);
  const applied = applyPolicy(policy, facts);
  const rules = request.rules.filter((rule) => runs(rule, request, policy));
  const partial = request.within !== undefined || project.scope.some((path) => path !== "");
  const attempts = new Attempts();
  const { profile, today } = request;
  const judged: RuleInput = { facts, policy: applied, profile, today, partial };
  const by = { profile, today, partial, policy, rules: rules.map(({ meta }) => meta.code), unread: loaded.unknowns };
  const again = same === undefined || demandsTests(policy) ? null : (remembered.drafts?.again(same, by) ?? null);
  const drafts = again ?? rules.flatMap((rule) => draftsOf(rule, judged, attempts));
  const ahead = manner.aheadWithin !== undefined;
  if (!ahead && attempts.failures.length === 0) remembered.drafts?.keep(collected, by, drafts);
  const texts = memory === undefined ? undefined : new Map(loaded.files.map((file) => [file.path, file.text]));
  const places = locator(project, program, (file) => texts?.get(file));
  const stamped = stampFindings(drafts, {
    text: places.text,
    directives: (file) => program.file(file)?.lowered.directives ?? [],
    policy,
    today: request.today,
    profile: request.profile,
    directiveFiles: inScope,
    ran: rules.map((rule) => rule.meta),
  });
  const source = { facts, file: (path: string) => program.file(path), text: (path: string) => places.text(path) ?? "" };
  const repairs = { source, locate: places.locate, attempts };
  const findings = ahead ? withFixesWhenAsked(stamped.findings, repairs) : withFixes(stamped.findings, repairs);
  const coverage = once(() => coverageOf(facts, applied, loaded, inScope.size));
  const routes = once(() => routeRows(facts, applied, places.locate));
  const unknowns = [...facts.unknowns, ...attempts.failures];
  const result: ScanResult = {
    toolVersion: request.toolVersion,
    rules: rules.map((rule) => rule.meta),
    findings,
    notices: [...noticesOf(unknowns, project.problems, places.locate), ...stamped.notices],
    // an editor waits for the findings and asks for the rest later, if at all
    get coverage() {
      return coverage();
    },
    profile: request.profile,
    policyFile: policy.file,
    paths: project.scope,
    get routes() {
      return routes();
    },
  };
  return { result, facts, policy: applied, locate: places.locate, policyFiles, left };
}

/**
 * Works out what the next answer ahead of a run would have to ask about all of the program, and about the files that
 * an editor has open: nothing that is told changes by it.
 *
 * @param pause called between pieces of work; what it throws ends it
 */
export async function prepareAnswers(
  request: ScanRequest,
  project: Project,
  remembered: Remembered,
  pause: () => Promise<void>,
): Promise<void> {
  const { policy } = await policyFor(request, project);
  const linked = link(request, project, policy, remembered, () => {}, true);
  const { kept, schemas } = knownFacts(linked, remembered.facts);
  if (kept === null || kept.since.changed.size > 0) return;
  await lookThrough(kept.facts, pause);
  const { prepareAhead } = await import("./collect.js");
  await prepareAhead(
    analysed(linked, schemas, () => {}, pause),
    kept.facts,
    [...(project.unsaved?.keys() ?? [])],
  );
}

/** @param ahead what answers ahead of a run leave for each other is made use of */
function link(
  request: ScanRequest,
  project: Project,
  policy: Policy,
  remembered: Remembered,
  progress: (progress: ScanProgress) => void,
  ahead: boolean,
): Linked {
  const resolver = remembered.resolver ?? createModuleResolver(project);
  const loaded = loadProject(project, remembered.cache, resolver, progress, remembered.lowered);
  const programs = ahead ? remembered.programs : undefined;
  const program = programs?.renewed(loaded.files) ?? new Program(loaded.files, resolver);
  return { request, project, policy, loaded, program, resolver, ...(programs === undefined ? {} : { programs }) };
}

async function policyFor(
  request: ScanRequest,
  project: Project,
): Promise<{ policy: Policy; files: readonly string[] }> {
  const { policy, problems, files } = await readPolicy({
    root: project.root,
    ...(request.policyFile === undefined ? {} : { file: request.policyFile }),
    ...manifestSource(project),
  });
  const [first] = problems;
  if (first === undefined) return { policy, files };
  const rest = problems.slice(1, 10).map((p) => `${p.file}:${p.line}:${p.column}: ${p.what} ${p.remedy}`);
  throw new UserError([first.what, ...rest].join("\n"), {
    where: `${first.file}:${first.line}:${first.column}`,
    hint: first.remedy,
  });
}

function runs(rule: Rule, request: ScanRequest, policy: Policy): boolean {
  const { code, name } = rule.meta;
  if (request.only !== undefined && request.only.length > 0)
    return request.only.includes(code) || request.only.includes(name);
  return policy.rules[code] !== "off" && policy.rules[name] !== "off";
}

function draftsOf(rule: Rule, input: RuleInput, attempts: Attempts): readonly DraftOf[] {
  const start = { file: input.facts.files[0] ?? "", start: 0, end: 0 };
  return attempts.attempt(
    `rule ${rule.meta.code}`,
    start,
    () => [...rule.check(input)].map((draft) => ({ rule: rule.meta, draft })),
    () => [],
  );
}

interface Linked {
  readonly request: ScanRequest;
  readonly project: Project;
  readonly policy: Policy;
  readonly loaded: LoadedProject;
  readonly program: Program;
  readonly resolver: ModuleResolver;
  readonly programs?: ProgramMemory;
}

type Schemas = Collected["schemas"];

/** What an earlier run found, and what has happened since. */
function knownFacts(
  { request, project, policy, loaded }: Linked,
  store: FactsStore,
): { readonly key: string; readonly schemas: Schemas; readonly kept: KeptFacts | null } {
  const schemas = project.schemaFiles.map((path) => ({ path, text: readSource(project, path).text }));
  const key = factsKey(request, project, policy, schemas);
  return { key, schemas, kept: keptFacts(store, key, loaded.files) };
}

/** What is to be analysed. */
function analysed(
  { project, policy, loaded, program, programs }: Linked,
  schemas: Schemas,
  progress: (progress: ScanProgress) => void,
  pause: Manner["pause"],
): Collected {
  return {
    project,
    program,
    files: loaded.files,
    schemas,
    tenancy: policy.tenancy,
    onProgress: (stage, done, total) => progress({ stage, done, total }),
    ...(programs === undefined ? {} : { before: programs.parts }),
    ...(pause === undefined ? {} : { pause }),
  };
}

/** The facts of an earlier run where they still hold, else those of a new analysis. */
async function factsOf(
  linked: Linked,
  store: FactsStore,
  progress: (progress: ScanProgress) => void,
  { aheadWithin, pause }: Manner,
): Promise<{ readonly facts: Facts; readonly left: number; readonly same?: SameFacts }> {
  const { loaded, program, programs, resolver } = linked;
  const { key, schemas, kept } = knownFacts(linked, store);
  const used = kept === null ? null : factsUsedAgain(kept);
  if (kept !== null && used !== null) {
    store.keep(key, used, loaded.files);
    return { facts: used, left: 0, same: { before: kept.facts, moves: kept.since.moves } };
  }
  const { collectAhead, collectProgramFacts } = await import("./collect.js");
  const ahead = aheadWithin !== undefined && kept !== null;
  const quick = ahead ? await collectAhead(analysed(linked, schemas, progress, pause), kept, aheadWithin) : null;
  if (quick !== null) return quick;
  // nothing of an earlier program: what a whole run finds is exactly what any other run would find
  const { programs: _, ...fresh } = linked;
  const whole = { ...fresh, program: programs === undefined ? program : new Program(loaded.files, resolver) };
  const facts = await collectProgramFacts(analysed(whole, schemas, progress, pause));
  store.keep(key, facts, loaded.files);
  return { facts, left: 0 };
}

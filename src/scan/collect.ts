/** The program's facts, with the data models that its schema files declare. Loaded only when something must be analysed. */
import { type CollectInput, collectFacts, collectPart } from "../facts/collect.js";
import { readDeployedFunctions } from "../facts/entries/deployments.js";
import { type DeclaredData, prepareSql, readModels } from "../facts/models.js";
import type { PartMemory } from "../facts/part-memory.js";
import type { Facts } from "../model/facts.js";
import type { Policy } from "../model/policy.js";
import type { Project } from "../model/project.js";
import type { Program } from "../program/linking/program.js";
import { UNTOUCHED } from "./edits.js";
import type { SameFacts } from "./kept-drafts.js";
import { factsMoved, type KeptFacts } from "./known-facts.js";
import type { LoadedFile } from "./load.js";
import { renewalOf, renewedFacts } from "./renewed-facts.js";
import { areSameFacts } from "./same-facts.js";

export interface Analysed {
  readonly project: Project;
  readonly program: Program;
  readonly files: readonly LoadedFile[];
  /** schema and deployment files, read as data */
  readonly schemas: readonly { readonly path: string; readonly text: string }[];
  /** what the manifest says of tenancy */
  readonly tenancy: Policy["tenancy"];
  readonly before?: PartMemory;
  onProgress(stage: string, done: number, total: number): void;
  pause?(): Promise<void>;
}

/** Analyses a linked program. Facts hold nothing but data, so that they can be kept. */
export async function collectProgramFacts(input: Analysed): Promise<Facts> {
  return collectFacts(await collectInput(input));
}

async function collectInput(input: Analysed): Promise<CollectInput> {
  const { project, program, files, schemas, tenancy, before, onProgress, pause } = input;
  const inScope = new Set(files.filter((file) => file.inScope).map((file) => file.path));
  const isGraphql = ({ path }: { readonly path: string }): boolean => /\.(?:graphqls?|gql)$/.test(path);
  const declaring = schemas.filter((file) => !isGraphql(file) && !isPolicy(file));
  const read = (texts: Analysed["schemas"]): Promise<DeclaredData> => readModels(texts, project.scope);
  const declared = await (before?.declaredBy(declaring, read) ?? read(declaring));
  await prepareSql(program);
  return {
    program,
    ...declared,
    deployed: await readDeployedFunctions(schemas),
    schemaTexts: schemas.filter(isGraphql).map((file) => file.text),
    policyFiles: schemas.filter((file) => isPolicy(file) && isBelow(file.path, project.scope)),
    hints: { ...tenancy, global: tenancy.global.map((model) => model.name) },
    enforcedBy: new Set(tenancy.enforcedBy.map((one) => one.use)),
    inScope: (file) => inScope.has(file),
    appOf: appFolders(project.packages.map((one) => one.folder)),
    onProgress,
    ...(before === undefined ? {} : { before }),
    ...(pause === undefined ? {} : { pause }),
  };
}

function isPolicy({ path }: { readonly path: string }): boolean {
  return /\.(?:csv|cedar|rego)$/.test(path);
}

function isBelow(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => folder === "" || path.startsWith(`${folder}/`));
}

/** More changed files than this are no edit of a person's. */
const MOST_FILES = 5;

/**
 * The facts of a moment ago, with what changed sources concern judged anew: quick, and not the last word. Null when
 * more happened than edits of a few files.
 *
 * @param withinMs no further entry is judged after that
 */
export async function collectAhead(
  input: Analysed,
  { facts, since }: KeptFacts,
  withinMs: number,
): Promise<{ readonly facts: Facts; readonly left: number; readonly same?: SameFacts } | null> {
  const { changed } = since;
  if (changed.size > MOST_FILES) return null;
  const moves = new Map([...since.moves, ...[...changed].map(([path, { move }]) => [path, move] as const)]);
  const before = factsMoved(facts, moves);
  if (before === null) return null;
  const renewal = renewalOf(before, changed, withinMs);
  const part = await collectPart(await collectInput(input), renewal);
  const renewed = renewedFacts(part, renewal, changed);
  const { left } = part;
  return areSameFacts(before, renewed)
    ? { facts: before, left, same: { before: facts, moves } }
    : { facts: renewed, left };
}

/** How long entries of the files that are being looked at are judged for nothing but that what they do is known. */
const PREPARING_MS = 3_000;

/**
 * Works out what the next answer ahead of a run would have to ask about all of the program, and what the entries of
 * some files do, which are judged as if one of these had been edited. Nothing else comes of it.
 */
export async function prepareAhead(input: Analysed, facts: Facts, paths: readonly string[]): Promise<void> {
  const untouched = new Map(paths.map((path) => [path, UNTOUCHED] as const));
  await collectPart(await collectInput(input), renewalOf(facts, untouched, PREPARING_MS));
}

/** The folder of the nearest package above a file. */
function appFolders(folders: readonly string[]): (file: string) => string {
  const sorted = [...folders].sort((a, b) => b.length - a.length);
  return (file) => sorted.find((folder) => folder === "" || file.startsWith(`${folder}/`)) ?? "";
}

/** Which declared model a name in the code means: client properties, tables, entity classes. */
import type { DataModel } from "../../model/data-model.js";

/** Finds models by the several ways in which code names them. `near` (a file) decides between equals. */
export interface ModelMatcher {
  /** `prisma.apiKey` */
  client(property: string, near?: string): DataModel | undefined;
  /** `api_keys`, with or without its schema */
  table(name: string, near?: string): DataModel | undefined;
  /** entity class, table constant or model name as code spells it */
  named(name: string, near?: string): DataModel | undefined;
  /** any of the above, the exact ones first */
  any(name: string, near?: string): DataModel | undefined;
}

type Index = ReadonlyMap<string, readonly DataModel[]>;

/** Builds the look-ups once per project. */
export function matchModels(models: readonly DataModel[]): ModelMatcher {
  const byName = indexBy(models, (model) => [model.name]);
  const byClient = indexBy(models, (model) => [lowerFirst(model.name)]);
  const byTable = indexBy(models, (model) => [bareTable(model.table)]);
  const folded = indexBy(models, (model) => [foldName(model.name), foldName(bareTable(model.table))]);
  const loose = (name: string, near: string): DataModel | undefined => nearest(folded.get(foldName(name)), near);
  const client: ModelMatcher["client"] = (property, near = "") =>
    nearest(byClient.get(property), near) ?? loose(property, near);
  const table: ModelMatcher["table"] = (name, near = "") =>
    nearest(byTable.get(bareTable(name)), near) ?? loose(bareTable(name), near);
  const named: ModelMatcher["named"] = (name, near = "") =>
    nearest(byName.get(name), near) ?? loose(name.replace(/(?:Entity|Model|Schema|Table)$/, "") || name, near);
  const any: ModelMatcher["any"] = (name, near = "") =>
    nearest(byName.get(name), near) ??
    nearest(byClient.get(name), near) ??
    nearest(byTable.get(bareTable(name)), near) ??
    loose(name, near);
  return { client, table, named, any };
}

function indexBy(models: readonly DataModel[], keys: (model: DataModel) => readonly string[]): Index {
  const index = new Map<string, DataModel[]>();
  for (const model of models) {
    for (const key of new Set(keys(model))) {
      const found = index.get(key);
      if (found === undefined) index.set(key, [model]);
      else found.push(model);
    }
  }
  return index;
}

/** The candidate whose file shares the longest path with `near`; the first one among equals. */
function nearest(candidates: readonly DataModel[] | undefined, near: string): DataModel | undefined {
  const [first, ...others] = candidates ?? [];
  if (first === undefined || near === "" || others.length === 0) return first;
  return others.reduce(
    (best, model) => (shared(model.place.file, near) > shared(best.place.file, near) ? model : best),
    first,
  );
}

function shared(a: string, b: string): number {
  const left = a.split("/");
  const right = b.split("/");
  let depth = 0;
  while (depth < left.length && left[depth] === right[depth]) depth++;
  return depth;
}

function lowerFirst(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1);
}

/** `"app"."api_keys"` → `api_keys` */
export function bareTable(name: string): string {
  return (
    name
      .replaceAll(/["`[\]]/g, "")
      .split(".")
      .at(-1) ?? name
  ).toLowerCase();
}

/** One spelling for `ApiKey`, `apiKeys`, `api_keys`: lower case, letters and digits, singular. */
export function foldName(name: string): string {
  return singular(name.toLowerCase().replaceAll(/[^a-z0-9]/g, ""));
}

/** English plural to singular, well enough for table names. */
export function singular(word: string): string {
  if (/(?:ss|us|is)$/.test(word) || word.length < 4) return word;
  if (word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  if (/(?:sses|shes|ches|xes|zes)$/.test(word)) return word.slice(0, -2);
  return word.endsWith("s") ? word.slice(0, -1) : word;
}

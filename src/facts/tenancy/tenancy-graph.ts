/** Declared models as one graph: the same table seen by several layers is one entity, keys are edges. */
import { bareTable, foldName } from "../../frameworks/schema/match-model.js";
import type { DataColumn, DataModel, DataRelation } from "../../model/data-model.js";
import { isForeignWord, normalizeKey, wordsOf } from "./tenancy-names.js";

export interface Edge {
  readonly column: string;
  /** '' when the layer declares no relation */
  readonly relation: string;
  readonly to: Entity;
  readonly optional: boolean;
  /** many-to-many: `column` is the relation itself */
  readonly many: boolean;
}

export interface Entity {
  readonly name: string;
  /** every spelling under which a layer declares it */
  readonly names: ReadonlySet<string>;
  readonly table: string;
  readonly columns: readonly DataColumn[];
  readonly relations: readonly DataRelation[];
  readonly uniques: readonly (readonly string[])[];
  readonly edges: readonly Edge[];
  /** entities with a key that points here */
  readonly referrers: ReadonlySet<Entity>;
}

interface Draft extends Entity {
  readonly names: Set<string>;
  readonly columns: DataColumn[];
  readonly relations: DataRelation[];
  readonly uniques: (readonly string[])[];
  readonly edges: Edge[];
  readonly referrers: Set<Entity>;
}

/** Builds the graph; relations give edges first, names of keys second. */
export function buildGraph(models: readonly DataModel[]): readonly Entity[] {
  const drafts = withAuthUsers(mergeModels(models));
  const find = withSharedUid(drafts, finder(drafts));
  for (const draft of drafts) {
    for (const column of draft.columns) {
      const to = target(column, draft, find);
      if (to === undefined) continue;
      const relation = draft.relations.find((candidate) => candidate.columns.includes(column.name));
      draft.edges.push({
        column: column.name,
        relation: relation?.name ?? "",
        to,
        optional: column.optional,
        many: false,
      });
    }
    relationEdges(draft, find);
  }
  for (const draft of drafts) dropBackRelations(draft);
  const referrers = new Map<Entity, Set<Entity>>(drafts.map((draft) => [draft, draft.referrers]));
  for (const draft of drafts) for (const edge of draft.edges) if (edge.to !== draft) referrers.get(edge.to)?.add(draft);
  return drafts;
}

type Find = (name: string) => Draft | undefined;

function mergeModels(models: readonly DataModel[]): readonly Draft[] {
  const byTable = new Map<string, Draft>();
  // declarations in code name things as code does; migrations only add what these lack
  const ordered = [
    ...models.filter((model) => model.layer !== "sql"),
    ...models.filter((model) => model.layer === "sql"),
  ];
  for (const model of ordered) {
    const key = bareTable(model.table || model.name).replaceAll(/[^a-z0-9]/g, "");
    const known = byTable.get(key);
    if (known === undefined) {
      const { name, table, columns, relations, uniques } = model;
      byTable.set(key, {
        name,
        names: new Set([name]),
        table,
        columns: [...columns],
        relations: [...relations],
        uniques: [...uniques],
        edges: [],
        referrers: new Set(),
      });
    } else extend(known, model);
  }
  return [...byTable.values()];
}

/** `references auth.users`: the users whom an identity service keeps in a schema of its own, which no file declares. */
function withAuthUsers(drafts: readonly Draft[]): readonly Draft[] {
  const isUsers = (name: string): boolean => /^(?:auth\.)?users$/i.test(name);
  const asked = drafts.some(({ columns }) => columns.some(({ references }) => isUsers(references)));
  if (!asked || drafts.some(({ name, table }) => isUsers(name) || isUsers(table) || /^users?$/i.test(name)))
    return drafts;
  const column = { dbName: "", type: "uuid", optional: false, unique: true, primary: false, references: "" };
  const columns = [
    { ...column, name: "id", primary: true },
    { ...column, name: "email", type: "text" },
  ];
  const users = { name: "users", names: new Set(["users"]), table: "users", columns, relations: [], uniques: [] };
  return [...drafts, { ...users, edges: [], referrers: new Set() }];
}

function extend(known: Draft, model: DataModel): void {
  known.names.add(model.name);
  for (const column of model.columns) {
    const at = known.columns.findIndex((other) => sameColumn(other, column));
    const other = known.columns[at];
    if (other === undefined) known.columns.push(column);
    else if (other.references === "" && column.references !== "")
      known.columns[at] = { ...other, references: column.references };
  }
  for (const relation of model.relations) {
    if (!known.relations.some((other) => other.name === relation.name)) known.relations.push(relation);
  }
  known.uniques.push(...model.uniques);
}

function sameColumn(a: DataColumn, b: DataColumn): boolean {
  const spell = (name: string): string => name.toLowerCase().replaceAll("_", "");
  return [a.name, a.dbName].some((x) => [b.name, b.dbName].some((y) => spell(x) === spell(y)));
}

function finder(drafts: readonly Draft[]): Find {
  const index = new Map<string, Draft>();
  const put = (key: string, draft: Draft): void => {
    if (!index.has(key)) index.set(key, draft);
  };
  for (const draft of drafts) for (const name of draft.names) put(name, draft);
  for (const draft of drafts) put(bareTable(draft.table), draft);
  for (const draft of drafts) for (const name of draft.names) put(`~${foldName(name)}`, draft);
  for (const draft of drafts) put(`~${foldName(bareTable(draft.table))}`, draft);
  for (const draft of drafts)
    for (const name of draft.names) put(`~${foldName(name.replace(/Entity$|Model$/, ""))}`, draft);
  return (name) => index.get(name) ?? index.get(bareTable(name)) ?? index.get(`~${foldName(bareTable(name))}`);
}

const UID = /^uid$/i;

/** `uid`, the key of people and a column of other models: people go by it there, whatever their rows are numbered by. */
function withSharedUid(drafts: readonly Draft[], find: Find): Find {
  const people = drafts.filter(
    ({ name, columns }) =>
      PERSON.test(wordsOf(name).at(-1) ?? "") && columns.some((column) => column.unique && UID.test(column.name)),
  );
  const [owner] = people;
  return owner === undefined || people.length > 1 ? find : (name) => (UID.test(name) ? owner : find(name));
}

const PERSON = /^(?:user|account|member|person)$/;

/** types of columns that no key has */
export const NO_KEY_TYPE = /^(?:bool|float|double|decimal|numeric|real|date|time|json|bytes|bytea|boolean|timestamp)/i;

/** What a column points to: its declared reference, else the model its name speaks of (`parentRunId` → Run). */
function target(column: DataColumn, draft: Draft, find: Find): Draft | undefined {
  if (column.references === "") return targetByName(column, draft, find);
  // rows are loaded along relations, whatever a decorator on the column says
  const related = draft.relations.find(({ columns }) => columns.length === 1 && columns[0] === column.name);
  const declared = (related === undefined ? undefined : find(related.model)) ?? find(column.references);
  const compound = draft.relations.some(
    (relation) => relation.columns.length > 1 && relation.columns.includes(column.name),
  );
  // in a compound key the tenant's column also takes part in keys to its siblings
  return compound ? (targetByName(column, draft, find) ?? declared) : declared;
}

function targetByName(column: DataColumn, draft: Draft, find: Find): Draft | undefined {
  if (column.primary && column.unique && isOwnKey(column, draft)) return undefined;
  if (NO_KEY_TYPE.test(column.type) || !/id$/.test(normalizeKey(column.name)) || column.type.endsWith("[]"))
    return undefined;
  if (UID.test(column.name)) {
    const owner = find(column.name);
    return owner === draft ? undefined : owner;
  }
  const words = wordsOf(column.name.replace(/_?(?:uuid|uid|id)$/i, ""));
  for (let from = 0; from < words.length; from++) {
    if (from > 0 && isForeignWord(words[from - 1] ?? "")) return undefined;
    const found = find(words.slice(from).join("_"));
    if (found !== undefined && (from > 0 || found !== draft)) return found;
  }
  return undefined;
}

/** `id`, `order_id` of orders and of shop orders; the `chat_id` that a chat's session goes by is the chat's. */
function isOwnKey(column: DataColumn, draft: Draft): boolean {
  const last = wordsOf(column.name.replace(/_?(?:uuid|uid|id)$/i, "")).at(-1);
  return last === undefined || [...draft.names, draft.table].some((name) => wordsOf(name).at(-1) === last);
}

/** Relations whose key the layer leaves unsaid, and many-to-many ones. */
function relationEdges(draft: Draft, find: Find): void {
  for (const relation of draft.relations) {
    if (relation.columns.length > 0) continue;
    const to = find(relation.model);
    if (to === undefined || draft.edges.some((edge) => edge.to === to && edge.relation === relation.name)) continue;
    draft.edges.push({ column: relation.name, relation: relation.name, to, optional: true, many: true });
  }
}

/**
 * The far side of a key is no edge: only what neither side holds a key for is many-to-many, or, for a single one, a key
 * whose column the layer names by itself.
 */
function dropBackRelations(draft: Draft): void {
  const kept: Edge[] = [];
  for (const edge of draft.edges) {
    if (!edge.many) kept.push(edge);
    else if (!edge.to.edges.some((back) => back.to === draft && !back.many)) {
      const relation = draft.relations.find((candidate) => candidate.name === edge.relation);
      kept.push({ ...edge, many: relation?.many === true });
    }
  }
  draft.edges.splice(0, draft.edges.length, ...kept);
}

/** Edges to one entity. */
export function edgesTo(entity: Entity, to: Entity): readonly Edge[] {
  return entity.edges.filter((edge) => edge.to === to);
}

/**
 * Keys of other rows that a written object brings along, of which nothing in the data model need say so: the handler
 * looks a row up by the same key, to see whether there is one, and a schema lets it through by its name.
 */
import type { DataCall, WrittenColumn } from "../../frameworks/data/data-call.js";
import type { TenancyModel } from "../../model/data-model.js";
import type { WrittenKey } from "../../model/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import type { JudgedEntry } from "../entries/entries.js";
import { mayBring, namesLetThrough } from "./assigned-keys.js";
import type { Ledger } from "./ledger.js";
import { belongs, type ModelIndex, same } from "./written-keys.js";

type Input = Extract<Origin, { kind: "source" }>;

export interface Brought {
  readonly ledger: Ledger;
  readonly tenancy: TenancyModel;
  readonly models: ModelIndex;
  readonly queries: LinkQueries;
  /** verified where it is given */
  readonly ifPresent: (value: Origin, written: WrittenColumn) => boolean;
}

/** A key that may be among what is written, and what it leads to. */
interface Candidate {
  readonly key: Pick<WrittenKey, "column" | "role" | "references">;
  readonly value: Input;
  readonly written: WrittenColumn;
}

export function broughtKeys(call: DataCall, one: JudgedEntry, brought: Brought): readonly WrittenKey[] {
  if (call.model === "" || (call.writtenWhole.length === 0 && call.written.length === 0)) return [];
  const found = new Map<string, WrittenKey>();
  for (const { key, value, written } of [...lookedUp(call, one, brought), ...letThrough(call, one, brought)]) {
    if (found.has(key.column) || isSettled(value, written, brought)) continue;
    found.set(key.column, { ...key, path: value.path, place: written.place });
  }
  return [...found.values()];
}

function isSettled(value: Input, written: WrittenColumn, { ledger, ifPresent }: Brought): boolean {
  return ledger.verified(value) !== null || ledger.isPerhapsOwn(value) || ifPresent(value, written);
}

/** `findUnique({ where: { id: data.boardId } })` and then `update({ data })`: whose board that is was not asked. */
function* lookedUp(call: DataCall, { reached }: JudgedEntry, brought: Brought): Generator<Candidate> {
  const { tenancy, models } = brought;
  const columns = models.modelOf(call.model)?.columns ?? [];
  const declared = models.keysOf(call.model, tenancy);
  const asked = reached.flatMap(({ call: other }) =>
    other.operation === "read" ? keysAskedFor(other, models).map((one) => ({ ...one, other })) : [],
  );
  for (const { other, value } of asked) {
    if (other.model === call.model || !belongs(other.model, tenancy)) continue;
    // what is one of several things by what else was sent is asked about on each way by itself
    const alike = asked.filter((one) => one.value.path === value.path);
    if (alike.some(({ alone, other: { model } }) => !alone || model !== other.model)) continue;
    for (const written of writtenAs(value, call)) {
      const column = columns.find(({ name }) => same(name, written.column))?.name;
      const known = declared.find((key) => column !== undefined && same(key.column, column));
      // one that leads to whoever has the row is assigned, which is said elsewhere
      if (column === undefined || known?.role === "tenant" || known?.role === "owner") continue;
      yield { key: known ?? { column, role: "reference", references: other.model }, value, written };
    }
  }
}

interface Asked {
  readonly value: Input;
  /** and nothing else says which row it is */
  readonly alone: boolean;
}

/** The values of the request by which one row is found, by its own key. */
function keysAskedFor({ model, filter }: DataCall, models: ModelIndex): readonly Asked[] {
  const [terms = [], ...others] = filter.alternatives;
  if (others.length > 0) return [];
  const primary = models.primaryOf(model);
  const telling = terms.filter(({ values }) => !values.every(({ kind }) => kind === "constant"));
  return telling.flatMap(({ column, position, operator, values }) => {
    if (position !== "and" || operator !== "=" || !(primary.includes(column) || OWN_KEY.test(column))) return [];
    return leaves(values).flatMap((value) =>
      value.kind === "source" && value.source === "input" ? [{ value, alone: telling.length === 1 }] : [],
    );
  });
}

const OWN_KEY = /^_?(?:id|uuid)$/i;

/** As which column a value of the request is written, by itself or as a member of an object that is written whole. */
function* writtenAs(value: Input, call: DataCall): Generator<WrittenColumn> {
  for (const written of call.written) {
    const isIt = (one: Origin): boolean => one.kind === "source" && one.source === "input" && one.path === value.path;
    if (leaves(written.values).some(isIt)) yield written;
  }
  for (const whole of call.writtenWhole) {
    if (whole.kind !== "source" || whole.source !== "input" || whole.through) continue;
    const prefix = whole.path === "" ? "" : `${whole.path}.`;
    const name = value.path.startsWith(prefix) ? value.path.slice(prefix.length) : "";
    if (name === "" || name.includes(".") || (whole.without ?? []).some((key) => same(key, name))) continue;
    yield { column: name, values: [value], place: placeOf(whole, call) };
  }
}

/** `update({ data: schema.parse(body) })`, where the schema names the key. */
function* letThrough(call: DataCall, { raw }: JudgedEntry, brought: Brought): Generator<Candidate> {
  const { tenancy, models, queries } = brought;
  const references = models.keysOf(call.model, tenancy).filter(({ role }) => role === "reference");
  for (const whole of references.length === 0 ? [] : call.writtenWhole) {
    if (whole.kind !== "source" || whole.source !== "input" || whole.through) continue;
    const names = namesLetThrough(whole, raw, queries);
    if (names === null || names === "unknown") continue;
    for (const key of references) {
      if (!mayBring(whole, names, key.column)) continue;
      const [value] = leaves(queries.project(whole, [key.column]));
      if (value?.kind !== "source" || value.source !== "input") continue;
      yield { key, value, written: { column: key.column, values: [value], place: placeOf(whole, call) } };
    }
  }
}

function placeOf(whole: Origin, { enteredAt, site }: DataCall): WrittenColumn["place"] {
  return enteredAt?.get(whole) ?? site.fn.place(site.v);
}

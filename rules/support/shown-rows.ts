/**
 * Rows that are shown to whoever knows their key: an entry that is open on purpose picks one of them by it and asks for
 * nothing else. To read it by the same key, or to add something to it, is what those who were sent the key are there for.
 */
import { ONE_ROW } from "../../src/model/accesses.js";
import type { Access, EntryPoint } from "../../src/model/facts.js";
import type { RuleInput } from "../../src/model/rule.js";
import { oncePerRun } from "./once-per-run.js";
import { openEntries } from "./open-entries.js";

/** A key that a row has of its own, and nobody else's. */
export function isOwnKey(column: string): boolean {
  return OWN_KEY.test(column);
}

export interface ShownRows {
  /** it picks such rows, or what belongs to them, by nothing else than an open entry does */
  readsShown(access: Access): boolean;
  /** rows of that model are shown by their own key */
  isShown(model: string): boolean;
}

const OWN_KEY = /^(?:_?id|uuid|slug|(?:url|short|public)_?id)$/i;

export const shownRows = oncePerRun(readShown);

function readShown(input: RuleInput): ShownRows {
  const { facts, policy } = input;
  const models = new Set<string>();
  const ways = new Set<string>();
  // one that should have been guarded shows nothing on purpose
  const faulty = new Set(openEntries(input).flatMap(({ entry, severity }) => (severity === "note" ? [] : [entry])));
  for (const access of facts.accesses) {
    const column = pickedBy(access);
    if (column === "" || access.operation !== "read") continue;
    const open = access.reaches.some(({ entry, binding, authenticated, decided }) => {
      const one = facts.entries[entry];
      if (one === undefined || authenticated || decided || binding.verdict !== "unbound") return false;
      return policy.entries[entry]?.public === true || (isOpenOnPurpose(one) && !faulty.has(one));
    });
    if (!open) continue;
    ways.add(`${access.model} ${column}`);
    if (OWN_KEY.test(column) && ONE_ROW.test(access.method)) models.add(access.model);
  }
  return {
    readsShown: (access) => {
      const column = pickedBy(access);
      if (column === "" || access.operation !== "read") return false;
      return OWN_KEY.test(column) ? models.has(access.model) : ways.has(`${access.model} ${column}`);
    },
    isShown: (model) => models.has(model),
  };
}

/** Marked as such, or made with what is called public, where who calls is not even looked for by a guard. */
function isOpenOnPurpose({ intent, protection, machine }: EntryPoint): boolean {
  if (intent === null || machine === true || protection.authentication === "rejects") return false;
  return intent.by === "marker" || intent.by === "builder";
}

/** The one column by which the request picks rows, beside none that it does not choose; '' for other accesses. */
export function pickedBy({ conjuncts, filterKnown }: Access): string {
  const picked = conjuncts.filter(({ values }) => values.some(({ source }) => source === "input"));
  const [only, ...others] = picked;
  if (!filterKnown || only === undefined || others.length > 0 || only.position !== "and") return "";
  return only.operator === "=" ? only.column : "";
}

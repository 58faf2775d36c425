/** What a reader is told of entry points that could not be judged, and of a program in which none, or no query, was found. */
import type { ProgramIndex, RawEntry } from "../../frameworks/routing.js";
import type { Step, Unknown } from "../../model/facts.js";
import type { JudgedEntry } from "./entries.js";
import { unreadBecause } from "./protection.js";

const MODULES_OF_SERVERS: readonly string[] = ["http", "node:http", "https", "node:https", "http2", "node:http2"];

/** Entry points of which nobody knows what protects them, with why; what a gap in the registrations told already is left out. */
export function undecidedEntries(judged: readonly JudgedEntry[], told: readonly Unknown[]): readonly Unknown[] {
  const known = new Set(told.map(keyOf));
  const open = judged.filter(({ entry }) => isOpen(entry));
  return [
    ...unfollowed(open),
    ...open.flatMap(({ entry }): readonly Unknown[] => {
      const { detail } = entry.protection;
      if (stepOf(entry) !== undefined) return [];
      const one: Unknown = {
        kind: "unresolved-guard",
        place: entry.place,
        detail: `what protects '${entry.key}' is not known: ${detail}`,
        remedy: `routes.rules: - { match: "${entry.key}", require: [authentication] }`,
      };
      return known.has(keyOf(one)) ? [] : [one];
    }),
  ];
}

type Entry = JudgedEntry["entry"];

function isOpen({ protection, intent }: Entry): boolean {
  return protection.authentication === "unknown" && protection.detail !== "" && intent === null;
}

/** The step of the project on which it hangs. */
function stepOf({ steps }: Entry): Step | undefined {
  return steps.find(({ grants, definedAt }) => grants === "unknown" && definedAt !== null);
}

/** One guard that was not followed stands before many: that is one question. */
function unfollowed(open: readonly JudgedEntry[]): readonly Unknown[] {
  const groups = new Map<string, { readonly step: Step; readonly entries: Entry[] }>();
  for (const { entry } of open) {
    const step = stepOf(entry);
    if (step === undefined || step.definedAt === null) continue;
    const key = `${step.definedAt.file}:${step.definedAt.start}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { step, entries: [entry] });
    else group.entries.push(entry);
  }
  return [...groups.values()].map(({ step, entries }): Unknown => {
    const [first] = entries;
    const others = entries.length > 1 ? ` and ${entries.length - 1} more` : "";
    return {
      kind: "unresolved-guard",
      place: step.definedAt ?? step.place,
      detail: `what protects '${first?.key ?? ""}'${others} is not known: ${unreadBecause(step)}`,
      remedy: `guards: - { use: "${step.definedAt?.file ?? ""}#${step.name}", grants: authentication }`,
    };
  });
}

function keyOf({ place }: Unknown): string {
  return `${place.file}:${place.start}`;
}

/** A service all of whose entry points are missed has no findings either: that is told, and not taken for good news. */
export function nothingFound(
  present: readonly RawEntry[],
  index: ProgramIndex,
  packages: readonly string[],
): readonly Unknown[] {
  if (present.length > 0) return [];
  for (const module of [...MODULES_OF_SERVERS, ...packages]) {
    const [file] = index.importersOf(module);
    if (file === undefined) continue;
    const place = { file: file.path, start: 0, end: 0 };
    const detail = `imports '${module}', and no entry point was recognised anywhere: no route can be judged`;
    return [{ kind: "dynamic-registration", place, detail, remedy: "" }];
  }
  return [];
}

const MODULES_OF_DATA =
  /^(?:sequelize|sequelize-typescript|@sequelize\/core|typeorm|@nestjs\/typeorm|@prisma\/client|mongoose|@nestjs\/mongoose|mongodb|knex|kysely|objection|drizzle-orm|@mikro-orm\/core|bookshelf|waterline|pg|postgres|mysql2?(?:\/promise)?|better-sqlite3)$/;
/** a few entries may well do without data */
const FEWEST_ENTRIES = 5;

/** A service none of whose queries was recognised has no findings on its data either, and that is no good news. */
export function noQueryFound(present: readonly RawEntry[], accesses: number, index: ProgramIndex): readonly Unknown[] {
  if (accesses > 0 || present.length < FEWEST_ENTRIES) return [];
  for (const module of index.modules()) {
    const [file] = MODULES_OF_DATA.test(module) ? index.importersOf(module) : [];
    if (file === undefined) continue;
    const place = { file: file.path, start: 0, end: 0 };
    const detail = `imports '${module}', and no query of an entry point was recognised: whose data they reach is not judged`;
    return [{ kind: "unresolved-filter", place, detail, remedy: "" }];
  }
  return [];
}

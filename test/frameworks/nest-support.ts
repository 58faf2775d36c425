import { NO_DATA } from "../../src/frameworks/data/recogniser.js";
import { createKnowledge } from "../../src/frameworks/knowledge/knowledge.js";
import { nestAdapter } from "../../src/frameworks/nest/adapter.js";
import { nestKnowledge } from "../../src/frameworks/nest/knowledge.js";
import type { AdapterOutput, RawEntry, RawStep } from "../../src/frameworks/routing.js";
import { givenFrame } from "../../src/program/values/call-frames.js";
import type { EntryContext, LinkQueries, Origin } from "../../src/program/values/origin.js";
import { programFrom, type TestProgram } from "../support/program-from.js";

/** Names of packages that the sources of tests use without importing them. */
const IMPORTS: Readonly<Record<string, string>> = {
  "@nestjs/common":
    "All ApplyDecorators Body Controller CanActivate Delete ExecutionContext Get Head Headers Injectable MiddlewareConsumer Module Options Param Patch Post Put Query Req RequestMapping RequestMethod Search SetMetadata Sse UseGuards VERSION_NEUTRAL Version VersioningType applyDecorators createParamDecorator forwardRef mixin",
  "@nestjs/core": "APP_GUARD NestFactory Reflector RouterModule",
  "@nestjs/passport": "AuthGuard",
  "@nestjs/throttler": "ThrottlerGuard",
};

/** Imports of everything above, but for what the text declares or imports itself. */
export function preamble(text: string): string {
  const lines = Object.entries(IMPORTS).map(([module, names]) => {
    const wanted = names
      .split(" ")
      .filter((n) => new RegExp(`\\b${n}\\b`).test(text))
      .filter((n) => !new RegExp(`(?:class|const|function) ${n}\\b|import \\{[^}]*\\b${n}\\b`).test(text));
    return wanted.length > 0 ? `import { ${wanted.join(", ")} } from "${module}";` : "";
  });
  return lines.join(" ");
}

export interface Seen extends AdapterOutput, Pick<TestProgram, "at"> {
  readonly queries: LinkQueries;
  /** `GET /path [GuardA, GuardB]` in order of path */
  readonly lines: readonly string[];
  entry(line: string): RawEntry;
}

/** What the adapter sees in sources; packages are imported for them. */
export function nest(sources: Readonly<Record<string, string>> | string): Seen {
  const texts = typeof sources === "string" ? { "src/app.ts": sources } : sources;
  const files = Object.fromEntries(Object.entries(texts).map(([path, text]) => [path, preamble(text) + text]));
  const knowledge = createKnowledge(NO_DATA, [nestKnowledge]);
  const { program, queries, index, at } = programFrom(files, { knowledge });
  const output = nestAdapter.collect({ program, queries, index, entries: [] });
  const lines = output.entries.map(lineOf);
  return {
    ...output,
    queries,
    at,
    lines: lines.toSorted(),
    entry: (start) => {
      const found = output.entries[lines.findIndex((line) => line.startsWith(start))];
      if (found === undefined) throw new Error(`no ${start} in\n${lines.join("\n")}`);
      return found;
    },
  };
}

function lineOf(entry: RawEntry): string {
  const steps = entry.steps.map((s) => (s.condition === "" ? s.name : `${s.name} (${s.condition})`));
  return `${entry.method} ${entry.path} [${steps.join(", ")}]`;
}

export function contextOf(entry: RawEntry, attached: ReadonlyMap<string, readonly Origin[]> = new Map()): EntryContext {
  return { method: entry.method, metadata: entry.metadata, attached };
}

/** What a guard returns for an entry, as text. */
export function returnedBy(step: RawStep | undefined, entry: RawEntry, seen: Seen): string {
  if (step?.origin.kind !== "function") return "";
  const frame = givenFrame(step.origin, step.given(contextOf(entry)));
  return seen.queries.bind(seen.queries.returnsOf(step.origin.fn), frame).map(show).join(" | ");
}

/** Arguments of the handler as text. */
export function argumentsOf(entry: RawEntry): readonly string[] {
  return entry.given(contextOf(entry)).map((origins) => origins.map(show).join(" | "));
}

export function show(origin: Origin): string {
  switch (origin.kind) {
    case "constant":
      return JSON.stringify(origin.value) ?? "undefined";
    case "source":
      return `${origin.source} ${origin.path}`.trim();
    case "package":
      return `${origin.module} ${origin.path}`;
    case "derived":
      return `${origin.how}(${origin.of.map(show).join(", ")})`;
    case "unknown":
      return `? ${origin.why}`;
    default:
      return origin.kind;
  }
}

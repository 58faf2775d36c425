/** Pages for operators that Nest's packages mount beside the controllers: no guard runs for them. */
import { type LinkQueries, type Origin, packageCall, type Site, unknown } from "../../program/values/origin.js";
import { expressArguments } from "../arguments.js";
import { callbackEntry, stepAt } from "../callback-entry.js";
import { type CallRule, functionBehind, type PackageCall, packageCalls } from "../package-calls.js";
import { nameOfFunction, originsOfArgument, textOf } from "../procedures/builder-chain.js";
import type { AdapterInput, RawEntry, RawStep } from "../routing.js";
import { middlewareFor } from "./middleware.js";
import { joinPaths } from "./paths.js";
import type { NestProject } from "./project.js";

interface SurfaceRule extends CallRule {
  readonly method: string;
}

const RULES: readonly SurfaceRule[] = [
  { module: /^@nestjs\/swagger$/, path: /^SwaggerModule\.setup$/, names: ["setup"], method: "GET" },
  { module: /^@bull-board\/nestjs$/, path: /^BullBoardModule\.forRoot$/, names: ["forRoot"], method: "ALL" },
];

/** Adds documentation and boards, behind the middleware that covers them. */
export function addSurfaces(project: NestProject, input: AdapterInput): void {
  for (const call of packageCalls(RULES, input)) {
    const entry = entryOf(call, project);
    if (entry !== null) project.entries.push(entry);
  }
}

function entryOf({ rule, site, callee }: PackageCall<SurfaceRule>, project: NestProject): RawEntry | null {
  const { queries } = project;
  const path = pathOf(site, queries);
  if (path === null) return null;
  const [app] = project.applications;
  const route = { method: rule.method, path, controller: "" };
  const before = app === undefined ? [] : middlewareFor(project.middleware, app, route).steps;
  return {
    ...callbackEntry(null, site, {
      transport: "page",
      framework: "nestjs",
      method: rule.method,
      path,
      given: expressArguments,
    }),
    handler: packageCall(callee, site),
    settled: true,
    steps: [...before, ...ownMiddleware(site, queries)],
  };
}

/** `setup("docs", app, document)`, `forRoot({ route: "/queues" })` */
function pathOf(site: Site, queries: LinkQueries): string | null {
  const first = originsOfArgument(site, 0, queries);
  const text = textOf(first) ?? textOf(first.flatMap((o) => queries.project(o, ["route"])));
  return text === null ? null : joinPaths(text);
}

/** `forRoot({ middleware: basicAuth({ … }) })` */
function ownMiddleware(site: Site, queries: LinkQueries): readonly RawStep[] {
  const given: readonly Origin[] = originsOfArgument(site, 0, queries)
    .filter((o) => o.kind === "literal")
    .flatMap((o) => queries.project(o, ["middleware"]))
    .filter((o) => o.kind !== "constant");
  const [first] = given;
  if (first === undefined || first.kind === "unknown") return [];
  const fn = functionBehind(given, queries);
  const name = fn === null ? "" : nameOfFunction(fn.fn);
  const origin = first.kind === "package" ? first : (fn ?? unknown("middleware"));
  return [stepAt(origin, name || "middleware", site.fn.place(site.v), expressArguments, "calls-next", "middleware")];
}

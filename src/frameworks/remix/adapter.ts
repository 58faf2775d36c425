/** Remix and React Router's framework mode: loaders and actions of route modules, and middleware around them. */
import { FileFlag } from "../../model/lowered.js";
import type { ProgramFile } from "../../program/linking/function-view.js";
import type { LinkQueries } from "../../program/values/origin.js";
import { fileEntry } from "../file-routes/entry.js";
import { type Exported, exportOf } from "../file-routes/exports.js";
import { type Handler, handlerOf } from "../file-routes/handlers.js";
import { testedMethods } from "../file-routes/methods.js";
import { dirOf } from "../file-routes/paths.js";
import { orderedSteps } from "../file-routes/steps.js";
import type { Adapter, AdapterInput, AdapterOutput, RawEntry, RawStep } from "../routing.js";
import { looksNested, remixApps } from "./apps.js";
import { routeModuleArguments } from "./knowledge.js";
import { routesOf } from "./routes.js";
import { hasServer, type TableRoute } from "./table.js";

export const remixAdapter: Adapter = {
  name: "remix",
  packages: ["@remix-run/react", "@remix-run/node", "@remix-run/server-runtime", "react-router", "@react-router/dev"],
  collect,
};

const MIDDLEWARE = ["middleware", "unstable_middleware"];
const NESTED = ["@remix-run/v1-route-convention", "remix-v1-route-convention"];
const CONFIGS = ["ts", "js", "mjs", "mts"];

function collect({ program, queries, index }: AdapterInput): AdapterOutput {
  const entries: RawEntry[] = [];
  const nested = NESTED.some((name) => index.imports(name));
  for (const app of remixApps(program)) {
    const project = dirOf(app.folder);
    const config = CONFIGS.map((end) =>
      program.file(`${project === "" ? "" : `${project}/`}react-router.config.${end}`),
    );
    if (
      !hasServer(
        config.find((file) => file !== undefined),
        queries,
      )
    )
      continue;
    const steps = new Map<ProgramFile, readonly RawStep[]>();
    const below = nested || looksNested(app, program);
    for (const route of routesOf(app, queries, below)) entries.push(...moduleEntries(route, steps, queries));
  }
  return { entries, faults: [], unknowns: [] };
}

function moduleEntries(
  route: TableRoute,
  known: Map<ProgramFile, readonly RawStep[]>,
  queries: LinkQueries,
): readonly RawEntry[] {
  const { file } = route;
  if ((file.lowered.flags & (FileFlag.UseClient | FileFlag.OutlineOnly)) !== 0) return [];
  const loader = exportOf(file, "loader", queries);
  const action = exportOf(file, "action", queries);
  if (loader === null && action === null) return [];
  // loaders of parents run beside those of their children; only middleware runs before
  const before = [...route.parents, file].flatMap((one) => [...middlewareOf(one, known, queries)]);
  const rendered = exportOf(file, "default", queries) !== null;
  const entry = (exported: Exported, handler: Handler, method: string): RawEntry => {
    const transport = rendered && method === "GET" ? "page" : "http";
    return fileEntry(
      {
        framework: "remix",
        transport,
        method,
        path: route.path,
        exported,
        handler,
        given: routeModuleArguments,
        before,
      },
      queries,
    );
  };
  const read = (exported: Exported): Handler =>
    handlerOf(exported.origins, exported, "", routeModuleArguments, queries);
  const entries = loader === null ? [] : [entry(loader, read(loader), "GET")];
  if (action === null) return entries;
  const handler = read(action);
  return [...entries, ...actionMethods(handler, queries).map((method) => entry(action, handler, method))];
}

/** Methods that an action tells apart; it is never called for reading. */
function actionMethods({ origin }: Handler, queries: LinkQueries): readonly string[] {
  const given = routeModuleArguments({ method: "", metadata: new Map(), attached: new Map() });
  const tested = origin.kind === "function" ? testedMethods(origin, given, queries) : [];
  const writing = tested.filter((name) => name !== "GET" && name !== "HEAD");
  return writing.length > 0 ? writing : ["POST"];
}

function middlewareOf(
  file: ProgramFile,
  known: Map<ProgramFile, readonly RawStep[]>,
  queries: LinkQueries,
): readonly RawStep[] {
  const found = known.get(file);
  if (found !== undefined) return found;
  const steps = MIDDLEWARE.flatMap((name) => {
    const exported = exportOf(file, name, queries);
    return exported === null ? [] : orderedSteps(exported, routeModuleArguments, "returns", queries);
  });
  known.set(file, steps);
  return steps;
}

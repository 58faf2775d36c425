/** Medusa: route files below `src/api`, with the middleware that the framework and the project put before them. */
import type { Place } from "../../model/place.js";
import type { ProgramFile } from "../../program/linking/function-view.js";
import { type LinkQueries, type Origin, packageCall, packageMember, packageRoot } from "../../program/values/origin.js";
import { expressArguments } from "../arguments.js";
import { bracketPath, placeBelow } from "../file-routes/brackets.js";
import { fileEntry } from "../file-routes/entry.js";
import { exportOf } from "../file-routes/exports.js";
import { handlerOf } from "../file-routes/handlers.js";
import { HTTP_METHODS } from "../file-routes/methods.js";
import { orderedSteps } from "../file-routes/steps.js";
import { originsOfArgument, textOf } from "../procedures/builder-chain.js";
import type { Adapter, AdapterInput, AdapterOutput, RawEntry, RawStep } from "../routing.js";

export const medusaAdapter: Adapter = {
  name: "medusa",
  packages: ["@medusajs/framework", "@medusajs/medusa"],
  collect,
};

interface Placed {
  readonly root: string;
  readonly matcher: string;
  readonly methods: readonly string[];
  readonly steps: readonly RawStep[];
}

function collect({ program, queries }: AdapterInput): AdapterOutput {
  const placed = [...program.files].flatMap((file) => [...middlewaresOf(file, queries)]);
  const entries: RawEntry[] = [];
  for (const file of program.files) {
    const at = placeBelow(file.path, "src/api");
    if (at === null || at.segments.at(-1) !== "route") continue;
    entries.push(...routesOf(file, at.root, bracketPath(at.segments.slice(0, -1)), placed, queries));
  }
  return { entries, faults: [], unknowns: [] };
}

function routesOf(
  file: ProgramFile,
  root: string,
  path: string,
  placed: readonly Placed[],
  queries: LinkQueries,
): readonly RawEntry[] {
  const authenticates = exportOf(file, "AUTHENTICATE", queries)?.origins;
  const optsOut = authenticates?.some((o) => o.kind === "constant" && o.value === false) === true;
  return HTTP_METHODS.flatMap((method) => {
    const exported = exportOf(file, method, queries);
    if (exported === null) return [];
    const own = placed
      .filter((one) => one.root === root && matches(one.matcher, path))
      .filter((one) => one.methods.length === 0 || one.methods.includes(method));
    const before = [...(optsOut ? [] : byDefault(path, exported.place)), ...own.flatMap((one) => [...one.steps])];
    const handler = handlerOf(exported.origins, exported, method, expressArguments, queries);
    return [
      fileEntry(
        { framework: "medusa", transport: "http", method, path, exported, handler, given: expressArguments, before },
        queries,
      ),
    ];
  });
}

/** The framework itself guards the routes of administrators and of the signed-in customer. */
function byDefault(path: string, place: Place): readonly RawStep[] {
  if (!/^\/(?:admin|store\/customers\/me)(?:\/|$)/.test(path)) return [];
  const maker = packageMember(packageRoot("@medusajs/framework/http"), "authenticate");
  if (maker.kind !== "package") return [];
  return [
    {
      name: "authenticate",
      kind: "middleware",
      place,
      origin: packageCall(maker, null),
      given: expressArguments,
      continuation: "calls-next",
      condition: "",
    },
  ];
}

/** `defineMiddlewares({ routes: [{ matcher, method, middlewares }] })` */
function middlewaresOf(file: ProgramFile, queries: LinkQueries): readonly Placed[] {
  const at = placeBelow(file.path, "src/api");
  if (at === null || at.segments.join("/") !== "middlewares") return [];
  const exported = exportOf(file, "default", queries);
  const given = (exported?.origins ?? []).flatMap((o) =>
    o.kind === "package" && o.site !== null ? [...originsOfArgument(o.site, 0, queries)] : [o],
  );
  const lists = given.flatMap((o) =>
    o.kind === "literal" && o.form === "array" ? [o] : queries.project(o, ["routes"]),
  );
  return lists.flatMap((list) =>
    itemsOf(list, queries).flatMap((item) => {
      const matcher = textOf(queries.project(item, ["matcher"]));
      const chain = queries.project(item, ["middlewares"]);
      if (matcher === null || exported === null) return [];
      const methods = ["method", "methods"].flatMap((name) => textsOf(queries.project(item, [name]), queries));
      const steps = orderedSteps({ ...exported, origins: chain }, expressArguments, "calls-next", queries);
      return [{ root: at.root, matcher, methods, steps }];
    }),
  );
}

function itemsOf(list: Origin, queries: LinkQueries): readonly Origin[] {
  if (list.kind !== "literal" || list.form !== "array") return [];
  const { fn, v, frame } = list.site;
  return Array.from(fn.list(fn.a(v))).flatMap((item) => [...queries.evaluate({ fn, v: item, frame })]);
}

function textsOf(origins: readonly Origin[], queries: LinkQueries): readonly string[] {
  return origins.flatMap((o) => {
    const own = textOf([o]);
    return own !== null ? [own] : itemsOf(o, queries).flatMap((item) => textOf([item]) ?? []);
  });
}

/** `/custom*`, `/custom/:id`: a matcher covers all that begins with it. */
function matches(matcher: string, path: string): boolean {
  const parts = matcher
    .replace(/\(?\.?\*\)?$/, "")
    .split("/")
    .filter((part) => part !== "");
  const own = path.split("/").filter((part) => part !== "");
  return parts.every((part, i) => (part.startsWith(":") ? own[i] !== undefined : own[i] === part));
}

/** gRPC: methods of the implementations that servers are given. */
import { type LinkQueries, type Site, source, unknown } from "../../program/values/origin.js";
import { requestOrigin } from "../arguments.js";
import { callbackEntry, stepAt } from "../callback-entry.js";
import { functionBehind, instancesOf, type PackageCall, packageCalls } from "../package-calls.js";
import { argumentAt, chainOf, originsOfArgument, writtenName } from "../procedures/builder-chain.js";
import { methodsOfService, nameOfService } from "../procedures/service-methods.js";
import type { Adapter, AdapterInput, Arguments, RawEntry, RawStep } from "../routing.js";
import { GRPC } from "./knowledge.js";

export const grpcAdapter: Adapter = {
  name: "grpc",
  packages: ["@grpc/grpc-js"],
  collect: (input) => ({ entries: collect(input), faults: [], unknowns: [] }),
};

const RULE = { module: /^@grpc\/grpc-js$/, path: /^Server\(\)\.addService$/, names: ["addService"] };

const callArguments: Arguments = (context) => [[requestOrigin(GRPC, context)], [source("neutral", "callback")]];

function collect(input: AdapterInput): readonly RawEntry[] {
  return packageCalls([RULE], input).flatMap((call) =>
    instancesOf(call.site, input).flatMap((site) => methodsOf({ ...call, site }, input.queries)),
  );
}

function methodsOf(call: PackageCall<typeof RULE>, queries: LinkQueries): readonly RawEntry[] {
  const { site } = call;
  const definition = argumentAt(site, 0);
  const service = definition === null ? "" : nameOfService(writtenName(definition));
  const steps = interceptorsOf(call, queries);
  return originsOfArgument(site, 1, queries).flatMap((implementation) =>
    methodsOfService(implementation, queries).flatMap((name) => {
      const handler = functionBehind(queries.project(implementation, [name]), queries);
      const own = { transport: "grpc", framework: "grpc", method: "CALL", given: callArguments, steps } as const;
      return handler === null ? [] : [callbackEntry(handler, site, { ...own, path: `${service}.${name}` })];
    }),
  );
}

/** `new Server({ interceptors: [auth] })`: listeners inside of listeners, of which only the names are read. */
function interceptorsOf({ callee }: PackageCall<typeof RULE>, queries: LinkQueries): readonly RawStep[] {
  const made: Site | null = chainOf(callee).at(-1)?.site ?? null;
  if (made === null) return [];
  const lists = originsOfArgument(made, 0, queries).flatMap((o) => queries.project(o, ["interceptors"]));
  return lists.flatMap((list) => {
    if (list.kind !== "literal" || list.form !== "array") return [];
    const { fn, v, frame } = list.site;
    return Array.from(fn.list(fn.a(v)), (item) => {
      const name = writtenName({ fn, v: item, frame }) || "interceptor";
      return stepAt(unknown("interceptor"), name, fn.place(item), callArguments, "returns");
    });
  });
}

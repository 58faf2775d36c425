/** Meteor: methods and publications, which any connection may call by their name. */
import { type EntryContext, type Origin, type Site, source } from "../../program/values/origin.js";
import { callbackEntry } from "../callback-entry.js";
import { type FunctionOrigin, functionBehind, packageCalls } from "../package-calls.js";
import { originsOfArgument, textOf } from "../procedures/builder-chain.js";
import type { Adapter, AdapterInput, Arguments, RawEntry } from "../routing.js";
import { INVOCATION } from "./knowledge.js";

export const meteorAdapter: Adapter = {
  name: "meteor",
  packages: ["meteor/meteor", "meteor/mdg:validated-method"],
  collect: (input) => ({
    entries: [...methods(input), ...publications(input), ...validated(input)],
    faults: [],
    unknowns: [],
  }),
};

const METEOR = /^meteor\/meteor$/;
/** what only a browser runs */
const CLIENT = /(?:^|\/)client\//;

/** `Meteor.methods({ "boards.archive"(id) { … } })` */
function* methods(input: AdapterInput): Generator<RawEntry> {
  const rule = { module: METEOR, path: /^Meteor\.methods$/, names: ["methods"] };
  for (const { site } of callsOfServer(rule, input)) {
    for (const map of originsOfArgument(site, 0, input.queries)) yield* methodsOf(map, input);
  }
}

function* methodsOf(map: Origin, { queries }: AdapterInput): Generator<RawEntry> {
  if (map.kind !== "literal" || map.form !== "object") return;
  const { fn, v, frame } = map.site;
  for (const prop of fn.props(v)) {
    const at: Site = { fn, v: prop.value, frame };
    const handler = functionBehind(queries.evaluate(at), queries);
    if (prop.name !== "" && handler !== null) yield entry(handler, at, "METHOD", prop.name);
  }
}

/** `Meteor.publish("boards", function (id) { … })`; without a name everybody who connects is sent it */
function* publications(input: AdapterInput): Generator<RawEntry> {
  const rule = { module: METEOR, path: /^Meteor\.publish$/, names: ["publish"] };
  for (const { site } of callsOfServer(rule, input)) {
    const name = textOf(originsOfArgument(site, 0, input.queries)) ?? "*";
    const handler = functionBehind(originsOfArgument(site, 1, input.queries), input.queries);
    if (handler !== null) yield entry(handler, site, "PUBLISH", name);
  }
}

/** `new ValidatedMethod({ name, validate, run({ boardId }) { … } })` */
function* validated(input: AdapterInput): Generator<RawEntry> {
  const { queries } = input;
  const rule = {
    module: /^meteor\/mdg:validated-method$/,
    path: /^ValidatedMethod$/,
    names: ["ValidatedMethod"],
  };
  for (const { site } of callsOfServer(rule, input)) {
    for (const options of originsOfArgument(site, 0, queries)) {
      const name = textOf(queries.project(options, ["name"]));
      const handler = functionBehind(queries.project(options, ["run"]), queries);
      if (name !== null && handler !== null) yield entry(handler, site, "METHOD", name);
    }
  }
}

function callsOfServer<Rule extends Parameters<typeof packageCalls>[0][number]>(
  rule: Rule,
  input: AdapterInput,
): ReturnType<typeof packageCalls<Rule>> {
  return packageCalls([rule], input).filter(({ site }) => !CLIENT.test(site.fn.file.path));
}

function entry(handler: FunctionOrigin, site: Site, method: string, path: string): RawEntry {
  const handlerUnder = (context: EntryContext): FunctionOrigin => ({ ...handler, self: invocation(context) });
  return callbackEntry(handler, site, {
    transport: "rpc",
    framework: "meteor",
    method,
    path,
    given: argumentsOf(handler),
    handlerUnder,
  });
}

function invocation(context: EntryContext): Origin {
  return source("context", "", { dialect: INVOCATION, context });
}

/** Whoever calls chooses every argument. */
function argumentsOf({ fn }: FunctionOrigin): Arguments {
  return (context) =>
    fn.info.params.map(({ name }, i) => [source("input", `args.${name === "" ? i : name}`, { context })]);
}

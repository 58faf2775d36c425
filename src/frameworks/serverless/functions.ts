/** Functions of clouds that are registered in code: Firebase, Google's Functions Framework, Azure Functions. */
import type { LinkQueries, Origin, Site } from "../../program/values/origin.js";
import { packageMember, packageRoot, source } from "../../program/values/origin.js";
import { expressArguments } from "../arguments.js";
import { payloadArguments, requestArguments, scheduleArguments, stepAt } from "../callback-entry.js";
import { functionBehind } from "../package-calls.js";
import { argumentAt, nameOfFunction, originsOfArgument, textOf } from "../procedures/builder-chain.js";
import { type NameAt, type RegisteredRule, registeredEntries } from "../registered-functions.js";
import type { Adapter, Arguments, RawStep } from "../routing.js";
import { CALLABLE } from "./knowledge.js";

export const cloudFunctionsAdapter: Adapter = {
  name: "cloud-functions",
  packages: ["firebase-functions", "@google-cloud/functions-framework", "@azure/functions"],
  collect: (input) => ({
    // a whole application as handler has entry points of its own
    entries: registeredEntries(RULES, input).filter(({ handler }) => handler.kind === "function"),
    faults: [],
    unknowns: [],
  }),
};

const FIREBASE = /^firebase-functions(?:\/.*)?$/;
const first = { argument: "first" } as const;
const variable: readonly NameAt[] = [{ of: "variable", argument: 0, property: "" }];
const event = payloadArguments("event");

/** `(request)`, or `(data, context)` of the first generation: one dialect reads both. */
const callableArguments: Arguments = (context) => [
  [source("context", "", { dialect: CALLABLE, context })],
  [source("context", "", { dialect: CALLABLE, context })],
];
const policyArguments: Arguments = (context) => [
  [source("identity", "auth", { context })],
  [source("input", "data", { context })],
];

/** `onCall({ authPolicy: isSignedIn() }, …)` */
function authPolicy(site: Site, queries: LinkQueries): readonly RawStep[] {
  const given = originsOfArgument(site, 0, queries).flatMap((o) => queries.project(o, ["authPolicy"]));
  const origin: Origin | undefined = functionBehind(given, queries) ?? given.find((o) => o.kind === "package");
  if (origin === undefined) return [];
  const name = origin.kind === "function" ? nameOfFunction(origin.fn) || "authPolicy" : "authPolicy";
  const at = argumentAt(site, 0) ?? site;
  return [stepAt(origin, name, at.fn.place(at.v), policyArguments, "returns-true", "guard")];
}

/** `app.http(name, { authLevel: "function" })`: callers need a key of the application. */
function authLevel(site: Site, queries: LinkQueries): readonly RawStep[] {
  const level = textOf(originsOfArgument(site, 1, queries).flatMap((o) => queries.project(o, ["authLevel"])));
  if (level === null || level === "anonymous") return [];
  const key = packageMember(packageRoot("@azure/functions"), "authLevel");
  return [stepAt(key, `authLevel ${level}`, site.fn.place(site.v), requestArguments("web"), "returns", "guard")];
}

function azureAddress(name: string, site: Site, queries: LinkQueries): readonly { method: string; path: string }[] {
  const options = originsOfArgument(site, 1, queries);
  const route = textOf(options.flatMap((o) => queries.project(o, ["route"]))) ?? name;
  const listed = options.flatMap((o) => queries.project(o, ["methods"]));
  const methods = [0, 1, 2, 3, 4].flatMap(
    (at) => textOf(listed.flatMap((o) => queries.project(o, [String(at)]))) ?? [],
  );
  const path = `/api/${route.replace(/\{([^}]+)\}/g, ":$1")}`;
  return (methods.length > 0 ? methods : ["ALL"]).map((method) => ({ method: method.toUpperCase(), path }));
}

const FIREBASE_RULES: readonly RegisteredRule[] = [
  {
    framework: "firebase",
    transport: "http",
    method: "ALL",
    module: FIREBASE,
    path: /(?:^|\.)onRequest$/,
    names: ["onRequest"],
    handler: first,
    name: variable,
    given: expressArguments,
    address: (name) => [{ method: "ALL", path: `/${name}` }],
  },
  {
    framework: "firebase",
    transport: "rpc",
    method: "CALL",
    module: FIREBASE,
    path: /(?:^|\.)onCall(?:Genkit)?$/,
    names: ["onCall", "onCallGenkit"],
    handler: first,
    name: variable,
    given: callableArguments,
    steps: authPolicy,
  },
  {
    framework: "firebase",
    transport: "cron",
    method: "CRON",
    module: FIREBASE,
    path: /(?:^|\.)onSchedule$|\.schedule\(\).*\.onRun$/,
    names: ["onSchedule", "onRun"],
    handler: first,
    name: variable,
    given: scheduleArguments,
  },
  {
    framework: "firebase",
    transport: "queue",
    method: "EVENT",
    module: FIREBASE,
    path: /(?:^|\.)(?:on(?:Document|Value|Message|Object|Custom|Task|NewFatal|InApp|ConfigUpdated|Test|Operation|Mutation)\w*|beforeUser\w+)$|\(\).*\.(?:onCreate|onUpdate|onDelete|onWrite|onPublish|onFinalize|onArchive|onMetadataUpdate|onDispatch|beforeCreate|beforeSignIn)$/,
    names: [
      ...["onDocumentCreated", "onDocumentUpdated", "onDocumentDeleted", "onDocumentWritten"],
      ...["onDocumentCreatedWithAuthContext", "onDocumentWrittenWithAuthContext", "onMessagePublished"],
      ...[
        "onValueCreated",
        "onValueUpdated",
        "onValueDeleted",
        "onValueWritten",
        "onObjectFinalized",
        "onObjectDeleted",
      ],
      ...["onCustomEventPublished", "onTaskDispatched", "beforeUserCreated", "beforeUserSignedIn"],
      ...["onCreate", "onUpdate", "onDelete", "onWrite", "onPublish", "onFinalize", "onArchive", "onDispatch"],
      ...["onMetadataUpdate", "beforeCreate", "beforeSignIn"],
    ],
    handler: first,
    name: variable,
    given: event,
  },
];

const NAMED: readonly NameAt[] = [{ of: "call", argument: 0, property: "" }];

const OTHER_RULES: readonly RegisteredRule[] = [
  {
    framework: "functions-framework",
    transport: "http",
    method: "ALL",
    module: /^@google-cloud\/functions-framework$/,
    path: /^http$/,
    names: ["http"],
    handler: first,
    name: NAMED,
    given: expressArguments,
    address: (name) => [{ method: "ALL", path: `/${name}` }],
  },
  {
    framework: "functions-framework",
    transport: "queue",
    method: "EVENT",
    module: /^@google-cloud\/functions-framework$/,
    path: /^(?:cloudEvent|event)$/,
    names: ["cloudEvent", "event"],
    handler: first,
    name: NAMED,
    given: event,
  },
  {
    framework: "azure-functions",
    transport: "http",
    method: "ALL",
    module: /^@azure\/functions$/,
    path: /^app\.http$/,
    names: ["http"],
    handler: { argument: 1, properties: ["handler"] },
    name: NAMED,
    given: requestArguments("web"),
    steps: authLevel,
    address: azureAddress,
  },
  {
    framework: "azure-functions",
    transport: "cron",
    method: "CRON",
    module: /^@azure\/functions$/,
    path: /^app\.timer$/,
    names: ["timer"],
    handler: { argument: 1, properties: ["handler"] },
    name: NAMED,
    given: scheduleArguments,
  },
  {
    framework: "azure-functions",
    transport: "queue",
    method: "EVENT",
    module: /^@azure\/functions$/,
    path: /^app\.(?:storageQueue|storageBlob|serviceBusQueue|serviceBusTopic|eventHub|eventGrid|cosmosDB|sql|generic)$/,
    names: [
      ...["storageQueue", "storageBlob", "serviceBusQueue", "serviceBusTopic"],
      ...["eventHub", "eventGrid", "cosmosDB", "sql", "generic"],
    ],
    handler: { argument: 1, properties: ["handler"] },
    name: NAMED,
    given: event,
  },
];

const RULES: readonly RegisteredRule[] = [...FIREBASE_RULES, ...OTHER_RULES];

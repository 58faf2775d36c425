/** AWS Lambda: exported functions that take a gateway's or a queue's event, by their types or through middy. */
import { Op, type TypeRef } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import type { ProgramFile } from "../../program/linking/function-view.js";
import {
  type LinkQueries,
  type Origin,
  type PackageOrigin,
  packageMember,
  packageRoot,
  type Site,
} from "../../program/values/origin.js";
import { callbackEntry, payloadArguments, requestArguments, scheduleArguments, stepAt } from "../callback-entry.js";
import { exportOf } from "../file-routes/exports.js";
import { type FunctionOrigin, functionBehind } from "../package-calls.js";
import { chainOf, nameOfFunction, originsOfArgument, writtenName } from "../procedures/builder-chain.js";
import type { Adapter, AdapterInput, Arguments, RawEntry, RawStep } from "../routing.js";
import type { DeployedEvent, GatewayAuth } from "./deployments.js";
import { infrastructure } from "./infrastructure.js";
import { GATEWAY } from "./knowledge.js";

export const lambdaAdapter: Adapter = {
  name: "lambda",
  packages: [],
  collect,
};

interface EventKind {
  readonly type: RegExp;
  readonly transport: RawEntry["transport"];
  readonly method: string;
  readonly given: Arguments;
  /** authorizers are bound by the deployment, which is not in sight */
  readonly incomplete: string;
}

const UNREAD = "the deployment decides which authorizer it stands behind";
const KINDS: readonly EventKind[] = [
  {
    type: /^(?:APIGateway(?:Proxy|Event)|ALB|LambdaFunctionURL)(?!\w*(?:Result|Response))/,
    transport: "http",
    method: "ALL",
    given: requestArguments(GATEWAY),
    incomplete: UNREAD,
  },
  { type: /^Scheduled/, transport: "cron", method: "CRON", given: scheduleArguments, incomplete: "" },
  {
    type: /^(?:SQS|SNS|S3|DynamoDBStream|EventBridge|KinesisStream|MSK|SES|CodePipeline|CloudWatch)(?:Event|Handler|Logs)/,
    transport: "queue",
    method: "EVENT",
    given: payloadArguments("event"),
    incomplete: "",
  },
];

function collect(input: AdapterInput): { entries: readonly RawEntry[]; faults: []; unknowns: [] } {
  const { index, queries } = input;
  const files = new Set([
    ...index.importersOf("aws-lambda"),
    ...index.importersOf("@types/aws-lambda"),
    ...index.importersOf("@middy/core"),
  ]);
  const bound = boundHandlers(input);
  const found = [...bound.keys()].flatMap((file) => boundEntries(file, bound.get(file) ?? new Map(), queries));
  const typed = [...files].flatMap((file) => entriesOf(file, queries, bound.get(file)));
  return { entries: [...found, ...typed], faults: [], unknowns: [] };
}

/** Handlers that a deployment file names, by file and export. */
function boundHandlers(input: AdapterInput): ReadonlyMap<ProgramFile, Map<string, DeployedEvent[]>> {
  const found = new Map<ProgramFile, Map<string, DeployedEvent[]>>();
  const { program, deployed = [] } = input;
  for (const { files, exported, events } of [...deployed, ...infrastructure(input)]) {
    const file = files
      .flatMap((path) => ENDINGS.map((end) => program.file(`${path}${end}`)))
      .find((one) => one !== undefined);
    if (file === undefined) continue;
    const exports = found.get(file) ?? new Map<string, DeployedEvent[]>();
    exports.set(exported, [...(exports.get(exported) ?? []), ...events]);
    found.set(file, exports);
  }
  return found;
}

const ENDINGS = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".tsx", "/index.ts", "/index.js"];

function boundEntries(
  file: ProgramFile,
  bound: ReadonlyMap<string, readonly DeployedEvent[]>,
  queries: LinkQueries,
): readonly RawEntry[] {
  return [...bound].flatMap(([name, events]) => {
    const exported = exportOf(file, name, queries);
    if (exported === null) return [];
    const { fn, middy } = handlerIn(exported.origins, queries);
    return events.map((event): RawEntry => {
      const given = GIVEN[event.transport];
      const path = event.path === "" ? `${file.path}#${name}` : event.path;
      const own = { framework: "lambda", transport: event.transport, method: event.method, given, path };
      const entry = callbackEntry(fn, { fn: file.module, v: -1, frame: null }, own);
      const steps = [
        ...gatewaySteps(event.auth, exported.place),
        ...(middy === null ? [] : middyStepsOf(middy, given, queries)),
      ];
      const place = fn === null ? exported.place : entry.place;
      return {
        ...entry,
        handlerName: fn === null ? name : entry.handlerName,
        place,
        registration: exported.place,
        steps,
      };
    });
  });
}

const GIVEN: Readonly<Record<DeployedEvent["transport"], Arguments>> = {
  http: requestArguments(GATEWAY),
  ws: requestArguments(GATEWAY),
  queue: payloadArguments("event"),
  cron: scheduleArguments,
};

/** What the gateway demands before it calls the function, told by the deployment file. */
function gatewaySteps(auth: GatewayAuth, place: Place): readonly RawStep[] {
  if (auth.kind === "none") return [];
  const member = packageMember(packageRoot("aws-lambda"), auth.kind === "key" ? "api-key" : "authorizer");
  const name = auth.kind === "key" ? "API key" : `authorizer ${auth.name}`;
  return [stepAt(member, name, place, requestArguments(GATEWAY), "returns", "guard")];
}

interface FoundHandler {
  readonly fn: FunctionOrigin | null;
  readonly middy: PackageOrigin | null;
}

function handlerIn(origins: readonly Origin[], queries: LinkQueries): FoundHandler {
  const wrapper = origins.find((o) => o.kind === "package" && o.module === "@middy/core");
  const middy = wrapper?.kind === "package" ? wrapper : null;
  return { middy, fn: middy === null ? functionBehind(origins, queries) : wrappedBy(middy, queries) };
}

function entriesOf(
  file: ProgramFile,
  queries: LinkQueries,
  bound: ReadonlyMap<string, unknown> = new Map(),
): readonly RawEntry[] {
  return file.lowered.exports.flatMap((item) => {
    if (item.kind !== "local" || item.typeOnly || item.slot < 0 || bound.has(item.name)) return [];
    const stored = file.module.storesTo(item.slot)[0];
    const { fn, middy } = handlerIn(queries.nameOrigins(queries.program.exported(file, item.name)), queries);
    const declared = file.lowered.types[file.module.info.slots[item.slot]?.type ?? -1];
    const kind = kindOf(fn, declared);
    if (kind === null) return [];
    const site: Site = { fn: file.module, v: stored ?? -1, frame: null };
    const own = { framework: "lambda", transport: kind.transport, method: kind.method, given: kind.given };
    const steps = middy === null ? [] : middyStepsOf(middy, kind.given, queries);
    return [{ ...entryOf(fn, site, `${file.path}#${item.name}`, own), steps, incomplete: kind.incomplete }];
  });
}

type Own = Pick<RawEntry, "framework" | "transport" | "method" | "given">;

function entryOf(fn: FunctionOrigin | null, site: Site, path: string, own: Own): RawEntry {
  return callbackEntry(fn, site, { ...own, path });
}

/** By the type of the first parameter, or that of the variable. */
function kindOf(fn: FunctionOrigin | null, declared: TypeRef | undefined): EventKind | null {
  const parameter = fn === null ? undefined : fn.fn.file.lowered.types[fn.fn.info.params[0]?.type ?? -1];
  const names = [parameter, declared].flatMap((type) => (type === undefined ? [] : namesIn(type)));
  return (
    KINDS.find((kind) => names.some((name) => kind.type.test(name) && !/Authorizer(?:Event|Handler)/.test(name))) ??
    null
  );
}

/** `Handler<APIGatewayProxyEvent, …>` names both. */
function namesIn(type: TypeRef): readonly string[] {
  if (type.kind !== "name") return [];
  const own = type.name.split(".").at(-1) ?? "";
  return [own, ...type.args.flatMap((arg) => (arg.kind === "name" ? [arg.name.split(".").at(-1) ?? ""] : []))];
}

function wrappedBy(middy: PackageOrigin, queries: LinkQueries): FunctionOrigin | null {
  for (const call of chainOf(middy)) {
    if (call.name !== "" && call.name !== "handler" && call.name !== "default") continue;
    const found = functionBehind(originsOfArgument(call.site, 0, queries), queries);
    if (found !== null) return found;
  }
  return null;
}

/** `.use({ before })`, `.before(f)` */
function middyStepsOf(middy: PackageOrigin, given: Arguments, queries: LinkQueries): readonly RawStep[] {
  return chainOf(middy).flatMap((call) => {
    if (call.name !== "use" && call.name !== "before") return [];
    const first = originsOfArgument(call.site, 0, queries);
    const before = call.name === "use" ? first.flatMap((o) => queries.project(o, ["before"])) : first;
    const origin: Origin | undefined = functionBehind(before, queries) ?? first.find((o) => o.kind === "package");
    if (origin === undefined) return [];
    const { fn, v, frame } = call.site;
    const argument = fn.args(v)[0] ?? v;
    const written = writtenName({ fn, v: fn.op(argument) === Op.Call ? fn.callee(argument) : argument, frame });
    const name = written || (origin.kind === "function" ? nameOfFunction(origin.fn) : "") || "before";
    return [stepAt(origin, name, fn.place(v), given, "returns", "middleware")];
  });
}

/** AWS Lambda: exported functions that take a gateway's or a queue's event, by their types or through middy. */
import { Op, type TypeRef } from "../../model/lowered.js";
import type { ProgramFile } from "../../program/function-view.js";
import type { LinkQueries, Origin, PackageOrigin, Site } from "../../program/origin.js";
import { chainOf, nameOfFunction, originsOfArgument, writtenName } from "../builder-chain.js";
import { callbackEntry, payloadArguments, requestArguments, scheduleArguments, stepAt } from "../callback-entry.js";
import { type FunctionOrigin, functionBehind } from "../package-calls.js";
import type { Adapter, AdapterInput, Arguments, RawEntry, RawStep } from "../routing.js";
import { GATEWAY } from "./knowledge.js";

export const lambdaAdapter: Adapter = {
  name: "lambda",
  packages: ["aws-lambda", "@types/aws-lambda", "@middy/core"],
  collect,
};

interface EventKind {
  readonly type: RegExp;
  readonly transport: RawEntry["transport"];
  readonly method: string;
  readonly given: Arguments;
  /** authorizers are bound by the deployment, which is not read */
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

function collect({ index, queries }: AdapterInput): { entries: readonly RawEntry[]; faults: []; unknowns: [] } {
  const files = new Set([...index.importersOf("aws-lambda"), ...index.importersOf("@middy/core")]);
  return { entries: [...files].flatMap((file) => entriesOf(file, queries)), faults: [], unknowns: [] };
}

function entriesOf(file: ProgramFile, queries: LinkQueries): readonly RawEntry[] {
  return file.lowered.exports.flatMap((item) => {
    if (item.kind !== "local" || item.typeOnly || item.slot < 0) return [];
    const stored = file.module.storesTo(item.slot)[0];
    const origins = queries.nameOrigins(queries.program.exported(file, item.name));
    const wrapper = origins.find((o) => o.kind === "package" && o.module === "@middy/core");
    const middy = wrapper?.kind === "package" ? wrapper : null;
    const fn = middy === null ? functionBehind(origins, queries) : wrappedBy(middy, queries);
    const declared = file.lowered.types[file.module.info.slots[item.slot]?.type ?? -1];
    const kind = kindOf(fn, declared);
    if (kind === null) return [];
    const site: Site = { fn: file.module, v: stored ?? -1, frame: null };
    const own = { framework: "lambda", transport: kind.transport, method: kind.method, given: kind.given };
    const steps = middy === null ? [] : middyStepsOf(middy, kind, queries);
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
function middyStepsOf(middy: PackageOrigin, kind: EventKind, queries: LinkQueries): readonly RawStep[] {
  return chainOf(middy).flatMap((call) => {
    if (call.name !== "use" && call.name !== "before") return [];
    const given = originsOfArgument(call.site, 0, queries);
    const before = call.name === "use" ? given.flatMap((o) => queries.project(o, ["before"])) : given;
    const origin: Origin | undefined = functionBehind(before, queries) ?? given.find((o) => o.kind === "package");
    if (origin === undefined) return [];
    const { fn, v, frame } = call.site;
    const argument = fn.args(v)[0] ?? v;
    const written = writtenName({ fn, v: fn.op(argument) === Op.Call ? fn.callee(argument) : argument, frame });
    const name = written || (origin.kind === "function" ? nameOfFunction(origin.fn) : "") || "before";
    return [stepAt(origin, name, fn.place(v), kind.given, "returns", "middleware")];
  });
}

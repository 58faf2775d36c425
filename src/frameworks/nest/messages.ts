/** Entries that no request reaches directly: sockets, microservice messages, queues, schedules and events. */
import { constant, type LinkQueries, type Origin, source } from "../../program/values/origin.js";
import { requestOrigin } from "../arguments.js";
import { type DecoratedClass, infoOf, instanceOf, type Method } from "../classes/classes.js";
import { type Applied, find } from "../classes/decorators.js";
import type { Undecorated } from "../classes/parameters.js";
import { argumentOrigin, type ClassRef, classKey, property, textOf } from "../classes/values.js";
import type { RawStep } from "../routing.js";
import type { Application } from "./applications.js";
import type { Exposure, NestProject } from "./project.js";
import { isSentHere } from "./sent-messages.js";

type Shape = Pick<Exposure, "transport" | "method" | "type" | "guarded" | "undecorated">;

const PATTERNS: ReadonlySet<string> = new Set(["MessagePattern", "EventPattern"]);

const socketArguments: Undecorated = (context) => [
  [requestOrigin("express", context)],
  [source("input", "data", { context })],
];
const messageArguments: Undecorated = (context) => [
  [source("input", "data", { context })],
  [requestOrigin("express", context)],
];
/** what was put into the queue or event: nothing that a caller sends, and all that the job knows */
const payload: Undecorated = () => [[source("input", "message")]];

const SHAPES: Readonly<Record<string, Shape>> = {
  SubscribeMessage: { transport: "ws", method: "MESSAGE", type: "ws", guarded: true, undecorated: socketArguments },
  MessagePattern: { transport: "rpc", method: "MESSAGE", type: "rpc", guarded: true, undecorated: messageArguments },
  EventPattern: { transport: "rpc", method: "EVENT", type: "rpc", guarded: true, undecorated: messageArguments },
  GrpcMethod: { transport: "rpc", method: "GRPC", type: "rpc", guarded: true, undecorated: messageArguments },
  GrpcStreamMethod: { transport: "rpc", method: "GRPC", type: "rpc", guarded: true, undecorated: messageArguments },
  GrpcStreamCall: { transport: "rpc", method: "GRPC", type: "rpc", guarded: true, undecorated: messageArguments },
  Process: { transport: "queue", method: "PROCESS", type: "", guarded: false, undecorated: payload },
  OnEvent: { transport: "queue", method: "EVENT", type: "", guarded: false, undecorated: payload },
  Cron: { transport: "cron", method: "CRON", type: "", guarded: false },
  Interval: { transport: "cron", method: "INTERVAL", type: "", guarded: false },
  Timeout: { transport: "cron", method: "TIMEOUT", type: "", guarded: false },
};
const WORKER: Shape = { transport: "queue", method: "PROCESS", type: "", guarded: false, undecorated: payload };

/** Adds what all classes handle apart from routes and resolvers. */
export function addMessages(project: NestProject): void {
  const extended = new Set<string>();
  const kept: DecoratedClass[] = [];
  for (const ref of project.all) {
    if (!mayHandle(ref)) continue;
    const cls = project.classes.read(ref);
    for (const above of cls.chain.slice(1)) extended.add(classKey(above));
    kept.push(cls);
  }
  for (const cls of kept) {
    if (extended.has(classKey(cls.ref)) && project.modulesOf(cls.ref).length === 0) continue;
    addClass(cls, project);
  }
}

function mayHandle(ref: ClassRef): boolean {
  const info = infoOf(ref);
  return info.decorators.length > 0 || info.members.some((m) => m.decorators.length > 0 && m.fn >= 0);
}

function addClass(cls: DecoratedClass, project: NestProject): void {
  const [app] = project.applicationsOf(cls.ref);
  if (app === undefined) return;
  for (const method of project.classes.methods(cls)) {
    for (const applied of method.decorations.applied) {
      if (!applied.module.startsWith("@nestjs/") || !Object.hasOwn(SHAPES, applied.name)) continue;
      const path = pathOf(cls, method, applied, project.queries);
      const pattern = PATTERNS.has(applied.name) ? argumentOrigin(applied.call, 0, project.queries) : undefined;
      // between processes of the service itself a message is no request, whatever carries it
      const own = pattern !== undefined && isSentHere(pattern, project.queries);
      addMethod(
        cls,
        method,
        app,
        own ? { ...SHAPES[applied.name], transport: "queue" } : SHAPES[applied.name],
        path,
        project,
      );
    }
  }
  const processor = find(cls.applied, "@nestjs/bullmq", "Processor");
  // `process` of a worker class needs no decorator of its own
  const work = processor === undefined ? undefined : project.classes.methodNamed(cls, "process");
  if (processor !== undefined && work !== undefined) {
    addMethod(cls, work, app, WORKER, queueName(processor, project.queries) || `${cls.name}.process`, project);
  }
}

function addMethod(
  cls: DecoratedClass,
  method: Method,
  app: Application,
  shape: Shape,
  path: string,
  project: NestProject,
): void {
  // a connected microservice has no application guards unless it is told to share the configuration
  const globallyGuarded = shape.type === "ws" || (shape.type === "rpc" && app.sharesConfig);
  project.add(cls, method, app, {
    ...shape,
    ...(shape.type === "rpc" && app.overBroker ? { transport: "queue" } : {}),
    path,
    route: null,
    globallyGuarded,
    incomplete: "",
    before: shape.type === "ws" ? connection(cls, project) : [],
  });
}

/** A gateway's `handleConnection` may turn sockets away before their first message. */
function connection(cls: DecoratedClass, project: NestProject): readonly RawStep[] {
  const origin = project.classes.methodOf(cls, "handleConnection", instanceOf(cls.ref));
  if (origin === null) return [];
  return [
    {
      name: "handleConnection",
      kind: "hook",
      place: origin.fn.ownPlace,
      origin,
      given: (context) => [[requestOrigin("express", context)]],
      continuation: "returns",
      condition: "",
    },
  ];
}

function pathOf(cls: DecoratedClass, method: Method, applied: Applied, queries: LinkQueries): string {
  const own = `${cls.name}.${method.name}`;
  const first = argumentOrigin(applied.call, 0, queries);
  if (applied.name.startsWith("Grpc")) {
    const second = argumentOrigin(applied.call, 1, queries);
    return `${textOf(first ?? constant(null)) ?? cls.name}.${textOf(second ?? constant(null)) ?? method.name}`;
  }
  if (SHAPES[applied.name].transport === "cron") return own;
  const text = textOf(first ?? constant(null)) ?? patternText(first, queries);
  if (applied.name === "Process") {
    const processor = find(cls.applied, "@nestjs/bull", "Processor");
    const queue = processor === undefined ? "" : queueName(processor, queries);
    return [queue || own, text ?? ""].filter((part) => part !== "").join("/");
  }
  if (text === null) return own;
  return applied.name === "SubscribeMessage" ? `${namespaceOf(cls, queries)}${text}` : text;
}

/** `{ cmd: "sum" }` → `sum`; several parts joined. */
function patternText(origin: Origin | undefined, queries: LinkQueries): string | null {
  if (origin?.kind !== "literal" || origin.form !== "object") return null;
  const { fn, v } = origin.site;
  const parts = Array.from(fn.props(v)).flatMap((p) => textOf(property(origin, p.name, queries)) ?? []);
  return parts.length > 0 ? parts.join("/") : null;
}

function namespaceOf(cls: DecoratedClass, queries: LinkQueries): string {
  const gateway = find(cls.applied, "@nestjs/websockets", "WebSocketGateway");
  for (const index of [0, 1]) {
    const name = textOf(
      property(argumentOrigin(gateway?.call ?? null, index, queries), "namespace", queries) ?? constant(null),
    );
    if (name !== null) return `${name.replace(/^\//, "")}/`;
  }
  return "";
}

function queueName(processor: Applied, queries: LinkQueries): string {
  const first = argumentOrigin(processor.call, 0, queries);
  return textOf(first) ?? textOf(property(first, "name", queries)) ?? "";
}

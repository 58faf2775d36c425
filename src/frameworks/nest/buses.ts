/**
 * Messages that are handed to a bus (`commandBus.execute(new Rename(id))`) or to the client of another service
 * (`client.send("notes.rename", { id })`): what runs is the handler that is registered for them.
 */
import { MemberKind, NONE } from "../../model/lowered.js";
import type { Program } from "../../program/linking/program.js";
import { dependsOnCaller } from "../../program/values/computed-origins.js";
import { Evaluator } from "../../program/values/evaluate.js";
import type { LinkQueries, Origin, PackageOrigin, Site } from "../../program/values/origin.js";
import { ClassReader, type DecoratedClass, infoOf, instanceOf } from "../classes/classes.js";
import { argument, argumentOrigin, type ClassRef, classKey, type FunctionRef, property } from "../classes/values.js";

const CQRS = "@nestjs/cqrs";
export const MICROSERVICES = "@nestjs/microservices";

const BUS = /(?:^|\.)I?(?:Command|Query)(?:Bus|Publisher)\(\)\.execute$/;
const CLIENT = /(?:^|\.)(?:Client[A-Z]\w*\(\)|ClientProxyFactory\.create\(\)|Client)\.(?:send|emit)$/;
/** the same message is handled in so many services at most */
const MAX_HANDLERS = 4;

type Handlers = ReadonlyMap<string, readonly FunctionRef[]>;

const known = new WeakMap<Program, Handlers>();

/** The functions that run, `caller` where only the caller knows the message, undefined where it is no such call. */
export function handlersOf(
  callee: PackageOrigin,
  call: Site,
  queries: LinkQueries,
): readonly Origin[] | "caller" | undefined {
  const bus = callee.module === CQRS && BUS.test(callee.path);
  if (!bus && !isClientCall(callee)) return undefined;
  const message = argument(call, 0);
  const given = message === null ? [] : queries.evaluate(message);
  const found: FunctionRef[] = [];
  for (const origin of given) {
    const key = bus ? classOf(origin) : patternOf(origin, queries);
    if (key !== null) found.push(...(handlersIn(queries).get(key) ?? []));
    else if (dependsOnCaller(origin) || isOpenPattern(origin, queries)) return "caller";
  }
  return found.length === 0 || found.length > MAX_HANDLERS ? undefined : found;
}

export function isClientCall({ module, path }: PackageOrigin): boolean {
  return module === MICROSERVICES && CLIENT.test(path);
}

function classOf(origin: Origin): string | null {
  return origin.kind === "instance" ? `class ${origin.file.id}:${origin.index}` : null;
}

/** `"notes.rename"`, `{ cmd: "notes.rename" }`: the parts of an object in the order of their names. */
export function patternOf(origin: Origin, queries: LinkQueries): string | null {
  if (origin.kind === "constant") return typeof origin.value === "string" ? `text ${origin.value}` : null;
  if (origin.kind !== "literal" || origin.form !== "object") return null;
  const parts: string[] = [];
  for (const { name } of origin.site.fn.props(origin.site.v)) {
    const value = property(origin, name, queries);
    if (value?.kind !== "constant") return null;
    parts.push(`${name}=${String(value.value)}`);
  }
  return parts.length === 0 ? null : `object ${parts.sort().join("&")}`;
}

export function isOpenPattern(origin: Origin, queries: LinkQueries): boolean {
  if (origin.kind !== "literal" || origin.form !== "object") return false;
  return Array.from(origin.site.fn.props(origin.site.v)).some(({ name }) => {
    const value = property(origin, name, queries);
    return value !== undefined && dependsOnCaller(value);
  });
}

function handlersIn({ program, knowledge }: LinkQueries): Handlers {
  let handlers = known.get(program);
  if (handlers === undefined) {
    known.set(program, new Map());
    // one of its own: a question that is just being answered is not to pay for all classes
    handlers = readHandlers(program, new Evaluator(program, knowledge));
    known.set(program, handlers);
  }
  return handlers;
}

function readHandlers(program: Program, queries: LinkQueries): Handlers {
  const classes = new ClassReader(queries);
  const found = new Map<string, FunctionRef[]>();
  const add = (key: string, handler: FunctionRef): void => {
    found.set(key, [...(found.get(key) ?? []), handler]);
  };
  for (const file of program.files) {
    if (!file.lowered.imports.some(({ module }) => module === CQRS || module === MICROSERVICES)) continue;
    for (const index of file.lowered.classes.keys()) {
      const cls = classes.read({ kind: "class", file, index, frame: null });
      addCommands(cls, queries, add);
      addPatterns(cls, classes, queries, add);
    }
  }
  return found;
}

type Add = (key: string, handler: FunctionRef) => void;

/** `@CommandHandler(Rename) class { execute(command) }` */
function addCommands(cls: DecoratedClass, queries: LinkQueries, add: Add): void {
  for (const { module, name, call } of cls.own.applied) {
    if (module !== CQRS || !/^(?:Command|Query)Handler$/.test(name)) continue;
    const handled = argumentOrigin(call, 0, queries);
    const run = ownMethod(cls.ref, "execute");
    if (handled?.kind === "class" && run !== null) add(`class ${handled.file.id}:${handled.index}`, run);
  }
}

/** `@MessagePattern("notes.rename") rename(payload)`; the payload stands behind the pattern at the call. */
function addPatterns(cls: DecoratedClass, classes: ClassReader, queries: LinkQueries, add: Add): void {
  if (!infoOf(cls.ref).members.some((member) => member.decorators.length > 0 && member.fn !== NONE)) return;
  for (const method of classes.methods(cls)) {
    for (const { module, name, call } of method.decorations.applied) {
      if (module !== MICROSERVICES || !/^(?:Message|Event)Pattern$/.test(name)) continue;
      const pattern = argumentOrigin(call, 0, queries);
      const key = pattern === undefined ? null : patternOf(pattern, queries);
      if (key === null || classKey(method.owner) !== classKey(cls.ref)) continue;
      const fn = cls.ref.file.fn(method.member.fn);
      add(key, { kind: "function", fn, frame: null, self: instanceOf(cls.ref), called: "call" });
    }
  }
}

function ownMethod(ref: ClassRef, name: string): FunctionRef | null {
  const member = infoOf(ref).members.find((m) => m.name === name && m.kind === MemberKind.Method && m.fn !== NONE);
  return member === undefined
    ? null
    : { kind: "function", fn: ref.file.fn(member.fn), frame: null, self: instanceOf(ref) };
}

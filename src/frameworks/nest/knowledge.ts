/** What guards and parameter decorators get from Nest's own objects: contexts, requests, metadata. */
import {
  constant,
  type EntryContext,
  type Origin,
  type OriginQueries,
  type PackageOrigin,
  type Site,
  type SourceOrigin,
  source,
} from "../../program/values/origin.js";
import { nextOrigin, requestOrigin, responseOrigin } from "../arguments.js";
import { argument } from "../classes/values.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";
import { handlersOf } from "./buses.js";
import { CONTEXT_DIALECT, readMetadata, TYPE_KEY } from "./metadata.js";

/** Whichever server carries Nest: its request has the members of Express's. */
const DIALECT = "express";

/** The ExecutionContext that guards of an entry are called with. */
export function contextSource(context: EntryContext): SourceOrigin {
  return source("context", "", { dialect: CONTEXT_DIALECT, context });
}

/** Member of a context: only its methods are read, so the path is kept. */
export function nestMember(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  if (origin.dialect !== CONTEXT_DIALECT) return undefined;
  const base = origin.path;
  if (origin.source === "input") return argsMember(origin, name);
  if (base.endsWith("getArgs()")) {
    const index = Number(name);
    // a GraphQL context's arguments are the operation's own, by name
    return Number.isNaN(index)
      ? [source("input", `args.${name}`, { context: origin.context })]
      : positional(origin, index);
  }
  return [{ ...origin, path: base === "" ? name : `${base}.${name}` }];
}

/** Type resolvers get the context where others get their arguments. */
function argsMember(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  if (origin.path !== "args" || origin.context === null) return undefined;
  return name === "req" || name === "request" ? [requestOrigin(DIALECT, origin.context)] : undefined;
}

/** Result of calling a method of a context. */
export function nestCall(origin: SourceOrigin, site: Site, queries: OriginQueries): readonly Origin[] | undefined {
  const { context } = origin;
  if (origin.dialect !== CONTEXT_DIALECT || origin.source !== "context" || context === null) return undefined;
  switch (origin.path.split(".").at(-1)) {
    case "getRequest":
    case "getContext":
    case "getClient":
      return [requestOrigin(DIALECT, context)];
    case "getResponse":
      return [responseOrigin(DIALECT, context)];
    case "getNext":
      return [nextOrigin(context)];
    case "getData":
      return [source("input", "data", { context })];
    case "getRoot":
    case "getInfo":
    case "getPattern":
      return [source("neutral", "info", { context })];
    case "getType":
      return context.metadata.get(TYPE_KEY) ?? [source("neutral", "type", { context })];
    case "getArgByIndex":
      return positional(origin, indexArgument(site, queries));
    default:
      return [{ ...origin, path: `${origin.path}()` }];
  }
}

/** What the framework calls the handler with: request and response, or what a resolver gets. */
function positional(origin: SourceOrigin, index: number): readonly Origin[] {
  const { context } = origin;
  if (context === null) return [origin];
  const [type] = context.metadata.get(TYPE_KEY) ?? [];
  if (type?.kind === "constant" && type.value === "graphql") {
    return index === 1
      ? [source("input", "args", { dialect: CONTEXT_DIALECT, context })]
      : [requestOrigin(DIALECT, context)];
  }
  if (index === 1) return [responseOrigin(DIALECT, context)];
  return [requestOrigin(DIALECT, context)];
}

function indexArgument(site: Site, queries: OriginQueries): number {
  const first = argument(site, 0);
  const [origin] = first === null ? [] : queries.evaluate(first);
  return origin?.kind === "constant" && typeof origin.value === "number" ? origin.value : 0;
}

/** `GqlExecutionContext.create(context)` and `reflector.get(…)`. */
function nestPackageCall(callee: PackageOrigin, site: Site, queries: OriginQueries): readonly Origin[] | undefined {
  if (!callee.module.startsWith("@nestjs/")) return undefined;
  if (callee.path === "GqlExecutionContext.create" || callee.path === "GqlArgumentsHost.create") {
    const first = argument(site, 0);
    const contexts = (first === null ? [] : queries.evaluate(first)).flatMap((o) =>
      o.kind === "source" && o.dialect === CONTEXT_DIALECT ? [{ ...o, path: "graphql" }] : [],
    );
    return contexts.length === 0 ? undefined : contexts;
  }
  if (INJECTS.test(callee.path)) return injected(site, queries);
  if (callee.path === "forwardRef") return forwardReference(site, queries);
  return readMetadata(callee, site, queries);
}

const INJECTS =
  /(?:^NestFactory\.create\w*\(\)|Application\(\)|Application\w*Context\(\)|^ModuleRef\(\))\.(?:get|resolve|create)$/;

/** `app.get(Service)` is the object that the framework made of the class. */
function injected(site: Site, queries: OriginQueries): readonly Origin[] | undefined {
  const first = argument(site, 0);
  const made = (first === null ? [] : queries.evaluate(first)).flatMap((o): readonly Origin[] =>
    o.kind === "class" ? [{ kind: "instance", file: o.file, index: o.index, site: null }] : [],
  );
  return made.length === 0 ? undefined : made;
}

/** `forwardRef(() => X)` is X. */
function forwardReference(site: Site, queries: OriginQueries): readonly Origin[] | undefined {
  const first = argument(site, 0);
  const [callback] = first === null ? [] : queries.evaluate(first);
  return callback === undefined ? undefined : queries.apply(callback, site);
}

export const nestKnowledge: FrameworkKnowledge = {
  member: nestMember,
  callSource: nestCall,
  call: nestPackageCall,
  handlersOf,
};

/** A constant under which `context.getType()` is known while an entry is judged. */
export function typeMetadata(type: string): readonly [string, readonly Origin[]] {
  return [TYPE_KEY, [constant(type)]];
}

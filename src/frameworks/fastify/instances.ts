/** Which values are Fastify instances: applications, and what plugins are given. */
import { NONE } from "../../model/lowered.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import {
  type LinkQueries,
  type Origin,
  type PackageOrigin,
  packageCall,
  packageMember,
  packageRoot,
  type Site,
  source,
} from "../../program/values/origin.js";
import { madeAt } from "../routing-tree/identity.js";
import { type RouterDialect, routerOf } from "../routing-tree/routers.js";
import type { TreeRouter } from "../routing-tree/routing-tree.js";

export const FASTIFY_MODULES = ["fastify", "@fastify/type-provider-typebox", "fastify-type-provider-zod"];

/** Dialect of the origin that stands for the instance that one plugin is given; its path is the router's key. */
export const INSTANCE_DIALECT = "fastify-instance";

/** Names of methods that register a handler for one HTTP method, with the method. */
export const VERBS: ReadonlyMap<string, string> = new Map(
  "get post put patch delete head options trace propfind proppatch mkcol copy move lock unlock search"
    .split(" ")
    .map((name) => [name, name.toUpperCase()]),
);

/** Methods of instances that give the instance back. */
export const CHAINED: ReadonlySet<string> = new Set([
  ...VERBS.keys(),
  ...["all", "route", "register", "addHook", "use", "withTypeProvider", "after", "ready", "addSchema"],
  ...["decorate", "decorateRequest", "decorateReply", "setErrorHandler", "setNotFoundHandler", "addHttpMethod"],
  ...["setValidatorCompiler", "setSerializerCompiler", "setSchemaController", "setReplySerializer"],
  ...["addContentTypeParser", "removeContentTypeParser", "removeAllContentTypeParsers", "setSchemaErrorFormatter"],
  ...["setGenReqId", "setChildLoggerFactory", "addConstraintStrategy"],
]);

const MADE = /^(?:\(\)|(?:\w+\.)?(?:[fF]astify|Fastify\w*Instance)\(\))$/;

/** Parameters without a type that are taken for instances. */
export const INSTANCE_NAME = /^_?(?:\w*(?:app|server|fastify|instance|router|api|scope|plugin|typed)|f|srv)$/i;

const FASTIFY: RouterDialect = {
  modules: new Set(FASTIFY_MODULES),
  makes: (_module, path) => (MADE.test(path) ? "app" : null),
  chain: CHAINED,
  parameterName: INSTANCE_NAME,
};

/** The instance of any plugin, when nothing more is known of it. */
export const ANY_INSTANCE: PackageOrigin = anyInstance();

function anyInstance(): PackageOrigin {
  const root = packageRoot("fastify");
  const member = packageMember(root, "FastifyInstance");
  const made = member.kind === "package" ? packageCall(member, null) : root;
  return made.kind === "package" ? made : root;
}

/** True for a package value that is an instance itself, not something read from it. */
export function isInstance(origin: PackageOrigin): boolean {
  return FASTIFY.modules.has(origin.module) && MADE.test(origin.path);
}

export interface InstanceRef {
  readonly identity: Omit<TreeRouter, "items">;
  /** what a plugin that does not get an instance of its own is given */
  readonly origin: Origin;
}

/** The instances that were handed to plugins in one run. */
export class Instances {
  readonly #children = new Map<string, InstanceRef>();

  /** The instance that a plugin gets from one registration; `part` tells plugins of one registration apart. */
  child(call: Site, part: string, file: ProgramFile, name: string): InstanceRef {
    const made = madeAt(call, false);
    const key = `${made.key}>${part}`;
    let ref = this.#children.get(key);
    if (ref === undefined) {
      const identity = { key, siteKey: key, made: null, app: false, group: `${file.path}#${name}` };
      ref = { identity, origin: source("context", key, { dialect: INSTANCE_DIALECT, site: { ...call, frame: null } }) };
      this.#children.set(key, ref);
    }
    return ref;
  }

  /** The instance that a receiver is, null when it is none. */
  of(origin: Origin, queries: LinkQueries, seenIn: FunctionView): InstanceRef | null {
    if (origin.kind === "source") {
      return origin.dialect === INSTANCE_DIALECT ? (this.#children.get(origin.path) ?? null) : null;
    }
    if ((origin.kind === "parameter" || origin.kind === "apply") && !speaksFastify(origin, seenIn)) return null;
    const ref = routerOf(origin, queries, seenIn, FASTIFY);
    return ref === null ? null : { identity: ref.identity, origin };
  }
}

/** Other frameworks call their routers alike: an untyped parameter counts only where Fastify is at hand. */
function speaksFastify(origin: Origin, seenIn: FunctionView): boolean {
  if (origin.kind === "parameter" && /fastify/i.test(origin.fn.info.params[origin.index]?.name ?? "")) return true;
  return importsFastify(seenIn.file);
}

/** Whether a file names Fastify or one of its plugins. */
export function importsFastify(file: ProgramFile): boolean {
  return (
    file.lowered.imports.some((item) => /fastify/i.test(item.module)) ||
    (file.lowered.imports.length === 0 &&
      file.lowered.strings.some((text) => /^(?:@fastify\/|fastify(?:-|$))/.test(text)))
  );
}

/** Untyped parameters may be given an instance by a caller, and so may those of a type that is declared elsewhere. */
export function mayBeGiven(origin: Origin): boolean {
  if (origin.kind !== "parameter") return false;
  const { fn, index } = origin;
  const parameter = fn.info.params[index];
  if ((parameter?.type ?? NONE) === NONE || importsFastify(fn.file)) return true;
  return INSTANCE_NAME.test(parameter?.name ?? "");
}

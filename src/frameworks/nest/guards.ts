/** Guards and middleware of every form as steps. */
import { FnHint, Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import { type LinkQueries, type Origin, packageMember, type Site, unknown } from "../../program/values/origin.js";
import { expressArguments } from "../arguments.js";
import { type ClassReader, type DecoratedClass, instanceOf } from "../classes/classes.js";
import type { Applied } from "../classes/decorators.js";
import {
  argument,
  argumentSites,
  type ClassRef,
  type FunctionRef,
  type Item,
  itemsOf,
  pathText,
} from "../classes/values.js";
import type { Arguments, RawFault, RawStep } from "../routing.js";
import { contextSource } from "./knowledge.js";

const guardArguments: Arguments = (context) => [[contextSource(context)]];

/** What the guards among some decorators are, in the order in which they run. */
export interface GuardList {
  readonly steps: readonly RawStep[];
  readonly faults: readonly RawFault[];
}

const NO_GUARDS: GuardList = { steps: [], faults: [] };

export class StepMaker {
  constructor(
    readonly queries: LinkQueries,
    readonly classes: ClassReader,
  ) {}

  /** Guards that `@UseGuards` decorators name. */
  decorated(applied: readonly Applied[]): GuardList {
    const lists = applied
      .filter((a) => a.name === "UseGuards" && a.module.startsWith("@nestjs/common") && a.call !== null)
      .map((a) => (a.call === null ? NO_GUARDS : this.called(a.call, a.place, a.condition)));
    return { steps: lists.flatMap((l) => l.steps), faults: lists.flatMap((l) => l.faults) };
  }

  /** Guards that are the arguments of a call: of `UseGuards`, of `useGlobalGuards`. */
  called(call: Site, place: Place, condition: string): GuardList {
    const lists = argumentSites(call).flatMap((site) =>
      itemsOf(site, this.queries, condition).map((item) => this.guard(item, place)),
    );
    return { steps: lists.flatMap((l) => l.steps), faults: lists.flatMap((l) => l.faults) };
  }

  /** One guard: a class, an object, what a factory returned, or what a package exports. */
  guard(item: Item, place: Place, depth = 0): GuardList {
    const { origin, condition } = item;
    const name = pathText(item.site.fn, item.site.v).replace(/^this\./, "");
    if (origin.kind === "class") return one(this.#classGuard(origin, instanceOf(origin), name, place, condition));
    if (origin.kind === "instance") {
      const ref: ClassRef = { kind: "class", file: origin.file, index: origin.index, frame: null };
      return one(this.#classGuard(ref, origin, name, place, condition));
    }
    if (origin.kind === "function") return this.#uncalled(origin, name, place);
    if (origin.kind === "package" && origin.path === "mixin()" && origin.site !== null && depth < 4) {
      const made = argument(origin.site, 0);
      const inner = made === null ? [] : itemsOf(made, this.queries, condition);
      const lists = inner.map((i) => this.guard({ ...i, site: item.site }, place, depth + 1));
      return { steps: lists.flatMap((l) => l.steps), faults: lists.flatMap((l) => l.faults) };
    }
    const fallback = origin.kind === "package" ? origin.path.replaceAll("()", "") : "guard";
    return one(step(name || fallback, origin, place, condition));
  }

  #classGuard(ref: ClassRef, self: Origin, written: string, place: Place, condition: string): RawStep {
    const cls = this.classes.read(ref);
    const name = cls.name || written;
    const own = this.classes.methodOf(cls, "canActivate", self);
    if (own !== null) return step(name, own, place, condition);
    const beyond = cls.beyond ?? unknown("guard without canActivate");
    // with a `handleRequest` of its own that lets everyone on, only an identity is attached
    const lenient = beyond.kind === "package" && this.#neverRejects(cls, self);
    return step(name, lenient ? packageMember(beyond, "handleRequest") : beyond, place, condition);
  }

  /** A passport guard whose `handleRequest` hands the user on without looking whether there is one. */
  #neverRejects(cls: DecoratedClass, self: Origin): boolean {
    const method = this.classes.methodOf(cls, "handleRequest", self);
    return method !== null && !asksForUser(method, this.queries);
  }

  /** `@UseGuards(RoleGuard)` where RoleGuard is a factory: Nest takes the function for a class. */
  #uncalled(origin: FunctionRef, name: string, place: Place): GuardList {
    const returned = this.queries.returnsOf(origin.fn);
    const isFactory = returned.some((o) => o.kind === "class" || (o.kind === "package" && o.path === "mixin()"));
    if (!isFactory) return one(step(name || origin.fn.info.name, unknown("guard is a function"), place, ""));
    const note = "the function makes a guard, and is given itself instead of what it makes";
    return { steps: [], faults: [{ kind: "factory-not-called", name: name || origin.fn.info.name, place, note }] };
  }

  /** Middleware: a class with `use`, a function, or what a package's call returns. */
  middleware(item: Item, place: Place): RawStep {
    const { origin, condition, site } = item;
    const written = pathText(site.fn, site.v);
    const made: RawStep = {
      name: written || "middleware",
      kind: "middleware",
      place,
      origin,
      given: expressArguments,
      continuation: "calls-next",
      condition,
    };
    if (origin.kind !== "class" && origin.kind !== "instance") return made;
    const ref: ClassRef = { kind: "class", file: origin.file, index: origin.index, frame: null };
    const cls = this.classes.read(origin.kind === "class" ? origin : ref);
    const self = origin.kind === "class" ? instanceOf(origin) : origin;
    const use = this.classes.methodOf(cls, "use", self);
    return { ...made, name: cls.name || made.name, origin: use ?? cls.beyond ?? unknown("middleware without use") };
  }
}

/** Guards of packages that let everybody on where no decorator of the package demands anything. */
const MARKED: Readonly<Record<string, RegExp>> = {
  "nest-authz": /^UsePermissions$/,
  "nest-casl": /^UseAbility$/,
  "nest-access-control": /^UseRoles$/,
};

/** The steps of a method, with those guards made idle that find nothing demanded. */
export function withoutUnmarked(steps: readonly RawStep[], applied: readonly Applied[]): readonly RawStep[] {
  return steps.map((one) => {
    const { origin } = one;
    const marks = origin.kind === "package" && origin.site === null ? MARKED[origin.module] : undefined;
    if (marks === undefined || origin.kind !== "package") return one;
    const marked = applied.some((a) => a.module === origin.module && marks.test(a.name.replace("()", "")));
    return marked ? one : { ...one, origin: packageMember(origin, "unmarked") };
  });
}

function one(made: RawStep): GuardList {
  return { steps: [made], faults: [] };
}

function step(name: string, origin: Origin, place: Place, condition: string): RawStep {
  return { name, kind: "guard", place, origin, given: guardArguments, continuation: "returns-true", condition };
}

/** Whether `handleRequest(error, user)` leaves it to passport, or refuses depending on the user. */
function asksForUser(method: FunctionRef, queries: LinkQueries): boolean {
  const { fn } = method;
  if (callsSuper(fn)) return true;
  if ((fn.info.hints & FnHint.Throws) === 0) return (fn.info.hints & FnHint.Calls) !== 0 && handsUserOn(fn, queries);
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) === Op.Branch && speaksOfUser({ fn, v: fn.a(v), frame: null }, queries)) return true;
  }
  return false;
}

function callsSuper(fn: FunctionView): boolean {
  return Array.from(fn.calls).some((v) => {
    const callee = fn.callee(v);
    return fn.op(callee) === Op.Member && fn.op(fn.a(callee)) === Op.Super;
  });
}

/** The user is given to a local function, which may refuse. */
function handsUserOn(fn: FunctionView, queries: LinkQueries): boolean {
  return Array.from(fn.calls).some((v) => {
    const callees = queries.evaluate({ fn, v: fn.callee(v), frame: null });
    if (!callees.some((o) => o.kind === "function" && (o.fn.info.hints & FnHint.Throws) !== 0)) return false;
    return Array.from(fn.args(v)).some((arg) => speaksOfUser({ fn, v: arg, frame: null }, queries));
  });
}

function speaksOfUser(site: Site, queries: LinkQueries): boolean {
  return leaves(queries.evaluate(site)).some((o) => o.kind === "parameter" && o.fn === site.fn && o.index === 1);
}

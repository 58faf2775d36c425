/** Putting arguments in the place of parameters, along the chain of calls that led to a function. */
import { NONE } from "../../model/lowered.js";
import { constructionFrame, isInstanceOf } from "../linking/class-members.js";
import { MAX_FRAME_DEPTH } from "./call-frames.js";
import { attach, attachFrame } from "./composed-frames.js";
import { dependsOnCaller, derived } from "./computed-origins.js";
import { frameArgument } from "./frame-arguments.js";
import { FramedMemo, interrupted } from "./framed-memo.js";
import { settledPath } from "./open-keys.js";
import {
  callable,
  type Frame,
  madeAt,
  markedLike,
  type Origin,
  type OriginQueries,
  type PackageOrigin,
  RECEIVER,
  type Site,
  stepBelow,
  unknown,
  withoutThrown,
} from "./origin.js";
import { distinct } from "./origin-keys.js";
import { receiverOf } from "./receivers.js";

/** Binding can call for binding elsewhere; one question may nest and cost only so much. */
const MAX_NESTING = 40;
const MAX_STEPS = 1_500;
let nesting = 0;
let steps = 0;
let spent = 0;

/** Bindings done so far in this run: a measure of work that does not depend on the machine. */
export function bindingsDone(): number {
  return spent;
}

/** Origins with the parameters that the frame knows replaced by its arguments. */
export function bindOrigins(origins: readonly Origin[], frame: Frame, queries: OriginQueries): readonly Origin[] {
  if (nesting === 0) steps = 0;
  steps += 1;
  spent += 1;
  if (nesting >= MAX_NESTING || steps > MAX_STEPS) {
    interrupted();
    return origins.map((o) => (dependsOnCaller(o) ? unknown("limit") : o));
  }
  nesting += 1;
  try {
    return bindAll(origins, frame, queries);
  } finally {
    nesting -= 1;
  }
}

function bindAll(origins: readonly Origin[], frame: Frame, queries: OriginQueries): readonly Origin[] {
  if (frame.depth > MAX_FRAME_DEPTH) return origins.map((o) => (dependsOnCaller(o) ? unknown("call depth") : o));
  if (origins.length === 1) return bindOne(origins[0], frame, queries);
  return withoutThrown(distinct(origins.flatMap((o) => bindOne(o, frame, queries))));
}

/** Of origins made of others, which cost most and are met in many places. */
const bound = new FramedMemo<Origin, readonly Origin[]>();

function bindOne(origin: Origin, frame: Frame, queries: OriginQueries): readonly Origin[] {
  if (origin.kind !== "apply" && origin.kind !== "derived" && origin.kind !== "fallback")
    return bindAnew(origin, frame, queries);
  return bound.get(frame, origin, () => bindAnew(origin, frame, queries));
}

function bindAnew(origin: Origin, frame: Frame, queries: OriginQueries): readonly Origin[] {
  switch (origin.kind) {
    case "parameter": {
      const args = argument(origin.fn, origin.index, frame, queries);
      if (args === null) return [origin];
      const handed = handedBeside(origin, frame, queries);
      if (handed.length > 0) return handed;
      const path = settledPath(origin.path, frame, queries);
      const bound = distinct(
        args.length === 1 ? queries.project(args[0], path) : args.flatMap((arg) => queries.project(arg, path)),
      );
      const plain = origin.without === undefined && origin.schema === undefined;
      return plain ? bound : bound.map((one) => markedLike(one, origin));
    }
    case "apply":
      return bindApply(origin, frame, queries);
    case "fallback":
      return bindFallback(origin, frame, queries);
    case "function":
      return [
        {
          ...origin,
          frame: attachFrame(origin.frame, origin.fn.parent, frame),
          self: bindSelf(origin.self, frame, queries),
          ...(origin.beside === undefined ? {} : { beside: bindOrigins(origin.beside, frame, queries) }),
        },
      ];
    case "class":
      return [
        {
          ...origin,
          frame: attachFrame(origin.frame, origin.file.fn(origin.file.lowered.classes[origin.index].inFn), frame),
        },
      ];
    case "instance": {
      if (origin.site === null) return [ownInstance(origin, frame, queries) ?? origin];
      return [{ ...origin, site: placed(origin.site, frame, queries) }];
    }
    case "literal":
      return [{ ...origin, site: placed(origin.site, frame, queries) }];
    case "derived": {
      const site = origin.site === null ? null : placed(origin.site, frame, queries);
      const bound = derived(bindOrigins(origin.of, frame, queries), origin.how, site);
      if (origin.rest === undefined) return [bound];
      const known = origin.rest.known.map((of) => bindOrigins(of, frame, queries));
      return [{ ...bound, rest: { ...origin.rest, known } }];
    }
    case "package":
      return bindPackage(origin, frame, queries);
    case "source":
      return origin.site === null ? [origin] : [madeAt(origin, placed(origin.site, frame, queries))];
    default:
      return [origin];
  }
}

/** What a member of the first argument is where it is handed in beside what is written at the call. */
function handedBeside(
  { fn, index, path }: Extract<Origin, { kind: "parameter" }>,
  frame: Frame,
  queries: OriginQueries,
): readonly Origin[] {
  if (index !== 0 || path.length === 0) return [];
  for (let f: Frame | null = frame; f !== null; f = f.lexical) {
    if (f.fn !== fn) continue;
    if (f.beside === undefined) return [];
    const found = f.beside.flatMap((object) => [...queries.project(object, path)]);
    return found.filter((o) => !(o.kind === "constant" && o.value === undefined));
  }
  return [];
}

const applying: { readonly origin: Extract<Origin, { kind: "apply" }>; readonly frame: Frame }[] = [];

/** A variable that is stored again from a call of itself (`q = parse(q)`) would be asked about without end. */
function bindApply(
  origin: Extract<Origin, { kind: "apply" }>,
  frame: Frame,
  queries: OriginQueries,
): readonly Origin[] {
  if (applying.some((one) => one.frame === frame && isSameApplication(one.origin, origin))) {
    interrupted();
    return [unknown("cycle")];
  }
  applying.push({ origin, frame });
  try {
    const callees = callable(bindOne(origin.callee, frame, queries));
    const site = placed(origin.site, frame, queries);
    if (callees.length === 1 && callees[0].kind === "parameter")
      return [{ ...origin, callee: callees[0], site, path: settledPath(origin.path, frame, queries) }];
    const results = callees.flatMap((callee) => queries.apply(callee, site));
    const path = settledPath(origin.path, frame, queries);
    return distinct(results.flatMap((result) => queries.project(result, path)));
  } finally {
    applying.pop();
  }
}

function isSameApplication(a: Extract<Origin, { kind: "apply" }>, b: Extract<Origin, { kind: "apply" }>): boolean {
  if (a.site.fn !== b.site.fn || a.site.v !== b.site.v || a.path.length !== b.path.length) return false;
  return a.path.every((name, at) => name === b.path[at]);
}

function bindFallback(
  origin: Extract<Origin, { kind: "fallback" }>,
  frame: Frame,
  queries: OriginQueries,
): readonly Origin[] {
  const value = bindOrigins(origin.value, frame, queries);
  const or = bindOrigins(origin.or, frame, queries);
  if (value.some(dependsOnCaller)) return [{ kind: "fallback", value, or }];
  const kept = value.filter((o) => !(o.kind === "constant" && o.value === undefined));
  if (kept.length === 0) return or;
  const settled = kept.every((o) => o.kind === "constant" || o.kind === "literal" || o.kind === "function");
  return settled ? kept : distinct([...kept, ...or]);
}

/** `this` inside a method keeps the `new` that made the receiver, when the call knows it. */
function ownInstance(
  origin: Extract<Origin, { kind: "instance" }>,
  frame: Frame,
  queries: OriginQueries,
): Origin | null {
  for (let f: Frame | null = frame; f !== null; f = f.lexical) {
    const self = f.self;
    if (self?.kind !== "instance") continue;
    const sameClass = self.file === origin.file && self.index === origin.index;
    if (sameClass ? self.site !== null : isInstanceOf(self, origin.file, origin.index, queries)) return self;
  }
  return null;
}

function bindSelf(self: Origin | null, frame: Frame, queries: OriginQueries): Origin | null {
  if (self === null) return null;
  return bindOne(self, frame, queries)[0] ?? self;
}

/** A package path keeps the calls on its way, so each of them gets the frame; known calls are asked again. */
function bindPackage(origin: PackageOrigin, frame: Frame, queries: OriginQueries): readonly Origin[] {
  if (origin.site === null && origin.previous === null) return [origin];
  const chain: PackageOrigin[] = [];
  for (let o: PackageOrigin | null = origin; o !== null; o = o.previous) chain.push(o);
  if (!chain.some((o) => o.site !== null && covers(o.site, frame, queries))) return [origin];
  chain.reverse();
  let bound: PackageOrigin | null = null;
  for (const [at, step] of chain.entries()) {
    const site: Site | null = step.site === null ? null : placed(step.site, frame, queries);
    if (site !== null && bound !== null && step.site !== site) {
      const results = queries.apply(bound, site);
      const [only] = results;
      if (results.length !== 1 || only.kind !== "package") return replay(results, chain.slice(at), frame, queries);
      bound = only;
    } else bound = stepBelow(step, bound, site);
  }
  return bound === null ? [origin] : [bound];
}

/** A call on the way turned out to be known: what was done with its result since is done with the answer. */
function replay(
  results: readonly Origin[],
  steps: readonly PackageOrigin[],
  frame: Frame,
  queries: OriginQueries,
): readonly Origin[] {
  let current = results;
  for (let i = 1; i < steps.length; i += 1) {
    const { path, site } = steps[i];
    const done = path.slice(steps[i - 1].path.length);
    if (done.startsWith(".")) current = distinct(current.flatMap((o) => queries.project(o, [done.slice(1)])));
    else if (site === null) return [unknown("call on a known result")];
    else current = distinct(current.flatMap((o) => queries.apply(o, placed(site, frame, queries))));
  }
  return current;
}

/** The argument that a frame, or one that surrounds it, has for a parameter; null when none knows. */
function argument(fn: Frame["fn"], index: number, frame: Frame, queries: OriginQueries): readonly Origin[] | null {
  for (let f: Frame | null = frame; f !== null; f = f.lexical) {
    if (f.fn === fn) return index === RECEIVER ? receiverOf(f) : frameArgument(f, index, queries);
    if (index === RECEIVER) continue;
    const made = constructionOf(madeIn(f), fn, queries);
    if (made !== null) return frameArgument(made, index, queries);
  }
  return null;
}

/** `this.role` is what the constructor was given, when the call that made the receiver is known. */
function constructionOf(self: Origin | null, fn: Frame["fn"], queries: OriginQueries): Frame | null {
  if (self?.kind !== "instance" || self.site === null || fn.info.class === NONE) return null;
  return constructionFrame(self, fn, queries);
}

/** The receiver; in `can = () => this.rights…` the object whose fields were just being set, which was made by this call. */
function madeIn({ fn, self, site }: Frame): Origin | null {
  if (self?.kind !== "instance" || self.site !== null || site === null || self.file !== fn.file) return self;
  return self.file.lowered.classes[self.index]?.init === fn.index ? { ...self, site } : self;
}

/** A place seen from a caller; one in a constructor is seen from where the caller's object was made. */
function placed(site: Site, frame: Frame, queries: OriginQueries): Site {
  const attached = attach(site, frame);
  if (attached !== site) return attached;
  const made = constructionIn(site.fn, frame, queries);
  return made === null ? site : { ...site, frame: made };
}

function constructionIn(fn: Frame["fn"], frame: Frame, queries: OriginQueries): Frame | null {
  for (let f: Frame | null = frame; f !== null; f = f.lexical) {
    const made = constructionOf(madeIn(f), fn, queries);
    if (made !== null) return made;
  }
  return null;
}

function covers(site: Site, frame: Frame, queries: OriginQueries): boolean {
  if (site.frame !== null) return true;
  for (let f: Frame | null = frame; f !== null; f = f.lexical) if (f.fn === site.fn) return true;
  return constructionIn(site.fn, frame, queries) !== null;
}

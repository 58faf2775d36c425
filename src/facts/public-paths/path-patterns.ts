/** Tests of the requested path against what is written in the code, wherever a step makes them. */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { isCutAtMount, isRequestedPath } from "../../program/paths/path-tests.js";
import type { PathTest, PathTestKind } from "../../program/paths/pattern-meaning.js";
import { frameFor, givenFrame } from "../../program/values/call-frames.js";
import type { Frame, LinkQueries, Origin, Site, SourceOrigin } from "../../program/values/origin.js";
import { originKey } from "../../program/values/origin-keys.js";

const TEXT_TESTS: Readonly<Record<string, PathTestKind>> = {
  startsWith: "startsWith",
  endsWith: "endsWith",
  includes: "includes",
};
const EACH = new Set(["some", "every", "find", "filter", "findIndex"]);
const FOLDED = new Set(["toLowerCase", "toUpperCase"]);
const SAME_TEXT = new Set(["toString", "trim", "normalize", "valueOf", ...FOLDED]);
const MAX_DEPTH = 4;
const MAX_TESTS = 120;

/** Tests in a function, in the callbacks that it hands on and in the local functions that it calls. */
export function pathTests(fn: FunctionView, frame: Frame | null, queries: LinkQueries): readonly PathTest[] {
  const finder = new Finder(queries);
  finder.search(fn, frame, "", 0);
  return [...finder.found.values()].slice(0, MAX_TESTS);
}

interface TestCall {
  readonly receiver: Site;
  readonly argument: Site;
  readonly whole: Site;
}

type Subject = Pick<PathTest, "withQuery" | "cut" | "folded">;

class Finder {
  readonly found = new Map<string, PathTest>();
  readonly #seen = new Set<string>();

  constructor(private readonly queries: LinkQueries) {}

  /** @param item tells the rounds of a loop apart */
  search(fn: FunctionView, frame: Frame | null, item: string, depth: number): void {
    const key = `${fn.id} ${depth} ${item}`;
    if (depth > MAX_DEPTH || !fn.hasBody || this.#seen.has(key) || this.found.size >= MAX_TESTS) return;
    this.#seen.add(key);
    for (const v of fn.calls) if (fn.op(v) === Op.Call) this.#call({ fn, v, frame }, item, depth);
    for (let v = 0; v < fn.valueCount; v += 1) {
      if (fn.op(v) === Op.Binary && /^[!=]==?$/.test(fn.text(fn.a(v)))) this.#equality({ fn, v, frame });
    }
  }

  #call(site: Site, item: string, depth: number): void {
    const { fn, v, frame } = site;
    const callee = fn.callee(v);
    const [first] = fn.args(v);
    const name = fn.memberName(callee);
    if (name !== "" && first !== undefined) {
      const receiver: Site = { fn, v: fn.a(callee), frame };
      const argument: Site = { fn, v: first, frame };
      if (this.#tested(name, { receiver, argument, whole: site }, depth)) return;
    }
    for (const target of this.queries.evaluate({ fn, v: callee, frame })) {
      if (target.kind === "function") this.search(target.fn, frameFor(target, site), item, depth + 1);
    }
  }

  /** @returns true when the call is a test and nothing more */
  #tested(name: string, call: TestCall, depth: number): boolean {
    const { receiver, argument, whole } = call;
    if (EACH.has(name)) {
      this.#each(receiver, argument, depth);
      return true;
    }
    const kind = TEXT_TESTS[name];
    const subject = kind === undefined && name !== "match" ? null : this.#subject(receiver);
    if (subject !== null) {
      this.#add(kind ?? "regex", argument, whole, subject);
      return true;
    }
    const other = this.#subject(argument);
    if (other === null) return false;
    if (name === "test" || name === "exec") this.#add("regex", receiver, whole, other);
    else if (name === "includes" || name === "has") {
      for (const origin of this.#items(receiver)) this.#record("same", origin, whole, other);
    } else return false;
    return true;
  }

  #each(list: Site, callback: Site, depth: number): void {
    const items = this.#items(list);
    for (const target of this.queries.evaluate(callback)) {
      if (target.kind !== "function") continue;
      for (const item of items) {
        const frame = givenFrame(target, [[item]], target.frame?.depth ?? 0);
        this.search(target.fn, frame, originKey(item), depth + 1);
      }
    }
  }

  #equality(whole: Site): void {
    const { fn, v, frame } = whole;
    for (const [one, other] of [
      [fn.b(v), fn.c(v)],
      [fn.c(v), fn.b(v)],
    ]) {
      const subject = this.#subject({ fn, v: one, frame });
      if (subject !== null) this.#add("same", { fn, v: other, frame }, whole, subject);
    }
  }

  #subject(site: Site): Subject | null {
    const found = this.queries.evaluate(site).flatMap((origin) => subjectOf(origin, false) ?? []);
    return found[0] ?? null;
  }

  #add(kind: PathTestKind, pattern: Site, whole: Site, subject: Subject): void {
    for (const origin of this.queries.evaluate(pattern)) this.#record(kind, origin, whole, subject);
  }

  #record(kind: PathTestKind, pattern: Origin, { fn, v }: Site, subject: Subject): void {
    const read = patternOf(pattern);
    if (read === null) return;
    // texts and expressions have no place of their own
    const place = fn.place(v);
    const test: PathTest = {
      ...subject,
      kind: read.regex ? "regex" : kind,
      text: read.text,
      flags: read.flags,
      place,
      folded: subject.folded || read.flags.includes("i"),
    };
    this.found.set(`${test.kind} ${test.text} ${place.file}:${place.start}`, test);
  }

  /** Elements of a list that is written out, or of a set made of one. */
  #items(list: Site): readonly Origin[] {
    return this.queries.evaluate(list).flatMap((origin) => this.#itemsOf(origin, 0));
  }

  #itemsOf(origin: Origin, depth: number): readonly Origin[] {
    if (depth > MAX_DEPTH) return [];
    if (origin.kind === "derived" && origin.of.length === 1) return this.#itemsOf(origin.of[0], depth + 1);
    if (origin.kind !== "literal" || origin.form !== "array") return [];
    const { fn, v, frame } = origin.site;
    return Array.from(fn.list(fn.a(v))).flatMap((item) => {
      const spread = fn.op(item) === Op.Spread;
      const values = this.queries.evaluate({ fn, v: spread ? fn.a(item) : item, frame });
      return spread ? values.flatMap((one) => this.#itemsOf(one, depth + 1)) : values;
    });
  }
}

function subjectOf(origin: Origin, folded: boolean): Subject | null {
  if (origin.kind === "derived") {
    const [inner] = origin.of;
    const same = SAME_TEXT.has(origin.how);
    const found = inner === undefined ? null : subjectOf(inner, folded || FOLDED.has(origin.how));
    if (found === null || same) return found;
    // `url.split("?")[0]`; whatever else was made of it is another text
    return origin.how === "split" ? { ...found, withQuery: false } : null;
  }
  if (origin.kind !== "source" || !isRequestedPath(origin) || origin.through) return null;
  return { withQuery: holdsQuery(origin), cut: isCutAtMount(origin), folded };
}

function holdsQuery({ dialect }: SourceOrigin): boolean {
  return dialect.startsWith("address");
}

interface Pattern {
  readonly text: string;
  readonly regex: boolean;
  readonly flags: string;
}

function patternOf(origin: Origin): Pattern | null {
  if (origin.kind === "constant") {
    const { value } = origin;
    return typeof value === "string" && value !== "" ? { text: value, regex: false, flags: "" } : null;
  }
  if (origin.kind === "literal" && origin.form === "regex") {
    const { fn, v } = origin.site;
    const written = fn.text(fn.a(v));
    const end = written.lastIndexOf("/");
    return { text: written.slice(1, end), regex: true, flags: written.slice(end + 1) };
  }
  return null;
}

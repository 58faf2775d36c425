/**
 * What holds once a promise has been fulfilled, however it was made: a call that was waited for, a chain of `then`,
 * or `new Promise` around a function that calls back (`new Promise((resolve) => middleware(req, res, resolve))`).
 */
import { Op } from "../../model/lowered.js";
import { frameFor, givenFrame } from "../values/call-frames.js";
import { type Frame, type Origin, type Site, source } from "../values/origin.js";
import { distinct, siteKey } from "../values/origin-keys.js";
import { chainMethod, chainReceiver, isPromiseConstructor, isWaitedForTogether } from "../values/promises.js";
import { Carriers } from "../walks/carriers.js";
import { type Visit, walk } from "../walks/walk.js";
import { commonFacts } from "./common-facts.js";
import { atomsOf, behind } from "./conditions.js";
import { isOf } from "./element-facts.js";
import { type Fact, uniqueFacts } from "./facts.js";
import type { Guarantees } from "./guarantees.js";
import { truthOfOrigins } from "./truth.js";

const MAX_CHAIN = 12;
const FULFIL = source("context", "resolve", { dialect: "promise" });
const REJECT = source("context", "reject", { dialect: "promise" });
/** events after which a response is no longer the program's: what runs then lets nothing pass */
const OVER: ReadonlySet<string> = new Set(["finish", "close", "error", "aborted"]);
const LISTENERS: ReadonlySet<string> = new Set(["on", "once", "addListener"]);

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

export class PromiseFacts {
  readonly #active = new Set<string>();

  readonly #carriers: Carriers;

  constructor(private readonly guarantees: Guarantees) {
    this.#carriers = new Carriers(guarantees.queries, (origin) => origin === FULFIL);
  }

  /** Facts once the promise at a value is fulfilled; bound to the site's frame. */
  fulfilled(site: Site, depth = 0): readonly Fact[] {
    const { fn, frame } = site;
    const v = behind(fn, site.v);
    if (depth > MAX_CHAIN) return [];
    if (fn.op(v) === Op.New) return isPromiseConstructor(fn, fn.callee(v)) ? this.#executed({ fn, v, frame }) : [];
    if (fn.op(v) !== Op.Call) return [];
    switch (chainMethod(fn, v)) {
      case "then":
        return this.#continued({ fn, v, frame }, depth);
      case "finally":
        return this.fulfilled({ fn, v: chainReceiver(fn, v), frame }, depth + 1);
      case "catch":
        return this.#rethrown({ fn, v, frame })
          ? this.fulfilled({ fn, v: chainReceiver(fn, v), frame }, depth + 1)
          : [];
      default:
        if (isWaitedForTogether(fn, v)) return this.#ofEach({ fn, v: fn.args(v)[0], frame }, depth);
        return [
          ...this.guarantees.reader.calleeFacts(fn, v, frame, { kind: "return" }, true),
          ...this.guarantees.reader.foundOrThrown(fn, v, frame),
        ];
    }
  }

  /** Facts once the promise that is made at a value is fulfilled with something that counts as true. */
  accepted(site: Site): readonly Fact[] {
    const { fn, frame } = site;
    const v = behind(fn, site.v);
    return fn.op(v) === Op.New && isPromiseConstructor(fn, fn.callee(v)) ? this.#executed({ fn, v, frame }, true) : [];
  }

  /** `Promise.all(ids.map((id) => check(id)))`: what the promise that is made for an element shows of it. */
  #ofEach(site: Site, depth: number): readonly Fact[] {
    const { fn, frame } = site;
    const rounds = behind(fn, site.v);
    if (fn.op(rounds) !== Op.Call || fn.memberName(fn.callee(rounds)) !== "map") return [];
    const { guarantees } = this;
    const lists = guarantees.queries.evaluate({ fn, v: fn.a(fn.callee(rounds)), frame });
    const elements = distinct(lists.flatMap((list) => [...guarantees.queries.project(list, ["[]"])]));
    const [callback, ...others] = this.#functions({ fn, v: rounds, frame }, 0);
    if (callback === undefined || others.length > 0 || !callback.fn.hasBody) return [];
    const inner = givenFrame(callback, [elements], frame?.depth ?? 0);
    const shown = callback.fn.isAsync
      ? guarantees.ensures(callback.fn, { kind: "return" }, inner)
      : commonFacts(
          Array.from(callback.fn.returns, (row) =>
            this.fulfilled({ fn: callback.fn, v: callback.fn.a(row), frame: inner }, depth + 1),
          ),
          (facts) => this.#level(facts),
        );
    return shown.filter((fact) => isOf(fact, elements) || fact.kind === "present");
  }

  /** `adapt(middleware)(req, res)` of a package that waits for the continuation: what holds wherever it is called. */
  adapted(middleware: FunctionOrigin, site: Site): readonly Fact[] {
    const key = siteKey(site);
    if (this.#active.has(key)) return [];
    this.#active.add(key);
    try {
      const given: (readonly Origin[])[] = [];
      given[2] = [FULFIL];
      // request and response are read off the call, whoever made it
      const paths = this.#pathsTo(middleware, { ...frameFor(middleware, site), given });
      return commonFacts(paths, (facts) => this.#level(facts));
    } finally {
      this.#active.delete(key);
    }
  }

  /** `promise.then(callback)`: what held before, and what the callback ensures when it comes back. */
  #continued(site: Site, depth: number): readonly Fact[] {
    const { fn, v, frame } = site;
    if (fn.args(v).length !== 1) return [];
    const before = this.fulfilled({ fn, v: chainReceiver(fn, v), frame }, depth + 1);
    const { guarantees } = this;
    const value = guarantees.queries.evaluate({ fn, v: chainReceiver(fn, v), frame });
    const after = this.#functions(site, 0).map((callback) => {
      const nesting = Math.max(frame?.depth ?? 0, callback.frame?.depth ?? 0);
      return guarantees.ensures(callback.fn, { kind: "return" }, givenFrame(callback, [value], nesting));
    });
    return uniqueFacts([...before, ...commonFacts(after, (facts) => this.#level(facts))]);
  }

  /** The handler of a failure that always throws again hides nothing. */
  #rethrown(site: Site): boolean {
    const handlers = this.#functions(site, 0);
    return handlers.length > 0 && handlers.every((handler) => this.guarantees.neverReturns(handler.fn));
  }

  #functions(site: Site, index: number): readonly FunctionOrigin[] {
    const { fn, v, frame } = site;
    const args = fn.args(v);
    if (index >= args.length) return [];
    return this.guarantees.queries
      .evaluate({ fn, v: args[index], frame })
      .flatMap((o) => (o.kind === "function" ? [o] : []));
  }

  /** What holds at every place where the executor fulfils its promise. */
  #executed(site: Site, asTrue = false): readonly Fact[] {
    const [executor, ...others] = this.#functions(site, 0);
    const key = siteKey(site);
    if (executor === undefined || others.length > 0 || this.#active.has(key)) return [];
    this.#active.add(key);
    try {
      const paths = this.#paths(executor, site, asTrue);
      return commonFacts(paths, (facts) => this.#level(facts));
    } finally {
      this.#active.delete(key);
    }
  }

  #paths(executor: FunctionOrigin, site: Site, asTrue: boolean): readonly (readonly Fact[])[] {
    const depth = Math.max(site.frame?.depth ?? 0, executor.frame?.depth ?? 0);
    return this.#pathsTo(executor, givenFrame(executor, [[FULFIL], [REJECT]], depth), asTrue);
  }

  /** What holds at each place where a function calls what it was given to go on. */
  #pathsTo(executor: FunctionOrigin, frame: Frame, asTrue = false): readonly (readonly Fact[])[] {
    const paths: (readonly Fact[])[] = [];
    const outcome = walk(executor, frame, this.guarantees, [], {
      interesting: (_fn, _site, inner) => this.#carriers.holds(inner),
      visit: (visit) => {
        if (visit.callees.includes(REJECT) || this.#listensForEnd(visit.site)) return true;
        const fulfils = visit.callees.includes(FULFIL);
        // handed to something that cannot be read, it may be called at once
        if (fulfils && asTrue) paths.push(...this.#ifTrue(visit));
        else if (fulfils || this.#isHanded(visit)) paths.push(visit.facts());
        return fulfils;
      },
    });
    return outcome.cut ? [] : paths;
  }

  /** `resolve(user.role === "admin")`: none where that is never true. */
  #ifTrue({ site, facts }: Visit): readonly (readonly Fact[])[] {
    const { fn, v, frame } = site;
    const [value] = fn.args(v);
    if (value === undefined) return [];
    const { reader, queries } = this.guarantees;
    const truth = truthOfOrigins(queries.evaluate({ fn, v: value, frame }));
    if (truth === false) return [];
    return [truth === true ? facts() : uniqueFacts([...facts(), ...reader.read(atomsOf(fn, value, true), fn, frame)])];
  }

  #isHanded(visit: Visit): boolean {
    if (visit.callees.some((o) => o.kind === "function")) return false;
    const { fn, v, frame } = visit.site;
    return Array.from(fn.args(v)).some((arg) =>
      this.guarantees.queries.evaluate({ fn, v: arg, frame }).includes(FULFIL),
    );
  }

  /** `res.once("close", …)` */
  #listensForEnd(site: Site): boolean {
    const { fn, v, frame } = site;
    if (fn.op(v) !== Op.Call || !LISTENERS.has(fn.memberName(fn.callee(v)))) return false;
    const [event] = fn.args(v);
    if (event === undefined || fn.op(event) !== Op.String || !OVER.has(fn.text(fn.a(event)))) return false;
    return this.guarantees.queries
      .evaluate({ fn, v: chainReceiver(fn, v), frame })
      .some((o) => o.kind === "source" && o.source === "request" && o.dialect.endsWith("-response"));
  }

  #level(facts: readonly Fact[]): ReturnType<Guarantees["checks"]["level"]> {
    return this.guarantees.checks.level(facts, this.guarantees.queries);
  }
}

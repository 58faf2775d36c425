/** From which functions a call of interest can be reached: the others need not be gone through. */
import { Op } from "../../model/lowered.js";
import type { Guarantees } from "../facts/guarantees.js";
import type { FunctionView } from "../linking/function-view.js";
import { isKept, takeOver } from "../linking/taken-over.js";
import { type LinkQueries, type Origin, RECEIVER, type Site } from "../values/origin.js";
import { argumentsAt } from "./walk.js";

/**
 * `handed`: it hands on what it is passed, so a function among that may do something of interest.
 * `given`: only what the caller passes in may do something of interest.
 */
export type Reach = "never" | "handed" | "given" | "always";

const REACHES: readonly Reach[] = ["never", "handed", "given", "always"];

/** A function that is called or handed on. */
interface Target {
  readonly fn: FunctionView;
  /** the call itself hands in something that can do anything (a client, a service): no caller has to */
  readonly equipped: boolean;
  /** it is a method, called on an object that is known */
  readonly received: boolean;
}

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

interface Node {
  readonly fn: FunctionView;
  readonly order: number;
  readonly targets: readonly Target[];
  /** first of the functions on the way here that this one leads back to */
  lowest: number;
  next: number;
  reach: Reach;
}

export class Reachability {
  readonly #memo = new Map<FunctionView, Reach>();
  /** functions that call methods which only the object tells that they are called on */
  readonly #asksReceiver = new Set<FunctionView>();

  constructor(
    private readonly guarantees: Guarantees,
    private readonly isInteresting: (site: Site, callees: readonly Origin[]) => boolean,
    /** what nobody sees may do anything: for those that must not miss a call, not for those that must have seen one */
    private readonly unseen: "may" | "never" = "may",
    /** what it found of functions that both programs have is taken over */
    before?: Reachability,
  ) {
    if (before === undefined) return;
    const { program } = guarantees.queries;
    takeOver(this.#memo, before.#memo, program);
    for (const fn of before.#asksReceiver) if (isKept(fn.file, program)) this.#asksReceiver.add(fn);
  }

  /** Whether a call of the function, with what it is given there, can come to a call of interest. */
  reachesFrom(fn: FunctionView, site: Site, receiver: Origin | null = null): boolean {
    const reach = this.reach(fn);
    if (reach === "given" && isReceiver(receiver) && this.#asksReceiver.has(fn)) return true;
    if (reach === "never" || reach === "always") return reach === "always";
    const { queries } = this.guarantees;
    if (reach === "handed") {
      return argumentsAt(site, queries).some((origins) => origins.some((o) => o.kind === "function"));
    }
    // a closure has its parameters from elsewhere
    if (fn.parent !== null && fn.parent.index !== 0) return true;
    return argumentsAt(site, queries).some((origins) => origins.some((o) => isCapable(o, queries, 0)));
  }

  /** Functions that call each other in a circle share one answer: Tarjan's strongly connected components. */
  reach(fn: FunctionView): Reach {
    const known = this.#memo.get(fn);
    if (known !== undefined) return known;
    const component: Node[] = [];
    const nodes = new Map<FunctionView, Node>();
    const path = [this.#open(fn, nodes, component)];
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const target = node.targets[node.next];
      if (target === undefined) {
        path.pop();
        const caller = path.at(-1);
        if (node.lowest === node.order) this.#close(node, component);
        const lowest = node.lowest === node.order ? caller?.lowest : node.lowest;
        const edge = caller?.targets[caller.next - 1];
        if (caller !== undefined && edge !== undefined)
          take(caller, this.#through(edge, node.reach), lowest ?? caller.lowest);
        continue;
      }
      node.next += 1;
      const settled = this.#memo.get(target.fn);
      const seen = nodes.get(target.fn);
      if (settled !== undefined) take(node, this.#through(target, settled), node.lowest);
      else if (seen !== undefined) take(node, this.#through(target, seen.reach), seen.order);
      else path.push(this.#open(target.fn, nodes, component));
    }
    return this.#memo.get(fn) ?? "never";
  }

  #open(fn: FunctionView, nodes: Map<FunctionView, Node>, component: Node[]): Node {
    const order = nodes.size;
    const node: Node = { fn, order, lowest: order, next: 0, ...this.#callsOf(fn) };
    nodes.set(fn, node);
    component.push(node);
    return node;
  }

  /** All members of a circle reach what one of them reaches. */
  #close(root: Node, component: Node[]): void {
    const members = component.splice(component.indexOf(root));
    for (const member of members) take(root, member.reach, root.lowest);
    for (const member of members) this.#memo.set(member.fn, root.reach);
  }

  /** What a function does by itself, and the functions that it calls or hands on. */
  #callsOf(fn: FunctionView): Pick<Node, "reach" | "targets"> {
    let reach: Reach = "never";
    if (!fn.hasBody) return { reach, targets: [] };
    const targets = new Map<FunctionView, Target>();
    for (const call of fn.calls) {
      const site: Site = { fn, v: call, frame: null };
      const callees = alternatives(this.guarantees.queries.evaluate({ fn, v: fn.callee(call), frame: null }));
      if (this.isInteresting(site, callees)) return { reach: "always", targets: [] };
      const closures = this.#handedClosures(site);
      if (this.unseen === "may" && this.#isOpen(callees, closures, site)) return { reach: "always", targets: [] };
      for (const target of [...callees, ...closures]) {
        // what a caller passes in may do anything
        if (target.kind === "parameter" || target.kind === "apply") reach = "given";
        else if (target.kind === "function") targets.set(target.fn, this.#target(target, site, targets.get(target.fn)));
        if (target.kind === "parameter" && target.index === RECEIVER) this.#asksReceiver.add(fn);
      }
      if (reach === "never" && callees.some((o) => o.kind === "package") && this.#handsParameter(site))
        reach = "handed";
    }
    return { reach, targets: [...targets.values()] };
  }

  #target({ fn, self }: FunctionOrigin, site: Site, before: Target | undefined): Target {
    const more = this.unseen === "may";
    return {
      fn,
      equipped: before?.equipped === true || (more && this.#equips(site)),
      received: before?.received === true || (more && isReceiver(self)),
    };
  }

  /** What only waits for something capable to be handed in has got it where the call hands it in. */
  #through({ fn, equipped, received }: Target, reach: Reach): Reach {
    return reach === "given" && (equipped || (received && this.#asksReceiver.has(fn))) ? "always" : reach;
  }

  /** `save(this.client, id)`, `save(prisma, id)` */
  #equips(site: Site): boolean {
    return argumentsAt(site, this.guarantees.queries).some((origins) => origins.some(isEquipment));
  }

  /** It is called with what nobody sees from here. */
  #isOpen(callees: readonly Origin[], closures: readonly Origin[], site: Site): boolean {
    if (callees.some((callee) => this.#handsOn(callee, site))) return true;
    if (closures.length > 0 && callees.some((callee) => this.#handsClient(callee, site))) return true;
    return [...callees, ...closures].some(isHeldByReceiver);
  }

  /** `db.transaction(async (trx) => …)`: what the closure is given, no caller of the function around it hands in. */
  #handsClient(callee: Origin, site: Site): boolean {
    const { queries } = this.guarantees;
    const given = callee.kind === "package" ? queries.knowledge.callbackArguments(callee, site, queries) : undefined;
    return given?.some((origins) => origins.some((o) => o.kind === "package")) === true;
  }

  /** `client.send(pattern, payload)` with a pattern that the caller names */
  #handsOn(callee: Origin, site: Site): boolean {
    const { queries } = this.guarantees;
    return callee.kind === "package" && queries.knowledge.handlersOf(callee, site, queries) === "caller";
  }

  /** `storage.run(context, work)` */
  #handsParameter({ fn, v }: Site): boolean {
    if (fn.op(v) === Op.Tagged) return false;
    return Array.from(fn.args(v)).some(
      (arg) =>
        (fn.op(arg) === Op.Var || fn.op(arg) === Op.Param) &&
        this.guarantees.queries.evaluate({ fn, v: arg, frame: null }).some((o) => o.kind === "parameter"),
    );
  }

  #handedClosures({ fn, v }: Site): readonly Origin[] {
    if (fn.op(v) === Op.Tagged) return [];
    return Array.from(fn.args(v))
      .filter((arg) => fn.op(arg) === Op.Closure || fn.op(arg) === Op.Var)
      .flatMap((arg) => [...this.guarantees.queries.evaluate({ fn, v: arg, frame: null })])
      .filter((origin) => origin.kind === "function");
  }
}

/** `find(id, db = knex)`: what stands for an argument that is left out is one of the things that may be called. */
function alternatives(origins: readonly Origin[]): readonly Origin[] {
  return origins.flatMap((o) => (o.kind === "fallback" ? [...alternatives(o.value), ...alternatives(o.or)] : [o]));
}

/** `this.model.find()` of a class above: nobody hands in the object, and what it holds is known where it is called. */
function isHeldByReceiver(origin: Origin): boolean {
  if (origin.kind === "apply") return isHeldByReceiver(origin.callee);
  return origin.kind === "parameter" && origin.index === RECEIVER && origin.path.length > 0;
}

/** Whether calling it, or a method of it, could lead to code: plain data cannot. */
function isCapable(origin: Origin, queries: LinkQueries, depth: number): boolean {
  const some = (origins: readonly Origin[]): boolean =>
    depth < 4 && origins.some((o) => isCapable(o, queries, depth + 1));
  switch (origin.kind) {
    case "constant":
    case "unknown":
      return false;
    case "source":
      return origin.source === "request" || origin.source === "context";
    case "derived":
      return some(origin.of);
    case "fallback":
      return some([...origin.value, ...origin.or]);
    case "literal":
      return origin.form === "object" || origin.form === "array" ? depth >= 4 || some(partsOf(origin, queries)) : false;
    case "function":
    case "class":
    case "instance":
    case "namespace":
    case "package":
    case "parameter":
    case "apply":
    case "typed":
      return true;
  }
}

/** What an object or a list is written to hold. */
function partsOf({ site }: Extract<Origin, { kind: "literal" }>, queries: LinkQueries): readonly Origin[] {
  const { fn, v, frame } = site;
  const values = fn.op(v) === Op.Object ? Array.from(fn.props(v), (prop) => prop.value) : Array.from(fn.list(fn.a(v)));
  return values.flatMap((value) => [...queries.evaluate({ fn, v: value, frame })]);
}

function isReceiver(origin: Origin | null): boolean {
  return origin !== null && (origin.kind === "instance" || origin.kind === "package");
}

function isEquipment(origin: Origin): boolean {
  return origin.kind === "package" ? /\(\)/.test(origin.path) : origin.kind === "instance";
}

function take(node: Node, reach: Reach, lowest: number): void {
  node.lowest = Math.min(node.lowest, lowest);
  if (REACHES.indexOf(reach) > REACHES.indexOf(node.reach)) node.reach = reach;
}
